"""np.median: the middle of the sorted elements, on which all of its slope falls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import cast_operand, empty, load, store
from irad.frontend.creation import with_leading_axes
from irad.frontend.dtypes import FLOAT64, is_inexact
from irad.frontend.emit import EMIT, constant
from irad.frontend.merge_sort import order_of
from irad.frontend.products import halved, reshape_to
from irad.frontend.reductions import axes_of, into, nest
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, emitter
from irad.frontend.views import as_array, contiguous, transpose
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith


def np_median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    """np.median: the mean of the two middle elements, NaN if there is one among all."""
    x = as_array(a)
    axes = axes_of(axis, x.ndim)
    if x.ndim == 0:
        x, axes = with_leading_axes(x, 1), [0]
    if not is_inexact(x.dtype):
        x = cast_operand(x, FLOAT64)
    b = emitter()
    shape = S.dims(b, x.value)
    kept = [i for i in range(x.ndim) if i not in axes]
    sizes = [shape[i] for i in kept]
    count = S.product(b, [shape[i] for i in axes])
    rows = reshape_to(contiguous(transpose(x, [*kept, *axes])), [*sizes, count])
    order = order_of(rows, len(kept))
    ones: list[Size] = [n if i in kept else 1 for i, n in enumerate(shape)]
    result = empty(b, ones if keepdims and as_array(a).ndim else sizes, x.dtype)

    def body(inner: Builder, at: list[Value]) -> None:
        places = iter(at)
        place = [next(places) if i in kept else inner.index(0) for i in range(x.ndim)] if result.ndim == x.ndim else at
        store(inner, result, Scalar(_middle(inner, rows, order, at, count), x.dtype, False), *place)

    nest(b, sizes, body)
    return into(out, result if result.ndim else load(b, result))


def _middle(b: Builder, rows: Array, order: Array, at: list[Value], count: Size) -> Value:
    """The median of one row: NaN of no elements, and NaN if the last in order is one."""
    n = S.as_value(b, count)
    some = b.if_(b(arith.CmpI, n, b.index(0), predicate="sgt"), (rows.type.element,))
    then = b.at(some.then)
    last = S.sub(then, count, 1)

    def element(i: Size) -> Value:
        return then.load(rows.value, *at, then.load(order.value, *at, S.as_value(then, i)))

    low, high, largest = (element(i) for i in (halved(then, last), halved(then, count), last))
    mean = EMIT[np.multiply](then, rows.dtype, EMIT[np.add](then, rows.dtype, low, high), constant(then, 0.5, rows.dtype))
    then.yield_(then(arith.Select, EMIT[np.isnan](then, rows.dtype, largest), largest, mean))
    orelse = b.at(some.orelse)
    orelse.yield_(constant(orelse, np.nan, rows.dtype))
    return some.results[0]


MEDIANS: dict[Any, Callable[..., Any]] = {np.median: np_median}
