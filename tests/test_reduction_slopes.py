"""Where the slope goes where elements are equal, infinite or masked: what differences cannot see."""

import numpy as np
import pytest

import irad


def slope(f, x):
    return irad.grad(f)(np.array(x))


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize(
    "x",
    [
        [1.0, 3.0, 3.0, 1.0, 3.0],
        [2.0, 2.0],
        [-np.inf, -np.inf],
        [np.inf, np.inf],
        [0.0, -0.0, 0.0],
        [[1.0, 5.0], [5.0, 1.0]],
    ],
)
def test_the_slope_of_an_extreme_is_that_of_the_first(name, x):
    x = np.array(x)
    wanted = np.zeros(x.shape)
    wanted.ravel()[getattr(np, f"arg{name}")(x)] = 1.0
    reduction = getattr(np, name)
    np.testing.assert_array_equal(slope(lambda v: reduction(v), x), wanted)
    assert irad.jvp(lambda v: reduction(v), (x,), (wanted,))[1] == 1.0


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize("axis", [0, 1])
def test_ties_along_an_axis(name, axis):
    x = np.array([[1.0, 2.0, 2.0], [1.0, 2.0, 0.0], [-np.inf, 2.0, 2.0]])
    reduction, position = getattr(np, name), getattr(np, f"arg{name}")
    wanted = np.zeros(x.shape)
    np.put_along_axis(wanted, np.expand_dims(position(x, axis), axis), 1.0, axis)
    np.testing.assert_array_equal(slope(lambda v: np.sum(reduction(v, axis=axis)), x), wanted)
    np.testing.assert_array_equal(slope(lambda v: np.sum(reduction(v.T, axis=1 - axis)), x), wanted)


def test_an_initial_value_that_wins_has_the_slope():
    x = np.array([1.0, 2.0])
    assert slope(lambda v: np.max(v, initial=2.0), x).tolist() == [0.0, 0.0]
    assert slope(lambda v: np.max(x, initial=v[0]), [2.5]).tolist() == [1.0]


def test_the_slope_of_a_median_falls_on_the_middle():
    assert slope(lambda v: np.median(v), [3.0, 1.0, 2.0]).tolist() == [0.0, 0.0, 1.0]
    assert slope(lambda v: np.median(v), [3.0, 1.0, 2.0, 5.0]).tolist() == [0.5, 0.0, 0.5, 0.0]
    assert slope(lambda v: np.median(v), [2.0, 2.0, 2.0]).tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("function", [np.sum, np.prod, np.mean, np.var])
def test_masked_elements_have_no_slope(function):
    x = np.array([1.5, np.inf, -2.0, np.nan])
    mask = np.isfinite(x)
    wanted = irad.grad(lambda v: function(v))(x[mask])
    np.testing.assert_allclose(slope(lambda v: function(v, where=mask), x), [wanted[0], 0.0, wanted[1], 0.0])


def test_nan_is_left_out():
    x = np.array([1.5, np.nan, -2.0])
    assert slope(lambda v: np.nansum(v), x).tolist() == [1.0, 0.0, 1.0]
    assert slope(lambda v: np.nanmax(v), x).tolist() == [1.0, 0.0, 0.0]
    assert slope(lambda v: np.nanmean(v), x).tolist() == [0.5, 0.0, 0.5]


def test_products_with_zeros():
    assert slope(lambda v: np.prod(v), [0.0, 2.0, 3.0]).tolist() == [6.0, 0.0, 0.0]
    assert slope(lambda v: np.prod(v), [0.0, 2.0, 0.0]).tolist() == [0.0, 0.0, 0.0]
    assert slope(lambda v: np.cumprod(v)[-1], [2.0, 0.0, 3.0]).tolist() == [0.0, 6.0, 0.0]
