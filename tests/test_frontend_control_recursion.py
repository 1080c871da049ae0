"""Recursion: functions of the IR whose result type is found by tracing them again, and what is inlined instead."""

from __future__ import annotations

import numpy as np
import pytest
from frontend_control import check, name_of, ops, programs, traced

import irad
from irad.errors import UnsupportedError
from irad.frontend.calls import UNROLL_LIMIT
from irad.ir.ops import func

CASES, case = programs()
WEIGHTS = np.array([1.0, 2.0, 3.0])
OFFSETS = np.array([0.5])


@case((2.0, 3), (2.0, 0))
def power(x, n):
    if n > 0:
        r = x * power(x, n - 1)
    else:
        r = 1.0
    return r


@case((7,), (1,))
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


@case((7,), (8,), (0,))
def mutual(n):
    return is_even(n)


@case((2, 3), (1, 1), (0, 4))
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


@case((2.0, 4), (2.0, 0))
def sum_over_a_tree(x, n):
    s = x
    for i in range(n):
        s += sum_over_a_tree(x * 0.5, n - 1 - i)
    return s


@case((5, 1.5), (0, 1.5))
def int_joins_float(n, x):
    if n == 0:
        return 0
    return int_joins_float(n - 1, x) + x


@case((5, 1.5), (0, 1.5))
def returns_a_tuple(n, x):
    if n == 0:
        return x, 0
    y, k = returns_a_tuple(n - 1, x)
    return y * x, k + 1


@case((np.arange(1.0, 9.0),), (np.arange(1.0, 4.0),))
def writes_views(x):
    n = len(x)
    if n < 2:
        return x[0] if n else 0.0
    m = n // 2
    a, b = x[:m], x[m:]
    for i in range(m):
        t = a[i]
        a[i] = t * 0.5 + b[i]
        b[i] = t - b[i] * t
    return writes_views(a) + 2.0 * writes_views(b)


@case((np.arange(8.0),))
def changes_layout(x):
    if len(x) == 1:
        x[0] += 1.0
        return x[0]
    return changes_layout(x[0::2]) - changes_layout(x[1::2])


@case((2.0, 4))
def inner_function(x, n):
    def p(k):
        if k == 0:
            return 1.0
        return x * p(k - 1)

    total = p(n)
    x = x + 1.0
    return total + p(n + 1)


def weighted(x, n):
    if n == 0:
        return WEIGHTS[1] * x
    return offset(x, n - 1) + WEIGHTS[0]


def offset(x, n):
    return weighted(x, n) * OFFSETS[0]


@case((1.0, 4), (1.0, 0))
def captures_arrays(x, n):
    return weighted(x, n) + weighted(x, n + 1)


@case((1.0, 3))
def keyword_and_default(x, n, step=1, scale=2.0):
    if n <= 0:
        return x
    return keyword_and_default(x * scale, n - step, scale=scale)


class Node:
    def __init__(self, weight):
        self.weight = weight

    def fold(self, n):
        return self.weight if n == 0 else self.weight * self.fold(n - 1)


@case((1.5, 3))
def method(x, n):
    return Node(x).fold(n)


def constant_levels(x, n):
    return x if n == 0 else constant_levels(x * 1.5, n - 1)


@case((2.0,))
def inlined(x):
    return constant_levels(x, 5)


@case((1.0,))
def too_deep_to_inline(x):
    return constant_levels(x, 100)


@case((5, 1.5), (0, 1.5))
def raises_at_the_bottom(n, x):
    if n == 0:
        if x > 1.0:
            raise ValueError("bottom")
        return x
    return raises_at_the_bottom(n - 1, x)


@pytest.mark.parametrize(("f", "args"), CASES, ids=name_of)
def test_program(f, args):
    check(f, *args)


def test_a_recursion_over_constants_is_inlined():
    assert not ops(traced(inlined, 2.0), func.Call)


def test_a_deep_recursion_over_constants_becomes_a_function():
    assert UNROLL_LIMIT < 100
    assert ops(traced(too_deep_to_inline, 1.0), func.Call)


def test_one_function_for_each_kind_of_arguments():
    found = traced(changes_layout, np.arange(8.0))
    assert len(found.module.funcs) == 3  # the entry, contiguous, strided


def test_captured_arrays_are_passed_along():
    found = check(captures_arrays, 1.0, 3)
    assert [a is b for a, b in zip(found.captures, (WEIGHTS, OFFSETS), strict=True)] == [True, True]


def test_a_function_that_never_returns():
    def endless(x):
        return endless(x) + 1.0

    with pytest.raises(UnsupportedError, match="calls itself on every path"):
        traced(endless, 1.0)


def test_a_recursive_function_must_not_write_outside():
    seen = {"n": 0.0}

    def count(n):
        if n == 0:
            return 0
        seen["n"] = n * 1.0
        return count(n - 1) + 1

    with pytest.raises(UnsupportedError, match="this dict"):
        traced(count, 3)


def test_a_captured_name_that_may_be_unbound():
    def f(x, n):
        for v in x:
            scale = v * v

        def power(k, u):
            return u if k <= 0 else power(k - 1, u * scale)

        return power(n, 1.5)

    x = np.array([0.5, 1.2, 0.9])
    assert irad.jit(f)(x, 3) == pytest.approx(f(x, 3), rel=1e-14)
    np.testing.assert_allclose(irad.grad(f)(x, 3), [0.0, 0.0, 1.5 * 6 * 0.9**5], rtol=1e-13)
    assert irad.jit(f)(x[:0], 0) == 1.5
    with pytest.raises(NameError, match="scale"):
        irad.jit(f)(x[:0], 1)
