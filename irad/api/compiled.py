"""From a Python function and the types of its arguments to native code: traces, derivatives and executables, each made once."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Literal

from irad.errors import NonScalarReturnError, RuntimeActivityError, fail
from irad.frontend import StaticNeeded, Trace, trace
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static
from irad.ir.core import Func, Module, clone_func
from irad.ir.types import is_differentiable
from irad.options import Options, using
from irad.passes.ad.activity import Activity
from irad.passes.ad.forward import forward
from irad.passes.ad.reverse import reverse
from irad.passes.alias import Alias
from irad.passes.pipeline import finish, optimize
from irad.runtime.engine import compile_module
from irad.runtime.native import Native


@dataclass(frozen=True, slots=True)
class Derivative:
    """Which derivative of a function: None of it, forward or reverse, by which parameters.

    `active` has a flag for every parameter of the traced function; `results`: which of the results are differentiated; `implicit`:
    memory that turns out to need a shadow gets one (the caller passes zeros), instead of being refused.
    """

    mode: str = "primal"
    active: tuple[bool, ...] = ()
    results: Literal["all", "first", "none"] = "all"
    with_primal: bool = True
    implicit: bool = False


class Program:
    """A function traced for certain argument types, and what has been compiled from it."""

    def __init__(self, f: Callable[..., Any], specs: Sequence[Spec], options: Options) -> None:
        self.options = options
        with using(options):
            self.trace: Trace = trace(f, specs)
        self.module = self.trace.module
        self.name = self.trace.func.name
        self.written = self.trace.written
        self._modules: dict[bool, Module] = {}
        self._executables: dict[tuple[Derivative, bool], Native] = {}
        self._activities: dict[Derivative, tuple[bool, ...]] = {}
        self.lock = threading.RLock()

    @property
    def parameters(self) -> int:
        """How many parameters the traced function has, captured arrays included."""
        return len(self.trace.func.args)

    def result_is_real_number(self, first: bool = False) -> bool:
        """Whether the function returns one float, or a tuple whose first entry is one."""
        result = self.trace.result
        if first and isinstance(result, tuple) and result:
            result = result[0]
        return isinstance(result, ScalarSpec) and result.dtype.kind == "f"

    def prepared(self, noalias: bool) -> Module:
        """A copy of the module, optimised as far as it is before differentiation."""
        return copy_module(self._optimized(noalias))

    def _optimized(self, noalias: bool) -> Module:
        with self.lock:
            if noalias not in self._modules:
                module = copy_module(self.module)
                module.funcs[self.name].attrs["noalias"] = noalias
                optimize(module, self.options)
                self._modules[noalias] = module
            return self._modules[noalias]

    def activity(self, wanted: Derivative) -> tuple[bool, ...]:
        """The flags of a derivative, with those of memory that needs a shadow added, or refused unless `implicit`."""
        if wanted not in self._activities:
            self._activities[wanted] = self._complete(wanted)
        return self._activities[wanted]

    def _complete(self, wanted: Derivative) -> tuple[bool, ...]:
        module = self._optimized(noalias=True)
        func = module.funcs[self.name]
        flags = list(wanted.active) + [False] * (len(func.args) - len(wanted.active))
        results = None if wanted.mode == "forward" else self._active_results(wanted, func)
        while True:
            forced = Activity(module, func, Alias(func), flags, results).forced
            if not forced:
                return tuple(flags)
            for arg, loc in forced.items():
                if not wanted.implicit:
                    name = _describe(func, arg.index)
                    raise fail(
                        RuntimeActivityError,
                        loc,
                        f"an active value is stored into {name}, or may share a variable with it, but {name} is Const and has no shadow.",
                        "Pass it as Duplicated, with a shadow of zeros, or copy it first.",
                    )
                flags[arg.index] = True

    def executable(self, wanted: Derivative, noalias: bool) -> Native:
        """Native code of a derivative, compiled when it is first asked for."""
        key = wanted, noalias
        with self.lock:
            if key not in self._executables:
                module, func = self.derive(wanted, noalias)
                self._executables[key] = compile_module(module, func.name, self.options, exceptions=self.trace.exceptions)
            return self._executables[key]

    def derive(self, wanted: Derivative, noalias: bool, finished: bool = True) -> tuple[Module, Func]:
        """The module and the function of a derivative."""
        module = self.prepared(noalias)
        func = module.funcs[self.name]
        results = self._active_results(wanted, func)
        if wanted.mode == "reverse":
            if wanted.results != "none" and not self.result_is_real_number(first=wanted.results == "first"):
                raise self._not_scalar()
            func = reverse(module, self.name, self.activity(wanted), results, wanted.with_primal)
        elif wanted.mode == "forward":
            func = forward(module, self.name, self.activity(wanted), results, wanted.with_primal)
        if finished:
            finish(module, self.options, func.name)
        return module, func

    def _active_results(self, wanted: Derivative, func: Func) -> list[bool]:
        last = {"all": len(func.result_types), "first": 1, "none": 0}[wanted.results]
        return [i < last and is_differentiable(t) for i, t in enumerate(func.result_types)]

    def _not_scalar(self) -> Exception:
        return fail(
            NonScalarReturnError,
            self.trace.func.loc,
            f"a gradient needs a function that returns one real number; {self.name} returns {describe(self.trace.result)}.",
            "For products with its jacobian use vjp or jvp, or write the result into a Duplicated argument.",
        )


def copy_module(module: Module) -> Module:
    """A copy that may be changed without changing the original."""
    return Module([clone_func(f, name) for name, f in module.funcs.items()])


def describe(tree: Any) -> str:
    """A result's type in words."""
    match tree:
        case ScalarSpec():
            return f"a number of dtype {tree.dtype}"
        case ArraySpec():
            return f"an array of {tree.rank} dimensions and dtype {tree.dtype}"
        case Static():
            return repr(tree.value)
        case tuple() | list():
            return f"a {type(tree).__name__} of {len(tree)}"
        case _:
            return f"a {type(tree).__name__}"


def _describe(func: Func, i: int) -> str:
    hint = func.args[i].hint
    return f"argument {hint}" if hint else f"argument {i}"


@dataclass(slots=True)
class Versions:
    """What is known of a function: its programs by argument types, integers whose value has to be known while tracing, quick ways to it."""

    programs: dict[Any, list[Program]] = field(default_factory=dict)
    static: dict[Any, int] = field(default_factory=dict)
    quick: dict[Any, Any] = field(default_factory=dict)


_programs: weakref.WeakKeyDictionary[Any, Versions] = weakref.WeakKeyDictionary()
_held: dict[int, tuple[Any, Versions]] = {}  # by id, of functions that cannot be weak keys; the latest few
_HELD, _REBINDINGS, _SIGNATURES = 64, 8, 256
_lock = threading.RLock()


def program(f: Callable[..., Any], specs: list[Spec], values: Sequence[Any], options: Options) -> Program:
    """The program of a function for arguments of these types; traced again where something that it read outside has changed.

    Where an integer turns out to be needed while tracing (as an axis), its place in `specs` is changed to its value.
    """
    versions = _versions(f)
    while True:
        key = tuple(specs), options
        if key in versions.static:
            specs[versions.static[key]] = Static(values[versions.static[key]])
            continue
        found = _valid(versions, key)
        if found is not None:
            return found
        try:
            return _make(f, specs, options, versions)
        except StaticNeeded as needed:
            parameters = [i for i, spec in enumerate(specs) if not isinstance(spec, Static)]
            versions.static[key] = parameters[needed.parameter]


def _make(f: Callable[..., Any], specs: list[Spec], options: Options, versions: Versions) -> Program:
    key = tuple(specs), options
    with _lock:
        found = _valid(versions, key)
        if found is None:
            found = Program(f, specs, options)
            versions.programs[key] = [found, *versions.programs.pop(key, ())][:_REBINDINGS]
            if len(versions.programs) > _SIGNATURES:
                del versions.programs[next(iter(versions.programs))]
    return found


def _valid(versions: Versions, key: Any) -> Program | None:
    return next((known for known in versions.programs.get(key, ()) if known.trace.guards.hold()), None)


def quick_ways(f: FunctionType) -> dict[Any, Any]:
    """What takes calls of derivatives of a function at once, by kind of call: kept as long as the function."""
    known = _programs.get(f)
    return (known or _versions(f)).quick


def _versions(f: Callable[..., Any]) -> Versions:
    try:
        return _programs.setdefault(f, Versions())
    except TypeError:  # without hash or weak references
        with _lock:
            held = _held.pop(id(f), (f, Versions()))
            _held[id(f)] = held
            if len(_held) > _HELD:
                del _held[next(iter(_held))]
        return held[1]


def clear_caches() -> None:
    """Forget all compiled code; what is still referenced keeps working.

    Examples
    --------
    >>> import irad
    >>> irad.clear_caches()
    """
    _programs.clear()
    _held.clear()
