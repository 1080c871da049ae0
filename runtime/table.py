"""What the native way in from CPython knows of a compiled function, and where objects have their fields."""

from __future__ import annotations

import ctypes

FLOAT, INTEGER, BOOL, ARRAY, COMPLEX, OBJECT = range(6)  # kinds of parameters and results; an object is only compared
ARGUMENT, GIVEN, SHADOW = range(3)  # where a parameter comes from
TUPLE, LIST, VALUE, NEW, RESULT = range(5)  # steps in which an answer is put together
WORD, ITEM, ATTRIBUTE, CONTEXT = range(4)  # kinds of what must be as it was
MAX_RANK, MAX_PARAMETERS = 32, 64

# Where CPython's and NumPy's objects have their fields; `wrapper` checks that before it relies on it.
TYPE, FLOAT_VALUE, IMAGINARY_VALUE = 8, 16, 24
DATA, RANK, SHAPE, STRIDES, DTYPE, FLAGS = 16, 24, 32, 40, 56, 64
TUPLE_SIZE, TUPLE_ITEMS = 16, 24
OWNDATA, CONTIGUOUS, WRITEABLE, ALIGNED = 0x4, 0x1, 0x400, 0x100  # flags of NumPy's
CARRAY, BEHAVED, UINT8 = 0x501, 0x500, 2  # sets of them, and a type number

NAME = ctypes.create_string_buffer(b"irad.table")  # of capsules that hold a table


class Item(ctypes.Structure):
    """A parameter or result: its kind and place; for an array also what follows `given`."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("at", ctypes.c_int64),  # its first slot
        ("accept", ctypes.c_void_p),  # the type that an object must have, null for those that the kind allows
        ("source", ctypes.c_int64),
        ("index", ctypes.c_int64),  # of the argument, or of the parameter whose shadow it is
        ("given", ctypes.c_void_p),  # the object; of a result that is a NumPy scalar its dtype
        ("like", ctypes.c_int64),  # the parameter whose shape it must have, -1 for none
        ("dtype", ctypes.c_void_p),  # the dtype object
        ("number", ctypes.c_int64),  # the dtype's type number
        ("itemsize", ctypes.c_int64),
        ("rank", ctypes.c_int64),
        ("mask", ctypes.c_int64),  # bits of its flags that are looked at
        ("flags", ctypes.c_int64),  # and what they must be
        ("shift", ctypes.c_int64),  # log2 of the item size, -1 if contiguous
        ("sizes", ctypes.POINTER(ctypes.c_int64)),  # -1 for those that are not fixed
    )


class Guard(ctypes.Structure):
    """What a program relies on: that a place still has what it had."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("place", ctypes.c_void_p),  # an address, dict, object or context variable
        ("key", ctypes.c_void_p),
        ("expected", ctypes.c_void_p),  # null for an entry that a dict must not have
    )


class Step(ctypes.Structure):
    """A step in which an answer is put together."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("operand", ctypes.c_int64),  # a length, an object, the number of a parameter or of a result
    )


class Table(ctypes.Structure):
    """What `irad_run` knows of a compiled function."""

    _fields_ = (
        ("busy", ctypes.c_int64),  # whether a call is using slots and context
        ("entry", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
        ("arguments", ctypes.c_int64),  # how many it is called with
        ("parameters", ctypes.c_int64),  # how many the compiled function has
        ("parameter", ctypes.POINTER(Item)),
        ("shadows", ctypes.c_int64),  # how many of them are new arrays of zeros
        ("results", ctypes.c_int64),  # how many
        ("result", ctypes.POINTER(Item)),
        ("steps", ctypes.POINTER(Step)),
        ("pairs", ctypes.c_int64),  # of arrays that must not overlap
        ("pair", ctypes.POINTER(ctypes.c_int64)),
        ("guards", ctypes.c_int64),
        ("guard", ctypes.POINTER(Guard)),
        ("python", ctypes.c_int64),  # whether they may run Python code, which may change the arguments
        ("check", ctypes.c_void_p),  # called without arguments, tells whether the other guards hold; null if there are none
        ("release", ctypes.c_int64),  # whether to let go of the GIL
        ("poll", ctypes.c_void_p),  # null if the function never polls
        ("main", ctypes.c_int64),  # the thread that may handle signals
        ("limit", ctypes.c_int64),  # of that thread's stack, 0 if the function does not recurse
        ("ndarray", ctypes.c_void_p),
        ("float64", ctypes.c_void_p),  # NumPy's scalar type, which has its value where Python's float has
        ("fallback", ctypes.c_void_p),  # called like the function itself
        ("collect", ctypes.c_void_p),  # called with all parameters, returns the answer of the call that has just been made
        ("failed", ctypes.c_void_p),  # called with a status; raises, or returns if the call is not for this code
    )


def get(pointer: str, cls: type[ctypes.Structure], field: str, type: str = "i64") -> str:
    """Instructions that load a field as %field."""
    offset = getattr(cls, field).offset
    return f"  %{field}.place = getelementptr i8, ptr %{pointer}, i64 {offset}\n  %{field} = load {type}, ptr %{field}.place\n"


def read(name: str, pointer: str, offset: int, type: str) -> str:
    """Instructions that load what lies at an offset from a pointer."""
    return f"  %{name}.place = getelementptr i8, ptr %{pointer}, i64 {offset}\n  %{name} = load {type}, ptr %{name}.place\n"


def each(pointer: str, first: str, count: str, cls: type[ctypes.Structure], after: str) -> str:
    """The loop from %start over structures of a Table: its body, from %one on, follows and goes on to %next; at the end to `after`."""
    return f"""\
{get("table", Table, count)}\
{get("table", Table, first, "ptr")}\
  br label %head
head:
  %i = phi i64 [0, %start], [%i.next, %next]
  %{pointer} = phi ptr [%{first}, %start], [%{pointer}.next, %next]
  %more = icmp slt i64 %i, %{count}
  br i1 %more, label %one, label %{after}
next:
  %i.next = add i64 %i, 1
  %{pointer}.next = getelementptr i8, ptr %{pointer}, i64 {ctypes.sizeof(cls)}
  br label %head
"""
