"""np.linalg.norm and the norms of vectors and matrices that need no decomposition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend.arrays import astype, elementwise, squared_size
from irad.frontend.dtypes import FLOAT64, is_inexact, part_dtype
from irad.frontend.reductions import MAX, MIN, SUM, reduce
from irad.frontend.values import Array, refuse, wrong
from irad.frontend.views import as_array, axis_of


def np_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """np.linalg.norm: of the elements, or of the vectors or matrices along one or two axes."""
    x = as_array(x)
    if not is_inexact(x.dtype):
        x = astype(x, FLOAT64)
    if axis is None:
        if ord is None or (ord == 2 and x.ndim == 1) or (ord == "fro" and x.ndim == 2):
            return _euclidean(x, None, keepdims)
        axes = tuple(range(x.ndim))
    else:
        axes = tuple(axis_of(a, x.ndim) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise wrong(ValueError, "Improper number of dimensions to norm.")
    if axes[0] == axes[1]:
        raise wrong(ValueError, "Duplicate axes given.")
    return _matrix_norm(x, ord, axes, keepdims)


def _euclidean(x: Array, axes: Any, keepdims: bool) -> Any:
    return elementwise(np.sqrt, (reduce(SUM, squared_size(x), axes, None, keepdims),))


def _absolute(x: Array) -> Array:
    return elementwise(np.absolute, (x,))


def _extreme(order: Any, x: Array, axis: int, keepdims: bool) -> Any:
    """The largest for a positive order, 0 of nothing; else the smallest."""
    return reduce(MAX, x, axis, None, keepdims, 0) if order > 0 else reduce(MIN, x, axis, None, keepdims)


def _vector_norm(x: Array, order: Any, axis: int, keepdims: bool) -> Any:
    if order is None or order == 2:
        return _euclidean(x, axis, keepdims)
    if isinstance(order, str):
        raise wrong(ValueError, f"Invalid norm order '{order}' for vectors")
    if order in (np.inf, -np.inf):
        return _extreme(order, _absolute(x), axis, keepdims)
    if order == 0:
        nonzero = elementwise(np.not_equal, (x, 0))
        return reduce(SUM, astype(nonzero, part_dtype(x.dtype)), axis, None, keepdims)
    if order == 1:
        return reduce(SUM, _absolute(x), axis, None, keepdims)
    powers = reduce(SUM, elementwise(np.power, (_absolute(x), order)), axis, None, keepdims)
    return elementwise(np.power, (powers, 1.0 / order))


def _matrix_norm(x: Array, order: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    if order is None or order in ("fro", "f"):
        return _euclidean(x, axes, keepdims)
    if order in (2, -2, "nuc"):
        remedy = "The Frobenius norm, ord=None, and the orders 1 and np.inf need none."
        raise refuse(f"np.linalg.norm of a matrix with ord={order!r} needs singular values, which irad does not compute.", remedy)
    if order not in (1, -1, np.inf, -np.inf):
        raise wrong(ValueError, "Invalid norm order for matrices.")
    summed, other = axes if order in (1, -1) else axes[::-1]
    sums = reduce(SUM, _absolute(x), summed, None, keepdims=True)
    result = _extreme(order, sums, other, True)
    return result if keepdims else result[tuple(0 if i in axes else slice(None) for i in range(x.ndim))]


NORMS: dict[Any, Callable[..., Any]] = {np.linalg.norm: np_norm}
