"""Shapes, and views other than slices: transpose, reshape, ravel; iteration over the first axis."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from irad.frontend import broadcast, values
from irad.frontend import sizes as S
from irad.frontend.arrays import copy, load
from irad.frontend.creation import asarray
from irad.frontend.dtypes import INT64
from irad.frontend.indexing import as_index, getitem
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, as_traced, attribute, emitter, method, operation, refuse, wrong
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith


def as_number(x: Size) -> Any:
    """A size as the user's code sees it: a Python int, or a weak traced int."""
    return Scalar(x, INT64, True) if isinstance(x, Value) else x


@operation("shape")
def shape(x: Array) -> tuple[Any, ...]:
    """All sizes."""
    return tuple(as_number(S.static(n)) for n in S.dims(emitter(), x.value))


@operation("size")
def size(x: Array) -> Any:
    """Number of elements."""
    b = emitter()
    return as_number(S.product(b, S.dims(b, x.value)))


@operation("len")
def length(x: Any) -> Any:
    """len() of an array: the size of its first axis."""
    if not isinstance(x, Array) or x.ndim == 0:
        raise wrong(TypeError, f"object of type {x!r} has no len()" if isinstance(x, Scalar) else "len() of unsized object")
    return as_number(S.static(S.dim(emitter(), x.value, 0)))


@operation("iter")
def iterate(x: Array) -> Iterator[Any]:
    """The elements of the first axis, where Python itself iterates: only if their number is static."""
    count = length(x)
    if not isinstance(count, int):
        raise refuse(
            "how many elements the array has is known only when the compiled function runs, and here Python needs to know it now.",
            "Loop over it with `for`, or index it: a, b = x[0], x[1].",
        )
    return (getitem(x, i) for i in range(count))


@operation("item")
def item(x: Array) -> Scalar:
    """The only element; a check raises if there are more."""
    b = emitter()
    conditions = broadcast.Conditions(b)
    for n in S.dims(b, x.value):
        if n != 1:
            conditions.require((n, 1))
    conditions.check("can only convert an array of size 1 to a Python scalar", [])
    return load(b, x, *(b.index(0) for _ in range(x.ndim)))


@operation("transpose")
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The view with its axes permuted, reversed by default."""
    x = as_traced(x)
    if isinstance(x, Scalar) or (axes is None and x.ndim < 2):
        return x
    order = list(range(x.ndim))[::-1] if axes is None else [axis_of(a, x.ndim) for a in axes]
    if sorted(order) != list(range(x.ndim)):
        raise wrong(ValueError, "axes don't match array")
    if order == sorted(order):
        return x
    b = emitter()
    sizes, strides = S.dims(b, x.value), S.strides(b, x.value)
    return Array(broadcast.view(b, x.value, 0, [sizes[i] for i in order], [strides[i] for i in order]), x.dtype)


def axis_of(axis: Any, rank: int) -> int:
    """A static axis number, negative ones wrapped."""
    if isinstance(axis, Scalar):
        raise values.needed(axis, "the number of an axis")
    try:
        number = operator.index(axis)
    except TypeError:
        raise wrong(TypeError, f"'{type(axis).__name__}' object cannot be interpreted as an integer") from None
    if not -rank <= number < rank:
        raise wrong(np.exceptions.AxisError, f"axis {number} is out of bounds for array of dimension {rank}")
    return number % rank


def axes_of(axes: Any, rank: int) -> list[int]:
    """Static axis numbers of a number or a sequence of different ones."""
    found = [axis_of(a, rank) for a in (axes if isinstance(axes, tuple | list) else (axes,))]
    if len(set(found)) != len(found):
        raise wrong(ValueError, "repeated axis")
    return found


@method("transpose")
def _transpose_method(x: Any, *axes: Any) -> Any:
    order = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)) else axes
    return transpose(x, order or None)


@method("swapaxes")
def swapaxes(x: Array, first: int, second: int) -> Any:
    """The view with two axes exchanged."""
    order = list(range(x.ndim))
    p, q = axis_of(first, x.ndim), axis_of(second, x.ndim)
    order[p], order[q] = order[q], order[p]
    return transpose(x, order)


# ---------------------------------------------------------------- reshape


def reshape(x: Any, new: Any, order: str = "C") -> Array:
    """The elements in row-major order under other sizes: a view where axes are split, or joined without gaps, else a copy."""
    if order != "C":
        raise refuse("reshape in an order other than C is not supported.", "Transpose first.")
    b = emitter()
    wanted = [as_index(b, n) for n in (new if isinstance(new, tuple | list) else (new,))]
    total = S.product(b, S.dims(b, x.value))
    sizes = _with_inferred(b, wanted, total)
    conditions = broadcast.Conditions(b)
    count = S.product(b, sizes)
    if not S.same(count, total):
        conditions.require((count, total))
    for n in sizes:
        if not S.nonnegative(n) and not S.same(n, total):
            conditions.parts.append(b(arith.CmpI, S.as_value(b, n), b.index(0), predicate="sge"))
    (target,), values = broadcast.shape_text([wanted], first=1)
    conditions.check(f"cannot reshape array of size {{0}} into shape {target}", [S.as_value(b, total), *values])
    strides = _split_strides(b, x, sizes) if x.type.strided else None
    if strides is None:
        return Array(broadcast.view(b, contiguous(x).value, 0, sizes, S.row_major(b, sizes), strided=False), x.dtype)
    return Array(broadcast.view(b, x.value, 0, sizes, strides), x.dtype)


def _joined_axes(b: Builder, x: Array) -> list[tuple[Size, Size]]:
    """Size and stride of the axes that are left when those that certainly follow each other without gaps are one."""
    found: list[tuple[Size, Size]] = []
    for n, stride in zip(S.dims(b, x.value), S.strides(b, x.value), strict=True):
        if S.static(n) == 1:
            continue
        if found and S.same(found[-1][1], S.mul(b, n, stride)):
            n = S.mul(b, found.pop()[0], n)
        found.append((n, stride))
    return found


def contiguous(x: Array) -> Array:
    """The array in row-major order without gaps: itself if it is certain to be, else a copy."""
    if not x.type.strided:
        return x
    b = emitter()
    axes = _joined_axes(b, x)
    if len(axes) > 1 or (axes and axes[0][1] != 1):
        return copy(x)
    sizes = S.dims(b, x.value)
    return Array(broadcast.view(b, x.value, 0, sizes, S.row_major(b, sizes), strided=False), x.dtype)


def _split_strides(b: Builder, x: Array, sizes: Sequence[Size]) -> list[Size] | None:
    """The strides of a view of other sizes, each of which is part of one axis; None if that is not certain."""
    axes = _joined_axes(b, x)
    strides: list[Size] = []
    left = list(sizes)
    for place, (n, stride) in enumerate(axes):
        taken = left if place == len(axes) - 1 else _leading(b, left, n)
        if taken is None:
            return None
        left = left[len(taken) :]
        strides += [S.mul(b, step, stride) for step in S.row_major(b, taken)]
    return strides + [1] * len(left)


def _leading(b: Builder, sizes: Sequence[Size], n: Size) -> list[Size] | None:
    """The first sizes, whose product is n."""
    product: Size = 1
    for count, size in enumerate(sizes):
        if S.same(product, n):
            return list(sizes[:count])
        product = S.mul(b, product, size)
    return list(sizes) if S.same(product, n) else None


def _with_inferred(b: Builder, wanted: list[Size], total: Size) -> list[Size]:
    unknown = [i for i, n in enumerate(wanted) if n == -1]
    if not unknown:
        return wanted
    if len(unknown) > 1:
        raise wrong(ValueError, "can only specify one unknown dimension")
    rest = S.product(b, [n for n in wanted if n != -1])
    if isinstance(rest, int) and isinstance(total, int):
        inferred: Size = total // rest if rest else 0
    elif rest == 1:
        inferred = total
    else:
        inferred = b(arith.DivSI, S.as_value(b, total), S.as_value(b, S.maximum(b, rest, 1)))
    return [inferred if i in unknown else n for i, n in enumerate(wanted)]


@method("reshape")
def _reshape_method(x: Any, *new: Any, order: str = "C") -> Any:
    return reshape(as_array(x), new[0] if len(new) == 1 else new, order)


@method("ravel")
def ravel(x: Any, order: str = "C") -> Array:
    """The elements in one dimension: a view of contiguous memory, of anything else a copy."""
    return reshape(contiguous(as_array(x)), (-1,), order)


@method("flatten")
def flatten(x: Any, order: str = "C") -> Array:
    """A copy of the elements in one dimension."""
    return ravel(copy(as_array(x)), order)


@attribute("flat")
def _flat(x: Any) -> Array:
    if isinstance(x, Array) and x.type.strided and x.ndim > 1:
        raise refuse("x.flat of an array that is not contiguous is not supported.", "Use x.ravel() to read, or index all axes to write.")
    return reshape(as_array(x), (-1,))


@method("squeeze")
def squeeze(x: Array, axis: Any = None) -> Array:
    """The view without its axes of static size 1, or without those that are named."""
    b = emitter()
    shape, strides = S.dims(b, x.value), S.strides(b, x.value)
    gone = [i for i, n in enumerate(shape) if n == 1] if axis is None else axes_of(axis, x.ndim)
    conditions = broadcast.Conditions(b)
    for i in gone:
        if shape[i] != 1:
            conditions.require((shape[i], 1))
    conditions.check("cannot select an axis to squeeze out which has size not equal to one", [])
    kept = [i for i in range(x.ndim) if i not in gone]
    return Array(broadcast.view(b, x.value, 0, [shape[i] for i in kept], [strides[i] for i in kept], x.type.strided), x.dtype)


def as_array(x: Any) -> Array:
    """An array for an array, a list, or a scalar (as an array without dimensions)."""
    return asarray(x)
