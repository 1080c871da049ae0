"""The arguments of a call as a list of leaves, and what a call leaves behind in their containers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from irad.api.calling import Argument, rebuild
from irad.api.compiled import Program, derived, program
from irad.errors import instance
from irad.frontend.abstract import Spec, Static, spec_of
from irad.frontend.arguments import OfLeaves, Write, only_floats
from irad.options import Options, chosen_options
from irad.pytree import Flattened, Structure, build, kind_of, paths


@dataclass(slots=True)
class World:
    """Values of all leaves, and the mutable containers around them: of the arguments, or of their tangents."""

    leaves: Sequence[Any]
    containers: Sequence[Any] = ()


@dataclass(slots=True)
class Leaves(World):
    """The arguments of a call, taken apart.

    `owner` tells the argument of every leaf, `parameters` which leaves compiled code takes: the others are known while tracing.
    `structure` is that of the tuple of all arguments, None if none of them has parts. `first` leaves belong to no argument.
    """

    owner: Sequence[int] = ()
    parameters: list[int] = field(default_factory=list)
    structure: Structure | None = None
    names: Sequence[str] = ()
    shared: Sequence[tuple[int, int]] = ()  # pairs of arguments that share a container
    first: int = 0

    def name(self, k: int) -> str:
        """How a message calls a leaf."""
        return f"argument {self.names[k] if self.names else k - self.first}"

    def arguments(self, chosen: Collection[int] = ()) -> list[Argument]:
        """The parameters' values; those in chosen arguments are active, if they can be."""
        if not chosen:
            return [Argument(self.leaves[k], False, None, self.name(k)) for k in self.parameters]
        return [
            Argument(self.leaves[k], self.owner[k] in chosen and has_derivative(self.leaves[k]), None, self.name(k))
            for k in self.parameters
        ]

    def trees(self, leaves: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """The arguments with other leaves, and their containers."""
        if self.structure is None:
            return leaves[self.first :], ()
        args, containers = build(self.structure, leaves)
        return args[self.first :], containers

    def gradients(self, arguments: Sequence[Argument], cotangents: Iterator[Any]) -> Sequence[Any]:
        """Gradients in the shape of the arguments, from the shadows and what compiled code has returned; None where there is none."""
        found: list[Any] = [None] * len(self.leaves)
        for k, a in zip(self.parameters, arguments, strict=True):
            if a.active:
                found[k] = a.shadow if isinstance(a.value, np.ndarray) else like(next(cotangents), a.value)
        return self.trees(found)[0]

    def check(self, chosen: Collection[int]) -> None:
        """Raise an error if one object is in two arguments of which only one is chosen, or data is in the place of structure."""
        for i, j in self.shared:
            if (i in chosen) != (j in chosen):
                raise ValueError(
                    f"arguments {i} and {j} hold the same object, but only one of them is differentiated; pass copy.deepcopy of the other"
                )
        for k, x in enumerate(self.leaves):
            if self.owner[k] in chosen and isinstance(x, list | tuple):
                raise TypeError(f"{self.name(k)} is {instance(x)} of {len(x)} numbers; to differentiate by them, put them into an array")


def has_derivative(value: Any) -> bool:
    """Whether a leaf is a float, real or complex, or an array of them."""
    return isinstance(value, float | complex) or getattr(getattr(value, "dtype", None), "kind", "?") in "fc"


def number(value: Any, like: Any) -> complex:
    """A tangent as the Python number that goes with another number."""
    return complex(value) if np.iscomplexobj(like) else float(value)


def like(gradient: Any, value: Any) -> Any:
    """A number of the type of another."""
    return value.dtype.type(gradient) if isinstance(value, np.generic) else gradient


def has_parts(value: Any) -> bool:
    """Whether an argument is a tree of several leaves."""
    return type(value) not in _WHOLE and kind_of(type(value)) is not None


_WHOLE = frozenset((float, complex, int, np.ndarray))


def unbound(f: Callable[..., Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A function, and what is bound to it: a method is a new object at each access, so that the function that it binds is the key."""
    return (f.__func__, (f.__self__,)) if isinstance(f, MethodType) else (f, ())


def prepare(f: Callable[..., Any], values: Sequence[Any], options: Options | None, bound: tuple[Any, ...] = ()) -> tuple[Program, Leaves]:
    """The program for these arguments, and their leaves; f takes what is bound in front of them, which is known while tracing."""
    if isinstance(f, MethodType):
        f, bound = f.__func__, (f.__self__,)
    function, leaves = take_apart(f, values, bound)
    _refuse_other_arrays(leaves)
    specs: list[Spec] = [spec_of(v) for v in leaves.leaves]
    specs[: len(bound)] = [Static(b) for b in bound]
    made = program(function, specs, leaves.leaves, chosen_options(options))
    leaves.parameters = [k for k, spec in enumerate(specs) if not isinstance(spec, Static)]
    return made, leaves


def take_apart(f: Callable[..., Any], values: Sequence[Any], bound: tuple[Any, ...] = ()) -> tuple[Callable[..., Any], Leaves]:
    """A function of leaves, and the leaves of these arguments; what is bound stays whole."""
    first = len(bound)
    for value in values:
        if has_parts(value):
            return _of_leaves(f, values, bound)
    return f, Leaves([*bound, *values], (), range(-first, len(values)), [], None, (), (), first)


def _of_leaves(f: Callable[..., Any], values: Sequence[Any], bound: tuple[Any, ...]) -> tuple[Callable[..., Any], Leaves]:
    first = len(bound)
    flat = Flattened()
    parts = [flat.leaf(b) for b in bound]
    owner = [-1] * first
    ends: list[int] = []
    shared: list[tuple[int, int]] = []
    for i, value in enumerate(values):
        known, met = len(flat.containers), len(flat.again)
        flat.new_argument()
        parts.append(flat.add(value))
        shared += [(sum(end <= c for end in ends), i) for c in flat.again[met:] if c < known]
        ends.append(len(flat.containers))
        owner += [i] * (len(flat.leaves) - len(owner))
    structure = Structure(tuple, tuple(range(len(parts))), tuple(parts))
    function: Any = derived(f, structure, lambda: OfLeaves(f, structure, _names(f, structure, first)))
    return function, Leaves(flat.leaves, flat.containers, owner, [], structure, function.names, shared, first)


def _names(f: Callable[..., Any], structure: Structure, first: int) -> list[str]:
    inner = getattr(f, "__wrapped__", f)
    code = inner.__code__ if isinstance(inner, FunctionType) else None
    known = code.co_varnames[: code.co_argcount] if code is not None else ()
    names = [known[i] if i < len(known) else str(i - first) for i in range(len(structure.parts))]
    return [path for name, part in zip(names, structure.parts, strict=True) for path in paths(part, name)]


_OTHER_ARRAYS = np.ma.MaskedArray, np.matrix


def _refuse_other_arrays(leaves: Leaves) -> None:
    for k, value in enumerate(leaves.leaves):
        if type(value) is not np.ndarray and isinstance(value, _OTHER_ARRAYS):
            raise TypeError(f"{leaves.name(k)} is {instance(value)}, whose operators mean something else than an array's; pass an ndarray")


# ---------------------------------------------------------------- what a call leaves behind


def outcome(made: Program, world: World, results: Iterator[Any]) -> Any:
    """The result of a call; what the function has rebound in its arguments is written back."""
    value = rebuild(made.trace.result, results, given=world)
    if made.trace.writes:
        for write, entries in _entries(made, results, world, lambda tree: tree):
            update(world.containers[write.container], entries, write.removed)
    return value


def tangent_outcome(made: Program, tangents: World, primals: World, results: Iterator[Any]) -> Any:
    """The tangent of a result; what is rebound is written into the containers of tangents. Non-floats there are those of the primals."""
    value = rebuild(only_floats(made.trace.result), results, given=tangents)
    for write, entries in _entries(made, results, tangents, only_floats):
        primal, tangent = primals.containers[write.container], tangents.containers[write.container]
        if tangent is not primal:
            now = parts_by_key(primal)
            update(tangent, {k: now.get(k) if v is None else v for k, v in entries.items()}, write.removed)
    return value


def parts_by_key(x: Any) -> dict[Any, Any]:
    """What a container holds, by key."""
    kind = kind_of(type(x))
    assert kind is not None
    keys, parts = kind.split(x)
    return dict(zip(keys, parts, strict=False))


def _entries(made: Program, results: Iterator[Any], world: World, select: Callable[[Any], Any]) -> list[tuple[Write, dict[Any, Any]]]:
    return [(write, {k: rebuild(select(tree), results, given=world) for k, tree in write.entries.items()}) for write in made.trace.writes]


def update(obj: Any, entries: dict[Any, Any], removed: Sequence[Any]) -> None:
    """Rebind entries of a list or dict, or attributes of an object; None as the key stands for all of a list."""
    if isinstance(obj, list):
        _update_list(obj, entries, removed)
    elif isinstance(obj, dict):
        obj.update(entries)
        for key in removed:
            del obj[key]
    else:
        for key, value in entries.items():
            object.__setattr__(obj, key, value)
        for key in removed:
            object.__delattr__(obj, key)


def _update_list(obj: list[Any], entries: dict[Any, Any], removed: Sequence[Any]) -> None:
    if None in entries:
        obj[:] = entries[None]
        return
    for key, value in entries.items():
        obj[key : key + 1] = [value]
    if removed:
        del obj[min(removed) :]
