"""Memory as the interpreter sees it: strided pieces of NumPy arrays, and stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from irad.errors import InternalError
from irad.ir.core import Op
from irad.ir.types import ComplexType, FloatType, IndexType, IntType, MemRefType, Type

Array = npt.NDArray[Any]

# Address space of one stack, in elements; pages that nobody touches cost nothing.
_STACK_CAPACITY = 1 << 24


def dtype(type: Type) -> np.dtype[Any]:
    """The NumPy type of elements of an IR type."""
    match type:
        case FloatType(w):
            return np.dtype(f"f{w // 8}")
        case ComplexType(FloatType(w)):
            return np.dtype(f"c{w // 4}")
        case IndexType():
            return np.dtype(np.int64)
        case IntType(1):
            return np.dtype(np.bool_)
        case IntType(w):
            return np.dtype(f"i{w // 8}")
        case MemRefType():
            return np.dtype(object)
        case _:
            raise InternalError(f"no NumPy type for elements of {type}")


def is_array(value: object) -> TypeGuard[Array]:
    return isinstance(value, np.ndarray)


class Held:
    """A memref that is an element of another: NumPy would take an array without dimensions apart when it is stored."""

    __slots__ = ("array",)

    def __init__(self, array: Array) -> None:
        self.array = array


def undefined(op: Op, what: str) -> InternalError:
    return InternalError(f"{op.name} at {op.loc}: {what}")


def poison(array: Array) -> Array:
    """Fill fresh memory with what shows up in results if it is read before it is written: NaN, or a huge negative integer."""
    if array.dtype.kind in "fc":
        array.fill(np.nan * (1 + 1j) if array.dtype.kind == "c" else np.nan)
    elif array.dtype.kind == "i":
        array.fill(np.iinfo(array.dtype).min + 1)
    return array


class _Piece:
    """Memory described by a pointer, a shape and strides, kept alive by the array that it is a piece of."""

    def __init__(self, array: Array, offset: int, shape: Sequence[int], strides: Sequence[int], element: np.dtype[Any]) -> None:
        self.base = array
        interface = dict(array.__array_interface__)
        if element != array.dtype:
            interface["typestr"], interface["descr"] = element.str, [("", element.str)]
        interface["data"] = (interface["data"][0] + offset, False)
        interface["shape"] = tuple(shape)
        interface["strides"] = tuple(strides)
        self.__array_interface__ = interface


def strides_of(array: Array, type: Type) -> list[int]:
    """Strides in elements; those of a contiguous array follow from its shape, whatever NumPy says about axes of size 1."""
    assert isinstance(type, MemRefType)
    if type.strided:
        return [s // array.itemsize for s in array.strides]
    strides = [1] * array.ndim
    for axis in reversed(range(array.ndim - 1)):
        strides[axis] = strides[axis + 1] * array.shape[axis + 1]
    return strides


def view(op: Op, array: Array, offset: int, shape: Sequence[int], strides: Sequence[int], element: np.dtype[Any] | None = None) -> Array:
    """A piece of an array's memory, offset and strides in its elements from the array's first; must lie inside what was allocated."""
    element = element or array.dtype
    size = element.itemsize
    if min(shape, default=0) < 0:
        raise undefined(op, f"negative size in {list(shape)}")
    if 0 not in shape:
        low = offset + sum(min(0, (n - 1) * s) for n, s in zip(shape, strides, strict=True))
        high = offset + sum(max(0, (n - 1) * s) for n, s in zip(shape, strides, strict=True))
        first, last = _allocation(array)
        start = array.__array_interface__["data"][0]
        if start + low * size < first or start + (high + 1) * size > last:
            raise undefined(op, f"a view of offset {offset}, shape {list(shape)}, strides {list(strides)} reaches outside its array")
    return np.asarray(_Piece(array, offset * size, shape, [s * size for s in strides], element))


def _allocation(array: Array) -> tuple[int, int]:
    """First and last address of the memory that an array is a view of."""
    base: Any = array.base
    while is_array(base) or isinstance(base, _Piece):
        if is_array(base):
            array = base
        base = base.base
    return np.lib.array_utils.byte_bounds(array)


class StackMemory:
    """Memory of a stack: one piece of address space, so that what was reserved never moves."""

    def __init__(self, element: Type) -> None:
        self.memory: Array = np.empty(_STACK_CAPACITY, dtype(element))
        self.top = 0
        self.touched = 0

    def reserve(self, op: Op, n: int) -> Array:
        """Grow by n elements."""
        start, self.top = self.top, self.top + n
        if n < 0 or self.top > _STACK_CAPACITY:
            raise undefined(op, f"cannot reserve {n} elements: the interpreter's stacks hold {_STACK_CAPACITY}")
        if self.top > self.touched:
            poison(self.memory[self.touched : self.top])
            self.touched = self.top
        piece = self.memory[start : self.top]
        if op.attrs.get("zero"):
            piece.fill(0)
        return piece

    def release(self, op: Op, n: int) -> Array:
        """Shrink by n elements."""
        if not 0 <= n <= self.top:
            raise undefined(op, f"cannot release {n} of {self.top} elements")
        self.top -= n
        return self.memory[self.top : self.top + n]
