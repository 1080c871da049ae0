"""NumPy's functions on traced values, and FUNCTIONS: by which function object a call of NumPy, math or a builtin is found."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np

from irad.frontend import creation, views
from irad.frontend.arrays import astype, copy, operand
from irad.frontend.binning import BINNING
from irad.frontend.builtins_api import BUILTINS, np_round
from irad.frontend.complex_api import COMPLEX_FUNCTIONS
from irad.frontend.diagonals import DIAGONALS
from irad.frontend.differences import DIFFERENCES
from irad.frontend.dtypes import BOOL, COMPLEX128, is_complex
from irad.frontend.einsum import EINSUM
from irad.frontend.elementary import ELEMENTARY
from irad.frontend.emit import convert
from irad.frontend.extremes import EXTREMES
from irad.frontend.grids import GRIDS
from irad.frontend.inserting import INSERTING
from irad.frontend.joining import JOINING
from irad.frontend.math_api import MATH
from irad.frontend.medians import MEDIANS
from irad.frontend.norms import NORMS
from irad.frontend.padding import PADDING
from irad.frontend.products import PRODUCTS
from irad.frontend.reductions import REDUCTIONS
from irad.frontend.repeating import REPEATING
from irad.frontend.scalars import cast, numpy_dtype, to_bool, to_float, to_int
from irad.frontend.scans import SCANS
from irad.frontend.selecting import SELECTING
from irad.frontend.shaping import SHAPING
from irad.frontend.sorting import SORTING
from irad.frontend.statistics import STATISTICS
from irad.frontend.ufunc_forms import FORMS
from irad.frontend.ufuncs import UFUNCS
from irad.frontend.values import OPERATIONS, Array, Scalar, Traced, emitter, method, operation, refuse

Function = Callable[..., Any]


# ---------------------------------------------------------------- dispatch


@operation("array_ufunc")
def array_ufunc(ufunc: np.ufunc, how: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What NumPy's own dispatch of a ufunc with a traced operand does."""
    if how == "__call__" and ufunc in FUNCTIONS:
        return FUNCTIONS[ufunc](*inputs, **kwargs)
    if how in FORMS and ufunc in UFUNCS:
        return FORMS[how](ufunc, *inputs, **kwargs)
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
    if function in _NEAREST:
        return refuse(f"{name} is not supported on traced values.", f"The nearest that is: {_NEAREST[function]}.")
    short = name.rpartition(".")[2]
    # Functions of its own module come last, so that they win.
    names = sorted(map(name_of, FUNCTIONS), key=lambda n: n.split(".")[0] == name.split(".")[0])
    known = {n.rpartition(".")[2]: n for n in names}
    near = get_close_matches(short, known, 1)
    remedy = f"The nearest that is: {known[near[0]]}." if near else "Write it as a loop."
    return refuse(f"{name} is not supported on traced values.", remedy)


# Functions whose nearest one has another name.
_NEAREST: dict[Any, str] = {
    np.block: "np.concatenate",
    np.fill_diagonal: "np.where with np.eye(n, dtype=bool)",
    np.geomspace: "np.exp of np.linspace",
    np.logspace: "np.exp of np.linspace",
    np.resize: "np.tile",
    np.unstack: "np.moveaxis",
}


def name_of(function: Any) -> str:
    """A function's name with its module, as users write it."""
    name = getattr(function, "__name__", None) or repr(function)
    module = "numpy" if isinstance(function, np.ufunc) else getattr(function, "__module__", None)
    if not module or module == "builtins":
        return name
    package, _, rest = module.partition(".")
    if package != "numpy":
        return f"{module}.{name}"
    part = rest.partition(".")[0]
    return f"np.{part}.{name}" if part in ("linalg", "fft", "random") else f"np.{name}"


# ---------------------------------------------------------------- conversions


def np_cast(dtype: np.dtype, x: Any = 0) -> Any:
    """np.float32(x) and its like: a strong scalar, or an array of the dtype, which is x itself if it has it."""
    x = operand(x)
    if isinstance(x, Array):
        return x if x.dtype == dtype else astype(x, dtype)
    return cast(x, dtype)


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
    rank = x.ndim + (len(axis) if isinstance(axis, tuple | list) else 1)
    new = views.axes_of(axis, rank)
    return x[tuple(None if i in new else slice(None) for i in range(rank))]


def np_isscalar(element: Any) -> bool:
    """np.isscalar."""
    return isinstance(element, Scalar) or (not isinstance(element, Traced) and np.isscalar(element))


def np_ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """np.ascontiguousarray: a copy of what is not row-major."""
    x = views.contiguous(creation.asarray(a, dtype))
    return x if x.ndim else x[None]


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
    **DIAGONALS,
    **GRIDS,
    **INSERTING,
    **JOINING,
    **PADDING,
    **REPEATING,
    **SHAPING,
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
    **UFUNCS,
    **CREATORS,
    **_NUMPY,
    **REDUCTIONS,
    **EXTREMES,
    **SCANS,
    **STATISTICS,
    **PRODUCTS,
    **EINSUM,
    **NORMS,
    **MEDIANS,
    **ELEMENTARY,
    **SELECTING,
    **SORTING,
    **DIFFERENCES,
    **BINNING,
    **_CASTS,
    **MATH,
    **COMPLEX_FUNCTIONS,
    **BUILTINS,
}
