"""Classes of the user's: operators, protocols, properties and descriptors that Python calls itself are traced in."""

from __future__ import annotations

import contextlib
import functools
import operator
from collections import Counter, defaultdict

import numpy as np
import pytest
from frontend_control import check, name_of, programs, traced

from irad.errors import UnsupportedError

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
    down = Countdown(4, x)  # advanced in straight code
    s = next(down) * next(down) + sum(down)
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


# ---------------------------------------------------------------- histories in the user's own containers, and what is refused


class Record(list):
    """A list with an attribute."""

    last = 0.0

    def note(self, x):
        self.last = self.last * 0.5 + x
        self.append(x)


@case((2.0, 3), (2.0, 0))
def lists_with_attributes(x, n):
    record = Record()
    s = 0.0
    for i in range(n):
        record.note(x * i)
        s += record.last
    return s, record.last, len(record)


@pytest.mark.parametrize(("f", "args"), CASES, ids=name_of)
def test_program(f, args):
    check(f, *args)


class Plain:
    def __radd__(self, o):
        return o


REFUSED = [
    (lambda x: lambda y: x * y, "exists only while tracing"),
    (lambda x: Counted(x).bump, "exists only while tracing"),
    (lambda x: functools.partial(operator.mul, x), "exists only while tracing"),
    (lambda x: np.array([x, x]) + Plain(), "gives an array of objects in NumPy"),
    (lambda x: sum(Countdown(int(x), x)), "the end of this iteration depends"),
    (lambda x: max(decided_at_run_time(x)), "a generator runs while tracing"),
    (lambda x: np.array([object()]) * x, "an object"),
]


def decided_at_run_time(x):
    if x > 0:
        yield x
    yield x


@pytest.mark.parametrize(("f", "text"), REFUSED)
def test_refusals(f, text):
    with pytest.raises(UnsupportedError, match=text):
        traced(f, 1.5)


def test_operands_that_do_not_fit_raise_as_in_python():
    with pytest.raises(TypeError, match="unsupported operand"):
        traced(lambda x: Pairs(x, x) + x, 1.0)
    with pytest.raises(TypeError, match="not supported between"):
        traced(lambda x: Plain() < x, 1.0)
    with pytest.raises(TypeError, match="should return bool"):
        traced(lambda x: 1.0 if Odd() else x, 1.0)


class Odd:
    def __bool__(self):
        return 3
