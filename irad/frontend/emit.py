"""One scalar operation in one dtype: the IR that each NumPy ufunc becomes for an element, and conversions between dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.frontend import complex_math, complex_parts
from irad.frontend.dtypes import BOOL, FLOAT64, INT64, is_complex, is_float, is_unsigned, part_dtype, scalar_type, width
from irad.ir.builder import Builder
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, math, scf
from irad.ir.ops import complex as complexops
from irad.ir.types import Type, i1, i8, index

Emit = Callable[..., Value]


def constant(b: Builder, x: Any, dtype: np.dtype) -> Value:
    """A constant of the dtype; integers are wrapped to the two's complement of their width."""
    type = scalar_type(dtype)
    if dtype == BOOL:
        return b.constant(bool(x), type)
    if is_float(dtype):
        return b.constant(float(dtype.type(x)), type)
    if is_complex(dtype):
        return b.constant(complex(dtype.type(x)), type)
    bits = width(dtype)
    wrapped = int(x) & (1 << bits) - 1
    return b.constant(wrapped - (1 << bits) if wrapped >> bits - 1 else wrapped, type)


def convert(b: Builder, x: Value, source: np.dtype, target: np.dtype) -> Value:
    """NumPy's astype of one element."""
    if source == target:
        return x
    if target == BOOL:
        return is_true(b, x, source)
    if is_complex(source) or is_complex(target):
        return _convert_complex(b, x, source, target)
    if is_float(source):
        return _from_float(b, x, target)
    if is_float(target):
        return _cast(b, arith.UIToFP if is_unsigned(source) else arith.SIToFP, x, scalar_type(target))
    return _resize(b, x, source, scalar_type(target))


def _cast(b: Builder, cls: type[Op], x: Value, type: Type) -> Value:
    return b.op(cls, (x,), None, (type,)).results[0]


def _convert_complex(b: Builder, x: Value, source: np.dtype, target: np.dtype) -> Value:
    """From or to a complex dtype: the parts are converted; a real number has none that is imaginary, and takes none."""
    if not is_complex(target):
        return convert(b, b(complexops.Re, x), part_dtype(source), target)
    part = part_dtype(target)
    if not is_complex(source):
        return b(complexops.Create, convert(b, x, source, part), constant(b, 0, part))
    return b(complexops.Create, *(convert(b, b(cls, x), part_dtype(source), part) for cls in (complexops.Re, complexops.Im)))


def _from_float(b: Builder, x: Value, target: np.dtype) -> Value:
    type = scalar_type(target)
    if is_float(target):
        return _cast(b, arith.ExtF if target == FLOAT64 else arith.TruncF, x, type)
    if target == np.uint64:
        return _cast(b, arith.FPToUI, x, type)
    wide = _cast(b, arith.FPToSI, x, index)
    return _resize(b, wide, INT64, type)


def _resize(b: Builder, x: Value, source: np.dtype, type: Type) -> Value:
    if x.type == type:
        return x
    unsigned = is_unsigned(source)
    if x.type == index or type == index:
        return _cast(b, arith.IndexCastUI if unsigned else arith.IndexCast, x, type)
    if x.type.width > type.width:  # type: ignore[attr-defined]
        return _cast(b, arith.TruncI, x, type)
    return _cast(b, arith.ExtUI if unsigned else arith.ExtSI, x, type)


def is_true(b: Builder, x: Value, dtype: np.dtype) -> Value:
    """Whether a value is not zero, as an i1."""
    if dtype == BOOL:
        return x
    if is_complex(dtype):
        return complex_parts.is_true(b, x)
    zero = constant(b, 0, dtype)
    return b(arith.CmpF, x, zero, predicate="une") if is_float(dtype) else b(arith.CmpI, x, zero, predicate="ne")


def from_memory(b: Builder, x: Value, dtype: np.dtype) -> Value:
    """The SSA value of an element that was loaded."""
    return b(arith.CmpI, x, b.constant(0, i8), predicate="ne") if dtype == BOOL else x


def to_memory(b: Builder, x: Value, dtype: np.dtype) -> Value:
    """The element to store for an SSA value."""
    return _cast(b, arith.ExtUI, x, i8) if dtype == BOOL else x


def negate_bool(b: Builder, x: Value) -> Value:
    """The opposite of an i1."""
    return b(arith.XorI, x, b.true())


# ---------------------------------------------------------------- families


def _float_or_int(on_float: type[Op], on_signed: type[Op], on_unsigned: type[Op] | None = None, on_bool: type[Op] | None = None) -> Emit:
    def emit(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
        if is_float(dtype):
            return b(on_float, x, y)
        if dtype == BOOL and on_bool is not None:
            return b(on_bool, x, y)
        return b(on_unsigned if on_unsigned is not None and is_unsigned(dtype) else on_signed, x, y)

    return emit


def _plain(cls: type[Op]) -> Emit:
    def emit(b: Builder, dtype: np.dtype, *operands: Value) -> Value:
        return b(cls, *operands)

    return emit


def _integral_is_itself(cls: type[Op]) -> Emit:
    def emit(b: Builder, dtype: np.dtype, x: Value) -> Value:
        return b(cls, x) if is_float(dtype) else x

    return emit


def _test(cls: type[Op], of_integer: bool) -> Emit:
    def emit(b: Builder, dtype: np.dtype, x: Value) -> Value:
        return b(cls, x) if is_float(dtype) else b.constant(of_integer, i1)

    return emit


def comparison(name: str) -> Emit:
    """lt, le, gt, ge, eq or ne."""
    on_float = {"eq": "oeq", "ne": "une"}.get(name, f"o{name}")

    def emit(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
        if is_float(dtype):
            return b(arith.CmpF, x, y, predicate=on_float)
        sign = "" if name in ("eq", "ne") else "u" if is_unsigned(dtype) else "s"
        return b(arith.CmpI, x, y, predicate=sign + name)

    return emit


def _logical(cls: type[Op]) -> Emit:
    def emit(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
        return b(cls, is_true(b, x, dtype), is_true(b, y, dtype))

    return emit


# ---------------------------------------------------------------- one function each


def _negative(b: Builder, dtype: np.dtype, x: Value) -> Value:
    return b(arith.NegF, x) if is_float(dtype) else b(arith.SubI, constant(b, 0, dtype), x)


def _absolute(b: Builder, dtype: np.dtype, x: Value) -> Value:
    if is_float(dtype):
        return b(math.AbsF, x)
    return x if is_unsigned(dtype) else b(arith.MaxSI, x, _negative(b, dtype, x))


def _positive(b: Builder, dtype: np.dtype, x: Value) -> Value:
    return x


def _square(b: Builder, dtype: np.dtype, x: Value) -> Value:
    return b(arith.MulF if is_float(dtype) else arith.AndI if dtype == BOOL else arith.MulI, x, x)


def _reciprocal(b: Builder, dtype: np.dtype, x: Value) -> Value:
    one = constant(b, 1, dtype)
    return b(arith.DivF, one, x) if is_float(dtype) else _guarded(b, dtype, arith.DivUI if is_unsigned(dtype) else arith.DivSI, one, x)


def _sign(b: Builder, dtype: np.dtype, x: Value) -> Value:
    zero, one = constant(b, 0, dtype), constant(b, 1, dtype)
    positive = comparison("gt")(b, dtype, x, zero)
    if is_unsigned(dtype):
        return b(arith.Select, positive, one, zero)
    below = b(arith.Select, comparison("lt")(b, dtype, x, zero), constant(b, -1, dtype), zero)
    result = b(arith.Select, positive, one, below)
    return b(arith.Select, b(math.IsNaN, x), x, result) if is_float(dtype) else result


def _invert(b: Builder, dtype: np.dtype, x: Value) -> Value:
    return b(arith.XorI, x, constant(b, 1 if dtype == BOOL else -1, dtype))


def _logical_not(b: Builder, dtype: np.dtype, x: Value) -> Value:
    return negate_bool(b, is_true(b, x, dtype))


def _logical_xor(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return b(arith.XorI, is_true(b, x, dtype), is_true(b, y, dtype))


def _shift_left(b: Builder, dtype: np.dtype, x: Value, n: Value) -> Value:
    bits = constant(b, width(dtype), dtype)
    shifted = b(arith.ShLI, x, b(arith.MinUI, n, constant(b, width(dtype) - 1, dtype)))
    return b(arith.Select, b(arith.CmpI, n, bits, predicate="ult"), shifted, constant(b, 0, dtype))


def _shift_right(b: Builder, dtype: np.dtype, x: Value, n: Value) -> Value:
    last = b(arith.MinUI, n, constant(b, width(dtype) - 1, dtype))
    if not is_unsigned(dtype):
        return b(arith.ShRSI, x, last)
    shifted = b(arith.ShRUI, x, last)
    return b(arith.Select, b(arith.CmpI, n, constant(b, width(dtype), dtype), predicate="ult"), shifted, constant(b, 0, dtype))


def _floor_divide(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    if is_float(dtype):
        return b(math.FloorDivF, x, y)
    return _guarded(b, dtype, arith.DivUI if is_unsigned(dtype) else arith.FloorDivSI, x, y)


def _remainder(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    if is_float(dtype):
        return b(math.FloorModF, x, y)
    return _guarded(b, dtype, arith.RemUI if is_unsigned(dtype) else math.FloorModSI, x, y)


def _fmod(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    if is_float(dtype):
        return b(arith.RemF, x, y)
    return _guarded(b, dtype, arith.RemUI if is_unsigned(dtype) else arith.RemSI, x, y)


def _guarded(b: Builder, dtype: np.dtype, cls: type[Op], x: Value, y: Value) -> Value:
    """An integer division as NumPy's arrays have it: 0 where the divisor is 0."""
    if known_nonzero(y):
        return b(cls, x, y)
    zero = constant(b, 0, dtype)
    by_zero = b(arith.CmpI, y, zero, predicate="eq")
    divided = b(cls, x, b(arith.Select, by_zero, constant(b, 1, dtype), y))
    return b(arith.Select, by_zero, zero, divided)


def known_nonzero(x: Value) -> bool:
    """Whether the value is a constant other than zero."""
    return isinstance(x.op, arith.Constant) and bool(x.op.value)


def _fmax(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return _prefer(b, dtype, "ge", x, y) if is_float(dtype) else MAXIMUM(b, dtype, x, y)


def _fmin(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return _prefer(b, dtype, "le", x, y) if is_float(dtype) else MINIMUM(b, dtype, x, y)


def _prefer(b: Builder, dtype: np.dtype, order: str, x: Value, y: Value) -> Value:
    first = b(arith.OrI, comparison(order)(b, dtype, x, y), b(math.IsNaN, y))
    return b(arith.Select, first, x, y)


def _scaled(factor: float) -> Emit:
    def emit(b: Builder, dtype: np.dtype, x: Value) -> Value:
        return b(arith.MulF, x, constant(b, factor, dtype))

    return emit


def _signbit(b: Builder, dtype: np.dtype, x: Value) -> Value:
    one = b(math.CopySign, constant(b, 1, dtype), x)
    return b(arith.CmpF, one, constant(b, 0, dtype), predicate="olt")


def _logaddexp(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    """max + log1p(exp(-|x - y|)), and x + log 2 where both are equal, infinities included."""
    larger = MAXIMUM(b, dtype, x, y)
    gap = b(arith.NegF, b(math.AbsF, b(arith.SubF, x, y)))
    same = b(arith.CmpF, x, y, predicate="oeq")
    rest = b(math.Log1p, b(math.Exp, gap))
    return b(arith.AddF, larger, b(arith.Select, same, constant(b, 0.6931471805599453, dtype), rest))


def float_power(b: Builder, dtype: np.dtype, x: Value, n: int) -> Value | None:
    """A static integer power by at most two multiplications, None where that is not enough."""
    if not -4 <= n <= 4:
        return None
    if n < 0:
        return b(arith.DivF, constant(b, 1, dtype), float_power(b, dtype, x, -n))  # type: ignore[arg-type]
    if n == 0:
        return constant(b, 1, dtype)
    if n == 1:
        return x
    square = b(arith.MulF, x, x)
    return square if n == 2 else b(arith.MulF, square, x if n == 3 else square)


def integer_power(b: Builder, dtype: np.dtype, x: Value, n: Value | int) -> Value:
    """x ** n for n >= 0 by squaring: unrolled for a static exponent, else a loop."""
    if isinstance(n, int):
        return _unrolled_power(b, dtype, x, n)
    one, zero = constant(b, 1, dtype), constant(b, 0, dtype)
    before, after = Block([x.type] * 3), Block([x.type] * 3)
    inner = b.at(before)
    inner.op(scf.Condition, (inner(arith.CmpI, before.args[2], zero, predicate="ne"), *before.args))
    inner = b.at(after)
    result, base, left = after.args
    odd = inner(arith.CmpI, inner(arith.AndI, left, one), zero, predicate="ne")
    product = inner(arith.Select, odd, inner(arith.MulI, result, base), result)
    inner.yield_(product, inner(arith.MulI, base, base), inner(arith.ShRUI, left, one))
    loop = b.op(scf.While, (one, x, n), None, (x.type,) * 3, (before, after))
    return loop.results[0]


def _unrolled_power(b: Builder, dtype: np.dtype, x: Value, n: int) -> Value:
    result: Value | None = None
    while n:
        if n & 1:
            result = x if result is None else b(arith.MulI, result, x)
        n >>= 1
        if n:
            x = b(arith.MulI, x, x)
    return constant(b, 1, dtype) if result is None else result


def _power(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    return b(math.PowF, x, y) if is_float(dtype) else integer_power(b, dtype, x, y)


def _ldexp(b: Builder, dtype: np.dtype, x: Value, n: Value) -> Value:
    return b(math.LdExp, x, n if n.type == index else _cast(b, arith.IndexCast, n, index))


def _logaddexp2(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    """max + log2(1 + 2 ** -|x - y|), and x + 1 where both are equal, infinities included."""
    gap = b(arith.NegF, b(math.AbsF, b(arith.SubF, x, y)))
    rest = b(arith.MulF, b(math.Log1p, b(math.Exp2, gap)), constant(b, 1.4426950408889634, dtype))
    same = b(arith.CmpF, x, y, predicate="oeq")
    return b(arith.AddF, MAXIMUM(b, dtype, x, y), b(arith.Select, same, constant(b, 1, dtype), rest))


def _heaviside(b: Builder, dtype: np.dtype, x: Value, at_zero: Value) -> Value:
    """0, at_zero or 1; a NaN stays one, without a slope."""
    zero, one = constant(b, 0, dtype), constant(b, 1, dtype)
    step = b(arith.Select, b(arith.CmpF, x, zero, predicate="ogt"), one, at_zero)
    step = b(arith.Select, b(arith.CmpF, x, zero, predicate="olt"), zero, step)
    return b(arith.Select, b(math.IsNaN, x), constant(b, np.nan, dtype), step)


def _spacing(b: Builder, dtype: np.dtype, x: Value) -> Value:
    """The gap to the next float away from zero, which has no slope."""
    size = b(math.AbsF, x)
    gap = b(arith.SubF, b(math.NextAfter, size, constant(b, np.inf, dtype)), size)
    return b(arith.Select, b(arith.CmpF, x, constant(b, 0, dtype), predicate="olt"), b(arith.NegF, gap), gap)


def _gcd(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    """Euclid's algorithm on the absolute values."""
    before, after = Block([x.type] * 2), Block([x.type] * 2)
    inner = b.at(before)
    inner.op(scf.Condition, (inner(arith.CmpI, before.args[1], constant(inner, 0, dtype), predicate="ne"), *before.args))
    inner = b.at(after)
    inner.yield_(after.args[1], inner(arith.RemUI, *after.args))
    starts = _absolute(b, dtype, x), _absolute(b, dtype, y)
    return b.op(scf.While, starts, None, (x.type,) * 2, (before, after)).results[0]


def _lcm(b: Builder, dtype: np.dtype, x: Value, y: Value) -> Value:
    divisor = _gcd(b, dtype, x, y)
    zero = constant(b, 0, dtype)
    none = b(arith.CmpI, divisor, zero, predicate="eq")
    quotient = b(arith.DivUI, _absolute(b, dtype, x), b(arith.Select, none, constant(b, 1, dtype), divisor))
    return b(arith.MulI, quotient, _absolute(b, dtype, y))


def _bitwise_count(b: Builder, dtype: np.dtype, x: Value) -> Value:
    """Bits that are set in the absolute value, counted in parallel: in pairs, fours, bytes (Hacker's Delight, 5-1)."""
    unsigned = np.dtype(f"u{dtype.itemsize}")
    x = _resize(b, _absolute(b, dtype, x), unsigned, index)

    def field(value: Value, shift: int, mask: int) -> Value:
        return b(arith.AndI, b(arith.ShRUI, value, b.index(shift)), b.index(mask))

    x = b(arith.SubI, x, field(x, 1, 0x5555555555555555))
    x = b(arith.AddI, field(x, 0, 0x3333333333333333), field(x, 2, 0x3333333333333333))
    x = field(b(arith.AddI, x, b(arith.ShRUI, x, b.index(4))), 0, 0x0F0F0F0F0F0F0F0F)
    total = b(arith.ShRUI, b(arith.MulI, x, b.index(0x0101010101010101)), b.index(56))
    return _resize(b, total, INT64, i8)


MAXIMUM = _float_or_int(arith.MaximumF, arith.MaxSI, arith.MaxUI)
MINIMUM = _float_or_int(arith.MinimumF, arith.MinSI, arith.MinUI)

# dtype is that of the first operand after NumPy's promotion; the result is an SSA value of the ufunc's result dtype.
EMIT: dict[np.ufunc, Emit] = {
    np.add: _float_or_int(arith.AddF, arith.AddI, None, arith.OrI),
    np.subtract: _float_or_int(arith.SubF, arith.SubI),
    np.multiply: _float_or_int(arith.MulF, arith.MulI, None, arith.AndI),
    np.true_divide: _plain(arith.DivF),
    np.floor_divide: _floor_divide,
    np.remainder: _remainder,
    np.fmod: _fmod,
    np.power: _power,
    np.float_power: _plain(math.PowF),
    np.negative: _negative,
    np.positive: _positive,
    np.conjugate: _positive,
    np.absolute: _absolute,
    np.fabs: _plain(math.AbsF),
    np.sign: _sign,
    np.square: _square,
    np.reciprocal: _reciprocal,
    np.invert: _invert,
    np.left_shift: _shift_left,
    np.right_shift: _shift_right,
    np.bitwise_and: _plain(arith.AndI),
    np.bitwise_or: _plain(arith.OrI),
    np.bitwise_xor: _plain(arith.XorI),
    np.logical_and: _logical(arith.AndI),
    np.logical_or: _logical(arith.OrI),
    np.logical_xor: _logical_xor,
    np.logical_not: _logical_not,
    np.less: comparison("lt"),
    np.less_equal: comparison("le"),
    np.greater: comparison("gt"),
    np.greater_equal: comparison("ge"),
    np.equal: comparison("eq"),
    np.not_equal: comparison("ne"),
    np.maximum: MAXIMUM,
    np.minimum: MINIMUM,
    np.fmax: _fmax,
    np.fmin: _fmin,
    np.copysign: _plain(math.CopySign),
    np.nextafter: _plain(math.NextAfter),
    np.hypot: _plain(math.Hypot),
    np.arctan2: _plain(math.Atan2),
    np.ldexp: _ldexp,
    np.logaddexp: _logaddexp,
    np.logaddexp2: _logaddexp2,
    np.heaviside: _heaviside,
    np.spacing: _spacing,
    np.gcd: _gcd,
    np.lcm: _lcm,
    np.bitwise_count: _bitwise_count,
    np.conjugate: _positive,
    np.signbit: _signbit,
    np.isnan: _test(math.IsNaN, False),
    np.isinf: _test(math.IsInf, False),
    np.isfinite: _test(math.IsFinite, True),
    np.floor: _integral_is_itself(math.Floor),
    np.ceil: _integral_is_itself(math.Ceil),
    np.trunc: _integral_is_itself(math.Trunc),
    np.rint: _plain(math.RoundEven),
    np.degrees: _scaled(180.0 / np.pi),
    np.rad2deg: _scaled(180.0 / np.pi),
    np.radians: _scaled(np.pi / 180.0),
    np.deg2rad: _scaled(np.pi / 180.0),
    np.sin: _plain(math.Sin),
    np.cos: _plain(math.Cos),
    np.tan: _plain(math.Tan),
    np.arcsin: _plain(math.Asin),
    np.arccos: _plain(math.Acos),
    np.arctan: _plain(math.Atan),
    np.sinh: _plain(math.Sinh),
    np.cosh: _plain(math.Cosh),
    np.tanh: _plain(math.Tanh),
    np.arcsinh: _plain(math.Asinh),
    np.arccosh: _plain(math.Acosh),
    np.arctanh: _plain(math.Atanh),
    np.exp: _plain(math.Exp),
    np.exp2: _plain(math.Exp2),
    np.expm1: _plain(math.Expm1),
    np.log: _plain(math.Log),
    np.log2: _plain(math.Log2),
    np.log10: _plain(math.Log10),
    np.log1p: _plain(math.Log1p),
    np.sqrt: _plain(math.Sqrt),
    np.cbrt: _plain(math.Cbrt),
}


def _or_complex(ufunc: np.ufunc, on_real: Emit) -> Emit:
    return lambda b, dtype, *operands: complex_math.emit(ufunc, b, *operands) if is_complex(dtype) else on_real(b, dtype, *operands)


EMIT.update({ufunc: _or_complex(ufunc, EMIT[ufunc]) for ufunc in complex_math.COMPLEX})
