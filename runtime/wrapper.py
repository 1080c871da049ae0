"""Compiled functions as CPython builtins, called without a line of Python in between."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np

from irad.ir.types import IntType, MemRefType, StackType, Type, is_float
from irad.runtime import abi, invoke, stack
from irad.runtime.native import Native, poll_address

_METH_FASTCALL_KEYWORDS = 0x82
_SHAPES = {"single": invoke.SINGLE, "tuple": invoke.TUPLE, "list": invoke.LIST}


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


@cache
def _invoke_library() -> Any:
    from irad.runtime import engine

    library = engine.runtime_library()
    image = engine.compile_object(invoke.TEXT, 1)
    return engine.link(image, ["irad_invoke"], {"irad_free_all": library["irad_free_all"]})


@cache
def available() -> bool:
    """Whether this interpreter and this NumPy lay out their objects as `invoke` takes for granted."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False

    def word(at: int) -> int:
        return ctypes.c_int64.from_address(at).value

    x, a = 1.5, np.arange(12.0).reshape(3, 4)[:, ::2]
    place = id(a)
    flags = ctypes.c_int32.from_address(place + invoke.FLAGS).value
    return (
        word(id(x) + invoke.TYPE) == id(float)
        and ctypes.c_double.from_address(id(x) + invoke.FLOAT_VALUE).value == x
        and word(place + invoke.TYPE) == id(np.ndarray)
        and word(place + invoke.DATA) == a.ctypes.data
        and ctypes.c_int32.from_address(place + invoke.RANK).value == a.ndim
        and [word(word(place + invoke.SHAPE) + 8 * i) for i in range(2)] == list(a.shape)
        and [word(word(place + invoke.STRIDES) + 8 * i) for i in range(2)] == list(a.strides)
        and word(place + invoke.DTYPE) == id(a.dtype)
        and flags & a.flags.num == a.flags.num
    )


def supports(native: Native) -> bool:
    """Whether a compiled function can be a builtin: no arrays among its results, no fixed sizes in its parameters."""
    lowered = native.lowered
    fixed = any(isinstance(type, MemRefType) and any(n is not None for n in type.shape) for type in lowered.arguments)
    arrays_out = any(isinstance(type, MemRefType | StackType) for type in lowered.results)
    measurable = not lowered.recursive or _in_main_thread()
    return available() and measurable and not fixed and not arrays_out


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def builtin(
    native: Native, fallback: Callable[..., Any] | None = None, returns: Literal["single", "tuple", "list"] = "list"
) -> Callable[..., Any]:
    """A builtin that calls a compiled function.

    Parameters
    ----------
    native : Native
        One that `supports` accepts.
    fallback : callable, optional
        Gets the arguments of a call that is not plain: of other types than float, int, bool and arrays that lie right, with keywords,
        of a wrong number; of a recursive function in another thread than the main one; of a function that is running already.
        By default the native function itself, which returns a list.
    returns : {"single", "tuple", "list"}
        What is returned: the only result (None if there is none), or a tuple or list of all.

    Notes
    -----
    The GIL is let go only around functions that may run for long.
    """
    frame = native.new_frame()
    lowered = native.lowered
    parameters = (invoke.Parameter * len(lowered.arguments))(*(_parameter(native, i, type) for i, type in enumerate(lowered.arguments)))
    kinds = (ctypes.c_int64 * len(lowered.results))(*(_kind(type) for type in lowered.results))
    main = threading.main_thread().ident

    def failed(status: int) -> None:
        native.fail(frame, status)

    table = invoke.Table(
        entry=native.address,
        slots=frame.slots,
        context=frame.context_address,
        parameters=len(parameters),
        parameter=ctypes.cast(parameters, ctypes.POINTER(invoke.Parameter)),
        results=len(kinds),
        kinds=ctypes.cast(kinds, ctypes.POINTER(ctypes.c_int64)),
        shape=_SHAPES[returns],
        release=lowered.long,
        poll=poll_address() if native.polls else None,
        main=main or 0,
        limit=stack.limit() if lowered.recursive else 0,
        array=id(np.ndarray),
        fallback=fallback or native,
        failed=failed,
    )
    method = _MethodDef(native.name.encode(), _invoke_library()["irad_invoke"], _METH_FASTCALL_KEYWORDS, None)
    return _function(method, (_capsule(table), table, method, parameters, kinds, frame, native))


def _capsule(table: invoke.Table) -> object:
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("PyCapsule_New", ctypes.pythonapi))
    return new(ctypes.addressof(table), None, None)


def _function(method: _MethodDef, owner: tuple[Any, ...]) -> Callable[..., Any]:
    """A builtin function whose `self` is the owner, which keeps alive all that it needs."""
    signature = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_MethodDef), ctypes.py_object, ctypes.py_object)
    return signature(("PyCFunction_NewEx", ctypes.pythonapi))(ctypes.byref(method), owner, "irad")


def _kind(type: Type) -> int:
    if is_float(type):
        return invoke.FLOAT
    return invoke.BOOL if type == IntType(1) else invoke.INTEGER


def _parameter(native: Native, i: int, type: Type) -> invoke.Parameter:
    if not isinstance(type, MemRefType):
        return invoke.Parameter(kind=_kind(type))
    described = native.parameters[i]
    assert described is not None
    shift = described.itemsize.bit_length() - 1 if type.strided else -1
    dtype = id(abi.element_dtype(type.element))
    return invoke.Parameter(kind=invoke.ARRAY, dtype=dtype, rank=type.rank, flags=described.flags, shift=shift)
