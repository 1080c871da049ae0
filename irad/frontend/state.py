"""The state of a trace: the functions being built, the regions that are open, and the log of writes to containers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CodeType, MethodType, ModuleType
from typing import Any

import numpy as np

from irad.errors import InternalError
from irad.frontend import values
from irad.frontend.guards import Guards
from irad.frontend.sizes import Equalities, assumed
from irad.frontend.values import PLAIN, Array
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Loc, Module, Op
from irad.pytree import attributes, is_object, slots


class ControlFlow(BaseException):
    """Leaves a region while tracing; never seen by the user's code, which may not catch exceptions around traced code."""


class Diverges(ControlFlow):
    """The program always raises here at run time: nothing follows on this path."""


class Pending(ControlFlow):
    """The result type of a recursive call is not known yet: the other path decides it."""


class Restart(ControlFlow):
    """Trace again from the start, with a function compiled as a function instead of inlined."""

    def __init__(self, code: CodeType, general: bool) -> None:
        self.code = code
        self.general = general  # whether numbers that are known while tracing are passed at run time


@dataclass
class Region:
    """A branch or loop body that is being traced: the containers written in it, as they were before."""

    opened: int
    certain: bool = False  # a trial of code that runs for certain, not a branch of it
    log: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def restore(self) -> None:
        """Undo the writes."""
        for obj, before in self.log.values():
            set_contents(obj, before)


@dataclass
class Context:
    """A function of the IR that is being traced."""

    func: Func
    outer: Context | None = None
    captures: dict[int, tuple[np.ndarray, Array]] = field(default_factory=dict)
    conditional: bool = False  # whether the function may never be called
    regions: list[Region] = field(default_factory=list)


@dataclass(eq=False)
class Passes:
    """What earlier passes over a loop found: its templates, and the passes of the loops inside it, in the order they were met."""

    code: Any = None
    found: Any = None
    inner: list[Passes] = field(default_factory=list)
    met: int = 0

    def next(self, code: Any) -> Passes:
        """The passes of the loop that is met now."""
        self.met += 1
        if self.met > len(self.inner):
            self.inner.append(Passes(code))
        elif self.inner[self.met - 1].code is not code:
            self.inner[self.met - 1] = Passes(code)
        return self.inner[self.met - 1]


@dataclass
class State:
    """Everything that one call of `trace` shares."""

    module: Module
    builder: Builder
    context: Context
    guards: Guards = field(default_factory=Guards)
    outer: State | None = None
    passes: Passes = field(default_factory=Passes)  # of the innermost loop that is being traced
    serial: int = 0
    made: dict[int, tuple[Any, int]] = field(default_factory=dict)  # containers made while tracing, and when
    shared: dict[int, Any] = field(default_factory=dict)  # containers that stand for one of several
    written: set[int] = field(default_factory=set)
    places: dict[int, Loc] = field(default_factory=dict)  # of the first write to a container
    stack: list[Any] = field(default_factory=list)  # calls of user functions
    active: dict[int, int] = field(default_factory=dict)  # by id of code: how often it is on the stack
    shown: dict[str, Any] = field(default_factory=dict)  # traced values in texts, by the marker that stands for them
    exceptions: dict[str, type[BaseException]] = field(default_factory=dict)
    functions: dict[Any, Any] = field(default_factory=dict)  # recursive functions, by what they are specialised on
    recursive: dict[int, bool] = field(
        default_factory=dict
    )  # codes that were found to be recursive: whether numbers are passed at run time
    assuming: bool = False  # whether sizes may be taken as equal, see `assumptions`
    assumed: bool = False  # whether some were
    equalities: Equalities = field(default_factory=Equalities)
    awaited: list[tuple[type[BaseException], Region]] = field(default_factory=list)  # exceptions that end an iteration
    watched: set[tuple[int, int]] = field(default_factory=set)  # codes and globals whose reads are guarded

    # ------------------------------------------------------------ containers

    def fresh(self, obj: Any) -> Any:
        """Note that a container was made by traced code."""
        self.serial += 1
        self.made[id(obj)] = (obj, self.serial)
        return obj

    def is_fresh(self, obj: Any, region: Region) -> bool:
        """Whether a container was made inside a region."""
        known = self.made.get(id(obj))
        return known is not None and known[1] > region.opened

    def writes(self, obj: Any) -> None:
        """Log that a container is about to be written."""
        if id(obj) in self.shared:
            raise values.refuse(
                f"this {type(obj).__name__} may be one of several, chosen at run time, so that it cannot be written.",
                "Write into a copy of it, or keep the numbers in an array.",
            )
        self.written.add(id(obj))
        for region in reversed(self.context.regions):
            if id(obj) in region.log or self.is_fresh(obj, region):
                break
            if id(obj) not in self.places:
                self.places[id(obj)] = values.locate()
            region.log[id(obj)] = (obj, contents(obj))

    def advances(self, obj: Any) -> None:
        """Refuse to change an object of which the state cannot be logged, unless the code that changes it has also made it."""
        if not self.is_fresh(obj, self.context.regions[-1]):
            raise values.refuse(
                f"this {type(obj).__name__} was made elsewhere, and is advanced or changed here: that would happen once, while tracing.",
                "Make it where it is used, or use a list or an array and an index.",
            )

    # ------------------------------------------------------------ iterations that exceptions end

    @contextmanager
    def awaiting(self, error: type[BaseException]) -> Iterator[None]:
        """Code whose exception of a kind is caught while tracing."""
        self.awaited.append((error, self.context.regions[-1]))
        try:
            yield
        finally:
            self.awaited.pop()

    def awaits(self, exception: BaseException) -> bool:
        """Whether an exception is caught while tracing, so that it must be raised there."""
        if not self.awaited or not isinstance(exception, self.awaited[-1][0]):
            return False
        if self.awaited[-1][1] is not self.context.regions[-1]:
            raise values.refuse(
                "the end of this iteration depends on a value that is known only at run time.",
                "Write the loop over a range, with a break.",
            )
        return True

    # ------------------------------------------------------------ regions

    @property
    def conditional(self) -> bool:
        """Whether the code being traced may not run."""
        return self.context.conditional or not all(region.certain for region in self.context.regions)

    @contextmanager
    def region(self, block: Block, certain: bool = False) -> Iterator[Region]:
        """Trace into a block; the writes to containers are logged, and undone at the end."""
        self.serial += 1
        region = Region(self.serial, certain)
        builder = self.builder
        before = builder.block, builder.before
        builder.block, builder.before = block, None
        self.context.regions.append(region)
        try:
            yield region
        finally:
            popped = self.context.regions.pop()
            assert popped is region
            builder.block, builder.before = before

    @contextmanager
    def another_pass(self, passes: Passes) -> Iterator[None]:
        """Trace the body of a loop once more."""
        outer, self.passes = self.passes, passes
        passes.met = 0
        try:
            yield
        finally:
            self.passes = outer

    @contextmanager
    def emitting(self, block: Block) -> Iterator[Builder]:
        """Emit at the end of a block."""
        builder = self.builder
        before = builder.block, builder.before
        builder.block, builder.before = block, None
        try:
            yield builder
        finally:
            builder.block, builder.before = before


tracing: ContextVar[State | None] = ContextVar("irad_trace", default=None)


def state() -> State:
    """The trace that is running."""
    found = tracing.get()
    if found is None:
        raise InternalError("a function that was rewritten for tracing was called outside a trace")
    return found


def current_state() -> State | None:
    """The trace that is running, or None."""
    return tracing.get()


@contextmanager
def running(new: State) -> Iterator[State]:
    """Make a trace the current one."""
    token, equalities = tracing.set(new), assumed.set(new.equalities)
    try:
        yield new
    finally:
        tracing.reset(token)
        assumed.reset(equalities)


def erase(block: Block) -> None:
    """Drop what was traced into a block."""
    for op in block.reversed_ops():
        op.erase()


def splice(source: Block, target: Block) -> None:
    """Move the operations of a block to the end of another."""
    for op in source.ops:
        op.detach()
        target.append(op)


def only(block: Block, allowed: Callable[[Op], bool]) -> bool:
    """Whether all operations of a block pass a test."""
    return all(allowed(op) for op in block.ops)


# ---------------------------------------------------------------- what a container holds

Contents = dict[Any, Any]


_CLASS_STATEMENT = 1 << 9  # CPython's flag of types that a class statement has made, and of a few of its own
_NOT_WRITTEN = ("builtins", "types", "functools", "itertools")


def has_state(x: Any) -> bool:
    """Whether a value is an object with attributes, of a class that is written in Python."""
    cls = type(x)
    if cls in PLAIN or is_object(x):
        return cls not in PLAIN
    if not cls.__flags__ & _CLASS_STATEMENT or isinstance(x, type | ModuleType | MethodType):
        return False
    if cls.__module__ in _NOT_WRITTEN or cls.__module__.startswith(("numpy", "irad.")):
        return False
    return hasattr(x, "__dict__") or slots(cls) != ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """The key of an attribute of a list, dict or set of the user's own class."""

    name: str

    def __repr__(self) -> str:
        return f".{self.name}"


def contents(obj: Any) -> Contents:
    """What a container holds now, by key, index or attribute."""
    special = getattr(type(obj), "__irad_contents__", None)
    if special is not None:
        return special(obj)
    if isinstance(obj, list | deque | dict | set):
        held = dict(enumerate(obj)) if isinstance(obj, list | deque) else dict(obj) if isinstance(obj, dict) else dict.fromkeys(obj)
        return held if type(obj) in PLAIN else held | {Attribute(k): v for k, v in attributes(obj).items()}
    return attributes(obj)


def set_contents(obj: Any, held: Contents) -> None:
    """Let a container hold what `contents` told."""
    special = getattr(type(obj), "__irad_set_contents__", None)
    if special is not None:
        special(obj, held)
    elif isinstance(obj, list | deque | dict | set):
        if type(obj) not in PLAIN:
            _set_attributes(obj, {k.name: v for k, v in held.items() if isinstance(k, Attribute)})
            held = {k: v for k, v in held.items() if not isinstance(k, Attribute)}
        base = next(cls for cls in type(obj).__mro__ if cls.__module__ in ("builtins", "collections"))  # without the user's methods
        base.clear(obj)
        if isinstance(obj, list | deque):
            base.extend(obj, held.values())
        else:
            base.update(obj, held)
    else:
        _set_attributes(obj, held)


def _set_attributes(obj: Any, held: Contents) -> None:
    named = slots(type(obj))
    free = getattr(obj, "__dict__", None)
    if free is not None:
        free.clear()
        free.update({k: v for k, v in held.items() if k not in named})
    for name in named:
        if name in held:
            object.__setattr__(obj, name, held[name])
        elif hasattr(obj, name):
            object.__delattr__(obj, name)
