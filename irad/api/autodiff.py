"""Enzyme's way of asking for derivatives: a mode, a function, the activity of its result, annotated arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from irad.api import nested_autodiff
from irad.api.annotated import MISSED, way_of
from irad.api.annotations import Active, Annotation, Const, Duplicated, DuplicatedNoNeed
from irad.api.calling import Argument, invoke
from irad.api.compiled import Derivative, Program
from irad.api.leaves import Leaves, World, has_derivative, number, outcome, prepare, tangent_outcome
from irad.api.modes import ForwardMode, Mode, ReverseMode
from irad.api.quick import Call, Plan
from irad.api.shadows import accumulate, check_const, numbers_by_value, seeds_of_writes, shadow_world
from irad.frontend.arguments import leaves_of, only_floats
from irad.frontend.calls import call
from irad.frontend.state import current_state
from irad.frontend.values import refuse
from irad.options import Options
from irad.runtime.owner import Value

_Outcome = tuple[tuple[Any, ...], Call, Callable[[Plan, list[int]], Any]]  # a result, and what to note of the call


class Derivatives(NamedTuple):
    """Result of reverse mode: one entry per argument, None where it is not Active."""

    derivs: tuple[Any, ...]


class DerivativesAndPrimal(NamedTuple):
    """Result of reverse mode with primal."""

    derivs: tuple[Any, ...]
    primal: Any


class Tangent(NamedTuple):
    """Result of forward mode."""

    derivs: Any


class PrimalAndTangent(NamedTuple):
    """Result of forward mode with primal."""

    primal: Any
    derivs: Any


def autodiff(mode: Mode, f: Callable[..., Any] | Const, *args: Any, options: Options | None = None) -> tuple[Any, ...]:
    """Differentiate a function at its arguments.

    Parameters
    ----------
    mode : Mode
        `Forward`, `ForwardWithPrimal`, `Reverse` or `ReverseWithPrimal`; for a complex result that is holomorphic in complex arguments
        `ReverseHolomorphic` or `ReverseHolomorphicWithPrimal`.
    f : callable
        The function, of numbers, arrays, and trees of them. A callable object may be annotated: `Duplicated(object, shadow)`.
    *args
        Optionally the activity of the result first, an annotation class: `Active` (reverse), `Duplicated` or `DuplicatedNoNeed`
        (forward), or `Const`. If it is left out, it is guessed: reverse Active if f returns a number, Const if it returns None; forward
        `DuplicatedNoNeed`. Then the arguments, annotated with `Const`, `Active`, `Duplicated`, `DuplicatedNoNeed`; one without is Const.
    options : Options, optional
        How to compile.

    Returns
    -------
    tuple
        Reverse: `((d0, d1, ...),)`, with None where an argument is not Active; shadows of Duplicated arguments accumulate in place.
        ReverseWithPrimal: `((d0, ...), primal)`. Forward: `(primal, derivative)` for Duplicated, `(derivative,)` for DuplicatedNoNeed, `()`
        for Const. They are named tuples with fields `derivs` and `primal`, equal to the plain ones.

    Raises
    ------
    TypeError
        If a mode and an annotation do not go together, or a dtype has no derivative.
    ValueError
        If arrays and shadows overlap in different ways, or an array that is written is read-only.
    NonScalarReturnError
        If reverse mode is asked of a function that does not return one real number.
    RuntimeActivityError
        If an active value is stored into a Const array.

    Examples
    --------
    >>> import irad
    >>> tuple(irad.autodiff(irad.Forward, lambda x: x * x, irad.Duplicated, irad.Duplicated(3.14, 1.0)))
    (9.8596, 6.28)
    """
    if not isinstance(mode, Mode):
        raise TypeError(f"the first argument of autodiff is a mode such as irad.Reverse, not {mode!r}")
    activity = None
    if args and isinstance(args[0], type) and issubclass(args[0], Annotation):
        activity, args = args[0], args[1:]
    if isinstance(f, Duplicated):
        found = _autodiff(mode, activity, _CALL, (f, *args), options)
        return found._replace(derivs=found.derivs[1:]) if isinstance(found, Derivatives | DerivativesAndPrimal) else found
    return _autodiff(mode, activity, f.val if isinstance(f, Annotation) else f, args, options)


class _Call:
    """Calls a callable object with the other arguments."""

    def __irad_call__(self, f: Callable[..., Any], *args: Any) -> Any:
        return call(f, *args)

    def __call__(self, f: Callable[..., Any], *args: Any) -> Any:
        """Call it."""
        return f(*args)


_CALL = _Call()


def _autodiff(
    mode: Mode, activity: type[Annotation] | None, function: Callable[..., Any], args: tuple[Any, ...], options: Options | None
) -> tuple[Any, ...]:
    way = way_of(mode, function, activity, args, options)
    if way is not None:
        answer = way(*way.flat(args))
        if answer is not MISSED:
            return tuple.__new__(way.shape, answer)
    annotated = [a if isinstance(a, Annotation) else Const(a) for a in args]
    if current_state() is not None:
        return _nested(mode, activity, function, annotated)
    made, leaves = prepare(function, [a.val for a in annotated], options)
    if leaves.structure is not None:
        leaves.check([i for i, a in enumerate(annotated) if not isinstance(a, Const)])
    if isinstance(mode, ForwardMode):
        result, noted, plan = _forward(mode, activity, made, annotated, leaves)
    else:
        assert isinstance(mode, ReverseMode)
        result, noted, plan = _reverse(mode, activity, made, annotated, leaves)
    if way is not None:
        way.note(function, noted, args, type(result), plan)
    return result


def _nested(mode: Mode, activity: type[Annotation] | None, function: Callable[..., Any], annotated: list[Annotation]) -> tuple[Any, ...]:
    """The derivative of an inner function, in traced code."""
    if isinstance(mode, ForwardMode):
        wished = _forward_activity(mode, activity, annotated)
        primal, tangent = nested_autodiff.forward_mode(function, annotated, wished is Duplicated)
        return () if wished is Const else PrimalAndTangent(primal, tangent) if wished is Duplicated else Tangent(tangent)
    assert isinstance(mode, ReverseMode)
    _check_reverse_activity(activity)
    if mode.holomorphic:
        raise refuse("a holomorphic derivative in compiled code is not supported.", "Take gradients of its real and imaginary part.")
    derivs, primal = nested_autodiff.reverse_mode(function, annotated, activity, mode.return_primal)
    return DerivativesAndPrimal(derivs, primal) if mode.return_primal else Derivatives(derivs)


def _check_reverse_activity(activity: type[Annotation] | None) -> None:
    if activity not in (None, Active, Const):
        raise TypeError(f"in reverse mode the result is Active or Const, not {activity.__name__}")


def _reverse(mode: ReverseMode, activity: type[Annotation] | None, made: Program, annotated: list[Annotation], leaves: Leaves) -> _Outcome:
    _check_reverse_activity(activity)
    for k in numbers_by_value(annotated, leaves):
        kind = type(leaves.leaves[k]).__name__
        raise TypeError(f"{leaves.name(k)} is Duplicated, but a {kind} is passed by value; in reverse mode use Active")
    shadows = shadow_world(annotated, leaves)
    arguments = [_reverse_argument(annotated[leaves.owner[k]], k, leaves, shadows) for k in leaves.parameters]
    flags = tuple(a.active for a in arguments)
    none_returned = not leaves_of(made.trace.result)
    first = [1.0] if activity is Active or (activity is None and not none_returned) else []
    behind = seeds_of_writes(made, flags, leaves, shadows) if made.trace.writes else ()
    wanted = Derivative(
        "reverse",
        flags,
        "all" if first else "none",
        mode.return_primal or bool(made.trace.writes),
        holomorphic=mode.holomorphic,
        seeded=tuple(seed is not None for seed in behind),
    )
    if mode.holomorphic:
        _check_holomorphic(arguments)
    with _conjugated([a.shadow for a in arguments if mode.holomorphic and a.active]):
        results = iter(invoke(made, arguments, wanted, [*first, *(seed for seed in behind if seed is not None)]))
    primal = outcome(made, leaves, results) if wanted.with_primal else None
    cotangents = [next(results) if a.active and not isinstance(a.value, np.ndarray) else None for a in arguments]
    if mode.holomorphic:
        cotangents = [None if c is None else np.conj(c).item() for c in cotangents]
    if leaves.structure is not None:
        accumulate(made, annotated, leaves, shadows, cotangents)
    derivs = _derivatives(annotated, leaves, cotangents)
    result = DerivativesAndPrimal(derivs, primal) if mode.return_primal else Derivatives(derivs)

    def plan(plan: Plan, starts: list[int]) -> Any:
        value = (plan.primal(),) if mode.return_primal else ()
        found = plan.gradients(alike=False)
        return tuple(found[starts[i]] if isinstance(a, Active) else Value(None) for i, a in enumerate(annotated)), *value

    return result, Call(made, wanted, (), arguments, leaves, len(first)), plan


def _check_holomorphic(arguments: list[Argument]) -> None:
    for a in arguments:
        if a.active and not np.iscomplexobj(a.value):
            raise TypeError(f"a holomorphic derivative is by complex numbers, and {a.name} is real; pass a complex number, or it as Const")


@contextmanager
def _conjugated(shadows: Sequence[Any]) -> Iterator[None]:
    """Shadows as the real part of the result needs them: there they hold d/dx + i d/dy, of which df/dz is the conjugate."""
    arrays = [s for s in shadows if np.iscomplexobj(s)]
    for shadow in arrays:
        np.conjugate(shadow, out=shadow)
    try:
        yield
    finally:
        for shadow in arrays:
            np.conjugate(shadow, out=shadow)


def _derivatives(annotated: list[Annotation], leaves: Leaves, cotangents: list[Any]) -> tuple[Any, ...]:
    """The derivatives by the Active arguments, in their own shape."""
    found: list[Any] = [None] * len(leaves.leaves)
    for k, cotangent in zip(leaves.parameters, cotangents, strict=True):
        found[k] = cotangent
    trees = leaves.trees(found)[0]
    return (
        tuple(trees)
        if leaves.structure is None
        else tuple(t if isinstance(a, Active) else None for t, a in zip(trees, annotated, strict=True))
    )


def _reverse_argument(a: Annotation, k: int, leaves: Leaves, shadows: World) -> Argument:
    value, name = leaves.leaves[k], leaves.name(k)
    active = has_derivative(value)
    if isinstance(a, Duplicated):
        return Argument(value, active, shadows.leaves[k] if isinstance(value, np.ndarray) else None, name)
    return Argument(value, active and isinstance(a, Active), None, name)


def _forward_activity(mode: ForwardMode, activity: type[Annotation] | None, annotated: list[Annotation]) -> type[Annotation]:
    """What is wanted of the result in forward mode."""
    if activity is Active or any(isinstance(a, Active) for a in annotated):
        raise TypeError("Active arguments not allowed in forward mode; use Duplicated(x, dx)")
    if activity is None:
        return Duplicated if mode.return_primal else DuplicatedNoNeed
    return Duplicated if mode.return_primal and activity is DuplicatedNoNeed else activity


def _forward(mode: ForwardMode, activity: type[Annotation] | None, made: Program, annotated: list[Annotation], leaves: Leaves) -> _Outcome:
    activity = _forward_activity(mode, activity, annotated)
    shadows = shadow_world(annotated, leaves)
    arguments = [_forward_argument(annotated[leaves.owner[k]], k, leaves, shadows) for k in leaves.parameters]
    flags = tuple(a.active for a in arguments)
    if made.trace.writes:
        check_const(made, flags, leaves, shadows)
    with_primal = activity is Duplicated or bool(made.trace.writes)
    every = activity is not Const or bool(made.trace.writes)
    wanted = Derivative("forward", flags, "all" if every else "none", with_primal)
    results = iter(invoke(made, arguments, wanted))
    primal = outcome(made, leaves, results) if with_primal else None
    tangent = tangent_outcome(made, shadows, leaves, results) if every else None
    result: tuple[Any, ...] = ()
    if activity is not Const:
        result = PrimalAndTangent(primal, tangent) if activity is Duplicated else Tangent(tangent)

    def plan(plan: Plan, _: list[int]) -> Any:
        value = (plan.primal(),) if with_primal else ()
        return () if activity is Const else (*value, plan.tangents(only_floats(made.trace.result)))

    return result, Call(made, wanted, (), arguments, leaves), plan


def _forward_argument(a: Annotation, k: int, leaves: Leaves, shadows: World) -> Argument:
    value, name = leaves.leaves[k], leaves.name(k)
    if not isinstance(a, Duplicated) or not has_derivative(value):
        return Argument(value, name=name)
    tangent = shadows.leaves[k]
    return Argument(value, True, tangent if isinstance(value, np.ndarray) else number(tangent, value), name)
