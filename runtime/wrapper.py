"""Compiled functions as CPython builtins, called without a line of Python in between."""

from __future__ import annotations

import ctypes
import sys
import sysconfig
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np

from irad.ir.types import ComplexType, IntType, MemRefType, Type, is_float
from irad.lower.types import components
from irad.runtime import abi, invoke, stack, table
from irad.runtime.native import Native, poll_address

Container = Literal["single", "tuple", "list"]

_METH_FASTCALL_KEYWORDS = 0x82
_CONTAINERS = {"single": table.SINGLE, "tuple": table.TUPLE, "list": table.LIST}
_PYARRAY_NEW, _PYARRAY_SETBASEOBJECT = 93, 282  # places in NumPy's table of C functions
_IMPORTS = ("irad_free_all", "irad_owner", "irad_detach")


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


@cache
def _library() -> Any:
    """The native way in, linked with the run-time library and NumPy's C functions."""
    from irad.runtime import engine

    imports = {name: engine.runtime_library()[name] for name in _IMPORTS}
    numpy_functions = _numpy_functions()
    imports["PyArray_New"] = numpy_functions[_PYARRAY_NEW]
    imports["PyArray_SetBaseObject"] = numpy_functions[_PYARRAY_SETBASEOBJECT]
    return engine.link(engine.compile_object(invoke.TEXT, 1), ["irad_invoke"], imports)


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
    frame = native.new_frame()
    interface = native.interface
    parameters = _items(interface.arguments, native.parameters)
    results = _items(interface.results, [None] * len(interface.results))

    def failed(status: int) -> None:
        native.fail(frame, status)

    def collect(*arguments: Any) -> Any:
        values = native.fetch(frame, arguments)
        if returns == "single":
            return values[0] if values else None
        return tuple(values) if returns == "tuple" else values

    known = table.Table(
        entry=native.address,
        slots=frame.slots,
        context=frame.context_address,
        parameters=len(parameters),
        parameter=ctypes.cast(parameters, ctypes.POINTER(table.Item)),
        results=len(results),
        result=ctypes.cast(results, ctypes.POINTER(table.Item)),
        container=_CONTAINERS[returns],
        release=interface.long,
        poll=poll_address() if native.polls else None,
        main=threading.main_thread().ident or 0,
        limit=stack.limit() if interface.recursive else 0,
        ndarray=id(np.ndarray),
        float64=id(np.float64),
        fallback=fallback,
        collect=collect,
        failed=failed,
    )
    method = _MethodDef(native.name.encode(), _library()["irad_invoke"], _METH_FASTCALL_KEYWORDS, None)
    return _function(method, (_capsule(known), known, method, parameters, results, frame, native.code))


def _capsule(known: table.Table) -> object:
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("PyCapsule_New", ctypes.pythonapi))
    return new(ctypes.addressof(known), None, None)


def _function(method: _MethodDef, owner: tuple[Any, ...]) -> Callable[..., Any]:
    """A builtin function whose `self` is the owner, which keeps alive all that it needs."""
    signature = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_MethodDef), ctypes.py_object, ctypes.py_object)
    return signature(("PyCFunction_NewEx", ctypes.pythonapi))(ctypes.byref(method), owner, "irad")


def _items(types: tuple[Type, ...], parameters: Sequence[abi.ArrayParameter | abi.ComplexParameter | None]) -> Any:
    items = [_item(type, parameter) for type, parameter in zip(types, parameters, strict=True)]
    return (table.Item * len(items))(*items)


def _scalar_kind(type: Type) -> int:
    if isinstance(type, ComplexType):
        return table.COMPLEX
    return table.FLOAT if is_float(type) else table.BOOL if type == IntType(1) else table.INTEGER


def _item(type: Type, parameter: abi.ArrayParameter | abi.ComplexParameter | None) -> table.Item:
    slots = len(components(type))
    if not isinstance(type, MemRefType):
        return table.Item(kind=_scalar_kind(type), slots=slots)
    dtype = abi.element_dtype(type.element)
    return table.Item(
        kind=table.ARRAY,
        slots=slots,
        dtype=id(dtype),
        number=dtype.num,
        rank=type.rank,
        flags=parameter.flags if isinstance(parameter, abi.ArrayParameter) else 0,
        shift=dtype.itemsize.bit_length() - 1 if type.strided else -1,
        sizes=(ctypes.c_int64 * type.rank)(*(-1 if n is None else n for n in type.shape)),
    )
