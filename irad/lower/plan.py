"""Which functions recurse, which loops may run long: what decides where compiled code looks at the stack and for Ctrl-C.

Work is counted in operations. Inner loops charge theirs to the context's fuel when they end; loops around them, `scf.while` and
recursive functions look at the fuel and poll when it is used up. Innermost counted loops neither charge themselves, unless another loop
may be around them, nor poll: they have to vectorise. Nor does an innermost `scf.while` in another loop poll that counts by one up to, or
down to, a limit: it charges what it counted.
"""

from __future__ import annotations

from irad.ir.core import Block, Func, Module, Op, Value
from irad.ir.ops import arith, func, irad, math, memref, scf

SMALL = 256  # operations below which a loop of constant trip count is not worth a poll
_FREE = (arith.Constant, memref.Dim, memref.Cast, irad.Stride, scf.Yield, scf.Condition, func.Return)
_EXPENSIVE = (math.PowF, math.LGamma, math.Gamma, math.Polygamma, arith.DivSI, arith.RemSI, arith.FloorDivSI, math.FloorModSI, arith.RemF)


class Plan:
    """Facts about a module, found once before it is lowered.

    Attributes
    ----------
    recursive : set of str
        Functions that may call themselves.
    long : set of str
        Functions that may run for long: they loop or recurse, or call one that does.
    called : set of str
        Functions that others call.
    """

    def __init__(self, module: Module) -> None:
        self._calls = {name: _callees(f) for name, f in module.funcs.items()}
        self._costs: dict[Block, int] = {}
        self.called = {callee for callees in self._calls.values() for callee in callees}
        self.recursive = {name for name in module.funcs if name in self.reachable(name)}
        self.long = set(self.called)  # until it is known, every callee counts
        looping = {name for name, f in module.funcs.items() if any(self._is_long(op) for op in f.walk() if not isinstance(op, func.Call))}
        self.long = {name for name in module.funcs if (looping | self.recursive) & {name, *self.reachable(name)}}

    def reachable(self, name: str) -> list[str]:
        """Functions called from a function, by way of others too."""
        seen: dict[str, None] = {}
        todo = [name]
        while todo:
            for callee in self._calls[todo.pop()]:
                if callee not in seen:
                    seen[callee] = None
                    todo.append(callee)
        return list(seen)

    def cost(self, block: Block) -> int:
        """Operations of one run of a block, loops of unknown length left out (they charge themselves)."""
        if block not in self._costs:
            self._costs[block] = sum(self._op_cost(op) for op in block.ops)
        return self._costs[block]

    def _op_cost(self, op: Op) -> int:
        if isinstance(op, _FREE):
            return 0
        if isinstance(op, scf.For):
            return (trips(op) or 0) * (1 + self.cost(op.body)) if self.is_small(op) else 1
        if isinstance(op, scf.While):
            return 1
        if op.regions:
            return max(self.cost(region) for region in op.regions)
        if isinstance(op, _EXPENSIVE) or (op.name.startswith("math.") and not isinstance(op, math.Sqrt | math.AbsF | math.Fma)):
            return 20
        return 1

    def is_small(self, loop: Op) -> bool:
        """Whether a loop is sure to end within a few hundred operations."""
        if not isinstance(loop, scf.For):
            return False
        count = trips(loop)
        return count is not None and count <= SMALL and not self.contains_long(loop) and count * (1 + self.cost(loop.body)) <= SMALL

    def contains_long(self, loop: Op) -> bool:
        """Whether there is a loop or call inside that may run for long."""
        inner = (op for region in loop.regions for op in region.walk())
        return any(self._is_long(op) for op in inner)

    def _is_long(self, op: Op) -> bool:
        if isinstance(op, func.Call):
            return op.callee in self.long
        return isinstance(op, scf.For | scf.While) and not self.is_small(op)

    def charges(self, loop: Op, function: Func) -> bool:
        """Whether a loop has to tell what it cost: another one may be around it, here or in a caller."""
        return function.name in self.called or enclosing_loop(loop) is not None


def counted(loop: scf.While) -> tuple[Value, Value] | None:
    """First and last value of an integer by which a loop counts its trips one by one, and which it cannot run past."""
    condition, *passed = loop.before.terminator.operands
    yields = loop.after.terminator.operands
    for bound, j, step in _limits(condition):
        if j not in loop.before.args or j not in passed or (_constant(bound) is None and _inside(bound, loop)):
            continue
        k, m = loop.before.args.index(j), passed.index(j)
        following = yields[k].op
        if isinstance(following, arith.AddI) and following.operands[0] is loop.after.args[m] and _constant(following.operands[1]) == step:
            return loop.inits[k], loop.results[m]
    return None


def _limits(condition: Value) -> list[tuple[Value, Value, int]]:
    """(limit, integer, the step of 1 or -1 that ends there) of comparisons that the condition implies."""
    op = condition.op
    match op:
        case arith.AndI():
            return [limit for part in op.operands for limit in _limits(part)]
        case scf.If() if _constant(op.orelse.terminator.operands[condition.index]) is False:
            return [limit for part in (op.operands[0], op.then.terminator.operands[condition.index]) for limit in _limits(part)]
        case arith.CmpI():
            return _compared(op)
        case _:
            return []


def _compared(op: arith.CmpI) -> list[tuple[Value, Value, int]]:
    """Beyond a limit that may be reached itself there has to be a number left."""
    x, y = op.operands
    match op.attrs["predicate"]:
        case "slt":
            return [(y, x, 1), (x, y, -1)]
        case "sgt":
            return [(y, x, -1), (x, y, 1)]
        case "sge" if _constant(y) is not None and abs(_constant(y) or 0) < 1 << 62:
            return [(y, x, -1)]
        case "sle" if _constant(y) is not None and abs(_constant(y) or 0) < 1 << 62:
            return [(y, x, 1)]
        case _:
            return []


def _constant(value: Value) -> int | None:
    return value.op.attrs["value"] if isinstance(value.op, arith.Constant) else None


def _inside(value: Value, loop: Op) -> bool:
    block = value.block
    while block is not None and isinstance(block.parent, Op):
        if block.parent is loop:
            return True
        block = block.parent.parent
    return False


def _callees(function: Func) -> list[str]:
    return list(dict.fromkeys(op.callee for op in function.walk() if isinstance(op, func.Call)))


def trips(loop: scf.For) -> int | None:
    """How often a loop of constant bounds runs."""
    bounds = [v.op.attrs["value"] for v in loop.operands[:3] if isinstance(v.op, arith.Constant)]
    return len(range(*bounds)) if len(bounds) == 3 else None


def enclosing_loop(op: Op) -> Op | None:
    """The innermost loop around an operation."""
    parent = op.parent.parent if op.parent is not None else None
    while isinstance(parent, Op):
        if isinstance(parent, scf.For | scf.While):
            return parent
        parent = parent.parent.parent if parent.parent is not None else None
    return None
