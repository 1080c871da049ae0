"""Sums of products over named axes: the loop nest behind matrix products, tensordot and einsum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import copy_into, emit_map, empty, store
from irad.frontend.emit import EMIT, constant, convert, from_memory
from irad.frontend.indexing import Position, Range, subview
from irad.frontend.reductions import SUM, nest
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar
from irad.frontend.views import transpose
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, irad

Label = str

_SHOWN = 8  # values that a check's message may show


@dataclass(frozen=True, slots=True)
class Term:
    """An array with a name for each axis; `scales` multiplies the position in an axis: by 0 where a single element is repeated."""

    array: Array
    labels: Sequence[Label]
    scales: dict[Label, Size] = field(default_factory=dict)

    def unit(self, b: Builder) -> Label | None:
        """The axis along which memory runs: the last one where the strides do not tell."""
        strides = S.strides(b, self.array.value)
        found = [label for label, stride in zip(self.labels, strides, strict=True) if S.static(stride) == 1]
        return found[-1] if found else self.labels[-1] if self.labels else None

    def at(self, b: Builder, positions: dict[Label, Value]) -> Array:
        """The part at a position in each of some axes."""
        taken: list[Position | Range] = []
        for label, size in zip(self.labels, S.dims(b, self.array.value), strict=True):
            if label in positions:
                scale = self.scales.get(label, 1)
                taken.append(Position(S.mul(b, positions[label], scale)))
            else:
                taken.append(Range(0, size, 1, True))
        return subview(b, self.array, taken)

    def repeated(self, b: Builder, label: Label, size: Size) -> Term:
        """The same with an axis of its full size, of stride 0 where a single element is repeated."""
        if label not in self.scales:
            return self
        shape, strides = S.dims(b, self.array.value), S.strides(b, self.array.value)
        axis = self.labels.index(label)
        shape[axis], strides[axis] = size, S.mul(b, strides[axis], self.scales[label])
        scales = {name: scale for name, scale in self.scales.items() if name != label}
        return Term(Array(broadcast.view(b, self.array.value, 0, shape, strides), self.array.dtype), self.labels, scales)

    def element(self, b: Builder, positions: dict[Label, Value], dtype: np.dtype) -> Scalar:
        """The element at a position in every axis, in another dtype."""
        at = [S.as_value(b, S.mul(b, positions[label], self.scales.get(label, 1))) for label in self.labels]
        value = from_memory(b, b.load(self.array.value, *at), self.array.dtype)
        return Scalar(convert(b, value, self.array.dtype, dtype), dtype, False)

    def operand(self, b: Builder, positions: dict[Label, Value], inner: Label, dtype: np.dtype) -> Array | Scalar:
        """What a loop over one more axis reads: a row along it, or an element that stays."""
        return self.at(b, positions) if inner in self.labels else self.element(b, positions, dtype)


def agreeing_sizes(b: Builder, terms: Sequence[Term], message: str, known: dict[Label, Size]) -> dict[Label, Size]:
    """Sizes by name, those that are known and those of the arrays; a check raises where one name stands for two sizes."""
    sizes: dict[Label, Size] = {}
    conditions = broadcast.Conditions(b)
    shapes = [S.dims(b, term.array.value) for term in terms]
    for term, shape in zip(terms, shapes, strict=True):
        for label, size in zip(term.labels, shape, strict=True):
            if label not in known and not S.same(sizes.setdefault(label, S.static(size)), size):
                conditions.require((sizes[label], size))
    texts, values = broadcast.shape_text(shapes)
    if len(values) > _SHOWN:
        texts, values = [f"of rank {len(shape)}" for shape in shapes], []
    conditions.check(message.format(*texts), values)
    return {**sizes, **known}


def broadcast_sizes(b: Builder, shapes: Sequence[Sequence[Size]]) -> tuple[dict[Label, Size], list[dict[Label, Size]]]:
    """The common sizes of axes that broadcast, by name, and for each of the shapes the scale of each axis that it has."""
    common = broadcast.common_shape(b, shapes)
    names = [f"batch {i}" for i in range(len(common))]
    scales: list[dict[Label, Size]] = []
    for shape in shapes:
        own = names[len(names) - len(shape) :]
        scales.append({name: _scale(b, size, common[names.index(name)]) for name, size in zip(own, shape, strict=True)})
    return dict(zip(names, common, strict=True)), scales


def _scale(b: Builder, size: Size, wanted: Size) -> Size:
    if S.same(size, wanted):
        return 1
    if S.static(size) == 1:
        return 0
    one = b(arith.CmpI, S.as_value(b, size), b.index(1), predicate="eq")
    return S.select(b, one, 0, 1)


def times(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    """The product of elements."""
    return EMIT[np.multiply](b, dtype, x, y)


def contract(b: Builder, x: Term, y: Term, output: Sequence[Label], sizes: dict[Label, Size], dtype: np.dtype) -> Array | Scalar:
    """The products of two arrays' elements, summed over the axes that the output does not have."""
    summed = [label for label in dict.fromkeys([*x.labels, *y.labels]) if label not in output]
    if not output and summed and set(x.labels) == set(y.labels) and not x.scales and not y.scales:
        return inner_product(b, x.array, transpose(y.array, [y.labels.index(label) for label in x.labels]), dtype)
    result = empty(b, [sizes[label] for label in output], dtype)
    inner = _inner_axis(b, x, y, output, summed)
    if inner is not None:
        x, y = (term.repeated(b, inner, sizes[inner]) for term in (x, y))
    if inner in summed:
        _by_dot_products(b, x, y, output, sizes, result, inner)
    elif inner is not None:
        _by_rows(b, x, y, output, sizes, result, inner)
    else:
        store(b, result, Scalar(times(b, dtype, *(term.element(b, {}, dtype).value for term in (x, y))), dtype, False))
    if output:
        return result
    return Scalar(from_memory(b, b.load(result.value), dtype), dtype, False)


def _inner_axis(b: Builder, x: Term, y: Term, output: Sequence[Label], summed: Sequence[Label]) -> Label | None:
    """The axis of the innermost loop: the result's last one, or a summed one if only that runs along memory in both arrays.

    A loop over rows of the result adds vectors, one over a summed axis is a dot product. The first order for x @ y, the second for
    x @ y.T and for a matrix times a vector.
    """
    last = output[-1] if output else None
    if not summed:
        return last
    if last is not None:
        reads = [term.unit(b) == last for term in (x, y) if last in term.labels]
        if all(reads):
            return last
    dots = [s for s in summed if all(term.unit(b) == s for term in (x, y) if s in term.labels)]
    if dots:
        return dots[-1]
    return last if last is not None else summed[-1]


def _by_rows(b: Builder, x: Term, y: Term, output: Sequence[Label], sizes: dict[Label, Size], result: Array, inner: Label) -> None:
    """Loops over all axes but the result's last, the summed ones inside: each adds a scaled row or a product of rows to a row."""
    dtype = result.dtype
    summed = [label for label in dict.fromkeys([*x.labels, *y.labels]) if label not in output]
    outer = [*output[:-1], *summed]
    target = Term(result, output)
    copy_into(b, result, Scalar(constant(b, 0, dtype), dtype, False))

    def add(deep: Builder, total: Value, p: Value, q: Value) -> Value:
        return SUM.step(deep, dtype, total, times(deep, dtype, p, q))

    def body(deep: Builder, at: list[Value]) -> None:
        positions = dict(zip(outer, at, strict=True))
        row = target.at(deep, {label: positions[label] for label in output[:-1]})
        factors = [term.operand(deep, positions, inner, dtype) for term in (x, y)]
        emit_map(deep, row, [row, *factors], [dtype] * 3, add, dtype)

    nest(b, [sizes[label] for label in outer], body)


def _by_dot_products(b: Builder, x: Term, y: Term, output: Sequence[Label], sizes: dict[Label, Size], result: Array, inner: Label) -> None:
    """Loops over the result, in them dot products along one summed axis, added up over the others."""
    dtype = result.dtype
    others = [label for label in dict.fromkeys([*x.labels, *y.labels]) if label not in output and label != inner]
    if others:
        copy_into(b, result, Scalar(constant(b, 0, dtype), dtype, False))
    outer = [*output, *others]

    def body(deep: Builder, at: list[Value]) -> None:
        positions = dict(zip(outer, at, strict=True))
        place = at[: len(output)]
        start = from_memory(deep, deep.load(result.value, *place), dtype) if others else constant(deep, 0, dtype)
        factors = [term.operand(deep, positions, inner, dtype) for term in (x, y)]
        store(deep, result, _sum_of_products(deep, factors, start, dtype), *place)

    nest(b, [sizes[label] for label in outer], body)


def inner_product(b: Builder, x: Array, y: Array, dtype: np.dtype) -> Scalar:
    """The sum of products of the elements of arrays of one shape."""
    return _sum_of_products(b, [x, y], constant(b, 0, dtype), dtype)


def _sum_of_products(b: Builder, factors: Sequence[Array | Scalar], start: Value, dtype: np.dtype) -> Scalar:
    block = Block([start.type, *(f.type.element if isinstance(f, Array) else f.value.type for f in factors)])
    inner = b.at(block)
    elements = [
        convert(inner, from_memory(inner, v, f.dtype), f.dtype, dtype) if isinstance(f, Array) else v
        for v, f in zip(block.args[1:], factors, strict=True)
    ]
    inner.yield_(SUM.step(inner, dtype, block.args[0], times(inner, dtype, *elements)))
    inputs = [f.value for f in factors]
    return Scalar(b.op(irad.Reduce, (*inputs, start), {"inputs": len(inputs)}, None, (block,)).result, dtype, False)
