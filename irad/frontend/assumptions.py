"""Sizes that are taken as equal: tested once, where the function is entered, instead of wherever two arrays meet.

Two arguments of unknown sizes may broadcast against each other, so every operation on both has to ask whether one of them has size 1, and
cannot be fused with its neighbours. Nearly always the sizes are equal. The first version of a function assumes that of all sizes that
are computed from its arguments alone; its first operations test it, before anything is written. Where the test fails, the call is done
by a second version, traced without assumptions.
"""

from __future__ import annotations

from irad.errors import SizesDiffer
from irad.frontend import sizes as S
from irad.frontend.state import State, current_state
from irad.ir.builder import Builder
from irad.ir.core import Block, Value, clone_op
from irad.ir.ops import arith, memref
from irad.ir.types import index

_COMPUTED = (arith.Constant, arith.AddI, arith.SubI, arith.MulI, arith.MaxSI, arith.MinSI, arith.DivSI, memref.Dim)
_DEPTH = 8


def assume_equal(x: Value, y: Value) -> bool:
    """Take two sizes as equal from here on, if they are known where the function is entered; whether that is so."""
    now = current_state()
    if now is None or not now.assuming or now.outer is not None or now.context.outer is not None or now.context.conditional:
        return False
    if not (_known_on_entry(x, now, _DEPTH) and _known_on_entry(y, now, _DEPTH)):
        return False
    body = now.context.func.body
    b = Builder(body, body.first, now.context.func.loc)
    copies: dict[Value, Value] = {}
    first, second = _copied(b, x, copies), _copied(b, y, copies)
    b.check(b(arith.CmpI, first, second, predicate="eq"), SizesDiffer.__name__, "arrays of sizes {0} and {1} meet", first, second)
    now.equalities.join(x, y)
    now.assumed = True
    return True


def _known_on_entry(x: Value, now: State, depth: int) -> bool:
    """Whether a size is computed from the function's arguments alone."""
    if isinstance(x.owner, Block):
        return x.owner is now.context.func.body
    if isinstance(x.owner, memref.Dim):
        return x.owner.operands[0].owner is now.context.func.body
    return (
        depth > 0
        and isinstance(x.owner, _COMPUTED)
        and x.type == index
        and all(_known_on_entry(v, now, depth - 1) for v in x.owner.operands)
    )


def _copied(b: Builder, x: Value, copies: dict[Value, Value]) -> Value:
    """The size, computed once more where the builder is."""
    if isinstance(x.owner, Block):
        return x
    for operand in x.owner.operands:
        if operand not in copies:
            copies[operand] = _copied(b, operand, copies)
    if x not in copies:
        copies[x] = b.insert(clone_op(x.owner, copies)).results[0]
    return copies[x]


def equal(x: S.Size, y: S.Size) -> bool:
    """Whether two sizes are certainly equal, or both dynamic and from now on assumed to be."""
    return S.same(x, y) or (isinstance(x, Value) and isinstance(y, Value) and assume_equal(x, y))
