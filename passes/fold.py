"""Constant folding: what scalar operations on constants are."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from irad.ir.core import Op
from irad.ir.ops import arith
from irad.ir.ops import math as m
from irad.ir.types import FloatType, IntType, Type
from irad.passes.effects import constant_of

Number = float | int | bool


def round_float(value: float, type: Type) -> float | None:
    """A double rounded to a float type; after one operation on floats of that type the double rounding does no harm."""
    if type == FloatType(64):
        return value
    if not math.isfinite(value):
        return None
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return None


def wrap(value: int, type: Type) -> int | bool:
    """An integer brought into the range of its (signed) type; a bool for i1."""
    width = type.width if isinstance(type, IntType) else 64
    if width == 1:
        return bool(value & 1)
    half = 1 << (width - 1)
    return ((value + half) & ((1 << width) - 1)) - half


def unsigned(value: Number, type: Type) -> int:
    """The same bits read as an unsigned integer."""
    return int(value) & ((1 << (type.width if isinstance(type, IntType) else 64)) - 1)


def _divide_to_zero(x: int, y: int) -> int:
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


SIGNED: dict[type[Op], Callable[[int, int], int | None]] = {
    arith.AddI: lambda x, y: x + y,
    arith.SubI: lambda x, y: x - y,
    arith.MulI: lambda x, y: x * y,
    arith.DivSI: lambda x, y: _divide_to_zero(x, y) if y else None,
    arith.RemSI: lambda x, y: x - y * _divide_to_zero(x, y) if y else None,
    arith.FloorDivSI: lambda x, y: x // y if y else None,
    m.FloorModSI: lambda x, y: x % y if y else None,
    arith.MaxSI: max,
    arith.MinSI: min,
    arith.AndI: lambda x, y: x & y,
    arith.OrI: lambda x, y: x | y,
    arith.XorI: lambda x, y: x ^ y,
    arith.ShLI: lambda x, y: x << y if 0 <= y < 64 else None,
    arith.ShRSI: lambda x, y: x >> y if 0 <= y < 64 else None,
}

UNSIGNED: dict[type[Op], Callable[[int, int], int | None]] = {
    arith.DivUI: lambda x, y: x // y if y else None,
    arith.RemUI: lambda x, y: x % y if y else None,
    arith.MaxUI: max,
    arith.MinUI: min,
    arith.ShRUI: lambda x, y: x >> y if y < 64 else None,
}

FLOAT: dict[type[Op], Callable[[float, float], float | None]] = {
    arith.AddF: lambda x, y: x + y,
    arith.SubF: lambda x, y: x - y,
    arith.MulF: lambda x, y: x * y,
    arith.DivF: lambda x, y: x / y if y else None,
    m.CopySign: math.copysign,
}

# Only what is exact or correctly rounded everywhere: the C library's sin need not be Python's.
UNARY: dict[type[Op], Callable[[float], float | bool | None]] = {
    arith.NegF: lambda x: -x,
    m.AbsF: abs,
    m.Sqrt: lambda x: math.sqrt(x) if x >= 0 else None,
    m.Floor: lambda x: math.copysign(math.floor(x), x) if math.isfinite(x) else x,
    m.Ceil: lambda x: math.copysign(math.ceil(x), x) if math.isfinite(x) else x,
    m.IsNaN: math.isnan,
    m.IsInf: math.isinf,
    m.IsFinite: math.isfinite,
}

CASTS = (
    arith.ExtSI, arith.ExtUI, arith.TruncI, arith.IndexCast, arith.IndexCastUI, arith.SIToFP, arith.UIToFP, arith.ExtF, arith.FPToSI,
)  # fmt: skip

INT_PREDICATES: dict[str, Callable[[int, int], bool]] = {
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
}


def compare_ints(predicate: str, x: Number, y: Number, type: Type) -> bool:
    """The result of arith.cmpi."""
    if predicate[0] == "u":
        return INT_PREDICATES[predicate[1:]](unsigned(x, type), unsigned(y, type))
    if type == IntType(1):  # the bit is the sign
        x, y = -int(x), -int(y)
    return INT_PREDICATES[predicate.lstrip("s")](int(x), int(y))


def compare_floats(predicate: str, x: float, y: float) -> bool:
    """The result of arith.cmpf."""
    unordered = math.isnan(x) or math.isnan(y)
    if predicate in ("ord", "uno"):
        return unordered == (predicate == "uno")
    if unordered:
        return predicate[0] == "u"
    return INT_PREDICATES[predicate[1:]](x, y)  # type: ignore[arg-type]


def _fold_cast(op: Op, x: Number, source: Type, target: Type) -> Number | None:
    match op:
        case arith.ExtSI() | arith.IndexCast() | arith.TruncI():
            return wrap(-int(x) if source == IntType(1) and not isinstance(op, arith.TruncI) else int(x), target)
        case arith.ExtUI() | arith.IndexCastUI():
            return wrap(unsigned(x, source), target)
        case arith.SIToFP() if target == FloatType(64):
            return float(x)
        case arith.UIToFP() if target == FloatType(64):
            return float(unsigned(x, source))
        case arith.ExtF():
            return x
        case arith.FPToSI() if math.isfinite(x):
            value = int(x)
            return value if wrap(value, target) == value else None
        case _:
            return None


def fold(op: Op) -> Number | None:
    """The constant that an operation of constants is; None if some operand is not constant or the result is not known exactly."""
    kind = type(op)
    operands = op.operands
    x = constant_of(operands[0])
    if x is None:
        return None
    source, target = operands[0].type, op.results[0].type
    if len(operands) == 1:
        if kind in UNARY:
            number = UNARY[kind](float(x))
            return number if number is None or isinstance(number, bool) else round_float(number, target)
        return _fold_cast(op, x, source, target)
    y = constant_of(operands[1])
    if y is None or len(operands) != 2:
        return None
    return _fold_binary(op, kind, x, y, source)


def _fold_binary(op: Op, kind: type[Op], x: Number, y: Number, type: Type) -> Number | None:
    if kind in SIGNED:
        value = SIGNED[kind](int(x), int(y)) if type != IntType(1) else SIGNED[kind](-int(x), -int(y))
        return None if value is None else wrap(value, type)
    if kind in UNSIGNED:
        value = UNSIGNED[kind](unsigned(x, type), unsigned(y, type))
        return None if value is None else wrap(value, type)
    if kind in FLOAT:
        number = FLOAT[kind](float(x), float(y))
        return None if number is None else round_float(number, type)
    if kind is arith.CmpI:
        return compare_ints(op.attrs["predicate"], x, y, type)
    if kind is arith.CmpF:
        return compare_floats(op.attrs["predicate"], float(x), float(y))
    return None
