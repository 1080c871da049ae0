"""Calls of NumPy's ufuncs on traced values, with their `out=`, `where=`, `dtype=` and `casting=`; those with two results too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from irad.frontend.arrays import assign, cast_operand, check_casting, elementwise, operand, where
from irad.frontend.arrays import copy as copy_of
from irad.frontend.dtypes import FLOAT64
from irad.frontend.emit import EMIT
from irad.frontend.scalars import cast as cast_scalar
from irad.frontend.scalars import divmod_, kind_of, numpy_dtype, signature, whole
from irad.frontend.values import Array, Scalar, as_traced, refuse, wrong

Function = Callable[..., Any]


def call_ufunc(
    ufunc: np.ufunc, *args: Any, out: Any = None, where: Any = True, casting: str = "same_kind", dtype: Any = None, **layout: Any
) -> Any:
    """A ufunc of one result."""
    check_layout(ufunc, layout)
    inputs, targets = split_outputs(ufunc, args, out)
    return _compute(ufunc, inputs, targets[0], where, casting, dtype)


def _compute(ufunc: np.ufunc, inputs: tuple[Any, ...], out: Any, where: Any, casting: str, dtype: Any) -> Any:
    wanted = None if dtype is None else numpy_dtype(dtype)
    mask = None if where is True else where
    if ufunc is np.float_power and wanted is None and whole(operand(inputs[1])) is not None:
        base = operand(inputs[0])
        inputs = (cast_operand(base, np.result_type(kind_of(base).dtype, FLOAT64)), inputs[1])  # type: ignore[union-attr]
        ufunc = np.power
    return elementwise(ufunc, inputs, out, wanted, casting, mask)


def check_layout(ufunc: np.ufunc, layout: dict[str, Any]) -> None:
    """Keywords that choose the memory layout of the result, which here is always row-major; others are refused."""
    for name, value in layout.items():
        if name == "order" and value in ("K", "C", "A"):
            continue
        if name != "subok":
            raise refuse(f"np.{ufunc.__name__} with {name}={value!r} is not supported.", "Convert with .astype before and after.")


def split_outputs(ufunc: np.ufunc, args: tuple[Any, ...], out: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The inputs, and for each result the array that it is to be written into, or None."""
    name, nin, nout = ufunc.__name__, ufunc.nin, ufunc.nout
    if not nin <= len(args) <= nin + nout:
        counts = f"from {nin} to {nin + nout} positional arguments but {len(args)} were given"
        raise wrong(TypeError, f"{name}() takes {counts}")
    targets = args[nin:]
    if out is not None and targets:
        raise wrong(TypeError, "cannot specify 'out' as both a positional and keyword argument")
    if out is not None:
        targets = out if isinstance(out, tuple) else (out,)
        if not isinstance(out, tuple) and nout > 1:
            raise wrong(TypeError, "'out' must be a tuple of arrays")
        if len(targets) != nout:
            raise wrong(ValueError, "The 'out' tuple must have exactly one entry per ufunc output")
    arrays = tuple(as_traced(t) for t in (*targets, *(None,) * (nout - len(targets))))
    if any(t is not None and not isinstance(t, Array) for t in arrays):
        raise wrong(TypeError, "return arrays must be of ArrayType")
    return args[:nin], arrays


# ---------------------------------------------------------------- two results


def call_pair(parts: tuple[Function, Function], ufunc: np.ufunc, *args: Any, **options: Any) -> tuple[Any, Any]:
    """A ufunc of two results: both are computed before any is written, since `out` may overlap with the inputs."""
    inputs, targets = split_outputs(ufunc, args, options.pop("out", None))
    keep = options.get("where", True) is not True
    computed = [
        part(*inputs, **options, **({"out": copy_of(out)} if keep and out is not None else {}))
        for part, out in zip(parts, targets, strict=True)
    ]
    casting = options.get("casting", "same_kind")
    first, second = (
        result if out is None else _written(ufunc.__name__, out, result, casting) for out, result in zip(targets, computed, strict=True)
    )
    return first, second


def _written(name: str, out: Array, result: Any, casting: str) -> Array:
    check_casting(name, result.dtype, out, casting)
    assign(out, result)
    return out


def np_divmod(*args: Any, **options: Any) -> Any:
    """np.divmod."""
    if len(args) == 2 and not options and not any(isinstance(operand(x), Array) for x in args):
        return divmod_(strong(operand(args[0])), operand(args[1]))
    return call_pair((partial(call_ufunc, np.floor_divide), partial(call_ufunc, np.remainder)), np.divmod, *args, **options)


def strong(x: Any) -> Any:
    """A scalar as NumPy's functions take it: of its own dtype."""
    return cast_scalar(x, kind_of(x).dtype) if isinstance(x, Scalar | int | float | complex) else x  # type: ignore[union-attr]


def np_modf(*args: Any, **options: Any) -> Any:
    """np.modf: fractional and integral part."""
    return call_pair((_fraction, _integral), np.modf, *args, **options)


def _as_float(ufunc: np.ufunc, x: Any) -> Any:
    """The operand in the float dtype in which a ufunc computes."""
    x = operand(x)
    return cast_operand(x, signature(ufunc, (x,), False).inputs[0])


def _integral(x: Any, **options: Any) -> Any:
    return call_ufunc(np.trunc, _as_float(np.modf, x), **options)


def _fraction(x: Any, **options: Any) -> Any:
    x = _as_float(np.modf, x)
    rest = where(call_ufunc(np.isinf, x), 0.0, call_ufunc(np.subtract, x, call_ufunc(np.trunc, x)))
    return call_ufunc(np.copysign, rest, x, **options)


def np_frexp(*args: Any, **options: Any) -> Any:
    """np.frexp: mantissas in [0.5, 1) and exponents of 2."""
    return call_pair((_mantissa, _exponent), np.frexp, *args, **options)


def _exponent(x: Any, **options: Any) -> Any:
    """From log2, put right by one where log2 was rounded."""
    size = call_ufunc(np.absolute, _as_float(np.frexp, x))
    plain = call_ufunc(np.logical_and, call_ufunc(np.isfinite, size), call_ufunc(np.greater, size, 0.0))
    size = where(plain, size, 1.0)
    guess = cast_operand(call_ufunc(np.floor, call_ufunc(np.log2, size)), np.dtype(np.int32))
    guess = call_ufunc(np.add, guess, np.int32(1))
    mantissa = call_ufunc(np.ldexp, size, call_ufunc(np.negative, guess))
    low, high = call_ufunc(np.less, mantissa, 0.5), call_ufunc(np.greater_equal, mantissa, 1.0)
    shift = where(high, np.int32(1), where(low, np.int32(-1), np.int32(0)))
    return call_ufunc(np.positive, where(plain, call_ufunc(np.add, guess, shift), np.int32(0)), **options)


def _mantissa(x: Any, **options: Any) -> Any:
    x = _as_float(np.frexp, x)
    return call_ufunc(np.ldexp, x, call_ufunc(np.negative, _exponent(x)), **options)


# Every ufunc that irad has, and its implementation.
UFUNCS: dict[np.ufunc, Function] = {
    **{ufunc: partial(call_ufunc, ufunc) for ufunc in EMIT},
    np.divmod: np_divmod,
    np.modf: np_modf,
    np.frexp: np_frexp,
}
