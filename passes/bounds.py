"""Index checks that cannot fail go; so do comparisons, minima, maxima and remainders that the known ranges decide."""

from __future__ import annotations

from collections.abc import Callable

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, scf
from irad.ir.ops import math as m
from irad.ir.types import i1, index
from irad.passes.affine import Affine
from irad.passes.ranges import Ranges

Visit = Callable[[Op, Ranges], None]


class FactWalk:
    """Visits operations in program order, knowing at each what conditions, loops and passed checks say."""

    def __init__(self, func: Func, visit: Visit) -> None:
        self.ranges = Ranges(func)
        self.visit = visit
        self.block(func.body)

    def block(self, block: Block) -> None:
        for op in block.ops:
            if not op.terminator:
                self.visit(op, self.ranges)
                if op.parent is not None:
                    self.pass_by(op)

    def pass_by(self, op: Op) -> None:
        ranges = self.ranges
        match op:
            case irad.Check():
                ranges.learn_condition(op.operands[0], True)
            case irad.Index():
                i, n = ranges.form(op.operands[0]), ranges.form(op.operands[1])
                ranges.learn(n.plus(i, -1).plus(Affine(-1)))
                ranges.learn(n.plus(i))
            case scf.If():
                for region, truth in zip(op.regions, (True, False), strict=True):
                    ranges.enter()
                    ranges.learn_condition(op.operands[0], truth)
                    self.block(region)
                    ranges.leave()
            case scf.For():
                ranges.enter()
                ranges.learn(ranges.form(op.upper).plus(ranges.form(op.lower), -1).plus(Affine(-1)))
                self.block(op.body)
                ranges.leave()
            case scf.While():
                self.while_loop(op)
            case _:
                pass

    def while_loop(self, op: scf.While) -> None:
        ranges = self.ranges
        ranges.enter()
        invariants = ranges.learn_while(op)
        self.block(op.before)
        ranges.learn_condition(op.before.terminator.operands[0], True)
        self.block(op.after)
        ranges.leave()
        ranges.learn_results(op, invariants)


class _Bounds:
    """Replaces what the ranges decide."""

    def __init__(self) -> None:
        self.changed = False
        self.rules: dict[type[Op], Callable[[Op, Ranges], Value | None]] = {
            irad.Index: _index,
            arith.CmpI: _compare,
            arith.MaxSI: _extremum,
            arith.MinSI: _extremum,
            m.FloorModSI: _modulo,
            arith.FloorDivSI: _quotient,
        }

    def visit(self, op: Op, ranges: Ranges) -> None:
        if isinstance(op, irad.Check):
            if ranges.decide(op.operands[0]):
                self.changed = True
                op.erase()
            return
        rule = self.rules.get(type(op))
        if rule is None or op.operands[0].type != index or (not op.results[0].uses and op.pure):
            return
        value = rule(op, ranges)
        if value is not None:
            self.changed = True
            op.results[0].replace_by(value)
            op.erase()


def _index(op: Op, ranges: Ranges) -> Value | None:
    """i itself where 0 <= i < n, i + n where -n <= i < 0."""
    i, n = ranges.form(op.operands[0]), ranges.form(op.operands[1])
    if not ranges.at_least_zero(n.plus(i, -1).plus(Affine(-1))):
        return None
    if ranges.at_least_zero(i):
        return op.operands[0]
    if ranges.at_least_zero(i.times(-1).plus(Affine(-1))) and ranges.at_least_zero(i.plus(n)):
        return Builder.in_front_of(op)(arith.AddI, *op.operands)
    return None


def _compare(op: Op, ranges: Ranges) -> Value | None:
    decided = ranges.decide(op.results[0])
    return None if decided is None else Builder.in_front_of(op).constant(decided, i1)


def _extremum(op: Op, ranges: Ranges) -> Value | None:
    x, y = op.operands
    difference = ranges.form(x).plus(ranges.form(y), -1)
    larger, smaller = (x, y) if isinstance(op, arith.MaxSI) else (y, x)
    if ranges.at_least_zero(difference):
        return larger
    return smaller if ranges.at_least_zero(difference.times(-1)) else None


def _modulo(op: Op, ranges: Ranges) -> Value | None:
    """x % n without a division where x is at most one n away: periodic neighbours."""
    x, n = ranges.form(op.operands[0]), ranges.form(op.operands[1])
    below = ranges.at_least_zero(n.plus(x, -1).plus(Affine(-1)))
    not_negative = ranges.at_least_zero(x)
    if below and not_negative:
        return op.operands[0]
    b = Builder.in_front_of(op)
    if below and ranges.at_least_zero(x.plus(n)):
        negative = b(arith.CmpI, op.operands[0], b.index(0), predicate="slt")
        return b(arith.Select, negative, b(arith.AddI, *op.operands), op.operands[0])
    if not_negative and ranges.at_least_zero(n.times(2).plus(x, -1).plus(Affine(-1))):
        inside = b(arith.CmpI, *op.operands, predicate="slt")
        return b(arith.Select, inside, op.operands[0], b(arith.SubI, *op.operands))
    if not_negative and ranges.at_least_zero(n.plus(Affine(-1))):
        return b(arith.RemSI, *op.operands)
    return None


def _quotient(op: Op, ranges: Ranges) -> Value | None:
    """Rounding down and towards zero is the same for what is not negative."""
    x, n = ranges.form(op.operands[0]), ranges.form(op.operands[1])
    if ranges.at_least_zero(x) and ranges.at_least_zero(n.plus(Affine(-1))):
        return Builder.in_front_of(op)(arith.DivSI, *op.operands)
    return None


def bounds(func: Func) -> bool:
    """Erase index checks, other checks and comparisons that are proven, and make periodic indices cheap.

    Nothing that can fail is moved or erased. Cost: one walk; a proof is cut short after a fixed number of steps.

    Before:
        func.func @f(%x: memref<?xf64>) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %zero = arith.constant 0.0 : f64
          %n = memref.dim %x, %c0 : memref<?xf64>
          scf.for %i = %c1 to %n step %c1 {
            %j = arith.subi %i, %c1 : index
            %k = irad.index %j, %n {axis = 0} : index
            memref.store %zero, %x[%k] : memref<?xf64>
          }
          func.return
        }
    After:
        func.func @f(%x: memref<?xf64>) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %zero = arith.constant 0.0 : f64
          %n = memref.dim %x, %c0 : memref<?xf64>
          scf.for %i = %c1 to %n step %c1 {
            %j = arith.subi %i, %c1 : index
            memref.store %zero, %x[%j] : memref<?xf64>
          }
          func.return
        }
    """
    work = _Bounds()
    FactWalk(func, work.visit)
    return work.changed
