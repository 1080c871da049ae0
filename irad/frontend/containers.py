"""Reads and writes of items in rewritten code: arrays are traced, writes to Python's containers are logged."""

from __future__ import annotations

import itertools
import operator
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from irad.errors import UnsupportedError, instance
from irad.frontend import growing, special, values
from irad.frontend.attributes import load
from irad.frontend.calls import call, check_iterators
from irad.frontend.control import ifexp, present
from irad.frontend.grids import INDEXED
from irad.frontend.iterables import TracedRange, is_long, steps_of
from irad.frontend.iteration import items
from irad.frontend.loops import loaded
from irad.frontend.merging import UNBOUND, Maybe
from irad.frontend.special import lookup, method_of
from irad.frontend.state import state
from irad.frontend.values import Array, Scalar, Traced


def fresh(x: Any) -> Any:
    """A list, dict or set that the traced code makes."""
    return state().fresh(x)


class Managed:
    """A context manager whose methods are traced in; if the trace is given up inside of it, only those of Python's own are told."""

    def __init__(self, manager: Any) -> None:
        if lookup(type(manager), "__exit__") is None:
            raise values.wrong(TypeError, f"'{type(manager).__name__}' object does not support the context manager protocol")
        self._manager = manager

    def __enter__(self) -> Any:
        return call(lookup(type(self._manager), "__enter__"), self._manager)

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        leave = lookup(type(self._manager), "__exit__")
        if error is None:
            call(leave, self._manager, None, None, None)
        elif not isinstance(leave, FunctionType):
            leave(self._manager, kind, error, traceback)


# ---------------------------------------------------------------- items


def getitem(obj: Any, key: Any) -> Any:
    """`obj[key]`."""
    if isinstance(obj, np.ndarray):
        obj = values.as_traced(obj)
    if isinstance(obj, Traced):
        return obj[_index(key)]
    method = None if type(obj) in INDEXED else method_of(obj, "__getitem__")
    if method is not None:
        return call(method, obj, key)
    if isinstance(obj, list) and growing.growth_of(obj) is not None:
        return growing.getitem(obj, key)
    if isinstance(obj, list | tuple) and isinstance(key, Scalar):
        return _pick(obj, key)
    x = _held(obj, key)
    if type(x) is Maybe:
        return present(x, KeyError, repr(key))
    if isinstance(obj, list) and isinstance(key, slice):
        return fresh(x)
    if isinstance(obj, list | dict) and isinstance(key, int | str):
        now = state()
        if id(obj) not in now.made:
            now.guards.read_item(obj, key, x)
    return load(x)


def _held(obj: Any, key: Any) -> Any:
    """What an object of Python's or NumPy's holds; keys that a dict lacks are made by its `__missing__`."""
    if type(obj) in INDEXED:
        return INDEXED[type(obj)](key)
    if not isinstance(obj, dict) or type(obj) is dict:
        return obj[key]
    x = obj.get(key, UNBOUND)
    if x is UNBOUND:
        return _kept(obj, key, _missing(obj, key))
    if type(x) is not Maybe or not hasattr(obj, "__missing__"):
        return x
    return _kept(obj, key, ifexp(x.flag, lambda: x.value, lambda: _missing(obj, key)))


def _missing(obj: Any, key: Any) -> Any:
    """What a dict gives for a key that it lacks."""
    if isinstance(obj, defaultdict) and obj.default_factory is not None:
        return call(obj.default_factory)
    if not hasattr(obj, "__missing__") or isinstance(obj, defaultdict):
        raise KeyError(key)
    return call(type(obj).__missing__, obj, key)


def _kept(obj: Any, key: Any, made: Any) -> Any:
    """A defaultdict keeps what it makes."""
    if isinstance(obj, defaultdict):
        setitem(made, obj, key)
    return made


def _index(key: Any) -> Any:
    """An index of arrays: real arrays in it are captured."""
    if isinstance(key, np.ndarray):
        return values.as_traced(key)
    return tuple(values.as_traced(k) for k in key) if type(key) is tuple else key


def _pick(sequence: Sequence[Any], key: Scalar) -> Any:
    """An element of a list or tuple whose position is known only at run time: all elements are numbers, put into an array."""
    if key.dtype.kind not in "iub":
        raise values.wrong(TypeError, f"{type(sequence).__name__} indices must be integers or slices, not float")
    if not all(isinstance(x, Scalar | bool | int | float | np.generic) for x in sequence) or not sequence:
        needed = values.needed(key)
        if type(needed) is not UnsupportedError:
            raise needed  # it is an argument, whose value can be specialised on
        raise values.refuse(
            f"{instance(sequence)} is indexed by an integer that is known only at run time, and its elements are not all numbers.",
            "Put the elements into one array, or loop over the list itself.",
        )
    return call(np.array, list(sequence))[key]


def setitem(value: Any, obj: Any, key: Any) -> None:
    """`obj[key] = value`."""
    if isinstance(obj, np.ndarray):
        obj = values.as_traced(obj)
    if isinstance(obj, Traced):
        obj[_index(key)] = values.as_traced(value)
        return
    method = method_of(obj, "__setitem__")
    if method is not None:
        call(method, obj, key, value)
        return
    if isinstance(obj, list) and growing.growth_of(obj) is not None:
        growing.setitem(state(), obj, key, value)
        return
    if isinstance(key, Scalar):
        raise values.refuse(f"an entry of {instance(obj)} is assigned whose position is known only at run time.", "Use an array.")
    state().writes(obj)
    obj[key] = value


def delitem(obj: Any, key: Any) -> None:
    """`del obj[key]`."""
    method = method_of(obj, "__delitem__")
    if method is not None:
        call(method, obj, key)
        return
    state().writes(obj)
    del obj[key]


def slice_(start: Any, stop: Any, step: Any) -> Any:
    """`start:stop:step` in an index."""
    return slice(start, stop, step)


def inplace(name: str, old: Any, value: Any) -> Any:
    """`old += value` and the like: the new value."""
    if isinstance(old, np.ndarray):
        old = values.as_traced(old)
    elif isinstance(old, list) and growing.growth_of(old) is not None and name == "add":
        growing.method(state(), old, "extend", [value])
        return old
    elif isinstance(old, list | dict | set | deque):
        state().writes(old)
    return special.inplace(name, old, value)


def store_back(new: Any, old: Any, obj: Any, key: Any) -> None:
    """The last step of `obj[key] += value`: nothing where a view was changed in place."""
    if new is old and isinstance(new, Array) and isinstance(obj, Array | np.ndarray) and _is_basic(key):
        return
    setitem(new, obj, key)


def _is_basic(key: Any) -> bool:
    """Whether an index gives a view."""
    return all(
        isinstance(k, int | slice | np.integer | Scalar) or k is None or k is Ellipsis for k in (key if isinstance(key, tuple) else (key,))
    )


# ---------------------------------------------------------------- sequences


def unpack(x: Any, count: int | None) -> Any:
    """The sequence that a tuple of targets takes its values from."""
    x = values.as_traced(x)
    if isinstance(x, Array):
        return _rows(x, count)
    if isinstance(x, list | tuple):
        return state().fresh([loaded(v) for v in x])
    check_iterators((x,))
    found = items(x)
    return x if found is x else list(itertools.islice(found, count + 1) if count is not None else found)


def spread(x: Any) -> Any:
    """`*x` in a call or display."""
    x = values.as_traced(x)
    check_iterators((x,))
    return items(x)


def _rows(x: Array, count: int | None) -> list[Any]:
    """The rows of an array that is unpacked."""
    length = x.shape[0] if x.ndim else 0
    if count is None:
        if not isinstance(length, int):
            raise values.refuse("an array whose length is known only at run time is unpacked into a starred target.", "Take slices of it.")
        count = length
    if isinstance(length, int):
        if length != count:
            raise values.wrong(ValueError, f"{'too many' if length > count else 'not enough'} values to unpack (expected {count})")
    else:
        b = values.emitter()
        same = (length == count).value
        b.check(same, "ValueError", f"an array of {{0}} elements cannot be unpacked into {count} names", length.value)
    return [x[i] for i in range(count)]


def iterate(x: Any) -> Iterator[Any] | Any:
    """What a comprehension iterates over: its iterations are traced one after the other."""
    x = values.as_traced(x)
    if isinstance(x, range):
        return x
    check_iterators((x,))
    if is_long(x):
        length = x.shape[0] if isinstance(x, Array) else None
        if not isinstance(length, int):
            return iter(steps_of(x))
        return [x[i] for i in range(length)]
    return (loaded(v) for v in items(x))


def generated(x: Any) -> Any:
    """What a for statement in a generator iterates over: its iterations are Python's."""
    if isinstance(x, TracedRange):
        return range(*(operator.index(part) for part in (x.start, x.stop, x.step)))
    return iterate(x)
