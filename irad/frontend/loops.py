"""Loops of rewritten code: plain Python where nothing traced decides, `scf.for` and `scf.while` otherwise.

The body of a loop is traced with a guess of what it carries, and again as long as the guess was too narrow: a variable changed its
type or turned out not to be constant, or the body wrote a container that nobody had known of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from irad.errors import InternalError
from irad.frontend import values
from irad.frontend.calls import check_iterators
from irad.frontend.carried import Carried, End, Held, Outs
from irad.frontend.control import branch, is_traced, not_, or_, truth
from irad.frontend.growing import growth_of, in_memory
from irad.frontend.iterables import Counted, as_index, counted, is_long, steps_of
from irad.frontend.iteration import items
from irad.frontend.merging import UNBOUND, Fixed, Leaf, Template, Tree, Widening, identical, template, types
from irad.frontend.regions import Thunk, Variable, alike, trace_side, variables
from irad.frontend.state import Diverges, Pending, Region, State, erase, splice, state
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, scf
from irad.ir.types import i1, index

_PASSES = 24
_STATIC_TRIPS = 10_000  # iterations of a while loop that are traced one after the other


# ---------------------------------------------------------------- for


def for_(
    iterable: Any, body: Callable[[Any], None], heads: Sequence[str], outs: Sequence[str], exits: Sequence[str], temporaries: Sequence[str]
) -> None:
    """A for statement.

    `heads`: variables that the next iteration may read, `outs`: those that are read only behind the loop; `exits`: flags that end it.
    """
    iterable = values.as_traced(iterable)
    if isinstance(iterable, list) and growth_of(iterable) is not None:
        in_memory(iterable)
    if not is_long(iterable):
        _unrolled(iterable, body, [*heads, *outs], temporaries, variables(exits, body))
        return
    now = state()
    loop = counted(values.emitter(), steps_of(iterable))
    if loop.trips == 0:
        return
    length = growth_of(iterable) if isinstance(iterable, list) else None
    carried = Carried(now, variables(heads, body), variables(outs, body), variables(temporaries, body), certain=bool(loop.trips))
    passes = now.passes.next(body.__code__)
    carried.recall(passes)
    for _ in range(_PASSES):
        block = Block([index], ["i"])
        with now.another_pass(passes):
            end = _iteration(carried, block, lambda block=block: body(loop.item(block.args[0])), 1)
        if end is None:
            erase(block)
            return
        if not carried.widen(end):
            _finish_for(carried, block, end, loop, exits)
            if length is not None and not identical(length, growth_of(iterable)):
                raise _changed()
            return
        erase(block)
    raise InternalError(f"the types of a loop's variables do not settle: {', '.join(heads)}")


def _iteration(carried: Carried, block: Block, run: Thunk, first: int) -> End | None:
    """Trace a body once; None if it cannot be traced before the type of a recursive call is known."""
    carried.arguments(block)
    region: Region | None = None
    try:
        with carried.state.region(block) as region:
            carried.enter(block.args[first:])
            for variable in carried.outs:
                variable.clear()
            try:
                run()
                end = carried.end(region)
            except Diverges:
                end = End(carried.entered, carried.before, {})
    except Pending:
        return None
    finally:
        if region is not None:
            region.restore()
        carried.restore()
    return end


def _finish_for(carried: Carried, block: Block, end: End, loop: Counted, exits: Sequence[str]) -> None:
    b = values.emitter()
    lower, upper = as_index(b, loop.lower), as_index(b, loop.upper)

    def ran() -> Value:
        return values.emitter()(arith.CmpI, lower, upper, predicate="slt")

    outs = Outs(carried, end, ran)
    outs.arguments(block)
    inits = [*carried.initial(b.block), *outs.initial(b.block)]
    finals = [*carried.final(end, block), *outs.final(block)]
    flags = [i for i, v in enumerate(carried.names) if v.name in exits and isinstance(carried.templates[i], Leaf)]
    if flags:
        results = _early_exit(carried, b, block, (lower, upper, loop.step), inits, finals, flags)
    else:
        b.at(block).yield_(*finals)
        op = b.op(scf.For, (lower, upper, b.index(loop.step), *inits), None, [v.type for v in inits], [block])
        results = op.results
    count = len(types(carried.all_templates()))
    carried.finish(results[:count])
    outs.finish(results[count:])


def _early_exit(
    carried: Carried, b: Builder, block: Block, bounds: tuple[Value, Value, int], inits: list[Value], finals: list[Value], flags: list[int]
) -> list[Value]:
    """A counted loop that may be left early: a while whose header tests counter and flags."""
    lower, upper, step = bounds
    before = Block([index, *(v.type for v in inits)], ["i"])
    header = b.at(before)
    go_on = header(arith.CmpI, before.args[0], upper, predicate="slt")
    for i in flags:
        position = 1 + len(types(carried.templates[:i]))
        go_on = header(arith.AndI, go_on, header(arith.XorI, before.args[position], header.true()))
    header.op(scf.Condition, (go_on, *before.args))
    ending = b.at(block)
    ending.yield_(ending(arith.AddI, block.args[0], ending.index(step)), *finals)
    op = b.op(scf.While, (lower, *inits), None, [index, *(v.type for v in inits)], [before, block])
    return op.results[1:]


def _unrolled(iterable: Any, body: Callable[[Any], None], names: Sequence[str], temporaries: Sequence[str], exits: list[Variable]) -> None:
    """A loop over something that Python iterates over while tracing."""
    for item in _watched(iterable):
        left: Any = False
        for flag in exits:
            left = or_(left, flag.read)
        if is_traced(left):
            branch(not_(left), lambda item=item: body(loaded(item)), None, variables(names, body), variables(temporaries, body))
        elif left:
            return
        else:
            body(loaded(item))


def _watched(iterable: Any) -> Iterator[Any]:
    """The items of something; a list must not begin to grow at run time while it is iterated over."""
    check_iterators((iterable,))
    for item in items(iterable):
        yield item
        if isinstance(iterable, list) and growth_of(iterable) is not None:
            raise _changed()


def _changed() -> Exception:
    return values.refuse("a list grows at run time while it is iterated over.", "Use a while loop.")


def loaded(x: Any) -> Any:
    """What comes from outside: arrays become captured arguments, those in tuples too."""
    x = values.as_traced(x)
    if type(x) is tuple:
        return tuple(loaded(v) for v in x)
    return x


# ---------------------------------------------------------------- while


def while_(test: Thunk, body: Thunk, heads: Sequence[str], outs: Sequence[str], temporaries: Sequence[str]) -> None:
    """A while statement; the names are those of `for_`."""
    now = state()
    every = variables([*heads, *outs], test, body)
    discarded = variables(temporaries, test, body)
    for k in range(_STATIC_TRIPS):
        found: list[Any] = []

        def attempt(found: list[Any] = found, peek: bool = k == 0) -> None:
            found.append(test())
            if not is_traced(found[0]) and found[0]:
                body()
                if peek:
                    found.append(_peek(now, test, [*every, *discarded]))

        side = trace_side(now, attempt, every, discarded, certain=True)
        if side.ended is None and any(is_traced(t) for t in found):
            erase(side.block)
            break
        splice(side.block, values.emitter().block)
        side.apply(now, every)
        if side.ended is not None:
            raise side.ended
        if not found[0]:
            return
    else:
        raise values.refuse(
            f"a while loop whose condition is known while tracing has run {_STATIC_TRIPS} times.",
            "Let the condition depend on an argument, or leave the loop with break or return instead of an exception.",
        )
    carried = Carried(now, variables(heads, test, body), variables(outs, test, body), discarded)
    _while(carried, test, body)


def _peek(now: State, test: Thunk, names: list[Variable]) -> Any:
    """What the next test would give, without its effects."""
    side = trace_side(now, test, names, certain=True)
    erase(side.block)
    return side.result


def _while(carried: Carried, test: Thunk, body: Thunk) -> None:
    passes = carried.state.passes.next(body.__code__)
    carried.recall(passes)
    for _ in range(_PASSES):
        attempt = _While(carried, test)
        with carried.state.another_pass(passes):
            if not attempt.header():
                return
            end = attempt.iteration(body)
        if end is None:
            attempt.drop()
            return
        if not carried.widen(end):
            attempt.finish(end)
            return
        attempt.drop()
    raise InternalError(f"the types of a loop's variables do not settle: {', '.join(v.name for v in carried.names)}")


class _While:
    """One attempt at a while loop: its header and its body."""

    def __init__(self, carried: Carried, test: Thunk) -> None:
        self.carried = carried
        self.test = test
        self.before = Block()
        self.after = Block()
        self.condition: Value | None = None

    def drop(self) -> None:
        """Undo the attempt."""
        erase(self.after)
        erase(self.before)

    def header(self) -> bool:
        """Trace the test; False if the loop cannot be traced yet."""

        def run() -> None:
            tested = self.test()
            b = values.emitter()
            self.condition = truth(tested) if is_traced(tested) else b.constant(bool(tested), i1)

        end = _iteration(self.carried, self.before, run, 0)
        if end is None:
            erase(self.before)
            return False
        if self.condition is None:  # the test always raises
            with self.carried.state.emitting(self.before) as b:
                self.condition = b.constant(False, i1)
        self.tested = end
        # What the test leaves behind, which is what the body and the code behind the loop see.
        self.forward = Carried(self.carried.state, self.carried.names, self.carried.outs, self.carried.temporaries)
        entered = self.carried.entered
        self.forward.templates = [
            t if x is e else _forwarded(t, x) for t, x, e in zip(self.carried.templates, end.finals, entered, strict=True)
        ]
        self.forward.settled = True
        for key, h in self.carried.held.items():
            after = alike(h.obj, h.before, end.written[key][2])[1] if key in end.written else h.before
            self.forward.held[key] = Held(h.obj, h.before, {k: _forwarded(t, after.get(k, UNBOUND)) for k, t in h.entries.items()})
        for key, (obj, before, after) in end.written.items():
            if key not in self.carried.held and any(not identical(before.get(k, UNBOUND), v) for k, v in after.items()):
                self.forward.held[key] = Held(obj, before, {k: template(v, True) for k, v in after.items()})
        return True

    def iteration(self, body: Thunk) -> End | None:
        """Trace the body."""
        end = _iteration(self.forward, self.after, body, 0)
        if end is not None:
            for key, (obj, before, after) in self.tested.written.items():
                end.written.setdefault(key, (obj, before, after))
        return end

    def finish(self, end: End) -> None:
        """Build the loop."""
        b = values.emitter()
        carried, forward = self.carried, self.forward
        outs = Outs(carried, end, None)
        outs.arguments(self.before)
        outs.arguments(self.after)
        inits = [*carried.initial(b.block), *outs.initial(b.block)]
        count = len(inits) - len(types(outs.templates))
        assert self.condition is not None
        passed = [*forward.final(self.tested, self.before), *self.before.args[count:]]
        b.at(self.before).op(scf.Condition, (self.condition, *passed))
        finals = [*carried.final(end, self.after), *outs.final(self.after)]
        b.at(self.after).yield_(*finals)
        op = b.op(scf.While, inits, None, [v.type for v in passed], [self.before, self.after])
        split = len(passed) - len(types(outs.templates))
        forward.finish(op.results[:split])
        outs.finish(op.results[split:])


def _forwarded(t: Template, x: Any) -> Template:
    """The template of what the test leaves in a variable; what is constant in the loop stays so."""
    if isinstance(t, Fixed) and identical(t.value, x):
        return t
    return Widening()(t, x) if isinstance(t, Tree) else template(x, True)
