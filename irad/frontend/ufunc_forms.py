"""The forms of NumPy's ufuncs of two operands: outer, reduce, accumulate, reduceat, and at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.frontend import broadcast, gather, reductions
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, cast_operand, copy, elementwise, empty, load, operand, store
from irad.frontend.creation import asarray
from irad.frontend.dtypes import BOOL, INT64
from irad.frontend.emit import EMIT, convert
from irad.frontend.indexing import basic_view, items_of
from irad.frontend.reductions import nest
from irad.frontend.scalars import materialise, numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.ufuncs import UFUNCS, strong
from irad.frontend.values import Array, Scalar, as_traced, emitter, refuse, wrong
from irad.frontend.views import axis_of, transpose
from irad.ir.builder import Builder, building
from irad.ir.core import Value
from irad.ir.ops import arith

Function = Callable[..., Any]


def outer(ufunc: np.ufunc, x: Any, y: Any, **options: Any) -> Any:
    """ufunc.outer: the ufunc of every element of x with every element of y."""
    if ufunc.nin != 2:
        raise wrong(ValueError, "outer product only supported for binary functions")
    x, y = strong(operand(x)), strong(operand(y))
    if isinstance(x, Array) and isinstance(y, Array):
        x = x[(..., *(None,) * y.ndim)]
    return UFUNCS[ufunc](x, y, **options)


# ---------------------------------------------------------------- folds


@dataclass(frozen=True, slots=True)
class Fold:
    """A ufunc of two operands as the step of a fold, the dtype in which it runs, and what it starts from (None: the first element)."""

    ufunc: np.ufunc
    dtype: np.dtype
    start: Any

    def step(self, b: Builder, x: Value, y: Value) -> Value:
        """One step."""
        return EMIT[self.ufunc](b, self.dtype, x, y)

    def element(self, b: Builder, x: Array, *at: Value) -> Value:
        """An element, in the dtype of the fold."""
        found = load(b, x, *at)
        return convert(b, found.value, found.dtype, self.dtype)

    def scalar(self, value: Value) -> Scalar:
        """A total, to store."""
        return Scalar(value, self.dtype, False)


def _fold(ufunc: np.ufunc, how: str, x: Array, dtype: Any, initial: Any = np._NoValue) -> Fold:
    if ufunc.nin != 2:
        raise wrong(ValueError, f"{how} only supported for binary functions")
    if ufunc.nout != 1:
        raise wrong(ValueError, f"{how} only supported for functions returning a single value")
    wanted = None if dtype is None else numpy_dtype(dtype)
    try:
        found = ufunc.resolve_dtypes((None, x.dtype, None), signature=(wanted, None, None), reduction=True)
    except TypeError as error:
        raise wrong(TypeError, str(error)) from None
    if len(set(found)) > 1:
        raise wrong(TypeError, f"No loop matching the specified signature and casting was found for ufunc {ufunc.__name__}")
    computed = numpy_dtype(found[0])
    if ufunc is np.power and computed.kind == "i":
        raise refuse(f"np.power.{how} of signed integers is not supported.", "Convert to float with .astype(np.float64).")
    if initial is not np._NoValue:
        return Fold(ufunc, computed, initial)
    return Fold(ufunc, computed, None if ufunc.identity is None else np.asarray(ufunc.identity).astype(computed)[()])


def reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """ufunc.reduce."""
    target, dtype = _destination(out, dtype)
    if ufunc in _REDUCERS and dtype is None and initial is np._NoValue and where is True:
        return _REDUCERS[ufunc](array, axis=axis, keepdims=keepdims)
    x = asarray(array)
    fold = _fold(ufunc, "reduce", x, dtype, initial)
    axes = [axis_of(a, x.ndim) for a in _axes(axis, x.ndim)]
    if len(axes) > 1 and ufunc.identity is None and ufunc not in _IDEMPOTENT:
        raise wrong(ValueError, f"reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may be specified")
    mask = None if where is True else where
    if fold.start is None and mask is not None:
        text = f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask one has to specify 'initial'"
        raise wrong(ValueError, text)
    result = _reduced(fold, x, axes, mask)
    if keepdims and isinstance(result, Array):
        result = result[tuple(None if i in axes else slice(None) for i in range(x.ndim))]
    return reductions.into(target, result if keepdims or not isinstance(result, Array) or result.ndim else load(emitter(), result))


def _destination(out: Any, dtype: Any) -> tuple[Any, Any]:
    """The array that a result is written into, and the dtype of the fold, which is that of the array unless it is given."""
    (out,) = out if isinstance(out, tuple) else (out,)
    target = as_traced(out)
    return target, target.dtype if dtype is None and target is not None else dtype


def _axes(axis: Any, rank: int) -> Sequence[Any]:
    if axis is None:
        return range(rank)
    return axis if isinstance(axis, tuple) else (axis,) if rank else ()


def _reduced(fold: Fold, x: Array, axes: list[int], mask: Any) -> Array:
    """The fold over the axes: they come last, the others first."""
    b = emitter()
    shape = S.dims(b, x.value)
    if fold.start is None:
        check_some(b, f"zero-size array to reduction operation {fold.ufunc.__name__} which has no identity", [shape[a] for a in axes])
    kept = [i for i in range(x.ndim) if i not in axes]
    chosen = None if mask is None else transpose(_spread_mask(b, mask, shape), [*kept, *axes])
    x = transpose(x, [*kept, *axes])
    result = empty(b, [shape[i] for i in kept], fold.dtype)
    inner_shape = [shape[i] for i in axes]

    def body(inner: Builder, at: list[Value]) -> None:
        start = _start(inner, fold, x, [*at, *(inner.index(0) for _ in axes)])
        # Of an ordered fold the first element is the start; any other may meet it twice, since it is a maximum or a minimum.
        skip = 1 if fold.start is None and fold.ufunc not in _IDEMPOTENT else 0
        total = _accumulated(inner, fold, x, chosen, at, inner_shape, start, skip)
        store(inner, result, fold.scalar(total), *at)

    nest(b, [shape[i] for i in kept], body)
    return result


def _start(b: Builder, fold: Fold, x: Array, first: list[Value]) -> Value:
    if fold.start is None:
        return fold.element(b, x, *first)
    return materialise(b, operand(fold.start), fold.dtype)


def check_some(b: Builder, message: str, sizes: Sequence[Size]) -> None:
    """Raise where there are no elements."""
    count = S.product(b, sizes)
    if not S.at_most(1, count):
        b.check(b(arith.CmpI, S.as_value(b, count), b.index(0), predicate="sgt"), "ValueError", message)


def _spread_mask(b: Builder, mask: Any, shape: list[Size]) -> Array:
    mask = cast_operand(asarray(mask), BOOL)
    broadcast.fit(b, S.dims(b, mask.value), shape, "non-broadcastable where mask with shape {} doesn't match the shape {}")
    return Array(broadcast.spread(b, mask.value, shape), BOOL)


def _accumulated(
    b: Builder, fold: Fold, x: Array, mask: Array | None, at: list[Value], sizes: list[Size], total: Value, skip: int
) -> Value:
    """Loops over the axes that are left, carrying the total."""
    if not sizes:
        if mask is None:
            return fold.step(b, total, fold.element(b, x, *at))
        branch = b.if_(load(b, mask, *at).value, (total.type,))
        then = b.at(branch.then)
        then.yield_(fold.step(then, total, fold.element(then, x, *at)))
        b.at(branch.orelse).yield_(total)
        return branch.results[0]
    loop = b.for_(b.index(skip), S.as_value(b, sizes[0]), b.index(1), [total])
    inner = b.at(loop.body)
    inner.yield_(_accumulated(inner, fold, x, mask, [*at, loop.induction], sizes[1:], loop.carried[0], 0))
    return loop.results[0]


def accumulate(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """ufunc.accumulate: the totals of every leading part of an axis."""
    x = asarray(array)
    target, dtype = _destination(out, dtype)
    fold = _fold(ufunc, "accumulate", x, dtype)
    if x.ndim == 0:
        raise wrong(TypeError, "cannot accumulate on a scalar")
    along = axis_of(axis, x.ndim)
    b = emitter()
    shape = S.dims(b, x.value)
    result = empty(b, shape, fold.dtype)
    last = [i for i in range(x.ndim) if i != along]
    source, totals = (transpose(v, [*last, along]) for v in (x, result))

    def body(inner: Builder, at: list[Value]) -> None:
        branch = inner.if_(inner(arith.CmpI, S.as_value(inner, shape[along]), inner.index(0), predicate="sgt"))
        then = inner.at(branch.then)
        first = fold.element(then, source, *at, then.index(0))
        store(then, totals, fold.scalar(first), *at, then.index(0))
        loop = then.for_(then.index(1), S.as_value(then, shape[along]), then.index(1), [first])
        step = then.at(loop.body)
        total = fold.step(step, loop.carried[0], fold.element(step, source, *at, loop.induction))
        store(step, totals, fold.scalar(total), *at, loop.induction)
        step.yield_(total)
        then.yield_()
        inner.at(branch.orelse).yield_()

    nest(b, [shape[i] for i in last], body)
    return reductions.into(target, result)


def reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """ufunc.reduceat: the totals from each index to the next one, or the element there if the next one is not behind it."""
    x, positions = asarray(array), asarray(indices)
    target, dtype = _destination(out, dtype)
    fold = _fold(ufunc, "reduceat", x, dtype)
    if positions.ndim != 1 or positions.dtype.kind not in "iu":
        raise wrong(TypeError, "reduceat takes a one-dimensional array of integers as indices")
    along = axis_of(axis, x.ndim)
    b = emitter()
    shape = S.dims(b, x.value)
    count = S.dim(b, positions.value, 0)
    starts = _starts(b, ufunc, positions, count, shape[along])
    result = empty(b, [count if i == along else n for i, n in enumerate(shape)], fold.dtype)
    order = [*(i for i in range(x.ndim) if i != along), along]
    source, totals = transpose(x, order), transpose(result, order)

    def body(inner: Builder, at: list[Value]) -> None:
        *rest, i = at
        begin = inner.load(starts.value, i)
        end = inner.load(starts.value, inner(arith.AddI, i, inner.index(1)))
        first = fold.element(inner, source, *rest, begin)
        loop = inner.for_(inner(arith.AddI, begin, inner.index(1)), end, inner.index(1), [first])
        step = inner.at(loop.body)
        step.yield_(fold.step(step, loop.carried[0], fold.element(step, source, *rest, loop.induction)))
        store(inner, totals, fold.scalar(loop.results[0]), *rest, i)

    nest(b, S.dims(b, totals.value), body)
    return reductions.into(target, result)


def _starts(b: Builder, ufunc: np.ufunc, positions: Array, count: Size, size: Size) -> Array:
    """The indices, checked, and behind them the size of the axis."""
    starts = empty(b, [S.add(b, count, 1)], INT64)

    def body(inner: Builder, at: list[Value]) -> None:
        found = load(inner, positions, *at)
        i = convert(inner, found.value, found.dtype, INT64)
        inside = inner(arith.CmpI, i, S.as_value(inner, size), predicate="ult")
        message = f"index {{0}} out-of-bounds in {ufunc.__name__}.reduceat [0, {{1}})"
        inner.check(inside, "IndexError", message, i, S.as_value(inner, size))
        inner.store(i, starts.value, *at)

    nest(b, [count], body)
    b.store(S.as_value(b, size), starts.value, S.as_value(b, count))
    return starts


# ---------------------------------------------------------------- at


def at(ufunc: np.ufunc, array: Any, indices: Any, values: Any = None) -> None:
    """ufunc.at: in place and unbuffered, so that an index that occurs twice is met twice."""
    target = as_traced(array)
    if not isinstance(target, Array):
        raise wrong(TypeError, "first operand must be array")
    if (values is None) != (ufunc.nin == 1):
        raise wrong(ValueError, "second operand needed for ufunc" if values is None else "second operand provided when ufunc is unary")
    operands = () if values is None else (operand(values),)
    items, _ = items_of(indices, target.ndim)
    b = emitter()
    if not any(isinstance(item, Array) for item in items):
        view = basic_view(b, target, items)
        _update(ufunc, view, [_spread_into(b, v, S.dims(b, view.value)) for v in operands])
        return
    plan = gather.checked_plan(b, gather.plan_of(b, target, items))
    shape = plan.result_shape(b)
    spread = [_spread_into(b, v, shape) for v in operands]
    spread = [copy(v) if isinstance(v, Array) and S.may_overlap(v.value, target.value) else v for v in spread]

    def body(inner: Builder, position: list[Value]) -> None:
        with building(inner):
            parts = [gather.part_at(inner, plan, v, position) if isinstance(v, Array) else v for v in spread]
            _update(ufunc, gather.source_at(inner, plan, gather.offsets_at(inner, plan, position)), parts)

    nest(b, plan.shape, body)


def _spread_into(b: Builder, x: Any, shape: list[Size]) -> Any:
    if not isinstance(x, Array):
        return x
    broadcast.fit(b, S.dims(b, x.value), shape, "array is not broadcastable to correct shape: {} into {}")
    return Array(broadcast.spread(b, x.value, shape), x.dtype)


def _update(ufunc: np.ufunc, view: Array, operands: Sequence[Any]) -> None:
    """view = ufunc(view, *operands), whatever the dtype of the result."""
    if view.ndim:
        elementwise(ufunc, (view, *operands), out=view, casting="unsafe")
    else:
        assign(view, elementwise(ufunc, (view, *operands)))


# Reductions whose loops follow the memory's order; used where nothing but the axes is given.
_REDUCERS: dict[np.ufunc, Function] = {
    np.add: reductions.np_sum,
    np.multiply: reductions.np_prod,
    np.maximum: reductions.np_max,
    np.minimum: reductions.np_min,
    np.logical_and: reductions.np_all,
    np.logical_or: reductions.np_any,
}

_IDEMPOTENT = {np.maximum, np.minimum, np.fmax, np.fmin}

FORMS: dict[str, Function] = {"outer": outer, "reduce": reduce, "accumulate": accumulate, "reduceat": reduceat, "at": at}
