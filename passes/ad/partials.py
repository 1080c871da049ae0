"""The derivative table: one row of symbolic partials per operation, read by forward and reverse mode alike.

In a row x, y, w are the operands and z is the result. None stands for a partial that is zero or does not exist.
"""

from __future__ import annotations

import math as _math
from collections.abc import Callable
from dataclasses import dataclass

from irad.ir.builder import Builder
from irad.ir.core import Op, Value
from irad.ir.ops import arith, math
from irad.ir.types import FloatType, Type


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of a partial: an operation on other nodes, a symbol (`op` a str), a constant (`op` a float)."""

    op: type[Op] | str | float
    args: tuple[Expr, ...] = ()
    predicate: str = ""

    def __add__(self, other: Expr | float) -> Expr:
        return Expr(arith.AddF, (self, lift(other)))

    def __radd__(self, other: float) -> Expr:
        return Expr(arith.AddF, (lift(other), self))

    def __sub__(self, other: Expr | float) -> Expr:
        return Expr(arith.SubF, (self, lift(other)))

    def __rsub__(self, other: float) -> Expr:
        return Expr(arith.SubF, (lift(other), self))

    def __mul__(self, other: Expr | float) -> Expr:
        return Expr(arith.MulF, (self, lift(other)))

    def __rmul__(self, other: float) -> Expr:
        return Expr(arith.MulF, (lift(other), self))

    def __truediv__(self, other: Expr | float) -> Expr:
        return Expr(arith.DivF, (self, lift(other)))

    def __rtruediv__(self, other: float) -> Expr:
        return Expr(arith.DivF, (lift(other), self))

    def __neg__(self) -> Expr:
        return Expr(arith.NegF, (self,))


def lift(value: Expr | float) -> Expr:
    """A number as a constant."""
    return value if isinstance(value, Expr) else Expr(float(value))


def _unary(cls: type[Op]) -> Callable[[Expr], Expr]:
    return lambda a: Expr(cls, (a,))


def _binary(cls: type[Op]) -> Callable[[Expr, Expr], Expr]:
    return lambda a, b: Expr(cls, (a, b))


def compare(predicate: str, a: Expr, b: Expr | float) -> Expr:
    """A condition on floats."""
    return Expr(arith.CmpF, (a, lift(b)), predicate)


def where(condition: Expr, a: Expr | float, b: Expr | float) -> Expr:
    """a where the condition holds, b elsewhere; what is not chosen cannot spoil the derivative with a NaN."""
    return Expr(arith.Select, (condition, lift(a), lift(b)))


x, y, w, z = Expr("x"), Expr("y"), Expr("w"), Expr("z")
ONE, MINUS_ONE, ZERO = lift(1.0), lift(-1.0), lift(0.0)
sin, cos, exp, log, sqrt, sinh, cosh, roundeven = (
    _unary(c) for c in (math.Sin, math.Cos, math.Exp, math.Log, math.Sqrt, math.Sinh, math.Cosh, math.RoundEven)
)
power, copysign = _binary(math.PowF), _binary(math.CopySign)
_integer_power, _scale_by_power, _polygamma = _binary(math.FPowI), _binary(math.LdExp), _binary(math.Polygamma)
_to_float = _unary(arith.SIToFP)
_SLOPE_OF_ERF = 2.0 / _math.sqrt(_math.pi)
_pred, _succ = Expr("y-1"), Expr("y+1")

Row = tuple[Expr | None, ...]

PARTIALS: dict[type[Op], Row] = {
    arith.AddF: (ONE, ONE),
    arith.SubF: (ONE, MINUS_ONE),
    arith.MulF: (y, x),
    arith.DivF: (1.0 / y, -(z / y)),
    arith.NegF: (MINUS_ONE,),
    arith.RemF: (ONE, -roundeven((x - z) / y)),
    arith.MaximumF: (where(compare("oge", x, y), 1.0, 0.0), where(compare("oge", x, y), 0.0, 1.0)),
    arith.MinimumF: (where(compare("ole", x, y), 1.0, 0.0), where(compare("ole", x, y), 0.0, 1.0)),
    math.Sin: (cos(x),),
    math.Cos: (-sin(x),),
    math.Tan: (1.0 + z * z,),
    math.Asin: (1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    math.Acos: (-(1.0 / sqrt((1.0 - x) * (1.0 + x))),),
    math.Atan: (1.0 / (1.0 + x * x),),
    math.Sinh: (cosh(x),),
    math.Cosh: (sinh(x),),
    math.Tanh: (1.0 - z * z,),
    math.Asinh: (1.0 / sqrt(1.0 + x * x),),
    math.Acosh: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    math.Atanh: (1.0 / ((1.0 - x) * (1.0 + x)),),
    math.Exp: (z,),
    math.Exp2: (z * _math.log(2.0),),
    math.Expm1: (exp(x),),
    math.Log: (1.0 / x,),
    math.Log2: (1.0 / (x * _math.log(2.0)),),
    math.Log10: (1.0 / (x * _math.log(10.0)),),
    math.Log1p: (1.0 / (1.0 + x),),
    math.Sqrt: (0.5 / z,),
    math.Cbrt: (1.0 / (3.0 * z * z),),
    math.Erf: (_SLOPE_OF_ERF * exp(-(x * x)),),
    math.Erfc: (-(_SLOPE_OF_ERF * exp(-(x * x))),),
    math.AbsF: (where(compare("oeq", x, 0.0), 0.0, copysign(ONE, x)),),
    math.Floor: (None,),
    math.Ceil: (None,),
    math.Trunc: (None,),
    math.RoundEven: (None,),
    math.Atan2: (y / (x * x + y * y), -(x / (x * x + y * y))),
    math.PowF: (where(compare("oeq", y, 0.0), 0.0, y * power(x, y - 1.0)), where(compare("oeq", x, 0.0), 0.0, z * log(x))),
    math.FPowI: (where(compare("oeq", _to_float(y), 0.0), 0.0, _to_float(y) * _integer_power(x, _pred)), None),
    math.CopySign: (copysign(ONE, x) * copysign(ONE, y), None),
    math.Fma: (y, x, ONE),
    math.Hypot: (where(compare("oeq", z, 0.0), 0.0, x / z), where(compare("oeq", z, 0.0), 0.0, y / z)),
    math.Gamma: (z * _polygamma(x, Expr("0")),),
    math.LGamma: (_polygamma(x, Expr("0")),),
    math.Polygamma: (_polygamma(x, _succ), None),
    math.NextAfter: (ONE, None),
    math.Remainder: (ONE, -roundeven((x - z) / y)),
    math.FloorModF: (ONE, -roundeven((x - z) / y)),
    math.FloorDivF: (None, None),
    math.LdExp: (_scale_by_power(ONE, y), None),
}

_SYMBOLS = ("x", "y", "w")
_INDEX_SYMBOLS = {"y-1": -1, "y+1": 1}


def needs(op: Op, i: int) -> set[Value]:
    """The primal values that the partial of `op` with respect to operand `i` reads."""
    expr = row(op)[i]
    found: set[Value] = set()
    if expr is not None:
        _collect(expr, op, found)
    return found


def row(op: Op) -> Row:
    """The row of an operation; operations without one are constant in all operands."""
    return PARTIALS.get(type(op), (None,) * len(op.operands))


def _collect(expr: Expr, op: Op, found: set[Value]) -> None:
    if expr.op == "z":
        found.add(op.results[0])
    elif isinstance(expr.op, str) and expr.op != "0":
        found.add(op.operands[_SYMBOLS.index(expr.op[0])])
    for arg in expr.args:
        _collect(arg, op, found)


def scale(b: Builder, d: Value, expr: Expr, op: Op, read: Callable[[Value], Value]) -> Value:
    """d * partial, written so that quotients divide once and what a `where` does not choose is never multiplied."""
    if expr == ONE:
        return d
    if expr == MINUS_ONE:
        return b(arith.NegF, d)
    if expr.op is arith.NegF:
        return b(arith.NegF, scale(b, d, expr.args[0], op, read))
    if expr.op is arith.DivF:
        numerator, denominator = expr.args
        return scale(b, b(arith.DivF, d, emit(b, denominator, op, read)), numerator, op, read)
    if expr.op is arith.Select:
        condition, left, right = expr.args
        zero = b.constant(0.0, d.type)
        chosen = [zero if side == ZERO else scale(b, d, side, op, read) for side in (left, right)]
        return b(arith.Select, emit(b, condition, op, read), *chosen)
    return b(arith.MulF, d, emit(b, expr, op, read))


def emit(b: Builder, expr: Expr, op: Op, read: Callable[[Value], Value]) -> Value:
    """The value of an expression; `read` gives the primal values it names."""
    kind = op.results[0].type
    if isinstance(expr.op, float):
        return b.constant(expr.op, kind)
    if isinstance(expr.op, str):
        return _symbol(b, expr.op, op, read)
    operands = [emit(b, arg, op, read) for arg in expr.args]
    if expr.op is arith.CmpF:
        return b(arith.CmpF, *operands, predicate=expr.predicate)
    if expr.op is arith.SIToFP:
        return b.op(arith.SIToFP, operands, None, (kind,)).result
    assert isinstance(expr.op, type)
    return b(expr.op, *operands)


def _symbol(b: Builder, name: str, op: Op, read: Callable[[Value], Value]) -> Value:
    if name == "0":
        return b.index(0)
    if name == "z":
        return read(op.results[0])
    value = read(op.operands[_SYMBOLS.index(name[0])])
    offset = _INDEX_SYMBOLS.get(name)
    return value if offset is None else b(arith.AddI, value, b.index(offset))


def convert(b: Builder, value: Value, type: Type) -> Value:
    """A float as another float type: the derivative of a conversion is the conversion."""
    assert isinstance(value.type, FloatType)
    assert isinstance(type, FloatType)
    if value.type == type:
        return value
    return b.op(arith.ExtF if type.width > value.type.width else arith.TruncF, (value,), None, (type,)).result
