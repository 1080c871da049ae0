"""Affine forms of index expressions: a constant plus coefficients of values that are not taken apart further."""

from __future__ import annotations

from dataclasses import dataclass, field

from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, irad, scf


@dataclass(frozen=True, slots=True)
class Affine:
    """constant + sum of coefficient * value."""

    constant: int = 0
    terms: dict[Value, int] = field(default_factory=dict[Value, int])

    def plus(self, other: Affine, scale: int = 1) -> Affine:
        """self + scale * other."""
        terms = dict(self.terms)
        for value, c in other.terms.items():
            total = terms.get(value, 0) + scale * c
            if total:
                terms[value] = total
            else:
                terms.pop(value, None)
        return Affine(self.constant + scale * other.constant, terms)

    def times(self, factor: int) -> Affine:
        """factor * self."""
        return Affine(0).plus(self, factor) if factor else Affine(0)


def constant_of(value: Value) -> int | None:
    """The value of an integer constant, None for anything else."""
    op = value.op
    if not isinstance(op, arith.Constant) or isinstance(op.value, float):
        return None
    return int(op.value)


def affine(value: Value, depth: int = 16) -> Affine:
    """The form of an index value. An `irad.index` of what cannot be negative is just that: otherwise it would have raised."""
    op = value.op
    if op is None or depth == 0:
        return Affine(0, {value: 1})
    match op:
        case arith.Constant():
            return Affine(int(op.value))
        case arith.AddI():
            return affine(op.operands[0], depth - 1).plus(affine(op.operands[1], depth - 1))
        case arith.SubI():
            return affine(op.operands[0], depth - 1).plus(affine(op.operands[1], depth - 1), -1)
        case arith.MulI():
            return _product(op, value, depth)
        case irad.Index():
            inner = affine(op.operands[0], depth - 1)
            return inner if not_negative(inner) else Affine(0, {value: 1})
        case _:
            return Affine(0, {value: 1})


def _product(op: Op, value: Value, depth: int) -> Affine:
    for a, b in (op.operands, op.operands[::-1]):
        factor = constant_of(b)
        if factor is not None:
            return affine(a, depth - 1).times(factor)
    return Affine(0, {value: 1})


def not_negative(form: Affine) -> bool:
    """Whether the form is >= 0 for certain, from the lower bounds of induction variables alone."""
    total = form.constant
    for value, c in form.terms.items():
        low = lower_bound(value)
        if low is None or c < 0:
            return False
        total += c * low
    return total >= 0


def lower_bound(value: Value) -> int | None:
    """A constant lower bound of a loop's induction variable or of a size, None where there is none to see."""
    owner = value.owner
    if isinstance(owner, Block):
        loop = owner.parent
        if isinstance(loop, scf.For) and value.index == 0:
            form = affine(loop.lower, 4)
            return form.constant if not form.terms else (0 if not_negative(form) else None)
        return None
    return 0 if owner.name == "memref.dim" else None
