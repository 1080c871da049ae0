"""Gradients as Flux, Zygote and Enzyme's `gradient` give them: by every argument at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from irad.api import nested
from irad.api.annotations import Active, Annotation, Const, Duplicated
from irad.api.autodiff import autodiff
from irad.api.calling import invoke, matching_shadows
from irad.api.compiled import Derivative
from irad.api.cotangents import vjp
from irad.api.leaves import has_derivative, outcome, prepare, take_apart
from irad.api.modes import ForwardMode, Mode, ReverseMode, ReverseWithPrimal
from irad.api.promotion import promoted
from irad.api.sweeps import derivatives_along
from irad.api.zeros import make_zero_into
from irad.frontend.abstract import ScalarSpec, spec_of
from irad.frontend.state import current_state
from irad.options import Options
from irad.pytree import Flattened, as_fields, build


class GradientAndPrimal(NamedTuple):
    """Result of `gradient` in a mode with primal."""

    derivs: Any
    primal: Any


class WithGradient(NamedTuple):
    """Result of `withgradient`."""

    val: Any
    grad: tuple[Any, ...]


def gradient(
    f: Any,
    *args: Any,
    zero: bool = True,
    shadow: Sequence[Any] | None = None,
    chunk: int | None = None,
    options: Options | None = None,
) -> Any:
    """Gradient of a function that returns one real number, by all its arguments.

    Parameters
    ----------
    f : callable or Mode
        The function, or a mode, behind which the function follows: `gradient(irad.Reverse, f, x)`.
    *args
        The arguments. `Const(x)` is not differentiated by. Without a mode they may be `Duplicated(x, dx)`: then the others are Const,
        and the gradient is put into dx.
    zero : bool
        Whether shadows of Duplicated arguments are set to zero first; otherwise the gradient is added.
    shadow : sequence, optional
        In forward mode: the directions, as `onehot(x)` gives them.
    chunk : int, optional
        In forward mode: how many directions to run at once.
    options : Options, optional
        How to compile.

    Returns
    -------
    object
        Without a mode: a tuple with an entry for each argument, None where it is not used as a number. Integers that are used as numbers
        count as floats. The gradient by an object reads as `g.weight` or `g["weight"]`, with None for what is not a float.
        With a mode: the gradient, in the argument's own type; a tuple of them, with None for Const, if there are several arguments; forward
        mode gives a tuple with an entry for each element of an array. A mode with primal gives a named tuple `(derivs, primal)`.

    Raises
    ------
    NonScalarReturnError
        If f does not return a real number, or a tuple, namedtuple or dict whose first entry is one.
    TypeError
        If an argument is Active.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.gradient(lambda a, b, c: a * b * c, 2.0, 3.0, 5.0)
    (15.0, 10.0, 6.0)
    >>> irad.gradient(irad.Reverse, lambda x: x[0] * x[1], np.array([2.0, 3.0]))
    array([3., 2.])
    >>> irad.gradient(irad.Forward, lambda x: x[0] * x[1], np.array([2.0, 3.0])) == (3.0, 2.0)
    True
    """
    if isinstance(f, Mode):
        return _with_mode(f, args, shadow, chunk, options)
    return _value_and_gradients(f, args, zero, options)[1]


def withgradient(f: Callable[..., Any], *args: Any, zero: bool = True, options: Options | None = None) -> WithGradient:
    """Value and gradient: `(val, grad)`, where grad is what `gradient(f, *args)` gives.

    If f returns a tuple, namedtuple or dict, its first entry is differentiated, and the whole is val.

    Examples
    --------
    >>> import irad
    >>> irad.withgradient(lambda a, b: a / b, 1, 2)
    WithGradient(val=0.5, grad=(0.5, -0.25))
    """
    return WithGradient(*_value_and_gradients(f, args, zero, options))


def _value_and_gradients(f: Callable[..., Any], args: Sequence[Any], zero: bool, options: Options | None) -> tuple[Any, tuple[Any, ...]]:
    if any(isinstance(a, Active) for a in args):
        raise TypeError("gradient takes Duplicated and Const; pass the value itself to differentiate by it")
    if any(isinstance(a, Duplicated) for a in args):
        return _into_shadows(f, args, zero, options)
    values = [a.val if isinstance(a, Const) else a for a in args]
    free = [i for i, a in enumerate(args) if not isinstance(a, Const)]
    if current_state() is None:
        values = promoted(f, values, free, options)
    value, gradients = _reverse(f, values, _with_floats(f, values, free), options)
    return value, tuple(as_fields(g) for g in gradients)


def _into_shadows(f: Callable[..., Any], args: Sequence[Any], zero: bool, options: Options | None) -> tuple[Any, tuple[Any, ...]]:
    shadows = [a.dval for a in args if isinstance(a, Duplicated)]
    if zero:
        for shadow in shadows:
            make_zero_into(shadow)
    value = autodiff(ReverseWithPrimal, f, *args, options=options)[1]
    return value, tuple(as_fields(_only_derivatives(a.dval)) if isinstance(a, Duplicated) else None for a in args)


def _only_derivatives(tree: Any) -> Any:
    """A tree with None in place of what is not a float."""
    flat = Flattened()
    structure = flat.add(tree)
    return build(structure, [x if has_derivative(x) else None for x in flat.leaves])[0]


def _with_floats(f: Callable[..., Any], values: Sequence[Any], free: Sequence[int]) -> list[int]:
    """Those arguments that hold floats."""
    _, leaves = take_apart(f, values)
    specs = [spec_of(x) for x in leaves.leaves]
    found = {i for i, spec in zip(leaves.owner, specs, strict=True) if getattr(getattr(spec, "dtype", None), "kind", "?") in "fc"}
    return [i for i in free if i in found]


def _reverse(f: Callable[..., Any], values: Sequence[Any], chosen: Sequence[int], options: Options | None) -> tuple[Any, Sequence[Any]]:
    """Value, and a gradient for each argument, None if it is not chosen."""
    if current_state() is not None:
        value, gradients = nested.value_and_grad(f, values, chosen, True)
        found = dict(zip(chosen, gradients, strict=True))
        return value, [found.get(i) for i in range(len(values))]
    made, leaves = prepare(f, values, options)
    leaves.check(chosen)
    arguments = leaves.arguments(chosen)
    matching_shadows(arguments)
    alone = isinstance(made.trace.result, ScalarSpec)
    wanted = Derivative("reverse", tuple(a.active for a in arguments), "all" if alone else "first", implicit=True)
    results = iter(invoke(made, arguments, wanted, (1.0,)))
    value = outcome(made, leaves, results)
    gradients = leaves.gradients(arguments, results)
    return value, [g if i in chosen else None for i, g in enumerate(gradients)]


# ---------------------------------------------------------------- with a mode


def _with_mode(mode: Mode, given: Sequence[Any], shadow: Any, chunk: int | None, options: Options | None) -> Any:
    if not given or not callable(given[0]):
        raise TypeError("behind the mode, gradient takes the function")
    f, args = given[0], given[1:]
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk has to be at least 1, not {chunk}")
    free = free_arguments(args)
    values = [a.val if isinstance(a, Const) else a for a in args]
    values = [float(v) if i in free and type(v) is int else v for i, v in enumerate(values)]
    if isinstance(mode, ForwardMode):
        primal, found = derivatives_along(f, values, free, shadow, options)
    else:
        assert isinstance(mode, ReverseMode)
        primal, gradients = _reverse(f, values, free, options)
        found = list(gradients)
    derivs = found[0] if len(args) == 1 else tuple(found)
    return GradientAndPrimal(derivs, primal) if mode.return_primal else derivs


def free_arguments(args: Sequence[Any]) -> list[int]:
    """The arguments by which is differentiated where there is a mode: all but Const."""
    for a in args:
        if isinstance(a, Annotation) and not isinstance(a, Const):
            raise TypeError(f"behind a mode, arguments are plain, or Const; {type(a).__name__} is for autodiff")
    return [i for i, a in enumerate(args) if not isinstance(a, Const)]


def gradient_into(mode: Mode, dx: Any, f: Callable[..., Any], x: Any, *, options: Options | None = None) -> Any:
    """Gradient by one argument, put into a shadow that the caller owns.

    Parameters
    ----------
    mode : Mode
        `Reverse`.
    dx : object
        Receives the gradient: an array, or a list, dict or object of x's structure. What it holds before is dropped.
    f : callable
        A function of x that returns one real number.
    x : object
        The argument.
    options : Options, optional
        How to compile.

    Returns
    -------
    object
        dx.

    Examples
    --------
    >>> import irad, numpy as np
    >>> dx = np.array([9.0, 9.0])
    >>> irad.gradient_into(irad.Reverse, dx, lambda x: x[0] * x[1], np.array([2.0, 3.0])) is dx
    True
    >>> dx
    array([3., 2.])
    """
    if not isinstance(mode, ReverseMode):
        raise TypeError("gradient_into is for reverse mode: gradient_into(irad.Reverse, dx, f, x)")
    make_zero_into(dx)
    autodiff(mode, f, Active, Duplicated(x, dx), options=options)
    return dx


def pullback(f: Callable[..., Any], *args: Any, options: Options | None = None) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Value of a function, and the function that pulls cotangents back: as `vjp`, where integers used as numbers count as floats.

    Examples
    --------
    >>> import irad
    >>> y, back = irad.pullback(lambda a, b, c: a * b * c, 2, 3, 5)
    >>> y, back(1.0), back(2.0)
    (30.0, (15.0, 10.0, 6.0), (30.0, 20.0, 12.0))
    """
    return vjp(f, *promoted(f, args, range(len(args)), options), options=options)
