"""The interpreter's scalar table against Python and NumPy: special values, rounding to f32, wrap-around, predicates."""

import math as pymath
import operator
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irad.errors import InternalError
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Module
from irad.ir.eval_tables import EVAL, FLOAT_PREDICATES, INTEGER_PREDICATES
from irad.ir.interpreter import STRUCTURED, run
from irad.ir.ops import REGISTRY, arith, func, math
from irad.ir.special import polygamma
from irad.ir.types import IntType, f32, f64, i1, i8, i16, i32, index

special = pytest.importorskip("scipy.special")

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-300, 1e300, -1e300, 720.0, pymath.inf, -pymath.inf, pymath.nan]
INTEGERS = {i8: np.int8, i16: np.int16, i32: np.int32, index: np.int64}


def apply(cls, types, values, result=None, **attrs):
    """The result of one operation."""
    body = Block(types)
    b = Builder(body)
    value = b.op(cls, body.args, attrs, None if result is None else [result]).result
    b.op(func.Return, [value])
    (found,) = run(Module([Func("f", body, [value.type])]), "f", values)
    return found


def same(x, y, tolerance=0.0):
    """Equal as IEEE values, signs of zero included; a relative tolerance for what libraries round differently."""
    x, y = float(x), float(y)
    if pymath.isnan(x) or pymath.isnan(y):
        return pymath.isnan(x) and pymath.isnan(y)
    if x == y:
        return x != 0.0 or pymath.copysign(1.0, x) == pymath.copysign(1.0, y)
    return abs(x - y) <= tolerance * max(abs(x), abs(y))


def test_every_operation_has_one_row():
    terminators = {cls for cls in REGISTRY.values() if cls.terminator}
    assert set(EVAL) | set(STRUCTURED) | terminators == set(REGISTRY.values())
    assert not set(EVAL) & set(STRUCTURED)


UNARY = {
    math.Sin: np.sin,
    math.Cos: np.cos,
    math.Tan: np.tan,
    math.Asin: np.arcsin,
    math.Acos: np.arccos,
    math.Atan: np.arctan,
    math.Sinh: np.sinh,
    math.Cosh: np.cosh,
    math.Tanh: np.tanh,
    math.Asinh: np.arcsinh,
    math.Acosh: np.arccosh,
    math.Atanh: np.arctanh,
    math.Exp: np.exp,
    math.Exp2: np.exp2,
    math.Expm1: np.expm1,
    math.Log: np.log,
    math.Log2: np.log2,
    math.Log10: np.log10,
    math.Log1p: np.log1p,
    math.Sqrt: np.sqrt,
    math.Cbrt: np.cbrt,
    math.Erf: special.erf,
    math.Erfc: special.erfc,
    math.AbsF: np.abs,
    math.Floor: np.floor,
    math.Ceil: np.ceil,
    math.Trunc: np.trunc,
    math.RoundEven: np.rint,
    math.LGamma: special.gammaln,
    arith.NegF: operator.neg,
}


@pytest.mark.parametrize("cls", UNARY)
@pytest.mark.parametrize("type", [f64, f32], ids=str)
def test_functions_of_one_float(cls, type):
    dtype = np.float64 if type == f64 else np.float32
    for value in SPECIAL:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = dtype(value)
            expected = UNARY[cls](x)
        if cls is math.LGamma and x == -pymath.inf:
            expected = pymath.inf  # as C's lgamma; SciPy's says otherwise
        found = apply(cls, [type], [float(x)])
        assert found == dtype(found) or pymath.isnan(found)
        huge_angle = cls in (math.Sin, math.Cos, math.Tan) and abs(x) > 1e6 and type == f32
        tolerance = 3e-7 if type == f32 else 1e-13 if cls is math.LGamma else 2e-15  # Python's lgamma has a small absolute error
        assert huge_angle or same(found, expected, tolerance), (x, found, expected)


def test_every_function_of_one_float_is_compared():
    families = {cls for cls in REGISTRY.values() if issubclass(cls, math.UnaryFloat)}
    assert families == set(UNARY) | {math.Gamma}


def test_gamma():
    with np.errstate(all="ignore"):
        for x in [0.5, 1.0, 5.0, -0.5, -2.5, 170.0, 172.0, pymath.inf, pymath.nan]:
            assert same(apply(math.Gamma, [f64], [x]), special.gamma(x), 1e-14)
    assert apply(math.Gamma, [f64], [0.0]) == pymath.inf
    assert apply(math.Gamma, [f64], [-0.0]) == -pymath.inf
    assert pymath.isnan(apply(math.Gamma, [f64], [-3.0]))


BINARY = {
    arith.AddF: np.add,
    arith.SubF: np.subtract,
    arith.MulF: np.multiply,
    arith.DivF: np.divide,
    arith.RemF: np.fmod,
    arith.MaximumF: np.maximum,
    arith.MinimumF: np.minimum,
    math.Atan2: np.arctan2,
    math.PowF: np.power,
    math.CopySign: np.copysign,
    math.Hypot: np.hypot,
    math.NextAfter: np.nextafter,
    math.FloorModF: np.mod,
    math.FloorDivF: np.floor_divide,
}


@pytest.mark.parametrize("cls", BINARY)
@pytest.mark.parametrize("type", [f64, f32], ids=str)
def test_functions_of_two_floats(cls, type):
    dtype = np.float64 if type == f64 else np.float32
    for x in SPECIAL:
        for y in SPECIAL:
            with np.errstate(all="ignore"):
                a, b = dtype(x), dtype(y)
                expected = BINARY[cls](a, b)
            if cls in (arith.MaximumF, arith.MinimumF) and a == b == 0.0:
                continue  # NumPy does not say which zero
            if cls is math.PowF and b == 0.5 and not a > 0.0:
                continue  # NumPy takes the root, which differs from C's pow at -0 and -inf
            found = apply(cls, [type, type], [float(a), float(b)])
            assert same(found, expected, 2e-15 if type == f64 else 3e-7), (a, b, found, expected)


def test_maximum_tells_zeros_apart():
    assert pymath.copysign(1.0, apply(arith.MaximumF, [f64, f64], [-0.0, 0.0])) == 1.0
    assert pymath.copysign(1.0, apply(arith.MinimumF, [f64, f64], [0.0, -0.0])) == -1.0


def test_float_remainders():
    assert apply(math.Remainder, [f64, f64], [5.0, 3.0]) == pymath.remainder(5.0, 3.0) == -1.0
    assert pymath.isnan(apply(math.Remainder, [f64, f64], [5.0, 0.0]))
    assert apply(math.FloorModF, [f64, f64], [-5.0, 3.0]) == -5.0 % 3.0 == 1.0
    assert apply(arith.RemF, [f64, f64], [-5.0, 3.0]) == -2.0


def test_fma_rounds_once():
    x, y = 1.0 + 2.0**-30, 1.0 - 2.0**-30
    assert x * y - 1.0 == 0.0
    assert apply(math.Fma, [f64] * 3, [x, y, -1.0]) == -(2.0**-60)
    assert apply(math.Fma, [f64] * 3, [1e200, 1e200, -pymath.inf]) == -pymath.inf
    assert apply(math.Fma, [f64] * 3, [1e200, 1e200, 0.0]) == pymath.inf
    assert same(apply(math.Fma, [f64] * 3, [-1.0, 0.0, -0.0]), -0.0)


def test_integer_powers_and_scaling():
    assert apply(math.FPowI, [f64, index], [2.0, -2]) == 0.25
    assert apply(math.FPowI, [f64, index], [0.0, -1]) == pymath.inf
    assert apply(math.LdExp, [f64, index], [0.75, 4]) == 12.0
    assert apply(math.LdExp, [f64, index], [-1.0, 10**6]) == -pymath.inf
    assert apply(math.LdExp, [f64, index], [1.0, -(10**6)]) == 0.0


@pytest.mark.parametrize("order", range(5))
def test_polygamma(order):
    for x in (1e-3, 0.1, 0.5, 1.0, 1.5, 3.0, 20.0, 1e5):
        assert same(apply(math.Polygamma, [f64, index], [x, order]), special.polygamma(order, x), 2e-14 if order else 1e-12)
    for x in (-0.3, -1.5, -3.75, -20.25):
        # The recurrence across the poles: psi(x + 1) - psi(x) = (-1)^n n! / x^(n+1).
        step = (-1) ** order * pymath.factorial(order) / x ** (order + 1)
        assert polygamma(x + 1.0, order) - polygamma(x, order) == pytest.approx(step, rel=1e-9, abs=1e-9 * abs(polygamma(x, order)))


def test_polygamma_at_the_poles():
    assert polygamma(0.0, 0) == -pymath.inf
    assert pymath.isnan(polygamma(-2.0, 0))
    assert polygamma(-2.0, 1) == pymath.inf
    assert polygamma(pymath.inf, 0) == pymath.inf
    assert polygamma(pymath.inf, 2) == 0.0


SIGNED = {
    arith.AddI: np.add,
    arith.SubI: np.subtract,
    arith.MulI: np.multiply,
    arith.FloorDivSI: np.floor_divide,
    math.FloorModSI: np.mod,
    arith.RemSI: np.fmod,
    arith.MaxSI: np.maximum,
    arith.MinSI: np.minimum,
    arith.AndI: np.bitwise_and,
    arith.OrI: np.bitwise_or,
    arith.XorI: np.bitwise_xor,
    arith.ShLI: np.left_shift,
    arith.ShRSI: np.right_shift,
}
UNSIGNED = {
    arith.DivUI: np.floor_divide,
    arith.RemUI: np.mod,
    arith.MaxUI: np.maximum,
    arith.MinUI: np.minimum,
    arith.ShRUI: np.right_shift,
}


def integers(type):
    low, high = np.iinfo(INTEGERS[type]).min, np.iinfo(INTEGERS[type]).max
    return st.integers(low, high) | st.sampled_from([0, 1, -1, low, high])


@given(data=st.data(), type=st.sampled_from(list(INTEGERS)), cls=st.sampled_from([*SIGNED, *UNSIGNED]))
def test_integers(data, type, cls):
    x, y = data.draw(integers(type)), data.draw(integers(type))
    shifts = cls in (arith.ShLI, arith.ShRSI, arith.ShRUI)
    if shifts:
        y = data.draw(st.integers(0, np.iinfo(INTEGERS[type]).bits - 1))
    if y == 0 and not shifts:
        y = 3
    a, b = np.array([x], INTEGERS[type]), np.array([y], INTEGERS[type])
    with np.errstate(all="ignore"):
        if cls in UNSIGNED:
            unsigned = a.dtype.str.replace("i", "u")
            expected = UNSIGNED[cls](a.view(unsigned), b.view(unsigned)).view(a.dtype)
        else:
            expected = SIGNED[cls](a, b)
    assert apply(cls, [type, type], [x, y]) == expected[0]


def test_quotient_is_rounded_towards_zero():
    assert [apply(arith.DivSI, [index, index], [x, 2]) for x in (7, -7)] == [3, -3]
    assert [apply(arith.RemSI, [index, index], [x, 2]) for x in (7, -7)] == [1, -1]
    assert apply(arith.DivSI, [i8, i8], [-128, -1]) == -128


@pytest.mark.parametrize("cls", [arith.DivSI, arith.DivUI, arith.RemSI, arith.RemUI, arith.FloorDivSI, math.FloorModSI])
def test_division_by_zero_is_undefined(cls):
    with pytest.raises(InternalError, match="division of 3 by zero"):
        apply(cls, [index, index], [3, 0])


@given(st.booleans(), st.booleans())
def test_booleans(x, y):
    assert apply(arith.AndI, [i1, i1], [x, y]) is (x and y)
    assert apply(arith.OrI, [i1, i1], [x, y]) is (x or y)
    assert apply(arith.XorI, [i1, i1], [x, y]) is (x != y)
    assert apply(arith.MaxUI, [i1, i1], [x, y]) is (x or y)
    assert apply(arith.ExtUI, [i1], [x], i8) == int(x)
    assert apply(arith.ExtSI, [i1], [x], i8) == -int(x)
    assert apply(arith.UIToFP, [i1], [x], f64) == float(x)
    assert apply(arith.IndexCastUI, [i1], [x], index) == int(x)


@given(integers(i8), integers(i8))
def test_integer_predicates(x, y):
    unsigned = (x & 255, y & 255)
    for predicate in INTEGER_PREDICATES:
        pair = unsigned if predicate[0] == "u" else (x, y)
        name = predicate if predicate in ("eq", "ne") else predicate[1:]
        assert apply(arith.CmpI, [i8, i8], [x, y], predicate=predicate) is getattr(operator, name)(*pair)


def test_float_predicates():
    for x in SPECIAL:
        for y in SPECIAL:
            unordered = pymath.isnan(x) or pymath.isnan(y)
            for predicate in FLOAT_PREDICATES:
                if predicate in ("ord", "uno"):
                    expected = unordered == (predicate == "uno")
                else:
                    expected = predicate[0] == "u" if unordered else getattr(operator, predicate[1:])(x, y)
                assert apply(arith.CmpF, [f64, f64], [x, y], predicate=predicate) is expected


def test_conversions():
    assert apply(arith.TruncF, [f64], [0.1], f32) == float(np.float32(0.1))
    assert apply(arith.TruncF, [f64], [1e300], f32) == pymath.inf
    assert apply(arith.SIToFP, [index], [2**24 + 1], f32) == float(2**24)
    assert apply(arith.UIToFP, [i8], [-1], f64) == 255.0
    assert apply(arith.FPToSI, [f64], [-2.9], index) == -2
    assert apply(arith.FPToUI, [f64], [200.5], i8) == 200 - 256
    assert apply(arith.FPToSI, [f64], [pymath.nan], index) == -(2**63)
    assert apply(arith.IndexCast, [index], [300], i8) == 44
    assert apply(arith.TruncI, [i32], [-1], i8) == -1
    assert apply(arith.TruncI, [i32], [2], i1) is False
    assert apply(arith.IndexCastUI, [IntType(8)], [-1], index) == 255


def test_tests_and_select():
    assert [apply(math.IsNaN, [f64], [x]) for x in (1.0, pymath.nan)] == [False, True]
    assert [apply(math.IsInf, [f64], [x]) for x in (1.0, -pymath.inf)] == [False, True]
    assert [apply(math.IsFinite, [f64], [x]) for x in (1.0, -pymath.inf, pymath.nan)] == [True, False, False]
    assert [apply(arith.Select, [i1, f64, f64], [c, 1.0, 2.0]) for c in (True, False)] == [1.0, 2.0]
