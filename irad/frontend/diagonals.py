"""Diagonals and triangles: np.eye, np.diag and np.diagonal, np.tri, np.tril and np.triu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, copy_into, empty, read_only
from irad.frontend.creation import np_zeros
from irad.frontend.indexing import Position, Range, as_index, subview
from irad.frontend.reductions import nest
from irad.frontend.scalars import numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.values import Array, emitter, method, wrong
from irad.frontend.views import as_array, as_number, axis_of, ravel
from irad.ir.builder import Builder
from irad.ir.core import Value


def diagonal_view(b: Builder, x: Array, offset: Size, first: int, second: int) -> Array:
    """The view of a diagonal of two axes, which becomes the last axis."""
    sizes, strides = S.dims(b, x.value), S.strides(b, x.value)
    down, right = S.maximum(b, S.sub(b, 0, offset), 0), S.maximum(b, offset, 0)
    length = S.minimum(b, S.sub(b, sizes[first], down), S.sub(b, sizes[second], right))
    start = S.add(b, S.mul(b, down, strides[first]), S.mul(b, right, strides[second]))
    rest = [i for i in range(x.ndim) if i not in (first, second)]
    new_sizes = [*(sizes[i] for i in rest), S.maximum(b, length, 0)]
    new_strides = [*(strides[i] for i in rest), S.add(b, strides[first], strides[second])]
    return Array(broadcast.view(b, x.value, start, new_sizes, new_strides), x.dtype)


@method("diagonal")
def np_diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Array:
    """np.diagonal: a read-only view."""
    x = as_array(a)
    if x.ndim < 2:
        raise wrong(ValueError, "diag requires an array of at least two dimensions")
    first, second = axis_of(axis1, x.ndim), axis_of(axis2, x.ndim)
    if first == second:
        raise wrong(ValueError, "axis1 and axis2 cannot be the same")
    b = emitter()
    return read_only(diagonal_view(b, x, as_index(b, offset), first, second))


def np_diag(v: Any, k: Any = 0) -> Array:
    """np.diag: the diagonal of a matrix, or a matrix with a diagonal."""
    x = as_array(v)
    if x.ndim == 2:
        return np_diagonal(x, k)
    if x.ndim != 1:
        raise wrong(ValueError, "Input must be 1- or 2-d.")
    b = emitter()
    offset = as_index(b, k)
    n = S.add(b, S.dim(b, x.value, 0), S.maximum(b, offset, S.sub(b, 0, offset)))
    result = np_zeros((as_number(n),) * 2, x.dtype)
    assign(diagonal_view(b, result, offset, 0, 1), x)
    return result


def np_diagflat(v: Any, k: Any = 0) -> Array:
    """np.diagflat: a matrix with the elements of an array on a diagonal."""
    return np_diag(ravel(v), k)


def np_eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: str = "C") -> Array:
    """np.eye."""
    result = np_zeros((N, N if M is None else M), dtype, order)
    b = emitter()
    assign(diagonal_view(b, result, as_index(b, k), 0, 1), 1)
    return result


def np_identity(n: Any, dtype: Any = None) -> Array:
    """np.identity."""
    return np_eye(n, dtype=dtype)


# ---------------------------------------------------------------- triangles


def np_tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Array:
    """np.tri: ones at and below a diagonal."""
    b = emitter()
    result = empty(b, [n if isinstance(n, int) and n > 0 else S.maximum(b, n, 0) for n in _sizes(b, N, M)], numpy_dtype(dtype))
    _triangle(b, result, as_index(b, k), 1, 0)
    return result


def _sizes(b: Builder, N: Any, M: Any) -> list[Size]:
    return [as_index(b, n) for n in (N, N if M is None else M)]


def np_tril(m: Any, k: Any = 0) -> Array:
    """np.tril: zero above a diagonal."""
    x = _matrices(m)
    b = emitter()
    result = empty(b, S.dims(b, x.value), x.dtype)
    _triangle(b, result, as_index(b, k), x, 0)
    return result


def np_triu(m: Any, k: Any = 0) -> Array:
    """np.triu: zero below a diagonal."""
    x = _matrices(m)
    b = emitter()
    result = empty(b, S.dims(b, x.value), x.dtype)
    _triangle(b, result, S.sub(b, as_index(b, k), 1), 0, x)
    return result


def _matrices(m: Any) -> Array:
    """An array of two or more axes; a vector stands for every row of a square matrix."""
    x = as_array(m)
    if x.ndim == 0:
        raise wrong(TypeError, "a triangle needs an array of at least one dimension")
    if x.ndim > 1:
        return x
    b = emitter()
    return Array(broadcast.spread(b, x.value, S.dims(b, x.value) * 2), x.dtype)


def _triangle(b: Builder, result: Array, k: Size, below: Any, above: Any) -> None:
    """Fill each row: one thing up to and including diagonal k, another behind it."""
    shape = S.dims(b, result.value)

    def row(inner: Builder, at: list[Value]) -> None:
        end = S.add(inner, S.add(inner, at[-1], k), 1)
        split = S.minimum(inner, S.maximum(inner, end, 0), shape[-1])
        for source, offset, size in ((below, 0, split), (above, split, S.sub(inner, shape[-1], split))):
            taken = [*map(Position, at), Range(offset, size, 1)]
            copy_into(inner, subview(inner, result, taken), subview(inner, source, taken) if isinstance(source, Array) else source)

    nest(b, shape[:-1], row)


# By NumPy's function.
DIAGONALS: dict[Any, Callable[..., Any]] = {
    np.diagonal: np_diagonal,
    np.diag: np_diag,
    np.diagflat: np_diagflat,
    np.eye: np_eye,
    np.identity: np_identity,
    np.tri: np_tri,
    np.tril: np_tril,
    np.triu: np_triu,
}
