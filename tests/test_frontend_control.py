"""Control flow: the traced function, run by the interpreter, does what Python does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from frontend_control import check, name_of, ops, programs, traced

from irad.frontend import unroll
from irad.ir.ops import arith, irad, scf

CASES, case = programs()


@case((1.0,), (-1.0,))
def branch(x):
    if x > 0:
        y = x * 2
    else:
        y = -x
    return y


@case((1.0,), (-1.0,), (-20.0,))
def branch_without_else(x):
    y = 3
    if x < 0:
        y = x
        if x < -10:
            y += 1
    elif x == 1.0:
        y = 7
    return y


@case((1.0,), (-1.0,), (20.0,))
def return_from_branches(x):
    if x > 10:
        return 5.0
    if x > 0:
        return x
    return -x * 2


@case((1.0,), (-1.0,), (-20.0,))
def return_that_needs_a_flag(x):
    s = 0.0
    if x < 0:
        if x < -10:
            return 7.0
        s += x
    s += 3
    return s


@case((1.0, True), (1.0, False), (-1.0, True), (-1.0, False))
def returns_of_tuples(x, flag):
    if flag:
        return x, 1
    if x > 0:
        return 2.0, x > 3
    return x * 2, 3


@case((5,), (0,), (20,))
def break_with_else(n):
    s = 0
    for i in range(n):
        if i == 7:
            break
        s += i
    else:
        s += 100
    return s


@case((5,), (0,), (20,))
def continue_with_and_without_flag(n):
    s = 0
    for i in range(n):
        if i % 3 == 0:
            continue
        if i > 15:
            if i == 17:
                continue
            s -= 1
        s += i
    return s


@case((5,), (0,), (1,))
def loop_variable_afterwards(n):
    i = -1
    for i in range(n):
        pass
    j = 10
    for j in range(n, -3, -2):
        j = j * 2
    return i, j


@case((5,), (3,), (20,), (0,))
def unbound_after_loop(n):
    for i in range(n):
        if i > 3:
            z = i
    return z


@case((5,), (0,))
def unbound_loop_variable(n):
    for i in range(n):
        last = i * i
    return last + i


@case((5,), (1,), (0,))
def unbound_after_branch(n):
    if n > 2:
        z = 1.0
        t = n
    return z + t


@case((5,), (1,), (9,))
def unbound_after_break(n):
    for i in range(n):
        if i == 3:
            found = i * 2
            break
    return found


@case((2.0, 3), (2.0, 0), (2.0, 1))
def previous_iteration(x, n):
    s = 0.0
    for i in range(n):
        if i > 0:
            s += before  # noqa: F821
        before = x * i  # noqa: F841
    return s


@case((10, 2, -3), (0, 5, 1), (5, 0, -1), (3, 3, 2), (1, 10, 3), (0, 1, 0))
def traced_range(a, b, c):
    s = 0
    for i in range(a, b, c):
        s = s * 10 + i
    return s


@case((10,), (0,), (5,), (1,))
def negative_steps(n):
    s = 0
    for i in range(n, 0, -2):
        s = s * 10 + i
    for j in range(n - 1, -1, -1):
        s = s * 3 + j
    for k in range(10, 2, -3):
        s = s * 3 + k
    for k in reversed(range(n)):
        s = s * 2 - k
    return s


@case((10,), (0,), (100,))
def while_else(n):
    k = 0
    while k < n:
        k += 3
        if k == 99:
            break
    else:
        k += 1000
    return k


@case((10.0,), (3.0,), (0.5,))
def endless_loop_with_break(x):
    n = 0
    while True:
        x = x * 0.5
        n += 1
        if x < 1:
            break
    return x + n


@case((10.0,), (3.0,))
def endless_loop_with_return(x):
    n = 0
    while True:
        x = x * 0.5
        n += 1
        if x < 1:
            return x + n


@case((2.0,))
def static_while(x):
    k = 0
    while k < 4:
        x = x * x
        k += 1
    while True:
        k -= 1
        if k == 1:
            break
        x = x + k
    return x


@case((3,), (0,), (200,))
def breaks_of_two_loops(n):
    c = 0
    for i in range(10):
        for j in range(10):
            if i * j > n:
                break
            c += 1
        if c > 20:
            break
    return c


@case((5, 3), (100, 3), (0, 0))
def return_from_two_loops(n, m):
    s = 1
    for i in range(n):
        for j in range(m):
            s += i * j
            if s > 50:
                return s, i, j
        s += 1
    return s, -1, -1


@case((4.0,), (2.0,), (9.0,), (0.0,))
def chained_comparison(x):
    a = 1 if 0 < x < 5 else 2
    b = 1 if 0 < x < 3 != x else 2
    return a + b * 10


@case((4, 0.0), (0, 2.0), (0, 0.0), (-3, 1.0))
def short_circuit_operands(n, x):
    return (n or x) + (n and 3) + (1.0 if not (n > 0 and x < 1.0) else 2.0)


@case((np.array([1.0, -2.0, 3.0]), 0), (np.array([1.0, -2.0, 3.0]), 2), (np.array([1.0]), 5))
def short_circuit_guards_an_index(x, i):
    s = 0.0
    while i < len(x) and x[i] > 0:
        s += x[i]
        i += 1
    return s


@case((3,), (0,), (30,))
def assignment_expressions(n):
    s = 0
    while (k := n - s) > 0:
        s += 1
    if (q := s * 2) > 3 and (r := q + 1) < 50:
        s += r
    return s + k + q


@case((3.0, 2), (3.0, -1), (1.0, 0))
def raises(x, n):
    if n < 0:
        raise ValueError(f"bad {n} and {x}")
    assert n != 0, "zero"
    return x * n


@case((1.0,), (-1.0,), (0.0,))
def both_sides_raise_somewhere(x):
    if x > 0:
        y = x
    elif x < 0:
        raise KeyError("negative")
    else:
        raise RuntimeError
    return y


@case((3,), (0,))
def raise_in_a_loop(n):
    s = 0
    for i in range(n):
        s += i
        if s > 2:
            raise OverflowError("too much")
    return s


@case((1.0,), (-1.0,))
def conditional_expressions(x):
    return (1.0 if x > 0.5 else 2.0) if x > 0 else x


@case((2.0, 3), (2.0, 0))
def temporaries_of_two_types(x, n):
    s = 0.0
    for i in range(n):
        t = i
        s += t
        t = x
        s += t
    return s


@case((2.0, 3), (2.0, 0))
def flag_that_changes(x, n):
    first = True
    s = 0.0
    for i in range(n):
        if first:
            s = x
            first = False
        else:
            s = s * x
    return s


@case((4,))
def match_on_constant(n, mode="b"):
    match mode:
        case "a":
            r = n
        case "b" if n is not None:
            if n > 3:
                return n * 3
            r = n * 2
        case _:
            r = 0
    return r


@case((2.0,))
def deleted_name(x):
    y = x * 2
    z = y + 1
    del y
    return z


@case((3.0,), (0.5,))
def unrolled(x):
    for k in unroll(range(3)):
        x = x * x if k < 1 else x + k
    for k in (1.0, 2.0, 3.0):
        if x > 11:
            break
        x += k
    return x


@case((np.arange(5.0),), (np.zeros(0),))
def iteration_over_an_array(x):
    s = 0.0
    for v in x:
        s += v * v
    for i, v in enumerate(x):
        s += i * v
    for i, v in enumerate(x[1:], 1):
        s += i * v
    for a, b in zip(x, x[::-1], strict=True):
        s += a * b
    for i, a in zip(range(3), x, strict=False):
        s += a * i
    for v in reversed(x):
        s = s * 0.5 + v
    return s


@case((np.arange(3.0), np.arange(3.0)), (np.arange(3.0), np.arange(4.0)))
def strict_zip(x, y):
    s = 0.0
    for a, b in zip(x, y, strict=True):
        s += a * b
    return s


@case((np.arange(6.0).reshape(2, 3),))
def iteration_over_rows(x):
    s = 0.0
    for row in x:
        for v in row:
            s = s * 1.5 + v
        row[0] = s
    return s


@case(
    (2.5, 4),
)
def int_becomes_float(x, n):
    s = 0
    t = (0, 1.0)
    for i in range(n):
        s += x
        t = (t[0] + i, t[1] * x)
    return s, t


@case((np.array([1.0, 2.0, 3.0, 4.0]), 5), (np.array([1.0, 2.0, 3.0, 4.0]), 0))
def swapped_arrays(u, n):
    v = np.zeros(4)
    for t in range(n):
        for i in range(4):
            v[i] = u[i] * u[(i + 1) % 4] * 0.3
        u, v = v, u
    return u[0] + 2.0 * u[3]


@case((np.arange(4.0), True), (np.arange(4.0), False))
def view_of_two_layouts(x, c):
    y = x[:2] if c else x[::2]
    y[1] = y[0] + 5.0
    return y[1] * x[3] + x[2]


@case((1.0, 3))
def loop_in_a_branch_in_a_loop(x, n):
    s = 0.0
    for i in range(n):
        if i % 2 == 0:
            k = 0
            while k < i + 1:
                if k == 2:
                    k += 2
                    continue
                s += x * k
                k += 1
        else:
            s -= math.sin(s)
    return s


@pytest.mark.parametrize(("f", "args"), CASES, ids=name_of)
def test_program(f, args):
    check(f, *args)


# ---------------------------------------------------------------- what is not there


def test_constant_conditions_emit_nothing():
    def f(x):
        done = False
        for k in (1, 2, 3):
            if done:
                continue
            if k == 2:
                done = True
        return x if done else 0.0

    assert [op.name for op in traced(f, 1.0).func.walk()] == ["func.return"]


def test_temporaries_are_not_carried():
    def f(x, n):
        s = 0.0
        for i in range(n):
            t = x * i
            u = t + 1.0
            if u > 3.0:
                v = u * 2.0
                s += v
        return s

    found = check(f, 1.5, 4)
    (loop,) = ops(found, scf.For)
    (branch,) = ops(found, scf.If)
    assert len(loop.results) == 1
    assert len(branch.results) == 1


def test_variables_that_stay_constant_are_not_carried():
    def f(x, n):
        k = 3
        for i in range(n):
            k = 3
            x = x * k
        return x

    (loop,) = ops(check(f, 1.5, 4), scf.For)
    assert len(loop.results) == 1


def test_early_exit_tests_the_flag_in_the_header():
    def f(x, n):
        for i in range(n):
            x = x * 0.5
            if x < 1.0:
                break
        return x

    (loop,) = ops(check(f, 100.0, 50), scf.While)
    condition = loop.before.terminator.operands[0].op
    assert isinstance(condition, arith.AndI)
    assert isinstance(condition.operands[0].op, arith.CmpI)
    assert not ops(traced(f, 100.0, 50), scf.For)


def test_raise_is_a_check_without_a_branch():
    def f(x):
        if x < 0.0:
            raise ValueError("negative")
        return x * 2.0

    found = check(f, 1.0)
    (check_op,) = ops(found, irad.Check)
    assert not ops(found, scf.If)
    assert check_op.attrs["error"] == "ValueError"
    assert check_op.attrs["message"] == "negative"


def test_cheap_conditions_are_joined_without_a_branch():
    def f(n, m):
        return 1 if n > 0 and m > n else 2

    found = check(f, 3, 4)
    assert len(ops(found, scf.If)) == 1
    assert len(ops(found, arith.AndI)) == 1


def test_unrolled_loops_leave_no_loop():
    found = check(unrolled, 3.0)
    assert not ops(found, scf.For)
    assert not ops(found, scf.While)


def test_loops_with_known_bounds_are_loops():
    def f(x):
        for i in range(100):
            x = x * 0.9
        return x

    assert len(ops(check(f, 1.0), scf.For)) == 1


def test_a_loop_that_certainly_runs_binds_its_variables():
    def f(x):
        for i in range(3):
            y = x * i
        return y

    assert not ops(check(f, 1.0), irad.Check)


def test_weak_and_strong_scalars_join():
    def f(x, n):
        s = 0.0
        for i in range(n):
            s += x[0]
        return s

    found = traced(f, np.ones(3, np.float32), 2)
    assert found.result.dtype == np.float32
    assert not found.result.weak
