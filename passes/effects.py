"""What an operation does besides computing its results, and where it may be moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, func, irad, math, memref
from irad.ir.ops import complex as complexops
from irad.ir.types import MemRefType, StackType

# Scalar operations with partials that are finite for finite operands: hoisting one of them out of a branch, or out of a
# loop that may run zero times, cannot turn a zero adjoint into a NaN. Notably absent: sqrt cbrt log div rem pow asin acos
# acosh atanh hypot gamma (poles), and exp sinh cosh (overflow). Views must lie in their array, so they stay behind what ensures it.
TOTAL: frozenset[type[Op]] = frozenset(
    {
        arith.Constant, arith.AddF, arith.SubF, arith.MulF, arith.NegF, arith.MaximumF, arith.MinimumF,
        arith.AddI, arith.SubI, arith.MulI, arith.MaxSI, arith.MinSI, arith.MaxUI, arith.MinUI, arith.AndI, arith.OrI,
        arith.XorI, arith.ShLI, arith.ShRSI, arith.ShRUI, arith.CmpI, arith.CmpF, arith.Select, arith.ExtF, arith.TruncF,
        arith.ExtSI, arith.ExtUI, arith.TruncI, arith.SIToFP, arith.UIToFP, arith.FPToSI, arith.FPToUI, arith.IndexCast,
        arith.IndexCastUI, math.Sin, math.Cos, math.Tan, math.Atan, math.Tanh, math.Erf, math.Erfc, math.AbsF, math.Floor,
        math.Ceil, math.Trunc, math.RoundEven, math.CopySign, math.Fma, math.IsNaN, math.IsInf, math.IsFinite,
        complexops.Create, complexops.Re, complexops.Im, memref.Dim, irad.Stride,
    }
)  # fmt: skip

# Operations that trap (or are undefined) for a zero divisor.
TRAPPING: frozenset[type[Op]] = frozenset({arith.DivSI, arith.DivUI, arith.RemSI, arith.RemUI, arith.FloorDivSI, math.FloorModSI})


def constant_of(value: Value) -> float | int | bool | None:
    """The number that a value is, None if it is no constant."""
    owner = value.owner
    return owner.attrs["value"] if type(owner) is arith.Constant else None


_VIEWS = (memref.SubView, memref.Cast, irad.View)


def nontrapping(op: Op) -> bool:
    """Whether a pure operation may run where the program would not have run it, once derivatives no longer matter."""
    if type(op) in TRAPPING:
        return bool(constant_of(op.operands[1]))
    return op.pure and type(op) not in _VIEWS


def total(op: Op) -> bool:
    """Whether an operation may leave its guard before differentiation: total and with finite partials for finite operands."""
    if type(op) in TRAPPING:
        return bool(constant_of(op.operands[1]))
    return type(op) in TOTAL


def speculatable(op: Op, before_ad: bool) -> bool:
    """Whether an operation may run where the program would not have run it."""
    return total(op) if before_ad else nontrapping(op)


# Raising a MemoryError is left out: which stores came before one is nobody's business.
RAISING: frozenset[type[Op]] = frozenset({irad.Check, irad.Index, func.Call})


def is_memory(value: Value) -> bool:
    """Whether a value stands for memory."""
    return isinstance(value.type, MemRefType | StackType)


def reads(op: Op) -> Iterable[Value]:
    """The memrefs and stacks that the operation itself (without its regions) reads."""
    match op:
        case memref.Load():
            return (op.operands[0],)
        case irad.Map():
            return (v for v in op.inputs if is_memory(v))
        case irad.Reduce():
            return (v for v in op.inputs if is_memory(v))
        case func.Call() | irad.Release():
            return (v for v in op.operands if is_memory(v))
        case _:
            return ()


def writes(op: Op) -> Iterable[Value]:
    """The memrefs and stacks that the operation itself (without its regions) writes, frees or moves."""
    match op:
        case memref.Store():
            return (op.operands[1],)
        case irad.Map() | memref.Dealloc():
            return (op.operands[0],)
        case func.Call() | irad.Reserve() | irad.Release():
            return (v for v in op.operands if is_memory(v))
        case _:
            return ()


@dataclass(slots=True)
class Effects:
    """What a piece of IR does: memory read and written, whether it may raise, whether it allocates."""

    reads: set[Value] = field(default_factory=set[Value])
    writes: set[Value] = field(default_factory=set[Value])
    raises: bool = False
    allocates: bool = False

    @property
    def none(self) -> bool:
        """Whether nothing but the results can be observed: what is left may be erased when these are unused."""
        return not (self.writes or self.raises)

    def add(self, other: Effects) -> None:
        """Include what another piece does."""
        self.reads |= other.reads
        self.writes |= other.writes
        self.raises |= other.raises
        self.allocates |= other.allocates


class Summary:
    """Effects of operations with all their regions, each computed once; for use while the IR is not changed."""

    def __init__(self) -> None:
        self._known: dict[Op, Effects] = {}

    def of(self, op: Op) -> Effects:
        """Effects of an operation and its regions."""
        found = self._known.get(op)
        if found is None:
            found = self._known[op] = self._compute(op)
        return found

    def of_block(self, block: Block) -> Effects:
        """Effects of all operations of a block."""
        total = Effects()
        for op in block.ops:
            if not op.pure:
                total.add(self.of(op))
        return total

    def _compute(self, op: Op) -> Effects:
        effects = Effects(set(reads(op)), set(writes(op)))
        effects.raises = type(op) in RAISING
        effects.allocates = isinstance(op, memref.Alloc | memref.Alloca | irad.Stack | irad.Reserve)
        for region in op.regions:
            effects.add(self.of_block(region))
        return effects


def inside(op: Op, block: Block) -> bool:
    """Whether an operation lies in a block or in a region nested in it."""
    return _encloses(block, op.parent)


def defined_inside(value: Value, block: Block) -> bool:
    """Whether a value is defined in a block (its arguments included) or in a region nested in it."""
    return _encloses(block, value.block)


def defined_in(value: Value, op: Op) -> bool:
    """Whether a value is defined in a region of an operation."""
    block = value.block
    return any(_encloses(region, block) for region in op.regions)


def _encloses(outer: Block, inner: Block | None) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent.parent if isinstance(inner.parent, Op) else None
    return False
