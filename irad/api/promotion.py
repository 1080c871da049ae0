"""Which integer arguments are used as numbers: those count as floats in `gradient`, the others are indices, axes and lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.api.compiled import Program
from irad.api.leaves import prepare, take_apart
from irad.errors import IradError
from irad.ir.core import Func, Module, Op, Value
from irad.ir.ops import arith, func, irad, memref, scf
from irad.options import Options


def is_integer(value: Any) -> bool:
    """Whether a leaf is an integer or an array of them."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or getattr(getattr(value, "dtype", None), "kind", "") in "iu"


def as_float(value: Any) -> Any:
    """An integer, or an array of them, as f64."""
    return value.astype(np.float64) if isinstance(value, np.ndarray) else float(value)


def promoted(f: Callable[..., Any], args: Sequence[Any], chosen: Sequence[int], options: Options | None) -> tuple[Any, ...]:
    """The arguments with floats in place of the integers in the chosen ones that f uses as numbers."""
    _, leaves = take_apart(f, args)
    integers = [k for k, x in enumerate(leaves.leaves) if leaves.owner[k] in chosen and is_integer(x)]
    if not integers:
        return tuple(args)
    numbers = _numbers(f, args, integers, options)
    return tuple(leaves.trees([as_float(x) if k in numbers else x for k, x in enumerate(leaves.leaves)])[0])


def _numbers(f: Callable[..., Any], args: Sequence[Any], integers: Sequence[int], options: Options | None) -> set[int]:
    try:
        made, leaves = prepare(f, args, options)
    except (ArithmeticError, IradError, TypeError, ValueError):  # f needs floats already while it is traced
        return set(integers)
    uses = Uses(made)
    return {k - leaves.first for at, k in enumerate(leaves.parameters) if k - leaves.first in integers and uses.is_number(at)}


class Uses:
    """Follows integer parameters through a traced function."""

    def __init__(self, made: Program) -> None:
        self.module: Module = made.module
        self.func: Func = made.trace.func
        self.number = self.index = False
        self.todo: list[Value] = []

    def is_number(self, parameter: int) -> bool:
        """Whether a parameter reaches a result or a float, and no index, length or bound."""
        met: set[Value] = set()
        self.number = self.index = False
        self.todo = [self.func.args[parameter]]
        while self.todo:
            value = self.todo.pop()
            if value not in met:
                met.add(value)
                for op in list(value.uses):
                    self.follow(op, value)
        return self.number and not self.index

    def follow(self, op: Op, value: Value) -> None:
        """Go on where a value is used."""
        if isinstance(op, arith.SIToFP | arith.UIToFP | arith.ShRUI):  # the last is how an exponent is used
            self.number = True
        elif isinstance(op, arith.CmpI | irad.Check | memref.Dim):
            return
        elif isinstance(op, memref.Load | memref.SubView | memref.Cast | irad.View | memref.Store):
            self.memory(op, value)
        elif isinstance(op, memref.Alloc | memref.Alloca | irad.Index):
            self.index = True
        elif isinstance(op, scf.Yield | scf.Condition | func.Return):
            self.leave(op, value)
        elif op.regions:
            self.enter(op, value)
        elif isinstance(op, func.Call):
            args = self.module.funcs[op.callee].args
            self.todo += [arg for arg, v in zip(args, op.operands, strict=False) if v is value]
            self.todo += op.results
        else:
            self.todo += op.results

    def memory(self, op: Op, value: Value) -> None:
        """Reads, writes and views: what is in an array flows on, anything else is an index."""
        at = 1 if isinstance(op, memref.Store) else 0
        self.index |= any(v is value for v in op.operands[at + 1 :])
        if isinstance(op, memref.Store) and op.value is value:
            self.whole(op.array)
        elif op.operands[at] is value:
            self.todo += op.results

    def whole(self, array: Value) -> None:
        """A value is stored: into the array, and what it is a view of."""
        self.todo.append(array)
        if isinstance(array.owner, memref.SubView | memref.Cast | irad.View):
            self.whole(array.owner.operands[0])

    def leave(self, op: Op, value: Value) -> None:
        """A region ends: its values are those of the operation around it, and of the next iteration."""
        block = op.parent
        parent = block.parent if block is not None else None
        if not isinstance(parent, Op):
            self.number = True
            return
        places = [i for i, v in enumerate(op.operands[1:] if isinstance(op, scf.Condition) else op.operands) if v is value]
        if isinstance(parent, irad.Map):
            self.whole(parent.destination)
            return
        targets = [parent.results]
        if isinstance(parent, scf.For):
            targets.append(parent.carried)
        elif isinstance(parent, scf.While):
            targets = [parent.before.args] if isinstance(op, scf.Yield) else [parent.results, parent.after.args]
        elif isinstance(parent, irad.Reduce):
            targets.append(parent.body.args)
        self.todo += [target[i] for target in targets for i in places]

    def enter(self, op: Op, value: Value) -> None:
        """An operation with regions: what flows into their arguments."""
        pairs: list[tuple[Value, Value]] = []
        match op:
            case scf.For():
                self.index |= any(v is value for v in (op.lower, op.upper, op.step))
                pairs = [*zip(op.inits, op.carried, strict=True), *zip(op.inits, op.results, strict=True)]
            case scf.While():
                pairs = list(zip(op.inits, op.before.args, strict=True))
            case irad.Map():
                pairs = list(zip(op.inputs, op.body.args, strict=True))
            case irad.Reduce():
                flowing = [*op.inits, *op.inputs]
                pairs = [*zip(flowing, op.body.args, strict=True), *zip(op.inits, op.results, strict=True)]
            case _:
                return
        self.todo += [target for source, target in pairs if source is value]
