"""Complex numbers as the user's code sees them: their parts, NumPy's functions for these, Python's complex() and cmath."""

from __future__ import annotations

import builtins
import cmath as python_cmath
from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import assign as assign_array
from irad.frontend.arrays import elementwise, empty, operand
from irad.frontend.complex_math import angle, log
from irad.frontend.complex_parts import Complex, Real, either
from irad.frontend.creation import asarray, fill
from irad.frontend.dtypes import COMPLEX128, is_complex, part_dtype, scalar_type
from irad.frontend.emit import EMIT, constant
from irad.frontend.math_api import as_bool, as_float, real
from irad.frontend.scalars import cast, kind_of, single, unary
from irad.frontend.values import Array, Scalar, Traced, as_traced, attribute, emitter, method, operation, wrong
from irad.ir.core import Op
from irad.ir.ops import arith, math
from irad.ir.ops import complex as complexops

Function = Callable[..., Any]

_PARTS: dict[str, type[Op]] = {"real": complexops.Re, "imag": complexops.Im}


# ---------------------------------------------------------------- parts


def _part(x: Any, name: str) -> Any:
    """A part of a scalar, or of an array: a view of the same memory; of real numbers the number itself, or zeros."""
    x = as_traced(x)
    if not isinstance(x, Traced):
        return getattr(x, name)
    if is_complex(x.dtype):
        return _part_view(x, name) if isinstance(x, Array) else Scalar(emitter()(_PARTS[name], x.value), part_dtype(x.dtype), x.weak)
    if name == "real":
        return x
    if isinstance(x, Scalar):
        return Scalar(constant(emitter(), 0, x.dtype), x.dtype, x.weak)
    b = emitter()
    zeros = empty(b, S.dims(b, x.value), x.dtype)
    fill(zeros, 0)
    return zeros


def _part_view(z: Array, name: str) -> Array:
    """One element of a complex array is two of its parts, one behind the other."""
    b = emitter()
    part = part_dtype(z.dtype)
    strides = [S.mul(b, s, 2) for s in S.strides(b, z.value)]
    offset = 0 if name == "real" else 1
    return Array(broadcast.view(b, z.value, offset, S.dims(b, z.value), strides, element=scalar_type(part)), part)


@attribute("real")
def np_real(val: Any) -> Any:
    """np.real."""
    return _part(_array_of(val), "real")


@attribute("imag")
def np_imag(val: Any) -> Any:
    """np.imag."""
    return _part(_array_of(val), "imag")


def _array_of(x: Any) -> Any:
    return asarray(x) if isinstance(x, list | tuple) else x


@operation("set_part")
def set_part(z: Any, name: str, x: Any) -> None:
    """z.real = x and z.imag = x."""
    z = as_traced(z)
    if name == "imag" and not is_complex(z.dtype):
        raise wrong(TypeError, "array does not have imaginary part to set")
    assign_array(_part(z, name), x)


@method("conjugate", "conj")
def conjugate(x: Any) -> Any:
    """x.conj(): of real numbers the same."""
    return unary(np.conjugate, x) if is_complex(x.dtype) else x


def np_angle(z: Any, deg: bool = False) -> Any:
    """np.angle."""
    z = operand(z)
    result = elementwise(np.arctan2, (np_imag(z), np_real(z)))
    return elementwise(np.degrees, (result,)) if deg else result


def _holds_complex(x: Any) -> bool:
    x = _array_of(x)
    kind = kind_of(as_traced(x))
    return kind is not None and is_complex(kind.dtype)


def np_iscomplex(x: Any) -> Any:
    """np.iscomplex: where the imaginary part is not zero."""
    return elementwise(np.not_equal, (np_imag(operand(x)), 0))


def np_isreal(x: Any) -> Any:
    """np.isreal: where the imaginary part is zero."""
    return elementwise(np.equal, (np_imag(operand(x)), 0))


# ---------------------------------------------------------------- Python's numbers


def number(x: Any) -> Complex:
    """The parts of an argument that counts as a complex number."""
    return Complex.of(emitter(), cast(single(x, "complex"), COMPLEX128, weak=True).value)


def as_complex(z: Complex) -> Scalar:
    """A Python complex number."""
    return Scalar(z.value, COMPLEX128, True)


def py_complex(real: Any = 0, imag: Any = 0) -> Scalar:
    """complex(): of two numbers the first plus i times the second, both of which may be complex."""
    if isinstance(imag, int) and imag == 0:
        return as_complex(number(real))
    if not (_holds_complex(real) or _holds_complex(imag)):
        return as_complex(Complex(_real(real), _real(imag)))
    return as_complex(number(real) + number(imag).turned())


def _real(x: Any) -> Real:
    value = real(x)
    return Real(emitter(), value)


# ---------------------------------------------------------------- cmath


def _like_numpy(ufunc: np.ufunc) -> Function:
    def function(z: Any, /) -> Scalar:
        return Scalar(EMIT[ufunc](emitter(), COMPLEX128, number(z).value), COMPLEX128, True)

    return function


def _test(ufunc: np.ufunc) -> Function:
    def function(z: Any, /) -> Scalar:
        return as_bool(EMIT[ufunc](emitter(), COMPLEX128, number(z).value))

    return function


def cmath_log(z: Any, base: Any = None, /) -> Scalar:
    """cmath.log, to a base."""
    result = log(number(z))
    return as_complex(result if base is None else result / log(number(base)))


def phase(z: Any, /) -> Scalar:
    """cmath.phase."""
    return as_float(angle(number(z)).value)


def polar(z: Any, /) -> tuple[Scalar, Scalar]:
    """cmath.polar."""
    parts = number(z)
    return as_float(abs(parts).value), as_float(angle(parts).value)


def rect(r: Any, phi: Any, /) -> Scalar:
    """cmath.rect."""
    size, turn = _real(r), _real(phi)
    return as_complex(Complex(size * turn.call(math.Cos), size * turn.call(math.Sin)))


def isclose(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Scalar:
    """cmath.isclose."""
    z, w = number(a), number(b)
    build = emitter()
    gap, sizes = abs(z - w), [abs(z), abs(w)]
    bounds = [_real(abs_tol), *(_real(rel_tol) * size for size in sizes)]
    near = build.constant(False, build.true().type)
    for bound in bounds:
        near = either(near, gap.is_("ole", bound), build)
    for size in sizes:
        near = build(arith.AndI, near, build(math.IsFinite, size.value))
    return as_bool(either(near, EMIT[np.equal](build, COMPLEX128, z.value, w.value), build))


CMATH: dict[Any, Function] = {
    **{
        getattr(python_cmath, name): _like_numpy(ufunc)
        for name, ufunc in {
            "exp": np.exp,
            "log10": np.log10,
            "sqrt": np.sqrt,
            "sin": np.sin,
            "cos": np.cos,
            "tan": np.tan,
            "asin": np.arcsin,
            "acos": np.arccos,
            "atan": np.arctan,
            "sinh": np.sinh,
            "cosh": np.cosh,
            "tanh": np.tanh,
            "asinh": np.arcsinh,
            "acosh": np.arccosh,
            "atanh": np.arctanh,
        }.items()
    },
    python_cmath.isnan: _test(np.isnan),
    python_cmath.isinf: _test(np.isinf),
    python_cmath.isfinite: _test(np.isfinite),
    python_cmath.log: cmath_log,
    python_cmath.phase: phase,
    python_cmath.polar: polar,
    python_cmath.rect: rect,
    python_cmath.isclose: isclose,
    builtins.complex: py_complex,
}

COMPLEX_FUNCTIONS: dict[Any, Function] = {
    **CMATH,
    np.real: np_real,
    np.imag: np_imag,
    np.angle: np_angle,
    np.iscomplexobj: _holds_complex,
    np.isrealobj: lambda x: not _holds_complex(x),
    np.iscomplex: np_iscomplex,
    np.isreal: np_isreal,
}
