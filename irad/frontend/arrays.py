"""Making and filling arrays, and the element-wise operations on them: each is one irad.map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from irad.frontend import broadcast, complex_math
from irad.frontend import sizes as S
from irad.frontend.complex_parts import Complex
from irad.frontend.dtypes import BOOL, INT64, Signature, element_type, is_complex, is_float, is_inexact, is_unsigned, part_dtype
from irad.frontend.emit import EMIT, Emit, constant, convert, float_power, from_memory, integer_power, to_memory
from irad.frontend.scalars import NEGATIVE_POWER, materialise, power_of_complex, scalar_power, scalar_ufunc, signature, whole
from irad.frontend.sizes import Size
from irad.frontend.values import OPERATIONS, Array, Scalar, as_traced, emitter, operation, wrong
from irad.ir.builder import Builder
from irad.ir.core import Block, Value
from irad.ir.ops import arith, irad, math, scf
from irad.ir.types import i1

Body = Callable[..., Value]  # of a builder and one SSA value an operand

ASSIGNMENT = "could not broadcast input array from shape {} into shape {}"


def empty(b: Builder, shape: Sequence[Size], dtype: np.dtype) -> Array:
    """A new array with undefined contents."""
    return Array(b.alloc(element_type(dtype), [S.static(n) for n in shape]), dtype)


def load(b: Builder, array: Array, *indices: Value) -> Scalar:
    """An element, as a strong scalar."""
    return Scalar(from_memory(b, b.load(array.value, *indices), array.dtype), array.dtype, False)


def store(b: Builder, array: Array, x: Any, *indices: Value) -> None:
    """Write a scalar, converted to the array's dtype, into an element."""
    _refuse_read_only(array)
    b.store(to_memory(b, materialise(b, x, array.dtype), array.dtype), array.value, *indices)


def read_only(x: Array) -> Array:
    """The view of all elements through which nothing can be written."""
    b = emitter()
    sizes, strides = S.dims(b, x.value), S.strides(b, x.value)
    return Array(broadcast.view(b, x.value, 0, sizes, strides, x.type.strided, readonly=True), x.dtype)


def _refuse_read_only(destination: Array) -> None:
    if S.read_only(destination.value):
        raise wrong(ValueError, "assignment destination is read-only")


def operand(x: Any) -> Any:
    """What an array function computes with: an array of rank 1 or more, a traced scalar, or a number."""
    if isinstance(x, list | tuple):
        x = OPERATIONS["array"](x)
    x = as_traced(x)
    if isinstance(x, Array) and x.ndim == 0:
        return load(emitter(), x)
    return x


# ---------------------------------------------------------------- maps


def emit_map(b: Builder, destination: Array, operands: Sequence[Any], dtypes: Sequence[np.dtype], body: Body, result: np.dtype) -> None:
    """Emit the map of a body over operands of the destination's shape, or scalars; the body's result has dtype `result`."""
    _refuse_read_only(destination)
    block = Block()
    inner = b.at(block)
    inputs: list[Value] = []
    elements: list[Value] = []
    for x, dtype in zip(operands, dtypes, strict=True):
        if isinstance(x, Array):
            inputs.append(x.value)
            element = from_memory(inner, block.add_arg(x.type.element), x.dtype)
            elements.append(convert(inner, element, x.dtype, dtype))
        elif isinstance(x, Scalar):
            inputs.append(materialise(b, x, dtype))
            elements.append(block.add_arg(inputs[-1].type))
        else:
            elements.append(materialise(inner, x, dtype))
    value = convert(inner, body(inner, *elements), result, destination.dtype)
    inner.yield_(to_memory(inner, value, destination.dtype))
    b.op(irad.Map, (destination.value, *inputs), None, (), (block,))


def _identity(b: Builder, x: Value) -> Value:
    return x


def copy_into(b: Builder, destination: Array, x: Any) -> None:
    """Copy an array of the destination's shape, or a scalar, into it; nothing may overlap."""
    dtype = x.dtype if isinstance(x, Array | Scalar) else destination.dtype
    emit_map(b, destination, [x], [dtype], _identity, dtype)


def apply(
    operands: Sequence[Any], dtypes: Sequence[np.dtype], result: np.dtype, body: Body, out: Array | None = None, mask: Any = None
) -> Array:
    """Broadcast operands, compute the body element by element, into a new array or into `out`; with a mask, only where it is true."""
    b = emitter()
    if mask is not None:
        operands, dtypes, body = _masked(operands, dtypes, result, body, out, mask)
    shape = broadcast.common_shape(b, [S.dims(b, x.value) for x in operands if isinstance(x, Array)])
    if out is None:
        out = empty(b, shape, result)
        emit_map(b, out, _spread_all(b, operands, shape), dtypes, body, result)
        return out
    if mask is not None:
        result = out.dtype
    target = S.dims(b, out.value)
    if len(shape) > len(target):
        raise wrong(ValueError, f"the result has {len(shape)} dimensions and cannot be written into an array of {len(target)}")
    broadcast.fit(b, shape, target, "non-broadcastable operand with shape {} doesn't match the output shape {}")
    inputs = _spread_all(b, operands, target)
    if any(_overlaps(out, x) for x in inputs):
        temporary = empty(b, target, out.dtype)
        emit_map(b, temporary, inputs, dtypes, body, result)
        copy_into(b, out, temporary)
    else:
        emit_map(b, out, inputs, dtypes, body, result)
    return out


def _masked(
    operands: Sequence[Any], dtypes: Sequence[np.dtype], result: np.dtype, body: Body, out: Array | None, mask: Any
) -> tuple[list[Any], list[np.dtype], Body]:
    """The body under a branch: what `out` holds stays where the mask is false, and nothing is computed there, no slope either.

    Without `out`, NumPy leaves these elements undefined; here they are 0.
    """
    if out is None:

        def fresh(b: Builder, condition: Value, *elements: Value) -> Value:
            return _branch(b, condition, lambda inner: body(inner, *elements), lambda inner: constant(inner, 0, result))

        return [mask, *operands], [BOOL, *dtypes], fresh

    def kept(b: Builder, condition: Value, old: Value, *elements: Value) -> Value:
        return _branch(b, condition, lambda inner: convert(inner, body(inner, *elements), result, out.dtype), lambda inner: old)

    return [mask, out, *operands], [BOOL, out.dtype, *dtypes], kept


def _branch(b: Builder, condition: Value, then: Callable[[Builder], Value], orelse: Callable[[Builder], Value]) -> Value:
    blocks = Block(), Block()
    types = set()
    for block, compute in zip(blocks, (then, orelse), strict=True):
        inner = b.at(block)
        value = compute(inner)
        types.add(value.type)
        inner.yield_(value)
    return b.op(scf.If, (condition,), None, tuple(types), blocks).results[0]


def _spread_all(b: Builder, operands: Sequence[Any], shape: Sequence[Size]) -> list[Any]:
    return [Array(broadcast.spread(b, x.value, shape), x.dtype) if isinstance(x, Array) else x for x in operands]


def _overlaps(out: Array, x: Any) -> bool:
    """Whether a map that reads x might read what it has already written to `out`, at another place than it writes."""
    return isinstance(x, Array) and not S.same_value(out.value, x.value) and S.may_overlap(out.value, x.value)


def copy(x: Array) -> Array:
    """A contiguous copy."""
    b = emitter()
    result = empty(b, S.dims(b, x.value), x.dtype)
    copy_into(b, result, x)
    return result


def astype(x: Any, dtype: np.dtype) -> Any:
    """A copy of an array in another dtype."""
    b = emitter()
    result = empty(b, S.dims(b, x.value), dtype)
    copy_into(b, result, x)
    return result


def assign(destination: Array, x: Any) -> None:
    """destination[...] = x, as if x were read before anything is written."""
    x = operand(x)
    b = emitter()
    if not isinstance(x, Array):
        copy_into(b, destination, x if isinstance(x, Scalar) else _as_scalar(b, x, destination.dtype))
        return
    check_keeps_parts(x.dtype, destination.dtype)
    if S.same_value(destination.value, x.value):
        return
    target = S.dims(b, destination.value)
    x = drop_leading(b, x, len(target))
    broadcast.fit(b, S.dims(b, x.value), target, ASSIGNMENT)
    if S.may_overlap(destination.value, x.value):
        x = copy(x)
    copy_into(b, destination, Array(broadcast.spread(b, x.value, target), x.dtype))


def check_keeps_parts(source: np.dtype, target: np.dtype) -> None:
    """Refuse to take complex numbers as real ones, of which NumPy only warns."""
    if is_complex(source) and target.kind not in "cb":
        raise wrong(TypeError, f"an array of {target.name} cannot hold complex numbers. Use z.real or abs(z).")


def _as_scalar(b: Builder, x: Any, dtype: np.dtype) -> Any:
    """A number that an array of the dtype can hold."""
    if not isinstance(x, int | float | complex | np.generic):
        raise wrong(TypeError, f"an array of {dtype.name} cannot hold a {type(x).__name__}")
    return Scalar(materialise(b, x, dtype), dtype, False)


def drop_leading(b: Builder, x: Array, rank: int) -> Array:
    """The array without the leading dimensions beyond a rank, which must have size 1."""
    shape = S.dims(b, x.value)
    extra = len(shape) - rank
    if extra <= 0:
        return x
    conditions = broadcast.Conditions(b)
    for size in shape[:extra]:
        if size != 1:
            conditions.require((size, 1))
    conditions.check(f"could not broadcast input array with {len(shape)} dimensions into {rank}", [])
    strides = S.strides(b, x.value)
    return Array(broadcast.view(b, x.value, 0, shape[extra:], strides[extra:], x.type.strided), x.dtype)


# ---------------------------------------------------------------- ufuncs


@operation("elementwise")
def elementwise(
    ufunc: np.ufunc,
    operands: Sequence[Any],
    out: Array | None = None,
    dtype: np.dtype | None = None,
    casting: str = "same_kind",
    mask: Any = None,
) -> Any:
    """A ufunc of one result on arrays and scalars; a strong scalar if no operand has a dimension."""
    operands = tuple(operand(x) for x in operands)
    mask = operand(mask)
    found = signature(ufunc, operands, False, dtype, casting)
    if out is None and not any(isinstance(x, Array) for x in (*operands, mask)):
        return _of_scalars(ufunc, operands, found, mask)
    if out is not None:
        check_casting(ufunc.__name__, found.output.dtype, out, casting)
    if ufunc is np.power:
        dtype = found.inputs[0]
        plan = _complex_plan if is_complex(dtype) else _float_plan if is_float(dtype) else _integer_plan
        operands, dtypes, body = plan(dtype, *operands)
    else:
        dtypes, body = list(found.inputs), partial(_element, EMIT[ufunc], found.inputs[0])
    return apply(operands, dtypes, found.output.dtype, body, out, mask)


def squared_size(x: Any) -> Any:
    """|x|² of an array or scalar: real, of complex numbers too."""
    x = operand(x)
    if not isinstance(x, Array | Scalar) or not is_complex(x.dtype):
        return elementwise(np.square, (x,))
    dtype, part = x.dtype, part_dtype(x.dtype)

    def body(b: Builder, value: Value) -> Value:
        z = Complex.of(b, value)
        return (z.re * z.re + z.im * z.im).value

    return apply([x], [dtype], part, body) if isinstance(x, Array) else Scalar(body(emitter(), x.value), part, False)


def _element(emit: Emit, dtype: np.dtype, b: Builder, *elements: Value) -> Value:
    return emit(b, dtype, *elements)


def _of_scalars(ufunc: np.ufunc, operands: tuple[Any, ...], found: Signature, mask: Any) -> Scalar:
    if mask is not None:
        cell = apply(operands, found.inputs, found.output.dtype, partial(_element, EMIT[ufunc], found.inputs[0]), None, mask)
        return load(emitter(), cell)
    return scalar_power(*operands, python=False, found=found) if ufunc is np.power else scalar_ufunc(ufunc, operands, found=found)


def cast_operand(x: Any, dtype: np.dtype) -> Any:
    """An operand in another dtype."""
    if isinstance(x, Array):
        check_keeps_parts(x.dtype, dtype)
        return x if x.dtype == dtype else astype(x, dtype)
    return Scalar(materialise(emitter(), x, dtype), dtype, False)


def check_casting(name: str, dtype: np.dtype, out: Array, casting: Any = "same_kind") -> None:
    """NumPy's rules for results that are written into an array: a writable one, and as `casting` allows."""
    _refuse_read_only(out)
    if not np.can_cast(dtype, out.dtype, casting):
        text = f"Cannot cast ufunc '{name}' output from {dtype!r} to {out.dtype!r} with casting rule '{casting}'"
        raise wrong(TypeError, text)


@operation("inplace")
def inplace(ufunc: np.ufunc, x: Array, y: Any) -> Any:
    """x op= y, written into the memory of x; for an array without dimensions too."""
    if x.ndim > 0:
        return elementwise(ufunc, (x, y), out=x)
    b = emitter()
    value = scalar_ufunc(ufunc, (load(b, x), operand(y))) if ufunc is not np.power else scalar_power(load(b, x), operand(y), False)
    check_casting(ufunc.__name__, value.dtype, x)
    store(b, x, value)
    return x


Plan = tuple[list[Any], list[np.dtype], Body]


def _complex_plan(dtype: np.dtype, x: Any, y: Any) -> Plan:
    if whole(y) is not None:
        return [x], [dtype], lambda b, base: power_of_complex(b, dtype, base, x, y)
    if isinstance(y, Array | Scalar) and not is_inexact(y.dtype):
        return [x, y], [dtype, INT64], lambda b, base, n: complex_math.integer_power(Complex.of(b, base), n).value
    return [x, y], [dtype, dtype], lambda b, base, power: EMIT[np.power](b, dtype, base, power)


def _float_plan(dtype: np.dtype, x: Any, y: Any) -> Plan:
    exponent = whole(y)
    if exponent is not None:

        def by_constant(b: Builder, base: Value) -> Value:
            short = float_power(b, dtype, base, exponent)
            return b(math.FPowI, base, b.index(exponent)) if short is None else short

        return [x], [dtype], by_constant
    if not isinstance(y, Array | Scalar) and y == 0.5:
        return [x], [dtype], lambda b, base: b(math.Sqrt, base)
    if isinstance(y, Array | Scalar) and not is_float(y.dtype):
        return [x, y], [dtype, INT64], lambda b, base, n: b(math.FPowI, base, n)
    return [x, y], [dtype, dtype], lambda b, base, power: b(math.PowF, base, power)


def _integer_plan(dtype: np.dtype, x: Any, y: Any) -> Plan:
    b = emitter()
    if not isinstance(y, Array | Scalar):
        exponent = int(y)
        if exponent < 0:
            b.check(b.constant(False, i1), "ValueError", NEGATIVE_POWER)
        return [x], [dtype], lambda b, base: integer_power(b, dtype, base, max(exponent, 0))
    if not is_unsigned(y.dtype):
        b.check(_none_negative(b, y), "ValueError", NEGATIVE_POWER)
    return [x, y], [dtype, dtype], lambda b, base, n: integer_power(b, dtype, base, n)


def _none_negative(b: Builder, y: Any) -> Value:
    zero = constant(b, 0, y.dtype)
    if isinstance(y, Scalar):
        return b(arith.CmpI, y.value, zero, predicate="sge")
    block = Block([i1, y.type.element])
    inner = b.at(block)
    inner.yield_(inner(arith.AndI, block.args[0], inner(arith.CmpI, block.args[1], constant(inner, 0, y.dtype), predicate="sge")))
    return b.op(irad.Reduce, (y.value, b.true()), {"inputs": 1}, None, (block,)).result


@operation("elementwise_power")
def elementwise_power(x: Any, y: Any) -> Any:
    """x ** y on arrays: integer exponents are taken as such."""
    return elementwise(np.power, (x, y))


def where(condition: Any, x: Any, y: Any) -> Any:
    """np.where of three arguments."""
    condition, x, y = operand(condition), operand(x), operand(y)
    dtype = OPERATIONS["result_type"](x, y)

    def choose(b: Builder, c: Value, p: Value, q: Value) -> Value:
        return b(arith.Select, c, p, q)

    if not any(isinstance(v, Array) for v in (condition, x, y)):
        b = emitter()
        values = [materialise(b, v, d) for v, d in ((condition, BOOL), (x, dtype), (y, dtype))]
        return Scalar(choose(b, *values), dtype, False)
    return apply([condition, x, y], [BOOL, dtype, dtype], dtype, choose)
