"""The upstream dialect `scf`: structured control flow."""

from __future__ import annotations

from irad.ir.core import Block, Op, Value


class Yield(Op):
    """Ends a region of `scf.if`, `scf.for` and the second of `scf.while`."""

    name = "scf.yield"
    terminator = True


class Condition(Op):
    """Ends the first region of `scf.while`: operands condition (i1), then what is passed on."""

    name = "scf.condition"
    terminator = True


class If(Op):
    """Branch: operand condition, regions then and else (both always present), each ending in a yield of the results."""

    name = "scf.if"

    @property
    def then(self) -> Block:
        return self.regions[0]

    @property
    def orelse(self) -> Block:
        return self.regions[1]


class For(Op):
    """Counted loop: operands lower, upper, step (> 0), inits; the body's arguments are the induction variable and what is carried.

    Attribute `reversed` (irad's own): the same iterations, last first.
    """

    name = "scf.for"

    @property
    def lower(self) -> Value:
        return self.operands[0]

    @property
    def upper(self) -> Value:
        return self.operands[1]

    @property
    def step(self) -> Value:
        return self.operands[2]

    @property
    def inits(self) -> list[Value]:
        return self.operands[3:]

    @property
    def body(self) -> Block:
        return self.regions[0]

    @property
    def induction(self) -> Value:
        return self.regions[0].args[0]

    @property
    def carried(self) -> list[Value]:
        return self.regions[0].args[1:]

    @property
    def reversed(self) -> bool:
        return bool(self.attrs.get("reversed"))


class While(Op):
    """General loop: operands inits; region `before` computes and ends in a condition, region `after` yields the next state.

    `before` takes the state and runs trips + 1 times; what its condition passes on is `after`'s arguments, and the results when it fails.
    """

    name = "scf.while"

    @property
    def inits(self) -> list[Value]:
        return self.operands

    @property
    def before(self) -> Block:
        return self.regions[0]

    @property
    def after(self) -> Block:
        return self.regions[1]
