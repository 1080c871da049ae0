"""Where objects of CPython's have what a program relies on: conditions that native code can look up."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import cache
from types import CellType, FunctionType
from typing import Any

from irad.runtime import table
from irad.runtime.owner import Conditions

_CELL_CONTENT = 16
Read = tuple[str, Any, Any, Any]  # see irad.frontend.guards


def conditions(
    reads: Iterable[Read], variables: Iterable[tuple[ContextVar[Any], Any]], check: Callable[[], bool] | None, weak: Any = None
) -> Conditions:
    """The conditions that reads give the same objects, context variables have these values, and a check is passed.

    They keep alive what they look at, but for `weak`, which has to be alive whenever they are looked at.
    """
    made = Conditions(check=check)
    for variable, value in variables:
        made.reads.append((table.CONTEXT, id(variable), 0, id(value)))
        made.objects += variable, value
    for kind, container, key, value in reads:
        made.reads.append(_places[kind](container, key, value))
        made.objects += (None if container is weak else container), key, value
    return made


def can_watch(read: Read) -> bool:
    """Whether native code finds what a read gave, in the place where it is taken to be."""
    kind, container, key, value = read
    if kind == "cell":
        return type(container) is CellType and _word(id(container) + _CELL_CONTENT) == id(value)
    if kind == "function":
        return key in _function_fields() and _word(id(container) + _function_fields()[key]) == _field(value)
    return True


def _field(value: Any) -> int:
    return 0 if value is None else id(value)


def _word(at: int) -> int:
    return ctypes.c_size_t.from_address(at).value


@cache
def _function_fields() -> dict[str, int]:
    """Offsets of the code and the defaults in functions, those that are found."""

    def probe(x: object = object(), *, y: object = object()) -> None:
        pass

    parts = {name: id(getattr(probe, name)) for name in ("__code__", "__defaults__", "__kwdefaults__")}
    words = {_word(id(probe) + at): at for at in range(object.__basicsize__, FunctionType.__basicsize__, 8)}
    return {name: words[part] for name, part in parts.items() if part in words}


_places: dict[str, Callable[[Any, Any, Any], tuple[int, int, int, int]]] = {
    "item": lambda container, key, value: (table.ITEM, id(container), id(key), id(value)),
    "missing": lambda container, key, value: (table.ITEM, id(container), id(key), 0),
    "cell": lambda container, key, value: (table.WORD, id(container) + _CELL_CONTENT, 0, id(value)),
    "attribute": lambda container, key, value: (table.ATTRIBUTE, id(container), id(key), id(value)),
    "function": lambda container, key, value: (table.WORD, id(container) + _function_fields()[key], 0, _field(value)),
}
