"""Results on their way to CPython, in LLVM IR: numbers become objects, new memory becomes arrays that own it."""

from __future__ import annotations

import ctypes

from irad.lower import context as c
from irad.runtime.table import (
    ALIGNED,
    ARRAY,
    BEHAVED,
    BOOL,
    CARRAY,
    COMPLEX,
    FLAGS,
    FLOAT,
    LIST,
    MAX_RANK,
    NEW,
    OWNDATA,
    TUPLE,
    UINT8,
    VALUE,
    Item,
    Step,
    Table,
    each,
    get,
    read,
)

DECLARATIONS = """\
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyComplex_FromDoubles(double, double)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyBool_FromLong(i64)
declare ptr @PyTuple_New(i64)
declare i32 @PyTuple_SetItem(ptr, i64, ptr)
declare ptr @PyList_New(i64)
declare i32 @PyList_SetItem(ptr, i64, ptr)
declare ptr @PyArray_New(ptr, i32, ptr, i32, ptr, ptr, i32, i32, ptr)
declare i32 @PyArray_SetBaseObject(ptr, ptr)
declare ptr @PyArray_Scalar(ptr, ptr, ptr)
declare ptr @irad_owner(ptr, i64)
declare ptr @irad_detach(ptr, i64)
"""

_NEW = f"""\
; Whether each array among the results lies in new memory, in a block of its own.
define internal i1 @irad_all_new(ptr %table, ptr %context) nounwind {{
start:
{get("table", Table, "slots", "ptr")}\
{each("p", "result", "results", Item, "yes")}\
one:
  %kind = load i64, ptr %p
  %is.array = icmp eq i64 %kind, {ARRAY}
  br i1 %is.array, label %array, label %next
array:
{get("p", Item, "at")}\
  %slot = getelementptr i64, ptr %slots, i64 %at
  %address = load i64, ptr %slot
  %owner = call ptr @irad_owner(ptr %context, i64 %address)
  %foreign = icmp eq ptr %owner, null
  br i1 %foreign, label %no, label %found
found:
  %claimed.place = getelementptr i8, ptr %owner, i64 {c.BLOCK_CLAIMED - c.HEADER}
  %claimed = load i64, ptr %claimed.place
  store i64 1, ptr %claimed.place
  %own = icmp eq i64 %claimed, 0
  br i1 %own, label %next, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}
"""

_BOX = f"""\
; A result as a Python object.
define internal ptr @irad_box(ptr %table, ptr %context, ptr %p, ptr %slot) nounwind {{
start:
  %single = alloca float
{get("p", Item, "given", "ptr")}\
  %kind = load i64, ptr %p
  %weak = icmp eq ptr %given, null
  br i1 %weak, label %python, label %numpy
numpy:
{get("p", Item, "itemsize")}\
  %is.float = icmp eq i64 %kind, {FLOAT}
  %is.short = icmp eq i64 %itemsize, 4
  %is.single = and i1 %is.float, %is.short
  br i1 %is.single, label %numpy.single, label %numpy.scalar
numpy.single:
  %wide = load double, ptr %slot
  %narrow = fptrunc double %wide to float
  store float %narrow, ptr %single
  br label %numpy.scalar
numpy.scalar:
  %bytes = phi ptr [%slot, %numpy], [%single, %numpy.single]
  %scalar = call ptr @PyArray_Scalar(ptr %bytes, ptr %given, ptr null)
  ret ptr %scalar
python:
  switch i64 %kind, label %integer [ i64 {FLOAT}, label %float
    i64 {BOOL}, label %bool
    i64 {ARRAY}, label %array
    i64 {COMPLEX}, label %complex ]
complex:
  %re = load double, ptr %slot
  %im.slot = getelementptr i64, ptr %slot, i64 1
  %im = load double, ptr %im.slot
  %complex.object = call ptr @PyComplex_FromDoubles(double %re, double %im)
  ret ptr %complex.object
float:
  %x = load double, ptr %slot
  %float.object = call ptr @PyFloat_FromDouble(double %x)
  ret ptr %float.object
bool:
  %b = load i64, ptr %slot
  %bool.object = call ptr @PyBool_FromLong(i64 %b)
  ret ptr %bool.object
integer:
  %i = load i64, ptr %slot
  %integer.object = call ptr @PyLong_FromLongLong(i64 %i)
  ret ptr %integer.object
array:
  %array.object = call ptr @irad_box_array(ptr %table, ptr %context, ptr %p, ptr %slot)
  ret ptr %array.object
}}

; An array over a block of memory. The block's own array is its base: NumPy frees it with C's free when nobody refers to it any more.
define internal ptr @irad_box_array(ptr %table, ptr %context, ptr %p, ptr %slot) nounwind {{
start:
  %shape = alloca [{MAX_RANK} x i64]
  %strides = alloca [{MAX_RANK} x i64]
  %bytes = alloca i64
{get("table", Table, "ndarray", "ptr")}\
{get("p", Item, "number")}\
{get("p", Item, "rank")}\
{get("p", Item, "shift")}\
{get("p", Item, "sizes", "ptr")}\
  %data = load ptr, ptr %slot
  %address = ptrtoint ptr %data to i64
  %behind.data = getelementptr i64, ptr %slot, i64 1
  br label %size.head
size.head:
  %d = phi i64 [0, %start], [%d.next, %size]
  %from = phi ptr [%behind.data, %start], [%from.next, %size]
  %axes = icmp slt i64 %d, %rank
  br i1 %axes, label %size, label %sizes.done
size:
  %fixed.place = getelementptr i64, ptr %sizes, i64 %d
  %fixed = load i64, ptr %fixed.place
  %dynamic = icmp slt i64 %fixed, 0
  %given = load i64, ptr %from
  %n = select i1 %dynamic, i64 %given, i64 %fixed
  %n.place = getelementptr i64, ptr %shape, i64 %d
  store i64 %n, ptr %n.place
  %step = zext i1 %dynamic to i64
  %from.next = getelementptr i64, ptr %from, i64 %step
  %d.next = add i64 %d, 1
  br label %size.head
sizes.done:
  %strided = icmp sge i64 %shift, 0
  br i1 %strided, label %stride.head, label %make
stride.head:
  %e = phi i64 [0, %sizes.done], [%e.next, %stride]
  %repeated = phi i1 [false, %sizes.done], [%repeated.next, %stride]
  %left = icmp slt i64 %e, %rank
  br i1 %left, label %stride, label %make
stride:
  %s.place = getelementptr i64, ptr %from, i64 %e
  %s = load i64, ptr %s.place
  %s.bytes = shl i64 %s, %shift
  %s.to = getelementptr i64, ptr %strides, i64 %e
  store i64 %s.bytes, ptr %s.to
  %size.of = getelementptr i64, ptr %shape, i64 %e
  %size.there = load i64, ptr %size.of
  %many = icmp sgt i64 %size.there, 1
  %still = icmp eq i64 %s, 0
  %repeats = and i1 %many, %still
  %repeated.next = or i1 %repeated, %repeats
  %e.next = add i64 %e, 1
  br label %stride.head
make:
  %readonly = phi i1 [false, %sizes.done], [%repeated, %stride.head]
  %rank.small = trunc i64 %rank to i32
  %number.small = trunc i64 %number to i32
  %own.strides = select i1 %strided, ptr %strides, ptr null
  %view.flags = select i1 %readonly, i32 {ALIGNED}, i32 {BEHAVED}
  %wish = select i1 %strided, i32 %view.flags, i32 {CARRAY}
  %block = call ptr @irad_detach(ptr %context, i64 %address)
{read("raw", "block", c.BLOCK_START - c.HEADER, "ptr")}\
{read("length", "block", c.BLOCK_BYTES - c.HEADER, "i64")}\
  %total = add i64 %length, {c.HEADER}
  store i64 %total, ptr %bytes
  %base = call ptr @PyArray_New(ptr %ndarray, i32 1, ptr %bytes, i32 {UINT8}, ptr null, ptr %raw, i32 0, i32 {CARRAY}, ptr null)
  %no.base = icmp eq ptr %base, null
  br i1 %no.base, label %failed, label %owning
owning:
{read("base.flags", "base", FLAGS, "i32")}\
  %base.owns = or i32 %base.flags, {OWNDATA}
  store i32 %base.owns, ptr %base.flags.place
  %array = call ptr @PyArray_New(ptr %ndarray, i32 %rank.small, ptr %shape, i32 %number.small, ptr %own.strides,
    ptr %data, i32 0, i32 %wish, ptr null)
  %no.array = icmp eq ptr %array, null
  br i1 %no.array, label %drop, label %tie
drop:
  call void @Py_DecRef(ptr %base)
  br label %failed
tie:
  %tied = call i32 @PyArray_SetBaseObject(ptr %array, ptr %base)
  ret ptr %array
failed:
  ret ptr null
}}
"""

_BUILD = f"""\
; The answer, by the steps from the cursor on; null, with an exception, if there is no memory for it.
define internal ptr @irad_build(ptr %table, ptr %context, ptr %full, ptr %cursor) nounwind {{
start:
  %step = load ptr, ptr %cursor
  %following = getelementptr i8, ptr %step, i64 {ctypes.sizeof(Step)}
  store ptr %following, ptr %cursor
{get("step", Step, "operand")}\
  %kind = load i64, ptr %step
  switch i64 %kind, label %result.step [ i64 {TUPLE}, label %new.tuple
    i64 {LIST}, label %new.list
    i64 {VALUE}, label %value
    i64 {NEW}, label %new ]
value:
  %object = inttoptr i64 %operand to ptr
  call void @Py_IncRef(ptr %object)
  ret ptr %object
new:
  %new.place = getelementptr ptr, ptr %full, i64 %operand
  %new.object = load ptr, ptr %new.place
  call void @Py_IncRef(ptr %new.object)
  ret ptr %new.object
result.step:
{get("table", Table, "result", "ptr")}\
{get("table", Table, "slots", "ptr")}\
  %offset = mul i64 %operand, {ctypes.sizeof(Item)}
  %p = getelementptr i8, ptr %result, i64 %offset
{get("p", Item, "at")}\
  %slot = getelementptr i64, ptr %slots, i64 %at
  %box = call ptr @irad_box(ptr %table, ptr %context, ptr %p, ptr %slot)
  ret ptr %box
new.tuple:
  %tuple = call ptr @PyTuple_New(i64 %operand)
  br label %made
new.list:
  %list = call ptr @PyList_New(i64 %operand)
  br label %made
made:
  %out = phi ptr [%tuple, %new.tuple], [%list, %new.list]
  %no.memory = icmp eq ptr %out, null
  br i1 %no.memory, label %none, label %head
none:
  ret ptr null
head:
  %i = phi i64 [0, %made], [%i.next, %next]
  %more = icmp slt i64 %i, %operand
  br i1 %more, label %one, label %done
one:
  %part = call ptr @irad_build(ptr %table, ptr %context, ptr %full, ptr %cursor)
  %failed = icmp eq ptr %part, null
  br i1 %failed, label %drop, label %put
put:
  %is.tuple = icmp eq i64 %kind, {TUPLE}
  br i1 %is.tuple, label %put.tuple, label %put.list
put.tuple:
  %set.tuple = call i32 @PyTuple_SetItem(ptr %out, i64 %i, ptr %part)
  br label %next
put.list:
  %set.list = call i32 @PyList_SetItem(ptr %out, i64 %i, ptr %part)
  br label %next
next:
  %i.next = add i64 %i, 1
  br label %head
drop:
  call void @Py_DecRef(ptr %out)
  ret ptr null
done:
  ret ptr %out
}}
"""

TEXT = _NEW + _BOX + _BUILD
