"""Shared by tests of lowering: functions of the IR built by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from irad.ir.builder import Builder
from irad.ir.core import UNKNOWN, Block, Func, Loc, Module, Value
from irad.ir.ops import func
from irad.ir.types import MemRefType, Type, f64


def function(
    name: str, arg_types: Sequence[Type], emit: Callable[..., Value | Sequence[Value] | None], loc: Loc = UNKNOWN, **attrs: object
) -> Func:
    """A function whose body `emit(builder, *args)` builds; it returns the results."""
    body = Block(arg_types)
    b = Builder(body, loc=loc)
    out = emit(b, *body.args)
    results = [out] if isinstance(out, Value) else list(out or ())
    b.op(func.Return, results)
    return Func(name, body, [r.type for r in results], loc, attrs)


def module(arg_types: Sequence[Type], emit: Callable[..., Value | Sequence[Value] | None], **attrs: object) -> Module:
    """A module of one function, f."""
    return Module([function("f", arg_types, emit, **attrs)])


def vector(element: Type = f64, strided: bool = False, rank: int = 1) -> MemRefType:
    """A memref type of dynamic sizes."""
    return MemRefType((None,) * rank, element, strided)
