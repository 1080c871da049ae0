"""Functions that make arrays."""

from __future__ import annotations

import numpy as np

from tests.numpy_rows import Row

TWO = [((), ())]
FLOATING = ("float64", "float32", "int64")
INTEGERS = ("int64", "int32", "uint8")


def size(rng, shape, dtype):
    """A small number, for a shape."""
    return np.asarray(rng.integers(0, 5, shape), dtype)


ROWS = [
    Row(
        "zeros ones",
        lambda x: (np.zeros(3), np.ones((2, 3), np.float32), np.zeros(x.shape, x.dtype), np.ones(x.size, dtype=bool)),
        slope=False,
    ),
    Row("empty", lambda x: (np.empty(3).shape, np.empty((2, 0)), np.empty_like(x).shape), slope=False),
    Row("full", lambda x: (np.full((2, 3), x[0]), np.full(2, 1.5, np.float32), np.full(3, 7)), shapes=[((5,),)]),
    Row("full_row", lambda x: np.full((2, 5), x), shapes=[((5,),)]),
    Row("zeros_negative", lambda x: np.zeros(-1), slope=False),
    Row(
        "zeros_like ones_like", lambda x: (np.zeros_like(x), np.ones_like(x, dtype=np.float32), np.zeros_like(x, shape=(2, 2))), slope=False
    ),
    Row("empty_like", lambda x: np.empty_like(x, shape=(0, 3)), slope=False),
    Row("full_like", lambda x: (np.full_like(x, 2), np.full_like(x, x.sum(), dtype=float)), shapes=[((5,),), ((3, 4),), ((),)]),
    Row("arange", lambda n: (np.arange(n[()]), np.arange(1, n[()]), np.arange(n[()], -3, -2)), [((),)], INTEGERS[:2], size, slope=False),
    Row("arange_float", lambda x: (np.arange(0.5, 2.0, 0.3) * x[0], np.arange(3.0), np.arange(4, dtype=np.float32)), shapes=[((5,),)]),
    Row("eye identity", lambda x: (np.eye(3), np.eye(2, 4), np.eye(3, k=1), np.eye(3, 4, -2, dtype=np.int32), np.identity(2)), slope=False),
    Row("eye_outside", lambda x: (np.eye(2, k=5), np.eye(2, k=-5), np.eye(0), np.identity(3, dtype=bool)), slope=False),
    Row(
        "eye_of",
        lambda n: (np.eye(n[()]), np.eye(3, n[()], 1), np.eye(4, k=n[()]), np.identity(n[()])),
        [((),)],
        INTEGERS,
        size,
        slope=False,
    ),
    Row("eye_negative", lambda x: np.eye(-1), slope=False),
    Row("eye_write", lambda x: _scaled(np.eye(5), x), shapes=[((5,),)]),
    Row(
        "tri",
        lambda x: (np.tri(3), np.tri(3, 5), np.tri(3, 4, 1), np.tri(4, k=-1, dtype=int), np.tri(2, k=9), np.tri(2, 3, -5)),
        slope=False,
    ),
    Row("tri_of", lambda n: (np.tri(n[()]), np.tri(3, n[()], 1), np.tri(4, k=n[()] - 2)), [((),)], ("int64", "int32"), size, slope=False),
    Row("tri_negative", lambda x: (np.tri(-1), np.tri(2, -1)), slope=False),
    Row("linspace", lambda x, y: (np.linspace(x[()], y[()]), np.linspace(x[()], y[()], 7), np.linspace(0, y[()], num=3)), TWO),
    Row("linspace_open", lambda x, y: (np.linspace(x, y, 5, endpoint=False), np.linspace(x, y, 1, False), np.linspace(x, y, 1)), TWO),
    Row("linspace_step", lambda x, y: np.linspace(x, y, 5, retstep=True), TWO),
    Row("linspace_no_step", lambda x, y: (np.linspace(x, y, 1, retstep=True), np.linspace(x, y, 0, retstep=True)), TWO, slope=False),
    Row(
        "linspace_arrays",
        lambda x, y: (np.linspace(x, y, 4), np.linspace(x, 2.0, 4, axis=-1), np.linspace(x, y, 3, endpoint=False, axis=1)),
        [((3,), (3,))],
    ),
    Row("linspace_equal", lambda x: (np.linspace(x, x, 3), np.linspace(x[0], x, 3)), shapes=[((3,),)]),
    Row("linspace_dtype", lambda x, y: (np.linspace(x, y, 5, dtype=int), np.linspace(x, y, 4, dtype=np.float32)), TWO, slope=False),
    Row(
        "linspace_static",
        lambda x: (np.linspace(0, 1, 11) * x[0], np.linspace(2, 2, 3), np.linspace(-1, 1, 4, retstep=True)),
        shapes=[((5,),)],
    ),
    Row(
        "linspace_of",
        lambda n: (np.linspace(0.0, 1.0, n[()]), np.linspace(1, 3, n[()], endpoint=False)),
        [((),)],
        INTEGERS,
        size,
        slope=False,
    ),
    Row("linspace_steps_of", lambda n: np.linspace(0.0, 1.0, n[()], retstep=True), [((),)], INTEGERS, size, slope=False),
    Row("linspace_tiny", lambda x: np.linspace(0.0, 5e-324, 4), slope=False),
    Row("linspace_negative", lambda x: np.linspace(0, 1, -1), slope=False),
    Row("linspace_float", lambda x: np.linspace(0, 1, 2.5), slope=False),
    Row(
        "array",
        lambda x: (np.array(x), np.array([x[0], 2.0]), np.array([x, x]), np.array(x, ndmin=3)),
        shapes=[((5,),)],
    ),
    Row("array_copies", lambda x: _overwritten(np.array(x), x)),
    Row(
        "array_dtype", lambda x: (np.array(x, np.float32), np.array(x, "int8"), np.array([x], bool), np.asarray(x, dtype="f4")), slope=False
    ),
    Row("asarray", lambda x: (np.asarray(x), np.asarray([x[0], x[1]]), np.asarray(x, dtype=x.dtype)), shapes=[((5,),), ((3, 4),)]),
    Row("asarray_views", lambda x: _overwritten(np.asarray(x), x), slope=False),
    Row("asarray_never", lambda x: np.asarray(x, dtype=np.int16, copy=False), slope=False),
    Row("copy ndarray.copy", lambda x: (np.copy(x), _overwritten(x.copy(), x)), shapes=[((5,),), ((3, 4),), ((),)]),
    Row(
        "meshgrid", lambda x, y: (np.meshgrid(x, y), np.meshgrid(x, y, indexing="ij"), np.meshgrid(x)), shapes=[((3,), (4,)), ((1,), (0,))]
    ),
    Row("meshgrid_three", lambda x, y: np.meshgrid(x, y, [1.0, 2.0]), shapes=[((3,), (4,))]),
    Row(
        "meshgrid_sparse",
        lambda x, y: (np.meshgrid(x, y, sparse=True), np.meshgrid(x, y, sparse=True, indexing="ij")),
        shapes=[((3,), (4,))],
    ),
    Row("meshgrid_views", lambda x, y: (np.meshgrid(x, y, copy=False), np.meshgrid(x, y, copy=False, sparse=True)), shapes=[((3,), (4,))]),
    Row("meshgrid_wrong", lambda x: np.meshgrid(x, x, indexing="yx"), slope=False),
    Row(
        "mgrid",
        lambda n: (np.mgrid[0 : n[()], 1:4], np.mgrid[: n[()]], np.mgrid[0 : n[()] : 2, -1:1:0.5]),
        [((),)],
        ("int64",),
        size,
        slope=False,
    ),
    Row("mgrid_points", lambda x: (np.mgrid[0 : x[0] : 5j], np.mgrid[0 : x[0] : 3j, x[1] : 2 : 4j]), shapes=[((5,),)], dtypes=("float64",)),
    Row("mgrid_static", lambda x: (np.mgrid[0:3, 0:2], np.mgrid[0:1:0.25], np.mgrid[-1:1:3j, 0:2], np.mgrid[0:2:1j]), slope=False),
    Row("ogrid", lambda n: (np.ogrid[0 : n[()], 1:4], np.ogrid[: n[()]], np.ogrid[0:3:2j, 0:2]), [((),)], ("int64",), size, slope=False),
    Row(
        "indices",
        lambda n: (np.indices((n[()], 3)), np.indices((2, n[()]), sparse=True), np.indices((2,), float)),
        [((),)],
        ("int64",),
        size,
        slope=False,
    ),
]


def _scaled(matrix, x):
    matrix *= x
    return matrix


def _overwritten(y, x):
    y[...] = 7
    return x * 2
