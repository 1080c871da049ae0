"""Evenly spaced numbers and grids of them: np.linspace, np.meshgrid, np.indices, and np.mgrid and np.ogrid, which are indexed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import assign, astype, cast_operand, elementwise, empty, operand, where
from irad.frontend.arrays import copy as copy_of
from irad.frontend.creation import np_arange, result_type, sizes_of
from irad.frontend.indexing import Position, Range, as_index, getitem, setitem, subview
from irad.frontend.reductions import np_any
from irad.frontend.scalars import numpy_dtype
from irad.frontend.shaping import np_broadcast_arrays, np_moveaxis
from irad.frontend.sizes import Size
from irad.frontend.values import Array, as_traced, emitter, wrong
from irad.frontend.views import as_array, as_number, reshape
from irad.ir.builder import Builder
from irad.ir.ops import arith

# ---------------------------------------------------------------- linspace


def np_linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """np.linspace, by NumPy's own formula: i * step + start, the last element being `stop` itself."""
    ends = [as_array(v) if isinstance(v, list | tuple) else as_traced(v) for v in (start, stop)]
    first, last = (cast_operand(operand(v), result_type(*ends, 0.0)) for v in ends)
    delta = elementwise(np.subtract, (last, first))
    wanted = delta.dtype if dtype is None else numpy_dtype(dtype)
    b = emitter()
    count = _count(b, num)
    gaps = S.sub(b, count, 1) if endpoint else count
    divisor = as_number(S.maximum(b, gaps, 1))
    step = elementwise(np.true_divide, (delta, divisor))
    rank = delta.ndim
    place = getitem(np_arange(as_number(count), dtype=delta.dtype), (slice(None), *(None,) * rank))
    tiny = _any_zero(step)
    factor = where(tiny, elementwise(np.true_divide, (place, divisor)), place)
    result = elementwise(np.multiply, (factor, where(tiny, delta, step)))
    elementwise(np.add, (result, first), out=result)
    if endpoint:
        setitem(result, slice(as_number(S.maximum(b, gaps, 1)), None), last)
    if wanted.kind in "iu":
        result = elementwise(np.floor, (result,))
    result = np_moveaxis(result if wanted == result.dtype else astype(result, wanted), 0, axis)
    if not retstep:
        return result
    return result, np.nan if isinstance(gaps, int) and gaps <= 0 else where(as_number(gaps) > 0, step, np.nan)


def _any_zero(step: Any) -> Any:
    """Whether a step is 0, as it is between equal ends and where it is too small for a float."""
    return np_any(elementwise(np.equal, (step, 0)))


def _count(b: Builder, num: Any) -> Size:
    count = as_index(b, num)
    if isinstance(count, int) and count < 0:
        raise wrong(ValueError, f"Number of samples, {count}, must be non-negative.")
    if not S.nonnegative(count):
        valid = b(arith.CmpI, S.as_value(b, count), b.index(0), predicate="sge")
        b.check(valid, "ValueError", "Number of samples, {0}, must be non-negative.", S.as_value(b, count))
    return count


# ---------------------------------------------------------------- grids of given coordinates


def np_meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Array, ...]:
    """np.meshgrid: views of the coordinates where `copy` is false."""
    if indexing not in ("xy", "ij"):
        raise wrong(ValueError, "Valid values for `indexing` are 'xy' and 'ij'.")
    rank = len(xi)
    axes = list(range(rank))
    if indexing == "xy" and rank > 1:
        axes[:2] = [1, 0]
    found = tuple(_along(reshape(as_array(x), -1), i, rank) for x, i in zip(xi, axes, strict=True))
    if not sparse:
        found = np_broadcast_arrays(*found)
    return tuple(map(copy_of, found)) if copy else found


def _along(x: Array, axis: int, rank: int) -> Array:
    """A vector as an array that varies along one of so many axes."""
    return getitem(x, tuple(slice(None) if i == axis else None for i in range(rank)))


def np_indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Any:
    """np.indices: for each axis, the position along it."""
    return _grid([np_arange(n, dtype=dtype) for n in map(as_number, sizes_of(tuple(dimensions)))], numpy_dtype(dtype), sparse)


def _grid(vectors: Sequence[Array], dtype: np.dtype, sparse: bool) -> Any:
    """The vectors along an axis each: a tuple of them, or one array of all repeated over the other axes."""
    rank = len(vectors)
    open_ = tuple(_along(v, i, rank) for i, v in enumerate(vectors))
    if sparse:
        return open_
    b = emitter()
    sizes = [S.dim(b, v.value, 0) for v in vectors]
    result = empty(b, [rank, *sizes], dtype)
    for i, x in enumerate(open_):
        assign(subview(b, result, [Position(i), *(Range(0, n, 1, True) for n in sizes)]), x)
    return result


# ---------------------------------------------------------------- mgrid, ogrid


def _grid_of_slices(key: Any, sparse: bool) -> Any:
    """What np.mgrid or np.ogrid give for slices: an imaginary step is a number of points, the last of which is included."""
    if isinstance(key, slice):
        return _points(key, None)
    dtype = result_type(*(part for s in key for part in _numbers(s)))
    return _grid([_points(s, dtype) for s in key], dtype, sparse)


def _numbers(s: slice) -> tuple[Any, Any, Any]:
    step = 1 if s.step is None else s.step
    return (0 if s.start is None else s.start, s.stop, 1.0 if isinstance(step, complex) else step)


def _points(s: slice, dtype: np.dtype | None) -> Array:
    """The coordinates of one axis."""
    if not isinstance(s, slice):
        raise wrong(TypeError, "np.mgrid and np.ogrid are indexed with slices")
    start, stop, step = _numbers(s)
    if not isinstance(s.step, complex):
        points = np_arange(start, stop, step)
        return points if dtype is None or dtype == points.dtype else astype(points, dtype)
    count = int(abs(s.step))
    step = (stop - start) / float(count - 1) if count != 1 else 1
    found = elementwise(np.add, (elementwise(np.multiply, (np_arange(count, dtype=result_type(start, stop, 1.0)), step)), start))
    return found if dtype is None or dtype == found.dtype else astype(found, dtype)


def _mgrid(key: Any) -> Any:
    """np.mgrid[...]."""
    return _grid_of_slices(key, sparse=False)


def _ogrid(key: Any) -> Any:
    """np.ogrid[...]."""
    return _grid_of_slices(key, sparse=True)


# By NumPy's function.
GRIDS: dict[Any, Callable[..., Any]] = {np.linspace: np_linspace, np.meshgrid: np_meshgrid, np.indices: np_indices}

# NumPy's objects that make an array when they are indexed, by their types.
INDEXED: dict[type, Callable[[Any], Any]] = {type(np.mgrid): _mgrid, type(np.ogrid): _ogrid}
