"""Calls in rewritten code: known functions by table, the user's functions traced in, everything else as it is."""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import functools
import inspect
import itertools
import os
import random
import sysconfig
import types
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.errors import UnsupportedError
from irad.frontend import growing, native, values
from irad.frontend.iterables import Unrolled, make_enumerate, make_range, make_reversed, make_zip, unroll
from irad.frontend.numpy_api import CREATORS, FUNCTIONS, unsupported
from irad.frontend.rewrite import USER_CODES, refuse_generator, rewrite
from irad.frontend.source import NoSourceError
from irad.frontend.state import Restart, State, has_state, state
from irad.frontend.unsourced import as_it_stands
from irad.frontend.values import Traced

UNROLL_LIMIT = 32  # levels of a recursion that are inlined as long as each has other constants

_STDLIB = sysconfig.get_paths()["stdlib"] + os.sep
_NUMPY = os.path.dirname(np.__file__) + os.sep
_IRAD = os.path.dirname(os.path.dirname(__file__)) + os.sep
# Builtins that call what they are given, whatever kind of callable it is.
_CALLING = (
    *(map, filter, sorted, max, min, functools.reduce),
    *(itertools.accumulate, itertools.starmap, itertools.takewhile, itertools.dropwhile),
)
_UNREPEATABLE = ("random", "numpy.random", "time", "secrets", "uuid", "_random")
_MUTABLE = (list, dict, set, deque)
_SETS = ("difference", "intersection", "isdisjoint", "issubset", "issuperset", "symmetric_difference", "union")
_READING = frozenset(("copy", "count", "get", "index", "items", "keys", "values", *_SETS))  # methods that leave a container as it is
_COPYING = ("copy", "sorted", "fromkeys", "split", "union", "intersection", "difference")  # builtins that return a new container

API: dict[str, Any] = {}  # what rewritten code calls; filled by `api.py`
PROTOCOLS: dict[Any, Callable[..., Any]] = {}  # what builtins do with objects of the user's classes; filled by `protocols.py`


@dataclass(slots=True, eq=False)
class Frame:
    """A call of a user's function that is being traced."""

    function: types.FunctionType
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    signature: Any = None


@values.operation("call")
def call(f: Any, /, *args: Any, **kwargs: Any) -> Any:
    """`f(*args, **kwargs)`."""
    protocol, own, known = _entry(PROTOCOLS, f), _entry(OWN, f), _entry(FUNCTIONS, f)
    if protocol is not None and _any_objects(args):
        result = protocol(*args, **kwargs)
        if result is not NotImplemented:
            return result
    if own is not None:
        check_iterators(args)
        return _noted(own(*args, **kwargs))
    if known is not None:
        return _call_known(f, known, args, kwargs)
    if type(f) is types.FunctionType:
        return call_function(f, args, kwargs)
    if type(f) is types.MethodType and type(f.__func__) is types.FunctionType:
        return call_function(f.__func__, (f.__self__, *args), kwargs)
    if isinstance(f, functools.partial):
        return call(f.func, *f.args, *args, **{**f.keywords, **kwargs})
    if isinstance(f, type):
        return construct(f, args, kwargs)
    return _call_object(f, args, kwargs)


def _entry(table: dict[Any, Callable[..., Any]], f: Any) -> Callable[..., Any] | None:
    try:
        return table.get(f)
    except TypeError:  # not hashable
        return None


def _call_known(f: Any, known: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of NumPy, math or Python that irad has its own version of: used where something is traced."""
    check_iterators(args)
    if _any_grown(args):
        args = tuple(growing.as_array(a) if isinstance(a, list) and growing.growth_of(a) is not None else a for a in args)
    if f in CREATORS or _any_traced(args) or _any_traced(kwargs.values()):
        return _noted(known(*args, **kwargs))
    return construct(f, args, kwargs) if isinstance(f, type) else call_native(f, args, kwargs)


def check_iterators(args: tuple[Any, ...]) -> None:
    """Refuse to advance Python's own iterators, whose state cannot be logged, where they were not made."""
    for x in args:
        if isinstance(x, Iterator) and not has_state(x):
            state().advances(x)


def _noted(x: Any) -> Any:
    """A result; an iterator is noted as made here."""
    return state().fresh(x) if isinstance(x, Iterator) else x


def _any_traced(args: Any) -> bool:
    return any(
        isinstance(a, Traced) or (isinstance(a, list | tuple) and _any_traced(a)) or (isinstance(a, dict) and _any_traced(a.values()))
        for a in args
    )


def _any_objects(args: tuple[Any, ...]) -> bool:
    """Whether there may be objects of the user's classes among arguments, or in lists and tuples that are arguments."""
    return any(type(a) not in values.PLAIN or (isinstance(a, list | tuple) and not all(type(v) in values.PLAIN for v in a)) for a in args)


def _any_grown(args: tuple[Any, ...]) -> bool:
    return any(isinstance(a, list) and growing.growth_of(a) is not None for a in args)


def _call_object(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A callable that is neither a plain function nor a class."""
    if isinstance(f, types.MethodWrapperType):
        return call(getattr(f.__objclass__, f.__name__), f.__self__, *args, **kwargs)
    inside = getattr(f, "__irad_call__", None)
    if inside is not None:
        return inside(*args, **kwargs)
    plain = getattr(f, "__irad_function__", None)
    if plain is not None:
        return call(plain, *args, **kwargs)
    if isinstance(f, functools._lru_cache_wrapper):
        return call(f.__wrapped__, *args, **kwargs)
    method = inspect.getattr_static(type(f), "__call__", None)
    if isinstance(method, types.FunctionType):
        return call_function(method, (f, *args), kwargs)
    return call_native(f, args, kwargs)


def call_native(f: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function that is not rewritten: it runs now. Functions that it is given are rewritten; containers that it may write are logged."""
    owner = getattr(f, "__self__", None)
    _refuse_unrepeatable(f, owner)
    now = state()
    if _any_grown((owner, *args)):
        return _native_on_grown(now, f, owner, args)
    for x in (owner, *args):
        if isinstance(x, _MUTABLE) and _may_write(f, owner, x):
            now.writes(x)
    check_iterators((owner, *args))
    if isinstance(owner, array | bytearray):
        now.advances(owner)
    if isinstance(f, np.ufunc) and _any_traced(args):
        raise unsupported(f)
    before = native.watched((owner, *args, *kwargs.values()))
    result = f(*(_callback(f, owner, a) for a in args), **{k: _callback(f, owner, v) for k, v in kwargs.items()})
    native.log_changes(now, before)
    if isinstance(result, np.ndarray):
        return _native_array(f, owner, result)
    made = f.__name__ == "__new__" and has_state(result)
    if made or isinstance(result, Iterator) or (isinstance(result, _MUTABLE) and (owner is None or f.__name__ in _COPYING)):
        return now.fresh(result)
    return result


def _may_write(f: Any, owner: Any, x: Any) -> bool:
    """Whether a native function may write a container: Python's own and those that irad knows only read what they are given."""
    if isinstance(owner, _MUTABLE):
        return x is owner and f.__name__ not in _READING
    if getattr(builtins, getattr(f, "__name__", ""), None) is f:
        return f in (exec, eval)
    return _entry(FUNCTIONS, f) is None


def _native_array(f: Any, owner: Any, result: np.ndarray) -> Any:
    """An array from native code: a new one of NumPy's is copied on every call of the compiled function, any other is captured."""
    made = (getattr(f, "__module__", None) or "").split(".")[0] == "numpy" or isinstance(owner, np.ndarray)
    return FUNCTIONS[np.copy](values.as_traced(result)) if made and result.dtype.kind in "biufc" else values.as_traced(result)


def _native_on_grown(now: State, f: Any, owner: Any, args: tuple[Any, ...]) -> Any:
    """A method of a list that grows at run time, or a function that is given one."""
    if _any_grown((owner,)):
        return growing.method(now, owner, f.__name__, args)
    if f is list:
        return growing.method(now, args[0], "copy", ())
    name = getattr(f, "__qualname__", f)
    raise values.refuse(f"{name} of a list that grows at run time is not supported.", "Make an array of it with np.array(list).")


def _refuse_unrepeatable(f: Any, owner: Any) -> None:
    modules = (getattr(f, "__module__", None) or "", type(owner).__module__)
    if any(m in _UNREPEATABLE or m.startswith("numpy.random") for m in modules):
        text = f"{_unrepeatable_name(f, owner)} would be called once, while tracing, and not when the compiled function runs."
        raise values.refuse(text, "Call it outside of the compiled function, and pass its result as an argument.")


def _unrepeatable_name(f: Any, owner: Any) -> str:
    """The function's name as users write it: functions of the random modules are methods of a generator that they share."""
    name = getattr(f, "__name__", repr(f))
    for module, shared in ((np.random, np.random.rand), (random, random.random)):
        if owner is not None and owner is shared.__self__:
            return f"{module.__name__.replace('numpy', 'np')}.{name}"
    kind = type(owner)
    if owner is None or isinstance(owner, types.ModuleType):
        return f"{(getattr(f, '__module__', None) or '').replace('numpy', 'np').replace('._generator', '')}.{name}".lstrip(".")
    return f"{kind.__module__.partition('._')[0].replace('numpy', 'np').replace('.mtrand', '')}.{kind.__name__}.{name}"


def _callback(f: Any, owner: Any, x: Any) -> Any:
    """A function that native code is going to call."""
    if isinstance(owner, _MUTABLE) and f.__name__ != "sort":
        return x  # it is going to be stored
    if type(x) is types.FunctionType:
        traced_in = id(x.__code__) in USER_CODES or not _rewritable(x)
    else:
        traced_in = all(f is not c for c in _CALLING) or not callable(x) or isinstance(x, type)
    return x if traced_in else lambda *args, **kwargs: call(x, *args, **kwargs)


def construct(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An instance of a class; a `__new__` or `__init__` of the user's is traced in."""
    init = inspect.getattr_static(cls, "__init__", None)
    init = init if isinstance(init, types.FunctionType) and _rewritable(init) else None
    make = cls.__new__
    own = isinstance(make, types.FunctionType) and _rewritable(make) and not issubclass(cls, tuple)
    if type(cls).__call__ is type.__call__ and (own or (make is object.__new__ and init is not None)):
        new = call(make, cls, *args, **kwargs) if own else state().fresh(object.__new__(cls))
        if init is not None and isinstance(new, cls):
            if dataclasses.is_dataclass(cls) and init.__code__.co_filename == "<string>":
                API["initialise"](new, init, args, kwargs)
            else:
                call_function(init, (new, *args), kwargs)
        return new
    result = call_native(cls, args, kwargs)
    if isinstance(result, (*_MUTABLE, array, bytearray)) or hasattr(result, "__dict__"):
        state().fresh(result)
    return result


# ---------------------------------------------------------------- the user's functions


def call_function(f: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function written in Python: traced in, or called as a function of the IR if it is recursive."""
    code = f.__code__
    key = id(code)
    if key not in USER_CODES:
        if not _rewritable(f):
            return _library_function(f, args, kwargs)
        try:
            if not state().stack and inspect.isgeneratorfunction(f):
                refuse_generator(f)
            target = rewrite(f, API)
        except NoSourceError:
            return as_it_stands(f, call)(*args, **kwargs)
        except UnsupportedError:
            if state().stack and not _any_traced((*args, *kwargs.values())):
                return call_native(f, args, kwargs)  # nothing in it needs to be compiled
            raise
    else:
        target = f
    now = state()
    if target is not f:
        watch(now, f)
        args, kwargs = _with_defaults(f, args, kwargs)
    general = now.recursive.get(key)
    if general is not None:
        return _RECURSION["call"](now, f, target, args, kwargs, general)
    depth = now.active.get(key, 0)
    frame = Frame(f, args, kwargs)
    if depth:
        _check_recursion(now, frame, depth)
    result = inline(now, frame, target, depth)
    return now.fresh(result) if type(result) is types.GeneratorType else result


def _library_function(f: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function of Python's library: it runs as it is, but a generator that it makes a context manager of is the user's."""
    generator = getattr(f, "__wrapped__", None)
    if f.__code__ is _MANAGING and isinstance(generator, types.FunctionType):
        return state().fresh(contextlib.contextmanager(lambda *a, **k: call(generator, *a, **k))(*args, **kwargs))
    return call_native(f, args, kwargs)


_MANAGING = contextlib.contextmanager(lambda: iter(())).__code__


_RECURSION: dict[str, Callable[..., Any]] = {}  # filled by `recursion.py`, which needs this module


def inline(now: State, frame: Frame, target: types.FunctionType, depth: int) -> Any:
    """Trace a call in."""
    key = id(frame.function.__code__)
    now.stack.append(frame)
    now.active[key] = depth + 1
    try:
        return target(*frame.args, **frame.kwargs)
    finally:
        now.stack.pop()
        now.active[key] = depth


def _check_recursion(now: State, frame: Frame, depth: int) -> None:
    """Find out whether a call repeats one that is being traced."""
    code = frame.function.__code__
    sign = _RECURSION["signature"]
    frame.signature = sign(frame)
    for earlier in reversed(now.stack):
        if earlier.function.__code__ is code:
            earlier.signature = earlier.signature or sign(earlier)
            if earlier.signature == frame.signature:
                raise Restart(code, False)
    if depth >= UNROLL_LIMIT:
        raise Restart(code, True)


def _rewritable(f: types.FunctionType) -> bool:
    """Whether a function is the user's, and not asynchronous."""
    code = f.__code__
    if code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return False
    name = code.co_filename
    if name.startswith((_NUMPY, "<frozen")):
        return False
    if name.startswith(_IRAD) and not (f.__module__ or "").startswith("irad.cli"):
        return False
    library = name.startswith(_STDLIB) and "site-packages" not in name
    return not library or (name == functools.__file__ and "_from_" in code.co_name)  # what total_ordering writes


_global_names: dict[int, tuple[types.CodeType, tuple[str, ...]]] = {}


def watch(now: State, f: types.FunctionType) -> None:
    """Guard the function itself, and the globals and closure cells that it reads."""
    code = f.__code__
    now.guards.read_function(f)
    pair = (id(code), id(f.__globals__))
    for cell in f.__closure__ or ():
        now.guards.read_cell(cell)
    if pair in now.watched:
        return
    now.watched.add(pair)
    known = _global_names.get(id(code))
    if known is None:
        known = _global_names[id(code)] = (code, tuple(sorted(_names(code))))
    for name in known[1]:
        if name in f.__globals__ or hasattr(builtins, name):
            now.guards.read_global(f.__globals__, name)


def _names(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names


def _with_defaults(f: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arrays among the defaults are captured like any other array from outside."""
    defaults = (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values())
    if not any(isinstance(d, np.ndarray) for d in defaults):
        return args, kwargs
    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    return tuple(values.as_traced(a) for a in bound.args), {k: values.as_traced(v) for k, v in bound.kwargs.items()}


# ---------------------------------------------------------------- builtins that control flow or traced code gives another meaning


def _print(*args: Any, **kwargs: Any) -> None:
    raise values.refuse("print() is not supported in compiled code.", "Return the values and print them.")


OWN: dict[Any, Callable[..., Any]] = {
    range: make_range,
    enumerate: make_enumerate,
    zip: make_zip,
    reversed: make_reversed,
    unroll: Unrolled,
    print: _print,
}
