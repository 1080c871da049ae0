"""Calls that native code takes over: that it does, that it gives what the general way gives, and what it leaves to that."""

import copy
import gc
import inspect
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import deque

import numpy as np
import pytest

import irad
from irad.api import transforms
from irad.runtime import callable as callables

pytestmark = pytest.mark.skipif(not callables.can_patch(irad.jit(abs)), reason="objects of this interpreter lie otherwise")

SCALE = 2.0
TABLE = np.array([1.0, 2.0, 3.0])
SETTINGS = {"rate": 3.0}
LIST = [1.0, 2.0]
QUEUE = deque(LIST)


@pytest.fixture
def general(monkeypatch):
    """A list that gets longer with each call that takes the general way."""
    calls = []
    prepare = transforms.prepare

    def counting(*args):
        calls.append(args)
        return prepare(*args)

    monkeypatch.setattr(transforms, "prepare", counting)
    return calls


def warm(f, *args):
    """The function, when native code has taken over calls like this one."""
    assert callables.can_patch(f)
    for _ in range(3):
        f(*args)
    return f


def is_quick(general, f, *args):
    """The answer, and whether native code gave it."""
    before = len(general)
    answer = f(*args)
    return answer, len(general) == before


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12 * a:
        x = 0.5 * (x + a / x)
    return x


def product(x, y):
    return x * y


def combine(x, y, z):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * y[i] * z[i]
    return s


def add_into(x, y, z):
    for i in range(len(x)):
        z[i] = 2.0 * x[i] + y[i]


def arrays(n=5):
    rng = np.random.default_rng(3)
    return [rng.normal(size=n) for _ in range(3)]


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, tuple | list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


def nested(x, n):
    return x * 2.0, [n + 1, (x > 1.0, "text", None)], x


def strong(x):
    return x[0], x[1] > 0.0, len(x), x * 2.0, np.float32(x[0])


def ints(k):
    return k[0] + k[1], k * 3


@pytest.mark.parametrize(
    ("make", "f", "args"),
    [
        (irad.jit, newton, (2.0,)),
        (irad.grad, newton, (2.0,)),
        (irad.value_and_grad, newton, (2.0,)),
        (irad.grad, newton, (2,)),
        (irad.jit, product, (2, 3)),
        (irad.jit, product, (2.0, 3)),
        (irad.jit, product, (True, 3.0)),
        (irad.jit, product, (np.float64(2.0), 3.0)),
        (irad.grad, product, (np.float64(2.0), 3.0)),
        (irad.jit, nested, (1.5, 7)),
        (irad.jit, strong, (np.array([1.5, -2.0]),)),
        (irad.jit, ints, (np.array([1, 2]),)),
        (irad.jit, ints, (np.array([1, 200], np.uint8),)),
        (irad.jit, ints, (np.array([-1, 2], np.int32),)),
        (irad.jit, strong, (np.array([1.5, -2.0], np.float32),)),
        (irad.jit, strong, (np.arange(6.0)[::2],)),
        (irad.jit, strong, (np.arange(6.0)[::-1],)),
        (irad.jit, combine, arrays()),
        (irad.grad, combine, arrays()),
        (irad.value_and_grad, combine, arrays()),
        (irad.grad, combine, [np.arange(10.0)[::2], np.arange(5.0), np.arange(10.0)[::-2]]),
        (irad.grad, combine, arrays(0)),
    ],
)
def test_answers_are_those_of_the_general_way(general, make, f, args):
    expected = make(f)(*args)
    made = warm(make(f), *args)
    answer, quick = is_quick(general, made, *args)
    assert quick
    same(answer, expected)


@pytest.mark.parametrize("argnums", [(0, 1, 2), (2, 0), (1,), -1])
def test_gradients_come_in_the_order_asked_for(general, argnums):
    x = arrays()
    for make in (irad.grad, irad.value_and_grad):
        expected = make(combine, argnums)(*x)
        answer, quick = is_quick(general, warm(make(combine, argnums), *x), *x)
        assert quick
        same(answer, expected)
    assert warm(irad.grad(product, (1, 0)), 2.0, 3.0)(4.0, 5.0) == (4.0, 5.0)


def test_extra_results(general):
    def f(x):
        return x[0] * x[1], (x * 2.0, "note")

    for make in (irad.grad, irad.value_and_grad):
        expected = make(f, 0, True)(np.array([2.0, 3.0]))
        made = warm(make(f, has_aux=True), np.array([2.0, 3.0]))
        answer, quick = is_quick(general, made, np.array([2.0, 3.0]))
        assert quick
        same(answer, expected)


def test_arrays_are_written_and_sizes_change(general):
    x, y, z = arrays()
    f = warm(irad.jit(add_into), x, y, z)
    for n in (0, 1, 5, 1000):
        x, y, z = arrays(n)
        assert is_quick(general, f, x, y, z) == (None, True)
        np.testing.assert_array_equal(z, 2.0 * x + y)


def test_gradients_of_functions_that_write_leave_new_arrays_each_time(general):
    def f(x, y):
        y[0] = x[0] * y[0]
        return y[0] * x[1]

    g = warm(irad.grad(f, (0, 1)), np.array([2.0, 3.0]), np.array([5.0]))
    first, quick = is_quick(general, g, np.array([2.0, 3.0]), np.array([5.0]))
    second = g(np.array([1.0, 1.0]), np.array([1.0]))
    assert quick
    same(first, (np.array([15.0, 10.0]), np.array([6.0])))
    same(second, (np.array([1.0, 1.0]), np.array([1.0])))


class Float(float):
    pass


class Sub(np.ndarray):
    pass


class Number:
    def __float__(self):
        return 2.0


@pytest.mark.parametrize(
    "argument",
    [
        2,
        True,
        Float(2.0),
        np.float64(2.0),
        np.float32(2.0),
        np.int64(2),
        np.array(2.0),
        np.ones(3),
        np.ones(3).view(Sub),
        "a",
        None,
        Number(),
    ]
    + [[2.0], (2.0,), {"a": 2.0}, 2j, 10**400, float("nan"), object(), float],
    ids=lambda x: type(x).__name__,
)
def test_other_numbers_take_the_general_way(argument):
    def outcome(f):
        try:
            return repr(f(argument, 3.0))
        except Exception as error:
            return type(error)

    for make in (irad.jit, irad.grad):
        made = warm(make(product), 2.0, 3.0)
        expected = outcome(make(product))
        for _ in range(3):
            assert outcome(made) == expected
        assert made(2.0, 4.0) == make(product)(2.0, 4.0)


@pytest.mark.parametrize(
    "array",
    [
        np.ones(5, np.float32),
        np.ones((5, 1)),
        np.ones(10)[::2],
        np.ones(5, ">f8"),
        np.ones(5).view(Sub),
        np.frombuffer(bytearray(41), np.uint8)[1:].view(np.float64),
        np.ones(5, object),
        np.ones(5, complex),
        np.array(1.0),
        np.ones(4),
        np.ones(6),
        np.ma.masked_array(np.ones(5)),
        [1.0] * 5,
        1.0,
        None,
    ],
    ids=lambda x: getattr(getattr(x, "dtype", None), "str", type(x).__name__) + str(np.shape(x)),
)
def test_other_arrays_take_the_general_way(array):
    x, y, z = arrays()

    def outcome(f, i):
        args = [x, y, z]
        args[i] = array
        try:
            return repr(f(*args))
        except Exception as error:
            return type(error)

    for make in (irad.jit, irad.grad):
        made = warm(make(combine), x, y, z)
        for i in range(3):
            expected = outcome(make(combine), i)
            for _ in range(3):
                assert outcome(made, i) == expected
        same(made(x, y, z), make(combine)(x, y, z))


def test_wrong_counts_and_keywords(general):
    def f(x, y=3.0):
        return x * y

    made = warm(irad.jit(f), 2.0, 4.0)
    assert made(2.0) == 6.0
    assert made(y=5.0, x=2.0) == 10.0
    assert made(2.0, y=5.0) == 10.0
    assert made(*(2.0,), **{"y": 7.0}) == 14.0
    assert made.__call__(2.0, 3.0) == 6.0
    for args, keywords in [((), {}), ((1.0, 2.0, 3.0), {}), ((1.0,), {"z": 2.0}), ((1.0,) * 100, {}), ((1.0,) * 100_000, {})]:
        with pytest.raises(TypeError):
            made(*args, **keywords)
    assert is_quick(general, made, 2.0, 4.0) == (8.0, True)


def test_overlapping_and_read_only_arrays():
    def shift(x, y):
        for i in range(len(x)):
            y[i] = 2.0 * x[i]
        return y[0]

    made = warm(irad.jit(shift), np.ones(4), np.ones(4))
    memory, again = np.arange(6.0), np.arange(6.0)
    made(memory[:4], memory[1:5])
    shift(again[:4], again[1:5])
    np.testing.assert_array_equal(memory, again)
    made(memory[:3], memory[3:])
    shift(again[:3], again[3:])
    np.testing.assert_array_equal(memory, again)
    x = np.ones(4)
    made(x, x)
    assert x[0] == 2.0
    fixed = np.ones(4)
    fixed.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        made(np.ones(4), fixed)
    assert fixed[0] == 1.0
    assert made(fixed, np.ones(4)) == 2.0


def test_overlapping_arrays_have_the_derivatives_of_their_parts(general):
    x, y, z = arrays(6)
    made = warm(irad.grad(combine, (0, 1, 2)), x, y, z)
    same(made(x[:4], x[1:5], x[2:]), irad.grad(combine, (0, 1, 2))(x[:4], x[1:5], x[2:]))
    same(made(x, x, z), irad.grad(combine, (0, 1, 2))(x, x, z))
    first, second, third = made(x, y, z)
    assert not np.shares_memory(first, second)
    assert all(a.flags.owndata and a.flags.writeable for a in (first, second, third))
    read = warm(irad.jit(combine), x, y, z)
    assert is_quick(general, read, x, x, x)[1]


def test_views_of_arguments_come_out():
    def f(x):
        return x[1:], x

    x = np.arange(4.0)
    made = warm(irad.jit(f), x)
    view, whole = made(x)
    assert whole is x
    assert np.shares_memory(view, x)
    y = np.arange(5.0)
    assert made(y)[1] is y


def test_rebound_globals_and_cells(general, monkeypatch):
    offset = 1.0

    def f(x):
        return x * SCALE + offset

    made = warm(irad.jit(f), 2.0)
    assert is_quick(general, made, 2.0) == (5.0, True)
    monkeypatch.setitem(globals(), "SCALE", 10.0)
    assert made(2.0) == 21.0
    offset = 5.0
    assert made(2.0) == 25.0
    warm(made, 2.0)
    assert is_quick(general, made, 2.0) == (25.0, True)
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    assert made(2.0) == 9.0
    monkeypatch.delitem(globals(), "SCALE")
    with pytest.raises(NameError):
        made(2.0)


def test_names_that_hide_builtins(general, monkeypatch):
    def f(x):
        return abs(x)

    made = warm(irad.jit(f), -2.0)
    assert is_quick(general, made, -2.0) == (2.0, True)
    monkeypatch.setitem(globals(), "abs", lambda x: 7.0 * x)
    assert made(-2.0) == -14.0


def test_captured_arrays(general, monkeypatch):
    def f(x):
        s = 0.0
        for i in range(len(TABLE)):
            s += x * TABLE[i]
        return s

    made, slope = warm(irad.jit(f), 2.0), warm(irad.grad(f), 2.0)
    assert is_quick(general, made, 2.0) == (12.0, True)
    monkeypatch.setitem(globals(), "TABLE", np.array([1.0, 1.0, 1.0, 1.0]))
    assert made(2.0) == 8.0
    assert slope(2.0) == 4.0
    warm(made, 2.0)
    TABLE[1] = 5.0
    assert is_quick(general, made, 2.0) == (16.0, True)
    TABLE.resize((2, 2), refcheck=False)
    with pytest.raises(TypeError):
        made(2.0)


def test_containers_from_outside(general):
    def f(x):
        return x * SETTINGS["rate"] + LIST[0] * 2.0

    made = warm(irad.jit(f), 2.0)
    assert is_quick(general, made, 2.0) == (8.0, True)
    SETTINGS["rate"] = 4.0
    assert made(2.0) == 10.0
    SETTINGS["rate"] = 3.0
    LIST[0] = 2.0
    assert made(2.0) == 10.0
    LIST[0] = 1.0
    assert made(2.0) == 8.0


def counted(x):
    return x * LIST[0] * len(LIST)


def searched(x):
    return x * LIST.index(1.0) + LIST.count(2.0)


def looked_up(x):
    return x * SETTINGS.get("rate") + sum(SETTINGS.values())


def sorted_and_summed(x):
    return x * max(LIST) + sum(sorted(LIST)) + len(list(LIST))


def queued(x):
    return x * QUEUE[0] * len(QUEUE)


def averaged(x):
    return x * np.mean(LIST)


@pytest.mark.parametrize("f", [counted, searched, looked_up, sorted_and_summed, queued, averaged])
def test_containers_that_are_only_read_are_noticed_when_they_change(monkeypatch, f):
    made, slope = warm(irad.jit(f), 2.0), warm(irad.grad(f), 2.0)
    for held in ([3.0, 1.0], [3.0, 1.0, 2.0], [1.0]):
        LIST[:] = held
        QUEUE.clear()
        QUEUE.extend(held)
        SETTINGS["rate"] = held[0] + 1.0
        try:
            for x in (2.0, 5.0):
                assert made(x) == f(x)
                assert slope(x) == pytest.approx(f(x + 1.0) - f(x))
        finally:
            LIST[:] = [1.0, 2.0]
            SETTINGS["rate"] = 3.0
        assert made(2.0) == f(2.0)


# ---------------------------------------------------------------- sizes that are taken as equal


def meeting(x, y):
    return np.sum(x * y + y)


def meeting_and_writing(x, y):
    z = x * y
    x[...] = x + z
    return np.sum(x * z)


@pytest.mark.parametrize("f", [meeting, meeting_and_writing])
@pytest.mark.parametrize("make", [irad.jit, irad.grad, irad.value_and_grad])
def test_sizes_that_are_taken_as_equal(general, make, f):
    rng = np.random.default_rng(5)

    def pair(n, m):
        return rng.normal(size=n), rng.normal(size=m)

    made = warm(make(f), *pair(4, 4))
    for n, m in ((4, 4), (4, 1), (7, 7), (1, 1), (0, 1), (5, 1)):
        x, y = pair(n, m)
        ours, theirs = (x.copy(), y.copy()), (x.copy(), y.copy())
        answer, quick = is_quick(general, made, *ours)
        assert quick == (n == m)
        irad.clear_caches()
        same(answer, make(f)(*theirs))
        same(ours, theirs)
    with pytest.raises(ValueError, match="broadcast"):
        made(*pair(3, 4))
    assert not isinstance(outcome_of(lambda: made(*pair(3, 4))), irad.errors.SizesDiffer)


def outcome_of(f):
    try:
        return f()
    except Exception as error:
        return error


def test_autodiff_with_sizes_that_are_not_as_before(annotated):
    rng = np.random.default_rng(5)
    for n, m in ((4, 4), (4, 4), (4, 4), (4, 1), (6, 1), (6, 6)):
        x, y = D(rng.normal(size=n), rng.normal(size=n)), D(rng.normal(size=m), rng.normal(size=m))
        before, dx = x.val.copy(), x.dval + np.broadcast_to(y.val, n)
        dy = y.dval + (x.val + 1.0 if m == n else np.sum(x.val + 1.0))
        irad.autodiff(irad.Reverse, meeting, A, x, y)
        np.testing.assert_array_equal(x.val, before)
        np.testing.assert_allclose(x.dval, dx)
        np.testing.assert_allclose(y.dval, dy)
    assert is_quick(annotated, irad.autodiff, irad.Reverse, meeting, A, x, y)[1]


# ---------------------------------------------------------------- arrays and shadows of other strides


def reshaped(x):
    return np.sum(np.reshape(x, (-1, 2))[:, 0] * np.arange(1.0, 4.0)) + np.sum(x[::2] * x[1::2])


def written_through_a_view(x):
    y = x[::2]
    y[...] = y * 2.0
    return np.sum(y * y)


@pytest.mark.parametrize("f", [reshaped, written_through_a_view, combine])
def test_shadows_of_other_strides(f):
    memory = np.random.default_rng(1).normal(size=40)
    count = 3 if f is combine else 1
    for step in (1, 2, 3):

        def arguments(step=step):
            return [memory[k : k + 6 * step].copy()[::step] for k in range(count)]

        made, straight = irad.value_and_grad(f), irad.value_and_grad(f)(*[a.copy() for a in arguments()])
        for _ in range(4):
            answer = made(*arguments())
            assert answer[0] == pytest.approx(straight[0])
            np.testing.assert_allclose(answer[1], straight[1])
        for spaced in (1, 2, 3) if step > 1 else (1,):
            for _ in range(4):
                pairs = [D(a, np.zeros(6 * spaced)[::spaced]) for a in arguments()]
                irad.autodiff(irad.Reverse, f, A, *pairs)
                np.testing.assert_allclose(pairs[0].dval, straight[1])


# ---------------------------------------------------------------- complex numbers, read-only results, structured arguments


def turned(z, x):
    return z * z + x * 1j


def length(z, x):
    return (z * z.conjugate()).real * x


def spread(x):
    return np.broadcast_to(x, (3, len(x))), np.broadcast_to(x[:, None], (len(x), 1)) * 2.0


def complex_arrays(z):
    return z * 2.0, z.imag + 1.0, abs(z[0]) > 1.0


@pytest.mark.parametrize(
    ("make", "f", "args", "expect"),
    [
        (irad.jit, turned, (1.0 + 2.0j, 3.0), True),
        (irad.grad, length, (1.0 + 2.0j, 3.0), True),
        (irad.value_and_grad, length, (1.0 + 2.0j, 3.0), True),
        (irad.jit, turned, (np.complex128(1.0 + 2.0j), 3.0), False),
        (irad.jit, turned, (np.complex64(1.0 + 2.0j), 3.0), False),
        (irad.jit, complex_arrays, (np.array([1.0 + 2.0j, 3.0]),), True),
        (irad.jit, complex_arrays, (np.array([1.0 + 2.0j, 3.0], np.complex64),), True),
        (irad.jit, complex_arrays, (np.arange(8.0).astype(complex)[::-2],), True),
        (irad.jit, lambda z: z[0], (np.array([1.0 + 2.0j, 3.0]),), False),
        (irad.grad, lambda z: (z[0] * z[1].conjugate()).real, (np.array([1.0 + 2.0j, 3.0]),), True),
        (irad.jit, spread, (np.arange(3.0),), True),
    ],
)
def test_complex_numbers_and_read_only_results(general, make, f, args, expect):
    expected = make(f)(*args)
    answer, quick = is_quick(general, warm(make(f), *args), *args)
    assert quick == expect
    same(answer, expected)
    flags = [[a.flags.writeable for a in t] for t in (answer, expected) if isinstance(t, tuple) and f is spread]
    assert flags in ([], [[False, True]] * 2)


def test_complex_numbers_are_not_taken_for_real_ones():
    made = warm(irad.jit(product), 2.0, 3.0)
    same(made(2j, 3.0), 6j)
    made = warm(irad.jit(product), 2j, 3.0)
    same(made(2.0, 3.0), 6.0)
    same(made(2j, 3j), -6 + 0j)


def test_autodiff_of_complex_numbers(annotated):
    for _ in range(4):
        same(tuple(irad.autodiff(irad.Reverse, length, A, A(1 + 2j), C(3.0))), ((6 + 12j, None),))
        same(tuple(irad.autodiff(irad.Forward, turned, D(1 + 2j, 1j), C(3.0))), (-4 + 2j,))
    assert is_quick(annotated, irad.autodiff, irad.Reverse, length, A, A(1 + 2j), C(3.0))[1]
    for z in (1 + 2j, 2 + 1j, 3j, 4 + 0j):
        assert irad.autodiff(irad.ReverseHolomorphic, lambda z: z * z, A, A(z)) == ((2 * z,),)

    def squared(z):
        return z * z

    for z in (1 + 2j, 2 + 1j, 3j, 4 + 0j):
        assert irad.autodiff(irad.ReverseHolomorphic, squared, A, A(z)) == ((2 * z,),)


class Counter:
    def __init__(self):
        self.count = 1.0


def counting_up(counter, x):
    counter.count = counter.count + 1.0
    return counter.count * x


def test_structured_arguments_are_written_back_each_time():
    counter = Counter()
    made = irad.jit(counting_up)
    assert [made(counter, 2.0) for _ in range(5)] == [4.0, 6.0, 8.0, 10.0, 12.0]
    assert counter.count == 6.0
    total = irad.jit(lambda held, x: held["a"][0] * x)
    assert [total({"a": [k]}, 2.0) for k in (1.0, 2.0, 3.0, 4.0)] == [2.0, 4.0, 6.0, 8.0]
    slope = irad.grad(lambda pair, x: pair[0] * pair[1] * x)
    assert [slope((k, 2.0), 3.0) for k in (1.0, 2.0, 3.0, 4.0)] == [(6.0, 3.0 * k) for k in (1.0, 2.0, 3.0, 4.0)]


def test_programs_compiled_ahead(tmp_path):
    path = tmp_path / "made.irad"
    for what, f in ((irad.grad(meeting), irad.grad(meeting)), (meeting, irad.jit(meeting))):
        irad.compile(what, "f64[::1], f64[::1]").save(path)
        made = irad.load(path)
        for n, m in ((3, 3), (3, 3), (3, 3), (3, 3), (3, 1), (4, 4)):
            x, y = np.arange(1.0, n + 1.0), np.arange(2.0, m + 2.0)
            np.testing.assert_allclose(made(x, y), f(x, y))
    number = irad.compile(irad.value_and_grad(product, (0, 1)), "f64, f64")
    assert [number(x, 2.0) for x in (1.0, 2.0, 3.0, 4.0)] == [(2.0 * x, (2.0, x)) for x in (1.0, 2.0, 3.0, 4.0)]
    assert number(3, 2.0) == (6.0, (2.0, 3.0))


def test_helpers_and_defaults_that_change(general):
    def helper(x, k=2.0):
        return x * k

    def f(x):
        return helper(x)

    made = warm(irad.jit(f), 3.0)
    assert is_quick(general, made, 3.0) == (6.0, True)
    helper.__defaults__ = (5.0,)
    assert made(3.0) == 15.0
    helper.__code__ = (lambda x, k: x - k).__code__
    assert made(3.0) == -2.0


class Model:
    def __init__(self, k):
        self.k = k

    @irad.jit
    def scaled(self, x):
        return self.k * x

    def plain(self, x):
        return self.k * x


def test_methods_and_attributes(general):
    model, other = Model(2.0), Model(3.0)
    for _ in range(4):
        assert model.scaled(2.0) == 4.0
    assert other.scaled(2.0) == 6.0
    model.k = 10.0
    assert model.scaled(2.0) == 20.0
    bound = model.scaled
    assert bound(3.0) == 30.0
    assert Model.scaled(other, 1.0) == 3.0
    slope = warm(irad.grad(model.plain), 2.0)
    assert is_quick(general, slope, 5.0) == (10.0, True)
    model.k = 4.0
    assert slope(5.0) == 4.0
    del model.k
    with pytest.raises(AttributeError):
        slope(5.0)


def test_properties_that_raise_are_heard():
    class Moody:
        calm = True

        def __getattribute__(self, name):
            if name == "k" and not object.__getattribute__(self, "calm"):
                raise RuntimeError("moody")
            return object.__getattribute__(self, name)

    moody = Moody()
    moody.k = 2.0

    def f(x):
        return moody.k * x

    made = warm(irad.jit(f), 2.0)
    moody.calm = False
    with pytest.raises(RuntimeError, match="moody"):
        made(2.0)
    moody.calm = True
    assert made(2.0) == 4.0


def test_attributes_that_change_the_arguments():
    x = np.ones(4)

    class Sly:
        shrinks = False

        def __getattribute__(self, name):
            if name == "k" and object.__getattribute__(self, "shrinks"):
                x.resize(2, refcheck=False)
            return object.__getattribute__(self, name)

    sly = Sly()
    sly.k = 2.0

    def f(x):
        s = 0.0
        for i in range(len(x)):
            s += sly.k * x[i]
        return s

    made = warm(irad.jit(f), x)
    assert made(x) == 8.0
    sly.shrinks = True
    with pytest.raises(irad.UnsupportedError, match="'resize' is not supported"):
        made(x)


def test_options_in_force(general):
    def f(x, i):
        return x[i]

    x = np.arange(3.0)
    made = warm(irad.jit(f), x, 1)
    assert is_quick(general, made, x, 1)[1]
    with irad.options(opt_level=1):
        assert not is_quick(general, made, x, 1)[1]
        warm(made, x, 1)
        assert is_quick(general, made, x, 1)[1]
    assert is_quick(general, made, x, 1)[1]
    own = warm(irad.jit(f, options=irad.Options(opt_level=1)), x, 1)
    with irad.options(opt_level=0):
        assert is_quick(general, own, x, 1)[1]


def scaled_if_positive(x):
    return x * SCALE if x > 0 else x


@pytest.mark.parametrize("make", [irad.jit, irad.grad])
def test_calls_while_tracing_are_traced(make, monkeypatch):
    inner = warm(make(scaled_if_positive), 2.0)

    def known(x):
        return x + inner(2.0)

    def passed(x):
        return x + inner(x)

    for outer in (known, passed):
        monkeypatch.setitem(globals(), "SCALE", 2.0)
        made = warm(irad.jit(outer), 2.0)
        assert made(2.0) == outer(2.0)
        monkeypatch.setitem(globals(), "SCALE", 3.0)
        assert made(2.0) == outer(2.0)


def test_errors_name_the_line_and_leave_nothing_behind(general):
    def f(x, i):
        y = x * 2.0
        return y[i] * x[0]

    x = np.arange(1.0, 4.0)
    for make in (irad.jit, irad.grad):
        made = warm(make(f), x, 1)
        before = sys.getrefcount(x)
        for _ in range(20):
            with pytest.raises(IndexError, match=r"return y\[i\] \* x\[0\]"):
                made(x, 7)
        assert sys.getrefcount(x) == before
        answer, quick = is_quick(general, made, x, 1)
        assert quick
        same(answer, make(f)(x, 1))


def test_static_arguments_are_told_apart(general):
    def f(x, kind):
        return x * 2.0 if kind == "double" else x

    made = warm(irad.jit(f), 3.0, "double")
    assert is_quick(general, made, 3.0, "double") == (6.0, True)
    assert made(3.0, "".join(["dou", "ble"])) == 6.0
    assert made(3.0, "single") == 3.0
    assert made(3.0, None) == 3.0


def test_many_kinds_of_arguments(general):
    made = irad.jit(product)
    kinds = [1, 1.0, True, np.float64(1.0), np.ones(2), np.ones((2, 2)), np.ones(2, np.float32), np.ones(2, int), np.ones(4)[::2]]
    for _ in range(3):
        for x in kinds:
            for y in kinds[:3]:
                same(made(x, y), irad.jit(product)(x, y))
    assert len(getattr(made, "_owners", ())) <= 9  # and the function


def test_recursion_in_any_thread():
    def fall(n):
        return 0.0 if n <= 0 else 1.0 + fall(n - 1)

    made = warm(irad.jit(fall), 10)
    assert made(1000) == 1000.0
    with pytest.raises(RecursionError):
        made(10**9)
    assert made(10) == 10.0
    seen = []

    def run():
        seen.append(made(500))
        with pytest.raises(RecursionError):
            made(10**9)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [500.0]


def test_threads():
    def work(x, n):
        s = 0.0
        for i in range(n):
            s = s + np.sin(s + x[i % 3])
        return s * x[0]

    x = np.array([1.0, 2.0, 3.0])
    for make in (irad.jit, irad.grad):
        made = warm(make(work), x, 10)
        expected = {n: make(work)(x, n) for n in (10, 5000)}
        failures = []

        def run(seed, made=made, expected=expected, failures=failures):
            for k in range(60):
                n = (10, 5000)[(seed + k) % 2]
                if not np.array_equal(made(x, n), expected[n]):
                    failures.append(n)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not failures


def test_others_run_while_a_long_call_does():
    def work(n):
        s = 0.0
        for i in range(n):
            s = np.cos(s + i)
        return s

    made = warm(irad.jit(work), 10)
    ticks = []
    thread = threading.Thread(target=made, args=(30_000_000,))
    thread.start()
    while thread.is_alive():
        ticks.append(made(10))
        time.sleep(0.001)
    thread.join()
    assert len(ticks) > 5
    assert len(set(ticks)) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_signals_interrupt_and_handlers_may_call():
    def endless(x):
        while x < 2.0:
            x = abs(x) * 0.5
        return x

    made = warm(irad.jit(endless), 3.0)
    got = []

    def handler(*_):
        got.append(made(5.0))
        raise TimeoutError("too late")

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(TimeoutError, match="too late"):
            made(1.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert got == [5.0]
    assert made(4.0) == 4.0


def test_references_are_balanced():
    x, y, z = arrays()
    made, slope = warm(irad.jit(combine), x, y, z), warm(irad.value_and_grad(combine, (0, 1)), x, y, z)
    number = warm(irad.jit(nested), 1.5, 1 << 40)
    objects = (x, y, z, made, slope, x.dtype, made._owners, slope._owners, None, "text")
    gc.collect()
    before = [sys.getrefcount(o) for o in objects]
    for _ in range(1000):
        made(x, y, z)
        slope(x, y, z)
        number(1.5, 1 << 40)
        made(x, x, z)
    gc.collect()
    after = [sys.getrefcount(o) for o in objects]
    assert [a - b for a, b in zip(after, before, strict=True) if abs(a - b) > 50] == []


def test_memory_does_not_grow():
    def f(x):
        return x * 2.0

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    x = np.ones(1 << 19)
    made, slope = warm(irad.jit(f), x), warm(irad.grad(lambda x: x[0] * x[1]), x)
    before = resident()
    for _ in range(60):
        made(x)
        slope(x)
    assert resident() - before < 64 << 20


def test_functions_are_collected():
    def f(x):
        return x * SCALE

    made = warm(irad.jit(f), 2.0)
    alive = weakref.ref(made), weakref.ref(f)
    del made
    gc.collect()
    assert alive[0]() is None
    irad.clear_caches()
    del f
    gc.collect()
    assert alive[1]() is None
    loop = warm(irad.jit(lambda x: x + 1.0), 2.0)
    loop.itself = loop
    alive = weakref.ref(loop)
    del loop
    gc.collect()
    assert alive() is None


def test_a_function_that_goes_while_it_runs():
    held = {}

    def endless(x):
        while x < 2.0:
            x = abs(x) * 0.5
        return x

    held["f"] = warm(irad.jit(endless), 3.0)

    def handler(*_):
        held.clear()
        gc.collect()
        raise TimeoutError

    old = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(TimeoutError):
            held["f"](1.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


DYING = """
import gc, irad, numpy as np
TABLE = np.ones(3)

def f(x):
    return x * SCALE + TABLE[1]

SCALE = 2.0

class Late:
    def __del__(self):
        for _ in range(3):
            try:
                print(self.f(2.0))
            except Exception as error:
                print(type(error).__name__)

class Plain:
    __slots__ = ()
    def __del__(self):
        print("plain", g is None or g(2.0))

def circle():
    late = Late()
    late.f = irad.jit(f)
    late.f.owner = late
    for _ in range(4):
        late.f(2.0)
    late.plain = Plain()

g = irad.jit(f)
for _ in range(4):
    g(2.0)
circle()
irad.clear_caches()
gc.collect()
last = Late()
last.f = g
last.f.owner = last
"""


def test_calls_from_finalisers_and_at_the_end(tmp_path):
    script = tmp_path / "dying.py"
    script.write_text(DYING)
    ran = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env={"PYTHONPATH": "."} | dict(PATH="/usr/bin")
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[:3] == ["5.0"] * 3
    assert "Traceback" not in ran.stderr


def test_objects_stay_what_they_were():
    made = warm(irad.jit(product), 2.0, 3.0)
    assert made.__name__ == "product"
    assert list(inspect.signature(made).parameters) == ["x", "y"]
    assert callable(made)
    assert copy.copy(made)(2.0, 3.0) == 6.0
    assert "product" in repr(made)


@pytest.mark.parametrize("owners", [(), None, 5, ((),), ((None,),), (5,), [1], ((object(),),)])
def test_owners_are_not_trusted(owners):
    made = warm(irad.jit(product), 2.0, 3.0)
    made._owners = owners
    assert made(2.0, 3.0) == 6.0
    del made._owners
    assert made(2.0, 3.0) == 6.0


def test_subclasses_with_a_call_of_their_own():
    class Loud(transforms.Jit):
        def __call__(self, *args):
            return ("loud", super().__call__(*args))

    loud = Loud(product, None)
    for _ in range(3):
        assert loud(2.0, 3.0) == ("loud", 6.0)


# ---------------------------------------------------------------- autodiff

A, C, D = irad.Active, irad.Const, irad.Duplicated


@pytest.fixture
def annotated(monkeypatch):
    """As `general`, for autodiff."""
    from irad.api import autodiff

    calls = []
    prepare = autodiff.prepare

    def counting(*args):
        calls.append(args)
        return prepare(*args)

    monkeypatch.setattr(autodiff, "prepare", counting)
    return calls


def mixed(x, n):
    return x * n, None, [x]


@pytest.mark.parametrize(
    ("mode", "f", "args"),
    [
        (irad.Reverse, newton, (A, A(2.0))),
        (irad.ReverseWithPrimal, newton, (A(2.0),)),
        (irad.Reverse, product, (A, A(2.0), C(3.0))),
        (irad.ReverseWithPrimal, product, (A, C(2.0), A(3))),
        (irad.Reverse, product, (A, A(np.float64(2.0)), 3.0)),
        (irad.Forward, newton, (D(2.0, 1.0),)),
        (irad.Forward, newton, (D, D(2.0, 1))),
        (irad.ForwardWithPrimal, product, (D(2.0, 1.0), C(3.0))),
        (irad.Forward, product, (irad.DuplicatedNoNeed, D(2.0, 1.0), D(3.0, 0.5))),
        (irad.Forward, product, (C, D(2.0, 1.0), 3.0)),
        (irad.ForwardWithPrimal, mixed, (D(2.0, 1.0), 4)),
    ],
)
def test_autodiff_of_numbers(annotated, mode, f, args):
    expected = irad.autodiff(mode, f, *args)
    for _ in range(3):
        irad.autodiff(mode, f, *args)
    answer, quick = is_quick(annotated, irad.autodiff, mode, f, *args)
    assert quick
    same(answer, expected)


def duplicated(seed=0):
    rng = np.random.default_rng(seed)
    return [D(rng.normal(size=4), rng.normal(size=4)) for _ in range(3)]


@pytest.mark.parametrize(
    ("mode", "f", "first"), [(irad.Reverse, combine, (A,)), (irad.Reverse, add_into, (C,)), (irad.ForwardWithPrimal, combine, (D,))]
)
def test_autodiff_of_arrays(annotated, mode, f, first):
    fresh = irad.jit(lambda *args: f(*args)).__wrapped__
    for _ in range(3):
        irad.autodiff(mode, f, *first, *duplicated())
    quickly, generally = duplicated(1), duplicated(1)
    answer, quick = is_quick(annotated, irad.autodiff, mode, f, *first, *quickly)
    assert quick
    same(answer, irad.autodiff(mode, fresh, *first, *generally))
    for a, b in zip(quickly, generally, strict=True):
        np.testing.assert_array_equal(a.val, b.val)
        np.testing.assert_array_equal(a.dval, b.dval)


def test_autodiff_checks_shadows():
    for _ in range(3):
        irad.autodiff(irad.Reverse, combine, A, *duplicated())
    x, y, z = duplicated()
    memory, shadow = np.arange(8.0), np.zeros(8)
    for bad, reason in [
        ((D(x.val, x.val), y, z), "overlaps it"),
        ((D(x.val, y.val), y, z), "overlaps"),
        ((D(x.val, y.dval), y, z), "do not overlap as"),
        ((D(x.val, np.broadcast_to(0.0, 4)), y, z), "read-only"),
    ]:
        with pytest.raises(ValueError, match=reason):
            irad.autodiff(irad.Reverse, combine, A, *bad)
    tied = D(memory[:4], shadow[:4]), D(memory[2:6], shadow[2:6]), z
    irad.autodiff(irad.Reverse, combine, A, *tied)
    assert shadow[:2] == pytest.approx(memory[2:4] * z.val[:2])
    first = D(x.val.copy(), np.zeros(4))
    first.dval.resize(3, refcheck=False)
    with pytest.raises(ValueError, match="has shape"):
        irad.autodiff(irad.Reverse, combine, A, first, y, z)


def test_autodiff_keeps_no_function_alive():
    def f(x):
        return x * SCALE

    for _ in range(4):
        irad.autodiff(irad.Reverse, f, A, A(2.0))
    alive = weakref.ref(f)
    del f
    gc.collect()
    assert alive() is None


def test_autodiff_notices_what_is_rebound(annotated, monkeypatch):
    def f(x):
        return x * SCALE

    for _ in range(3):
        irad.autodiff(irad.Reverse, f, A, A(2.0))
    assert is_quick(annotated, irad.autodiff, irad.Reverse, f, A, A(5.0)) == (((2.0,),), True)
    monkeypatch.setitem(globals(), "SCALE", 7.0)
    assert irad.autodiff(irad.Reverse, f, A, A(2.0)) == ((7.0,),)
    f.__code__ = (lambda x: x * x).__code__
    assert irad.autodiff(irad.Reverse, f, A, A(2.0)) == ((4.0,),)


# ---------------------------------------------------------------- what calls share


def test_transforms_of_one_function_share_what_is_known(general):
    def f(x, y):
        return x * y * SCALE

    first, second = irad.grad(f), warm(irad.grad(f), 2.0, 3.0)
    assert is_quick(general, irad.grad(f), 4.0, 5.0) == (10.0, True)
    assert is_quick(general, first, 4.0, 5.0) == (10.0, False)
    assert is_quick(general, first, 4.0, 5.0) == (10.0, True)
    warm(second, 2, 3)
    first(2, 3)
    assert is_quick(general, first, 2, 3) == (6.0, True)
    assert is_quick(general, irad.grad(f, (0,)), 4.0, 5.0) == ((10.0,), False)
    assert is_quick(general, irad.grad(f, 1), 4.0, 5.0) == (8.0, False)
    assert is_quick(general, irad.value_and_grad(f), 4.0, 5.0) == ((40.0, 10.0), False)
    irad.clear_caches()
    assert is_quick(general, irad.grad(f), 4.0, 5.0) == (10.0, False)


def test_a_transform_whose_wrapped_function_is_replaced_shares_nothing():
    def f(x):
        return 2.0 * x

    def g(x):
        return 3.0 * x

    changed = irad.jit(f)
    changed.__wrapped__ = g
    for _ in range(4):
        changed(1.0)
    other = irad.jit(f)
    for _ in range(4):
        assert other(1.0) == 2.0
    del f
    gc.collect()
    assert other(1.0) == 2.0
    other.__wrapped__ = g
    gc.collect()
    assert other(1.0) in (2.0, 3.0)


def test_functions_go_with_their_last_transform():
    def f(x):
        return x * SCALE

    for _ in range(4):
        irad.grad(f)(2.0)
    alive = weakref.ref(f)
    del f
    gc.collect()
    assert alive() is None
