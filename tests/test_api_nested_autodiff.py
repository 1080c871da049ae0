"""`autodiff` inside traced code: shadows that are views, sweeps in loops, both modes, second order, and what is refused."""

import math

import numpy as np
import pytest

import irad
from irad import Active, Const, Duplicated, Forward, ForwardWithPrimal, Reverse, ReverseWithPrimal
from tests.checks import agree


def residual(camera, point, weight):
    s = 0.0
    for i in range(len(camera)):
        s += camera[i] * point[i]
    return weight * math.sin(s)


def jacobian(cameras, points, weights, rows):
    for i in range(len(weights)):
        derivs, value = irad.autodiff(
            ReverseWithPrimal,
            residual,
            Active,
            Duplicated(cameras[i % 2], rows[i, :3]),
            Duplicated(points[i], rows[i, 3:6]),
            Active(weights[i]),
        )
        rows[i, 6] = derivs[2]
        rows[i, 7] = value


RNG = np.random.default_rng(0)
CAMERAS, POINTS, WEIGHTS = RNG.standard_normal((2, 3)), RNG.standard_normal((4, 3)), RNG.uniform(1.0, 2.0, 4)


def test_a_sweep_for_each_row():
    rows = np.zeros((4, 8))
    irad.jit(jacobian)(CAMERAS, POINTS, WEIGHTS, rows)
    for i, row in enumerate(rows):
        value, (by_camera, by_point, by_weight) = irad.value_and_grad(residual, argnums=(0, 1, 2))(CAMERAS[i % 2], POINTS[i], WEIGHTS[i])
        agree(row, [*by_camera, *by_point, by_weight, value], 1e-14, f"row {i}")


def test_shadows_accumulate():
    def twice(x, dx):
        for _ in range(2):
            irad.autodiff(Reverse, lambda y: np.sum(y * y), Active, Duplicated(x, dx))
        return dx[0]

    dx = np.ones(3)
    irad.jit(twice)(np.array([1.0, 2.0, 3.0]), dx)
    agree(dx, [5.0, 9.0, 13.0], 1e-15, "shadow")


@pytest.mark.parametrize("strided", [False, True])
def test_strided_shadows(strided):
    def f(x, dx):
        irad.autodiff(Reverse, lambda y: np.sum(y[1:] * y[:-1]), Active, Duplicated(x, dx))

    x, base = np.array([1.0, 2.0, 3.0, 4.0]), np.full(8, 0.5)
    dx = base[::2] if strided else base[:4]
    irad.jit(f)(x, dx)
    agree(dx, np.array([2.0, 4.0, 6.0, 3.0]) + 0.5, 1e-15, "shadow")
    irad.jit(f)(x[::-1], dx)
    agree(dx, np.array([2.0, 4.0, 6.0, 3.0]) + [3.0, 6.0, 4.0, 2.0] + 0.5, 1e-15, "shadow of a view")


def test_overwritten_arguments():
    def overwrites(x):
        x[0] = x[0] * x[1]
        return x[0]

    def f(x, dx):
        ((derivative,),) = irad.autodiff(Reverse, overwrites, Active, Duplicated(x, dx))
        assert derivative is None
        return x[0]

    x, dx = np.array([2.0, 3.0]), np.array([0.0, 1.0])
    assert irad.jit(f)(x, dx) == 6.0
    agree(x, [6.0, 3.0], 1e-15, "argument")
    agree(dx, [3.0, 3.0], 1e-15, "shadow")


def test_forward_mode():
    def f(x, t):
        primal, tangent = irad.autodiff(ForwardWithPrimal, lambda y, z: np.sum(y**3) * z, Duplicated(x, np.ones(3)), Duplicated(t, 2.0))
        (alone,) = irad.autodiff(Forward, lambda y: y * y, Duplicated(t, 1.0))
        return primal, tangent, alone

    assert irad.jit(f)(np.array([1.0, 2.0, 3.0]), 0.5) == (18.0, 21.0 + 72.0, 1.0)


def test_second_order():
    def squared_slopes(x):
        dx = np.zeros(len(x))
        irad.autodiff(Reverse, lambda y: np.sum(y**3), Active, Duplicated(x, dx))
        return np.sum(dx * dx)

    x = np.array([1.0, 2.0, 3.0])
    agree(irad.grad(squared_slopes)(x), 36.0 * x**3, 1e-14, "reverse over reverse")
    agree(irad.jvp(squared_slopes, [x], [np.ones(3)])[1], np.sum(36.0 * x**3), 1e-14, "forward over reverse")


def test_third_order_of_numbers():
    def slope(f):
        return lambda x: irad.autodiff(Reverse, f, Active, Active(x))[0][0]

    assert irad.jit(slope(slope(slope(lambda x: x**4))))(2.0) == pytest.approx(48.0, rel=1e-14)


def test_perturbations_are_not_confused():
    """d/dx (x * d/dy (x + y)) is 1."""
    assert irad.grad(lambda x: x * irad.autodiff(Forward, lambda y: x + y, Duplicated(1.0, 1.0))[0])(3.0) == 1.0


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: irad.autodiff(Reverse, lambda y: y, Active, Duplicated(x, np.zeros(3))), irad.UnsupportedError, "one real number"),
        (lambda x: irad.autodiff(Reverse, np.sum, Active, Duplicated(x)), TypeError, "needs its shadow"),
        (lambda x: irad.autodiff(Reverse, np.sum, Active, Duplicated(x, 1.0)), TypeError, "a shadow has the type"),
        (lambda x: irad.autodiff(Reverse, np.sum, Active, Duplicated(x, np.zeros((3, 1)))), TypeError, "a shadow has the type"),
        (lambda x: irad.autodiff(Reverse, np.sum, Active, Active(x)), TypeError, "consider Duplicated or Const"),
        (lambda x: irad.autodiff(Forward, lambda y: y, Active(x[0])), TypeError, "not allowed in forward mode"),
        (lambda x: irad.autodiff(Reverse, lambda y: y, Active, Duplicated(x[0], 1.0)), TypeError, "use Active"),
    ],
)
def test_refusals(f, error, message):
    with pytest.raises(error, match=message):
        irad.jit(f)(np.ones(3))


def test_active_values_stored_into_const_memory():
    def store(y, out):
        out[0] = y

    def f(x, out):
        irad.autodiff(Reverse, store, Const, Active(x), Const(out))

    with pytest.raises(irad.RuntimeActivityError, match="Const and has no shadow"):
        irad.jit(f)(1.0, np.zeros(1))
