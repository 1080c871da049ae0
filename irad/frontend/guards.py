"""What a trace read from outside the function as a constant: if one of these is rebound or changed, the trace is out of date."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from types import BuiltinMethodType, CellType, FunctionType, MethodType
from typing import Any

import numpy as np

_CONSTANTS = (bool, int, float, complex, str, bytes, type(None), np.generic)
_MISSING = object()
_BUDGET = 10_000  # elements of lists, tuples, dicts, deques and sets that are compared at every call; of larger ones the object only
_DEPTH = 16  # of containers in containers, likewise


class Guards:
    """Reads of globals, closure cells, attributes and items, with the values that they gave."""

    def __init__(self) -> None:
        self._reads: dict[tuple[Any, ...], tuple[Callable[[Any, Any], Any], Any, Any, Any]] = {}

    def read_global(self, namespace: dict[str, Any], name: str) -> None:
        """A global name was read, or the builtin of that name because there is no such global."""
        self._note(_item, namespace, name, namespace.get(name, _MISSING))

    def read_item(self, container: Any, key: Any, value: Any) -> None:
        """An entry of a dict or list from outside was read."""
        self._note(_item, container, key, value)

    def read_cell(self, cell: CellType) -> None:
        """A closed-over name was read."""
        self._note(_content, cell, None, _content(cell, None))

    def read_attribute(self, obj: Any, name: str, value: Any) -> None:
        """An attribute of an object from outside was read."""
        self._note(_attribute, obj, name, value)

    def read_function(self, f: FunctionType) -> None:
        """A function was traced in: its code and its defaults are constants. It is not kept alive by that."""
        held = weakref.ref(f)
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self._reads.setdefault((_part, id(f), name), (_part, held, name, getattr(f, name)))

    def include(self, inner: Guards) -> None:
        """A trace was made inside this one: what that read was read."""
        for place, read in inner._reads.items():
            self._reads.setdefault(place, read)

    def _note(self, fetch: Callable[[Any, Any], Any], container: Any, key: Any, value: Any) -> None:
        self._reads.setdefault((fetch, id(container), key), (fetch, container, key, value))

    def seal(self, written: set[int]) -> None:
        """End of the trace: what it has not written itself is kept as it is now, by value."""
        budget = [_BUDGET]
        self._reads = {
            place: (fetch, container, key, _frozen(value, written, budget))
            for place, (fetch, container, key, value) in self._reads.items()
            if id(container) not in written
        }

    def hold(self) -> bool:
        """Whether every read would still give the same."""
        for fetch, container, key, value in self._reads.values():
            now = fetch(container, key)
            if now is not value and not _same(now, value):
                return False
        return True

    def split(self) -> tuple[list[tuple[str, Any, Any, Any]], Guards]:
        """Reads that hold as long as they give the very object that they give now, as (kind, container, key, that object); and the others.

        The kinds are "item" of a dict ("missing" if it must not be there), "cell", "attribute", and "function" for a part of one.
        """
        direct: list[tuple[str, Any, Any, Any]] = []
        rest = Guards()
        for place, read in self._reads.items():
            found = _direct(*read)
            if found is None:
                rest._reads[place] = read
            else:
                direct.append(found)
        return direct, rest

    def __len__(self) -> int:
        return len(self._reads)


class _Frozen:
    """A list, tuple, dict, deque or set as it was."""

    __slots__ = ("keys", "obj", "values")

    def __init__(self, obj: Any, keys: Any, values: list[Any]) -> None:
        self.obj = obj
        self.keys = keys
        self.values = values

    def holds(self, now: Any) -> bool:
        """Whether it is the same object, or an equal tuple, and still has the same contents."""
        if now is not self.obj and not (type(now) is tuple and type(self.obj) is tuple):
            return False
        if isinstance(now, set | frozenset):
            return now == self.keys
        if len(now) != len(self.values) or (isinstance(now, dict) and list(now) != self.keys):
            return False
        return all(_same(x, y) for x, y in zip(now.values() if isinstance(now, dict) else now, self.values, strict=True))


def _frozen(x: Any, written: set[int], budget: list[int], depth: int = 0) -> Any:
    """What a value is compared with later: constants and objects themselves, containers by their contents."""
    if not isinstance(x, list | tuple | dict | deque | set | frozenset) or id(x) in written or depth > _DEPTH:
        return x
    budget[0] -= len(x) + 1
    if budget[0] < 0:
        return x
    if isinstance(x, set | frozenset):
        return _Frozen(x, frozenset(x), [])
    values = x.values() if isinstance(x, dict) else x
    return _Frozen(x, list(x) if isinstance(x, dict) else None, [_frozen(v, written, budget, depth + 1) for v in values])


def _direct(fetch: Callable[[Any, Any], Any], container: Any, key: Any, value: Any) -> tuple[str, Any, Any, Any] | None:
    """A read that can be compared by identity alone, None if it cannot."""
    now = fetch(container, key)
    if isinstance(value, _Frozen) and not _solid(now):
        return None
    if fetch is _item:
        exact = type(container) is dict and type(key) is str
        return (("missing" if now is _MISSING else "item"), container, key, now) if exact else None
    if now is _MISSING:
        return None
    if fetch is _content:
        return "cell", container, None, now
    if fetch is _part:
        return "function", container(), key, now
    if type(key) is str and _attribute(container, key) is now:
        return "attribute", container, key, now
    return None


def _solid(x: Any) -> bool:
    """Whether what is compared by value cannot change while it is the same object."""
    if isinstance(x, tuple | frozenset):
        return all(map(_solid, x))
    return not isinstance(x, list | dict | deque | set)


def _same(now: Any, value: Any) -> bool:
    """Whether a read gives an equal constant or the very same object."""
    if now is value:
        return True
    if isinstance(value, _Frozen):
        return value.holds(now)
    if type(now) is not type(value):
        return False
    if isinstance(value, MethodType):
        return now.__func__ is value.__func__ and now.__self__ is value.__self__
    if isinstance(value, BuiltinMethodType):  # np.add.at is another object every time
        return bool(now == value)
    if isinstance(value, float | complex | np.generic):
        return repr(now) == repr(value)  # tells -0.0 from 0.0, and NaN is NaN
    return isinstance(value, _CONSTANTS) and bool(now == value)


def _item(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except (KeyError, IndexError):
        return _MISSING


def _content(cell: CellType, _: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _part(f: weakref.ref[FunctionType], name: str) -> Any:
    return getattr(f(), name, _MISSING)


def _attribute(obj: Any, name: str) -> Any:
    return getattr(obj, name, _MISSING)
