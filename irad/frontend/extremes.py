"""Where the extremes are: argmax and argmin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import copy_into, emit_map, empty, store
from irad.frontend.dtypes import INT64, is_inexact
from irad.frontend.emit import EMIT, from_memory
from irad.frontend.reductions import MAX, MIN, Reduction, check_not_empty, into, nest, part, reduce, reduce_array
from irad.frontend.values import Array, Scalar, as_traced, emitter, method, wrong
from irad.frontend.views import as_array, axis_of
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, irad
from irad.ir.types import index

_NOWHERE = 2**63 - 1


def _nearest(b: Builder, dtype: np.dtype, place: Value, element: Value, best: Value, count: Value) -> Value:
    """The place that was found, or where we are if the extreme is here and the place is behind."""
    found = EMIT[np.equal](b, dtype, element, best)
    if is_inexact(dtype):
        found = b(arith.OrI, found, EMIT[np.isnan](b, dtype, element))
    return b(arith.MinSI, place, b(arith.Select, found, count, b.index(_NOWHERE)))


def first_of_extreme(b: Builder, x: Array, kind: Reduction) -> Value:
    """The position in row-major order of the first element that is the extreme, or NaN if there is one.

    Two passes, which vectorise: one that carries the best and its position would not.
    """
    first = from_memory(b, b.load(x.value, *(b.index(0) for _ in range(x.ndim))), x.dtype)
    best = reduce_array(b, x, x.dtype, first, kind.step)
    block = Block([index, index, best.type, x.type.element])
    inner = b.at(block)
    place, count, wanted, element = *block.args[:3], from_memory(inner, block.args[3], x.dtype)
    nearest = _nearest(inner, x.dtype, place, element, wanted, count)
    inner.yield_(nearest, inner(arith.AddI, count, inner.index(1)))
    return b.op(irad.Reduce, (best, x.value, b.index(_NOWHERE), b.index(0)), {"inputs": 2}, None, (block,)).results[0]


def _position(name: str, kind: Reduction, x: Any, axis: Any, out: Any, keepdims: bool) -> Any:
    x = as_array(x)
    if axis is not None and x.ndim == 0:
        axis_of(axis, 1)
        axis = None
    b = emitter()
    shape = S.dims(b, x.value)
    at = list(range(x.ndim)) if axis is None else [axis_of(axis, x.ndim)]
    check_not_empty(b, shape, at, f"attempt to get {name} of an empty sequence")
    if len(at) == x.ndim and not keepdims:
        return _into(out, Scalar(first_of_extreme(b, x, kind), INT64, False))
    kept = [i for i in range(x.ndim) if i not in at]
    result = empty(b, [shape[i] for i in kept], INT64)
    (_by_maps if at and x.ndim - 1 not in at else _by_rows)(b, kind, x, at, kept, result)
    return _into(out, result[tuple(None if i in at else slice(None) for i in range(x.ndim))] if keepdims else result)


def _by_rows(b: Builder, kind: Reduction, x: Array, at: list[int], kept: list[int], result: Array) -> None:
    """A loop over the axes that stay, in it a search along the last."""
    shape = S.dims(b, x.value)

    def body(inner: Builder, places: list[Value]) -> None:
        found = first_of_extreme(inner, part(inner, x, dict(zip(kept, places, strict=True))), kind)
        store(inner, result, Scalar(found, INT64, False), *places)

    nest(b, [shape[i] for i in kept], body)


def _by_maps(b: Builder, kind: Reduction, x: Array, at: list[int], kept: list[int], result: Array) -> None:
    """A loop along the axis that goes, in it a map over the rest: memory is read in order."""
    (axis,) = at
    best = reduce(kind, x, axis)
    copy_into(b, result, Scalar(b.index(_NOWHERE), INT64, False))

    def body(inner: Builder, places: list[Value]) -> None:
        row = part(inner, x, {axis: places[0]})

        def step(deep: Builder, *elements: Value) -> Value:
            return _nearest(deep, x.dtype, *elements)

        inputs = [result, row, best, Scalar(places[0], INT64, False)]
        emit_map(inner, result, inputs, [INT64, x.dtype, x.dtype, INT64], step, INT64)

    nest(b, [S.dim(b, x.value, axis)], body)


def _into(out: Any, result: Any) -> Any:
    if out is not None and as_traced(out).dtype != INT64:
        raise wrong(TypeError, f"Cannot cast array data from {out.dtype!r} to {INT64!r} according to the rule 'safe'")
    return into(out, result)


@method("argmax")
def np_argmax(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """np.argmax: of equal elements the first."""
    return _position("argmax", MAX, a, axis, out, keepdims)


@method("argmin")
def np_argmin(a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False) -> Any:
    """np.argmin: of equal elements the first."""
    return _position("argmin", MIN, a, axis, out, keepdims)


EXTREMES: dict[Any, Callable[..., Any]] = {np.argmax: np_argmax, np.argmin: np_argmin}
