"""Dead code elimination: whatever has no influence on results, on memory that others see, or on exceptions, goes."""

from __future__ import annotations

from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import irad, memref, scf
from irad.passes.alias import base
from irad.passes.carried import drop_for_carried, drop_if_results, drop_while_passed, drop_while_state

_LOCAL = (memref.Alloc, memref.Alloca, irad.Stack)
_QUIET = (memref.Load, *_LOCAL)


class _Liveness:
    """Which operations and values are live: marked from effects backwards; carried values one by one."""

    def __init__(self) -> None:
        self.ops: set[Op] = set()
        self.values: set[Value] = set()
        self.work: list[Value] = []
        self.waiting: dict[Value, list[Op]] = {}

    def roots(self, block: Block) -> None:
        """Mark the effects; writes into local memory wait until somebody reads it."""
        for op in block.ops:
            if op.terminator:
                if op.name == "func.return":
                    self.mark_op(op)
            elif isinstance(op, irad.Map | memref.Store | memref.Dealloc | irad.Reserve | irad.Release):
                self.write(op)
            elif op.regions:
                for region in op.regions:
                    self.roots(region)
            elif not op.pure and not isinstance(op, _QUIET):
                self.mark_op(op)

    def write(self, op: Op) -> None:
        memory = base(op.operands[1] if isinstance(op, memref.Store) else op.operands[0])
        if isinstance(memory.owner, _LOCAL) and memory not in self.values:
            self.waiting.setdefault(memory, []).append(op)
        else:
            self.mark_op(op)

    def mark_op(self, op: Op) -> None:
        """An operation stays: so do its operands, and the operations around it."""
        if op in self.ops:
            return
        self.ops.add(op)
        if not (op.terminator and op.name != "func.return"):
            self.mark_operands(op)
        parent = op.parent.parent if op.parent is not None else None
        if isinstance(parent, Op):
            self.mark_op(parent)

    def mark_operands(self, op: Op) -> None:
        match op:
            case scf.If():
                self.mark(op.operands[0])
            case scf.For():
                self.work += op.operands[:3]
            case scf.While():
                self.mark(op.before.terminator.operands[0])
            case irad.Map() | irad.Reduce():
                self.work += op.operands
                self.work += op.body.terminator.operands
            case _:
                self.work += op.operands

    def mark(self, value: Value) -> None:
        self.work.append(value)

    def run(self) -> None:
        while self.work:
            value = self.work.pop()
            if value in self.values:
                continue
            self.values.add(value)
            for op in self.waiting.pop(value, ()):
                self.mark_op(op)
            owner = value.owner
            if isinstance(owner, Op):
                self.mark_op(owner)
                self.slot(owner, value.index, result=True)
            elif isinstance(owner.parent, Op):
                self.mark_op(owner.parent)
                self.slot(owner.parent, value.index, result=False, block=owner)

    def slot(self, op: Op, i: int, result: bool, block: Block | None = None) -> None:
        """The i-th result or block argument of a structured operation is live: so is what flows into it."""
        match op:
            case scf.If():
                self.work += (op.then.terminator.operands[i], op.orelse.terminator.operands[i])
            case scf.For():
                i = i if result else i - 1
                if i >= 0:
                    self.work += (op.inits[i], op.carried[i], op.results[i], op.body.terminator.operands[i])
            case scf.While() if block is op.before:
                self.work += (op.inits[i], op.after.terminator.operands[i])
            case scf.While():
                self.work += (op.before.terminator.operands[1 + i], op.after.args[i], op.results[i])
            case _:
                pass


class _Sweep:
    """Erases what is not marked."""

    def __init__(self, live: _Liveness) -> None:
        self.live = live
        self.changed = False

    def block(self, block: Block) -> None:
        for op in block.reversed_ops():
            if op.terminator:
                continue
            if op not in self.live.ops:
                self.changed = True
                op.erase()
                continue
            if op.regions:
                self.trim(op)
                for region in op.regions:
                    self.block(region)

    def trim(self, op: Op) -> None:
        """Take out dead results of a live structured operation."""
        dead = self.dead(op.results)
        match op:
            case scf.If() if dead:
                drop_if_results(op, dead)
            case scf.For() if dead:
                drop_for_carried(op, dead)
            case scf.While():
                drop_while_passed(op, dead)
                state = self.dead(op.before.args)
                drop_while_state(op, state)
                self.changed |= bool(dead or state)
                return
            case _:
                return
        self.changed = True

    def dead(self, values: list[Value]) -> set[int]:
        return {i for i, v in enumerate(values) if v not in self.live.values}


def dce(func: Func) -> bool:
    """Erase dead operations, carried values that only feed themselves, loops without effect, writes into memory nobody reads.

    Needs no other pass; keeps every effect and every exception in its place (a loop that may not end is taken to end).
    Cost: two walks.

    Before:
        func.func @f(%x: f64, %n: index) -> f64 {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %m = memref.alloc(%n) : memref<?xf64>
          %s, %t = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %x) -> (f64, f64) {
            %p = arith.addf %a, %a : f64
            %q = arith.mulf %b, %x : f64
            memref.store %q, %m[%i] : memref<?xf64>
            scf.yield %p, %q : f64, f64
          }
          func.return %s : f64
        }
    After:
        func.func @f(%x: f64, %n: index) -> f64 {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f64) {
            %p = arith.addf %a, %a : f64
            scf.yield %p : f64
          }
          func.return %s : f64
        }
    """
    live = _Liveness()
    live.roots(func.body)
    live.run()
    sweep = _Sweep(live)
    sweep.block(func.body)
    return sweep.changed
