"""np.pad: an array with a frame around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import assign, copy_into, empty
from irad.frontend.indexing import Position, Range, as_index, subview
from irad.frontend.sizes import Size
from irad.frontend.values import Array, as_traced, emitter, refuse, wrong
from irad.frontend.views import as_array, axis_of
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, math

Frame = list[tuple[Size, Size]]  # elements in front of and behind each axis
Source = Callable[[Builder, Value, Size], Size]  # of a position outside [0, n) and n: the position that it repeats


def np_pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Array:
    """np.pad in the modes constant, empty, edge, reflect, symmetric and wrap."""
    x = as_array(array)
    b = emitter()
    frame = _frame(b, pad_width, x.ndim)
    constants = kwargs.pop("constant_values", 0) if mode == "constant" else None
    _check_mode(mode, kwargs)
    sizes = S.dims(b, x.value)
    result = empty(b, [S.add(b, S.add(b, before, n), after) for n, (before, after) in zip(sizes, frame, strict=True)], x.dtype)
    copy_into(b, _box(b, result, sizes, frame, 0), x)
    pairs = _pairs(constants, x.ndim) if mode == "constant" else [(0, 0)] * x.ndim
    for axis, pair in enumerate(pairs):
        if frame[axis] == (0, 0) or mode == "empty":
            continue
        box = _box(b, result, sizes, frame, axis + 1)
        if mode == "constant":
            _fill(b, box, axis, frame[axis], pair)
        else:
            _repeat(b, box, axis, frame[axis], sizes[axis], SOURCES[mode])
    return result


def _check_mode(mode: Any, kwargs: dict[str, Any]) -> None:
    if mode in REFUSED or callable(mode):
        raise refuse(f"np.pad with mode={mode!r} is not supported.", f"irad has the modes constant, empty, {', '.join(SOURCES)}.")
    if mode not in (*SOURCES, "constant", "empty"):
        raise wrong(ValueError, f"mode '{mode}' is not supported")
    if kwargs.pop("reflect_type", "even") != "even" and mode in ("reflect", "symmetric"):
        raise refuse("np.pad with reflect_type='odd' is not supported.", "Pad evenly, and subtract from twice the edge.")
    if kwargs:
        raise wrong(ValueError, f"unsupported keyword arguments for mode '{mode}': {set(kwargs)}")


def _pairs(x: Any, rank: int) -> list[tuple[Any, Any]]:
    """A number, a pair, or pairs, as one pair for each axis."""
    x = as_traced(x)
    if isinstance(x, Array) and x.ndim:
        x = list(x)
    rows = [as_traced(row) for row in x] if isinstance(x, list | tuple) else [x]
    rows = [list(row) if isinstance(row, list | tuple | Array) and getattr(row, "ndim", 1) else row for row in rows]
    if not any(isinstance(row, list) for row in rows):
        rows = [rows]
    if len(rows) not in (1, rank) or any(len(row) not in (1, 2) for row in rows):
        raise wrong(ValueError, f"operands could not be broadcast together with remapped shapes: pairs for {rank} axes")
    return [(row[0], row[-1]) for row in (rows * rank if len(rows) == 1 else rows)]


def _frame(b: Builder, pad_width: Any, rank: int) -> Frame:
    if isinstance(pad_width, dict):
        pairs: list[tuple[Any, Any]] = [(0, 0)] * rank
        for axis, width in pad_width.items():
            pairs[axis_of(axis, rank)] = _pairs(width, 1)[0]
    else:
        pairs = _pairs(pad_width, rank)
    return [(_width(b, before), _width(b, after)) for before, after in pairs]


def _width(b: Builder, n: Any) -> Size:
    if isinstance(n, float):
        raise wrong(TypeError, "`pad_width` must be of integral type.")
    width = as_index(b, n)
    if isinstance(width, int) and width < 0:
        raise wrong(ValueError, "index can't contain negative values")
    if not S.nonnegative(width):
        b.check(b(arith.CmpI, S.as_value(b, width), b.index(0), predicate="sge"), "ValueError", "index can't contain negative values")
    return width


def _box(b: Builder, result: Array, sizes: list[Size], frame: Frame, axes: int) -> Array:
    """All of the first axes, and of the others the part where the array itself is."""
    shape = S.dims(b, result.value)
    done = [Range(0, n, 1, True) for n in shape[:axes]]
    return subview(b, result, [*done, *(Range(frame[i][0], sizes[i], 1, frame[i] == (0, 0)) for i in range(axes, len(sizes)))])


def _slab(b: Builder, box: Array, axis: int, offset: Size, size: Size) -> Array:
    return subview(b, box, [Range(offset, size, 1) if i == axis else Range(0, n, 1, True) for i, n in enumerate(S.dims(b, box.value))])


def _fill(b: Builder, box: Array, axis: int, widths: tuple[Size, Size], values: tuple[Any, Any]) -> None:
    n = S.dim(b, box.value, axis)
    for value, width, offset in zip(values, widths, (0, S.sub(b, n, widths[1])), strict=True):
        assign(_slab(b, box, axis, offset, width), value)


def _repeat(b: Builder, box: Array, axis: int, widths: tuple[Size, Size], n: Size, source: Source) -> None:
    """Copy, one by one, the slices of the frame from the slices of the array that they repeat."""
    if not S.at_most(1, n):
        some = b(arith.CmpI, S.as_value(b, n), b.index(0), predicate="sgt")
        b.check(some, "ValueError", f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'")
    shape = S.dims(b, box.value)

    def slice_at(inner: Builder, at: Size) -> Array:
        return subview(inner, box, [Position(at) if i == axis else Range(0, m, 1, True) for i, m in enumerate(shape)])

    before, after = widths
    for begin, end in ((S.sub(b, 0, before), 0), (n, S.add(b, n, after))):
        loop = b.for_(S.as_value(b, begin), S.as_value(b, end), b.index(1))
        inner = b.at(loop.body)
        origin = source(inner, loop.induction, n)
        copy_into(inner, slice_at(inner, S.add(inner, loop.induction, before)), slice_at(inner, S.add(inner, origin, before)))
        inner.yield_()


def _edge(b: Builder, i: Value, n: Size) -> Size:
    return S.minimum(b, S.maximum(b, i, 0), S.sub(b, n, 1))


def _wrap(b: Builder, i: Value, n: Size) -> Size:
    return b(math.FloorModSI, i, S.as_value(b, n))


def _symmetric(b: Builder, i: Value, n: Size) -> Size:
    """There and back, the ends twice."""
    period = S.mul(b, n, 2)
    at = b(math.FloorModSI, i, S.as_value(b, period))
    return S.minimum(b, at, S.sub(b, S.sub(b, period, 1), at))


def _reflect(b: Builder, i: Value, n: Size) -> Size:
    """There and back, the ends once."""
    period = S.mul(b, S.sub(b, n, 1), 2)
    at = b(math.FloorModSI, i, S.as_value(b, S.maximum(b, period, 1)))
    return S.minimum(b, at, S.maximum(b, S.sub(b, period, at), 0))


SOURCES: dict[str, Source] = {"edge": _edge, "reflect": _reflect, "symmetric": _symmetric, "wrap": _wrap}
REFUSED = ("linear_ramp", "maximum", "mean", "median", "minimum")

# By NumPy's function.
PADDING: dict[Any, Callable[..., Any]] = {np.pad: np_pad}
