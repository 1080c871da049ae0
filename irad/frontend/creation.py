"""Functions that make arrays: np.zeros, np.array of traced numbers, np.arange and their like."""

from __future__ import annotations

import math as python_math
from collections.abc import Iterator
from typing import Any

import numpy as np

from irad.errors import instance
from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign, astype, copy_into, empty, store
from irad.frontend.arrays import copy as copy_of
from irad.frontend.dtypes import BOOL, FLOAT64, INT64, Kind, is_float, promote
from irad.frontend.emit import convert, to_memory
from irad.frontend.indexing import Position, Range, as_index, subview
from irad.frontend.scalars import kind_of, materialise, numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, Traced, as_traced, emitter, operation, refuse, wrong
from irad.ir.builder import Builder
from irad.ir.ops import arith, math

_CAPTURED = 64  # static data of more elements is passed as an array instead of stored element by element


def sizes_of(shape: Any) -> list[Size]:
    """The sizes that a `shape` argument names; negative ones raise."""
    b = emitter()
    items = shape if isinstance(shape, tuple | list) else (shape,)
    sizes = [S.static(as_index(b, n)) for n in items]
    for n in sizes:
        if isinstance(n, int) and n < 0:
            raise wrong(ValueError, "negative dimensions are not allowed")
        if not S.nonnegative(n):
            b.check(b(arith.CmpI, n, b.index(0), predicate="sge"), "ValueError", "negative dimensions are not allowed")  # type: ignore[arg-type]
    return sizes


def _in_order(order: str) -> None:
    if order not in ("C", "K", "A"):
        raise refuse(f"an array in order {order!r} is not supported.", "Make a row-major one and transpose it.")


def np_empty(shape: Any, dtype: Any = None, order: str = "C") -> Array:
    """np.empty."""
    _in_order(order)
    return empty(emitter(), sizes_of(shape), numpy_dtype(dtype))


def np_full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Array:
    """np.full: the dtype is the value's unless given."""
    _in_order(order)
    if dtype is None:
        dtype = result_type(fill_value)
    result = empty(emitter(), sizes_of(shape), numpy_dtype(dtype))
    assign(result, fill_value)
    return result


def np_zeros(shape: Any, dtype: Any = None, order: str = "C") -> Array:
    """np.zeros."""
    return np_full(shape, 0, numpy_dtype(dtype), order)


def np_ones(shape: Any, dtype: Any = None, order: str = "C") -> Array:
    """np.ones."""
    return np_full(shape, 1, numpy_dtype(dtype), order)


def np_empty_like(prototype: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """np.empty_like, in row-major order."""
    _in_order(order)
    x = asarray(prototype)
    b = emitter()
    sizes = S.dims(b, x.value) if shape is None else sizes_of(shape)
    return empty(b, sizes, x.dtype if dtype is None else numpy_dtype(dtype))


def np_full_like(a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """np.full_like."""
    result = np_empty_like(a, dtype, order, subok, shape)
    assign(result, fill_value)
    return result


def np_zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """np.zeros_like."""
    return np_full_like(a, 0, dtype, order, subok, shape)


def np_ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Array:
    """np.ones_like."""
    return np_full_like(a, 1, dtype, order, subok, shape)


@operation("result_type")
def result_type(*operands: Any) -> np.dtype:
    """The dtype of an array that holds all of them."""
    kinds = [_leaf_kind(x) for v in operands for x in _leaves(v)]
    return promote(*kinds).dtype if kinds else FLOAT64


def _leaf_kind(x: Any) -> Kind:
    if isinstance(x, np.ndarray):
        x = as_traced(x)
    kind = kind_of(x)
    if kind is None:
        raise refuse(f"an array cannot hold {instance(x)}.", "irad has arrays of numbers and booleans.")
    return kind


def _leaves(x: Any) -> Iterator[Any]:
    if isinstance(x, list | tuple):
        for v in x:
            yield from _leaves(v)
    else:
        yield x


# ---------------------------------------------------------------- np.array


@operation("array")
def array(object: Any, dtype: Any = None, *, copy: bool | None = True, order: str = "K", ndmin: int = 0) -> Array:
    """np.array of an array, a number, or nested lists of numbers, traced scalars and arrays."""
    _in_order(order)
    x = as_traced(object)
    wanted = None if dtype is None else numpy_dtype(dtype)
    if copy is False and not (isinstance(x, Array) and wanted in (None, x.dtype)):
        raise wrong(ValueError, "Unable to avoid copy while creating an array as requested.")
    if isinstance(x, Array):
        if wanted is not None and wanted != x.dtype:
            x = astype(x, wanted)
        elif copy:
            x = copy_of(x)
    else:
        x = _from_nested(x, wanted)
    return x if x.ndim >= ndmin else with_leading_axes(x, ndmin - x.ndim)


def with_leading_axes(x: Array, count: int) -> Array:
    """A view with so many axes of size 1 in front."""
    b = emitter()
    shape, strides = S.dims(b, x.value), S.strides(b, x.value)
    sizes = [1] * count + shape
    steps = [0] * count + strides if x.type.strided else S.row_major(b, sizes)
    return Array(broadcast.view(b, x.value, 0, sizes, steps, x.type.strided), x.dtype)


def asarray(a: Any, dtype: Any = None, order: str = "K", *, copy: bool | None = None) -> Array:
    """np.asarray: the array itself where nothing has to change."""
    return array(a, dtype, copy=copy, order=order)


def _from_nested(x: Any, dtype: np.dtype | None) -> Array:
    leaves = list(_leaves(x))
    if not any(isinstance(v, Traced | np.ndarray) for v in leaves):
        return _from_static(x, dtype)
    if dtype is None:
        dtype = promote(*(Kind(_leaf_kind(v).dtype) for v in leaves)).dtype  # in a list, a Python float is a float64
    b = emitter()
    result = empty(b, _nested_shape(b, x), dtype)
    _fill_nested(b, result, x, ())
    return result


def _from_static(x: Any, dtype: np.dtype | None) -> Array:
    real = np.array(x, dtype)
    if real.size > _CAPTURED:
        numpy_dtype(real.dtype)
        return copy_of(as_traced(real))
    b = emitter()
    result = empty(b, real.shape, numpy_dtype(real.dtype))
    if real.size and (real == real.flat[0]).all():
        copy_into(b, result, Scalar(materialise(b, real.flat[0], result.dtype), result.dtype, False))
        return result
    for index in np.ndindex(*real.shape):
        store(b, result, real[index], *(b.index(i) for i in index))
    return result


UNEVEN = "setting an array element with a sequence. The requested array has an inhomogeneous shape."


def _nested_shape(b: Builder, x: Any) -> list[Size]:
    if isinstance(x, list | tuple):
        shapes = [_nested_shape(b, v) for v in x]
        if any(len(shape) != len(shapes[0]) for shape in shapes):
            raise wrong(ValueError, UNEVEN)
        conditions = broadcast.Conditions(b)
        for shape in shapes[1:]:
            for n, m in zip(shape, shapes[0], strict=True):
                if not S.same(n, m):
                    conditions.require((n, m))
        conditions.check(UNEVEN, [])
        return [len(x), *(shapes[0] if shapes else [])]
    x = as_traced(x)
    return S.dims(b, x.value) if isinstance(x, Array) else []


def _fill_nested(b: Builder, result: Array, x: Any, path: tuple[int, ...]) -> None:
    if isinstance(x, list | tuple):
        for i, v in enumerate(x):
            _fill_nested(b, result, v, (*path, i))
        return
    if len(path) == result.ndim:
        value = x if not isinstance(x, Array | np.ndarray) else asarray(x)[()]
        store(b, result, value, *(b.index(i) for i in path))
        return
    sizes = S.dims(b, result.value)[len(path) :]
    assign(subview(b, result, [*map(Position, path), *(Range(0, n, 1, True) for n in sizes)]), x)


# ---------------------------------------------------------------- np.arange


def np_arange(start: Any = 0, stop: Any = None, step: Any = 1, dtype: Any = None) -> Array:
    """np.arange: integers, or floats if an argument or the dtype is a float."""
    if stop is None:
        start, stop = 0, start
    if step is None:
        step = 1
    kinds = [_leaf_kind(v) for v in (start, stop, step)]
    compute = FLOAT64 if any(is_float(k.dtype) for k in kinds) else INT64
    wanted = (promote(*kinds).dtype if dtype is None else numpy_dtype(dtype)) if dtype is not None or compute == FLOAT64 else INT64
    if wanted == BOOL:
        raise wrong(TypeError, "arange() does not make booleans")
    b = emitter()
    fill = _float_range if compute == FLOAT64 or is_float(wanted) else _integer_range
    return fill(b, start, stop, step, wanted)


def _integer_range(b: Builder, start: Any, stop: Any, step: Any, dtype: np.dtype) -> Array:
    first, last, stride = (as_index(b, v) for v in (start, stop, step))
    if stride == 0:
        raise wrong(ZeroDivisionError, "division by zero")
    if isinstance(stride, int):
        gap = S.sub(b, last, first) if stride > 0 else S.sub(b, first, last)
        count = S.divide_up(b, S.maximum(b, gap, 0), abs(stride))
    else:
        b.check(b(arith.CmpI, stride, b.index(0), predicate="ne"), "ZeroDivisionError", "division by zero")
        down = b(arith.CmpI, stride, b.index(0), predicate="slt")
        gap = S.select(b, down, S.sub(b, first, last), S.sub(b, last, first))
        count = S.divide_up(b, S.maximum(b, gap, 0), S.select(b, down, S.sub(b, 0, stride), stride))
    result = empty(b, [count], dtype)
    loop = b.for_(b.index(0), S.as_value(b, count), b.index(1))
    inner = b.at(loop.body)
    value = S.as_value(inner, S.add(inner, first, S.mul(inner, loop.induction, stride)))
    inner.store(to_memory(inner, convert(inner, value, INT64, dtype), dtype), result.value, loop.induction)
    inner.yield_()
    return result


def _float_range(b: Builder, start: Any, stop: Any, step: Any, dtype: np.dtype) -> Array:
    """As NumPy: ceil((stop - start) / step) elements, element i is start + i * ((start + step) - start)."""
    if not any(isinstance(v, Traced) for v in (start, stop, step)):
        count: Size = max(python_math.ceil((stop - start) / step), 0)
    else:
        values = [materialise(b, v, FLOAT64) for v in (start, stop, step)]
        gap = b(arith.DivF, b(arith.SubF, values[1], values[0]), values[2])
        count = S.maximum(b, convert(b, b(math.Ceil, gap), FLOAT64, INT64), 0)
    result = empty(b, [count], dtype)
    compute = dtype if is_float(dtype) else FLOAT64
    first, stride = materialise(b, start, compute), materialise(b, step, compute)
    stride = b(arith.SubF, b(arith.AddF, first, stride), first)
    loop = b.for_(b.index(0), S.as_value(b, count), b.index(1))
    inner = b.at(loop.body)
    number = convert(inner, loop.induction, INT64, compute)
    value = inner(arith.AddF, first, inner(arith.MulF, number, stride))
    inner.store(to_memory(inner, convert(inner, value, compute, dtype), dtype), result.value, loop.induction)
    inner.yield_()
    return result


def fill(x: Any, value: Any) -> None:
    """x.fill(value)."""
    assign(as_traced(x), value)
