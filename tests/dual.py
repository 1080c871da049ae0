"""Reference derivatives: plain Python run on dual numbers, independent of everything in irad.

A function runs as it stands, with `math`, `np` and `float` of its module replaced by versions that know `Dual`, and float arrays
replaced by object arrays, so that views, overlap and in-place writes are NumPy's own. What it cannot see: rounding to float32
(memory holds f64 here), and which side of a kink is right where a comparison is decided by less than `Reference.kink`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np


class Kinks:
    """How near the comparisons and roundings of a run came to deciding otherwise."""

    nearest = math.inf

    @classmethod
    def note(cls, distance: float) -> None:
        cls.nearest = min(cls.nearest, abs(distance))


class Dual:
    """A number and its tangents along every direction of the input."""

    __slots__ = ("t", "v")

    def __init__(self, v: float, t: np.ndarray) -> None:
        self.v = v
        self.t = t

    def __repr__(self) -> str:
        return f"Dual({self.v})"

    def __add__(self, other: Any) -> Any:
        return binary(self, other, operator.add, lambda x, y: (1.0, 1.0))

    def __sub__(self, other: Any) -> Any:
        return binary(self, other, operator.sub, lambda x, y: (1.0, -1.0))

    def __rsub__(self, other: Any) -> Any:
        return binary(other, self, operator.sub, lambda x, y: (1.0, -1.0))

    def __mul__(self, other: Any) -> Any:
        return binary(self, other, operator.mul, lambda x, y: (y, x))

    def __truediv__(self, other: Any) -> Any:
        return binary(self, other, operator.truediv, lambda x, y: (1.0 / y, -x / (y * y)))

    def __rtruediv__(self, other: Any) -> Any:
        return binary(other, self, operator.truediv, lambda x, y: (1.0 / y, -x / (y * y)))

    def __pow__(self, other: Any) -> Any:
        return binary(self, other, operator.pow, power_partials)

    def __rpow__(self, other: Any) -> Any:
        return binary(other, self, operator.pow, power_partials)

    def __mod__(self, other: Any) -> Any:
        return remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return remainder(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return floor_quotient(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return floor_quotient(other, self)

    def __divmod__(self, other: Any) -> Any:
        return floor_quotient(self, other), remainder(self, other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Dual:
        return Dual(-self.v, -self.t)

    def __pos__(self) -> Dual:
        return self

    def __abs__(self) -> Any:
        Kinks.note(self.v)
        return self * (np.sign(self.v) if self.v == self.v else 1.0)

    def __lt__(self, other: Any) -> bool:
        return compare(self, other, operator.lt)

    def __le__(self, other: Any) -> bool:
        return compare(self, other, operator.le)

    def __gt__(self, other: Any) -> bool:
        return compare(self, other, operator.gt)

    def __ge__(self, other: Any) -> bool:
        return compare(self, other, operator.ge)

    def __eq__(self, other: object) -> bool:
        return compare(self, other, operator.eq)

    def __ne__(self, other: object) -> bool:
        return compare(self, other, operator.ne)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self != 0.0

    def __int__(self) -> int:
        note_rounding(self.v)
        return int(self.v)

    __trunc__ = __int__

    def __floor__(self) -> int:
        note_rounding(self.v)
        return math.floor(self.v)

    def __ceil__(self) -> int:
        note_rounding(self.v)
        return math.ceil(self.v)

    def __round__(self, digits: int | None = None) -> Any:
        note_rounding(self.v * 10.0 ** (digits or 0) + 0.5)
        return round(self.v, digits)


def value(x: Any) -> Any:
    """The number without its tangents."""
    return x.v if isinstance(x, Dual) else x


def tangent(x: Any) -> Any:
    """The tangents: an array, or 0.0 where there are none."""
    return x.t if isinstance(x, Dual) else 0.0


def note_rounding(v: float) -> None:
    Kinks.note(v - round(v))


def compare(x: Any, y: Any, relation: Callable[[Any, Any], bool]) -> bool:
    if isinstance(y, np.ndarray):
        return NotImplemented
    difference = value(x) - value(y)
    if difference != 0.0 or np.any(tangent(x) - tangent(y)):  # a number compared with itself is no kink
        Kinks.note(difference)
    return relation(value(x), value(y))


def combine(v: Any, *terms: tuple[Any, Any]) -> Any:
    """The dual number with a value, and partial * tangent summed; zero times an infinite partial is zero where there is no tangent."""
    t = None
    for partial, x in terms:
        if isinstance(x, Dual):
            part = np.where(x.t == 0.0, 0.0, partial * x.t)
            t = part if t is None else t + part
    return v if t is None else Dual(v, t)


def binary(x: Any, y: Any, f: Callable[[Any, Any], Any], partials: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        return NotImplemented
    a, b = value(x), value(y)
    v = f(a, b)
    dx, dy = partials(a, b)
    return combine(v, (dx, x), (dy, y))


def power_partials(x: Any, y: Any) -> tuple[Any, Any]:
    by_base = y * x ** (y - 1) if y != 0 else 0.0
    return by_base, x**y * math.log(x) if x > 0.0 else 0.0


def remainder(x: Any, y: Any) -> Any:
    note_rounding(value(x) / value(y))
    return combine(value(x) % value(y), (1.0, x), (-(value(x) // value(y)), y))


def floor_quotient(x: Any, y: Any) -> Any:
    note_rounding(value(x) / value(y))
    return value(x) // value(y)


SLOPES: dict[str, Callable[[float], float]] = {
    "sin": math.cos,
    "cos": lambda x: -math.sin(x),
    "tan": lambda x: 1.0 + math.tan(x) ** 2,
    "asin": lambda x: 1.0 / math.sqrt(1.0 - x * x),
    "acos": lambda x: -1.0 / math.sqrt(1.0 - x * x),
    "atan": lambda x: 1.0 / (1.0 + x * x),
    "sinh": math.cosh,
    "cosh": math.sinh,
    "tanh": lambda x: 1.0 / math.cosh(x) ** 2,
    "asinh": lambda x: 1.0 / math.sqrt(1.0 + x * x),
    "exp": math.exp,
    "exp2": lambda x: math.log(2.0) * 2.0**x,
    "expm1": math.exp,
    "log": lambda x: 1.0 / x,
    "log2": lambda x: 1.0 / (x * math.log(2.0)),
    "log10": lambda x: 1.0 / (x * math.log(10.0)),
    "log1p": lambda x: 1.0 / (1.0 + x),
    "sqrt": lambda x: 0.5 / math.sqrt(x) if x else math.inf,
    "cbrt": lambda x: 1.0 / (3.0 * math.cbrt(x) ** 2) if x else math.inf,
    "erf": lambda x: 2.0 / math.sqrt(math.pi) * math.exp(-x * x),
}


def unary(name: str) -> Callable[[Any], Any]:
    f, slope = getattr(math, name), SLOPES[name]
    return lambda x: combine(f(x.v), (slope(x.v), x)) if isinstance(x, Dual) else f(x)


def hypot(x: Any, y: Any) -> Any:
    v = math.hypot(value(x), value(y))
    return combine(v, (value(x) / v, x), (value(y) / v, y))


def atan2(y: Any, x: Any) -> Any:
    a, b = value(y), value(x)
    square = a * a + b * b
    return combine(math.atan2(a, b), (b / square, y), (-a / square, x))


def fmod(x: Any, y: Any) -> Any:
    quotient = value(x) / value(y)
    note_rounding(quotient)
    return combine(math.fmod(value(x), value(y)), (1.0, x), (-float(math.trunc(quotient)), y))


def copysign(x: Any, y: Any) -> Any:
    Kinks.note(value(x))
    Kinks.note(value(y))
    return x if math.copysign(1.0, value(x)) == math.copysign(1.0, value(y)) else -x


class DualMath:
    """Stands in for `math`."""

    pi, e, tau, inf, nan = math.pi, math.e, math.tau, math.inf, math.nan
    hypot, atan2, fmod, copysign, fabs = (staticmethod(f) for f in (hypot, atan2, fmod, copysign, abs))
    floor, ceil, trunc = math.floor, math.ceil, math.trunc
    isfinite, isnan, isinf = (staticmethod(lambda x, f=f: f(value(x))) for f in (math.isfinite, math.isnan, math.isinf))
    pow = staticmethod(lambda x, y: float(x) ** y if isinstance(x, int) else x**y)

    def __getattr__(self, name: str) -> Any:
        if name not in SLOPES:
            raise AttributeError(f"dual numbers know no math.{name}")
        return unary(name)


def larger(x: Any, y: Any) -> Any:
    return x if x >= y else y


def smaller(x: Any, y: Any) -> Any:
    return x if x <= y else y


def elementwise(f: Callable[..., Any], inputs: int) -> Callable[..., Any]:
    over_arrays = np.frompyfunc(f, inputs, 1)
    return lambda *args: over_arrays(*args) if any(isinstance(a, np.ndarray) for a in args) else f(*args)


def is_float(dtype: Any) -> bool:
    return np.dtype(dtype).kind in "fO"


def memory(fill: Any, shape: Any, dtype: Any = float) -> np.ndarray:
    """New memory: object arrays for floats, NumPy's own for the rest."""
    return np.full(shape, fill, object if is_float(dtype) else dtype)


def as_floats(array: np.ndarray) -> np.ndarray:
    """An object array of Python floats with the array's numbers."""
    return array.astype(object) if array.dtype.kind == "O" else array.astype(float).astype(object)


class DualNumpy:
    """Stands in for `numpy`."""

    pi, inf, nan, newaxis = np.pi, np.inf, np.nan, None
    float64, float32, int64, int32, bool, bool_, ndarray = np.float64, np.float32, np.int64, np.int32, np.bool, np.bool_, np.ndarray
    absolute = abs = staticmethod(abs)
    maximum, minimum = staticmethod(elementwise(larger, 2)), staticmethod(elementwise(smaller, 2))
    where = staticmethod(elementwise(lambda c, x, y: x if c else y, 3))
    hypot, arctan2 = staticmethod(elementwise(hypot, 2)), staticmethod(elementwise(atan2, 2))
    sum, prod, max, min, dot, outer, arange = (staticmethod(f) for f in (np.sum, np.prod, np.max, np.min, np.dot, np.outer, np.arange))
    mean = staticmethod(lambda x, **where: np.sum(x, **where) / (np.size(x) / np.size(np.sum(x, **where))))
    square = staticmethod(lambda x: x * x)

    def __getattr__(self, name: str) -> Any:
        name = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh"}.get(name, name)
        if name not in SLOPES:
            raise AttributeError(f"dual numbers know no np.{name}")
        return elementwise(unary(name), 1)

    def zeros(self, shape: Any, dtype: Any = float) -> np.ndarray:
        return memory(0.0 if is_float(dtype) else 0, shape, dtype)

    def ones(self, shape: Any, dtype: Any = float) -> np.ndarray:
        return memory(1.0 if is_float(dtype) else 1, shape, dtype)

    def empty(self, shape: Any, dtype: Any = float) -> np.ndarray:
        return memory(math.nan if is_float(dtype) else 0, shape, dtype)

    def full(self, shape: Any, fill: Any, dtype: Any = None) -> np.ndarray:
        return memory(fill, shape, dtype or (np.int64 if isinstance(fill, int | np.integer) else float))

    def zeros_like(self, x: np.ndarray) -> np.ndarray:
        return self.zeros(x.shape, x.dtype)

    def ones_like(self, x: np.ndarray) -> np.ndarray:
        return self.ones(x.shape, x.dtype)

    def empty_like(self, x: np.ndarray) -> np.ndarray:
        return self.empty(x.shape, x.dtype)

    def array(self, items: Any, dtype: Any = None) -> np.ndarray:
        plain = np.array(items, dtype=object)
        if dtype is not None and not is_float(dtype):
            return plain.astype(dtype)
        if dtype is None and all(isinstance(x, bool | int | np.integer | np.bool_) for x in plain.flat):
            return np.array(plain.tolist())
        return plain

    def copy(self, x: np.ndarray) -> np.ndarray:
        return x.copy()


def to_float(x: Any = 0.0) -> Any:
    """Stands in for `float`."""
    return x if isinstance(x, Dual) else float(x)


@contextmanager
def standing_in(names: dict[str, Any]) -> Iterator[None]:
    """Let the module with these globals compute with dual numbers."""
    missing = object()
    arrays = {name: as_floats(x) for name, x in names.items() if isinstance(x, np.ndarray) and x.dtype.kind == "f"}
    other = {"math": DualMath(), "np": DualNumpy(), "float": to_float, **arrays}
    before = {name: names.get(name, missing) for name in other}
    names.update(other)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is missing:
                del names[name]
            else:
                names[name] = old


@dataclass
class Reference:
    """What a function computes, and the derivatives of all of it.

    L = value + the sum over `shadows` of shadow * final contents; memory that several arguments share counts once.
    """

    value: Any
    finals: dict[int, np.ndarray]
    gradient: dict[int, Any]
    kink: float
    value_tangents: Any
    final_tangents: dict[int, np.ndarray]

    def along(self, direction: np.ndarray) -> tuple[float, dict[int, np.ndarray]]:
        """Tangents of the value and of the final contents along a direction, given as one vector (see `Inputs.pack`)."""
        return float(np.sum(self.value_tangents * direction)), {i: np.sum(t * direction, axis=-1) for i, t in self.final_tangents.items()}


def root(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def same_place(array: np.ndarray, owner: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The view of `other` that lies in it as `array` lies in `owner`; other may have more axes behind those of owner."""
    assert owner.flags.c_contiguous
    offset = (array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]) // owner.itemsize
    tail = other.shape[owner.ndim :]
    flat = np.ascontiguousarray(other).reshape(owner.size, *tail) if tail else other.reshape(-1)
    strides = [flat.strides[0] * (s // owner.itemsize) for s in array.strides]
    return np.lib.stride_tricks.as_strided(flat[offset:], array.shape + tail, (*strides, *flat.strides[1:]))


class Inputs:
    """The numbers that a function is differentiated by: active scalars, and the memory of active arrays, each cell once."""

    def __init__(self, args: Sequence[Any], active: Sequence[int]) -> None:
        self.args = args
        self.active = tuple(active)
        self.owners: dict[int, np.ndarray] = {}
        self.places: dict[int, slice] = {}
        count = 0
        for i in self.active:
            key = -1 - i if not isinstance(args[i], np.ndarray) else id(root(args[i]))
            if key not in self.places:
                size = root(args[i]).size if key >= 0 else 1
                self.places[key] = slice(count, count + size)
                count += size
                if key >= 0:
                    self.owners[key] = root(args[i])
        self.count = count

    def place(self, i: int) -> slice:
        """Where an argument's numbers lie in the vector of all inputs."""
        return self.places[-1 - i if not isinstance(self.args[i], np.ndarray) else id(root(self.args[i]))]

    def part(self, i: int, vector: np.ndarray) -> Any:
        """An argument's share of a vector of all inputs: a number, or a view laid out as the argument is."""
        part = vector[self.place(i)]
        if not isinstance(self.args[i], np.ndarray):
            return float(part[0])
        owner = root(self.args[i])
        return same_place(self.args[i], owner, part.reshape(owner.shape))

    def lifted(self) -> tuple[list[Any], dict[int, np.ndarray]]:
        """The arguments on dual numbers, and their memory."""
        eye = np.eye(self.count)
        owners = {}
        for key, owner in self.owners.items():
            rows = eye[self.places[key]]
            duals = np.array([*(Dual(float(v), t) for v, t in zip(owner.flat, rows, strict=True)), None], object)
            owners[key] = duals[:-1].reshape(owner.shape)
        return [self._lift(i, x, owners, eye) for i, x in enumerate(self.args)], owners

    def _lift(self, i: int, x: Any, owners: dict[int, np.ndarray], eye: np.ndarray) -> Any:
        if not isinstance(x, np.ndarray):
            return Dual(float(x), eye[self.place(i)][0]) if i in self.active else x
        if x.dtype.kind != "f":
            return x.copy()
        if id(root(x)) in owners:
            return same_place(x, root(x), owners[id(root(x))])
        return as_floats(x)


def reference(
    function: Callable[..., Any], args: Sequence[Any], active: Sequence[int], shadows: dict[int, np.ndarray] | None = None
) -> Reference:
    """Run a function on dual numbers.

    `active` are the positions of the numbers and float arrays to differentiate by; arrays that share memory must all be among them.
    `shadows` are the shadows of arrays on entry; two arguments with common memory share their shadows' memory likewise.
    """
    inputs = Inputs(args, active)
    lifted, owners = inputs.lifted()
    Kinks.nearest = math.inf
    with standing_in(function.__globals__):
        result = function(*lifted)
    zero = np.zeros(inputs.count)
    slope = tangent(result) + zero
    final_tangents = {
        key: np.array([tangent(x) + zero for x in memory.flat]).reshape(*memory.shape, inputs.count) for key, memory in owners.items()
    }
    gradient = slope.copy()
    for i, shadow in (shadows or {}).items():
        seed = _once(args, i, shadows or {}, shadow)
        gradient += np.tensordot(seed, same_place(args[i], root(args[i]), final_tangents[id(root(args[i]))]), seed.ndim)
    return Reference(
        value(result),
        {i: _finals(args[i], lifted[i]) for i, x in enumerate(args) if isinstance(x, np.ndarray)},
        {i: inputs.part(i, gradient) for i in inputs.active},
        Kinks.nearest,
        slope,
        {
            i: same_place(args[i], root(args[i]), final_tangents[id(root(args[i]))])
            for i in inputs.active
            if isinstance(args[i], np.ndarray)
        },
    )


def _once(args: Sequence[Any], i: int, shadows: dict[int, np.ndarray], shadow: np.ndarray) -> np.ndarray:
    """The shadow without the cells that an argument before this one has as well."""
    owner = root(args[i])
    taken = np.zeros(owner.shape, bool)
    for j in shadows:
        if j < i and root(args[j]) is owner:
            same_place(args[j], owner, taken)[...] = True
    return np.where(same_place(args[i], owner, taken), 0.0, shadow.astype(float))


def _finals(array: np.ndarray, lifted: np.ndarray) -> np.ndarray:
    return lifted if array.dtype.kind != "f" else np.array([float(value(x)) for x in lifted.flat]).reshape(lifted.shape)
