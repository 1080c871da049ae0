"""Traced scalars: promotion, operators, builtins and math, each compared with Python or NumPy."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from frontend_values import MATH, NP, PY, Built, call, check, compare

from irad.errors import UnsupportedError
from irad.frontend.numpy_api import FUNCTIONS
from irad.ir.ops import math as math_ops
from irad.ir.ops import scf

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod]
COMPARE = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
BITWISE = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
PAIRS = [(7, -2), (-7, 3), (7.5, -2.0), (-7.5, 2), (True, 3), (True, True), (2, 0.5)]
STRONG = [np.float32(1.5), np.float64(2.5), np.int8(7), np.int32(-7), np.int64(9), np.uint8(200), np.bool_(True)]


@pytest.mark.parametrize("op", BINARY + COMPARE)
@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_operators_on_python_numbers(op, x, y):
    check(op, x, y)
    check(lambda a: op(a, y), x)
    check(lambda b: op(x, b), y)


@pytest.mark.parametrize("op", BITWISE)
@pytest.mark.parametrize(("x", "y"), [(12, 3), (-12, 5), (True, False)])
def test_bitwise_operators(op, x, y):
    check(op, x, y)


@pytest.mark.parametrize("op", [operator.neg, operator.pos, operator.abs])
@pytest.mark.parametrize("x", [3, -3, 2.5, -2.5, True])
def test_unary_operators(op, x):
    check(op, x)


@pytest.mark.parametrize("op", [*BINARY[:4], operator.mod, *COMPARE])
@pytest.mark.parametrize("x", STRONG)
@pytest.mark.parametrize("y", [2, 1.5, True, *STRONG])
def test_promotion_is_numpys(op, x, y):
    """A dtype error of NumPy is one of ours; else the dtypes agree."""
    try:
        with np.errstate(all="ignore"):
            want = op(x, y)
    except TypeError:
        with pytest.raises(UnsupportedError):
            Built(op, x, y)
        return
    if want.dtype == np.float16:
        with pytest.raises(UnsupportedError, match="float16"):
            Built(op, x, y)
        return
    compare(call(op, x, y), want, 1e-6, False)
    compare(call(lambda a: op(a, y), x), want, 1e-6, False)
    compare(call(lambda b: op(x, b), y), want, 1e-6, False)


def test_weak_and_strong():
    x = np.array([1.5, 2.5], np.float32)
    check(lambda a: (a[0] * 2.0, a[0] * np.float64(2), np.float64(2) * a[0], 0.0 + a[0], MATH.sin(a[0]), NP.sin(a[0])), x)
    check(lambda a, s: (a[0] * s, s * a, a + s), x, 2.0)
    check(lambda a, n: (a[0] * n, a * n), x, 3)


def test_out_of_range_constants():
    with pytest.raises(OverflowError, match="300 out of bounds for int8"):
        Built(lambda a: a + 300, np.int8(1))
    check(lambda a: (a < 300, a > -300, a == 300), np.int8(1))
    check(lambda a: a + 5, np.uint64(2**64 - 3))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 13])
def test_integer_powers(n):
    check(lambda x: x**n, 3)
    check(lambda x: x**n, -1.7)
    check(lambda k: (3**k, 2**k, (-1) ** k, 1.5**k, (-2.0) ** k), n)
    check(lambda x, k: x**k, -3, n)
    check(lambda x, k: x**k, -1.5, n)


def test_powers():
    check(lambda x: (x**-1, x**-3, x**0.5, x**2.5, x**2.0, 2.0**x, 2**x), 1.7)
    check(lambda x, y: (x**y, pow(x, y)), 1.7, -0.3)
    assert Built(lambda x: x**2, 1.0).count(math_ops.PowF) == 0
    assert Built(lambda x, n: x**n, 1.0, 2).count(math_ops.FPowI) == 1
    assert Built(lambda x, n: x**n, 3, 2).count(scf.While) == 1


@pytest.mark.parametrize("f", [lambda x, n: x**n, lambda x, n: 2**n, lambda x, n: x**-1])
def test_integer_to_a_negative_power(f):
    with pytest.raises(ValueError, match="negative integer powers"):
        call(f, 3, -2)


@pytest.mark.parametrize("op", [operator.floordiv, operator.mod, divmod])
def test_integer_division_by_zero(op):
    with pytest.raises(ZeroDivisionError):
        call(op, 7, 0)
    with pytest.raises(ZeroDivisionError):
        call(lambda x: op(x, 0), 7)


def test_float_division_by_zero_is_ieee():
    assert call(lambda x, y: x / y, 1.0, 0.0) == math.inf
    assert math.isnan(call(lambda x, y: x % y, 1.0, 0.0))


def test_shifts_follow_numpy():
    for n in (0, 1, 63, 64, 100):
        want = (np.int64(-5) << np.int64(n), np.int64(-5) >> np.int64(n))
        assert call(lambda x, k: (x << k, x >> k), -5, n) == tuple(int(v) for v in want)
    check(lambda x: (x << np.uint8(9), x >> np.uint8(3)), np.uint8(200))


def test_integers_wrap():
    assert call(lambda x: x * x, 2**40) == 0
    assert call(lambda x: x + 1, 2**63 - 1) == -(2**63)


# ---------------------------------------------------------------- builtins


@pytest.mark.parametrize("x", [2.7, -2.7, 2.5, 3.5, -0.0, 5, True])
def test_conversions(x):
    check(lambda a: (PY.int(a), PY.float(a), PY.bool(a), PY.round(a), MATH.floor(a), MATH.ceil(a), MATH.trunc(a)), x)


@pytest.mark.parametrize(("x", "error"), [(math.nan, ValueError), (math.inf, OverflowError), (1e19, OverflowError)])
def test_float_that_is_no_integer(x, error):
    for f in (int, math.floor, round):
        with pytest.raises(error):
            call(FUNCTIONS[f], x)


ROUNDED = [(2.675, 2), (1.005, 2), (2.5, 0), (-2.5, 0), (0.125, 2), (0.375, 2), (1234.5678, -2), (150.0, -2), (1e300, 3), (-0.004, 2)]


@pytest.mark.parametrize(("x", "n"), ROUNDED)
def test_round_to_digits_is_correctly_rounded(x, n):
    assert call(lambda a: PY.round(a, n), x) == round(x, n)


def test_round_to_digits_of_many_numbers():
    rng = np.random.default_rng(0)
    built = Built(lambda a: PY.round(a, 3), 1.0)
    for x in [*rng.normal(size=200) * 100, *(k / 2000 for k in range(-100, 100)), 1e15 + 0.3]:
        assert built(float(x)) == round(float(x), 3)


def test_min_and_max_take_pythons_order():
    check(lambda a, b, c: (PY.max(a, b), PY.min(a, b), PY.max(a, b, c), PY.min([a, b, c])), 2.0, 3.0, 1.0)
    check(lambda a, b: (PY.max(a, b), PY.min(b, a)), math.nan, 1.0)
    check(lambda a: (PY.max(a, 0.0), PY.max(0.0, a)), math.nan)
    assert math.copysign(1, call(lambda a, b: PY.max(a, b), 0.0, -0.0)) == 1.0
    with pytest.raises(UnsupportedError, match="maximum"):
        Built(lambda a, b: PY.max(a, b), np.ones(2), np.ones(2))


def test_sum_any_all():
    x = np.array([1.5, 2.5, -1.0], np.float32)
    check(lambda a: (PY.sum([a[0], a[1]]), PY.sum(a), PY.max(a), PY.min(a)), x)
    check(lambda a: (PY.sum(a), PY.sum(a, 2.0)), np.ones((2, 3)))
    check(lambda a, b: (PY.any([a > b, b > a]), PY.all([a > b, b > a]), PY.all([]), PY.any([a > b, True])), 1.0, 2.0)
    with pytest.raises(ValueError, match="empty"):
        call(FUNCTIONS[max], np.zeros(0))


def test_isinstance_and_type():
    types = (int, float, bool, np.ndarray, np.float32, np.float64, object)

    def kinds(*args):
        return tuple(PY.isinstance(v, t) for v in args for t in types)

    args = (1, 1.0, np.ones(2), np.float32(1), np.float64(1), True)
    assert Built(kinds, *args).result == kinds(*args)
    assert Built(lambda x: PY.type(x), 1.0).result is float


# ---------------------------------------------------------------- math

FUNCTIONS_OF_MATH = [f for n, f in vars(math).items() if callable(f) and not n.startswith("_")]
ONE = [f for f in FUNCTIONS_OF_MATH if f.__name__ not in ("dist", "fma", "fsum", "prod", "sumprod")]
TWO = [math.atan2, math.copysign, math.fmod, math.hypot, math.isclose, math.log, math.nextafter, math.pow, math.remainder]
INTEGERS = [math.comb, math.perm, math.gcd, math.lcm]


def same(f: Any, *args: Any) -> None:
    try:
        want = f(*args)
    except (ValueError, TypeError, OverflowError):
        return
    compare(call(FUNCTIONS[f], *args), want, 1e-13, False)


@pytest.mark.parametrize("f", ONE)
@pytest.mark.parametrize("x", [0.25, -0.25, 2.75, 0.0, math.inf, 3])
def test_math_of_one_argument(f, x):
    same(f, x)


@pytest.mark.parametrize("f", TWO)
@pytest.mark.parametrize(("x", "y"), [(2.75, 1.5), (-2.75, 1.5), (1.0, 1.0 + 1e-12), (3, 2)])
def test_math_of_two_arguments(f, x, y):
    same(f, x, y)


@pytest.mark.parametrize("f", INTEGERS)
@pytest.mark.parametrize(("x", "y"), [(12, 8), (7, 3), (5, 0), (3, 5), (20, 10)])
def test_math_of_integers(f, x, y):
    same(f, x, y)


def test_math_of_many_arguments():
    check(lambda a, b: MATH.hypot(a, b, 2.0), 3.0, 4.0)
    check(lambda a, b: (MATH.dist([a, b], [0.0, 1]), MATH.prod([a, b, 3]), MATH.fsum([a, 1e16, b, -1e16])), 3.0, 4.5)
    check(lambda a, b: (MATH.dist(a, b), MATH.fsum(a), MATH.prod(a)), np.array([1.0, 2.0]), np.array([4.0, 6.0]))
    assert call(lambda x: MATH.fsum(x), np.array([0.1] * 10)) == 1.0
    assert call(lambda x: MATH.fsum([x, 1.0]), math.inf) == math.inf


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 15, 16, 17, 10**18, 2**62, 2**63 - 1])
def test_isqrt(n):
    assert call(FUNCTIONS[math.isqrt], n) == math.isqrt(n)


@pytest.mark.parametrize("x", [5e-324, 2.0**-1022, 0.5, 1.0, -2.0, 1.7e308, -math.inf])
def test_frexp_at_the_ends(x):
    assert call(FUNCTIONS[math.frexp], x) == math.frexp(x)


def test_ldexp():
    assert call(FUNCTIONS[math.ldexp], 1.5, -3) == math.ldexp(1.5, -3)


def test_factorial_that_does_not_fit():
    with pytest.raises(OverflowError):
        call(FUNCTIONS[math.factorial], 21)
    with pytest.raises(ValueError, match="negative"):
        call(FUNCTIONS[math.factorial], -1)


def test_math_results_are_weak():
    check(lambda a: MATH.sin(a[0]) * a[1], np.array([0.5, 2.0], np.float32))


def test_domain_errors_are_nan():
    assert math.isnan(call(FUNCTIONS[math.sqrt], -1.0))
    assert call(FUNCTIONS[math.log], 0.0) == -math.inf


def test_every_function_of_math_is_known():
    assert [f.__name__ for f in FUNCTIONS_OF_MATH if f not in FUNCTIONS] == []


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (bool, "truth value"),
        (float, "no value while tracing"),
        (hash, "key of a dict"),
        (complex, "no value while tracing"),
        (lambda x: [1, 2][x], "integer is needed while tracing"),
        (np.asarray, "no value while tracing"),
        (lambda x: pow(x, 2, 3), "modulus"),
        (lambda x: f"{x:.3f}", "cannot be formatted"),
    ],
)
def test_refusals(f, text):
    with pytest.raises(UnsupportedError, match=text):
        Built(f, 3)


def test_foreign_operands():
    class Other:
        def __radd__(self, x: Any) -> str:
            return "other"

    assert Built(lambda x: x + Other(), 1.0).result == "other"
    with pytest.raises(TypeError):
        Built(lambda x: x + "text", 1.0)
    with pytest.raises(TypeError):
        Built(lambda x: x + Fraction(1, 2), 1.0)


@pytest.mark.parametrize("dtype", [np.clongdouble, np.float16, np.dtype(">f8"), np.dtype("U3"), object])
def test_dtypes_that_irad_does_not_have(dtype):
    with pytest.raises(TypeError):
        Built(lambda x: x, np.zeros(2, dtype))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64])
@pytest.mark.parametrize("n", [300, -1, 5, 2**40])
def test_comparisons_of_different_ranges_are_exact(dtype, n):
    """A traced int is not squeezed into the dtype that it is compared with."""
    x = np.array([5, 44, 200 if dtype == np.uint8 else 100], dtype)
    check(lambda a, k: (a[1] < k, a[1] == k, k >= a[2], a < k, k == a, a != n, a[0] <= n), x, n)
    check(lambda a, b: (a < b, a[0] == b[0], b >= a), x, np.array([5, -44, 7], np.int16))
