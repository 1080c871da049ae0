"""Cumulative sums and products along an axis, and the trapezoidal rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import copy_into, elementwise, emit_map, empty, store
from irad.frontend.creation import with_leading_axes
from irad.frontend.dtypes import is_inexact
from irad.frontend.emit import EMIT, constant, convert, from_memory
from irad.frontend.reductions import PROD, SUM, Reduction, dtype_of_fold, into, nest, np_sum, part, without_nan
from irad.frontend.values import Array, Scalar, emitter, method, wrong
from irad.frontend.views import as_array, axis_of, ravel
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith


def scan(kind: Reduction, x: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """The folds of all beginnings of an axis, or of the elements in row-major order."""
    x = as_array(x)
    if axis is None:
        x, axis = ravel(x), 0
    elif x.ndim == 0:
        axis_of(axis, 1)
        x = with_leading_axes(x, 1)
    computed = dtype_of_fold(kind, x.dtype, dtype)
    b = emitter()
    result = empty(b, S.dims(b, x.value), computed)
    at = axis_of(axis, x.ndim)
    (_scan_last if at == x.ndim - 1 else _scan_rows)(b, kind, x, at, result)
    return into(out, result)


def _ordered(kind: Reduction, b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    """The step of a fold in its own order: that of a scan is NumPy's."""
    if not is_inexact(dtype):
        return kind.step(b, dtype, x, y)
    return EMIT[np.add if kind is SUM else np.multiply](b, dtype, x, y)


def _scan_last(b: Builder, kind: Reduction, x: Array, axis: int, result: Array) -> None:
    """Loops over the other axes, in them one that carries the fold along the last."""
    shape = S.dims(b, x.value)
    dtype = result.dtype

    def body(inner: Builder, at: list[Value]) -> None:
        loop = inner.for_(inner.index(0), S.as_value(inner, shape[axis]), inner.index(1), [constant(inner, kind.start(dtype), dtype)])
        deep = inner.at(loop.body)
        place = [*at, loop.induction]
        element = convert(deep, from_memory(deep, deep.load(x.value, *place), x.dtype), x.dtype, dtype)
        total = _ordered(kind, deep, dtype, loop.carried[0], element)
        store(deep, result, Scalar(total, dtype, False), *place)
        deep.yield_(total)

    nest(b, shape[:axis], body)


def _scan_rows(b: Builder, kind: Reduction, x: Array, axis: int, result: Array) -> None:
    """Loops over the axes up to the scanned one, in them a map over the rest that adds a part to the one before."""
    shape = S.dims(b, x.value)

    def rows(inner: Builder, at: list[Value]) -> None:
        outer = dict(enumerate(at))
        first = inner.if_(inner(arith.CmpI, S.as_value(inner, shape[axis]), inner.index(0), predicate="sgt"))
        then = inner.at(first.then)
        start = {**outer, axis: then.index(0)}
        copy_into(then, part(then, result, start), part(then, x, start))
        then.yield_()
        inner.at(first.orelse).yield_()
        loop = inner.for_(inner.index(1), S.as_value(inner, shape[axis]), inner.index(1))
        deep = inner.at(loop.body)
        here = {**outer, axis: loop.induction}
        before = {**outer, axis: deep(arith.SubI, loop.induction, deep.index(1))}
        target = part(deep, result, here)
        step = partial(_step, kind, result.dtype)
        emit_map(deep, target, [part(deep, result, before), part(deep, x, here)], [result.dtype] * 2, step, result.dtype)
        deep.yield_()

    nest(b, shape[:axis], rows)


def _step(kind: Reduction, dtype: np.dtype, b: Builder, total: Value, element: Value) -> Value:
    return _ordered(kind, b, dtype, total, element)


@method("cumsum")
def np_cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """np.cumsum."""
    return scan(SUM, a, axis, dtype, out)


@method("cumprod")
def np_cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """np.cumprod."""
    return scan(PROD, a, axis, dtype, out)


def np_nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """np.nancumsum."""
    return scan(SUM, without_nan(as_array(a), 0), axis, dtype, out)


def np_nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """np.nancumprod."""
    return scan(PROD, without_nan(as_array(a), 1), axis, dtype, out)


def np_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """np.trapezoid: half the sum of the widths times the sums of neighbours."""
    y = as_array(y)
    at = axis_of(axis, y.ndim)
    neighbours = elementwise(np.add, _ends(y, at))
    widths = dx
    if x is not None:
        points = as_array(x)
        along = axis_of(axis, points.ndim) if points.ndim > 1 else 0
        right, left = _ends(points, along)
        widths = elementwise(np.subtract, (right, left))
        if points.ndim == 1:
            widths = widths[(slice(None), *[None] * (y.ndim - at - 1))]
    product = elementwise(np.multiply, (widths, neighbours))
    return np_sum(elementwise(np.true_divide, (product, 2.0)), at)


def _ends(x: Array, axis: int) -> tuple[Array, Array]:
    """All but the first elements of an axis, and all but the last."""
    if x.ndim == 0:
        raise wrong(IndexError, "too many indices for array: array is 0-dimensional")
    before = [slice(None)] * axis
    return x[(*before, slice(1, None))], x[(*before, slice(None, -1))]


SCANS: dict[Any, Callable[..., Any]] = {
    np.cumsum: np_cumsum,
    np.cumprod: np_cumprod,
    np.nancumsum: np_nancumsum,
    np.nancumprod: np_nancumprod,
    np.trapezoid: np_trapezoid,
}
