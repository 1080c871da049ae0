"""The way in from CPython, in LLVM IR: one function for all signatures, which it reads from a table, so that none is compiled a function.

`irad_invoke` has CPython's METH_FASTCALL | METH_KEYWORDS convention. Its `self` is a tuple whose first item is a capsule of the table
(`Table`). It takes Python floats, ints, bools and arrays that lie as the compiled function wants them, and returns floats, ints, bools or
None. Whatever else comes, it hands to the table's fallback, a Python callable that converts or complains.
"""

from __future__ import annotations

import ctypes

from irad.lower import context as c

FLOAT, INTEGER, BOOL, ARRAY = range(4)
SINGLE, TUPLE, LIST = range(3)

# Where CPython's and NumPy's objects have their fields; checked at run time before they are relied on.
TYPE, FLOAT_VALUE = 8, 16
DATA, RANK, SHAPE, STRIDES, DTYPE, FLAGS = 16, 24, 32, 40, 56, 64


class Parameter(ctypes.Structure):
    """One parameter: kind, and for an array its dtype object, rank, wanted flags and item size (0: strides are not passed)."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("dtype", ctypes.c_void_p),
        ("rank", ctypes.c_int64),
        ("flags", ctypes.c_int64),
        ("shift", ctypes.c_int64),
        ("fixed", ctypes.c_int64),
    )


class Table(ctypes.Structure):
    """What `irad_invoke` knows of a compiled function."""

    _fields_ = (
        ("entry", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("parameters", ctypes.POINTER(Parameter)),
        ("results", ctypes.c_int64),
        ("kinds", ctypes.c_void_p),
        ("shape", ctypes.c_int64),
        ("slots", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
        ("busy", ctypes.c_int64),
        ("release", ctypes.c_int64),
        ("fallback", ctypes.py_object),
        ("failed", ctypes.py_object),
        ("main", ctypes.c_int64),
        ("poll", ctypes.c_void_p),
        ("array", ctypes.c_void_p),
    )
