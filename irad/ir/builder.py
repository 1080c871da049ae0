"""Builder: appends operations at a point of a block, and short spellings for what every pass emits."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from irad.ir.core import UNKNOWN, Block, Loc, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.ops import complex as complexops
from irad.ir.types import ComplexType, MemRefType, Type, i1, index


class Builder:
    """Inserts operations into `block` in front of `before` (at the end for None), with location `loc`."""

    __slots__ = ("before", "block", "loc")

    def __init__(self, block: Block, before: Op | None = None, loc: Loc = UNKNOWN) -> None:
        self.block = block
        self.before = before
        self.loc = loc

    @classmethod
    def in_front_of(cls, op: Op) -> Builder:
        """A builder that inserts in front of an operation, with its location."""
        assert op.parent is not None
        return cls(op.parent, op, op.loc)

    @classmethod
    def after(cls, op: Op) -> Builder:
        """A builder that inserts behind an operation, with its location."""
        assert op.parent is not None
        return cls(op.parent, op.next, op.loc)

    def insert(self, op: Op) -> Op:
        """Insert an operation that exists."""
        if op.loc is UNKNOWN:
            op.loc = self.loc
        return self.block.insert(op, self.before)

    def op(
        self,
        cls: type[Op],
        operands: Iterable[Value] = (),
        attrs: Mapping[str, Any] | None = None,
        result_types: Sequence[Type] | None = None,
        regions: Iterable[Block] = (),
    ) -> Op:
        """Create and insert an operation."""
        return self.insert(cls(operands, result_types, attrs, regions, self.loc))

    def __call__(self, cls: type[Op], *operands: Value, **attrs: Any) -> Value:
        """Create and insert an operation of one result, and return it: `b(arith.AddF, x, y)`."""
        return self.insert(cls(operands, None, attrs, (), self.loc)).results[0]

    def constant(self, value: complex | int | bool, type: Type) -> Value:
        """A scalar constant; a complex one is made of two."""
        if isinstance(type, ComplexType):
            number = complex(value)
            return self(complexops.Create, self.constant(number.real, type.element), self.constant(number.imag, type.element))
        return self.insert(arith.Constant((), (type,), {"value": value}, (), self.loc)).results[0]

    def index(self, value: int) -> Value:
        """An index constant."""
        return self.constant(value, index)

    def true(self) -> Value:
        """The i1 constant true."""
        return self.constant(True, i1)

    def dim(self, array: Value, axis: int) -> Value:
        """The size of a dimension."""
        return self(memref.Dim, array, self.index(axis))

    def dims(self, array: Value) -> list[Value]:
        """All sizes."""
        assert isinstance(array.type, MemRefType)
        return [self.dim(array, i) for i in range(array.type.rank)]

    def alloc(self, element: Type, sizes: Sequence[Value | int], stack: bool = False) -> Value:
        """Uninitialised contiguous memory; sizes that are ints become static dimensions."""
        shape = tuple(s if isinstance(s, int) else None for s in sizes)
        operands = [s for s in sizes if not isinstance(s, int)]
        cls = memref.Alloca if stack else memref.Alloc
        return self.op(cls, operands, None, (MemRefType(shape, element),)).result

    def load(self, array: Value, *indices: Value) -> Value:
        """Read an element."""
        return self(memref.Load, array, *indices)

    def store(self, value: Value, array: Value, *indices: Value) -> Op:
        """Write an element."""
        return self.op(memref.Store, (value, array, *indices))

    def check(self, condition: Value, error: str, message: str, *values: Value) -> Op:
        """Raise Python exception `error` at run time unless the condition holds."""
        return self.op(irad.Check, (condition, *values), {"error": error, "message": message})

    def at(self, block: Block) -> Builder:
        """A builder at the end of another block, with the same location."""
        return Builder(block, None, self.loc)

    def for_(self, lower: Value, upper: Value, step: Value, inits: Sequence[Value] = (), reversed: bool = False) -> scf.For:
        """A loop with an empty body; the caller fills `op.body` and ends it with a yield."""
        body = Block([index, *(v.type for v in inits)], ["i"])
        attrs = {"reversed": True} if reversed else None
        op = self.op(scf.For, (lower, upper, step, *inits), attrs, [v.type for v in inits], [body])
        assert isinstance(op, scf.For)
        return op

    def if_(self, condition: Value, result_types: Sequence[Type] = ()) -> scf.If:
        """A branch with two empty blocks; the caller fills both and ends them with yields."""
        op = self.op(scf.If, (condition,), None, result_types, [Block(), Block()])
        assert isinstance(op, scf.If)
        return op

    def yield_(self, *values: Value) -> Op:
        """End a region of a branch or loop."""
        return self.op(scf.Yield, values)


_current: ContextVar[Builder | None] = ContextVar("irad_builder", default=None)


def current() -> Builder | None:
    """The builder that tracing writes to, None outside a trace."""
    return _current.get()


@contextmanager
def building(builder: Builder | None) -> Generator[Builder | None]:
    """Make a builder the current one."""
    token = _current.set(builder)
    try:
        yield builder
    finally:
        _current.reset(token)
