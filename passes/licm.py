"""Loop-invariant code motion."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.types import is_inexact
from irad.passes.affine import Affine
from irad.passes.alias import Alias
from irad.passes.bounds import FactWalk
from irad.passes.effects import Summary, constant_of, defined_in, is_memory, nontrapping, speculatable
from irad.passes.ranges import Ranges
from irad.passes.simplify_control import trip_count
from irad.passes.simplify_views import size_of


class _Proofs:
    """What the ranges say of loops: which surely run, and which loads of theirs are in range in front of them already."""

    def __init__(self, func: Func) -> None:
        self.running: set[Op] = set()
        self.in_range: set[tuple[Op, Op]] = set()
        FactWalk(func, self.visit)

    def visit(self, op: Op, ranges: Ranges) -> None:
        if not isinstance(op, scf.For | scf.While):
            return
        if isinstance(op, scf.For) and (trip_count(op) or ranges.less(op.lower, op.upper)):
            self.running.add(op)
        for load in op.walk():
            if isinstance(load, memref.Load) and not any(defined_in(v, op) for v in load.operands) and _valid(load, ranges):
                self.in_range.add((op, load))


def _valid(load: memref.Load, ranges: Ranges) -> bool:
    """Whether a load's indices are proven to be in range."""
    for axis, i in enumerate(load.indices):
        form = ranges.form(i)
        size = _size_form(load.array, axis, ranges)
        if not (ranges.at_least_zero(form) and size is not None and ranges.at_least_zero(size.plus(form, -1).plus(Affine(-1)))):
            return False
    return True


def _size_form(array: Value, axis: int, ranges: Ranges) -> Affine | None:
    size = size_of(array, axis)
    if size is None:
        size = next((u.result for u in array.uses if isinstance(u, memref.Dim) and constant_of(u.operands[1]) == axis), None)
    return Affine(size) if isinstance(size, int) else None if size is None else ranges.form(size)


class _Hoist:
    """Moves what a loop computes again and again in front of it, innermost loops first."""

    def __init__(self, func: Func, before_ad: bool) -> None:
        self.before_ad = before_ad
        self.alias = Alias(func)
        self.changed = False
        self.proofs = _Proofs(func)
        self.block(func.body)

    def block(self, block: Block) -> None:
        for op in block.ops:
            for region in op.regions:
                self.block(region)
            if isinstance(op, scf.For):
                self.loop(op, op.body, runs=op in self.proofs.running)
            elif isinstance(op, scf.While):
                self.loop(op, op.before, runs=True)
                self.loop(op, op.after, runs=False)

    def loop(self, loop: Op, block: Block, runs: bool) -> None:
        """Hoist from one region; `runs`: its operations are executed at least once each time the loop is reached."""
        found = _Region(loop, block, self.alias, self.proofs, runs, self.before_ad)
        found.collect()
        for op in found.free:
            op.detach()
            assert loop.parent is not None
            loop.parent.insert(op, loop)
        if found.guarded:
            assert isinstance(loop, scf.For)
            _hoist_guarded(loop, found.guarded)
        self.changed |= bool(found.free or found.guarded)


class _Region:
    """What can leave one region of a loop: freely, or only where the loop runs."""

    def __init__(self, loop: Op, block: Block, alias: Alias, proofs: _Proofs, runs: bool, before_ad: bool) -> None:
        self.loop, self.block, self.alias, self.proofs, self.runs, self.before_ad = loop, block, alias, proofs, runs, before_ad
        self.summary = Summary()
        self.writes = list(self.summary.of(loop).writes)
        self.variant: set[Value] = set(block.args)
        self.free: list[Op] = []
        self.guarded: list[Op] = []
        self.in_guard: set[Value] = set()
        # Nothing observable has happened yet in this iteration: what raises here would raise at once in the first.
        self.undisturbed = True

    def collect(self) -> None:
        """Sort the region's operations."""
        for op in self.block.ops:
            if op.terminator:
                return
            if not self._invariant(op):
                self._stays(op)
            elif self._may_run_early(op):
                self.free.append(op)
            elif self._may_be_guarded(op):
                self.guarded.append(op)
                self.in_guard.update(op.results)
            else:
                self._stays(op)

    def _stays(self, op: Op) -> None:
        self.variant.update(op.results)
        if not op.pure and not self.summary.of(op).none:
            self.undisturbed = False

    def _invariant(self, op: Op) -> bool:
        if op.regions and not isinstance(op, scf.If):
            return False
        if any(v in self.variant for v in op.operands):
            return False
        if op.pure:
            return True
        if isinstance(op, memref.Load):
            return not any(self.alias.may_alias(op.array, w) for w in self.writes)
        if isinstance(op, irad.Index | irad.Check):
            return self.undisturbed
        return isinstance(op, scf.If) and self._invariant_branch(op)

    def _invariant_branch(self, op: scf.If) -> bool:
        """A branch of pure operations and loads, as guarded hoisting from an inner loop leaves them."""
        inner: set[Value] = set()
        for region in op.regions:
            for part in region.ops:
                if any(v in self.variant for v in part.operands):
                    return False
                if not (part.terminator or (not part.regions and self._invariant(part) and not isinstance(part, irad.Index | irad.Check))):
                    return False
                inner.update(part.results)
        return bool(op.results)

    def _may_run_early(self, op: Op) -> bool:
        """Whether the operation may stand in front of the loop as it is."""
        if any(v in self.in_guard for v in _used(op)):
            return False
        if op.pure and speculatable(op, self.before_ad):
            return True
        if (self.loop, op) in self.proofs.in_range:
            return True
        # The loop runs; what only a check makes meaningful stays behind it.
        return self.runs and (self.undisturbed or nontrapping(op))

    def _may_be_guarded(self, op: Op) -> bool:
        if not isinstance(self.loop, scf.For) or isinstance(op, irad.Index | irad.Check) or not (self.undisturbed or nontrapping(op)):
            return False
        return not any(is_memory(r) for r in op.results)


def _used(op: Op) -> list[Value]:
    return [v for part in op.walk() for v in part.operands] if op.regions else op.operands


def _hoist_guarded(loop: scf.For, ops: list[Op]) -> None:
    """Put operations into a branch in front of the loop that tests whether it runs."""
    inside = set(ops)
    results = [r for op in ops for r in op.results if any(user not in inside for user in r.uses)]
    b = Builder.in_front_of(loop)
    branch = b.if_(b(arith.CmpI, loop.lower, loop.upper, predicate="slt"), [r.type for r in results])
    for op in ops:
        op.detach()
        branch.then.append(op)
    for old, new in zip(results, branch.results, strict=True):
        new.hint = old.hint
        for user in [u for u in old.uses if u not in inside]:
            for i, operand in enumerate(user.operands):
                if operand is old:
                    user.set_operand(i, new)
    b.at(branch.then).yield_(*results)
    orelse = b.at(branch.orelse)
    orelse.yield_(*(orelse.constant(0.0 if is_inexact(r.type) else 0, r.type) for r in results))


def licm_before_ad(func: Func) -> bool:
    """Move loop-invariant operations in front of their loop where that is right for derivatives too.

    What has finite partials may run though the loop does not; anything else, loads included, moves into a branch that tests
    whether the loop runs. A check moves if it comes first in a loop that surely runs. Loads move if the loop writes nothing that they
    may read.

    Before:
        func.func @f(%x: f64, %y: f64, %m: memref<?xf64>, %n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          scf.for %i = %c0 to %n step %c1 {
            %s = math.sin %x : f64
            %r = math.sqrt %y : f64
            %p = arith.addf %s, %r : f64
            memref.store %p, %m[%i] : memref<?xf64>
          }
          func.return
        }
    After (sin is total; sqrt is not: 0 * inf in a loop that never ran would be a NaN gradient):
        func.func @f(%x: f64, %y: f64, %m: memref<?xf64>, %n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %zero = arith.constant 0.0 : f64
          %s = math.sin %x : f64
          %runs = arith.cmpi slt, %c0, %n : index
          %p = scf.if %runs -> (f64) {
            %r = math.sqrt %y : f64
            %q = arith.addf %s, %r : f64
            scf.yield %q : f64
          } else {
            scf.yield %zero : f64
          }
          scf.for %i = %c0 to %n step %c1 {
            memref.store %p, %m[%i] : memref<?xf64>
          }
          func.return
        }
    """
    return _Hoist(func, before_ad=True).changed


def licm(func: Func) -> bool:
    """Move loop-invariant operations in front of their loop, once no derivative is taken any more: pure ones at any rate.

    Before:
        func.func @f(%y: f64, %m: memref<?xf64>, %n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          scf.for %i = %c0 to %n step %c1 {
            %r = math.sqrt %y : f64
            memref.store %r, %m[%i] : memref<?xf64>
          }
          func.return
        }
    After:
        func.func @f(%y: f64, %m: memref<?xf64>, %n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %r = math.sqrt %y : f64
          scf.for %i = %c0 to %n step %c1 {
            memref.store %r, %m[%i] : memref<?xf64>
          }
          func.return
        }
    """
    return _Hoist(func, before_ad=False).changed
