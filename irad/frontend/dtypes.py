"""Which dtypes irad has, how the IR represents them, and how NumPy (NEP 50) and Python promote them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from irad.ir import types as T

BOOL, INT64, FLOAT32, FLOAT64 = (np.dtype(t) for t in (np.bool_, np.int64, np.float32, np.float64))
COMPLEX64, COMPLEX128 = np.dtype(np.complex64), np.dtype(np.complex128)

_SCALAR_TYPES: dict[np.dtype, T.Type] = {
    BOOL: T.i1,
    np.dtype(np.int8): T.i8,
    np.dtype(np.uint8): T.i8,
    np.dtype(np.int16): T.i16,
    np.dtype(np.uint16): T.i16,
    np.dtype(np.int32): T.i32,
    np.dtype(np.uint32): T.i32,
    INT64: T.index,
    np.dtype(np.uint64): T.index,
    FLOAT32: T.f32,
    FLOAT64: T.f64,
    COMPLEX64: T.ComplexType(T.f32),
    COMPLEX128: T.ComplexType(T.f64),
}

_PYTHON_TYPES: dict[np.dtype, type] = {INT64: int, FLOAT64: float, COMPLEX128: complex}


class DtypeError(TypeError):
    """A dtype that irad does not have, or that an operation does not take; the caller adds the place."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What promotion knows of a scalar or array: its dtype, and whether it is weak, as a Python number is."""

    dtype: np.dtype
    weak: bool = False

    @property
    def integral(self) -> bool:
        """Whether the values are integers or booleans."""
        return self.dtype.kind in "iub"


@dataclass(frozen=True, slots=True)
class Signature:
    """The dtypes in which an operation computes, and the kind of its result."""

    inputs: tuple[np.dtype, ...]
    output: Kind


def canonical(dtype: Any) -> np.dtype:
    """The dtype object by which the tables here find a dtype; refuses those that irad does not have."""
    found = np.dtype(dtype)
    if not found.isnative:
        remedy = "Convert it with x.astype(x.dtype.newbyteorder('='))."
        raise DtypeError(f"an array of dtype {found.str!r} is not in this machine's byte order. {remedy}")
    known = _SCALAR_TYPES.get(found)
    if known is None:
        remedy = "irad computes with bool, int8 to int64, uint8 to uint64, float32, float64, complex64 and complex128."
        raise DtypeError(f"the dtype {found.name} is not supported. {remedy}")
    return found


def scalar_type(dtype: np.dtype) -> T.Type:
    """Type of an SSA value of the dtype."""
    return _SCALAR_TYPES[dtype]


def element_type(dtype: np.dtype) -> T.Type:
    """Type of an element in memory: as the SSA value, but for bool, which is a byte."""
    return T.i8 if dtype == BOOL else _SCALAR_TYPES[dtype]


def is_float(dtype: np.dtype) -> bool:
    """Whether the dtype is a real float."""
    return dtype.kind == "f"


def is_complex(dtype: np.dtype) -> bool:
    """Whether the dtype holds complex numbers."""
    return dtype.kind == "c"


def is_inexact(dtype: np.dtype) -> bool:
    """Whether the dtype holds floats, real or complex: numbers that have a derivative."""
    return dtype.kind in "fc"


def part_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype of a complex number's parts; that of any other number itself."""
    return {COMPLEX64: FLOAT32, COMPLEX128: FLOAT64}.get(dtype, dtype)


def is_unsigned(dtype: np.dtype) -> bool:
    """Whether the dtype takes the unsigned operations; bool does."""
    return dtype.kind in "ub"


def width(dtype: np.dtype) -> int:
    """Bits of an SSA value."""
    return 1 if dtype == BOOL else 8 * dtype.itemsize


def kind_of_number(x: Any) -> Kind | None:
    """Kind of a Python number or NumPy scalar, None for anything else."""
    if isinstance(x, np.generic):
        return Kind(canonical(x.dtype))
    if isinstance(x, bool):
        return Kind(BOOL, True)
    if isinstance(x, int):
        if not fits(x, INT64):
            raise OverflowError(f"integers are 64 bits wide; {x} does not fit")
        return Kind(INT64, True)
    if isinstance(x, float):
        return Kind(FLOAT64, True)
    if isinstance(x, complex):
        return Kind(COMPLEX128, True)
    return None


def fits(x: int, dtype: np.dtype) -> bool:
    """Whether an integer is in the range of an integer dtype."""
    bits = width(dtype)
    return 0 <= x < 1 << bits if is_unsigned(dtype) else -(1 << bits - 1) <= x < 1 << bits - 1


@lru_cache(maxsize=4096)
def promote(*kinds: Kind) -> Kind:
    """The common kind of values that meet at a join or in one array: NumPy's result type, weak only if all are."""
    if all(k.weak for k in kinds):
        return Kind(np.result_type(*(k.dtype for k in kinds)), True)
    return Kind(canonical(np.result_type(*(_weak_example(k) if k.weak else k.dtype for k in kinds))))


def _weak_example(kind: Kind) -> Any:
    return _PYTHON_TYPES[kind.dtype](0) if kind.dtype in _PYTHON_TYPES else False


# Python's own operators take a bool as the int that it is; these keep it a bool.
_KEEP_BOOL = {
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.logical_not,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.equal,
    np.not_equal,
}


@lru_cache(maxsize=4096)
def signature(
    ufunc: np.ufunc, kinds: tuple[Kind, ...], python: bool, dtype: np.dtype | None = None, casting: Any = "same_kind"
) -> Signature:
    """How a ufunc computes on operands of the kinds, with results of a `dtype` if one is asked for.

    With `python`, operands that are all weak follow Python's operators (the result is weak, booleans count as ints);
    otherwise they are taken as NumPy's default dtypes.
    """
    wanted = (*(None,) * ufunc.nin, *(dtype,) * ufunc.nout)
    weak = all(k.weak for k in kinds)
    if weak and python:
        ask = tuple(INT64 if k.dtype == BOOL and ufunc not in _KEEP_BOOL else k.dtype for k in kinds)
    elif weak:
        ask = tuple(k.dtype for k in kinds)
    else:
        ask = tuple(_PYTHON_TYPES.get(k.dtype, k.dtype) if k.weak else k.dtype for k in kinds)
    try:
        found = ufunc.resolve_dtypes((*ask, *(None,) * ufunc.nout), signature=wanted, casting=casting)
    except TypeError as error:
        names = ", ".join(k.dtype.name for k in kinds)
        raise DtypeError(f"np.{ufunc.__name__} does not take ({names}): {error}") from None
    if found[ufunc.nin] != np.float16:
        found = tuple(FLOAT32 if d == np.float16 else d for d in found)  # a test of halves, which are floats as well
    else:
        names = ", ".join(k.dtype.name for k in kinds)
        remedy = "Convert with .astype(np.float32) first."
        raise DtypeError(f"np.{ufunc.__name__} of {names} is computed in float16, which irad does not have. {remedy}")
    dtypes = tuple(canonical(d) for d in found)
    return Signature(dtypes[: ufunc.nin], Kind(dtypes[ufunc.nin], weak and python))
