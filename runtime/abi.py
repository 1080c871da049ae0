"""How NumPy arrays cross the border: what is accepted, descriptors in and out, who owns memory, which arrays overlap."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.errors import InternalError
from irad.ir.types import ComplexType, FloatType, IndexType, IntType, MemRefType, Type
from irad.lower.types import size

_CONTIGUOUS, _ALIGNED, _WRITEABLE = 0x1, 0x100, 0x400  # bits of ndarray.flags.num

_DTYPES: dict[Type, tuple[str, ...]] = {
    FloatType(64): ("float64",),
    FloatType(32): ("float32",),
    ComplexType(FloatType(64)): ("complex128",),
    ComplexType(FloatType(32)): ("complex64",),
    IndexType(): ("int64", "uint64"),
    IntType(64): ("int64", "uint64"),
    IntType(32): ("int32", "uint32"),
    IntType(16): ("int16", "uint16"),
    IntType(8): ("int8", "uint8", "bool"),
    IntType(1): ("bool",),
}


def element_dtype(element: Type) -> np.dtype[Any]:
    """The dtype of arrays that come back with this element type; unsigned and bool arrays come back as their signed twins."""
    return np.dtype(_DTYPES[element][0])


def _type_numbers(element: Type) -> frozenset[int]:
    """NumPy's type numbers of what is accepted; C has two names for 64-bit integers."""
    names = _DTYPES[element]
    twins = {"int64": "qlp", "uint64": "QLP"}
    found = [np.dtype(name) for name in names]
    found += [np.dtype(code) for name in names for code in twins.get(name, "") if np.dtype(code).itemsize == 8]
    return frozenset(dtype.num for dtype in found)


@dataclass(frozen=True, slots=True)
class ArrayParameter:
    """An array argument: appends pointer, sizes and strides to the values of a call, or says what is wrong with it.

    Parameters
    ----------
    name : str
        For messages.
    type : MemRefType
        What compiled code expects.
    written : bool
        Whether compiled code writes to it.
    """

    name: str
    type: MemRefType
    written: bool
    numbers: frozenset[int]
    itemsize: int
    flags: int
    static: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, name: str, type: MemRefType, written: bool) -> ArrayParameter:
        """The parameter of a memref type."""
        if type.element not in _DTYPES:
            raise InternalError(f"an argument cannot be a {type}")
        flags = _ALIGNED | (0 if type.strided else _CONTIGUOUS) | (_WRITEABLE if written else 0)
        static = tuple((axis, n) for axis, n in enumerate(type.shape) if n is not None)
        return cls(name, type, written, _type_numbers(type.element), size(type.element), flags, static)

    def append(self, array: np.ndarray, values: list[Any]) -> None:
        """Check an argument and append its descriptor."""
        if not isinstance(array, np.ndarray):
            raise self.complaint(array)
        shape = array.shape
        dtype = array.dtype
        fits = (
            dtype.num in self.numbers
            and dtype.isnative
            and len(shape) == self.type.rank
            and array.flags.num & self.flags == self.flags
            and all(shape[axis] == n for axis, n in self.static)
        )
        if not fits:
            raise self.complaint(array)
        values.append(array.__array_interface__["data"][0])
        values.extend(shape if not self.static else (n for n, known in zip(shape, self.type.shape, strict=True) if known is None))
        if self.type.strided:
            values.extend(self._strides(array))

    def _strides(self, array: np.ndarray) -> Iterable[int]:
        strides = []
        for step, n in zip(array.strides, array.shape, strict=True):
            if step % self.itemsize and n > 1 and array.size:
                problem = f"{self.name} has a stride of {step} bytes, which is not a multiple of its item size, {self.itemsize}."
                raise ValueError(f"{problem} Pass a copy: {self.name}.copy().")
            strides.append(step // self.itemsize)
        return strides

    def complaint(self, array: object) -> Exception:
        """What is wrong with an argument that does not fit."""
        dtypes = " or ".join(_DTYPES[self.type.element])
        expected = f"a{'' if self.type.strided else ' contiguous'} {self.type.rank}-dimensional array of {dtypes}"
        if not isinstance(array, np.ndarray):
            return TypeError(f"{self.name} must be {expected}, not {type(array).__name__}")
        if array.dtype.hasobject:
            return TypeError(f"{self.name} is an array of Python objects; compiled code needs {expected}")
        if array.dtype.num in self.numbers and not array.dtype.isnative:
            return TypeError(f"{self.name} has non-native byte order ({array.dtype.str}). Pass {self.name}.astype({array.dtype.name!r}).")
        if array.dtype.num not in self.numbers or array.ndim != self.type.rank:
            return TypeError(f"{self.name} must be {expected}, not a {array.ndim}-dimensional one of {array.dtype}")
        return self._layout_complaint(array)

    def _layout_complaint(self, array: np.ndarray) -> Exception:
        for axis, n in self.static:
            if array.shape[axis] != n:
                return ValueError(f"{self.name} must have {n} elements along axis {axis}, not {array.shape[axis]}")
        if not array.flags.aligned:
            return ValueError(f"{self.name} is not aligned to its item size, {self.itemsize} bytes. Pass a copy: {self.name}.copy().")
        if self.written and not array.flags.writeable:
            return ValueError(f"{self.name} is read-only, but the function writes to it. Pass a copy: {self.name}.copy().")
        return ValueError(f"{self.name} must be contiguous in row-major order, but its strides are {array.strides}")


@dataclass(frozen=True, slots=True)
class ComplexParameter:
    """A complex argument: appends its parts to the values of a call.

    Parameters
    ----------
    name : str
        For messages.
    """

    name: str

    def append(self, argument: Any, values: list[Any]) -> None:
        """Check an argument and append its parts."""
        try:
            number = complex(argument)
        except (TypeError, ValueError):
            raise TypeError(f"{self.name} must be a complex number, not {builtins.type(argument).__name__}") from None
        except OverflowError:
            raise OverflowError(f"{self.name} is too large for a float") from None
        values += (number.real, number.imag)


Shape = tuple[int, ...]


class _Memory:
    """What an array over given memory is made of; keeps the memory's owner alive."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, interface: dict[str, Any], owner: object) -> None:
        self.__array_interface__ = interface
        self.owner = owner


def _wrap(address: int, shape: Shape, strides: Shape | None, dtype: np.dtype[Any], owner: object, readonly: bool = False) -> np.ndarray:
    """The array; read-only also where an element is at several places, as NumPy's broadcast views are."""
    repeated = strides is not None and any(step == 0 and n > 1 for step, n in zip(strides, shape, strict=True))
    interface = {"version": 3, "typestr": dtype.str, "shape": shape, "strides": strides, "data": (address, readonly or repeated)}
    return np.asarray(_Memory(interface, owner))


def bounds(array: np.ndarray) -> tuple[int, int]:
    """Addresses of the first byte of an array and of the one behind its last; equal if it is empty."""
    start = array.__array_interface__["data"][0]
    if not array.size:
        return start, start
    low = high = 0
    for n, step in zip(array.shape, array.strides, strict=True):
        if step < 0:
            low += (n - 1) * step
        else:
            high += (n - 1) * step
    return start + low, start + high + array.itemsize


def overlaps(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays share an element; where finding out would take long, True if their address ranges meet.

    Examples
    --------
    >>> x = np.zeros(10)
    >>> overlaps(x[::2], x[1::2]), overlaps(x[:6], x[4:])
    (False, True)
    """
    if a is b:
        return a.size > 0
    (a0, a1), (b0, b1) = bounds(a), bounds(b)
    if a0 >= b1 or b0 >= a1 or a0 == a1 or b0 == b1:
        return False
    if a.flags.c_contiguous and b.flags.c_contiguous:
        return True
    try:
        return bool(np.shares_memory(a, b, max_work=10_000))  # pyright: ignore[reportArgumentType]
    except np.exceptions.TooHardError:
        return True


@dataclass(frozen=True, slots=True)
class ArrayResult:
    """An array that compiled code returns: a view of an argument, or memory allocated in the call."""

    type: MemRefType
    dtype: np.dtype[Any]
    dynamic: tuple[int, ...]

    @classmethod
    def of(cls, type: MemRefType) -> ArrayResult:
        """The result of a memref type."""
        if type.element not in _DTYPES:
            raise InternalError(f"a result cannot be a {type}")
        return cls(type, element_dtype(type.element), tuple(axis for axis, n in enumerate(type.shape) if n is None))

    def layout(self, parts: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
        """Shape, and strides in bytes (None if contiguous), from a descriptor without its pointer."""
        rest = iter(parts)
        shape = tuple(next(rest) if n is None else n for n in self.type.shape)
        return shape, tuple(step * self.dtype.itemsize for step in rest) if self.type.strided else None

    def wrap(self, address: int, parts: Sequence[int], arguments: Sequence[object], adopt: Callable[[int], object]) -> np.ndarray:
        """The array; `adopt` gives the owner of memory allocated in the call, by an address in it."""
        shape, strides = self.layout(parts)
        if 0 in shape:
            return np.empty(shape, self.dtype)
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                low, high = bounds(argument)
                if low <= address < high:
                    return self._view(address, shape, strides, argument)
        return _wrap(address, shape, strides, self.dtype, adopt(address))

    def _view(self, address: int, shape: tuple[int, ...], strides: tuple[int, ...] | None, argument: np.ndarray) -> np.ndarray:
        dtype = argument.dtype if argument.itemsize == self.dtype.itemsize else self.dtype
        same = (
            dtype == argument.dtype
            and argument.shape == shape
            and (argument.flags.c_contiguous if strides is None else argument.strides == strides)
        )
        if same and address == argument.__array_interface__["data"][0]:
            return argument
        return _wrap(address, shape, strides, dtype, argument, readonly=not argument.flags.writeable)
