"""Sorting by gathering what a merge sort of positions has ordered, and binary search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import assign, cast_operand, elementwise, empty, load
from irad.frontend.creation import asarray
from irad.frontend.dtypes import BOOL, INT64, is_inexact
from irad.frontend.emit import negate_bool
from irad.frontend.indexing import as_index
from irad.frontend.merge_sort import before, order_of
from irad.frontend.reductions import nest
from irad.frontend.scalars import numpy_dtype
from irad.frontend.selecting import np_nonzero, take_along_axis
from irad.frontend.ufunc_forms import accumulate
from irad.frontend.values import Array, emitter, method, refuse, wrong
from irad.frontend.views import axis_of, ravel, reshape
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, scf
from irad.ir.types import index

Function = Callable[..., Any]


def _check_kind(kind: Any, order: Any, stable: Any) -> None:
    if kind not in (None, "quicksort", "heapsort", "mergesort", "stable"):
        raise wrong(ValueError, f"sort kind must be one of 'quick', 'heap', or 'stable' (got {kind!r})")
    if order is not None:
        raise wrong(ValueError, "Cannot specify order when the array has no fields.")


@method("argsort")
def np_argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """np.argsort; always stable."""
    _check_kind(kind, order, stable)
    x = asarray(a)
    if axis is None or x.ndim == 0:
        return order_of(ravel(x), 0)
    return order_of(x, axis_of(axis, x.ndim))


def np_sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """np.sort; always stable, NaNs last. The slopes go where the elements went."""
    _check_kind(kind, order, stable)
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), -1
    along = axis_of(axis, x.ndim)
    return take_along_axis(x, order_of(x, along), along)


@method("sort")
def sort_method(x: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    """x.sort(), in place."""
    assign(x, np_sort(x, axis, kind, order, stable=stable))


def _check_kth(x: Array, kth: Any, axis: Any) -> None:
    b = emitter()
    size = S.product(b, S.dims(b, x.value)) if axis is None else S.dim(b, x.value, axis_of(axis, x.ndim))
    for k in kth if isinstance(kth, tuple | list) else (kth,):
        position = S.as_value(b, as_index(b, k))
        wrapped = b(arith.AddI, position, S.as_value(b, size))
        inside = b(arith.CmpI, wrapped, S.as_value(b, S.add(b, size, size)), predicate="ult")
        b.check(inside, "ValueError", "kth(={0}) out of bounds ({1})", position, S.as_value(b, size))


def np_partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """np.partition: all elements are sorted, which is one of the orders that NumPy leaves open."""
    x = asarray(a)
    _check_kth(x, kth, axis)
    return np_sort(x, axis)


@method("argpartition")
def np_argpartition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """np.argpartition: all positions in order, which is one of those that NumPy leaves open."""
    x = asarray(a)
    _check_kth(x, kth, axis)
    return np_argsort(x, axis)


@method("partition")
def partition_method(x: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> None:
    """x.partition(kth), in place."""
    assign(x, np_partition(x, kth, axis))


def np_lexsort(keys: Any, axis: Any = -1) -> Any:
    """np.lexsort: by the last key, and where it is equal by the one before it."""
    rows = [asarray(key) for key in keys]
    if not rows:
        raise wrong(TypeError, "need sequence of keys with len > 0 in lexsort")
    along = axis_of(axis, rows[0].ndim)
    found = order_of(rows[0], along)
    for key in rows[1:]:
        found = take_along_axis(found, order_of(take_along_axis(key, found, along), along), along)
    return found


# ---------------------------------------------------------------- binary search


@method("searchsorted")
def np_searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """np.searchsorted."""
    if side not in ("left", "right"):
        raise wrong(ValueError, f"search side must be 'left' or 'right' (got {side!r})")
    table, wanted = asarray(a), asarray(v)
    if table.ndim != 1:
        raise wrong(ValueError, "object too deep for desired array")
    if sorter is not None:
        table = table[asarray(sorter)]
    dtype = numpy_dtype(np.result_type(table.dtype, wanted.dtype))
    table, wanted = (x if x.dtype == dtype else cast_operand(x, dtype) for x in (table, wanted))
    b = emitter()
    shape = S.dims(b, wanted.value)
    result = empty(b, shape, INT64)

    def body(inner: Builder, at: list[Value]) -> None:
        inner.store(search(inner, table, load(inner, wanted, *at).value, side == "right"), result.value, *at)

    nest(b, shape, body)
    return result if shape else load(b, result)


def search(b: Builder, table: Array, x: Value, right: bool) -> Value:
    """How many elements of a sorted table come before x, or with `right` not behind it."""
    head, body = Block([index, index]), Block([index, index])
    inner = b.at(head)
    inner.op(scf.Condition, (inner(arith.CmpI, *head.args, predicate="slt"), *head.args))
    inner = b.at(body)
    low, high = body.args
    middle = inner(arith.ShRUI, inner(arith.AddI, low, high), inner.index(1))
    element = load(inner, table, middle).value
    passed = negate_bool(inner, before(inner, table.dtype, x, element)) if right else before(inner, table.dtype, element, x)
    above = inner(arith.AddI, middle, inner.index(1))
    inner.yield_(inner(arith.Select, passed, above, low), inner(arith.Select, passed, high, middle))
    starts = (b.index(0), S.as_value(b, S.dim(b, table.value, 0)))
    return b.op(scf.While, starts, None, (index, index), (head, body)).results[0]


def np_isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None) -> Any:
    """np.isin: by binary search among the sorted test elements, between which places a NaN is not."""
    x, table = asarray(element), np_sort(test_elements, None)
    last, first = (np_searchsorted(table, x, side) for side in ("right", "left"))
    found = elementwise(np.logical_and, (elementwise(np.greater, (last, first)), elementwise(np.equal, (x, x))))
    return elementwise(np.logical_not, (found,)) if invert else found


# ---------------------------------------------------------------- unique


def np_unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """np.unique of all elements, sorted."""
    if axis is not None:
        raise refuse("np.unique along an axis is not supported.", "Loop over the rows, or pass an array of one dimension.")
    x = asarray(ar)
    flat = ravel(x)
    order = order_of(flat, 0)
    arranged = flat[order]
    first = _starts_of_runs(arranged, equal_nan)
    results = [arranged[first]]
    if return_index:
        results.append(order[first])
    if return_inverse:
        results.append(_inverse(x, order, first))
    if return_counts:
        results.append(_lengths(first))
    return results[0] if len(results) == 1 else tuple(results)


def _starts_of_runs(arranged: Array, equal_nan: bool) -> Array:
    """Where an element differs from the one before it."""
    b = emitter()
    n = S.dim(b, arranged.value, 0)
    first = empty(b, [n], BOOL)
    first[:1] = True
    fresh = elementwise(np.not_equal, (arranged[1:], arranged[:-1]))
    if equal_nan and is_inexact(arranged.dtype):
        fresh = elementwise(np.logical_and, (fresh, elementwise(np.equal, (arranged[:-1], arranged[:-1]))))
    first[1:] = fresh
    return first


def _inverse(x: Array, order: Array, first: Array) -> Array:
    """The position in the result of every element of the array."""
    b = emitter()
    result = empty(b, S.dims(b, order.value), INT64)
    result[order] = elementwise(np.subtract, (accumulate(np.add, first), 1))
    return reshape(result, x.shape)


def _lengths(first: Array) -> Array:
    """How long the runs are that begin where it is true."""
    b = emitter()
    (starts,) = np_nonzero(first)
    ends = empty(b, S.dims(b, starts.value), INT64)
    ends[:-1] = starts[1:]
    ends[-1:] = first.size
    return elementwise(np.subtract, (ends, starts))


SORTING: dict[Any, Function] = {
    np.sort: np_sort,
    np.argsort: np_argsort,
    np.partition: np_partition,
    np.argpartition: np_argpartition,
    np.lexsort: np_lexsort,
    np.searchsorted: np_searchsorted,
    np.isin: np_isin,
    np.unique: np_unique,
}
