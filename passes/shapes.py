"""Sizes of the arrays that branches and loops carry."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.types import MemRefType

# What a size is: an SSA value, an int, or a dimension of an array that is taken apart no further.
Size = Value | int | tuple[Value, int]


def shapes(func: Func) -> Func:
    """Replace the size of an array that a loop carries, or a branch yields, by the size it has had from the beginning.

    Buffers that a loop swaps keep their sizes: what is known in front of the loop need not be looked up, checked, or taped in it.

    Before:
        func.func @f(%n: index, %steps: index) -> index {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %a = memref.alloc(%n) : memref<?xf64>
          %b = memref.alloc(%n) : memref<?xf64>
          %u, %v = scf.for %t = %c0 to %steps step %c1 iter_args(%x = %a, %y = %b) -> (memref<?xf64>, memref<?xf64>) {
            scf.yield %y, %x : memref<?xf64>, memref<?xf64>
          }
          %r = memref.dim %u, %c0 : memref<?xf64>
          func.return %r : index
        }
    After:
        func.func @f(%n: index, %steps: index) -> index {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %a = memref.alloc(%n) : memref<?xf64>
          %b = memref.alloc(%n) : memref<?xf64>
          %u, %v = scf.for %t = %c0 to %steps step %c1 iter_args(%x = %a, %y = %b) -> (memref<?xf64>, memref<?xf64>) {
            scf.yield %y, %x : memref<?xf64>, memref<?xf64>
          }
          func.return %n : index
        }
    """
    sizes = _Sizes()
    sizes.block(func.body)
    sizes.replace(func)
    return func


class _Sizes:
    """Sizes found so far; a loop's are assumed to be those of its start, and kept if every trip confirms it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Value, int], Size] = {}

    def block(self, block: Block) -> None:
        for op in block.ops:
            match op:
                case scf.For():
                    self._loop(op.inits, [(op.carried, op.body)], op.results)
                case scf.While():
                    self._loop(op.inits, [(op.before.args, op.before), (op.after.args, op.after)], op.results)
                case scf.If():
                    for region in op.regions:
                        self.block(region)
                    for k, result in enumerate(op.results):
                        self._agree(result, [region.terminator.operands[k] for region in op.regions])
                case _:
                    pass

    def replace(self, func: Func) -> None:
        """Let every dim of an array whose size is known use it."""
        for op in func.walk():
            if isinstance(op, memref.Dim) and not isinstance(op.operands[0].owner, memref.Alloc | memref.SubView | irad.View):
                array, axis = op.operands[0], _axis(op)
                found = self.size(array, axis)
                if found != (array, axis):
                    op.result.replace_by(_materialise(op, found))
                    op.erase()

    def size(self, array: Value, axis: int) -> Size:
        """A dimension of an array."""
        known = self._known.get((array, axis))
        if known is not None:
            return known
        kind = array.type
        assert isinstance(kind, MemRefType)
        static = kind.shape[axis]
        if static is not None:
            return static
        op = array.op
        match op:
            case memref.Alloc():
                return op.operands[[i for i, n in enumerate(kind.shape) if n is None].index(axis)]
            case memref.Cast():
                return self.size(op.operands[0], axis)
            case memref.SubView():
                kept = [i for i in range(len(op.sizes)) if i not in op.attrs.get("dropped", ())]
                return op.sizes[kept[axis]]
            case irad.View():
                return op.sizes[axis]
            case _:
                return array, axis

    def _loop(self, inits: list[Value], regions: list[tuple[list[Value], Block]], results: list[Value]) -> None:
        self._assume(regions[0][0], inits)
        while True:
            for args, body in regions[1:]:
                self._assume(args, regions[0][1].terminator.operands[1:], keep=True)
                self.block(body)
            self.block(regions[0][1])
            if not any([self._refute(args, sources) for args, sources in _edges(regions)]):
                break
        self._assume(results, regions[-1][0])

    def _assume(self, targets: list[Value], sources: list[Value], keep: bool = False) -> None:
        for target, source in zip(targets, sources, strict=True):
            for axis in range(_rank(target)):
                if not (keep and (target, axis) in self._known):
                    found = self.size(source, axis)
                    self._known[target, axis] = found if _visible(found, target) else (target, axis)

    def _refute(self, targets: list[Value], sources: list[Value]) -> bool:
        """Forget the assumptions that a trip does not confirm."""
        changed = False
        for target, source in zip(targets, sources, strict=True):
            for axis in range(_rank(target)):
                if self.size(target, axis) not in ((target, axis), self.size(source, axis)):
                    self._known[target, axis] = target, axis
                    changed = True
        return changed

    def _agree(self, result: Value, sources: list[Value]) -> None:
        for axis in range(_rank(result)):
            first, *rest = [self.size(s, axis) for s in sources]
            if all(r == first for r in rest) and _visible(first, result):
                self._known[result, axis] = first


def _rank(value: Value) -> int:
    return value.type.rank if isinstance(value.type, MemRefType) else 0


def _axis(op: memref.Dim) -> int:
    axis = op.operands[1].op
    assert isinstance(axis, arith.Constant)
    return int(axis.value)


def _edges(regions: list[tuple[list[Value], Block]]) -> list[tuple[list[Value], list[Value]]]:
    """What a trip passes to which arguments."""
    if len(regions) == 1:
        args, body = regions[0]
        return [(args, body.terminator.operands)]
    (state, before), (passed, after) = regions
    return [(passed, before.terminator.operands[1:]), (state, after.terminator.operands)]


def _visible(size: Size, at: Value) -> bool:
    """Whether what the size is made of can be seen where the value is defined."""
    if isinstance(size, int):
        return True
    home = (size if isinstance(size, Value) else size[0]).block
    block: Block | None = at.block
    while block is not None and block is not home:
        block = block.parent.parent if isinstance(block.parent, Op) else None
    return block is home


def _materialise(op: Op, size: Size) -> Value:
    if isinstance(size, Value):
        return size
    b = Builder.in_front_of(op)
    return b.index(size) if isinstance(size, int) else b.dim(*size)
