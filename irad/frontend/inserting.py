"""Arrays with elements put in or left out: np.insert and np.delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, copy_into, elementwise, empty
from irad.frontend.creation import array, np_full
from irad.frontend.dtypes import BOOL
from irad.frontend.indexing import as_index, getitem, position, setitem
from irad.frontend.joining import np_concatenate, part
from irad.frontend.shaping import np_moveaxis, on_axis
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, as_traced, emitter, refuse, wrong
from irad.frontend.views import as_array, as_number, axis_of, ravel
from irad.ir.builder import Builder
from irad.ir.ops import arith


def _flat_without_axis(arr: Any, axis: Any) -> tuple[Array, int]:
    """The array and the axis to work on: without an axis its elements in one dimension."""
    x = as_array(arr)
    return (ravel(x), 0) if axis is None else (x, axis_of(axis, x.ndim))


# ---------------------------------------------------------------- delete


def np_delete(arr: Any, obj: Any, axis: Any = None) -> Array:
    """np.delete: without one position, those of a slice or of an array, or where a mask is true."""
    x, axis = _flat_without_axis(arr, axis)
    gone = as_traced(obj)
    b = emitter()
    n = S.dim(b, x.value, axis)
    if isinstance(gone, int | np.integer | Scalar) and not isinstance(gone, bool | np.bool_):
        at = position(b, as_index(b, gone), n, axis)
        behind = S.add(b, at, 1)
        return np_concatenate([part(b, x, axis, 0, at), part(b, x, axis, behind, S.sub(b, n, behind))], axis)
    if isinstance(gone, list | tuple):
        gone = array(gone, np.int64 if not gone else None)
    if isinstance(gone, Array) and gone.dtype == BOOL:
        _match(b, gone, n)
        keep = elementwise(np.logical_not, (gone,))
    else:
        keep = np_full(as_number(n), True, BOOL)
        setitem(keep, gone, False)
    return getitem(x, on_axis(x.ndim, axis, keep))


def _match(b: Builder, mask: Array, n: Size) -> None:
    text = "boolean array argument obj to delete must be one-dimensional and match the axis length of {0}"
    if mask.ndim != 1:
        raise wrong(ValueError, text.format("the array"))
    conditions = broadcast.Conditions(b)
    size = S.dim(b, mask.value, 0)
    if not S.same(size, n):
        conditions.require((size, n))
    conditions.check(text, [S.as_value(b, n)])


# ---------------------------------------------------------------- insert


def np_insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Array:
    """np.insert: in front of one position, or of several that are known while tracing."""
    x, axis = _flat_without_axis(arr, axis)
    if isinstance(obj, slice) or isinstance(as_traced(obj), Array):
        raise refuse("np.insert at the positions of an array or a slice is not supported.", "Use a list of integers, or np.concatenate.")
    new = array(values, x.dtype, copy=None, ndmin=x.ndim)
    if isinstance(obj, list | tuple):
        if len(obj) != 1:
            return _insert_several(x, list(obj), new, axis)
        return _insert_at(x, obj[0], new, axis)
    return _insert_at(x, obj, np_moveaxis(new, 0, axis), axis)


def _insert_at(x: Array, obj: Any, new: Array, axis: int) -> Array:
    b = emitter()
    shape = S.dims(b, x.value)
    n, count = shape[axis], S.dim(b, new.value, axis)
    at = _boundary(b, as_index(b, obj), n, axis)
    shape[axis] = S.add(b, n, count)
    result = empty(b, shape, x.dtype)
    copy_into(b, part(b, result, axis, 0, at), part(b, x, axis, 0, at))
    assign(part(b, result, axis, at, count), new)
    rest = S.sub(b, n, at)
    copy_into(b, part(b, result, axis, S.add(b, at, count), rest), part(b, x, axis, at, rest))
    return result


def _boundary(b: Builder, at: Size, n: Size, axis: int) -> Size:
    """A checked place between elements: in [0, n], negative ones wrapped."""
    text = f"index {{0}} is out of bounds for axis {axis} with size {{1}}"
    if isinstance(at, int) and isinstance(n, int):
        if not -n <= at <= n:
            raise wrong(IndexError, text.format(at, n))
        return at if at >= 0 else at + n
    given = S.as_value(b, at)
    below = b(arith.CmpI, given, b.index(0), predicate="slt")
    wrapped = S.as_value(b, S.select(b, below, S.add(b, given, n), given))
    inside = b(arith.CmpI, wrapped, S.as_value(b, n), predicate="ule")
    b.check(inside, "IndexError", text, given, S.as_value(b, n))
    return wrapped


def _insert_several(x: Array, places: list[Any], new: Array, axis: int) -> Array:
    b = emitter()
    shape = S.dims(b, x.value)
    n = shape[axis]
    if not all(isinstance(i, int | np.integer) and (i >= 0 or isinstance(n, int)) for i in places):
        raise refuse("np.insert at several positions that are known only at run time is not supported.", "Use np.concatenate.")
    at = np.array([i + n if i < 0 else i for i in places], np.int64)
    at[np.argsort(at, kind="stable")] += np.arange(len(at))
    shape[axis] = S.add(b, n, len(at))
    result = empty(b, shape, x.dtype)
    setitem(result, on_axis(x.ndim, axis, at.tolist()), new)
    old = np_full(as_number(shape[axis]), True, BOOL)
    setitem(old, at.tolist(), False)
    setitem(result, on_axis(x.ndim, axis, old), x)
    return result


# By NumPy's function.
INSERTING: dict[Any, Callable[..., Any]] = {np.delete: np_delete, np.insert: np_insert}
