"""Reductions over all or some axes, and products of vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.frontend import broadcast, complex_parts
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, check_casting, copy_into, elementwise, emit_map, empty, operand, store
from irad.frontend.dtypes import BOOL, FLOAT64, INT64, is_complex, is_float, is_inexact, is_unsigned, width
from irad.frontend.emit import EMIT, constant, convert, from_memory
from irad.frontend.indexing import Position, Range, subview
from irad.frontend.scalars import cast, numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, as_traced, emitter, method, operation, refuse, wrong
from irad.frontend.views import axis_of
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, irad

REASSOCIATE = ("reassoc", "nsz")  # NumPy leaves the order of its sums open

Step = Callable[[Builder, np.dtype, Value, Value], Value]


@dataclass(frozen=True, slots=True)
class Reduction:
    """A fold: the dtype it computes in, what it starts from, its step, and whether that start is an identity."""

    name: str
    result: Callable[[np.dtype], np.dtype]
    start: Callable[[np.dtype], Any]
    step: Step
    identity: bool = True


def _sum_dtype(dtype: np.dtype) -> np.dtype:
    if is_inexact(dtype):
        return dtype
    return np.dtype(np.uint64) if dtype.kind == "u" else INT64


def _unchanged(dtype: np.dtype) -> np.dtype:
    return dtype


def _boolean(dtype: np.dtype) -> np.dtype:
    return BOOL


def _lowest(dtype: np.dtype) -> Any:
    if is_inexact(dtype):
        return dtype.type(complex(-np.inf, -np.inf)) if is_complex(dtype) else -np.inf
    return 0 if is_unsigned(dtype) else -(1 << width(dtype) - 1)


def _highest(dtype: np.dtype) -> Any:
    if is_inexact(dtype):
        return dtype.type(complex(np.inf, np.inf)) if is_complex(dtype) else np.inf
    return (1 << width(dtype)) - 1 if is_unsigned(dtype) else (1 << width(dtype) - 1) - 1


def _add(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    if is_complex(dtype):
        return complex_parts.sum_in_any_order(b, x, y, REASSOCIATE)
    return b(arith.AddF, x, y, fastmath=REASSOCIATE) if is_float(dtype) else b(arith.AddI, x, y)


def _multiply(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    if is_complex(dtype):
        return EMIT[np.multiply](b, dtype, x, y)
    return b(arith.MulF, x, y, fastmath=REASSOCIATE) if is_float(dtype) else b(arith.MulI, x, y)


def _and(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return b(arith.AndI, x, y)


def _or(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return b(arith.OrI, x, y)


def zero(dtype: np.dtype) -> int:
    """Where a sum starts."""
    return 0


def one(dtype: np.dtype) -> int:
    """Where a product starts."""
    return 1


SUM = Reduction("add", _sum_dtype, zero, _add)
PROD = Reduction("multiply", _sum_dtype, one, _multiply)
MAX = Reduction("maximum", _unchanged, _lowest, EMIT[np.maximum], identity=False)
MIN = Reduction("minimum", _unchanged, _highest, EMIT[np.minimum], identity=False)
ANY = Reduction("logical_or", _boolean, zero, _or)
ALL = Reduction("logical_and", _boolean, one, _and)


def reduce_array(b: Builder, x: Array, dtype: np.dtype, start: Value, step: Step) -> Value:
    """Fold all elements, converted to a dtype, in row-major order."""
    block = Block([start.type, x.type.element])
    inner = b.at(block)
    element = convert(inner, from_memory(inner, block.args[1], x.dtype), x.dtype, dtype)
    inner.yield_(step(inner, dtype, block.args[0], element))
    return b.op(irad.Reduce, (x.value, start), {"inputs": 1}, None, (block,)).result


def reduce(kind: Reduction, x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """The fold over all axes, or over those that `axis` names."""
    x = operand(x)
    computed = kind.result(x.dtype if isinstance(x, Array | Scalar) else np.result_type(x)) if dtype is None else numpy_dtype(dtype)
    if not isinstance(x, Array):
        return cast(x, computed)
    axes = list(range(x.ndim)) if axis is None else sorted(axis_of(a, x.ndim) for a in (axis if isinstance(axis, tuple) else (axis,)))
    b = emitter()
    shape = S.dims(b, x.value)
    if not kind.identity:
        _check_not_empty(b, kind, [shape[a] for a in axes])
    if len(axes) == x.ndim and not keepdims:
        return Scalar(reduce_array(b, x, computed, constant(b, kind.start(computed), computed), kind.step), computed, False)
    result = empty(b, [n for i, n in enumerate(shape) if i not in axes], computed)
    fold = _fold_last if x.ndim - 1 in axes else _fold_leading
    fold(b, kind, x, shape, axes, result)
    return _with_ones(b, result, shape, axes) if keepdims else result


def _check_not_empty(b: Builder, kind: Reduction, sizes: Sequence[Size]) -> None:
    count = S.product(b, sizes)
    if not S.at_most(1, count):
        some = b(arith.CmpI, S.as_value(b, count), b.index(0), predicate="sgt")
        b.check(some, "ValueError", f"zero-size array to reduction operation {kind.name} which has no identity")


def _fold_last(b: Builder, kind: Reduction, x: Array, shape: list[Size], axes: list[int], result: Array) -> None:
    """A loop over the axes that stay, in it a fold over the others, the last among them."""
    kept = [i for i in range(x.ndim) if i not in axes]

    def body(inner: Builder, at: list[Value]) -> None:
        part = _part(inner, x, shape, dict(zip(kept, at, strict=True)))
        start = constant(inner, kind.start(result.dtype), result.dtype)
        total = reduce_array(inner, part, result.dtype, start, kind.step)
        store(inner, result, Scalar(total, result.dtype, False), *at)

    nest(b, [shape[i] for i in kept], body)


def _fold_leading(b: Builder, kind: Reduction, x: Array, shape: list[Size], axes: list[int], result: Array) -> None:
    """A loop over the axes that go, in it a map that adds a part to the result: memory is read in order."""
    copy_into(b, result, Scalar(constant(b, kind.start(result.dtype), result.dtype), result.dtype, False))

    def body(inner: Builder, at: list[Value]) -> None:
        part = _part(inner, x, shape, dict(zip(axes, at, strict=True)))

        def step(deep: Builder, total: Value, element: Value) -> Value:
            return kind.step(deep, result.dtype, total, element)

        emit_map(inner, result, [result, part], [result.dtype] * 2, step, result.dtype)

    nest(b, [shape[i] for i in axes], body)


def _part(b: Builder, x: Array, shape: list[Size], at: dict[int, Value]) -> Array:
    return subview(b, x, [Position(at[i]) if i in at else Range(0, n, 1, True) for i, n in enumerate(shape)])


def nest(b: Builder, sizes: Sequence[Size], body: Callable[[Builder, list[Value]], None]) -> None:
    """Loops over a box, the first axis outermost; without axes the body runs once."""
    at: list[Value] = []
    inner = b
    loops: list[Builder] = []
    for size in sizes:
        loop = inner.for_(inner.index(0), S.as_value(inner, size), inner.index(1))
        inner = inner.at(loop.body)
        loops.append(inner)
        at.append(loop.induction)
    body(inner, at)
    for level in loops:
        level.yield_()


def _with_ones(b: Builder, result: Array, shape: list[Size], axes: list[int]) -> Array:
    sizes = [1 if i in axes else n for i, n in enumerate(shape)]
    return Array(broadcast.view(b, result.value, 0, sizes, S.row_major(b, sizes), strided=False), result.dtype)


def into(out: Any, result: Any) -> Any:
    """The result, written into the array that an `out` argument names."""
    if out is None:
        return result
    target = as_traced(out)
    check_casting("reduce", result.dtype, target)
    assign(target, result)
    return target


@method("sum")
def np_sum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.sum."""
    return into(out, reduce(SUM, x, axis, dtype, keepdims))


@method("prod")
def np_prod(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.prod."""
    return into(out, reduce(PROD, x, axis, dtype, keepdims))


@method("max")
def np_max(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.max."""
    return into(out, reduce(MAX, x, axis, None, keepdims))


@method("min")
def np_min(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.min."""
    return into(out, reduce(MIN, x, axis, None, keepdims))


@method("any")
def np_any(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.any."""
    return into(out, reduce(ANY, x, axis, None, keepdims))


@method("all")
def np_all(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.all."""
    return into(out, reduce(ALL, x, axis, None, keepdims))


@method("mean")
def np_mean(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.mean: in float64 for integers, else in the array's dtype."""
    x = operand(x)
    kind = x.dtype if isinstance(x, Array | Scalar) else np.result_type(x)
    computed = numpy_dtype(dtype) if dtype is not None else kind if is_inexact(kind) else FLOAT64
    total = reduce(SUM, x, axis, computed, keepdims)
    if not isinstance(x, Array):
        return into(out, total)
    b = emitter()
    shape = S.dims(b, x.value)
    axes = range(x.ndim) if axis is None else [axis_of(a, x.ndim) for a in (axis if isinstance(axis, tuple) else (axis,))]
    count = S.product(b, [shape[a] for a in axes])
    divisor = count if isinstance(count, int) else Scalar(count, INT64, True)
    return into(out, elementwise(np.true_divide, (total, divisor)))


# ---------------------------------------------------------------- products


@method("dot")
def dot(x: Any, y: Any, out: Any = None) -> Any:
    """np.dot: of vectors the inner product, of matrices their product; a scalar multiplies."""
    x, y = operand(x), operand(y)
    if not isinstance(x, Array) or not isinstance(y, Array):
        return into(out, elementwise(np.multiply, (x, y)))
    return into(out, _product(x, y, "shapes {} and {} not aligned"))


@operation("matmul")
def matmul(x: Any, y: Any) -> Any:
    """x @ y of vectors and matrices."""
    x, y = operand(x), operand(y)
    if not isinstance(x, Array) or not isinstance(y, Array):
        raise wrong(ValueError, "matmul: an operand does not have enough dimensions")
    return _product(x, y, "matmul: shapes {} and {} have a mismatch in their core dimension")


def _product(x: Array, y: Array, message: str) -> Any:
    if x.ndim > 2 or y.ndim > 2:
        raise refuse("products of arrays with more than two dimensions are not supported.", "Loop over the leading ones.")
    dtype = np.result_type(x.dtype, y.dtype)
    b = emitter()
    left, right = S.dims(b, x.value), S.dims(b, y.value)
    inner, other = left[-1], right[-2] if y.ndim == 2 else right[0]
    if not S.same(inner, other):
        conditions = broadcast.Conditions(b)
        conditions.require((inner, other))
        (first, second), values = broadcast.shape_text([left, right])
        conditions.check(message.format(first, second), values)
    form = {(1, 1): _inner, (2, 1): _matrix_vector, (1, 2): _vector_matrix, (2, 2): _matrix_matrix}[x.ndim, y.ndim]
    return form(b, x, y, np.dtype(dtype), left, right)


def _times(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return EMIT[np.multiply](b, dtype, x, y)


def _plus(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return b(arith.OrI, x, y) if dtype == BOOL else _add(b, dtype, x, y)


def inner_product(b: Builder, x: Array, y: Array, dtype: np.dtype) -> Scalar:
    """The sum of products of vectors of one size."""
    start = constant(b, 0, dtype)
    block = Block([start.type, x.type.element, y.type.element])
    inner = b.at(block)
    p, q = (convert(inner, from_memory(inner, v, a.dtype), a.dtype, dtype) for v, a in zip(block.args[1:], (x, y), strict=True))
    inner.yield_(_plus(inner, dtype, block.args[0], _times(inner, dtype, p, q)))
    return Scalar(b.op(irad.Reduce, (x.value, y.value, start), {"inputs": 2}, None, (block,)).result, dtype, False)


def _inner(b: Builder, x: Array, y: Array, dtype: np.dtype, left: list[Size], right: list[Size]) -> Scalar:
    return inner_product(b, x, y, dtype)


def _matrix_vector(b: Builder, x: Array, y: Array, dtype: np.dtype, left: list[Size], right: list[Size]) -> Array:
    result = empty(b, left[:1], dtype)

    def row(inner: Builder, at: list[Value]) -> None:
        store(inner, result, inner_product(inner, _part(inner, x, left, {0: at[0]}), y, dtype), at[0])

    nest(b, left[:1], row)
    return result


def _vector_matrix(b: Builder, x: Array, y: Array, dtype: np.dtype, left: list[Size], right: list[Size]) -> Array:
    result = empty(b, right[1:], dtype)
    _set_zero(b, result)

    def row(inner: Builder, at: list[Value]) -> None:
        _add_scaled(inner, result, _element(inner, x, at, dtype), _part(inner, y, right, {0: at[0]}), dtype)

    nest(b, right[:1], row)
    return result


def _matrix_matrix(b: Builder, x: Array, y: Array, dtype: np.dtype, left: list[Size], right: list[Size]) -> Array:
    """Loops i, k, j: the innermost runs along rows of the second matrix and of the result."""
    shape = [left[0], right[1]]
    result = empty(b, shape, dtype)
    _set_zero(b, result)

    def pair(inner: Builder, at: list[Value]) -> None:
        i, k = at
        target = _part(inner, result, shape, {0: i})
        _add_scaled(inner, target, _element(inner, x, [i, k], dtype), _part(inner, y, right, {0: k}), dtype)

    nest(b, [left[0], right[0]], pair)
    return result


def _set_zero(b: Builder, result: Array) -> None:
    copy_into(b, result, Scalar(constant(b, 0, result.dtype), result.dtype, False))


def _element(b: Builder, x: Array, at: list[Value], dtype: np.dtype) -> Scalar:
    value = from_memory(b, b.load(x.value, *at), x.dtype)
    return Scalar(convert(b, value, x.dtype, dtype), dtype, False)


def _add_scaled(b: Builder, target: Array, factor: Scalar, row: Array, dtype: np.dtype) -> None:
    def step(inner: Builder, total: Value, scale: Value, element: Value) -> Value:
        return _plus(inner, dtype, total, _times(inner, dtype, scale, element))

    emit_map(b, target, [target, factor, row], [dtype] * 3, step, dtype)
