"""`autodiff`: modes, annotations, shadows, overlap, and what it refuses."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import irad
from irad import Active, Const, Duplicated, DuplicatedNoNeed, Forward, ForwardWithPrimal, Reverse, ReverseWithPrimal


def square(x):
    return x * x


def norm(a, b, c, d):
    return a * math.sqrt(b[0] ** 2 + b[1] ** 2) + c**2 * d**2


def squares_into(x, y):
    for i in range(len(x)):
        y[i] = x[i] * x[i]
    return y[0] + 2.0 * y[1]


def test_reverse_returns_an_entry_for_each_argument_and_accumulates():
    b, db = np.array([2.2, 3.3]), np.zeros(2)
    result = irad.autodiff(Reverse, norm, Active, Active(4.2), Duplicated(b, db), 55, Active(9))
    assert result[0] == (3.966106403010388, None, None, 54450.0)
    once = db.copy()
    assert_allclose(once, 4.2 * b / math.hypot(2.2, 3.3), rtol=1e-14)
    irad.autodiff(Reverse, norm, Active, Active(4.2), Duplicated(b, db), 55, Active(9))
    assert_array_equal(db, 2.0 * once)


def test_results_equal_plain_tuples():
    assert irad.autodiff(Reverse, square, Active, Active(3.0)) == ((6.0,),)
    assert irad.autodiff(ReverseWithPrimal, square, Active(3.0)) == ((6.0,), 9.0)
    assert irad.autodiff(Forward, square, Duplicated, Duplicated(3.14, 1.0)) == (9.8596, 6.28)
    assert irad.autodiff(Forward, square, DuplicatedNoNeed, Duplicated(3.14, 1.0)) == (6.28,)
    assert irad.autodiff(Forward, square, Duplicated(3.14, 1.0)) == (6.28,)
    assert irad.autodiff(ForwardWithPrimal, square, Duplicated(3.0, 1.0)) == (9.0, 6.0)
    assert irad.autodiff(Forward, square, Const, Duplicated(3.0, 1.0)) == ()
    assert irad.autodiff(Reverse, square, Const, Active(3.0)) == ((0.0,),)
    result = irad.autodiff(ReverseWithPrimal, square, Active(3.0))
    assert (result.derivs, result.primal) == ((6.0,), 9.0)


def test_function_may_be_annotated_and_return_none():
    assert irad.autodiff(Reverse, Const(square), Active(3.0)) == ((6.0,),)

    def store(x, y):
        y[0] = x * x

    dy = np.array([5.0])
    assert irad.autodiff(Reverse, store, Active(3.0), Duplicated(np.zeros(1), dy)) == ((30.0, None),)
    assert_array_equal(dy, [0.0])


def test_forward_shadow_is_the_tangent_afterwards():
    x, dx = np.array([2.0, 3.0]), np.array([1.0, 10.0])
    y, dy = np.zeros(2), np.zeros(2)
    (tangent,) = irad.autodiff(Forward, squares_into, Duplicated(x, dx), Duplicated(y, dy))
    assert_array_equal(dy, [4.0, 60.0])
    assert_array_equal(dx, [1.0, 10.0])
    assert tangent == 124.0


def test_forward_of_an_array_result():
    x, dx = np.array([2.0, 3.0]), np.array([1.0, 10.0])
    primal, tangent = irad.autodiff(Forward, lambda x: x * x, Duplicated, Duplicated(x, dx))
    assert_array_equal(primal, [4.0, 9.0])
    assert_array_equal(tangent, [4.0, 60.0])


@pytest.mark.parametrize("options", [irad.Options(), irad.Options(ad_stage="early"), irad.Options(bounds_check=False)])
def test_overlapping_arrays_use_the_derivative_that_knows(options):
    def shift(x, y):
        for i in range(len(x)):
            y[i] = x[i] * x[i] + y[i]
        return y[0] + 3.0 * y[1]

    base, start = np.array([1.5, 0.5, 2.0]), np.array([1.0, 2.0, 4.0])
    shadow = start.copy()
    irad.autodiff(Reverse, shift, Active, Duplicated(base[:2], shadow[:2]), Duplicated(base[1:], shadow[1:]), options=options)

    def value(v):
        v = v.copy()
        return shift(v[:2], v[1:]) + np.dot(start, v)

    initial = np.array([1.5, 0.5, 2.0])
    h = 1e-6
    numeric = [(value(initial + h * e) - value(initial - h * e)) / (2 * h) for e in np.eye(3)]
    assert_allclose(shadow, numeric, rtol=1e-7)


def test_read_only_arguments_may_share_memory_and_shadow():
    x, dx = np.array([2.0, 3.0]), np.zeros(2)
    irad.autodiff(Reverse, lambda a, b: a[0] * b[1], Active, Duplicated(x, dx), Duplicated(x, dx))
    assert_array_equal(dx, [3.0, 2.0])


def test_shadows_must_overlap_as_their_primals_do():
    base = np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="do not overlap as the arrays themselves do"):
        irad.autodiff(Reverse, squares_into, Active, Duplicated(base[:2], np.zeros(2)), Duplicated(base[1:], np.zeros(2)))
    shadow = np.zeros(2)
    with pytest.raises(ValueError, match="do not overlap as the arrays themselves do"):
        irad.autodiff(Reverse, squares_into, Active, Duplicated(base[:2], shadow), Duplicated(np.zeros(2), shadow))
    with pytest.raises(ValueError, match="the shadow of argument 0 overlaps"):
        irad.autodiff(Reverse, squares_into, Active, Duplicated(base[:2], base[:2]), Duplicated(np.zeros(2), np.zeros(2)))


def test_written_memory_is_not_seen_through_an_argument_without_shadow():
    def double(x, y):
        x[0] = 2.0 * x[0]
        return x[0] * y[0]

    base = np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="only one has a shadow"):
        irad.autodiff(Reverse, double, Active, Duplicated(base[:2], np.zeros(2)), Const(base[1:]))


def test_active_values_do_not_go_into_const_memory():
    x, dx = np.array([1.0, 2.0]), np.zeros(2)
    with pytest.raises(irad.RuntimeActivityError, match=r"argument y.*Const") as caught:
        irad.autodiff(Reverse, squares_into, Active, Duplicated(x, dx), Const(np.zeros(2)))
    assert "y[i] = x[i] * x[i]" in str(caught.value)
    assert_array_equal(dx, 0.0)


def test_a_gradient_needs_a_real_number():
    x, dx = np.array([1.0, 2.0]), np.zeros(2)
    for activity in ((Active,), ()):
        with pytest.raises(irad.NonScalarReturnError, match="jacobian"):
            irad.autodiff(Reverse, lambda x: 2.0 * x, *activity, Duplicated(x, dx))


def test_annotations_check_their_values():
    with pytest.raises(TypeError, match="consider Duplicated or Const"):
        Active(np.ones(1))
    with pytest.raises(TypeError, match="Active holds a number"):
        Active("x")
    with pytest.raises(ValueError, match=r"not congruent: shape \(1,\) and shape \(2,\)"):
        Duplicated(np.ones(1), np.ones(2))
    with pytest.raises(TypeError, match="different dtypes"):
        Duplicated(np.ones(2), np.ones(2, dtype=np.float32))
    assert Active(3).val == 3.0
    assert isinstance(Active(3).val, float)


def test_modes_and_annotations_go_together():
    with pytest.raises(TypeError, match="Active arguments not allowed in forward mode"):
        irad.autodiff(Forward, square, Active(3.0))
    with pytest.raises(TypeError, match="in reverse mode use Active"):
        irad.autodiff(Reverse, square, Active, Duplicated(3.0, 1.0))
    with pytest.raises(TypeError, match="a mode such as"):
        irad.autodiff(square, Active, Active(3.0))


def test_arrays_are_checked_before_anything_is_written():
    x, dx = np.array([1.0, 2.0]), np.zeros(2)
    locked = np.zeros(2)
    locked.flags.writeable = False
    with pytest.raises(ValueError, match="argument 1 is read-only"):
        irad.autodiff(Reverse, squares_into, Active, Duplicated(x, dx), Duplicated(locked, np.zeros(2)))
    with pytest.raises(ValueError, match="the shadow of argument 0 is read-only"):
        irad.autodiff(Reverse, lambda x: x[0], Active, Duplicated(x, locked))
    with pytest.raises(TypeError, match="byte order"):
        irad.autodiff(Reverse, lambda x: x[0], Active, Duplicated(x.astype(">f8"), dx.astype(">f8")))
    with pytest.raises(TypeError, match="object"):
        irad.autodiff(Reverse, lambda x: x[0], Active, Const(np.array([1, "a"], dtype=object)))
    assert_array_equal(dx, 0.0)


def test_an_exception_leaves_shadows_alone():
    def risky(x, n):
        total = 0.0
        for i in range(n):
            x[i] = 2.0 * x[i]
            total += x[i] * x[i]
        return total

    x, dx = np.array([1.0, 2.0]), np.array([7.0, 8.0])
    with pytest.raises(IndexError, match="index 2 is out of bounds for axis 0 with size 2"):
        irad.autodiff(Reverse, risky, Active, Duplicated(x, dx), Const(3))
    assert_array_equal(dx, [7.0, 8.0])
    assert_array_equal(x, [2.0, 4.0])


def test_memory_for_the_tape_may_run_out():
    def long(x, n):
        for _ in range(n):
            x = math.sin(x)
        return x

    with pytest.raises(MemoryError, match="unable to allocate"):
        irad.grad(long)(1.0, 10**13)
