"""Python's math module on traced scalars: arguments become f64, results are weak as Python floats are."""

from __future__ import annotations

import math as python_math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.frontend import sizes as S
from irad.frontend.arrays import operand
from irad.frontend.builtins_api import py_ceil, py_floor, py_trunc
from irad.frontend.dtypes import BOOL, FLOAT64, INT64, is_complex
from irad.frontend.emit import EMIT, Emit, constant, convert, from_memory, negate_bool
from irad.frontend.indexing import as_index
from irad.frontend.scalars import binary, cast, materialise, scalar_power, signature, single
from irad.frontend.values import Array, Scalar, as_traced, emitter, refuse, wrong
from irad.ir.builder import Builder
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, irad, math, scf

Function = Callable[..., Any]


def real(x: Any) -> Value:
    """The f64 of an argument."""
    return cast(single(x, "float"), FLOAT64, weak=True).value


def integer(b: Builder, x: Any) -> Value:
    """The index of an argument that must be an integer."""
    return S.as_value(b, as_index(b, x))


def as_float(value: Value) -> Scalar:
    """A Python float."""
    return Scalar(value, FLOAT64, True)


def as_int(value: Value) -> Scalar:
    """A Python int."""
    return Scalar(value, INT64, True)


def as_bool(value: Value) -> Scalar:
    """A Python bool."""
    return Scalar(value, BOOL, True)


def _floats(cls: type[Op]) -> Function:
    def function(*args: Any) -> Scalar:
        values = [real(x) for x in args]
        return as_float(emitter()(cls, *values))

    return function


def _tests(cls: type[Op]) -> Function:
    def function(x: Any) -> Scalar:
        value = real(x)
        return as_bool(emitter()(cls, value))

    return function


def _like_numpy(ufunc: np.ufunc) -> Function:
    emit: Emit = EMIT[ufunc]

    def function(*args: Any) -> Scalar:
        values = [real(x) for x in args]
        return as_float(emit(emitter(), FLOAT64, *values))

    return function


# ---------------------------------------------------------------- floats


def log(x: Any, base: Any = None) -> Scalar:
    """math.log, to a base."""
    b = emitter()
    value = b(math.Log, real(x))
    return as_float(value if base is None else b(arith.DivF, value, b(math.Log, real(base))))


def pow_(x: Any, y: Any) -> Scalar:
    """math.pow."""
    return scalar_power(as_float(real(x)), single(y, "float"), python=True)


def ldexp(x: Any, i: Any) -> Scalar:
    """math.ldexp."""
    b = emitter()
    return as_float(b(math.LdExp, real(x), integer(b, i)))


def frexp(x: Any) -> tuple[Scalar, Scalar]:
    """math.frexp: the exponent from log2, put right by one where log2 was rounded."""
    b = emitter()
    value = real(x)
    size = b(math.AbsF, value)
    zero, half, one = (constant(b, v, FLOAT64) for v in (0.0, 0.5, 1.0))
    plain = b(arith.AndI, b(math.IsFinite, value), b(arith.CmpF, size, zero, predicate="ogt"))
    guess = convert(b, b(math.Floor, b(math.Log2, b(arith.Select, plain, size, one))), FLOAT64, INT64)
    guess = b(arith.AddI, guess, b.index(1))
    mantissa = b(math.LdExp, size, b(arith.SubI, b.index(0), guess))
    low = b(arith.CmpF, mantissa, half, predicate="olt")
    high = b(arith.CmpF, mantissa, one, predicate="oge")
    shift = b(arith.Select, high, b.index(1), b(arith.Select, low, b.index(-1), b.index(0)))
    exponent = b(arith.AddI, guess, shift)
    scaled = b(math.LdExp, value, b(arith.SubI, b.index(0), exponent))
    return as_float(b(arith.Select, plain, scaled, value)), as_int(b(arith.Select, plain, exponent, b.index(0)))


def modf(x: Any) -> tuple[Scalar, Scalar]:
    """math.modf."""
    b = emitter()
    value = real(x)
    whole = b(math.Trunc, value)
    rest = b(arith.Select, b(math.IsInf, value), constant(b, 0.0, FLOAT64), b(arith.SubF, value, whole))
    return as_float(b(math.CopySign, rest, value)), as_float(whole)


def isclose(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Scalar:
    """math.isclose."""
    x, y, relative, absolute = (real(v) for v in (a, b, rel_tol, abs_tol))
    build = emitter()
    gap = build(math.AbsF, build(arith.SubF, y, x))
    near = build(arith.CmpF, gap, absolute, predicate="ole")
    for side in (x, y):
        bound = build(math.AbsF, build(arith.MulF, relative, side))
        near = build(arith.OrI, near, build(arith.CmpF, gap, bound, predicate="ole"))
    infinite = build(arith.OrI, build(math.IsInf, x), build(math.IsInf, y))
    near = build(arith.AndI, near, negate_bool(build, infinite))
    return as_bool(build(arith.OrI, build(arith.CmpF, x, y, predicate="oeq"), near))


def nextafter(x: Any, y: Any, *, steps: Any = None) -> Scalar:
    """math.nextafter, one step."""
    if steps is not None:
        raise refuse("math.nextafter with steps is not supported.", "Call it in a loop.")
    return _floats(math.NextAfter)(x, y)


def ulp(x: Any) -> Scalar:
    """math.ulp."""
    b = emitter()
    size = b(math.AbsF, real(x))
    infinity = constant(b, python_math.inf, FLOAT64)
    above = b(math.NextAfter, size, infinity)
    below = b(math.NextAfter, size, constant(b, 0.0, FLOAT64))
    gap = b(arith.Select, b(math.IsInf, above), b(arith.SubF, size, below), b(arith.SubF, above, size))
    return as_float(b(arith.Select, b(math.IsInf, size), size, gap))


# ---------------------------------------------------------------- of sequences


def _elements(x: Any) -> list[Any] | Array:
    x = as_traced(x)
    if not isinstance(x, Array):
        return list(x)
    if x.ndim != 1:
        raise refuse(f"a function of math does not take an array of rank {x.ndim}.", "Pass x.ravel().")
    return x


def _fold(arrays: Sequence[Array], inits: Sequence[Value], step: Callable[..., Sequence[Value]], dtype: np.dtype = FLOAT64) -> list[Value]:
    """Fold vectors of one size, converted to a dtype, in order."""
    if any(is_complex(x.dtype) for x in arrays) and not is_complex(dtype):
        raise wrong(TypeError, "must be real number, not complex")
    b = emitter()
    block = Block([*(v.type for v in inits), *(x.type.element for x in arrays)])
    inner = b.at(block)
    states, elements = block.args[: len(inits)], block.args[len(inits) :]
    values = [convert(inner, from_memory(inner, v, x.dtype), x.dtype, dtype) for v, x in zip(elements, arrays, strict=True)]
    inner.yield_(*step(inner, *states, *values))
    return b.op(irad.Reduce, (*(x.value for x in arrays), *inits), {"inputs": len(arrays)}, None, (block,)).results


def hypot(*coordinates: Any) -> Scalar:
    """math.hypot of any number of coordinates."""
    values = [real(x) for x in coordinates]
    b = emitter()
    if not values:
        return as_float(constant(b, 0.0, FLOAT64))
    total = b(math.AbsF, values[0]) if len(values) == 1 else values[0]
    for value in values[1:]:
        total = b(math.Hypot, total, value)
    return as_float(total)


def dist(p: Any, q: Any) -> Scalar:
    """math.dist of two points: sequences, or vectors of one size."""
    first, second = _elements(p), _elements(q)
    if isinstance(first, list) and isinstance(second, list):
        if len(first) != len(second):
            raise wrong(ValueError, "both points must have the same number of dimensions")
        return hypot(*(binary(np.subtract, as_float(real(x)), as_float(real(y))) for x, y in zip(first, second, strict=True)))
    arrays = _same_sizes(p, q, "both points must have the same number of dimensions")

    def step(b: Builder, total: Value, x: Value, y: Value) -> list[Value]:
        return [b(math.Hypot, total, b(arith.SubF, x, y))]

    return as_float(_fold(arrays, [constant(emitter(), 0.0, FLOAT64)], step)[0])


def _same_sizes(p: Any, q: Any, message: str) -> list[Array]:
    arrays = [operand(p), operand(q)]
    b = emitter()
    n, m = (S.dim(b, x.value, 0) for x in arrays)
    if not S.same(n, m):
        b.check(b(arith.CmpI, S.as_value(b, n), S.as_value(b, m), predicate="eq"), "ValueError", message)
    return arrays


def sumprod(p: Any, q: Any, /) -> Any:
    """math.sumprod."""
    first, second = _elements(p), _elements(q)
    if isinstance(first, list) and isinstance(second, list):
        if len(first) != len(second):
            raise wrong(ValueError, "Inputs are not the same length")
        total: Any = 0
        for x, y in zip(first, second, strict=True):
            total = total + x * y
        return total
    arrays = _same_sizes(p, q, "Inputs are not the same length")
    dtype = signature(np.multiply, tuple(arrays), False).output.dtype

    def step(b: Builder, total: Value, x: Value, y: Value) -> list[Value]:
        return [EMIT[np.add](b, dtype, total, EMIT[np.multiply](b, dtype, x, y))]

    return Scalar(_fold(arrays, [constant(emitter(), 0, dtype)], step, dtype)[0], dtype, False)


def prod(iterable: Any, /, *, start: Any = 1) -> Any:
    """math.prod."""
    values = _elements(iterable)
    if isinstance(values, Array):
        dtype = signature(np.multiply, (start, values), False).output.dtype

        def step(b: Builder, total: Value, x: Value) -> list[Value]:
            return [EMIT[np.multiply](b, dtype, total, x)]

        return Scalar(_fold([values], [materialise(emitter(), start, dtype)], step, dtype)[0], dtype, False)
    total = start
    for x in values:
        total = total * x
    return total


def fsum(seq: Any, /) -> Scalar:
    """math.fsum by a compensated sum, which rounds once for all but extreme input (Knuth's TwoSum)."""
    values = _elements(seq)
    b = emitter()
    start = [constant(b, 0.0, FLOAT64)] * 2
    if isinstance(values, Array):
        total, lost = _fold([values], start, _two_sum)
    else:
        total, lost = start
        for x in values:
            total, lost = _two_sum(b, total, lost, real(x))
    # The error terms of an infinite sum are NaN; the sum itself is right.
    return as_float(b(arith.Select, b(math.IsNaN, lost), total, b(arith.AddF, total, lost)))


def _two_sum(b: Builder, total: Value, lost: Value, x: Value) -> list[Value]:
    new = b(arith.AddF, total, x)
    part = b(arith.SubF, new, total)
    error = b(arith.AddF, b(arith.SubF, total, b(arith.SubF, new, part)), b(arith.SubF, x, part))
    return [new, b(arith.AddF, lost, error)]


# ---------------------------------------------------------------- integers


def _require(b: Builder, x: Value, predicate: str, bound: int, error: str, message: str) -> None:
    b.check(b(arith.CmpI, x, b.index(bound), predicate=predicate), error, message, x)


def _count(b: Builder, count: Value, start: Value, step: Callable[[Builder, Value, Value], Value]) -> Value:
    loop = b.for_(b.index(0), count, b.index(1), [start])
    inner = b.at(loop.body)
    inner.yield_(step(inner, loop.induction, loop.carried[0]))
    return loop.results[0]


def factorial(n: Any, /) -> Scalar:
    """math.factorial, up to 20!."""
    b = emitter()
    value = integer(b, n)
    _require(b, value, "sge", 0, "ValueError", "factorial() not defined for negative values")
    _require(b, value, "sle", 20, "OverflowError", "factorial({0}) does not fit into 64 bits")
    return as_int(_count(b, value, b.index(1), lambda inner, i, total: inner(arith.MulI, total, inner(arith.AddI, i, inner.index(1)))))


def perm(n: Any, k: Any = None, /) -> Scalar:
    """math.perm."""
    if k is None:
        return factorial(n)
    b = emitter()
    total, chosen = _sizes(b, n, k)
    return as_int(_count(b, chosen, b.index(1), lambda inner, i, product: inner(arith.MulI, product, inner(arith.SubI, total, i))))


def comb(n: Any, k: Any, /) -> Scalar:
    """math.comb."""
    b = emitter()
    total, chosen = _sizes(b, n, k)
    other = b(arith.SubI, total, chosen)
    outside = b(arith.CmpI, other, b.index(0), predicate="slt")
    fewer = b(arith.MinSI, chosen, b(arith.MaxSI, other, b.index(0)))

    def step(inner: Builder, i: Value, product: Value) -> Value:
        product = inner(arith.MulI, product, inner(arith.SubI, total, i))
        return inner(arith.DivSI, product, inner(arith.AddI, i, inner.index(1)))

    return as_int(b(arith.Select, outside, b.index(0), _count(b, fewer, b.index(1), step)))


def _sizes(b: Builder, n: Any, k: Any) -> tuple[Value, Value]:
    total, chosen = integer(b, n), integer(b, k)
    _require(b, total, "sge", 0, "ValueError", "n must be a non-negative integer")
    _require(b, chosen, "sge", 0, "ValueError", "k must be a non-negative integer")
    return total, chosen


def gcd(*integers: Any) -> Scalar:
    """math.gcd by Euclid's algorithm."""
    b = emitter()
    result = b.index(0)
    for x in integers:
        result = _gcd(b, result, integer(b, x))
    return as_int(result)


def _gcd(b: Builder, x: Value, y: Value) -> Value:
    before, after = Block([x.type] * 2), Block([x.type] * 2)
    inner = b.at(before)
    inner.op(scf.Condition, (inner(arith.CmpI, before.args[1], inner.index(0), predicate="ne"), *before.args))
    inner = b.at(after)
    inner.yield_(after.args[1], inner(arith.RemSI, *after.args))
    loop = b.op(scf.While, (x, y), None, (x.type,) * 2, (before, after))
    return EMIT[np.absolute](b, INT64, loop.results[0])


def lcm(*integers: Any) -> Scalar:
    """math.lcm."""
    b = emitter()
    result = b.index(1)
    for x in integers:
        other = integer(b, x)
        divisor = b(arith.MaxSI, _gcd(b, result, other), b.index(1))
        result = EMIT[np.absolute](b, INT64, b(arith.MulI, b(arith.DivSI, result, divisor), other))
    return as_int(result)


def isqrt(n: Any, /) -> Scalar:
    """math.isqrt: the float root, put right by one."""
    b = emitter()
    value = integer(b, n)
    _require(b, value, "sge", 0, "ValueError", "isqrt() argument must be nonnegative")
    root = convert(b, b(math.Sqrt, convert(b, value, INT64, FLOAT64)), FLOAT64, INT64)
    root = b(arith.MinSI, root, b.index(3037000499))  # the largest whose square fits into 64 bits
    over = b(arith.CmpI, b(arith.MulI, root, root), value, predicate="sgt")
    return as_int(b(arith.Select, over, b(arith.SubI, root, b.index(1)), root))


_OPERATIONS: dict[str, type[Op]] = {
    "sin": math.Sin,
    "cos": math.Cos,
    "tan": math.Tan,
    "asin": math.Asin,
    "acos": math.Acos,
    "atan": math.Atan,
    "sinh": math.Sinh,
    "cosh": math.Cosh,
    "tanh": math.Tanh,
    "asinh": math.Asinh,
    "acosh": math.Acosh,
    "atanh": math.Atanh,
    "exp": math.Exp,
    "exp2": math.Exp2,
    "expm1": math.Expm1,
    "log2": math.Log2,
    "log10": math.Log10,
    "log1p": math.Log1p,
    "sqrt": math.Sqrt,
    "cbrt": math.Cbrt,
    "erf": math.Erf,
    "erfc": math.Erfc,
    "gamma": math.Gamma,
    "lgamma": math.LGamma,
    "fabs": math.AbsF,
    "atan2": math.Atan2,
    "copysign": math.CopySign,
    "fmod": arith.RemF,
    "remainder": math.Remainder,
    "fma": math.Fma,
}

_OTHERS: dict[str, Function] = {
    "isnan": _tests(math.IsNaN),
    "isinf": _tests(math.IsInf),
    "isfinite": _tests(math.IsFinite),
    "degrees": _like_numpy(np.degrees),
    "radians": _like_numpy(np.radians),
    "fmax": _like_numpy(np.fmax),
    "fmin": _like_numpy(np.fmin),
    "log": log,
    "pow": pow_,
    "ldexp": ldexp,
    "frexp": frexp,
    "modf": modf,
    "isclose": isclose,
    "nextafter": nextafter,
    "ulp": ulp,
    "hypot": hypot,
    "dist": dist,
    "sumprod": sumprod,
    "prod": prod,
    "fsum": fsum,
    "factorial": factorial,
    "perm": perm,
    "comb": comb,
    "gcd": gcd,
    "lcm": lcm,
    "isqrt": isqrt,
    "floor": py_floor,
    "ceil": py_ceil,
    "trunc": py_trunc,
}

# What this Python's math module has; functions of later versions are simply not there to be found.
MATH: dict[Any, Function] = {
    getattr(python_math, name): function
    for name, function in ({n: _floats(cls) for n, cls in _OPERATIONS.items()} | _OTHERS).items()
    if hasattr(python_math, name)
}
