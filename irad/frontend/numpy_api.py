"""NumPy's functions on traced values, and FUNCTIONS: by which function object a call of NumPy, math or a builtin is found."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np

from irad.frontend import creation, gather, reductions, views
from irad.frontend.arrays import astype, cast_operand, copy, elementwise, operand, where
from irad.frontend.builtins_api import BUILTINS, np_round
from irad.frontend.complex_api import COMPLEX_FUNCTIONS
from irad.frontend.dtypes import BOOL, COMPLEX128, FLOAT64, is_complex
from irad.frontend.emit import EMIT, convert
from irad.frontend.math_api import MATH
from irad.frontend.scalars import cast, divmod_, kind_of, numpy_dtype, to_bool, to_float, to_int, whole
from irad.frontend.values import OPERATIONS, Array, Scalar, Traced, as_traced, emitter, method, operation, refuse, wrong

Function = Callable[..., Any]


# ---------------------------------------------------------------- ufuncs


def call_ufunc(ufunc: np.ufunc, *args: Any, out: Any = None, dtype: Any = None, where: Any = True, casting: str = "same_kind") -> Any:
    """A ufunc of one result."""
    if where is not True:
        raise refuse(f"np.{ufunc.__name__} with where= is not supported.", "Use np.where on the result.")
    if len(args) == ufunc.nin + 1:
        *args, out = args  # type: ignore[assignment]
    if len(args) != ufunc.nin:
        counts = f"from {ufunc.nin} to {ufunc.nin + 1} positional arguments but {len(args)} were given"
        raise wrong(TypeError, f"{ufunc.__name__}() takes {counts}")
    if isinstance(out, tuple):
        (out,) = out
    target = as_traced(out)
    wanted = None if dtype is None else numpy_dtype(dtype)
    if ufunc is np.float_power:
        return _float_power(*args, out=target)
    return elementwise(ufunc, args, target, wanted)


def _float_power(x: Any, y: Any, out: Array | None) -> Any:
    x, y = operand(x), operand(y)
    if whole(y) is None:
        return elementwise(np.float_power, (x, y), out)
    wide = COMPLEX128 if is_complex(kind_of(x).dtype) else FLOAT64  # type: ignore[union-attr]
    return OPERATIONS["elementwise_power"](cast_operand(x, wide), y, out)


@operation("array_ufunc")
def array_ufunc(ufunc: np.ufunc, how: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What NumPy's own dispatch of a ufunc with a traced operand does."""
    if how == "__call__" and ufunc in FUNCTIONS:
        return FUNCTIONS[ufunc](*inputs, **kwargs)
    if how == "reduce" and ufunc in _REDUCERS:
        return _REDUCERS[ufunc](*inputs, **{"axis": 0, **kwargs})
    raise unsupported(ufunc if how == "__call__" else getattr(ufunc, how))


@operation("array_function")
def array_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What NumPy's own dispatch of a function with a traced argument does."""
    if function not in FUNCTIONS:
        raise unsupported(function)
    return FUNCTIONS[function](*args, **kwargs)


def unsupported(function: Any) -> Exception:
    """The refusal of a function that irad does not know, naming the nearest that it does."""
    name = name_of(function)
    short = name.rpartition(".")[2]
    # Functions of its own module come last, so that they win.
    names = sorted(map(name_of, FUNCTIONS), key=lambda n: n.split(".")[0] == name.split(".")[0])
    known = {n.rpartition(".")[2]: n for n in names}
    near = get_close_matches(short, known, 1)
    remedy = f"The nearest that is: {known[near[0]]}." if near else "Write it as a loop."
    return refuse(f"{name} is not supported on traced values.", remedy)


def name_of(function: Any) -> str:
    """A function's name with its module, as users write it."""
    name = getattr(function, "__name__", None) or repr(function)
    module = "numpy" if isinstance(function, np.ufunc) else getattr(function, "__module__", None)
    if not module or module == "builtins":
        return name
    return f"{'np' if module.split('.')[0] == 'numpy' else module}.{name}"


_REDUCERS: dict[np.ufunc, Function] = {
    np.add: reductions.np_sum,
    np.multiply: reductions.np_prod,
    np.maximum: reductions.np_max,
    np.minimum: reductions.np_min,
    np.logical_and: reductions.np_all,
    np.logical_or: reductions.np_any,
}


# ---------------------------------------------------------------- conversions


def np_cast(dtype: np.dtype, x: Any = 0) -> Any:
    """np.float32(x) and its like: a strong scalar, or an array of the dtype."""
    x = operand(x)
    return astype(x, dtype) if isinstance(x, Array) else cast(x, dtype)


@method("astype")
def astype_method(x: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True) -> Any:
    """x.astype(dtype)."""
    wanted = numpy_dtype(dtype)
    if isinstance(x, Scalar):
        return Scalar(convert(emitter(), x.value, x.dtype, wanted), wanted, False)
    return x if x.dtype == wanted and not copy else astype(x, wanted)


@method("item")
def item(x: Any, *index: Any) -> Any:
    """x.item(): a Python number."""
    at = index[0] if len(index) == 1 else index
    value = x[at] if index else x
    return _python_number(OPERATIONS["item"](value) if isinstance(value, Array) else value)


def _python_number(x: Scalar) -> Scalar:
    if x.dtype == BOOL:
        return to_bool(x)
    if is_complex(x.dtype):
        return cast(x, COMPLEX128, weak=True)
    return to_float(x) if x.dtype.kind == "f" else to_int(x)


@method("copy")
def np_copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """np.copy: in row-major order."""
    return a if isinstance(a, Scalar) else copy(views.as_array(a))


@method("fill")
def fill(x: Any, value: Any) -> None:
    """x.fill(value)."""
    creation.fill(x, value)


@method("tolist")
def tolist(x: Any) -> Any:
    """x.tolist(), where the sizes are static."""
    if isinstance(x, Scalar):
        return _python_number(x)
    return [tolist(v) for v in x] if x.ndim else _python_number(x[()])


@method("clip")
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **kwargs: Any) -> Any:
    """np.clip."""
    low, high = kwargs.pop("min", a_min), kwargs.pop("max", a_max)
    if kwargs:
        raise refuse(f"np.clip with {next(iter(kwargs))}= is not supported.", "Clip first, and then convert.")
    result = a
    if low is not None:
        result = elementwise(np.maximum, (result, low), as_traced(out))
    if high is not None:
        result = elementwise(np.minimum, (result, high), as_traced(out))
    return result


def np_where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """np.where of three arguments."""
    if x is None or y is None:
        raise refuse("np.where of a condition alone is not supported.", "Use np.nonzero, or index with the mask itself.")
    return where(condition, x, y)


@method("nonzero")
def np_nonzero(a: Any) -> Any:
    """np.nonzero: a tuple of index arrays."""
    mask = cast_operand(views.as_array(a), BOOL)
    return tuple(gather.nonzero(emitter(), mask))


def np_divmod(x: Any, y: Any) -> Any:
    """np.divmod."""
    x, y = operand(x), operand(y)
    return (call_ufunc(np.floor_divide, x, y), call_ufunc(np.remainder, x, y)) if _any_array(x, y) else divmod_(strong(x), y)


def _any_array(*operands: Any) -> bool:
    return any(isinstance(x, Array) for x in operands)


def strong(x: Any) -> Any:
    """A scalar as NumPy's functions take it: of its own dtype."""
    return cast(x, kind_of(x).dtype) if isinstance(x, Scalar | int | float | complex) else x  # type: ignore[union-attr]


def np_modf(x: Any) -> Any:
    """np.modf: fractional and integral part."""
    whole_part = call_ufunc(np.trunc, x)
    rest = np_where(call_ufunc(np.isinf, x), 0.0, call_ufunc(np.subtract, x, whole_part))
    return call_ufunc(np.copysign, rest, x), whole_part


# ---------------------------------------------------------------- shapes


def np_shape(a: Any) -> Any:
    """np.shape."""
    return views.as_array(a).shape if not isinstance(a, Scalar) else ()


def np_ndim(a: Any) -> int:
    """np.ndim."""
    return views.as_array(a).ndim if not isinstance(a, Scalar) else 0


def np_size(a: Any, axis: Any = None) -> Any:
    """np.size."""
    if isinstance(a, Scalar):
        return 1
    x = views.as_array(a)
    return x.size if axis is None else views.shape(x)[axis]


def np_reshape(a: Any, shape: Any, order: str = "C") -> Any:
    """np.reshape."""
    return views.reshape(views.as_array(a), shape, order)


def np_transpose(a: Any, axes: Any = None) -> Any:
    """np.transpose."""
    return views.transpose(views.as_array(a), axes)


def np_squeeze(a: Any, axis: Any = None) -> Any:
    """np.squeeze."""
    return views.squeeze(views.as_array(a), axis)


def np_swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """np.swapaxes."""
    return views.swapaxes(views.as_array(a), axis1, axis2)


def np_expand_dims(a: Any, axis: Any) -> Any:
    """np.expand_dims."""
    x = views.as_array(a)
    axes = axis if isinstance(axis, tuple) else (axis,)
    rank = x.ndim + len(axes)
    new = {views.axis_of(i, rank) for i in axes}
    return x[tuple(None if i in new else slice(None) for i in range(rank))]


def np_matmul(x1: Any, x2: Any, out: Any = None) -> Any:
    """np.matmul."""
    return reductions.into(out, reductions.matmul(x1, x2))


def np_vdot(a: Any, b: Any) -> Any:
    """np.vdot: the first array is conjugated."""
    x = views.ravel(views.as_array(a))
    return reductions.dot(call_ufunc(np.conjugate, x) if is_complex(x.dtype) else x, views.ravel(views.as_array(b)))


def np_isscalar(element: Any) -> bool:
    """np.isscalar."""
    return isinstance(element, Scalar) or (not isinstance(element, Traced) and np.isscalar(element))


def np_ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """np.ascontiguousarray: a copy of what is not row-major."""
    x = creation.asarray(a, dtype)
    return copy(x) if x.type.strided else x


# Functions of the table that run in a trace even without traced arguments, so that the memory that they make is run-time memory.
CREATORS: dict[Any, Function] = {
    np.zeros: creation.np_zeros,
    np.ones: creation.np_ones,
    np.empty: creation.np_empty,
    np.full: creation.np_full,
    np.arange: creation.np_arange,
    np.array: creation.array,
    np.zeros_like: creation.np_zeros_like,
    np.ones_like: creation.np_ones_like,
    np.empty_like: creation.np_empty_like,
    np.full_like: creation.np_full_like,
}

_NUMPY: dict[Any, Function] = {
    np.asarray: creation.asarray,
    np.ascontiguousarray: np_ascontiguousarray,
    np.copy: np_copy,
    np.reshape: np_reshape,
    np.ravel: views.ravel,
    np.transpose: np_transpose,
    np.squeeze: np_squeeze,
    np.swapaxes: np_swapaxes,
    np.expand_dims: np_expand_dims,
    np.sum: reductions.np_sum,
    np.prod: reductions.np_prod,
    np.max: reductions.np_max,
    np.min: reductions.np_min,
    np.amax: reductions.np_max,
    np.amin: reductions.np_min,
    np.mean: reductions.np_mean,
    np.any: reductions.np_any,
    np.all: reductions.np_all,
    np.dot: reductions.dot,
    np.vdot: np_vdot,
    np.matmul: np_matmul,
    np.divmod: np_divmod,
    np.modf: np_modf,
    np.where: np_where,
    np.nonzero: np_nonzero,
    np.clip: clip,
    np.round: np_round,
    np.around: np_round,
    np.shape: np_shape,
    np.ndim: np_ndim,
    np.size: np_size,
    np.isscalar: np_isscalar,
}

_CASTS: dict[Any, Function] = {
    t: partial(np_cast, np.dtype(t))
    for t in (
        *(np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
        *(np.float32, np.float64, np.complex64, np.complex128),
    )
}

# Function object -> its implementation, which takes the same arguments, some of them traced.
FUNCTIONS: dict[Any, Function] = {
    **{ufunc: partial(call_ufunc, ufunc) for ufunc in EMIT},
    **CREATORS,
    **_NUMPY,
    **_CASTS,
    **MATH,
    **COMPLEX_FUNCTIONS,
    **BUILTINS,
}
