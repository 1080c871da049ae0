"""Indexing of traced arrays compared with NumPy: views, elements, index arrays, masks, assignment, errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from frontend_values import NP, Built, call, check

from irad.errors import UnsupportedError
from irad.ir.ops import irad, memref

BOUNDS = [None, 0, 1, 2, 5, 7, -1, -3, -9]
STEPS = [None, 1, 2, -1, -2]


@pytest.mark.parametrize("n", [0, 1, 5])
@pytest.mark.parametrize("step", STEPS)
def test_slices(n, step):
    """All pairs of bounds at once: static ones, and the same ones traced."""
    x = np.arange(float(n))
    pairs = list(itertools.product(BOUNDS, BOUNDS))
    check(lambda a: tuple(a[i:j:step] for i, j in pairs), x, exact=True)
    known = sorted({b for b in BOUNDS if b is not None})

    def traced(a, *values):
        of = dict(zip(known, values, strict=True)) | {None: None}
        return tuple(a[of[i] : of[j] : step] for i, j in pairs)

    check(traced, x, *known, exact=True)


@pytest.mark.parametrize("step", [1, 2, -1, -3])
def test_slices_with_traced_steps(step):
    x = np.arange(7.0)
    check(lambda a, k: (a[::k], a[1::k], a[:4:k], a[5:1:k], a[1:5:k], a[-2::k]), x, step, exact=True)


def test_step_zero():
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        call(lambda a, k: a[::k], np.ones(3), 0)
    with pytest.raises(ValueError, match="slice step cannot be zero"):
        Built(lambda a: a[::0], np.ones(3))


VIEWS = [
    lambda a: (a[1], a[-1], a[:, 1], a[:, :, 2], a[1, 2], a[..., 1], a[0, ..., 1], a[...], a[:]),
    lambda a: (a[1:], a[:, 1:], a[:, ::2, ::-1], a[1:, 0, 1:], a[::-1, 1], a[0, 1:, ::2]),
    lambda a: (a[None], a[:, None, 1], a[None, ..., None], a[0, None, :, 1], a[1, None, 1, None, 2, None]),
    lambda a: (a.T, a.T[1], a.transpose(1, 0, 2), a.swapaxes(0, 2), a.T[::-1, 1:], a[0].T[1:, 0]),
    lambda a: (a[0][1][2], a[1:][0, 1:][0], a[:, 1][1:, ::-1][0]),
    lambda a: (a[0, 0, 0], a[-1, -1, -1], a[1, 2, 3] + a[0, 1, 2]),
]
LAYOUTS = {
    "contiguous": lambda m: m,
    "fortran": lambda m: np.asfortranarray(m),
    "reversed": lambda m: m[::-1, ::-1],
    "spaced": lambda m: np.repeat(m, 2, axis=2)[:, :, ::2],
}


@pytest.mark.parametrize("f", VIEWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_views(f, layout):
    check(f, LAYOUTS[layout](np.arange(24.0).reshape(2, 3, 4)), exact=True)


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.uint16, np.int64, np.uint64, np.bool_])
def test_views_of_every_dtype(dtype):
    check(lambda a: (a[1:, ::-1], a[0], a[1, 2], a.T), np.arange(12).reshape(3, 4).astype(dtype), exact=True)


def test_views_share_memory():
    def f(a, i):
        row, column, turned = a[1], a[:, i], a.T[::-1]
        row[0] = 10.0
        column[2] = 20.0
        turned[0, 0] = 30.0
        a[0, 0] = 40.0
        return row, column, turned

    check(f, np.arange(12.0).reshape(3, 4), 1)


@pytest.mark.parametrize(
    ("f", "strided"),
    [
        (lambda a, i: a[i], False),
        (lambda a, i: a[1:], False),
        (lambda a, i: a[i, 1:], False),
        (lambda a, i: a[i:, :], False),
        (lambda a, i: a[None, i], False),
        (lambda a, i: a[:, 1:], True),
        (lambda a, i: a[:, i], True),
        (lambda a, i: a[::2], True),
        (lambda a, i: a[::-1], True),
        (lambda a, i: a.T, True),
    ],
)
def test_contiguity_of_views_is_known(f, strided):
    assert Built(f, np.zeros((3, 4)), 1).result.type.strided is strided


def test_static_sizes_are_folded():
    built = Built(lambda: (NP.zeros((4, 6))[1:-1, ::2], NP.zeros(5)[::-1], NP.zeros(5)[7:], NP.zeros((3, 2))[-1]))
    assert [x.type.shape for x in built.result] == [(2, 3), (5,), (0,), (2,)]
    assert built.count(irad.Index) == 0


def test_index_checks():
    x = np.arange(3.0)
    for i in (-3, -1, 0, 2):
        check(lambda a, i: a[i], x, i)
    for i in (-4, 3, 100):
        with pytest.raises(IndexError, match=f"index {i} is out of bounds for axis 0 with size 3"):
            call(lambda a, i: a[i], x, i)
        with pytest.raises(IndexError):
            call(lambda a: a[i], x)
    with pytest.raises(IndexError, match="axis 1"):
        call(lambda a, i: a[0, i], np.ones((2, 3)), 3)


def test_one_check_for_a_read_and_a_write():
    def f(a, i):
        a[i] = a[i] + a[i]

    assert Built(f, np.ones(3), 1).count(irad.Index) == 1


@pytest.mark.parametrize("index", [(0, 0, 0), 1.0, "a", (Ellipsis, Ellipsis), True])
def test_bad_indices(index):
    with pytest.raises(IndexError):
        Built(lambda a: a[index], np.ones((2, 2)))


def test_integer_types_as_indices():
    x, i = np.arange(5.0), np.array([3, 1], np.int8)
    check(lambda a, k: (a[k[0]], a[k[1] : k[0]], a[np.int64(2)]), x, i)
    check(lambda a, k: a[k], x, np.uint8(4))


# ---------------------------------------------------------------- assignment


def test_assignment_of_elements_and_slices():
    def f(a, v, i, s):
        a[0, 0] = 1
        a[i, 1] = s
        a[2] = v
        a[:, 3] = v[:3] * s
        a[1:3, ::2] = -1.5
        a[i, 1:] += a[i, :-1]
        a[..., 0] -= s
        a[i][2] *= 4.0
        return a

    check(f, np.arange(12.0).reshape(3, 4), np.arange(4.0), 1, 2.5)


def test_overlapping_assignment():
    def f(a):
        a[1:] = a[:-1]
        a[:] = a[::-1] * a
        a[1:] += a[:-1]
        a[::2] = a[2::-1][: a.shape[0] // 2 + 1][:3]
        return a

    check(f, np.arange(1.0, 6.0))

    def transposed(a):
        a[:] = a.T
        a += a.T
        return a

    check(transposed, np.arange(9.0).reshape(3, 3))


def test_overlap_makes_a_temporary_and_disjoint_memory_does_not():
    def overlapping(a):
        a[1:] += a[:-1]

    def disjoint(a):
        b = NP.zeros(3)
        b[:] = a[:3]
        b += a[1:]
        b *= b

    assert Built(overlapping, np.ones(4)).count(memref.Alloc) == 1
    assert Built(disjoint, np.ones(4)).count(memref.Alloc) == 1  # b itself


def test_assignment_broadcasts():
    def f(v):
        q = NP.zeros((2, 3))
        q[:, :] = v
        q[1] = v[:1]
        q[:, :1] = v[:2, None]
        q[...] += v[None, None, :][0]
        return q

    check(f, np.arange(3.0))


def test_assignment_converts():
    def f(a, b, k):
        a[0] = 2.7
        a[1:] = b[1:]
        b[0] = k[0]
        k[1] = b[1]
        k[2] = 0
        return a, b, k

    check(f, np.zeros(3, np.int32), np.array([1.5, -2.5, 3.5]), np.array([True, False, True]))


@pytest.mark.parametrize("n", [2, 4])
def test_assignment_of_another_shape(n):
    def f(a, b):
        a[:] = b

    with pytest.raises(ValueError, match=rf"could not broadcast input array from shape \({n},\) into shape \(3,\)"):
        call(f, np.zeros(3), np.zeros(n))
    with pytest.raises(TypeError, match="cannot hold a str"):
        Built(lambda a: a.__setitem__(0, "x"), np.zeros(3))
    with pytest.raises(ValueError, match="sequence"):
        Built(lambda a: a.__setitem__(0, [1.0, 2.0]), np.zeros(3))


# ---------------------------------------------------------------- index arrays and masks

M = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, i, j: a[i],
        lambda a, i, j: a[:, j],
        lambda a, i, j: a[..., j],
        lambda a, i, j: a[i, j],
        lambda a, i, j: a[i, :, j],
        lambda a, i, j: a[:, i, j],
        lambda a, i, j: a[i, j, 1],
        lambda a, i, j: a[1, j],
        lambda a, i, j: a[i[:, None], j],
        lambda a, i, j: a[i, 1:, ::-1],
        lambda a, i, j: a[i, None],
        lambda a, i, j: a[i, [0, 2, 1]],
        lambda a, i, j: a[::-1, i[:, None], j],
        lambda a, i, j: a[0, :, j],
        lambda a, i, j: a[i, None, j],
        lambda a, i, j: a[[i[0], 1, i[2]], 0],
        lambda a, i, j: a[i[:2] == 0, 1],
        lambda a, i, j: a[0, j[:3] > 0, j[:1]],
        lambda a, i, j: a[[]],
    ],
)
def test_index_arrays(f):
    check(f, M.copy(), np.array([0, -1, 1]), np.array([2, 0, -2]), exact=True)


def test_index_arrays_that_do_not_fit():
    with pytest.raises(IndexError, match="could not be broadcast"):
        call(lambda a, i, j: a[i, j], M.copy(), np.array([0, 1]), np.array([0, 1, 2]))
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 1 with size 3"):
        call(lambda a, j: a[:, j], M.copy(), np.array([0, 5]))


def test_assignment_through_index_arrays():
    def f(a, i, v):
        a[i] = v
        a[i] += v
        a[i[:1]] = 7.0
        a[i[1:], :1] *= 2.0
        return a

    check(f, np.arange(12.0).reshape(4, 3), np.array([3, 0, 3]), np.arange(9.0).reshape(3, 3))


def test_the_last_of_duplicate_indices_wins():
    def f(a, i, v):
        a[i] = v
        a[i] += v
        return a

    check(f, np.array([1.0, 2.0]), np.array([0, 0]), np.array([3.0, 4.0]))


def test_nothing_is_written_when_an_index_is_out_of_range():
    def f(a, i):
        a[i] = 5.0

    x = np.zeros(3)
    with pytest.raises(IndexError):
        call(f, x, np.array([0, 1, 9]))
    assert not x.any()


def test_index_array_that_overlaps_what_is_written():
    def f(a):
        a[a] = a[::-1]
        return a

    check(f, np.array([2, 0, 1]))


@pytest.mark.parametrize("x", [np.arange(6.0), np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3).T])
def test_masks(x):
    def f(a):
        k = a > 2
        picked = a[k]
        a[k] = 0.5
        a[a < 1] += 10.0
        a[~k] = picked[0]
        return picked, a[k], a[a > 100]

    check(f, x)


def test_masks_of_fewer_dimensions():
    def f(a, k):
        b = a[k]
        a[k, 1:] = 9.0
        a[~k] = a[~k] * 2.0
        return b, a

    check(f, np.arange(12.0).reshape(4, 3), np.array([True, False, True, True]))
    with pytest.raises(IndexError, match="boolean index did not match"):
        call(lambda a, k: a[k], np.ones(3), np.array([True, False]))


def test_nonzero():
    check(lambda a: NP.nonzero(a), np.array([[0.0, 1.0], [2.0, 0.0]]))


def test_iteration():
    check(lambda a: tuple(v * 2 for v in NP.reshape(a, (2, 2))), np.arange(4.0))
    with pytest.raises(UnsupportedError, match="how many elements"):
        Built(lambda a: tuple(v for v in a), np.ones(3))
