"""Flattens trees of tuples, lists, dicts and namedtuples into their leaves, and builds them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


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


LEAF = Structure(None)


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Leaves of a tree from left to right, and its structure; a dict's entries keep their order.

    Examples
    --------
    >>> flatten((1.0, [2.0, {"a": 3.0}]))[0]
    [1.0, 2.0, 3.0]
    """
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> Structure:
    kind = type(tree)
    if kind is tuple or kind is list or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return Structure(kind, tuple(range(len(tree))), tuple(_flatten(x, leaves) for x in tree))
    if kind is dict:
        return Structure(kind, tuple(tree), tuple(_flatten(x, leaves) for x in dict(tree).values()))
    leaves.append(tree)
    return LEAF


def rebuild(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The tree of a structure with other leaves.

    Examples
    --------
    >>> leaves, structure = flatten((1, [2, 3]))
    >>> rebuild(structure, [x * 10 for x in leaves])
    (10, [20, 30])
    """
    given = iter(leaves)
    tree = _rebuild(structure, lambda: next(given))
    if next(given, given) is not given:
        raise ValueError(f"{len(leaves)} leaves for a tree of {structure.count}")
    return tree


def _rebuild(structure: Structure, take: Callable[[], Any]) -> Any:
    if structure.kind is None:
        return take()
    parts = [_rebuild(p, take) for p in structure.parts]
    if structure.kind is dict:
        return dict(zip(structure.keys, parts, strict=True))
    if structure.kind is list:
        return parts
    return tuple(parts) if structure.kind is tuple else structure.kind(*parts)


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with every leaf replaced.

    Examples
    --------
    >>> tree_map(lambda x: x + 1, {"a": 1, "b": (2, 3)})
    {'a': 2, 'b': (3, 4)}
    """
    leaves, structure = flatten(tree)
    return rebuild(structure, [function(x) for x in leaves])
