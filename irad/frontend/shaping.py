"""Views of arrays with other axes: moved, reversed, added or repeated."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import read_only
from irad.frontend.creation import sizes_of
from irad.frontend.indexing import getitem
from irad.frontend.values import Array, Scalar, attribute, emitter, wrong
from irad.frontend.views import as_array, axes_of, axis_of, swapaxes, transpose

ALL = slice(None)
REVERSED = slice(None, None, -1)


def on_axis(rank: int, axis: int, item: Any) -> tuple[Any, ...]:
    """The index that takes an item on one axis, and everything on the others."""
    return tuple(item if i == axis else ALL for i in range(rank))


# ---------------------------------------------------------------- moved


def np_moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """np.moveaxis."""
    x = as_array(a)
    origins, targets = axes_of(source, x.ndim), axes_of(destination, x.ndim)
    if len(origins) != len(targets):
        raise wrong(ValueError, "`source` and `destination` arguments must have the same number of elements")
    order = [i for i in range(x.ndim) if i not in origins]
    for target, origin in sorted(zip(targets, origins, strict=True)):
        order.insert(target, origin)
    return transpose(x, order)


def np_rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    """np.rollaxis: an axis is moved in front of another."""
    x = as_array(a)
    axis = axis_of(axis, x.ndim)
    start = x.ndim if operator.index(start) == x.ndim else axis_of(start, x.ndim)
    return np_moveaxis(x, axis, start - (axis < start))


@attribute("mT")
def _matrix_transposed(x: Any) -> Any:
    if isinstance(x, Scalar) or x.ndim < 2:
        raise wrong(ValueError, "matrix transpose with ndim < 2 is undefined")
    return swapaxes(x, -1, -2)


# ---------------------------------------------------------------- reversed


def np_flip(m: Any, axis: Any = None) -> Any:
    """np.flip: along all axes, or those that are named."""
    x = as_array(m)
    axes = range(x.ndim) if axis is None else axes_of(axis, x.ndim)
    return getitem(x, tuple(REVERSED if i in axes else ALL for i in range(x.ndim)))


def np_flipud(m: Any) -> Any:
    """np.flipud."""
    return np_flip(_of_rank(m, 1), 0)


def np_fliplr(m: Any) -> Any:
    """np.fliplr."""
    return np_flip(_of_rank(m, 2), 1)


def _of_rank(m: Any, least: int) -> Array:
    x = as_array(m)
    if x.ndim < least:
        raise wrong(ValueError, f"Input must be >= {least}-d.")
    return x


def np_rot90(m: Any, k: Any = 1, axes: Sequence[Any] = (0, 1)) -> Any:
    """np.rot90: quarter turns in the plane of two axes."""
    x = as_array(m)
    if len(axes) != 2:
        raise wrong(ValueError, "len(axes) must be 2.")
    first, second = (axis_of(a, x.ndim) for a in axes)
    if first == second:
        raise wrong(ValueError, "Axes must be different.")
    turns = operator.index(k) % 4
    if turns == 0:
        return getitem(x, ...)
    if turns == 2:
        return np_flip(x, (first, second))
    if turns == 1:
        return swapaxes(np_flip(x, second), first, second)
    return np_flip(swapaxes(x, first, second), second)


# ---------------------------------------------------------------- repeated


def np_broadcast_to(array: Any, shape: Any, subok: bool = False) -> Array:
    """np.broadcast_to: a read-only view."""
    x = as_array(array)
    b = emitter()
    target = sizes_of(shape)
    source = S.dims(b, x.value)
    if len(source) > len(target):
        raise wrong(ValueError, "input operand has more dimensions than allowed by the axis remapping")
    broadcast.fit(b, source, target, "operands could not be broadcast together with shape {} and requested shape {}")
    return read_only(Array(broadcast.spread(b, x.value, target), x.dtype))


def np_broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Array, ...]:
    """np.broadcast_arrays: what has to be repeated is a read-only view."""
    arrays = [as_array(a) for a in args]
    b = emitter()
    shape = broadcast.common_shape(b, [S.dims(b, x.value) for x in arrays])
    spread = [Array(broadcast.spread(b, x.value, shape), x.dtype) for x in arrays]
    return tuple(x if y.value is x.value else read_only(y) for x, y in zip(arrays, spread, strict=True))


# ---------------------------------------------------------------- at least so many axes

Lift = Callable[[int], tuple[Any, ...]]  # of a rank: the index that adds axes to an array of that rank


def _lift(*by_rank: tuple[Any, ...]) -> Lift:
    def index(rank: int) -> tuple[Any, ...]:
        return by_rank[rank] if rank < len(by_rank) else (...,)

    return index


LIFT_1D = _lift((None,))
LIFT_2D = _lift((None, None), (None, ALL))
LIFT_3D = _lift((None, None, None), (None, ALL, None), (ALL, ALL, None))
LIFT_COLUMN = _lift((None, None), (ALL, None))


def lifted(x: Array, lift: Lift, leading: int = 0) -> Array:
    """The view with the axes that a lift adds, behind so many leading axes."""
    return getitem(x, (*(ALL,) * leading, *lift(x.ndim - leading)))


def _at_least(lift: Lift) -> Callable[..., Any]:
    def function(*arys: Any) -> Any:
        found = tuple(lifted(as_array(a), lift) for a in arys)
        return found[0] if len(found) == 1 else found

    return function


# By NumPy's function.
SHAPING: dict[Any, Callable[..., Any]] = {
    np.moveaxis: np_moveaxis,
    np.rollaxis: np_rollaxis,
    np.flip: np_flip,
    np.flipud: np_flipud,
    np.fliplr: np_fliplr,
    np.rot90: np_rot90,
    np.broadcast_to: np_broadcast_to,
    np.broadcast_arrays: np_broadcast_arrays,
    np.atleast_1d: _at_least(LIFT_1D),
    np.atleast_2d: _at_least(LIFT_2D),
    np.atleast_3d: _at_least(LIFT_3D),
}
