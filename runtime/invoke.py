"""The ways in from CPython, in LLVM IR: one function for all signatures, which it reads from a table, so that none is compiled for each.

`irad_invoke` has CPython's METH_FASTCALL | METH_KEYWORDS convention. Its `self` is an owner: a tuple whose first item is a capsule of a
`Table`. `irad_vectorcall` is for objects of `callable.Patchable`, which have a tuple of owners: the first that fits takes the call.
Both take numbers and arrays that lie as the compiled function wants them, and return numbers and arrays of new memory. Whatever else
comes in, they hand to Python: the table's fallback, or the object's `__call__`.
"""

from __future__ import annotations

from irad.lower import context as c
from irad.runtime import boxing, guarding, pack
from irad.runtime.table import MAX_PARAMETERS, TUPLE_ITEMS, TUPLE_SIZE, TYPE, Table, get, read

ENTRIES = 24  # where a `callable.Patchable` has its tuple of owners

EXPORTS = ("irad_invoke", "irad_vectorcall", "irad_forget")

_DECLARATIONS = """\
@PyTuple_Type = external global i8
@irad_call_name = external global i8
@irad_table_name = external global i8
declare ptr @PyCapsule_GetPointer(ptr, ptr)
declare ptr @PyCapsule_GetContext(ptr)
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyObject_VectorcallMethod(ptr, ptr, i64, ptr)
declare ptr @PyObject_CallOneArg(ptr, ptr)
declare ptr @PyErr_Occurred()
declare void @PyErr_Clear()
declare ptr @PyErr_NoMemory()
declare ptr @PyMem_Malloc(i64)
declare void @PyMem_Free(ptr)
declare i64 @PyTuple_Size(ptr)
declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare i64 @PyThread_get_thread_ident()
declare void @irad_free_all(ptr)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""

_RUN = f"""\
; The answer of a call; null if it raises; 1 if it is not for this table, or nothing is known about that.
define internal ptr @irad_run(ptr %table, ptr %args, i64 %count, ptr %names) nounwind {{
start:
  %full = alloca [{MAX_PARAMETERS} x ptr]
  %bounds = alloca [{MAX_PARAMETERS} x {{ i64, i64 }}]
  %cursor = alloca ptr
{get("table", Table, "busy")}\
{get("table", Table, "arguments")}\
{get("table", Table, "slots", "ptr")}\
{get("table", Table, "context", "ptr")}\
  %idle = icmp eq i64 %busy, 0
  %positional = icmp eq ptr %names, null
  %complete = icmp eq i64 %count, %arguments
  %idle.positional = and i1 %idle, %positional
  %direct = and i1 %idle.positional, %complete
  br i1 %direct, label %pack, label %give.up
leave:
  store i64 0, ptr %busy.place
  br label %give.up
give.up:
  ret ptr inttoptr (i64 1 to ptr)

pack:
  store i64 1, ptr %busy.place
  %packed = call i1 @irad_pack(ptr %table, ptr %args, ptr %full, ptr %bounds, i1 false)
  br i1 %packed, label %look, label %leave
look:
  %apart = call i1 @irad_apart(ptr %table, ptr %bounds)
  br i1 %apart, label %guards, label %leave
guards:
  %holds = call i1 @irad_hold(ptr %table)
  br i1 %holds, label %held, label %stale
held:
{get("table", Table, "python")}\
  %ran.none = icmp eq i64 %python, 0
  br i1 %ran.none, label %current, label %again
again:
  %packed.again = call i1 @irad_pack(ptr %table, ptr %args, ptr %full, ptr %bounds, i1 false)
  br i1 %packed.again, label %look.again, label %leave
look.again:
  %apart.again = call i1 @irad_apart(ptr %table, ptr %bounds)
  br i1 %apart.again, label %current, label %leave
stale:
  %error = call ptr @PyErr_Occurred()
  %quiet = icmp eq ptr %error, null
  br i1 %quiet, label %leave, label %raise
raise:
  store i64 0, ptr %busy.place
  ret ptr null
current:
{get("table", Table, "poll", "ptr")}\
{get("table", Table, "release")}\
{get("table", Table, "entry", "ptr")}\
{get("table", Table, "shadows")}\
  %polls = icmp ne ptr %poll, null
  br i1 %polls, label %prepare, label %own
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
  br i1 %known, label %own, label %leave
own:
  %no.shadows = icmp eq i64 %shadows, 0
  br i1 %no.shadows, label %ready, label %zeros
zeros:
  %made = call i1 @irad_pack(ptr %table, ptr %args, ptr %full, ptr %bounds, i1 true)
  br i1 %made, label %ready, label %unready
unready:
  call void @irad_drop_zeros(ptr %table, ptr %full)
  br label %leave
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
  %raised = icmp eq ptr %nothing, null
  br i1 %raised, label %clean, label %elsewhere
elsewhere:
  call void @Py_DecRef(ptr %nothing)
  br label %clean
answer:
  %new = call i1 @irad_all_new(ptr %table, ptr %context)
  br i1 %new, label %give, label %views
views:
{get("table", Table, "collect", "ptr")}\
{get("table", Table, "parameters")}\
  %collected = call ptr @PyObject_Vectorcall(ptr %collect, ptr %full, i64 %parameters, ptr null)
  br label %clean
give:
{get("table", Table, "steps", "ptr")}\
  store ptr %steps, ptr %cursor
  %given = call ptr @irad_build(ptr %table, ptr %context, ptr %full, ptr %cursor)
  br label %clean
clean:
  %object = phi ptr [null, %bad], [inttoptr (i64 1 to ptr), %elsewhere], [%collected, %views], [%given, %give]
  %live.place = getelementptr i8, ptr %context, i64 {c.LIVE}
  %live = load i64, ptr %live.place
  %litter = icmp ne i64 %live, 0
  br i1 %litter, label %sweep, label %swept
sweep:
  call void @irad_free_all(ptr %context)
  br label %swept
swept:
  br i1 %no.shadows, label %end, label %drop
drop:
  call void @irad_drop_zeros(ptr %table, ptr %full)
  br label %end
end:
  store i64 0, ptr %busy.place
  ret ptr %object
}}

; The table of an owner, null if it is none.
define internal ptr @irad_table(ptr %owner) nounwind {{
start:
{read("type", "owner", TYPE, "ptr")}\
  %is.tuple = icmp eq ptr %type, @PyTuple_Type
  br i1 %is.tuple, label %tuple, label %none
tuple:
{read("size", "owner", TUPLE_SIZE, "i64")}\
  %filled = icmp sgt i64 %size, 0
  br i1 %filled, label %first, label %none
first:
{read("capsule", "owner", TUPLE_ITEMS, "ptr")}\
  %table = call ptr @PyCapsule_GetPointer(ptr %capsule, ptr @irad_table_name)
  %known = icmp ne ptr %table, null
  br i1 %known, label %found, label %strange
found:
  ret ptr %table
strange:
  call void @PyErr_Clear()
  br label %none
none:
  ret ptr null
}}
"""

_FORGET = """\
; The end of a capsule of a table.
define void @irad_forget(ptr %capsule) nounwind {
  %hidden = call ptr @PyCapsule_GetContext(ptr %capsule)
  call void @Py_DecRef(ptr %hidden)
  ret void
}
"""

_INVOKE = f"""\
define ptr @irad_invoke(ptr %self, ptr %args, i64 %count, ptr %names) nounwind {{
  %table = call ptr @irad_table(ptr %self)
  %answer = call ptr @irad_run(ptr %table, ptr %args, i64 %count, ptr %names)
  %missed = icmp eq ptr %answer, inttoptr (i64 1 to ptr)
  br i1 %missed, label %other, label %done
other:
{get("table", Table, "fallback", "ptr")}\
  %another = call ptr @PyObject_Vectorcall(ptr %fallback, ptr %args, i64 %count, ptr %names)
  ret ptr %another
done:
  ret ptr %answer
}}
"""

_VECTORCALL = f"""\
; Owners are held while they are used: Python code may replace them meanwhile, and the collector of garbage clear their place.
define ptr @irad_vectorcall(ptr %self, ptr %args, i64 %flagged, ptr %names) nounwind {{
start:
  %count = and i64 %flagged, {(1 << 63) - 1}
{read("entries", "self", ENTRIES, "ptr")}\
  %bare = icmp eq ptr %entries, null
  br i1 %bare, label %slow, label %some
some:
{read("type", "entries", TYPE, "ptr")}\
  %is.tuple = icmp eq ptr %type, @PyTuple_Type
  br i1 %is.tuple, label %tuple, label %slow
tuple:
  call void @Py_IncRef(ptr %entries)
{read("size", "entries", TUPLE_SIZE, "i64")}\
  %first = getelementptr i8, ptr %entries, i64 {TUPLE_ITEMS}
  br label %head
head:
  %i = phi i64 [0, %tuple], [%i.next, %next]
  %more = icmp slt i64 %i, %size
  br i1 %more, label %one, label %none
one:
  %owner.place = getelementptr ptr, ptr %first, i64 %i
  %owner = load ptr, ptr %owner.place
  %table = call ptr @irad_table(ptr %owner)
  %strange = icmp eq ptr %table, null
  br i1 %strange, label %next, label %try
try:
  %answer = call ptr @irad_run(ptr %table, ptr %args, i64 %count, ptr %names)
  %missed = icmp eq ptr %answer, inttoptr (i64 1 to ptr)
  br i1 %missed, label %next, label %done
next:
  %i.next = add i64 %i, 1
  br label %head
done:
  call void @Py_DecRef(ptr %entries)
  ret ptr %answer
none:
  call void @Py_DecRef(ptr %entries)
  br label %slow
slow:
  %python = call ptr @irad_python(ptr %self, ptr %args, i64 %count, ptr %names)
  ret ptr %python
}}

; The object's __call__.
define internal ptr @irad_python(ptr %self, ptr %args, i64 %count, ptr %names) nounwind {{
start:
  %positional = icmp eq ptr %names, null
  br i1 %positional, label %sized, label %named
named:
  %keywords = call i64 @PyTuple_Size(ptr %names)
  br label %sized
sized:
  %extra = phi i64 [0, %start], [%keywords, %named]
  %values = add i64 %count, %extra
  %bytes = mul i64 %values, 8
  %total = add i64 %bytes, 8
  %copy = call ptr @PyMem_Malloc(i64 %total)
  %failed = icmp eq ptr %copy, null
  br i1 %failed, label %no.memory, label %call
no.memory:
  %null = call ptr @PyErr_NoMemory()
  ret ptr null
call:
  store ptr %self, ptr %copy
  %behind = getelementptr ptr, ptr %copy, i64 1
  call void @llvm.memcpy.p0.p0.i64(ptr %behind, ptr %args, i64 %bytes, i1 false)
  %with.self = add i64 %count, 1
  %answer = call ptr @PyObject_VectorcallMethod(ptr @irad_call_name, ptr %copy, i64 %with.self, ptr %names)
  call void @PyMem_Free(ptr %copy)
  ret ptr %answer
}}
"""

TEXT = (
    _DECLARATIONS
    + pack.DECLARATIONS
    + guarding.DECLARATIONS
    + boxing.DECLARATIONS
    + pack.TEXT
    + guarding.TEXT
    + boxing.TEXT
    + _RUN
    + _FORGET
    + _INVOKE
    + _VECTORCALL
)
