"""Elements by position or condition: take, put, compress, choose and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import broadcast, gather
from irad.frontend import sizes as S
from irad.frontend.arrays import astype, cast_operand, copy, elementwise, empty, load, operand, store, where
from irad.frontend.creation import asarray
from irad.frontend.dtypes import BOOL, INT64
from irad.frontend.emit import convert
from irad.frontend.indexing import Position, Range, subview
from irad.frontend.reductions import into, nest
from irad.frontend.sizes import Size
from irad.frontend.values import Array, Scalar, as_traced, emitter, method, refuse, wrong
from irad.frontend.views import as_number, axis_of, ravel
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, irad

Function = Callable[..., Any]


def part_of(b: Builder, x: Array, at: dict[int, Value]) -> Array:
    """The view at a position in some of the axes."""
    return subview(b, x, [Position(at[i]) if i in at else Range(0, n, 1, True) for i, n in enumerate(S.dims(b, x.value))])


def _wrapped(indices: Any, size: Any, mode: str) -> Any:
    """Positions as `mode` wants them: clipped, wrapped, or as they are, to be checked."""
    if mode not in ("raise", "clip", "wrap"):
        raise wrong(ValueError, f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    if mode == "raise":
        return indices
    if mode == "wrap":
        return elementwise(np.remainder, (indices, size))
    last = elementwise(np.subtract, (size, 1)) if isinstance(size, Scalar) else size - 1
    return elementwise(np.minimum, (elementwise(np.maximum, (indices, 0)), last))


def _integers(indices: Any) -> Any:
    """An index argument as an array or scalar of integers."""
    x = operand(indices)
    if isinstance(x, Array | Scalar) and x.dtype.kind == "b":
        return cast_operand(x, INT64)
    if isinstance(x, Array | Scalar) and x.dtype.kind not in "iu":
        raise wrong(TypeError, f"Cannot cast array data from {x.dtype!r} to dtype('int64') according to the rule 'safe'")
    return x


@method("take")
def np_take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """np.take."""
    x = asarray(a)
    if axis is None:
        x, axis = ravel(x), 0
    along = axis_of(axis, x.ndim)
    size = as_number(S.static(S.dim(emitter(), x.value, along)))
    found = x[(*(slice(None),) * along, _wrapped(_integers(indices), size, mode))]
    plain = isinstance(found, Array) and not isinstance(operand(indices), Array)
    return _into(out, copy(found) if plain else found)


def _into(out: Any, result: Any) -> Any:
    """The result, written into `out` if there is one, which NumPy wants to be of a dtype that fits into the result's."""
    target = as_traced(out)
    if target is not None and not np.can_cast(target.dtype, result.dtype):
        raise wrong(TypeError, f"Cannot cast array data from {target.dtype!r} to {result.dtype!r} according to the rule 'safe'")
    return into(target, result)


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Array:
    """np.take_along_axis."""
    x, positions, along = _aligned(arr, indices, axis)
    b = emitter()
    sizes = S.dims(b, positions.value)
    result = empty(b, sizes, x.dtype)
    n = S.dim(b, x.value, along)
    whole = Array(broadcast.spread(b, x.value, [n if i == along else m for i, m in enumerate(sizes)]), x.dtype)

    def body(inner: Builder, at: list[Value]) -> None:
        source = [_position(inner, positions, at, n, along) if i == along else p for i, p in enumerate(at)]
        inner.store(inner.load(whole.value, *source), result.value, *at)

    nest(b, sizes, body)
    return result


def _aligned(arr: Any, indices: Any, axis: Any) -> tuple[Array, Array, int]:
    """The array, the positions broadcast with its other axes, and the axis."""
    x, positions = asarray(arr), asarray(indices)
    if positions.dtype.kind not in "iu":
        raise wrong(IndexError, "`indices` must be an integer array")
    if axis is None:
        if positions.ndim != 1:
            raise wrong(ValueError, "when axis=None, `indices` must have a single dimension.")
        x, axis = ravel(x), 0
    along = axis_of(axis, x.ndim)
    if positions.ndim != x.ndim:
        raise wrong(ValueError, "`indices` and `arr` must have the same number of dimensions")
    b = emitter()
    count = S.dim(b, positions.value, along)
    shape = _common(b, S.dims(b, positions.value), S.dims(b, x.value), along)
    shape[along] = count
    return x, Array(broadcast.spread(b, positions.value, shape), positions.dtype), along


def _common(b: Builder, first: list[Size], second: list[Size], along: int) -> list[Size]:
    """The sizes to which two shapes broadcast outside of an axis, else the IndexError of index arrays that do not fit."""
    return broadcast.common_shape(b, [[1 if i == along else n for i, n in enumerate(shape)] for shape in (first, second)], *gather.MISFIT)


def _position(b: Builder, positions: Array, at: list[Value], size: Size, axis: int) -> Value:
    """A checked position, negative ones wrapped."""
    found = load(b, positions, *at)
    return b(irad.Index, convert(b, found.value, found.dtype, INT64), S.as_value(b, size), axis=axis)


def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any = -1) -> None:
    """np.put_along_axis: every position is checked before anything is written."""
    x, positions, along = _aligned(arr, indices, axis)
    b = emitter()
    sizes = S.dims(b, positions.value)
    n = S.dim(b, x.value, along)
    checked = empty(b, sizes, INT64)
    nest(b, sizes, lambda inner, at: inner.store(_position(inner, positions, at, n, along), checked.value, *at))  # type: ignore[arg-type]
    source = operand(values)
    if isinstance(source, Array):
        source = copy(source) if S.may_overlap(source.value, x.value) else source
        broadcast.fit(b, S.dims(b, source.value), sizes, "shape mismatch: value array of shape {} could not be broadcast to shape {}")
        source = Array(broadcast.spread(b, source.value, sizes), source.dtype)

    def body(inner: Builder, at: list[Value]) -> None:
        place = [inner.load(checked.value, *at) if i == along else p for i, p in enumerate(at)]
        store(inner, x, load(inner, source, *at) if isinstance(source, Array) else source, *place)

    nest(b, sizes, body)


@method("put")
def np_put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """np.put: into the elements in row-major order; values are repeated as often as it takes."""
    x = asarray(a)
    positions, values = ravel(asarray(_integers(ind))), ravel(asarray(v))
    b = emitter()
    shape = S.dims(b, x.value)
    count, available = S.dim(b, positions.value, 0), S.dim(b, values.value, 0)
    total = S.product(b, shape)
    positions = _wrapped(positions, as_number(S.static(total)), mode)
    values = copy(values) if S.may_overlap(values.value, x.value) else values
    checked = empty(b, [count], INT64)
    nest(b, [count], lambda inner, at: inner.store(_position(inner, positions, at, total, 0), checked.value, *at))  # type: ignore[arg-type]
    steps = S.row_major(b, shape)

    def body(inner: Builder, at: list[Value]) -> None:
        left = inner.load(checked.value, *at)
        place = []
        for step in steps:
            place.append(inner(arith.DivSI, left, S.as_value(inner, step)))
            left = inner(arith.RemSI, left, S.as_value(inner, step))
        store(inner, x, load(inner, values, inner(arith.RemSI, at[0], S.as_value(inner, available))), *place)

    # Without values nothing is written.
    some = b.if_(b(arith.CmpI, S.as_value(b, available), b.index(0), predicate="sgt"))
    then = b.at(some.then)
    nest(then, [count], body)
    then.yield_()
    b.at(some.orelse).yield_()


def _truth(condition: Any) -> Array:
    x = asarray(condition)
    return x if x.dtype == BOOL else astype(x, BOOL)


def np_compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """np.compress."""
    mask = _truth(condition)
    if mask.ndim != 1:
        raise wrong(ValueError, "condition must be a 1-d array")
    return np_take(a, gather.nonzero(emitter(), mask)[0], axis, out)


@method("compress")
def compress_method(a: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """x.compress(condition)."""
    return np_compress(condition, a, axis, out)


def np_extract(condition: Any, arr: Any) -> Any:
    """np.extract."""
    return np_compress(ravel(_truth(condition)), arr)


@method("choose")
def np_choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """np.choose from a list of arrays."""
    if isinstance(choices, Array) and not isinstance(choices.shape[0], int):
        raise refuse("np.choose from an array of which the size is not constant is not supported.", "Use np.take_along_axis.")
    options = list(choices)
    if not options:
        raise wrong(ValueError, "0-length sequence.")
    which = _wrapped(_integers(a), len(options), mode)
    if mode == "raise":
        _check_choice(which, len(options))
    result = options[-1]
    for k in reversed(range(len(options) - 1)):
        result = where(elementwise(np.equal, (which, k)), options[k], result)
    if len(options) == 1:
        result = where(elementwise(np.equal, (which, 0)), result, result)
    return into(out, result)


def _check_choice(which: Any, count: int) -> None:
    b = emitter()
    x = asarray(which)

    def body(inner: Builder, at: list[Value]) -> None:
        found = load(inner, x, *at)
        inside = inner(arith.CmpI, convert(inner, found.value, found.dtype, INT64), inner.index(count), predicate="ult")
        inner.check(inside, "ValueError", "invalid entry in choice array")

    nest(b, S.dims(b, x.value), body)


# ---------------------------------------------------------------- positions of what is true


@method("nonzero")
def np_nonzero(a: Any) -> Any:
    """np.nonzero: a tuple of index arrays."""
    mask = _truth(a)
    if mask.ndim == 0:
        text = "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead."
        raise wrong(ValueError, text)
    return tuple(gather.nonzero(emitter(), mask))


def np_flatnonzero(a: Any) -> Any:
    """np.flatnonzero."""
    return np_nonzero(ravel(asarray(a)))[0]


def np_argwhere(a: Any) -> Array:
    """np.argwhere: one row for each element that is true."""
    mask = _truth(a)
    if mask.ndim == 0:
        raise refuse("np.argwhere of a number is not supported.", "Test it with `if`.")
    b = emitter()
    found = gather.nonzero(b, mask)
    count = S.dim(b, found[0].value, 0)
    result = empty(b, [count, len(found)], INT64)

    def body(inner: Builder, at: list[Value]) -> None:
        for i, positions in enumerate(found):
            inner.store(inner.load(positions.value, *at), result.value, *at, inner.index(i))

    nest(b, [count], body)
    return result


def np_where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """np.where of three arguments, or of one."""
    if x is None and y is None:
        return np_nonzero(condition)
    if x is None or y is None:
        raise wrong(ValueError, "either both or neither of x and y should be given")
    return where(condition, x, y)


SELECTING: dict[Any, Function] = {
    np.take: np_take,
    np.take_along_axis: take_along_axis,
    np.put: np_put,
    np.put_along_axis: put_along_axis,
    np.compress: np_compress,
    np.extract: np_extract,
    np.choose: np_choose,
    np.nonzero: np_nonzero,
    np.flatnonzero: np_flatnonzero,
    np.argwhere: np_argwhere,
    np.where: np_where,
}
