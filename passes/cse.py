"""Common subexpression elimination: an operation that has been computed already, on every path to here, is not computed again."""

from __future__ import annotations

from collections.abc import Hashable

from irad.ir.core import Block, Func, Op
from irad.ir.ops import arith, base, irad, memref
from irad.ir.ops import math as m

COMMUTATIVE: frozenset[type[Op]] = frozenset(
    {
        arith.AddI, arith.MulI, arith.AndI, arith.OrI, arith.XorI, arith.MaxSI, arith.MinSI, arith.MaxUI, arith.MinUI,
        arith.AddF, arith.MulF, arith.MaximumF, arith.MinimumF, m.Hypot,
    }
)  # fmt: skip

_TYPED = (base.Cast, irad.View, memref.SubView)


def key_of(op: Op) -> Hashable:
    """Equal for operations that compute the same."""
    kind = type(op)
    attrs = repr(sorted(op.attrs.items())) if op.attrs else None
    return (kind, attrs, *op.operands, op.results[0].type) if isinstance(op, _TYPED) else (kind, attrs, *op.operands)


class _Scopes:
    """Known operations; what a region adds is forgotten at its end."""

    def __init__(self, entry: Block) -> None:
        self.entry = entry
        self.constants: dict[Hashable, Op] = {}
        self.last_constant: Op | None = None
        self.known: dict[Hashable, Op] = {}
        self.added: list[Hashable] = []
        self.changed = False

    def block(self, block: Block) -> None:
        mark = len(self.added)
        for op in block.ops:
            if type(op) is arith.Constant:
                self.constant(op)
            elif op.pure or type(op) is irad.Index:
                self.value(op)
            elif type(op) is irad.Check:
                self.check(op)
            for region in op.regions:
                self.block(region)
        for key in self.added[mark:]:
            del self.known[key]
        del self.added[mark:]

    def constant(self, op: Op) -> None:
        """Constants stand once, in front of everything else."""
        key = (repr(op.attrs["value"]), op.results[0].type)
        found = self.constants.get(key)
        if found is not None:
            merge(op, found)
            return
        self.constants[key] = op
        before = self.entry.first if self.last_constant is None else self.last_constant.next
        if before is not op:
            op.detach()
            self.entry.insert(op, before)
        self.last_constant = op

    def value(self, op: Op) -> None:
        key = key_of(op)
        found = self.known.get(key)
        if found is None and type(op) in COMMUTATIVE:
            attrs = repr(sorted(op.attrs.items())) if op.attrs else None
            found = self.known.get((type(op), attrs, op.operands[1], op.operands[0]))
        if found is None:
            self.known[key] = op
            self.added.append(key)
            return
        self.changed = True
        merge(op, found)

    def check(self, op: Op) -> None:
        key = (irad.Check, op.operands[0])
        if key in self.known:
            self.changed = True
            op.erase()
        else:
            self.known[key] = op
            self.added.append(key)


def merge(op: Op, found: Op) -> None:
    """Let an equal operation stand for one."""
    if not found.results[0].hint:
        found.results[0].hint = op.results[0].hint
    op.results[0].replace_by(found.results[0])
    op.erase()


def cse(func: Func) -> bool:
    """Replace operations by equal ones that dominate them; a check or index that has passed is not made again.

    Loads are for the memory pass. Returns whether anything but constants was merged. Cost: one walk, one look-up an operation.

    Before:
        func.func @f(%x: f64) -> f64 {
          %a = math.sin %x : f64
          %b = math.sin %x : f64
          %c = arith.mulf %a, %b : f64
          func.return %c : f64
        }
    After:
        func.func @f(%x: f64) -> f64 {
          %a = math.sin %x : f64
          %c = arith.mulf %a, %a : f64
          func.return %c : f64
        }
    """
    scopes = _Scopes(func.body)
    scopes.block(func.body)
    return scopes.changed
