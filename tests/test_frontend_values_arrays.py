"""Element-wise operations, reductions, products and creation of arrays, compared with NumPy: values, dtypes, shapes, errors."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from frontend_values import MATH, NP, PY, Built, call, check

from irad.errors import UnsupportedError
from irad.frontend.emit import EMIT
from irad.frontend.numpy_api import FUNCTIONS, unsupported
from irad.ir.ops import arith, irad

DTYPES = [np.bool_, np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.lt, operator.eq]


def sample(dtype, seed=0, n=6):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return (rng.normal(size=n) * 2).astype(dtype)
    return rng.integers(0 if np.dtype(dtype).kind in "ub" else -4, 2 if dtype == np.bool_ else 5, n).astype(dtype)


def expect(f, *args):
    """What NumPy gives, or None where it has no such loop, or only one in half precision."""
    try:
        with np.errstate(all="ignore"):
            want = f(*args)
    except TypeError:
        return None
    return None if any(w.dtype == np.float16 for w in (want if isinstance(want, tuple) else (want,))) else want


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("ufunc", list(EMIT), ids=lambda u: u.__name__)
def test_ufuncs_on_every_dtype(ufunc):
    """Arrays, and the strong scalars that are their elements."""
    done = 0
    for dtype in DTYPES:
        args = [sample(dtype, seed) for seed in range(ufunc.nin)]
        if ufunc in (np.power, np.ldexp, np.left_shift, np.right_shift) and np.dtype(dtype).kind != "f":
            args[-1] = abs(args[-1])
        if ufunc is np.reciprocal:
            args[0][args[0] == 0] = 1
        if ufunc is np.ldexp and np.dtype(dtype).kind == "f":
            args[1] = sample(np.int32, 1)
        if expect(ufunc, *args) is None:
            with pytest.raises(UnsupportedError):
                call(FUNCTIONS[ufunc], *args)
            continue
        done += 1
        check(lambda *a, u=ufunc: getattr(NP, u.__name__)(*a), *args, rtol=1e-6)
        if ufunc not in (np.floor_divide, np.remainder) or args[1].all():
            check(lambda *a, u=ufunc: getattr(NP, u.__name__)(*(x[1] for x in a)), *args, rtol=1e-6)
    assert done


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("second", [np.bool_, np.uint8, np.int32, np.float32, np.float64])
def test_operators_on_mixed_dtypes(op, first, second):
    x, y = sample(first), sample(second, 1)
    if expect(op, x, y) is None:
        with pytest.raises(UnsupportedError):
            call(op, x, y)
        return
    check(op, x, y, rtol=1e-6)
    check(lambda a, b: op(a, b[2]), x, np.maximum(y, 1).astype(second), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_operators_with_python_numbers(dtype):
    check(lambda a: (a + 1, 2 * a, a - 3, 1 - a, a / 4, a // 2, a % 3, a**2, a**3, -a, abs(a), a > 1, a == 2), sample(dtype), rtol=1e-6)
    check(lambda a, n, s: (a * n, a * s, s + a, a**n, n < a), sample(dtype), 3, 1.5, rtol=1e-5)


def test_powers():
    x = np.array([0.5, 1.5, 2.0])
    check(lambda a: (a**2, a**3, a**-1, a**-2, a**7, a**0.5, a**1.5, 2.0**a, a**a, NP.power(a, 3), NP.float_power(a, 2)), x)
    check(lambda a, k: (a ** k[0], a**k, k**2, k**k, 2**k), x, np.array([0, 2, 3]))
    with pytest.raises(ValueError, match="negative integer powers"):
        call(lambda k: 2**k, np.array([1, -1]))
    with pytest.raises(ValueError, match="negative integer powers"):
        call(lambda k: k**-1, np.array([1, 2]))


def test_broadcasting():
    m, v = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    check(lambda m, v, s: (m + v, v - m, m * s, m[:, None] + m, m[:, :1] * m, v[:, None] * v, s * v), m, v, 2.0)
    check(lambda a, b: (a + b, b + a, (a + b) * a, (a + b) * b), np.arange(3.0), np.arange(1.0))
    check(lambda a, b: a + b, np.ones((2, 1, 3)), np.ones((4, 1)))
    check(lambda a, b: a + b, np.ones((0, 3)), np.ones((1, 3)))


def test_broadcasting_that_fails():
    with pytest.raises(ValueError, match=r"operands could not be broadcast together with shapes \(3,\) \(2,\)"):
        call(operator.add, np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match=r"shapes \(2,3\) \(2,\)"):
        call(operator.add, np.ones((2, 3)), np.ones(2))
    with pytest.raises(ValueError, match=r"\(3,\)"):
        call(lambda a: a + NP.zeros(3) + NP.zeros(2), np.ones(3))
    with pytest.raises(ValueError, match="broadcast"):
        call(operator.iadd, np.ones(1), np.ones(3))


def test_equal_sizes_need_no_check():
    def f(a, n):
        b = NP.zeros(n)
        return (a[1:] - a[:-1]) * a[1:] + (b * 2 + b)[0] + a[::-1][1:]

    built = Built(f, np.ones(4), 4)
    assert built.count(irad.View) == 0
    assert [op.attrs["message"] for op in built.function.walk() if isinstance(op, irad.Check)] == ["negative dimensions are not allowed"]


def test_in_place_operators():
    def f(a, m, v):
        b = a
        a += 1
        a *= m[0]
        a -= v[0]
        m *= v[:, None]
        m[:, 1] /= 2
        m[0] **= 2
        m[1:] -= a
        return a, b, m

    check(f, np.arange(3.0), np.arange(6.0).reshape(2, 3), np.array([2.0, 3.0]))


def test_in_place_operators_keep_the_dtype():
    check(operator.iadd, np.ones(3, np.float32), np.arange(3.0))
    with pytest.raises(TypeError, match="Cannot cast ufunc 'add' output from dtype"):
        Built(operator.iadd, np.ones(3, np.int64), np.ones(3))


def test_out_argument():
    def f(a):
        b = NP.empty(3)
        NP.sin(a, out=b)
        NP.add(a, b, b)
        NP.multiply(a, 2, out=a)
        return a, b

    check(f, np.arange(3.0))


def test_where_clip_and_friends():
    x = np.array([-1.0, 0.5, 3.0])
    check(lambda a: (NP.where(a > 0, a, 0.0), NP.where(a > 0, 1, 2), NP.clip(a, 0, 1), NP.clip(a, a[1], None), a.clip(max=1.0)), x)
    check(lambda a: (NP.where(a > 0, a, 1.5), NP.round(a, 1), a.round(), NP.modf(a), NP.divmod(a, 2)), x.astype(np.float32))
    check(lambda c, a: NP.where(c, a[0], 2.0), True, x)


# ---------------------------------------------------------------- reductions and products

ALL = [
    lambda a: (a.sum(), a.prod(), a.max(), a.min(), a.mean(), NP.sum(a), NP.any(a), NP.all(a), NP.amax(a)),
    lambda a: (a.sum(axis=0), a.sum(axis=1), a.sum(axis=(0, 2)), a.sum(axis=-1), a.sum(axis=(1, 2)), NP.sum(a, axis=(0, 1))),
    lambda a: (a.max(axis=0), a.min(axis=2), a.mean(axis=1), a.mean(axis=(0, 2)), a.prod(axis=1), NP.all(a, axis=0)),
    lambda a: (a.sum(keepdims=True), a.max(axis=1, keepdims=True), a.sum(axis=(0, 2), keepdims=True)),
]


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reductions(f, dtype):
    check(f, sample(dtype, n=24).reshape(2, 3, 4), rtol=1e-5)


def test_reductions_of_views_and_scalars():
    x = np.arange(12.0).reshape(4, 3)
    check(lambda a: (a[::2].sum(), a.T.sum(axis=0), a[1].max(), a[1, 1].sum(), NP.sum(a[0, 0]), NP.mean(a[:, 1])), x)
    check(lambda a, s: (NP.sum([s, 2.0]), NP.max([s, a[0]])), np.ones(2), 3.0)
    assert call(lambda a: a.sum(), np.zeros(0)) == 0.0
    assert np.isnan(call(lambda a: NP.max(a), np.array([1.0, np.nan, 2.0])))


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_of_nothing(name):
    with pytest.raises(ValueError, match=f"zero-size array to reduction operation {name}imum which has no identity"):
        call(lambda a: getattr(NP, name)(a), np.zeros((0, 3)))


def test_sums_may_be_reassociated_but_python_sum_not():
    def flags(f):
        return [op.attrs.get("fastmath") for op in Built(f, np.ones(3)).function.walk() if isinstance(op, arith.AddF)]

    assert flags(lambda a: NP.sum(a)) == [("reassoc", "nsz")]
    assert flags(lambda a: PY.sum(a)) == [None]


def test_products():
    x, m = np.arange(3.0), np.arange(12.0).reshape(4, 3)
    check(lambda a, b: (a @ a, b @ a, b.T @ b, b @ b.T, a @ b.T, NP.dot(b, a), a.dot(a), NP.dot(a, 2.0), NP.matmul(b, a)), x, m)
    check(lambda a, b: (a @ b, b[::-1] @ b[:3], b.T @ a.astype(np.float32)), np.arange(4).astype(np.int32), m)
    check(lambda a, b: a @ b, np.ones((2, 0)), np.ones((0, 3)))
    check(lambda a, b: a @ b, np.array([True, False]), np.array([True, True]))


@pytest.mark.parametrize(("p", "q"), [((3,), (4,)), ((2, 3), (4,)), ((3,), (4, 3)), ((2, 3), (2, 3))])
def test_products_that_do_not_fit(p, q):
    with pytest.raises(ValueError, match="mismatch"):
        call(operator.matmul, np.ones(p), np.ones(q))
    with pytest.raises(ValueError, match="not aligned"):
        call(lambda a, b: NP.dot(a, b), np.ones(p), np.ones(q))


# ---------------------------------------------------------------- shapes and creation


def test_shapes():
    x = np.arange(24.0).reshape(2, 3, 4)
    check(lambda a: (a.shape, a.size, a.ndim, PY.len(a), NP.shape(a), NP.size(a, 1), NP.ndim(a[0]), a[0].shape, a.T.shape), x)
    check(lambda a: (a.reshape(6, 4), a.reshape((4, -1)), a.reshape(-1), a.ravel(), a.flatten()), x)
    check(lambda a: (NP.reshape(a, (2, 12)), a.T.reshape(3, 8)), x)
    check(lambda a, n: (a.reshape(n, -1), a.reshape(n, 4)), x, 6)
    check(lambda a: (NP.expand_dims(a, 1), NP.squeeze(a[None]), NP.swapaxes(a, 0, 1), NP.transpose(a), a.T.copy(), NP.copy(a)), x)
    with pytest.raises(ValueError, match=r"cannot reshape array of size 24 into shape \(5,4\)"):
        call(lambda a: a.reshape(5, 4), x)


def test_reshape_is_a_view_of_contiguous_memory_only():
    def f(a):
        b, c = a.reshape(-1), a.T.reshape(-1)
        b[0] = 10.0
        c[1] = 20.0
        return b, c

    check(f, np.arange(6.0).reshape(2, 3))


def test_creation():
    check(lambda n, s: (NP.zeros(n), NP.ones((n, 2)), NP.full(n, s), NP.full((2, n), n), NP.zeros(2, int), NP.ones(n, np.float32)), 3, 2.5)
    x = np.ones((2, 3), np.float32)
    check(lambda a: (NP.zeros_like(a), NP.ones_like(a), NP.full_like(a, 2), NP.zeros_like(a, dtype=int), NP.empty_like(a).shape), x)
    check(lambda n: (NP.arange(n), NP.arange(1, n), NP.arange(n, 1, -2), NP.arange(0, n, n), NP.arange(n) * 0.5), 5)
    check(lambda x: (NP.arange(x), NP.arange(0, x, 0.3), NP.arange(x, 0, -0.5), NP.arange(3.0), NP.arange(0, 1, 0.25)), 2.1)
    check(lambda n: NP.arange(0, n, -1), 5)
    with pytest.raises(ValueError, match="negative dimensions"):
        call(lambda n: NP.zeros(n), -1)


def test_static_sizes_become_part_of_the_type():
    built = Built(lambda n: (NP.zeros(3), NP.zeros((2, 3)) * 2, NP.zeros((n, 3)), NP.zeros(n)), 4)
    assert [str(x.type) for x in built.result] == ["memref<3xf64>", "memref<2x3xf64>", "memref<?x3xf64>", "memref<?xf64>"]


def test_array_of_traced_numbers():
    x = np.arange(3.0, dtype=np.float32)
    check(lambda a, s: (NP.array([s, 2.0]), NP.array([[s, 1], [a[0], 2]]), NP.array([a[0], a[1]]), NP.array(s)), x, 1.5)
    check(lambda a: NP.array([a, a * 2]), x)
    check(lambda a: (NP.array([1, 2, 3]), NP.array([[1.0, 2], [3, 4]]), NP.array([a[0], 1], np.float64), NP.asarray([1.5] * 100)[99]), x)
    with pytest.raises(ValueError, match="inhomogeneous"):
        call(lambda a: NP.array([[a[0]], [a[0], a[1]]]), x)


def test_captured_arrays():
    y = np.arange(3.0)
    built = Built(lambda a: (a + y, y * a, y[None] @ a, NP.sum(a * y)), np.ones(3))
    assert len(built.captured) == 2  # y, and the view that plain NumPy took of it
    check(lambda a: (a + y, y - a, np.sin(a), np.add(y, a), np.sum(a), np.float64(2) * a[0]), np.ones(3))


def test_conversions():
    x = np.array([1.7, -2.7, 300.0])
    check(lambda a: (a.astype(np.int32), a.astype(np.float32), a.astype(bool), a[0].astype(int)), x)
    check(lambda a: (NP.float32(a), NP.int64(a[1]), NP.float32(a[0])), x)
    check(lambda a: (a[:1].item(), a.item(1), PY.float(a[:1][0]), PY.int(a[1])), x)
    check(lambda a: (a.astype(float), a.astype(np.int8), a.astype(bool)), np.array([1, 300, 0]))


def test_arrays_without_dimensions():
    check(lambda a: (a + 1, NP.sin(a), a[()], a.shape, a.sum(), a * NP.ones(2), MATH.sqrt(a)), np.array(2.0))

    def f(a):
        a[()] = 3.0
        a += 1
        a[...] = a * 2
        NP.add(a, 1, out=a)
        return a, a[...], a[None], NP.ones(3)[0, ...]

    check(f, np.array(2.0))


def test_comparison_results_are_bool_arrays():
    x = np.array([1.0, 2.0, 3.0])
    check(lambda a: ((a > 1) & (a < 3), ~(a > 1), (a > 1) | True, NP.sum(a > 1), (a > 1) * 2.5, NP.logical_and(a, a > 2)), x)
    check(lambda k: (k[0], k[1:], k & k, k.sum(), k.astype(float)), np.array([True, False, True]))


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda a: np.linalg.eigvals(a), "np.linalg.eigvals is not supported|np.eigvals is not supported"),
        (lambda a: np.linalg.svd(a), "np.linalg.svd is not supported|np.svd is not supported"),
        (lambda a: np.power.accumulate(a.astype(int)), "accumulate of signed integers is not supported"),
        (lambda a: a.byteswap(), "'byteswap' is not supported"),
        (lambda a: 1.0 in a, "`in` on a traced array"),
        (lambda a: NP.sin(a, order="F"), "order='F'"),
        (lambda a: np.linalg.norm(NP.ones((2, 2)), 2), "needs singular values"),
        (lambda a: bool(a), "truth value"),
        (lambda a: NP.zeros((2, 2), order="F"), "order 'F'"),
        (lambda a: a.sum(axis=a[0]), "axis must be known"),
        (lambda a: len(a), "integer is needed"),
    ],
)
def test_refusals(f, text):
    with pytest.raises(UnsupportedError, match=text):
        Built(f, np.ones(3))


def test_refusal_names_the_nearest_function():
    assert "np.nanmean" in str(unsupported(np.nanmedian))
    with pytest.raises(AttributeError):
        Built(lambda a: a.no_such_attribute, np.ones(2))


def test_out_of_reductions_and_products():
    def f(a, m):
        r, s = NP.empty(3), NP.empty((3, 3))
        NP.sum(m, axis=0, out=r)
        NP.dot(m.T, m, out=s)
        m.mean(axis=0, out=a)
        return r, s, a

    check(f, np.zeros(3), np.arange(6.0).reshape(2, 3))
