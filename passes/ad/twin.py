"""Copying a function so that some of its values get a twin: a tangent, or the shadow of a memref.

Twins follow their values through branches, loops and views; what a twin is worth is up to the subclass (forward mode, forward sweep).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from irad.ir.builder import Builder
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.types import MemRefType, Type, index
from irad.passes.ad.tape import zero_fill
from irad.passes.alias import is_memory

_VIEWS = (memref.SubView, memref.Cast, irad.View, irad.Release)


class Twin(ABC):
    """The copy in the making: `values` maps the primal to it, `twins` the primal to the twins, `trips` while loops to their counts."""

    def __init__(self, count_trips: bool) -> None:
        self.values: dict[Value, Value] = {}
        self.twins: dict[Value, Value] = {}
        self.trips: dict[Op, Value] = {}
        self._count_trips = count_trips

    @abstractmethod
    def has_twin(self, value: Value) -> bool:
        """Whether a value gets a twin."""

    def visit(self, op: Op, b: Builder) -> None:
        """Copy an operation, and make the twins of its results."""
        match op:
            case scf.If():
                self._if(op, b)
            case scf.For():
                self._for(op, b)
            case scf.While():
                self._while(op, b)
            case _:
                self.clone(op, b)
                if op.results and is_memory(op.results[0]) and self.has_twin(op.results[0]):
                    self._memory_twin(op, b)

    def region(self, block: Block, b: Builder) -> None:
        """Copy the operations of a block but its terminator."""
        for op in block.ops:
            if op.terminator:
                return
            b.loc = op.loc
            self.visit(op, b)

    def clone(self, op: Op, b: Builder) -> None:
        """Copy an operation without regions."""
        copy = b.op(type(op), [self.values[v] for v in op.operands], op.attrs, [r.type for r in op.results])
        for old, new in zip(op.results, copy.results, strict=True):
            new.hint = old.hint
            self.values[old] = new

    def read(self, value: Value) -> Value:
        """The copy of a value."""
        return self.values[value]

    def twin(self, value: Value, b: Builder) -> Value:
        """The twin of a value; zero for a number that has none."""
        found = self.twins.get(value)
        return b.constant(0.0, value.type) if found is None and not is_memory(value) else self.twins[value]

    # ------------------------------------------------------------------ memory
    def _memory_twin(self, op: Op, b: Builder) -> None:
        match op:
            case memref.Alloc() | memref.Alloca() | irad.Stack():
                made = self.new_shadow(op, b)
            case irad.Reserve():
                made = b(irad.Reserve, self.twins[op.operands[0]], self.values[op.operands[1]], zero=True)
            case memref.Load():
                made = self._same_on_twins(op, b, (0,))
            case arith.Select():
                made = self._same_on_twins(op, b, (1, 2))
            case _ if isinstance(op, _VIEWS):
                made = self._same_on_twins(op, b, (0,))
            case _:
                raise AssertionError(f"no shadow for {op.name}")
        if made is not None:
            made.hint = f"d{op.results[0].hint}" if op.results[0].hint else ""
            self.twins[op.results[0]] = made

    def new_shadow(self, op: Op, b: Builder) -> Value | None:
        """A zeroed shadow for an allocation."""
        made = b.op(type(op), [self.values[v] for v in op.operands], None, [op.results[0].type]).result
        if isinstance(made.type, MemRefType) and not isinstance(made.type.element, MemRefType):
            zero_fill(b, made)
        return made

    def _same_on_twins(self, op: Op, b: Builder, doubled: tuple[int, ...]) -> Value | None:
        """The same operation on the twins of some operands; None where these do not exist yet."""
        if any(op.operands[i] not in self.twins for i in doubled):
            return None
        operands = [self.twins[v] if i in doubled else self.values[v] for i, v in enumerate(op.operands)]
        return b.op(type(op), operands, op.attrs, [op.results[0].type]).result

    # ------------------------------------------------------------------ control flow
    def bind(self, old: list[Value], new: list[Value]) -> list[Value]:
        """Map values, then the twins of those that have one; what is left of `new` comes back."""
        for source, target in zip(old, new, strict=False):
            target.hint = source.hint
            self.values[source] = target
        rest = new[len(old) :]
        doubled = [v for v in old if self.has_twin(v)]
        for source, target in zip(doubled, rest, strict=False):
            target.hint = f"d{source.hint}" if source.hint else ""
            self.twins[source] = target
        return rest[len(doubled) :]

    def passed(self, values: list[Value], like: list[Value], b: Builder) -> list[Value]:
        """Copies of values, then the twins of those whose counterpart in `like` has one."""
        return [self.values[v] for v in values] + [self.twin(v, b) for v, target in zip(values, like, strict=True) if self.has_twin(target)]

    def types(self, values: list[Value]) -> list[Type]:
        """Types of values, then of their twins."""
        return [v.type for v in values] + [v.type for v in values if self.has_twin(v)]

    def _if(self, op: scf.If, b: Builder) -> None:
        copy = b.if_(self.values[op.operands[0]], self.types(op.results))
        for region, block in zip(op.regions, copy.regions, strict=True):
            inner = b.at(block)
            self.region(region, inner)
            inner.yield_(*self.passed(region.terminator.operands, op.results, inner))
        self.bind(op.results, copy.results)

    def _for(self, op: scf.For, b: Builder) -> None:
        bounds = [self.values[v] for v in op.operands[:3]]
        copy = b.for_(bounds[0], bounds[1], bounds[2], self.passed(op.inits, op.carried, b), op.reversed)
        copy.induction.hint = op.induction.hint
        self.values[op.induction] = copy.induction
        self.bind(op.carried, copy.carried)
        inner = b.at(copy.body)
        self.region(op.body, inner)
        inner.yield_(*self.passed(op.body.terminator.operands, op.carried, inner))
        self.bind(op.results, copy.results)

    def _while(self, op: scf.While, b: Builder) -> None:
        before, after = op.before, op.after
        passed_on = before.terminator.operands[1:]
        count: list[Type] = [index] if self._count_trips else []
        state, forwarded = self.types(before.args) + count, self.types(after.args) + count
        starts = self.passed(op.inits, before.args, b) + ([b.index(0)] if count else [])
        copy = scf.While(starts, forwarded, None, [Block(state), Block(forwarded)], op.loc)
        b.insert(copy)
        trips = self.bind(before.args, copy.before.args)
        inner = b.at(copy.before)
        self.region(before, inner)
        inner.op(scf.Condition, [self.values[before.terminator.operands[0]], *self.passed(passed_on, after.args, inner), *trips])
        trips = self.bind(after.args, copy.after.args)
        inner = b.at(copy.after)
        self.region(after, inner)
        trips = [inner(arith.AddI, n, inner.index(1)) for n in trips]
        inner.yield_(*self.passed(after.terminator.operands, before.args, inner), *trips)
        for n in self.bind(op.results, copy.results):
            self.trips[op] = n
