"""Tests of index forms that are not affine in a counter, as positions in a packed triangle: one loop over that counter makes them all."""

from __future__ import annotations

from dataclasses import dataclass, field

from irad.ir.builder import Builder
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, scf
from irad.ir.types import i1, index
from irad.passes.affine import Affine, constant_of
from irad.passes.effects import defined_in, nontrapping
from irad.passes.trips import at_trip

# Trips of a sweep: a program that raises soon, in a loop over far too much, should not wait long for it.
LONGEST = 2**20


@dataclass(slots=True)
class Sweep:
    """What has to hold in every trip of a loop: forms that are >= 0 (or else a loop inside has no trip), values within bounds."""

    forms: dict[object, tuple[Affine, Affine | None]] = field(default_factory=dict[object, "tuple[Affine, Affine | None]"])
    moderate: dict[Value, None] = field(default_factory=dict[Value, None])


class Swept:
    """Finds, for values in a nest, the loop inside it that they depend on alone."""

    def __init__(self, outermost: scf.For) -> None:
        self.outermost = outermost
        self._counters: dict[Value, frozenset[Value] | None] = {}

    def loop(self, values: list[Value]) -> scf.For | None:
        """The one loop whose counter determines the values; a loop that runs whenever those around it do."""
        counters: set[Value] = set()
        for value in values:
            found = self.counters(value)
            if found is None:
                return None
            counters |= found
        if len(counters) != 1:
            return None
        block = counters.pop().owner
        assert isinstance(block, Block)
        loop = block.parent
        assert isinstance(loop, scf.For)
        around = self.around(loop)
        regular = around and constant_of(loop.step) == 1 and all(self._fixed(v) for x in (loop, *around) for v in (x.lower, x.upper))
        return loop if regular else None

    def counters(self, value: Value) -> frozenset[Value] | None:
        """The counters of loops in the nest that an integer is computed from, None if from anything else that changes in it."""
        if value not in self._counters:
            self._counters[value] = self._find(value)
        return self._counters[value]

    def _find(self, value: Value) -> frozenset[Value] | None:
        if self._fixed(value):
            return frozenset()
        op = value.op
        if op is None:
            block = value.owner
            assert isinstance(block, Block)
            return frozenset({value}) if isinstance(block.parent, scf.For) and value.index == 0 else None
        if op.regions or value.type != index or not nontrapping(op):
            return None
        parts = [self.counters(v) for v in op.operands]
        return None if None in parts else frozenset[Value]().union(*(p for p in parts if p is not None))

    def around(self, loop: scf.For) -> list[scf.For]:
        """The loops from the outermost one to the one directly around a loop; none if there is anything else in between."""
        found: list[scf.For] = []
        op: Op | None = loop
        while op is not self.outermost:
            assert op is not None
            assert op.parent is not None
            parent = op.parent.parent
            if not isinstance(parent, scf.For):
                return []
            found.append(parent)
            op = parent
        return found[::-1]

    def _fixed(self, value: Value) -> bool:
        return not defined_in(value, self.outermost)

    def emit(self, b: Builder, condition: Value, loop: scf.For, sweep: Sweep, moderate: int) -> Value:
        """Whether the condition holds, and in every trip of the loop what the sweep says; false if it is not reached, or too long."""
        for around in self.around(loop):
            condition = b(arith.AndI, condition, b(arith.CmpI, around.lower, around.upper, predicate="slt"))
        short = b(arith.CmpI, loop.upper, b(arith.AddI, loop.lower, b.index(LONGEST)), predicate="sle")
        branch = b.if_(b(arith.AndI, condition, short), [i1])
        then = b.at(branch.then)
        walk = then.for_(loop.lower, loop.upper, then.index(1), [then.true()])
        walk.attrs["cold"] = True
        inner = _Emitter(then.at(walk.body), self.outermost, {loop.induction: walk.induction})
        inner.b.yield_(inner.all(walk.carried[0], sweep, moderate))
        then.yield_(walk.results[0])
        b.at(branch.orelse).yield_(b.at(branch.orelse).constant(False, i1))
        return branch.results[0]


@dataclass(slots=True)
class _Emitter:
    """Writes the tests of one trip."""

    b: Builder
    outermost: scf.For
    mapping: dict[Value, Value]

    def all(self, total: Value, sweep: Sweep, moderate: int) -> Value:
        b = self.b
        for value in sweep.moderate:
            now = at_trip(b, value, self.outermost, self.mapping)
            total = b(arith.AndI, total, b(arith.CmpI, now, b.index(moderate), predicate="sle"))
            total = b(arith.AndI, total, b(arith.CmpI, now, b.index(-moderate), predicate="sge"))
        for form, trips in sweep.forms.values():
            test = b(arith.CmpI, self._value(form), b.index(0), predicate="sge")
            if trips is not None:
                test = b(arith.OrI, test, b(arith.CmpI, self._value(trips), b.index(0), predicate="sle"))
            total = b(arith.AndI, total, test)
        return total

    def _value(self, form: Affine) -> Value:
        b = self.b
        total = b.index(form.constant)
        for value, c in form.terms.items():
            now = at_trip(b, value, self.outermost, self.mapping)
            total = b(arith.AddI, total, now if c == 1 else b(arith.MulI, now, b.index(c)))
        return total
