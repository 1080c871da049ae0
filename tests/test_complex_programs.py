"""Programs on complex numbers and arrays: what their derivatives mean, parts that are views, tapes, all modes and orders."""

import cmath

import numpy as np
import pytest

import irad
from irad import (
    Active,
    Const,
    Duplicated,
    Forward,
    ForwardWithPrimal,
    NonScalarReturnError,
    Reverse,
    ReverseHolomorphic,
    ReverseHolomorphicWithPrimal,
    ReverseWithPrimal,
)
from tests.numpy_rows import differences
from tests.test_complex import along

# ---------------------------------------------------------------- conventions


def test_conventions():
    """The derivative by z is dL/dx + i dL/dy of a real L; forward mode gives the derivative in the direction of the tangent."""
    z = 3.1 + 2.7j
    assert irad.grad(lambda z: (z * z).real)(z) == pytest.approx(6.2 - 5.4j)
    assert irad.grad(lambda z: (z * z).imag)(z) == pytest.approx(5.4 + 6.2j)
    assert irad.jvp(lambda z: z * z, (z,), (1.0,))[1] == pytest.approx(6.2 + 5.4j)
    assert irad.jvp(lambda z: z * z, (z,), (1j,))[1] == pytest.approx(-5.4 + 6.2j)
    du, dv = (irad.grad(f)(z) for f in (lambda z: (z * z.conjugate()).real, lambda z: (z * z.conjugate()).imag))
    # Wirtinger's: d/dz = (d/dx - i d/dy) / 2, d/dz* = (d/dx + i d/dy) / 2
    assert (du.conjugate() + 1j * dv.conjugate()) / 2 == pytest.approx(3.1 - 2.7j)
    assert (du + 1j * dv) / 2 == pytest.approx(3.1 + 2.7j)


def test_autodiff():
    z, dz = np.array([3.1 + 2.7j]), np.array([0.5 + 0.5j])
    f = irad.autodiff
    assert f(Forward, lambda z: z * z, Duplicated(3.1 + 2.7j, 1.0)) == (pytest.approx(6.2 + 5.4j),)
    assert f(ForwardWithPrimal, lambda z: z * z, Duplicated(1j, 1j)) == (-1, -2)
    assert f(Reverse, lambda z: abs(z) ** 2, Active, Active(1 - 2j)) == ((pytest.approx(2 - 4j),),)
    assert f(ReverseWithPrimal, lambda z, w: (z * w).real, Active(1 - 2j), Const(2j)) == ((-2j, None), 4.0)
    f(Reverse, lambda z: (z[0] * z[0]).real, Active, Duplicated(z, dz))
    np.testing.assert_allclose(dz, [6.7 - 4.9j])
    with pytest.raises(NonScalarReturnError, match=r"return a real one, such as z\.real"):
        f(Reverse, lambda z: z * z, Active, Active(1j))


def test_holomorphic():
    z = 3.1 + 2.7j
    assert irad.autodiff(ReverseHolomorphic, lambda z: z * z, Active, Active(z)) == ((pytest.approx(6.2 + 5.4j),),)
    derivs, primal = irad.autodiff(ReverseHolomorphicWithPrimal, lambda z, w: np.sin(z) * w, Active(z), Const(2j))
    assert primal == pytest.approx(np.sin(z) * 2j)
    assert derivs == (pytest.approx(np.cos(z) * 2j), None)

    def f(a, out):
        out[0] = a[0] * a[1]
        return out[0] * a[0] + cmath.exp(a[1])

    a, da, out, dout = np.array([1 + 2j, 0.3 - 1j]), np.array([0.5j, 1.0]), np.zeros(1, complex), np.array([0.7 + 1j])
    irad.autodiff(ReverseHolomorphic, f, Active, Duplicated(a, da), Duplicated(out, dout))
    shadow, h = 0.7 + 1j, 1e-6

    def total(a):  # what the shadows are the derivative of
        out = np.zeros(1, complex)
        return f(a, out) + shadow * out[0]

    for i, start in enumerate((0.5j, 1.0)):
        step = h * np.eye(2)[i]
        np.testing.assert_allclose(da[i] - start, (total(a + step) - total(a - step)) / (2 * h), rtol=1e-8)
    with pytest.raises(NonScalarReturnError, match="returns one complex number"):
        irad.autodiff(ReverseHolomorphic, lambda z: abs(z), Active, Active(z))
    with pytest.raises(TypeError, match="by complex numbers, and argument 0 is real"):
        irad.autodiff(ReverseHolomorphic, lambda x: x * 1j, Active, Active(2.0))


def test_a_result_that_is_written():
    """In reverse mode a Duplicated complex array takes the derivative by its contents, seeded by its shadow."""

    def f(z, out):
        for i in range(len(z)):
            out[i] = z[i] * z[len(z) - 1 - i]

    z, dz, out, dout = np.array([1 + 2j, 3j]), np.zeros(2, complex), np.zeros(2, complex), np.array([1.0, 1j])
    irad.autodiff(Reverse, f, Const, Duplicated(z, dz), Duplicated(out, dout))
    np.testing.assert_allclose(dz, np.conj([3j, 1 + 2j]) * (1 + 1j))
    assert not dout.any()


def test_gradients_of_mixed_arguments():
    def f(x, z, a, b):
        return (x * z).imag + np.sum(a * b.real) + abs(b[0] * a[1])

    args = (2.0, 1 - 1j, np.array([1.0, 2.0]), np.array([1j, 2.0 + 1j]))
    gx, gz, ga, gb = irad.grad(f, argnums=(0, 1, 2, 3))(*args)
    assert type(gx) is float
    assert type(gz) is complex
    assert ga.dtype == np.float64
    assert gb.dtype == np.complex128
    np.testing.assert_allclose([gx, gz], [-1.0, -2.0j * -1], atol=1e-12)
    for i, g in ((0, ga), (1, gb)):
        np.testing.assert_allclose(g, differences(lambda a, b: f(2.0, 1 - 1j, a, b), args[2:], i), atol=1e-8)


# ---------------------------------------------------------------- programs


def horner(c, z):
    total = 0j
    for i in range(len(c)):
        total = total * z[0] + c[i]
    return abs(total)


def escape(z, c):
    """A while loop with a data-dependent trip count."""
    w, n = z[0], 0
    while abs(w) < 4.0 and n < 30:
        w = w * w + c[0]
        n += 1
    return w.real * 0.5 - w.imag


def overwritten(z, c):
    """Values that the reverse sweep needs, and that are gone by then."""
    for k in range(3):
        for i in range(len(z)):
            z[i] = np.exp(z[i] * c[k % len(c)] * 0.1) - z[i - 1]
    return np.sum(z.real * z.imag)


def branches(z, c):
    total = 1j
    for i in range(len(z)):
        if z[i].real > 0:
            total = total * z[i] if z[i].imag > 0 else total / (z[i] + 2)
        else:
            total += np.conj(c[0]) * abs(z[i])
    return (total * total).imag


def parts(z, c):
    """Views of the parts and of the whole, written in turn."""
    re, im = z.real, z.imag
    for i in range(1, len(z)):
        re[i] += im[i - 1] * re[0]
        z[i] *= c[0]
        im[i] = im[i] * 0.5 - z[i - 1].real
    z.imag[::2] = re[::2] ** 2
    return np.sum(z * z * c[0]).real


def swapped(z, c):
    a, b = z.copy(), np.zeros_like(z)
    for _ in range(4):
        for i in range(len(a)):
            b[i] = a[i] * a[i - 1] * 0.3 + c[0]
        a, b = b, a
    return np.sum(abs(a) ** 2)


def power_series(z, n):
    if n == 0:
        return 1 + 0j
    return 1 + z * power_series(z, n - 1) / n


def recursive(z, c):
    return abs(power_series(z[0], 6) - power_series(c[0], 3))


def carried_lists(z, c):
    state = {"w": c[0], "pair": (1j, 2.0)}
    for i in range(len(z)):
        a, b = state["pair"]
        state["w"] = state["w"] * a + z[i]
        state["pair"] = (z[i] / (1 + abs(a)), b + state["w"].real)
    return state["pair"][1] + state["w"].imag


def matrices(z, c):
    m = z.reshape(2, 2)
    w = m @ m.conj().T
    return np.sum(np.sqrt(w * c[0])).real + np.vdot(z, z * c[0]).imag


PROGRAMS = [horner, escape, overwritten, branches, parts, swapped, recursive, carried_lists, matrices]


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(program, dtype):
    rng = np.random.default_rng(5)
    z, c = ((rng.standard_normal(n) + 1j * rng.standard_normal(n)).astype(dtype) for n in (4, 2))
    mine, theirs = z.copy(), z.copy()
    single = dtype == np.complex64
    np.testing.assert_allclose(irad.jit(program)(mine, c), program(theirs, c), rtol=2e-5 if single else 1e-12)
    np.testing.assert_allclose(mine, theirs, rtol=2e-5 if single else 1e-12)
    gradient = irad.grad(program, argnums=(0, 1))(z.copy(), c.copy())
    tangents = [(rng.standard_normal(len(a)) + 1j * rng.standard_normal(len(a))).astype(dtype) for a in (z, c)]
    slope = irad.jvp(program, (z.copy(), c.copy()), tangents)[1]
    pairing = sum(np.sum(np.conj(g) * t).real for g, t in zip(gradient, tangents, strict=True))
    np.testing.assert_allclose(slope, pairing, rtol=1e-3 if single else 1e-10)
    if not single:
        for i, g in enumerate(gradient):
            np.testing.assert_allclose(g, differences(program, (z, c), i, 1e-4), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("options", [irad.Options(ad_stage="early"), irad.Options(opt_level=0), irad.Options(opt_level=3)], ids=str)
@pytest.mark.parametrize("program", [overwritten, parts, branches, swapped, escape], ids=lambda f: f.__name__)
def test_options_change_nothing(program, options):
    rng = np.random.default_rng(6)
    z, c = (rng.standard_normal(n) + 1j * rng.standard_normal(n) for n in (4, 2))
    for found, expected in zip(
        irad.grad(program, argnums=(0, 1), options=options)(z.copy(), c), irad.grad(program, argnums=(0, 1))(z.copy(), c), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_second_order():
    """Forward over reverse, through complex intermediate values of real arguments and through complex arguments."""

    def real_argument(x):
        w = np.exp(1j * x[0]) * x[1]
        return abs(w + x[0]) * w.imag

    x, v = np.array([0.7, 1.3]), np.array([0.3, -1.0])
    h = 1e-5
    expected = (irad.grad(real_argument)(x + h * v) - irad.grad(real_argument)(x - h * v)) / (2 * h)
    np.testing.assert_allclose(irad.hvp(real_argument, x, v), expected, rtol=1e-8)

    def complex_argument(z):
        return (z[0] * z[1] * np.conj(z[0])).real + abs(z[1]) ** 3

    z, w = np.array([0.7 + 1j, 1.3 - 0.2j]), np.array([0.3 - 1j, 0.5j])
    expected = (irad.grad(complex_argument)(z + h * w) - irad.grad(complex_argument)(z - h * w)) / (2 * h)
    np.testing.assert_allclose(irad.hvp(complex_argument, z, w), expected, rtol=1e-8)
    nested = irad.grad(lambda z: np.sum(abs(irad.grad(complex_argument)(z))))
    np.testing.assert_allclose(nested(z), differences(lambda z: np.sum(abs(irad.grad(complex_argument)(z))), (z,), 0), rtol=1e-6)


def test_jvp_and_vjp_of_arrays():
    rng = np.random.default_rng(7)
    z, t, seed = (rng.standard_normal(5) + 1j * rng.standard_normal(5) for _ in range(3))

    def f(z):
        return z * np.sum(z) + np.conj(z[::-1]) * z[0].real

    y, dy = irad.jvp(f, (z,), (t,))
    value, pullback = irad.vjp(f, z)
    np.testing.assert_allclose(y, f(z))
    np.testing.assert_allclose(value, f(z))
    np.testing.assert_allclose(dy, along(f, z, t), rtol=1e-8)
    np.testing.assert_allclose(np.sum(np.conj(seed) * dy).real, np.sum(np.conj(pullback(seed)[0]) * t).real, rtol=1e-12)


# ---------------------------------------------------------------- arrays and their parts


def test_parts_are_views():
    def f(z, x):
        z.real[0] = 7.0
        z.imag[1:] += x
        z.T.real[-1] = -1.0
        return z.real, z.imag[::2]

    z = np.arange(4) * (1 + 1j)
    mine = z.copy()
    re, im = irad.jit(f)(mine, 0.5)
    expected = f(z, 0.5)
    np.testing.assert_array_equal(mine, z)
    for found, wanted, base in ((re, expected[0], mine), (im, expected[1], mine)):
        np.testing.assert_array_equal(found, wanted)
        assert np.shares_memory(found, base)


@pytest.mark.parametrize("view", [lambda z: z[::2], lambda z: z[::-1], lambda z: z.reshape(2, 3).T, lambda z: z.reshape(2, 3)[:, 1:]])
def test_parts_of_views(view):
    def f(z):
        w = view(z)
        w.real[0] *= 3.0
        w.imag = w.real + 1.0
        return np.sum(w * w).imag

    z = np.arange(6) * (1 - 2j) + 0.5
    mine, theirs = z.copy(), z.copy()
    np.testing.assert_allclose(irad.jit(f)(mine), f(theirs))
    np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_allclose(irad.grad(f)(z.copy()), differences(f, (z,), 0), rtol=1e-7, atol=1e-7)


def test_overlap_of_an_array_and_its_parts_is_found():
    """Arguments that share memory: an array, and a view of its real parts."""

    def f(z, x):
        for i in range(len(z)):
            x[i] = x[i] * 2.0
            z[i] = z[i] * z[i]
        return np.sum(z.imag) + np.sum(x)

    z = np.array([1 + 2j, 3 - 1j])
    mine = z.copy()
    assert irad.jit(f)(mine, mine.real) == f(z, z.real)
    np.testing.assert_array_equal(mine, z)
    fresh = np.array([1 + 2j, 3 - 1j])
    dz, dx = irad.grad(f, argnums=(0, 1))(fresh, fresh.real)
    total = dz.copy()
    assert np.shares_memory(dz, dx)
    np.testing.assert_allclose(total, differences(lambda z: f(z, z.real), (np.array([1 + 2j, 3 - 1j]),), 0), rtol=1e-7)


def test_misaligned_and_strange_layouts():
    base = np.zeros(5, [("flag", np.int64), ("z", np.complex128)])
    base["z"] = np.arange(5) * 1j
    with pytest.raises(ValueError, match="not a multiple of its item size"):
        irad.jit(np.sum)(base["z"])
    np.testing.assert_allclose(irad.jit(np.sum)(base["z"].copy()), 10j)
