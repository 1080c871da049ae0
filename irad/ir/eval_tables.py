"""What each scalar operation computes, on Python numbers: the interpreter's table, and the reference that folding uses.

Floats are Python floats (those of type f32 hold values that f32 can represent), integers are signed Python ints of the type's width,
i1 is a bool. Nothing raises on bad floats: results are IEEE's infinities and NaN.
"""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from irad.errors import InternalError
from irad.ir.core import Op
from irad.ir.ops import arith
from irad.ir.ops import complex as complexops
from irad.ir.ops import math as mathops
from irad.ir.special import divide, floor_divide, floor_modulo, fma, gamma, maximum, minimum, polygamma
from irad.ir.types import ComplexType, FloatType, IntType, Type, f32

Number = complex | int | bool
Evaluate = Callable[..., Any]


def width(type: Type) -> int:
    """Bits of an integer type; index has 64."""
    return type.width if isinstance(type, IntType) else 64


def wrap(value: int, type: Type) -> int | bool:
    """An integer brought into the range of its type."""
    w = width(type)
    if w == 1:
        return bool(value & 1)
    half = 1 << (w - 1)
    return ((value + half) & ((1 << w) - 1)) - half


def unsigned(value: int, type: Type) -> int:
    """The bits of an integer, read without a sign."""
    return value & ((1 << width(type)) - 1)


def signed(value: int, type: Type) -> int:
    """The value with its sign; true is -1."""
    return -int(value) if width(type) == 1 else value


def round_to(value: float, type: FloatType) -> float:
    """A float rounded to what its type can represent."""
    if type.width == 64 or value - value != 0.0:
        return value
    try:
        return struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


def normalize(value: Number, type: Type) -> Number:
    """A number as a value of a type: rounded or wrapped."""
    if isinstance(type, ComplexType):
        number = complex(value)
        return complex(round_to(number.real, type.element), round_to(number.imag, type.element))
    assert not isinstance(value, complex)
    if isinstance(type, FloatType):
        return round_to(float(value), type)
    return wrap(int(value), type)


# How the rows' functions become functions of (operation, values)


def _float(function: Callable[..., float]) -> Evaluate:
    def apply(op: Op, *args: float) -> float:
        type = op.results[0].type
        assert isinstance(type, FloatType)
        return round_to(function(*args), type)

    return apply


def _libm(function: Callable[..., float], fallback: Callable[..., Any]) -> Callable[..., float]:
    """Python's function, and NumPy's where Python raises: inf and NaN as IEEE has them."""

    def apply(*args: float) -> float:
        try:
            return function(*args)
        except (ValueError, OverflowError):
            return float(fallback(*args))

    return apply


def _signed(function: Callable[..., int]) -> Evaluate:
    def apply(op: Op, *args: int) -> int:
        type = op.results[0].type
        return wrap(function(*(signed(a, type) for a in args)), type)

    return apply


def _unsigned(function: Callable[..., int]) -> Evaluate:
    def apply(op: Op, *args: int) -> int:
        type = op.results[0].type
        return wrap(function(*(unsigned(a, type) for a in args)), type)

    return apply


def _nonzero(function: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def apply(x: int, y: int) -> int:
        if y == 0:
            raise InternalError(f"integer division of {x} by zero: the program must check the divisor before it divides")
        return function(x, y)

    return apply


def _quotient(x: int, y: int) -> int:
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


# A shift by the width or more is undefined upstream; here it shifts everything out.
def _shift_left(op: Op, x: int, n: int) -> int:
    type = op.results[0].type
    n = unsigned(n, type)
    return wrap(x << n, type) if n < width(type) else wrap(0, type)


def _shift_right(op: Op, x: int, n: int) -> int:
    type = op.results[0].type
    return wrap(signed(x, type) >> min(unsigned(n, type), width(type)), type)


def _shift_right_unsigned(op: Op, x: int, n: int) -> int:
    type = op.results[0].type
    return wrap(unsigned(x, type) >> min(unsigned(n, type), width(type)), type)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}

INTEGER_PREDICATES = ("eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge")
FLOAT_PREDICATES = ("oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt", "uge", "ult", "ule", "une", "uno")


def compare_integers(predicate: str, x: int, y: int, type: Type) -> bool:
    """`arith.cmpi`."""
    if predicate[0] == "u":
        return _COMPARE[predicate[1:]](unsigned(x, type), unsigned(y, type))
    return _COMPARE[predicate.removeprefix("s")](signed(x, type), signed(y, type))


def compare_floats(predicate: str, x: float, y: float) -> bool:
    """`arith.cmpf`: the predicates with o are false, those with u true, when a NaN is compared."""
    unordered = x != x or y != y
    if predicate in ("ord", "uno"):
        return unordered == (predicate == "uno")
    if unordered:
        return predicate[0] == "u"
    return _COMPARE[predicate[1:]](x, y)


def _to_integer(op: Op, x: float, low: int, high: int) -> int:
    """A float rounded towards zero; what does not fit is undefined upstream and gives the lowest integer here, as on x86."""
    type = op.results[0].type
    value = math.trunc(x) if math.isfinite(x) else high + 1
    return wrap(value if low <= value <= high else 1 << (width(type) - 1), type)


def _fptosi(op: Op, x: float) -> int:
    half = 1 << (width(op.results[0].type) - 1)
    return _to_integer(op, x, -half, half - 1)


def _fptoui(op: Op, x: float) -> int:
    return _to_integer(op, x, 0, (1 << width(op.results[0].type)) - 1)


def _from_signed(op: Op, x: int) -> Number:
    return normalize(signed(x, op.operands[0].type), op.results[0].type)


def _from_unsigned(op: Op, x: int) -> Number:
    return normalize(unsigned(x, op.operands[0].type), op.results[0].type)


def _power(x: float, n: int) -> float:
    return float(np.power(x, float(n)))


def _ldexp(x: float, n: int) -> float:
    try:
        return math.ldexp(x, n)
    except OverflowError:
        return math.copysign(math.inf, x)


def _nextafter(op: Op, x: float, y: float) -> float:
    if op.results[0].type == f32:
        return float(np.nextafter(np.float32(x), np.float32(y)))
    return math.nextafter(x, y)


def _select(_op: Op, condition: bool, x: Any, y: Any) -> Any:
    return x if condition else y


def _constant(op: Op) -> Number:
    return normalize(op.attrs["value"], op.results[0].type)


def _create(_op: Op, re: float, im: float) -> complex:
    return complex(re, im)


def _real_part(_op: Op, z: complex) -> float:
    return z.real


def _imaginary_part(_op: Op, z: complex) -> float:
    return z.imag


_UNARY: dict[type[Op], Callable[[float], float]] = {
    arith.NegF: lambda x: -x,
    arith.ExtF: lambda x: x,
    arith.TruncF: lambda x: x,
    mathops.Sin: _libm(math.sin, np.sin),
    mathops.Cos: _libm(math.cos, np.cos),
    mathops.Tan: _libm(math.tan, np.tan),
    mathops.Asin: _libm(math.asin, np.arcsin),
    mathops.Acos: _libm(math.acos, np.arccos),
    mathops.Atan: math.atan,
    mathops.Sinh: _libm(math.sinh, np.sinh),
    mathops.Cosh: _libm(math.cosh, np.cosh),
    mathops.Tanh: math.tanh,
    mathops.Asinh: math.asinh,
    mathops.Acosh: _libm(math.acosh, np.arccosh),
    mathops.Atanh: _libm(math.atanh, np.arctanh),
    mathops.Exp: _libm(math.exp, np.exp),
    mathops.Exp2: _libm(math.exp2, np.exp2),
    mathops.Expm1: _libm(math.expm1, np.expm1),
    mathops.Log: _libm(math.log, np.log),
    mathops.Log2: _libm(math.log2, np.log2),
    mathops.Log10: _libm(math.log10, np.log10),
    mathops.Log1p: _libm(math.log1p, np.log1p),
    mathops.Sqrt: _libm(math.sqrt, np.sqrt),
    mathops.Cbrt: math.cbrt,
    mathops.Erf: math.erf,
    mathops.Erfc: math.erfc,
    mathops.AbsF: math.fabs,
    mathops.Floor: lambda x: float(np.floor(x)),
    mathops.Ceil: lambda x: float(np.ceil(x)),
    mathops.Trunc: lambda x: float(np.trunc(x)),
    mathops.RoundEven: lambda x: float(np.rint(x)),
    mathops.Gamma: gamma,
    mathops.LGamma: _libm(math.lgamma, lambda *_: math.inf),
}

_BINARY: dict[type[Op], Callable[[float, float], float]] = {
    arith.AddF: lambda x, y: x + y,
    arith.SubF: lambda x, y: x - y,
    arith.MulF: lambda x, y: x * y,
    arith.DivF: divide,
    arith.RemF: _libm(math.fmod, np.fmod),
    arith.MaximumF: maximum,
    arith.MinimumF: minimum,
    mathops.Atan2: math.atan2,
    mathops.PowF: _libm(math.pow, np.power),
    mathops.CopySign: math.copysign,
    mathops.Hypot: math.hypot,
    mathops.Remainder: _libm(math.remainder, lambda *_: math.nan),
    mathops.FloorModF: floor_modulo,
    mathops.FloorDivF: floor_divide,
}

_SIGNED: dict[type[Op], Callable[[int, int], int]] = {
    arith.AddI: lambda x, y: x + y,
    arith.SubI: lambda x, y: x - y,
    arith.MulI: lambda x, y: x * y,
    arith.DivSI: _nonzero(_quotient),
    arith.RemSI: _nonzero(lambda x, y: x - y * _quotient(x, y)),
    arith.FloorDivSI: _nonzero(lambda x, y: x // y),
    mathops.FloorModSI: _nonzero(lambda x, y: x % y),
    arith.MaxSI: max,
    arith.MinSI: min,
    arith.AndI: lambda x, y: x & y,
    arith.OrI: lambda x, y: x | y,
    arith.XorI: lambda x, y: x ^ y,
}

_UNSIGNED: dict[type[Op], Callable[[int, int], int]] = {
    arith.DivUI: _nonzero(lambda x, y: x // y),
    arith.RemUI: _nonzero(lambda x, y: x % y),
    arith.MaxUI: max,
    arith.MinUI: min,
}

_TESTS: dict[type[Op], Callable[[Op, float], bool]] = {
    mathops.IsNaN: lambda _, x: math.isnan(x),
    mathops.IsInf: lambda _, x: math.isinf(x),
    mathops.IsFinite: lambda _, x: math.isfinite(x),
}

_COMPARISONS: dict[type[Op], Callable[[Op, Any, Any], bool]] = {
    arith.CmpI: lambda op, x, y: compare_integers(op.attrs["predicate"], x, y, op.operands[0].type),
    arith.CmpF: lambda op, x, y: compare_floats(op.attrs["predicate"], x, y),
}

EVAL: dict[type[Op], Evaluate] = {
    **{cls: _float(function) for cls, function in _UNARY.items()},
    **{cls: _float(function) for cls, function in _BINARY.items()},
    **{cls: _signed(function) for cls, function in _SIGNED.items()},
    **{cls: _unsigned(function) for cls, function in _UNSIGNED.items()},
    **_TESTS,
    **_COMPARISONS,
    complexops.Create: _create,
    complexops.Re: _real_part,
    complexops.Im: _imaginary_part,
    arith.Constant: _constant,
    arith.Select: _select,
    arith.ShLI: _shift_left,
    arith.ShRSI: _shift_right,
    arith.ShRUI: _shift_right_unsigned,
    arith.ExtSI: _from_signed,
    arith.ExtUI: _from_unsigned,
    arith.TruncI: _from_signed,
    arith.IndexCast: _from_signed,
    arith.IndexCastUI: _from_unsigned,
    arith.SIToFP: _from_signed,
    arith.UIToFP: _from_unsigned,
    arith.FPToSI: _fptosi,
    arith.FPToUI: _fptoui,
    mathops.FPowI: _float(_power),
    mathops.Fma: _float(fma),
    mathops.LdExp: _float(_ldexp),
    mathops.NextAfter: _nextafter,
    mathops.Polygamma: _float(polygamma),
}
