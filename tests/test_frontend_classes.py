"""Classes of the user's: operators, protocols, properties and descriptors that Python calls itself are traced in."""

from __future__ import annotations

import contextlib
import functools
import operator
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import pytest
from frontend_control import check, name_of, programs

import irad

CASES, case = programs()


class Counted:
    """Each special method changes the object: in a loop, once per iteration."""

    def __init__(self, n=0.0):
        self.n = n

    def bump(self, value=1.0):
        self.n += value
        return self.n

    def __neg__(self):
        return self.bump()

    def __abs__(self):
        return self.bump(2.0)

    def __add__(self, other):
        return self.bump() + other

    def __radd__(self, other):
        return other - self.bump(0.5)

    def __isub__(self, other):
        self.n -= other
        return self

    def __eq__(self, other):
        return self.bump() > other

    __hash__ = None

    def __lt__(self, other):
        self.n += 1.0
        if self.n > other:
            return True
        return False

    def __gt__(self, other):
        return self.bump(0.25) > other

    def __len__(self):
        self.n += 1.0
        return 3

    def __contains__(self, x):
        return self.bump() > x

    def __call__(self, x):
        return self.bump() * x

    def __getitem__(self, k):
        if self.n > k:
            return self.bump()
        return -self.bump()

    def __setitem__(self, k, value):
        self.n = self.n * k + value

    def __float__(self):
        self.n += 3.0
        return self.n

    def __enter__(self):
        return self.bump()

    def __exit__(self, *error):
        self.n *= 0.5


def _counting(step):
    def counting(x, n):
        c = Counted()
        t = x
        for i in range(n):
            t = step(c, t, x, i)
        return t, c.n

    return counting


def _managed(c, t, x, i):
    with c as entered:
        return t + entered * x


def _branches(c, t, x, i):
    if c:
        t += x
    if x in c:
        t *= 1.5
    if x not in c and c > t:
        t -= 1.0
    return t


def _inplace(c, t, x, i):
    c -= x
    c[2.0] = t
    c[1.0] += x
    return t + c.n


_STEPS = {
    "neg": lambda c, t, x, i: t + -c,
    "abs": lambda c, t, x, i: t + abs(c) * x,
    "add": lambda c, t, x, i: t + (c + x),
    "reflected": lambda c, t, x, i: t + (x + c),
    "equal": lambda c, t, x, i: t + (1.0 if c == x else x),
    "unequal": lambda c, t, x, i: t + (1.0 if c != x else x),
    "less": lambda c, t, x, i: t + (1.0 if c < x + 2 else x),
    "swapped": lambda c, t, x, i: t + (1.0 if x < c else x),
    "length": lambda c, t, x, i: t + len(c) * x,
    "item": lambda c, t, x, i: t + c[2] * x,
    "call": lambda c, t, x, i: t + c(x),
    "float": lambda c, t, x, i: t + float(c) * x,
    "not": lambda c, t, x, i: t + (0.0 if not c else x),
    "and": lambda c, t, x, i: t + (x if c and t > 1.0 else 1.0),
    "chain": lambda c, t, x, i: t + (1.0 if 0.0 < c < 5.0 else x),
    "sum": lambda c, t, x, i: t + sum([c, c], x),
    "operator": lambda c, t, x, i: operator.add(c, t) + operator.neg(c),
    "reduce": lambda c, t, x, i: functools.reduce(operator.add, (c, x, t)),
    "map": lambda c, t, x, i: sum(map(c, (t, x))),
    "method": lambda c, t, x, i: t + sum(map(c.bump, (0.5, x))),
    "text": lambda c, t, x, i: t + len(f"{Shouting(c)}"),
    "managed": _managed,
    "branches": _branches,
    "inplace": _inplace,
}


class Shouting:
    def __init__(self, counted):
        self.counted = counted

    def __str__(self):
        self.counted.n += 1.0
        return "!"


@pytest.mark.parametrize("name", _STEPS)
@pytest.mark.parametrize("n", [0, 4])
def test_special_methods_change_their_object_in_every_iteration(name, n):
    check(_counting(_STEPS[name]), 1.25, n)


class Pairs:
    def __init__(self, a, b):
        self.parts = (a, b)
        self.asked = 0

    def __iter__(self):
        self.asked += 1
        for p in self.parts:
            self.asked += 1
            yield p


class Countdown:
    def __init__(self, n, x):
        self.n, self.x, self.steps = n, x, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        self.steps += 1
        return self.n * self.x


class Table:
    def __init__(self, *parts):
        self.parts = parts

    def __len__(self):
        return len(self.parts)

    def __getitem__(self, i):
        return self.parts[i]


@case((1.5, 3), (1.5, 0))
def iteration(x, n):
    s = 0.0
    pairs = Pairs(x, x * x)
    table = Table(x, 2.0, x + 1)
    for i in range(n):
        for p in pairs:
            s += p * i
        a, b = pairs
        first, *rest = table
        s += a * b + sum(pairs) + max(pairs) + min([x, *table]) - first * len(rest)
        down = Countdown(3, x)
        for v in down:
            s += v
        s += down.steps + sum(v * v for v in Countdown(2, x)) + next(Countdown(1, x)) + next(Countdown(0, x), 0.5)
        for u, v in zip(table, reversed(table), strict=True):
            s += u * v
        s += sum(list(table)) + x * (2.0 in table)
    return s, pairs.asked


@case((1.5, 4))
def iterator_that_is_advanced_in_straight_code(x, n):
    down = Countdown(4, x)
    s = next(down)
    for i in range(n):
        s += x * i
    return s * next(down) + sum(down)


@contextlib.contextmanager
def doubled(holder):
    holder.n = holder.n * 2.0
    try:
        yield holder.n
    finally:
        if holder.n is not None:
            holder.n -= 1.0


def powers(holder, x):
    for k in range(3):
        holder.n += 1.0
        yield x**k * holder.n
    holder.bump()


def nested_powers(holder, x):
    total = yield from powers(holder, x)
    assert total is None
    k = 0
    while k < 2:
        k += 1
        yield holder.bump(x)


@case((1.5, 3), (0.5, 0))
def generators_that_write(x, n):
    c = Counted(1.0)
    s = 0.0
    for i in range(n):
        with doubled(c) as value:
            s += value * x
        for p in powers(c, x):
            s += p
        s += sum(nested_powers(c, x)) + max(powers(c, x)) - min(v * x for v in (x, 2.0))
    return s, c.n


class Scaled:
    """A descriptor that counts its reads."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, cls=None):
        obj.reads += 1
        return getattr(obj, self.name) * obj.scale

    def __set__(self, obj, value):
        if value > 0:
            setattr(obj, self.name, value)
        else:
            setattr(obj, self.name, -value)


class Described:
    length = Scaled()

    def __init__(self, length, scale):
        self.reads = 0
        self.scale = scale
        self.length = length

    @functools.cached_property
    def area(self):
        self.reads += 10
        return self.length**2

    @property
    def twice(self):
        self.reads += 100
        return self.length * 2

    @twice.setter
    def twice(self, value):
        self.reads += 1000
        self.length = value / 2

    @twice.deleter
    def twice(self):
        self.scale = 1.0


@case((1.5, 3), (-0.5, 4), (2.0, 0))
def descriptors(x, n):
    d = Described(x, 2.0)
    s = 0.0
    for i in range(n):
        d.length = d.length - x * i
        s += d.area + d.twice
        d.twice = s
        del d.twice
    return s, d.reads, d.length


class Recording:
    def __init__(self, x):
        self.known = x
        self.writes = 0.0

    def __getattr__(self, name):
        if name.startswith("times"):
            self.writes += 1
            return self.known * int(name[5:])
        raise AttributeError(name)

    def __setattr__(self, name, value):
        if name != "writes" and hasattr(self, "writes"):
            self.writes += 1
        super().__setattr__(name, value)

    def __delattr__(self, name):
        object.__delattr__(self, name)
        self.writes += 0.5


@case((1.5, 3))
def attribute_hooks(x, n):
    r = Recording(x)
    s = 0.0
    for i in range(n):
        r.known = r.known * x
        r.extra = x
        s += r.times3 + getattr(r, "nothing", 0.25) * hasattr(r, "extra")
        del r.extra
    return s, r.writes


@case((2.0, 3), (2.0, 0))
def attributes_that_appear_in_a_loop(x, n):
    d = Counted(x)
    s = 0.0
    for i in range(n):
        if hasattr(d, "seen"):
            s += d.seen
        s += getattr(d, "seen", 0.5)
        d.seen = x * i
    return s


@case((2.0, 3), (2.0, 0))
def keys_that_appear_in_a_loop(x, n):
    held, counts, sums = {}, Counter(), defaultdict(float)
    s = 0.0
    for i in range(n):
        if "a" in held:
            s += held["a"]
        if "b" not in held:
            s -= x
        held["a"] = x * i
        counts["k"] += i + 1
        sums["t"] += x * i
        s += counts["none"] + sums["u"]
    return s, counts["k"], sums["t"], sums["u"]


class Doubling(dict):
    def __missing__(self, key):
        self[key] = key * 2.0
        return self[key]


@case((2.0, 3))
def missing_keys(x, n):
    d, lists = Doubling(), defaultdict(list)
    s = 0.0
    for i in range(n):
        d[3] += x
        s += d[3] * d[4]
    lists["a"].append(x)
    lists["a"].append(x * 2)
    return s, sum(lists["a"]), len(lists["a"])


@case((np.arange(4.0),))
def starred_targets_are_lists(a):
    h, *t = (a[0], a[1], a[2])
    t.append(h)
    *u, v = t
    u[0] = v * 2
    s = 0.0
    for i in range(3):
        first, *rest = t
        rest.append(a[i])
        s += first * sum(rest)
    return s, t, u


@case((2.0, 3.0, 3))
def membership(x, y, n):
    s = 0.0
    acc = []
    for i in range(n):
        if i in (0, 2):
            s += x
        if x + i in [y, x]:
            s += y
        if i not in (1,):
            acc.append(i)
        if 2 in acc:
            s += 10.0
    return s


# ---------------------------------------------------------------- programs around classes: values, and gradients too


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, o):
        return Vector(self.x + o.x, self.y + o.y, self.z + o.z)

    def __iadd__(self, o):
        self.x += o.x
        self.y += o.y
        self.z += o.z
        return self

    def __sub__(self, o):
        return self + -o

    def __neg__(self):
        return Vector(-self.x, -self.y, -self.z)

    def __mul__(self, k):
        if isinstance(k, Vector):
            return self.x * k.x + self.y * k.y + self.z * k.z
        return Vector(self.x * k, self.y * k, self.z * k)

    __rmul__ = __mul__

    def __truediv__(self, k):
        return self * (1 / k)

    def __matmul__(self, o):
        return Vector(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)

    def __abs__(self):
        return (self * self) ** 0.5

    def __eq__(self, o):
        return isinstance(o, Vector) and (self.x, self.y, self.z) == (o.x, o.y, o.z)

    def __hash__(self):
        return hash((1, 2, 3))

    def __bool__(self):
        return self * self > 0

    def __iter__(self):
        yield self.x
        yield self.y
        yield self.z

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return (self.x, self.y, self.z)[i]


class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    @staticmethod
    def of(x):
        return x if isinstance(x, Dual) else Dual(x)

    def __add__(self, o):
        o = Dual.of(o)
        return Dual(self.value + o.value, self.slope + o.slope)

    __radd__ = __add__

    def __mul__(self, o):
        o = Dual.of(o)
        return Dual(self.value * o.value, self.slope * o.value + self.value * o.slope)

    __rmul__ = __mul__

    def __rsub__(self, o):
        return Dual.of(o) + self * -1.0

    def __pow__(self, k):
        return Dual(self.value**k, k * self.value ** (k - 1) * self.slope)

    def __lt__(self, o):
        return self.value < Dual.of(o).value

    def __gt__(self, o):
        return self.value > Dual.of(o).value


def orbit(x, n):
    position, velocity = Vector(x, 0.5, 0.0), Vector(0.0, 1.0, 0.2)
    for _ in range(n):
        r = abs(position)
        velocity += position * (-0.1 / r**3)
        position = position + 0.1 * velocity
    return position * velocity + abs(position @ velocity)


def normalised(x, n):
    v = Vector(x, 1.0, 2.0)
    s = 0.0
    for i in range(n):
        if v:
            v = v / abs(v) - Vector(0.1, 0.0, 0.0)
        if v == Vector(0.0, 0.0, 0.0):
            s += 1.0
        s += sum(v) * v[0] + len(v) + max(v)
    return s


def newton_with_duals(x, n):
    y = x
    for _ in range(n):
        d = Dual(y, 1.0)
        value = d**3 + 2.0 * d + (0.5 - d) * d
        if value > 1.0:
            y = y - value.value / value.slope
        else:
            y = y + 0.1
    return y


def largest_dual(x, n):
    best = Dual(0.0)
    for i in range(n):
        best = max(best, Dual(x * i, 1.0) * Dual(x), Dual(1.0, x))
    return best.value * best.slope


@dataclass
class Body:
    mass: float
    position: float
    velocity: float = 0.0
    path: list = field(default_factory=list)

    def __post_init__(self):
        self.momentum = self.mass * self.velocity
        if self.position > 1.0:
            self.side = 1.0
        else:
            self.side = -1.0

    @property
    def energy(self):
        return 0.5 * self.mass * self.velocity**2 + self.position**2

    def kick(self, dt):
        self.velocity -= dt * self.position
        self.momentum = self.mass * self.velocity
        return self

    def drift(self, dt):
        self.position += dt * self.velocity
        self.path.append(self.position)
        return self


def leapfrog(x, n):
    body = Body(2.0, x, 0.1)
    for _ in range(n):
        body.kick(0.1).drift(0.1)
        if body.position < 0:
            body.side = -body.side
    return body.energy + body.momentum * body.side + len(body.path)


def bodies_made_in_a_loop(x, n):
    total = 0.0
    for i in range(n):
        body = Body(1.0, x * i, velocity=x)
        total += body.energy * body.side + (1.0 if body == Body(1.0, x, x) else 0.0)
    return total


@dataclass(frozen=True)
class Settings:
    rate: float
    rounds: int = 2

    def decayed(self, k):
        return self.rate / (1 + k)


def frozen_settings(x, n):
    settings = Settings(x)
    s = 1.0
    for k in range(n):
        for _ in range(settings.rounds):
            s = s * settings.decayed(k) + x
    return s


class Shape(ABC):
    made = 0

    def __init__(self, size):
        self.size = size

    @abstractmethod
    def area(self): ...

    def scaled(self, k):
        return type(self)(self.size * k)

    @classmethod
    def unit(cls):
        return cls(1.0)


class Square(Shape):
    def area(self):
        return self.size**2


class Circle(Square):
    def __init__(self, size):
        super().__init__(size)
        self.pi = 3.0 if size > 2 else 3.14

    def area(self):
        return super().area() * self.pi

    @property
    def rim(self):
        return 2 * self.pi * self.size


class Ring(Circle):
    @property
    def rim(self):
        return super().rim * 2


def shapes(x, n):
    total = 0.0
    for i in range(n):
        for cls in (Square, Circle, Ring):
            total += cls(x).scaled(i + 1).area() * cls.unit().area()
        total += Ring(x + i).rim - Circle(x).rim
    return total


class Layer:
    def __init__(self, w):
        self.w = w
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        return max(0.1 * x, self.w * x - 1.0)


class Network:
    def __init__(self, *ws):
        self.layers = [Layer(w) for w in ws]
        self.statistics = {"sum": 0.0}

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        self.statistics["sum"] += x
        return x


def network(x, n):
    net = Network(x, 1.5, 0.7)
    y = 1.0
    for _ in range(n):
        y = net(y + x)
    return y * net.statistics["sum"] * net.layers[0].calls


def composed(f, g, x, n):
    for _ in range(n):
        x = f(g(x))
    return x


def callable_objects(x, n):
    f, g = Layer(x), functools.partial(operator.mul, 1.1)
    return composed(f, g, x, n) + composed(g, f, 1.0, n) + f.calls


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
    *(orbit, normalised, newton_with_duals, largest_dual, leapfrog, bodies_made_in_a_loop, frozen_settings, shapes, network),
    *(callable_objects, nested_accumulators, intervals, polynomials, made_by_new, ordered, matrices, pipelines, managed),
    *(checkerboard, temperatures, trees, queues, random_walk, tuples_with_operators, logged),
]


@pytest.mark.parametrize(("f", "args"), CASES, ids=name_of)
def test_program(f, args):
    check(f, *args)


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.83, 1.7])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_values_and_gradients(f, x, n):
    check(f, x, n)
    assert irad.jit(f)(x, n) == pytest.approx(f(x, n), rel=1e-12)
    h = 1e-6
    slope = (f(x + h, n) - f(x - h, n)) / (2 * h)
    assert irad.grad(f)(x, n) == pytest.approx(slope, rel=1e-5, abs=1e-6)
    _, tangent = irad.jvp(lambda x: f(x, n), (x,), (1.0,))
    assert tangent == pytest.approx(irad.grad(f)(x, n), rel=1e-9, abs=1e-12)
