"""Structured control flow becomes basic blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, scf
from irad.lower import context
from irad.lower.emitter import LIKELY, UNLIKELY, Emitter
from irad.lower.hints import loop_metadata
from irad.lower.plan import counted
from irad.lower.types import components

Row = Callable[[Emitter, Op], None]
Body = Callable[[Emitter, Block], None]

WHILE_STRIDE = 1024  # trips of a while loop between two looks at the fuel

_POLL = "nounwind cold memory(argmem: readwrite, inaccessiblemem: readwrite)"


def _types(values: Sequence[Value]) -> list[str]:
    return [kind for v in values for kind in components(v.type)]


def lower_if(f: Emitter, op: Op, body: Body) -> None:
    """Attribute `likely` (True or False) becomes branch weights."""
    assert isinstance(op, scf.If)
    labels = [f.fresh("then"), f.fresh("else")]
    joined = f.fresh("endif")
    weights = {None: "", True: LIKELY, False: UNLIKELY}[op.attrs.get("likely")]
    f.effect(f"br i1 {f[op.operands[0]]}, label %{labels[0]}, label %{labels[1]}{weights}")
    incoming = []
    for label, region in zip(labels, op.regions, strict=True):
        f.start(label)
        body(f, region)
        incoming.append((f.parts(region.terminator.operands), f.block))
        f.effect(f"br label %{joined}")
    f.start(joined)
    f.define(op.results, f.phis(_types(op.results), incoming))


def _constant(value: Value) -> int | None:
    return int(value.op.value) if isinstance(value.op, arith.Constant) else None


def lower_for(f: Emitter, op: Op, body: Body) -> None:
    """A guarded, bottom-tested loop over a counter from 0 to the trip count, or over the induction variable itself where the step is 1."""
    assert isinstance(op, scf.For)
    lower, upper, step = (_constant(v) for v in op.operands[:3])
    head, exit = f.fresh("for"), f.fresh("endfor")
    inits, before = f.parts(op.inits), f.block
    guarded = lower is None or upper is None or lower >= upper
    if guarded:
        enter = f.fresh("enter")
        f.effect(f"br i1 {f.emit(f'icmp slt i64 {f[op.lower]}, {f[op.upper]}')}, label %{enter}, label %{exit}")
        f.start(enter)
    simple = step == 1 and not op.reversed
    flags = "nuw nsw " if lower is not None and lower >= 0 else "nsw "
    first, end = (f[op.lower], f[op.upper]) if simple else ("0", _trip_count(f, op))
    last = _last(f, op) if op.reversed else ""
    preheader = f.block
    f.effect(f"br label %{head}")
    f.start(head)
    types = _types(op.results)
    (counter,), places = f.open_phis(["i64"], [first], preheader)
    carried, carried_places = f.open_phis(types, inits, preheader)
    f.define([op.induction], [counter if simple else _induction(f, op, counter, flags, last)])
    f.define(op.carried, carried)
    body(f, op.body)
    yielded = f.parts(op.body.terminator.operands)
    _poll_after_iteration(f, op, op.body)
    following = f.emit(f"add {flags if simple else 'nuw '}i64 {counter}, 1")
    more = f.emit(f"icmp {'slt' if simple else 'ult'} i64 {following}, {end}")
    f.close_phis([*places, *carried_places], [following, *yielded], f.block)
    f.effect(f"br i1 {more}, label %{head}, label %{exit}{loop_metadata(f, op)}")
    incoming = [(yielded, f.block)]
    f.start(exit)
    if guarded:
        incoming.append((inits, before))
    f.define(op.results, f.phis(types, incoming))
    _charge(f, op, end if not simple else None)


def _trip_count(f: Emitter, op: scf.For) -> str:
    """Of a loop that runs at least once; unsigned, so that no distance of bounds overflows."""
    span = f.emit(f"sub i64 {f[op.upper]}, {f[op.lower]}")
    if _constant(op.step) == 1:
        return span
    steps = f.emit(f"udiv i64 {f.emit(f'sub i64 {span}, 1')}, {f[op.step]}")
    return f.emit(f"add nuw i64 {steps}, 1")


def _induction(f: Emitter, op: scf.For, counter: str, flags: str, last: str) -> str:
    """The induction variable of an iteration, from `last` down if reversed; between the bounds, so it does not overflow."""
    flags = flags if flags.startswith("nuw") else ""
    scaled = counter if _constant(op.step) == 1 else f.emit(f"mul {flags}i64 {counter}, {f[op.step]}")
    if op.reversed:
        return f.emit(f"sub {flags}i64 {last}, {scaled}")
    return scaled if f[op.lower] == "0" else f.emit(f"add {flags}i64 {scaled}, {f[op.lower]}")


def _last(f: Emitter, op: scf.For) -> str:
    """The largest value of the induction variable."""
    if _constant(op.step) == 1:
        return f.emit(f"sub i64 {f[op.upper]}, 1")
    distance = f.emit(f"sub i64 {f.emit(f'sub i64 {f[op.upper]}, {f[op.lower]}')}, 1")
    whole = f.emit(f"mul i64 {f.emit(f'udiv i64 {distance}, {f[op.step]}')}, {f[op.step]}")
    return f.emit(f"add i64 {whole}, {f[op.lower]}")


def lower_while(f: Emitter, op: Op, body: Body) -> None:
    """The header runs trips + 1 times; a counter of its own, where the loop has none, keeps the context out of it."""
    assert isinstance(op, scf.While)
    charges = f.unit.plan.charges(op, f.func)
    count = counted(op) if charges and not f.unit.plan.contains_long(op) else None
    head, again, exit = f.fresh("while"), f.fresh("do"), f.fresh("endwhile")
    inits, preheader = f.parts(op.inits), f.block
    f.effect(f"br label %{head}")
    f.start(head)
    left, left_places = f.open_phis(["i64"], [str(WHILE_STRIDE)], preheader) if count is None else ([], [])
    state, places = f.open_phis(_types(op.inits), inits, preheader)
    f.define(op.before.args, state)
    body(f, op.before)
    condition, *forwarded = op.before.terminator.operands
    passed = f.parts(forwarded)
    f.effect(f"br i1 {f[condition]}, label %{again}, label %{exit}")
    f.start(again)
    f.define(op.after.args, passed)
    body(f, op.after)
    yielded = f.parts(op.after.terminator.operands)
    reset = [_poll_while(f, op, counter) for counter in left]
    f.close_phis([*left_places, *places], [*reset, *yielded], f.block)
    f.effect(f"br label %{head}")
    f.start(exit)
    f.define(op.results, passed)
    if charges:
        spent = f.emit(f"sub i64 {WHILE_STRIDE}, {left[0]}") if count is None else _distance(f, *count)
        _spend(f, f.emit(f"mul i64 {spent}, {_while_cost(f, op)}"))


def _distance(f: Emitter, first: Value, last: Value) -> str:
    """How far apart two integers are."""
    f.unit.declare("llvm.abs.i64", "i64 @llvm.abs.i64(i64, i1 immarg)", "nounwind")
    return f.emit(f"call i64 @llvm.abs.i64(i64 {f.emit(f'sub i64 {f[last]}, {f[first]}')}, i1 false)")


def _while_cost(f: Emitter, op: scf.While) -> int:
    return 1 + f.unit.plan.cost(op.before) + f.unit.plan.cost(op.after)


def _poll_while(f: Emitter, op: scf.While, left: str) -> str:
    """Count down; at zero pay for the trips made and poll. The result is the counter for the next trip."""
    following = f.emit(f"sub i64 {left}, 1")
    used_up = f.emit(f"icmp eq i64 {following}, 0")
    poll_spent(f, used_up, WHILE_STRIDE * _while_cost(f, op))
    return f.emit(f"select i1 {used_up}, i64 {WHILE_STRIDE}, i64 {following}")


def poll_spent(f: Emitter, condition: str, work: int) -> None:
    """If the condition holds, charge work and poll, out of the way."""
    f.unit.declare("irad_spend", "i32 @irad_spend(ptr, i64)", _POLL)
    f.rarely(condition, f"call i32 @irad_spend(ptr %ctx, i64 {work})")


def poll(f: Emitter, work: int) -> None:
    """Charge work, and poll if the fuel is used up."""
    left = _spend(f, str(work))
    poll_spent(f, f.emit(f"icmp slt i64 {left}, 0"), 0)


def _spend(f: Emitter, work: str) -> str:
    """Take work off the fuel."""
    place = f.field(context.FUEL)
    left = f.emit(f"sub i64 {f.emit(f'load i64, ptr {place}, align 8' + f.tag('context'))}, {work}")
    f.effect(f"store i64 {left}, ptr {place}, align 8{f.tag('context')}")
    return left


def _poll_after_iteration(f: Emitter, op: scf.For, body: Block) -> None:
    if f.unit.plan.contains_long(op):
        poll(f, 1 + f.unit.plan.cost(body))


def _charge(f: Emitter, op: scf.For, trips: str | None) -> None:
    """Charge an innermost loop that another loop may be around."""
    plan = f.unit.plan
    if plan.contains_long(op) or plan.is_small(op) or not plan.charges(op, f.func):
        return
    if trips is None or trips.startswith("%"):  # the count is not defined where the guard failed: an upper bound serves
        span = f.emit(f"sub i64 {f[op.upper]}, {f[op.lower]}")
        names = "llvm.smax.i64"
        f.unit.declare(names, f"i64 @{names}(i64, i64)", "nounwind")
        trips = f.emit(f"call i64 @{names}(i64 {span}, i64 0)")
    _spend(f, f.emit(f"mul i64 {trips}, {1 + plan.cost(op.body)}"))
