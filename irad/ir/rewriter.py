"""Rewriter: the one worklist that peepholes (fold, simplify, cse, dce) share, and the driver that runs patterns over a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from irad.errors import InternalError
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import irad, memref

Pattern = Callable[["Rewriter", Op], bool]
"""Looks at one operation; edits through the rewriter and returns True, or leaves everything as it is and returns False."""

Patterns = Mapping[type[Op], Sequence[Pattern]]
"""Patterns by operation class; those of a base class (`BinaryFloat`, `Op`) apply to its subclasses too, after their own."""

# Not pure, since what they give depends on when they run, but without an effect that anyone could miss.
_ERASABLE = (memref.Load, memref.Alloc, memref.Alloca, irad.Stack)

# A function of n operations that is visited more than n times this often is taken for a pair of patterns that undo each other.
_VISITS_PER_OP = 200


def trivially_dead(op: Op) -> bool:
    """Whether nobody uses the results and nobody would miss the operation; structured operations are for dce to judge."""
    if not (op.pure or isinstance(op, _ERASABLE)):
        return False
    return not any(result.uses for result in op.results)


class Rewriter:
    """Edits a function in place and remembers which operations deserve another visit.

    Whoever replaces, erases or changes operations in a pattern does it through the rewriter, and inserts through `builder(op)`;
    what moves whole regions about calls `revisit` for the operations that it changed.
    """

    __slots__ = ("_queued", "_stack", "changed")

    def __init__(self) -> None:
        self.changed = False
        self._stack: list[Op] = []
        self._queued: set[Op] = set()

    def builder(self, op: Op) -> Builder:
        """A builder in front of `op`, with its location; what it inserts is visited."""
        assert op.parent is not None
        return _VisitedBuilder(self, op.parent, op, op.loc)

    def replace(self, op: Op, *values: Value) -> None:
        """Let all users of the results use `values` instead, one each, and erase the operation."""
        for result, value in zip(op.results, values, strict=True):
            self.replace_value(result, value)
        self.erase(op)

    def replace_value(self, old: Value, new: Value) -> None:
        """Let all users of a value (a block argument, one result of many) use another."""
        self.changed = True
        if not new.hint and old.hint and new.op is not None:
            new.hint = old.hint
        for user in old.uses:
            self._touch(user)
        old.replace_by(new)

    def set_operand(self, op: Op, i: int, value: Value) -> None:
        """Replace one operand."""
        self.changed = True
        self._operands_may_be_dead(op)
        op.set_operand(i, value)
        self._touch(op)

    def set_attr(self, op: Op, name: str, value: Any) -> None:
        """Set an attribute."""
        self.changed = True
        op.attrs[name] = value
        self._touch(op)

    def erase(self, op: Op) -> None:
        """Erase an operation without users, and what its regions hold."""
        self.changed = True
        for inner in op.walk():
            self._operands_may_be_dead(inner)
        block = op.parent
        op.erase()
        self._block_shrank(block)

    def inline(self, block: Block, before: Op, args: Sequence[Value]) -> list[Value]:
        """Move the operations of a region in front of `before`, its arguments replaced; returns what its terminator handed on.

        The terminator is erased, the block stays behind empty.
        """
        self.changed = True
        for old, new in zip(block.args, args, strict=True):
            self.replace_value(old, new)
        terminator = block.terminator
        handed = list(terminator.operands)
        terminator.erase()
        assert before.parent is not None
        for op in block.ops:
            op.detach()
            before.parent.insert(op, before)
            self.revisit(op)
        return handed

    def revisit(self, op: Op) -> None:
        """Put an operation on the worklist."""
        if op not in self._queued:
            self._queued.add(op)
            self._stack.append(op)

    def pop(self) -> Op | None:
        """The next operation to visit, None when there is none; erased ones are skipped."""
        while self._stack:
            op = self._stack.pop()
            self._queued.discard(op)
            if op.parent is not None:
                return op
        return None

    def _touch(self, op: Op) -> None:
        self.revisit(op)
        if op.terminator and op.parent is not None and isinstance(op.parent.parent, Op):
            self.revisit(op.parent.parent)

    def _operands_may_be_dead(self, op: Op) -> None:
        for value in op.operands:
            if isinstance(value.owner, Op):
                self.revisit(value.owner)

    def _block_shrank(self, block: Block | None) -> None:
        if block is not None and block.first is block.last and isinstance(block.parent, Op):
            self.revisit(block.parent)


class _VisitedBuilder(Builder):
    """A builder that puts what it inserts on the rewriter's worklist."""

    __slots__ = ("_rewriter",)

    def __init__(self, rewriter: Rewriter, block: Block, before: Op | None, loc: Any) -> None:
        super().__init__(block, before, loc)
        self._rewriter = rewriter

    def insert(self, op: Op) -> Op:
        self._rewriter.changed = True
        self._rewriter.revisit(op)
        return super().insert(op)

    def at(self, block: Block) -> Builder:
        return _VisitedBuilder(self._rewriter, block, None, self.loc)


def rewrite(func: Func, patterns: Patterns) -> bool:
    """Apply patterns in place until none applies; returns whether anything changed.

    All operations are visited once in program order; an operation that a pattern touched, its new users, and the definitions of
    what an erased one used are visited again. Operations that are trivially dead when visited are erased.

    Cost: one dictionary look-up per visit, and what the patterns cost.
    """
    rewriter = Rewriter()
    ops = list(func.walk())
    for op in reversed(ops):
        rewriter.revisit(op)
    lookup: dict[type[Op], list[Pattern]] = {}
    budget = _VISITS_PER_OP * (len(ops) + 100)
    while (op := rewriter.pop()) is not None:
        budget -= 1
        if budget < 0:
            raise InternalError(f"the patterns for {op.name} (at {op.loc}, in @{func.name}) undo each other without end")
        _visit(rewriter, op, patterns, lookup)
    return rewriter.changed


def _visit(rewriter: Rewriter, op: Op, patterns: Patterns, lookup: dict[type[Op], list[Pattern]]) -> None:
    if trivially_dead(op):
        rewriter.erase(op)
        return
    cls = type(op)
    applicable = lookup.get(cls)
    if applicable is None:
        applicable = lookup[cls] = [p for base in cls.__mro__ if base is not object for p in patterns.get(base, ())]
    for pattern in applicable:
        if pattern(rewriter, op):
            if op.parent is not None:
                rewriter.revisit(op)
            return
