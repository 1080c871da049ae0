"""Calls that go straight to native code: what is noted of a call that took the general way, so that the next one like it need not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from types import FunctionType
from typing import Any

import numpy as np

from irad.api.calling import Argument, finished
from irad.api.compiled import Derivative, Program, quick_ways
from irad.api.leaves import Leaves
from irad.frontend import state
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static
from irad.ir.types import Type
from irad.options import Options, current_options, in_force
from irad.runtime import places, wrapper
from irad.runtime.abi import ArrayParameter
from irad.runtime.callable import Patchable, can_patch, patch
from irad.runtime.native import Native
from irad.runtime.owner import New, Parameter, Result, Value, assemble, make_owner
from irad.runtime.table import ARGUMENT, CONTIGUOUS, GIVEN, MAX_PARAMETERS, SHADOW, WRITEABLE

_NUMBERS = (float, int, bool, complex, np.float64)
_PLAIN_KINDS = "fiubc"  # of dtypes
_MOST_SEEN, _MOST_KNOWN = 64, 8  # kinds of calls of one function


@dataclass(slots=True)
class Call:
    """A call that took the general way.

    Parameters
    ----------
    program : Program
        What was called.
    wanted : Derivative
        Which derivative of it.
    given : sequence
        What the caller passed, by position.
    arguments : sequence of Argument
        The parameters' values, captured arrays aside.
    leaves : Leaves
        What was given, taken apart.
    seeds : int
        How many seeds of 1.0 the derivative takes.
    function : callable
        What was called.
    shadows : dict
        Where the shadows that the caller passed are among the given, by argument.
    positions : sequence of int
        Where each argument is among the given.
    """

    program: Program
    wanted: Derivative
    given: Sequence[Any]
    arguments: Sequence[Argument]
    leaves: Leaves
    seeds: int = 0
    function: Any = None
    shadows: dict[int, int] = field(default_factory=dict)
    positions: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        self.positions = [self.leaves.owner[k] for k in self.leaves.parameters]


class UnknownError(Exception):
    """A call is not of a kind that native code takes."""


@dataclass(slots=True)
class Kinds:
    """Kinds of calls: met once, and known to native code."""

    seen: dict[Any, None] = field(default_factory=dict)
    known: dict[Any, tuple[Any, ...]] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock)

    def note(self, key: Any, owner: Callable[[], tuple[Any, ...]]) -> bool:
        """Note a call; tells whether its kind is known now."""
        with self.lock:
            if key in self.known:
                return True
            if key not in self.seen:
                _put(self.seen, key, None, _MOST_SEEN)
                return False
            del self.seen[key]
            _put(self.known, key, owner(), _MOST_KNOWN)
            return True


def _put(entries: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Add an entry to a dict, which loses its oldest for it if it is full."""
    if len(entries) >= most:
        del entries[next(iter(entries))]
    entries[key] = value


class Quick(Patchable):
    """Base of callables whose calls are noted, for all that call the same function in the same way."""

    options: Options | None = None
    _function: Any = None  # what it calls, if it keeps that alive

    def __init__(self) -> None:
        self._kinds = Kinds()

    def _share(self, f: Any, *way: Any) -> None:
        """Calls are those of a function, in a certain way: what is known of such calls holds for this object too."""
        self._function = f
        if type(f) is FunctionType:
            self._kinds = quick_ways(f).setdefault((type(self), self.options, *way), self._kinds)
        if self._kinds.known:
            self._patch()

    def _note(self, call: Call, answer: Callable[[Plan], Any]) -> None:
        """Note a call and what makes the tree of its answer; when the same kind is met again, native code takes over."""
        if not can_patch(self) or (self._function is not None and self._function is not call.function):
            return
        try:
            plan = Plan(call, self.options)
            made = answer(plan)
        except UnknownError:
            return
        if self._kinds.note(plan.key, lambda: plan.owner(made)):
            self._patch()

    def _patch(self) -> None:
        """Behind its owners an object has the function whose parts they look at, which they do not keep alive themselves."""
        if can_patch(self):
            patch(self, (*reversed(self._kinds.known.values()), self._function))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_kinds": Kinds()}


class Plan:
    """How native code takes calls like one that was made."""

    def __init__(self, call: Call, options: Options | None) -> None:
        program, wanted = call.program, call.wanted
        if not _may_be_plain(call) or (wanted, True) not in program.executables:  # arrays that overlap: nothing is compiled for this here
            raise UnknownError
        self.call = call
        self.native: Native = program.executable(wanted, True)
        self.parameters: list[Parameter] = []
        self.shadows: dict[int, int] = {}  # by argument, the parameter that is its shadow
        self.arrays: list[_Array] = []
        self.specs: list[Spec] = []
        self._take_arguments()
        if len(self.parameters) > MAX_PARAMETERS or not wrapper.supports(self.native):
            raise UnknownError
        reads, rest = program.trace.guards.split()
        self.watched = [read for read in reads if places.can_watch(read)]
        if len(self.watched) < len(reads):
            rest = program.trace.guards
        self.check = rest.hold if len(rest) else None
        self.variables = [(state.tracing, None)] + ([(in_force, current_options())] if options is None else [])
        self.key = (
            program,
            wanted,
            tuple((p.source, p.index, p.accept, id(p.dtype), id(p.given)) for p in self.parameters),
            tuple(id(value) for *_, value in self.watched),
            tuple(id(value) for _, value in self.variables),
        )

    def _take_arguments(self) -> None:
        call = self.call
        captures = [Argument(array, name="a captured array") for array in call.program.trace.captures]
        everything = [*call.arguments, *captures]
        flags = call.program.activity(call.wanted) if call.wanted.mode != "primal" else (False,) * len(everything)
        for i, (argument, active) in enumerate(zip(everything, flags, strict=True)):
            position = call.positions[i] if i < len(call.positions) else None
            if isinstance(argument.value, np.ndarray):
                self._take_array(i, argument.value, position, active)
            else:
                self._take_number(i, position, active)
        for _ in range(call.seeds):
            self.parameters.append(Parameter(self._type(), GIVEN, 0, 1.0))
        for position in sorted(set(range(len(call.given))).difference(call.positions, call.shadows.values())):
            self.parameters.append(Parameter(None, ARGUMENT, position, _constant(call.given[position])))

    def _type(self) -> Type:
        """The type of the parameter that comes next."""
        return self.native.interface.arguments[len(self.parameters)]

    def _take_array(self, i: int, array: np.ndarray, position: int | None, active: bool) -> None:
        k, type = len(self.parameters), self._type()
        own = self.native.parameters[k]
        assert isinstance(own, ArrayParameter)
        written = i in self.call.program.written
        source = (GIVEN, 0, array) if position is None else (ARGUMENT, position, None)
        flags = own.flags | (WRITEABLE if written else 0)
        self.parameters.append(Parameter(type, *source, dtype=array.dtype, flags=flags, mask=CONTIGUOUS))
        self.arrays.append(_Array(k, written, active))
        if not active:
            return
        if self.call.program.reads_strides and not own.flags & CONTIGUOUS:
            raise UnknownError
        self.shadows[i] = k + 1
        if i in self.call.shadows:
            own = self.native.parameters[k + 1]
            assert isinstance(own, ArrayParameter)
            flags = own.flags | WRITEABLE
            self.parameters.append(Parameter(self._type(), ARGUMENT, self.call.shadows[i], like=k, dtype=array.dtype, flags=flags))
            self.arrays.append(_Array(k + 1, True, True))
        else:
            self.parameters.append(Parameter(self._type(), SHADOW, k, dtype=array.dtype))

    def _take_number(self, i: int, position: int | None, active: bool) -> None:
        assert position is not None
        self._pass(position)
        if active and self.call.wanted.mode == "forward":
            self._pass(self.call.shadows[i])

    def _pass(self, position: int) -> None:
        self.parameters.append(Parameter(self._type(), ARGUMENT, position, accept=type(self.call.given[position])))

    # ------------------------------------------------------------ answers

    def primal(self) -> Any:
        """The place in an answer of what the function returns."""
        return self._tree(self.call.program.trace.result)

    def _tree(self, tree: Any) -> Any:
        match tree:
            case ScalarSpec() | ArraySpec() if tree.dtype.kind in _PLAIN_KINDS:
                return self._result(tree)
            case Static():
                return Value(tree.value)
            case None:
                return Value(None)
            case tuple() | list() if type(tree) in (tuple, list):
                return type(tree)(self._tree(part) for part in tree)
            case _:
                raise UnknownError

    def _result(self, spec: ScalarSpec | ArraySpec) -> Result:
        self.specs.append(spec)
        number = len(self.specs) - 1
        dtype = _dtype(spec)
        if isinstance(spec, ScalarSpec) and dtype is not None and dtype.kind == "c":
            raise UnknownError
        return Result(self.native.interface.results[number], number, dtype)

    def tangents(self, tree: Any) -> Any:
        """The places of tangents, for a tree of the specs of those; to be asked for behind `primal`, if at all."""
        return self._tree(tree)

    def gradients(self, alike: bool = True) -> dict[int, Any]:
        """The places of the derivatives, by position (`alike`: by NumPy's numbers as such); to be asked for behind `primal`, if at all."""
        found: dict[int, Any] = {}
        for i, (position, argument) in enumerate(zip(self.call.positions, self.call.arguments, strict=True)):
            if argument.active and isinstance(argument.value, np.ndarray):
                found[position] = New(self.shadows[i])
            elif argument.active:
                strong = alike and isinstance(argument.value, np.generic)
                found[position] = self._result(ScalarSpec(np.dtype(type(argument.value)), not strong))
        return found

    def owner(self, answer: Any) -> tuple[Any, ...]:
        """What native code knows of calls like this; keeps alive the functions that it looks at, but for the called one."""
        native, specs = self.native, self.specs
        frame = native.new_frame()

        def collect(*full: Any) -> Any:
            flat = native.fetch(frame, full)
            return assemble(answer, [finished(spec, x) for spec, x in zip(specs, flat, strict=True)], full)

        results = [Result(type, dtype=_dtype(spec)) for type, spec in zip(native.interface.results, specs, strict=True)]
        conditions = places.conditions(self.watched, self.variables, self.check, self.call.function)
        return make_owner(native, frame, self.parameters, answer, collect, results=results, pairs=self._pairs(), conditions=conditions)

    def _pairs(self) -> list[tuple[int, int]]:
        """Arrays of which one is written, or that both have a shadow: if they overlap, the general way finds out what to do."""
        pairs = [(a, b) for k, a in enumerate(self.arrays) for b in self.arrays[:k]]
        return [(a.parameter, b.parameter) for a, b in pairs if a.written or b.written or (a.active and b.active)]


@dataclass(frozen=True, slots=True)
class _Array:
    """A parameter that is an array, or a shadow that the caller passed."""

    parameter: int
    written: bool
    active: bool


def _dtype(spec: Spec) -> np.dtype[Any] | None:
    assert not isinstance(spec, Static)
    return None if isinstance(spec, ScalarSpec) and spec.weak else spec.dtype


def _may_be_plain(call: Call) -> bool:
    """Whether all that is passed on are numbers of Python's or arrays, as they are (or an int as a float)."""
    if call.leaves.structure is not None or call.program.trace.writes or call.wanted.holomorphic:
        return False
    pairs = [(call.given[i], a.value) for i, a in zip(call.positions, call.arguments, strict=True)]
    pairs += [(call.given[k], call.arguments[i].shadow) for i, k in call.shadows.items()]
    return all(
        (given is value and (type(given) in _NUMBERS or type(given) is np.ndarray)) or (type(given) is int and type(value) is float)
        for given, value in pairs
    )


def _constant(value: Any) -> Any:
    """An argument that is known while tracing, if that it is the same object is all that counts."""
    if value is None or type(value) in (str, bytes) or type(value).__eq__ is object.__eq__:
        return value
    raise UnknownError
