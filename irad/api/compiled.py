"""From a Python function and the types of its arguments to native code: traces, derivatives and executables, each made once."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Literal

from irad.errors import NonScalarReturnError, RuntimeActivityError, fail, instance
from irad.frontend import StaticNeeded, Trace, trace
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static
from irad.frontend.arguments import OfFunction, leaves_of, parts_of
from irad.ir.core import Func, Module, clone_func
from irad.ir.ops import irad
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

    `active` has a flag for every parameter of the traced function; `results`: which of the results are differentiated; `seeded`: which
    of the values that are written back have a seed in reverse mode (in forward mode all have tangents); `implicit`:
    memory that turns out to need a shadow gets one (the caller passes zeros), instead of being refused; `holomorphic`: the result
    that is differentiated is a complex number.
    """

    mode: str = "primal"
    active: tuple[bool, ...] = ()
    results: Literal["all", "first", "none"] = "all"
    with_primal: bool = True
    implicit: bool = False
    holomorphic: bool = False
    seeded: tuple[bool, ...] = ()


class Program:
    """A function traced for certain argument types, and what has been compiled from it."""

    def __init__(self, f: Callable[..., Any], specs: Sequence[Spec], options: Options, assume: bool = True) -> None:
        self.options = options
        with using(options):
            self.trace: Trace = trace(f, specs, assume=assume)
        self._function, self._specs = _reference(f), list(specs)
        self._general: Program | None = None
        self.module = self.trace.module
        self.name = self.trace.func.name
        self.written = self.trace.written
        self.reads_strides = reads_strides(self.module)
        self.written_back = sum(len(leaves_of(tree)) for w in self.trace.writes for tree in w.entries.values())
        self._modules: dict[bool, Module] = {}
        self.executables: dict[tuple[Derivative, bool], Native] = {}
        self.activities: dict[Derivative, tuple[bool, ...]] = {}
        self._varied: dict[tuple[bool, ...], tuple[bool, ...]] = {}
        self.lock = threading.RLock()

    def general(self) -> Program:
        """The program for arrays whose sizes are not as this one takes them to be; it is traced when it is first needed."""
        with self.lock:
            if self._general is None:
                self._general = Program(self._function(), self._specs, self.options, assume=False)
            return self._general

    @property
    def parameters(self) -> int:
        """How many parameters the traced function has, captured arrays included."""
        return len(self.trace.func.args)

    def result_is_number(self, first: bool = False, kind: str = "f") -> bool:
        """Whether the function returns one float (a complex number with kind "c"), or with `first` a tuple whose first entry is one."""
        result = self.trace.result
        if first and isinstance(result, tuple | dict) and result:
            result = next(iter(parts_of(result)))
        return isinstance(result, ScalarSpec) and result.dtype.kind == kind

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
        if wanted not in self.activities:
            self.activities[wanted] = self._complete(wanted)
        return self.activities[wanted]

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

    def varied(self, active: tuple[bool, ...]) -> tuple[bool, ...]:
        """Which of the values that the function returns depend on the active parameters."""
        if active not in self._varied:
            module = self._optimized(noalias=True)
            func = module.funcs[self.name]
            flags = [*active, *[False] * (len(func.args) - len(active))]
            activity = Activity(module, func, Alias(func), flags, None)
            self._varied[active] = tuple(activity.active(v) for v in func.body.terminator.operands)
        return self._varied[active]

    def executable(self, wanted: Derivative, noalias: bool) -> Native:
        """Native code of a derivative, compiled when it is first asked for."""
        key = wanted, noalias
        with self.lock:
            if key not in self.executables:
                module, func = self.derive(wanted, noalias)
                self.executables[key] = compile_module(module, func.name, self.options, exceptions=self.trace.exceptions)
            return self.executables[key]

    def derive(self, wanted: Derivative, noalias: bool, finished: bool = True) -> tuple[Module, Func]:
        """The module and the function of a derivative."""
        module = self.prepared(noalias)
        func = module.funcs[self.name]
        results = self._active_results(wanted, func)
        if wanted.mode == "reverse":
            kind, first = "c" if wanted.holomorphic else "f", wanted.results == "first"
            if wanted.results != "none" and not self.result_is_number(first, kind):
                raise self.not_scalar(holomorphic=wanted.holomorphic)
            func = reverse(module, self.name, self.activity(wanted), results, wanted.with_primal)
        elif wanted.mode == "forward":
            func = forward(module, self.name, self.activity(wanted), results, wanted.with_primal)
        if finished:
            finish(module, self.options, func.name)
        return module, func

    def _active_results(self, wanted: Derivative, func: Func) -> list[bool]:
        count = len(func.result_types)
        returned = count - self.written_back
        last = {"all": returned, "first": 1, "none": 0}[wanted.results]
        every = wanted.mode == "forward" and wanted.results == "all"
        behind = wanted.seeded if wanted.seeded and not every else [every] * self.written_back
        flags = [*(i < last for i in range(returned)), *behind]
        return [on and is_differentiable(t) for on, t in zip(flags, func.result_types, strict=True)]

    def not_scalar(self, pair: bool = False, holomorphic: bool = False) -> Exception:
        """The error for a function whose result has no gradient."""
        returned = f"{self.name} returns {describe(self.trace.result)}."
        if holomorphic:
            text = f"a holomorphic derivative needs a function that returns one complex number; {returned}"
            return fail(NonScalarReturnError, self.trace.func.loc, text)
        wanted = "with has_aux a pair of one real number and anything" if pair else "one real number"
        remedy = "For all its derivatives use jacobian, for products with them vjp or jvp, or write the result into a Duplicated argument."
        if isinstance(self.trace.result, ScalarSpec) and self.trace.result.dtype.kind == "c":
            remedy = (
                "The derivative of a complex number is no single number: return a real one, such as z.real or abs(z); use vjp, whose seed "
                "1 gives the gradient of the real part and 1j that of the imaginary part; or, if the function is holomorphic, "
                "autodiff(irad.ReverseHolomorphic, ...)."
            )
        return fail(NonScalarReturnError, self.trace.func.loc, f"a gradient needs a function that returns {wanted}; {returned}", remedy)


def _reference(f: Callable[..., Any]) -> Callable[[], Any]:
    """What gives the function, which is not kept alive where that can be helped."""
    try:
        return weakref.ref(f)
    except TypeError:
        return lambda: f


def reads_strides(module: Module) -> bool:
    """Whether the strides of an array are used in the views of it; its shadow then needs the same strides."""
    return any(isinstance(op, irad.Stride) for f in module.funcs.values() for op in f.walk())


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
            return f"{instance(tree)} of {len(tree)}"
        case _:
            return instance(tree)


def _describe(func: Func, i: int) -> str:
    hint = func.args[i].hint
    return f"argument {hint}" if hint else f"argument {i}"


@dataclass(slots=True)
class Versions:
    """What is known of a function: its programs by argument types, integers whose value has to be known while tracing, quick ways to it."""

    programs: dict[Any, list[Program]] = field(default_factory=dict)
    static: dict[Any, int] = field(default_factory=dict)
    derived: dict[Any, OfFunction] = field(default_factory=dict)
    quick: dict[Any, Any] = field(default_factory=dict)


_programs: weakref.WeakKeyDictionary[Any, Versions] = weakref.WeakKeyDictionary()
_held: dict[int, tuple[Any, Versions]] = {}  # by id, of functions that cannot be weak keys; the latest few
_HELD, _REBINDINGS, _SIGNATURES = 64, 8, 256
_lock = threading.RLock()


def program(f: Callable[..., Any], specs: list[Spec], values: Sequence[Any], options: Options) -> Program:
    """The program of a function for arguments of these types; traced again where something that it read outside has changed.

    Where an integer turns out to be needed while tracing (as an axis), its place in `specs` is changed to its value.
    """
    ahead = getattr(f, "__irad_program__", None)
    if ahead is not None:
        return ahead(specs, values)
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


def derived(f: Callable[..., Any], key: Any, make: Callable[[], OfFunction]) -> Any:
    """A function made from another: the same object for the same key."""
    known = _versions(f).derived
    found = known.get(key)
    if found is None:
        with _lock:
            found = known.setdefault(key, make())
            if len(known) > _SIGNATURES:
                del known[next(iter(known))]
    return found


def clear_caches() -> None:
    """Forget all compiled code; what is still referenced keeps working.

    Examples
    --------
    >>> import irad
    >>> irad.clear_caches()
    """
    _programs.clear()
    _held.clear()
