"""Enzyme's way of asking for derivatives: a mode, a function, the activity of its result, annotated arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from irad.api.annotations import Active, Annotation, Const, Duplicated, DuplicatedNoNeed
from irad.api.calling import Argument, invoke, leaves_of, prepare, rebuild
from irad.api.compiled import Derivative, Program
from irad.api.modes import ForwardMode, Mode, ReverseMode
from irad.frontend.abstract import ScalarSpec
from irad.options import Options


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
    annotated = [a if isinstance(a, Annotation) else Const(a) for a in args]
    made, positions = prepare(function, [a.val for a in annotated], options)
    if isinstance(mode, ForwardMode):
        return _forward(mode, activity, made, annotated, positions)
    assert isinstance(mode, ReverseMode)
    return _reverse(mode, activity, made, annotated, positions)


def has_derivative(value: Any) -> bool:
    """Whether a value is a float, real or complex, or an array of them."""
    return isinstance(value, float | complex) or (isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fc")


def number(value: Any, like: Any) -> complex:
    """A tangent as the Python number that goes with another number."""
    return complex(value) if np.iscomplexobj(like) else float(value)


def _reverse(
    mode: ReverseMode, activity: type[Annotation] | None, made: Program, annotated: list[Annotation], positions: list[int]
) -> tuple[Any, ...]:
    if activity not in (None, Active, Const):
        raise TypeError(f"in reverse mode the result is Active or Const, not {activity.__name__}")
    arguments = [_reverse_argument(annotated[i], i) for i in positions]
    none_returned = not leaves_of(made.trace.result)
    seeded = activity is Active or (activity is None and not none_returned)
    flags = tuple(a.active for a in arguments)
    wanted = Derivative("reverse", flags, "all" if seeded else "none", mode.return_primal, holomorphic=mode.holomorphic)
    if mode.holomorphic:
        _check_holomorphic(arguments)
    with _conjugated([a.shadow for a in arguments if mode.holomorphic and a.active]):
        flat = invoke(made, arguments, wanted, (1.0,) if seeded else ())
    results = iter(flat)
    primal = rebuild(made.trace.result, results) if mode.return_primal else None
    derivs: list[Any] = [None] * len(annotated)
    for i in positions:
        if isinstance(annotated[i], Active):
            derivs[i] = np.conj(next(results)).item() if mode.holomorphic else next(results)
    return DerivativesAndPrimal(tuple(derivs), primal) if mode.return_primal else Derivatives(tuple(derivs))


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


def _reverse_argument(a: Annotation, i: int) -> Argument:
    name = f"argument {i}"
    if isinstance(a, Duplicated):
        if not isinstance(a.val, np.ndarray):
            raise TypeError(f"{name} is Duplicated, but a {type(a.val).__name__} is passed by value; in reverse mode use Active")
        return Argument(a.val, has_derivative(a.val), a.dval, name)
    return Argument(a.val, isinstance(a, Active), None, name)


def _forward(
    mode: ForwardMode, activity: type[Annotation] | None, made: Program, annotated: list[Annotation], positions: list[int]
) -> tuple[Any, ...]:
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
    if activity is Const:
        return ()
    tangent = tangents(made.trace.result, results)
    return PrimalAndTangent(primal, tangent) if with_primal else Tangent(tangent)


def _forward_argument(a: Annotation, i: int) -> Argument:
    name = f"argument {i}"
    if not isinstance(a, Duplicated):
        return Argument(a.val, name=name)
    if isinstance(a.val, np.ndarray):
        return Argument(a.val, has_derivative(a.val), a.dval, name)
    if isinstance(a.val, int | np.integer) and not isinstance(a.val, bool):
        return Argument(a.val, name=name)
    return Argument(a.val, True, number(a.dval, a.val), name)


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
    if dtype is None or dtype.kind not in "fc":
        return None
    return ScalarSpec(tree.dtype, tree.weak) if isinstance(tree, ScalarSpec) else tree
