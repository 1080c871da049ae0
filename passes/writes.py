"""Which parameters of a function may have their memory written, in it or in what it calls."""

from __future__ import annotations

from irad.ir.core import Func, Module, Op, Value
from irad.ir.ops import func, irad, memref
from irad.passes.alias import Alias


def written_parameters(module: Module) -> dict[str, set[int]]:
    """Per function the indices of the parameters that it may write, found by a fixpoint over the calls."""
    aliases = {name: Alias(f) for name, f in module.funcs.items()}
    written: dict[str, set[int]] = {name: set() for name in module.funcs}
    changed = True
    while changed:
        changed = False
        for name, f in module.funcs.items():
            found = _written(f, aliases[name], written)
            if found != written[name]:
                written[name] = found
                changed = True
    return written


def destinations(op: Op, written: dict[str, set[int]]) -> list[Value]:
    """The memrefs and stacks that an operation itself (not its regions) may write to."""
    match op:
        case memref.Store():
            return [op.array]
        case irad.Map():
            return [op.destination]
        case irad.Reserve():
            return [op.operands[0]]
        case func.Call():
            return [op.operands[i] for i in sorted(written[op.callee])]
        case _:
            return []


def _written(f: Func, alias: Alias, written: dict[str, set[int]]) -> set[int]:
    roots: set[Value] = set()
    for op in f.walk():
        for array in destinations(op, written):
            roots |= alias.roots(array)
    return {a.index for a in f.args if a in roots}
