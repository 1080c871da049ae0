"""Functions of real numbers that Python's `math` lacks or leaves undefined, with IEEE results where Python raises."""

from __future__ import annotations

import math
from fractions import Fraction

# Bernoulli numbers B2, B4, …, B20: coefficients of the asymptotic series below.
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def divide(x: float, y: float) -> float:
    """x / y; a division by zero gives an infinity or NaN."""
    if y != 0.0:
        return x / y
    if x == 0.0 or math.isnan(x) or math.isnan(y):
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


def floor_divide(x: float, y: float) -> float:
    """Python's x // y; a division by zero gives what x / y gives."""
    return x // y if y != 0.0 else divide(x, y)


def floor_modulo(x: float, y: float) -> float:
    """Python's x % y; NaN for y = 0."""
    return x % y if y != 0.0 else math.nan


def maximum(x: float, y: float) -> float:
    """The larger, NaN if either is, +0 of both zeros (IEEE 754-2019, 9.6)."""
    if math.isnan(x) or math.isnan(y):
        return math.nan
    if x == y == 0.0:
        return x if math.copysign(1.0, x) > 0.0 else y
    return max(x, y)


def minimum(x: float, y: float) -> float:
    """The smaller, NaN if either is, -0 of both zeros (IEEE 754-2019, 9.6)."""
    return -maximum(-x, -y)


def fma(x: float, y: float, z: float) -> float:
    """x * y + z, rounded once."""
    if not math.isfinite(z):
        return z + (x * y if not (math.isfinite(x) and math.isfinite(y)) else 0.0)
    rounded = x * y + z
    if not (math.isfinite(x) and math.isfinite(y)):
        return rounded
    exact = Fraction(x) * Fraction(y) + Fraction(z)
    if exact == 0:
        return rounded  # exact too, and with the sign of zero
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


def gamma(x: float) -> float:
    """The gamma function; infinite at +-0, NaN at the negative integers and -inf, as C's tgamma."""
    try:
        return math.gamma(x)
    except ValueError:
        return math.copysign(math.inf, x) if x == 0.0 else math.nan
    except OverflowError:
        return math.inf


def polygamma(x: float, order: int) -> float:
    """Derivative of order + 1 of log gamma, by recurrence to large x and the asymptotic series (Abramowitz and Stegun 6.4.6, 6.4.11).

    At the poles: infinite where both sides agree, else NaN; -inf at 0 for order 0, as in SciPy.
    """
    if math.isnan(x) or x == -math.inf:
        return math.nan
    if x <= 0.0 and x == math.floor(x):
        if order == 0 and x == 0.0:
            return -math.copysign(math.inf, x)
        return math.inf if order % 2 else math.nan
    if x == math.inf:
        return math.inf if order == 0 else 0.0
    if x < 0.0:
        # Reflection (A&S 6.4.7): keeps the recurrence short and free of cancellation.
        sign = 1.0 if order % 2 == 0 else -1.0
        return sign * polygamma(1.0 - x, order) - _cotangent_derivative(x, order)
    total, sign = 0.0, 1.0 if order % 2 else -1.0
    factorial = float(math.factorial(order))
    while x < 16.0 + order:
        total += sign * factorial * _power(x, -(order + 1))
        x += 1.0
    return total + (_digamma_series(x) if order == 0 else sign * _polygamma_series(x, order))


def _power(x: float, n: int) -> float:
    try:
        return math.pow(x, n)
    except OverflowError:
        return math.inf


def _digamma_series(x: float) -> float:
    tail = sum(b / (2 * k * x ** (2 * k)) for k, b in enumerate(_BERNOULLI, 1))
    return math.log(x) - 0.5 / x - tail


def _polygamma_series(x: float, n: int) -> float:
    head = math.factorial(n - 1) * _power(x, -n) + 0.5 * math.factorial(n) * _power(x, -(n + 1))
    return head + sum(
        b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) * _power(x, -(2 * k + n)) for k, b in enumerate(_BERNOULLI, 1)
    )


def _cotangent_derivative(x: float, order: int) -> float:
    """Derivative of an order of pi * cot(pi * x): a polynomial in the cotangent, since cot' = -(1 + cot^2)."""
    coefficients = [0.0, 1.0]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [-a - b for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    fraction = x - math.floor(x)
    cotangent = 1.0 / math.tan(math.pi * fraction) if fraction != 0.5 else 0.0
    return math.pi ** (order + 1) * sum(c * cotangent**k for k, c in enumerate(coefficients))
