"""Copies with elements repeated or shifted: np.tile, np.repeat and np.roll."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import cast_operand, copy_into, elementwise, empty
from irad.frontend.creation import with_leading_axes
from irad.frontend.dtypes import INT64
from irad.frontend.indexing import Range, as_index, getitem, subview
from irad.frontend.reductions import ALL, SUM, reduce
from irad.frontend.shaping import on_axis
from irad.frontend.sizes import Size
from irad.frontend.values import Array, as_traced, emitter, method, wrong
from irad.frontend.views import as_array, axis_of, ravel
from irad.ir.builder import Builder
from irad.ir.ops import arith, math


def _row_major_view(b: Builder, x: Array, sizes: list[Size]) -> Array:
    """Contiguous memory under other sizes, whose product is certain to be the same."""
    return Array(broadcast.view(b, x.value, 0, sizes, S.row_major(b, sizes), strided=False), x.dtype)


def _times(b: Builder, count: Any, name: str) -> Size:
    n = as_index(b, count)
    message = f"{name} may not contain negative values"
    if isinstance(n, int) and n < 0:
        raise wrong(ValueError, message)
    if not S.nonnegative(n):
        b.check(b(arith.CmpI, S.as_value(b, n), b.index(0), predicate="sge"), "ValueError", message)
    return n


def np_tile(A: Any, reps: Any) -> Array:
    """np.tile."""
    x = as_array(A)
    reps = as_traced(reps)
    counts = list(reps) if isinstance(reps, tuple | list) or (isinstance(reps, Array) and reps.ndim) else [reps]
    b = emitter()
    times = [1] * (x.ndim - len(counts)) + [_times(b, n, "reps") for n in counts]
    if x.ndim < len(times):
        x = with_leading_axes(x, len(times) - x.ndim)
    sizes = S.dims(b, x.value)
    result = empty(b, [S.mul(b, r, n) for r, n in zip(times, sizes, strict=True)], x.dtype)
    blocks = _row_major_view(b, result, [m for pair in zip(times, sizes, strict=True) for m in pair])
    once = getitem(x, tuple(item for _ in sizes for item in (None, slice(None)))) if sizes else x
    copy_into(b, blocks, Array(broadcast.spread(b, once.value, S.dims(b, blocks.value)), x.dtype))
    return result


@method("repeat")
def np_repeat(a: Any, repeats: Any, axis: Any = None) -> Array:
    """np.repeat: every element of an axis as often as `repeats` says."""
    x = as_array(a)
    x, axis = (ravel(x), 0) if axis is None else (x, axis_of(axis, x.ndim))
    counts = as_traced(repeats)
    if isinstance(counts, list | tuple):
        counts = as_array(counts)
    b = emitter()
    if isinstance(counts, Array) and counts.ndim:
        return getitem(x, on_axis(x.ndim, axis, _positions(b, counts, S.dim(b, x.value, axis))))
    times = _times(b, counts, "repeats")
    sizes = S.dims(b, x.value)
    behind = [*sizes[: axis + 1], times, *sizes[axis + 1 :]]
    result = empty(b, [S.mul(b, n, times) if i == axis else n for i, n in enumerate(sizes)], x.dtype)
    source = getitem(x, (*(slice(None),) * (axis + 1), None))
    copy_into(b, _row_major_view(b, result, behind), Array(broadcast.spread(b, source.value, behind), x.dtype))
    return result


def _positions(b: Builder, counts: Array, n: Size) -> Array:
    """Which element each one of the result repeats."""
    if counts.ndim != 1:
        raise wrong(ValueError, "object too deep for desired array")
    if counts.dtype.kind not in "iub":
        raise wrong(TypeError, f"Cannot cast array data from {counts.dtype!r} to dtype('int64') according to the rule 'safe'")
    counts = cast_operand(counts, INT64)
    broadcast.fit(b, S.dims(b, counts.value), [n], "operands could not be broadcast together with shape {1} {0}")
    valid = reduce(ALL, elementwise(np.greater_equal, (counts, 0)))
    b.check(valid.value, "ValueError", "repeats may not contain negative values.")
    every = Array(broadcast.spread(b, counts.value, [n]), INT64)
    result = empty(b, [reduce(SUM, every).value], INT64)
    loop = b.for_(b.index(0), S.as_value(b, n), b.index(1), [b.index(0)])
    inner = b.at(loop.body)
    begin, times = loop.carried[0], inner.load(every.value, loop.induction)
    fill = inner.for_(inner.index(0), times, inner.index(1))
    deep = inner.at(fill.body)
    deep.store(loop.induction, result.value, deep(arith.AddI, begin, fill.induction))
    deep.yield_()
    inner.yield_(inner(arith.AddI, begin, times))
    return result


def np_roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """np.roll: along all elements, or along axes by a shift each."""
    x = as_array(a)
    b = emitter()
    if axis is None:
        flat = ravel(x)
        rolled = _rolled(b, flat, {0: as_index(b, shift)})
        return rolled if x.ndim == 1 else _row_major_view(b, rolled, S.dims(b, x.value))
    shifts: dict[int, Size] = {}
    for s, i in _pairs(shift, axis):
        place = axis_of(i, x.ndim)
        shifts[place] = S.add(b, shifts.get(place, 0), as_index(b, s))
    return _rolled(b, x, shifts)


def _pairs(shift: Any, axis: Any) -> list[tuple[Any, Any]]:
    shifts = list(shift) if isinstance(shift, tuple | list | Array) else [shift]
    axes = list(axis) if isinstance(axis, tuple | list) else [axis]
    count = max(len(shifts), len(axes))
    if {len(shifts), len(axes)} - {1, count}:
        raise wrong(ValueError, "'shift' and 'axis' should be scalars or 1D sequences of one length")
    return list(zip(shifts * (count // len(shifts)), axes * (count // len(axes)), strict=True))


def _rolled(b: Builder, x: Array, shifts: dict[int, Size]) -> Array:
    """A copy in boxes: on each axis that is rolled, the elements up to a point change places with those behind it."""
    shape = S.dims(b, x.value)
    result = empty(b, shape, x.dtype)
    moves: list[list[tuple[Range, Range]]] = []
    for i, n in enumerate(shape):
        s = _remainder(b, shifts.get(i, 0), n)
        rest = S.sub(b, n, s)
        if s == 0:
            moves.append([(Range(0, n, 1, True), Range(0, n, 1, True))])
        else:
            moves.append([(Range(0, rest, 1), Range(s, rest, 1)), (Range(rest, s, 1), Range(0, s, 1))])
    for boxes in product(*moves):
        source, target = ([pair[k] for pair in boxes] for k in (0, 1))
        copy_into(b, subview(b, result, list(target)), subview(b, x, list(source)))
    return result


def _remainder(b: Builder, s: Size, n: Size) -> Size:
    """The shift in [0, n), 0 of an empty axis."""
    if s == 0 or n == 0:
        return 0
    if isinstance(s, int) and isinstance(n, int):
        return s % n
    return b(math.FloorModSI, S.as_value(b, s), S.as_value(b, S.maximum(b, n, 1)))


# By NumPy's function.
REPEATING: dict[Any, Callable[..., Any]] = {np.tile: np_tile, np.repeat: np_repeat, np.roll: np_roll}
