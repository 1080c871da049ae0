"""Reads and writes of items and attributes in rewritten code: arrays are traced, writes to Python's containers are logged."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from irad.errors import UnsupportedError
from irad.frontend import growing, values
from irad.frontend.calls import call
from irad.frontend.control import present
from irad.frontend.grids import INDEXED
from irad.frontend.iterables import is_long, steps_of
from irad.frontend.loops import loaded
from irad.frontend.merging import Maybe
from irad.frontend.state import State, state
from irad.frontend.values import Array, Scalar, Traced

_PLAIN = (Traced, ModuleType, type)


def load(x: Any) -> Any:
    """The value of a name from outside the function."""
    return loaded(x) if isinstance(x, np.ndarray | tuple) else x


def fresh(x: Any) -> Any:
    """A list, dict or set that the traced code makes."""
    return state().fresh(x)


def built(x: Any) -> Any:
    """The result of an operator, which makes a new list, dict or set of others."""
    return state().fresh(x) if type(x) in (list, dict, set) else x


class Managed:
    """A context manager whose methods are traced in; if the trace is given up inside of it, only those of Python's own are told."""

    def __init__(self, manager: Any) -> None:
        if _lookup(type(manager), "__exit__") is None:
            raise values.wrong(TypeError, f"'{type(manager).__name__}' object does not support the context manager protocol")
        self._manager = manager

    def __enter__(self) -> Any:
        return call(_lookup(type(self._manager), "__enter__"), self._manager)

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        leave = _lookup(type(self._manager), "__exit__")
        if error is None:
            call(leave, self._manager, None, None, None)
        elif not isinstance(leave, FunctionType):
            leave(self._manager, kind, error, traceback)


def getattr_(obj: Any, name: str) -> Any:
    """`obj.name`."""
    if isinstance(obj, np.ndarray):
        obj = values.as_traced(obj)
    if isinstance(obj, _PLAIN):
        x = getattr(obj, name)
        if isinstance(obj, Traced):
            return x
        state().guards.read_attribute(obj, name, x)
        return load(x)
    return _attribute(obj, name)


def _attribute(obj: Any, name: str) -> Any:
    """An attribute of an ordinary object; properties are traced in."""
    found = _lookup(type(obj), name)
    if isinstance(found, property) and isinstance(found.fget, FunctionType):
        return call(found.fget, obj)
    x = getattr(obj, name)
    if type(x) is Maybe:
        return present(x, AttributeError, f"'{type(obj).__name__}' object has no attribute '{name}'")
    if isinstance(x, Traced):
        return x
    now = state()
    if id(obj) not in now.made:
        now.guards.read_attribute(obj, name, x)
    return x if callable(x) else load(x)


def _lookup(cls: type, name: str) -> Any:
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def setattr_(value: Any, obj: Any, name: str) -> None:
    """`obj.name = value`."""
    if isinstance(obj, Traced | np.ndarray):
        if name in ("real", "imag") and isinstance(obj, np.ndarray | Array):
            values.OPERATIONS["set_part"](obj, name, value)
            return
        raise values.refuse(f"the attribute {name!r} of an array cannot be assigned.", "Make a new array, with x.reshape(…) for instance.")
    found = _lookup(type(obj), name)
    if isinstance(found, property) and isinstance(found.fset, FunctionType):
        call(found.fset, obj, value)
        return
    now = state()
    if isinstance(obj, ModuleType | type):
        _outside(now, value, f"the attribute {name!r} of {obj.__name__}")
    now.writes(obj)
    setattr(obj, name, value)


def delattr_(obj: Any, name: str) -> None:
    """`del obj.name`."""
    state().writes(obj)
    delattr(obj, name)


def _outside(now: State, value: Any, what: str) -> None:
    """Refuse writes that outlive the function and that compiled code would not do."""
    if isinstance(value, Traced):
        raise values.refuse(f"{what} is assigned a value that is known only at run time.", "Return the value instead.")
    if now.conditional:
        raise values.refuse(
            f"{what} is assigned in a branch or loop that is compiled: it would be assigned once, while tracing.",
            "Return the value instead.",
        )


def outer(value: Any, name: str) -> Any:
    """A value that is assigned to a name declared global or nonlocal."""
    _outside(state(), value, f"the global or nonlocal variable {name!r}")
    return value


# ---------------------------------------------------------------- items


def getitem(obj: Any, key: Any) -> Any:
    """`obj[key]`."""
    if isinstance(obj, np.ndarray):
        obj = values.as_traced(obj)
    if isinstance(obj, Traced):
        return obj[_index(key)]
    if isinstance(obj, list) and growing.growth_of(obj) is not None:
        return growing.getitem(obj, key)
    if isinstance(obj, list | tuple) and isinstance(key, Scalar):
        return _pick(obj, key)
    x = obj[key] if isinstance(obj, list | tuple | dict | str) else _user_item(obj, key)
    if type(x) is Maybe:
        return present(x, KeyError, repr(key))
    if isinstance(obj, list) and isinstance(key, slice):
        return fresh(x)
    if isinstance(obj, list | dict) and isinstance(key, int | str):
        now = state()
        if id(obj) not in now.made:
            now.guards.read_item(obj, key, x)
    return load(x)


def _user_item(obj: Any, key: Any) -> Any:
    if type(obj) in INDEXED:
        return INDEXED[type(obj)](key)
    method = _lookup(type(obj), "__getitem__")
    if isinstance(method, FunctionType):
        return call(method, obj, key)
    return obj[key]


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
            f"a {type(sequence).__name__} is indexed by an integer that is known only at run time, and its elements are not all numbers.",
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
    if isinstance(obj, list) and growing.growth_of(obj) is not None:
        growing.setitem(state(), obj, key, value)
        return
    if isinstance(key, Scalar):
        raise values.refuse(f"an entry of a {type(obj).__name__} is assigned whose position is known only at run time.", "Use an array.")
    method = _lookup(type(obj), "__setitem__")
    if isinstance(method, FunctionType):
        call(method, obj, key, value)
        return
    state().writes(obj)
    obj[key] = value


def delitem(obj: Any, key: Any) -> None:
    """`del obj[key]`."""
    state().writes(obj)
    del obj[key]


def slice_(start: Any, stop: Any, step: Any) -> Any:
    """`start:stop:step` in an index."""
    return slice(start, stop, step)


def inplace(name: str, old: Any, value: Any) -> Any:
    """`old += value` and the like: the new value."""
    if isinstance(old, np.ndarray):
        old = values.as_traced(old)
    elif isinstance(old, list) and growing.growth_of(old) is not None and name == "iadd":
        growing.method(state(), old, "extend", [value])
        return old
    elif isinstance(old, list | dict | set | deque):
        state().writes(old)
    elif not isinstance(old, Traced | int | float | str | tuple):
        method = _lookup(type(old), f"__{name}__")
        if isinstance(method, FunctionType):
            return call(method, old, value)
    return getattr(operator, name)(old, value)


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
        return [loaded(v) for v in x]
    if isinstance(x, Iterator):
        state().advances(x)
    return x


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
    if isinstance(x, Iterator):
        state().advances(x)
        return (loaded(v) for v in x)
    if is_long(x):
        length = x.shape[0] if isinstance(x, Array) else None
        if not isinstance(length, int):
            return iter(steps_of(x))
        return [x[i] for i in range(length)]
    return (loaded(v) for v in x)
