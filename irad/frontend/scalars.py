"""Operators on traced scalars: promotion, division checks, powers, conversions and truth, as Python and NumPy have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from irad.errors import instance
from irad.frontend import complex_math
from irad.frontend.complex_parts import Complex
from irad.frontend.dtypes import (
    BOOL,
    COMPLEX128,
    FLOAT64,
    INT64,
    DtypeError,
    Kind,
    Signature,
    fits,
    is_complex,
    is_float,
    is_inexact,
    is_unsigned,
    kind_of_number,
)
from irad.frontend.dtypes import signature as find_signature
from irad.frontend.emit import EMIT, constant, convert, float_power, integer_power, is_true, known_nonzero
from irad.frontend.values import (
    OPERATIONS,
    Array,
    Scalar,
    Traced,
    as_traced,
    attribute,
    checked_dtype,
    emitter,
    method,
    operation,
    refuse,
    wrong,
)
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, math

Operand = Any  # a Scalar, a Python number or a NumPy scalar


def kind_of(x: Any) -> Kind | None:
    """Kind of a traced value or number, None for what takes no part in arithmetic."""
    if isinstance(x, Scalar | Array):
        return x.kind
    try:
        return kind_of_number(x)
    except DtypeError as error:
        raise refuse(str(error)) from None


def materialise(b: Builder, x: Operand, dtype: np.dtype) -> Value:
    """The SSA value of a scalar operand in a dtype; a complex number has none in a real one."""
    if dtype.kind not in "cb" and (is_complex(x.dtype) if isinstance(x, Scalar) else isinstance(x, complex | np.complexfloating)):
        raise wrong(TypeError, f"a complex number cannot be used as {dtype.name}: its imaginary part would be lost. Use z.real or abs(z).")
    if isinstance(x, Scalar):
        return convert(b, x.value, x.dtype, dtype)
    if type(x) is int and dtype.kind in "iu" and not fits(x, dtype):
        raise wrong(OverflowError, f"Python integer {x} out of bounds for {dtype.name}")
    return constant(b, x, dtype)


def cast(x: Operand, dtype: np.dtype, weak: bool = False) -> Scalar:
    """A scalar of the dtype: the same one where nothing changes."""
    if isinstance(x, Scalar) and x.dtype == dtype:
        return x if x.weak == weak else Scalar(x.value, dtype, weak)
    return Scalar(materialise(emitter(), x, dtype), dtype, weak)


def signature(
    ufunc: np.ufunc, operands: tuple[Any, ...], python: bool, dtype: np.dtype | None = None, casting: str = "same_kind"
) -> Signature:
    """How a ufunc computes on traced values and numbers; its refusals name the user's place."""
    kinds = tuple(_known_kind(ufunc, x) for x in operands)
    try:
        if ufunc in _COMPARISONS:
            kinds = _comparable(kinds, operands)
        return find_signature(ufunc, kinds, python, dtype, casting)
    except DtypeError as error:
        raise refuse(str(error)) from None


def _known_kind(ufunc: np.ufunc, x: Any) -> Kind:
    kind = kind_of(x)
    if kind is None:
        raise wrong(TypeError, f"np.{ufunc.__name__} does not take {instance(x)}")
    return kind


_COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}


def _comparable(kinds: tuple[Kind, ...], operands: tuple[Any, ...]) -> tuple[Kind, ...]:
    """Kinds under which a comparison is right: of integers with different ranges, one that holds both."""
    if not all(k.integral for k in kinds) or kinds[0].dtype == kinds[1].dtype:
        return kinds
    for x, kind, other in zip(operands, kinds, reversed(kinds), strict=True):
        if kind.weak and (fits(x, other.dtype) if type(x) is int else other.weak or kind.dtype == BOOL):
            return kinds
    large = any(k.dtype == np.uint64 for k in kinds)
    signed = any(k.dtype.kind == "i" for k in kinds)
    return (Kind(FLOAT64 if large and signed else np.dtype(np.uint64) if large else INT64),) * 2


def scalar_ufunc(ufunc: np.ufunc, operands: tuple[Operand, ...], python: bool = False, found: Signature | None = None) -> Scalar:
    """A ufunc on scalars; with `python`, as the operator of Python's numbers where all operands are weak."""
    found = found or signature(ufunc, operands, python)
    if python and found.inputs[0] == COMPLEX128 and ufunc in _ORDERINGS and all(_known_kind(ufunc, x).weak for x in operands):
        raise wrong(TypeError, f"'{_ORDERINGS[ufunc]}' not supported between instances of 'complex' and 'complex'")
    b = emitter()
    values = [materialise(b, x, d) for x, d in zip(operands, found.inputs, strict=True)]
    if ufunc in _DIVISIONS and not is_inexact(found.inputs[0]):
        return Scalar(_integer_division(b, ufunc, found.inputs[0], *values), found.output.dtype, found.output.weak)
    return Scalar(EMIT[ufunc](b, found.inputs[0], *values), found.output.dtype, found.output.weak)


_ORDERINGS = {np.less: "<", np.less_equal: "<=", np.greater: ">", np.greater_equal: ">="}

_DIVISIONS = {
    np.floor_divide: (arith.FloorDivSI, arith.DivUI),
    np.remainder: (math.FloorModSI, arith.RemUI),
}


def _integer_division(b: Builder, ufunc: np.ufunc, dtype: np.dtype, x: Value, y: Value) -> Value:
    if not known_nonzero(y):
        b.check(b(arith.CmpI, y, constant(b, 0, dtype), predicate="ne"), "ZeroDivisionError", "integer division or modulo by zero")
    signed, unsigned = _DIVISIONS[ufunc]
    return b(unsigned if is_unsigned(dtype) else signed, x, y)


def is_array(x: Any) -> bool:
    """Whether a value is an array, traced or real."""
    return isinstance(x, Array | np.ndarray)


def _spreads(x: Any, y: Any) -> bool:
    """Whether an operator on x and y is NumPy's on arrays: one is an array, or a list beside a NumPy scalar."""
    if is_array(x) or is_array(y):
        return True
    other = y if isinstance(x, list | tuple) else x if isinstance(y, list | tuple) else None
    return isinstance(other, Scalar) and not other.weak


def _takes_part(x: Any) -> bool:
    return isinstance(x, Traced | np.generic | int | float | complex | np.ndarray | list | tuple)


@operation("binary")
def binary(ufunc: np.ufunc, x: Any, y: Any) -> Any:
    """A binary operator of which at least one operand is traced."""
    if not _takes_part(x) or not _takes_part(y):
        return NotImplemented
    if _spreads(x, y):
        return OPERATIONS["elementwise"](ufunc, (x, y))
    if isinstance(x, list | tuple) or isinstance(y, list | tuple):
        return NotImplemented
    return scalar_ufunc(ufunc, (x, y), python=True)


@operation("unary")
def unary(ufunc: np.ufunc, x: Any) -> Any:
    """A unary operator on a traced value."""
    if isinstance(x, Array):
        return OPERATIONS["elementwise"](ufunc, (x,))
    return scalar_ufunc(ufunc, (x,), python=True)


@operation("divmod")
def divmod_(x: Any, y: Any) -> tuple[Any, Any]:
    """Quotient and remainder."""
    return binary(np.floor_divide, x, y), binary(np.remainder, x, y)


# ---------------------------------------------------------------- powers


@operation("pow")
def power(x: Any, y: Any, modulus: Any = None) -> Any:
    """x ** y: integer exponents are taken as such, which needs no logarithm of the base."""
    if modulus is not None:
        raise refuse("pow() with a modulus is not supported on traced values.", "Write a loop of multiplications and %.")
    if not _takes_part(x) or not _takes_part(y):
        return NotImplemented
    if _spreads(x, y):
        return OPERATIONS["elementwise_power"](x, y)
    if isinstance(x, list | tuple) or isinstance(y, list | tuple):
        return NotImplemented
    return scalar_power(x, y, python=True)


def whole(y: Any) -> int | None:
    """A static exponent that is an integer, a float without fraction included."""
    if isinstance(y, bool | np.bool_ | int | np.integer):
        return int(y)
    return int(y) if isinstance(y, float | np.floating) and float(y).is_integer() and abs(y) < 2**31 else None


def scalar_power(x: Operand, y: Operand, python: bool, found: Signature | None = None) -> Scalar:
    """x ** y of scalars."""
    found = found or signature(np.power, (x, y), python)
    dtype = found.inputs[0]
    b = emitter()
    base = materialise(b, x, dtype)
    emit = power_of_complex if is_complex(dtype) else _power_of_float if is_float(dtype) else _power_of_integer
    return Scalar(emit(b, dtype, base, x, y), found.output.dtype, found.output.weak)


def _power_of_float(b: Builder, dtype: np.dtype, base: Value, x: Operand, y: Operand) -> Value:
    exponent = whole(y)
    if exponent is not None:
        short = float_power(b, dtype, base, exponent)
        return b(math.FPowI, base, b.index(exponent)) if short is None else short
    if isinstance(y, Scalar) and not is_float(y.dtype):
        return b(math.FPowI, base, materialise(b, y, INT64))
    return b(math.PowF, base, materialise(b, y, dtype))


def power_of_complex(b: Builder, dtype: np.dtype, base: Value, x: Operand, y: Operand) -> Value:
    """A complex power: by multiplications for an integer exponent, else by way of the logarithm."""
    z = Complex.of(b, base)
    exponent = whole(y)
    if exponent is not None:
        return complex_math.static_power(z, exponent).value
    if isinstance(y, Scalar) and not is_inexact(y.dtype):
        return complex_math.integer_power(z, materialise(b, y, INT64)).value
    return EMIT[np.power](b, dtype, base, materialise(b, y, dtype))


NEGATIVE_POWER = "Integers to negative integer powers are not allowed."


def _power_of_integer(b: Builder, dtype: np.dtype, base: Value, x: Operand, y: Operand) -> Value:
    if not isinstance(y, Scalar):
        if y < 0:
            b.check(b.constant(False, b.true().type), "ValueError", NEGATIVE_POWER)
        return integer_power(b, dtype, base, max(int(y), 0))
    exponent = materialise(b, y, dtype)
    zero, one = constant(b, 0, dtype), constant(b, 1, dtype)
    if not is_unsigned(dtype):
        b.check(b(arith.CmpI, exponent, zero, predicate="sge"), "ValueError", NEGATIVE_POWER)
    if not isinstance(x, Scalar) and x == -1:
        odd = b(arith.CmpI, b(arith.AndI, exponent, one), zero, predicate="ne")
        return b(arith.Select, odd, base, one)
    if not isinstance(x, Scalar) and x == 2:
        return EMIT[np.left_shift](b, dtype, one, exponent)
    return integer_power(b, dtype, base, exponent)


# ---------------------------------------------------------------- conversions


def to_float(x: Any) -> Scalar:
    """float(x): a weak f64."""
    return cast(single(x, "float"), FLOAT64, weak=True)


def to_bool(x: Any) -> Scalar:
    """bool(x), the truth of a traced value: a weak bool."""
    x = single(x, "bool")
    return Scalar(is_true(emitter(), x.value, x.dtype), BOOL, True)


def to_int(x: Any) -> Scalar:
    """int(x): rounded towards zero; what no 64-bit integer holds raises Python's exception."""
    x = single(x, "int")
    if not isinstance(x, Scalar):
        return cast(int(x), INT64, weak=True)
    if not is_float(x.dtype):
        return cast(x, INT64, weak=True)
    b = emitter()
    value = convert(b, x.value, x.dtype, FLOAT64)
    b.check(b(arith.CmpF, value, value, predicate="ord"), "ValueError", "cannot convert float NaN to integer")
    small = b(arith.CmpF, b(math.AbsF, value), constant(b, 2.0**63, FLOAT64), predicate="olt")
    b.check(small, "OverflowError", "cannot convert float {0} to a 64-bit integer", value)
    return Scalar(convert(b, value, FLOAT64, INT64), INT64, True)


def single(x: Any, wanted: str) -> Scalar:
    """The scalar itself, or the only element of an array."""
    x = as_traced(x)
    if isinstance(x, Array):
        if x.ndim > 0 and any(n != 1 for n in x.shape if isinstance(n, int)):
            raise wrong(TypeError if wanted != "bool" else ValueError, _AMBIGUOUS if wanted == "bool" else _NOT_SINGLE)
        return OPERATIONS["item"](x)
    return x


_AMBIGUOUS = "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
_NOT_SINGLE = "only 0-dimensional arrays can be converted to Python scalars"


# ---------------------------------------------------------------- attributes that NumPy's scalars have


@attribute("T")
def _transposed(x: Scalar) -> Any:
    return OPERATIONS["transpose"](x) if isinstance(x, Array) else x


@attribute("itemsize")
def _itemsize(x: Any) -> int:
    return x.dtype.itemsize


@method("is_integer")
def is_integer(x: Scalar) -> Scalar:
    """Whether a float has no fraction."""
    if is_complex(x.dtype):
        raise wrong(AttributeError, "'complex' object has no attribute 'is_integer'")
    if not is_float(x.dtype):
        return Scalar(emitter().true(), BOOL, True)
    b = emitter()
    same = b(arith.CmpF, b(math.Floor, x.value), x.value, predicate="oeq")
    return Scalar(b(arith.AndI, same, b(math.IsFinite, x.value)), BOOL, True)


def numpy_dtype(dtype: Any) -> np.dtype:
    """The dtype that a `dtype=` argument names."""
    return checked_dtype(FLOAT64 if dtype is None else dtype)
