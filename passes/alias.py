"""Alias analysis: which allocations and arguments a memref may point into.

A root is where memory comes from: a function's memref argument, an allocation, a stack, the result of a call. Every memref value has a
set of roots, found by a fixpoint over loops; two values may overlap if their roots may. Function attributes say what holds of
arguments: `noalias` (none overlaps another), or `alias_groups` (a number an argument: only those of one group may overlap).
"""

from __future__ import annotations

from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, func, irad, memref, scf
from irad.ir.types import MemRefType, StackType

Roots = frozenset[Value]
NONE: Roots = frozenset()
VIEWS = (memref.SubView, memref.Cast, irad.View, irad.Reserve, irad.Release)


def is_memory(value: Value) -> bool:
    """Whether the value is an array or a stack."""
    return isinstance(value.type, MemRefType | StackType)


def _open(root: Value) -> bool:
    """Whether a root holds memrefs that other functions may have put there: it then stands for what these point into as well."""
    return isinstance(root.type, StackType) and isinstance(root.type.element, MemRefType)


def base(value: Value) -> Value:
    """The memref that a chain of views starts from."""
    while isinstance(value.owner, VIEWS):
        value = value.owner.operands[0]
    return value


class Alias:
    """Roots of every memref of a function; built in time linear in its size times the depth of its loops."""

    def __init__(self, function: Func) -> None:
        self.function = function
        self._roots: dict[Value, Roots] = {}
        self._contents: dict[Value, Roots] = {}
        self._changed = True
        for arg in function.args:
            if is_memory(arg):
                self._roots[arg] = frozenset({arg})
        self._groups = self._argument_groups()
        while self._changed:
            self._changed = False
            self._visit(function.body)

    def roots(self, value: Value) -> Roots:
        """Everything the value may point into."""
        return self._roots.get(value, NONE)

    def contents(self, root: Value) -> Roots:
        """What the descriptors stored in an array of memrefs may point into."""
        return self._contents.get(root, NONE)

    def may_alias(self, a: Value, b: Value) -> bool:
        """Whether the two may share memory, at whatever times they are looked at."""
        left, right = self.roots(a), self.roots(b)
        if not left.isdisjoint(right):
            return True
        return any(self._same_group(x, y) for x in left for y in right)

    def may_alias_now(self, a: Value, b: Value) -> bool:
        """Whether the two may share memory when both are in scope in one iteration; buffers that a loop permutes do not."""
        return self.may_alias(a, b) and not self._permuted_apart(base(a), base(b))

    def _same_group(self, x: Value, y: Value) -> bool:
        if _open(x) or _open(y):
            return all(_open(r) or isinstance(r.owner, Block) for r in (x, y))
        groups = self._groups
        return x in groups and y in groups and groups[x] == groups[y]

    def _argument_groups(self) -> dict[Value, int]:
        attrs = self.function.attrs
        if attrs.get("noalias"):
            return {}
        numbers = attrs.get("alias_groups") or (0,) * len(self.function.args)
        return {arg: n for arg, n in zip(self.function.args, numbers, strict=True) if is_memory(arg)}

    def _add(self, value: Value, roots: Roots) -> None:
        old = self._roots.get(value, NONE)
        if not roots <= old:
            self._roots[value] = old | roots
            self._changed = True

    def _flow(self, sources: list[Value], targets: list[Value]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if is_memory(target):
                self._add(target, self.roots(source))

    def _visit(self, block: Block) -> None:
        for op in block.ops:
            self._visit_op(op)

    def _visit_op(self, op: Op) -> None:
        match op:
            case memref.Alloc() | memref.Alloca() | irad.Stack():
                self._add(op.result, frozenset({op.result}))
            case scf.If() | scf.For() | scf.While():
                self._visit_structured(op)
            case func.Call():
                passed = NONE.union(*(self.roots(v) for v in op.operands if is_memory(v)))
                for result in filter(is_memory, op.results):
                    self._add(result, passed | {result})
            case memref.Store() if is_memory(op.value):
                self._note_contents(op)
            case _ if len(op.results) == 1 and is_memory(op.result):
                self._add(op.result, self._made_from(op))
            case _:
                pass

    def _made_from(self, op: Op) -> Roots:
        match op:
            case arith.Select():
                return self.roots(op.operands[1]) | self.roots(op.operands[2])
            case memref.Load():
                held = self.roots(op.array)
                return NONE.union(*(self._contents.get(r, NONE) for r in held), (r for r in held if _open(r)))
            case _:
                assert isinstance(op, VIEWS), op
                return self.roots(op.operands[0])

    def _visit_structured(self, op: scf.If | scf.For | scf.While) -> None:
        match op:
            case scf.If():
                for region in op.regions:
                    self._visit(region)
                    self._flow(region.terminator.operands, op.results)
            case scf.For():
                self._flow(op.inits, op.carried)
                self._flow(op.inits, op.results)
                self._visit(op.body)
                self._flow(op.body.terminator.operands, op.carried)
                self._flow(op.body.terminator.operands, op.results)
            case scf.While():
                self._flow(op.inits, op.before.args)
                self._visit(op.before)
                passed_on = op.before.terminator.operands[1:]
                self._flow(passed_on, op.after.args)
                self._flow(passed_on, op.results)
                self._visit(op.after)
                self._flow(op.after.terminator.operands, op.before.args)

    def _note_contents(self, op: memref.Store) -> None:
        for root in self.roots(op.array):
            old = self._contents.get(root, NONE)
            new = old | self.roots(op.value)
            if new != old:
                self._contents[root] = new
                self._changed = True

    def _permuted_apart(self, a: Value, b: Value) -> bool:
        """Whether a and b are different arguments or results of one loop that starts from disjoint buffers and only permutes them."""
        if a is b or a.owner is not b.owner:
            return False
        loop = a.owner.parent if isinstance(a.owner, Block) else a.owner
        match loop:
            case scf.For():
                inits, rounds = loop.inits, [(loop.carried, loop.body.terminator.operands)]
                start = {arg: init for arg, init in zip(loop.carried, inits, strict=True)}
            case scf.While():
                passed_on = loop.before.terminator.operands[1:]
                rounds = [(loop.before.args, passed_on), (loop.after.args, loop.after.terminator.operands)]
                start = dict(zip(loop.before.args, loop.inits, strict=True))
            case _:
                return False
        if not all(_permutes(args, yields) for args, yields in rounds):
            return False
        memory = [init for arg, init in start.items() if is_memory(arg)]
        return all(not self.may_alias_now(x, y) for i, x in enumerate(memory) for y in memory[:i])


def _permutes(args: list[Value], yields: list[Value]) -> bool:
    inside = {v for v in args if is_memory(v)}
    passed = [v for v in yields if is_memory(v)]
    return len(set(passed)) == len(passed) and inside.issuperset(passed)
