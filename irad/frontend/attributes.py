"""Reads and writes of attributes in rewritten code: properties and descriptors are traced in, writes to objects are logged."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from irad.frontend import values
from irad.frontend.calls import call
from irad.frontend.control import ifexp, present
from irad.frontend.loops import loaded
from irad.frontend.merging import Maybe
from irad.frontend.special import lookup
from irad.frontend.state import State, state
from irad.frontend.values import Array, Traced

_PLAIN = (Traced, ModuleType, type)
_MISSING = object()


def load(x: Any) -> Any:
    """The value of a name from outside the function."""
    return loaded(x) if isinstance(x, np.ndarray | tuple) else x


# ---------------------------------------------------------------- reads


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
    """An attribute of an ordinary object."""
    cls = type(obj)
    if cls is super:
        return _of_super(obj, name)
    read = lookup(cls, "__getattribute__")
    return call(read, obj, name) if isinstance(read, FunctionType) else _read(obj, name, getattr, getattr(cls, "__getattr__", None))


def _of_super(obj: Any, name: str) -> Any:
    mro = obj.__self_class__.__mro__
    found = next((c.__dict__[name] for c in mro[mro.index(obj.__thisclass__) + 1 :] if name in c.__dict__), None)
    x = _described(obj.__self__, obj.__self_class__, name, found)
    return getattr(obj, name) if x is _MISSING else x


def read_plainly(obj: Any, name: str) -> Any:
    """`object.__getattribute__`, which a class's own `__getattribute__` ends in."""
    return _read(obj, name, object.__getattribute__, None)


def _read(obj: Any, name: str, fetch: Callable[[Any, str], Any], fallback: Any) -> Any:
    """An attribute; `fallback` is the `__getattr__` of the class."""
    cls = type(obj)
    found = lookup(cls, name)
    if found is not None and not isinstance(found, FunctionType):
        x = _described(obj, cls, name, found)
        if x is not _MISSING:
            return x
    x = _stored(obj, name, fallback) if isinstance(fallback, FunctionType) else fetch(obj, name)
    if type(x) is Maybe and found is not None:  # the attribute of the class shows where the object has none
        return ifexp(x.flag, lambda: x.value, lambda: load(found))
    if type(x) is Maybe:
        return present(x, AttributeError, f"'{cls.__name__}' object has no attribute '{name}'")
    if isinstance(x, Traced):
        return x
    now = state()
    if id(obj) not in now.made:
        now.guards.read_attribute(obj, name, x)
    return x if callable(x) else load(x)


def _stored(obj: Any, name: str, fallback: FunctionType) -> Any:
    """An attribute as it is stored, or what `__getattr__` makes of its name."""
    try:
        x = object.__getattribute__(obj, name)
    except AttributeError:
        return call(fallback, obj, name)
    return ifexp(x.flag, lambda: x.value, lambda: call(fallback, obj, name)) if type(x) is Maybe else x


def _described(obj: Any, cls: type, name: str, found: Any) -> Any:
    """An attribute that the class computes in Python, or missing."""
    if isinstance(found, property):
        return call(found.fget, obj) if isinstance(found.fget, FunctionType) else _MISSING
    if isinstance(found, functools.cached_property):
        return _cached(obj, name, found)
    read = lookup(type(found), "__get__")
    if not isinstance(read, FunctionType):
        return _MISSING
    overriding = lookup(type(found), "__set__") is not None or name not in getattr(obj, "__dict__", ())
    return call(read, found, obj, cls) if overriding else _MISSING


def _cached(obj: Any, name: str, found: functools.cached_property[Any]) -> Any:
    """A property that is computed once for an object."""
    known = obj.__dict__.get(name, _MISSING)
    if known is not _MISSING and type(known) is not Maybe:
        return _MISSING
    x = call(found.func, obj) if known is _MISSING else ifexp(known.flag, lambda: known.value, lambda: call(found.func, obj))
    state().writes(obj)
    obj.__dict__[name] = x
    return x


def hasattr_(obj: Any, name: str) -> Any:
    """`hasattr(obj, name)`."""
    held = getattr(obj, "__dict__", {}).get(name)
    return held.flag if type(held) is Maybe and not hasattr(type(obj), name) else hasattr(obj, name)


def getattr_or(obj: Any, name: str, *default: Any) -> Any:
    """`getattr(obj, name)` or `getattr(obj, name, default)`."""
    if not default:
        return getattr_(obj, name)
    return ifexp(hasattr_(obj, name), lambda: getattr_(obj, name), lambda: default[0])


# ---------------------------------------------------------------- writes


def setattr_(value: Any, obj: Any, name: str) -> None:
    """`obj.name = value`."""
    if isinstance(obj, Traced | np.ndarray):
        if name in ("real", "imag") and isinstance(obj, np.ndarray | Array):
            values.OPERATIONS["set_part"](obj, name, value)
            return
        raise values.refuse(f"the attribute {name!r} of an array cannot be assigned.", "Make a new array, with x.reshape(…) for instance.")
    if isinstance(obj, ModuleType | type):
        outside(state(), value, f"the attribute {name!r} of {obj.__name__}")
    _write(obj, name, value)


def delattr_(obj: Any, name: str) -> None:
    """`del obj.name`."""
    _write(obj, name)


def _write(obj: Any, name: str, *value: Any) -> None:
    """Assign or delete an attribute."""
    whole = lookup(type(obj), "__setattr__" if value else "__delattr__")
    if isinstance(whole, FunctionType):
        call(whole, obj, name, *value)
    elif not _write_described(obj, name, *value):
        state().writes(obj)
        (setattr if value else delattr)(obj, name, *value)


def _write_described(obj: Any, name: str, *value: Any) -> bool:
    """Whether a property or descriptor written in Python has assigned or deleted the attribute."""
    found = lookup(type(obj), name)
    if isinstance(found, property):
        method, before = (found.fset if value else found.fdel), ()
    else:
        method, before = lookup(type(found), "__set__" if value else "__delete__"), (found,)
    if isinstance(method, FunctionType):
        call(method, *before, obj, *value)
    return isinstance(method, FunctionType)


def write_plainly(obj: Any, name: str, *value: Any) -> None:
    """`object.__setattr__` and `object.__delattr__`, which a class's own methods of these names end in."""
    if not _write_described(obj, name, *value):
        state().writes(obj)
        (object.__setattr__ if value else object.__delattr__)(obj, name, *value)


def outside(now: State, value: Any, what: str) -> None:
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
    outside(state(), value, f"the global or nonlocal variable {name!r}")
    return value
