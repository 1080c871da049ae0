"""Stacks: growable memory whose pieces never move. The fast paths are inline, chunks come and go out of the way, in the runtime.

A stack is a pointer to its control block (`context.STACK_*`): top, limit and base of the chunk in use.
"""

from __future__ import annotations

from collections.abc import Callable

from irad.ir.core import Op
from irad.ir.ops import irad
from irad.ir.types import StackType, Type
from irad.lower import context
from irad.lower.arrays import OWN_MEMORY, multiply
from irad.lower.emitter import LIKELY, UNLIKELY, Emitter
from irad.lower.types import Array, alignment, memory, size

Row = Callable[[Emitter, Op], None]


def _stack(f: Emitter, op: Op) -> None:
    f.unit.declare("irad_stack", "noalias ptr @irad_stack(ptr)", OWN_MEMORY)
    stack = f.emit("call noalias ptr @irad_stack(ptr %ctx)")
    f.check(f.emit(f"icmp ne ptr {stack}, null"), "MemoryError", "unable to allocate a tape", [], op.loc)
    f[op.result] = stack


def _element(op: Op) -> Type:
    type = op.operands[0].type
    assert isinstance(type, StackType)
    return type.element


def _read(f: Emitter, stack: str, offset: int) -> str:
    """A field of the control block."""
    place = f.emit(f"getelementptr inbounds nuw i8, ptr {stack}, i64 {offset}") if offset else stack
    return f.emit(f"load ptr, ptr {place}, align 8{f.tag('stack')}")


def _integer(f: Emitter, pointer: str) -> str:
    return f.emit(f"ptrtoint ptr {pointer} to i64")


def _reserve(f: Emitter, op: Op) -> None:
    stack, count, element = f[op.operands[0]], f[op.operands[1]], _element(op)
    top, limit = _read(f, stack, context.STACK_TOP), _read(f, stack, context.STACK_END)
    free = f.emit(f"sub nuw i64 {_integer(f, limit)}, {_integer(f, top)}")
    fits = f.emit(f"icmp ule i64 {count}, {f.emit(f'udiv i64 {free}, {size(element)}')}")
    grow, joined, fast = f.fresh("grow"), f.fresh("reserved"), f.block
    f.effect(f"br i1 {fits}, label %{joined}, label %{grow}{LIKELY}")
    f.start(grow)
    f.unit.declare("irad_stack_grow", "ptr @irad_stack_grow(ptr, ptr, i64, i64)", f"cold {OWN_MEMORY}")
    grown = f.emit(f"call ptr @irad_stack_grow(ptr %ctx, ptr {stack}, i64 {count}, i64 {size(element)})")
    f.check(f.emit(f"icmp ne ptr {grown}, null"), "MemoryError", "unable to grow a tape by {0} elements", [("i64", count)], op.loc)
    slow = f.block
    f.effect(f"br label %{joined}")
    f.start(joined)
    (piece,) = f.phis(["ptr"], [([top], fast), ([grown], slow)])
    above = f.emit(f"getelementptr inbounds nuw {memory(element)}, ptr {piece}, i64 {count}")
    f.effect(f"store ptr {above}, ptr {stack}, align 8{f.tag('stack')}")
    if op.attrs.get("zero"):
        f.unit.declare("llvm.memset.p0.i64", "void @llvm.memset.p0.i64(ptr, i8, i64, i1)", "nounwind")
        bytes = multiply(f, count, str(size(element)), "nuw ")
        f.effect(f"call void @llvm.memset.p0.i64(ptr align {alignment(element)} {piece}, i8 0, i64 {bytes}, i1 false)")
    f[op.result] = Array(piece, (count,))


def _release(f: Emitter, op: Op) -> None:
    stack, count, element = f[op.operands[0]], f[op.operands[1]], _element(op)
    top = _read(f, stack, context.STACK_TOP)
    piece = f.emit(f"getelementptr inbounds {memory(element)}, ptr {top}, i64 {f.emit(f'sub nsw i64 0, {count}')}")
    f.effect(f"store ptr {piece}, ptr {stack}, align 8{f.tag('stack')}")
    empty = f.emit(f"icmp eq ptr {piece}, {_read(f, stack, context.STACK_BASE)}")
    shrink, joined = f.fresh("shrink"), f.fresh("released")
    f.effect(f"br i1 {empty}, label %{shrink}, label %{joined}{UNLIKELY}")
    f.start(shrink)
    f.unit.declare("irad_stack_shrink", "void @irad_stack_shrink(ptr)", f"cold {OWN_MEMORY}")
    f.effect(f"call void @irad_stack_shrink(ptr {stack})")
    f.effect(f"br label %{joined}")
    f.start(joined)
    f[op.result] = Array(piece, (count,))


STACKS: dict[type[Op], Row] = {irad.Stack: _stack, irad.Reserve: _reserve, irad.Release: _release}
