"""Algebraic identities of scalar operations; for floats only those that are exact in IEEE arithmetic.

Left out on purpose, since they change a result: x + 0.0 (-0.0), x * 0.0 (NaN, infinities, -0.0), x - x, and every
reassociation of floats. A power with a small constant integer exponent becomes multiplications, as C compilers do it:
x*x is correctly rounded, and at least as accurate as the C library's pow.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from irad.ir.builder import Builder
from irad.ir.core import Op, Value
from irad.ir.ops import arith
from irad.ir.ops import complex as complexops
from irad.ir.ops import math as m
from irad.ir.rewriter import Pattern, Rewriter
from irad.ir.types import IntType, Type, i1, index
from irad.passes.affine import Affine, affine
from irad.passes.effects import constant_of
from irad.passes.fold import CASTS, FLOAT, SIGNED, UNARY, UNSIGNED, fold, wrap

Rule = Callable[[Op, Builder], Value | None]

SWAPPED = {
    "eq": "eq", "ne": "ne", "slt": "sgt", "sle": "sge", "sgt": "slt", "sge": "sle", "ult": "ugt", "ule": "uge", "ugt": "ult", "uge": "ule",
}  # fmt: skip
NEGATED = {
    "eq": "ne", "ne": "eq", "slt": "sge", "sle": "sgt", "sgt": "sle", "sge": "slt", "ult": "uge", "ule": "ugt", "ugt": "ule", "uge": "ult",
}  # fmt: skip
NEGATED_FLOAT = {
    "oeq": "une", "one": "ueq", "olt": "uge", "ole": "ugt", "ogt": "ule", "oge": "ult", "ord": "uno",
    "ueq": "one", "une": "oeq", "ult": "oge", "ule": "ogt", "ugt": "ole", "uge": "olt", "uno": "ord",
}  # fmt: skip


def _is(value: Value, number: float) -> bool:
    """Whether a value is that constant, zeros told apart by their sign."""
    found = constant_of(value)
    return found is not None and found == number and math.copysign(1, found) == math.copysign(1, number)


def _from(value: Value, kind: type[Op]) -> Op | None:
    """The operation that defines a value, if it is of that kind."""
    op = value.op
    return op if type(op) is kind else None


def negation_of(value: Value) -> Value | None:
    """x for a value that is `not x`, else None."""
    op = _from(value, arith.XorI)
    return op.operands[0] if op is not None and value.type == i1 and constant_of(op.operands[1]) is True else None


def constants_last(op: Op, b: Builder) -> None:
    """Put the constant operand of a commutative operation last."""
    x, y = op.operands
    if constant_of(x) is not None and constant_of(y) is None:
        op.set_operand(0, y)
        op.set_operand(1, x)


# ------------------------------------------------------------------ integers


def _sum(op: Op, b: Builder) -> Value | None:
    """Additions and subtractions: constants last, terms that cancel removed, sums of up to two terms in one spelling."""
    x, y = op.operands
    if _is(y, 0):
        return x
    if op.operands[0].type != index:
        return None
    if not (type(x.owner) in _LINEAR or type(y.owner) in _LINEAR or x is y or _is_constant(x) or _is_constant(y)):
        return None
    return _spell(op, affine(op.results[0], 5), b)


_LINEAR = (arith.AddI, arith.SubI, arith.MulI)


def _is_constant(value: Value) -> bool:
    return type(value.owner) is arith.Constant


def _spell(op: Op, form: Affine, b: Builder) -> Value | None:
    """A form of at most one operation, unless the operation is just that already."""
    constant = wrap(form.constant, index)
    terms = [(v, c) for v, c in form.terms.items() if wrap(c, index)]
    if not terms:
        return b.index(constant)
    if len(terms) == 1:
        return _spell_one(op, *terms[0], constant, b)
    if len(terms) > 2 or constant:
        return None
    (x, c), (y, d) = terms
    if (c, d) == (-1, 1):
        x, y, c, d = y, x, 1, -1
    if c != 1 or d not in (1, -1) or {x, y} == set(op.operands):
        return None
    return b(arith.AddI if d == 1 else arith.SubI, x, y)


def _spell_one(op: Op, value: Value, coefficient: int, constant: int, b: Builder) -> Value | None:
    if coefficient == 1:
        if not constant:
            return value
        done = type(op) is arith.AddI and op.operands[0] is value and _is_constant(op.operands[1])
        return None if done else b(arith.AddI, value, b.index(constant))
    if coefficient == -1:
        done = type(op) is arith.SubI and op.operands[1] is value and _is_constant(op.operands[0])
        return None if done else b(arith.SubI, b.index(constant), value)
    return None if constant else b(arith.MulI, value, b.index(wrap(coefficient, index)))


def _muli(op: Op, b: Builder) -> Value | None:
    constants_last(op, b)
    x, y = op.operands
    factor = constant_of(y)
    if factor is None:
        return None
    if factor == 0:
        return y
    if factor == 1:
        return x
    inner = _from(x, arith.MulI)
    if inner is not None and constant_of(inner.operands[1]) is not None and x.type == index:
        return b(arith.MulI, inner.operands[0], b(arith.MulI, inner.operands[1], y))
    return None


def _divide(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    return x if _is(y, 1) or (_is(x, 0) and constant_of(y)) else None


def _modulo(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    if _is(y, 1):
        return b.constant(0, x.type)
    if _is(x, 0) and constant_of(y):
        return x
    inner = _from(x, type(op))
    return x if inner is not None and inner.operands[1] is y else None


def _extremum(op: Op, b: Builder) -> Value | None:
    constants_last(op, b)
    x, y = op.operands
    if x is y:
        return x
    inner = _from(x, type(op))
    if inner is not None and y in inner.operands:
        return x
    if inner is not None and constant_of(y) is not None and constant_of(inner.operands[1]) is not None:
        return b(type(op), inner.operands[0], b(type(op), inner.operands[1], y))
    return None


def _and(op: Op, b: Builder) -> Value | None:
    constants_last(op, b)
    x, y = op.operands
    if x is y:
        return x
    number = constant_of(y)
    if number is not None and int(number) == 0:
        return y
    if number is True or (number is not None and number == -1):
        return x
    if x.type == i1 and (negation_of(x) is y or negation_of(y) is x):
        return b.constant(False, i1)
    return y if _absorbed(x, y, arith.AndI) else x if _absorbed(y, x, arith.AndI) else None


def _absorbed(x: Value, y: Value, kind: type[Op]) -> bool:
    """Whether y = kind(x, …), so that kind(x, y) is y."""
    inner = _from(y, kind)
    return inner is not None and x in inner.operands


def _or(op: Op, b: Builder) -> Value | None:
    constants_last(op, b)
    x, y = op.operands
    if x is y or _is(y, 0):
        return x
    number = constant_of(y)
    if number is True or (number is not None and number == -1):
        return y
    if x.type == i1 and (negation_of(x) is y or negation_of(y) is x):
        return b.constant(True, i1)
    return y if _absorbed(x, y, arith.OrI) else x if _absorbed(y, x, arith.OrI) else None


def _xor(op: Op, b: Builder) -> Value | None:
    constants_last(op, b)
    x, y = op.operands
    if x is y:
        return b.constant(False if x.type == i1 else 0, x.type)
    if _is(y, 0):
        return x
    if constant_of(y) is not True or x.type != i1:
        return None
    compare = x.op
    if type(compare) is arith.CmpI:
        return b(arith.CmpI, *compare.operands, predicate=NEGATED[compare.attrs["predicate"]])
    if type(compare) is arith.CmpF:
        return b(arith.CmpF, *compare.operands, predicate=NEGATED_FLOAT[compare.attrs["predicate"]])
    return negation_of(x)


def _shift(op: Op, b: Builder) -> Value | None:
    return op.operands[0] if _is(op.operands[1], 0) else None


def _cmpi(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    predicate: str = op.attrs["predicate"]
    if x is y:
        return b.constant(predicate in ("eq", "sle", "sge", "ule", "uge"), i1)
    if constant_of(x) is not None and constant_of(y) is None:
        return b(arith.CmpI, y, x, predicate=SWAPPED[predicate])
    if predicate not in ("eq", "ne"):
        return _cmpi_bound(predicate, x, y, b)
    if x.type == i1 and constant_of(y) is not None:
        same = bool(constant_of(y)) == (predicate == "eq")
        return x if same else b(arith.XorI, x, b.true())
    extended = x.op
    if type(extended) is arith.ExtUI and extended.operands[0].type == i1 and _is(y, 0):
        return b(arith.XorI, extended.operands[0], b.true()) if predicate == "eq" else extended.operands[0]
    if x.type == index and (type(x.owner) in _LINEAR or type(y.owner) in _LINEAR):
        return _cmpi_linear(op, x, y, b)
    return None


def _cmpi_bound(predicate: str, x: Value, y: Value, b: Builder) -> Value | None:
    """Comparisons with the ends of what a value can be, and one spelling (slt, sge) for those with constants."""
    number = constant_of(y)
    if number is None or x.type == i1:
        return None
    if predicate in ("sle", "sgt") and -(2**31) < number < 2**31 and not (isinstance(x.type, IntType) and x.type.width < 32):
        return b(arith.CmpI, x, b.constant(int(number) + 1, x.type), predicate="slt" if predicate == "sle" else "sge")
    return None


def _cmpi_linear(op: Op, x: Value, y: Value, b: Builder) -> Value | None:
    """Equality of sums: terms on both sides cancel, which also holds where the sums wrap."""
    form = affine(x, 5).plus(affine(y, 5), -1)
    terms = list(form.terms.items())
    predicate = op.attrs["predicate"]
    if not terms:
        return b.constant((wrap(form.constant, index) == 0) == (predicate == "eq"), i1)
    if len(terms) == 1 and terms[0][1] in (1, -1):
        value, coefficient = terms[0]
        if not (value is x and _is_constant(y)):
            return b(arith.CmpI, value, b.index(wrap(-coefficient * form.constant, index)), predicate=predicate)
    if len(terms) == 2 and form.constant == 0 and sorted(form.terms.values()) == [-1, 1] and set(form.terms) != {x, y}:
        return b(arith.CmpI, terms[0][0], terms[1][0], predicate=predicate)
    return None


# ------------------------------------------------------------------ choice


def _select(op: Op, b: Builder) -> Value | None:
    condition, x, y = op.operands
    number = constant_of(condition)
    if number is not None:
        return x if number else y
    if x is y:
        return x
    negated = negation_of(condition)
    if negated is not None:
        return b(arith.Select, negated, y, x)
    if x.type == i1:
        return _select_bool(condition, x, y, b)
    nested = _nested_select(condition, x, y, b)
    if nested is not None:
        return nested
    compare = condition.op
    if x.type == index and type(compare) is arith.CmpI and compare.attrs["predicate"] in ("eq", "ne") and _compares(compare, x, y):
        return y if compare.attrs["predicate"] == "eq" else x
    return None


def _compares(compare: Op, x: Value, y: Value) -> bool:
    """Whether a comparison is of x with y; a constant may be there twice, as in select(a == 5, 5, a)."""
    a, c = compare.operands
    if {a, c} == {x, y}:
        return True
    number = constant_of(c)
    other = x if y is a else y if x is a else None
    return other is not None and number is not None and constant_of(other) == number


def _nested_select(condition: Value, x: Value, y: Value, b: Builder) -> Value | None:
    """Inner selects on the same condition are decided by the outer one."""
    first, second = _from(x, arith.Select), _from(y, arith.Select)
    if first is not None and first.operands[0] is condition:
        return b(arith.Select, condition, first.operands[1], y)
    if second is not None and second.operands[0] is condition:
        return b(arith.Select, condition, x, second.operands[2])
    return None


def _select_bool(condition: Value, x: Value, y: Value, b: Builder) -> Value | None:
    a, c = constant_of(x), constant_of(y)
    if a is True and c is False:
        return condition
    if a is False and c is True:
        return b(arith.XorI, condition, b.true())
    if c is False or y is condition:
        return b(arith.AndI, condition, x)
    if a is True or x is condition:
        return b(arith.OrI, condition, y)
    return None


# ------------------------------------------------------------------ floats


def _addf(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    for zero, other in ((y, x), (x, y)):
        if _is(zero, -0.0) or (constant_of(zero) == 0.0 and "nsz" in op.attrs.get("fastmath", ())):
            return other
    negated = _from(y, arith.NegF)
    if negated is not None:
        return b(arith.SubF, x, negated.operands[0], **op.attrs)
    negated = _from(x, arith.NegF)
    return b(arith.SubF, y, negated.operands[0], **op.attrs) if negated is not None else None


def _subf(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    if _is(y, 0.0):
        return x
    if _is(x, -0.0):
        return b(arith.NegF, y, **op.attrs)
    negated = _from(y, arith.NegF)
    return b(arith.AddF, x, negated.operands[0], **op.attrs) if negated is not None else None


def _mulf(op: Op, b: Builder) -> Value | None:
    constants_last(op, b)
    x, y = op.operands
    if _is(y, 1.0):
        return x
    if _is(y, -1.0):
        return b(arith.NegF, x, **op.attrs)
    first, second = _from(x, arith.NegF), _from(y, arith.NegF)
    if first is not None and second is not None:
        return b(arith.MulF, first.operands[0], second.operands[0], **op.attrs)
    return None


def _divf(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    number = constant_of(y)
    if number is None:
        return None
    if number == 1.0:
        return x
    mantissa, exponent = math.frexp(number)
    if abs(mantissa) == 0.5 and abs(exponent) < 100:  # a power of two: the reciprocal is exact
        return b(arith.MulF, x, b.constant(1.0 / number, x.type), **op.attrs)
    return None


def _negf(op: Op, b: Builder) -> Value | None:
    inner = _from(op.operands[0], arith.NegF)
    return inner.operands[0] if inner is not None else None


def _power(op: Op, b: Builder) -> Value | None:
    x, y = op.operands
    exponent = constant_of(y)
    if exponent is None or exponent not in (-1, 0, 1, 2, 3, 4):
        return None
    if exponent == 0:
        return b.constant(1.0, x.type)
    if exponent == 1:
        return x
    if exponent == -1:
        return b(arith.DivF, b.constant(1.0, x.type), x)
    square = b(arith.MulF, x, x)
    return square if exponent == 2 else b(arith.MulF, square, x if exponent == 3 else square)


# ------------------------------------------------------------------ casts


def _cast(op: Op, b: Builder) -> Value | None:
    """Casts to the same type, and a narrowing of what was widened from the same type."""
    x = op.operands[0]
    target = op.results[0].type
    if x.type == target:
        return x
    inner = x.op
    if inner is None or type(inner) not in _INTEGER_CASTS:
        return None
    source = inner.operands[0]
    return source if source.type == target and _bits(target) < _bits(x.type) else None


def _bits(type: Type) -> int:
    return type.width if isinstance(type, IntType) else 64


# ------------------------------------------------------------------ complex numbers


def _create(op: Op, b: Builder) -> Value | None:
    re, im = (_from(v, kind) for v, kind in zip(op.operands, (complexops.Re, complexops.Im), strict=True))
    return re.operands[0] if re is not None and im is not None and re.operands[0] is im.operands[0] else None


def _part(op: Op, b: Builder) -> Value | None:
    made = _from(op.operands[0], complexops.Create)
    return made.operands[0 if type(op) is complexops.Re else 1] if made is not None else None


_INTEGER_CASTS = (arith.ExtSI, arith.ExtUI, arith.IndexCast, arith.IndexCastUI)

RULES: dict[type[Op], Rule] = {
    arith.AddI: _sum,
    arith.SubI: _sum,
    arith.MulI: _muli,
    arith.DivSI: _divide,
    arith.DivUI: _divide,
    arith.FloorDivSI: _divide,
    arith.RemSI: _modulo,
    arith.RemUI: _modulo,
    m.FloorModSI: _modulo,
    arith.MaxSI: _extremum,
    arith.MinSI: _extremum,
    arith.MaxUI: _extremum,
    arith.MinUI: _extremum,
    arith.AndI: _and,
    arith.OrI: _or,
    arith.XorI: _xor,
    arith.ShLI: _shift,
    arith.ShRSI: _shift,
    arith.ShRUI: _shift,
    arith.CmpI: _cmpi,
    arith.Select: _select,
    arith.AddF: _addf,
    arith.SubF: _subf,
    arith.MulF: _mulf,
    arith.DivF: _divf,
    arith.NegF: _negf,
    m.FPowI: _power,
    m.PowF: _power,
    arith.IndexCast: _cast,
    arith.IndexCastUI: _cast,
    arith.TruncI: _cast,
    complexops.Create: _create,
    complexops.Re: _part,
    complexops.Im: _part,
}


def _pattern(rule: Rule) -> Pattern:
    def apply(rewriter: Rewriter, op: Op) -> bool:
        value = rule(op, rewriter.builder(op))
        if value is None:
            return False
        rewriter.replace(op, value)
        return True

    return apply


def _fold(rewriter: Rewriter, op: Op) -> bool:
    number = fold(op)
    if number is None:
        return False
    rewriter.replace(op, rewriter.builder(op).constant(number, op.results[0].type))
    return True


SCALAR: dict[type[Op], list[Pattern]] = {kind: [_pattern(rule)] for kind, rule in RULES.items()}
for kind in (*SIGNED, *UNSIGNED, *FLOAT, *UNARY, *CASTS, arith.CmpI, arith.CmpF):
    SCALAR.setdefault(kind, []).insert(0, _fold)
