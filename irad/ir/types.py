"""The types of IR values, printed as MLIR prints them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """Base of all types; equal types compare and hash equal."""


@dataclass(frozen=True, slots=True)
class FloatType(Type):
    """IEEE float of 32 or 64 bits."""

    width: int

    def __str__(self) -> str:
        return f"f{self.width}"


@dataclass(frozen=True, slots=True)
class IntType(Type):
    """Signless integer of 1, 8, 16, 32 or 64 bits; i1 is the result of comparisons."""

    width: int

    def __str__(self) -> str:
        return f"i{self.width}"


@dataclass(frozen=True, slots=True)
class IndexType(Type):
    """The 64-bit integer of sizes, indices and Python ints."""

    def __str__(self) -> str:
        return "index"


@dataclass(frozen=True, slots=True)
class ComplexType(Type):
    """Complex number of two floats."""

    element: FloatType

    def __str__(self) -> str:
        return f"complex<{self.element}>"


@dataclass(frozen=True, slots=True)
class MemRefType(Type):
    """Strided array: per dimension a static size or None, row-major contiguous unless `strided`."""

    shape: tuple[int | None, ...]
    element: Type
    strided: bool = False

    @property
    def rank(self) -> int:
        return len(self.shape)

    def __str__(self) -> str:
        dims = "".join(f"{'?' if d is None else d}x" for d in self.shape)
        if not self.strided:
            return f"memref<{dims}{self.element}>"
        strides = ", ".join("?" * self.rank)
        return f"memref<{dims}{self.element}, strided<[{strides}], offset: ?>>"


@dataclass(frozen=True, slots=True)
class StackType(Type):
    """Growable last-in-first-out memory of one element type; the tape of loops that nobody can count beforehand."""

    element: Type

    def __str__(self) -> str:
        return f"!irad.stack<{self.element}>"


f32, f64 = FloatType(32), FloatType(64)
i1, i8, i16, i32, i64 = (IntType(w) for w in (1, 8, 16, 32, 64))
index = IndexType()


def is_float(type: Type) -> bool:
    """Whether values of the type are real floats."""
    return isinstance(type, FloatType)


def is_inexact(type: Type) -> bool:
    """Whether values of the type are floats, real or complex: numbers that have an adjoint."""
    return isinstance(type, FloatType | ComplexType)


def is_integer(type: Type) -> bool:
    """Whether values of the type are integers, index included."""
    return isinstance(type, IntType | IndexType)


def is_differentiable(type: Type) -> bool:
    """Whether the type can carry a derivative: floats, complex numbers, and memory of them."""
    if isinstance(type, MemRefType | StackType):
        return is_differentiable(type.element)
    return is_inexact(type)
