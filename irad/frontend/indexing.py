"""Indexing with integers, slices, `...` and None: positions, views, element reads and writes."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from irad.errors import an, instance
from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, load, operand, store
from irad.frontend.dtypes import INT64
from irad.frontend.scalars import materialise
from irad.frontend.sizes import Size
from irad.frontend.values import OPERATIONS, Array, Scalar, as_traced, emitter, operation, wrong
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, irad, memref
from irad.ir.types import MemRefType


@dataclass(frozen=True, slots=True)
class Position:
    """One element of an axis; the axis disappears."""

    offset: Size


@dataclass(frozen=True, slots=True)
class Range:
    """A slice of an axis: offset, size and step, the step possibly negative."""

    offset: Size
    size: Size
    step: Size
    full: bool = False


NEW_AXIS = None
Item = Any  # an int, Scalar, slice, None, or an index array
BAD_INDEX = "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices"


def items_of(index: Any, rank: int) -> tuple[list[Item], bool]:
    """The items of an index, one a dimension (and None for new axes), and whether it held an ellipsis."""
    items = [_item(x) for x in (index if isinstance(index, tuple) else (index,))]
    consumed = sum(_consumes(x) for x in items)
    if consumed > rank:
        raise wrong(IndexError, f"too many indices for array: array is {rank}-dimensional, but {consumed} were indexed")
    dots = [i for i, x in enumerate(items) if x is Ellipsis]
    if len(dots) > 1:
        raise wrong(IndexError, "an index can only have a single ellipsis ('...')")
    at = dots[0] if dots else len(items)
    filler = [slice(None)] * (rank - consumed)
    return items[:at] + filler + items[at + 1 :], bool(dots)


def _item(x: Any) -> Item:
    if x is None or x is Ellipsis or (isinstance(x, slice | int) and not isinstance(x, bool)):
        return x
    if isinstance(x, np.integer):
        return int(x)
    if isinstance(x, list):
        x = np.array(x, None if x else np.int64) if all(isinstance(v, int | np.integer | np.bool_) for v in x) else x
    if isinstance(x, np.ndarray | list):
        x = OPERATIONS["array"](x) if isinstance(x, list) else as_traced(x)
    if isinstance(x, Array):
        x = operand(x)
    if isinstance(x, Scalar | Array) and x.dtype.kind in "iu":
        return x
    if isinstance(x, Array) and x.dtype.kind == "b":
        return x
    if isinstance(x, Scalar | bool | np.bool_) and (not isinstance(x, Scalar) or x.dtype.kind == "b"):
        raise wrong(IndexError, "a boolean scalar as an index is not supported; use an if")
    raise wrong(IndexError, BAD_INDEX)


def _consumes(x: Item) -> int:
    if x is None or x is Ellipsis:
        return 0
    return x.ndim if isinstance(x, Array) and x.dtype.kind == "b" else 1


def as_index(b: Builder, x: Any) -> Size:
    """A size for an integer of the user's: a Python int, or an SSA index."""
    if isinstance(x, Array):
        x = operand(x)
    if isinstance(x, Array):
        raise wrong(TypeError, "only integer scalar arrays can be converted to a scalar index")
    if isinstance(x, Scalar):
        if x.dtype.kind not in "iu":
            raise wrong(TypeError, f"{an(x.dtype.name)} cannot be used as an integer")
        return S.static(materialise(b, x, INT64))
    return operator.index(x)


def position(b: Builder, i: Size, n: Size, axis: int) -> Size:
    """A checked index: in [0, n), negative ones wrapped."""
    if isinstance(i, int) and isinstance(n, int) and -n <= i < n:
        return i % n
    return _checked_before(b, i, n, axis) or b(irad.Index, S.as_value(b, i), S.as_value(b, n), axis=axis)


_SCANNED = 16  # uses of an index among which its check is looked for


def _checked_before(b: Builder, i: Size, n: Size, axis: int) -> Value | None:
    """The index as checked earlier in the same block: x[i] += v has one check, not two."""
    known = i if isinstance(i, Value) else n
    for op in islice(known.uses, _SCANNED) if isinstance(known, Value) else ():
        if isinstance(op, irad.Index) and op.parent is b.block and op.attrs["axis"] == axis:
            index, size = op.operands
            if S.same(index, i) and S.same(size, n):
                return op.results[0]
    return None


# ---------------------------------------------------------------- slices


def slice_range(b: Builder, s: slice, n: Size) -> Range:
    """What a slice takes of an axis of size n."""
    start, stop, step = (None if x is None else as_index(b, x) for x in (s.start, s.stop, s.step))
    step = 1 if step is None else step
    if isinstance(step, Value):
        return _traced_step(b, start, stop, step, n)
    if step == 0:
        raise wrong(ValueError, "slice step cannot be zero")
    return _forwards(b, start, stop, step, n) if step > 0 else _backwards(b, start, stop, step, n)


def _forwards(b: Builder, start: Size | None, stop: Size | None, step: int, n: Size) -> Range:
    if start in (None, 0) and stop is None:
        return Range(0, S.divide_up(b, n, step), step, full=step == 1)
    first = 0 if start is None else _clamped(b, start, n, 0, n) if not _loose(start, n) else start
    last = n if stop is None else _clamped(b, stop, n, 0, n)
    return Range(first, S.divide_up(b, _distance(b, first, last, n, not _loose(start, n)), step), step)


def _loose(start: Size | None, n: Size) -> bool:
    """Whether a start is a static offset that needs no clamp, since the size says when nothing is left."""
    return isinstance(start, int) and start > 0 and not isinstance(n, int)


def _distance(b: Builder, first: Size, last: Size, n: Size, clamped: bool) -> Size:
    """max(last - first, 0), where last is in [0, n]."""
    if first == 0:
        return last
    length = S.sub(b, last, first)
    if (clamped and S.same(last, n)) or S.at_most(first, last):
        return length
    return S.maximum(b, length, 0)


def _backwards(b: Builder, start: Size | None, stop: Size | None, step: int, n: Size) -> Range:
    end = S.sub(b, n, 1)
    if start is None and stop is None:
        return Range(end, S.divide_up(b, n, -step), step)
    first = end if start is None else _clamped(b, start, n, -1, end)
    last: Size = -1 if stop is None else _clamped(b, stop, n, -1, end)
    length = S.sub(b, first, last)
    if stop is not None:
        length = S.maximum(b, length, 0)
    return Range(first, S.divide_up(b, length, -step), step)


def _clamped(b: Builder, x: Size, n: Size, low: Size, high: Size) -> Size:
    """A slice bound: negative ones count from the end, the result is in [low, high]."""
    x = S.static(x)
    if isinstance(x, int):
        return S.maximum(b, S.add(b, x, n), low) if x < 0 else S.minimum(b, x, high)
    if S.nonnegative(x):
        return S.minimum(b, x, high)
    below = b(arith.CmpI, x, b.index(0), predicate="slt")
    wrapped = S.select(b, below, S.add(b, x, n), x)
    return S.minimum(b, S.maximum(b, wrapped, low), high)


def _traced_step(b: Builder, start: Size | None, stop: Size | None, step: Value, n: Size) -> Range:
    zero = b.index(0)
    b.check(b(arith.CmpI, step, zero, predicate="ne"), "ValueError", "slice step cannot be zero")
    down = b(arith.CmpI, step, zero, predicate="slt")
    end = S.sub(b, n, 1)
    low, high = S.select(b, down, -1, 0), S.select(b, down, end, n)
    first = S.select(b, down, end, 0) if start is None else _clamped(b, start, n, low, high)
    last = S.select(b, down, -1, n) if stop is None else _clamped(b, stop, n, low, high)
    distance = S.select(b, down, S.sub(b, first, last), S.sub(b, last, first))
    stride = S.select(b, down, S.sub(b, 0, step), step)
    return Range(first, S.divide_up(b, S.maximum(b, distance, 0), stride), step)


# ---------------------------------------------------------------- views


def resolve(b: Builder, array: Array, items: list[Item]) -> list[Position | Range]:
    """What basic items take of each axis; new axes are left out."""
    shape = S.dims(b, array.value)
    taken: list[Position | Range] = []
    for item in items:
        if item is None:
            continue
        axis = len(taken)
        if isinstance(item, slice) and item == slice(None):
            taken.append(Range(0, shape[axis], 1, full=True))
        elif isinstance(item, slice):
            taken.append(slice_range(b, item, shape[axis]))
        else:
            taken.append(Position(position(b, as_index(b, item), shape[axis], axis)))
    return taken


def subview(b: Builder, array: Array, taken: list[Position | Range]) -> Array:
    """The view of a box; the array itself where all of it is taken."""
    if all(isinstance(t, Range) and t.full for t in taken):
        return array
    dropped = tuple(i for i, t in enumerate(taken) if isinstance(t, Position))
    sizes = [S.static(t.size) if isinstance(t, Range) else 1 for t in taken]
    kept = [n for n, t in zip(sizes, taken, strict=True) if isinstance(t, Range)]
    strided = array.type.strided or not _stays_contiguous(taken)
    type = MemRefType(tuple(n if isinstance(n, int) else None for n in kept), array.type.element, strided)
    steps: list[Size] = [t.step if isinstance(t, Range) else 1 for t in taken]
    operands = [array.value, *(S.as_value(b, x) for x in (*(t.offset for t in taken), *sizes, *steps))]
    return Array(b.op(memref.SubView, operands, {"dropped": dropped} if dropped else None, (type,)).result, array.dtype)


def _stays_contiguous(taken: list[Position | Range]) -> bool:
    """Leading positions, then at most one range that is not full, of step 1, then full ranges."""
    ranges = False
    for t in taken:
        if isinstance(t, Position):
            if ranges:
                return False
        elif ranges:
            if not t.full:
                return False
        else:
            ranges = True
            if t.step != 1:
                return False
    return True


def with_new_axes(b: Builder, array: Array, items: list[Item]) -> Array:
    """The view with an axis of size 1 for each None among the items."""
    if not any(item is None for item in items):
        return array
    shape, strides = S.dims(b, array.value), S.strides(b, array.value)
    sizes: list[Size] = []
    steps: list[Size] = []
    axis = 0
    for item in items:
        if item is None:
            sizes.append(1)
            steps.append(1)
        elif isinstance(item, slice):
            sizes.append(shape[axis])
            steps.append(strides[axis])
            axis += 1
    if not array.type.strided:
        steps = S.row_major(b, sizes)
    return Array(broadcast.view(b, array.value, 0, sizes, steps, array.type.strided), array.dtype)


def basic_view(b: Builder, array: Array, items: list[Item]) -> Array:
    """The view that basic items take."""
    return with_new_axes(b, subview(b, array, resolve(b, array, items)), items)


# ---------------------------------------------------------------- reads and writes


def _is_element(items: list[Item], dots: bool) -> bool:
    return not dots and all(isinstance(x, int | Scalar) for x in items)


def _is_advanced(items: list[Item]) -> bool:
    return any(isinstance(x, Array) for x in items)


def _positions(b: Builder, array: Array, items: list[Item]) -> list[Value]:
    shape = S.dims(b, array.value)
    return [S.as_value(b, position(b, as_index(b, x), shape[axis], axis)) for axis, x in enumerate(items)]


@operation("getitem")
def getitem(array: Any, index: Any) -> Any:
    """array[index]: a scalar, a view, or for index arrays and masks a copy."""
    array = as_traced(array)
    items, dots = items_of(index, array.ndim)
    b = emitter()
    if _is_element(items, dots):
        return load(b, array, *_positions(b, array, items))
    if _is_advanced(items):
        return OPERATIONS["gather"](array, items)
    return basic_view(b, array, items)


@operation("setitem")
def setitem(array: Any, index: Any, x: Any) -> None:
    """array[index] = x."""
    array = as_traced(array)
    items, dots = items_of(index, array.ndim)
    b = emitter()
    if _is_element(items, dots):
        store(b, array, element_value(x, array), *_positions(b, array, items))
    elif _is_advanced(items):
        OPERATIONS["scatter"](array, items, x)
    else:
        assign(basic_view(b, array, items), x)


def element_value(x: Any, array: Array) -> Any:
    """A value that one element can hold."""
    if isinstance(x, Scalar | int | float | complex | np.generic):
        return x
    value = operand(x) if isinstance(x, Array | np.ndarray) else x
    if isinstance(value, Scalar):
        return value
    if isinstance(value, Array | list | tuple):
        raise wrong(ValueError, "setting an array element with a sequence.")
    raise wrong(TypeError, f"an array of {array.dtype.name} cannot hold {instance(x)}")
