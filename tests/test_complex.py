"""Functions of complex numbers: values as Python and NumPy have them, slopes by differences, also on branch cuts; what is refused."""

import cmath
import math

import numpy as np
import pytest

import irad
from irad import (
    Active,
    Duplicated,
    Reverse,
)
from tests.numpy_rows import differences

FUNCTIONS = "exp log log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh".split()
UFUNCS = "exp log log2 log10 log1p expm1 exp2 sqrt sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh".split()
ONE_OFF = [0.3 - 1.7j, -2.1 + 0.4j, 1e-9 + 1e-9j, -1e-9j, 40.0 + 3j, -40.0 - 3j, 1e3 - 1e3j, 0.7 + 0.7j, -0.6 + 0.8j, 1e-200 + 0j]
ON_AXES = [complex(x, y) for y in (0.0, -0.0) for x in (2.5, 0.5, -0.5, -2.5)] + [
    complex(x, y) for x in (0.0, -0.0) for y in (2.5, 0.5, -0.5, -2.5)
]


def same(found, expected, rtol=1e-13):
    """Equal parts, signs of zeros included."""
    for f, e in ((found.real, expected.real), (found.imag, expected.imag)):
        assert f == pytest.approx(e, rel=rtol, abs=rtol * abs(expected), nan_ok=True), (found, expected)
        if e == 0.0 and f == 0.0:
            assert math.copysign(1.0, f) == math.copysign(1.0, e), (found, expected)


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("name", FUNCTIONS)
def test_cmath(name):
    f = getattr(cmath, name)
    for z in ONE_OFF + ON_AXES:
        try:
            expected = f(z)
        except (ValueError, OverflowError):
            continue
        same(irad.jit(f)(z), expected)


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs_near_and_on_the_axes(name):
    f = getattr(np, name)
    with np.errstate(all="ignore"):
        for z in ONE_OFF + ON_AXES:
            same(irad.jit(f)(np.complex128(z)), f(np.complex128(z)), 4e-13)


@pytest.mark.parametrize("f", [cmath.phase, cmath.polar, lambda z: cmath.rect(abs(z), 0.3), cmath.isfinite, cmath.isnan, cmath.isinf])
@pytest.mark.parametrize("z", [1 + 2j, -1.0 + 0.0j, complex(-1.0, -0.0), complex(math.inf, 1.0), complex(1.0, math.nan)])
def test_other_functions_of_cmath(f, z):
    np.testing.assert_allclose(irad.jit(f)(z), f(z), rtol=1e-15)


@pytest.mark.parametrize("w", [1 + 1j, 1 + 1.0000000001j, 1.001 + 1j, complex(math.inf, 0)])
def test_isclose(w):
    f = irad.jit(
        lambda z, w: (cmath.isclose(z, w), cmath.isclose(z, w, rel_tol=1e-2), cmath.isclose(z, w, abs_tol=0.1), cmath.isclose(w, w))
    )
    z = 1 + 1j
    expected = (cmath.isclose(z, w), cmath.isclose(z, w, rel_tol=1e-2), cmath.isclose(z, w, abs_tol=0.1), True)
    assert f(z, w) == expected


def arithmetic(z, w):
    return z + w, z - w, z * w, z / w, -z, +z, z == w, z != w, z + 1, 2.0 - z, z * 3, 1 / w, abs(z), z.real, z.imag, z**2, z**-1


@pytest.mark.parametrize("z", [1.5 - 2j, complex(0.0, -0.0), 1e200 + 1e-200j])
@pytest.mark.parametrize("w", [0.25 + 3j, -2 + 0j, 1j, 1e-3 - 1e3j])
def test_arithmetic(z, w):
    with np.errstate(all="ignore"):
        expected = arithmetic(np.complex128(z), np.complex128(w))
    for found in (irad.jit(arithmetic)(z, w), irad.jit(arithmetic)(np.complex128(z), np.complex128(w))):
        for f, e in list(zip(found, expected, strict=True))[: None if z else -2]:  # NumPy's powers of 0 have no signs
            same(complex(f), complex(e), 1e-15)


@pytest.mark.parametrize("z", [complex(math.inf, 1), complex(-math.inf, 0), complex(1, math.inf), complex(math.nan, 1), complex(1e308, 0)])
def test_infinities(z):
    f = irad.jit(lambda z: (np.sqrt(z), np.isfinite(z), np.isinf(z), np.isnan(z), z == z, abs(z)))
    with np.errstate(all="ignore"):
        x = np.complex128(z)
        expected = (np.sqrt(x), np.isfinite(x), np.isinf(x), np.isnan(x), x == x, abs(x))
    np.testing.assert_allclose(f(z), expected)


@pytest.mark.parametrize("z", [0j, 1 + 0j])
def test_division_by_zero_is_numpys(z):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(irad.jit(lambda z, w: z / w)(z, 0j), np.complex128(z) / np.complex128(0))


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda x, y: complex(x, y), (1.5, -2.0)),
        (lambda x, y: complex(x, y), (1 + 2j, 3 - 1j)),
        (lambda x, y: complex(x) + complex(imag=y), (1.5, 2)),
        (lambda z, w: (z.conjugate(), np.conj(w), z.real + w.imag), (1.5 + 1j, 2j)),
        (lambda z, n: z**n, (1.2 - 0.3j, 5)),
        (lambda z, n: z**n, (1.2 - 0.3j, -4)),
        (lambda z, n: z**n, (1.2 - 0.3j, 0)),
        (lambda z, n: z**n, (0j, 3)),
        (lambda z, w: (z**w, pow(w, z), z**0.5, 2.0**z), (1.2 - 0.3j, 0.5 + 2j)),
        (lambda z, w: (bool(z), not w, z and w, z or w), (1j, 0j)),
        (lambda z, w: (isinstance(z, complex), isinstance(z, float), type(w) is complex), (1j, 0j)),
        (lambda z, w: (sum([z, w, z]), math.prod([z, w])), (1j, 2.0)),
    ],
)
def test_python_numbers(f, args):
    found, expected = irad.jit(f)(*args), f(*args)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    for x, y in zip(np.atleast_1d(found).tolist(), np.atleast_1d(expected).tolist(), strict=True):
        assert type(x) is type(y)


@pytest.mark.parametrize(
    ("f", "args", "dtype"),
    [
        (lambda z: z * 2.0, (np.complex64(1j),), np.complex64),
        (lambda z: z * np.float64(2), (np.complex64(1j),), np.complex128),
        (lambda x, z: x * z, (np.float32(2), 1j), np.complex64),
        (lambda x: x * 1j, (np.float32(2),), np.complex64),
        (lambda n: n * 1j, (np.int64(2),), np.complex128),
        (lambda z: abs(z), (np.complex64(1j),), np.float32),
        (lambda z: z.imag, (np.complex64(1j),), np.float32),
        (lambda z: np.complex64(z), (1 + 2j,), np.complex64),
        (lambda z: z.astype(np.complex128), (np.complex64(1j),), np.complex128),
    ],
)
def test_promotion(f, args, dtype):
    found = irad.jit(f)(*args)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, f(*args), rtol=1e-6)


def test_joins():
    """A variable that is an int or a float before a loop and complex in it is complex."""

    def f(z, n):
        total, best = 0, 0.0
        for i in range(n):
            total += z[i]
            if z[i].real > 0.5:
                best = z[i]
        return total, best

    z = np.array([1 + 1j, 0.25j, 2.0])
    for n in (0, 1, 3):
        np.testing.assert_array_equal(irad.jit(f)(z, n), f(z, n))
    assert type(irad.jit(f)(z, 0)[0]) is np.complex128


def test_lists_of_complex_numbers():
    def f(z):
        found = []
        for v in z:
            if v.imag > 0:
                found.append(v * v)
        return sum(found, 0j).real + len(found)

    z = np.array([1 + 1j, -1j, 2.0 + 3j])
    assert irad.jit(f)(z) == f(z)
    np.testing.assert_allclose(irad.grad(f)(z), differences(f, (z,), 0), atol=1e-8)


def test_results_keep_their_kind():
    assert type(irad.jit(lambda z: z * z)(1j)) is complex
    assert type(irad.jit(lambda z: z * z)(np.complex64(1j))) is np.complex64
    assert irad.jit(lambda x: x * 1j)(np.ones(2, np.float32)).dtype == np.complex64
    for _ in range(4):  # the way in from Python is another one from the third call on
        assert irad.jit(lambda z, x: (z, x, z.real))(1 + 2j, 3.0) == (1 + 2j, 3.0, 1.0)


def test_a_real_argument_of_a_complex_parameter():
    f = irad.jit(lambda z, w: z * w)
    assert [f(z, 1j) for z in (2.0, 2, np.float32(2), 2 + 0j)] == [2j] * 4


# ---------------------------------------------------------------- derivatives of functions


def along(f, z, direction, h=1e-6):
    """A central difference of fourth order in a direction."""
    v = [f(z + k * h * direction) for k in (-2, -1, 1, 2)]
    return (v[0] - 8 * v[1] + 8 * v[2] - v[3]) / (12 * h)


def on_the_axis(z, h):
    """z moved along the axis that it lies on, the sign of its zero kept."""
    return complex(z.real + h, z.imag) if z.imag == 0.0 else complex(z.real, z.imag + h)


@pytest.mark.parametrize("name", UFUNCS)
@pytest.mark.parametrize("z", ON_AXES + [0.7 + 0.7j, -0.4 + 0.4j, 1.3 - 1.3j, 0.6 - 0.8j])
def test_slopes_on_axes_and_diagonals(name, z):
    """On a cut the function goes on from its own side: along the axis differences tell, across it that it is holomorphic."""
    f = getattr(np, name)
    unit = 1.0 if z.imag == 0.0 else 1j
    h = 1e-5
    v = [f(np.complex128(on_the_axis(z, k * h))) for k in (-2, -1, 1, 2)]
    slope = (v[0] - 8 * v[1] + 8 * v[2] - v[3]) / (12 * h)
    tangent = irad.jvp(f, (z,), (unit,))[1]
    np.testing.assert_allclose(tangent, slope, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(irad.jvp(f, (z,), (1j * unit,))[1], 1j * tangent, rtol=1e-12, atol=1e-12)
    _, pullback = irad.vjp(f, z)
    np.testing.assert_allclose(pullback(1.0)[0], np.conj(tangent / unit), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pullback(1j)[0], 1j * np.conj(tangent / unit), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("w", [2.0 + 0j, 2j, 1 + 1j, 1 - 1j, -3 + 0.5j, 0.5 - 3j])
def test_slopes_of_quotients(w):
    for f in (lambda z, w: z / w, lambda z, w: w / (z * w + 1j), lambda z, w: np.reciprocal(w) * z):
        for unit in (1.0, 1j):
            np.testing.assert_allclose(irad.jvp(f, (1.5 - 2j, w), (0.0, unit))[1], along(lambda w: f(1.5 - 2j, w), w, unit), rtol=1e-8)


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 5])
@pytest.mark.parametrize("z", [0.7 - 0.2j, 0j])
def test_slopes_of_integer_powers(n, z):
    if z == 0 and n < 0:
        return
    for f in (lambda z, n: z**n, lambda z, n: z ** complex(n) if z else z**n):
        np.testing.assert_allclose(irad.jvp(f, (z, n), (1.0, 0))[1], along(lambda z: z**n, z, 1.0), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(irad.jvp(lambda z: z**n, (z,), (1j,))[1], along(lambda z: z**n, z, 1j), rtol=1e-8, atol=1e-8)


def test_kinks_at_zero():
    assert irad.grad(abs)(0j) == 0
    assert irad.jvp(np.sign, (0j,), (1.0,))[1] == 0


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda z: z < 1j, "'<' not supported between instances of 'complex' and 'complex'"),
        (lambda z: max(z, 1j), "'>' not supported"),
        (lambda z: float(z), "its imaginary part would be lost"),
        (lambda z: int(z), "complex"),
        (lambda z: math.sin(z), "its imaginary part would be lost"),
        (lambda z: math.floor(z), "complex"),
        (lambda z: z // 2, "floor_divide does not take"),
        (lambda z: z % 2, "remainder does not take"),
        (lambda z: np.floor(z), "floor does not take"),
        (lambda z: np.arctan2(z, 1.0), "arctan2 does not take"),
        (lambda z: np.hypot(z, 1.0), "hypot does not take"),
        (lambda z: np.cbrt(z), "cbrt does not take"),
        (lambda z: np.degrees(z), "does not take"),
        (lambda z: round(z), "complex"),
        (lambda z: math.fsum(np.ones(2) * z), "must be real number, not complex"),
        (lambda z: math.dist(np.ones(2) * z, np.ones(2)), "must be real number, not complex"),
        (lambda z: np.arange(z), "integer"),
        (lambda z: np.zeros(3)[z], "indices"),
        (lambda z: range(z), "complex"),
        (lambda z: np.float64(z), "its imaginary part would be lost"),
        (lambda z: np.sum(np.ones(2) * z, dtype=np.float64), "cannot hold complex numbers"),
        (lambda z: np.var(np.ones(2) * z, dtype=np.float32), "cannot hold complex numbers"),
        (lambda z: np.cumsum(np.ones(2) * z, dtype=np.int64), "cannot hold complex numbers"),
        (lambda z: np.einsum("i->", np.ones(2) * z, dtype=np.float64), "cannot hold complex numbers"),
        (lambda z: np.interp(np.ones(2) * z, [0.0, 1.0], [0.0, 1.0]), "cannot hold complex numbers"),
        (lambda z: np.histogram(np.ones(2) * z), "histogram of complex numbers"),
        (lambda z: np.digitize(np.ones(2) * z, [0.0, 1.0]), "may not be complex"),
        (lambda z: np.isposinf(np.ones(2) * z), "ambiguous"),
        (lambda z: np.heaviside(np.ones(2) * z, 0.5), "does not take"),
        (lambda z: np.modf(np.ones(2) * z), "does not take"),
    ],
)
def test_what_complex_numbers_do_not_do(f, text):
    with pytest.raises((TypeError, IndexError), match=text):
        irad.jit(f)(1 + 1j)


def store_scalar(x, z):
    x[0] = z[0]


def store_array(x, z):
    x[:] = z


def add_in_place(x, z):
    x += z


def store_at_indices(x, z):
    x[[0, 1]] = z


def store_under_a_mask(x, z):
    x[x == 0] = z[0]


def set_imaginary_part(x, z):
    x.imag = 1.0


@pytest.mark.parametrize(
    "f", [store_scalar, store_array, add_in_place, store_at_indices, store_under_a_mask, set_imaginary_part], ids=lambda f: f.__name__
)
def test_real_arrays_hold_no_complex_numbers(f):
    with pytest.raises(TypeError):
        irad.jit(f)(np.zeros(2), np.ones(2) * 1j)


def test_a_complex_argument_of_a_real_parameter():
    f = irad.jit(lambda x: x * 2.0)
    assert f(1.0) == 2.0
    assert f(1j) == 2j  # another version
    with pytest.raises(TypeError, match="Duplicated"):
        irad.autodiff(Reverse, lambda z: abs(z[0]), Active, Active(np.ones(1) * 1j))
    with pytest.raises(TypeError, match="different dtypes"):
        Duplicated(np.ones(1) * 1j, np.ones(1))


def test_signatures():
    assert "complex<f64>" in irad.dump(lambda z: z * z, "c128")
    assert "memref<?xcomplex<f32>>" in irad.dump(lambda z: z[0], (irad.c64[::1],))
    text = irad.dump(lambda z: abs(z[0]), "c128[:]", stage="gradient")
    assert irad.parse(text).funcs
    assert "complex.create" in irad.dump(lambda z: z + 1, "c64", stage="traced")
