"""A stable merge sort of positions, by which everything that needs an order gathers."""

from __future__ import annotations

import numpy as np

from irad.frontend import complex_math
from irad.frontend import sizes as S
from irad.frontend.arrays import copy_into, empty, load
from irad.frontend.dtypes import INT64, is_complex, is_float
from irad.frontend.emit import comparison, negate_bool
from irad.frontend.reductions import nest, part
from irad.frontend.values import Array, emitter
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, math, scf
from irad.ir.types import index


def before(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    """Whether x is sorted before y: NaNs come last."""
    if is_complex(dtype):
        return complex_math.sorted_before(b, x, y)
    less = comparison("lt")(b, dtype, x, y)
    if not is_float(dtype):
        return less
    return b(arith.OrI, less, b(arith.AndI, b(math.IsNaN, y), negate_bool(b, b(math.IsNaN, x))))


# ---------------------------------------------------------------- merge sort


def order_of(x: Array, axis: int) -> Array:
    """The positions along an axis in the order of their elements, equal ones in the order in which they are.

    A merge sort from the bottom up: runs of 1, 2, 4 … positions are merged in pairs, n log2 n comparisons. The positions are integers,
    so that nothing of this is differentiated.
    """
    b = emitter()
    shape = S.dims(b, x.value)
    result = empty(b, shape, INT64)
    work = empty(b, [shape[axis]], INT64)
    kept = [i for i in range(x.ndim) if i != axis]

    def row(inner: Builder, at: list[Value]) -> None:
        place = dict(zip(kept, at, strict=True))
        _sort_row(inner, part(inner, x, place), part(inner, result, place), work)

    nest(b, [shape[i] for i in kept], row)
    return result


def _sort_row(b: Builder, keys: Array, order: Array, work: Array) -> None:
    n = S.as_value(b, S.dim(b, keys.value, 0))
    loop = b.for_(b.index(0), n, b.index(1))
    inner = b.at(loop.body)
    inner.store(loop.induction, order.value, loop.induction)
    inner.yield_()
    head, body = Block([index]), Block([index])
    inner = b.at(head)
    inner.op(scf.Condition, (inner(arith.CmpI, head.args[0], n, predicate="slt"), head.args[0]))
    inner = b.at(body)
    width = body.args[0]
    pair = inner(arith.AddI, width, width)
    runs = inner.for_(inner.index(0), n, pair)
    _merge(inner.at(runs.body), keys, order, work, runs.induction, width, n)
    copy_into(inner, order, work)
    inner.yield_(pair)
    b.op(scf.While, (b.index(1),), None, (index,), (head, body))


def _merge(b: Builder, keys: Array, order: Array, work: Array, low: Value, width: Value, n: Value) -> None:
    """Merge order[low:middle] and order[middle:high] into work[low:high]."""
    middle = b(arith.MinSI, b(arith.AddI, low, width), n)
    high = b(arith.MinSI, b(arith.AddI, middle, width), n)
    loop = b.for_(low, high, b.index(1), [low, middle])
    inner = b.at(loop.body)
    left, right = loop.carried
    from_left = _takes_left(inner, keys, order, left, right, middle, high)
    source = inner(arith.Select, from_left, left, right)
    inner.store(inner.load(order.value, source), work.value, loop.induction)
    one = inner.index(1)
    inner.yield_(
        inner(arith.Select, from_left, inner(arith.AddI, left, one), left),
        inner(arith.Select, from_left, right, inner(arith.AddI, right, one)),
    )
    b.yield_()


def _takes_left(b: Builder, keys: Array, order: Array, left: Value, right: Value, middle: Value, high: Value) -> Value:
    """Whether the left run is next: it is if the right one is used up, or has nothing that is smaller."""
    some_left = b(arith.CmpI, left, middle, predicate="slt")
    some_right = b(arith.CmpI, right, high, predicate="slt")
    both = b.if_(b(arith.AndI, some_left, some_right), (some_left.type,))
    then = b.at(both.then)
    first, second = (load(then, keys, then.load(order.value, i)).value for i in (left, right))
    then.yield_(negate_bool(then, before(then, keys.dtype, second, first)))
    b.at(both.orelse).yield_(some_left)
    return both.results[0]
