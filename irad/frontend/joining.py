"""Arrays put together and taken apart: np.concatenate and its like copy, np.split and its like give views."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, copy_into, empty
from irad.frontend.dtypes import Kind, promote
from irad.frontend.indexing import Range, getitem, subview
from irad.frontend.scalars import numpy_dtype
from irad.frontend.shaping import LIFT_1D, LIFT_2D, LIFT_3D, LIFT_COLUMN, Lift, lifted, np_moveaxis, on_axis
from irad.frontend.sizes import Size
from irad.frontend.state import current_state
from irad.frontend.values import Array, as_traced, emitter, wrong
from irad.frontend.views import as_array, as_number, axis_of, ravel, reshape
from irad.ir.builder import Builder
from irad.ir.ops import arith

SEQUENCE = 'arrays to stack must be passed as a "sequence" type such as list or tuple.'


def part(b: Builder, x: Array, axis: int, offset: Size, size: Size) -> Array:
    """The view of so many elements of one axis."""
    shape = S.dims(b, x.value)
    return subview(b, x, [Range(offset, size, 1) if i == axis else Range(0, n, 1, True) for i, n in enumerate(shape)])


# ---------------------------------------------------------------- join


def np_concatenate(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """np.concatenate."""
    if axis is None:
        return _joined([ravel(x) for x in _parts(arrays, LIFT_1D, 0)], 0, out, dtype, casting)
    return _joined(_parts(arrays, None, axis), axis, out, dtype, casting)


def np_stack(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """np.stack: along a new axis."""
    first = _first(arrays)
    if first is None:
        raise wrong(ValueError, "need at least one array to stack")
    place = axis_of(axis, first + 1)

    def lift(rank: int) -> tuple[Any, ...]:
        return (*(slice(None),) * place, None)

    parts = _parts(arrays, lift, place)
    _same_ranks(parts, "all input arrays must have the same shape")
    return _joined(parts, place, out, dtype, casting)


def np_vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """np.vstack."""
    return _joined(_parts(tup, LIFT_2D, 0), 0, None, dtype, casting)


def np_hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Array:
    """np.hstack: along the second axis, of vectors along the first."""
    axis = 0 if (_first(tup) or 0) < 2 else 1
    return _joined(_parts(tup, LIFT_1D, axis), axis, None, dtype, casting)


def np_dstack(tup: Any) -> Array:
    """np.dstack."""
    return _joined(_parts(tup, LIFT_3D, 2), 2)


def np_column_stack(tup: Any) -> Array:
    """np.column_stack."""
    return _joined(_parts(tup, LIFT_COLUMN, 1), 1)


def np_append(arr: Any, values: Any, axis: Any = None) -> Array:
    """np.append."""
    return np_concatenate([arr, values], axis)


def _first(arrays: Any) -> int | None:
    """The rank of the first array of a sequence, None if it is empty."""
    x = as_traced(arrays)
    if isinstance(x, Array):
        return x.ndim - 1
    if not isinstance(x, list | tuple):
        raise wrong(TypeError, SEQUENCE)
    return as_array(x[0]).ndim if x else None


def _parts(arrays: Any, lift: Lift | None, axis: Any) -> list[Array]:
    """The arrays to join, with the axes that a lift adds; of an array its rows, and if their number is not static, all in line."""
    x = as_traced(arrays)
    if isinstance(x, Array) and x.ndim and not isinstance(x.shape[0], int):
        return [_in_line(x if lift is None else lifted(x, lift, 1), axis)]
    if isinstance(x, Array):
        x = list(x)
    if not isinstance(x, list | tuple):
        raise wrong(TypeError, SEQUENCE)
    found = [as_array(v) for v in x]
    return found if lift is None else [lifted(v, lift) for v in found]


def _in_line(x: Array, axis: Any) -> Array:
    """The rows of an array, joined along one of their axes."""
    if x.ndim < 2:
        raise wrong(ValueError, "zero-dimensional arrays cannot be concatenated")
    axis = axis_of(axis, x.ndim - 1)
    b = emitter()
    n = S.dim(b, x.value, 0)
    b.check(b(arith.CmpI, S.as_value(b, n), b.index(0), predicate="sgt"), "ValueError", "need at least one array to concatenate")
    moved = np_moveaxis(x, 0, axis)
    shape = S.dims(b, moved.value)
    merged = S.mul(b, shape[axis], shape[axis + 1])
    return reshape(moved, [as_number(m) for m in (*shape[:axis], merged, *shape[axis + 2 :])])


def _same_ranks(parts: Sequence[Array], message: str = "") -> None:
    rank = parts[0].ndim
    for i, x in enumerate(parts):
        if x.ndim != rank:
            text = f"all the input arrays must have same number of dimensions, but the array at index 0 has {rank} dimension(s)"
            raise wrong(ValueError, message or f"{text} and the array at index {i} has {x.ndim} dimension(s)")


def _joined(parts: Sequence[Array], axis: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind") -> Array:
    """The parts one behind the other along an axis."""
    if not parts:
        raise wrong(ValueError, "need at least one array to concatenate")
    if parts[0].ndim == 0:
        raise wrong(ValueError, "zero-dimensional arrays cannot be concatenated")
    _same_ranks(parts)
    axis = axis_of(axis, parts[0].ndim)
    b = emitter()
    shape = _joined_shape(b, parts, axis)
    result = _target(b, parts, shape, out, dtype, casting)
    offset: Size = 0
    for x in parts:
        n = S.dim(b, x.value, axis)
        place = result if len(parts) == 1 else part(b, result, axis, offset, n)
        if out is None:
            copy_into(b, place, x)
        else:
            assign(place, x)
        offset = S.add(b, offset, n)
    return result


def _joined_shape(b: Builder, parts: Sequence[Array], axis: int) -> list[Size]:
    shapes = [S.dims(b, x.value) for x in parts]
    shape = list(shapes[0])
    for at, other in enumerate(shapes[1:], 1):
        for i, (n, m) in enumerate(zip(shapes[0], other, strict=True)):
            if i != axis and not S.same(n, m):
                _require_equal(b, i, at, n, m)
        shape[axis] = S.add(b, shape[axis], other[axis])
    return shape


def _require_equal(b: Builder, axis: int, at: int, n: Size, m: Size) -> None:
    text = "all the input array dimensions except for the concatenation axis must match exactly, but along dimension "
    text += f"{axis}, the array at index 0 has size {{0}} and the array at index {at} has size {{1}}"
    conditions = broadcast.Conditions(b)
    conditions.require((n, m))
    conditions.check(text, [S.as_value(b, n), S.as_value(b, m)])


def _target(b: Builder, parts: Sequence[Array], shape: list[Size], out: Any, dtype: Any, casting: str) -> Array:
    """Where the joined arrays go: a new array, or `out` if it has the right shape."""
    if out is not None and dtype is not None:
        raise wrong(TypeError, "concatenate() only takes `out` or `dtype` as an argument, but both were provided.")
    target = as_traced(out)
    wanted = target.dtype if out is not None else promote(*(Kind(x.dtype) for x in parts)).dtype if dtype is None else numpy_dtype(dtype)
    for x in parts:
        if not np.can_cast(x.dtype, wanted, casting):  # type: ignore[arg-type]
            text = f"Cannot cast array data from {x.dtype!r} to {wanted!r} according to the rule {casting!r}"
            raise wrong(TypeError, text)
    if out is None:
        return empty(b, shape, wanted)
    if target.ndim != len(shape):
        raise wrong(ValueError, "Output array has wrong dimensionality")
    conditions = broadcast.Conditions(b)
    for n, m in zip(S.dims(b, target.value), shape, strict=True):
        if not S.same(n, m):
            conditions.require((n, m))
    conditions.check("Output array is the wrong shape", [])
    return target


# ---------------------------------------------------------------- split


def np_array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Array]:
    """np.array_split: views, in a list."""
    x, axis = _split_axis(ary, axis)
    bounds = as_traced(indices_or_sections)
    if isinstance(bounds, Array) and bounds.ndim:
        bounds = list(bounds)
    points = _even_points(x, bounds, axis) if not isinstance(bounds, list | tuple) else [0, *bounds, None]
    pieces = [getitem(x, on_axis(x.ndim, axis, slice(low, high))) for low, high in pairwise(points)]
    now = current_state()
    return pieces if now is None else now.fresh(pieces)


def _split_axis(ary: Any, axis: Any) -> tuple[Array, int]:
    x = as_array(ary)
    if not -x.ndim <= operator.index(axis) < x.ndim:
        raise wrong(IndexError, "tuple index out of range")
    return x, axis_of(axis, x.ndim)


def _even_points(x: Array, sections: Any, axis: int) -> list[Any]:
    """Where the sections begin: the first ones have one element more where the number does not divide evenly."""
    count = int(sections)
    if count <= 0:
        raise wrong(ValueError, "number sections must be larger than 0.")
    b = emitter()
    n = S.dim(b, x.value, axis)
    if isinstance(n, int):
        each, extra = divmod(n, count)
        return [i * each + min(i, extra) for i in range(count + 1)]
    whole, rest = b(arith.DivSI, n, b.index(count)), b(arith.RemSI, n, b.index(count))
    points = [S.add(b, S.mul(b, whole, i), S.minimum(b, rest, i)) for i in range(count)]
    return [*map(as_number, points), None]


def np_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Array]:
    """np.split: sections of one size."""
    sections = as_traced(indices_or_sections)
    if not isinstance(sections, list | tuple) and not (isinstance(sections, Array) and sections.ndim):
        x, place = _split_axis(ary, axis)
        count = int(sections)
        if count == 0:
            raise wrong(ZeroDivisionError, "integer modulo by zero")
        b = emitter()
        n = S.dim(b, x.value, place)
        rest = n % count if isinstance(n, int) else b(arith.RemSI, n, b.index(count))
        conditions = broadcast.Conditions(b)
        if rest != 0:
            conditions.require((rest, 0))
        conditions.check("array split does not result in an equal division", [])
        ary, sections = x, count
    return np_array_split(ary, sections, axis)


def _split_along(name: str, least: int, axis: int) -> Callable[..., list[Array]]:
    """np.vsplit and its like."""

    def function(ary: Any, indices_or_sections: Any) -> list[Array]:
        x = as_array(ary)
        if x.ndim < least:
            raise wrong(ValueError, f"{name} only works on arrays of {least} or more dimensions")
        return np_split(x, indices_or_sections, min(axis, x.ndim - 1))

    return function


# By NumPy's function.
JOINING: dict[Any, Callable[..., Any]] = {
    np.concatenate: np_concatenate,
    np.stack: np_stack,
    np.vstack: np_vstack,
    np.hstack: np_hstack,
    np.dstack: np_dstack,
    np.column_stack: np_column_stack,
    np.append: np_append,
    np.array_split: np_array_split,
    np.split: np_split,
    np.hsplit: _split_along("hsplit", 1, 1),
    np.vsplit: _split_along("vsplit", 2, 0),
    np.dsplit: _split_along("dsplit", 3, 2),
}
