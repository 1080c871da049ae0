"""Fold, simplify, eliminate common and dead code: what every other pass relies on to clean up after it."""

from __future__ import annotations

from irad.ir.core import Func, Op
from irad.ir.rewriter import Pattern, rewrite
from irad.passes.cse import cse
from irad.passes.dce import dce
from irad.passes.simplify import SCALAR
from irad.passes.simplify_control import CONTROL
from irad.passes.simplify_views import VIEWS

PATTERNS: dict[type[Op], list[Pattern]] = {**SCALAR, **VIEWS, **CONTROL}

_ROUNDS = 4


def simplify(func: Func) -> bool:
    """Fold constants and apply the identities until none applies.

    Before:
        func.func @f(%x: f64, %i: index) -> f64 {
          %c1 = arith.constant 1 : index
          %c2 = arith.constant 2 : index
          %j = arith.addi %i, %c1 : index
          %k = arith.subi %j, %i : index
          %p = arith.cmpi slt, %k, %c2 : index
          %two = arith.constant 2.0 : f64
          %y = math.powf %x, %two : f64
          %z = arith.select %p, %y, %x : f64
          func.return %z : f64
        }
    After:
        func.func @f(%x: f64, %i: index) -> f64 {
          %y = arith.mulf %x, %x : f64
          func.return %y : f64
        }
    """
    return rewrite(func, PATTERNS)


def peephole(func: Func) -> bool:
    """Simplify and merge equal operations, again as long as merging opens up something (a few rounds at most), then sweep."""
    changed = False
    for _ in range(_ROUNDS):
        changed |= simplify(func)
        if not cse(func):
            break
        changed = True
    return dce(func) or changed
