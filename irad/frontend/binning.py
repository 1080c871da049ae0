"""Counting in bins: histogram, bincount, digitize; the slopes go to the weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import assign, astype, cast_operand, elementwise, empty, load, store, where
from irad.frontend.creation import asarray, np_arange
from irad.frontend.differences import np_diff
from irad.frontend.dtypes import BOOL, FLOAT64, INT64, is_complex, is_float
from irad.frontend.emit import EMIT, constant, convert
from irad.frontend.indexing import as_index
from irad.frontend.reductions import nest, np_all, np_sum
from irad.frontend.scalars import cast, numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.sorting import np_searchsorted, search
from irad.frontend.values import Array, Scalar, emitter, refuse, wrong
from irad.frontend.views import as_number, ravel
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, math

Function = Callable[..., Any]


def _check_all(condition: Any, message: str) -> None:
    b = emitter()
    b.check(np_all(condition).value, "ValueError", message)


def np_digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """np.digitize, of bins that increase or decrease."""
    x, edges = asarray(x), asarray(bins)
    if is_complex(x.dtype):
        raise wrong(TypeError, "x may not be complex")
    if edges.ndim != 1:
        raise wrong(ValueError, "object of too small depth for desired array" if edges.ndim == 0 else "object too deep for desired array")
    steps = elementwise(np.less_equal, (edges[:-1], edges[1:])), elementwise(np.greater_equal, (edges[:-1], edges[1:]))
    up, down = np_all(steps[0]), np_all(steps[1])
    monotonic = elementwise(np.logical_or, (up, down))
    emitter().check(monotonic.value, "ValueError", "bins must be monotonically increasing or decreasing")
    side = "left" if right else "right"
    forward = np_searchsorted(edges, x, side)
    backward = elementwise(np.subtract, (edges.size, np_searchsorted(edges[::-1], x, side)))
    return where(up, forward, backward)


# ---------------------------------------------------------------- bincount


def np_bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Array:
    """np.bincount."""
    numbers = asarray(x)
    if numbers.dtype.kind not in "iub" or numbers.dtype == np.uint64:
        raise wrong(TypeError, f"Cannot cast array data from {numbers.dtype!r} to dtype('int64') according to the rule 'safe'")
    if numbers.ndim != 1:
        raise wrong(ValueError, "object too deep for desired array")
    numbers = cast_operand(numbers, INT64)
    b = emitter()
    least = as_index(b, minlength)
    if isinstance(least, int) and least < 0:
        raise wrong(ValueError, "'minlength' must not be negative")
    _check_all(elementwise(np.greater_equal, (numbers, 0)), "'list' argument must have no negative elements")
    count = S.dim(b, numbers.value, 0)
    largest = _largest(b, numbers, count)
    counts = _zeros(b, S.maximum(b, S.add(b, largest, 1), least), INT64 if weights is None else FLOAT64)
    heaps = _weights(weights, numbers, FLOAT64)

    def body(inner: Builder, at: list[Value]) -> None:
        _add_to(inner, counts, inner.load(numbers.value, *at), heaps, at)

    nest(b, [count], body)
    return counts


def _largest(b: Builder, numbers: Array, count: Size) -> Value:
    """The largest of numbers that are not negative, -1 if there are none."""
    loop = b.for_(b.index(0), S.as_value(b, count), b.index(1), [b.index(-1)])
    inner = b.at(loop.body)
    inner.yield_(inner(arith.MaxSI, loop.carried[0], inner.load(numbers.value, loop.induction)))
    return loop.results[0]


def _zeros(b: Builder, size: Size, dtype: np.dtype) -> Array:
    result = empty(b, [size], dtype)
    assign(result, 0)
    return result


def _weights(weights: Any, like: Array, dtype: np.dtype | None) -> Array | None:
    if weights is None:
        return None
    heaps = asarray(weights)
    if heaps.ndim != like.ndim:
        raise wrong(ValueError, "weights should have the same shape as a.")
    b = emitter()
    for n, m in zip(S.dims(b, heaps.value), S.dims(b, like.value), strict=True):
        if not S.same(n, m):
            equal = b(arith.CmpI, S.as_value(b, n), S.as_value(b, m), predicate="eq")
            b.check(equal, "ValueError", "The weights and list don't have the same length.")
    return heaps if dtype is None else cast_operand(heaps, dtype)


def _add_to(b: Builder, counts: Array, place: Value, weights: Array | None, at: list[Value]) -> None:
    """counts[place] += the weight there, or 1."""
    amount = Scalar(b.index(1), INT64, False) if weights is None else load(b, weights, *at)
    value = convert(b, amount.value, amount.dtype, counts.dtype)
    total = EMIT[np.add](b, counts.dtype, load(b, counts, place).value, value)
    store(b, counts, Scalar(total, counts.dtype, False), place)


# ---------------------------------------------------------------- histogram


def np_histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogram: the counts have no slope by the data, only by the weights."""
    data = _real_data(a)
    data = cast_operand(data, np.dtype(np.uint8)) if data.dtype == BOOL else data
    heaps = _weights(weights, data, None)
    data = ravel(data)
    edges = _edges(data, bins, range)
    counts = _counts(data, edges, None if heaps is None else ravel(heaps))
    if density:
        counts = elementwise(np.true_divide, (elementwise(np.true_divide, (counts, np_diff(edges))), np_sum(counts)))
    return counts, edges


def np_histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """np.histogram_bin_edges."""
    return _edges(ravel(_real_data(a)), bins, range)


def _real_data(a: Any) -> Array:
    x = asarray(a)
    if is_complex(x.dtype):
        raise wrong(TypeError, "a histogram of complex numbers has no meaning. Pass z.real, z.imag or abs(z).")
    return x


def _edges(data: Array, bins: Any, limits: Any) -> Array:
    if isinstance(bins, str):
        raise refuse(f"np.histogram with bins={bins!r} is not supported.", "Pass the number of bins or their edges.")
    if isinstance(bins, list | tuple | np.ndarray | Array):
        edges = asarray(bins)
        if edges.ndim != 1:
            raise wrong(ValueError, "`bins` must be 1d, when an array")
        _check_all(elementwise(np.less_equal, (edges[:-1], edges[1:])), "`bins` must increase monotonically, when an array")
        return edges
    count = as_index(emitter(), bins)
    if isinstance(count, int) and count < 1:
        raise wrong(ValueError, "`bins` must be positive, when an integer")
    first, last = _limits(data, limits)
    number = as_number(count)
    step = elementwise(np.true_divide, (elementwise(np.subtract, (last, first)), number))
    edges = elementwise(np.add, (elementwise(np.multiply, (np_arange(0, number + 1), step)), first))
    edges[-1] = last
    return astype(edges, data.dtype) if is_float(data.dtype) and data.dtype != edges.dtype else edges


def _limits(data: Array, limits: Any) -> tuple[Any, Any]:
    """The outermost edges: those that are given, or of the data; moved apart by a half each where they are equal."""
    b = emitter()
    if limits is None:
        values = cast_operand(data, FLOAT64)
        first, last = _extreme(b, values, np.minimum, np.inf, 0.0), _extreme(b, values, np.maximum, -np.inf, 1.0)
    else:
        first, last = (cast(v, FLOAT64) for v in limits)
        ordered = b(arith.CmpF, first.value, last.value, predicate="ole")
        b.check(ordered, "ValueError", "max must be larger than min in range parameter.")
    both = b(arith.AndI, b(math.IsFinite, first.value), b(math.IsFinite, last.value))
    b.check(both, "ValueError", "range of [{0}, {1}] is not finite", first.value, last.value)
    half = where(elementwise(np.equal, (first, last)), 0.5, 0.0)
    return elementwise(np.subtract, (first, half)), elementwise(np.add, (last, half))


def _extreme(b: Builder, values: Array, ufunc: np.ufunc, start: float, of_nothing: float) -> Scalar:
    """The smallest or the largest value."""
    count = S.as_value(b, S.dim(b, values.value, 0))
    loop = b.for_(b.index(0), count, b.index(1), [constant(b, start, FLOAT64)])
    inner = b.at(loop.body)
    inner.yield_(EMIT[ufunc](inner, FLOAT64, loop.carried[0], inner.load(values.value, loop.induction)))
    nothing = b(arith.CmpI, count, b.index(0), predicate="eq")
    return Scalar(b(arith.Select, nothing, constant(b, of_nothing, FLOAT64), loop.results[0]), FLOAT64, False)


def _counts(data: Array, edges: Array, weights: Array | None) -> Array:
    """How much of the data is in each bin; the last bin holds its upper edge too."""
    b = emitter()
    dtype = numpy_dtype(np.result_type(data.dtype, edges.dtype))
    data, table = cast_operand(data, dtype), cast_operand(edges, dtype)
    bins = S.sub(b, S.dim(b, edges.value, 0), 1)
    counts = _zeros(b, S.maximum(b, bins, 0), INT64 if weights is None else weights.dtype)

    def body(inner: Builder, at: list[Value]) -> None:
        x = load(inner, data, *at).value
        end = S.as_value(inner, bins)
        place = inner(arith.SubI, search(inner, table, x, right=True), inner.index(1))
        at_end = inner(arith.AndI, inner(arith.CmpI, place, end, predicate="eq"), _equals(inner, table, end, x))
        place = inner(arith.Select, at_end, inner(arith.SubI, end, inner.index(1)), place)
        inside = inner.if_(inner(arith.CmpI, place, end, predicate="ult"))
        then = inner.at(inside.then)
        _add_to(then, counts, place, weights, at)
        then.yield_()
        inner.at(inside.orelse).yield_()

    nest(b, S.dims(b, data.value), body)
    return counts


def _equals(b: Builder, table: Array, place: Value, x: Value) -> Value:
    return EMIT[np.equal](b, table.dtype, load(b, table, place).value, x)


BINNING: dict[Any, Function] = {
    np.digitize: np_digitize,
    np.bincount: np_bincount,
    np.histogram: np_histogram,
    np.histogram_bin_edges: np_histogram_bin_edges,
}
