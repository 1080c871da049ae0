"""Activity analysis: which values and which memory need a derivative.

A value is varied if it depends on an active input, useful if an active output depends on it, active if both. Memory is judged by the
roots of alias analysis. Memrefs that may point to active and to inactive memory make all of it active, since one shadow must follow them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from irad.ir.core import Block, Func, Loc, Module, Op, Value
from irad.ir.ops import arith, func, irad, memref, scf
from irad.ir.ops import complex as complexops
from irad.ir.types import MemRefType, StackType, is_differentiable
from irad.passes.ad.partials import PARTIALS
from irad.passes.alias import Alias, is_memory
from irad.passes.writes import written_parameters

_LINEAR = (arith.ExtF, arith.TruncF, complexops.Create, complexops.Re, complexops.Im)


class Activity:
    """Active values and roots of a function; `active_results` None: all that is varied is useful, as in forward mode."""

    def __init__(
        self, module: Module, function: Func, alias: Alias, active_args: Sequence[bool], active_results: Sequence[bool] | None
    ) -> None:
        self.module = module
        self.function = function
        self.alias = alias
        self.varied: set[Value] = {a for a, on in zip(function.args, active_args, strict=True) if on}
        self.useful: set[Value] = {a for a in self.varied if is_memory(a)}
        self.forced: dict[Value, Loc] = {}
        self._given = set(self.varied)
        held = [v for v in _memory_values(function.body) if _holds_memory(v) and is_differentiable(v.type)]
        self._mark(self.varied, held)
        self._mark(self.useful, held)
        self.written = written_parameters(module)
        self._memory = [v for v in _memory_values(function.body) if is_differentiable(v.type)]
        self._all_useful = active_results is None
        if active_results is not None:
            returned = function.body.terminator.operands
            self._mark(self.useful, (v for v, on in zip(returned, active_results, strict=True) if on))
        self._propagate()
        while self._spread_over_mixed_memory():
            self._propagate()
        self._note_forced()

    def _propagate(self) -> None:
        self._fixpoint(self._forward, self.varied)
        if not self._all_useful:
            self._fixpoint(self._backward, self.useful)

    def active(self, value: Value) -> bool:
        """Whether the value has an adjoint (a number) or a shadow (memory)."""
        if not is_differentiable(value.type):
            return False
        if is_memory(value):
            return any(self.active_root(r) for r in self.alias.roots(value))
        return value in self.varied and (self._all_useful or value in self.useful)

    def active_root(self, root: Value) -> bool:
        """Whether an allocation or argument has a shadow."""
        if root in self._given or (root in self.varied and (self._all_useful or root in self.useful)):
            return True
        return any(self.active_root(r) for r in self.alias.contents(root))

    def is_varied(self, value: Value) -> bool:
        """Whether the value has a tangent."""
        if not is_differentiable(value.type):
            return False
        if is_memory(value):
            return not self.varied.isdisjoint(self.alias.roots(value))
        return value in self.varied

    def _is_useful(self, value: Value) -> bool:
        if is_memory(value):
            return not self.useful.isdisjoint(self.alias.roots(value))
        return value in self.useful

    def _mark(self, target: set[Value], values: Iterable[Value]) -> None:
        for value in values:
            if not is_differentiable(value.type):
                continue
            if is_memory(value):
                target |= self.alias.roots(value)
            else:
                target.add(value)

    def _fixpoint(self, step: Callable[[Block], None], target: set[Value]) -> None:
        size = -1
        while len(target) != size:
            size = len(target)
            step(self.function.body)

    # ------------------------------------------------------------------ forward
    def _forward(self, block: Block) -> None:
        for op in block.ops:
            for source, result in self._flows(op):
                if self.is_varied(source):
                    self._mark(self.varied, (result,))
            for region in op.regions:
                self._forward(region)

    def _backward(self, block: Block) -> None:
        for op in block.reversed_ops():
            for region in reversed(op.regions):
                self._backward(region)
            for source, result in self._flows(op):
                if self._is_useful(result):
                    self._mark(self.useful, (source,))

    def _flows(self, op: Op) -> Iterable[tuple[Value, Value]]:
        """Pairs (from, to): a derivative flows from the first to the second."""
        match op:
            case memref.Load():
                return ((op.array, op.results[0]),) if not is_memory(op.results[0]) else ()
            case memref.Store():
                return ((op.value, op.array), (op.array, op.value)) if is_memory(op.value) else ((op.value, op.array),)
            case arith.Select():
                return ((op.operands[1], op.results[0]), (op.operands[2], op.results[0]))
            case scf.If():
                return [pair for region in op.regions for pair in zip(region.terminator.operands, op.results, strict=True)]
            case scf.For():
                yields = op.body.terminator.operands
                return [
                    *zip(op.inits, op.carried, strict=True),
                    *zip(op.inits, op.results, strict=True),
                    *zip(yields, op.carried, strict=True),
                    *zip(yields, op.results, strict=True),
                ]
            case scf.While():
                passed_on = op.before.terminator.operands[1:]
                yields = op.after.terminator.operands
                return [
                    *zip(op.inits, op.before.args, strict=True),
                    *zip(passed_on, op.after.args, strict=True),
                    *zip(passed_on, op.results, strict=True),
                    *zip(yields, op.before.args, strict=True),
                ]
            case func.Call():
                return self._flows_of_call(op)
            case irad.Map() | irad.Reduce():
                raise AssertionError(f"{op.name} must be lowered to loops before it is differentiated")
            case _ if type(op) in _LINEAR:
                return [(v, op.results[0]) for v in op.operands]
            case _:
                row = PARTIALS.get(type(op))
                return [(v, op.results[0]) for v, partial in zip(op.operands, row, strict=True) if partial is not None] if row else ()

    def _flows_of_call(self, op: func.Call) -> list[tuple[Value, Value]]:
        written = self.written[op.callee]
        targets = [*op.results, *(v for i, v in enumerate(op.operands) if i in written)]
        return [
            (source, target)
            for source in op.operands
            if is_differentiable(source.type)
            for target in targets
            if is_differentiable(target.type)
        ]

    # ------------------------------------------------------------------ memory
    def _spread_over_mixed_memory(self) -> bool:
        changed = False
        for value in self._memory:
            roots = self.alias.roots(value)
            if len(roots) > 1 and self.active(value) and not all(self.active_root(r) for r in roots):
                self.varied |= roots
                self.useful |= roots
                changed = True
        return changed

    def _note_forced(self) -> None:
        inactive = {a for a in self.function.args if is_memory(a) and a not in self._given and a in self.varied}
        if not inactive:
            return
        for op in self.function.walk():
            if isinstance(op, memref.Store) and self.is_varied(op.value):
                for root in self.alias.roots(op.array) & inactive:
                    self.forced.setdefault(root, op.loc)
        for root in inactive:
            self.forced.setdefault(root, self.function.loc)


def _holds_memory(value: Value) -> bool:
    """Whether the value is memory of memrefs: a tape. Whatever a tape holds is active, since its shadow must hold something for it."""
    assert isinstance(value.type, MemRefType | StackType)
    return isinstance(value.type.element, MemRefType)


def _memory_values(block: Block) -> Iterable[Value]:
    yield from (a for a in block.args if is_memory(a))
    for op in block.ops:
        yield from (r for r in op.results if is_memory(r))
        for region in op.regions:
            yield from _memory_values(region)
