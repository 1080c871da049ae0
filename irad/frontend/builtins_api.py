"""Python's builtins on traced values: abs, min, max, sum, len, int, float, bool, round, pow, divmod, isinstance."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.errors import instance
from irad.frontend import sizes as S
from irad.frontend.arrays import apply, operand
from irad.frontend.dtypes import BOOL, COMPLEX128, FLOAT64, INT64, Kind, is_complex, is_float, part_dtype, promote
from irad.frontend.emit import EMIT, constant, from_memory
from irad.frontend.reductions import np_sum, reduce_array
from irad.frontend.scalars import binary, cast, divmod_, kind_of, materialise, power, signature, single, to_bool, to_float, to_int, unary
from irad.frontend.values import OPERATIONS, Array, Scalar, Traced, as_traced, emitter, method, operation, refuse, wrong
from irad.ir.builder import Builder
from irad.ir.core import Op, Value
from irad.ir.ops import arith, math
from irad.ir.ops import complex as complexops


def py_abs(x: Any) -> Any:
    """abs()."""
    return unary(np.absolute, as_traced(x))


def py_len(x: Any) -> Any:
    """len()."""
    return OPERATIONS["len"](as_traced(x)) if isinstance(x, Traced | np.ndarray) else len(x)


def py_int(x: Any = 0, base: Any = None) -> Any:
    """int()."""
    if base is not None:
        raise wrong(TypeError, "int() can't convert non-string with explicit base")
    return to_int(x)


def py_float(x: Any = 0.0) -> Any:
    """float()."""
    return to_float(x)


def py_bool(x: Any = False) -> Any:
    """bool(): of a container, whether it has elements, as in Python."""
    return to_bool(x) if isinstance(x, Traced | np.ndarray) else builtins.bool(x)


def py_pow(base: Any, exp: Any, mod: Any = None) -> Any:
    """pow()."""
    return power(base, exp, mod)


def py_divmod(x: Any, y: Any) -> Any:
    """divmod()."""
    return divmod_(x, y)


# ---------------------------------------------------------------- min, max, sum, any, all

_MISSING = object()


def py_max(*args: Any, key: Any = None, default: Any = _MISSING) -> Any:
    """max(): the first of the largest, by Python's comparisons."""
    return _extreme("max", "gt", args, key, default)


def py_min(*args: Any, key: Any = None, default: Any = _MISSING) -> Any:
    """min(): the first of the smallest, by Python's comparisons."""
    return _extreme("min", "lt", args, key, default)


def _extreme(name: str, order: str, args: Sequence[Any], key: Any, default: Any) -> Any:
    if key is not None:
        raise refuse(f"{name}() with a key is not supported on traced values.", "Write a loop.")
    candidates = args[0] if len(args) == 1 else args
    candidates = as_traced(candidates)
    if isinstance(candidates, Array):
        return _extreme_of_array(name, order, candidates)
    candidates = list(candidates)
    if not candidates:
        if default is not _MISSING:
            return default
        raise wrong(ValueError, f"{name}() iterable argument is empty")
    best = candidates[0]
    for x in candidates[1:]:
        best = _better(name, order, best, x)
    return best


_ORDER = {"gt": (np.greater, lambda x, y: x > y), "lt": (np.less, lambda x, y: x < y)}


def _better(name: str, order: str, best: Any, x: Any) -> Any:
    """best, or x if it comes before it in the order."""
    best, x = operand(best), operand(x)
    ufunc, plain = _ORDER[order]
    if not isinstance(best, Traced) and not isinstance(x, Traced):
        return x if plain(x, best) else best
    if isinstance(best, Array) or isinstance(x, Array):
        raise refuse(f"{name}() of arrays is ambiguous.", f"np.{name}imum compares them element by element.")
    wins = binary(ufunc, x, best)
    kind = promote(_kind(x), _kind(best))
    b = emitter()
    value = b(arith.Select, wins.value, materialise(b, x, kind.dtype), materialise(b, best, kind.dtype))
    return Scalar(value, kind.dtype, kind.weak)


def _kind(x: Any) -> Kind:
    kind = kind_of(x)
    if kind is None:
        raise wrong(TypeError, f"{instance(x)} cannot be compared with a traced number")
    return kind


def _vector(name: str, x: Array) -> Array:
    if x.ndim != 1:
        raise refuse(f"{name}() of an array of rank {x.ndim} is not supported.", f"Use np.{name}.")
    return x


def _extreme_of_array(name: str, order: str, x: Array) -> Scalar:
    _vector(name, x)
    b = emitter()
    n = S.dim(b, x.value, 0)
    if not S.at_most(1, n):
        some = b(arith.CmpI, S.as_value(b, n), b.index(0), predicate="sgt")
        b.check(some, "ValueError", f"{name}() iterable argument is empty")
    compare = EMIT[_ORDER[order][0]]

    def step(inner: Builder, dtype: np.dtype, best: Value, element: Value) -> Value:
        return inner(arith.Select, compare(inner, dtype, element, best), element, best)

    first = from_memory(b, b.load(x.value, b.index(0)), x.dtype)
    return Scalar(reduce_array(b, x, x.dtype, first, step), x.dtype, False)


def py_sum(iterable: Any, /, start: Any = 0) -> Any:
    """sum(): of a list by repeated +, of a vector in order, of rows by adding them."""
    x = as_traced(iterable)
    if not isinstance(x, Array):
        total = start
        for v in x:
            total = total + v
        return total
    if x.ndim > 1:
        return binary(np.add, np_sum(x, axis=0), start)
    found = signature(np.add, (operand(start), x), False)
    dtype = found.output.dtype
    b = emitter()

    def step(inner: Builder, dtype: np.dtype, total: Value, element: Value) -> Value:
        return EMIT[np.add](inner, dtype, total, element)

    return Scalar(reduce_array(b, x, dtype, materialise(b, operand(start), dtype), step), dtype, False)


def py_any(iterable: Any) -> Any:
    """any(), as a bool."""
    return _all_or_any(iterable, arith.OrI, False)


def py_all(iterable: Any) -> Any:
    """all(), as a bool."""
    return _all_or_any(iterable, arith.AndI, True)


def _all_or_any(iterable: Any, cls: type[Op], start: bool) -> Any:
    x = as_traced(iterable)
    if isinstance(x, Array):
        _vector("any" if cls is arith.OrI else "all", x)
        b = emitter()
        value = reduce_array(b, x, BOOL, b.constant(start, b.true().type), lambda inner, dtype, p, q: inner(cls, p, q))
        return Scalar(value, BOOL, True)
    result: Any = start
    for v in x:
        if not isinstance(v, Traced):
            if builtins.bool(v) is not start:
                return not start
        elif not isinstance(result, Scalar):
            result = to_bool(v)
        else:
            b = emitter()
            result = Scalar(b(cls, result.value, to_bool(v).value), BOOL, True)
    return result


# ---------------------------------------------------------------- rounding


@operation("floor")
def py_floor(x: Any) -> Any:
    """math.floor(): an int."""
    return _to_integer(x, math.Floor, "floor")


@operation("ceil")
def py_ceil(x: Any) -> Any:
    """math.ceil(): an int."""
    return _to_integer(x, math.Ceil, "ceil")


@operation("trunc")
def py_trunc(x: Any) -> Any:
    """math.trunc(): an int."""
    return to_int(x)


def _to_integer(x: Any, cls: type[Op], name: str) -> Scalar:
    x = single(x, name)
    if not is_float(x.dtype):
        return to_int(x)
    return to_int(Scalar(emitter()(cls, x.value), x.dtype, x.weak))


@operation("round")
def py_round(number: Any, ndigits: Any = None) -> Any:
    """round(): to an int without digits, else to a number of that many decimals, halves to even."""
    x = operand(number)
    if isinstance(x, Array):
        return np_round(x, ndigits or 0)
    if ndigits is None:
        return _to_integer(x, math.RoundEven, "round")
    return _rounded(x, _digits(ndigits))


def _digits(n: Any) -> int:
    if isinstance(n, Traced):
        raise refuse("round() to a number of digits that is known only at run time is not supported.", "Pass the digits as a constant.")
    if not -22 <= n <= 22:
        raise refuse(f"round() to {n} digits is not supported.", "irad rounds to between -22 and 22 digits.")
    return int(n)


def _rounded(x: Scalar, digits: int) -> Scalar:
    """x to some decimals; integers stay integers."""
    if not is_float(x.dtype):
        if digits >= 0:
            return x if x.dtype != BOOL else cast(x, INT64, x.weak)
        raise refuse("round() of an integer to tens is not supported.", "Divide, round and multiply.")
    b = emitter()
    round_ = _decimals_python if x.weak or x.dtype == FLOAT64 else _decimals_numpy
    return Scalar(round_(b, x.dtype, x.value, digits), x.dtype, x.weak)


def _decimals_numpy(b: Builder, dtype: np.dtype, x: Value, digits: int) -> Value:
    """NumPy's way: scale, round, scale back."""
    if not digits:
        return b(math.RoundEven, x)
    scale = constant(b, 10.0 ** abs(digits), dtype)
    there, back = (arith.MulF, arith.DivF) if digits > 0 else (arith.DivF, arith.MulF)
    return b(back, b(math.RoundEven, b(there, x, scale)), scale)


def _decimals_python(b: Builder, dtype: np.dtype, x: Value, digits: int) -> Value:
    """Python's way, correctly rounded: where the scaled value seems to be a tie, its rounding error decides."""
    scale = constant(b, 10.0 ** abs(digits), dtype)
    half, one = constant(b, 0.5, dtype), constant(b, 1.0, dtype)
    if digits >= 0:
        scaled = b(arith.MulF, x, scale)
        error = b(math.Fma, x, scale, b(arith.NegF, scaled))
    else:
        scaled = b(arith.DivF, x, scale)
        error = b(math.Fma, b(arith.NegF, scaled), scale, x)
    nearest = b(math.RoundEven, scaled)
    gap = b(arith.SubF, scaled, nearest)
    tie = b(arith.CmpF, b(math.AbsF, gap), half, predicate="oeq")
    outwards = b(arith.CmpF, b(arith.MulF, gap, error), constant(b, 0.0, dtype), predicate="ogt")
    moved = b(arith.AddF, nearest, b(math.CopySign, one, gap))
    nearest = b(arith.Select, b(arith.AndI, tie, outwards), moved, nearest)
    result = b(math.CopySign, b(arith.DivF if digits >= 0 else arith.MulF, nearest, scale), x)
    exact = b(arith.CmpF, b(math.AbsF, scaled), constant(b, 2.0**52, dtype), predicate="olt")
    return b(arith.Select, exact, result, x) if digits >= 0 else result


@method("round")
def np_round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """np.round."""
    x = operand(a)
    digits = _digits(decimals)
    if is_complex(x.dtype):
        return _round_parts(x, digits, out)
    if not isinstance(x, Array):
        if not is_float(x.dtype):
            return _rounded(x, digits)
        return Scalar(_decimals_numpy(emitter(), x.dtype, x.value, digits), x.dtype, False)
    if not is_float(x.dtype):
        if digits < 0:
            raise refuse("np.round of integers to tens is not supported.", "Divide, round and multiply.")
        return apply([x], [x.dtype], x.dtype, lambda b, v: v)
    return apply([x], [x.dtype], x.dtype, lambda b, v: _decimals_numpy(b, x.dtype, v, digits), out)


def _round_parts(x: Any, digits: int, out: Array | None) -> Any:
    part = part_dtype(x.dtype)

    def rounded(b: Builder, z: Value) -> Value:
        parts = (b(cls, z) for cls in (complexops.Re, complexops.Im))
        return b(complexops.Create, *(_decimals_numpy(b, part, v, digits) for v in parts))

    if not isinstance(x, Array):
        return Scalar(rounded(emitter(), x.value), x.dtype, False)
    return apply([x], [x.dtype], x.dtype, rounded, out)


# ---------------------------------------------------------------- types


def python_type(x: Any) -> type:
    """The type that a traced value has when the function runs as plain Python."""
    if isinstance(x, Array):
        return np.ndarray
    if isinstance(x, Scalar):
        return {BOOL: bool, INT64: int, FLOAT64: float, COMPLEX128: complex}[x.dtype] if x.weak else x.dtype.type
    return type(x)


def py_isinstance(x: Any, types: Any) -> bool:
    """isinstance(), static: by the type that the value has in plain Python."""
    if isinstance(x, Traced) and types is not object and not _mentions_traced(types):
        return issubclass(python_type(x), types)
    return builtins.isinstance(x, types)


def _mentions_traced(types: Any) -> bool:
    return isinstance(types, type) and issubclass(types, Traced)


BUILTINS: dict[Any, Callable[..., Any]] = {
    abs: py_abs,
    len: py_len,
    int: py_int,
    float: py_float,
    bool: py_bool,
    pow: py_pow,
    divmod: py_divmod,
    max: py_max,
    min: py_min,
    sum: py_sum,
    any: py_any,
    all: py_all,
    round: py_round,
    isinstance: py_isinstance,
    type: python_type,
}
