"""What a trace read from outside the function as a constant: if one of these is rebound, the trace is out of date."""

from __future__ import annotations

from collections.abc import Callable
from types import CellType
from typing import Any

import numpy as np

_WATCHED = (bool, int, float, complex, str, bytes, type(None), np.generic, np.ndarray, tuple)
_MISSING = object()


def _watched(x: Any) -> bool:
    return isinstance(x, _WATCHED)


class Guards:
    """Reads of globals, closure cells, attributes and items, with the values that they gave."""

    def __init__(self) -> None:
        self._items: dict[tuple[int, Any], tuple[Any, Any, Any]] = {}
        self._cells: dict[int, tuple[CellType, Any]] = {}
        self._attributes: dict[tuple[int, str], tuple[Any, str, Any]] = {}

    def read_global(self, namespace: dict[str, Any], name: str) -> None:
        """A global name was read."""
        value = namespace.get(name, _MISSING)
        if _watched(value):
            self._items.setdefault((id(namespace), name), (namespace, name, value))

    def read_item(self, container: Any, key: Any, value: Any) -> None:
        """An entry of a dict or list from outside was read."""
        if _watched(value):
            self._items.setdefault((id(container), key), (container, key, value))

    def read_cell(self, cell: CellType) -> None:
        """A closed-over name was read."""
        try:
            value = cell.cell_contents
        except ValueError:
            return
        if _watched(value):
            self._cells.setdefault(id(cell), (cell, value))

    def read_attribute(self, obj: Any, name: str, value: Any) -> None:
        """An attribute of an object from outside was read."""
        if _watched(value):
            self._attributes.setdefault((id(obj), name), (obj, name, value))

    def forget(self, containers: set[int]) -> None:
        """Drop the reads of containers that the traced function itself writes."""
        self._items = {k: v for k, v in self._items.items() if k[0] not in containers}
        self._attributes = {k: v for k, v in self._attributes.items() if k[0] not in containers}

    def hold(self) -> bool:
        """Whether every read would still give the same number, string or array object."""
        for container, key, value in self._items.values():
            if (now := _item(container, key)) is not value and not _equal(now, value):
                return False
        for cell, value in self._cells.values():
            if (now := _content(cell)) is not value and not _equal(now, value):
                return False
        for obj, name, value in self._attributes.values():
            if (now := getattr(obj, name, _MISSING)) is not value and not _equal(now, value):
                return False
        return True

    def __len__(self) -> int:
        return len(self._items) + len(self._cells) + len(self._attributes)


def _item(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except (KeyError, IndexError):
        return _MISSING


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _equal(a: Any, b: Any) -> bool:
    """Equal constants; arrays only if they are the same object."""
    if type(a) is not type(b) or isinstance(a, np.ndarray):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(x is y or _equal(x, y) for x, y in zip(a, b, strict=True))
    compare: Callable[[Any], Any] = repr if isinstance(a, float | complex | np.generic) else lambda x: x
    return bool(compare(a) == compare(b))
