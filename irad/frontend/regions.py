"""Traces code into regions, and joins what two of them leave behind in variables and containers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from types import CellType, FunctionType
from typing import Any

from irad.errors import instance
from irad.frontend import values
from irad.frontend.exits import is_internal
from irad.frontend.growing import Growth, ordinary
from irad.frontend.merging import HOLE, UNBOUND, Mismatch, Template, Widening, build, flatten, template, types
from irad.frontend.state import Attribute, Contents, Diverges, Pending, State, contents, set_contents
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, math
from irad.ir.types import Type

Thunk = Callable[[], Any]


@dataclass(slots=True)
class Variable:
    """A local variable of the user's function: a closure cell."""

    name: str
    cell: CellType

    def read(self) -> Any:
        try:
            return self.cell.cell_contents
        except ValueError:
            return HOLE if is_internal(self.name) else UNBOUND

    def write(self, value: Any) -> None:
        if value is UNBOUND or value is HOLE:
            self.clear()
        else:
            self.cell.cell_contents = value

    def clear(self) -> None:
        """Make the variable unbound."""
        with suppress(ValueError):
            del self.cell.cell_contents


def variables(names: Iterable[str], *functions: Any) -> list[Variable]:
    """The variables that control functions assign."""
    table: dict[str, CellType] = {}
    for function in functions:
        if isinstance(function, FunctionType) and function.__closure__ is not None:
            table.update(zip(function.__code__.co_freevars, function.__closure__, strict=True))
    return [Variable(name, table[name]) for name in names if name in table]


@dataclass(slots=True)
class Side:
    """A traced path: its operations, and what it leaves behind."""

    block: Block
    result: Any = None
    finals: list[Any] = field(default_factory=list)
    held: dict[int, tuple[Any, Contents, Contents]] = field(default_factory=dict)  # container: before, after
    ended: type[BaseException] | None = None
    opened: int = 0

    def apply(self, state: State, names: Sequence[Variable]) -> Any:
        """Go on as this path did."""
        for variable, value in zip(names, self.finals, strict=True):
            variable.write(value)
        for obj, _, after in self.held.values():
            state.writes(obj)
            set_contents(obj, after)
        return self.result

    def final(self, obj: Any, before: Contents) -> Contents:
        """What a container holds at the end."""
        known = self.held.get(id(obj))
        return known[2] if known is not None else before


def trace_side(
    state: State, run: Thunk | None, names: Sequence[Variable], temporaries: Sequence[Variable] = (), certain: bool = False
) -> Side:
    """Trace one path into a block; variables and containers are afterwards as they were before."""
    side = Side(Block())
    every = [*names, *temporaries]
    before = [v.read() for v in every]
    with ExitStack() as undone:
        for variable, value in zip(every, before, strict=True):
            undone.callback(variable.write, value)
        region = undone.enter_context(state.region(side.block, certain))
        undone.callback(region.restore)
        side.opened = region.opened
        try:
            side.result = run() if run is not None else None
        except (Diverges, Pending) as end:
            side.ended = type(end)
        side.finals = [v.read() for v in names]
        side.held = {key: (obj, old, contents(obj)) for key, (obj, old) in region.log.items()}
    return side


# ---------------------------------------------------------------- joining two sides


@dataclass(slots=True)
class Root:
    """A place whose value differs between two paths: a variable, an entry of a container, or the result."""

    label: str
    first: Any
    second: Any
    write: Callable[[Any], None]
    template: Template


class Join:
    """What two paths leave behind, joined."""

    def __init__(self, state: State, names: Sequence[Variable], a: Side, b: Side) -> None:
        self.state = state
        self.opened = min(a.opened, b.opened)
        self.widening = Widening()
        self.roots: list[Root] = []
        self.after: list[tuple[Any, Contents]] = []
        self.result: Any = None
        for i, variable in enumerate(names):
            self.add(variable.name, a.finals[i], b.finals[i], variable.write)
        for obj, before in {key: (obj, old) for side in (a, b) for key, (obj, old, _) in side.held.items()}.values():
            self.container(obj, a.final(obj, before), b.final(obj, before))
        self.add("the result", a.result, b.result, self._set_result)

    def _set_result(self, value: Any) -> None:
        self.result = value

    def add(self, label: str, first: Any, second: Any, write: Callable[[Any], None]) -> None:
        """Join one place."""
        try:
            joined = self.widening(template(first, False), second)
        except Mismatch as mismatch:
            raise mismatched(label, mismatch) from None
        self.roots.append(Root(label, first, second, write, joined))

    def container(self, obj: Any, first: Contents, second: Contents) -> None:
        """Join what a container holds."""
        first, second = alike(obj, first, second)
        held: Contents = {}
        self.after.append((obj, held))
        for key in [*first, *(k for k in second if k not in first)]:
            self.add(place(obj, key), first.get(key, UNBOUND), second.get(key, UNBOUND), _entry(held, key))

    @property
    def types(self) -> list[Type]:
        """IR types of what is joined."""
        return types(root.template for root in self.roots)

    def yields(self, side: int, block: Block) -> list[Value]:
        """End one side: the values that it gives to what is joined."""
        out: list[Value] = []
        with self.state.emitting(block):
            seen: set[int] = set()
            for root in self.roots:
                flatten(root.template, root.second if side else root.first, out, seen)
        return out

    def finish(self, results: Sequence[Value]) -> Any:
        """Write the joined values into variables and containers."""
        given, made = iter(results), {}
        for root in self.roots:
            root.write(build(root.template, given, made, self.state, self.opened))
        for obj, held in self.after:
            self.state.writes(obj)
            set_contents(obj, {k: v for k, v in held.items() if v is not UNBOUND})
        return self.result


def _entry(held: Contents, key: Any) -> Callable[[Any], None]:
    def write(value: Any) -> None:
        held[key] = value

    return write


def alike(obj: Any, first: Contents, second: Contents) -> tuple[Contents, Contents]:
    """What a container holds on two paths, in forms of the same keys: lists of two lengths become lists that grow."""
    if isinstance(obj, list):
        grown = any(isinstance(c.get(0), Growth) for c in (first, second))
        if grown or len(first) != len(second):
            return _grown(first), _grown(second)
    elif first.keys() != second.keys() and not hasattr(obj, "__dict__") and not isinstance(obj, dict):
        raise values.refuse(
            f"{instance(obj)} has {len(first)} elements on one path and {len(second)} on the other.",
            "Use a list or an array where the number of elements depends on values that are known only at run time.",
        )
    return first, second


def _grown(held: Contents) -> Contents:
    attributes = {k: v for k, v in held.items() if isinstance(k, Attribute)}
    elements = [v for k, v in held.items() if k not in attributes]
    grown = elements[0] if len(elements) == 1 and isinstance(elements[0], Growth) else ordinary(elements)
    return {0: grown, **attributes}


def place(obj: Any, key: Any) -> str:
    """How a message names an entry of a container."""
    if isinstance(obj, list | dict):
        return f"the entry [{key!r}] of {instance(obj)}"
    return f"the attribute .{key} of {instance(obj)}"


def mismatched(label: str, mismatch: Mismatch) -> Exception:
    """The refusal for a variable of two types."""
    label = "the returned value" if label == "_irad_result" else label if label.startswith("the ") else f"the variable {label!r}"
    return values.refuse(f"{label} is {mismatch} of code that is chosen at run time.", "Give it one type on all paths.")


_TRAPS = (arith.DivSI, arith.DivUI, arith.RemSI, arith.RemUI, arith.FloorDivSI, math.FloorModSI)


def harmless(op: Op) -> bool:
    """Whether an operation may run where the program would not have run it, at little cost and with no effect on derivatives."""
    if not op.pure or isinstance(op, _TRAPS) or op.regions:
        return False
    return isinstance(
        op, arith.Constant | arith.CmpI | arith.CmpF | arith.AndI | arith.OrI | arith.XorI | arith.AddI | arith.SubI | arith.MulI
    )
