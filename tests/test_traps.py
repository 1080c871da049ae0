"""Small functions on which a natural implementation of tracing, optimisation or differentiation goes wrong; each docstring says how.

The right answers come from plain Python and from dual numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import irad
from tests.checks import (
    Case,
    case_of,
    check_error,
    check_forward,
    check_interpreted_gradient,
    check_interpreter,
    check_primal,
    check_reverse,
    check_second_order,
)
from tests.random_programs import Argument, Program

TRAPS: list[Trap] = []


@dataclass(frozen=True)
class Trap:
    """A function, its arguments, and whether second derivatives are checked (not at kinks)."""

    function: Callable[..., Any]
    program: Program
    smooth: bool


@dataclass(frozen=True)
class array:
    """An active array; `of` is the position of an earlier array whose memory it is a view of."""

    values: Any = None
    view: str = ""
    of: int = -1


@dataclass(frozen=True)
class number:
    """An active number."""

    value: float


def trap(*args: Any, smooth: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function with its arguments; what is neither `array` nor `number` is Const."""
    buffers: list[np.ndarray] = []
    arguments: list[Argument] = []
    for a in args:
        if isinstance(a, array) and a.of >= 0:
            arguments.append(Argument(buffer=arguments[a.of].buffer, view=a.view, active=True))
        elif isinstance(a, array | np.ndarray):
            values = np.array(a.values, float) if isinstance(a, array) else a
            buffers.append(values)
            arguments.append(Argument(buffer=len(buffers) - 1, view=a.view if isinstance(a, array) else "", active=isinstance(a, array)))
        else:
            arguments.append(Argument(a.value, active=True) if isinstance(a, number) else Argument(a))
    shadows = tuple(0.5 - 0.75 * np.arange(b.size, dtype=float).reshape(b.shape) % 2.0 for b in buffers)
    program = Program("", tuple(buffers), shadows, tuple(arguments))

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        TRAPS.append(Trap(function, program, smooth))
        return function

    return add


INDICES = np.array([2, 0, 3, 1])


# ------------------------------------------------------------------ what must not run, or must not count


@trap(array([0.0, 2.0, 0.0, 0.5]), smooth=False)
def guarded_logarithm(x):
    """The log of an element that its test excludes: as a select, 1/0 times a zero adjoint is NaN."""
    s = 0.0
    for i in range(len(x)):
        if x[i] > 0.0:
            s += x[i] * math.log(x[i])
    return s


@trap(number(0.0), number(1.5), 0)
def division_in_a_loop_that_never_runs(x, y, n):
    """The quotient does not change in the loop, so it looks as if it could be computed before."""
    s = y
    while n > 0:
        s += y / x
        n -= 1
    return s * y


@trap(number(0.0), array([1.0, 2.0]), 2)
def run_time_exponent(x, a, n):
    """k * x**(k-1) at x = 0 and k = 0 is 0 * inf; x**0 is the constant 1."""
    s = 0.0
    for k in range(n):
        s += a[k] * x**k
    return s


@trap(number(1.0), number(-0.5), smooth=False)
def arcsine_at_its_end(x, y):
    """The slope of asin is infinite at 1, where the branch is not taken."""
    return math.asin(y) * y if y * x < 0.0 else math.asin(x)


@trap(array([-1.5, 0.0, 2.0]), smooth=False)
def absolute_values(x):
    """The slope at 0 is 0, neither 1 nor NaN."""
    s = 0.0
    for v in x:
        s += abs(v) * 2.0
    return s


@trap(array([1.0, 3.0, 3.0, 2.0]), np.array([1.0, 10.0, 100.0, 1000.0]), smooth=False)
def first_of_two_maxima(x, w):
    """With a strict test the first of two equal elements stays; its derivative must go to that one."""
    best = x[0]
    weight = w[0]
    for i in range(1, len(x)):
        if x[i] > best:
            best = x[i]
            weight = w[i]
    return best * weight


@trap(array([2.0, 5.0, 1.0]), np.array([4.0, np.nan, 3.0]))
def smallest_that_is_a_number(x, key):
    """A comparison with NaN is false either way round: negating it in place of swapping the branches takes the other one."""
    low, at = math.inf, 0
    for i in range(len(key)):
        if not key[i] >= low:
            if key[i] == key[i]:
                low, at = key[i], i
    return x[at] * x[at] + low


@trap(number(0.3), 3)
def walk_that_stops_at_once(x, n):
    """The else of a loop belongs to the loop, not to the break's test; it runs when the loop ran to its end."""
    s = x
    for i in range(n):
        s = s * (1.0 + x)
        if s > 10.0:
            break
    else:
        s = s * s
    return s + x


# ------------------------------------------------------------------ memory that is written


@trap(array([0.4, 1.1, -0.3, 0.8]), INDICES.copy())
def chased_pointers(x, following):
    """Indices are read, used and overwritten in one go; the reverse sweep needs those that were."""
    s, j = 0.0, 0
    for _ in range(len(x)):
        s = s * x[j] + x[j]
        ahead = following[j]
        following[j] = 0
        j = ahead
    return s


@trap(array([0.3, -1.2, 0.7, 1.9, 0.2]))
def reversed_in_place(x):
    """Both elements of an exchange are read before either is written."""
    i, j = 0, len(x) - 1
    while i < j:
        x[i], x[j] = x[j] * 2.0, x[i] * x[j]
        i += 1
        j -= 1
    return x[0] * x[1] - x[3]


@trap(array([3.0, 1.0, 2.5, 0.5]), smooth=False)
def bubbles(x):
    """Which elements change places is data; a flag ends the outer loop."""
    moved = True
    while moved:
        moved = False
        for i in range(len(x) - 1):
            if x[i] > x[i + 1]:
                x[i], x[i + 1] = x[i + 1], x[i]
                moved = True
    return x[0] * 1.0 + x[1] * x[1] + x[3] * x[2]


@trap(array([1.0, 2.0, 3.0]), True)
def alias_or_copy(x, same):
    """Whether a name is the array or a copy of it is known at run time only; so is which memory the store reaches."""
    y = x if same else x.copy()
    y[0] = y[1] * y[2]
    return x[0] * y[0] + x[1]


@trap(array([1.0, 2.0, 3.0]), False)
def alias_or_copy_the_other_way(x, same):
    """As `alias_or_copy`, on the path of the copy."""
    y = x if same else x.copy()
    y[0] = y[1] * y[2]
    return x[0] * y[0] + x[1]


@trap(array([0.5, 1.5, -0.5]))
def rebound_or_updated(x):
    """`y = y * 2` makes a new array, `y *= 2` writes the old one."""
    y = x
    y = y * 2.0
    y[0] = 7.0
    z = x
    z *= 3.0
    return np.sum(x * y) + x[0]


@trap(array([1.2, 0.7]), 4)
def squared_over_and_over(x, n):
    """Every store needs the value before it, though only the last is left in memory."""
    for _ in range(n):
        x[0] = x[0] * x[0] * 0.9
        x[1] = x[0] + x[1] * x[1] * 0.3
    return x[0] * x[1]


@trap(array([0.9, 0.4, 1.3, 0.2]))
def sums_so_far(x):
    """A scan in place: the array that is read is the array that was just written."""
    s = 0.0
    for i in range(len(x)):
        s += x[i]
        x[i] = s * s
    return x[3] * x[1]


@trap(array([0.9, -0.4, 1.3, -0.2]), smooth=False)
def stored_now_and_then(x):
    """The shadow of an element is taken only where the store ran."""
    for i in range(len(x)):
        if x[i] < 0.0:
            x[i] = 2.0
        elif i == 2:
            continue
        x[i] *= x[0]
    return np.sum(x * x)


@trap(array([0.9, -0.4, 1.3]))
def element_under_the_iterator(x):
    """Iterating over an array reads it as it is by then."""
    s = 0.0
    for v in x:
        x[2] = x[2] + v
        s += v * v
    return s


@trap(array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
def rows_are_views(m):
    """What comes from iterating over a matrix are its rows, not copies."""
    s = 0.0
    for row in m:
        row[0] = row[0] * row[1]
        s += row[0]
    return s + m[0, 0] * m[2, 0]


@trap(array([1.0, 2.0, 0.5]))
def order_of_assignments(x):
    """Targets are assigned from left to right, and an index is looked up when its turn comes."""
    i = 0
    i, x[i] = 1, x[1] * 5.0
    x[0] = x[2] = s = x[0] * x[1]
    return s * x[0] * x[1] + x[2]


def _bump(x):
    x[0] = x[0] * 3.0
    return x[0] * x[1]


@trap(array([1.5, 2.0]))
def operand_read_before_the_call(x):
    """In `x[0] += f(x)` the element is read first, and f writes it."""
    x[0] += _bump(x)
    s = x[0] * _bump(x) + x[0]
    return s


# ------------------------------------------------------------------ views and overlap


@trap(array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]))
def views_of_views(x):
    """Offsets and negative strides of a view's view, written through."""
    y = x[::-1][1::2]
    y[1] = y[0] * y[2]
    z = y[::-1]
    z[0] *= 2.0
    return x[1] * x[3] + x[5] * z[1]


@trap(array([[1.0, 2.0, 0.5], [3.0, 4.0, 1.5], [5.0, 6.0, 2.5]]))
def diagonal_by_stride(m):
    """A view with a stride of more than a row, and a transposed one, both written."""
    d = m.reshape(-1)[::4]
    d *= 2.0
    m.T[0, 1] = d[2] * m[0, 1]
    return m[0, 0] * m[1, 1] * m[2, 2] + m[1, 0]


@trap(array([1.0, 2.0, 3.0, 4.0]))
def windows_that_overlap(x):
    """Two views of one array, one shifted: element by element is not all at once."""
    a, b = x[:3], x[1:]
    for i in range(3):
        a[i] = b[i] * a[i]
        b[i] += a[i]
    return x[0] * x[3] + x[2]


@trap(array([1.0, 2.0, 3.0, 4.0]))
def shifted_product(x):
    """All of the right-hand side is computed before anything is stored."""
    x[:-1] = x[1:] * x[:-1]
    x[1:] -= x[:-1] * x[0]
    return x[0] * x[1] + x[2] * x[3]


@trap(array([0.5, 1.5, 2.5, 3.5, 4.5], "[:4]"), array(view="[2:]", of=0))
def arguments_that_overlap(x, y):
    """Two arguments share part of their memory: no code that assumes otherwise may run, and the shadows overlap as well."""
    for i in range(3):
        x[i] = x[i] * y[i]
        y[i] = y[i] + x[i + 1] * 0.5
    return x[0] * x[2] + y[0] * y[2]


@trap(array([0.5, 1.5, 2.5]), array(view="[::-1]", of=0))
def argument_and_its_mirror(x, y):
    """The same memory forwards and backwards."""
    for i in range(3):
        y[i] = x[i] * 2.0 + y[i] * x[1]
    return x[0] - y[0] * x[1]


@trap(array([0.5, 1.5, 2.5]), array(of=0), array([1.0, -1.0, 0.5]))
def argument_passed_twice(x, y, z):
    """Read-only in one place, written in another: a store through y changes what x reads."""
    s = 0.0
    for i in range(2):
        a = x[i + 1]
        y[i + 1] = z[i] * x[i]
        s += a * x[i + 1]
    return s


def _add_twice(x, y):
    for i in range(len(x)):
        x[i] += y[i]
    for i in range(len(x)):
        y[i] *= x[i]


@trap(array([0.5, 1.5, 2.5]), array([2.0, 0.3, 1.0]))
def helper_called_with_one_array_twice(x, y):
    """The helper's arguments are apart in one call and the same in the other."""
    _add_twice(x, y)
    _add_twice(y, y)
    _add_twice(x[1:], x[:-1])
    return np.sum(x * y)


def _longer(x, y):
    return x if len(x) > len(y) else y


@trap(array([0.5, 1.5, 2.5]), array([2.0, 0.3]), 2)
def helper_returns_one_of_its_arguments(x, y, n):
    """Which array a call hands back is known at run time; the write goes into the argument."""
    z = _longer(x[n:], y)
    z[0] = z[0] * z[1]
    _longer(x, y)[1] *= 2.0
    return x[0] * x[1] + y[0] * x[2]


@trap(array([0.5, 1.5, 2.5, 1.0, 0.2]))
def tournament(x):
    """A view that becomes shorter with every trip: its descriptor is what the loop carries."""
    while len(x) > 1:
        m = len(x) // 2
        for i in range(m):
            x[i] = x[i] * x[len(x) - 1 - i] + 0.1
        x = x[: len(x) - m]
    return x[0]


@trap(array([0.5, 1.5, 2.5, 1.0]), 3)
def view_that_wanders(x, n):
    """The window moves while it is written."""
    v = x[0:2]
    for k in range(n):
        v = x[k : k + 2]
        v[1] = v[0] * v[1]
    return v[1] + v[0]


@trap(array([0.5, 1.5, 2.5]), array([1.0, 0.25, 2.0]), 5)
def three_buffers_in_turn(x, y, n):
    """Three arrays rotate, one of them local; the shadows must rotate with them."""
    z = np.zeros(3)
    for k in range(n):
        for i in range(3):
            z[i] = x[i] * 0.5 + y[(i + k) % 3] * x[0] * 0.25
        x, y, z = y, z, x
    return x[0] + y[1] * z[2]


# ------------------------------------------------------------------ local arrays


@trap(array([0.5, 1.5, 2.5]), 4)
def made_in_one_trip_read_in_the_next(x, n):
    """An array allocated in the body lives on as `last`; its shadow must live as long."""
    last = x.copy()
    for k in range(n):
        new = np.empty(3)
        for i in range(3):
            new[i] = last[i] * last[(i + 1) % 3] * 0.5
        last = new
    return last[0] + last[1] * last[2]


@trap(array([0.5, 1.5, 2.5]), 3)
def two_generations(x, n):
    """The arrays of this trip and of the one before, of different lengths."""
    a = np.ones(1)
    s = 0.0
    for k in range(n):
        b = np.zeros(k + 2)
        for i in range(k + 2):
            b[i] = x[i % 3] * a[i % len(a)]
        s += b[k] * a[0]
        a = b
    return s + a[len(a) - 1]


@trap(array([0.5, 1.5, 2.5]), 4)
def scratch_filled_in_part(x, n):
    """Scratch from outside the loop keeps what earlier trips left in it."""
    w = np.ones(4)
    s = 0.0
    for k in range(n):
        w[k] = x[k % 3] * w[k - 1]
        s += w[0] * w[k] + w[3]
    return s


@trap(array([0.5, 1.5, 2.5]), 2)
def scratch_born_again(x, n):
    """Memory that a trip gets anew holds zeros again, and so does its shadow."""
    s = 0.0
    for k in range(n + 1):
        w = np.zeros(3)
        w[k] = x[k] * x[0]
        s += w[0] * 2.0 + w[1] * w[2] + w[k] * w[k]
    return s


@trap(array([0.5, 1.5]), 0)
def array_of_length_zero(x, n):
    """Nothing in it, but it is carried and summed all the same."""
    empty = np.zeros(n)
    for k in range(2):
        for v in empty:
            x[0] = v
        empty = empty * 2.0
    return np.sum(empty) + x[0] * x[1]


@trap(array([1.5, 0.2, -0.4, 2.0, 0.3, 1.8, 0.1, 0.6, 2.5], ""), array([1.0, 2.0, 3.0]))
def elimination_with_pivots(a, b):
    """Rows are exchanged depending on the data while the matrix is overwritten, in triangular loops."""
    m = a.reshape(3, 3)
    for k in range(3):
        p = k
        for i in range(k + 1, 3):
            if abs(m[i, k]) > abs(m[p, k]):
                p = i
        if p != k:
            for j in range(3):
                m[k, j], m[p, j] = m[p, j], m[k, j]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, 3):
            f = m[i, k] / m[k, k]
            for j in range(k, 3):
                m[i, j] -= f * m[k, j]
            b[i] -= f * b[k]
    for k in range(2, -1, -1):
        for j in range(k + 1, 3):
            b[k] -= m[k, j] * b[j]
        b[k] /= m[k, k]
    return b[0] * b[1] + b[2]


@trap(array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]))
def cholesky(a):
    """Only one triangle is written and read; the adjoint must leave the other alone."""
    n = len(a)
    for j in range(n):
        for k in range(j):
            for i in range(j, n):
                a[i, j] -= a[i, k] * a[j, k]
        d = math.sqrt(a[j, j])
        for i in range(j, n):
            a[i, j] /= d
    s = 0.0
    for i in range(n):
        s += math.log(a[i, i]) + a[i, 0]
    return s


# ------------------------------------------------------------------ loops, exits, recursion


@trap(array([1.3, 0.4, 0.7]), 3)
def counter_changed_inside(x, n):
    """Assigning the counter does not move the loop, and it is there afterwards."""
    s = 0.0
    for i in range(n):
        s += x[i]
        i = i * 2
        s *= 1.0 + x[i % 3]
    return s * x[i % 3]


@trap(array([1.3, 0.4, 0.7, 0.9, 1.1]))
def horner_downwards(x):
    """A loop that counts down in steps of two."""
    s = 0.0
    for i in range(len(x) - 1, 0, -2):
        s = s * 0.5 + x[i] * x[i - 1]
    return s


@trap(array([2.6, 0.4]), smooth=False)
def bound_from_a_float(x):
    """The number of trips comes from an active value, but has no derivative."""
    s = 1.0
    for i in range(int(x[0])):
        s *= x[0] * x[1] + i
    return s


@trap(array([1.3, -0.4, 0.7, -2.0, 0.5]), smooth=False)
def left_from_the_inner_loop(x):
    """A return out of a while in a for, with writes behind it that count and others that do not."""
    for i in range(5):
        t = x[i] * 2.0
        while t > 0.5:
            t = t * t * 0.4
            x[0] += t
            if x[0] > 1.9:
                return x[0] * t
        x[i] = t
    return x[4]


@trap(number(0.8), smooth=False)
def middle_exit(x):
    """The exit is between two halves of the body; the first half runs once more."""
    s, k = 0.0, 0
    while True:
        s += x * (k + 1)
        if s > 4.0 or k > 6:
            break
        k += 1
        s *= x + 0.5
    return s * x


@trap(array([0.3, 0.9, 0.5, 0.2]), np.array([0, 0, 2, 2, 4]))
def empty_rows(x, starts):
    """Rows of a sparse matrix may be empty, the first and the last ones too."""
    s = 1.0
    for r in range(len(starts) - 1):
        t = 1.0
        for k in range(starts[r], starts[r + 1]):
            t *= 1.0 + x[k]
        s = s * t + t
    return s


@trap(array([0.3, 0.9, 0.5]), 4)
def unused_trips_last(x, n):
    """The value of the last trip is what is used; the others have no derivative."""
    t = x[0]
    for i in range(n):
        t = x[i % 3] * (i + 1.0)
    return t * t


def _even(x, n):
    return x if n == 0 else x * _odd(x + 0.1, n - 1)


def _odd(x, n):
    return 1.0 if n == 0 else math.sin(_even(x, n - 1)) + x


@trap(number(0.7), 5)
def mutual_recursion(x, n):
    """Two functions that need each other's result type."""
    return _even(x, n)


def _fibonacci(x, n):
    if n < 2:
        return x if n else 1.0
    return _fibonacci(x, n - 1) * x + _fibonacci(x, n - 2)


@trap(number(0.7), 6)
def two_calls_of_itself(x, n):
    """The second call's tape lies on the first's, and is read back in the other order."""
    return _fibonacci(x, n)


def _sift(x, lo, hi):
    if hi - lo < 2:
        return 1.0, x[lo] if hi > lo else 0.5
    mid = (lo + hi) // 2
    a, b = _sift(x, lo, mid)
    c, d = _sift(x, mid, hi)
    x[lo] = b * d
    return a * d + c, b - x[mid] * a


@trap(array([0.5, 1.5, 2.5, 0.2, 0.7]))
def recursion_with_two_results(x):
    """A tuple comes back from recursion on an array that every level writes."""
    a, b = _sift(x, 0, len(x))
    return a * b + x[0]


# ------------------------------------------------------------------ state that tracing must see


class Pair:
    """Two arrays and a number."""

    def __init__(self, u, v):
        self.u, self.v = u, v
        self.t = 0.0

    def swap(self):
        self.u, self.v = self.v, self.u

    def advance(self, c):
        for i in range(len(self.u)):
            self.v[i] = self.u[i] * c + self.t
        self.t += self.v[0]
        self.swap()


@trap(array([0.5, 1.5]), number(0.8), 3)
def object_whose_arrays_change_places(x, c, n):
    """Attributes hold arrays that a method exchanges in every trip."""
    p = Pair(x, x.copy())
    for _ in range(n):
        p.advance(c)
    return p.u[0] * p.v[1] + p.t


@trap(array([0.5, 1.5]), 3)
def dict_whose_arrays_change_places(x, n):
    """The same with the entries of a dict."""
    d = {"now": x, "next": np.zeros(2), "k": 1.0}
    for _ in range(n):
        for i in range(2):
            d["next"][i] = d["now"][1 - i] * d["k"]
        d["now"], d["next"] = d["next"], d["now"]
        d["k"] *= 1.1
    return d["now"][0] * d["k"] + x[1]


@trap(array([0.5, 1.5, -0.7, 0.9]), smooth=False)
def list_that_grows_now_and_then(x):
    """How long the list is depends on the data; it is read from its end."""
    kept = []
    for i in range(len(x)):
        if x[i] > 0.0:
            kept.append(x[i] * x[0])
            for j in range(i):
                kept.append(x[j] * 0.5)
    s = 0.0
    for k in range(len(kept)):
        s = s * 0.5 + kept[len(kept) - 1 - k]
    return s


@trap(number(0.7), number(2.0))
def closure_looks_when_it_is_called(a, x):
    """A cell is read when the function runs, not when it is made."""

    def g(y):
        return a * y

    first = g(x)
    a = x * x
    return first * g(a)


@trap(number(0.7), 3)
def default_taken_once(x, n):
    """A default is evaluated where the function is defined."""
    t = x

    def g(y, scale=t):
        return y * scale

    for _ in range(n):
        t = g(t) + t
    return t


@trap(array([0.6, 1.4]), np.array([True, False, True, False]))
def flags_that_toggle(x, flags):
    """Booleans in memory decide, and are overwritten."""
    s = 0.0
    for i in range(4):
        if flags[i]:
            s += x[0] * x[0]
            flags[i] = False
        else:
            s *= x[1]
            flags[i - 1] = True
    return s if flags[3] else s * x[1]


@trap(number(-7.5), number(2.0), smooth=False)
def integer_parts(x, y):
    """int() goes towards zero, // goes down; neither has a derivative, what is left has."""
    return (x - int(x)) * y + (x // y) * x + (x - x // y * y) * math.floor(x)


@trap(array([0.6, 1.4, 2.0]), 2)
def counts_as_weights(x, n):
    """An int that grows beside the floats; it is not differentiated, but its values are needed."""
    k, s = 1, 0
    for i in range(3):
        for _ in range(n):
            k += i
            s += k * x[i] * x[i]
    return s / k


@trap(number(0.7), number(0.0), smooth=False)
def chained_comparison(x, y):
    """The middle operand is computed once, and the last one only if the first comparison held."""
    values = [0.2, 0.9]
    n = 0
    if 0.1 < x < values[n] + 1.0 and (y == 0.0 or x / y > 1.0):
        return x * x + y
    return y


@trap(array([0.6, 1.4, 2.0]))
def number_that_was_an_int(x):
    """The variable is an int before the loop and if the loop is empty, a float otherwise."""
    m = 0
    for i in range(1, len(x)):
        m = m + x[i] if i % 2 else m * x[0]
    return m / 2


# ------------------------------------------------------------------ faults


@trap(array([1.0, 2.0, 3.0]), np.array([1, 2, 7]))
def index_out_of_range_behind_writes(x, where):
    """What was written before the fault stays written, as in Python; shadows are untouched."""
    s = 0.0
    for i in range(3):
        x[i] = x[i] * 2.0
        s += x[where[i]]
    return s


@trap(array([1.0, 2.0, 3.0]), 0)
def variable_never_assigned(x, n):
    """The loop that assigns the variable does not run."""
    for i in range(n):
        t = x[i]
    return t * x[0]


@trap(array([1.0, 2.0, 3.0]), 2)
def integer_division_by_zero(x, d):
    """An integer division by zero raises; a float division would not."""
    s = 0.0
    for i in range(3):
        s += x[i] * (6 // (d - i))
    return s


def _checked(x, limit):
    assert x < limit, "too large"
    return x * x


@trap(array([1.0, 2.0, 3.0]))
def assertion_in_a_helper(x):
    """The assertion of an inlined function fails in the middle of a loop."""
    s = 0.0
    for i in range(3):
        s = _checked(s + x[i], 5.0)
    return s


@trap(array([1.0, 2.0, 3.0]))
def negative_index_too_far(x):
    """-3 is the first element of three, -4 is none."""
    s = 0.0
    for k in range(1, 5):
        s += x[-k] * x[-k]
    return s


# ------------------------------------------------------------------ the checks

EVERY = pytest.mark.parametrize("trap", TRAPS, ids=[t.function.__name__ for t in TRAPS])
FAULTS = (IndexError, NameError, ZeroDivisionError, AssertionError)


def case(trap: Trap) -> Case:
    try:
        made = case_of(trap.program, trap.function, nearest_kink=0.0)
    except FAULTS:
        pytest.skip("raises")
    assert made is not None
    return made


@EVERY
def test_native(trap):
    check_primal(case(trap))


@EVERY
@pytest.mark.parametrize("options", [{}, {"ad_stage": "early"}, {"opt_level": 0}, {"bounds_check": False}], ids=str)
def test_reverse(trap, options):
    check_reverse(case(trap), **options)


@EVERY
@pytest.mark.parametrize("options", [{}, {"ad_stage": "early"}], ids=str)
def test_forward(trap, options):
    check_forward(case(trap), **options)


@EVERY
def test_interpreter(trap):
    check_interpreter(case(trap))
    check_interpreted_gradient(case(trap))


@pytest.mark.parametrize("trap", [t for t in TRAPS if t.smooth], ids=[t.function.__name__ for t in TRAPS if t.smooth])
def test_second_order(trap):
    check_second_order(case(trap))


@EVERY
def test_error(trap):
    try:
        trap.function(*trap.program.args())
    except FAULTS as error:
        check_error(trap.program, trap.function, error)
    else:
        pytest.skip("does not raise")


def test_every_trap_says_what_it_is():
    assert len(TRAPS) > 60
    assert all(t.function.__doc__ for t in TRAPS)


def test_bottomless_recursion_is_an_exception():
    def down(x, n):
        return down(x * 0.5, n + 1) + x if n >= 0 else x

    with pytest.raises(RecursionError):
        irad.grad(down)(1.0, 0)
