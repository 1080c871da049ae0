"""Reverse and forward mode are each other's transpose: <v, J w> = <J' v, w>; shadows accumulate; what must not change does not."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import irad
from examples.heat import heat_in_place
from examples.suite import EXAMPLES
from tests import dual
from tests.numpy_rows import normal_like

LIMIT = 1e-12


def step_in_place(u, v, c):
    """Several outputs that overwrite inputs."""
    for i in range(1, len(u) - 1):
        u[i] = u[i] + c * (v[i - 1] - 2.0 * v[i] + v[i + 1])
    for i in range(len(v)):
        v[i] = v[i] * math.tanh(u[i])


def rotate_rows(m, angles):
    for i in range(m.shape[0] - 1):
        c, s = math.cos(angles[i]), math.sin(angles[i])
        for j in range(m.shape[1]):
            a, b = m[i, j], m[i + 1, j]
            m[i, j] = c * a - s * b
            m[i + 1, j] = s * a + c * b


def swap_until_small(x, y):
    n = 0
    while n < 7 and x[0] * x[0] < 50.0:
        for i in range(len(x)):
            y[i] = 0.7 * x[i] * x[(i + 1) % len(x)] + y[i]
        x, y = y, x
        n += 1


def shifted(x, w):
    x[1:] += x[:-1] * w
    x[:] = x[::-1] * np.sin(x)
    w *= x[0]


def gathered(x, out, index):
    out[index] = x[index] * 2.0 + out[index]
    out[out > 0.5] *= x[0]


def halves(x):
    """Recursion on views that are written."""
    n = len(x)
    if n == 1:
        return
    m = n // 2
    for i in range(m):
        a, b = x[i], x[m + i]
        x[i], x[m + i] = a + b * 0.5, a * b
    halves(x[:m])
    halves(x[m : 2 * m])


def scan(x, out):
    total = 0.0
    for i in range(len(x)):
        if x[i] < -5.0:
            break
        total = total * 0.5 + x[i] * x[i]
        out[i] = total
    else:
        out[0] = total


RNG = np.random.default_rng(11)
OUTPUTS = {
    step_in_place: (RNG.standard_normal(7), RNG.standard_normal(7), 0.3),
    rotate_rows: (RNG.standard_normal((4, 3)), RNG.standard_normal(3)),
    swap_until_small: (RNG.standard_normal(4), RNG.standard_normal(4)),
    shifted: (RNG.standard_normal(6), RNG.standard_normal(1)[0] * np.ones(5)),
    gathered: (RNG.standard_normal(5), RNG.standard_normal(5), np.array([0, 3, 3, 1])),
    halves: (RNG.standard_normal(8),),
    scan: (RNG.standard_normal(5), RNG.standard_normal(5)),
}


def active_positions(args):
    return [i for i, a in enumerate(args) if isinstance(a, float | np.ndarray) and np.asarray(a).dtype.kind in "fc"]


def copies(args):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def push_forward(function, args, tangents, activity=irad.Const):
    """Tangents afterwards, and the tangent of the result if there is one; forward mode."""
    given = copies(args)
    after = copies([tangents.get(i) for i in range(len(args))])
    annotated = [irad.Duplicated(x, after[i]) if i in tangents else irad.Const(x) for i, x in enumerate(given)]
    out = irad.autodiff(irad.Forward, function, activity, *annotated)
    return [after[i] for i in tangents if isinstance(args[i], np.ndarray)], out[0] if out else 0.0


def pull_back(function, args, shadows, activity=irad.Const):
    """Shadows afterwards, numbers among them; reverse mode."""
    given = copies(args)
    after = {i: s.copy() for i, s in shadows.items()}
    annotated = []
    for i, x in enumerate(given):
        if i in after:
            annotated.append(irad.Duplicated(x, after[i]))
        else:
            annotated.append(irad.Active(x) if isinstance(x, float) else irad.Const(x))
    (derivs,) = irad.autodiff(irad.Reverse, function, activity, *annotated)
    return {i: after[i] if i in after else derivs[i] for i in range(len(args)) if i in after or derivs[i] is not None}


def dot(xs, ys):
    return sum(float(np.vdot(x, y).real) for x, y in zip(xs, ys, strict=True))


def check_duality(function, args, active, activity, seed):
    rng = np.random.default_rng(seed)
    w = {i: normal_like(rng, args[i]) for i in active}
    v = {i: normal_like(rng, args[i]) for i in active if isinstance(args[i], np.ndarray)}
    pushed, slope = push_forward(function, args, w, activity)
    pulled = pull_back(function, args, v, activity)
    left = dot(v.values(), pushed) + slope
    right = dot([pulled[i] for i in active], [w[i] for i in active])
    size = math.sqrt(dot(pulled.values(), pulled.values()) * dot(w.values(), w.values()))
    assert_allclose(left, right, rtol=LIMIT, atol=LIMIT * max(1.0, size))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("function", OUTPUTS, ids=lambda f: f.__name__)
def test_duality_of_functions_with_array_outputs(function, seed):
    args = OUTPUTS[function]
    check_duality(function, args, active_positions(args), irad.Const, seed)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_duality_of_examples(example, seed):
    args = example.small()

    def check(activity_forward, activity_reverse):
        rng = np.random.default_rng(seed)
        w = {i: normal_like(rng, args[i]) for i in example.active}
        v = {i: normal_like(rng, args[i]) for i in example.active if isinstance(args[i], np.ndarray)}
        pushed, slope = push_forward(example.function, args, w, activity_forward)
        pulled = {i: g for i, g in pull_back_some(example, args, v, activity_reverse).items() if i in w}
        size = math.sqrt(dot(pulled.values(), pulled.values()) * dot(w.values(), w.values()))
        assert_allclose(dot(v.values(), pushed) + slope, dot(pulled.values(), w.values()), rtol=LIMIT, atol=LIMIT * max(1.0, size))

    check(irad.DuplicatedNoNeed, irad.Active)


def pull_back_some(example, args, shadows, activity):
    """`pull_back` by an example's active arguments only."""
    given, after = copies(args), {i: s.copy() for i, s in shadows.items()}
    annotated = [
        irad.Duplicated(x, after[i]) if i in after else irad.Active(x) if i in example.active else irad.Const(x)
        for i, x in enumerate(given)
    ]
    (derivs,) = irad.autodiff(irad.Reverse, example.function, activity, *annotated)
    return {i: after[i] if i in after else derivs[i] for i in example.active}


@pytest.mark.parametrize("function", OUTPUTS, ids=lambda f: f.__name__)
def test_array_outputs_agree_with_dual_numbers(function):
    args = OUTPUTS[function]
    active = active_positions(args)
    rng = np.random.default_rng(5)
    shadows = {i: normal_like(rng, args[i]) for i in active if isinstance(args[i], np.ndarray)}
    reference = dual.reference(function, args, active, shadows)
    for i, gradient in pull_back(function, args, shadows).items():
        assert_allclose(gradient, reference.gradient[i], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("function", OUTPUTS, ids=lambda f: f.__name__)
def test_reverse_is_linear_in_the_shadows(function):
    args = OUTPUTS[function]
    rng = np.random.default_rng(6)
    arrays = [i for i in active_positions(args) if isinstance(args[i], np.ndarray)]
    first, second = ({i: normal_like(rng, args[i]) for i in arrays} for _ in range(2))
    together = pull_back(function, args, {i: 2.0 * first[i] - second[i] for i in arrays})
    one, two = pull_back(function, args, first), pull_back(function, args, second)
    for i, total in together.items():
        assert_allclose(total, 2.0 * one[i] - two[i], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_shadows_of_read_arrays_accumulate(example):
    args = example.small()
    arrays = [i for i in example.active if isinstance(args[i], np.ndarray)]
    if not arrays:
        pytest.skip("only numbers are active")
    rng = np.random.default_rng(8)
    start = {i: normal_like(rng, args[i]) for i in arrays}
    zero = pull_back_some(example, args, {i: np.zeros_like(args[i]) for i in arrays}, irad.Active)
    more = pull_back_some(example, args, start, irad.Active)
    for i in arrays:
        assert_allclose(more[i] - start[i], zero[i], rtol=1e-11, atol=1e-13 * max(1.0, np.max(np.abs(zero[i]))))


@pytest.mark.parametrize("mode", [irad.Reverse, irad.ReverseWithPrimal])
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_arguments_that_are_only_read_stay_as_they_were(example, mode):
    args, before = example.small(), example.small()
    annotated = []
    for i, x in enumerate(args):
        if i in example.active:
            annotated.append(irad.Duplicated(x, np.zeros_like(x)) if isinstance(x, np.ndarray) else irad.Active(x))
        else:
            annotated.append(irad.Const(x))
    irad.autodiff(mode, example.function, irad.Active, *annotated)
    for x, y in zip(args, before, strict=True):
        assert_array_equal(x, y)


def test_constant_arrays_have_no_shadow_and_keep_their_contents():
    u, table = np.linspace(0.0, 1.0, 5), np.array([1.0, 3.0, 2.0])

    def f(u, table):
        s = 0.0
        for i in range(len(u)):
            s += u[i] * table[i % 3]
        return s

    du = np.zeros(5)
    derivs, value = irad.autodiff(irad.ReverseWithPrimal, f, irad.Active, irad.Duplicated(u, du), irad.Const(table))
    assert derivs == (None, None)
    assert_allclose(value, f(u, table), rtol=1e-15)
    assert_array_equal(du, table[np.arange(5) % 3])
    assert_array_equal(table, [1.0, 3.0, 2.0])


def test_forward_leaves_tangents_of_read_arrays():
    u = np.random.default_rng(2).standard_normal(9)
    du = np.ones(9)
    irad.autodiff(irad.Forward, heat_in_place, irad.DuplicatedNoNeed, irad.Duplicated(u, du), 4, 0.25)
    assert_array_equal(du, np.ones(9))


def test_the_reference_agrees_with_differences():
    """Dual numbers against central differences, for every function that they know."""
    h = 1e-5
    for name, slope in dual.SLOPES.items():
        f = getattr(math, name)
        for x in (0.3, 0.7):
            assert_allclose(slope(x), (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h), rtol=1e-8, err_msg=name)

    def others(x, y):
        return (
            math.hypot(x, y)
            + math.atan2(x, y) * y % 0.7
            + x**y
            - abs(-x) / y
            + math.fmod(3.1 * y, x)
            + math.copysign(x, -y)
            + (x // 0.2) * y
        )

    x, y = 0.37, 1.3
    gradient = dual.reference(others, [x, y], [0, 1]).gradient
    for i, (dx, dy) in enumerate(((h, 0.0), (0.0, h))):
        assert_allclose(gradient[i], (others(x + dx, y + dy) - others(x - dx, y - dy)) / (2 * h), rtol=1e-7)
