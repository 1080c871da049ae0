"""Integer arithmetic with NumPy's meaning where LLVM's instructions have none: no operand traps or is undefined.

x // 0 and x % 0 give 0, the smallest integer divided by -1 wraps to itself, shifts by the width or more give 0 or the sign.
"""

from __future__ import annotations

from collections.abc import Callable

from irad.ir.core import Op
from irad.ir.ops import arith
from irad.lower.emitter import Emitter
from irad.lower.types import scalar

Row = Callable[[Emitter, Op], None]


def binary(instruction: str) -> Row:
    """An instruction that is defined for all operands."""

    def emit(f: Emitter, op: Op) -> None:
        x, y = op.operands
        f[op.result] = f.emit(f"{instruction} {scalar(x.type)} {f[x]}, {f[y]}")

    return emit


def intrinsic(name: str) -> Row:
    """An LLVM intrinsic of two integers."""

    def emit(f: Emitter, op: Op) -> None:
        x, y = op.operands
        f[op.result] = call_intrinsic(f, name, scalar(x.type), f[x], f[y])

    return emit


def call_intrinsic(f: Emitter, name: str, type: str, x: str, y: str) -> str:
    """Call an LLVM intrinsic of two integers of a type."""
    f.unit.declare(f"{name}.{type}", f"{type} @{name}.{type}({type}, {type})", "nounwind")
    return f.emit(f"call {type} @{name}.{type}({type} {x}, {type} {y})")


def shift(instruction: str) -> Row:
    """A shift: by the width or more (a negative amount is one) gives 0, or the sign for `ashr`."""

    def emit(f: Emitter, op: Op) -> None:
        x, y = op.operands
        type, amount = scalar(x.type), f[y]
        width = int(type[1:])
        if _constant(op, width):
            f[op.result] = f.emit(f"{instruction} {type} {f[x]}, {amount}")
        elif instruction == "ashr":
            f[op.result] = f.emit(f"ashr {type} {f[x]}, {call_intrinsic(f, 'llvm.umin', type, amount, str(width - 1))}")
        else:
            shifted = f.emit(f"{instruction} {type} {f[x]}, {amount}")
            f[op.result] = f.emit(f"select i1 {f.emit(f'icmp ult {type} {amount}, {width}')}, {type} {shifted}, {type} 0")

    return emit


def _constant(op: Op, below: int | None = None) -> bool:
    """Whether the second operand is a constant that needs no care."""
    value = op.operands[1].op
    if not isinstance(value, arith.Constant):
        return False
    return 0 <= value.value < below if below is not None else value.value not in (0, -1)


def _safe_divisor(f: Emitter, op: Op, signed: bool) -> tuple[str, str]:
    """Whether the divisor is one of those that trap (0, and -1 if signed), and the divisor with 1 in their place."""
    y = op.operands[1]
    type = scalar(y.type)
    trap = f.emit(f"icmp ult {type} {f.emit(f'add {type} {f[y]}, 1')}, 2" if signed else f"icmp eq {type} {f[y]}, 0")
    return trap, f.emit(f"select i1 {trap}, {type} 1, {type} {f[y]}")


def _divide(f: Emitter, op: Op, instruction: str) -> str:
    """The quotient."""
    x, y = op.operands
    type = scalar(x.type)
    if _constant(op):
        return f.emit(f"{instruction} {type} {f[x]}, {f[y]}")
    trap, divisor = _safe_divisor(f, op, instruction == "sdiv")
    quotient = f.emit(f"{instruction} {type} {f[x]}, {divisor}")
    # -x for the divisor -1, and 0 for 0.
    special = f.emit(f"sub {type} 0, {f.emit(f'and {type} {f[x]}, {f[y]}')}") if instruction == "sdiv" else "0"
    return f.emit(f"select i1 {trap}, {type} {special}, {type} {quotient}")


def _modulo(f: Emitter, op: Op, instruction: str) -> str:
    """The remainder: 0 for the divisors that are replaced by 1."""
    x, y = op.operands
    type = scalar(x.type)
    divisor = f[y] if _constant(op) else _safe_divisor(f, op, instruction == "srem")[1]
    return f.emit(f"{instruction} {type} {f[x]}, {divisor}")


def quotient(instruction: str) -> Row:
    """Division rounded towards zero."""

    def emit(f: Emitter, op: Op) -> None:
        f[op.result] = _divide(f, op, instruction)

    return emit


def remainder(instruction: str) -> Row:
    """The remainder of division rounded towards zero."""

    def emit(f: Emitter, op: Op) -> None:
        f[op.result] = _modulo(f, op, instruction)

    return emit


def _signs_differ(f: Emitter, op: Op, rest: str) -> str:
    """Whether a remainder is not zero and has another sign than the divisor."""
    y = op.operands[1]
    type = scalar(y.type)
    opposite = f.emit(f"icmp slt {type} {f.emit(f'xor {type} {rest}, {f[y]}')}, 0")
    return f.emit(f"and i1 {opposite}, {f.emit(f'icmp ne {type} {rest}, 0')}")


def floor_quotient(f: Emitter, op: Op) -> None:
    """Python's //: one less than the truncated quotient if the remainder's sign is not the divisor's."""
    type = scalar(op.result.type)
    quotient, rest = _divide(f, op, "sdiv"), _modulo(f, op, "srem")
    borrow = f.emit(f"sext i1 {_signs_differ(f, op, rest)} to {type}")
    f[op.result] = f.emit(f"add {type} {quotient}, {borrow}")


def floor_remainder(f: Emitter, op: Op) -> None:
    """Python's %: the sign of the divisor."""
    type = scalar(op.result.type)
    rest = _modulo(f, op, "srem")
    shifted = f.emit(f"add {type} {rest}, {f[op.operands[1]]}")
    f[op.result] = f.emit(f"select i1 {_signs_differ(f, op, rest)}, {type} {shifted}, {type} {rest}")
