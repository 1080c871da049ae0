"""Indexing with integer arrays and masks: reads copy, writes visit the elements in order, so that the last one wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import ASSIGNMENT, check_keeps_parts, copy, copy_into, drop_leading, empty, load, operand, store
from irad.frontend.dtypes import BOOL, INT64
from irad.frontend.emit import convert, from_memory
from irad.frontend.indexing import Item, Position, Range, as_index, basic_view, position, subview
from irad.frontend.reductions import SUM, nest, reduce
from irad.frontend.scalars import materialise
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, emitter, operation
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, irad
from irad.ir.types import index

# How index arrays that do not fit are reported: the text in front of their shapes, and the exception.
MISFIT = ("shape mismatch: indexing arrays could not be broadcast together with shapes ", "IndexError")


@dataclass(frozen=True, slots=True)
class Picked:
    """Which elements of an axis are taken: an integer array or a single integer; `checked` if all are known to be in range."""

    indices: Any
    checked: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """An index with arrays: a view in which only the picked axes are left to index, and the shapes that come of it."""

    base: Array
    axes: list[int]
    picked: list[Array]
    checked: list[bool]
    shape: list[Size]
    at: int

    def result_shape(self, b: Builder) -> list[Size]:
        """Sizes of the result: those of the index arrays, in place of the picked axes if these are adjacent, else in front."""
        rest = [n for i, n in enumerate(S.dims(b, self.base.value)) if i not in self.axes]
        return [*rest[: self.at], *self.shape, *rest[self.at :]]


def plan_of(b: Builder, array: Array, items: list[Item]) -> Plan:
    """What items with index arrays or masks among them take of an array."""
    expanded = _without_masks(b, array, items)
    basic = [slice(None) if isinstance(x, Picked) else x for x in expanded]
    base = basic_view(b, array, basic)
    axes = [i for i, x in enumerate(expanded) if isinstance(x, Picked)]
    picked = [x for x in expanded if isinstance(x, Picked)]
    arrays = [x.indices for x in picked if isinstance(x.indices, Array)]
    shape = broadcast.common_shape(b, [S.dims(b, a.value) for a in arrays], *MISFIT)
    spread = [_spread_index(b, x.indices, shape) for x in picked]
    adjacent = axes == list(range(axes[0], axes[-1] + 1))
    return Plan(base, axes, spread, [x.checked for x in picked], shape, axes[0] if adjacent else 0)


def _spread_index(b: Builder, x: Any, shape: list[Size]) -> Array:
    if isinstance(x, Array):
        return Array(broadcast.spread(b, x.value, shape), x.dtype)
    single = empty(b, [1], INT64)
    store(b, single, Scalar(S.as_value(b, as_index(b, x)), INT64, False), b.index(0))
    return Array(broadcast.spread(b, single.value, shape), INT64)


def _without_masks(b: Builder, array: Array, items: list[Item]) -> list[Any]:
    """The items with index arrays and integers marked, masks replaced by the positions where they are true."""
    expanded: list[Any] = []
    axis = 0
    for item in items:
        if item is None or isinstance(item, slice):
            expanded.append(item)
            axis += item is not None
        elif isinstance(item, Array) and item.dtype == BOOL:
            check_mask(b, array, item, axis)
            expanded += [Picked(x, True) for x in nonzero(b, item)]
            axis += item.ndim
        else:
            expanded.append(Picked(item, False))
            axis += 1
    return expanded


def check_mask(b: Builder, array: Array, mask: Array, axis: int) -> None:
    """A mask has the sizes of the axes that it indexes."""
    shape = S.dims(b, array.value)
    for i, n in enumerate(S.dims(b, mask.value), axis):
        if S.same(n, shape[i]):
            continue
        conditions = broadcast.Conditions(b)
        conditions.require((n, shape[i]))
        text = f"boolean index did not match indexed array along axis {i}; size of axis is {{0}} but size of corresponding "
        conditions.check(text + "boolean axis is {1}", [S.as_value(b, shape[i]), S.as_value(b, n)], "IndexError")


def nonzero(b: Builder, mask: Array) -> list[Array]:
    """For each axis of a mask, the positions of its true elements in row-major order."""
    count = reduce(SUM, mask)
    found = [empty(b, [count.value], INT64) for _ in range(mask.ndim)]
    shape = S.dims(b, mask.value)
    _collect(b, mask, shape, [], b.index(0), found)
    return found


def _collect(b: Builder, mask: Array, shape: list[Size], at: list[Value], count: Value, found: list[Array]) -> Value:
    """Loops over the axes that are left, carrying how many elements have been found."""
    if len(at) == len(shape):
        branch = b.if_(load(b, mask, *at).value, (index,))
        inner = b.at(branch.then)
        for x, i in zip(found, at, strict=True):
            inner.store(i, x.value, count)
        inner.yield_(inner(arith.AddI, count, inner.index(1)))
        b.at(branch.orelse).yield_(count)
        return branch.results[0]
    loop = b.for_(b.index(0), S.as_value(b, shape[len(at)]), b.index(1), [count])
    inner = b.at(loop.body)
    inner.yield_(_collect(inner, mask, shape, [*at, loop.induction], loop.carried[0], found))
    return loop.results[0]


def offsets_at(b: Builder, plan: Plan, at: list[Value]) -> dict[int, Value]:
    """The position in each picked axis of the base, for a position in the shape of the index arrays."""
    shape = S.dims(b, plan.base.value)
    offsets: dict[int, Value] = {}
    for axis, x, checked in zip(plan.axes, plan.picked, plan.checked, strict=True):
        i = convert(b, from_memory(b, b.load(x.value, *at), x.dtype), x.dtype, INT64)
        offsets[axis] = i if checked else S.as_value(b, position(b, i, shape[axis], axis))
    return offsets


def source_at(b: Builder, plan: Plan, offsets: dict[int, Value]) -> Array:
    """The part of the base at a position in every picked axis."""
    shape = S.dims(b, plan.base.value)
    return subview(b, plan.base, [Position(offsets[i]) if i in offsets else Range(0, n, 1, True) for i, n in enumerate(shape)])


def part_at(b: Builder, plan: Plan, x: Array, at: list[Value]) -> Array:
    """The part of an array of the result's shape at a position in the shape of the index arrays."""
    shape = S.dims(b, x.value)
    picked = range(plan.at, plan.at + len(at))
    return subview(b, x, [Position(at[i - plan.at]) if i in picked else Range(0, n, 1, True) for i, n in enumerate(shape)])


@operation("gather")
def gather(array: Array, items: list[Item]) -> Array:
    """array[items] with index arrays: a new array."""
    b = emitter()
    plan = plan_of(b, array, items)
    result = empty(b, plan.result_shape(b), array.dtype)
    whole = len(plan.axes) == plan.base.ndim

    def body(inner: Builder, at: list[Value]) -> None:
        offsets = offsets_at(inner, plan, at)
        if whole:
            element = inner.load(plan.base.value, *(offsets[i] for i in plan.axes))
            inner.store(element, result.value, *at)
        else:
            copy_into(inner, part_at(inner, plan, result, at), source_at(inner, plan, offsets))

    nest(b, plan.shape, body)
    return result


@operation("scatter")
def scatter(array: Array, items: list[Item], x: Any) -> None:
    """array[items] = x with index arrays or a mask; every index is checked before anything is written."""
    x = operand(x)
    b = emitter()
    only = items[0]
    if not isinstance(x, Array) and isinstance(only, Array) and only.dtype == BOOL and all(i == slice(None) for i in items[1:]):
        _fill_masked(b, array, only, x)
        return
    plan = checked_plan(b, plan_of(b, array, items))
    if not isinstance(x, Array):
        value = Scalar(materialise(b, x, array.dtype), array.dtype, False)
        nest(b, plan.shape, lambda inner, at: _write(inner, plan, at, value))
        return
    check_keeps_parts(x.dtype, array.dtype)
    shape = plan.result_shape(b)
    x = drop_leading(b, x, len(shape))
    broadcast.fit(b, S.dims(b, x.value), shape, ASSIGNMENT)
    if S.may_overlap(array.value, x.value):
        x = copy(x)
    source = Array(broadcast.spread(b, x.value, shape), x.dtype)

    nest(b, plan.shape, lambda inner, at: _write(inner, plan, at, source))


def _write(b: Builder, plan: Plan, at: list[Value], x: Array | Scalar) -> None:
    """Write one element or part of the base: a scalar, or what an array of the result's shape has there."""
    offsets = offsets_at(b, plan, at)
    if len(plan.axes) == plan.base.ndim:
        store(b, plan.base, load(b, x, *at) if isinstance(x, Array) else x, *(offsets[i] for i in plan.axes))
    else:
        copy_into(b, source_at(b, plan, offsets), part_at(b, plan, x, at) if isinstance(x, Array) else x)


def checked_plan(b: Builder, plan: Plan) -> Plan:
    """The plan with index arrays of its own, wrapped and checked."""
    shape = S.dims(b, plan.base.value)
    arrays: list[Array] = []
    for axis, x, checked in zip(plan.axes, plan.picked, plan.checked, strict=True):
        if checked:
            arrays.append(x)
            continue
        positions = empty(b, plan.shape, INT64)

        def body(inner: Builder, at: list[Value], x: Array = x, axis: int = axis, positions: Array = positions) -> None:
            i = convert(inner, from_memory(inner, inner.load(x.value, *at), x.dtype), x.dtype, INT64)
            inner.store(inner(irad.Index, i, S.as_value(inner, shape[axis]), axis=axis), positions.value, *at)

        nest(b, plan.shape, body)
        arrays.append(positions)
    return Plan(plan.base, plan.axes, arrays, [True] * len(arrays), plan.shape, plan.at)


def _fill_masked(b: Builder, array: Array, mask: Array, x: Any) -> None:
    """array[mask] = scalar."""
    check_mask(b, array, mask, 0)
    if S.may_overlap(array.value, mask.value):
        mask = copy(mask)
    value = Scalar(materialise(b, x, array.dtype), array.dtype, False)
    rest = S.dims(b, array.value)[mask.ndim :]

    def body(inner: Builder, at: list[Value]) -> None:
        branch = inner.if_(load(inner, mask, *at).value)
        then = inner.at(branch.then)
        if rest:
            copy_into(then, subview(then, array, [*map(Position, at), *(Range(0, n, 1, True) for n in rest)]), value)
        else:
            store(then, array, value, *at)
        then.yield_()
        inner.at(branch.orelse).yield_()

    nest(b, S.dims(b, mask.value), body)
