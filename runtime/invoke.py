"""The way in from CPython, in LLVM IR: one function for all signatures, which it reads from a table, so that none is compiled per function.

`irad_invoke` has CPython's METH_FASTCALL | METH_KEYWORDS convention. Its `self` is a tuple whose first item is a capsule of a `Table`.
It takes floats, ints, bools and arrays that lie as the compiled function wants them, and returns floats, ints, bools or None. Whatever
else comes, it hands to the table's fallback, a Python callable that converts or complains.
"""

from __future__ import annotations

import ctypes

from irad.lower import context as c

FLOAT, INTEGER, BOOL, ARRAY = range(4)
SINGLE, TUPLE, LIST = range(3)

# Where CPython's and NumPy's objects have their fields; `wrapper` checks that before it relies on it.
TYPE, FLOAT_VALUE = 8, 16
DATA, RANK, SHAPE, STRIDES, DTYPE, FLAGS = 16, 24, 32, 40, 56, 64


class Parameter(ctypes.Structure):
    """A parameter: its kind; for an array also dtype object, rank, flags that must be set, and log2 of the item size, -1 if contiguous."""

    _fields_ = (
        ("kind", ctypes.c_int64),
        ("dtype", ctypes.c_void_p),
        ("rank", ctypes.c_int64),
        ("flags", ctypes.c_int64),
        ("shift", ctypes.c_int64),
    )


class Table(ctypes.Structure):
    """What `irad_invoke` knows of a compiled function."""

    _fields_ = (
        ("busy", ctypes.c_int64),  # whether a call is using slots and context
        ("entry", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
        ("parameters", ctypes.c_int64),  # how many
        ("parameter", ctypes.POINTER(Parameter)),
        ("results", ctypes.c_int64),  # how many
        ("kinds", ctypes.POINTER(ctypes.c_int64)),
        ("shape", ctypes.c_int64),  # of what is returned
        ("release", ctypes.c_int64),  # whether to let go of the GIL
        ("poll", ctypes.c_void_p),  # null if the function never polls
        ("main", ctypes.c_int64),  # the thread that may handle signals
        ("limit", ctypes.c_int64),  # of the main thread's stack, 0 if the function does not recurse
        ("array", ctypes.c_void_p),  # the type numpy.ndarray
        ("fallback", ctypes.py_object),
        ("failed", ctypes.py_object),  # called with a status, raises
    )


def _at(pointer: str, cls: type[ctypes.Structure], field: str, type: str = "i64") -> str:
    """Instructions that load a field as %field."""
    offset = getattr(cls, field).offset
    return f"""\
  %{field}.place = getelementptr i8, ptr %{pointer}, i64 {offset}
  %{field} = load {type}, ptr %{field}.place
"""


TEXT = f"""\
@PyFloat_Type = external global i8
@PyLong_Type = external global i8
@_Py_TrueStruct = external global i8
@_Py_FalseStruct = external global i8
@_Py_NoneStruct = external global i8
declare ptr @PyTuple_GetItem(ptr, i64)
declare ptr @PyCapsule_GetPointer(ptr, ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyObject_CallOneArg(ptr, ptr)
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare double @PyLong_AsDouble(ptr)
declare ptr @PyErr_Occurred()
declare void @PyErr_Clear()
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyBool_FromLong(i64)
declare ptr @PyTuple_New(i64)
declare i32 @PyTuple_SetItem(ptr, i64, ptr)
declare ptr @PyList_New(i64)
declare i32 @PyList_SetItem(ptr, i64, ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i64 @PyThread_get_thread_ident()
declare void @irad_free_all(ptr)

define ptr @irad_invoke(ptr %self, ptr %args, i64 %count, ptr %names) nounwind {{
start:
  %overflow = alloca i32
  %capsule = call ptr @PyTuple_GetItem(ptr %self, i64 0)
  %table = call ptr @PyCapsule_GetPointer(ptr %capsule, ptr null)
{_at("table", Table, "busy")}\
{_at("table", Table, "parameters")}\
{_at("table", Table, "parameter", "ptr")}\
{_at("table", Table, "slots", "ptr")}\
{_at("table", Table, "context", "ptr")}\
  %idle = icmp eq i64 %busy, 0
  %positional = icmp eq ptr %names, null
  %complete = icmp eq i64 %count, %parameters
  %idle.positional = and i1 %idle, %positional
  %direct = and i1 %idle.positional, %complete
  br i1 %direct, label %pack, label %give.up

give.up:
{_at("table", Table, "fallback", "ptr")}\
  %other = call ptr @PyObject_Vectorcall(ptr %fallback, ptr %args, i64 %count, ptr %names)
  ret ptr %other

pack:
  %i = phi i64 [0, %start], [%i.next, %packed]
  %slot = phi ptr [%slots, %start], [%slot.next, %packed]
  %p = phi ptr [%parameter, %start], [%p.next, %packed]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %argument, label %call
argument:
  %object.place = getelementptr ptr, ptr %args, i64 %i
  %object = load ptr, ptr %object.place
  %type.place = getelementptr i8, ptr %object, i64 {TYPE}
  %type = load ptr, ptr %type.place
  %kind = load i64, ptr %p
  switch i64 %kind, label %array [ i64 {FLOAT}, label %float
    i64 {INTEGER}, label %integer
    i64 {BOOL}, label %bool ]

float:
  %is.float = icmp eq ptr %type, @PyFloat_Type
  br i1 %is.float, label %float.exact, label %float.other
float.exact:
  %float.place = getelementptr i8, ptr %object, i64 {FLOAT_VALUE}
  %float.value = load double, ptr %float.place
  store double %float.value, ptr %slot
  br label %one
float.other:
  %is.whole = icmp eq ptr %type, @PyLong_Type
  br i1 %is.whole, label %float.whole, label %give.up
float.whole:
  %whole.value = call double @PyLong_AsDouble(ptr %object)
  store double %whole.value, ptr %slot
  %suspicious = fcmp oeq double %whole.value, -1.0
  br i1 %suspicious, label %float.check, label %one
float.check:
  %error = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %error, null
  br i1 %fine, label %one, label %too.large
too.large:
  call void @PyErr_Clear()
  br label %give.up

integer:
  %is.integer = icmp eq ptr %type, @PyLong_Type
  br i1 %is.integer, label %integer.exact, label %give.up
integer.exact:
  %integer.value = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  %overflowed = load i32, ptr %overflow
  store i64 %integer.value, ptr %slot
  %fits = icmp eq i32 %overflowed, 0
  br i1 %fits, label %one, label %give.up

bool:
  %is.true = icmp eq ptr %object, @_Py_TrueStruct
  %is.false = icmp eq ptr %object, @_Py_FalseStruct
  %is.bool = or i1 %is.true, %is.false
  %bool.value = zext i1 %is.true to i64
  store i64 %bool.value, ptr %slot
  br i1 %is.bool, label %one, label %give.up

array:
{_at("table", Table, "array", "ptr").replace("%array", "%ndarray")}\
{_at("p", Parameter, "dtype", "ptr")}\
{_at("p", Parameter, "rank")}\
{_at("p", Parameter, "flags")}\
{_at("p", Parameter, "shift")}\
  %is.array = icmp eq ptr %type, %ndarray
  br i1 %is.array, label %array.layout, label %give.up
array.layout:
  %its.dtype.place = getelementptr i8, ptr %object, i64 {DTYPE}
  %its.dtype = load ptr, ptr %its.dtype.place
  %its.rank.place = getelementptr i8, ptr %object, i64 {RANK}
  %its.rank.small = load i32, ptr %its.rank.place
  %its.rank = sext i32 %its.rank.small to i64
  %its.flags.place = getelementptr i8, ptr %object, i64 {FLAGS}
  %its.flags.small = load i32, ptr %its.flags.place
  %its.flags = zext i32 %its.flags.small to i64
  %set = and i64 %its.flags, %flags
  %same.dtype = icmp eq ptr %its.dtype, %dtype
  %same.rank = icmp eq i64 %its.rank, %rank
  %same.flags = icmp eq i64 %set, %flags
  %same.1 = and i1 %same.dtype, %same.rank
  %same = and i1 %same.1, %same.flags
  br i1 %same, label %array.copy, label %give.up
array.copy:
  %data.place = getelementptr i8, ptr %object, i64 {DATA}
  %data = load ptr, ptr %data.place
  store ptr %data, ptr %slot
  %shape.place = getelementptr i8, ptr %object, i64 {SHAPE}
  %shape = load ptr, ptr %shape.place
  %strides.place = getelementptr i8, ptr %object, i64 {STRIDES}
  %strides = load ptr, ptr %strides.place
  %strided = icmp sge i64 %shift, 0
  %size.slots = getelementptr i64, ptr %slot, i64 1
  %stride.slots = getelementptr i64, ptr %size.slots, i64 %rank
  br label %axis
axis:
  %d = phi i64 [0, %array.copy], [%d.next, %axis.next]
  %axes = icmp slt i64 %d, %rank
  br i1 %axes, label %axis.size, label %axes.done
axis.size:
  %d.next = add i64 %d, 1
  %n.place = getelementptr i64, ptr %shape, i64 %d
  %n = load i64, ptr %n.place
  %n.slot = getelementptr i64, ptr %size.slots, i64 %d
  store i64 %n, ptr %n.slot
  br i1 %strided, label %axis.stride, label %axis.next
axis.stride:
  %s.place = getelementptr i64, ptr %strides, i64 %d
  %s = load i64, ptr %s.place
  %elements = ashr i64 %s, %shift
  %back = shl i64 %elements, %shift
  %s.slot = getelementptr i64, ptr %stride.slots, i64 %d
  store i64 %elements, ptr %s.slot
  %exact = icmp eq i64 %back, %s
  br i1 %exact, label %axis.next, label %give.up
axis.next:
  br label %axis
axes.done:
  %behind.strides = getelementptr i64, ptr %stride.slots, i64 %rank
  %behind = select i1 %strided, ptr %behind.strides, ptr %stride.slots
  br label %packed

one:
  %slot.one = getelementptr i64, ptr %slot, i64 1
  br label %packed
packed:
  %slot.next = phi ptr [%slot.one, %one], [%behind, %axes.done]
  %i.next = add i64 %i, 1
  %p.next = getelementptr i8, ptr %p, i64 {ctypes.sizeof(Parameter)}
  br label %pack

call:
{_at("table", Table, "poll", "ptr")}\
{_at("table", Table, "release")}\
{_at("table", Table, "entry", "ptr")}\
  store i64 1, ptr %busy.place
  %polls = icmp ne ptr %poll, null
  br i1 %polls, label %prepare, label %ready
prepare:
{_at("table", Table, "main")}\
  %thread = call i64 @PyThread_get_thread_ident()
  %is.main = icmp eq i64 %thread, %main
{_at("table", Table, "limit")}\
  %own.poll = select i1 %is.main, ptr %poll, ptr null
  %poll.field = getelementptr i8, ptr %context, i64 {c.POLL}
  store ptr %own.poll, ptr %poll.field
  %fuel.field = getelementptr i8, ptr %context, i64 {c.FUEL}
  store i64 {c.FUEL_REFILL}, ptr %fuel.field
  %limit.field = getelementptr i8, ptr %context, i64 {c.STACK_LIMIT}
  store i64 %limit, ptr %limit.field
  %bounded = icmp eq i64 %limit, 0
  %known = or i1 %bounded, %is.main
  br i1 %known, label %ready, label %stranger
stranger:
  store i64 0, ptr %busy.place
  br label %give.up
ready:
  %releases = icmp ne i64 %release, 0
  br i1 %releases, label %unlocked, label %locked
locked:
  %status.locked = call i32 %entry(ptr %slots, ptr %context)
  br label %returned
unlocked:
  %state = call ptr @PyEval_SaveThread()
  %status.unlocked = call i32 %entry(ptr %slots, ptr %context)
  call void @PyEval_RestoreThread(ptr %state)
  br label %returned
returned:
  %status = phi i32 [%status.locked, %locked], [%status.unlocked, %unlocked]
  %good = icmp eq i32 %status, 0
  br i1 %good, label %clean, label %bad
bad:
{_at("table", Table, "failed", "ptr")}\
  %status.wide = sext i32 %status to i64
  %number = call ptr @PyLong_FromLongLong(i64 %status.wide)
  %nothing = call ptr @PyObject_CallOneArg(ptr %failed, ptr %number)
  call void @Py_DecRef(ptr %number)
  call void @irad_free_all(ptr %context)
  store i64 0, ptr %busy.place
  ret ptr null

clean:
  %live.place = getelementptr i8, ptr %context, i64 {c.LIVE}
  %live = load i64, ptr %live.place
  %litter = icmp ne i64 %live, 0
  br i1 %litter, label %sweep, label %answer
sweep:
  call void @irad_free_all(ptr %context)
  br label %answer
answer:
{_at("table", Table, "results")}\
{_at("table", Table, "kinds", "ptr")}\
{_at("table", Table, "shape").replace("%shape", "%container")}\
  %single = icmp eq i64 %container, {SINGLE}
  br i1 %single, label %lone, label %several
lone:
  %any = icmp sgt i64 %results, 0
  br i1 %any, label %lone.value, label %none
none:
  store i64 0, ptr %busy.place
  call void @Py_IncRef(ptr @_Py_NoneStruct)
  ret ptr @_Py_NoneStruct
lone.value:
  %lone.kind = load i64, ptr %kinds
  %lone.object = call ptr @irad_box(i64 %lone.kind, ptr %slot)
  store i64 0, ptr %busy.place
  ret ptr %lone.object
several:
  %is.tuple = icmp eq i64 %container, {TUPLE}
  br i1 %is.tuple, label %new.tuple, label %new.list
new.tuple:
  %tuple = call ptr @PyTuple_New(i64 %results)
  br label %fill
new.list:
  %list = call ptr @PyList_New(i64 %results)
  br label %fill
fill:
  %out = phi ptr [%tuple, %new.tuple], [%list, %new.list], [%out, %item], [%out, %item.tuple]
  %j = phi i64 [0, %new.tuple], [0, %new.list], [%j.next, %item], [%j.next, %item.tuple]
  %left = icmp slt i64 %j, %results
  br i1 %left, label %box, label %done
box:
  %j.next = add i64 %j, 1
  %kind.place = getelementptr i64, ptr %kinds, i64 %j
  %box.kind = load i64, ptr %kind.place
  %value.place = getelementptr i64, ptr %slot, i64 %j
  %boxed = call ptr @irad_box(i64 %box.kind, ptr %value.place)
  br i1 %is.tuple, label %item.tuple, label %item
item.tuple:
  %set.tuple = call i32 @PyTuple_SetItem(ptr %out, i64 %j, ptr %boxed)
  br label %fill
item:
  %set.list = call i32 @PyList_SetItem(ptr %out, i64 %j, ptr %boxed)
  br label %fill
done:
  store i64 0, ptr %busy.place
  ret ptr %out
}}

define internal ptr @irad_box(i64 %kind, ptr %place) nounwind {{
entry:
  switch i64 %kind, label %integer [ i64 {FLOAT}, label %float
    i64 {BOOL}, label %bool ]
float:
  %x = load double, ptr %place
  %float.object = call ptr @PyFloat_FromDouble(double %x)
  ret ptr %float.object
bool:
  %b = load i64, ptr %place
  %bool.object = call ptr @PyBool_FromLong(i64 %b)
  ret ptr %bool.object
integer:
  %i = load i64, ptr %place
  %integer.object = call ptr @PyLong_FromLongLong(i64 %i)
  ret ptr %integer.object
}}
"""
