"""Which loads may be repeated in the reverse sweep: those whose memory no later write can reach."""

from __future__ import annotations

from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import memref, scf
from irad.passes.affine import Affine, affine
from irad.passes.alias import Alias
from irad.passes.writes import destinations


class Reload:
    """Answers `reloadable(load)` for the loads of one function."""

    def __init__(self, function: Func, alias: Alias, written: dict[str, set[int]], repeated: bool) -> None:
        self.alias = alias
        self.repeated = repeated
        self.order = {op: n for n, op in enumerate(function.walk())}
        self.function = function
        self._writers: dict[Value, list[tuple[Op, Value]]] = {}
        for op in self.order:
            for array in destinations(op, written):
                for root in alias.roots(array):
                    self._writers.setdefault(root, []).append((op, array))
        self._known: dict[Op, bool] = {}

    def reloadable(self, load: memref.Load) -> bool:
        """Whether the load would give the same value at the end of the function."""
        if load not in self._known:
            self._known[load] = self._unchanged(load)
        return self._known[load]

    def _unchanged(self, load: memref.Load) -> bool:
        roots = self.alias.roots(load.array)
        if self.repeated and any(isinstance(r.owner, Block) for r in roots):
            return False  # the caller may write to its arrays between the two sweeps
        for root, writers in self._writers.items():
            if root in roots or self.alias.may_alias(root, load.array):
                for op, array in writers:
                    if self._may_follow(load, op, array):
                        return False
        return True

    def _may_follow(self, load: memref.Load, writer: Op, array: Value) -> bool:
        """Whether the writer may change what the load has read."""
        mine, other, block = _meet(load, writer)
        if mine is other:
            if not isinstance(mine, scf.If):
                return True
        elif self.order[mine] < self.order[other] and self._touches_now(load, writer, array, block):
            return True
        inside: Block | None = block
        while inside is not None:
            loop = inside.parent
            if isinstance(loop, scf.For):
                if self._touches_later(load, writer, loop):
                    return True
            elif isinstance(loop, scf.While):
                return True
            inside = loop.parent if isinstance(loop, Op) else None
        return False

    def _touches_now(self, load: memref.Load, writer: Op, array: Value, block: Block) -> bool:
        if not self.alias.may_alias_now(load.array, array):
            return False
        for read, written in _coordinate_pairs(load, writer):
            gap = written.plus(read, -1)
            if gap.constant and not gap.terms and not any(_inside(v, block) for v in read.terms):
                return False
        return True

    def _touches_later(self, load: memref.Load, writer: Op, loop: scf.For) -> bool:
        """Whether the writer, in a later iteration of the loop, may hit the element that the load has read."""
        for read, written in _coordinate_pairs(load, writer):
            step = read.terms.get(loop.induction, 0)
            gap = read.plus(written, -1)
            varying = [v for v in (*read.terms, *written.terms) if v is not loop.induction and _inside(v, loop.body, or_at=True)]
            if not step or gap.terms or varying:
                continue
            distance = gap.constant / step  # later iterations are at larger inductions, smaller ones in a reversed loop
            if distance != int(distance) or (distance >= 0 if loop.reversed else distance <= 0):
                return False
        return True


def _meet(a: Op, b: Op) -> tuple[Op, Op, Block]:
    """The deepest block that holds both, and the two operations in it that contain them."""
    above: dict[Block, Op] = {}
    op: Op = a
    while True:
        assert op.parent is not None
        above[op.parent] = op
        if not isinstance(op.parent.parent, Op):
            break
        op = op.parent.parent
    op = b
    while op.parent not in above:
        assert op.parent is not None
        assert isinstance(op.parent.parent, Op)
        op = op.parent.parent
    assert op.parent is not None
    return above[op.parent], op, op.parent


def _inside(value: Value, block: Block, or_at: bool = False) -> bool:
    """Whether the value is defined in a region nested in the block, or in the block itself if `or_at`."""
    at = value.block
    if at is block:
        return or_at
    while at is not None and isinstance(at.parent, Op):
        at = at.parent.parent
        if at is block:
            return True
    return False


def _coordinate_pairs(load: memref.Load, writer: Op) -> list[tuple[Affine, Affine]]:
    """Per dimension where the two point in the memref they share; empty if that cannot be told."""
    if not isinstance(writer, memref.Store):
        return []
    a, read = coordinates(load.array, [affine(i) for i in load.indices])
    b, written = coordinates(writer.array, [affine(i) for i in writer.indices])
    return list(zip(read, written, strict=True)) if a is b else []


def coordinates(array: Value, forms: list[Affine]) -> tuple[Value, list[Affine]]:
    """Indices into a view as indices into the memref it was cut from."""
    while True:
        op = array.op
        match op:
            case memref.Cast():
                array = op.operands[0]
            case memref.SubView():
                steps = [affine(s) for s in op.steps]
                if any(s.terms for s in steps):
                    return array, forms
                left = iter(forms)
                dropped = op.attrs.get("dropped", ())
                offsets = [affine(o) for o in op.offsets]
                forms = [
                    o if axis in dropped else o.plus(next(left), s.constant) for axis, (o, s) in enumerate(zip(offsets, steps, strict=True))
                ]
                array = op.array
            case _:
                return array, forms
