"""Products: of vectors, matrices and stacks of them, over named axes, of shifted vectors."""

from __future__ import annotations

import numpy as np

from tests.numpy_rows import FLOATS, NUMBERS, Row

PAIRS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 1), (1, 1))]
NOTHING = [((2, 0), (0, 3)), ((0, 2), (2, 3)), ((0,), (0,))]
WRONG = [((3,), (4,)), ((2, 3), (2, 3)), ((3,), (2, 3)), ((2, 3), (2,))]
STACKS = [((2, 3, 4), (4, 2)), ((3, 4), (2, 4, 2)), ((2, 3, 4), (2, 4, 2)), ((2, 1, 3, 4), (3, 4, 2)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3))]
SIGNED = ("float64", "float32", "complex128", "int64", "int32", "uint8")
DTYPES = ("float64", "float32", "complex128", "int64", "bool")


def einsum(subscripts, *shapes, slope=True):
    """A row of np.einsum with several subscripts on arrays of given shapes."""
    return Row("einsum", lambda *xs: tuple(np.einsum(s, *xs) for s in subscripts), [shapes], DTYPES, slope=slope, rtol=1e-11)


ROWS = [
    Row("dot ndarray.dot", lambda x, y: (np.dot(x, y), x.dot(y)), [*PAIRS, *NOTHING], (*NUMBERS, "complex64"), rtol=1e-11),
    Row(
        "dot", lambda x, y: np.dot(x, y), [((2, 3, 4), (4,)), ((2, 3), (2, 3, 4)), ((2, 2, 3), (4, 3, 2)), ((), (3,)), ((2, 3), ())], DTYPES
    ),
    Row("dot", lambda x, y: np.dot(x, y), [*WRONG, ((2, 3, 4), (3,))], FLOATS, slope=False),
    Row("dot", lambda x, y: (np.dot(x.T, y), np.dot(x.T, y.T.T), np.dot(y.T, x)), [((3, 2), (3, 4)), ((3, 3), (3, 3))], NUMBERS),
    Row("dot", lambda x, y: np.dot(x, y, out=np.zeros((2, 4))), [((2, 3), (3, 4))], ("float64",)),
    Row("dot", lambda x, y: np.dot(x, y, out=np.zeros((2, 5))), [((2, 3), (3, 4))], ("float64",), slope=False),
    Row("dot", lambda x, y: np.dot(x, y.astype(np.float64)), PAIRS),
    Row("dot", lambda x: (np.dot(x, [1.0, 2.0, 3.0]), np.dot(2, x)), [((2, 3),)], ("float64",)),
    Row("matmul", lambda x, y: (np.matmul(x, y), x @ y), [*PAIRS, *NOTHING, *STACKS], DTYPES, rtol=1e-11),
    Row("matmul", lambda x, y: x @ y, [*WRONG, ((), (3,)), ((2, 3, 4), (3, 4, 2)), ((2, 3, 4), (2, 3, 4))], FLOATS, slope=False),
    Row("matmul", lambda x, y: (x @ y.T, y @ x.T, x.T @ y[:, :2].T.T), [((3, 4), (3, 4))], DTYPES, rtol=1e-11),
    Row("matmul", lambda x, y: np.swapaxes(x, 1, 2) @ y, [((2, 3, 4), (2, 3, 2)), ((1, 3, 4), (2, 3, 2))], NUMBERS),
    Row("matmul", lambda x, y: np.matmul(x, y, out=np.zeros((2, 3, 2))), [((2, 3, 4), (4, 2))], ("float64",)),
    Row("matmul", lambda x, y: np.matmul(x, y, out=np.zeros((2, 3, 2), int)), [((2, 3, 4), (4, 2))], ("float64",), slope=False),
    Row("matmul", lambda x: x @ x @ x, [((3, 3),), ((2, 3, 3),)], DTYPES, rtol=1e-10),
    Row("vecdot", lambda x, y: np.vecdot(x, y), [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3))], NUMBERS),
    Row("vecdot", lambda x, y: np.vecdot(x, y, axis=0), [((3, 2), (3, 2)), ((3, 2), (3, 1))], NUMBERS),
    Row("vecdot", lambda x, y: np.vecdot(x, y), [((3,), (4,)), ((2, 3), (3, 3)), ((), (3,))], FLOATS, slope=False),
    *(
        [Row("matvec", lambda x, y: np.matvec(x, y), [((2, 3), (3,)), ((2, 2, 3), (3,)), ((2, 3), (4, 3))], NUMBERS)]
        if hasattr(np, "matvec")
        else []
    ),
    *(
        [Row("vecmat", lambda x, y: np.vecmat(x, y), [((2,), (2, 3)), ((4, 2), (2, 3)), ((4, 2), (4, 2, 3))], NUMBERS)]
        if hasattr(np, "vecmat")
        else []
    ),
    Row(
        "inner",
        lambda x, y: np.inner(x, y),
        [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (2, 3)), ((2, 3), ()), ((), ())],
        NUMBERS,
    ),
    Row("inner", lambda x, y: np.inner(x, y), [((3,), (4,)), ((2, 3), (3, 2))], FLOATS, slope=False),
    Row("outer", lambda x, y: np.outer(x, y), [((3,), (4,)), ((2, 3), (2,)), ((), (3,)), ((0,), (3,))], NUMBERS),
    Row("outer", lambda x, y: np.outer(x, y, out=np.zeros((3, 4))), [((3,), (4,))], ("float64",)),
    Row("vdot", lambda x, y: np.vdot(x, y), [((3,), (3,)), ((2, 3), (2, 3)), ((2, 3), (6,)), ((), ())], NUMBERS),
    Row("vdot", lambda x, y: np.vdot(x, y.T), [((2, 3), (3, 2))], NUMBERS),
    Row("vdot", lambda x, y: np.vdot(x, y), [((3,), (4,)), ((2, 3), (3, 3))], FLOATS, slope=False),
    Row("tensordot", lambda x, y: np.tensordot(x, y), [((2, 3, 4), (3, 4, 2)), ((2, 3), (2, 3))], DTYPES, rtol=1e-11),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=1), [((2, 3), (3, 4)), ((3,), (3,)), ((2, 2, 3), (3, 2, 2))], DTYPES, rtol=1e-11),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=0), [((2, 3), (3,)), ((2,), (2, 2))], DTYPES, rtol=1e-11),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=([0, 2], [1, 0])), [((2, 3, 4), (4, 2, 3))], DTYPES, rtol=1e-11),
    Row(
        "tensordot",
        lambda x, y: (np.tensordot(x, y, axes=(0, 1)), np.tensordot(x, y, ([-1], [-3]))),
        [((2, 3, 4), (4, 2, 2))],
        DTYPES,
        rtol=1e-11,
    ),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=1), [((2, 3), (2, 3))], FLOATS, slope=False),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=([0], [0, 1])), [((2, 3), (2, 3))], FLOATS, slope=False),
    Row("tensordot", lambda x, y: np.tensordot(x, y, axes=([2], [0])), [((2, 3), (2, 3))], FLOATS, slope=False),
    # ------------------------------------------------ einsum
    einsum(["ij,jk->ik", "ij,jk"], (2, 3), (3, 4)),
    einsum(["ij,kj->ik"], (2, 3), (4, 3)),
    einsum(["ji,jk->ki"], (3, 2), (3, 4)),
    einsum(["ij,j", "...i,...i->...", "...,..."], (2, 3), (3,)),
    einsum(["ij,ij->", "ij,ij->i", "ij,ij->j", "ij,ij->ij", "...i,...i"], (2, 3), (2, 3)),
    einsum(["ij,ji"], (2, 3), (3, 2)),
    einsum(["i,j", "i,j->ji"], (2,), (3,)),
    einsum(["i,i"], (3,), (3,)),
    einsum(["i,j->"], (3,), (2,)),
    einsum(["ii", "ii->i"], (3, 3)),
    einsum(["iji->j"], (3, 2, 3)),
    einsum(["iij->ij"], (3, 3, 2)),
    einsum(["ba", "ij->", "ij->j", "ij->i", "ij -> ji"], (2, 3)),
    einsum(["ijk->ki"], (2, 3, 4)),
    einsum(["i,i,i->i"], (3,), (3,), (3,)),
    einsum(["i,ij,j"], (2,), (2, 3), (3,)),
    einsum(["ij,jk,kl->il"], (2, 3), (3, 4), (4, 2)),
    einsum(["ea,fb,abcd,gc,hd->efgh"], (2, 2), (2, 3), (2, 3, 2, 2), (2, 2), (2, 2)),
    einsum(["bij,bjk->bik"], (2, 3, 4), (2, 4, 2)),
    einsum(["bij,bkj->bik"], (2, 3, 4), (2, 2, 4)),
    einsum(["bhqd,bhkd->bhqk"], (2, 2, 3, 2), (2, 2, 4, 2)),
    einsum(["ijk,ilm,njm,nlk,abc->"], (2, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 1)),
    einsum(["...ij,...jk->...ik"], (2, 3, 4), (4, 2)),
    einsum(["...ij,...jk->...ik"], (2, 1, 3, 4), (3, 4, 2)),
    einsum(["...,...->..."], (2, 1), (2, 3)),
    einsum(["i...->..."], (3, 2)),
    einsum(["i...j->j...i"], (3, 2, 2)),
    einsum(["i...->...i"], (3,)),
    einsum(["...ii->...i"], (2, 3, 3)),
    einsum(["i,"], (3,), ()),
    einsum([","], (), ()),
    einsum(["ij,jk->ik"], (2, 0), (0, 3)),
    einsum(["ij,jk->ik"], (0, 2), (2, 3)),
    einsum(["ij,jk->ik"], (2, 3), (2, 4), slope=False),
    einsum(["ii"], (2, 3), slope=False),
    einsum(["ij->k"], (2, 3), slope=False),
    einsum(["ij->ii"], (2, 3), slope=False),
    einsum(["ij,j"], (2, 3), slope=False),
    einsum(["ij"], (2, 3), (2, 3), slope=False),
    einsum(["ijk"], (2, 3), slope=False),
    einsum(["i"], (2, 3), slope=False),
    einsum(["i3"], (2, 3), slope=False),
    Row("einsum", lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), [((2, 3), (3, 4))]),
    Row("einsum", lambda x, y: np.einsum(x, [Ellipsis, 0], y, [Ellipsis, 0]), [((2, 3), (3,))]),
    Row("einsum", lambda x, y: np.einsum("ij,jk", x.T, y.T), [((3, 2), (4, 3))]),
    Row("einsum", lambda x, y: np.einsum("ij,j->i", x, y, out=np.zeros(2)), [((2, 3), (3,))], ("float64",)),
    Row("einsum", lambda x, y: np.einsum("ij,j->i", x, y, dtype=np.float64), [((2, 3), (3,))]),
    Row("einsum", lambda x: np.einsum("ij,kj,lj->ikl", x, x, x), [((2, 3),)]),
    # ------------------------------------------------ kron, trace, cross
    Row(
        "kron",
        lambda x, y: np.kron(x, y),
        [((2,), (3,)), ((2, 3), (3, 2)), ((2,), (2, 2)), ((2, 2, 2), (2, 1)), ((), (3,)), ((), ())],
        NUMBERS,
    ),
    Row("trace ndarray.trace", lambda x: (np.trace(x), x.trace()), [((3, 3),), ((2, 4),), ((4, 2),), ((3, 3, 2),), ((0, 0),)], NUMBERS),
    Row(
        "trace",
        lambda x: (np.trace(x, 1), np.trace(x, -1), np.trace(x, offset=5), np.trace(x, -4)),
        [((3, 3),), ((2, 4),), ((4, 2),)],
        NUMBERS,
    ),
    Row("trace", lambda x: (np.trace(x, 0, 1, 2), np.trace(x, 1, axis1=2, axis2=0), np.trace(x, 0, -1, 0)), [((2, 3, 4),)], NUMBERS),
    Row("trace", lambda x: np.trace(x, dtype=np.float64), [((3, 3),)]),
    Row("trace", lambda x: np.trace(x), [((3,),), ((),)], FLOATS, slope=False),
    Row("trace", lambda x: np.trace(x, axis1=1, axis2=1), [((3, 3),)], FLOATS, slope=False),
    Row("trace", lambda x: np.trace(x, axis1=0, axis2=2), [((3, 3),)], FLOATS, slope=False),
    Row("trace", lambda x: np.trace(x, 0, 1, 2, out=np.zeros(2)), [((2, 3, 3),)], ("float64",)),
    Row("cross", lambda x, y: np.cross(x, y), [((3,), (3,)), ((4, 3), (4, 3)), ((4, 3), (3,)), ((2, 1, 3), (4, 3))], SIGNED),
    Row("cross", lambda x, y: (np.cross(x, y, axis=0), np.cross(x, y, 0, 0), np.cross(x, y, 0, 0, 0)), [((3, 4), (3, 4))], SIGNED),
    Row("cross", lambda x, y: np.cross(x, y, axisa=0, axisb=1), [((3, 4), (4, 3))], SIGNED),
    Row("cross", lambda x, y: np.cross(x, y), [((4,), (4,)), ((), (3,)), ((2, 3), (4, 3))], FLOATS, slope=False),
    # ------------------------------------------------ convolve, correlate
    Row("convolve", lambda x, y: np.convolve(x, y), [((5,), (3,)), ((3,), (5,)), ((4,), (4,)), ((1,), (3,)), ((3,), ())], NUMBERS),
    Row(
        "convolve",
        lambda x, y: (np.convolve(x, y, "same"), np.convolve(y, x, mode="same")),
        [((5,), (3,)), ((6,), (4,)), ((4,), (4,))],
        NUMBERS,
    ),
    Row(
        "convolve",
        lambda x, y: (np.convolve(x, y, "valid"), np.convolve(y, x, "valid")),
        [((5,), (3,)), ((6,), (4,)), ((4,), (4,))],
        NUMBERS,
    ),
    Row("convolve", lambda x, y: np.convolve(x, y), [((0,), (3,)), ((3,), (0,)), ((2, 2), (3,))], FLOATS, slope=False),
    Row("convolve", lambda x, y: np.convolve(x, y, "some"), [((5,), (3,))], FLOATS, slope=False),
    Row("correlate", lambda x, y: (np.correlate(x, y), np.correlate(y, x)), [((5,), (3,)), ((6,), (4,)), ((4,), (4,))], NUMBERS),
    Row("correlate", lambda x, y: (np.correlate(x, y, "full"), np.correlate(y, x, "full")), [((5,), (3,)), ((6,), (4,))], NUMBERS),
    Row(
        "correlate",
        lambda x, y: (np.correlate(x, y, "same"), np.correlate(y, x, "same")),
        [((5,), (3,)), ((6,), (4,)), ((5,), (2,)), ((4,), (4,))],
        NUMBERS,
    ),
]
if hasattr(np, "matvec"):  # of NumPy 2.2
    ROWS += []
