"""Reductions over all or some axes: sums, products, extremes, any and all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.frontend import broadcast, complex_parts
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, cast_operand, check_keeps_parts, copy_into, elementwise, emit_map, empty, load, operand, store
from irad.frontend.arrays import where as choose
from irad.frontend.creation import asarray, with_leading_axes
from irad.frontend.dtypes import BOOL, INT64, is_complex, is_float, is_inexact, is_unsigned, width
from irad.frontend.emit import EMIT, constant, convert, from_memory
from irad.frontend.indexing import Position, Range, subview
from irad.frontend.scalars import cast, kind_of, materialise, numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, as_traced, emitter, method, wrong
from irad.frontend.views import axis_of, transpose
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
    if is_float(dtype):
        return b(arith.AddF, x, y, fastmath=REASSOCIATE)
    return b(arith.OrI if dtype == BOOL else arith.AddI, x, y)


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
FMAX = Reduction("fmax", _unchanged, _lowest, EMIT[np.fmax], identity=False)
FMIN = Reduction("fmin", _unchanged, _highest, EMIT[np.fmin], identity=False)
ANY = Reduction("logical_or", _boolean, zero, _or)
ALL = Reduction("logical_and", _boolean, one, _and)


def reduce_array(b: Builder, x: Array, dtype: np.dtype, start: Value, step: Step) -> Value:
    """Fold all elements, converted to a dtype, in row-major order."""
    block = Block([start.type, x.type.element])
    inner = b.at(block)
    element = convert(inner, from_memory(inner, block.args[1], x.dtype), x.dtype, dtype)
    inner.yield_(step(inner, dtype, block.args[0], element))
    return b.op(irad.Reduce, (x.value, start), {"inputs": 1}, None, (block,)).result


def dtype_of(x: Any) -> np.dtype:
    """The dtype of an array, scalar or number."""
    kind = kind_of(x)
    if kind is None:
        raise wrong(TypeError, f"a {type(x).__name__} is neither a number nor an array")
    return kind.dtype


def axes_of(axis: Any, rank: int) -> list[int]:
    """The axes, in order, that an `axis` argument names: all for None."""
    if axis is None:
        return list(range(rank))
    axes = sorted(axis_of(a, rank) for a in (axis if isinstance(axis, tuple) else (axis,)))
    if len(set(axes)) < len(axes):
        raise wrong(ValueError, "duplicate value in 'axis'")
    return axes


def dtype_of_fold(kind: Reduction, given: np.dtype, dtype: Any) -> np.dtype:
    """The dtype that elements are folded in: the one that is asked for, which has to hold them."""
    computed = kind.result(given) if dtype is None else numpy_dtype(dtype)
    check_keeps_parts(given, computed)
    return computed


def reduce(
    kind: Reduction, x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """The fold over all axes, or over those that `axis` names, from `initial`, of the elements where `where` is true."""
    x = operand(x)
    computed = dtype_of_fold(kind, dtype_of(x), dtype)
    if not isinstance(x, Array):
        return _reduce_scalar(kind, x, axis, computed, initial, where)
    if where is not True:
        if not kind.identity and initial is None:
            text = f"reduction operation '{kind.name}' does not have an identity, so to use a where mask one has to specify 'initial'"
            raise wrong(ValueError, text)
        x = choose(mask_of(where, x), x, x.dtype.type(kind.start(x.dtype)))
    axes = axes_of(axis, x.ndim)
    b = emitter()
    shape = S.dims(b, x.value)
    fold = _Fold(kind, x, shape, computed, initial)
    if not kind.identity and initial is None:
        _check_not_empty(b, kind, shape, axes)
    if len(axes) == x.ndim and not keepdims:
        return Scalar(reduce_array(b, x, computed, fold.start(b, x), kind.step), computed, False)
    result = empty(b, [n for i, n in enumerate(shape) if i not in axes], computed)
    fold.into(b, axes, result)
    return _with_ones(b, result, shape, axes) if keepdims else result


def _reduce_scalar(kind: Reduction, x: Any, axis: Any, dtype: np.dtype, initial: Any, where: Any) -> Any:
    axes_of(axis if axis not in (0, -1, (0,), (-1,)) else None, 0)
    if where is not True:
        return reduce(kind, with_leading_axes(asarray(x), 1), None, dtype, False, initial, where)
    if initial is None:
        return cast(x, dtype)
    b = emitter()
    return Scalar(kind.step(b, dtype, materialise(b, operand(initial), dtype), materialise(b, x, dtype)), dtype, False)


def mask_of(where: Any, x: Array) -> Array:
    """The mask of a `where` argument, as a view of the shape of the array that it masks."""
    mask = operand(where)
    if dtype_of(mask) != BOOL:
        raise wrong(TypeError, "Cannot cast array data to dtype('bool') according to the rule 'safe': `where` takes booleans")
    b = emitter()
    mask = asarray(mask)
    target = S.dims(b, x.value)
    if mask.ndim > x.ndim:
        raise wrong(ValueError, f"a mask of {mask.ndim} dimensions for an array of {x.ndim}")
    broadcast.fit(b, S.dims(b, mask.value), target, "a mask of shape {} cannot be broadcast to an array of shape {}")
    return Array(broadcast.spread(b, mask.value, target), BOOL)


def _check_not_empty(b: Builder, kind: Reduction, shape: Sequence[Size], axes: Sequence[int]) -> None:
    """The ValueError of a reduction without identity, unless nothing is asked for."""
    check_not_empty(b, shape, axes, f"zero-size array to reduction operation {kind.name} which has no identity")


def check_not_empty(b: Builder, shape: Sequence[Size], axes: Sequence[int], message: str) -> None:
    """Raise ValueError if the reduced axes have no elements, while the result has some."""
    count = S.product(b, [shape[a] for a in axes])
    if S.at_most(1, count):
        return
    some = b(arith.CmpI, S.as_value(b, count), b.index(0), predicate="sgt")
    rest = S.product(b, [n for i, n in enumerate(shape) if i not in axes])
    if not S.at_most(1, rest):
        some = b(arith.OrI, some, b(arith.CmpI, S.as_value(b, rest), b.index(0), predicate="eq"))
    b.check(some, "ValueError", message)


@dataclass(frozen=True, slots=True)
class _Fold:
    """How an array is folded: what, of which sizes, in which dtype and from where."""

    kind: Reduction
    x: Array
    shape: list[Size]
    dtype: np.dtype
    initial: Any

    def start(self, b: Builder, part: Array) -> Value:
        """Where the fold of a part starts: `initial`, the identity or, so that the first of equal elements wins, the first element."""
        if self.initial is not None:
            return materialise(b, operand(self.initial), self.dtype)
        if self.kind.identity:
            return constant(b, self.kind.start(self.dtype), self.dtype)
        return convert(b, load(b, part, *(b.index(0) for _ in range(part.ndim))).value, part.dtype, self.dtype)

    def into(self, b: Builder, axes: Sequence[int], result: Array) -> None:
        """Fold over the axes, in loops whose innermost runs along memory."""
        order = self._in_memory_order(b, axes)
        x = transpose(self.x, order)
        result = transpose(result, _kept_order(order, axes))
        moved = _Fold(self.kind, x, [self.shape[i] for i in order], self.dtype, self.initial)
        gone = [i for i, axis in enumerate(order) if axis in axes]
        (moved._last if x.ndim - 1 in gone else moved._leading)(b, gone, result)

    def _in_memory_order(self, b: Builder, axes: Sequence[int]) -> list[int]:
        """The axes with one of stride 1 last, unless that changes which of equal elements is the first."""
        order = list(range(self.x.ndim))
        if self.kind.identity or len(axes) == 1:
            unit = [i for i, stride in enumerate(S.strides(b, self.x.value)) if S.static(stride) == 1]
            if unit and unit[-1] != order[-1]:
                order.append(order.pop(unit[-1]))
        return order

    def _last(self, b: Builder, axes: Sequence[int], result: Array) -> None:
        """A loop over the axes that stay, in it a fold over the others, the last among them."""
        kept = [i for i in range(self.x.ndim) if i not in axes]

        def body(inner: Builder, at: list[Value]) -> None:
            piece = part(inner, self.x, dict(zip(kept, at, strict=True)))
            total = reduce_array(inner, piece, self.dtype, self.start(inner, piece), self.kind.step)
            store(inner, result, Scalar(total, self.dtype, False), *at)

        nest(b, [self.shape[i] for i in kept], body)

    def _leading(self, b: Builder, axes: Sequence[int], result: Array) -> None:
        """A loop over the axes that go, in it a map that adds a part to the result: memory is read in order."""
        if self.kind.identity or self.initial is not None:
            copy_into(b, result, Scalar(self.start(b, self.x), self.dtype, False))
        else:
            copy_into(b, result, part(b, self.x, {i: b.index(0) for i in axes}))

        def step(inner: Builder, total: Value, element: Value) -> Value:
            return self.kind.step(inner, self.dtype, total, element)

        def body(inner: Builder, at: list[Value]) -> None:
            piece = part(inner, self.x, dict(zip(axes, at, strict=True)))
            emit_map(inner, result, [result, piece], [self.dtype] * 2, step, self.dtype)

        nest(b, [self.shape[i] for i in axes], body)


def _kept_order(order: Sequence[int], axes: Sequence[int]) -> list[int]:
    """The order of the result's axes for an order of the array's."""
    kept = [i for i in order if i not in axes]
    return [sorted(kept).index(i) for i in kept]


def part(b: Builder, x: Array, at: dict[int, Value]) -> Array:
    """The view of an array at a position in each of some axes."""
    shape = S.dims(b, x.value)
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
    """The result, written into the array of its shape that an `out` argument names."""
    if out is None:
        return result
    target = as_traced(out)
    rank = result.ndim
    if target.ndim != rank:
        raise wrong(ValueError, f"output parameter has the wrong number of dimensions: Found {target.ndim} but expected {rank}")
    b = emitter()
    if rank:
        conditions = broadcast.Conditions(b)
        shapes = [S.dims(b, x.value) for x in (result, target)]
        for pair in zip(*shapes, strict=True):
            if not S.same(*pair):
                conditions.require(pair)
        (found, wanted), values = broadcast.shape_text(shapes)
        conditions.check(f"a result of shape {found} cannot be written into an output array of shape {wanted}", values)
    assign(target, result)
    return target


def _named(kind: Reduction, x: Any, axis: Any, dtype: Any, out: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    """A reduction by NumPy's arguments; without a dtype it computes in one that holds the elements of `out` too."""
    if dtype is None and out is not None and kind.result is _sum_dtype:
        dtype = np.result_type(kind.result(dtype_of(operand(x))), out.dtype)
    return into(out, reduce(kind, x, axis, dtype, keepdims, initial, where))


@method("sum")
def np_sum(
    x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.sum."""
    return _named(SUM, x, axis, dtype, out, keepdims, initial, where)


@method("prod")
def np_prod(
    x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.prod."""
    return _named(PROD, x, axis, dtype, out, keepdims, initial, where)


@method("max")
def np_max(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    """np.max: the slope is that of the one element that np.argmax names."""
    return _named(MAX, x, axis, None, out, keepdims, initial, where)


@method("min")
def np_min(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    """np.min: the slope is that of the one element that np.argmin names."""
    return _named(MIN, x, axis, None, out, keepdims, initial, where)


def np_nanmax(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    """np.nanmax."""
    return _named(FMAX, x, axis, None, out, keepdims, initial, where)


def np_nanmin(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    """np.nanmin."""
    return _named(FMIN, x, axis, None, out, keepdims, initial, where)


@method("any")
def np_any(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """np.any."""
    return _named(ANY, x, axis, None, out, keepdims, None, where)


@method("all")
def np_all(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True) -> Any:
    """np.all."""
    return _named(ALL, x, axis, None, out, keepdims, None, where)


@method("ptp")
def np_ptp(x: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """np.ptp: the largest less the smallest."""
    x = operand(x)
    return into(out, elementwise(np.subtract, (reduce(MAX, x, axis, None, keepdims), reduce(MIN, x, axis, None, keepdims))))


def np_count_nonzero(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """np.count_nonzero."""
    return reduce(SUM, cast_operand(operand(x), BOOL), axis, INT64, keepdims)


def without_nan(x: Any, value: int) -> Any:
    """The array with a number in place of each NaN, which then has slope 0."""
    x = operand(x)
    dtype = dtype_of(x)
    return choose(elementwise(np.isnan, (x,)), dtype.type(value), x) if is_inexact(dtype) else x


def np_nansum(
    x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.nansum."""
    return np_sum(without_nan(x, 0), axis, dtype, out, keepdims, initial, where)


def np_nanprod(
    x: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """np.nanprod."""
    return np_prod(without_nan(x, 1), axis, dtype, out, keepdims, initial, where)


REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: np_sum,
    np.prod: np_prod,
    np.max: np_max,
    np.min: np_min,
    np.amax: np_max,
    np.amin: np_min,
    np.any: np_any,
    np.all: np_all,
    np.ptp: np_ptp,
    np.count_nonzero: np_count_nonzero,
    np.nansum: np_nansum,
    np.nanprod: np_nanprod,
    np.nanmax: np_nanmax,
    np.nanmin: np_nanmin,
}
