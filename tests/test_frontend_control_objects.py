"""Containers, objects, closures and calls: what a branch or loop writes in them is carried."""

from __future__ import annotations

import functools
import operator
from collections import namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest
from frontend_control import check, name_of, ops, programs, traced

from irad.errors import UnsupportedError
from irad.ir.ops import memref, scf

CASES, case = programs()
WEIGHTS = np.array([1.0, 2.0, 3.0])
LAYERS = [(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 0.25])), (np.eye(2), np.ones(2))]
SCALE = 2.5
Pair = namedtuple("Pair", "left right")


class Base:
    def __init__(self, a):
        self.a = a
        self.__hidden = a * 2

    def apply(self, x):
        return self.a * x + self.__hidden

    @property
    def square(self):
        if self.a > 0:
            return self.a * self.a
        return self.a

    @square.setter
    def square(self, value):
        self.a = value if value > 1 else 1.0

    @staticmethod
    def half(x):
        return x / 2

    @classmethod
    def doubled(cls, x):
        return cls(x * 2)


class Derived(Base):
    def __init__(self, a, b):
        super().__init__(a)
        self.b = b

    def apply(self, x):
        return super().apply(x) + self.b

    def __call__(self, x):
        return self.apply(x) * 2

    def __getitem__(self, k):
        return self.a if k > 0 else self.b


class Slotted:
    __slots__ = ("h",)

    def __init__(self, h):
        self.h = h


@dataclass
class Particle:
    x: float
    v: float = 1.0

    def step(self, dt):
        self.x += self.v * dt
        if self.x > 3.0:
            self.v = -self.v


@case((2.0,), (-2.0,), (0.25,))
def classes(x):
    d = Derived(x, 3.0)
    d.square = x
    return d(x) + d.square + Base.half(x) + Base.doubled(x).a + d[0] + d[1]


@case((2.0, 5), (2.0, 0))
def methods_write_attributes(x, n):
    p = Particle(x)
    s = Slotted(x)
    for i in range(n):
        p.step(0.5)
        if p.v < 0:
            s.h *= p.x
    return p.x, p.v, s.h


@case((1.5, 4), (1.5, 0))
def dict_entries(x, n):
    d = {"s": 0.0, "p": 1.0}
    for i in range(n):
        d["p"] = d["p"] * x
        d["s"] += d["p"]
        d["t"] = i
    return d["s"]


@case((4.0, 3), (1.0, 0))
def list_elements(x, n):
    v = [x, 1.0]
    for i in range(n):
        v[0], v[1] = v[1], v[0] + v[1]
    return v[0] * 10 + v[1]


@case((4.0,), (-1.0,))
def list_chosen(x):
    v = [x, 1.0] if x > 0 else [2.0, x * 3]
    v[0] += 1
    return v[0] * 10 + v[1]


@case((4.0,), (-1.0,))
def two_names_of_one_list(x):
    if x > 0:
        v = w = [x]
    else:
        v = w = [1.0]
    v[0] = 5.0
    return w[0]


@case((4.0,), (-1.0,))
def object_chosen(x):
    p = Particle(x, 2.0) if x > 0 else Particle(1.0, x)
    p.step(1.0)
    return p.x + p.v


@case((2.0, 3))
def nested_containers(x, n):
    d = {"layers": [[x, 1.0], [2.0, x]], "pair": Pair(x, 2)}
    for i in range(n):
        d["layers"][1][0] += d["layers"][0][0]
        d["pair"] = Pair(d["pair"].right, d["pair"].left)
    return d["layers"][1][0] + d["pair"].left * 10


@case((5,), (1,))
def key_set_in_both_branches(n):
    d = {}
    if n > 3:
        d["k"] = 1.0
    else:
        d["k"] = 2
    return d["k"]


@case((5.0,), (1.0,))
def attribute_set_in_one_branch(x):
    class Box:
        pass

    box = Box()
    if x > 3:
        box.value = x
    return box.value


@case((2.0,), (-2.0,))
def keyword_arguments(x):
    def h(a, *rest, b=2.0, **others):
        return a * b + sum(rest) + others.get("c", 0.0)

    args, options = (x, 1.0), {"b": 3.0, "c": x}
    return h(x) + h(x, 1.0, 2.0, b=x) + h(x, c=x) + h(*args, **options)


@case((2.0,))
def functions_as_values(x):
    f = functools.partial(lambda a, b, c=1: a * b + c, x)
    g = [lambda y: y + 1, lambda y: y * x]
    h = {"add": operator.add}
    total = functools.reduce(operator.add, [x, x, 1.0]) + sum(map(lambda t: t * t, [x, 2.0]))
    return f(3.0, c=2) + g[0](x) + g[1](x) + total + h["add"](x, 1)


@case((2.0,), (0.5,))
def callback_with_control_flow(x):
    def clip(y):
        if y > 1.0:
            return 1.0
        return y

    return sum(map(clip, [x, 0.25])) + sum(clip(v) for v in (x, 3.0))


@case((2.0,))
def comprehensions(x):
    v = [x * k for k in range(3) if k != 1]
    d = {k: x + k for k in range(2)}
    return sum(v) + d[0] * d[1] + sum(x * k for k in range(3)), [a * b for a, b in zip(v, v, strict=True)]


@case((3.0, 2), (3.0, 0))
def late_binding(x, n):
    scale = 1.0

    def f(y):
        return y * scale

    s = 0.0
    for i in range(n):
        scale = scale * x
        s += f(1.0)
    return s + f(2.0)


@case((1,), (2,), (-1,), (5,))
def arrays_from_outside(i):
    return WEIGHTS[i] * SCALE + WEIGHTS[0] + len(WEIGHTS) + WEIGHTS.shape[0] + np.sum(WEIGHTS)


@case((np.array([1.0, -1.0]),))
def arrays_in_containers_from_outside(x):
    for w, b in LAYERS:
        x = w @ x + b
    return x[0] + 2 * x[1]


@case((3,), (0,), (-1,), (4,))
def table_of_constants(i):
    w = [0.5, 1.0, 2.0, 4.0]
    return w[i] + (1, 2, 3, 4)[i]


@case((2.0,))
def default_array(x, w=WEIGHTS, k=3):
    return x * w[1] + k


@case((np.arange(5.0),))
def unpacking(x):
    a, b, *rest = [x[0], x[1], x[2], x[3]]
    c, d, e, f, g = x
    x[0], x[1] = x[1], x[0]
    (h, i), j = (a, b), c
    return a + b * 2 + rest[1] + d + e + f + g + x[0] + h * i * j


@case((np.array([3.0, 1.0, 2.0]),))
def array_written_in_place(x):
    for i in range(len(x)):
        x[i] *= 2
        x[i] += i
    x += 1
    x[1:] -= x[:-1]
    x[np.array([0, 0])] += 10.0
    return x.sum()


@case((np.zeros((3, 4)),))
def shapes_are_compared(x):
    if x.shape == (3, 4):
        return 1.0
    return 2.0


@case((1.0, 0), (1.5, 20), (3.0, 5))
def list_grows(x, n):
    acc = []
    for i in range(n):
        acc.append(i * x)
        if i > 10:
            acc.append(x)
    s = 0.0
    for v in acc:
        s = s * 0.5 + v
    if n > 0:
        s += acc[0] + acc[-1] + acc[n // 2]
    return s + len(acc) + sum(acc)


@case((1.0, 0), (1.5, 20), (3.0, 5))
def list_grows_and_shrinks(x, n):
    acc = [1]
    for i in range(n):
        if i % 7 == 6:
            acc.clear()
        acc.append(x + i)
    other = []
    for j, v in enumerate(acc):
        other.append(v * j)
    while len(other) > 1:
        a = other.pop()
        other[-1] += a * 0.5
    return (other[0] if other else 0.0) + np.sum(np.array(acc))


@case((1.0, 3), (1.5, 0), (2.0, 1))
def list_made_anew(x, n):
    acc = [x]
    for i in range(n):
        acc = []
        for j in range(i):
            acc.append(x * j)
    s = 0.0
    for v in acc:
        s += v
    return s


@case((1.0,), (-1.0,))
def list_grows_in_a_branch(x):
    acc = [x]
    if x > 0:
        acc.append(2)
    return acc[-1] + len(acc)


@case((1.0, 4), (1.0, 0))
def stack_of_work(x, n):
    stack = [n]
    s = 0.0
    while stack:
        k = stack.pop()
        s += x * k
        if k > 1:
            stack.append(k - 1)
            stack += [k - 2]
    return s


class Depth:
    def __init__(self):
        self.level = 0.0

    def __enter__(self):
        self.level += 1.0
        return self

    def __exit__(self, *error):
        if self.level > 2.0:
            self.level *= 0.5


@case((2.0, 5), (2.0, 0))
def context_manager_in_a_loop(x, n):
    depth = Depth()
    s = 0.0
    for _ in range(n):
        with depth as entered:
            s += x * entered.level
    return s, depth.level


@case((2.0, 3))
def iterators_made_where_they_are_used(x, n):
    s = 0.0
    for i in range(n):
        numbers = iter((x, 2.0, 3.0))
        s += next(numbers) * next(numbers)
        s += sum(v * i for v in (x, 1.0)) + sum(map(abs, (x, -2.0)))
        for a, b in zip((1.0, x), reversed((x, 3.0)), strict=True):
            s += a * b
    return s


@case((2.0, 3.0))
def lists_made_by_operators_and_methods(x, y):
    pair = [x, y]
    joined, twice, part, same, ordered = pair + [1.0], pair * 2, pair[::-1], pair.copy(), sorted([2.0, 1.0])
    for made in joined, twice, part, same, ordered:
        made.append(x)
        made[0] = y * y
    either = {"x": x} | {"y": y}
    either["z"] = x * y
    return pair, joined, twice, part, same, ordered, either


@dataclass
class History:
    last: float = 0.0
    every: list = field(default_factory=list)

    def add(self, x):
        self.last = x
        self.every.append(x * x)


@case((2.0, 3))
def lists_made_by_a_dataclass(x, n):
    history, given = History(), []
    with_given = History(every=given)
    for i in range(n):
        history.add(x * i)
        with_given.add(x + i)
    return history.every[1] * history.last, given[2], len(with_given.every)


@case((3,), (0,))
def growing_list_is_checked(n):
    acc = []
    for i in range(n):
        acc.append(i)
    return acc[2] + acc.pop()


@pytest.mark.parametrize(("f", "args"), CASES, ids=name_of)
def test_program(f, args):
    check(f, *args)


def test_constants_in_objects_stay_constants():
    class Config:
        def __init__(self):
            self.steps = 3
            self.rate = 0.5

    def f(x):
        c = Config()
        for i in range(c.steps):
            x = x * c.rate
        return x

    (loop,) = ops(check(f, 2.0), scf.For)
    assert len(loop.results) == 1


def test_objects_made_inside_a_branch_are_not_carried():
    def f(x):
        if x > 0:
            p = Particle(x)
            p.step(1.0)
            x = p.x
        return x

    (branch,) = [op for op in ops(check(f, 2.0), scf.If) if op.results][-1:]
    assert len(branch.results) == 1


def test_growing_list_doubles_its_memory():
    def f(n):
        acc = []
        for i in range(n):
            acc.append(i * 0.5)
        return sum(acc)

    found = check(f, 100)
    assert len(ops(found, memref.Alloc)) == 2


def test_a_list_that_may_be_one_of_several_cannot_be_written():
    def f(x):
        a = [x]
        b = [1.0]
        c = a if x > 0 else b
        c[0] = 2.0
        return a[0]

    with pytest.raises(UnsupportedError, match="may be one of several"):
        traced(f, 1.0)


def test_side_effects_on_constants_happen_once():
    seen = []

    def f(x, n):
        calls = [0]

        def helper(y):
            calls[0] = calls[0] + 1
            return y

        helper(x)
        s = 0
        for i in range(n):
            s += x
        seen.append(calls[0])
        return s * calls[0]

    check(f, 1.5, 3)
    assert seen[0] == 1
