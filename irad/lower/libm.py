"""Functions of C's mathematical library: plain calls marked as pure, with their vector variants, and what is built from them."""

from __future__ import annotations

from collections.abc import Callable

from irad.ir.core import Op
from irad.lower.emitter import Emitter, Unit
from irad.lower.integers import call_intrinsic
from irad.lower.special import LGAMMA, POLYGAMMA
from irad.lower.types import scalar

Row = Callable[[Emitter, Op], None]
PURE = "nounwind willreturn nofree nosync memory(none)"


def call(name: str, fast: bool = True) -> Row:
    """A function whose operands and result have one float type; `fast`: whether fast-math flags may go on the call."""

    def emit(f: Emitter, op: Op) -> None:
        f[op.result] = call_function(f, name, scalar(op.result.type), [f[v] for v in op.operands], flags(f, op) if fast else "")

    return emit


def flags(f: Emitter, op: Op) -> str:
    """Fast-math flags of a float operation, with a space behind each."""
    return "".join(f"{flag} " for flag in dict.fromkeys((*f.unit.target.flags, *op.attrs.get("fastmath", ()))))


def intrinsic(f: Emitter, name: str, type: str, *operands: str, flags: str = "") -> str:
    """Call an LLVM intrinsic on floats of one type."""
    symbol = f"{name}.f{64 if type == 'double' else 32}"
    f.unit.declare(symbol, f"{type} @{symbol}({', '.join([type] * len(operands))})", "nounwind")
    return f.emit(f"call {flags}{type} @{symbol}({', '.join(f'{type} {x}' for x in operands)})")


def call_function(f: Emitter, name: str, type: str, operands: list[str], flags: str = "") -> str:
    """Call a C function of floats; not an LLVM intrinsic, since only calls can name their vector variants."""
    symbol = name if type == "double" else f"{name}f"
    f.unit.declare(symbol, f"{type} @{symbol}({', '.join([type] * len(operands))})", PURE)
    arguments = ", ".join(f"{type} {x}" for x in operands)
    return f.emit(f"call {flags}{type} @{symbol}({arguments}) {_call_attributes(f.unit, symbol, type, len(operands))}")


def _call_attributes(unit: Unit, symbol: str, type: str, count: int) -> str:
    """Attributes of a call; the vector variants are declared, and kept though nothing calls them yet."""
    names = []
    for lanes, variant in unit.target.vector_variants(symbol, count):
        vector = f"<{lanes} x {type}>"
        unit.declare(variant, f"{vector} @{variant}({', '.join([vector] * count)})", PURE)
        unit.used[variant] = None
        names.append(f"_ZGV_LLVM_N{lanes}{'v' * count}_{symbol}({variant})")
    return unit.attributes(PURE + (f' "vector-function-abi-variant"="{",".join(names)}"' if names else ""))


def power_of_int(f: Emitter, op: Op) -> None:
    """x ** n as Python computes it: C's pow of n as a float."""
    x, n = op.operands
    type = scalar(x.type)
    exponent = f.emit(f"sitofp {scalar(n.type)} {f[n]} to {type}")
    f[op.result] = call_function(f, "pow", type, [f[x], exponent])


def ldexp(f: Emitter, op: Op) -> None:
    """x * 2**n: C's ldexp takes an int, and beyond a few thousand the result is 0 or infinite anyway."""
    x, n = op.operands
    type = scalar(x.type)
    clamped = call_intrinsic(f, "llvm.smax", "i64", call_intrinsic(f, "llvm.smin", "i64", f[n], "100000"), "-100000")
    exponent = f.emit(f"trunc i64 {clamped} to i32")
    symbol = "ldexp" if type == "double" else "ldexpf"
    f.unit.declare(symbol, f"{type} @{symbol}({type}, i32)", PURE)
    f[op.result] = f.emit(f"call {type} @{symbol}({type} {f[x]}, i32 {exponent})")


def lgamma(f: Emitter, op: Op) -> None:
    """C's lgamma writes the sign to a global variable; the reentrant form writes it to a local one, in a function that is pure so."""
    (x,) = op.operands
    type = scalar(x.type)
    suffix = "" if type == "double" else "f"
    f.unit.definitions[f"lgamma{suffix}"] = LGAMMA.format(type=type, suffix=suffix)
    f[op.result] = f.emit(f"call {type} @irad.lgamma{suffix}({type} {f[x]})")


def polygamma(f: Emitter, op: Op) -> None:
    """Computed in double precision, by a function written in LLVM IR."""
    x, n = op.operands
    f.unit.definitions["polygamma"] = POLYGAMMA
    for name in ("log", "sin", "tan"):
        f.unit.declare(name, f"double @{name}(double)", PURE)
    for name in ("llvm.roundeven.f64", "llvm.floor.f64"):
        f.unit.declare(name, f"double @{name}(double)", "nounwind")
    f.unit.declare("llvm.copysign.f64", "double @llvm.copysign.f64(double, double)", "nounwind")
    single = scalar(x.type) == "float"
    operand = f.emit(f"fpext float {f[x]} to double") if single else f[x]
    result = f.emit(f"call double @irad.polygamma(double {operand}, i64 {f[n]})")
    f[op.result] = f.emit(f"fptrunc double {result} to float") if single else result


def _floor_parts(f: Emitter, op: Op) -> tuple[str, str, str, str]:
    """Type, fmod(x, y), whether it is not zero, and whether it has to be moved to the side of y (CPython's float_divmod)."""
    x, y = (f[v] for v in op.operands)
    type = scalar(op.result.type)
    rest = f.emit(f"frem {type} {x}, {y}")
    nonzero = f.emit(f"fcmp une {type} {rest}, 0.0")
    opposite = f.emit(f"xor i1 {f.emit(f'fcmp olt {type} {y}, 0.0')}, {f.emit(f'fcmp olt {type} {rest}, 0.0')}")
    return type, rest, nonzero, f.emit(f"and i1 {nonzero}, {opposite}")


def floor_mod(f: Emitter, op: Op) -> None:
    """Python's float %: the sign of y, also of a zero."""
    y = f[op.operands[1]]
    type, rest, nonzero, move = _floor_parts(f, op)
    moved = f.emit(f"select i1 {move}, {type} {f.emit(f'fadd {type} {rest}, {y}')}, {type} {rest}")
    zero = intrinsic(f, "llvm.copysign", type, "0.0", y)
    f[op.result] = f.emit(f"select i1 {nonzero}, {type} {moved}, {type} {zero}")


def floor_div(f: Emitter, op: Op) -> None:
    """Python's float //, and NumPy's x / 0 for a divisor of zero."""
    x, y = (f[v] for v in op.operands)
    type, rest, _, move = _floor_parts(f, op)
    exact = f.emit(f"fdiv {type} {f.emit(f'fsub {type} {x}, {rest}')}, {y}")
    quotient = f.emit(f"select i1 {move}, {type} {f.emit(f'fsub {type} {exact}, 1.0')}, {type} {exact}")
    floored = intrinsic(f, "llvm.floor", type, quotient)
    # The division may have rounded down to just below an integer.
    above = f.emit(f"fcmp ogt {type} {f.emit(f'fsub {type} {quotient}, {floored}')}, 0.5")
    rounded = f.emit(f"select i1 {above}, {type} {f.emit(f'fadd {type} {floored}, 1.0')}, {type} {floored}")
    plain = f.emit(f"fdiv {type} {x}, {y}")
    zero = intrinsic(f, "llvm.copysign", type, "0.0", plain)
    result = f.emit(f"select i1 {f.emit(f'fcmp oeq {type} {quotient}, 0.0')}, {type} {zero}, {type} {rounded}")
    f[op.result] = f.emit(f"select i1 {f.emit(f'fcmp oeq {type} {y}, 0.0')}, {type} {plain}, {type} {result}")
