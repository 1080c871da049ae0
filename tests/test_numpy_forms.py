"""What the tables of NumPy's functions cannot see: slopes at kinks, guarded slopes, refusals, and that sorting is fast."""

from __future__ import annotations

import time

import numpy as np
import pytest

import irad
from irad.errors import UnsupportedError

RNG = np.random.default_rng(7)


def slopes(f, *xs):
    """The gradient by every argument, which forward mode has to confirm."""
    found = irad.grad(f, argnums=tuple(range(len(xs))))(*[x.copy() for x in xs])
    for i, x in enumerate(xs):
        for at in np.ndindex(x.shape):
            tangents = [np.zeros_like(v) for v in xs]
            tangents[i][at] = 1.0
            assert irad.jvp(f, [v.copy() for v in xs], tangents)[1] == found[i][at]
    return found


KINKS = {
    "abs": (lambda x, y: np.sum(np.abs(x - y)), [0, 0], [0, 0]),
    "maximum": (lambda x, y: np.sum(np.maximum(x, y)), [1, 1], [0, 0]),
    "minimum": (lambda x, y: np.sum(np.minimum(x, y)), [1, 1], [0, 0]),
    "maximum.reduce": (lambda x, y: np.maximum.reduce(x) + 0 * y[0], [1, 0], [0, 0]),
    "maximum.accumulate": (lambda x, y: np.sum(np.maximum.accumulate(x)) + 0 * y[0], [2, 0], [0, 0]),
    "clip": (lambda x, y: np.sum(np.clip(x, y, 9)) + np.sum(np.clip(x, None, y)), [2, 2], [0, 0]),
    "heaviside": (lambda x, y: np.sum(np.heaviside(x - 2, y)), [0, 0], [1, 1]),
    "sinc": (lambda x, y: np.sum(np.sinc(x - y)), [0, 0], [0, 0]),
    "sort": (lambda x, y: np.sort(x)[0] + 0 * y[0], [1, 0], [0, 0]),
    "interp": (lambda x, y: np.sum(np.interp(x, [1.0, 2.0, 3.0], [0.0, 1.0, 5.0])) + 0 * y[0], [4, 4], [0, 0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_slopes_at_kinks(name):
    f, by_x, by_y = KINKS[name]
    x, y = np.full(2, 2.0), np.full(2, 2.0)
    for found, wanted in zip(slopes(f, x, y), (by_x, by_y), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_second_derivatives():
    curvature = irad.grad(irad.grad(np.sinc))
    assert curvature(0.0) == pytest.approx(-(np.pi**2) / 3)
    assert curvature(1e-3) == pytest.approx(-(np.pi**2) / 3, rel=1e-4)
    along = irad.hvp(lambda x: np.sum(np.sort(x) ** 2 * np.arange(3.0)), np.array([3.0, 1.0, 2.0]), np.ones(3))
    np.testing.assert_allclose(along, [4.0, 0.0, 2.0])


def test_sorting_in_a_loop():
    def f(x, n):
        total = 0.0
        for k in range(n):
            x = np.sort(x * (k - 1.5))
            np.add.at(x, [0, 0, k], x[1] * x[2])
            total += x[0] * x[-1]
        return total

    x = np.array([0.3, -1.2, 0.8])
    gradient = irad.grad(f)(x, 3)
    slope = irad.jvp(f, [x, 3], [np.array([1.0, 2.0, 3.0]), None])[1]
    assert slope == pytest.approx(gradient @ [1.0, 2.0, 3.0], rel=1e-12)
    for i in range(3):
        step = np.eye(3)[i] * 1e-6
        assert gradient[i] == pytest.approx((f(x + step, 3) - f(x - step, 3)) / 2e-6, rel=1e-6)


def test_what_where_leaves_out_has_no_slope():
    def f(x):
        out = np.zeros_like(x)
        np.log(x, out=out, where=x > 0)
        return np.sum(out) + np.sum(np.sqrt(x, where=x > 0)) + np.sum(np.divide(1.0, x, where=x != 0))

    (gradient,) = slopes(f, np.array([0.0, 4.0]))
    np.testing.assert_allclose(gradient, [0.0, 1 / 4 + 1 / 4 - 1 / 16])


def test_out_keeps_its_slope_where_nothing_is_computed():
    def f(x, y):
        np.multiply(x, x, out=y, where=x > 1)
        return np.sum(y)

    by_x, by_y = slopes(f, np.array([0.5, 3.0]), np.array([5.0, 6.0]))
    np.testing.assert_array_equal(by_x, [0.0, 6.0])
    np.testing.assert_array_equal(by_y, [1.0, 0.0])


def test_at_counts_every_occurrence():
    def f(x, v):
        np.add.at(x, [0, 0, 1], v)
        np.multiply.at(x, [1, 1], v[:2])
        return np.sum(x * np.array([1.0, 10.0, 100.0]))

    by_x, by_v = slopes(f, np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(by_x, [1.0, 60.0, 100.0])
    np.testing.assert_array_equal(by_v, [1 + 10 * 6 * 3, 1 + 10 * 6 * 2, 60.0])


def test_at_checks_before_it_writes():
    x = np.ones(3)
    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 3"):
        irad.jit(lambda x: np.add.at(x, [0, 5], 1.0))(x)
    np.testing.assert_array_equal(x, 1.0)


def test_puts_check_before_they_write():
    x = np.ones(3)
    for write in (lambda x: np.put(x, [0, 5], 2.0), lambda x: np.put_along_axis(x, np.array([0, 5]), 2.0, 0)):
        with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 3"):
            irad.jit(write)(x)
        np.testing.assert_array_equal(x, 1.0)


def test_forms_are_traced_once():
    traced = []

    def f(x, i):
        traced.append(1)
        np.add.at(x, i, 1.0)
        return np.subtract.reduce(x)

    compiled = irad.jit(f)
    for _ in range(3):
        compiled(np.ones(3), np.array([0, 0]))
    assert len(traced) == 1


GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: x + GENERATOR.normal(), "np.random.Generator.normal"),
        (lambda x: x * GENERATOR.uniform(size=2), "np.random.Generator.uniform"),
        (lambda x: x * np.random.rand(), "np.random.rand"),
        (lambda x: x * np.random.default_rng(3).normal(), "np.random.default_rng"),
    ],
)
def test_drawing_is_refused_by_name(f, name):
    with pytest.raises(UnsupportedError, match=rf"{name} would be called once.*pass its result as an argument"):
        irad.jit(f)(np.ones(2))


def test_what_was_drawn_outside_is_an_argument():
    noise = GENERATOR.normal(size=3)
    np.testing.assert_array_equal(irad.grad(lambda x, noise: np.sum(x * noise))(np.ones(3), noise), noise)


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: np.unique(x, axis=0), "np.unique along an axis is not supported"),
        (lambda x: np.interp(x[0], x[0], x[0], period=3.0), "np.interp with period= is not supported"),
        (lambda x: np.histogram(x, bins="auto"), "np.histogram with bins='auto' is not supported"),
        (lambda x: np.add(x, x, order="F"), "np.add with order='F' is not supported"),
        (lambda x: np.power.accumulate(x.astype(int)), "np.power.accumulate of signed integers is not supported"),
    ],
)
def test_refusals(f, text):
    with pytest.raises(UnsupportedError, match=text):
        irad.jit(f)(np.ones((2, 2)))


def test_power_reduces_every_step():
    x = np.array([1.35, 2.05, 3.45])
    assert irad.jit(np.power.reduce)(x) == pytest.approx((x[0] ** x[1]) ** x[2], rel=1e-14)


def test_sorting_takes_n_log_n():
    sort = irad.jit(np.sort)
    sort(np.ones(2))
    for x in (RNG.normal(size=1 << 16), np.zeros(1 << 16), np.arange(1 << 16)[::-1] * 1.0):
        start = time.perf_counter()
        found = sort(x)
        assert time.perf_counter() - start < 1.0  # n squared takes several seconds
        np.testing.assert_array_equal(found, np.sort(x))


def test_slope_of_a_large_sort():
    x, weights = RNG.normal(size=5000), RNG.normal(size=5000)
    gradient = irad.grad(lambda x: np.sum(np.sort(x) * weights))(x)
    np.testing.assert_array_equal(gradient[np.argsort(x)], weights)
