"""Iteration over objects of the user's classes: `__iter__`, `__next__` and `__getitem__` are traced in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from irad.frontend.calls import call
from irad.frontend.special import lookup, method_of
from irad.frontend.state import state
from irad.frontend.values import PLAIN


def items(x: Any) -> Any:
    """What Python is to iterate over: the value itself, or an iterator that calls the methods of an object."""
    if type(x) in PLAIN:
        return x
    make = method_of(x, "__iter__")
    if make is not None:
        made = call(make, x)
        step = method_of(made, "__next__")
        return made if step is None else state().fresh(_ending(StopIteration, lambda _: call(step, made)))
    item = method_of(x, "__getitem__") if lookup(type(x), "__iter__") is None else None
    return x if item is None else state().fresh(_ending(IndexError, lambda i: call(item, x, i)))


def _ending(error: type[Exception], item: Callable[[int], Any]) -> Iterator[Any]:
    """Items until an exception says that there are no more."""
    position = 0
    while True:
        try:
            with state().awaiting(error):
                found = item(position)
        except error:
            return
        yield found
        position += 1


def advance(step: FunctionType, iterator: Any, *default: Any) -> Any:
    """`next(iterator)`, or the default at the end."""
    if not default:
        return call(step, iterator)
    try:
        with state().awaiting(StopIteration):
            return call(step, iterator)
    except StopIteration:
        return default[0]
