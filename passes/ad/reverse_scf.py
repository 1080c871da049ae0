"""Adjoints of structured control flow, one template an operation.

Adjoints of floats that a region uses but does not define are carried through it, in registers. A `for` runs its iterations in the
opposite order, a `while` its body as often as it ran, and its condition once more, first of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from irad.ir.core import Block, Value
from irad.ir.ops import scf
from irad.ir.types import is_inexact
from irad.passes.ad.cache import rotation
from irad.passes.ad.need import Node, Shadow

if TYPE_CHECKING:
    from irad.passes.ad.reverse import Reverse, Scope


def reverse_if(sweep: Reverse, op: scf.If, scope: Scope) -> None:
    """Each branch passes on the adjoints of what it captured, increased by what it contributed."""
    captured = sweep.plan.captured.get(op, [])
    arriving = [(k, d) for k, r in enumerate(op.results) if is_inexact(r.type) and (d := scope.take(r)) is not None]
    if not captured and not _has_memory_work(sweep, op):
        return
    branch = scope.builder.if_(sweep.node(op.operands[0], scope), [c.type for c in captured])
    for region, block in zip(op.regions, branch.regions, strict=True):
        _mirror_branch(sweep, region, block, scope, captured, arriving)
    for value, result in zip(captured, branch.results, strict=True):
        scope.adjoints[value] = result


def _mirror_branch(
    sweep: Reverse, region: Block, block: Block, scope: Scope, captured: list[Value], arriving: list[tuple[int, Value]]
) -> None:
    inner = sweep.open([region], scope.builder.at(block), scope)
    for value in captured:
        if value in scope.adjoints:
            inner.adjoints[value] = scope.adjoints[value]
    for k, d in arriving:
        if sweep.active(region.terminator.operands[k]):
            inner.add(region.terminator.operands[k], d)
    sweep.block(region, inner)
    inner.builder.yield_(*(inner.adjoint(c) for c in captured))


def _has_memory_work(sweep: Reverse, op: scf.If) -> bool:
    return any(inside in sweep.plan.needs.relevant for region in op.regions for inside in region.ops)


def reverse_for(sweep: Reverse, op: scf.For, scope: Scope) -> None:
    """The same iterations in the opposite order, carrying the adjoints of what the loop carries and of what it captured."""
    captured = sweep.plan.captured.get(op, [])
    carried = [k for k, r in enumerate(op.results) if is_inexact(r.type) and (sweep.active(r) or sweep.active(op.carried[k]))]
    starts = [scope.take(op.results[k]) or scope.zero(op.results[k].type) for k in carried]
    turning = _Turning(sweep, op)
    bounds = [sweep.node(v, scope) for v in op.operands[:3]]
    starts += [scope.adjoint(c) for c in captured]
    loop = scope.builder.for_(bounds[0], bounds[1], bounds[2], [*starts, *turning.starts(scope)], reversed=not op.reversed)
    at_hand = {op.induction: loop.induction, **turning.bind(loop.carried[len(starts) :])}
    inner = sweep.open([op.body], scope.builder.at(loop.body), scope, at_hand)
    inner.adjoints.update(zip(captured, loop.carried[len(carried) : len(starts)], strict=True))
    _feed(sweep, inner, [op.body.terminator.operands[k] for k in carried], loop.carried)
    sweep.block(op.body, inner)
    passed = [inner.take(op.carried[k]) or inner.zero(op.carried[k].type) for k in carried]
    inner.builder.yield_(*passed, *(inner.adjoint(c) for c in captured), *turning.yields())
    for value, result in zip(captured, loop.results[len(carried) : len(starts)], strict=True):
        scope.adjoints[value] = result
    _feed(sweep, scope, [op.inits[k] for k in carried], loop.results)


class _Turning:
    """Memrefs (or shadows) that a loop permutes, carried backwards through its reverse from where they ended."""

    def __init__(self, sweep: Reverse, op: scf.For) -> None:
        self.sweep = sweep
        self.op = op
        self.kinds = sorted(sweep.plan.cache.rotating.get(op, ()))
        self.rotation = (rotation(op) or {}) if self.kinds else {}
        self.at_hand: dict[Node, Value] = {}

    def starts(self, scope: Scope) -> list[Value]:
        """What the forward loop left."""
        return [self.sweep.node(_kind(self.op.results[k], shadow), scope) for shadow in self.kinds for k in self.rotation]

    def bind(self, args: list[Value]) -> dict[Node, Value]:
        """Before a trip, place p(k) held what place k holds after it."""
        places = [(shadow, k) for shadow in self.kinds for k in self.rotation]
        self.at_hand = {_kind(self.op.carried[self.rotation[k]], shadow): a for (shadow, k), a in zip(places, args, strict=True)}
        return self.at_hand

    def yields(self) -> list[Value]:
        """What the places held before the trip."""
        return [self.at_hand[_kind(self.op.carried[k], shadow)] for shadow in self.kinds for k in self.rotation]


def _kind(value: Value, shadow: bool) -> Node:
    return Shadow(value) if shadow else value


def _feed(sweep: Reverse, scope: Scope, targets: list[Value], amounts: list[Value]) -> None:
    for target, amount in zip(targets, amounts, strict=False):
        if sweep.active(target):
            scope.add(target, amount)


def reverse_while(sweep: Reverse, op: scf.While, scope: Scope) -> None:
    """The failing run of the condition is reversed first, then body and condition as often as the body ran."""
    captured = sweep.plan.captured.get(op, [])
    before, after = op.before, op.after
    passed_on = before.terminator.operands[1:]
    state = [k for k, a in enumerate(before.args) if is_inexact(a.type) and sweep.active(a)]

    last = sweep.open([before], scope.builder, scope)
    last.adjoints.update({c: scope.adjoints[c] for c in captured if c in scope.adjoints})
    for k, result in enumerate(op.results):
        d = scope.take(result) if is_inexact(result.type) else None
        if d is not None and sweep.active(passed_on[k]):
            last.add(passed_on[k], d)
    sweep.block(before, last)
    starts = [last.take(before.args[k]) or last.zero(before.args[k].type) for k in state]

    b = scope.builder
    trips = sweep.trips(op, scope)
    loop = b.for_(b.index(0), trips, b.index(1), [*starts, *(last.adjoint(c) for c in captured)], reversed=True)
    inner = sweep.open([before, after], b.at(loop.body), scope)
    inner.adjoints.update(zip(captured, loop.carried[len(state) :], strict=True))
    _feed(sweep, inner, [after.terminator.operands[k] for k in state], loop.carried)
    sweep.block(after, inner)
    for k, arg in enumerate(after.args):
        d = inner.take(arg) if is_inexact(arg.type) else None
        if d is not None and sweep.active(passed_on[k]):
            inner.add(passed_on[k], d)
    sweep.block(before, inner)
    passed = [inner.take(before.args[k]) or inner.zero(before.args[k].type) for k in state]
    inner.builder.yield_(*passed, *(inner.adjoint(c) for c in captured))
    for value, result in zip(captured, loop.results[len(state) :], strict=True):
        scope.adjoints[value] = result
    _feed(sweep, scope, [op.inits[k] for k in state], loop.results)
