"""Element-wise functions of NumPy that are no ufuncs: sinc, clip, nan_to_num, select, piecewise and their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.frontend.arrays import cast_operand, elementwise, operand, where
from irad.frontend.complex_api import np_imag, np_real
from irad.frontend.creation import array, asarray, np_full_like, result_type
from irad.frontend.dtypes import BOOL, FLOAT64, is_complex, is_float, is_inexact
from irad.frontend.reductions import into
from irad.frontend.scalars import kind_of
from irad.frontend.ufuncs import call_ufunc, strong
from irad.frontend.values import OPERATIONS, Array, as_traced, method, refuse, wrong

Function = Callable[..., Any]


def _dtype(x: Any) -> np.dtype:
    kind = kind_of(x)
    if kind is None:
        raise wrong(TypeError, f"a {type(x).__name__} is not a number")
    return kind.dtype


def _floating(x: Any) -> Any:
    """The operand, as a float or complex number."""
    x = strong(operand(x))
    return x if is_inexact(_dtype(x)) else cast_operand(x, FLOAT64)


def np_sinc(x: Any) -> Any:
    """np.sinc; at zero by the first terms of its series, so that higher derivatives are right there too."""
    angle = elementwise(np.multiply, (_floating(x), np.pi))
    at_zero = elementwise(np.equal, (angle, 0.0))
    safe = where(at_zero, 1.0, angle)
    square = elementwise(np.square, (angle,))
    fourth = elementwise(np.multiply, (elementwise(np.square, (square,)), 1 / 120))
    series = elementwise(np.add, (elementwise(np.subtract, (1.0, elementwise(np.multiply, (square, 1 / 6)))), fourth))
    return where(at_zero, series, elementwise(np.true_divide, (elementwise(np.sin, (safe,)), safe)))


def np_fix(x: Any, out: Any = None) -> Any:
    """np.fix."""
    return call_ufunc(np.trunc, x, out=out)


def _infinite(sign: np.ufunc) -> Function:
    def function(x: Any, out: Any = None) -> Any:
        x = operand(x)
        if is_complex(_dtype(x)):
            raise wrong(TypeError, f"This operation is not supported for {_dtype(x).name} values because it would be ambiguous.")
        found = elementwise(np.logical_and, (elementwise(np.isinf, (x,)), elementwise(sign, (x, 0))))
        return into(out, found)

    return function


def np_nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """np.nan_to_num: what is replaced has no slope."""
    value = as_traced(x)
    given = strong(operand(value))
    dtype = _dtype(given)
    if is_complex(dtype):
        return _parts_to_num(value if isinstance(value, Array) and not copy else array(given), nan, posinf, neginf)
    if not is_float(dtype):
        return array(given, copy=copy) if isinstance(given, Array) else given
    limits = np.finfo(dtype)
    result = where(elementwise(np.isnan, (given,)), dtype.type(nan) if isinstance(nan, int | float) else nan, given)
    for bound, sign, largest in ((posinf, np.greater, limits.max), (neginf, np.less, limits.min)):
        infinite = elementwise(np.logical_and, (elementwise(np.isinf, (given,)), elementwise(sign, (given, 0))))
        replacement = largest if bound is None else dtype.type(bound) if isinstance(bound, int | float) else bound
        result = where(infinite, replacement, result)
    return result if copy or not isinstance(value, Array) else into(value, result)


def _parts_to_num(z: Array, *replacements: Any) -> Any:
    """The complex array, whose parts are replaced in place; a scalar if it has no dimension."""
    for part in (np_real(z), np_imag(z)):
        into(part, np_nan_to_num(part, True, *replacements))
    return z if z.ndim else z[()]


@method("clip")
def np_clip(a: Any, a_min: Any = np._NoValue, a_max: Any = np._NoValue, out: Any = None, **options: Any) -> Any:
    """np.clip; where a bound is met, the slope is that of the first of equals: of the array, not of the bound."""
    low, high = (options.pop(name, np._NoValue) for name in ("min", "max"))
    if low is np._NoValue and high is np._NoValue:
        low, high = a_min, a_max
    elif a_min is not np._NoValue or a_max is not np._NoValue:
        raise wrong(ValueError, "Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden.")
    x = strong(operand(a))
    low, high = (None if v is None or v is np._NoValue else _within(x, v) for v in (low, high))
    if low is None and high is None:
        return call_ufunc(np.positive, x, out=out, **options)
    if low is None or high is None:
        return call_ufunc(np.minimum if low is None else np.maximum, x, high if low is None else low, out=out, **options)
    inner = {k: v for k, v in options.items() if k in ("dtype", "casting")}
    return call_ufunc(np.minimum, call_ufunc(np.maximum, x, low, **inner), high, out=out, **options)


def _within(x: Any, bound: Any) -> Any:
    """A bound; a Python integer beyond the range of the array's integers becomes the end of that range."""
    dtype = _dtype(x)
    if type(bound) is not int or dtype.kind not in "iu":
        return bound
    limits = np.iinfo(dtype)
    return limits.min if bound < limits.min else limits.max if bound > limits.max else bound


# ---------------------------------------------------------------- choices


def np_select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """np.select: the choice of the first condition that holds."""
    if len(condlist) != len(choicelist):
        raise wrong(ValueError, "list of cases must be same length as list of conditions")
    if not len(condlist):
        raise wrong(ValueError, "select with an empty condition list is not possible")
    conditions = [strong(operand(c)) for c in condlist]
    for i, condition in enumerate(conditions):
        if _dtype(condition) != BOOL:
            raise wrong(TypeError, f"invalid entry {i} in condlist: should be boolean ndarray")
    dtype = result_type(*(operand(v) for v in (*choicelist, default)))
    result = cast_operand(operand(default), dtype)
    for condition, choice in zip(reversed(conditions), reversed(choicelist), strict=True):
        result = where(condition, cast_operand(operand(choice), dtype), result)
    return asarray(result)


def np_piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """np.piecewise: each function is called with the elements for which its condition is the last that holds."""
    values = asarray(x)
    conditions = [asarray(c) for c in (condlist if isinstance(condlist, list | tuple) else [condlist])]
    functions = list(funclist)
    if len(functions) == len(conditions) + 1:
        held = conditions[0]
        for condition in conditions[1:]:
            held = elementwise(np.logical_or, (held, condition))
        conditions.append(asarray(elementwise(np.logical_not, (held,))))
    elif len(functions) != len(conditions):
        n = len(conditions)
        raise wrong(ValueError, f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    if values.ndim == 0:
        raise refuse("np.piecewise of a number is not supported.", "Write `if`.")
    result = np_full_like(values, 0)
    for condition, function in zip(conditions, functions, strict=True):
        if not callable(function):
            result[condition] = function
            continue
        result[condition] = OPERATIONS["call"](function, values[condition], *args, **kw)
    return result


ELEMENTARY: dict[Any, Function] = {
    np.sinc: np_sinc,
    np.fix: np_fix,
    np.isposinf: _infinite(np.greater),
    np.isneginf: _infinite(np.less),
    np.nan_to_num: np_nan_to_num,
    np.clip: np_clip,
    np.select: np_select,
    np.piecewise: np_piecewise,
}
