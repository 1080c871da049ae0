"""Selection, sorting, searching, differences and counting."""

from __future__ import annotations

import numpy as np

from tests.numpy_rows import COMPLEX, FLOATS, Row

TWO = ("float64", "int64")
SOME = ("float64", "float32", "complex128", "int64", "uint8", "bool")
SHAPES = [((5,),), ((3, 4),), ((0, 3),), ((1,),)]
FLAT = [((7,),), ((1,),)]


def ties(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Few different numbers, some of them NaN where the dtype has it."""
    found = rng.integers(0, 4, shape).astype(dtype)
    if np.dtype(dtype).kind in "fc":
        found[rng.uniform(size=shape) < 0.2] = np.nan
    return found


def nan_parts(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Complex numbers with few different parts, either of which may be NaN."""
    parts = ties(rng, (*shape, 2), "float64")
    return parts.view(np.complex128)[..., 0].astype(dtype)


def counts(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Small numbers that are not negative."""
    return rng.integers(0, 5, shape).astype(dtype)


def rising(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Sorted along the last axis."""
    return np.cumsum(rng.integers(1, 4, shape) * (0.5 if np.dtype(dtype).kind in "fc" else 1), axis=-1).astype(dtype)


def apart(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Sorted, but not where others are."""
    count = int(np.prod(shape))
    return (np.arange(1, count + 1).reshape(shape) * 0.8 + rng.uniform(0.0, 0.3)).astype(dtype)


def put(x, v):
    np.put(x, [0, -1, 2, 2], v)
    x.put([1], 3, mode="clip")
    np.put(x, [25, -7], [1, 2], mode="wrap")
    return x


def put_along(x, v):
    order = np.argsort(x, axis=-1)
    np.put_along_axis(x, order[..., :2], v, axis=-1)
    np.put_along_axis(x, order[..., -1:], 7, -1)
    return x


def sort_in_place(x):
    x.sort()
    y = x[::-1].copy()
    y.sort(axis=0)
    return x, y


def partitioned(x):
    """The element in its place: those on both sides are in an order that NumPy leaves open."""
    y = x.copy()
    y.partition(1)
    return y[..., 1]


SELECTION = [
    Row(
        "take ndarray.take",
        lambda x: (np.take(x, [0, -1, 0]), x.take([[0, 1], [2, 2]], axis=-1), np.take(x, 2, axis=-1), np.take(x, 1)),
        [((5,),), ((3, 4),), ((2, 3, 4),)],
        SOME,
    ),
    Row("take-mode", lambda x: (np.take(x, [9, -9, 1], mode="clip"), np.take(x, [9, -9, 1], axis=-1, mode="wrap")), SHAPES[:2], TWO),
    Row("take-index", lambda x, i: (np.take(x, i % 3), x[i % 3, i % 2]), [((3, 4), (5,))], ("int64", "int32", "uint8"), slope=False),
    Row("take-out", lambda x: np.take(x, [0, 1], out=np.zeros(2)), SHAPES[:2], FLOATS),
    Row("take-error", lambda x: np.take(x, [0, 7], axis=0), [((5,),)], TWO, slope=False),
    Row("take-axis-error", lambda x: np.take(x, [0], axis=1), [((5,),)], TWO, slope=False),
    Row("take-mode-error", lambda x: np.take(x, [0], mode="no"), [((5,),)], TWO, slope=False),
    Row("take-type-error", lambda x: np.take(x, x), [((5,),)], FLOATS, slope=False),
    Row(
        "take_along_axis",
        lambda x: (
            np.take_along_axis(x, np.argsort(x, axis=0), 0),
            np.take_along_axis(x, np.argsort(x)[..., -1:], -1),
            np.take_along_axis(x, np.array([0, -1]), None),
        ),
        [((5,),), ((3, 4),)],
        SOME,
    ),
    Row("take_along_axis-broadcast", lambda x: np.take_along_axis(x, np.array([[0, 2]]), 1), [((3, 4),)], TWO),
    Row("take_along_axis-error", lambda x: np.take_along_axis(x, np.array([0, 9, 0]), 0), [((3,),)], TWO, slope=False),
    Row("take_along_axis-rank-error", lambda x: np.take_along_axis(x, np.array([0, 1]), 1), [((3, 4),)], TWO, slope=False),
    Row("take_along_axis-shape-error", lambda x: np.take_along_axis(x, np.array([[0, 1]]), 0), [((3, 4),)], TWO, slope=False),
    Row("put ndarray.put", put, [((5,), (3,)), ((3, 4), (1,)), ((3, 4), ())], SOME),
    Row("put-empty", lambda x: (np.put(x, [0, 1], []), x)[1], [((5,),)], FLOATS),
    Row("put-error", lambda x: np.put(x, [0, 9], 1), [((5,),)], TWO, slope=False),
    Row("put_along_axis", put_along, [((5,), ()), ((3, 4), (3, 1)), ((3, 4), (2,))], ("float64", "float32", "complex128", "int64")),
    Row("put_along_axis-error", lambda x: np.put_along_axis(x, np.array([0, 9]), 1, 0), [((5,),)], TWO, slope=False),
    Row(
        "compress ndarray.compress",
        lambda x: (np.compress([True, False, True], x), np.compress(x.ravel() > 0, x), x.compress([0, 1], axis=-1)),
        [((5,),), ((3, 4),)],
        SOME,
    ),
    Row("compress-error", lambda x: np.compress([True] * 9, x), [((5,),)], TWO, slope=False),
    Row("extract", lambda x: np.extract(x > 0, x * 2), SHAPES, SOME[:5]),
    Row(
        "choose ndarray.choose",
        lambda x, y: (
            np.choose([0, 1, 1], [x, y]),
            np.choose(np.array([5, -2, 1]), [x, y, 2.0], mode="clip"),
            np.array([0, 7, 1]).choose([x, y], mode="wrap"),
        ),
        [((3,), (3,)), ((2, 3), (3,))],
        ("float64", "complex128", "int64"),
    ),
    Row("choose-error", lambda x: np.choose([0, 2, 1], [x, x]), [((3,),)], TWO, slope=False),
    Row("nonzero ndarray.nonzero", lambda x: (np.nonzero(x), x.nonzero(), np.where(x > 0)), SHAPES, SOME, slope=False),
    Row("nonzero-error", lambda x: np.nonzero(x), [((),)], SOME, slope=False),
    Row("argwhere", lambda x: np.argwhere(x > 0), SHAPES, SOME[:5], slope=False),
    Row("flatnonzero", lambda x: np.flatnonzero(x > 0), SHAPES, SOME[:5], slope=False),
    Row(
        "where",
        lambda x, y: (np.where(x > 0, x, y), np.where([True, False, True], x, 2), np.where(x, y, x)),
        [((3,), (3,)), ((2, 3), (3,)), ((), (3,))],
        SOME[:5],
    ),
    Row("where-error", lambda x: np.where(x > 0, x), [((3,),)], TWO, slope=False),
    Row("index-error", lambda x: x[[0, 7]], [((5,),)], TWO, slope=False),
    Row("index-both", lambda x: (x[[0, -1], [1, 2]], x[:, [2, 0]], x[[[0], [1]], [0, 1]]), [((3, 4),)], SOME),
    Row("index-shape-error", lambda x: x[[0, 1], [0, 1, 2]], [((3, 4),)], TWO, slope=False),
]

SORTING = [
    Row(
        "sort",
        lambda x: (np.sort(x), np.sort(x, axis=0), np.sort(x, axis=None), np.sort(x, kind="stable")),
        [*SHAPES, ((17,),), ((2, 3, 4),)],
        SOME,
    ),
    Row("sort-ties", lambda x: np.sort(x, axis=0), [((40,),), ((9, 2),)], SOME, ties, slope=False),
    Row(
        "sort-nan-parts",
        lambda x: (np.sort(x), np.argsort(x, kind="stable"), np.argmax(x), np.median(x), np.max(x), np.fmax.reduce(x)),
        [((60,),), ((7,),)],
        COMPLEX,
        nan_parts,
        slope=False,
    ),
    Row("ndarray.sort", sort_in_place, [((5,),), ((3, 4),)], SOME),
    Row("sort-axis-error", lambda x: np.sort(x, axis=1), [((5,),), ((),)], TWO, slope=False),
    Row("sort-kind-error", lambda x: np.sort(x, kind="no"), [((5,),)], TWO, slope=False),
    Row(
        "argsort ndarray.argsort",
        lambda x: (np.argsort(x, kind="stable"), x.argsort(axis=0, kind="stable"), np.argsort(x, axis=None, stable=True)),
        [*SHAPES, ((),)],
        SOME,
        slope=False,
    ),
    Row("argsort-ties", lambda x: np.argsort(x, axis=0, kind="stable"), [((40,),), ((9, 2),)], SOME, ties, slope=False),
    Row("partition ndarray.partition", lambda x: (np.partition(x, 2)[..., 2], partitioned(x)), [((5,),), ((3, 4),)], SOME),
    Row("argpartition", lambda x: (np.argpartition(x, 2)[..., 2], x.argpartition(1)[..., 1]), [((5,),), ((3, 4),)], FLOATS, slope=False),
    Row("partition-error", lambda x: np.partition(x, 5), [((5,),)], TWO, slope=False),
    Row(
        "lexsort",
        lambda x, y: (np.lexsort((x, y)), np.lexsort((y, x), axis=0)),
        [((9,), (9,)), ((4, 3), (4, 3))],
        SOME,
        counts,
        slope=False,
    ),
    Row(
        "searchsorted ndarray.searchsorted",
        lambda a, v: (
            np.searchsorted(a, v),
            a.searchsorted(v, side="right"),
            np.searchsorted(a, 2),
            np.searchsorted(a[::-1], v, sorter=np.arange(len(a))[::-1]),
        ),
        [((7,), (4,)), ((1,), (2, 3)), ((0,), (2,)), ((5,), ())],
        SOME[:5],
        rising,
        slope=False,
    ),
    Row("searchsorted-error", lambda a: np.searchsorted(a, 1.0), [((2, 3),)], TWO, slope=False),
    Row("searchsorted-side-error", lambda a: np.searchsorted(a, 1.0, side="up"), [((3,),)], TWO, slope=False),
    Row(
        "unique",
        lambda x: (np.unique(x), np.unique(x, return_index=True, return_inverse=True, return_counts=True), np.unique(x, equal_nan=False)),
        [((9,),), ((3, 4),), ((0,),)],
        SOME,
        ties,
        slope=False,
    ),
    Row("unique-slope", lambda x: np.unique(x) * 2.0, [((5,),), ((3, 2),)], FLOATS),
    Row(
        "isin",
        lambda x, y: (np.isin(x, y), np.isin(x, y[:0]), np.isin(x, [1, 2], invert=True)),
        [((6,), (4,)), ((2, 3), (3,))],
        SOME[:5],
        ties,
        slope=False,
    ),
]


def complex_levels(x, p, f):
    levels = f + 1j * f * f
    return np.interp(x, p, levels), np.interp(x, p, levels, left=1j, right=levels[0]), np.interp(0.7, p, levels)


DIFFERENCES = [
    Row(
        "diff",
        lambda x: (np.diff(x), np.diff(x, n=2), np.diff(x, axis=0), np.diff(x, n=0), np.diff(x, prepend=1, append=x)),
        [((5,),), ((3, 4),), ((1,),)],
        ("float64", "float32", "complex128", "int64", "uint8"),
    ),
    Row("diff-bool", lambda x: np.diff(x), SHAPES, ("bool",), slope=False),
    Row("diff-axis", lambda x, y: np.diff(x, axis=0, prepend=y, append=0), [((3, 4), (1, 4)), ((5,), (2,))], TWO),
    Row("diff-error", lambda x: np.diff(x), [((),)], TWO, slope=False),
    Row("diff-order-error", lambda x: np.diff(x, n=-1), [((4,),)], TWO, slope=False),
    Row("diff-axis-error", lambda x: np.diff(x, axis=2), [((4,),)], TWO, slope=False),
    Row(
        "gradient",
        lambda x: (np.gradient(x), np.gradient(x, 2.0), np.gradient(x, edge_order=2)),
        [((5,),), ((3, 4),)],
        ("float64", "float32", "complex128", "complex64", "int64"),
    ),
    Row(
        "gradient-axis",
        lambda x: (np.gradient(x, axis=1), np.gradient(x, 2, 3.0), np.gradient(x, 0.5, axis=(0, 1), edge_order=2)),
        [((3, 4),)],
        ("float64", "complex128", "int64"),
    ),
    Row(
        "gradient-points",
        lambda x, y: (np.gradient(x, y), np.gradient(x, y, edge_order=2)),
        [((5,), (5,)), ((3,), (3,))],
        ("float64", "complex128", "int64"),
        rising,
    ),
    Row("gradient-points-axis", lambda x, y: np.gradient(x, y, axis=1), [((3, 4), (4,))], ("float64", "int64"), rising),
    Row("gradient-error", lambda x: np.gradient(x), [((1,),)], TWO, slope=False),
    Row("gradient-edge-error", lambda x: np.gradient(x, edge_order=2), [((2,),)], TWO, slope=False),
    Row("gradient-length-error", lambda x: np.gradient(x, [1.0, 2.0]), [((3,),)], TWO, slope=False),
    Row("gradient-count-error", lambda x: np.gradient(x, 1.0, 2.0), [((3,),)], TWO, slope=False),
    Row(
        "interp",
        lambda x, p, f: (np.interp(x, p, f), np.interp(x, p, f, left=-1.0), np.interp(x, p, f, right=f[0] * 2), np.interp(0.7, p, f)),
        [((9,), (4,), (4,)), ((2, 3), (5,), (5,)), ((), (3,), (3,))],
        ("float64", "float32", "int64"),
        apart,
    ),
    Row("interp-complex", complex_levels, [((9,), (4,), (4,)), ((2, 3), (5,), (5,)), ((), (3,), (3,))], ("float64", "int64"), apart),
    Row("interp-complex-error", lambda x, p: np.interp(p.real, x, p.real), [((5,), (4,))], ("complex128",), apart, slope=False),
    Row("interp-single", lambda x, p: np.interp(x, p, p + 1), [((9,), (1,))], TWO, slope=False),
    Row("interp-nan", lambda x, p: np.interp(x / 0 * 0, p, p), [((4,), (3,))], FLOATS, rising, slope=False),
    Row("interp-error", lambda x, p: np.interp(x, p, p[1:]), [((4,), (3,))], TWO, rising, slope=False),
    Row("interp-empty-error", lambda x: np.interp(x, x[:0], x[:0]), [((4,),)], TWO, slope=False),
]

COUNTING = [
    Row(
        "histogram",
        lambda x: (np.histogram(x), np.histogram(x, bins=3, range=(-1, 2)), np.histogram(x, [0, 1, 2, 5])),
        [((9,),), ((3, 4),), ((1,),)],
        ("float64", "int64", "uint8"),
        slope=False,
    ),
    Row("histogram-empty", lambda x: np.histogram(x, bins=2), [((0,),)], TWO, slope=False),
    Row(
        "histogram-weights",
        lambda x, w: (np.histogram(x, [0.0, 1.0, 2.5, 4.0], weights=w)[0], np.histogram(x, 4, (0, 5), weights=w, density=True)[0]),
        [((9,), (9,)), ((2, 3), (2, 3))],
        TWO,
        lambda rng, shape, dtype: (rng.integers(0, 5, shape) + 0.4).astype(dtype),
    ),
    Row(
        "histogram-complex",
        lambda x, w: np.histogram(x, [-0.5, 1.5, 2.5, 4.5], weights=w + 1j * w * w)[0],
        [((9,), (9,)), ((2, 3), (2, 3))],
        ("float64",),
        counts,
    ),
    Row("histogram-density", lambda x: np.histogram(x, bins=3, density=True), [((9,),)], TWO, slope=False),
    Row("histogram-error", lambda x: np.histogram(x, [2, 1]), [((9,),)], TWO, slope=False),
    Row("histogram-range-error", lambda x: np.histogram(x, 2, (2, 1)), [((9,),)], TWO, slope=False),
    Row("histogram_bin_edges", lambda x: np.histogram_bin_edges(x, 4), [((9,),), ((3, 4),)], TWO, slope=False),
    Row(
        "bincount",
        lambda x: (np.bincount(x), np.bincount(x, minlength=9), np.bincount([0, 1], weights=[0.5, 2])),
        [((7,),), ((0,),)],
        ("int64", "int32", "uint8"),
        counts,
        slope=False,
    ),
    Row("bincount-weights", lambda w: np.bincount([0, 2, 1, 2, 2], weights=w), [((5,),)], FLOATS),
    Row("bincount-complex-error", lambda w: np.bincount([0, 2, 1, 2, 2], weights=w), [((5,),)], ("complex128",), slope=False),
    Row("bincount-error", lambda x: np.bincount(x - 9), [((5,),)], ("int64",), counts, slope=False),
    Row(
        "digitize",
        lambda x, b: (np.digitize(x, b), np.digitize(x, b, right=True), np.digitize(x, b[::-1])),
        [((9,), (4,)), ((2, 3), (3,)), ((), (2,))],
        ("float64", "float32", "complex128", "int64"),
        rising,
        slope=False,
    ),
    Row("digitize-error", lambda x: np.digitize(x, [1, 3, 2]), [((5,),)], TWO, slope=False),
]

ROWS = [*SELECTION, *SORTING, *DIFFERENCES, *COUNTING]
