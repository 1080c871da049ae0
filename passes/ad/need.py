"""What the reverse sweep needs of the forward sweep: primal values, shadows of memrefs, and trip counts of while loops."""

from __future__ import annotations

from dataclasses import dataclass

from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, func, irad, math, memref, scf
from irad.ir.ops import complex as complexops
from irad.ir.types import ComplexType, MemRefType, Type, index
from irad.passes.ad.activity import Activity
from irad.passes.ad.partials import PARTIALS, needs
from irad.passes.alias import is_memory


@dataclass(frozen=True, slots=True)
class Shadow:
    """The shadow of a memref or stack value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Trips:
    """How often the body of a while loop ran."""

    loop: Op


Node = Value | Shadow | Trips


def node_block(node: Node) -> Block:
    """The block in which the node comes to be."""
    block = node.value.block if isinstance(node, Shadow) else node.loop.parent if isinstance(node, Trips) else node.block
    assert block is not None
    return block


def node_type(node: Node) -> Type:
    """The type of the node's value."""
    return node.value.type if isinstance(node, Shadow) else index if isinstance(node, Trips) else node.type


def loops_around(block: Block) -> list[Op]:
    """Loops that contain the block, outermost first."""
    loops: list[Op] = []
    at: Block | None = block
    while at is not None and isinstance(at.parent, Op):
        if isinstance(at.parent, scf.For | scf.While):
            loops.append(at.parent)
        at = at.parent.parent
    return loops[::-1]


class Needs:
    """`relevant`: operations that have something to reverse; `nodes`: what their reversal reads."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self.relevant: set[Op] = set()
        self.nodes: dict[Node, None] = {}
        self._mark(activity.function.body)
        for op in activity.function.walk():
            if op in self.relevant or self._local_shadow(op):
                self.nodes.update(dict.fromkeys(self._of(op)))

    def escapes(self, op: Op) -> bool:
        """Whether memory allocated by the operation may outlive one run of its block."""
        pending, seen = [op.results[0]], set[Value]()
        while pending:
            value = pending.pop()
            if value in seen:
                continue
            seen.add(value)
            for user in value.uses:
                if (
                    user.terminator
                    or isinstance(user, scf.For | scf.While | func.Call)
                    or (isinstance(user, memref.Store) and user.value is value)
                ):
                    return True
                pending += [r for r in user.results if is_memory(r)]
        return False

    def _mark(self, block: Block) -> bool:
        found = False
        for op in block.ops:
            inside = [self._mark(region) for region in op.regions]
            if any(inside) or self._has_adjoint(op):
                self.relevant.add(op)
                found = True
        return found

    def _has_adjoint(self, op: Op) -> bool:
        active = self.activity.active
        if isinstance(op, memref.Store):
            return active(op.array) and not is_memory(op.value)
        if isinstance(op, func.Call):
            return any(active(v) for v in (*op.operands, *op.results))
        if isinstance(op, irad.Reserve | irad.Release):
            return True
        return not op.terminator and any(active(r) and not is_memory(r) for r in op.results)

    def _local_shadow(self, op: Op) -> bool:
        """Whether the operation allocates active memory where something is reversed."""
        if not isinstance(op, memref.Alloc | memref.Alloca) or not self.activity.active(op.result):
            return False
        around = op.parent.parent if op.parent is not None else None
        return around in self.relevant if isinstance(around, Op) else True

    def _of(self, op: Op) -> list[Node]:
        active = self.activity.active
        match op:
            case memref.Load() | memref.Store():
                return [*op.indices, Shadow(op.array)]
            case scf.If():
                return [op.operands[0]]
            case scf.For():
                return [op.lower, op.upper, op.step]
            case scf.While():
                return [Trips(op)]
            case func.Call():
                return [node for v in op.operands if is_memory(v) for node in ((v, Shadow(v)) if active(v) else (v,))]
            case arith.Select():
                return [op.operands[0]]
            case memref.Alloc() | memref.Alloca():
                return list(op.operands)
            case irad.Reserve() | irad.Release():
                return [*op.operands, Shadow(op.operands[0])] if active(op.operands[0]) else list(op.operands)
            case _ if type(op) in PARTIALS:
                return [node for i, v in enumerate(op.operands) if active(v) for node in needs(op, i)]
            case _:
                return []


CHEAP: set[type[Op]] = {
    *(c for c in vars(arith).values() if isinstance(c, type) and issubclass(c, Op)),
    complexops.Create,
    complexops.Re,
    complexops.Im,
    memref.Dim,
    memref.SubView,
    memref.Cast,
    irad.Stride,
    irad.View,
    irad.Index,
    *(math.AbsF, math.CopySign, math.Floor, math.Ceil, math.Trunc, math.RoundEven, math.Fma, math.IsNaN, math.IsInf, math.IsFinite),
} - {arith.DivF, arith.RemF}


def bytes_of(type: Type) -> int:
    """How much taping one value costs; a memref is its descriptor."""
    if isinstance(type, MemRefType):
        return 8 * (1 + 2 * type.rank)
    if isinstance(type, ComplexType):
        return 2 * bytes_of(type.element)
    width = getattr(type, "width", 64)
    return max(1, width // 8)
