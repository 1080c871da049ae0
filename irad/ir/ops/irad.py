"""irad's own dialect: checks, general views, array-level operations and tapes."""

from __future__ import annotations

from collections.abc import Sequence

from irad.ir.core import Block, Op, Value
from irad.ir.ops.base import Pure
from irad.ir.types import MemRefType, StackType, Type, index


class Check(Op):
    """Raise unless the condition holds: operands condition (i1), then values that `message` shows as {0}, {1} …

    Attributes `error` (name of a Python exception) and `message`.
    """

    name = "irad.check"


class Index(Op):
    """Python's meaning of an index: operands i and size n; wraps a negative one, raises IndexError when out of range.

    Attribute `axis`: for the message. Raises, so it is not pure; without checks it only wraps.
    """

    name = "irad.index"

    @property
    def message(self) -> str:
        """Text of the IndexError, in NumPy's words; {0} is the index, {1} the size."""
        return f"index {{0}} is out of bounds for axis {self.attrs.get('axis', 0)} with size {{1}}"

    def infer(self) -> Sequence[Type]:
        return (index,)


class Stride(Pure):
    """Stride of a dimension, in elements: operands array, index constant."""

    name = "irad.stride"

    def infer(self) -> Sequence[Type]:
        return (index,)


class View(Pure):
    """Any strided view of an array's memory: operands array, offset from its first element, sizes, strides (in elements).

    The result type is given by the creator. Serves transpose, reshape, new axes, broadcasting (stride 0), diagonals, and the parts of
    an array of complex numbers: elements of the result may be floats where the array's are complex. Offset and strides count elements
    of the result.
    """

    name = "irad.view"

    @property
    def array(self) -> Value:
        return self.operands[0]

    @property
    def offset(self) -> Value:
        return self.operands[1]

    @property
    def sizes(self) -> list[Value]:
        return self.operands[2 : 2 + (len(self.operands) - 2) // 2]

    @property
    def strides(self) -> list[Value]:
        return self.operands[2 + (len(self.operands) - 2) // 2 :]


class Map(Op):
    """Element-wise: operands destination, then inputs: memrefs of its shape, or scalars. The region computes one element.

    The region's arguments are an element (or the scalar) of each input; it ends in a yield of the element to store. It is pure.
    Source and destination elements are identical or disjoint: whoever emits it copies where they may overlap otherwise.
    """

    name = "irad.map"

    @property
    def destination(self) -> Value:
        return self.operands[0]

    @property
    def inputs(self) -> list[Value]:
        return self.operands[1:]

    @property
    def body(self) -> Block:
        return self.regions[0]


class Reduce(Op):
    """Fold of arrays into scalars: operands inputs (memrefs of one shape, or scalars; at least one memref), then inits.

    Attribute `inputs`: how many. The region takes the accumulators, then an element of each input, and yields the new accumulators.
    Elements come in row-major order.
    """

    name = "irad.reduce"

    @property
    def inputs(self) -> list[Value]:
        return self.operands[: self.attrs["inputs"]]

    @property
    def inits(self) -> list[Value]:
        return self.operands[self.attrs["inputs"] :]

    @property
    def body(self) -> Block:
        return self.regions[0]

    def infer(self) -> Sequence[Type]:
        return [v.type for v in self.inits]


class Stack(Op):
    """A new, empty stack; freed when the entry call returns. The result type is given by the creator."""

    name = "irad.stack"


class Reserve(Op):
    """Grow a stack by n elements: operands stack, n; the result is that piece, contiguous, at the same place until it is released.

    Attribute `zero`: fill with zeros. Without it the contents are what a piece released from the same place held.
    """

    name = "irad.reserve"

    def infer(self) -> Sequence[Type]:
        type = self.operands[0].type
        assert isinstance(type, StackType)
        return (MemRefType((None,), type.element),)


class Release(Op):
    """Shrink a stack by n elements: operands stack, n; the result is the piece taken off, readable until the next reserve."""

    name = "irad.release"

    def infer(self) -> Sequence[Type]:
        type = self.operands[0].type
        assert isinstance(type, StackType)
        return (MemRefType((None,), type.element),)
