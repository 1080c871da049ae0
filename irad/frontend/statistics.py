"""Means, variances, covariances and medians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, astype, cast_operand, check_casting, check_keeps_parts, elementwise, empty, operand, squared_size
from irad.frontend.arrays import where as choose
from irad.frontend.complex_api import np_imag, np_real
from irad.frontend.creation import with_leading_axes
from irad.frontend.dtypes import FLOAT64, INT64, is_complex, is_inexact, part_dtype
from irad.frontend.indexing import Range, subview
from irad.frontend.products import np_dot
from irad.frontend.reductions import ANY, SUM, axes_of, dtype_of, into, mask_of, reduce, without_nan
from irad.frontend.scalars import cast, numpy_dtype
from irad.frontend.values import Array, Scalar, as_traced, emitter, method, refuse, wrong
from irad.frontend.views import as_array, transpose
from irad.ir.ops import arith


def _computed(x: Any, dtype: Any) -> np.dtype:
    """The dtype of a mean: float64 for integers, else the array's."""
    kind = dtype_of(x)
    computed = numpy_dtype(dtype) if dtype is not None else kind if is_inexact(kind) else FLOAT64
    check_keeps_parts(kind, computed)
    return computed


def _count(x: Any, axis: Any, where: Any, dtype: np.dtype, keepdims: bool) -> Any:
    """How many elements each result has: a number, or an array where a mask chooses them."""
    if not isinstance(x, Array):
        axes_of(axis, 0)
        return 1 if where is True else cast_operand(operand(where), dtype)
    if where is not True:
        return cast_operand(reduce(SUM, mask_of(where, x), axis, INT64, keepdims), dtype)
    b = emitter()
    shape = S.dims(b, x.value)
    count = S.product(b, [shape[a] for a in axes_of(axis, x.ndim)])
    return count if isinstance(count, int) else Scalar(count, INT64, True)


@method("mean")
def np_mean(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """np.mean: in float64 for integers, else in the array's dtype."""
    x = operand(x)
    computed = _computed(x, dtype)
    total = reduce(SUM, x, axis, computed, keepdims, None, where)
    mean = elementwise(np.true_divide, (total, _count(x, axis, where, computed, keepdims)))
    return into(out, cast_operand(mean, computed))


def np_nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """np.nanmean."""
    return np_mean(a, axis, dtype, out, keepdims, where=_known(a, where))


def _known(a: Any, where: Any) -> Any:
    """A mask of the elements that are not NaN."""
    x = operand(a)
    if not is_inexact(dtype_of(x)):
        return where
    known = elementwise(np.logical_not, (elementwise(np.isnan, (x,)),))
    return known if where is True else elementwise(np.logical_and, (known, where))


def _squares(x: Any, axis: Any, dtype: np.dtype, keepdims: bool, where: Any, mean: Any) -> Any:
    """The sum of the squared distances from the mean."""
    if mean is None:
        mean = np_mean(x, axis, dtype, None, isinstance(x, Array) and axis is not None, where=where)
    deviation = elementwise(np.subtract, (x, mean))
    if where is not True and isinstance(deviation, Array):  # what is masked may be infinite, and so would be the slope of its square
        deviation, where = choose(mask_of(where, deviation), deviation, deviation.dtype.type(0)), True
    return reduce(SUM, squared_size(deviation), axis, part_dtype(dtype), keepdims, None, where)


def _variance(a: Any, axis: Any, dtype: Any, keepdims: bool, where: Any, mean: Any, ddof: Any) -> Any:
    x = operand(a)
    computed = _computed(x, dtype)
    if not is_inexact(computed):
        raise refuse(f"a variance in {computed.name} is not supported.", "Leave dtype= out, or name a float.")
    real = part_dtype(computed)
    left = elementwise(np.maximum, (elementwise(np.subtract, (_count(x, axis, where, real, keepdims), ddof)), 0))
    squares = _squares(x, axis, computed, keepdims, where, mean)
    return cast_operand(elementwise(np.true_divide, (squares, cast_operand(left, real))), real)


def _freedom(ddof: Any, correction: Any) -> Any:
    if correction is None:
        return ddof
    if ddof != 0:
        raise wrong(ValueError, "ddof and correction can't be provided simultaneously.")
    return correction


@method("var")
def np_var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    """np.var."""
    return into(out, _variance(a, axis, dtype, keepdims, where, mean, _freedom(ddof, correction)))


@method("std")
def np_std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    """np.std: the square root of the variance, with its infinite slope where that is 0."""
    result = elementwise(np.sqrt, (_variance(a, axis, dtype, keepdims, where, mean, _freedom(ddof, correction)),))
    if out is not None:
        check_casting("sqrt", result.dtype, as_traced(out))
    return into(out, result)


def np_nanvar(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: bool = False, **kwargs: Any) -> Any:
    """np.nanvar: NaN where no degree of freedom is left."""
    where = _known(a, kwargs.pop("where", True))
    freedom = _freedom(ddof, kwargs.pop("correction", None))
    x = without_nan(a, 0)
    return into(out, _variance(x, axis, dtype, keepdims, where, kwargs.pop("mean", None), freedom))


def np_nanstd(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: bool = False, **kwargs: Any) -> Any:
    """np.nanstd."""
    return into(out, elementwise(np.sqrt, (np_nanvar(a, axis, dtype, None, ddof, keepdims, **kwargs),)))


# ---------------------------------------------------------------- averages


def np_average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """np.average: weighted by an array of the same shape, or of that of the axes."""
    x = as_array(a)
    if weights is None:
        average = np_mean(x, axis, keepdims=keepdims)
        scale = _count(x, axis, True, average.dtype, keepdims)
    else:
        w = _fitted_weights(x, as_array(weights), axis)
        dtype = _computed(elementwise(np.multiply, (_one_of(x), _one_of(w))), None)
        scale = reduce(SUM, w, axis, dtype, keepdims)
        _check_some_weight(scale)
        product = elementwise(np.multiply, (x, w), None, dtype)
        average = elementwise(np.true_divide, (reduce(SUM, product, axis, dtype, keepdims), scale))
    return (average, _spread_like(scale, average)) if returned else average


def _one_of(x: Array) -> Scalar:
    return cast(0, x.dtype)


def _fitted_weights(x: Array, w: Array, axis: Any) -> Array:
    """The weights as a view of the array's shape."""
    b = emitter()
    if w.ndim == x.ndim:
        axes = list(range(x.ndim))
    elif axis is None:
        raise wrong(TypeError, "Axis must be specified when shapes of a and weights differ.")
    else:
        named = axis if isinstance(axis, tuple) else (axis,)
        axes = [axes_of(a, x.ndim)[0] for a in named]
        if w.ndim != len(axes):
            raise wrong(ValueError, "Shape of weights must be consistent with shape of a along specified axis.")
        w = transpose(w, [axes.index(i) for i in sorted(axes)])
        axes.sort()
    shape, own = S.dims(b, x.value), S.dims(b, w.value)
    conditions = broadcast.Conditions(b)
    for i, n in zip(axes, own, strict=True):
        if not S.same(shape[i], n):
            conditions.require((shape[i], n))
    text = "Shape of weights must be consistent with shape of a along specified axis."
    if axis is None:
        text = "Axis must be specified when shapes of a and weights differ."
    conditions.check(text, [], "TypeError" if axis is None else "ValueError")
    expanded = w[tuple(slice(None) if i in axes else None for i in range(x.ndim))]
    return Array(broadcast.spread(b, expanded.value, shape), w.dtype)


def _check_some_weight(scale: Any) -> None:
    """No sum of weights is zero."""
    zero = elementwise(np.equal, (scale, 0))
    found = reduce(ANY, zero) if isinstance(zero, Array) else zero
    b = emitter()
    b.check(b(arith.XorI, found.value, b.true()), "ZeroDivisionError", "Weights sum to zero, can't be normalized")


def _spread_like(x: Any, like: Any) -> Any:
    """An array of the same shape and dtype that holds a number or what broadcasts to it."""
    if not isinstance(like, Array):
        return cast(x, like.dtype)
    b = emitter()
    result = empty(b, S.dims(b, like.value), like.dtype)
    assign(result, x)
    return result


# ---------------------------------------------------------------- covariance


def np_cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """np.cov: of the rows, which are variables, or of the columns."""
    if ddof is not None and ddof != int(ddof):
        raise wrong(ValueError, "ddof must be integer")
    x = _variables(m, rowvar, dtype)
    if y is not None:
        x = _below(x, _variables(y, rowvar, x.dtype if dtype is None else dtype))
    freedom = ddof if ddof is not None else 0 if bias else 1
    weights = _observation_weights(x, fweights, aweights)
    if weights is None:
        mean, total = np_mean(x, 1), _count(x, 1, True, x.dtype, False)
        divisor: Any = elementwise(np.subtract, (total, freedom))
    else:
        mean, total = np_average(x, 1, weights, returned=True)
        total = total[0]
        divisor = _weighted_divisor(total, weights, aweights, freedom)
    deviation = elementwise(np.subtract, (x, mean[:, None]))
    scaled = deviation if weights is None else elementwise(np.multiply, (deviation, weights))
    products = np_dot(deviation, transpose(scaled).conj())
    divisor = elementwise(np.maximum, (divisor, 0.0))
    result = elementwise(np.multiply, (products, elementwise(np.true_divide, (1.0, divisor))))
    return _without_single(astype(result, x.dtype) if result.dtype != x.dtype else result)


def _variables(m: Any, rowvar: bool, dtype: Any) -> Array:
    """A matrix, one row a variable, of floats."""
    x = as_array(m)
    if x.ndim > 2:
        raise wrong(ValueError, "m has more than 2 dimensions")
    wanted = numpy_dtype(np.result_type(x.dtype, np.float64)) if dtype is None else numpy_dtype(dtype)
    x = cast_operand(x, wanted) if x.dtype != wanted else x
    if x.ndim < 2:
        return with_leading_axes(x, 2 - x.ndim)
    return x if rowvar else transpose(x)


def _below(x: Array, y: Array) -> Array:
    """The rows of two matrices in one."""
    b = emitter()
    (n, count), (m, other) = S.dims(b, x.value), S.dims(b, y.value)
    if not S.same(count, other):
        conditions = broadcast.Conditions(b)
        conditions.require((count, other))
        conditions.check("all the input array dimensions except for the concatenation axis must match exactly", [])
    result = empty(b, [S.add(b, n, m), count], np.result_type(x.dtype, y.dtype))
    for first, rows in ((0, x), (n, y)):
        size = S.dim(b, rows.value, 0)
        assign(subview(b, result, [Range(first, size, 1), Range(0, count, 1, True)]), rows)
    return result


def _observation_weights(x: Array, fweights: Any, aweights: Any) -> Any:
    weights = None
    b = emitter()
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        w = as_array(given)
        if name == "fweights" and is_inexact(w.dtype):
            raise refuse("np.cov takes integers as fweights.", "Weights that are floats are aweights.")
        if w.ndim > 1:
            raise wrong(RuntimeError, f"cannot handle multidimensional {name}")
        negative = reduce(ANY, elementwise(np.less, (w, 0)))
        b.check(b(arith.XorI, negative.value, b.true()), "ValueError", f"{name} cannot be negative")
        w = cast_operand(w, FLOAT64)
        weights = w if weights is None else elementwise(np.multiply, (weights, w))
    return weights


def _weighted_divisor(total: Any, weights: Array, aweights: Any, freedom: int) -> Any:
    if freedom == 0:
        return total
    if aweights is None:
        return elementwise(np.subtract, (total, freedom))
    squares = reduce(SUM, elementwise(np.multiply, (weights, as_array(aweights))))
    return elementwise(np.subtract, (total, elementwise(np.true_divide, (elementwise(np.multiply, (squares, freedom)), total))))


def _without_single(x: Array) -> Array:
    """A covariance matrix, of one variable its only element."""
    b = emitter()
    size = S.static(S.dim(b, x.value, 0))
    if size == 1:
        return x[0, 0, ...]
    if not isinstance(size, int):
        some = b(arith.CmpI, size, b.index(1), predicate="ne")
        text = "the covariance of a matrix with one variable has no dimensions in NumPy, but that is known only now: pass a vector"
        b.check(some, "ValueError", text)
    return x


def np_corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """np.corrcoef: the covariances, scaled to standard deviations of 1."""
    c = np_cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return elementwise(np.true_divide, (c, c))
    b = emitter()
    size, strides = S.dim(b, c.value, 0), S.strides(b, c.value)
    variances = Array(broadcast.view(b, c.value, 0, [size], [S.add(b, *strides)]), c.dtype)
    deviations = elementwise(np.sqrt, (np_real(variances),))
    by_rows = elementwise(np.true_divide, (c, deviations[:, None]))
    scaled = elementwise(np.true_divide, (by_rows, deviations))
    for part in (np_real(scaled), np_imag(scaled)) if is_complex(scaled.dtype) else (scaled,):
        elementwise(np.minimum, (elementwise(np.maximum, (part, -1)), 1), out=part)
    return scaled


STATISTICS: dict[Any, Callable[..., Any]] = {
    np.mean: np_mean,
    np.nanmean: np_nanmean,
    np.var: np_var,
    np.std: np_std,
    np.nanvar: np_nanvar,
    np.nanstd: np_nanstd,
    np.average: np_average,
    np.cov: np_cov,
    np.corrcoef: np_corrcoef,
}
