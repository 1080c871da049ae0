"""The run-time library, in LLVM IR: memory, tapes, polls. Compiled once a process; compiled functions call it by address."""

from __future__ import annotations

from irad.lower import context as c

EXPORTS = (
    "irad_alloc",
    "irad_free",
    "irad_stack",
    "irad_stack_grow",
    "irad_stack_shrink",
    "irad_spend",
    "irad_free_all",
    "irad_owner",
    "irad_detach",
    "irad_python_poll",
    "irad_frame_address",
)

_MEMORY = f"""\
declare ptr @malloc(i64)
declare void @free(ptr)
declare {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64, i64)

; Memory for count elements, linked into the context's list; null if there is none.
define ptr @irad_alloc(ptr %ctx, i64 %count, i64 %size) nounwind {{
entry:
  %product = call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 %count, i64 %size)
  %bytes = extractvalue {{ i64, i1 }} %product, 0
  %overflow = extractvalue {{ i64, i1 }} %product, 1
  %huge = icmp ugt i64 %bytes, {1 << 62}
  %refused = or i1 %overflow, %huge
  br i1 %refused, label %none, label %sized
none:
  ret ptr null
sized:
  %large = icmp uge i64 %bytes, {c.LARGE}
  br i1 %large, label %search, label %new
search:
  %kept = call ptr @irad_take_spare(ptr %ctx, i64 %bytes)
  %found = icmp ne ptr %kept, null
  br i1 %found, label %link, label %new
new:
  %total = add i64 %bytes, {2 * c.HEADER}
  %raw = call ptr @malloc(i64 %total)
  %failed = icmp eq ptr %raw, null
  br i1 %failed, label %none, label %align
align:
  %start = ptrtoint ptr %raw to i64
  %beyond = add i64 %start, {2 * c.HEADER - 1}
  %aligned = and i64 %beyond, {-c.HEADER}
  %payload.new = inttoptr i64 %aligned to ptr
  %start.place = getelementptr i8, ptr %payload.new, i64 {c.BLOCK_START - c.HEADER}
  store ptr %raw, ptr %start.place
  %bytes.place = getelementptr i8, ptr %payload.new, i64 {c.BLOCK_BYTES - c.HEADER}
  store i64 %bytes, ptr %bytes.place
  br label %link
link:
  %payload = phi ptr [%kept, %search], [%payload.new, %align]
  %header = getelementptr i8, ptr %payload, i64 {-c.HEADER}
  %first.place = getelementptr i8, ptr %ctx, i64 {c.BLOCKS}
  %first = load ptr, ptr %first.place
  %previous.place = getelementptr i8, ptr %header, i64 {c.BLOCK_PREVIOUS}
  store ptr null, ptr %previous.place
  %claimed.place = getelementptr i8, ptr %header, i64 {c.BLOCK_CLAIMED}
  store i64 0, ptr %claimed.place
  %next.place = getelementptr i8, ptr %header, i64 {c.BLOCK_NEXT}
  store ptr %first, ptr %next.place
  store ptr %payload, ptr %first.place
  %live.place = getelementptr i8, ptr %ctx, i64 {c.LIVE}
  %live = load i64, ptr %live.place
  %live.more = add i64 %live, 1
  store i64 %live.more, ptr %live.place
  %only = icmp eq ptr %first, null
  br i1 %only, label %done, label %back
back:
  %back.place = getelementptr i8, ptr %first, i64 {c.BLOCK_PREVIOUS - c.HEADER}
  store ptr %payload, ptr %back.place
  br label %done
done:
  ret ptr %payload
}}

; A large block from an earlier call that is big enough, and at most twice too big.
define internal ptr @irad_take_spare(ptr %ctx, i64 %bytes) nounwind noinline {{
entry:
  %head = getelementptr i8, ptr %ctx, i64 {c.SPARE}
  %most = mul i64 %bytes, 2
  br label %look
look:
  %from = phi ptr [%head, %entry], [%next.place, %next]
  %block = load ptr, ptr %from
  %end = icmp eq ptr %block, null
  br i1 %end, label %none, label %compare
compare:
  %next.place = getelementptr i8, ptr %block, i64 {c.BLOCK_NEXT - c.HEADER}
  %bytes.place = getelementptr i8, ptr %block, i64 {c.BLOCK_BYTES - c.HEADER}
  %has = load i64, ptr %bytes.place
  %enough = icmp uge i64 %has, %bytes
  %modest = icmp ule i64 %has, %most
  %good = and i1 %enough, %modest
  br i1 %good, label %take, label %next
next:
  br label %look
take:
  %after = load ptr, ptr %next.place
  store ptr %after, ptr %from
  %sum.place = getelementptr i8, ptr %ctx, i64 {c.SPARE_BYTES}
  %sum = load i64, ptr %sum.place
  %less = sub i64 %sum, %has
  store i64 %less, ptr %sum.place
  ret ptr %block
none:
  ret ptr null
}}

define internal void @irad_unlink(ptr %ctx, ptr %payload) nounwind {{
entry:
  %previous.place = getelementptr i8, ptr %payload, i64 {c.BLOCK_PREVIOUS - c.HEADER}
  %previous = load ptr, ptr %previous.place
  %next.place = getelementptr i8, ptr %payload, i64 {c.BLOCK_NEXT - c.HEADER}
  %next = load ptr, ptr %next.place
  %first = icmp eq ptr %previous, null
  %head = getelementptr i8, ptr %ctx, i64 {c.BLOCKS}
  %middle = getelementptr i8, ptr %previous, i64 {c.BLOCK_NEXT - c.HEADER}
  %from = select i1 %first, ptr %head, ptr %middle
  store ptr %next, ptr %from
  %live.place = getelementptr i8, ptr %ctx, i64 {c.LIVE}
  %live = load i64, ptr %live.place
  %fewer = sub i64 %live, 1
  store i64 %fewer, ptr %live.place
  %last = icmp eq ptr %next, null
  br i1 %last, label %done, label %back
back:
  %back.place = getelementptr i8, ptr %next, i64 {c.BLOCK_PREVIOUS - c.HEADER}
  store ptr %previous, ptr %back.place
  br label %done
done:
  ret void
}}

define internal void @irad_release(ptr %payload) nounwind {{
  %start.place = getelementptr i8, ptr %payload, i64 {c.BLOCK_START - c.HEADER}
  %start = load ptr, ptr %start.place
  call void @free(ptr %start)
  ret void
}}

; Free a block; a large one is kept for later calls, since the system takes long to give back such memory.
define void @irad_free(ptr %ctx, ptr %payload) nounwind {{
entry:
  call void @irad_unlink(ptr %ctx, ptr %payload)
  %bytes.place = getelementptr i8, ptr %payload, i64 {c.BLOCK_BYTES - c.HEADER}
  %bytes = load i64, ptr %bytes.place
  %sum.place = getelementptr i8, ptr %ctx, i64 {c.SPARE_BYTES}
  %sum = load i64, ptr %sum.place
  %more = add i64 %sum, %bytes
  %large = icmp uge i64 %bytes, {c.LARGE}
  %room = icmp ule i64 %more, {c.MAX_SPARE}
  %keep = and i1 %large, %room
  br i1 %keep, label %kept, label %freed
kept:
  store i64 %more, ptr %sum.place
  %head = getelementptr i8, ptr %ctx, i64 {c.SPARE}
  %first = load ptr, ptr %head
  %next.place = getelementptr i8, ptr %payload, i64 {c.BLOCK_NEXT - c.HEADER}
  store ptr %first, ptr %next.place
  store ptr %payload, ptr %head
  ret void
freed:
  call void @irad_release(ptr %payload)
  ret void
}}

; At the end of a call.
define void @irad_free_all(ptr %ctx) nounwind {{
entry:
  %head = getelementptr i8, ptr %ctx, i64 {c.BLOCKS}
  br label %look
look:
  %block = load ptr, ptr %head
  %end = icmp eq ptr %block, null
  br i1 %end, label %done, label %one
one:
  call void @irad_free(ptr %ctx, ptr %block)
  br label %look
done:
  ret void
}}

; The block that an address lies in, null if it is in none.
define ptr @irad_owner(ptr %ctx, i64 %address) nounwind {{
entry:
  %head = getelementptr i8, ptr %ctx, i64 {c.BLOCKS}
  %first = load ptr, ptr %head
  br label %look
look:
  %block = phi ptr [%first, %entry], [%next, %after]
  %end = icmp eq ptr %block, null
  br i1 %end, label %found, label %compare
compare:
  %base = ptrtoint ptr %block to i64
  %offset = sub i64 %address, %base
  %bytes.place = getelementptr i8, ptr %block, i64 {c.BLOCK_BYTES - c.HEADER}
  %bytes = load i64, ptr %bytes.place
  %inside = icmp ult i64 %offset, %bytes
  br i1 %inside, label %found, label %after
after:
  %next.place = getelementptr i8, ptr %block, i64 {c.BLOCK_NEXT - c.HEADER}
  %next = load ptr, ptr %next.place
  br label %look
found:
  ret ptr %block
}}

; The same, and the block is taken off the list: from now on the caller owns it.
define ptr @irad_detach(ptr %ctx, i64 %address) nounwind {{
  %block = call ptr @irad_owner(ptr %ctx, i64 %address)
  %none = icmp eq ptr %block, null
  br i1 %none, label %done, label %unlink
unlink:
  call void @irad_unlink(ptr %ctx, ptr %block)
  br label %done
done:
  ret ptr %block
}}
"""

_STACKS = f"""\
define ptr @irad_stack(ptr %ctx) nounwind {{
  %stack = call ptr @irad_alloc(ptr %ctx, i64 1, i64 {c.STACK_SIZE})
  %failed = icmp eq ptr %stack, null
  br i1 %failed, label %done, label %clear
clear:
  store <4 x i64> zeroinitializer, ptr %stack, align 8
  %base.place = getelementptr i8, ptr %stack, i64 {c.STACK_BASE}
  store i64 {c.NO_BASE}, ptr %base.place
  br label %done
done:
  ret ptr %stack
}}

; Go on in the next chunk: one that was left before if it has room, else a new one of at least twice the size.
define ptr @irad_stack_grow(ptr %ctx, ptr %stack, i64 %count, i64 %size) nounwind {{
entry:
  %product = call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 %count, i64 %size)
  %bytes = extractvalue {{ i64, i1 }} %product, 0
  %overflow = extractvalue {{ i64, i1 }} %product, 1
  %huge = icmp ugt i64 %bytes, {1 << 60}
  %refused = or i1 %overflow, %huge
  br i1 %refused, label %none, label %sized
none:
  ret ptr null
sized:
  %chunk.place = getelementptr i8, ptr %stack, i64 {c.STACK_CHUNK}
  %chunk = load ptr, ptr %chunk.place
  %top = load ptr, ptr %stack
  %first = icmp eq ptr %chunk, null
  br i1 %first, label %new, label %look
look:
  %top.place = getelementptr i8, ptr %chunk, i64 {c.CHUNK_TOP}
  store ptr %top, ptr %top.place
  %next.place = getelementptr i8, ptr %chunk, i64 {c.CHUNK_NEXT}
  %next = load ptr, ptr %next.place
  %end.place = getelementptr i8, ptr %chunk, i64 {c.CHUNK_END}
  %end = load ptr, ptr %end.place
  %chunk.integer = ptrtoint ptr %chunk to i64
  %end.integer = ptrtoint ptr %end to i64
  %capacity = sub i64 %end.integer, %chunk.integer
  %doubled = mul i64 %capacity, 2
  %spare = icmp ne ptr %next, null
  br i1 %spare, label %measure, label %new
measure:
  %next.end.place = getelementptr i8, ptr %next, i64 {c.CHUNK_END}
  %next.end = load ptr, ptr %next.end.place
  %next.integer = ptrtoint ptr %next to i64
  %next.end.integer = ptrtoint ptr %next.end to i64
  %next.total = sub i64 %next.end.integer, %next.integer
  %next.room = sub i64 %next.total, {c.CHUNK_HEADER}
  %fits = icmp uge i64 %next.room, %bytes
  br i1 %fits, label %enter, label %drop
drop:
  store ptr null, ptr %next.place
  call void @irad_free(ptr %ctx, ptr %next)
  br label %new
new:
  %wish = phi i64 [{c.FIRST_CHUNK}, %sized], [%doubled, %look], [%doubled, %drop]
  %needed = add i64 %bytes, {c.CHUNK_HEADER}
  %larger = call i64 @llvm.umax.i64(i64 %wish, i64 %needed)
  %fresh = call ptr @irad_alloc(ptr %ctx, i64 %larger, i64 1)
  %failed = icmp eq ptr %fresh, null
  br i1 %failed, label %none, label %link
link:
  %fresh.previous = getelementptr i8, ptr %fresh, i64 {c.CHUNK_PREVIOUS}
  store ptr %chunk, ptr %fresh.previous
  %fresh.next = getelementptr i8, ptr %fresh, i64 {c.CHUNK_NEXT}
  store ptr null, ptr %fresh.next
  %fresh.end = getelementptr i8, ptr %fresh, i64 %larger
  %fresh.end.place = getelementptr i8, ptr %fresh, i64 {c.CHUNK_END}
  store ptr %fresh.end, ptr %fresh.end.place
  br i1 %first, label %enter, label %hook
hook:
  %hook.place = getelementptr i8, ptr %chunk, i64 {c.CHUNK_NEXT}
  store ptr %fresh, ptr %hook.place
  br label %enter
enter:
  %entered = phi ptr [%next, %measure], [%fresh, %link], [%fresh, %hook]
  %base = getelementptr i8, ptr %entered, i64 {c.CHUNK_HEADER}
  %entered.end.place = getelementptr i8, ptr %entered, i64 {c.CHUNK_END}
  %entered.end = load ptr, ptr %entered.end.place
  store ptr %base, ptr %stack
  %stack.end = getelementptr i8, ptr %stack, i64 {c.STACK_END}
  store ptr %entered.end, ptr %stack.end
  %stack.base = getelementptr i8, ptr %stack, i64 {c.STACK_BASE}
  %known.base = select i1 %first, ptr inttoptr (i64 {c.NO_BASE} to ptr), ptr %base
  store ptr %known.base, ptr %stack.base
  store ptr %entered, ptr %chunk.place
  ret ptr %base
}}

; The chunk is empty: go back to the one before, and keep this one for the next time.
define void @irad_stack_shrink(ptr %stack) nounwind {{
  %chunk.place = getelementptr i8, ptr %stack, i64 {c.STACK_CHUNK}
  %chunk = load ptr, ptr %chunk.place
  %previous = load ptr, ptr %chunk
  %top.place = getelementptr i8, ptr %previous, i64 {c.CHUNK_TOP}
  %top = load ptr, ptr %top.place
  store ptr %top, ptr %stack
  %end.place = getelementptr i8, ptr %previous, i64 {c.CHUNK_END}
  %end = load ptr, ptr %end.place
  %stack.end = getelementptr i8, ptr %stack, i64 {c.STACK_END}
  store ptr %end, ptr %stack.end
  %before = load ptr, ptr %previous
  %first = icmp eq ptr %before, null
  %payload = getelementptr i8, ptr %previous, i64 {c.CHUNK_HEADER}
  %base = select i1 %first, ptr inttoptr (i64 {c.NO_BASE} to ptr), ptr %payload
  %stack.base = getelementptr i8, ptr %stack, i64 {c.STACK_BASE}
  store ptr %base, ptr %stack.base
  store ptr %previous, ptr %chunk.place
  ret void
}}
declare i64 @llvm.umax.i64(i64, i64)
"""

_POLLS = f"""\
declare i32 @clock_gettime(i32, ptr)
declare i32 @PyGILState_Ensure()
declare void @PyGILState_Release(i32)
declare i32 @PyErr_CheckSignals()
declare void @PyErr_Fetch(ptr, ptr, ptr)

; Take work off the fuel; when it is used up, refill it and, if the last time is long ago, look for signals. The result is a status.
define i32 @irad_spend(ptr %ctx, i64 %work) nounwind {{
entry:
  %time = alloca [2 x i64], align 8
  %fuel.place = getelementptr i8, ptr %ctx, i64 {c.FUEL}
  %fuel = load i64, ptr %fuel.place
  %left = sub i64 %fuel, %work
  store i64 %left, ptr %fuel.place
  %enough = icmp sge i64 %left, 0
  br i1 %enough, label %on, label %refill
on:
  ret i32 {c.SUCCESS}
refill:
  store i64 {c.FUEL_REFILL}, ptr %fuel.place
  %poll.place = getelementptr i8, ptr %ctx, i64 {c.POLL}
  %poll = load ptr, ptr %poll.place
  %nobody = icmp eq ptr %poll, null
  br i1 %nobody, label %on, label %look
look:
  %failed = call i32 @clock_gettime(i32 1, ptr %time)
  %seconds = load i64, ptr %time
  %rest.place = getelementptr i8, ptr %time, i64 8
  %rest = load i64, ptr %rest.place
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %rest
  %polled.place = getelementptr i8, ptr %ctx, i64 {c.POLLED}
  %polled = load i64, ptr %polled.place
  %passed = sub i64 %now, %polled
  %soon = icmp ult i64 %passed, {c.POLL_INTERVAL}
  br i1 %soon, label %on, label %call
call:
  store i64 %now, ptr %polled.place
  %status = call i32 %poll(ptr %ctx)
  ret i32 %status
}}

; Let Python run its signal handlers; the exception that one raises is kept in the context.
define i32 @irad_python_poll(ptr %ctx) nounwind {{
entry:
  %gil = call i32 @PyGILState_Ensure()
  %raised = call i32 @PyErr_CheckSignals()
  %quiet = icmp eq i32 %raised, 0
  br i1 %quiet, label %done, label %fetch
fetch:
  %type = getelementptr i8, ptr %ctx, i64 {c.EXCEPTION}
  %value = getelementptr i8, ptr %ctx, i64 {c.EXCEPTION + 8}
  %traceback = getelementptr i8, ptr %ctx, i64 {c.EXCEPTION + 16}
  call void @PyErr_Fetch(ptr %type, ptr %value, ptr %traceback)
  br label %done
done:
  %status = phi i32 [{c.SUCCESS}, %entry], [{c.INTERRUPT}, %fetch]
  call void @PyGILState_Release(i32 %gil)
  ret i32 %status
}}
"""

_FRAME_ADDRESS = """\
declare ptr @llvm.frameaddress.p0(i32)
define ptr @irad_frame_address() nounwind {
  %here = call ptr @llvm.frameaddress.p0(i32 0)
  ret ptr %here
}
"""

TEXT = _FRAME_ADDRESS + _MEMORY + _STACKS + _POLLS
