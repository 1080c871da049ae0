"""Structured arguments and results: arguments are rebuilt from their leaves while tracing, and what is rebound in them is returned."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np

from irad.errors import instance
from irad.frontend import abstract, growing, values
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static
from irad.frontend.calls import call
from irad.frontend.growing import Growth
from irad.frontend.merging import Maybe, describe, identical, is_leaf
from irad.frontend.recursion import captures_traced, holds_traced
from irad.frontend.rewrite import USER_CODES
from irad.frontend.state import Contents, State, contents, state
from irad.frontend.values import Array, Traced
from irad.ir.core import Value
from irad.pytree import Structure, build, is_object, kind_of


@dataclass(frozen=True, slots=True)
class GivenContainer:
    """In a result: a mutable container of the arguments, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class GivenLeaf:
    """In a result: a leaf of the arguments, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Branch:
    """In a result: an object, or what else is neither a tuple, list nor dict."""

    kind: type
    keys: tuple[Any, ...]
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class AsList:
    """In a result: a list whose length is known only at run time, by the spec of the array that holds it."""

    spec: Spec


@dataclass(slots=True)
class Write:
    """What a function leaves in a container of its arguments: the entries that it has rebound, and the keys that are gone."""

    container: int
    entries: dict[Any, Any]
    removed: tuple[Any, ...] = ()


@dataclass(slots=True)
class Returned:
    """What a function of leaves returns while it is traced."""

    result: Any
    writes: list[Write]
    containers: list[Any]
    leaves: tuple[Any, ...]


class OfFunction:
    """A function made from another, which it does not keep alive."""

    def __init__(self, f: Callable[..., Any]) -> None:
        try:
            self.function: Callable[[], Any] = weakref.ref(f)
        except TypeError:
            self.function = lambda: f
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        self.__code__ = getattr(f, "__code__", None)


class OfLeaves(OfFunction):
    """A function of structured arguments as a function of their leaves; `names` tells how Python writes these."""

    def __init__(self, f: Callable[..., Any], structure: Structure, names: list[str]) -> None:
        super().__init__(f)
        self.structure = structure
        self.names = names

    @property
    def __irad_program__(self) -> Callable[..., Any] | None:
        """Where the compiled code is, if the function only stands for some."""
        inner = getattr(self.function(), "__irad_program__", None)
        return None if inner is None else partial(inner, structure=self.structure)

    def __irad_call__(self, *leaves: Any) -> Returned:
        now = state()
        args, containers = build(self.structure, leaves)
        for container in containers:
            now.fresh(container)
        before = [contents(c) for c in containers]
        result = call(self.function(), *args)
        return Returned(result, _writes(before, containers), containers, leaves)


def _writes(before: list[Contents], containers: list[Any]) -> list[Write]:
    found: list[Write] = []
    for i, (old, container) in enumerate(zip(before, containers, strict=True)):
        now = contents(container)
        if isinstance(container, list) and growing.growth_of(container) is not None:
            found.append(Write(i, {None: container}))
            continue
        entries = {k: x for k, x in now.items() if k not in old or not identical(old[k], x)}
        removed = tuple(k for k in old if k not in now)
        if entries or removed:
            found.append(Write(i, entries, removed))
    return found


@dataclass
class Results:
    """Puts the results of a traced function together: trees of specs, and in `out` the values that compiled code returns."""

    out: list[Value] = field(default_factory=list)
    _containers: Mapping[int, int] = field(default_factory=dict)
    _open: set[int] = field(default_factory=set)

    def of(self, x: Any) -> tuple[Any, list[Write]]:
        """The result, and what is rebound in the arguments."""
        if not isinstance(x, Returned):
            return self.tree(x), []
        self._containers = {id(c): i for i, c in enumerate(x.containers)}
        tree = self.tree(x.result)
        given = {leaf.value: i for i, leaf in enumerate(x.leaves) if isinstance(leaf, Array)}
        return tree, [Write(w.container, {k: self._rebound(v, given) for k, v in w.entries.items()}, w.removed) for w in x.writes]

    def _rebound(self, x: Any, given: Mapping[Value, int]) -> Any:
        if isinstance(x, Array) and x.value in given:
            return GivenLeaf(given[x.value])
        if isinstance(x, list) and growing.growth_of(x) is not None:
            array = growing.as_array(x)
            self.out.append(array.value)
            return AsList(abstract.spec_of(array))
        return self.tree(x)

    def tree(self, x: Any) -> Any:
        """The tree of specs of a value."""
        if id(x) in self._containers:
            return GivenContainer(self._containers[id(x)])
        kind = kind_of(type(x))
        if kind is None or (is_object(x) and _is_from_outside(x, state())):
            return self.leaf(x)
        if isinstance(x, list) and growing.growth_of(x) is not None:
            return self.growth()
        if id(x) in self._open:
            raise values.refuse(f"{instance(x)} that contains itself is returned.", "Return its parts.")
        self._open.add(id(x))
        keys, held = kind.split(x)
        parts = tuple([self.tree(p) for p in held])
        self._open.discard(id(x))
        if type(x) in (list, dict) or isinstance(x, tuple):
            return kind.join(type(x), keys, parts)
        return Branch(type(x), keys, parts)

    def growth(self) -> Any:
        raise values.refuse("a list whose length is known only at run time is returned.", "Return np.array(list).")

    def leaf(self, x: Any) -> Spec:
        """The spec of a leaf."""
        x = values.as_traced(x)
        if isinstance(x, Growth):
            return self.growth()
        if isinstance(x, Maybe):
            raise values.refuse("an entry or attribute is left behind that only some paths assign.", "Assign it on all paths.")
        if isinstance(x, float | np.floating):  # so that a constant has a derivative as well
            x = abstract.coerce(x, abstract.spec_of(x))
        if isinstance(x, str) and "\ue000" in x:
            raise values.refuse("a text that shows a value known only at run time is returned.", "Return the value.")
        if not isinstance(x, Traced):
            if not is_leaf(x) and x is not None and not isinstance(x, str) and not callable(x) and not is_object(x):
                raise values.refuse(
                    f"the function returns {describe(x)}.", "Return numbers, arrays, or tuples, lists, dicts and objects of them."
                )
            if captures_traced(x) or (isinstance(x, FunctionType) and id(x.__code__) in USER_CODES):
                raise values.refuse(
                    f"the function returns {describe(x)}, which was made in compiled code and exists only while tracing.",
                    "Return the values that it needs, and make it of them outside.",
                )
            return Static(x)
        self.out.append(abstract.unwrap(x))
        return abstract.spec_of(x)


def _is_from_outside(x: Any, now: State) -> bool:
    """Whether an object was there before and holds nothing that is known only at run time: it is returned as it is."""
    return id(x) not in now.made and not holds_traced(x)


# ---------------------------------------------------------------- trees of specs


def parts_of(tree: Any) -> Iterable[Any]:
    """The parts of a tree of specs; nothing for a leaf."""
    match tree:
        case dict():
            return tree.values()
        case tuple() | list():
            return tree
        case Branch():
            return tree.parts
        case AsList():
            return (tree.spec,)
        case _:
            return ()


def leaves_of(tree: Any) -> list[Spec]:
    """The specs of the results that the native function returns, in order."""
    if isinstance(tree, ScalarSpec | ArraySpec):
        return [tree]
    return [leaf for part in parts_of(tree) for leaf in leaves_of(part)]


def only_floats(tree: Any) -> Any:
    """A tree of specs with None in place of what has no tangent."""
    match tree:
        case ScalarSpec() | ArraySpec():
            return tree if tree.dtype.kind in "fc" else None
        case dict():
            return {k: only_floats(v) for k, v in tree.items()}
        case tuple() if hasattr(tree, "_fields"):
            return type(tree)(*(only_floats(v) for v in tree))
        case tuple() | list():
            return type(tree)(only_floats(v) for v in tree)
        case Branch():
            return Branch(tree.kind, tree.keys, tuple(only_floats(v) for v in tree.parts))
        case AsList():
            return tree if only_floats(tree.spec) is not None else None
        case GivenContainer() | GivenLeaf():
            return tree
        case _:
            return None
