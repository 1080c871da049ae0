"""Dataclasses: what the methods do that Python writes for them."""

from __future__ import annotations

import dataclasses
import inspect
from types import FunctionType
from typing import Any

from irad.frontend.attributes import getattr_, setattr_, write_plainly
from irad.frontend.calls import call


def is_generated(method: Any) -> bool:
    """Whether Python has written a method of a dataclass."""
    return isinstance(method, FunctionType) and method.__code__.co_filename == "<string>"


def compared(x: Any) -> tuple[Any, ...]:
    """The fields by which dataclasses are compared."""
    return tuple(getattr_(x, f.name) for f in dataclasses.fields(x) if f.compare)


def initialise(new: Any, init: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """A dataclass's `__init__`: the fields, then `__post_init__` with what is for initialisation only."""
    cls = type(new)
    given = inspect.signature(init).bind(new, *args, **kwargs).arguments
    write = write_plainly if cls.__dataclass_params__.frozen else lambda obj, name, value: setattr_(value, obj, name)
    passed: list[Any] = []
    for entry in cls.__dataclass_fields__.values():
        kind = entry._field_type.name
        if kind == "_FIELD_INITVAR":
            passed.append(given.get(entry.name, entry.default))
        elif kind == "_FIELD" and (entry.init or entry.default_factory is not dataclasses.MISSING):
            write(new, entry.name, given[entry.name] if entry.name in given else _default(entry))
    after = getattr(cls, "__post_init__", None)
    if after is not None:
        call(after, new, *passed)


def _default(entry: dataclasses.Field[Any]) -> Any:
    return entry.default if entry.default is not dataclasses.MISSING else call(entry.default_factory)
