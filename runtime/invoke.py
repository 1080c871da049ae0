"""The way in from CPython, in LLVM IR: one function for all signatures, which it reads from a table, so that none is compiled per function.

`irad_invoke` has CPython's METH_FASTCALL | METH_KEYWORDS convention. Its `self` is a tuple whose first item is a capsule of a `Table`.
It takes numbers and arrays that lie as the compiled function wants them, and returns numbers and arrays of new memory. Whatever
else comes in, it hands to the table's fallback, and whatever else comes out, to `collect`: Python callables.
"""

from __future__ import annotations

import ctypes

from irad.lower import context as c
from irad.runtime import boxing
from irad.runtime.table import (
    BOOL,
    COMPLEX,
    DATA,
    DTYPE,
    FLAGS,
    FLOAT,
    FLOAT_VALUE,
    IMAGINARY_VALUE,
    INTEGER,
    RANK,
    SHAPE,
    STRIDES,
    TYPE,
    Item,
    Table,
    get,
    read,
)

_DECLARATIONS = """\
@PyFloat_Type = external global i8
@PyLong_Type = external global i8
@PyComplex_Type = external global i8
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
declare ptr @PyComplex_FromDoubles(double, double)
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
declare ptr @PyArray_New(ptr, i32, ptr, i32, ptr, ptr, i32, i32, ptr)
declare i32 @PyArray_SetBaseObject(ptr, ptr)
declare void @irad_free_all(ptr)
declare ptr @irad_owner(ptr, i64)
declare ptr @irad_detach(ptr, i64)
"""

_PACK = f"""\
; Write the arguments to their slots; null if one is not plainly what it should be, else the slot behind the last.
define internal ptr @irad_pack(ptr %table, ptr %args, i64 %count, ptr %slots) nounwind {{
start:
  %overflow = alloca i32
{get("table", Table, "parameter", "ptr")}\
{get("table", Table, "ndarray", "ptr")}\
{get("table", Table, "float64", "ptr")}\
  br label %head
head:
  %i = phi i64 [0, %start], [%i.next, %next]
  %slot = phi ptr [%slots, %start], [%slot.next, %next]
  %p = phi ptr [%parameter, %start], [%p.next, %next]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %argument, label %done
done:
  ret ptr %slot
odd:
  ret ptr null
argument:
  %object.place = getelementptr ptr, ptr %args, i64 %i
  %object = load ptr, ptr %object.place
{read("type", "object", TYPE, "ptr")}\
  %kind = load i64, ptr %p
  switch i64 %kind, label %array [ i64 {FLOAT}, label %float
    i64 {INTEGER}, label %integer
    i64 {BOOL}, label %bool
    i64 {COMPLEX}, label %complex ]

complex:
  %is.complex = icmp eq ptr %type, @PyComplex_Type
  br i1 %is.complex, label %complex.exact, label %odd
complex.exact:
{read("re", "object", FLOAT_VALUE, "double")}\
{read("im", "object", IMAGINARY_VALUE, "double")}\
  %im.slot = getelementptr i64, ptr %slot, i64 1
  store double %re, ptr %slot
  store double %im, ptr %im.slot
  br label %next

float:
  %is.python = icmp eq ptr %type, @PyFloat_Type
  %is.numpy = icmp eq ptr %type, %float64
  %is.float = or i1 %is.python, %is.numpy
  br i1 %is.float, label %float.exact, label %float.other
float.exact:
{read("float.value", "object", FLOAT_VALUE, "double")}\
  store double %float.value, ptr %slot
  br label %next
float.other:
  %is.whole = icmp eq ptr %type, @PyLong_Type
  br i1 %is.whole, label %float.whole, label %odd
float.whole:
  %whole.value = call double @PyLong_AsDouble(ptr %object)
  store double %whole.value, ptr %slot
  %suspicious = fcmp oeq double %whole.value, -1.0
  br i1 %suspicious, label %float.check, label %next
float.check:
  %error = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %error, null
  br i1 %fine, label %next, label %too.large
too.large:
  call void @PyErr_Clear()
  br label %odd

integer:
  %is.integer = icmp eq ptr %type, @PyLong_Type
  br i1 %is.integer, label %integer.exact, label %odd
integer.exact:
  %integer.value = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  %overflowed = load i32, ptr %overflow
  store i64 %integer.value, ptr %slot
  %fits = icmp eq i32 %overflowed, 0
  br i1 %fits, label %next, label %odd

bool:
  %is.true = icmp eq ptr %object, @_Py_TrueStruct
  %is.false = icmp eq ptr %object, @_Py_FalseStruct
  %is.bool = or i1 %is.true, %is.false
  %bool.value = zext i1 %is.true to i64
  store i64 %bool.value, ptr %slot
  br i1 %is.bool, label %next, label %odd

array:
  %is.array = icmp eq ptr %type, %ndarray
  br i1 %is.array, label %array.kind, label %odd
array.kind:
{get("p", Item, "dtype", "ptr")}\
{get("p", Item, "rank")}\
{get("p", Item, "flags")}\
{get("p", Item, "shift")}\
{get("p", Item, "sizes", "ptr")}\
{read("its.dtype", "object", DTYPE, "ptr")}\
{read("its.rank.small", "object", RANK, "i32")}\
{read("its.flags.small", "object", FLAGS, "i32")}\
  %its.rank = sext i32 %its.rank.small to i64
  %its.flags = zext i32 %its.flags.small to i64
  %set = and i64 %its.flags, %flags
  %same.dtype = icmp eq ptr %its.dtype, %dtype
  %same.rank = icmp eq i64 %its.rank, %rank
  %same.flags = icmp eq i64 %set, %flags
  %same.1 = and i1 %same.dtype, %same.rank
  %same = and i1 %same.1, %same.flags
  br i1 %same, label %array.copy, label %odd
array.copy:
{read("data", "object", DATA, "ptr")}\
{read("shape", "object", SHAPE, "ptr")}\
{read("strides", "object", STRIDES, "ptr")}\
  store ptr %data, ptr %slot
  %behind.data = getelementptr i64, ptr %slot, i64 1
  br label %size.head
size.head:
  %d = phi i64 [0, %array.copy], [%d.next, %size.next]
  %to = phi ptr [%behind.data, %array.copy], [%to.next, %size.next]
  %axes = icmp slt i64 %d, %rank
  br i1 %axes, label %size, label %sizes.done
size:
  %d.next = add i64 %d, 1
  %n.place = getelementptr i64, ptr %shape, i64 %d
  %n = load i64, ptr %n.place
  %fixed.place = getelementptr i64, ptr %sizes, i64 %d
  %fixed = load i64, ptr %fixed.place
  %dynamic = icmp slt i64 %fixed, 0
  br i1 %dynamic, label %size.dynamic, label %size.fixed
size.dynamic:
  store i64 %n, ptr %to
  %behind.size = getelementptr i64, ptr %to, i64 1
  br label %size.next
size.fixed:
  %right = icmp eq i64 %n, %fixed
  br i1 %right, label %size.next, label %odd
size.next:
  %to.next = phi ptr [%behind.size, %size.dynamic], [%to, %size.fixed]
  br label %size.head
sizes.done:
  %strided = icmp sge i64 %shift, 0
  br i1 %strided, label %stride.head, label %next
stride.head:
  %e = phi i64 [0, %sizes.done], [%e.next, %stride.next]
  %axes.left = icmp slt i64 %e, %rank
  br i1 %axes.left, label %stride, label %next
stride:
  %s.place = getelementptr i64, ptr %strides, i64 %e
  %s = load i64, ptr %s.place
  %elements = ashr i64 %s, %shift
  %back = shl i64 %elements, %shift
  %s.slot = getelementptr i64, ptr %to, i64 %e
  store i64 %elements, ptr %s.slot
  %exact = icmp eq i64 %back, %s
  br i1 %exact, label %stride.next, label %odd
stride.next:
  %e.next = add i64 %e, 1
  br label %stride.head

next:
{get("p", Item, "slots").replace("%slots", "%taken")}\
  %slot.next = getelementptr i64, ptr %slot, i64 %taken
  %i.next = add i64 %i, 1
  %p.next = getelementptr i8, ptr %p, i64 {ctypes.sizeof(Item)}
  br label %head
}}
"""

_INVOKE = f"""\
define ptr @irad_invoke(ptr %self, ptr %args, i64 %count, ptr %names) nounwind {{
start:
  %capsule = call ptr @PyTuple_GetItem(ptr %self, i64 0)
  %table = call ptr @PyCapsule_GetPointer(ptr %capsule, ptr null)
{get("table", Table, "busy")}\
{get("table", Table, "parameters")}\
{get("table", Table, "slots", "ptr")}\
{get("table", Table, "context", "ptr")}\
  %idle = icmp eq i64 %busy, 0
  %positional = icmp eq ptr %names, null
  %complete = icmp eq i64 %count, %parameters
  %idle.positional = and i1 %idle, %positional
  %direct = and i1 %idle.positional, %complete
  br i1 %direct, label %pack, label %give.up
give.up:
{get("table", Table, "fallback", "ptr")}\
  %other = call ptr @PyObject_Vectorcall(ptr %fallback, ptr %args, i64 %count, ptr %names)
  ret ptr %other

pack:
  %outcome = call ptr @irad_pack(ptr %table, ptr %args, i64 %count, ptr %slots)
  %odd = icmp eq ptr %outcome, null
  br i1 %odd, label %give.up, label %packed
packed:
{get("table", Table, "poll", "ptr")}\
{get("table", Table, "release")}\
{get("table", Table, "entry", "ptr")}\
  store i64 1, ptr %busy.place
  %polls = icmp ne ptr %poll, null
  br i1 %polls, label %prepare, label %ready
prepare:
{get("table", Table, "main")}\
{get("table", Table, "limit")}\
  %thread = call i64 @PyThread_get_thread_ident()
  %is.main = icmp eq i64 %thread, %main
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
  br i1 %good, label %answer, label %bad
bad:
{get("table", Table, "failed", "ptr")}\
  %status.wide = sext i32 %status to i64
  %number = call ptr @PyLong_FromLongLong(i64 %status.wide)
  %nothing = call ptr @PyObject_CallOneArg(ptr %failed, ptr %number)
  call void @Py_DecRef(ptr %number)
  br label %clean
answer:
  %new = call i1 @irad_all_new(ptr %table, ptr %context, ptr %outcome)
  br i1 %new, label %give, label %views
views:
{get("table", Table, "collect", "ptr")}\
  %collected = call ptr @PyObject_Vectorcall(ptr %collect, ptr %args, i64 %count, ptr null)
  br label %clean
give:
  %given = call ptr @irad_give(ptr %table, ptr %context, ptr %outcome)
  br label %clean
clean:
  %object = phi ptr [null, %bad], [%collected, %views], [%given, %give]
  %live.place = getelementptr i8, ptr %context, i64 {c.LIVE}
  %live = load i64, ptr %live.place
  %litter = icmp ne i64 %live, 0
  br i1 %litter, label %sweep, label %end
sweep:
  call void @irad_free_all(ptr %context)
  br label %end
end:
  store i64 0, ptr %busy.place
  ret ptr %object
}}
"""

TEXT = _DECLARATIONS + _PACK + _INVOKE + boxing.TEXT
