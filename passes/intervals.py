"""Numbers between which integers of a function lie whatever the context, and how carried values step.

Two facts of life are used: no array that is accessed has a dimension above 2**48 (an address has 47 bits), and no program runs more
than 2**60 loop iterations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.ops import math as m
from irad.ir.types import IntType, i1, index
from irad.passes.affine import Affine
from irad.passes.effects import constant_of

LOWEST, HIGHEST = -(2**63), 2**63 - 1
LARGEST_SIZE = 2**48
MOST_TRIPS = 2**60

Interval = tuple[int, int]
EVERYTHING: Interval = (LOWEST, HIGHEST)


def fits(lower: int, upper: int) -> bool:
    """Whether numbers between the two are 64-bit integers."""
    return lower >= LOWEST and upper <= HIGHEST


class Intervals:
    """Intervals of values, each found once."""

    def __init__(self) -> None:
        self._intervals: dict[Value, Interval] = {}

    def bounds(self, form: Affine) -> Interval:
        """Numbers between which a form lies, whatever the context."""
        lower = upper = form.constant
        for value, c in form.terms.items():
            low, high = self.interval(value)
            lower += c * (low if c > 0 else high)
            upper += c * (high if c > 0 else low)
        return lower, upper

    def interval(self, value: Value) -> Interval:
        """Numbers between which a value lies, whatever the context."""
        found = self._intervals.get(value)
        if found is None:
            self._intervals[value] = _width(value)
            found = self._intervals[value] = self._interval(value)
        return found

    def _interval(self, value: Value) -> Interval:
        number = constant_of(value)
        if number is not None:
            return int(number), int(number)
        if isinstance(value.owner, Block):
            return self._argument_interval(value, value.owner)
        return self._op_interval(value, value.owner)

    def _argument_interval(self, value: Value, block: Block) -> Interval:
        loop = block.parent
        match loop:
            case scf.For() if value.index == 0:
                lower, upper = self.interval(loop.lower)[0], self.interval(loop.upper)[1]
                return lower, max(lower, upper - 1)
            case scf.For():
                return self._stepped(loop.inits[value.index - 1], loop.body.terminator.operands[value.index - 1], value)
            case scf.While() if block is loop.before:
                return self._stepped(loop.inits[value.index], loop.after.terminator.operands[value.index], value)
            case scf.While():
                return self.interval(loop.before.terminator.operands[1 + value.index])
            case _:
                return _width(value)

    def _stepped(self, init: Value, following: Value, arg: Value) -> Interval:
        """A carried value that changes by bounded steps."""
        if arg.type != index:
            return _width(arg)
        moved = steps(following, arg)
        if moved is None:
            return EVERYTHING
        low, high = self.interval(init)
        low, high = low + min(0, moved[0]) * MOST_TRIPS, high + max(0, moved[1]) * MOST_TRIPS
        return (low, high) if fits(low, high) else EVERYTHING

    def _op_interval(self, value: Value, op: Op) -> Interval:
        match op:
            case memref.Dim():
                return 0, LARGEST_SIZE
            case irad.Index():
                return 0, max(0, self.interval(op.operands[1])[1] - 1)
            case scf.If():
                x, y = (region.terminator.operands[value.index] for region in op.regions)
                return _hull(self.interval(x), self.interval(y))
            case scf.For():
                return _hull(self.interval(op.inits[value.index]), self.interval(op.carried[value.index]))
            case scf.While():
                return self.interval(op.before.terminator.operands[1 + value.index])
            case arith.Select():
                return _hull(self.interval(op.operands[1]), self.interval(op.operands[2]))
            case _:
                return self._scalar_interval(value, op)

    def _scalar_interval(self, value: Value, op: Op) -> Interval:
        rule = _BINARY.get(type(op))
        if rule is not None:
            low, high = rule(self.interval(op.operands[0]), self.interval(op.operands[1]))
        elif isinstance(op, arith.ExtUI | arith.IndexCastUI):
            low, high = _unsigned(op.operands[0])
        elif isinstance(op, arith.IndexCast | arith.ExtSI) and op.operands[0].type != i1:
            low, high = self.interval(op.operands[0])
        else:
            return self._division_interval(value, op)
        width = _width(value)
        return (low, high) if low >= width[0] and high <= width[1] else width

    def _division_interval(self, value: Value, op: Op) -> Interval:
        divisor = constant_of(op.operands[1]) if len(op.operands) == 2 and value.type == index else None
        if divisor is None or divisor <= 0:
            return _width(value)
        divisor = int(divisor)
        low, high = self.interval(op.operands[0])
        match op:
            case arith.FloorDivSI():
                return low // divisor, high // divisor
            case m.FloorModSI():
                return 0, divisor - 1
            case arith.RemSI():
                return (0 if low >= 0 else 1 - divisor), divisor - 1
            case arith.DivSI():
                return (-(-low // divisor) if low < 0 else low // divisor), max(high // divisor, 0)
            case arith.AndI():
                return 0, divisor
            case _:
                return _width(value)


def _width(value: Value) -> Interval:
    type = value.type
    if not isinstance(type, IntType):
        return EVERYTHING
    return (0, 1) if type.width == 1 else (-(2 ** (type.width - 1)), 2 ** (type.width - 1) - 1)


def _unsigned(source: Value) -> Interval:
    return (0, 2**source.type.width - 1) if isinstance(source.type, IntType) else EVERYTHING


def _hull(x: Interval, y: Interval) -> Interval:
    return min(x[0], y[0]), max(x[1], y[1])


def _product(x: Interval, y: Interval) -> Interval:
    corners = [a * b for a in x for b in y]
    return min(corners), max(corners)


_BINARY: dict[type[Op], Callable[[Interval, Interval], Interval]] = {
    arith.AddI: lambda x, y: (x[0] + y[0], x[1] + y[1]),
    arith.SubI: lambda x, y: (x[0] - y[1], x[1] - y[0]),
    arith.MulI: _product,
    arith.MaxSI: lambda x, y: (max(x[0], y[0]), max(x[1], y[1])),
    arith.MinSI: lambda x, y: (min(x[0], y[0]), min(x[1], y[1])),
}


def passed_on(value: Value) -> Value | None:
    """What an argument of a while's after region is: the value that the condition passes on."""
    block = value.owner
    if isinstance(block, Block) and isinstance(block.parent, scf.While) and block is block.parent.after:
        return block.parent.before.terminator.operands[1 + value.index]
    return None


def steps(value: Value, start: Value, depth: int = 8) -> tuple[int, int, bool] | None:
    """Least and greatest difference (modulo 2**64) between a value and what it is computed from; None if it is not so computed.

    The last part says whether that is the whole difference; otherwise loops in between repeat such steps.
    """
    if value is start:
        return 0, 0, True
    passed = passed_on(value)
    if passed is not None:
        return steps(passed, start, depth)
    op = value.op
    if op is None or depth == 0:
        return None
    match op:
        case arith.AddI() | arith.SubI() if constant_of(op.operands[1]) is not None:
            moved = steps(op.operands[0], start, depth - 1)
            c = int(constant_of(op.operands[1]) or 0) * (1 if isinstance(op, arith.AddI) else -1)
            return None if moved is None or abs(c) > 2**16 else (moved[0] + c, moved[1] + c, moved[2])
        case arith.Select():
            return _either(op.operands[1:], start, depth)
        case scf.If():
            return _either([region.terminator.operands[value.index] for region in op.regions], start, depth)
        case scf.For():
            return _repeated(op.inits[value.index], op.body.terminator.operands[value.index], op.carried[value.index], start, depth)
        case scf.While():
            passed = op.before.terminator.operands[1 + value.index]
            if passed not in op.before.args:
                return None
            i = passed.index
            return _repeated(op.inits[i], op.after.terminator.operands[i], op.before.args[i], start, depth)
        case _:
            return None


def _either(values: Iterable[Value], start: Value, depth: int) -> tuple[int, int, bool] | None:
    found = [steps(v, start, depth - 1) for v in values]
    known = [f for f in found if f is not None]
    if len(known) < len(found):
        return None
    return min(f[0] for f in known), max(f[1] for f in known), all(f[2] for f in known)


def _repeated(init: Value, following: Value, arg: Value, start: Value, depth: int) -> tuple[int, int, bool] | None:
    first, then = steps(init, start, depth - 1), steps(following, arg, depth - 1)
    if first is None or then is None:
        return None
    return min(first[0], then[0]), max(first[1], then[1]), False
