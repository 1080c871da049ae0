"""Arguments on their way from CPython to their slots, in LLVM IR, with all checks that need no Python; whether arrays lie apart."""

from __future__ import annotations

from irad.runtime.table import (
    ARGUMENT,
    BOOL,
    COMPLEX,
    DATA,
    DTYPE,
    FLAGS,
    FLOAT,
    FLOAT_VALUE,
    IMAGINARY_VALUE,
    INTEGER,
    OBJECT,
    RANK,
    SHADOW,
    SHAPE,
    STRIDES,
    TYPE,
    Item,
    Table,
    each,
    get,
    read,
)

DECLARATIONS = """\
@PyFloat_Type = external global i8
@PyLong_Type = external global i8
@PyComplex_Type = external global i8
@_Py_TrueStruct = external global i8
@_Py_FalseStruct = external global i8
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare double @PyLong_AsDouble(ptr)
declare ptr @PyArray_Zeros(i32, ptr, ptr, i32)
"""

_PACK = f"""\
; Write the parameters to their slots: those that are new shadows, or all others. False if one is not plainly what it should be.
; `full` gets the objects, `bounds` of each array the first address and the one behind its last.
define internal i1 @irad_pack(ptr %table, ptr %args, ptr %full, ptr %bounds, i1 %new) nounwind {{
start:
  %overflow = alloca i32
{get("table", Table, "slots", "ptr")}\
{get("table", Table, "ndarray", "ptr")}\
{get("table", Table, "float64", "ptr")}\
{each("p", "parameter", "parameters", Item, "done")}\
done:
  ret i1 true
odd:
  ret i1 false
one:
{get("p", Item, "source")}\
{get("p", Item, "index")}\
  %full.place = getelementptr ptr, ptr %full, i64 %i
  %is.shadow = icmp eq i64 %source, {SHADOW}
  %mine = icmp eq i1 %is.shadow, %new
  br i1 %mine, label %fetch, label %other
other:
  br i1 %new, label %next, label %none.yet
none.yet:
  store ptr null, ptr %full.place
  br label %next
fetch:
  br i1 %is.shadow, label %zeros, label %existing
zeros:
  %zeros.object = call ptr @irad_zeros(ptr %p, ptr %full)
  %no.memory = icmp eq ptr %zeros.object, null
  br i1 %no.memory, label %no.zeros, label %fetched
no.zeros:
  call void @PyErr_Clear()
  br label %odd
existing:
  %is.argument = icmp eq i64 %source, {ARGUMENT}
  %argument.place = getelementptr ptr, ptr %args, i64 %index
{get("p", Item, "given", "ptr")}\
  %from = select i1 %is.argument, ptr %argument.place, ptr %given.place
  %existing.object = load ptr, ptr %from
  br label %fetched
fetched:
  %object = phi ptr [%zeros.object, %zeros], [%existing.object, %existing]
  store ptr %object, ptr %full.place
{get("p", Item, "accept", "ptr")}\
{get("p", Item, "at")}\
  %slot = getelementptr i64, ptr %slots, i64 %at
{read("type", "object", TYPE, "ptr")}\
  %any = icmp eq ptr %accept, null
  %exact = icmp eq ptr %type, %accept
  %acceptable = or i1 %any, %exact
  br i1 %acceptable, label %argument, label %odd
argument:
  %kind = load i64, ptr %p
  switch i64 %kind, label %array [ i64 {FLOAT}, label %float
    i64 {INTEGER}, label %integer
    i64 {BOOL}, label %bool
    i64 {COMPLEX}, label %complex
    i64 {OBJECT}, label %object.same ]

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

object.same:
{read("wanted", "p", Item.given.offset, "ptr")}\
  %same.object = icmp eq ptr %object, %wanted
  br i1 %same.object, label %next, label %odd

array:
  %is.array = icmp eq ptr %type, %ndarray
  br i1 %is.array, label %array.kind, label %odd
array.kind:
  %low.place = getelementptr {{ i64, i64 }}, ptr %bounds, i64 %i
  %array.fits = call i1 @irad_pack_array(ptr %p, ptr %object, ptr %slot, ptr %low.place, ptr %full)
  br i1 %array.fits, label %next, label %odd
}}
"""

_ARRAY = f"""\
define internal i1 @irad_pack_array(ptr %p, ptr %object, ptr %slot, ptr %low.place, ptr %full) nounwind {{
start:
{get("p", Item, "dtype", "ptr")}\
{get("p", Item, "rank")}\
{get("p", Item, "mask")}\
{get("p", Item, "flags")}\
{get("p", Item, "shift")}\
{get("p", Item, "itemsize")}\
{get("p", Item, "like")}\
{get("p", Item, "sizes", "ptr")}\
{read("its.dtype", "object", DTYPE, "ptr")}\
{read("its.rank.small", "object", RANK, "i32")}\
{read("its.flags.small", "object", FLAGS, "i32")}\
  %its.rank = sext i32 %its.rank.small to i64
  %its.flags = zext i32 %its.flags.small to i64
  %set = and i64 %its.flags, %mask
  %same.dtype = icmp eq ptr %its.dtype, %dtype
  %same.rank = icmp eq i64 %its.rank, %rank
  %same.flags = icmp eq i64 %set, %flags
  %same.1 = and i1 %same.dtype, %same.rank
  %same = and i1 %same.1, %same.flags
  br i1 %same, label %copy, label %odd
odd:
  ret i1 false
copy:
{read("data", "object", DATA, "ptr")}\
{read("shape", "object", SHAPE, "ptr")}\
{read("strides", "object", STRIDES, "ptr")}\
  store ptr %data, ptr %slot
  %address = ptrtoint ptr %data to i64
  %end = add i64 %address, %itemsize
  %behind.data = getelementptr i64, ptr %slot, i64 1
  br label %size.head
size.head:
  %d = phi i64 [0, %copy], [%d.next, %size.next]
  %to = phi ptr [%behind.data, %copy], [%to.next, %size.next]
  %low = phi i64 [%address, %copy], [%low.next, %size.next]
  %high = phi i64 [%end, %copy], [%high.next, %size.next]
  %empty = phi i1 [false, %copy], [%empty.next, %size.next]
  %axes = icmp slt i64 %d, %rank
  br i1 %axes, label %size, label %sizes.done
size:
  %d.next = add i64 %d, 1
  %n.place = getelementptr i64, ptr %shape, i64 %d
  %n = load i64, ptr %n.place
  %step.place = getelementptr i64, ptr %strides, i64 %d
  %step = load i64, ptr %step.place
  %last = add i64 %n, -1
  %reach = mul i64 %step, %last
  %backwards = icmp slt i64 %reach, 0
  %down = select i1 %backwards, i64 %reach, i64 0
  %up = select i1 %backwards, i64 0, i64 %reach
  %low.next = add i64 %low, %down
  %high.next = add i64 %high, %up
  %none = icmp eq i64 %n, 0
  %empty.next = or i1 %empty, %none
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
  %high.true = select i1 %empty, i64 %low, i64 %high
  %high.place = getelementptr i64, ptr %low.place, i64 1
  store i64 %low, ptr %low.place
  store i64 %high.true, ptr %high.place
  %free = icmp slt i64 %like, 0
  br i1 %free, label %alike, label %compare
compare:
  %pattern.place = getelementptr ptr, ptr %full, i64 %like
  %pattern = load ptr, ptr %pattern.place
{read("pattern.shape", "pattern", SHAPE, "ptr")}\
  br label %compare.head
compare.head:
  %c = phi i64 [0, %compare], [%c.next, %compare.one]
  %compare.more = icmp slt i64 %c, %rank
  br i1 %compare.more, label %compare.one, label %alike
compare.one:
  %c.next = add i64 %c, 1
  %m.place = getelementptr i64, ptr %pattern.shape, i64 %c
  %m = load i64, ptr %m.place
  %own.place = getelementptr i64, ptr %shape, i64 %c
  %own = load i64, ptr %own.place
  %equal = icmp eq i64 %m, %own
  br i1 %equal, label %compare.head, label %odd
alike:
  %strided = icmp sge i64 %shift, 0
  br i1 %strided, label %stride.head, label %fits
stride.head:
  %e = phi i64 [0, %alike], [%e.next, %stride.next]
  %axes.left = icmp slt i64 %e, %rank
  br i1 %axes.left, label %stride, label %fits
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
fits:
  ret i1 true
}}
"""

_ZEROS = f"""\
; A new array of zeros of the shape of another parameter.
define internal ptr @irad_zeros(ptr %p, ptr %full) nounwind {{
{get("p", Item, "index")}\
{get("p", Item, "dtype", "ptr")}\
  %primal.place = getelementptr ptr, ptr %full, i64 %index
  %primal = load ptr, ptr %primal.place
{read("rank", "primal", RANK, "i32")}\
{read("shape", "primal", SHAPE, "ptr")}\
  call void @Py_IncRef(ptr %dtype)
  %made = call ptr @PyArray_Zeros(i32 %rank, ptr %shape, ptr %dtype, i32 0)
  ret ptr %made
}}

define internal void @irad_drop_zeros(ptr %table, ptr %full) nounwind {{
start:
{each("p", "parameter", "parameters", Item, "done")}\
one:
{get("p", Item, "source")}\
  %is.shadow = icmp eq i64 %source, {SHADOW}
  br i1 %is.shadow, label %shadow, label %next
shadow:
  %place = getelementptr ptr, ptr %full, i64 %i
  %object = load ptr, ptr %place
  call void @Py_DecRef(ptr %object)
  br label %next
done:
  ret void
}}
"""

_APART = f"""\
; Whether none of the pairs of arrays that must not overlap does, as far as their bounds tell.
define internal i1 @irad_apart(ptr %table, ptr %bounds) nounwind {{
start:
{get("table", Table, "pairs")}\
{get("table", Table, "pair", "ptr")}\
  br label %head
head:
  %i = phi i64 [0, %start], [%i.next, %one]
  %more = icmp slt i64 %i, %pairs
  br i1 %more, label %one, label %yes
one:
  %i.next = add i64 %i, 1
  %a.place = getelementptr {{ i64, i64 }}, ptr %pair, i64 %i
  %b.place = getelementptr i64, ptr %a.place, i64 1
  %a = load i64, ptr %a.place
  %b = load i64, ptr %b.place
  %a.low.place = getelementptr {{ i64, i64 }}, ptr %bounds, i64 %a
  %b.low.place = getelementptr {{ i64, i64 }}, ptr %bounds, i64 %b
  %a.high.place = getelementptr i64, ptr %a.low.place, i64 1
  %b.high.place = getelementptr i64, ptr %b.low.place, i64 1
  %a.low = load i64, ptr %a.low.place
  %b.low = load i64, ptr %b.low.place
  %a.high = load i64, ptr %a.high.place
  %b.high = load i64, ptr %b.high.place
  %before = icmp ule i64 %a.high, %b.low
  %after = icmp ule i64 %b.high, %a.low
  %apart = or i1 %before, %after
  br i1 %apart, label %head, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}
"""

TEXT = _PACK + _ARRAY + _ZEROS + _APART
