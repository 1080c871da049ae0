"""Functions of complex arrays: element-wise ones, parts, reductions, products; and what NumPy refuses for them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.numpy_rows import COMPLEX, Row

PAIRS = [((5,), (5,)), ((3, 4), (4,))]
complex_row = partial(Row, dtypes=COMPLEX, rtol=2e-11)


def _ufunc(name: str, slope: bool = True) -> Row:
    ufunc = getattr(np, name)
    shapes = [((6,),), ((2, 3),), ((0, 3),), ((),)] if ufunc.nin == 1 else [*PAIRS, ((), ())]
    return complex_row(name, lambda *args: ufunc(*args), shapes=shapes, slope=slope)


def _set_parts(z: np.ndarray) -> Any:
    z.real[1:] = z.imag[:-1] * 2.0
    z.imag *= z.real
    z.real = z.real + 1.0
    return z * z


def _whole_powers(z: np.ndarray) -> Any:
    return z**2, z**-3, z**0, z**1, z**7, z**2.0, np.power(z, 3)


def _mixed(z: np.ndarray) -> Any:
    x = np.arange(len(z)) + 0.5
    return x * z, z - x, 2.0 * z, z + 1, z / 3, (1 + 2j) * x, z + np.float32(2), z * np.complex64(1j)


def _integer_exponents(z: np.ndarray) -> Any:
    return z ** np.arange(-2, 4)


ROWS = [
    *(_ufunc(name) for name in "add subtract multiply true_divide power".split()),
    *(_ufunc(name) for name in "negative positive absolute conjugate sign square reciprocal".split()),
    *(_ufunc(name) for name in "exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh".split()),
    *(_ufunc(name) for name in "arcsin arccos arctan arcsinh arccosh arctanh".split()),
    *(_ufunc(name) for name in "maximum minimum".split()),
    *(_ufunc(name, slope=False) for name in "equal not_equal less less_equal greater greater_equal".split()),
    *(_ufunc(name, slope=False) for name in "isnan isinf isfinite logical_and logical_or logical_xor logical_not rint".split()),
    *(_ufunc(name, slope=False) for name in "floor ceil fmod remainder floor_divide arctan2 hypot cbrt logaddexp".split()),
    complex_row("abs", lambda z: abs(z)),
    complex_row("power", _whole_powers),
    complex_row("power", _integer_exponents, shapes=[((6,),)]),
    complex_row("add", _mixed, shapes=[((5,),)]),
    complex_row("real imag ndarray.real ndarray.imag", lambda z: (np.real(z), np.imag(z), z.real, z.imag), shapes=[((5,),), ((3, 4),)]),
    complex_row("real", lambda z: (z[::2].real, z.T.imag, z.real[1:], z.imag.sum()), shapes=[((5,),), ((3, 4),)]),
    complex_row("real", _set_parts, shapes=[((5,),), ((4, 3),)]),
    Row("imag", lambda x: (x.real, x.imag + 1, np.conj(x), x.conj()), slope=False),
    complex_row("angle", lambda z: (np.angle(z), np.angle(z, deg=True))),
    complex_row("conj ndarray.conj", lambda z: (np.conj(z), z.conj(), z.conjugate(), z.conj().T), shapes=[((5,),), ((3, 4),)]),
    complex_row("isreal", lambda z: (np.isreal(z), np.iscomplex(z.real + 0j)), slope=False),
    complex_row("sum prod mean", lambda z: (z.sum(), np.prod(z), np.mean(z), z.sum(axis=0), z.mean(axis=-1)), shapes=[((5,),), ((3, 4),)]),
    complex_row("sum", lambda z: (z.sum(axis=0, keepdims=True), z.prod(axis=1)), shapes=[((3, 4),)]),
    complex_row("max min", lambda z: (np.max(z), z.min(), z.max(axis=0), z.min(axis=-1), max(z.ravel()), min(z.ravel()))),
    complex_row("round", lambda z: (np.round(z, 1), z.round(), np.round(z[0], 2)), shapes=[((5,),)], slope=False),
    complex_row("clip", lambda z: (np.clip(z, -0.5, 0.5j), z.clip(-1, 1))),
    complex_row("any all", lambda z: (np.any(z), z.all()), slope=False),
    complex_row("dot vdot", lambda z, w: (np.dot(z, w), np.vdot(z, w), z @ w), shapes=[((5,), (5,))]),
    complex_row("matmul", lambda z, w: (z @ w, np.matmul(w.T, z.T)), shapes=[((3, 4), (4, 2)), ((3, 4), (4,)), ((4,), (4, 2))]),
    complex_row("vdot", lambda z: np.vdot(z, z.real)),
    complex_row("where", lambda z: np.where(z.real > 0, z, z.conj())),
    complex_row("astype", lambda z: (z.astype(np.complex64), z.astype(np.complex128), z.real.astype(complex)), slope=False),
    complex_row("astype", lambda z: (z.astype(np.complex128), z.real.astype(complex), z.astype(bool))),
    complex_row("zeros ones full", lambda z: np.zeros(3, complex) + np.ones(3, np.complex64) * z[0] + np.full(3, 1j), shapes=[((3,),)]),
    complex_row("zeros_like", lambda z: np.zeros_like(z) + np.array([1j, z[0], 2.0])[:1], shapes=[((5,),)]),
    complex_row("array", lambda z: np.array([z[0], 1.0, z[1].real]), shapes=[((5,),)]),
    complex_row("copy reshape transpose", lambda z: (z.copy(), z.copy().reshape(2, -1).T, z[::-1], z[[0, 2]]), shapes=[((6,),)]),
    complex_row("add", lambda z: z.__iadd__(1j), shapes=[((5,),)]),
]
