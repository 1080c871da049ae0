"""Buffers that a loop allocates anew each time become one buffer, allocated in front of the loop."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, func, irad, memref, scf
from irad.ir.types import MemRefType
from irad.passes.effects import constant_of, defined_in, is_memory

_LOOKS = (memref.Load, memref.Dim, memref.Dealloc, irad.Stride, irad.Map, irad.Reduce)
_VIEWS = (memref.SubView, memref.Cast, irad.View, arith.Select)


def derived(array: Value, block: Block, handed: bool = False) -> set[Value] | None:
    """All values that may be the same memory, for one run of a block.

    None if the memory outlives it: if it is yielded by the block itself (unless `handed` allows that), returned, stored, or passed to
    who returns memory.
    """
    seen: set[Value] = set()
    work = [array]
    while work:
        value = work.pop()
        if value in seen:
            continue
        seen.add(value)
        for user in value.uses:
            if handed and user.parent is block and user.terminator:
                continue
            targets = _flows(user, value, block)
            if targets is None:
                return None
            work += targets
    return seen


def _flows(user: Op, value: Value, block: Block) -> list[Value] | None:
    """The values that may be the same memory because of one use; None if the memory gets away."""
    match user:
        case memref.Store():
            return None if user.value is value else []
        case func.Call():
            return None if any(is_memory(r) for r in user.results) else []
        case scf.Yield() if user.parent is not block:
            parent = user.parent.parent if user.parent is not None else None
            return _all_memory(parent) if isinstance(parent, Op) else None
        case scf.Condition() if user.parent is not block:
            parent = user.parent.parent if user.parent is not None else None
            return _all_memory(parent) if isinstance(parent, Op) else None
        case scf.For() | scf.While():
            return _all_memory(user)
        case _ if isinstance(user, _VIEWS):
            return user.results
        case _:
            return [] if isinstance(user, _LOOKS) else None


def _all_memory(op: Op) -> list[Value]:
    """Every result and block argument of a structured operation that is memory."""
    values = [*op.results, *(arg for region in op.regions for arg in region.args)]
    return [v for v in values if is_memory(v)]


def _hoist(alloc: Op, loop: Op) -> None:
    b = Builder.in_front_of(loop)
    sizes = [v if _not_negative(v) else b(arith.MaxSI, v, b.index(0)) for v in alloc.operands]
    alloc.detach()
    alloc.set_operands(sizes)
    b.insert(alloc)


def _not_negative(size: Value) -> bool:
    number = constant_of(size)
    return number >= 0 if number is not None else isinstance(size.owner, memref.Dim)


def _visit(block: Block) -> bool:
    changed = False
    for op in block.ops:
        for region in op.regions:
            changed |= _visit(region)
        if isinstance(op, scf.For):
            changed |= _from_block(op, op.body)
        elif isinstance(op, scf.While):
            changed |= _from_block(op, op.before) or _from_block(op, op.after)
    return changed


def _from_block(loop: Op, block: Block) -> bool:
    changed = False
    for op in block.ops:
        if isinstance(op, memref.Alloc | memref.Alloca) and _hoistable(op, loop, block):
            _hoist(op, loop)
            changed = True
    return changed


def _hoistable(alloc: Op, loop: Op, block: Block) -> bool:
    type = alloc.results[0].type
    assert isinstance(type, MemRefType)
    if isinstance(type.element, MemRefType):
        return False
    return not any(defined_in(v, loop) for v in alloc.operands) and derived(alloc.results[0], block) is not None


def reuse(func: Func) -> bool:
    """Move allocations of loop-invariant size whose memory does not outlive an iteration in front of the loop.

    A loop that does not run allocates too, hence a size that may be negative there is clamped. Cost: one walk, and one over the
    uses of each allocation in a loop.

    Before:
        func.func @f(%n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %v = arith.constant 1.0 : f64
          scf.for %i = %c0 to %n step %c1 {
            %w = memref.alloc(%n) : memref<?xf64>
            memref.store %v, %w[%c0] : memref<?xf64>
          }
          func.return
        }
    After:
        func.func @f(%n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %v = arith.constant 1.0 : f64
          %m = arith.maxsi %n, %c0 : index
          %w = memref.alloc(%m) : memref<?xf64>
          scf.for %i = %c0 to %n step %c1 {
            memref.store %v, %w[%c0] : memref<?xf64>
          }
          func.return
        }
    """
    return _visit(func.body)
