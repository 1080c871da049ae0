"""Arithmetic and functions of complex numbers on their real and imaginary parts, as NumPy computes them.

A formula selects between cases only after it has made the case that is not taken harmless: its derivative must be finite, since the
adjoint of what is not chosen is 0, and 0 * inf would be NaN. Formulas of the inverse functions: W. Kahan, Branch cuts for complex
elementary functions, 1987.
"""

from __future__ import annotations

import math as python_math
from collections.abc import Callable

import numpy as np

from irad.frontend.complex_parts import Complex, Real, both, choose, either, is_true, is_zero, where
from irad.ir.builder import Builder
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, math, scf

# ---------------------------------------------------------------- elementary functions


def conjugate(z: Complex) -> Complex:
    """The mirror image at the real axis."""
    return Complex(z.re, -z.im)


def angle(z: Complex) -> Real:
    """The argument, in (-pi, pi]."""
    return z.im.call(math.Atan2, z.re)


def square(z: Complex) -> Complex:
    """z * z."""
    return Complex(z.re * z.re - z.im * z.im, z.re * z.im + z.im * z.re)


def reciprocal(z: Complex) -> Complex:
    """1 / z."""
    return z.like(1.0) / z


def sign(z: Complex) -> Complex:
    """z / |z|, and 0 for 0."""
    size, zero = abs(z), is_zero(z)
    divisor = where(zero, size.lift(1.0), size)
    return choose(zero, z.like(0.0), Complex(z.re / divisor, z.im / divisor))


def exp(z: Complex) -> Complex:
    """e ** z; a real z keeps its imaginary zero when the exponential overflows."""
    size = z.re.call(math.Exp)
    im = size * z.im.call(math.Sin)
    b = z.re.b
    overflows = both(b(math.IsInf, size.value), z.im.is_("oeq", 0.0), b)
    return Complex(size * z.im.call(math.Cos), where(overflows, z.im, im))


def log(z: Complex) -> Complex:
    """The natural logarithm, cut along the negative real axis; near the unit circle log|z| comes from |z|² - 1."""
    size = abs(z)
    x, y = abs(z.re), abs(z.im)
    wide = x.is_("oge", y)
    longer, shorter = where(wide, x, y), where(wide, y, x)
    near = both(size.is_("oge", 0.71), size.is_("ole", 1.73), z.re.b)
    excess = where(near, (longer - 1.0) * (longer + 1.0) + shorter * shorter, 0.0)
    far = where(near, size.lift(1.0), size)
    return Complex(far.call(math.Log) + excess.call(math.Log1p) * 0.5, angle(z))


def sqrt(z: Complex) -> Complex:
    """The root with a real part that is not negative."""
    right = z.re.is_("oge", 0.0)
    x = where(right, z.re, -z.re)  # not |x|, whose slope at 0 is 0
    size = (x * 0.5 + abs(z) * 0.5).call(math.Sqrt)
    other = z.im / where(size.is_("oeq", 0.0), size.lift(1.0), size * 2.0)
    above = z.re.lift(1.0).call(math.CopySign, z.im)
    infinite = z.re.b(math.IsInf, z.im.value)
    re = where(infinite, abs(z.im), where(right, size, other * above))
    return Complex(re, where(infinite, z.im, where(right, other, size * above)))


def sinh(z: Complex) -> Complex:
    """Hyperbolic sine."""
    return Complex(z.re.call(math.Sinh) * z.im.call(math.Cos), z.re.call(math.Cosh) * z.im.call(math.Sin))


def cosh(z: Complex) -> Complex:
    """Hyperbolic cosine."""
    return Complex(z.re.call(math.Cosh) * z.im.call(math.Cos), z.re.call(math.Sinh) * z.im.call(math.Sin))


def tanh(z: Complex) -> Complex:
    """Hyperbolic tangent, from tanh x, tan y and 1 - tanh² x, which is computed without cancellation."""
    t, u = z.re.call(math.Tanh), z.im.call(math.Tan)
    shrunk = (abs(z.re) * -2.0).call(math.Exp)
    rest = shrunk * 4.0 / ((shrunk + 1.0) * (shrunk + 1.0))
    divisor = t * t * (u * u) + 1.0
    return Complex(t * (u * u + 1.0) / divisor, u * rest / divisor)


def arcsinh(z: Complex) -> Complex:
    """Inverse of sinh, cut along the imaginary axis outside of [-i, i]."""
    p = sqrt(Complex(z.im + 1.0, -z.re))
    q = sqrt(Complex(1.0 - z.im, z.re))
    re = (p.re * q.im - q.re * p.im).call(math.Asinh)
    return Complex(re, z.im.call(math.Atan2, p.re * q.re - p.im * q.im))


def arccosh(z: Complex) -> Complex:
    """Inverse of cosh, cut along the real axis left of 1."""
    p = sqrt(Complex(z.re - 1.0, z.im))
    q = sqrt(Complex(z.re + 1.0, z.im))
    return Complex((p.re * q.re + p.im * q.im).call(math.Asinh), p.im.call(math.Atan2, q.re) * 2.0)


def arctanh(z: Complex) -> Complex:
    """Inverse of tanh, cut along the real axis outside of [-1, 1]; it is odd."""
    side = z.re.lift(1.0).call(math.CopySign, z.re)
    x, y = z.re * side, z.im * side
    gap = 1.0 - x
    re = (x * 4.0 / (gap * gap + y * y)).call(math.Log1p) * 0.25
    im = (y * -2.0).call(math.Atan2, gap * (x + 1.0) - y * y) * -0.5
    return Complex(re * side, im * side)


def arccos(z: Complex) -> Complex:
    """Inverse of cos, cut along the real axis outside of [-1, 1]."""
    p = sqrt(Complex(1.0 - z.re, -z.im))
    q = sqrt(Complex(z.re + 1.0, z.im))
    return Complex(p.re.call(math.Atan2, q.re) * 2.0, (q.re * p.im - q.im * p.re).call(math.Asinh))


def expm1(z: Complex) -> Complex:
    """e ** z - 1, accurate near 0."""
    half = (z.im * 0.5).call(math.Sin)
    re = z.re.call(math.Expm1) * z.im.call(math.Cos) - half * half * 2.0
    return Complex(re, z.re.call(math.Exp) * z.im.call(math.Sin))


def log1p(z: Complex) -> Complex:
    """log(1 + z)."""
    shifted = Complex(z.re + 1.0, z.im)
    return Complex(abs(shifted).call(math.Log), angle(shifted))


def rint(z: Complex) -> Complex:
    """Both parts to the nearest integer."""
    return Complex(z.re.call(math.RoundEven), z.im.call(math.RoundEven))


# ---------------------------------------------------------------- powers


def power(z: Complex, w: Complex) -> Complex:
    """z ** w = e ** (w log z); 0 ** w is 1, 0 or NaN for w zero, positive, or anything else."""
    b = z.re.b
    positive = both(w.re.is_("ogt", 0.0), w.im.is_("oeq", 0.0), b)
    nan = python_math.nan
    of_zero = choose(is_zero(w), z.like(1.0), choose(positive, z.like(0.0), z.like(nan, nan)))
    return choose(is_zero(z), of_zero, exp(w * log(z)))


def static_power(z: Complex, n: int) -> Complex:
    """A power whose exponent is known, by squaring."""
    result, base, left = None, z, abs(n)
    while left:
        if left & 1:
            result = base if result is None else result * base
        left >>= 1
        base = square(base) if left else base
    if result is None:
        return z.like(1.0)
    return reciprocal(result) if n < 0 else result


def integer_power(z: Complex, n: Value) -> Complex:
    """A power with an integer (index) exponent, by a loop of squarings."""
    b = z.re.b
    negative = b(arith.CmpI, n, b.index(0), predicate="slt")
    count = b(arith.Select, negative, b(arith.SubI, b.index(0), n), n)
    start = z.value
    kinds = [start.type, start.type, n.type]
    before, after = Block(kinds), Block(kinds)
    inner = b.at(before)
    inner.op(scf.Condition, (inner(arith.CmpI, before.args[2], inner.index(0), predicate="ne"), *before.args))
    inner = b.at(after)
    result, base = (Complex.of(inner, v) for v in after.args[:2])
    left = after.args[2]
    odd = inner(arith.CmpI, inner(arith.AndI, left, inner.index(1)), inner.index(0), predicate="ne")
    inner.yield_(choose(odd, result * base, result).value, square(base).value, inner(arith.ShRUI, left, inner.index(1)))
    loop = b.op(scf.While, (z.like(1.0).value, start, count), None, kinds, (before, after))
    found = Complex.of(b, loop.results[0])
    return choose(negative, reciprocal(choose(negative, found, z.like(1.0))), found)


# ---------------------------------------------------------------- comparisons


def _less(z: Complex, w: Complex, strict: bool) -> Value:
    """NumPy's order: by the real parts, where these are equal by the imaginary ones."""
    b = z.re.b
    comparable = both(z.im.is_("oeq", z.im), w.im.is_("oeq", w.im), b)
    first = both(z.re.is_("olt", w.re), comparable, b)
    return either(first, both(z.re.is_("oeq", w.re), z.im.is_("olt" if strict else "ole", w.im), b), b)


def equal(z: Complex, w: Complex) -> Value:
    """Whether both parts are equal."""
    return both(z.re.is_("oeq", w.re), z.im.is_("oeq", w.im), z.re.b)


def not_equal(z: Complex, w: Complex) -> Value:
    """Whether a part differs."""
    return either(z.re.is_("une", w.re), z.im.is_("une", w.im), z.re.b)


def sorted_before(b: Builder, x: Value, y: Value) -> Value:
    """Whether NumPy sorts x before y: NaNs last, in the real parts first; else as it orders them."""
    z, w = Complex.of(b, x), Complex.of(b, y)
    known, other = z.im.is_("ord", z.im), w.im.is_("uno", w.im)
    last = both(known, other, b)  # only y has a NaN as its imaginary part
    first = both(z.re.is_("olt", w.re), either(known, other, b), b)
    behind = both(z.re.is_("ogt", w.re), last, b)
    missing = both(z.re.is_("uno", z.re), w.re.is_("uno", w.re), b)
    level = both(either(z.re.is_("oeq", w.re), missing, b), either(z.im.is_("olt", w.im), last, b), b)
    apart = both(z.re.is_("ord", z.re), w.re.is_("uno", w.re), b)
    return either(either(first, behind, b), either(level, apart, b), b)


def _extreme(preferred: Callable[[Complex, Complex], Value], skips_nan: bool = False) -> Callable[[Complex, Complex], Complex]:
    def emit(z: Complex, w: Complex) -> Complex:
        return choose(either(preferred(z, w), _nan(w if skips_nan else z), z.re.b), z, w)

    return emit


def _nan(z: Complex) -> Value:
    return z.re.b(arith.CmpF, z.re.value, z.im.value, predicate="uno")


def _part_test(cls: type[Op], join: Callable[[Value, Value, Builder], Value]) -> Callable[[Complex], Value]:
    def emit(z: Complex) -> Value:
        b = z.re.b
        return join(b(cls, z.re.value), b(cls, z.im.value), b)

    return emit


def _logical(join: type[Op]) -> Callable[[Complex, Complex], Value]:
    def emit(z: Complex, w: Complex) -> Value:
        b = z.re.b
        return b(join, is_true(b, z.value), is_true(b, w.value))

    return emit


def _not(z: Complex) -> Value:
    return is_zero(z)


def _logarithm(base: float) -> Callable[[Complex], Complex]:
    return lambda z: log(z).times(1.0 / python_math.log(base))


# What a ufunc does with complex operands; a condition or part of a number is a value or Real, a number a Complex.
COMPLEX: dict[np.ufunc, Callable[..., Complex | Real | Value]] = {
    np.add: lambda z, w: z + w,
    np.subtract: lambda z, w: z - w,
    np.multiply: lambda z, w: z * w,
    np.true_divide: lambda z, w: z / w,
    np.power: power,
    np.float_power: power,
    np.negative: lambda z: -z,
    np.positive: lambda z: z,
    np.absolute: lambda z: abs(z),
    np.conjugate: conjugate,
    np.sign: sign,
    np.square: square,
    np.reciprocal: reciprocal,
    np.equal: equal,
    np.not_equal: not_equal,
    np.less: lambda z, w: _less(z, w, True),
    np.less_equal: lambda z, w: _less(z, w, False),
    np.greater: lambda z, w: _less(w, z, True),
    np.greater_equal: lambda z, w: _less(w, z, False),
    np.maximum: _extreme(lambda z, w: _less(w, z, False)),
    np.minimum: _extreme(lambda z, w: _less(z, w, False)),
    np.fmax: _extreme(lambda z, w: _less(w, z, False), skips_nan=True),
    np.fmin: _extreme(lambda z, w: _less(z, w, False), skips_nan=True),
    np.isnan: _part_test(math.IsNaN, either),
    np.isinf: _part_test(math.IsInf, either),
    np.isfinite: _part_test(math.IsFinite, both),
    np.logical_and: _logical(arith.AndI),
    np.logical_or: _logical(arith.OrI),
    np.logical_xor: _logical(arith.XorI),
    np.logical_not: _not,
    np.exp: exp,
    np.exp2: lambda z: exp(z.times(python_math.log(2.0))),
    np.expm1: expm1,
    np.log: log,
    np.log2: _logarithm(2.0),
    np.log10: _logarithm(10.0),
    np.log1p: log1p,
    np.sqrt: sqrt,
    np.sin: lambda z: sinh(z.turned()).turned_back(),
    np.cos: lambda z: cosh(z.turned()),
    np.tan: lambda z: tanh(z.turned()).turned_back(),
    np.sinh: sinh,
    np.cosh: cosh,
    np.tanh: tanh,
    np.arcsin: lambda z: arcsinh(z.turned()).turned_back(),
    np.arccos: arccos,
    np.arctan: lambda z: arctanh(z.turned()).turned_back(),
    np.arcsinh: arcsinh,
    np.arccosh: arccosh,
    np.arctanh: arctanh,
    np.rint: rint,
}


def emit(ufunc: np.ufunc, b: Builder, *operands: Value) -> Value:
    """The result of a ufunc on complex values."""
    found = COMPLEX[ufunc](*(Complex.of(b, z) for z in operands))
    return found if isinstance(found, Value) else found.value
