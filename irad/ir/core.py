"""The data structure of the IR: values, operations, blocks, functions, modules.

Control flow is structured, so that every region is exactly one block. The operations of a block form a linked list:
inserting, moving and erasing one costs the same in a block of ten and of ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from irad.ir.types import Type


@dataclass(frozen=True, slots=True)
class Loc:
    """A range of the user's source; lines count from 1, columns from 0, as Python's ast does."""

    file: str = "<unknown>"
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    function: str = ""

    def __str__(self) -> str:
        return f'"{self.file}":{self.line}:{self.column}'


UNKNOWN = Loc()


class Value:
    """A result of an operation or an argument of a block."""

    __slots__ = ("hint", "index", "owner", "type", "uses")

    def __init__(self, type: Type, owner: Op | Block, index: int, hint: str = "") -> None:
        self.type = type
        self.owner = owner
        self.index = index
        self.hint = hint
        self.uses: dict[Op, int] = {}

    @property
    def op(self) -> Op | None:
        """The operation that defines the value, None for a block argument."""
        return self.owner if isinstance(self.owner, Op) else None

    @property
    def block(self) -> Block | None:
        """The block in which the value is defined."""
        return self.owner.parent if isinstance(self.owner, Op) else self.owner

    def replace_by(self, other: Value) -> None:
        """Let every user use `other` instead."""
        if other is self:
            return
        for user in list(self.uses):
            for i, operand in enumerate(user.operands):
                if operand is self:
                    user.set_operand(i, other)

    def __repr__(self) -> str:
        name = type(self.owner).__name__ if isinstance(self.owner, Op) else "argument"
        return f"<{self.type} {self.hint or self.index} of {name}>"


class Op:
    """An operation. Subclasses name it (`name`) and say what its results are (`infer`)."""

    name: ClassVar[str]
    pure: ClassVar[bool] = False
    terminator: ClassVar[bool] = False

    __slots__ = ("attrs", "loc", "next", "operands", "parent", "prev", "regions", "results")

    def __init__(
        self,
        operands: Iterable[Value] = (),
        result_types: Sequence[Type] | None = None,
        attrs: Mapping[str, Any] | None = None,
        regions: Iterable[Block] = (),
        loc: Loc = UNKNOWN,
    ) -> None:
        self.parent: Block | None = None
        self.prev: Op | None = None
        self.next: Op | None = None
        self.attrs: dict[str, Any] = dict(attrs) if attrs else {}
        self.loc = loc
        self.regions: list[Block] = []
        for region in regions:
            self.add_region(region)
        self.operands: list[Value] = []
        for value in operands:
            self.operands.append(value)
            value.uses[self] = value.uses.get(self, 0) + 1
        types = self.infer() if result_types is None else result_types
        self.results = [Value(t, self, i) for i, t in enumerate(types)]

    def infer(self) -> Sequence[Type]:
        """Result types from operands, attributes and regions."""
        return ()

    @property
    def result(self) -> Value:
        """The only result."""
        (value,) = self.results
        return value

    def add_region(self, block: Block) -> None:
        """Append a region."""
        block.parent = self
        self.regions.append(block)

    def add_operand(self, value: Value) -> None:
        """Append an operand."""
        self.operands.append(value)
        value.uses[self] = value.uses.get(self, 0) + 1

    def add_result(self, type: Type, hint: str = "") -> Value:
        """Append a result (structured operations, whose results grow with what they carry)."""
        value = Value(type, self, len(self.results), hint)
        self.results.append(value)
        return value

    def set_operand(self, i: int, value: Value) -> None:
        """Replace operand `i`."""
        self._drop_use(self.operands[i])
        self.operands[i] = value
        value.uses[self] = value.uses.get(self, 0) + 1

    def set_operands(self, values: Iterable[Value]) -> None:
        """Replace all operands."""
        for old in self.operands:
            self._drop_use(old)
        self.operands = []
        for value in values:
            self.add_operand(value)

    def _drop_use(self, value: Value) -> None:
        left = value.uses[self] - 1
        if left:
            value.uses[self] = left
        else:
            del value.uses[self]

    def erase(self) -> None:
        """Remove the operation, and what its regions hold; its results must have no users left."""
        for region in self.regions:
            for op in region.reversed_ops():
                op.erase()
        for value in self.operands:
            self._drop_use(value)
        self.operands = []
        self.detach()

    def detach(self) -> None:
        """Take the operation out of its block, keeping its operands."""
        if self.parent is not None:
            self.parent.unlink(self)

    def walk(self) -> Iterator[Op]:
        """This operation and all inside it, in program order."""
        yield self
        for region in self.regions:
            yield from region.walk()

    def __repr__(self) -> str:
        return f"<{self.name} at {self.loc}>"


class Block:
    """Arguments and a list of operations, the last of which is a terminator."""

    __slots__ = ("args", "first", "last", "parent")

    def __init__(self, arg_types: Iterable[Type] = (), hints: Iterable[str] = ()) -> None:
        self.parent: Op | Func | None = None
        self.first: Op | None = None
        self.last: Op | None = None
        names = list(hints)
        self.args = [Value(t, self, i, names[i] if i < len(names) else "") for i, t in enumerate(arg_types)]

    def add_arg(self, type: Type, hint: str = "") -> Value:
        """Append an argument."""
        value = Value(type, self, len(self.args), hint)
        self.args.append(value)
        return value

    @property
    def terminator(self) -> Op:
        """The last operation."""
        assert self.last is not None
        return self.last

    @property
    def ops(self) -> Iterator[Op]:
        """The operations in order; the one just yielded may be erased or moved meanwhile."""
        op = self.first
        while op is not None:
            following = op.next
            yield op
            op = following

    def reversed_ops(self) -> Iterator[Op]:
        """The operations from last to first; the one just yielded may be erased or moved meanwhile."""
        op = self.last
        while op is not None:
            previous = op.prev
            yield op
            op = previous

    def walk(self) -> Iterator[Op]:
        """All operations, those of nested regions included, in program order."""
        pending: list[Block | Op | None] = [self.first]
        while pending:
            op = pending.pop()
            if type(op) is Block:
                op = op.first
            if op is None:
                continue
            assert isinstance(op, Op)
            pending.append(op.next)
            yield op
            if op.regions:
                pending += reversed(op.regions)

    def append(self, op: Op) -> Op:
        """Put an operation at the end."""
        return self.insert(op, before=None)

    def insert(self, op: Op, before: Op | None) -> Op:
        """Put an operation in front of another of this block, at the end for None."""
        assert op.parent is None
        op.parent = self
        op.next = before
        op.prev = self.last if before is None else before.prev
        if op.prev is None:
            self.first = op
        else:
            op.prev.next = op
        if before is None:
            self.last = op
        else:
            before.prev = op
        return op

    def unlink(self, op: Op) -> None:
        """Take an operation out of the list."""
        if op.prev is None:
            self.first = op.next
        else:
            op.prev.next = op.next
        if op.next is None:
            self.last = op.prev
        else:
            op.next.prev = op.prev
        op.parent = op.prev = op.next = None

    def function(self) -> Func | None:
        """The function around the block."""
        block: Block | None = self
        while block is not None:
            if isinstance(block.parent, Func):
                return block.parent
            block = block.parent.parent if block.parent is not None else None
        return None


class Func:
    """A function: a name, a body whose arguments are its parameters, and result types."""

    __slots__ = ("attrs", "body", "loc", "name", "result_types")

    def __init__(
        self, name: str, body: Block, result_types: Sequence[Type], loc: Loc = UNKNOWN, attrs: Mapping[str, Any] | None = None
    ) -> None:
        self.name = name
        self.body = body
        self.result_types = tuple(result_types)
        self.loc = loc
        self.attrs: dict[str, Any] = dict(attrs) if attrs else {}
        body.parent = self

    @property
    def args(self) -> list[Value]:
        """The parameters."""
        return self.body.args

    @property
    def arg_types(self) -> tuple[Type, ...]:
        """Types of the parameters."""
        return tuple(a.type for a in self.body.args)

    def walk(self) -> Iterator[Op]:
        """All operations in program order."""
        return self.body.walk()

    def __repr__(self) -> str:
        return f"<func @{self.name}>"


class Module:
    """Functions by name; calls refer to functions of the same module."""

    __slots__ = ("funcs",)

    def __init__(self, funcs: Iterable[Func] = ()) -> None:
        self.funcs: dict[str, Func] = {}
        for func in funcs:
            self.add(func)

    def add(self, func: Func) -> Func:
        """Add a function; its name must be new."""
        assert func.name not in self.funcs, func.name
        self.funcs[func.name] = func
        return func

    def verify(self) -> None:
        """Check all invariants; raises InternalError."""
        from irad.ir.verifier import verify

        verify(self)

    def run(self, name: str, *args: Any) -> Any:
        """Run a function in the reference interpreter: its result, None, or a tuple of results."""
        from irad.ir.interpreter import run

        results = run(self, name, list(args))
        return tuple(results) if len(results) > 1 else results[0] if results else None

    def __str__(self) -> str:
        from irad.ir.printer import print_module

        return print_module(self)

    def unique_name(self, wish: str) -> str:
        """The wish, or the wish with a number that makes it new."""
        name, n = wish, 1
        while name in self.funcs:
            name, n = f"{wish}.{n}", n + 1
        return name


def clone_block(block: Block, mapping: dict[Value, Value]) -> Block:
    """Copy a block; values in `mapping` are replaced, results and arguments of the copy are added to it."""
    copy = Block()
    for arg in block.args:
        mapping[arg] = copy.add_arg(arg.type, arg.hint)
    for op in block.ops:
        copy.append(clone_op(op, mapping))
    return copy


def clone_op(op: Op, mapping: dict[Value, Value]) -> Op:
    """Copy an operation with its regions, operands replaced by `mapping` where it has them."""
    regions = [clone_block(region, mapping) for region in op.regions]
    operands = [mapping.get(v, v) for v in op.operands]
    copy = type(op)(operands, [r.type for r in op.results], op.attrs, regions, op.loc)
    for old, new in zip(op.results, copy.results, strict=True):
        new.hint = old.hint
        mapping[old] = new
    return copy


def clone_func(func: Func, name: str) -> Func:
    """Copy a function under another name."""
    return Func(name, clone_block(func.body, {}), func.result_types, func.loc, func.attrs)
