"""A complex number of the program as its two parts, whose operators emit operations: what formulas of complex functions are made of."""

from __future__ import annotations

from dataclasses import dataclass

from irad.ir.builder import Builder
from irad.ir.core import Op, Value
from irad.ir.ops import arith, math
from irad.ir.ops import complex as complexops


@dataclass(frozen=True, slots=True)
class Real:
    """A float of the program; its operators emit operations."""

    b: Builder
    value: Value

    def lift(self, x: Real | float) -> Real:
        """A number as a constant of this one's type."""
        return x if isinstance(x, Real) else Real(self.b, self.b.constant(float(x), self.value.type))

    def call(self, cls: type[Op], *others: Real | float) -> Real:
        """An operation on this float and others."""
        return Real(self.b, self.b(cls, self.value, *(self.lift(x).value for x in others)))

    def is_(self, predicate: str, other: Real | float) -> Value:
        """A comparison."""
        return self.b(arith.CmpF, self.value, self.lift(other).value, predicate=predicate)

    def __add__(self, other: Real | float) -> Real:
        return self.call(arith.AddF, other)

    def __sub__(self, other: Real | float) -> Real:
        return self.call(arith.SubF, other)

    def __rsub__(self, other: float) -> Real:
        return self.lift(other) - self

    def __mul__(self, other: Real | float) -> Real:
        return self.call(arith.MulF, other)

    def __truediv__(self, other: Real | float) -> Real:
        return self.call(arith.DivF, other)

    def __rtruediv__(self, other: float) -> Real:
        return self.lift(other) / self

    def __neg__(self) -> Real:
        return self.call(arith.NegF)

    def __abs__(self) -> Real:
        return self.call(math.AbsF)


@dataclass(frozen=True, slots=True)
class Complex:
    """A complex number of the program, in parts; the quotient is that of R. L. Smith, Algorithm 116, 1962, as in NumPy."""

    re: Real
    im: Real

    @classmethod
    def of(cls, b: Builder, z: Value) -> Complex:
        """The parts of a value."""
        if isinstance(z.op, complexops.Create):
            return cls(*(Real(b, part) for part in z.op.operands))
        return cls(Real(b, b(complexops.Re, z)), Real(b, b(complexops.Im, z)))

    @property
    def value(self) -> Value:
        """The number, put together."""
        return self.re.b(complexops.Create, self.re.value, self.im.value)

    def like(self, re: float, im: float = 0.0) -> Complex:
        """A constant of the same type."""
        return Complex(self.re.lift(re), self.re.lift(im))

    def __add__(self, w: Complex) -> Complex:
        return Complex(self.re + w.re, self.im + w.im)

    def __sub__(self, w: Complex) -> Complex:
        return Complex(self.re - w.re, self.im - w.im)

    def __mul__(self, w: Complex) -> Complex:
        return Complex(self.re * w.re - self.im * w.im, self.re * w.im + self.im * w.re)

    def __truediv__(self, w: Complex) -> Complex:
        real = isinstance(w.im.value.op, arith.Constant) and w.im.value.op.value == 0.0
        wide = self.re.b.true() if real else abs(w.re).is_("oge", abs(w.im))
        large, small = where(wide, w.re, w.im), where(wide, w.im, w.re)
        x, y = where(wide, self.re, self.im), where(wide, self.im, self.re)
        ratio = small / where(large.is_("oeq", 0.0), large.lift(1.0), large)
        scale, part = 1.0 / (large + small * ratio), x * ratio
        return Complex((x + y * ratio) * scale, where(wide, y - part, part - y) * scale)

    def __neg__(self) -> Complex:
        return Complex(-self.re, -self.im)

    def __abs__(self) -> Real:
        return self.re.call(math.Hypot, self.im)

    def times(self, factor: float) -> Complex:
        """The product with a real constant."""
        return Complex(self.re * factor, self.im * factor)

    def turned(self) -> Complex:
        """i z."""
        return Complex(-self.im, self.re)

    def turned_back(self) -> Complex:
        """-i z."""
        return Complex(self.im, -self.re)


def where(condition: Value, x: Real, y: Real | float) -> Real:
    """x where the condition holds, else y."""
    return Real(x.b, x.b(arith.Select, condition, x.value, x.lift(y).value))


def choose(condition: Value, z: Complex, w: Complex) -> Complex:
    """z where the condition holds, else w."""
    return Complex(where(condition, z.re, w.re), where(condition, z.im, w.im))


def both(p: Value, q: Value, b: Builder) -> Value:
    """Whether two conditions hold."""
    return b(arith.AndI, p, q)


def either(p: Value, q: Value, b: Builder) -> Value:
    """Whether one of two conditions holds."""
    return b(arith.OrI, p, q)


def is_zero(z: Complex) -> Value:
    """Whether both parts are zero."""
    return both(z.re.is_("oeq", 0.0), z.im.is_("oeq", 0.0), z.re.b)


def is_true(b: Builder, z: Value) -> Value:
    """Whether a value is not zero."""
    parts = Complex.of(b, z)
    return either(parts.re.is_("une", 0.0), parts.im.is_("une", 0.0), b)


def sum_in_any_order(b: Builder, x: Value, y: Value, flags: tuple[str, ...]) -> Value:
    """x + y with fast-math flags on both parts."""
    parts = (b(arith.AddF, b(part, x), b(part, y), fastmath=flags) for part in (complexops.Re, complexops.Im))
    return b(complexops.Create, *parts)
