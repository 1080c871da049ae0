"""Native scalar operations against the interpreter, on ordinary and on extreme operands, at every optimisation level."""

import itertools
import math

import numpy as np
import pytest
from ircode import module

from irad.ir.interpreter import run
from irad.ir.ops import REGISTRY, arith, base
from irad.ir.ops import math as mathops
from irad.ir.types import f32, f64, i1, i8, i16, i32, index
from irad.lower.functions import LLVM, STRUCTURED
from irad.options import Options
from irad.runtime.engine import compile_module

FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.75, 1e-310, 1e300, -1e300, 20.5, -171.25, math.pi, math.inf, -math.inf, math.nan]
INTEGERS = [0, 1, -1, 2, 7, -7, 10, 63, 64, 65, -64, (1 << 63) - 1, -(1 << 63), 1 << 40]
# The C library and Python's math (which computes some functions itself) round these differently.
INEXACT = {mathops.LGamma: 1e-12, mathops.Gamma: 1e-13, mathops.Hypot: 3e-16, mathops.Exp2: 3e-16, mathops.Cbrt: 5e-16}
LEVELS = [0, 3]


def subclasses(base):
    return sorted((cls for cls in REGISTRY.values() if issubclass(cls, base)), key=lambda cls: cls.name)


def agree(got, expected, tolerance=0.0):
    """Equal, NaN and signs of zeros included, or within a relative tolerance."""
    if isinstance(expected, int):
        return type(got) is type(expected) and got == expected
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if got == expected:
        return got != 0.0 or math.copysign(1.0, got) == math.copysign(1.0, expected)
    return abs(got - expected) <= tolerance * abs(expected)


def compare(m, native, *args, tolerance=0.0):
    (expected,) = run(m, "f", args)
    (got,) = native(*args)
    assert agree(got, expected, tolerance), (args, got, expected)


def test_every_operation_has_a_row():
    rows = {*LLVM, *STRUCTURED}
    assert {cls.name for cls in REGISTRY.values() if cls not in rows} == set()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cls", subclasses(base.UnaryFloat), ids=lambda cls: cls.name)
def test_functions_of_one_float(cls, level):
    m = module([f64], lambda b, x: b(cls, x))
    native = compile_module(m, "f", Options(opt_level=level))
    for x in FLOATS:
        compare(m, native, x, tolerance=INEXACT.get(cls, 0.0))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cls", subclasses(base.BinaryFloat), ids=lambda cls: cls.name)
def test_functions_of_two_floats(cls, level):
    m = module([f64, f64], lambda b, x, y: b(cls, x, y))
    native = compile_module(m, "f", Options(opt_level=level))
    for x, y in itertools.product(FLOATS, FLOATS):
        compare(m, native, x, y, tolerance=INEXACT.get(cls, 0.0))


@pytest.mark.parametrize(
    "cls",
    [arith.AddF, arith.DivF, mathops.Exp, mathops.Atan2, mathops.FloorModF, mathops.NextAfter, mathops.Floor],
    ids=lambda cls: cls.name,
)
def test_single_precision(cls):
    count = 1 if issubclass(cls, base.UnaryFloat) else 2
    m = module([f32] * count, lambda b, *args: b(cls, *args))
    native = compile_module(m, "f")
    for args in itertools.product([0.0, 1.5, -2.25, 7.0, math.inf, math.nan], repeat=count):
        compare(m, native, *args, tolerance=2e-7)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cls", subclasses(base.BinaryInt), ids=lambda cls: cls.name)
def test_integers(cls, level):
    m = module([index, index], lambda b, x, y: b(cls, x, y))
    native = compile_module(m, "f", Options(opt_level=level))
    divides = "div" in cls.name or "rem" in cls.name
    for x, y in itertools.product(INTEGERS, INTEGERS):
        if not (divides and y == 0):
            compare(m, native, x, y)


@pytest.mark.parametrize(
    "cls", [arith.DivSI, arith.RemSI, arith.DivUI, arith.RemUI, arith.FloorDivSI, mathops.FloorModSI], ids=lambda cls: cls.name
)
@pytest.mark.parametrize("width", [i8, i32, index], ids=str)
def test_integer_division_by_zero_gives_zero_and_does_not_trap(cls, width):
    native = compile_module(module([width, width], lambda b, x, y: b(cls, x, y)), "f")
    assert native(7, 0) == [0]
    constant = compile_module(module([width], lambda b, x: b(cls, x, b.constant(0, width))), "f")
    assert constant(7) == [0]


@pytest.mark.parametrize(
    "cls", [arith.DivSI, arith.FloorDivSI, arith.RemSI, mathops.FloorModSI, arith.ShLI, arith.ShRSI, arith.ShRUI], ids=lambda cls: cls.name
)
@pytest.mark.parametrize("y", [3, -3, 1, -1, 8])
def test_constant_second_operands(cls, y):
    m = module([index], lambda b, x: b(cls, x, b.index(y)))
    native = compile_module(m, "f")
    for x in INTEGERS:
        compare(m, native, x)


@pytest.mark.parametrize(
    "cls", [arith.AddI, arith.DivSI, arith.DivUI, arith.ShLI, arith.ShRSI, arith.ShRUI, arith.MaxUI, arith.MinSI], ids=lambda cls: cls.name
)
@pytest.mark.parametrize("width", [i8, i16, i32], ids=str)
def test_narrow_integers_wrap(cls, width):
    m = module([width, width], lambda b, x, y: b(cls, x, y))
    native = compile_module(m, "f")
    top = 1 << (width.width - 1)
    for x, y in itertools.product([0, 1, -1, 5, top - 1, -top], [1, -1, 3, width.width, top - 1, -top]):
        compare(m, native, x, y)


@pytest.mark.parametrize("target", [i8, i32, index], ids=str)
@pytest.mark.parametrize("cls", [arith.FPToSI, arith.FPToUI], ids=lambda cls: cls.name)
def test_float_to_integer_is_defined_everywhere(cls, target):
    m = module([f64], lambda b, x: b.op(cls, [x], None, [target]).result)
    native = compile_module(m, "f")
    for x in [
        0.0,
        0.9,
        -0.9,
        -1.5,
        127.9,
        128.0,
        -128.9,
        -129.0,
        255.5,
        256.0,
        2.0**31,
        2.0**63,
        -(2.0**63),
        2.0**64,
        1e300,
        math.inf,
        -math.inf,
        math.nan,
    ]:
        compare(m, native, x)


@pytest.mark.parametrize(
    ("cls", "source", "target", "values"),
    [
        (arith.SIToFP, index, f64, [0, -5, (1 << 63) - 1]),
        (arith.UIToFP, index, f64, [0, -1, 1 << 62]),
        (arith.SIToFP, i8, f32, [-128, 127]),
        (arith.UIToFP, i8, f64, [-128, 127]),
        (arith.ExtSI, i8, i32, [-128, 127]),
        (arith.ExtUI, i1, i8, [False, True]),
        (arith.ExtUI, i8, i16, [-1, 3]),
        (arith.TruncI, i32, i8, [255, 256, -129]),
        (arith.IndexCast, i32, index, [-1, 5]),
        (arith.IndexCast, index, i8, [200, -1]),
        (arith.IndexCastUI, i8, index, [-1, 5]),
        (arith.ExtF, f32, f64, [1.5, math.inf]),
        (arith.TruncF, f64, f32, [0.1, 1e300, math.nan]),
    ],
    ids=lambda p: getattr(p, "name", str(p)),
)
def test_conversions(cls, source, target, values):
    m = module([source], lambda b, x: b.op(cls, [x], None, [target]).result)
    native = compile_module(m, "f")
    for x in values:
        compare(m, native, x)


@pytest.mark.parametrize("predicate", ["oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt", "uge", "ult", "ule", "une", "uno"])
def test_float_comparisons(predicate):
    m = module([f64, f64], lambda b, x, y: b(arith.CmpF, x, y, predicate=predicate))
    native = compile_module(m, "f")
    for x, y in itertools.product([0.0, -0.0, 1.0, math.inf, math.nan], repeat=2):
        compare(m, native, x, y)


@pytest.mark.parametrize("predicate", ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"])
def test_integer_comparisons(predicate):
    m = module([index, index], lambda b, x, y: b(arith.CmpI, x, y, predicate=predicate))
    native = compile_module(m, "f")
    for x, y in itertools.product([0, 1, -1, 1 << 62], repeat=2):
        compare(m, native, x, y)


@pytest.mark.parametrize("cls", subclasses(base.Test), ids=lambda cls: cls.name)
@pytest.mark.parametrize("fast", [False, True])
def test_tests_hold_under_fast_math_too(cls, fast):
    m = module([f64], lambda b, x: b(cls, x))
    native = compile_module(m, "f", Options(fast_math=fast))
    for x in FLOATS:
        compare(m, native, x)


def test_constants_keep_their_bits():
    for value in [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan]:
        m = module([], lambda b, value=value: b.constant(value, f64))
        compare(m, compile_module(m, "f"))
    for value in [0.1, 1e-45, 3.4e38, 1e300, -math.inf]:
        m = module([], lambda b, value=value: b.constant(value, f32))
        compare(m, compile_module(m, "f"))


def test_select_ldexp_fma_and_powers():
    m = module([i1, f64, f64], lambda b, c, x, y: b(arith.Select, c, x, y))
    native = compile_module(m, "f")
    assert [native(True, 1.0, 2.0), native(False, 1.0, 2.0)] == [[1.0], [2.0]]
    m = module([f64, f64, f64], lambda b, x, y, z: b(mathops.Fma, x, y, z))
    compare(m, compile_module(m, "f"), 1.0 + 2.0**-30, 1.0 - 2.0**-30, -1.0)
    m = module([f64, index], lambda b, x, n: b(mathops.LdExp, x, n))
    native = compile_module(m, "f")
    for n in [0, 3, -3, 2000, -2000, 1 << 40, -(1 << 40)]:
        compare(m, native, 1.5, n)
    m = module([f64, index], lambda b, x, n: b(mathops.FPowI, x, n))
    native = compile_module(m, "f")
    for n in [0, 1, 2, 3, -1, -2, 17]:
        compare(m, native, -1.3, n, tolerance=3e-16)


@pytest.mark.parametrize("order", range(6))
def test_polygamma(order):
    special = pytest.importorskip("scipy.special")
    native = compile_module(module([f64, index], lambda b, x, n: b(mathops.Polygamma, x, n)), "f")
    for x in [1e-3, 0.1, 0.5, 1.0, 1.5, 2.0, 7.3, 15.9, 16.1, 40.0, 1e3, 1e8]:
        expected = special.digamma(x) if order == 0 else special.polygamma(order, x)
        assert native(x, order)[0] == pytest.approx(expected, rel=1e-13, abs=1e-14), x
    m = module([f64, index], lambda b, x, n: b(mathops.Polygamma, x, n))
    for x in [-0.5, -3.3, -50.7, 0.0, -0.0, -2.0, math.nan]:
        compare(m, native, x, order, tolerance=1e-11)
    assert native(math.inf, order) == [0.0 if order else math.inf]


def test_digamma_and_trigamma_far_on_the_negative_axis():
    special = pytest.importorskip("scipy.special")
    native = compile_module(module([f64, index], lambda b, x, n: b(mathops.Polygamma, x, n)), "f")
    x = -12345.75
    assert native(x, 0)[0] == pytest.approx(special.digamma(x), rel=1e-12)
    assert native(x, 1)[0] == pytest.approx(math.pi**2 / math.sin(math.pi * 0.25) ** 2 - special.polygamma(1, 1 - x), rel=1e-12)


def test_fast_math_flags_reach_the_instructions():
    from irad.runtime.engine import llvm_ir

    m = module([f64, f64], lambda b, x, y: b(arith.AddF, b(arith.MulF, x, y), y, fastmath=("reassoc", "nsz")))
    text = llvm_ir(m, "f", Options(fast_math=frozenset({"contract"})), optimized=False)
    assert "fmul contract double" in text
    assert "fadd contract reassoc nsz double" in text
    assert "fadd double" in llvm_ir(module([f64], lambda b, x: b(arith.AddF, x, x)), "f", optimized=False)


def test_numpy_scalars_are_accepted():
    m = module([f64, index], lambda b, x, n: b(mathops.LdExp, x, n))
    assert compile_module(m, "f")(np.float32(1.5), np.int16(2)) == [6.0]
