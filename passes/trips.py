"""Values of a loop's body in other trips than the one they are written for."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, scf
from irad.passes.effects import defined_in


def invariant(value: Value, loop: scf.For) -> bool:
    """Whether the value is the same in all trips, since it is defined outside of the loop."""
    return not defined_in(value, loop)


def at_trip(b: Builder, value: Value, loop: scf.For, mapping: dict[Value, Value]) -> Value:
    """The value for another induction variable (and other values in place of what is read), computed again by pure operations."""
    if value in mapping or invariant(value, loop):
        return mapping.get(value, value)
    op = value.op
    assert op is not None
    operands = [at_trip(b, v, loop, mapping) for v in op.operands]
    mapping[value] = b.op(type(op), operands, op.attrs, [value.type]).result
    return mapping[value]


def plus(b: Builder, value: Value, constant: int) -> Value:
    """The value and a constant."""
    return value if not constant else b(arith.AddI, value, b.index(constant))
