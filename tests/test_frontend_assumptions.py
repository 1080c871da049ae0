"""Sizes taken as equal: the fast version where they are, the general one where they broadcast or do not fit."""

import numpy as np
import pytest

import irad
from tests.checks import agree

X, Y = np.array([0.3, -1.2, 0.7]), np.array([1.5, 0.2, -0.4])


def mixed(x, y):
    return np.sum(x * y + np.sin(x) - y * y * 3.0)


def sliced(x, y):
    z = x[1:] * y[:-1]
    z[1:] += x[2:] - y[1:-1]
    return np.sum(z * z)


def in_place(x, y):
    x[0] = 2.0
    x += y
    return np.sum(x * x * y)


def differences(f, args, i):
    def at(step, k):
        moved = [a.copy() for a in args]
        moved[i][k] += step
        return f(*moved)

    h = 1e-3
    return [(8 * (at(h, k) - at(-h, k)) - (at(2 * h, k) - at(-2 * h, k))) / (12 * h) for k in range(len(args[i]))]


@pytest.mark.parametrize("f", [mixed, sliced, in_place])
@pytest.mark.parametrize("sizes", [(3, 3), (3, 1), (1, 3), (1, 1), (2, 3)])
def test_equal_and_other_sizes(f, sizes):
    args = [X[: sizes[0]], Y[: sizes[1]]]
    try:
        expected = f(*[a.copy() for a in args])
    except ValueError:
        shadows = [np.full(n, 0.5) for n in sizes]
        annotated = [irad.Duplicated(a.copy(), s) for a, s in zip(args, shadows, strict=True)]
        with pytest.raises(ValueError, match="broadcast"):
            irad.autodiff(irad.Reverse, f, irad.Active, *annotated)
        assert all((s == 0.5).all() for s in shadows)
        return
    value, gradient = irad.value_and_grad(f, argnums=(0, 1))(*[a.copy() for a in args])
    agree(value, expected, 1e-14, "value")
    tangents = [np.linspace(0.5, 1.0, n) for n in sizes]
    _, slope = irad.jvp(f, [a.copy() for a in args], tangents)
    agree(slope, sum(np.dot(g, t) for g, t in zip(gradient, tangents, strict=True)), 1e-12, "forward")
    for i, g in enumerate(gradient):
        agree(g, differences(f, args, i), 1e-8, f"derivative by argument {i}")


def test_one_version_serves_both_in_turn():
    compiled = irad.jit(mixed)
    for _ in range(3):
        assert compiled(X, Y) == pytest.approx(mixed(X, Y), rel=1e-14)
        assert compiled(X, Y[:1]) == pytest.approx(mixed(X, Y[:1]), rel=1e-14)


def test_sizes_that_are_computed_from_numbers():
    def f(n, m):
        return np.sum(np.ones(n) * np.full(m, 2.0))

    assert irad.jit(f)(3, 3) == 6.0
    assert irad.jit(f)(3, 1) == 6.0
    with pytest.raises(ValueError, match=r"shapes \(3,\) \(2,\)"):
        irad.jit(f)(3, 2)


def test_nothing_is_written_before_the_sizes_are_tested():
    x = X.copy()
    assert irad.jit(in_place)(x, Y[:1]) == in_place(X.copy(), Y[:1])
    agree(x, np.array([2.0, X[1], X[2]]) + Y[0], 1e-15, "the argument afterwards")


def test_equal_sizes_are_one_loop():
    text = irad.dump(mixed, "f64[:], f64[:]", stage="optimized")
    assert text.count("scf.for") == 1
    assert "memref.alloc" not in text


def test_slices_of_equal_sizes_are_one_loop():
    text = irad.dump(lambda u, v: np.sum(u[2:] * v[1:-1] - u[:-2] * v[1:-1]), "f64[:], f64[:]", stage="optimized")
    assert text.count("scf.for") == 1


def test_an_overlapping_update_takes_one_temporary():
    def step(u):
        u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - u[1:-1] * (u[2:] - u[:-2])

    text = irad.dump(step, "f64[::1]", stage="optimized")
    assert (text.count("scf.for"), text.count("memref.alloc")) == (2, 1)
    u, v = np.linspace(0.0, 1.0, 7) ** 2, np.linspace(0.0, 1.0, 7) ** 2
    step(u)
    irad.jit(step)(v)
    np.testing.assert_array_equal(v, u)
