"""Element-wise functions: the keywords that all of them take, their forms, and those with results of their own kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.numpy_rows import FLOATS, REALS, Row

PAIR = [((5,), (5,)), ((3, 4), (4,)), ((), (3,)), ((0, 3), (3,)), ((1,), (1,))]
ONE = [((5,),), ((3, 4),), ((0, 3),), ((1,),)]
INTEGERS = ("int64", "int32", "int8", "uint8", "uint64")
SMALL = ("float64", "float32", "complex128", "int64", "uint8", "bool")
INEXACT = (*FLOATS, "complex128")


def positive(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers above zero, without ties, among several arrays too."""
    return (rng.permutation(int(np.prod(shape))).reshape(shape) * 0.7 + 1.35 + rng.uniform(0.0, 0.3)).astype(dtype)


def near_one(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers of which towers of powers stay small."""
    return rng.uniform(1.0, 1.2, shape).astype(dtype)


def forms(ufunc: np.ufunc, dtypes: tuple[str, ...] = SMALL, slope: bool = True, make: Any = None, many: bool = False) -> list[Row]:
    """Rows of the forms of a ufunc of two operands; `many`: it reduces over several axes at once."""
    name = ufunc.__name__

    def reduce(x):
        return ufunc.reduce(x), ufunc.reduce(x, axis=-1), ufunc.reduce(x, keepdims=True), ufunc.reduce(x, initial=2)

    def reduce_many(x):
        return ufunc.reduce(x, axis=None), ufunc.reduce(x, axis=(0, 1), keepdims=True), ufunc.reduce(x, axis=(1, 0), initial=1)

    def at(x, i, y):
        ufunc.at(x, i % 3, y)
        ufunc.at(x, [1, 1, -1], 2)
        ufunc.at(x, slice(1, 3), 1)
        return x

    return [
        Row(
            f"{name}.outer",
            lambda x, y: (ufunc.outer(x, y), ufunc.outer(2, y)),
            [((3,), (2, 2)), ((), (3,)), ((0,), (2,))],
            dtypes,
            make,
            slope,
        ),
        Row(f"{name}.reduce", reduce, [((4,),), ((3, 4),), ((2, 1),)], dtypes, make, slope, 1e-9),
        *([Row(f"{name}.reduce-axes", reduce_many, [((3, 4),), ((1, 2),)], dtypes, make, slope, 1e-9)] if many else []),
        Row(
            f"{name}.accumulate",
            lambda x: (ufunc.accumulate(x), ufunc.accumulate(x, axis=-1)),
            [((4,),), ((3, 4),), ((0, 3),)],
            dtypes,
            make,
            slope,
            1e-9,
        ),
        Row(
            f"{name}.reduceat",
            lambda x: (ufunc.reduceat(x, [0, 2, 1, 1]), ufunc.reduceat(x, [1, 0], axis=-1)),
            [((4,),), ((3, 4),)],
            dtypes,
            make,
            slope,
            1e-9,
        ),
        Row(f"{name}.at", index_by_second(at), [((4,), (6,), (6,)), ((3, 4), (5,), (4,))], dtypes, make, slope, 1e-9),
    ]


def index_by_second(at: Callable[..., Any]) -> Callable[..., Any]:
    """The function with positions, made of an array's size, as its second argument."""
    return lambda x, i, y: at(x, np.arange(len(i)), y)


def with_out(x, y):
    out = np.zeros(x.shape)
    result = np.add(x, y, out=out)
    np.multiply(x, y, out)
    np.subtract(out, y, out=(out,))
    return result, out


def with_overlapping_out(x):
    np.add(x[1:], x[:-1], out=x[1:])
    np.multiply(x, x[::-1], out=x)
    return x


def with_where(x, y):
    out = np.full_like(x + y, 7.0, dtype="f8")
    np.log(x, out=out, where=x > 0)
    np.divide(x, y, out=out, where=y > 0.5)
    np.power(x, 2, out=out, where=[True])
    np.exp(y, out=out, where=False)
    return out


def with_where_alone(x, y):
    safe = y > 0
    return np.where(safe, np.divide(x, y, where=safe, out=None), 0), np.where(safe, np.floor_divide(x, y, where=safe, out=None), 0)


KEYWORDS = [
    Row("out=", with_out, [((5,), (5,)), ((3, 4), (4,)), ((0, 3), (3,))]),
    Row("out=overlap", with_overlapping_out, [((5,),), ((3, 4),)], INEXACT),
    Row("where=", with_where, [((5,), (5,)), ((3, 4), (4,))], ("float64", "float32", "int64")),
    Row("where=alone", with_where_alone, PAIR[:4], ("float64", "float32", "int64"), positive),
    Row(
        "dtype=",
        lambda x, y: (np.add(x, y, dtype=np.float32), np.sin(x, dtype="f4"), np.multiply(x, 2, dtype="f8")),
        PAIR,
        FLOATS,
        slope=False,
        rtol=1e-6,
    ),
    Row("dtype=double", lambda x, y: (np.add(x, y, dtype=np.float64), np.power(x, 2, dtype="f8")), PAIR),
    Row("dtype=error", lambda x, y: np.add(x, y, dtype=np.int32), PAIR[:1], FLOATS, slope=False),
    Row("casting=", lambda x: np.add(x, 1.5, out=np.zeros(5, np.int64), casting="unsafe"), [((5,),)], slope=False),
    Row("casting=error", lambda x: np.add(x, 1.5, out=np.zeros(5, np.int64)), [((5,),)], slope=False),
    Row("casting=safe", lambda x: np.add(x, 1.0, out=np.zeros(5, np.float32), casting="safe"), [((5,),)], slope=False),
    Row("out=shape-error", lambda x: np.add(x, 1.0, out=np.zeros(4)), [((5,),)], slope=False),
]

FORMS = [
    *forms(np.add, many=True),
    *forms(np.subtract, SMALL[:-1]),
    *forms(np.multiply, many=True),
    *forms(np.divide, make=positive),
    *forms(np.maximum, many=True),
    *forms(np.minimum, slope=False, many=True),
    *forms(np.fmax, INEXACT, slope=False, many=True),
    *(row for row in forms(np.power, INEXACT, make=near_one) if "reduce" not in row.names),  # NumPy 2.4's np.power.reduce leaves steps out
    *forms(np.float_power, INEXACT, slope=False, make=near_one),
    *forms(np.hypot, FLOATS, many=True),
    *forms(np.logaddexp, FLOATS, slope=False, many=True),
    *forms(np.logical_and, slope=False, many=True),
    *forms(np.logical_or, ("int64", "bool"), slope=False, many=True),
    *forms(np.bitwise_and, ("int64", "uint8"), slope=False, many=True),
    *forms(np.bitwise_xor, ("int64",), slope=False, many=True),
    *forms(np.gcd, ("int64", "int32"), slope=False, many=True),
    Row("reduce-where", lambda x: (np.add.reduce(x, where=x > 0), np.maximum.reduce(x, axis=-1, initial=-1, where=x > 0)), ONE),
    Row("reduce-out", lambda x: (np.subtract.reduce(x, out=np.zeros(4)), np.add.reduce(x, axis=0, out=np.zeros(4))), [((3, 4),)]),
    Row("reduce-dtype", lambda x: (np.add.reduce(x, dtype="f8"), np.subtract.reduce(x, dtype=np.float64)), [((3, 4),), ((5,),)]),
    Row("reduce-where-error", lambda x: np.maximum.reduce(x, where=x > 0), ONE, slope=False),
    Row("reduce-empty", lambda x: (np.add.reduce(x), np.hypot.reduce(x)), [((0, 3),)], FLOATS),
    Row("reduce-empty-error", lambda x: np.divide.reduce(x), [((0, 3),), ((0,),)], slope=False),
    Row("reduce-order-error", lambda x: np.subtract.reduce(x, axis=(0, 1)), [((2, 3),)], FLOATS, slope=False),
    Row("reduce-axis-error", lambda x: np.divide.reduce(x, axis=2), [((2, 3),)], slope=False),
    Row("reduce-type-error", lambda x: np.less.reduce(x), [((3,),)], FLOATS, slope=False),
    Row("reduce-unary-error", lambda x: np.sin.reduce(x), [((3,),)], FLOATS, slope=False),
    Row("outer-unary-error", lambda x: np.sin.outer(x, x), [((3,),)], FLOATS, slope=False),
    Row("accumulate-axis-error", lambda x: np.add.accumulate(x, axis=1), [((3,),)], slope=False),
    Row("accumulate-scalar-error", lambda x: np.add.accumulate(x), [((),)], slope=False),
    Row("reduceat-error", lambda x: np.add.reduceat(x, [0, 7]), [((5,),)], slope=False),
    Row("at-error", lambda x: np.add.at(x, [0, 7], 1), [((5,),)], slope=False),
    Row("at-shape-error", lambda x: np.add.at(x, [0, 1], np.ones(3)), [((5,),)], slope=False),
    Row("at-unary", lambda x: (np.negative.at(x, [0, 0, 2]), x)[1], [((5,),), ((3, 2),)], ("float64", "int64")),
    Row("at-tuple", lambda x: (np.add.at(x, ([0, 0, 1], [1, 1, 0]), [1, 2, 3]), np.multiply.at(x, (0, 1), 3), x)[2], [((2, 3),)]),
    Row("at-itself", lambda x: (np.add.at(x, [1, 1, 0], x[:3]), x)[1], [((5,),), ((4, 2),)]),
    Row("at-mask", lambda x: (np.multiply.at(x, x > 1, 2), x)[1], [((5,),), ((3, 2),)], ("float64", "int64")),
]


def into_both(x, y):
    out = np.zeros_like(x + y, dtype="f8"), np.ones_like(x + y, dtype="f8")
    np.divmod(x, y, out=out)
    np.modf(out[0] * 0.3, out=(out[1], None))
    return out


def modf_into_itself(x):
    np.modf(x, out=(x, x[::-1].copy()))
    return x


PLAIN = [
    Row(
        "heaviside",
        lambda x, y: (np.heaviside(x, 0.5), np.heaviside(x, y), np.heaviside(0.0 * x, y)),
        PAIR,
        ("float64", "float32", "int64"),
    ),
    Row("heaviside-nan", lambda x: np.heaviside(x / 0, 1), ONE, FLOATS, slope=False),
    Row("logaddexp logaddexp2", lambda x, y: (np.logaddexp2(x, y), np.logaddexp2(x, x + 1)), PAIR, ("float64", "float32", "int64")),
    Row(
        "logaddexp-infinite",
        lambda x: (np.logaddexp(x, -np.inf), np.logaddexp2(x, -np.inf), np.logaddexp2(np.inf, x)),
        ONE,
        FLOATS,
        slope=False,
    ),
    Row("spacing", lambda x: (np.spacing(x), np.spacing(x * 0), np.spacing(x / 0)), ONE, FLOATS, slope=False, rtol=1e-16),
    Row("gcd lcm", lambda x, y: (np.gcd(x, y), np.lcm(x, y), np.gcd(x, 12), np.lcm(x, 6)), PAIR, INTEGERS, slope=False),
    Row("gcd-error", lambda x: np.gcd(x, x), ONE, FLOATS, slope=False),
    Row("bitwise_count", lambda x: (np.bitwise_count(x), np.bitwise_count(x * x)), ONE, INTEGERS, slope=False),
    Row("conjugate conj ndarray.conj", lambda x: (np.conjugate(x), np.conj(x), x.conj()), ONE, (*INEXACT, "int64")),
    Row("divmod", lambda x, y: (np.divmod(x, y), np.divmod(-x, y)), PAIR, ("float64", "float32", "int64", "uint8"), positive),
    Row("divmod-signs", lambda x, y: np.divmod(x, y), PAIR, ("float64", "float32", "int64"), slope=False),
    Row("divmod-out", into_both, [((5,), (5,)), ((3, 4), (4,))], ("float64", "int64"), positive),
    Row("modf", lambda x: (np.modf(x), np.modf(x * 3)), [*ONE, ((),)], ("float64", "float32", "int64")),
    Row("modf-infinite", lambda x: np.modf(x / 0), ONE, FLOATS, slope=False),
    Row("modf-out", modf_into_itself, [((5,),), ((3, 4),)], ("float64",)),
    Row(
        "frexp", lambda x: (np.frexp(x), np.frexp(x * 1e-310), np.frexp(x * 1e300), np.frexp(x / 0)), ONE, ("float64", "int64"), slope=False
    ),
    Row("frexp-single", lambda x: (np.frexp(x), np.frexp(np.exp2(np.rint(x)))), ONE, FLOATS, slope=False),
    Row("frexp-slope", lambda x: np.frexp(x * 10)[0], ONE, FLOATS),
    Row("ldexp", lambda x: (np.ldexp(x, 3), np.ldexp(x, np.arange(x.shape[-1]))), ONE[:1], ("float64", "float32", "int64")),
]


def clipped(x, y):
    out = np.zeros_like(x)
    return np.clip(x, -0.5, 1.5), x.clip(0, 1), np.clip(x, y, None), np.clip(x, min=0), np.clip(x, None, 1, out=out), out


def clipped_where(x):
    return np.clip(x, 0, 1, out=np.full_like(x, 7), where=x > 0), np.clip(x, 0, 2, dtype=np.float64)


def pieces(x):
    return np.piecewise(x, [x < 0, x > 1], [lambda v: v * v, lambda v: 3 * v, 2]), np.piecewise(x, [x > 0], [-1, lambda v: v + v])


def choices(x, y):
    return np.select([x > 1, x > 0], [x * 2, y], 5), np.select([x > y], [x]), np.select([y > 0, [True, False, True]], [1.5, x], -x)


ELEMENTARY = [
    Row("sinc", lambda x: (np.sinc(x), np.sinc(x * 0 + 0.3), np.sinc(x * 0)), [*ONE, ((),)], SMALL),
    Row("fix trunc", lambda x: (np.fix(x), np.trunc(x), np.fix(x, out=np.zeros(x.shape))), ONE),
    Row("isposinf isneginf", lambda x: (np.isposinf(x / 0), np.isneginf(x / 0)), ONE, SMALL, slope=False),
    Row(
        "nan_to_num",
        lambda x: (np.nan_to_num(x), np.nan_to_num(x / 0), np.nan_to_num(x / 0, nan=1.0, posinf=2.0, neginf=3.0)),
        ONE,
        SMALL,
        slope=False,
    ),
    Row("nan_to_num-slope", lambda x: (np.nan_to_num(x * 2), np.nan_to_num(x, copy=False)), ONE, (*INEXACT, "complex64")),
    Row("nan_to_num-integers", lambda x: (np.nan_to_num(x), x), ONE, ("int64", "bool"), slope=False),
    Row("clip ndarray.clip", clipped, [((5,), (5,)), ((3, 4), (4,)), ((0, 3), (3,))], INEXACT),
    Row(
        "clip-integers",
        lambda x: (np.clip(x, 1, 3), np.clip(x, -300, 300), np.clip(x, 1.5, None), np.clip(x, None, None)),
        ONE,
        INTEGERS,
        slope=False,
    ),
    Row("clip-where", clipped_where, ONE, FLOATS),
    Row("clip-error", lambda x: np.clip(x, 0, 1, min=0), ONE[:1], FLOATS, slope=False),
    Row("select", choices, [((3,), (3,)), ((2, 3), (3,))], (*INEXACT, "int64")),
    Row("select-error", lambda x: np.select([x > 0], [x, x]), ONE[:1], FLOATS, slope=False),
    Row("piecewise", pieces, ONE, (*INEXACT, "int64")),
    Row(
        "deg2rad rad2deg degrees radians",
        lambda x: (np.deg2rad(x), np.rad2deg(x), np.degrees(x), np.radians(x)),
        ONE,
        ("float64", "float32", "int64"),
        rtol=1e-11,
    ),
    Row(
        "pi e inf nan newaxis euler_gamma",
        lambda x: (x * np.pi + np.e, x[np.newaxis] + np.euler_gamma, x + np.inf, x * np.nan),
        ONE,
        FLOATS,
        slope=False,
    ),
]

ROWS = [*KEYWORDS, *FORMS, *PLAIN, *ELEMENTARY]


STEPS = ("invert", "left_shift", "right_shift", "bitwise_and", "bitwise_or", "bitwise_xor")


def called(name: str) -> Row:
    """A row of a ufunc without keywords."""
    ufunc, whole = getattr(np, name), name in STEPS
    make = positive if whole or name in ("float_power", "mod") else None
    function = (lambda x: ufunc(x)) if ufunc.nin == 1 else (lambda x, y: ufunc(x, y))
    return Row(name, function, ONE if ufunc.nin == 1 else PAIR, ("int64", "uint8") if whole else FLOATS, make, not whole, 1e-11)


ROWS += [called(name) for name in ("fmax", "fmin", "float_power", "mod", "copysign", "nextafter", "divide", *STEPS)]
ROWS += [
    Row("float32 ndarray.astype", lambda x: (x.astype("float32"), x.astype("float64"), np.float32(x)), ONE, REALS, slope=False),
    Row("ndarray.astype", lambda x: x.astype("float64") * 2.0, ONE, FLOATS),
    Row("ndarray.round", lambda x: (x.round(), x.round(1)), ONE, FLOATS, slope=False),
]
