"""What LLVM is told about a loop: whether and how to vectorise, interleave and unroll it."""

from __future__ import annotations

from irad.ir.core import Value
from irad.ir.ops import arith, math, memref, scf
from irad.ir.types import FloatType, MemRefType
from irad.lower.emitter import Emitter
from irad.lower.plan import trips

NARROW = 256  # bits of the vectors of cheap sums, see Target.narrow_sums
_CHEAP = (arith.AddF, arith.SubF, arith.MulF, arith.DivF, arith.NegF, arith.AddI, arith.SubI, math.Sqrt, math.AbsF, memref.Load, scf.Yield)


def loop_metadata(f: Emitter, op: scf.For) -> str:
    """Hints: a `cold` loop is worth no code; an inner loop is not interleaved, so that short trips reach its vector body too.

    A sum that may be regrouped is interleaved all the same, since that breaks its chain of additions.
    """
    if op.attrs.get("cold"):
        wanted = ['llvm.loop.vectorize.enable", i1 false', 'llvm.loop.unroll.disable"']
    elif any(inside.regions for inside in op.body.ops) or any(_regrouped(v) for v in op.body.terminator.operands):
        return ""
    else:
        wanted = ['llvm.loop.interleave.count", i32 1']
        lanes = _lanes_of_sums(f, op)
        if lanes:
            wanted.append(f'llvm.loop.vectorize.width", i32 {lanes}')
    hints = [f.unit.metadata(f'!{{!"{hint}}}') for hint in wanted]
    return f", !llvm.loop {f.unit.metadata('!{SELF, ' + ', '.join(hints) + '}')}"


def _regrouped(value: Value) -> bool:
    return isinstance(value.owner, arith.AddF) and "reassoc" in value.owner.attrs.get("fastmath", ())


def _lanes_of_sums(f: Emitter, loop: scf.For) -> int:
    """The best width for a loop of sums that keep their order, 0 to leave it to LLVM.

    A width that is asked for is not weighed against its cost any more, hence only for what surely pays: contiguous, cheap and long.
    """
    count = trips(loop)
    if not f.unit.target.narrow_sums or f.unit.target.flags or not loop.carried or (count is not None and count < 4 * NARROW // 64):
        return 0
    if not all(isinstance(op, _CHEAP) and (not isinstance(op, memref.Load) or _contiguous(op, loop)) for op in loop.body.ops):
        return 0
    if not all(_is_sum(total, v) for total, v in zip(loop.carried, loop.body.terminator.operands, strict=True)):
        return 0
    return NARROW // max(v.type.width for v in loop.carried if isinstance(v.type, FloatType))


def _is_sum(total: Value, following: Value) -> bool:
    return isinstance(following.owner, arith.AddF) and total in following.owner.operands and len(total.uses) == 1


def _contiguous(load: memref.Load, loop: scf.For) -> bool:
    """Whether a load takes the next element in each trip."""
    assert isinstance(load.array.type, MemRefType)
    if load.array.type.strided or not load.indices:
        return False
    *outer, last = load.indices
    return _moves(last, loop) and not any(_varies(i, loop) for i in outer)


def _moves(index: Value, loop: scf.For) -> bool:
    """Whether the index is the induction variable and something invariant."""
    if index is loop.induction:
        return True
    op = index.op
    if not isinstance(op, arith.AddI | arith.SubI):
        return False
    x, y = op.operands
    return (_moves(x, loop) and not _varies(y, loop)) or (isinstance(op, arith.AddI) and _moves(y, loop) and not _varies(x, loop))


def _varies(value: Value, loop: scf.For) -> bool:
    return value.block is loop.body
