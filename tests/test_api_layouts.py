"""Derivatives by arrays of any layout, of functions that compute with strides: the shadow may have other strides than the array."""

import numpy as np
import pytest

import irad
from irad import Active, Duplicated, Reverse

DIRECTION = np.random.default_rng(3).standard_normal((4, 3))


def read(a):
    total = 0.0
    for row in a.T:
        for v in row[1:]:
            total += v * v * row[0]
    return total


def written(a):
    b = a.T
    b[1:, ::2] *= b[:-1, ::2]
    return read(a) + a[0, 1]


LAYOUTS = {
    "rows": lambda a: a.copy(),
    "columns": np.asfortranarray,
    "steps": lambda a: np.repeat(np.repeat(a, 2, axis=0), 3, axis=1)[::2, ::3],
    "backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
}


@pytest.fixture(params=LAYOUTS)
def layout(request):
    return LAYOUTS[request.param]


@pytest.fixture(params=[read, written], ids=lambda f: f.__name__)
def function(request):
    return request.param


@pytest.fixture
def a():
    return np.random.default_rng(2).standard_normal((4, 3))


def slope(f, a, h=1e-6):
    return (f(a + h * DIRECTION) - f(a - h * DIRECTION)) / (2 * h)


def test_the_transforms(function, layout, a):
    expected = pytest.approx(slope(function, a), rel=1e-7)
    assert np.sum(irad.grad(function)(layout(a)) * DIRECTION) == expected
    assert irad.jvp(function, (layout(a),), (DIRECTION,))[1] == expected
    _, pull_back = irad.vjp(function, layout(a))
    assert np.sum(pull_back(1.0)[0] * DIRECTION) == expected


@pytest.mark.parametrize("shadow_layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_shadow_of_another_layout(function, layout, shadow_layout, a):
    value, shadow = layout(a), shadow_layout(np.ones_like(a))
    if value.flags.c_contiguous and not shadow.flags.c_contiguous:
        with pytest.raises(ValueError, match="contiguous"):
            irad.autodiff(Reverse, function, Active, Duplicated(value, shadow))
        return
    irad.autodiff(Reverse, function, Active, Duplicated(value, shadow))
    after = a.copy()
    function(after)
    np.testing.assert_array_equal(value, after)
    if function is read:
        assert np.sum((shadow - 1.0) * DIRECTION) == pytest.approx(slope(read, a), rel=1e-7)


def test_transforms_within_traced_code(function, layout, a):
    def gradient(a):
        return np.sum(irad.grad(function)(a) * DIRECTION)

    def directional(a):
        return irad.jvp(function, (a,), (DIRECTION,))[1]

    expected = pytest.approx(slope(function, a), rel=1e-7)
    for f in gradient, directional:
        value, after = layout(a), a.copy()
        assert irad.jit(f)(value) == expected
        function(after)
        np.testing.assert_array_equal(value, after)


def test_captured_memory(layout, a):
    kept = layout(np.zeros((4, 3)))

    def f(x):
        transposed = kept.T
        for row in transposed:
            row[:] = row[::-1] + x * x
        return np.sum(transposed[1:] * 3.0)

    assert irad.grad(f)(2.0) == pytest.approx(4.0 * 3.0 * 8)


def test_repeated_elements(a):
    repeated = np.broadcast_to(a[0], (4, 3))
    expected = irad.grad(read)(repeated.copy())
    np.testing.assert_array_equal(irad.grad(read)(repeated), expected)
    np.testing.assert_array_equal(irad.jit(lambda r: irad.grad(read)(r))(repeated), expected)
