"""The upstream dialect `memref`: memory is explicit."""

from __future__ import annotations

from collections.abc import Sequence

from irad.ir.core import Op, Value
from irad.ir.ops.base import Cast as CastOp
from irad.ir.ops.base import Pure
from irad.ir.types import MemRefType, Type, index


class Alloc(Op):
    """Uninitialised contiguous memory on the heap; operands: the dynamic sizes. Linked into the call's list, so a raise frees it."""

    name = "memref.alloc"


class Alloca(Op):
    """Uninitialised memory on the stack of the function, of static shape (rank 0 included); lives until the function returns."""

    name = "memref.alloca"


class Dealloc(Op):
    """Free the memory of an alloc."""

    name = "memref.dealloc"


class Dim(Pure):
    """Size of a dimension: operands array, index constant."""

    name = "memref.dim"

    def infer(self) -> Sequence[Type]:
        return (index,)


class Load(Op):
    """Element read: operands array, one index a dimension, all in range."""

    name = "memref.load"

    def infer(self) -> Sequence[Type]:
        type = self.operands[0].type
        assert isinstance(type, MemRefType)
        return (type.element,)

    @property
    def array(self) -> Value:
        return self.operands[0]

    @property
    def indices(self) -> list[Value]:
        return self.operands[1:]


class Store(Op):
    """Element write: operands value, array, one index a dimension, all in range."""

    name = "memref.store"

    @property
    def value(self) -> Value:
        return self.operands[0]

    @property
    def array(self) -> Value:
        return self.operands[1]

    @property
    def indices(self) -> list[Value]:
        return self.operands[2:]


class SubView(Pure):
    """View of a box: operands array, offsets, sizes, steps (rank of the array each); attribute `dropped`: axes of size 1 left out.

    Steps may be negative. The result is strided unless the creator gives a contiguous type, which it may only where that holds.
    """

    name = "memref.subview"

    def infer(self) -> Sequence[Type]:
        source = self.operands[0].type
        assert isinstance(source, MemRefType)
        dropped = self.attrs.get("dropped", ())
        return (MemRefType((None,) * (source.rank - len(dropped)), source.element, True),)

    @property
    def array(self) -> Value:
        return self.operands[0]

    @property
    def offsets(self) -> list[Value]:
        return self.operands[1 : 1 + self._rank]

    @property
    def sizes(self) -> list[Value]:
        return self.operands[1 + self._rank : 1 + 2 * self._rank]

    @property
    def steps(self) -> list[Value]:
        return self.operands[1 + 2 * self._rank :]

    @property
    def _rank(self) -> int:
        return (len(self.operands) - 1) // 3


class Cast(CastOp):
    """The same memory under a more or less precise type (static/dynamic sizes, contiguous/strided)."""

    name = "memref.cast"
