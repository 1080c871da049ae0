"""Programs of vectors, dual numbers, bodies, shapes and networks: values and gradients."""

from __future__ import annotations

import functools
import operator
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import pytest
from frontend_control import check_slopes, name_of


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


PROGRAMS = [
    orbit,
    normalised,
    newton_with_duals,
    largest_dual,
    leapfrog,
    bodies_made_in_a_loop,
    frozen_settings,
    shapes,
    network,
    callable_objects,
]


@pytest.mark.parametrize("f", PROGRAMS, ids=name_of)
@pytest.mark.parametrize("x", [0.83, 1.7])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_values_and_gradients(f, x, n):
    check_slopes(f, x, n)
