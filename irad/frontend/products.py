"""Products of arrays: dot, matmul and their kin, tensordot, kron, trace, cross, convolve and correlate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import check_casting, copy_into, elementwise, emit_map, empty, load, operand
from irad.frontend.contraction import Label, Term, agreeing_sizes, broadcast_sizes, contract, times
from irad.frontend.creation import result_type as result_dtype
from irad.frontend.creation import with_leading_axes
from irad.frontend.emit import constant
from irad.frontend.indexing import Range, subview
from irad.frontend.reductions import SUM, into, nest, np_sum
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, as_traced, emitter, method, operation, wrong
from irad.frontend.views import as_array, axis_of, ravel, transpose
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith


@method("dot")
def np_dot(a: Any, b: Any, out: Any = None) -> Any:
    """np.dot: sums over the last axis of the first and the last but one of the second array; a scalar multiplies."""
    x, y = operand(a), operand(b)
    if not isinstance(x, Array) or not isinstance(y, Array):
        return into(out, elementwise(np.multiply, (x, y)))
    left, right = ascii_letters[: x.ndim - 1], ascii_letters[x.ndim - 1 :][: y.ndim - 1]
    labels = [*left, "summed"], [*right[:-1], "summed", *right[-1:]]
    return into(out, _product(x, labels[0], y, labels[1], [*left, *right], "shapes {} and {} not aligned"))


@operation("matmul")
def matmul(x1: Any, x2: Any, out: Any = None) -> Any:
    """x @ y: of vectors, matrices and stacks of matrices."""
    x, y = operand(x1), operand(x2)
    _need_dimensions("matmul", (x, 1), (y, 1))
    core = "ik" if x.ndim > 1 else "k", "kj" if y.ndim > 1 else "k"
    return _into_ufunc("matmul", out, _stacked("matmul", x, y, core, core[0][:-1] + core[1][1:]))


def np_vecdot(x1: Any, x2: Any, out: Any = None, *, axis: int = -1) -> Any:
    """np.vecdot: the dot products of the vectors along an axis, those of the first array conjugated."""
    x, y = (_axis_last(operand(x), axis) for x in (x1, x2))
    _need_dimensions("vecdot", (x, 1), (y, 1))
    return _into_ufunc("vecdot", out, _stacked("vecdot", x.conj(), y, ("k", "k"), ""))


def np_matvec(x1: Any, x2: Any, out: Any = None) -> Any:
    """np.matvec: products of stacks of matrices and vectors."""
    x, y = operand(x1), operand(x2)
    _need_dimensions("matvec", (x, 2), (y, 1))
    return _into_ufunc("matvec", out, _stacked("matvec", x, y, ("ik", "k"), "i"))


def np_vecmat(x1: Any, x2: Any, out: Any = None) -> Any:
    """np.vecmat: products of stacks of vectors, conjugated, and matrices."""
    x, y = operand(x1), operand(x2)
    _need_dimensions("vecmat", (x, 1), (y, 2))
    return _into_ufunc("vecmat", out, _stacked("vecmat", x.conj(), y, ("k", "kj"), "j"))


def _axis_last(x: Any, axis: int) -> Any:
    if not isinstance(x, Array):
        return x
    order = list(range(x.ndim))
    order.append(order.pop(axis_of(axis, x.ndim)))
    return transpose(x, order)


def _need_dimensions(name: str, *operands: tuple[Any, int]) -> None:
    for x, rank in operands:
        if not isinstance(x, Array) or x.ndim < rank:
            raise wrong(ValueError, f"{name}: an operand does not have enough dimensions (it needs {rank})")


def _into_ufunc(name: str, out: Any, result: Any) -> Any:
    if out is not None:
        check_casting(name, result.dtype, as_traced(out))
    return into(out, result)


def _product(x: Array, left: Sequence[Label], y: Array, right: Sequence[Label], output: Sequence[Label], message: str) -> Any:
    """A product of which the axes with a name in both arrays must have equal sizes."""
    b = emitter()
    terms = Term(x, left), Term(y, right)
    return contract(b, *terms, output, agreeing_sizes(b, terms, message, {}), np.result_type(x.dtype, y.dtype))


def _stacked(name: str, x: Array, y: Array, core: tuple[str, str], output: str) -> Any:
    """Products of the core axes, which come last, for every position in the axes before them, which broadcast."""
    b = emitter()
    batches = [S.dims(b, v.value)[: v.ndim - len(c)] for v, c in zip((x, y), core, strict=True)]
    common, scales = broadcast_sizes(b, batches)
    left, right = (
        Term(v, [*scale, *c], {label: n for label, n in scale.items() if n != 1}) for v, scale, c in zip((x, y), scales, core, strict=True)
    )
    message = f"{name}: Input operand 1 has a mismatch in its core dimension: shapes {{}} and {{}}"
    sizes = agreeing_sizes(b, (left, right), message, common)
    return contract(b, left, right, [*common, *output], sizes, np.result_type(x.dtype, y.dtype))


# ---------------------------------------------------------------- by axes


def np_inner(a: Any, b: Any) -> Any:
    """np.inner: sums over the last axis of both; a scalar multiplies."""
    x, y = operand(a), operand(b)
    if not isinstance(x, Array) or not isinstance(y, Array):
        return elementwise(np.multiply, (x, y))
    left, right = ascii_letters[: x.ndim - 1], ascii_letters[x.ndim - 1 :][: y.ndim - 1]
    return _product(x, [*left, "last"], y, [*right, "last"], [*left, *right], "shapes {} and {} not aligned")


def np_vdot(a: Any, b: Any) -> Any:
    """np.vdot: the dot product of all elements, in row-major order."""
    return np_dot(ravel(as_array(a)).conj(), ravel(as_array(b)))


def np_outer(a: Any, b: Any, out: Any = None) -> Any:
    """np.outer: the product of each element of one with each of the other."""
    return into(out, elementwise(np.multiply, (ravel(as_array(a))[:, None], ravel(as_array(b)))))


def np_tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """np.tensordot: sums over pairs of axes, or the last of one and the first of the other."""
    x, y = as_array(a), as_array(b)
    first, second = _paired_axes(x, y, axes)
    names = [*ascii_letters[: x.ndim + y.ndim]]
    left, right = names[: x.ndim], names[x.ndim :]
    for p, q in zip(first, second, strict=True):
        right[q] = left[p]
    output = [label for label in left + right if label not in left or label not in right]
    return _product(x, left, y, right, output, "shape-mismatch for sum: {} and {}")


def _paired_axes(x: Array, y: Array, axes: Any) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        if axes > min(x.ndim, y.ndim):
            raise wrong(IndexError, f"tensordot over {axes} axes of arrays of rank {x.ndim} and {y.ndim}")
        return list(range(x.ndim - axes, x.ndim)), list(range(axes))
    first, second = ([a] if isinstance(a, int) else list(a) for a in axes)
    if len(first) != len(second):
        raise wrong(ValueError, "shape-mismatch for sum: as many axes of one as of the other")
    return [axis_of(a, x.ndim) for a in first], [axis_of(a, y.ndim) for a in second]


def np_kron(a: Any, b: Any) -> Any:
    """np.kron: blocks of the second array, scaled by the elements of the first."""
    x, y = as_array(a), as_array(b)
    rank = max(x.ndim, y.ndim)
    if rank == 0:
        return elementwise(np.multiply, (x, y))
    x, y = (with_leading_axes(v, rank - v.ndim) for v in (x, y))
    blocks = elementwise(np.multiply, (x[(slice(None), None) * rank], y[(None, slice(None)) * rank]))
    e = emitter()
    sizes = S.dims(e, blocks.value)
    return reshape_to(blocks, [S.mul(e, n, m) for n, m in zip(sizes[::2], sizes[1::2], strict=True)])


def reshape_to(x: Array, sizes: Sequence[Size]) -> Array:
    """A view of contiguous memory with other sizes, of which the product is the same."""
    b = emitter()
    return Array(broadcast.view(b, x.value, 0, sizes, S.row_major(b, sizes), strided=False), x.dtype)


def diagonal_view(x: Array, axes: Sequence[int], offset: int = 0) -> Array:
    """The elements with one index on some axes, that of the second shifted by an offset, as a view with that axis last."""
    b = emitter()
    shape, strides = S.dims(b, x.value), S.strides(b, x.value)
    starts: list[Size] = [0] * len(axes)
    if offset:
        starts[offset > 0] = abs(offset)
    left = [S.maximum(b, S.sub(b, shape[a], n), 0) if n else shape[a] for a, n in zip(axes, starts, strict=True)]
    count, step, start = left[0], strides[axes[0]], S.mul(b, strides[axes[0]], starts[0])
    for a, n, first in zip(axes[1:], left[1:], starts[1:], strict=True):
        count, step, start = S.minimum(b, count, n), S.add(b, step, strides[a]), S.add(b, start, S.mul(b, strides[a], first))
    if offset:  # of an empty diagonal the start may lie outside
        start = S.mul(b, start, S.minimum(b, count, 1))
    kept = [i for i in range(x.ndim) if i not in axes]
    return Array(broadcast.view(b, x.value, start, [*(shape[i] for i in kept), count], [*(strides[i] for i in kept), step]), x.dtype)


@method("trace")
def np_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """np.trace: the sum along a diagonal."""
    x = as_array(a)
    if x.ndim < 2:
        raise wrong(ValueError, "diag requires an array of at least two dimensions")
    axes = axis_of(axis1, x.ndim), axis_of(axis2, x.ndim)
    if axes[0] == axes[1]:
        raise wrong(ValueError, "axis1 and axis2 cannot be the same")
    return np_sum(diagonal_view(x, axes, offset), -1, dtype, out)


# ---------------------------------------------------------------- cross, convolve, correlate


def np_cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """np.cross: of vectors with three elements."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = as_array(a), as_array(b)
    if x.ndim < 1 or y.ndim < 1:
        raise wrong(ValueError, "At least one array has zero dimension")
    x, y = _axis_last(x, axisa), _axis_last(y, axisb)
    for v in (x, y):
        _three(v)
    first, second = ([v[..., i] for i in range(3)] for v in (x, y))
    parts = []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        products = [elementwise(np.multiply, (first[p], second[q])) for p, q in ((j, k), (k, j))]
        parts.append(elementwise(np.subtract, products))
    return _axis_moved(_stacked_last(parts), axisc)


def _three(x: Array) -> None:
    b = emitter()
    size = S.dim(b, x.value, x.ndim - 1)
    if size != 3:
        conditions = broadcast.Conditions(b)
        conditions.require((size, 3))
        conditions.check("incompatible dimensions for cross product (irad takes vectors of dimension 3)", [])


def _stacked_last(parts: Sequence[Any]) -> Array:
    """Arrays of one shape, or scalars, side by side along a new last axis."""
    b = emitter()
    shape = S.dims(b, parts[0].value) if isinstance(parts[0], Array) else []
    result = empty(b, [*shape, len(parts)], parts[0].dtype)
    for i, v in enumerate(parts):
        result[..., i] = v
    return result


def _axis_moved(x: Array, axis: int) -> Array:
    """The view with the last axis at another place."""
    order = list(range(x.ndim - 1))
    order.insert(axis_of(axis, x.ndim), x.ndim - 1)
    return transpose(x, order)


def np_convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """np.convolve: sums of products of one vector with the other in reverse."""
    x, y = _vectors(a, v)
    return _convolve(x, y, mode, correlates=False)


def np_correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """np.correlate: sums of products of one vector with a shifted other."""
    x, y = _vectors(a, v)
    return _convolve(x, y[::-1].conj(), mode, correlates=True)


def _vectors(a: Any, v: Any) -> list[Array]:
    b = emitter()
    vectors = [with_leading_axes(x, 1) if x.ndim == 0 else x for x in (as_array(a), as_array(v))]
    for name, x in zip("av", vectors, strict=True):
        if x.ndim > 1:
            raise wrong(ValueError, "object too deep for desired array")
        size = S.dim(b, x.value, 0)
        if not S.at_most(1, size):
            b.check(b(arith.CmpI, S.as_value(b, size), b.index(0), predicate="sgt"), "ValueError", f"{name} cannot be empty")
    return vectors


def _convolve(x: Array, y: Array, mode: str, correlates: bool) -> Array:
    """For each element of y, a loop that adds x, scaled and shifted, to the wanted part of the full convolution."""
    b = emitter()
    n, m = S.dim(b, x.value, 0), S.dim(b, y.value, 0)
    first, count = _wanted(b, n, m, mode, correlates)
    dtype = result_dtype(x, y)
    result = empty(b, [count], dtype)
    copy_into(b, result, Scalar(constant(b, 0, dtype), dtype, False))

    def step(inner: Builder, total: Value, scale: Value, element: Value) -> Value:
        return SUM.step(inner, dtype, total, times(inner, dtype, scale, element))

    def body(inner: Builder, at: list[Value]) -> None:
        k = at[0]
        start = S.maximum(inner, k, first)
        stop = S.minimum(inner, S.add(inner, k, n), S.add(inner, first, count))
        size = S.maximum(inner, S.sub(inner, stop, start), 0)
        target = subview(inner, result, [Range(S.sub(inner, start, first), size, 1)])
        source = subview(inner, x, [Range(S.sub(inner, start, k), size, 1)])
        emit_map(inner, target, [target, load(inner, y, k), source], [dtype] * 3, step, dtype)

    nest(b, [m], body)
    return result


def _wanted(b: Builder, n: Size, m: Size, mode: str, correlates: bool) -> tuple[Size, Size]:
    """Which elements of the full convolution a mode names: the first, and how many."""
    shorter, longer = S.minimum(b, n, m), S.maximum(b, n, m)
    if mode == "full":
        return 0, S.sub(b, S.add(b, n, m), 1)
    if mode == "valid":
        return S.sub(b, shorter, 1), S.add(b, S.sub(b, longer, shorter), 1)
    if mode != "same":
        raise wrong(ValueError, f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    first = halved(b, S.sub(b, shorter, 1))
    if correlates and not S.at_most(m, n):  # NumPy exchanges the two and reverses the result
        swapped = b(arith.CmpI, S.as_value(b, n), S.as_value(b, m), predicate="slt")
        first = S.select(b, swapped, halved(b, shorter), first)
    return first, longer


def halved(b: Builder, x: Size) -> Size:
    """x // 2 for x >= 0."""
    return x // 2 if isinstance(x, int) else b(arith.DivSI, x, b.index(2))


PRODUCTS: dict[Any, Callable[..., Any]] = {
    np.dot: np_dot,
    np.matmul: matmul,
    np.vecdot: np_vecdot,
    np.inner: np_inner,
    np.vdot: np_vdot,
    np.outer: np_outer,
    np.tensordot: np_tensordot,
    np.kron: np_kron,
    np.trace: np_trace,
    np.cross: np_cross,
    np.convolve: np_convolve,
    np.correlate: np_correlate,
}
if hasattr(np, "matvec"):  # of NumPy 2.2
    PRODUCTS |= {np.matvec: np_matvec, np.vecmat: np_vecmat}
