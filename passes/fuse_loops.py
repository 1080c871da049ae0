"""Fusion of a loop with a later one over the same range: the forward and the reverse sweep of independent iterations become one loop."""

from __future__ import annotations

from dataclasses import dataclass

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.ops import func as calls
from irad.passes.affine import affine
from irad.passes.alias import Alias
from irad.passes.effects import Summary, defined_in

_OPAQUE = (calls.Call, irad.Reserve, irad.Release, irad.Stack, irad.Map, irad.Reduce, scf.While, memref.Alloc, memref.Dealloc)
_FARTHEST = 40  # operations between two loops that are looked at


@dataclass(frozen=True, slots=True)
class _Access:
    """A load or store in a loop, and the planes of the array that an iteration keeps to: axis, and offset from the counter."""

    array: Value
    stores: bool
    planes: frozenset[tuple[int, object]]


def _accesses(loop: scf.For) -> list[_Access] | None:
    """What a loop does to memory; None if some of it cannot be told apart by iterations."""
    found: list[_Access] = []
    for op in loop.walk():
        if isinstance(op, _OPAQUE):
            return None
        if isinstance(op, memref.Load | memref.Store):
            stores = isinstance(op, memref.Store)
            array, indices = (op.operands[1], op.operands[2:]) if stores else (op.operands[0], op.operands[1:])
            found.append(_Access(array, stores, _planes(indices, loop)))
    return found


def _planes(indices: list[Value], loop: scf.For) -> frozenset[tuple[int, object]]:
    planes: list[tuple[int, object]] = []
    for axis, index in enumerate(indices):
        form = affine(index, 6)
        rest = {v: c for v, c in form.terms.items() if v is not loop.induction}
        if form.terms.get(loop.induction) == 1 and not any(defined_in(v, loop) for v in rest):
            planes.append((axis, (form.constant, frozenset(rest.items()))))
    return frozenset(planes)


class _FuseLoops:
    """Fuses neighbouring loops of a function, innermost blocks last."""

    def __init__(self, function: Func) -> None:
        self.alias = Alias(function)
        self.changed = False
        self.block(function.body)

    def block(self, block: Block) -> None:
        first = block.first
        while first is not None:
            following = first.next
            if isinstance(first, scf.For):
                found = self._partner(first)
                if found is not None:
                    following = self._fuse(first, *found)
            first = following
        for op in block.ops:
            for region in op.regions:
                self.block(region)

    def _partner(self, first: scf.For) -> tuple[scf.For, bool] | None:
        """The next loop over the same range and the direction of both, if all between the two may as well run before the first."""
        summary = Summary()
        effects = summary.of(first)
        if effects.raises or effects.allocates:
            return None
        op = first.next
        for _ in range(_FARTHEST):
            if op is None or op.terminator or any(r in op.operands or self._uses(op, r) for r in first.results):
                return None
            if isinstance(op, scf.For) and op.operands[:3] == first.operands[:3]:
                backwards = self._backwards(first, op, summary)
                return None if backwards is None else (op, backwards)
            if not op.pure:
                between = summary.of(op)
                touched = effects.reads | effects.writes
                if between.raises or self._meet(between.writes, touched) or self._meet(between.reads, effects.writes):
                    return None
            op = op.next
        return None

    def _uses(self, op: Op, value: Value) -> bool:
        return any(value in inner.operands for inner in op.walk())

    def _meet(self, some: set[Value], others: set[Value]) -> bool:
        return any(self.alias.may_alias_now(a, b) for a in some for b in others)

    def _backwards(self, first: scf.For, second: scf.For, summary: Summary) -> bool | None:
        """The direction of one loop for both: that of the one whose order matters; None if they cannot be fused."""
        if summary.of(second).raises:
            return None
        before, behind = _accesses(first), _accesses(second)
        if before is None or behind is None or not self._apart(before, behind):
            return None
        if first.reversed == second.reversed or (not first.results and self._apart(before, before)):
            return second.reversed
        return first.reversed if _sums_freely(second) and self._apart(behind, behind) else None

    def _apart(self, before: list[_Access], behind: list[_Access]) -> bool:
        """Whether no iteration of the one touches what another iteration of the other writes, or the other way round."""
        return all(
            (a.array is b.array and not a.planes.isdisjoint(b.planes)) or not self.alias.may_alias_now(a.array, b.array)
            for a in before
            for b in behind
            if a.stores or b.stores
        )

    def _fuse(self, first: scf.For, second: scf.For, backwards: bool) -> scf.For:
        """Put both bodies into one loop, where the second stands."""
        b = Builder.in_front_of(second)
        fused = b.for_(first.lower, first.upper, first.step, [*first.inits, *second.inits], reversed=backwards)
        count = len(first.results)
        yields: list[Value] = []
        inner = b.at(fused.body)
        for loop, carried in ((first, fused.carried[:count]), (second, fused.carried[count:])):
            for old, new in zip(loop.body.args, [fused.induction, *carried], strict=True):
                old.replace_by(new)
            terminator = loop.body.terminator
            yields += terminator.operands
            terminator.erase()
            for op in loop.body.ops:
                op.detach()
                inner.insert(op)
        inner.yield_(*yields)
        for old, new in zip([*first.results, *second.results], fused.results, strict=True):
            new.hint = old.hint
            old.replace_by(new)
        first.erase()
        second.erase()
        self.changed = True
        return fused


def _sums_freely(loop: scf.For) -> bool:
    """Whether all that a loop carries are sums whose order is free."""
    return all(_is_free_sum(y, arg) for arg, y in zip(loop.carried, loop.body.terminator.operands, strict=True))


def _is_free_sum(total: Value, arg: Value) -> bool:
    while total is not arg:
        op = total.op
        if not isinstance(op, arith.AddF | arith.SubF) or "reassoc" not in op.attrs.get("fastmath", ()) or len(total.uses) != 1:
            return False
        x, y = op.operands
        total = y if isinstance(op, arith.AddF) and (y is arg or not _leads_to(x, arg)) else x
    return len(arg.uses) == 1


def _leads_to(total: Value, arg: Value) -> bool:
    """Whether a chain of free additions starts from a carried value."""
    if total is arg:
        return True
    op = total.op
    return isinstance(op, arith.AddF | arith.SubF) and "reassoc" in op.attrs.get("fastmath", ()) and _leads_to(op.operands[0], arg)


def fuse_loops(func: Func) -> bool:
    """Fuse a loop with the next one over the same range, if no iteration of the one depends on another iteration of the other.

    That is what the two sweeps of a derivative are whose iterations meet only in sums: run directly after its forward part, the
    reverse part of an iteration finds in registers what was on a tape, which `memory` and `dce` then remove. Two sweeps run in opposite
    directions, so one of them must not care: by having independent iterations, and no results but sums whose order is free. Loops
    that may raise stay apart, since a shadow must not be written before the last check. Cost: one walk, and pairs of accesses.

    Before:
        func.func @f(%x: memref<?xf64>, %t: memref<?xf64>, %dx: memref<?xf64>, %n: index) attributes {irad.noalias} {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          scf.for %i = %c0 to %n step %c1 {
            %a = memref.load %x[%i] : memref<?xf64>
            %s = math.sqrt %a : f64
            memref.store %s, %t[%i] : memref<?xf64>
          }
          scf.for %i = %c0 to %n step %c1 {
            %b = memref.load %t[%i] : memref<?xf64>
            memref.store %b, %dx[%i] : memref<?xf64>
          } {irad.reversed}
          func.return
        }
    After:
        func.func @f(%x: memref<?xf64>, %t: memref<?xf64>, %dx: memref<?xf64>, %n: index) attributes {irad.noalias} {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          scf.for %i = %c0 to %n step %c1 {
            %a = memref.load %x[%i] : memref<?xf64>
            %s = math.sqrt %a : f64
            memref.store %s, %t[%i] : memref<?xf64>
            %b = memref.load %t[%i] : memref<?xf64>
            memref.store %b, %dx[%i] : memref<?xf64>
          } {irad.reversed}
          func.return
        }
    """
    return sum(isinstance(op, scf.For) for op in func.walk()) > 1 and _FuseLoops(func).changed
