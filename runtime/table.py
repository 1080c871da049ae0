"""What the native way in from CPython knows of a compiled function, and where objects have their fields."""

from __future__ import annotations

import ctypes

FLOAT, INTEGER, BOOL, ARRAY, COMPLEX = range(5)
SINGLE, TUPLE, LIST = range(3)
MAX_RANK = 32

# Where CPython's and NumPy's objects have their fields; `wrapper` checks that before it relies on it.
TYPE, FLOAT_VALUE, IMAGINARY_VALUE = 8, 16, 24
DATA, RANK, SHAPE, STRIDES, DTYPE, FLAGS = 16, 24, 32, 40, 56, 64
OWNDATA, CARRAY, BEHAVED, ALIGNED, UINT8 = 0x4, 0x501, 0x500, 0x100, 2  # flags and a type number of NumPy's


class Item(ctypes.Structure):
    """A parameter or result: its kind and how many slots it takes; for an array also what follows."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("slots", ctypes.c_int64),
        ("dtype", ctypes.c_void_p),  # the dtype object
        ("number", ctypes.c_int64),  # the dtype's type number
        ("rank", ctypes.c_int64),
        ("flags", ctypes.c_int64),  # bits of its flags that must be set
        ("shift", ctypes.c_int64),  # log2 of the item size, -1 if contiguous
        ("sizes", ctypes.POINTER(ctypes.c_int64)),  # -1 for those that are not fixed
    )


class Table(ctypes.Structure):
    """What `irad_invoke` knows of a compiled function."""

    _fields_ = (
        ("busy", ctypes.c_int64),  # whether a call is using slots and context
        ("entry", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
        ("parameters", ctypes.c_int64),  # how many
        ("parameter", ctypes.POINTER(Item)),
        ("results", ctypes.c_int64),  # how many
        ("result", ctypes.POINTER(Item)),
        ("container", ctypes.c_int64),  # in which results are returned
        ("release", ctypes.c_int64),  # whether to let go of the GIL
        ("poll", ctypes.c_void_p),  # null if the function never polls
        ("main", ctypes.c_int64),  # the thread that may handle signals
        ("limit", ctypes.c_int64),  # of that thread's stack, 0 if the function does not recurse
        ("ndarray", ctypes.c_void_p),
        ("float64", ctypes.c_void_p),  # NumPy's scalar type, which has its value where Python's float has
        ("fallback", ctypes.py_object),  # called like the function itself
        ("collect", ctypes.py_object),  # called with the arguments, returns the results of the call that has just been made
        ("failed", ctypes.py_object),  # called with a status, raises
    )


def get(pointer: str, cls: type[ctypes.Structure], field: str, type: str = "i64") -> str:
    """Instructions that load a field as %field."""
    offset = getattr(cls, field).offset
    return f"  %{field}.place = getelementptr i8, ptr %{pointer}, i64 {offset}\n  %{field} = load {type}, ptr %{field}.place\n"


def read(name: str, pointer: str, offset: int, type: str) -> str:
    """Instructions that load what lies at an offset from a pointer."""
    return f"  %{name}.place = getelementptr i8, ptr %{pointer}, i64 {offset}\n  %{name} = load {type}, ptr %{name}.place\n"
