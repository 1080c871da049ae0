"""Closed forms for integers that a loop carries and increases regularly."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, scf
from irad.ir.types import index
from irad.passes.affine import Affine, affine, constant_of, not_negative


def induction(func: Func) -> Func:
    """Replace carried integers that grow by an affine amount each trip by a function of the induction variable.

    The amount may depend on the induction variable, so that a running position in a packed triangle has a closed form too. What is not
    carried need not be taped, and an index in closed form can be checked once for all trips. Innermost loops go first, since their
    final values are the amounts of the loops around them.

    Before:
        func.func @f(%x: memref<?xf64>, %n: index, %p: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %v = arith.constant 1.0 : f64
          %r = scf.for %i = %c0 to %n step %c1 iter_args(%q = %p) -> (index) {
            memref.store %v, %x[%q] : memref<?xf64>
            %s = arith.addi %q, %c1 : index
            scf.yield %s : index
          }
          func.return
        }
    After:
        func.func @f(%x: memref<?xf64>, %n: index, %p: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %v = arith.constant 1.0 : f64
          scf.for %i = %c0 to %n step %c1 {
            %q = arith.addi %p, %i : index
            memref.store %v, %x[%q] : memref<?xf64>
          }
          func.return
        }
    """
    _block(func.body)
    return func


def _block(block: Block) -> None:
    for op in block.ops:
        for region in op.regions:
            _block(region)
        if isinstance(op, scf.For) and not op.reversed and constant_of(op.step) is not None:
            for k in range(len(op.inits)):
                _close(op, k)


def _close(loop: scf.For, k: int) -> None:
    """Replace the uses of carried value `k` and of its result, if it has a closed form; the carrying itself is left to be dropped."""
    carried = loop.carried[k]
    if carried.type != index or not (carried.uses or loop.results[k].uses):
        return
    growth = affine(loop.body.terminator.operands[k]).plus(Affine(0, {carried: 1}), -1)
    slope = growth.terms.get(loop.induction, 0)
    rest = growth.plus(Affine(0, {loop.induction: slope}), -1)
    if any(_inside(v, loop) for v in rest.terms):
        return
    if carried.uses:
        b = Builder(loop.body, loop.body.first, loop.loc)
        carried_now = _at(b, loop, k, rest, slope, _count(b, loop))
        carried.replace_by(carried_now)
    if loop.results[k].uses:
        b = Builder.after(loop)
        loop.results[k].replace_by(_at(b, loop, k, rest, slope, _trips(b, loop)))


def _inside(value: Value, loop: Op) -> bool:
    block = value.block
    while block is not None and isinstance(block.parent, Op):
        if block.parent is loop:
            return True
        block = block.parent.parent
    return False


def _at(b: Builder, loop: scf.For, k: int, rest: Affine, slope: int, t: Value) -> Value:
    """init + t * rest + slope * (t * lower + step * t * (t - 1) / 2), the sum of the amounts of the first t trips."""
    total = b(arith.AddI, loop.inits[k], b(arith.MulI, t, emit(b, rest)))
    if slope:
        step = constant_of(loop.step)
        assert step is not None
        pairs = b(arith.DivSI, b(arith.MulI, t, b(arith.SubI, t, b.index(1))), b.index(2))
        walked = b(arith.AddI, b(arith.MulI, t, loop.lower), b(arith.MulI, pairs, b.index(step)))
        total = b(arith.AddI, total, b(arith.MulI, walked, b.index(slope)))
    return total


def emit(b: Builder, form: Affine) -> Value:
    """The value of an affine form."""
    total = b.index(form.constant)
    for value, c in form.terms.items():
        total = b(arith.AddI, total, b(arith.MulI, value, b.index(c)))
    return total


def _count(b: Builder, loop: scf.For) -> Value:
    """The number of the current trip."""
    return b(arith.DivSI, b(arith.SubI, loop.induction, loop.lower), loop.step)


def _trips(b: Builder, loop: scf.For) -> Value:
    """How many trips the loop makes."""
    step = constant_of(loop.step)
    assert step is not None
    length = affine(loop.upper).plus(affine(loop.lower), -1)
    n = b(arith.SubI, loop.upper, loop.lower)
    if not smallest_is_not_negative(length):
        n = b(arith.MaxSI, n, b.index(0))
    return n if step == 1 else b(arith.DivSI, b(arith.AddI, n, b.index(step - 1)), b.index(step))


def smallest_is_not_negative(form: Affine, depth: int = 4) -> bool:
    """Whether the form is never negative, by the bounds of the loops whose induction variables it holds."""
    if not_negative(form):
        return True
    if not depth:
        return False
    for value, c in form.terms.items():
        loop = value.owner.parent if isinstance(value.owner, Block) else None
        if isinstance(loop, scf.For) and value is loop.induction:
            extreme = affine(loop.lower) if c > 0 else affine(loop.upper).plus(Affine(-1))
            bounded = form.plus(Affine(0, {value: 1}), -c).plus(extreme, c)
            if smallest_is_not_negative(bounded, depth - 1):
                return True
    return False
