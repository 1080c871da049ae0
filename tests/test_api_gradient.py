"""`gradient`, `jacobian` and what belongs to them, in both calling forms; numbers from the documents they are modelled on."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import irad
from irad import Active, Const, Duplicated, Forward, ForwardWithPrimal, Reverse, ReverseWithPrimal, gradient, jacobian


def array(*values):
    return np.array(values, dtype=float)


@dataclass
class Dense:
    weight: Any
    bias: Any
    act: Any = None

    def __call__(self, x):
        y = self.weight @ x + self.bias
        return y if self.act is None else self.act(y)


def loss(m, x):
    return np.sum(m(x) ** 2)


def dense():
    return Dense(np.array([[3.0]]), array(0.0))


def product(x):
    for i in range(1, len(x)):
        x[i] = x[i] * x[i - 1]
    return x[-1]


# ---------------------------------------------------------------- a function first


def test_an_entry_for_each_argument():
    assert gradient(lambda a, b, c: a * b * c, 2.0, 3.0, 5.0) == (15.0, 10.0, 6.0)
    assert_array_equal(gradient(lambda x: np.sum(x * x), array(7, 11, 13))[0], [14.0, 22.0, 26.0])
    assert gradient(lambda x, s: x * len(s), 2.0, "abc") == (3.0, None)
    assert gradient(lambda x, y: x * y, 2.0, Const(3.0)) == (3.0, None)


def test_integers_that_are_numbers_count_as_floats():
    gx, gy, gd = gradient(lambda x, y, d: np.sum(x ** x.shape[d] + y), np.array([7, 11]), 0, 0)
    assert_array_equal(gx, [14.0, 22.0])
    assert (gy, gd) == (2.0, None)
    ga, gt = gradient(lambda a, t: np.sum(a * t[0]) + t[1], array(1, 2, 3), (4, 5))
    assert_array_equal(ga, [4.0] * 3)
    assert gt == (6.0, 1.0)

    def power(x, n):
        s = 1.0
        for _ in range(n):
            s *= x
        return s

    def pick(x, i):
        return x[i[0]] * x[i[1]]

    assert gradient(power, 2, 3) == (12.0, None)
    gx, gi = gradient(pick, array(2, 3), np.array([0, 1]))
    assert gi is None
    assert_array_equal(gx, [3.0, 2.0])
    assert gradient(lambda x, n: x if n > 2 else 2 * x, 3.0, 1) == (2.0, None)
    assert gradient(lambda x, y: x**y, 2.0, 3) == pytest.approx((12.0, 8.0 * math.log(2.0)))
    assert gradient(lambda x, y: x**y, 2, 3) == pytest.approx((12.0, 8.0 * math.log(2.0)))


def test_value_beside_the_gradient():
    found = irad.withgradient(lambda a, b: a / b, 1, 2)
    assert found == (0.5, (0.5, -0.25))
    assert found.grad == gradient(lambda a, b: a / b, 1, 2)
    value, (slope,) = irad.withgradient(lambda x: (np.sum(1 / x), 1 / x), np.array([1, 2, 4]))
    assert value[0] == 1.75
    assert_array_equal(value[1], [1.0, 0.5, 0.25])
    assert_array_equal(slope, [-1.0, -0.25, -0.0625])
    found = irad.withgradient(lambda x, y: {"div": x / y, "mul": x * y}, 3.0, 4.0)
    assert found == ({"div": 0.75, "mul": 12.0}, (0.25, -0.1875))


def test_a_result_that_is_no_number_is_refused():
    with pytest.raises(irad.NonScalarReturnError, match="jacobian"):
        gradient(lambda x: 2 * x, array(1, 2))


def test_gradients_nest():
    assert gradient(lambda x: gradient(lambda y: y**3, x)[0] ** 2, 2.0) == (288.0,)
    f = irad.grad(lambda v: gradient(loss, Dense(v.reshape(1, 1), v), array(1.0))[0].bias[0])
    assert_allclose(f(array(3.0)), [4.0])


def test_shadows_are_used_and_returned():
    dup = Duplicated(dense())
    found = gradient(loss, dup, Const(array(1.0)))
    assert found[1] is None
    assert (found[0].weight, found[0]["bias"], found[0]["act"]) == ([[6.0]], [6.0], None)
    assert np.shares_memory(found[0]["weight"], dup.dval.weight)
    assert dup.norm() == pytest.approx(8.48528137423857)
    assert gradient(loss, dup, Const(array(1.0)))[0].weight == [[6.0]]
    assert gradient(loss, dup, Const(array(1.0)), zero=False)[0].weight == [[12.0]]
    assert gradient(lambda x, m: loss(m, x), array(1.0), dup)[0] is None
    assert irad.withgradient(loss, dup, array(1.0)).val == 9.0
    with pytest.raises(TypeError, match="gradient takes Duplicated and Const"):
        gradient(loss, Active(1.0), dup)


def test_objects_without_shadows():
    gm, gx = gradient(loss, dense(), array(1.0))
    assert (gm.weight, gm["bias"], gm["act"]) == ([[6.0]], [6.0], None)
    assert_array_equal(gx, [18.0])
    with pytest.raises(AttributeError, match="no 'size'; it has weight, bias, act"):
        _ = gm.size


# ---------------------------------------------------------------- a mode first


def test_with_a_mode():
    def f(x):
        return x[0] * x[1]

    x = array(2, 3)
    assert_array_equal(gradient(Reverse, f, x), [3.0, 2.0])
    assert gradient(Forward, f, x) == (3.0, 2.0)
    assert gradient(Forward, f, x, shadow=irad.onehot(x)) == (3.0, 2.0)
    assert all(gradient(Forward, f, x, chunk=n) == (3.0, 2.0) for n in (1, 2, 3))
    assert gradient(Forward, lambda x: np.sum(x), array()) == ()
    with pytest.raises(ValueError, match="chunk"):
        gradient(Forward, f, x, chunk=0)
    with pytest.raises(TypeError, match="Duplicated is for autodiff"):
        gradient(Reverse, f, Duplicated(x))
    slope, nothing = gradient(Reverse, lambda x, y: f(x) * y, x, Const(2.0))
    assert nothing is None
    assert_array_equal(slope, [6.0, 4.0])
    found = gradient(ReverseWithPrimal, f, x)
    assert found.primal == 6.0
    assert_array_equal(found.derivs, [3.0, 2.0])
    assert gradient(ForwardWithPrimal, f, x) == ((3.0, 2.0), 6.0)
    assert gradient(Forward, math.sin, 0.0) == gradient(Reverse, math.sin, 0.0) == 1.0


@pytest.mark.parametrize("mode", [Forward, Reverse])
def test_objects_with_a_mode(mode):
    found, nothing = gradient(mode, loss, dense(), Const(array(1.0)))
    assert (type(found), nothing) == (Dense, None)
    assert (found.weight, found.bias, found.act) == ([[6.0]], [6.0], None)
    rows = jacobian(mode, lambda m: m(array(1.0)), dense())
    assert (rows.weight.shape, rows.bias.shape) == ((1, 1, 1), (1, 1))


def test_gradient_into_a_shadow():
    dx = array(9, 9)
    assert irad.gradient_into(Reverse, dx, lambda x: x[0] * x[1], array(2, 3)) is dx
    assert_array_equal(dx, [3.0, 2.0])
    dm = dense()
    irad.gradient_into(Reverse, dm, lambda m: loss(m, array(1.0)), dense())
    assert (dm.weight, dm.bias) == ([[6.0]], [6.0])
    with pytest.raises(TypeError, match="reverse mode"):
        irad.gradient_into(Forward, dx, lambda x: x[0], array(2, 3))


def test_onehot():
    assert [list(v) for v in irad.onehot(array(2, 3))] == [[1.0, 0.0], [0.0, 1.0]]
    assert irad.onehot((2.0, "s", [3.0])) == ((1.0, None, [0.0]), (0.0, None, [1.0]))
    assert irad.onehot(3.0) == (1.0,)


# ---------------------------------------------------------------- jacobians


def test_jacobian_matrices():
    rows = jacobian(lambda a: 100 * a[:3] ** 2, np.arange(1.0, 8))[0]
    assert_array_equal(rows, np.eye(3, 7) * [200, 400, 600, 0, 0, 0, 0])
    matrix, vector = jacobian(lambda a, x: a**2 * x, array(1, 2, 3), 1.0)
    assert_array_equal(matrix, np.diag([2.0, 4.0, 6.0]))
    assert_array_equal(vector, [1.0, 4.0, 9.0])
    rows, axis = jacobian(lambda a, d: np.prod(a, axis=d), np.array([[1, 2], [3, 4], [5, 6]]), 1)
    assert_array_equal(rows, [[2, 1, 0, 0, 0, 0], [0, 0, 4, 3, 0, 0], [0, 0, 0, 0, 6, 5]])
    assert axis is None
    row, nothing = jacobian(lambda a, t: np.sum(a * t[0]) + t[1], array(1, 2, 3), (4.0, 5.0))
    assert nothing is None
    assert_array_equal(row, [[4.0] * 3])
    matrix, nothing = jacobian(lambda a, s: a ** len(s), array(1, 2, 3), "str")
    assert nothing is None
    assert_array_equal(matrix, np.diag([3.0, 12.0, 27.0]))
    found = irad.withjacobian(lambda x: np.array([x[0], x[0] + x[1], x[0] * x[1]]), array(2, 3))
    assert_array_equal(found.val, [2.0, 5.0, 6.0])
    assert_array_equal(found.grad[0], [[1, 0], [1, 1], [3, 2]])


@pytest.mark.parametrize("mode", [Forward, Reverse])
def test_jacobian_with_a_mode_keeps_the_shapes(mode):
    x = np.arange(6.0).reshape(2, 3) + 1.0
    found = jacobian(mode, lambda x: x.T * x[0, 0], x)
    assert found.shape == (3, 2, 2, 3)
    assert_allclose(found.reshape(6, 6), jacobian(lambda x: x.T * x[0, 0], x)[0])
    step = 1e-6 * np.eye(6).reshape(6, 2, 3)
    numeric = np.array([((x + d).T * (x + d)[0, 0] - (x - d).T * (x - d)[0, 0]).ravel() / 2e-6 for d in step]).T
    assert_allclose(found.reshape(6, 6), numeric, rtol=1e-8, atol=1e-8)
    assert_array_equal(jacobian(mode, lambda x: np.sum(x), x), np.ones((2, 3)))
    assert jacobian(mode, lambda x: x * x, 3.0) == 6.0
    with pytest.raises(TypeError, match="a float or an array of floats"):
        jacobian(mode, lambda x: (x, x), 3.0)


def test_options_of_jacobian():
    def f(x):
        return np.array([x[0] * x[1], x[1]])

    x = array(2, 3)
    for found in (jacobian(Reverse, f, x, num_outs=2, chunk=2), jacobian(Forward, f, x, shadow=irad.onehot(x), chunk=1)):
        assert_array_equal(found, [[3.0, 2.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="num_outs is 3, but the result has 2 elements"):
        jacobian(Reverse, f, x, num_outs=3)


def test_arguments_stay_as_they_are():
    x = array(2, 3, 4)
    assert gradient(Forward, product, x) == (12.0, 8.0, 6.0)
    for mode in (Forward, Reverse):
        assert_array_equal(jacobian(mode, product, x), [12.0, 8.0, 6.0])
    assert_array_equal(jacobian(product, x)[0], [[12.0, 8.0, 6.0]])
    expected = [[0.0, 4.0, 3.0], [4.0, 0.0, 2.0], [3.0, 2.0, 0.0]]
    assert_array_equal(irad.hessian(product, x), expected)
    assert_array_equal(irad.hessian_reverse(product, x), expected)
    assert_array_equal(irad.diaghessian(product, x)[0], [0.0] * 3)
    assert_array_equal(x, [2.0, 3.0, 4.0])


# ---------------------------------------------------------------- second order


def rosenbrock(x):
    s = 0.0
    for i in range(len(x) - 1):
        s += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return s


def guarded(x):
    y = x.copy()
    while y[0] < 10.0:
        y[0] = y[0] * x[1] + 1.0
    return y[0] * x[2] if x[2] > 0.0 else y[1]


@pytest.mark.parametrize("f", [rosenbrock, guarded, product, lambda x: np.sum(np.sin(x)) ** 2, lambda x: x[0] * math.exp(x[1])])
def test_hessians(f):
    x = array(0.7, 1.3, 0.4)
    found = irad.hessian(f, x)
    assert_allclose(found, irad.hessian_reverse(f, x), rtol=1e-12)
    assert_allclose(found, found.T, rtol=1e-12)
    gradient = irad.grad(f)
    numeric = [(gradient(x + 1e-6 * e) - gradient(x - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    assert_allclose(found, numeric, rtol=1e-6, atol=1e-6)
    assert_allclose(irad.diaghessian(f, x)[0], np.diag(found), rtol=1e-12)


def test_hessians_of_numbers_and_matrices():
    assert irad.hessian(math.sin, math.pi / 2) == irad.hessian_reverse(math.sin, math.pi / 2) == -1.0
    found = irad.hessian(lambda x: np.sum(x**3), np.array([[1, 2], [3, 4]]))
    assert_array_equal(found, np.diag([6.0, 12.0, 18.0, 24.0]))
    assert_allclose(irad.hessian(lambda v: math.atan2(v[0], v[1]), array(1, 2)), [[-0.16, -0.12], [-0.12, 0.16]])
    with pytest.raises(TypeError, match=r"not by a dict; irad\.flatten"):
        irad.hessian(lambda d: d["a"], {"a": 1.0})


def test_diagonals():
    found = irad.diaghessian(lambda x, y: np.sum(x * y[:, None] * y), np.array([[1, 22], [333, 4]]), array(0.5, 0.666))
    assert_array_equal(found[0], np.zeros((2, 2)))
    assert_allclose(found[1], [2.0, 8.0])
    assert irad.diaghessian(math.atan2, 1.0, 2.0) == pytest.approx((-0.16, 0.16))
    assert irad.diaghessian(lambda x, s: x**3, 2.0, "s") == (12.0, None)


def test_methods_have_second_derivatives():
    class Cubic:
        k = 2.0

        def value(self, x):
            return self.k * x**3

    assert irad.hessian(Cubic().value, 1.0) == 12.0
    assert irad.hvp(Cubic().value, 1.0, 2.0) == 24.0
    assert irad.gradient(Cubic().value, 1) == (6.0,)


# ---------------------------------------------------------------- pull-backs


def test_pullback():
    y, back = irad.pullback(lambda a, b, c: a * b * c, 2.0, 3.0, 5.0)
    assert (y, back(1.0), back(2.0)) == (30.0, (15.0, 10.0, 6.0), (30.0, 20.0, 12.0))
    y, back = irad.pullback(lambda x: np.array([x, x]), 1.0)
    assert back([1.0, 1.0]) == (2.0,)
    assert back([2.0, None]) == (2.0,)
    assert back(None) == (0.0,)
    y, back = irad.pullback(lambda x, n: {"a": x * n, "s": "text", "b": (x[0],)}, array(2, 3), 4)
    assert y["s"] == "text"
    gx, gn = back({"a": None, "s": None, "b": (1.0,)})
    assert_array_equal(gx, [1.0, 0.0])
    assert gn == 0.0
    with pytest.raises(ValueError, match=r"the seed has the parts \['a'\]"):
        back({"a": 1.0})


def test_functions_of_arrays_may_branch_in_pullbacks():
    def f(x):
        if x[0] > 0.0:
            return x * 2.0
        return x * 3.0

    _, back = irad.vjp(f, array(1, 2))
    assert_array_equal(back(array(1, 10))[0], [2.0, 20.0])
