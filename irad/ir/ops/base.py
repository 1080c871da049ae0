"""Families of operations: what a scalar operation's results are, once per family."""

from __future__ import annotations

from collections.abc import Sequence

from irad.ir.core import Op
from irad.ir.types import Type, i1


class Pure(Op):
    """No effect but its results, which depend on nothing but the operands; may be erased when unused."""

    pure = True
    __slots__ = ()


class Same(Pure):
    """Results have the type of the first operand."""

    __slots__ = ()

    def infer(self) -> Sequence[Type]:
        return (self.operands[0].type,)


class UnaryFloat(Same):
    """float -> float."""

    __slots__ = ()


class BinaryFloat(Same):
    """float, float -> float, all of one type."""

    __slots__ = ()


class UnaryInt(Same):
    """integer -> integer."""

    __slots__ = ()


class BinaryInt(Same):
    """integer, integer -> integer, all of one type."""

    __slots__ = ()


class Cast(Pure):
    """One operand, a result type that the creator gives."""

    __slots__ = ()


class Compare(Pure):
    """Two operands of one type, attribute `predicate`, result i1."""

    __slots__ = ()

    def infer(self) -> Sequence[Type]:
        return (i1,)


class Test(Pure):
    """One float operand, result i1."""

    __slots__ = ()

    def infer(self) -> Sequence[Type]:
        return (i1,)
