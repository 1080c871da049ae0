"""How IR types look in LLVM: as SSA values, as arrays taken apart into SSA values, as elements in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from irad.errors import InternalError
from irad.ir.types import ComplexType, FloatType, IndexType, IntType, MemRefType, StackType, Type


@dataclass(frozen=True, slots=True)
class Array:
    """A memref value: LLVM operands of the pointer to the first element, of the sizes and, unless contiguous, of the strides."""

    pointer: str
    sizes: tuple[str, ...]
    strides: tuple[str, ...] | None = None


Lowered = str | tuple[str, str] | Array  # a number, the parts of a complex one, an array


@cache
def scalar(type: Type) -> str:
    """LLVM type of a scalar SSA value."""
    match type:
        case FloatType(width):
            return "double" if width == 64 else "float"
        case IntType(width):
            return f"i{width}"
        case IndexType():
            return "i64"
    raise InternalError(f"the back end knows no values of type {type}")


@cache
def components(type: Type) -> tuple[str, ...]:
    """LLVM types of the SSA values that a value is made of; static sizes are not among them."""
    if isinstance(type, StackType):
        return ("ptr",)
    if isinstance(type, ComplexType):
        return (scalar(type.element),) * 2
    if not isinstance(type, MemRefType):
        return (scalar(type),)
    dynamic = sum(size is None for size in type.shape)
    return ("ptr", *["i64"] * (dynamic + (type.rank if type.strided else 0)))


def flatten(type: Type, value: Lowered) -> list[str]:
    """The SSA values that a value is made of, in the order of `components`."""
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(type, MemRefType):
        assert isinstance(value, str)
        return [value]
    assert isinstance(value, Array)
    sizes = [operand for operand, size in zip(value.sizes, type.shape, strict=True) if size is None]
    return [value.pointer, *sizes, *((value.strides or ()) if type.strided else ())]


def rebuild(type: Type, parts: list[str]) -> Lowered:
    """The value made of SSA values given in the order of `components`."""
    if isinstance(type, ComplexType):
        return parts[0], parts[1]
    if not isinstance(type, MemRefType):
        return parts[0]
    rest = iter(parts[1:])
    sizes = tuple(next(rest) if size is None else str(size) for size in type.shape)
    return Array(parts[0], sizes, tuple(rest) if type.strided else None)


@cache
def memory(type: Type) -> str:
    """LLVM type of an array's element: a bool is a byte, a memref or complex number is a struct of its components."""
    if isinstance(type, MemRefType | StackType | ComplexType):
        return "{ " + ", ".join(components(type)) + " }"
    name = scalar(type)
    return "i8" if name == "i1" else name


@cache
def size(type: Type) -> int:
    """Bytes of an array's element."""
    if isinstance(type, ComplexType):
        return 2 * size(type.element)
    if isinstance(type, MemRefType | StackType):
        return 8 * len(components(type))
    return {"double": 8, "float": 4, "i64": 8, "i32": 4, "i16": 2, "i8": 1}[memory(type)]


def alignment(type: Type) -> int:
    """Bytes that an element's address is a multiple of."""
    return size(type.element) if isinstance(type, ComplexType) else min(size(type), 8)
