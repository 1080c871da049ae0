"""The table of scalar operations: one row each, a function that emits the operation."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import copysign, inf

from irad.ir.core import Op
from irad.ir.ops import arith, math
from irad.ir.ops import complex as complexops
from irad.ir.types import FloatType, Type
from irad.lower import integers, libm
from irad.lower.emitter import Emitter
from irad.lower.types import components, rebuild, scalar

Row = Callable[[Emitter, Op], None]


def literal(value: float | int | bool, type: Type) -> str:
    """A constant operand; floats as the bits of a double, which LLVM reads for f32 too."""
    if isinstance(type, FloatType):
        number = float(value)
        if type.width == 32:
            number = _single(number)
        return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"
    if scalar(type) == "i1":
        return "true" if value else "false"
    return str(int(value))


def _single(number: float) -> float:
    """A float rounded to single precision."""
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return copysign(inf, number)


def _constant(f: Emitter, op: Op) -> None:
    f[op.result] = literal(op.attrs["value"], op.result.type)


def _create(f: Emitter, op: Op) -> None:
    re, im = op.operands
    f[op.result] = f[re], f[im]


def _part(f: Emitter, op: Op) -> None:
    f[op.result] = f.parts(op.operands)[0 if isinstance(op, complexops.Re) else 1]


def _float(instruction: str) -> Row:
    """An instruction on floats that takes fast-math flags."""

    def emit(f: Emitter, op: Op) -> None:
        operands = ", ".join(f[v] for v in op.operands)
        f[op.result] = f.emit(f"{instruction} {libm.flags(f, op)}{scalar(op.result.type)} {operands}")

    return emit


def _float_intrinsic(name: str) -> Row:
    """An LLVM intrinsic on floats of one type."""

    def emit(f: Emitter, op: Op) -> None:
        type = scalar(op.result.type)
        f[op.result] = libm.intrinsic(f, name, type, *(f[v] for v in op.operands), flags=libm.flags(f, op))

    return emit


def _compare_float(f: Emitter, op: Op) -> None:
    x, y = op.operands
    f[op.result] = f.emit(f"fcmp {libm.flags(f, op)}{op.attrs['predicate']} {scalar(x.type)} {f[x]}, {f[y]}")


def _compare_int(f: Emitter, op: Op) -> None:
    x, y = op.operands
    f[op.result] = f.emit(f"icmp {op.attrs['predicate']} {scalar(x.type)} {f[x]}, {f[y]}")


def _select(f: Emitter, op: Op) -> None:
    """Arrays and stacks are chosen component by component."""
    condition, x, y = op.operands
    fast = libm.flags(f, op) if isinstance(op.result.type, FloatType) else ""
    choices = zip(components(op.result.type), f.parts([x]), f.parts([y]), strict=True)
    chosen = [a if a == b else f.emit(f"select {fast}i1 {f[condition]}, {kind} {a}, {kind} {b}") for kind, a, b in choices]
    f[op.result] = rebuild(op.result.type, chosen)


def _convert(instruction: str) -> Row:
    """A conversion instruction."""

    def emit(f: Emitter, op: Op) -> None:
        (x,) = op.operands
        source, target = scalar(x.type), scalar(op.result.type)
        f[op.result] = f[x] if source == target else f.emit(f"{instruction} {source} {f[x]} to {target}")

    return emit


def _to_signed(f: Emitter, op: Op) -> None:
    """Float to integer; what does not fit, where LLVM's instruction is undefined, gives the lowest integer."""
    (x,) = op.operands
    target = scalar(op.result.type)
    half = 1 << (int(target[1:]) - 1)
    magnitude = libm.intrinsic(f, "llvm.fabs", scalar(x.type), f[x])
    fits = f.emit(f"fcmp olt {scalar(x.type)} {magnitude}, {literal(half, x.type)}")
    f[op.result] = f.emit(f"select i1 {fits}, {target} {f.emit(f'fptosi {scalar(x.type)} {f[x]} to {target}')}, {target} {-half}")


def _to_unsigned(f: Emitter, op: Op) -> None:
    """Float to unsigned integer; what does not fit gives the highest bit."""
    (x,) = op.operands
    source, target = scalar(x.type), scalar(op.result.type)
    width = int(target[1:])
    high, low = (f.emit(f"fcmp {test} {source} {f[x]}, {literal(bound, x.type)}") for test, bound in (("olt", 1 << width), ("ogt", -1)))
    converted = f.emit(f"fptoui {source} {f[x]} to {target}")
    f[op.result] = f.emit(f"select i1 {f.emit(f'and i1 {high}, {low}')}, {target} {converted}, {target} {1 << (width - 1)}")


def _index_cast(extension: str) -> Row:
    """index <-> iN: extends or truncates."""

    def emit(f: Emitter, op: Op) -> None:
        (x,) = op.operands
        source, target = scalar(x.type), scalar(op.result.type)
        instruction = extension if int(source[1:]) < int(target[1:]) else "trunc"
        f[op.result] = f[x] if source == target else f.emit(f"{instruction} {source} {f[x]} to {target}")

    return emit


def _test(predicate: str, magnitude: bool) -> Row:
    """A test of one float: itself against itself, or its magnitude against infinity; never under fast-math flags."""

    def emit(f: Emitter, op: Op) -> None:
        (x,) = op.operands
        type, operand, other = scalar(x.type), f[x], f[x]
        if magnitude:
            operand, other = libm.intrinsic(f, "llvm.fabs", type, operand), "0x7FF0000000000000"
        f[op.result] = f.emit(f"fcmp {predicate} {type} {operand}, {other}")

    return emit


SCALARS: dict[type[Op], Row] = {
    arith.Constant: _constant,
    complexops.Create: _create,
    complexops.Re: _part,
    complexops.Im: _part,
    arith.AddF: _float("fadd"),
    arith.SubF: _float("fsub"),
    arith.MulF: _float("fmul"),
    arith.DivF: _float("fdiv"),
    arith.RemF: _float("frem"),
    arith.NegF: _float("fneg"),
    arith.MaximumF: _float_intrinsic("llvm.maximum"),
    arith.MinimumF: _float_intrinsic("llvm.minimum"),
    arith.AddI: integers.binary("add"),
    arith.SubI: integers.binary("sub"),
    arith.MulI: integers.binary("mul"),
    arith.DivSI: integers.quotient("sdiv"),
    arith.DivUI: integers.quotient("udiv"),
    arith.RemSI: integers.remainder("srem"),
    arith.RemUI: integers.remainder("urem"),
    arith.FloorDivSI: integers.floor_quotient,
    math.FloorModSI: integers.floor_remainder,
    arith.MaxSI: integers.intrinsic("llvm.smax"),
    arith.MinSI: integers.intrinsic("llvm.smin"),
    arith.MaxUI: integers.intrinsic("llvm.umax"),
    arith.MinUI: integers.intrinsic("llvm.umin"),
    arith.AndI: integers.binary("and"),
    arith.OrI: integers.binary("or"),
    arith.XorI: integers.binary("xor"),
    arith.ShLI: integers.shift("shl"),
    arith.ShRSI: integers.shift("ashr"),
    arith.ShRUI: integers.shift("lshr"),
    arith.CmpI: _compare_int,
    arith.CmpF: _compare_float,
    arith.Select: _select,
    arith.ExtF: _convert("fpext"),
    arith.TruncF: _convert("fptrunc"),
    arith.ExtSI: _convert("sext"),
    arith.ExtUI: _convert("zext"),
    arith.TruncI: _convert("trunc"),
    arith.SIToFP: _convert("sitofp"),
    arith.UIToFP: _convert("uitofp"),
    arith.FPToSI: _to_signed,
    arith.FPToUI: _to_unsigned,
    arith.IndexCast: _index_cast("sext"),
    arith.IndexCastUI: _index_cast("zext"),
    math.Sqrt: _float_intrinsic("llvm.sqrt"),
    math.AbsF: _float_intrinsic("llvm.fabs"),
    math.Floor: _float_intrinsic("llvm.floor"),
    math.Ceil: _float_intrinsic("llvm.ceil"),
    math.Trunc: _float_intrinsic("llvm.trunc"),
    math.RoundEven: _float_intrinsic("llvm.roundeven"),
    math.CopySign: _float_intrinsic("llvm.copysign"),
    math.Fma: _float_intrinsic("llvm.fma"),
    math.IsNaN: _test("uno", magnitude=False),
    math.IsInf: _test("oeq", magnitude=True),
    math.IsFinite: _test("one", magnitude=True),
    math.Sin: libm.call("sin"),
    math.Cos: libm.call("cos"),
    math.Tan: libm.call("tan"),
    math.Asin: libm.call("asin"),
    math.Acos: libm.call("acos"),
    math.Atan: libm.call("atan"),
    math.Sinh: libm.call("sinh"),
    math.Cosh: libm.call("cosh"),
    math.Tanh: libm.call("tanh"),
    math.Asinh: libm.call("asinh"),
    math.Acosh: libm.call("acosh"),
    math.Atanh: libm.call("atanh"),
    math.Exp: libm.call("exp"),
    math.Exp2: libm.call("exp2"),
    math.Expm1: libm.call("expm1"),
    math.Log: libm.call("log"),
    math.Log2: libm.call("log2"),
    math.Log10: libm.call("log10"),
    math.Log1p: libm.call("log1p"),
    math.Cbrt: libm.call("cbrt"),
    math.Erf: libm.call("erf"),
    math.Erfc: libm.call("erfc"),
    math.Atan2: libm.call("atan2"),
    math.PowF: libm.call("pow", fast=False),
    math.FPowI: libm.power_of_int,
    math.Hypot: libm.call("hypot"),
    math.Gamma: libm.call("tgamma"),
    math.LGamma: libm.lgamma,
    math.Polygamma: libm.polygamma,
    math.NextAfter: libm.call("nextafter"),
    math.Remainder: libm.call("remainder"),
    math.FloorModF: libm.floor_mod,
    math.FloorDivF: libm.floor_div,
    math.LdExp: libm.ldexp,
}
