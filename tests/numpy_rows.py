"""A NumPy function as irad is to mean it: rows of a table, and the checks of a row against NumPy itself and finite differences.

A row's function is run as it stands by NumPy, and compiled by irad, on arrays of several dtypes and layouts: value, dtype, shape, which of
the results are views, the contents of arguments afterwards, and the kind of exception have to agree. Its derivatives are compared with
central differences, forward with reverse. What it cannot see: slopes at kinks (inputs are random), and results of which NumPy leaves open
what they contain.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import irad

FLOATS = ("float64", "float32")
REALS = (*FLOATS, "int64", "int32", "uint8", "bool")
COMPLEX = ("complex128", "complex64")
NUMBERS = (*REALS, "complex128")
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": lambda x: np.array(x, order="C"),
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x,
    "reversed": lambda x: np.ascontiguousarray(x[::-1])[::-1] if x.ndim else x,
    "fortran": lambda x: np.array(x, order="F"),
}


@dataclass(frozen=True)
class Row:
    """A function of arrays, and on which arrays it is run.

    `names`: the public names that the row covers (`roll`, `linalg.norm`, `ndarray.sum`); `shapes`: one tuple of argument shapes a
    run; `dtypes`: of all arguments; `make`: arrays of another kind than random ones, from a generator, a shape and a dtype;
    `slope`: whether there is a derivative to check; `rtol`: of float64 values, by which others scale; `layouts`: of the arguments.
    """

    names: str
    function: Callable[..., Any]
    shapes: Sequence[tuple[tuple[int, ...], ...]] = (((5,),), ((3, 4),))
    dtypes: Sequence[str] = REALS
    make: Callable[[np.random.Generator, tuple[int, ...], str], np.ndarray] | None = None
    slope: bool = True
    rtol: float = 1e-12
    layouts: Sequence[str] = tuple(LAYOUTS)

    def __str__(self) -> str:
        return self.names.split()[0]


def random_array(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers without ties: floats on both sides of zero, small integers, booleans."""
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if kind.kind in "iu":
        return rng.integers(0 if kind.kind == "u" else -9, 10, shape).astype(kind)
    count = int(np.prod(shape))
    values = (rng.permutation(count) - 0.4 * count + rng.uniform(-0.3, 0.3, count)) / max(count, 1) * 3.0
    if kind.kind == "c":
        values = values + 1j * rng.permutation(values)
    return values.reshape(shape).astype(kind)


def arguments(row: Row, shapes: Sequence[tuple[int, ...]], dtype: str, layout: str = "contiguous", seed: int = 0) -> list[np.ndarray]:
    """Arrays for one run of a row."""
    rng = np.random.default_rng(seed)
    return [LAYOUTS[layout]((row.make or random_array)(rng, shape, dtype)) for shape in shapes]


def leaves(result: Any) -> list[Any]:
    """The arrays and numbers of a result that may be a tuple or list of them."""
    if isinstance(result, tuple | list):
        return [leaf for part in result for leaf in leaves(part)]
    return [] if result is None else [result]


def outcome(function: Callable[..., Any], args: Sequence[np.ndarray]) -> Any:
    """What a function returns, or the exception that it raises."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return function(*args)
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        return error


def check_value(row: Row, shapes: Sequence[tuple[int, ...]], dtype: str, layout: str) -> None:
    """irad returns what NumPy returns, with the same effects, or raises what NumPy raises."""
    args = arguments(row, shapes, dtype, layout)
    mine = [shared.copy() if layout == "contiguous" else copy_of_layout(shared) for shared in args]
    want, got = outcome(row.function, args), outcome(irad.jit(row.function), mine)
    if isinstance(want, Exception):
        kind = next(k for k in type(want).__mro__ if k.__module__ == "builtins")
        assert isinstance(got, kind), f"NumPy: {want!r}; irad: {got!r}"
        return
    if isinstance(got, Exception):
        raise got
    assert type(want) is type(got) or not isinstance(want, tuple | list), (type(want), type(got))
    expected, found = leaves(want), leaves(got)
    assert len(expected) == len(found)
    single = {"float32": 1e5, "complex64": 1e5}.get(dtype, 1.0)
    for w, g in zip(expected, found, strict=True):
        assert np.shape(w) == np.shape(g), (np.shape(w), np.shape(g))
        assert np.asarray(w).dtype == np.asarray(g).dtype, (np.asarray(w).dtype, np.asarray(g).dtype)
        np.testing.assert_allclose(g, w, rtol=single * row.rtol, atol=single * row.rtol, equal_nan=True)
        views = [isinstance(w, np.ndarray) and np.may_share_memory(w, a) for a in args]
        assert views == [isinstance(g, np.ndarray) and np.may_share_memory(g, a) for a in mine], f"NumPy shares memory with {views}"
    for a, m in zip(args, mine, strict=True):
        np.testing.assert_allclose(m, a, rtol=single * row.rtol, atol=single * row.rtol, err_msg="an argument afterwards")


def copy_of_layout(x: np.ndarray) -> np.ndarray:
    """A copy with the same strides."""
    base = x if x.base is None else copy.deepcopy(x.base)
    if x.base is None or not isinstance(base, np.ndarray):
        return x.copy(order="K")
    start = x.__array_interface__["data"][0] - x.base.__array_interface__["data"][0]
    return np.ndarray(x.shape, x.dtype, base.data if base.flags.c_contiguous else base.T.data, start, x.strides)


def slope_dtypes(row: Row) -> list[str]:
    """The dtypes on which the derivatives of a row are checked: those of double precision, real and complex."""
    return [dtype for dtype in ("float64", "complex128") if dtype in row.dtypes] or [row.dtypes[0]]


def check_slopes(row: Row, shapes: Sequence[tuple[int, ...]], dtype: str, layout: str = "contiguous") -> None:
    """Reverse mode against central differences of the weighted sum of the results, forward mode against reverse.

    Of complex numbers the parts count as independent: the loss is a real weighted sum of the parts of the results.
    """
    args = arguments(row, shapes, dtype, layout, seed=1)
    reference = outcome(row.function, [a.copy() for a in args])
    if isinstance(reference, Exception) or not any(np.asarray(leaf).dtype.kind in "fc" for leaf in leaves(reference)):
        raise AssertionError(f"{row} has no derivative: {reference!r}")
    rng = np.random.default_rng(2)
    weights = [_random_like(rng, leaf, 0.5, 1.5) for leaf in leaves(reference)]
    function = row.function

    def loss(*xs: Any) -> Any:
        total = 0.0
        for leaf, weight in zip(leaves(function(*xs)), weights, strict=True):
            if leaf.dtype.kind in "fc":
                total = total + np.sum(leaf * weight).real
        return total

    everything = tuple(range(len(args)))
    gradient = irad.grad(loss, argnums=everything)(*[a.copy(order="K") for a in args])
    tangents = [_random_like(rng, a, -1.0, 1.0) for a in args]
    _, slope = irad.jvp(loss, [a.copy(order="K") for a in args], tangents)
    along = sum(float(np.sum(np.conj(g) * t).real) for g, t in zip(gradient, tangents, strict=True))
    np.testing.assert_allclose(slope, along, rtol=1e-9, atol=1e-9, err_msg="forward against reverse")
    for i, g in enumerate(gradient):
        np.testing.assert_allclose(g, differences(loss, args, i), rtol=2e-6, atol=2e-6, err_msg=f"derivative by argument {i}")


def normal_like(rng: np.random.Generator, x: Any) -> Any:
    """Normal numbers of the shape of an array, or one for a number; complex if it is."""
    shape = np.shape(x) if isinstance(x, np.ndarray) else None
    found = rng.standard_normal(shape)
    return found + 1j * rng.standard_normal(shape) if np.iscomplexobj(x) else found


def _random_like(rng: np.random.Generator, x: Any, low: float, high: float) -> np.ndarray:
    """Uniform numbers of the shape of another array, complex if it is."""
    found = rng.uniform(low, high, np.shape(x))
    return found + 1j * rng.uniform(low, high, np.shape(x)) if np.iscomplexobj(x) else found


def differences(loss: Callable[..., Any], args: Sequence[np.ndarray], i: int, h: float = 1e-4) -> np.ndarray:
    """Central differences of fourth order of a function run by NumPy, by every element of one argument.

    By a complex element: by its real part, plus i times that by its imaginary part.
    """
    found = np.zeros(args[i].shape, args[i].dtype)
    for at in np.ndindex(args[i].shape):
        for unit in (1.0, 1j) if np.iscomplexobj(found) else (1.0,):
            values = []
            for k in (-2, -1, 1, 2):
                moved = [a.copy() for a in args]
                moved[i][at] += k * h * unit
                values.append(float(loss(*moved)))
            found[at] += unit * (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
    return found
