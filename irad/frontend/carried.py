"""What a loop carries: guesses of the types of its variables and of the containers that it writes, widened until they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from irad.frontend.dtypes import BOOL
from irad.frontend.exits import is_internal
from irad.frontend.merging import (
    HOLE,
    UNBOUND,
    Fixed,
    Leaf,
    Maybe,
    MaybeUnbound,
    Mismatch,
    Template,
    Tree,
    Widening,
    build,
    flatten,
    identical,
    template,
    types,
)
from irad.frontend.regions import Variable, alike, mismatched, place
from irad.frontend.state import Contents, Passes, Region, State, contents, set_contents
from irad.frontend.values import Scalar, Traced
from irad.ir.core import Block, Value


@dataclass(slots=True)
class Held:
    """A container that a loop writes: what it holds before the loop, and the templates of its entries."""

    obj: Any
    before: Contents
    entries: dict[Any, Template]


@dataclass(slots=True)
class End:
    """How a traced body ended: values of the variables, contents of the containers it wrote."""

    finals: list[Any]
    outs: list[Any]
    written: dict[int, tuple[Any, Contents, Contents]]


@dataclass
class Carried:
    """What a loop carries from one iteration to the next, and what it leaves behind."""

    state: State
    names: list[Variable]  # read by the next iteration
    outs: list[Variable]  # read only behind the loop
    temporaries: list[Variable] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    held: dict[int, Held] = field(default_factory=dict)
    settled: bool = False
    certain: bool = False  # whether the body certainly runs

    def __post_init__(self) -> None:
        self.inits = [v.read() for v in self.names]
        self.before = [v.read() for v in self.outs]
        self.discarded = [v.read() for v in self.temporaries]
        self.templates = [template(x, True) for x in self.inits]
        self.entered: list[Any] = []

    def recall(self, passes: Passes) -> None:
        """Begin with what an earlier pass over an outer loop has found: this one cannot find less."""
        known: Carried | None = passes.found
        passes.found = self
        if known is None or [v.name for v in known.names] != [v.name for v in self.names]:
            return
        self.templates = [_recalled(t, x) for t, x in zip(known.templates, self.inits, strict=True)]
        self.settled = known.settled
        for key, h in known.held.items():
            now = contents(h.obj)
            if key not in self.state.made and now.keys() == h.entries.keys():
                self.held[key] = Held(h.obj, now, {k: _recalled(t, now[k]) for k, t in h.entries.items()})

    def all_templates(self) -> list[Template]:
        """Templates of variables and containers, in the order of the block's arguments."""
        return [*self.templates, *(t for h in self.held.values() for t in h.entries.values())]

    def arguments(self, block: Block) -> None:
        """Add block arguments for everything that is carried."""
        for type in types(self.all_templates()):
            block.add_arg(type)
        if all(isinstance(t, Leaf | Fixed) for t in self.templates):  # arguments and variables correspond
            carried = [v.name for v, t in zip(self.names, self.templates, strict=True) if isinstance(t, Leaf)]
            for arg, name in zip(block.args[-len(types(self.all_templates())) :], carried, strict=False):
                arg.hint = "" if is_internal(name) else name

    def enter(self, given: Sequence[Value]) -> None:
        """Let variables and containers have the values of the block's arguments."""
        source, made = iter(given), {}
        self.entered = [build(t, source, made, self.state, None) for t in self.templates]
        for variable, value in zip(self.names, self.entered, strict=True):
            variable.write(value)
        for h in self.held.values():
            self.write_held(h, source, made)

    def write_held(self, h: Held, source: Iterator[Value], made: dict[int, Any]) -> None:
        now = {key: build(t, source, made, self.state, None) for key, t in h.entries.items()}
        self.state.writes(h.obj)
        set_contents(h.obj, {k: v for k, v in now.items() if v is not UNBOUND})

    def restore(self) -> None:
        """Variables as they were before the loop; the regions restore the containers."""
        for variable, value in zip((*self.names, *self.outs, *self.temporaries), (*self.inits, *self.before, *self.discarded), strict=True):
            variable.write(value)

    def end(self, region: Region) -> End:
        """What the body leaves behind now."""
        written = {key: (obj, old, contents(obj)) for key, (obj, old) in region.log.items()}
        return End([v.read() for v in self.names], [v.read() for v in self.outs], written)

    def widen(self, end: End) -> bool:
        """Widen the templates by what an iteration left behind; whether anything changed."""
        widening = Widening()
        changed = False
        for i, (variable, init, final) in enumerate(zip(self.names, self.inits, end.finals, strict=True)):
            old = self.templates[i]
            if not self.settled:
                self.templates[i] = _settle(old, init, final)
            new = self.templates[i] = _widened(widening, variable.name, self.templates[i], final)
            changed |= new is not old
        self.settled = True
        for key, (obj, before, after) in end.written.items():
            known = self.held.get(key)
            first, last = alike(obj, before if known is None else known.before, after)
            entries = {} if known is None else known.entries
            if known is not None and first.keys() != known.before.keys():
                known, entries = None, {}
            new_entries = {
                k: _widened(widening, place(obj, k), entries.get(k) or Fixed(first.get(k, UNBOUND)), last.get(k, UNBOUND))
                for k in [*first, *(k for k in last if k not in first)]
            }
            if all(t is entries.get(k) or (known is None and isinstance(t, Fixed)) for k, t in new_entries.items()):
                continue
            self.held[key] = Held(obj, first, new_entries)
            changed = True
        return changed

    def flat(self, finals: Sequence[Any], held: Callable[[Held], Contents], block: Block) -> list[Value]:
        """IR values of what is carried, emitted at the end of a block."""
        out: list[Value] = []
        seen: set[int] = set()
        with self.state.emitting(block):
            for t, x in zip(self.templates, finals, strict=True):
                flatten(t, x, out, seen)
            for h in self.held.values():
                now = held(h)
                for key, t in h.entries.items():
                    flatten(t, now.get(key, UNBOUND), out, seen)
        return out

    def initial(self, block: Block) -> list[Value]:
        """IR values before the loop."""
        return self.flat(self.inits, lambda h: h.before, block)

    def final(self, end: End, block: Block) -> list[Value]:
        """IR values at the end of an iteration."""

        def held(h: Held) -> Contents:
            known = end.written.get(id(h.obj))
            return h.before if known is None else alike(h.obj, h.before, known[2])[1]

        return self.flat(end.finals, held, block)

    def finish(self, given: Sequence[Value]) -> None:
        """Let variables and containers have the values that they have behind the loop."""
        source, made = iter(given), {}
        for variable, t in zip(self.names, self.templates, strict=True):
            variable.write(build(t, source, made, self.state, None))
        for h in self.held.values():
            self.write_held(h, source, made)


def _widened(widening: Widening, label: str, t: Template, x: Any) -> Template:
    try:
        return widening(t, x)
    except Mismatch as mismatch:
        raise mismatched(label, mismatch) from None


def _recalled(t: Template, init: Any) -> Template:
    """The template that an earlier pass found, for what the variable holds now; containers are looked at anew."""
    if isinstance(t, Fixed):
        return t if not isinstance(init, Traced) and identical(t.value, init) else template(init, True)
    if isinstance(t, Tree) and (not isinstance(init, tuple) or t.kind is not type(init) or len(t.parts) != len(init)):
        return template(init, True)
    if isinstance(t, Tree):
        return Tree(t.kind, t.keys, [_recalled(p, x) for p, x in zip(t.parts, init, strict=True)], [])
    if isinstance(t, MaybeUnbound) and not isinstance(t.value, Leaf):
        return template(init, True)
    try:
        return Widening()(t, init)
    except Mismatch:
        return template(init, True)


def _settle(t: Template, init: Any, final: Any) -> Template:
    """Constants that the first trial of a body left as they were stay constants."""
    if isinstance(t, Leaf) and not isinstance(init, Traced) and not isinstance(final, Traced) and identical(init, final):
        return Fixed(init)
    if isinstance(t, Tree) and isinstance(final, tuple) and isinstance(init, tuple) and len(final) == len(init):
        parts = [_settle(p, a, b) for p, a, b in zip(t.parts, init, final, strict=True)]
        return t if all(a is b for a, b in zip(parts, t.parts, strict=True)) else Tree(t.kind, t.keys, parts, t.origins)
    return t


# ---------------------------------------------------------------- what is read only behind the loop


class Outs:
    """Variables that no iteration reads before it assigns them: only the last iteration's values matter."""

    def __init__(self, carried: Carried, end: End, trips_test: Callable[[], Value] | None) -> None:
        self.carried = carried
        self.end = end
        self.trips_test = trips_test
        self.guarded: list[bool] = []  # bound if and only if the loop ran
        self.templates: list[Template] = []
        for variable, before, final in zip(carried.outs, carried.before, end.outs, strict=True):
            unset = before is UNBOUND or before is HOLE
            guarded = unset and trips_test is not None and final is not UNBOUND and not isinstance(final, Maybe)
            self.guarded.append(guarded and before is UNBOUND)
            if carried.certain or guarded:
                self.templates.append(template(final, True))
            else:
                self.templates.append(_widened(Widening(), variable.name, Fixed(before), final))

    def arguments(self, block: Block) -> None:
        """Block arguments, which nobody reads."""
        for type in types(self.templates):
            block.add_arg(type)

    def _flat(self, given: Sequence[Any], block: Block) -> list[Value]:
        out: list[Value] = []
        seen: set[int] = set()
        with self.carried.state.emitting(block):
            for t, x in zip(self.templates, given, strict=True):
                flatten(t, x, out, seen)
        return out

    def initial(self, block: Block) -> list[Value]:
        """IR values before the loop."""
        replaced = [HOLE if self.carried.certain or g else x for x, g in zip(self.carried.before, self.guarded, strict=True)]
        return self._flat(replaced, block)

    def final(self, block: Block) -> list[Value]:
        """IR values at the end of an iteration."""
        return self._flat(self.end.outs, block)

    def finish(self, given: Sequence[Value]) -> None:
        """Let the variables have the values that they have behind the loop."""
        source, made = iter(given), {}
        for variable, t, guarded in zip(self.carried.outs, self.templates, self.guarded, strict=True):
            value = build(t, source, made, self.carried.state, None)
            if guarded and not self.carried.certain and self.trips_test is not None:
                value = Maybe(value, Scalar(self.trips_test(), BOOL, True))
            variable.write(value)
