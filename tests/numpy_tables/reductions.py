"""Reductions, scans, statistics and norms: every keyword, and what there is no value for."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.numpy_rows import COMPLEX, FLOATS, NUMBERS, Row, random_array

SHAPES = [((5,),), ((3, 4),), ((1,),)]
NOTHING = [((0,),), ((0, 3),), ((3, 0),)]
ANY_RANK = [*SHAPES, ((),)]
MATRICES = [((3, 4),), ((4, 1),)]
CUBES = [((2, 3, 4),)]


def with_nans(rng, shape, dtype):
    """Random numbers, some of them NaN, but not a whole row."""
    x = random_array(rng, shape, dtype)
    if x.dtype.kind in "fc" and x.size > 1:
        x.reshape(-1)[:: max(x.shape[-1], 2) + 1] = np.nan
    return x


def every(names, function, *, slope=True, dtypes=NUMBERS, rtol=1e-12, vectors=(((),), ((5,),))):
    """Rows of a reduction along each axis and over all, with keepdims, on scalars, on nothing, and along a wrong axis."""

    def over_all(x):
        return function(x), function(x, axis=-1)

    def along(x):
        return function(x, axis=0), function(x, axis=1, keepdims=True), function(x.T, axis=0), function(x[:, ::2], axis=1)

    def middle(x):
        return function(x, axis=1), function(x, 2, keepdims=True)

    return [
        Row(names, over_all, vectors, dtypes, slope=slope, rtol=rtol),
        Row(names, along, [((3, 4),)], dtypes, slope=slope, rtol=rtol),
        Row(names, middle, [((2, 3, 4),)], ("float64", "int64"), slope=slope, rtol=rtol),
        Row(names, lambda x: function(x), NOTHING, ("float64", "int64"), slope=False),
        Row(names, lambda x: function(x, axis=1), NOTHING[1:], ("float64",), slope=False),
        Row(names, lambda x: function(x, axis=-3), [((3, 4),)], ("float64",), slope=False),
    ]


def tuples(names, function, *, slope=True, dtypes=("float64", "complex128")):
    """Rows of a reduction over several axes at once."""

    def several(x):
        return function(x, axis=(0, 2)), function(x, axis=(1, -1), keepdims=True), function(np.transpose(x, (2, 0, 1)), axis=(0, 1))

    return [
        Row(names, several, CUBES, dtypes, slope=slope),
        Row(names, lambda x: (function(x, axis=(0, 1, 2)), function(x, keepdims=True), function(x, axis=())), CUBES, dtypes, slope=slope),
        Row(names, lambda x: function(x, axis=(0, 0)), CUBES, ("float64",), slope=False),
    ]


def starting(names, function, *, dtypes=NUMBERS):
    """Rows with `initial` and `where`."""

    def masked(x):
        mask = np.array([[True], [False], [True]])
        return (
            function(x, axis=0, initial=3),
            function(x, axis=-1, initial=1, where=x > 0),
            function(x, initial=1, where=x > 0),
            function(x, axis=0, initial=1, where=x[0] > 0, keepdims=True),
            function(x, initial=1, where=mask),
        )

    return [
        Row(names, masked, [((3, 4),)], dtypes),
        Row(names, lambda x: function(x, initial=2), [((),), *NOTHING], ("float64", "int64")),
        Row(names, lambda x: function(x, initial=2, where=x > 0), [((),), ((0,),)], ("float64", "int64")),
        Row(names, lambda x, y: function(x, initial=y[()]), [((3, 4), ())], ("float64",)),
    ]


def written(names, function, shape=(4,)):
    """Rows with `out`: of the right shape, of a wrong one, of another dtype."""

    def into(x, dtype="float64", shape=shape):
        out = np.zeros(shape, dtype)
        result = function(x, axis=0, out=out)
        return result, out

    return [
        Row(names, into, [((3, 4),)], ("float64", "float32")),
        Row(names, partial(into, dtype="float32"), [((3, 4),)], ("float64",), slope=False, rtol=1e-6),
        Row(names, partial(into, shape=(1, *shape)), [((3, 4),)], ("float64",), slope=False),
        Row(names, partial(into, shape=(5,) * len(shape)), [((3, 4),)], ("float64",), slope=False),
    ]


def means(names, function, *, rtol=1e-12):
    """Rows of the arguments that means and variances have."""
    return [
        Row(
            names,
            lambda x: (function(x, where=x > 0), function(x, axis=0, where=x > 0)),
            [((7,),), ((4, 5),)],
            (*FLOATS, "complex128"),
            slope=False,
        ),
        Row(names, lambda x: function(x, axis=0, where=np.array([[True], [False], [True], [True]])), [((4, 3),)], NUMBERS, rtol=rtol),
        Row(names, lambda x: function(x, dtype=np.float64), [((5,),), ((3, 4),)], rtol=rtol),
        Row(names, lambda x: function(x, axis=1, dtype=np.float32), [((3, 4),)], FLOATS, slope=False, rtol=1e-6),
    ]


ROWS = [
    *every("sum", np.sum),
    *tuples("sum", np.sum),
    *starting("sum", np.sum),
    Row("sum", lambda x: np.sum(x, where=np.array([1, 0, 1]), initial=1), [((3,),)], ("float64",), slope=False),
    Row("sum", lambda x: np.sum(x[0], where=x > 0, initial=1), [((3, 4),)], ("float64",), slope=False),
    *written("sum", np.sum),
    Row("ndarray.sum", lambda x: (x.sum(), x.sum(0), x.sum(axis=-1, keepdims=True), x.sum(axis=(), where=x > 0)), MATRICES, NUMBERS),
    Row("sum", lambda x: (np.sum(x, dtype=np.float32), np.sum(x, axis=0, dtype=np.int16)), [((3, 4),)], slope=False, rtol=1e-6),
    Row("sum", lambda x: np.sum(x, dtype=bool), [((3, 4),)], ("bool",), slope=False),
    Row("sum", lambda x: np.sum([x, 2 * x], axis=0), [((4,),)], FLOATS),
    Row("sum", lambda x: np.sum(x, axis=1.0), [((3, 4),)], ("float64",), slope=False),
    Row(
        "sum prod max min",
        lambda x: (x.sum(), x.prod(), x.max(), x.min()),
        [((3, 4),)],
        ("int8", "int16", "uint16", "uint32", "uint64"),
        slope=False,
    ),
    *every("prod", np.prod),
    *tuples("prod", np.prod),
    *starting("prod", np.prod),
    *written("prod", np.prod)[:2],
    Row("prod ndarray.prod", lambda x: (np.prod(x - x[0]), x.prod(axis=0)), [((4,),), ((3, 2),)], (*FLOATS, "complex128")),
    *every("max amax", np.max),
    *tuples("max", np.max),
    *starting("max", np.max),
    *written("max", np.max)[:2],
    *every("min amin", np.min),
    *tuples("min", np.min),
    *starting("min", np.min),
    *written("min", np.min)[:2],
    Row(
        "ndarray.max ndarray.min", lambda x: (x.max(), x.min(0), x.max(axis=1, keepdims=True), np.amax(x), np.amin(x, 1)), MATRICES, NUMBERS
    ),
    Row(
        "max min",
        lambda x: (np.max(x), np.min(x), np.max(x, axis=0), np.min(x, axis=1)),
        [((4, 3),)],
        (*FLOATS, "complex128"),
        with_nans,
        slope=False,
    ),
    Row("max", lambda x: np.max(x, where=x > 0), [((4,),)], FLOATS, slope=False),
    *every("ptp", np.ptp),
    *written("ptp", np.ptp)[:2],
    *every("any", np.any, slope=False),
    *tuples("any", np.any, slope=False),
    *every("all", np.all, slope=False),
    *tuples("all", np.all, slope=False),
    Row("any all", lambda x: (np.any(x, where=x < 2), np.all(x, axis=0, where=x > 0)), [*MATRICES, *NOTHING], NUMBERS, slope=False),
    Row("ndarray.any ndarray.all", lambda x: (x.any(), x.all(0), x.any(axis=1, keepdims=True)), MATRICES, NUMBERS, slope=False),
    Row("count_nonzero", lambda x: (np.count_nonzero(x), np.count_nonzero(x > 0, keepdims=True)), ANY_RANK, NUMBERS, slope=False),
    Row("count_nonzero", lambda x: (np.count_nonzero(x, axis=0), np.count_nonzero(x, 1, keepdims=True)), MATRICES, slope=False),
    Row("argmax argmin", lambda x: (np.argmax(x), np.argmin(x), np.argmax(x, keepdims=True)), [*ANY_RANK, *NOTHING], NUMBERS, slope=False),
    Row(
        "argmax argmin ndarray.argmax ndarray.argmin",
        lambda x: (np.argmax(x, 0), np.argmin(x, axis=1), x.argmax(-1), x.argmin(0)),
        MATRICES,
        NUMBERS,
        slope=False,
    ),
    Row("argmax argmin", lambda x: (np.argmax(x, 1), np.argmin(x, axis=0, keepdims=True)), CUBES, FLOATS, slope=False),
    Row(
        "argmax",
        lambda x: (np.argmax(x, axis=0), np.argmin(x), np.argmax(x.T)),
        [((4, 3),), ((5, 2),)],
        (*FLOATS, "complex128"),
        with_nans,
        slope=False,
    ),
    Row("argmax", lambda x: np.argmax(x, axis=1), [((0, 3),), ((3, 0),)], slope=False),
    Row("argmax", lambda x: np.argmax(x, axis=2), [((3, 4),)], FLOATS, slope=False),
    Row("argmax", lambda x: np.argmax(x, axis=0, out=np.zeros(4, np.int64)), [((3, 4),)], FLOATS, slope=False),
    Row("argmax", lambda x: np.argmax(x, axis=0, out=np.zeros(4)), [((3, 4),)], FLOATS, slope=False),
    Row("ndarray.argmax", lambda x: x[np.argmax(x)] * x[x.argmin()], [((5,),)], (*FLOATS, "complex128")),
    # ------------------------------------------------ scans
    Row("cumsum ndarray.cumsum", lambda x: (np.cumsum(x), x.cumsum()), [*ANY_RANK, *NOTHING], (*NUMBERS, "complex64")),
    Row("cumsum", lambda x: (np.cumsum(x, axis=0), np.cumsum(x, -1), x.cumsum(1), np.cumsum(x.T, 1)), [*MATRICES, *NOTHING[1:]], NUMBERS),
    Row("cumsum", lambda x: (np.cumsum(x, axis=0), np.cumsum(x, 1), np.cumsum(x, 2)), CUBES, FLOATS),
    Row("cumsum", lambda x: (np.cumsum(x, dtype=np.float64), np.cumsum(x, 0, np.int32)), [((3, 4),)], rtol=1e-6, slope=False),
    Row("cumsum", lambda x: np.cumsum(x, axis=2), [((3, 4),)], FLOATS, slope=False),
    *written("cumsum", np.cumsum, (3, 4)),
    Row("cumprod ndarray.cumprod", lambda x: (np.cumprod(x), x.cumprod()), [*ANY_RANK, *NOTHING], NUMBERS),
    Row("cumprod", lambda x: (np.cumprod(x, axis=0), np.cumprod(x, -1), x.cumprod(1)), [*MATRICES, *NOTHING[1:]], NUMBERS),
    Row("cumprod", lambda x: (np.cumprod(x, axis=0), np.cumprod(x, 1), np.cumprod(x, 2)), CUBES, FLOATS),
    Row("cumprod", lambda x: np.cumprod(x - x[1]), [((4,),)], FLOATS),
    *written("cumprod", np.cumprod, (3, 4)),
    Row(
        "trapezoid",
        lambda y: (np.trapezoid(y), np.trapezoid(y, dx=0.3), np.trapezoid(y, axis=0)),
        [*SHAPES, *NOTHING[:1]],
        ("float64", "float32", "complex128", "int64", "int32", "uint8"),
    ),
    Row(
        "trapezoid",
        lambda y, x: (np.trapezoid(y, x), np.trapezoid(y.T, x, axis=0)),
        [((5,), (5,)), ((3, 4), (4,))],
        (*FLOATS, "complex128"),
    ),
    Row("trapezoid", lambda y, x: np.trapezoid(y, x, axis=0), [((3, 4), (3, 4)), ((3, 4), (3,)), ((3, 4), (4,))], FLOATS, slope=False),
    Row("trapezoid", lambda y, x: np.trapezoid(y, x), [((3, 4), (3, 4))], FLOATS),
    Row("trapezoid", lambda y: np.trapezoid(y, axis=2), [((3, 4),), ((),)], FLOATS, slope=False),
    # ------------------------------------------------ statistics
    *every("mean", np.mean, vectors=[((5,),)]),
    Row("mean var", lambda x: (np.mean(x), np.var(x), np.mean(x, keepdims=True)), [((),), ((1,),)], NUMBERS),
    Row("mean", lambda x: np.mean(x, axis=-1), [((),)], ("float64",), slope=False),
    *tuples("mean", np.mean),
    *written("mean", np.mean),
    *means("mean", np.mean),
    Row(
        "ndarray.mean",
        lambda x: (x.mean(), x.mean(0), x.mean(axis=1, keepdims=True), x.mean(axis=(0, 1))),
        MATRICES,
        (*NUMBERS, "complex64"),
    ),
    *every("var", np.var, rtol=1e-11, vectors=[((5,),)]),
    *tuples("var", np.var),
    *written("var", np.var)[:2],
    *means("var", np.var),
    Row(
        "var",
        lambda x: (np.var(x, ddof=1), np.var(x, axis=0, ddof=1), np.var(x, axis=-1, correction=1)),
        [((5,),), ((3, 4),)],
        NUMBERS,
        rtol=1e-11,
    ),
    Row(
        "ndarray.var ndarray.std",
        lambda x: (x.var(), x.std(), x.var(0), x.std(-1), x.std(axis=0, ddof=1, keepdims=True)),
        [((3, 4),)],
        (*NUMBERS, "complex64"),
    ),
    Row("var", lambda x: (np.var(x, ddof=2), np.var(x, ddof=3.0), np.var(x, ddof=0.5)), [((2,),)], (*FLOATS, "complex128"), slope=False),
    Row("var", lambda x: np.var(x, mean=np.mean(x, axis=0, keepdims=True), axis=0), [((3, 4),)], (*FLOATS, "complex128")),
    Row("var", lambda x: np.var(x, ddof=1, correction=1), [((3, 4),)], FLOATS, slope=False),
    Row("std", lambda x: (np.std(x), np.std(x, axis=0), np.std(x, -1, ddof=1, keepdims=True)), [((5,),), ((3, 4),)], NUMBERS, rtol=1e-11),
    Row("std", lambda x: np.std(x, axis=0, where=np.array([[True], [False], [True], [True]])), [((4, 3),)], NUMBERS),
    Row("std", lambda x: np.std(x), [((),), ((0,),), ((1,),)], NUMBERS, slope=False),
    *written("std", np.std)[:1],
    Row("average", lambda x: (np.average(x), np.average(x, axis=0), np.average(x, axis=-1, keepdims=True)), SHAPES, NUMBERS),
    Row(
        "average",
        lambda x, w: (np.average(x, weights=w + 4), np.average(x, weights=w * w + 1, axis=0)),
        [((5,), (5,)), ((3, 4), (3, 4))],
        (*FLOATS, "complex128"),
    ),
    Row(
        "average", lambda x, w: np.average(x, 1, np.abs(w) + 1, keepdims=True), [((3, 4), (4,)), ((2, 3, 2), (3,))], (*FLOATS, "complex128")
    ),
    Row("average", lambda x, w: np.average(x, (2, 0), np.abs(w) + 1), [((2, 3, 4), (4, 2))], FLOATS),
    Row("average", lambda x: np.average(x, weights=np.arange(1, 5), axis=1, returned=True), [((3, 4),)], NUMBERS),
    Row("average", lambda x: (np.average(x, returned=True), np.average(x, axis=0, returned=True)), [((3, 4),), ((2,),)], NUMBERS),
    Row("average", lambda x, w: np.average(x, weights=w), [((3, 4), (4,)), ((3, 4), (3, 5))], FLOATS, slope=False),
    Row("average", lambda x, w: np.average(x, weights=w, axis=0), [((3, 4), (4,)), ((3, 4), (3, 5))], FLOATS, slope=False),
    Row("average", lambda x: np.average(x, weights=x * 0), [((3, 4),)], FLOATS, slope=False),
    Row("cov", lambda x: (np.cov(x), np.cov(x, rowvar=False), np.cov(x, bias=True), np.cov(x, ddof=0)), [((3, 4),)], NUMBERS, rtol=1e-11),
    Row("cov", lambda x: (np.cov(x), np.cov(x, ddof=2), np.cov(x, dtype=np.float64)), [((5,),)], rtol=1e-11),
    Row("cov", lambda x: np.cov(x, dtype=np.float32), [((3, 5),)], ("float32",), slope=False, rtol=1e-11),
    Row(
        "cov",
        lambda x, y: (np.cov(x, y), np.cov(x, y, bias=True)),
        [((5,), (5,)), ((2, 4), (3, 4)), ((2, 4), (4,))],
        (*FLOATS, "complex128"),
        rtol=1e-11,
    ),
    Row("cov", lambda x: np.cov(x, fweights=np.array([1, 2, 0, 3])), [((3, 4),), ((4,),)], NUMBERS, rtol=1e-11),
    Row("cov", lambda x, w: np.cov(x, aweights=w * w), [((3, 4), (4,)), ((4,), (4,))], FLOATS, rtol=1e-11),
    Row("cov", lambda x, w: np.cov(x, aweights=np.abs(w)), [((3, 4), (4,)), ((4,), (4,))], COMPLEX, rtol=1e-11),
    Row("cov", lambda x, w: np.cov(x, fweights=np.array([1, 2, 1, 3]), aweights=np.abs(w), ddof=0), [((3, 4), (4,))], FLOATS, rtol=1e-11),
    Row("cov", lambda x, y: np.cov(x, y), [((2, 4), (2, 3)), ((2, 2, 2), (2,))], FLOATS, slope=False),
    Row("cov", lambda x: np.cov(x, ddof=0.5), [((2, 4),)], FLOATS, slope=False),
    Row("cov", lambda x, w: np.cov(x, aweights=w), [((3, 4), (4,))], FLOATS, slope=False),
    Row("corrcoef", lambda x: (np.corrcoef(x), np.corrcoef(x, rowvar=False)), [((3, 5),)], (*FLOATS, "complex128"), rtol=1e-11),
    Row("corrcoef", lambda x, y: np.corrcoef(x, y), [((6,), (6,)), ((2, 4), (1, 4))], (*FLOATS, "complex128"), rtol=1e-11),
    Row("corrcoef", lambda x: np.corrcoef(x), [((5,),)], FLOATS, rtol=1e-11),
    *every("median", np.median, dtypes=("float64", "float32", "complex128", "int64", "bool"), vectors=[((5,),)]),
    Row("median", lambda x: np.median(x), [((),), ((1,),)], ("float64", "int64")),
    *tuples("median", np.median),
    *written("median", np.median)[:2],
    Row(
        "median",
        lambda x: (np.median(x), np.median(x, axis=0), np.median(x, 1)),
        [((4, 3),)],
        (*FLOATS, "complex128"),
        with_nans,
        slope=False,
    ),
    Row("median", lambda x: np.median(x, axis=1), [((50, 33),), ((2, 64),)], FLOATS, slope=False),
    # ------------------------------------------------ without NaN
    *(
        Row(
            name,
            lambda x, f=f: (f(x), f(x, axis=0), f(x, axis=-1)),
            [((5,),), ((4, 3),)],
            (*FLOATS, "complex128", "int64"),
            with_nans,
            slope=False,
        )
        for name, f in {
            "nansum": np.nansum,
            "nanprod": np.nanprod,
            "nanmax": np.nanmax,
            "nanmin": np.nanmin,
            "nanmean": np.nanmean,
            "nanvar": np.nanvar,
            "nanstd": np.nanstd,
            "nancumsum": np.nancumsum,
            "nancumprod": np.nancumprod,
        }.items()
    ),
    Row(
        "nanmean",
        lambda x: (np.nansum(x), np.nanmax(x), np.nanmean(x, axis=0), np.nanvar(x), np.nancumprod(x)),
        [((4, 3),)],
        (*FLOATS, "complex128"),
    ),
    Row("nanmax", lambda x: (np.nanmax(x * np.nan), np.nansum(x * np.nan), np.nanmean(x * np.nan)), [((4,),)], FLOATS, slope=False),
    # ------------------------------------------------ norms
    Row("linalg.norm", lambda x: np.linalg.norm(x), SHAPES, (*NUMBERS, "complex64")),
    Row("linalg.norm", lambda x: np.linalg.norm(x), [((0,),), ((0, 3),), ((),)], NUMBERS, slope=False),
    *(
        Row(
            "linalg.norm",
            lambda x, p=p: (np.linalg.norm(x[0], p), np.linalg.norm(x, p, axis=0), np.linalg.norm(x, p, 1, True)),
            [((3, 4),)],
            NUMBERS,
            rtol=1e-11,
        )
        for p in (None, 1, 2, 3, 2.5, np.inf, -np.inf, -1)
    ),
    Row("linalg.norm", lambda x: (np.linalg.norm(x, 0), np.linalg.norm(x, ord=0, axis=0)), [((5,),)], NUMBERS, slope=False),
    *(Row("linalg.norm", lambda x, p=p: np.linalg.norm(x, p), [((3, 4),), ((2, 1),)], NUMBERS) for p in ("fro", 1, -1, np.inf, -np.inf)),
    Row("linalg.norm", lambda x: (np.linalg.norm(x, axis=(0, 2)), np.linalg.norm(x, 1, (2, 0), keepdims=True)), CUBES, NUMBERS),
    Row("linalg.norm", lambda x: np.linalg.norm(x, keepdims=True), [((3, 4),)], NUMBERS),
    Row("linalg.norm", lambda x: np.linalg.norm(x, "fro"), [((4,),)], FLOATS, slope=False),
    Row("linalg.norm", lambda x: np.linalg.norm(x, "foo"), [((4,),), ((3, 4),)], FLOATS, slope=False),
    Row("linalg.norm", lambda x: np.linalg.norm(x, 3), [((3, 4),), ((2, 3, 4),)], FLOATS, slope=False),
    Row("linalg.norm", lambda x: np.linalg.norm(x, 1, axis=(1, 1)), [((3, 4),)], FLOATS, slope=False),
    Row("linalg.norm", lambda x: np.linalg.norm(x, axis=2), [((3, 4),)], FLOATS, slope=False),
    Row("linalg.norm", lambda x: np.linalg.norm(x, np.inf, axis=0), [((0, 3),), ((3, 0),)], FLOATS, slope=False),
]
