"""Who frees: allocations are freed where their last use is, also when a loop or branch hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, memref, scf
from irad.ir.types import i1
from irad.passes.carried import add_for_carried
from irad.passes.effects import defined_inside, is_memory
from irad.passes.reuse import derived

# Flags are values of type i1, or the Python constants where they are known.
Flag = Value | bool


class _Give:
    """Finds owners, block by block from the inside out: values with a flag that says whether their memory is theirs to free."""

    def __init__(self, func: Func) -> None:
        self.deallocs: set[Op] = set()
        self.changed = False
        self.block(func.body)

    def block(self, block: Block) -> dict[Value, Flag]:
        """Free what dies in a block; returns the owners that its terminator may hand on."""
        owners: dict[Value, Flag] = {}
        for op in block.ops:
            match op:
                case memref.Alloc():
                    owners[op.result] = True
                case scf.If():
                    owners.update(self.branch(op))
                case scf.For():
                    owners.update(self.for_loop(op))
                case scf.While():
                    owners.update(self.while_loop(op))
                case _:
                    pass
        return {owner: flag for owner, flag in owners.items() if not self.freed(owner, flag, block)}

    def freed(self, owner: Value, flag: Flag, block: Block) -> bool:
        """Free an owner behind its last use, unless its memory leaves the block, or somebody frees it already."""
        aliases = derived(owner, block)
        if aliases is None:
            return False
        users = {user for value in aliases for user in value.uses}
        if not any(isinstance(user, memref.Dealloc) and user not in self.deallocs for user in users):
            last = _last({top_level(user, block) for user in users}, owner, block)
            self.free(owner, flag, Builder(block, last.next, last.loc))
        return True

    def free(self, owner: Value, flag: Flag, b: Builder) -> None:
        """Free an owner if the flag says so."""
        if flag is False:
            return
        self.changed = True
        if flag is True:
            self.deallocs.add(b.op(memref.Dealloc, (owner,)))
            return
        branch = b.if_(flag)
        inner = b.at(branch.then)
        self.deallocs.add(inner.op(memref.Dealloc, (owner,)))
        inner.yield_()
        b.at(branch.orelse).yield_()

    # ---------------------------------------------------------------- branches

    def branch(self, op: scf.If) -> dict[Value, Flag]:
        """A branch hands on what its regions allocated: results get a flag of their own."""
        inner = [self.block(region) for region in op.regions]
        owners: dict[Value, Flag] = {}
        for i, result in enumerate(list(op.results)):
            given = [_taken_over(region, i, owned) for region, owned in zip(op.regions, inner, strict=True)]
            if is_memory(result) and any(flag is not False for flag in given):
                owners[result] = _flag_result(op, given)
        return owners

    # ---------------------------------------------------------------- loops

    def for_loop(self, op: scf.For) -> dict[Value, Flag]:
        """A loop carries a flag beside each array; what an iteration does not hand on, and owns, it frees."""
        owned = self.block(op.body)
        slots = [i for i, v in enumerate(op.carried) if is_memory(v)]
        if not owned or not _followed(op.body, [op.carried[i] for i in slots], owned):
            return {}
        arrays = [op.carried[i] for i in slots]
        false = Builder.in_front_of(op).constant(False, i1)
        flags = add_for_carried(op, [false] * len(slots), ["owned"] * len(slots))
        self.iteration(op.body, slots, dict(zip(arrays, flags, strict=True)), owned)
        return {op.results[i]: flag for i, flag in zip(slots, op.results[-len(slots) :], strict=True)}

    def while_loop(self, op: scf.While) -> dict[Value, Flag]:
        """The same for a while whose condition passes its arrays on as they are, each once."""
        self.block(op.before)
        owned = self.block(op.after)
        slots = [i for i, v in enumerate(op.before.args) if is_memory(v)]
        state = [op.before.args[i] for i in slots]
        passed = [v for v in op.before.terminator.operands[1:] if is_memory(v)]
        if not owned or sorted(map(id, state)) != sorted(map(id, passed)) or not _kept(op.before, state):
            return {}
        arrays = [op.after.args[op.before.terminator.operands.index(v) - 1] for v in state]
        if not _followed(op.after, arrays, owned):
            return {}
        results = [op.results[array.index] for array in arrays]
        false = Builder.in_front_of(op).constant(False, i1)
        flags: dict[Value, Flag] = {}
        owners: dict[Value, Flag] = {}
        for array, result in zip(arrays, results, strict=True):
            op.add_operand(false)
            op.before.terminator.add_operand(op.before.add_arg(i1, "owned"))
            flags[array] = op.after.add_arg(i1, "owned")
            owners[result] = op.add_result(i1, "owned")
        self.iteration(op.after, slots, flags, owned)
        return owners

    def iteration(self, body: Block, slots: Sequence[int], arrays: Mapping[Value, Flag], owned: Mapping[Value, Flag]) -> None:
        """End an iteration: free the owners that no slot takes over; yield a flag for each slot."""
        terminator = body.terminator
        yields = [terminator.operands[i] for i in slots]
        b = Builder(body, terminator, terminator.loc)
        handed: list[Flag] = [False] * len(slots)
        owners = {**owned, **arrays}
        taken = {owner: [is_value(y, owner, body, b) for y in yields] for owner in owners}
        for owner, flag in owners.items():
            for j, there in enumerate(taken[owner]):
                elsewhere = _any([other for k, other in enumerate(taken[owner]) if k != j], b)
                handed[j] = _or(handed[j], _and(_and(flag, there, b), _not(elsewhere, b), b), b)
            self.free(owner, _and(flag, _not(_any(taken[owner], b), b), b), b)
        for flag in handed:
            terminator.add_operand(_value(flag, b))


def _taken_over(region: Block, i: int, owned: Mapping[Value, Flag]) -> Flag:
    """The flag that a branch's i-th result takes over from an owner of a region: none if the memory gets out in another way too."""
    values = region.terminator.operands
    flag = owned.get(values[i], False)
    if flag is False:
        return False
    aliases = derived(values[i], region, handed=True)
    return flag if aliases is not None and sum(v in aliases for v in values) == 1 else False


def _kept(block: Block, arrays: Iterable[Value]) -> bool:
    """Whether arrays leave a block through its terminator only."""
    return all(derived(array, block, handed=True) is not None for array in arrays)


def _followed(body: Block, arrays: Sequence[Value], owned: Mapping[Value, Flag]) -> bool:
    """Whether all that the slots are given is, for certain, an owner itself or memory from outside the loop; no view, for one."""
    yields = [v for v in body.terminator.operands if is_memory(v)]
    known = all(isinstance(leaf.owner, Block | memref.Alloc) or not defined_inside(leaf, body) for y in yields for leaf in leaves(y, body))
    return known and _kept(body, (*owned, *arrays))


def _flag_result(op: scf.If, given: Sequence[Flag]) -> Value:
    for region, flag in zip(op.regions, given, strict=True):
        b = Builder(region, region.terminator, op.loc)
        region.terminator.add_operand(_value(flag, b))
    return op.add_result(i1, "owned")


def leaves(value: Value, block: Block) -> list[Value]:
    """The values that a value may be, through the branches and selects of a block."""
    match value.owner:
        case scf.If() if value.owner.parent is block:
            parts = [(region.terminator.operands[value.index], region) for region in value.owner.regions]
            return [leaf for part, region in parts for leaf in leaves(part, region)]
        case arith.Select() if value.owner.parent is block:
            return [leaf for part in value.owner.operands[1:] for leaf in leaves(part, block)]
        case _:
            return [value]


def is_value(value: Value, owner: Value, block: Block, b: Builder) -> Flag:
    """Whether a value is an owner, as a flag that `b`, at the end of the block, may compute; branches get another result for it."""
    if value is owner:
        return True
    op = value.op
    if op is None or op.parent is not block or not isinstance(op, arith.Select | scf.If):
        return False
    if isinstance(op, arith.Select):
        x, y = (is_value(part, owner, block, b) for part in op.operands[1:])
        return x if x is y else b(arith.Select, op.operands[0], _value(x, b), _value(y, b))
    ends = [Builder(region, region.terminator, op.loc) for region in op.regions]
    given = [is_value(end.block.terminator.operands[value.index], owner, end.block, end) for end in ends]
    return False if all(flag is False for flag in given) else _flag_result(op, given)


def top_level(op: Op, block: Block) -> Op:
    """The operation of a block that an operation is, or lies in."""
    while op.parent is not block:
        assert op.parent is not None
        assert isinstance(op.parent.parent, Op)
        op = op.parent.parent
    return op


def _last(users: set[Op], owner: Value, block: Block) -> Op:
    """The last of some operations of a block; the owner's definition if there are none."""
    for op in block.reversed_ops():
        if op in users and not op.terminator:
            return op
    assert owner.op is not None
    return owner.op


# ------------------------------------------------------------------ flags


def _value(flag: Flag, b: Builder) -> Value:
    return b.constant(flag, i1) if isinstance(flag, bool) else flag


def _and(x: Flag, y: Flag, b: Builder) -> Flag:
    if isinstance(x, bool):
        return y if x else False
    if isinstance(y, bool):
        return x if y else False
    return b(arith.AndI, x, y)


def _or(x: Flag, y: Flag, b: Builder) -> Flag:
    if isinstance(x, bool):
        return True if x else y
    if isinstance(y, bool):
        return True if y else x
    return b(arith.OrI, x, y)


def _not(x: Flag, b: Builder) -> Flag:
    return not x if isinstance(x, bool) else b(arith.XorI, x, b.true())


def _any(flags: Sequence[Flag], b: Builder) -> Flag:
    total: Flag = False
    for flag in flags:
        total = _or(total, flag, b)
    return total


def ownership(func: Func) -> bool:
    """Free every allocation behind its last use, if its memory does not leave the function.

    Where a branch yields or a loop carries memory that it allocated, an `i1` beside it says whether it is to be freed; what arguments
    or outer allocations are, nobody inside frees. Memory that is handed on in a way that cannot be followed (views carried by loops,
    calls that return memory) is left to the entry call, which frees all that is left. Runs last: what it inserts is in
    the way of other passes.

    Before:
        func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %r = scf.for %i = %c0 to %n step %c1 iter_args(%y = %x) -> (memref<?xf64>) {
            %z = memref.alloc(%n) : memref<?xf64>
            irad.map (%e = %y : memref<?xf64>) into %z : memref<?xf64> {
              %t = math.tanh %e : f64
              scf.yield %t : f64
            }
            scf.yield %z : memref<?xf64>
          }
          %s = memref.load %r[%c0] : memref<?xf64>
          func.return %s : f64
        }
    After:
        func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %false = arith.constant false
          %true = arith.constant true
          %r, %p = scf.for %i = %c0 to %n step %c1 iter_args(%y = %x, %o = %false) -> (memref<?xf64>, i1) {
            %z = memref.alloc(%n) : memref<?xf64>
            irad.map (%e = %y : memref<?xf64>) into %z : memref<?xf64> {
              %t = math.tanh %e : f64
              scf.yield %t : f64
            }
            scf.if %o {
              memref.dealloc %y : memref<?xf64>
            }
            scf.yield %z, %true : memref<?xf64>, i1
          }
          %s = memref.load %r[%c0] : memref<?xf64>
          scf.if %p {
            memref.dealloc %r : memref<?xf64>
          }
          func.return %s : f64
        }
    """
    return any(isinstance(op, memref.Alloc) for op in func.walk()) and _Give(func).changed
