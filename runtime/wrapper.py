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

from irad.ir.types import MemRefType
from irad.runtime import invoke, table
from irad.runtime.native import Native
from irad.runtime.owner import Parameter, Result, make_owner

Container = Literal["single", "tuple", "list"]

_METH_FASTCALL_KEYWORDS = 0x82
# Places in NumPy's table of C functions.
_NUMPY = {"PyArray_Scalar": 60, "PyArray_New": 93, "PyArray_Zeros": 183, "PyArray_SetBaseObject": 282}
_IMPORTS = ("irad_free_all", "irad_owner", "irad_detach")
_CALL = "__call__"


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


@cache
def library() -> Any:
    """The native ways in, linked with the run-time library and NumPy's C functions."""
    from irad.runtime import engine

    imports = {name: engine.runtime_library()[name] for name in _IMPORTS}
    functions = _numpy_functions()
    imports |= {name: functions[place] for name, place in _NUMPY.items()}
    imports |= {"irad_table_name": ctypes.addressof(table.NAME), "irad_call_name": id(_CALL)}
    code = engine.link(engine.compile_object(invoke.TEXT, 2), invoke.EXPORTS, imports)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(code))  # objects that it calls and frees may outlive this module
    return code


def _numpy_functions() -> Any:
    """NumPy's table of C functions, as addresses."""
    from numpy._core import _multiarray_umath  # pyright: ignore[reportAttributeAccessIssue]

    get_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))
    return ctypes.cast(get_pointer(_multiarray_umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_size_t))


@cache
def available() -> bool:
    """Whether this interpreter and this NumPy lay out their objects as `invoke` takes for granted."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False

    def word(at: int) -> int:
        return ctypes.c_int64.from_address(at).value

    x, y, z, a = 1.5, np.float64(2.5), 3.5 + 4.5j, np.arange(12.0).reshape(3, 4)[:, ::2]
    pair = (x, y)
    place = id(a)
    flags = ctypes.c_int32.from_address(place + table.FLAGS).value
    return (
        word(id(x) + table.TYPE) == id(float)
        and word(id(y) + table.TYPE) == id(np.float64)
        and all(ctypes.c_double.from_address(id(v) + table.FLOAT_VALUE).value == v for v in (x, y))
        and word(id(z) + table.TYPE) == id(complex)
        and ctypes.c_double.from_address(id(z) + table.FLOAT_VALUE).value == z.real
        and ctypes.c_double.from_address(id(z) + table.IMAGINARY_VALUE).value == z.imag
        and word(place + table.TYPE) == id(np.ndarray)
        and word(place + table.DATA) == a.ctypes.data
        and ctypes.c_int32.from_address(place + table.RANK).value == a.ndim
        and [word(word(place + table.SHAPE) + 8 * i) for i in range(2)] == list(a.shape)
        and [word(word(place + table.STRIDES) + 8 * i) for i in range(2)] == list(a.strides)
        and word(place + table.DTYPE) == id(a.dtype)
        and flags & a.flags.num == a.flags.num
        and word(id(pair) + table.TUPLE_SIZE) == 2
        and [word(id(pair) + table.TUPLE_ITEMS + 8 * i) for i in range(2)] == [id(x), id(y)]
    )


def supports(native: Native) -> bool:
    """Whether a compiled function can be a builtin here and now."""
    interface = native.interface
    ranks = [type.rank for type in (*interface.arguments, *interface.results) if isinstance(type, MemRefType)]
    measurable = not interface.recursive or threading.current_thread() is threading.main_thread()
    return available() and measurable and max(ranks, default=0) <= table.MAX_RANK


def builtin(native: Native, fallback: Callable[..., Any], returns: Container = "list") -> Callable[..., Any]:
    """A builtin that calls a compiled function.

    Parameters
    ----------
    native : Native
        One that `supports` accepts.
    fallback : callable
        Gets the arguments of a call that is not plain: of other types than float, int, bool and arrays that lie right, with keywords,
        of a wrong number; of a recursive function in another thread than the main one; of a function that is running already.
    returns : {"single", "tuple", "list"}
        What is returned: the only result (None if there is none), or a tuple or list of all.

    Notes
    -----
    The GIL is let go only around functions that may run for long.
    """
    interface = native.interface
    parameters = [Parameter(type, flags=getattr(p, "flags", 0)) for type, p in zip(interface.arguments, native.parameters, strict=True)]
    results = [Result(type) for type in interface.results]
    answer = results if returns == "list" else tuple(results) if returns == "tuple" else results[0] if results else None

    def collect(*arguments: Any) -> Any:
        values = native.fetch(frame, arguments)
        if returns == "single":
            return values[0] if values else None
        return tuple(values) if returns == "tuple" else values

    frame = native.new_frame()
    method = _MethodDef(native.name.encode(), library()["irad_invoke"], _METH_FASTCALL_KEYWORDS, None)
    owner = make_owner(native, frame, parameters, answer, collect, fallback=fallback)
    return _function(method, (*owner, method))


def _function(method: _MethodDef, owner: tuple[Any, ...]) -> Callable[..., Any]:
    """A builtin function whose `self` is the owner, which keeps alive all that it needs."""
    signature = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_MethodDef), ctypes.py_object, ctypes.py_object)
    return signature(("PyCFunction_NewEx", ctypes.pythonapi))(ctypes.byref(method), owner, "irad")
