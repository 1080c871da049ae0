"""The upstream dialect `math`, and the functions of Python's `math` that it lacks (dialect `irad`)."""

from irad.ir.ops.base import BinaryFloat, Pure, Same, Test, UnaryFloat


class Sin(UnaryFloat):
    name = "math.sin"


class Cos(UnaryFloat):
    name = "math.cos"


class Tan(UnaryFloat):
    name = "math.tan"


class Asin(UnaryFloat):
    name = "math.asin"


class Acos(UnaryFloat):
    name = "math.acos"


class Atan(UnaryFloat):
    name = "math.atan"


class Sinh(UnaryFloat):
    name = "math.sinh"


class Cosh(UnaryFloat):
    name = "math.cosh"


class Tanh(UnaryFloat):
    name = "math.tanh"


class Asinh(UnaryFloat):
    name = "math.asinh"


class Acosh(UnaryFloat):
    name = "math.acosh"


class Atanh(UnaryFloat):
    name = "math.atanh"


class Exp(UnaryFloat):
    name = "math.exp"


class Exp2(UnaryFloat):
    name = "math.exp2"


class Expm1(UnaryFloat):
    name = "math.expm1"


class Log(UnaryFloat):
    name = "math.log"


class Log2(UnaryFloat):
    name = "math.log2"


class Log10(UnaryFloat):
    name = "math.log10"


class Log1p(UnaryFloat):
    name = "math.log1p"


class Sqrt(UnaryFloat):
    name = "math.sqrt"


class Cbrt(UnaryFloat):
    name = "math.cbrt"


class Erf(UnaryFloat):
    name = "math.erf"


class Erfc(UnaryFloat):
    name = "math.erfc"


class AbsF(UnaryFloat):
    name = "math.absf"


class Floor(UnaryFloat):
    name = "math.floor"


class Ceil(UnaryFloat):
    name = "math.ceil"


class Trunc(UnaryFloat):
    name = "math.trunc"


class RoundEven(UnaryFloat):
    """To the nearest integer, halves to even."""

    name = "math.roundeven"


class Atan2(BinaryFloat):
    name = "math.atan2"


class PowF(BinaryFloat):
    """x ** y as C's pow."""

    name = "math.powf"


class FPowI(Same):
    """Float to an integer (index) power."""

    name = "math.fpowi"


class CopySign(BinaryFloat):
    name = "math.copysign"


class Fma(Same):
    """x * y + z, rounded once."""

    name = "math.fma"


class IsNaN(Test):
    name = "math.isnan"


class IsInf(Test):
    name = "math.isinf"


class IsFinite(Test):
    name = "math.isfinite"


class Hypot(BinaryFloat):
    """sqrt(x*x + y*y) without overflow."""

    name = "irad.hypot"


class Gamma(UnaryFloat):
    name = "irad.gamma"


class LGamma(UnaryFloat):
    """Logarithm of the absolute value of the gamma function."""

    name = "irad.lgamma"


class Polygamma(Pure):
    """Derivative of order n + 1 of lgamma: operands x, n (index)."""

    name = "irad.polygamma"

    def infer(self):
        return (self.operands[0].type,)


class NextAfter(BinaryFloat):
    name = "irad.nextafter"


class Remainder(BinaryFloat):
    """IEEE 754 remainder: x - n*y with n the integer nearest to x/y."""

    name = "irad.remainder"


class FloorModF(BinaryFloat):
    """Python's float %: the sign of y."""

    name = "irad.floormodf"


class FloorDivF(BinaryFloat):
    """Python's float //."""

    name = "irad.floordivf"


class FloorModSI(Same):
    """Python's integer %: the sign of y; the divisor is not zero."""

    name = "irad.floormodsi"


class LdExp(Same):
    """x * 2**n with n an index."""

    name = "irad.ldexp"
