"""Jacobians and Hessians, by sweeps over rows or columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from irad.api.annotations import Const
from irad.api.compiled import derived
from irad.api.cotangents import vjp
from irad.api.leaves import has_derivative, has_parts, unbound
from irad.api.modes import ForwardMode, Mode
from irad.api.nested import GradientOf
from irad.api.promotion import promoted
from irad.api.sweeps import Copies, check_shadow, columns, directions, zero_directions
from irad.api.transforms import jvp
from irad.api.zygote import GradientAndPrimal, free_arguments
from irad.errors import instance
from irad.options import Options
from irad.pytree import Flattened, build


class WithJacobian(NamedTuple):
    """Result of `withjacobian`."""

    val: Any
    grad: tuple[Any, ...]


def jacobian(
    f: Any,
    *args: Any,
    chunk: int | None = None,
    shadow: Sequence[Any] | None = None,
    num_outs: int | None = None,
    options: Options | None = None,
) -> Any:
    """Jacobian of a function that returns a number or an array.

    Parameters
    ----------
    f : callable or Mode
        The function, or a mode, behind which the function follows: `jacobian(irad.Forward, f, x)`.
    *args
        The arguments; `Const(x)` is not differentiated by. They stay as they are, also if f writes them.
    chunk : int, optional
        With a mode: how many sweeps to run at once.
    shadow : sequence, optional
        In forward mode: the directions, as `onehot(x)` gives them.
    num_outs : int, optional
        In reverse mode: the number of elements of the result; it is found out if it is left out.
    options : Options, optional
        How to compile.

    Returns
    -------
    object
        Without a mode: a tuple with a matrix for each argument that is a number or an array, over the elements of result and argument in
        row-major order; a vector for a number; None for other arguments. Integers that are used as numbers count as floats.
        With a mode: an array of shape `result.shape + x.shape`, for a tree a tree of such arrays; a tuple, with None for Const, if there
        are several arguments; with primal a named tuple `(derivs, primal)`.

    Raises
    ------
    TypeError
        If f does not return a float or an array of floats.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.jacobian(lambda a, x: a**2 * x, np.array([1.0, 2.0]), 1.0)
    (array([[2., 0.],
           [0., 4.]]), array([1., 4.]))
    >>> irad.jacobian(irad.Reverse, lambda x: x[0] * x, np.array([2.0, 3.0]))
    array([[4., 0.],
           [3., 2.]])
    """
    if not isinstance(f, Mode):
        return withjacobian(f, *args, options=options).grad
    if not args or not callable(args[0]):
        raise TypeError("behind the mode, jacobian takes the function")
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk has to be at least 1, not {chunk}")
    g, args = args[0], args[1:]
    free = free_arguments(args)
    values = [a.val if isinstance(a, Const) else a for a in args]
    values = [float(v) if i in free and type(v) is int else v for i, v in enumerate(values)]
    by_columns = isinstance(f, ForwardMode)
    found = _by_columns(g, values, free, shadow, options) if by_columns else _by_rows(g, values, free, options)
    if num_outs is not None and num_outs != np.size(found.val):
        raise ValueError(f"num_outs is {num_outs}, but the result has {np.size(found.val)} elements")
    derivs = found.grad[0] if len(args) == 1 else found.grad
    return GradientAndPrimal(derivs, found.val) if getattr(f, "return_primal", False) else derivs


def withjacobian(f: Callable[..., Any], *args: Any, options: Options | None = None) -> WithJacobian:
    """Value and jacobian: `(val, grad)`, where grad is what `jacobian(f, *args)` gives.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.withjacobian(lambda x: x[0] * x, np.array([1.0, 2.0]))
    WithJacobian(val=array([1., 2.]), grad=(array([[2., 0.],
           [2., 1.]]),))
    """
    plain = [i for i, a in enumerate(args) if not isinstance(a, Const) and not has_parts(a)]
    values = promoted(f, [a.val if isinstance(a, Const) else a for a in args], plain, options)
    free = [i for i in plain if has_derivative(values[i])]
    size = sum(np.size(values[i]) for i in free)
    y, back = vjp(f, *Copies(f, values)(), options=options)
    by_rows = np.size(y) <= size or not free
    found = _rows(y, back, values, free) if by_rows else _by_columns(f, values, free, None, options)
    return WithJacobian(found.val, tuple(_matrix(j, np.size(y), values[i]) if i in free else None for i, j in enumerate(found.grad)))


def _matrix(jacobian: np.ndarray, rows: int, x: Any) -> np.ndarray:
    return np.reshape(jacobian, (rows, np.size(x)) if isinstance(x, np.ndarray) else (rows,))


def _by_rows(f: Callable[..., Any], values: Sequence[Any], free: Sequence[int], options: Options | None) -> WithJacobian:
    y, back = vjp(f, *Copies(f, values)(), options=options)
    return _rows(y, back, values, free)


def _rows(y: Any, back: Callable[[Any], tuple[Any, ...]], values: Sequence[Any], free: Sequence[int]) -> WithJacobian:
    """The jacobian by one pull-back for each element of the result."""
    _check_result(y)
    rows = [back(seed) for _, _, seed in directions(y)]
    return WithJacobian(
        y, tuple(_stacked(values[i], [row[i] for row in rows], np.shape(y)) if i in free else None for i in range(len(values)))
    )


def _check_result(y: Any) -> None:
    if not has_derivative(y):
        raise TypeError(f"a jacobian needs a function that returns a float or an array of floats, not {instance(y)}")


def _stacked(x: Any, rows: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Gradients of each element of a result, as one tree of arrays."""
    flat = Flattened()
    structure = flat.add(x)
    parts: list[list[Any]] = []
    for row in rows:
        one = Flattened()
        one.add(row)
        parts.append(one.leaves)
    found = [
        np.array([p[k] for p in parts], getattr(leaf, "dtype", float)).reshape(shape + np.shape(leaf)) if has_derivative(leaf) else None
        for k, leaf in enumerate(flat.leaves)
    ]
    return build(structure, found)[0]


def _by_columns(f: Callable[..., Any], values: Sequence[Any], free: Sequence[int], shadow: Any, options: Options | None) -> WithJacobian:
    """The jacobian by one tangent for each element of the arguments."""
    check_shadow(shadow, free)
    y: Any = None
    found: list[Any] = [None] * len(values)
    for i in free:
        flat = Flattened()
        structure = flat.add(values[i])
        new, own = columns(f, values, i, shadow, options)
        y = new if own else y
        parts = [[column for owner, column in own if owner == k] for k in range(len(flat.leaves))]
        found[i] = build(structure, [_joined(leaf, part) for leaf, part in zip(flat.leaves, parts, strict=True)])[0]
    y = f(*Copies(f, values)()) if y is None else y
    _check_result(y)
    return WithJacobian(y, tuple(found))


def _joined(leaf: Any, columns: Sequence[Any]) -> Any:
    if not has_derivative(leaf):
        return None
    shape = np.shape(columns[0]) if columns else ()
    size = np.size(leaf) if not columns or len(columns) == np.size(leaf) else len(columns)
    joined = np.array(columns, getattr(leaf, "dtype", float)).reshape((size, *shape))
    kept = np.shape(leaf) if size == np.size(leaf) else (size,)
    return np.moveaxis(joined, 0, -1).reshape(shape + kept)


# ---------------------------------------------------------------- second order


def _gradient_by(f: Callable[..., Any], i: int) -> Callable[..., Any]:
    """The gradient by an argument, as a function that can be differentiated."""
    f, bound = unbound(f)
    if bound:
        return Bound(GradientOf(f, i + 1), f, bound[0])
    return derived(f, ("gradient", i), lambda: GradientOf(f, i))


class Bound:
    """A derived function with the object that the method is bound to."""

    def __init__(self, gradient: GradientOf, f: Any, instance: Any) -> None:
        self._gradient = gradient
        self._f = f
        self._instance = instance

    def __irad_call__(self, *args: Any) -> Any:
        return self._gradient.__irad_call__(self._instance, *args)

    def __call__(self, *args: Any) -> Any:
        """Only used in traced code."""
        return self.__irad_call__(*args)


def hessian(f: Callable[..., Any], x: Any, *, options: Options | None = None) -> Any:
    """Matrix of second derivatives, by forward mode over reverse mode.

    Parameters
    ----------
    f : callable
        A function of one number or array that returns one real number.
    x : float or ndarray
        Where; it stays as it is.
    options : Options, optional
        How to compile.

    Returns
    -------
    float or ndarray
        A number if x is one, else a matrix over the elements of x in row-major order.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.hessian(lambda x: x[0] * x[1], np.array([1.0, 2.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    (x,) = promoted(f, (x,), (0,), options)
    _check_argument(x)
    gradient, copies = _gradient_by(f, 0), Copies(f, (x,))
    columns = [jvp(gradient, copies(), (direction,), options=options)[1] for _, _, direction in directions(x)]
    return columns[0] if not isinstance(x, np.ndarray) else np.array(columns, x.dtype).reshape(x.size, x.size).T


def hessian_reverse(f: Callable[..., Any], x: Any, *, options: Options | None = None) -> Any:
    """Matrix of second derivatives as `hessian` gives it, by reverse mode over reverse mode.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.hessian_reverse(lambda x: x[0] * x[1], np.array([1.0, 2.0]))
    array([[0., 1.],
           [1., 0.]])
    """
    (x,) = promoted(f, (x,), (0,), options)
    _check_argument(x)
    found = _by_rows(_gradient_by(f, 0), [x], [0], options).grad[0]
    return found.item() if not isinstance(x, np.ndarray) else found.reshape(x.size, x.size)


def _check_argument(x: Any) -> None:
    if not has_derivative(x):
        kind = type(x).__name__
        raise TypeError(f"a hessian is taken by a number or an array, not by a {kind}; irad.flatten makes a vector of a tree")


def diaghessian(f: Callable[..., Any], *args: Any, options: Options | None = None) -> tuple[Any, ...]:
    """Diagonals of the Hessian: second derivatives by each element of each argument.

    Parameters
    ----------
    f : callable
        A function that returns one real number.
    *args
        Its arguments, which stay as they are.
    options : Options, optional
        How to compile.

    Returns
    -------
    tuple
        For each argument an array of its shape, or a number; None for what is neither a number nor an array.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.diaghessian(lambda x: np.sum(x**3), np.array([[1.0, 2.0], [3.0, 4.0]]))
    (array([[ 6., 12.],
           [18., 24.]]),)
    """
    plain = [i for i, a in enumerate(args) if not has_parts(a)]
    values = promoted(f, args, plain, options)
    copies = Copies(f, values)
    none = zero_directions(values)
    return tuple(
        _diagonal(_gradient_by(f, i), copies, none, i, x, options) if i in plain and has_derivative(x) else None
        for i, x in enumerate(values)
    )


def _diagonal(gradient: Callable[..., Any], copies: Copies, none: Sequence[Any], i: int, x: Any, options: Options | None) -> Any:
    found = np.zeros_like(x)
    for _, place, direction in directions(x):
        column = jvp(gradient, copies(), [direction if j == i else d for j, d in enumerate(none)], options=options)[1]
        found.flat[place] = np.ravel(column)[place]
    return found if isinstance(x, np.ndarray) else type(x)(found)
