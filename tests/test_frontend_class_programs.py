"""Programs of accumulators, intervals, polynomials, pipelines, trees and queues: values and gradients."""

from __future__ import annotations

import contextlib
import functools

import numpy as np
import pytest
from frontend_control import check_slopes, name_of


class Layer:
    def __init__(self, w):
        self.w = w
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return max(0.1 * x, self.w * x - 1.0)


class Accumulator:
    def __init__(self):
        self.total = 0.0

    def __iadd__(self, x):
        if x > 1.0:
            self.total += x
        else:
            self.total -= x * x
        return self

    def __lshift__(self, x):
        self.total += 2 * x
        return self


class Holder:
    def __init__(self):
        self.inner = Accumulator()
        self.all = {"a": self.inner, "b": Accumulator()}


def nested_accumulators(x, n):
    holder = Holder()
    for i in range(n):
        holder.inner += x * i
        holder.all["b"] += x
        holder.inner << x << 1.0
    return holder.all["a"].total * holder.all["b"].total


class Interval:
    def __init__(self, lower, upper):
        self.lower, self.upper = lower, upper

    def __contains__(self, x):
        return self.lower <= x <= self.upper

    def __and__(self, o):
        return Interval(max(self.lower, o.lower), min(self.upper, o.upper))

    def __or__(self, o):
        return Interval(min(self.lower, o.lower), max(self.upper, o.upper))

    def __invert__(self):
        return Interval(-self.upper, -self.lower)

    def __round__(self, digits=0):
        return self.upper - self.lower


def intervals(x, n):
    window = Interval(-1.0, x)
    s = 0.0
    for i in range(n):
        window = (window | Interval(0.0, x * i)) & ~Interval(-3.0 * x, 1.0)
        if x in window and i not in Interval(0.5, 1.5):
            s += window.upper * x
        s += round(window)
    return s


class Polynomial:
    def __init__(self, *coefficients):
        self.coefficients = list(coefficients)

    def __call__(self, x):
        y = 0.0
        for c in reversed(self.coefficients):
            y = y * x + c
        return y

    def __mul__(self, o):
        out = [0.0] * (len(self) + len(o) - 1)
        for i, a in enumerate(self.coefficients):
            for j, b in enumerate(o.coefficients):
                out[i + j] += a * b
        return Polynomial(*out)

    def __len__(self):
        return len(self.coefficients)

    def __setitem__(self, k, value):
        self.coefficients[k] = value

    def __getitem__(self, k):
        return self.coefficients[k]


def polynomials(x, n):
    p = Polynomial(x, 1.0, 0.5)
    s = 0.0
    for i in range(n):
        q = p * Polynomial(1.0, x)
        q[1] += x
        p[0] = p[0] * 0.5 + q[-1]
        s += q(0.3) + p(x) + len(q)
    return s


class Meta:
    def __new__(cls, x):
        made = super().__new__(cls)
        made.tag = x * 2
        return made

    def __init__(self, x):
        self.x = x if x < 2 else 2.0


def made_by_new(x, n):
    s = 0.0
    for i in range(n):
        m = Meta(x + i)
        s += m.tag * m.x
    return s


@functools.total_ordering
class Grade:
    def __init__(self, v):
        self.v = v

    def __eq__(self, o):
        return self.v == o.v

    def __lt__(self, o):
        return self.v < o.v


def ordered(x, n):
    s = 0.0
    for i in range(n):
        a, b = Grade(x), Grade(i * 0.7)
        if a < b:
            s += x * x
        if a > b or a != b:
            s += x
        s += min(a, b).v * max([a, b, a]).v
    return s


class Matrix:
    __array_ufunc__ = None

    def __init__(self, data):
        self.data = data

    def __matmul__(self, o):
        return self.data @ o

    def __rmul__(self, o):
        return o * self.data[0, 0]

    def __getitem__(self, ij):
        return self.data[ij]

    def __setitem__(self, ij, v):
        self.data[ij] = v


def matrices(x, n):
    m = Matrix(np.array([[1.0, 2.0], [3.0, 4.0]]) * x)
    v = np.array([x, 1.0])
    for i in range(n):
        m[0, 1] += x
        v = (m @ v) / 10.0 + v * m
        m[1, :] = v
    return np.sum(v) + m[1, 0]


class Pipeline:
    def __init__(self):
        self.steps = []

    def then(self, f):
        self.steps.append(f)
        return self

    def __rshift__(self, f):
        return self.then(f)

    def run(self, x):
        return functools.reduce(lambda v, f: f(v), self.steps, x)


def pipelines(x, n):
    s = 0.0
    for i in range(n):
        s += (Pipeline() >> (lambda v: v * x) >> Layer(2.0) >> Polynomial(1.0, 1.0)).run(x + i)
    return s


@contextlib.contextmanager
def scaled_by(holder, k):
    old = holder.total
    holder.total = holder.total * k
    yield holder
    holder.total += old


def managed(x, n):
    a = Accumulator()
    a.total = x
    s = 0.0
    for i in range(n):
        with scaled_by(a, 0.5) as b, scaled_by(b, x) as c:
            c += x
            s += c.total * i
    return s + a.total


class Grid:
    def __init__(self, rows):
        self.rows = rows

    def cells(self):
        for i, row in enumerate(self.rows):
            for j, v in enumerate(row):
                if (i + j) % 2:
                    continue
                yield i, j, v


def checkerboard(x, n):
    grid = Grid([[x, 2.0], [3.0, x * x]])
    s = 0.0
    for k in range(n):
        for i, j, v in grid.cells():
            s += v * (i + 1) * (j + k)
    return s


class Temperature:
    def __init__(self, celsius):
        self._celsius = celsius

    @property
    def fahrenheit(self):
        return self._celsius * 9 / 5 + 32

    @fahrenheit.setter
    def fahrenheit(self, value):
        if value < -459.67:
            value = -459.67
        self._celsius = (value - 32) * 5 / 9


def temperatures(x, n):
    t = Temperature(x)
    for _ in range(n):
        t.fahrenheit *= 0.9
        t.fahrenheit -= x
    return t.fahrenheit


class Node:
    def __init__(self, value, *children):
        self.value, self.children = value, children

    def total(self):
        return self.value + sum(child.total() for child in self.children)

    def __iter__(self):
        yield self
        for child in self.children:
            yield from child


def trees(x, n):
    tree = Node(x, Node(2.0, Node(x * x)), Node(3.0))
    s = 0.0
    for _ in range(n):
        s += tree.total()
        for node in tree:
            node.value = node.value * 0.5 + x
    return s


class Queue:
    def __init__(self):
        self.items = []

    def __bool__(self):
        return len(self.items) > 0

    def push(self, x):
        self.items.append(x)

    def pop(self):
        return self.items.pop()


def queues(x, n):
    q = Queue()
    s = 0.0
    for i in range(n):
        q.push(x * i)
        if i % 2:
            q.push(x)
    while q:
        s = s * 0.9 + q.pop()
    return s


class Random:
    """A linear congruential generator."""

    def __init__(self, seed):
        self.state = seed

    def __iter__(self):
        return self

    def __next__(self):
        self.state = (self.state * 1103515245 + 12345) % 2147483648
        return self.state / 2147483648.0


def random_walk(x, n):
    numbers = Random(42)
    y = x
    for _ in range(n):
        y += x * next(numbers)
        if next(numbers) > 0.5:
            y *= 0.9
    return y


class Units(float):
    def __add__(self, o):
        return Units(float(self) + 1.0)


class Point(tuple):
    def __add__(self, o):
        return Point(a + b for a, b in zip(self, o, strict=True))

    def __mul__(self, k):
        return Point(a * k for a in self)


def tuples_with_operators(x, n):
    p = Point((x, 1.0))
    s = 0.0
    for i in range(n):
        q = (p + p) * 0.5 + (x, x)
        s += q[0] * q[1] + (1.0 if q == p else 0.0) + Units(2.0) + 1.0
    return s


class Log:
    total = 0.0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self.total > 5.0:
            self.total = 5.0
        return False

    def __call__(self, x):
        self.total += x


def logged(x, n):
    log = Log()
    for i in range(n):
        with log as write:
            write(x * i)
    return log.total * x


PROGRAMS = [
    nested_accumulators,
    intervals,
    polynomials,
    made_by_new,
    ordered,
    matrices,
    pipelines,
    managed,
    checkerboard,
    temperatures,
    trees,
    queues,
    random_walk,
    tuples_with_operators,
    logged,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=name_of)
@pytest.mark.parametrize("x", [0.83, 1.7])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_values_and_gradients(f, x, n):
    check_slopes(f, x, n)
