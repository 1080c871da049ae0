"""`grad`, `value_and_grad`, `jvp`, `vjp`, `hvp`, `jit`: conventions, composition, closures, refusals."""

import math
import sys

import numpy as np
import pytest
import scipy.optimize
from numpy.testing import assert_allclose, assert_array_equal

import irad


def rosenbrock(x):
    total = 0.0
    for i in range(len(x) - 1):
        total += 100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2
    return total


def test_gradient_has_the_argument_s_type():
    assert irad.grad(lambda x: x * x)(3) == 6.0
    single = irad.grad(lambda x: x[0] * x[1])(np.array([1.0, 2.0], dtype=np.float32))
    assert single.dtype == np.float32
    assert_array_equal(single, [2.0, 1.0])
    assert isinstance(irad.grad(lambda x: x * x)(np.float32(3.0)), np.float32)
    assert_array_equal(irad.grad(lambda x: x[0] * x[1] * x[2])(np.arange(1.0, 7.0)[::2]), [15.0, 5.0, 3.0])
    assert_array_equal(irad.grad(lambda x: np.sum(x * x.T))(np.arange(4.0).reshape(2, 2)), [[0.0, 4.0], [2.0, 6.0]])


def test_argnums():
    assert irad.grad(lambda x, y: x * y, argnums=1)(3.0, 4.0) == 3.0
    assert irad.grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4) == (4.0, 3.0)
    assert irad.grad(lambda x, y: x * y, argnums=(-1,))(3.0, 4) == (3.0,)
    with pytest.raises(ValueError, match="argnums has 2"):
        irad.grad(lambda x, y: x * y, argnums=2)(3.0, 4.0)
    with pytest.raises(ValueError, match="twice"):
        irad.grad(lambda x, y: x * y, argnums=(0, -2))(3.0, 4.0)


def test_aux_and_keywords():
    assert irad.grad(lambda x: (x * x, x + 1.0), has_aux=True)(3.0) == (6.0, 4.0)
    assert irad.value_and_grad(lambda x: (x * x, x + 1.0), has_aux=True)(3.0) == ((9.0, 4.0), 6.0)
    assert irad.grad(lambda x, y=3.0: x * y)(3.0) == 3.0
    assert irad.grad(lambda x, y=3.0: x * y)(3.0, y=5.0) == 5.0


def test_arguments_without_derivative_are_refused():
    for value, what in ((np.array([1, 2]), "int64"), ("a", "str"), (True, "bool"), (None, "NoneType")):
        with pytest.raises(TypeError, match=f"argument 0 is .*{what}.*no derivative"):
            irad.grad(lambda x: 1.0)(value)


def test_scratch_arrays_get_shadows_of_their_own():
    def through(x, scratch):
        for i in range(len(x)):
            scratch[i] = x[i] * x[i]
        return scratch[0] * scratch[1]

    assert_array_equal(irad.grad(through)(np.array([2.0, 3.0]), np.zeros(2)), [36.0, 24.0])
    captured = np.zeros(2)

    def through_captured(x):
        captured[:] = x * x
        return captured[0] * captured[1]

    assert_array_equal(irad.grad(through_captured)(np.array([2.0, 3.0])), [36.0, 24.0])
    assert_array_equal(captured, [4.0, 9.0])


def test_overlapping_arguments_share_their_gradient():
    x = np.array([2.0, 3.0, 4.0])

    def f(a, b):
        b[0] = a[0] * a[1]
        return a[1] * b[1]

    first, second = irad.grad(f, argnums=(0, 1))(x[:2], x[1:])
    assert_array_equal(first, [12.0, 8.0])
    assert_array_equal(second, [8.0, 6.0])


def test_jvp_and_vjp():
    x, v = np.array([1.0, 2.0]), np.array([1.0, 0.5])
    y, dy = irad.jvp(lambda x, n: x**n, (x, 3), (v, 0))
    assert_array_equal(y, [1.0, 8.0])
    assert_array_equal(dy, [3.0, 6.0])
    y, pullback = irad.vjp(lambda x, s, n: s * x**n, x, 2.0, 2)
    assert_array_equal(y, [2.0, 8.0])
    dx, ds, dn = pullback(np.array([1.0, 10.0]))
    assert_array_equal(dx, [4.0, 80.0])
    assert (ds, dn) == (41.0, None)
    value, pullback = irad.vjp(rosenbrock, np.array([1.0, 2.0]))
    assert value == 100.0
    assert_array_equal(pullback(2.0)[0], [-800.0, 400.0])


def test_shapes_of_directions_and_seeds_are_checked():
    with pytest.raises(ValueError, match=r"shape \(2,\), its tangent \(3,\)"):
        irad.jvp(rosenbrock, (np.ones(2),), (np.ones(3),))
    with pytest.raises(ValueError, match="each argument needs a tangent"):
        irad.jvp(rosenbrock, (np.ones(2),), ())
    with pytest.raises(ValueError, match=r"the seed has shape \(3,\)"):
        irad.vjp(lambda x: x, np.ones(2))[1](np.ones(3))
    with pytest.raises(TypeError, match="one float or one array of floats"):
        irad.vjp(lambda x: "none", 1.0)


def test_pullback_sees_the_arguments_as_they_were():
    x = np.array([1.0, 2.0])
    _, pullback = irad.vjp(lambda x: x * x, x)
    x[:] = 100.0
    assert_array_equal(pullback(np.ones(2))[0], [2.0, 4.0])


def test_derivatives_compose():
    assert irad.grad(irad.grad(irad.grad(lambda x: x**4)))(2.0) == 48.0
    assert_allclose(irad.grad(irad.grad(math.sin))(0.7), -math.sin(0.7), rtol=1e-15)
    assert irad.jit(irad.grad(lambda x: x**3))(2.0) == 12.0
    assert irad.grad(irad.jit(lambda x: x**3))(2.0) == 12.0
    assert irad.grad(lambda x: irad.value_and_grad(lambda y: x * y * y)(3.0)[1] * x)(2.0) == 24.0
    assert_allclose(irad.hvp(rosenbrock, np.array([1.0, 2.0]), np.array([1.0, 0.0])), [402.0, -400.0])


def test_perturbations_are_not_confused():
    outer = irad.jvp(lambda x: x * irad.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,))
    assert outer == (1.0, 1.0)
    assert irad.grad(lambda x: x * irad.grad(lambda y: x * y)(2.0))(3.0) == 6.0


def test_hessian_by_reverse_over_reverse_agrees_with_forward_over_reverse():
    def f(x):
        total = 0.0
        t = x[0]
        while t < 20.0:
            t = t * x[1] + x[2]
            total += math.sin(t)
        scratch = np.zeros(3)
        for i in range(3):
            scratch[i] = x[i] * x[(i + 1) % 3]
            if scratch[i] > 2.0:
                scratch[i] = scratch[i] ** 2
        return total + scratch[0] * scratch[2]

    x = np.array([1.1, 1.7, 0.9])
    gradient = irad.grad(f)
    for v in np.eye(3):
        forward = irad.hvp(f, x, v)
        h = 1e-5
        assert_allclose(forward, (gradient(x + h * v) - gradient(x - h * v)) / (2 * h), rtol=1e-6, atol=1e-6)

        def directional(x, v=v):
            return np.dot(gradient(x), v)

        assert_allclose(irad.grad(directional)(x), forward, rtol=1e-11)


def test_closures_late_binding_and_captured_arrays():
    scale = 2.0
    weights = np.array([1.0, 2.0])

    def f(x):
        return scale * np.sum(weights * x)

    gradient = irad.grad(f)
    assert_array_equal(gradient(np.ones(2)), [2.0, 4.0])
    scale = 3.0
    assert_array_equal(gradient(np.ones(2)), [3.0, 6.0])
    weights[0] = 10.0
    assert_array_equal(gradient(np.ones(2)), [30.0, 6.0])
    weights = np.array([5.0, 5.0, 5.0])
    assert_array_equal(gradient(np.ones(3)), [15.0, 15.0, 15.0])


def test_transforms_bind_as_methods_and_keep_the_docstring():
    class Spring:
        k = 2.0

        @irad.jit
        def energy(self, x):
            """Energy."""
            return 0.5 * self.k * x * x

        @irad.grad
        def first(self, x):
            return x

    assert Spring().energy(3.0) == 9.0
    assert Spring.energy.__doc__ == "Energy."
    assert Spring.energy.__name__ == "energy"
    with pytest.raises(TypeError, match="Spring"):
        Spring().first(1.0)


def test_scipy_minimizes():
    found = scipy.optimize.minimize(irad.value_and_grad(rosenbrock), np.zeros(4), jac=True)
    assert_allclose(found.x, 1.0, atol=1e-4)


def test_arrays_of_other_sizes_use_the_same_code():
    gradient = irad.grad(rosenbrock)
    gradient(np.zeros(3))
    from irad.api.compiled import _programs

    for n in (0, 1, 2, 50):
        x = np.linspace(0.0, 1.0, n)
        assert gradient(x).shape == (n,)
    assert len(_programs[rosenbrock].programs) == 1


def test_results_of_jit():
    x = np.arange(3.0)
    assert irad.jit(lambda x: x[1:])(x).base is not None
    assert_array_equal(irad.jit(lambda x: x > 1.0)(x), [False, False, True])
    assert irad.jit(lambda x: (x, {"a": 2.0 * x}, [1, None, "s"]))(2.0) == (2.0, {"a": 4.0}, [1, None, "s"])
    assert irad.jit(lambda: 3)() == 3
    assert irad.jit(lambda x: x > 1.0)(2.0) is True


def test_not_a_function():
    with pytest.raises(TypeError, match="expected a function"):
        irad.grad(3.0)


def doubled(x):
    return 2.0 * x


def uses_a_helper(x):
    return doubled(x)


def test_changed_helpers_containers_and_defaults_are_noticed(monkeypatch):
    gradient = irad.grad(uses_a_helper)
    assert gradient(1.0) == 2.0
    monkeypatch.setitem(globals(), "doubled", lambda x: 3.0 * x)
    assert gradient(1.0) == 3.0

    factors, table = [1.0, 2.0], {"f": lambda x: x}

    def f(x, k=(1.0,)):
        return sum(q * x for q in factors) + k[0] * table["f"](x)

    gradient = irad.grad(f)
    assert gradient(1.0) == 4.0
    factors.append(4.0)
    assert gradient(1.0) == 8.0
    factors[:] = []
    assert gradient(1.0) == 1.0
    f.__defaults__ = ((5.0,),)
    assert gradient(1.0) == 5.0
    table["f"] = lambda x: 4.0 * x
    assert gradient(1.0) == 20.0


def test_a_list_that_the_function_writes_does_not_make_it_compile_again():
    log = []

    def f(x):
        log.append("traced")
        return x * x

    gradient = irad.grad(f)
    assert (gradient(1.0), gradient(2.0), len(log)) == (2.0, 4.0, 1)


def test_pullback_and_tangents_of_arguments_that_share_memory():
    def f(a, b):
        for i in range(len(a)):
            a[i] = a[i] * 2.0 + b[i]
        return np.sum(a * b)

    x = np.array([1.0, 2.0])
    value, pullback = irad.vjp(f, x, x)
    assert value == 45.0
    assert_array_equal(pullback(1.0)[0], [18.0, 36.0])
    x, v = np.array([1.0, 2.0]), np.array([1.0, 0.0])
    assert irad.jvp(f, (x, x), (v, v)) == (45.0, 18.0)
    base = np.arange(6.0)
    with pytest.raises(ValueError, match="have to agree on what these share"):
        irad.jvp(f, (base[:4], base[2:]), (np.ones(4), np.zeros(4)))


def test_integers_are_64_bits_wide():
    times = irad.jit(lambda n: n * 1.0)
    assert times(3) == 3.0
    for n in (2**63, 2**64, -(2**63) - 1):
        with pytest.raises(OverflowError):
            times(n)
    assert irad.jit(lambda a: a[0] * a[1])(np.array([100, 7], dtype=np.uint8)) == np.uint8(188)
    assert irad.jit(lambda a: -a[0])(np.array([1], dtype=np.uint64)) == np.uint64(2**64 - 1)
    assert irad.jit(lambda n: n)(np.uint64(2**63 + 5)) == np.uint64(2**63 + 5)


def test_arrays_with_another_meaning_are_refused():
    for value in (np.ma.array([1.0, 2.0], mask=[0, 1]), np.zeros((2, 2)).view(np.matrix)):
        with pytest.raises(TypeError, match="pass an ndarray"):
            irad.grad(lambda x: np.sum(x * x))(value)


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: (x * x,), lambda x: [x * x, 1]])
def test_has_aux_needs_a_pair(f):
    with pytest.raises(irad.NonScalarReturnError, match="returns with has_aux a pair"):
        irad.grad(f, has_aux=True)(2.0)


def test_bounds_check_is_a_bool():
    with pytest.raises(ValueError, match="bounds_check is True or False, not 3"):
        irad.Options(bounds_check=3)


FACTOR = 2.0


def scaled_dot(x, y):
    return FACTOR * (x * y).sum()


def test_a_later_call_with_arrays_sees_what_has_changed(monkeypatch):
    x, y = np.arange(3.0), np.ones(3)
    f = irad.jit(scaled_dot)
    outer = irad.jit(lambda s: s * f(x, y))
    for _ in range(3):
        assert f(x, y) == 6.0
        assert type(f(x, y)) is np.float64
    assert outer(2.0) == 12.0
    x[0] = 1.0
    assert outer(2.0) == 16.0
    assert f(x, x) == 12.0
    assert f(x[::-1], y) == 8.0
    single = f(x.astype(np.float32), y.astype(np.float32))
    assert type(single) is np.float32
    monkeypatch.setattr(sys.modules[__name__], "FACTOR", 3.0)
    assert f(x, y) == 12.0
    with pytest.raises(TypeError, match="MaskedArray"):
        f(np.ma.array(x), y)


@pytest.mark.parametrize("given", [3, {"opt_level": 2}, irad.Options])
def test_options_of_another_type(given):
    for use in (irad.jit, irad.grad, lambda f, options: irad.vjp(f, 1.0, options=options)):
        with pytest.raises(TypeError, match=r"options is None or an irad\.Options"):
            use(lambda x: x, options=given)


def test_sizes_whose_product_overflows():
    with pytest.raises(ValueError, match="1099511627776 \\* 1099511627776 elements is too big"):
        irad.jit(lambda n: np.zeros((n, n)))(2**40)
