"""Differences and interpolation along an axis: diff, gradient, interp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, astype, cast_operand, elementwise, empty, load, operand
from irad.frontend.creation import asarray
from irad.frontend.dtypes import BOOL, COMPLEX128, FLOAT64, is_complex, is_inexact
from irad.frontend.emit import EMIT, convert
from irad.frontend.reductions import nest
from irad.frontend.scalars import materialise, numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.sorting import search
from irad.frontend.values import Array, Scalar, emitter, needed, refuse, wrong
from irad.frontend.views import as_array, as_number, axis_of
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, math

Function = Callable[..., Any]


def _along(axis: int, item: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, item)


# ---------------------------------------------------------------- diff


def np_diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = np._NoValue, append: Any = np._NoValue) -> Any:
    """np.diff."""
    if isinstance(n, Scalar):
        raise needed(n, "how often differences are taken")
    if n == 0:
        return a
    if n < 0:
        raise wrong(ValueError, f"order must be non-negative but got {n!r}")
    x = asarray(a)
    if x.ndim == 0:
        raise wrong(ValueError, "diff requires input that is at least one dimensional")
    along = axis_of(axis, x.ndim)
    ends = [None if v is np._NoValue else _end(v, x, along) for v in (prepend, append)]
    if any(v is not None for v in ends):
        x = _joined([v for v in (ends[0], x, ends[1]) if v is not None], along)
    ufunc = np.not_equal if x.dtype == BOOL else np.subtract
    for _ in range(n):
        x = elementwise(ufunc, (x[_along(along, slice(1, None))], x[_along(along, slice(None, -1))]))
    return x


def _end(v: Any, x: Array, axis: int) -> Array:
    """What is put before or behind an array; a number becomes a slice of it."""
    v = as_array(v)
    if v.ndim:
        return v
    b = emitter()
    sizes = [1 if i == axis else n for i, n in enumerate(S.dims(b, x.value))]
    result = empty(b, sizes, v.dtype)
    assign(result, v)
    return result


def _joined(parts: list[Array], axis: int) -> Array:
    """The arrays one behind the other."""
    b = emitter()
    sizes = S.dims(b, parts[0].value)
    for part in parts[1:]:
        if part.ndim != len(sizes):
            raise wrong(ValueError, "all the input array dimensions must match")
        sizes[axis] = S.add(b, sizes[axis], S.dim(b, part.value, axis))
    result = empty(b, sizes, numpy_dtype(np.result_type(*(part.dtype for part in parts))))
    start: Size = 0
    for part in parts:
        stop = S.add(b, start, S.dim(b, part.value, axis))
        result[_along(axis, slice(as_number(start), as_number(stop)))] = part
        start = stop
    return result


# ---------------------------------------------------------------- gradient


def np_gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """np.gradient: central differences inside, one-sided ones of first or second order at the ends."""
    x = asarray(f)
    axes = range(x.ndim) if axis is None else [axis_of(a, x.ndim) for a in (axis if isinstance(axis, tuple) else (axis,))]
    if edge_order not in (1, 2):
        raise wrong(ValueError, "'edge_order' greater than 2 not supported")
    spacings = _spacings(x, list(axes), varargs)
    if not is_inexact(x.dtype):
        x = astype(x, FLOAT64)
    results = [_slope(x, a, h, edge_order) for a, h in zip(axes, spacings, strict=True)]
    return results[0] if len(results) == 1 else tuple(results)


def _spacings(x: Array, axes: list[int], given: tuple[Any, ...]) -> list[Any]:
    """For each axis the distance of its points, or the distances between them as an array."""
    if not given:
        return [1.0] * len(axes)
    if len(given) == 1 and len(axes) > 1 and isinstance(operand(given[0]), Array):
        raise wrong(TypeError, "invalid number of arguments")
    if len(given) == 1:
        given = given * len(axes)
    if len(given) != len(axes):
        raise wrong(TypeError, "invalid number of arguments")
    return [_spacing(x, a, operand(h)) for a, h in zip(axes, given, strict=True)]


def _spacing(x: Array, axis: int, given: Any) -> Any:
    if not isinstance(given, Array):
        return given
    if given.ndim != 1:
        raise wrong(ValueError, "distances must be either scalars or 1d")
    b = emitter()
    conditions = broadcast.Conditions(b)
    size, count = S.dim(b, x.value, axis), S.dim(b, given.value, 0)
    if not S.same(size, count):
        conditions.require((count, size))
    conditions.check("when 1d, distances must match the length of the corresponding dimension", [])
    return np_diff(given if is_inexact(given.dtype) else astype(given, FLOAT64))


def _slope(x: Array, axis: int, h: Any, edge_order: int) -> Array:
    b = emitter()
    size = S.as_value(b, S.dim(b, x.value, axis))
    enough = b(arith.CmpI, size, b.index(edge_order + 1), predicate="sge")
    b.check(enough, "ValueError", _TOO_SMALL)
    result = empty(b, S.dims(b, x.value), x.dtype)

    def at(item: Any) -> Any:
        return x[_along(axis, item)]

    uneven = isinstance(h, Array)
    inside = _uneven_inside(at, _across(h, x.ndim - 1 - axis)) if uneven else (at(slice(2, None)) - at(slice(None, -2))) / (2.0 * h)
    result[_along(axis, slice(1, -1))] = inside
    first, last = (h[0], h[-1]) if uneven else (h, h)
    if edge_order == 1:
        result[_along(axis, 0)] = (at(1) - at(0)) / first
        result[_along(axis, -1)] = (at(-1) - at(-2)) / last
        return result
    second, before_last = (h[1], h[-2]) if uneven else (h, h)
    result[_along(axis, 0)] = _one_sided(at(0), at(1), at(2), first, second)
    result[_along(axis, -1)] = -_one_sided(at(-1), at(-2), at(-3), last, before_last)
    return result


_TOO_SMALL = "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required."


def _across(h: Array, trailing: int) -> Array:
    """Distances along an axis, with axes of size 1 for those behind it."""
    return h[(slice(None), *(None,) * trailing)]


def _uneven_inside(at: Callable[[Any], Any], h: Array) -> Any:
    """Second order on uneven points, from the distances to the neighbours."""
    left, right = h[:-1], h[1:]
    total = left + right
    a = -right / (left * total)
    b = (right - left) / (left * right)
    c = left / (right * total)
    return a * at(slice(None, -2)) + b * at(slice(1, -1)) + c * at(slice(2, None))


def _one_sided(end: Any, inner: Any, third: Any, near: Any, far: Any) -> Any:
    """Second order at an end, towards the inside: from the distances to the first and between the first and the second neighbour."""
    total = near + far
    return -(near + total) / (near * total) * end + total / (near * far) * inner - near / (far * total) * third


# ---------------------------------------------------------------- interp


def np_interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """np.interp; at a point of xp the slope is that of the interval on the right, beyond the last one it is 0."""
    if period is not None:
        raise refuse("np.interp with period= is not supported.", "Map x into one period with %, and repeat the end points in xp and fp.")
    points, knots, levels = (asarray(v) for v in (x, xp, fp))
    dtype = COMPLEX128 if is_complex(levels.dtype) else FLOAT64
    points, knots, levels = cast_operand(points, FLOAT64), cast_operand(knots, FLOAT64), cast_operand(levels, dtype)
    if knots.ndim != 1 or levels.ndim != 1:
        raise wrong(ValueError, "object too deep for desired array")
    b = emitter()
    n = S.dim(b, knots.value, 0)
    conditions = broadcast.Conditions(b)
    if not S.same(n, S.dim(b, levels.value, 0)):
        conditions.require((n, S.dim(b, levels.value, 0)))
    conditions.check("fp and xp are not of the same length.", [])
    last = S.as_value(b, S.sub(b, n, 1))
    b.check(b(arith.CmpI, last, b.index(0), predicate="sge"), "ValueError", "array of sample points is empty")
    below = b.load(levels.value, b.index(0)) if left is None else materialise(b, operand(left), dtype)
    above = b.load(levels.value, last) if right is None else materialise(b, operand(right), dtype)
    shape = S.dims(b, points.value)
    result = empty(b, shape, dtype)

    def body(inner: Builder, at: list[Value]) -> None:
        point = inner.load(points.value, *at)
        inner.store(_interpolated(inner, point, knots, levels, last, below, above), result.value, *at)

    nest(b, shape, body)
    return result if shape else load(b, result)


def _interpolated(b: Builder, x: Value, knots: Array, levels: Array, last: Value, below: Value, above: Value) -> Value:
    """Under branches, so that what is not used has no slope."""
    dtype, type = levels.dtype, levels.type.element
    nowhere = b.if_(b(math.IsNaN, x), (type,))
    then = b.at(nowhere.then)
    then.yield_(convert(then, x, FLOAT64, dtype))
    b = b.at(nowhere.orelse)
    j = b(arith.SubI, search(b, knots, x, right=True), b.index(1))
    outside = b.if_(b(arith.CmpI, j, b.index(0), predicate="slt"), (type,))
    b.at(outside.then).yield_(below)
    deep = b.at(outside.orelse)
    end = deep.if_(deep(arith.CmpI, j, last, predicate="sge"), (type,))
    then = deep.at(end.then)
    at_last = then(arith.CmpF, x, then.load(knots.value, last), predicate="oeq")
    then.yield_(then(arith.Select, at_last, then.load(levels.value, last), above))
    between = deep.at(end.orelse)
    k = between(arith.AddI, j, between.index(1))
    x0, x1, f0, f1 = (between.load(v.value, i) for v in (knots, levels) for i in (j, k))
    gap, way = (convert(between, between(arith.SubF, v, x0), FLOAT64, dtype) for v in (x1, x))
    slope = EMIT[np.true_divide](between, dtype, EMIT[np.subtract](between, dtype, f1, f0), gap)
    between.yield_(EMIT[np.add](between, dtype, EMIT[np.multiply](between, dtype, slope, way), f0))
    deep.yield_(end.results[0])
    b.yield_(outside.results[0])
    return nowhere.results[0]


DIFFERENCES: dict[Any, Function] = {
    np.diff: np_diff,
    np.gradient: np_gradient,
    np.interp: np_interp,
}
