"""Flattens trees of tuples, lists, dicts, namedtuples and objects into their leaves, and builds them again."""

from __future__ import annotations

import argparse
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

LONG = 256  # a list or tuple with more numbers than that is a leaf: each leaf is a parameter of compiled code


@dataclass(frozen=True, slots=True)
class Structure:
    """The shape of a tree: None for a leaf, else the container's type, its keys and the structures of its parts."""

    kind: type | None
    keys: tuple[Any, ...] = ()
    parts: tuple[Structure, ...] = ()

    @property
    def count(self) -> int:
        """Number of leaves."""
        return 1 if self.kind is None else sum(p.count for p in self.parts)


class SameLeaf:
    """Kind of a structure that stands for an array met before; its key is the number of that leaf."""


class SameContainer:
    """Kind of a structure that stands for a mutable container met before; its key is the number of that container."""


LEAF = Structure(None)


class Fields(dict[str, Any]):
    """The gradient by an object: its attributes, to be read as `g.weight` or `g["weight"]`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this gradient has no {name!r}; it has {', '.join(self)}") from None


class Kind(NamedTuple):
    """How containers of a type are taken apart and built."""

    split: Callable[[Any], tuple[tuple[Any, ...], Iterable[Any]]]  # keys and parts of a container
    join: Callable[[type, tuple[Any, ...], Sequence[Any]], Any]  # a new container from its type, keys and parts
    fill: Callable[[Any, tuple[Any, ...], Sequence[Any]], None] | None = None  # puts parts into a mutable container


# ---------------------------------------------------------------- attributes


_slot_names: dict[type, tuple[str, ...]] = {}


def slots(cls: type) -> tuple[str, ...]:
    """Names of the slots of a user's class."""
    known = _slot_names.get(cls)
    if known is None:
        names: list[str] = []
        if not cls.__module__.startswith(("builtins", "numpy", "irad.")):
            for base in cls.__mro__:
                own = base.__dict__.get("__slots__", ())
                names += [s for s in ((own,) if isinstance(own, str) else own) if s not in ("__dict__", "__weakref__")]
        known = _slot_names[cls] = tuple(names)
    return known


def attributes(obj: Any) -> dict[str, Any]:
    """What an object holds in its dict and its slots."""
    held = dict(getattr(obj, "__dict__", ()))
    for name in slots(type(obj)):
        if hasattr(obj, name):
            held[name] = getattr(obj, name)
    return held


# ---------------------------------------------------------------- kinds of containers


def _split_sequence(x: Sequence[Any]) -> tuple[tuple[Any, ...], Iterable[Any]]:
    return tuple(range(len(x))), x


def _split_dict(x: dict[Any, Any]) -> tuple[tuple[Any, ...], Iterable[Any]]:
    return tuple(x), list(dict(x).values())


def _split_object(x: Any) -> tuple[tuple[Any, ...], Iterable[Any]]:
    held = attributes(x)
    return tuple(held), held.values()


def _join_tuple(cls: type, keys: tuple[Any, ...], parts: Sequence[Any]) -> Any:
    return tuple(parts)


def _join_namedtuple(cls: type, keys: tuple[Any, ...], parts: Sequence[Any]) -> Any:
    return tuple.__new__(cls, parts)  # type: ignore[type-var]


def _fill_list(x: list[Any], keys: tuple[Any, ...], parts: Sequence[Any]) -> None:
    x[:] = parts


def _fill_dict(x: dict[Any, Any], keys: tuple[Any, ...], parts: Sequence[Any]) -> None:
    x.update(zip(keys, parts, strict=True))


def _fill_object(x: Any, keys: tuple[Any, ...], parts: Sequence[Any]) -> None:
    for key, part in zip(keys, parts, strict=True):
        object.__setattr__(x, key, part)


def blank(cls: Any) -> Any:
    """An instance of a class that was not initialised."""
    return cls.__new__(cls)


def _filled(fill: Callable[[Any, tuple[Any, ...], Sequence[Any]], None]) -> Callable[[type, tuple[Any, ...], Sequence[Any]], Any]:
    def join(cls: type, keys: tuple[Any, ...], parts: Sequence[Any]) -> Any:
        new = blank(cls)
        fill(new, keys, parts)
        return new

    return join


_DICT = Kind(_split_dict, _filled(_fill_dict), _fill_dict)
_OBJECT = Kind(_split_object, _filled(_fill_object), _fill_object)
_FROZEN = Kind(_split_object, _filled(_fill_object))
_NAMEDTUPLE = Kind(_split_sequence, _join_namedtuple)
_KINDS: dict[type, Kind | None] = {
    tuple: Kind(_split_sequence, _join_tuple),
    list: Kind(_split_sequence, _filled(_fill_list), _fill_list),
    dict: _DICT,
    OrderedDict: _DICT,
    Fields: _DICT,
    SimpleNamespace: _OBJECT,
    argparse.Namespace: _OBJECT,
    **dict.fromkeys((float, int, bool, complex, str, type(None), np.ndarray)),
}
_MISSING = Kind(_split_object, _join_tuple)


def kind_of(cls: type) -> Kind | None:
    """How containers of this type are handled, None if its instances are leaves."""
    known = _KINDS.get(cls, _MISSING)
    if known is _MISSING:
        known = _KINDS[cls] = _find_kind(cls)
    return known


def _find_kind(cls: type) -> Kind | None:
    if issubclass(cls, tuple):
        return _NAMEDTUPLE if hasattr(cls, "_fields") else None
    if not has_attributes(cls):
        return None
    parameters = getattr(cls, "__dataclass_params__", None)
    return _FROZEN if parameters is not None and parameters.frozen else _OBJECT


def has_attributes(cls: type) -> bool:
    """Whether a class is one whose instances are known by their attributes: written in Python, and not part of a library of tools."""
    module = cls.__module__.split(".")[0]
    heap = bool(cls.__flags__ & (1 << 9))
    made_here = heap and cls.__new__ is object.__new__ and not issubclass(cls, type)
    return made_here and module not in ("irad", "numpy") and module not in sys.stdlib_module_names


def is_object(x: Any) -> bool:
    """Whether a value is an instance of such a class; it may be callable."""
    return kind_of(type(x)) in (_OBJECT, _FROZEN)


def register_pytree(
    cls: type,
    flatten: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten: Callable[[Any, Iterable[Any]], Any],
) -> type:
    """Let irad take apart instances of a class whose state is not in its attributes.

    Classes written in Python, dataclasses and namedtuples need no registration.

    Parameters
    ----------
    cls : type
        The class.
    flatten : callable
        From an instance to `(children, aux)`: what may hold numbers and arrays, and the rest, which has to be hashable.
    unflatten : callable
        From `(aux, children)` to an instance. It must take children that are not numbers too, such as None.

    Returns
    -------
    type
        The class, so that it can be used in a decorator.

    Examples
    --------
    >>> import irad
    >>> class Pair(tuple):
    ...     pass
    >>> _ = irad.register_pytree(Pair, lambda p: (tuple(p), None), lambda aux, children: Pair(children))
    >>> irad.grad(lambda p: p[0] * p[1])(Pair((2.0, 3.0)))
    (3.0, 2.0)
    """

    def split(x: Any) -> tuple[tuple[Any, ...], Iterable[Any]]:
        children, aux = flatten(x)
        children = tuple(children)
        return (aux, len(children)), children

    _KINDS[cls] = Kind(split, lambda cls, keys, parts: unflatten(keys[0], tuple(parts)))
    return cls


def _is_long(x: Any) -> bool:
    """Whether a list or tuple is data rather than structure."""
    return isinstance(x, list | tuple) and len(x) > LONG and all(isinstance(v, int | float | complex | np.generic) for v in x)


# ---------------------------------------------------------------- trees


@dataclass(slots=True)
class Flattened:
    """A tree taken apart: a container or an array that occurs twice is there once.

    `containers` are the mutable ones, in the order of their numbers; `again` has the numbers of those that were met once more.
    """

    leaves: list[Any] = field(default_factory=list)
    containers: list[Any] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    _arrays: dict[int, int] = field(default_factory=dict)
    _met: dict[int, int] = field(default_factory=dict)

    def leaf(self, x: Any) -> Structure:
        """Add a leaf."""
        self.leaves.append(x)
        return LEAF

    def new_argument(self) -> None:
        """From here on an array that was met before is another leaf."""
        self._arrays.clear()

    def add(self, x: Any) -> Structure:
        """Add a tree."""
        kind = kind_of(type(x))
        if kind is None or _is_long(x):
            return self.array(x) if isinstance(x, np.ndarray) else self.leaf(x)
        if kind.fill is not None:
            known = self._met.setdefault(id(x), len(self.containers))
            if known < len(self.containers):
                self.again.append(known)
                return Structure(SameContainer, (known,))
            self.containers.append(x)
        keys, parts = kind.split(x)
        return Structure(type(x), keys, tuple([self.add(p) for p in parts]))

    def array(self, x: np.ndarray) -> Structure:
        """Add an array."""
        known = self._arrays.setdefault(id(x), len(self.leaves))
        return Structure(SameLeaf, (known,)) if known < len(self.leaves) else self.leaf(x)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Leaves of a tree from left to right, and its structure; a dict's entries keep their order.

    Examples
    --------
    >>> flatten((1.0, [2.0, {"a": 3.0}]))[0]
    [1.0, 2.0, 3.0]
    """
    flat = Flattened()
    structure = flat.add(tree)
    return flat.leaves, structure


def rebuild(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The tree of a structure with other leaves.

    Examples
    --------
    >>> leaves, structure = flatten((1, [2, 3]))
    >>> rebuild(structure, [x * 10 for x in leaves])
    (10, [20, 30])
    """
    return build(structure, leaves)[0]


def build(structure: Structure, leaves: Sequence[Any], into: Sequence[Any] = ()) -> tuple[Any, list[Any]]:
    """The tree of a structure with other leaves, and its mutable containers; those in `into` that are not None are filled anew."""
    builder = _Builder(leaves, into)
    tree = builder(structure)
    if builder.taken != len(leaves):
        raise ValueError(f"{len(leaves)} leaves for a tree of {builder.taken}")
    return tree, builder.containers


class _Builder:
    def __init__(self, leaves: Sequence[Any], into: Sequence[Any]) -> None:
        self.leaves = leaves
        self.into = into
        self.taken = 0
        self.containers: list[Any] = []

    def __call__(self, structure: Structure) -> Any:
        cls = structure.kind
        if cls is None:
            self.taken += 1
            return self.leaves[self.taken - 1]
        if cls is SameLeaf:
            return self.leaves[structure.keys[0]]
        if cls is SameContainer:
            return self.containers[structure.keys[0]]
        kind = kind_of(cls)
        assert kind is not None
        if kind.fill is None:
            return kind.join(cls, structure.keys, [self(p) for p in structure.parts])
        old = self.into[len(self.containers)] if self.into else None
        new = blank(cls) if old is None else old
        self.containers.append(new)
        kind.fill(new, structure.keys, [self(p) for p in structure.parts])
        return new


def paths(structure: Structure, name: str) -> list[str]:
    """How Python writes each leaf of a tree that is held by a name, as in `model.layers[0].weight`."""
    if structure.kind is None:
        return [name]
    if structure.kind in (SameLeaf, SameContainer):
        return []
    kind = kind_of(structure.kind)
    assert kind is not None
    steps = _steps(structure, kind)
    return [path for step, part in zip(steps, structure.parts, strict=True) for path in paths(part, name + step)]


def _steps(structure: Structure, kind: Kind) -> list[str]:
    """How Python writes the parts of a container, behind its name."""
    if kind.split is _split_object:
        return [f".{k}" for k in structure.keys]
    return [f"[{k!r}]" for k in (structure.keys if kind.split in _KEYED else range(len(structure.parts)))]


_KEYED = (_split_sequence, _split_dict, _split_object)


def aligned(structure: Structure, tree: Any, name: str) -> list[Any]:
    """Leaves of a tree that has to have a structure; None in it stands for None in each leaf.

    Raises TypeError or ValueError, with the place in the tree, if it is another structure.
    """
    if structure.kind is None:
        return [tree]
    if structure.kind in (SameLeaf, SameContainer):
        return []
    if tree is None:
        return [None] * structure.count
    kind = kind_of(structure.kind)
    assert kind is not None
    if type(tree) is not structure.kind:
        raise TypeError(f"{name} is a {type(tree).__name__}, but it stands for a {structure.kind.__name__}")
    keys, parts = kind.split(tree)
    held = dict(zip(keys, parts, strict=True)) if kind.split in _KEYED else dict(enumerate(parts))
    wanted = structure.keys if kind.split in _KEYED else range(len(structure.parts))
    if held.keys() != set(wanted):
        raise ValueError(f"{name} has the parts {list(held)}, but it stands for a {structure.kind.__name__} of {list(wanted)}")
    steps = _steps(structure, kind)
    return [leaf for k, step, part in zip(wanted, steps, structure.parts, strict=True) for leaf in aligned(part, held[k], name + step)]


def every_leaf(tree: Any) -> Iterator[Any]:
    """Leaves of a tree from left to right; what occurs twice comes twice."""
    kind = kind_of(type(tree))
    if kind is None:
        yield tree
    else:
        for part in kind.split(tree)[1]:
            yield from every_leaf(part)


def as_fields(tree: Any) -> Any:
    """A tree with `Fields` in place of objects, sharing its arrays."""
    return _as_fields(tree, {})


def _as_fields(tree: Any, made: dict[int, Any]) -> Any:
    kind = kind_of(type(tree))
    if kind is None or id(tree) in made:
        return made.get(id(tree), tree)
    keys, parts = kind.split(tree)
    if kind.split is _split_object or isinstance(tree, dict):
        new = made[id(tree)] = Fields() if kind.split is _split_object else blank(type(tree))
        new.update((k, _as_fields(p, made)) for k, p in zip(keys, parts, strict=True))
        return new
    if isinstance(tree, list):
        new = made[id(tree)] = []
        new.extend(_as_fields(p, made) for p in parts)
        return new
    return kind.join(type(tree), keys, [_as_fields(p, made) for p in parts])


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with every leaf replaced.

    Examples
    --------
    >>> tree_map(lambda x: x + 1, {"a": 1, "b": (2, 3)})
    {'a': 2, 'b': (3, 4)}
    """
    leaves, structure = flatten(tree)
    return rebuild(structure, [function(x) for x in leaves])
