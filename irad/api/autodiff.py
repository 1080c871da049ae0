"""Enzyme's way of asking for derivatives: a mode, a function, the activity of its result, annotated arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from irad.api.annotated import MISSED, way_of
from irad.api.annotations import Active, Annotation, Const, Duplicated, DuplicatedNoNeed
from irad.api.calling import Argument, invoke, leaves_of, prepare, rebuild
from irad.api.compiled import Derivative, Program
from irad.api.modes import ForwardMode, Mode, ReverseMode
from irad.api.quick import Call, Plan
from irad.frontend.abstract import ScalarSpec
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
        `Forward`, `ForwardWithPrimal`, `Reverse` or `ReverseWithPrimal`.
    f : callable
        The function, of numbers and arrays.
    *args
        Optionally the activity of the result first, an annotation class: `Active` (reverse), `Duplicated` or `DuplicatedNoNeed`
        (forward), or `Const`. If it is left out, it is guessed: reverse Active if f returns a number, Const if it returns None; forward
        `DuplicatedNoNeed`. Then the arguments, annotated with `Const`, `Active`, `Duplicated`, `DuplicatedNoNeed`; one without is Const.
    options : Options, optional
        How to compile.

    Returns
    -------
    tuple
        Reverse: `((d0, d1, ...),)`, with None where an argument is not Active; shadows of Duplicated arrays accumulate in place.
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
    function = f.val if isinstance(f, Annotation) else f
    way = way_of(mode, function, activity, args, options)
    if way is not None:
        answer = way(*way.flat(args))
        if answer is not MISSED:
            return tuple.__new__(way.shape, answer)
    annotated = [a if isinstance(a, Annotation) else Const(a) for a in args]
    made, positions = prepare(function, [a.val for a in annotated], options)
    if isinstance(mode, ForwardMode):
        result, call, plan = _forward(mode, activity, made, annotated, positions)
    else:
        assert isinstance(mode, ReverseMode)
        result, call, plan = _reverse(mode, activity, made, annotated, positions)
    if way is not None:
        way.note(function, call, args, type(result), plan)
    return result


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f")


def _reverse(
    mode: ReverseMode, activity: type[Annotation] | None, made: Program, annotated: list[Annotation], positions: list[int]
) -> _Outcome:
    if activity not in (None, Active, Const):
        raise TypeError(f"in reverse mode the result is Active or Const, not {activity.__name__}")
    arguments = [_reverse_argument(annotated[i], i) for i in positions]
    none_returned = not leaves_of(made.trace.result)
    seeded = activity is Active or (activity is None and not none_returned)
    flags = tuple(a.active for a in arguments)
    wanted = Derivative("reverse", flags, "all" if seeded else "none", mode.return_primal)
    results = iter(invoke(made, arguments, wanted, (1.0,) if seeded else ()))
    primal = rebuild(made.trace.result, results) if mode.return_primal else None
    derivs: list[Any] = [None] * len(annotated)
    for i in positions:
        if isinstance(annotated[i], Active):
            derivs[i] = next(results)
    result = DerivativesAndPrimal(tuple(derivs), primal) if mode.return_primal else Derivatives(tuple(derivs))

    def plan(made: Plan, starts: list[int]) -> Any:
        value = (made.primal(),) if mode.return_primal else ()
        found = made.gradients(alike=False)
        return tuple(found[starts[i]] if isinstance(a, Active) else Value(None) for i, a in enumerate(annotated)), *value

    return result, Call(made, wanted, (), arguments, positions, int(seeded)), plan


def _reverse_argument(a: Annotation, i: int) -> Argument:
    name = f"argument {i}"
    if isinstance(a, Duplicated):
        if not isinstance(a.val, np.ndarray):
            raise TypeError(f"{name} is Duplicated, but a {type(a.val).__name__} is passed by value; in reverse mode use Active")
        return Argument(a.val, _is_float(a.val), a.dval, name)
    return Argument(a.val, isinstance(a, Active), None, name)


def _forward(
    mode: ForwardMode, activity: type[Annotation] | None, made: Program, annotated: list[Annotation], positions: list[int]
) -> _Outcome:
    if activity is Active or any(isinstance(a, Active) for a in annotated):
        raise TypeError("Active arguments not allowed in forward mode; use Duplicated(x, dx)")
    if activity is None:
        activity = Duplicated if mode.return_primal else DuplicatedNoNeed
    elif mode.return_primal and activity is DuplicatedNoNeed:
        activity = Duplicated
    arguments = [_forward_argument(annotated[i], i) for i in positions]
    flags = tuple(a.active for a in arguments)
    with_primal = activity is Duplicated
    wanted = Derivative("forward", flags, "none" if activity is Const else "all", with_primal)
    results = iter(invoke(made, arguments, wanted))
    primal = rebuild(made.trace.result, results) if with_primal else None
    result: tuple[Any, ...] = ()
    if activity is not Const:
        tangent = tangents(made.trace.result, results)
        result = PrimalAndTangent(primal, tangent) if with_primal else Tangent(tangent)

    def plan(plan: Plan, _: list[int]) -> Any:
        value = (plan.primal(),) if with_primal else ()
        return () if activity is Const else (*value, plan.tangents(_only_floats(made.trace.result)))

    return result, Call(made, wanted, (), arguments, positions), plan


def _forward_argument(a: Annotation, i: int) -> Argument:
    name = f"argument {i}"
    if not isinstance(a, Duplicated):
        return Argument(a.val, name=name)
    if isinstance(a.val, np.ndarray):
        return Argument(a.val, _is_float(a.val), a.dval, name)
    if isinstance(a.val, int | np.integer) and not isinstance(a.val, bool):
        return Argument(a.val, name=name)
    return Argument(a.val, True, float(a.dval), name)


def tangents(tree: Any, leaves: Any) -> Any:
    """The tangents in the shape of the result; None where a leaf has none."""
    return rebuild(_only_floats(tree), leaves)


def _only_floats(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _only_floats(v) for k, v in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_only_floats(v) for v in tree))
    if isinstance(tree, tuple | list):
        return type(tree)(_only_floats(v) for v in tree)
    dtype = getattr(tree, "dtype", None)
    if dtype is None or dtype.kind != "f":
        return None
    return ScalarSpec(tree.dtype, tree.weak) if isinstance(tree, ScalarSpec) else tree
