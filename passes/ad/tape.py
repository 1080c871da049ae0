"""Where taped nodes live, and how they are written and read.

Layouts: `Grid`, one allocation of the function indexed by the counters of the loops around (their trip counts, or affine bounds of
them, are known in front of the outermost); `Piece`, the same for the innermost of the loops only, reserved on a stack in front of them
each time; `Frame`, for what no counted loop encloses closely: all such nodes of a block are pushed at its end, and popped when its
reverse begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from irad.ir.builder import Builder
from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, func, irad, scf
from irad.ir.types import MemRefType, StackType, Type, i1, i8
from irad.passes.ad.cache import Cache
from irad.passes.ad.need import CHEAP, Node, loops_around, node_block, node_type
from irad.passes.affine import Affine, affine, constant_of

Read = Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class Grid:
    """Indexed by the counters of `loops`; allocated in front of `anchor`, an operation of the function's block."""

    anchor: Op
    loops: tuple[scf.For, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Indexed by the counters of `loops`; reserved in front of the first of them."""

    loops: tuple[scf.For, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """Element `slot` of what the block pushes on the stack of its storage type."""

    block: Block
    slot: int


Place = Grid | Piece | Frame


def storage(type: Type) -> Type:
    """The element type of a tape for values of the type; a bool is a byte."""
    return i8 if type == i1 else type


class Tapes:
    """Places of all taped nodes of a function."""

    def __init__(self, cache: Cache) -> None:
        self.split = cache.split
        self.relevant = cache.needs.relevant
        self.places: dict[Node, Place] = {}
        self.grids: dict[Op, list[Node]] = {}
        self.pieces: dict[Op, list[Node]] = {}
        self.frames: dict[Block, dict[Type, list[Node]]] = {}
        self._body = cache.needs.activity.function.body
        for node in cache.taped:
            self._place(node)

    def stack_types(self) -> set[Type]:
        """Storage types of the stacks that pieces and frames use."""
        found = {t for frame in self.frames.values() for t in frame}
        return found | {storage(node_type(n)) for nodes in self.pieces.values() for n in nodes}

    def sizes(self) -> list[Value]:
        """What the sizes of pieces are computed from."""
        return [v for loop in self.pieces for node in self.pieces[loop] for v in _piece_sizes(self.places[node])]

    def _place(self, node: Node) -> None:
        loops = loops_around(node_block(node))
        if not self.split:
            anchor = self._top_level(node_block(node), node)
            counted = _counted(loops, anchor)
            if counted is not None:
                self.places[node] = Grid(anchor, counted)
                self.grids.setdefault(anchor, []).append(node)
                return
        for i in range(len(loops)):
            counted = _counted(loops[i:], loops[i])
            if counted is not None and (not self.split or self._quiet(loops[i])):
                self.places[node] = Piece(counted)
                self.pieces.setdefault(loops[i], []).append(node)
                return
        nodes = self.frames.setdefault(node_block(node), {}).setdefault(storage(node_type(node)), [])
        self.places[node] = Frame(node_block(node), len(nodes))
        nodes.append(node)

    def _top_level(self, block: Block, node: Node) -> Op:
        assert block is not self._body, node
        while True:
            op = block.parent
            assert isinstance(op, Op)
            assert op.parent is not None
            if op.parent is self._body:
                return op
            block = op.parent

    def _quiet(self, loop: Op) -> bool:
        """Whether nothing in the loop pushes on a stack that is shared, so that a piece reserved in front of it is on top at its end."""
        for op in loop.walk():
            if op not in self.relevant:
                continue
            if isinstance(op, scf.While | func.Call) or (
                isinstance(op, scf.For) and op is not loop and _counted([*_between(op, loop), op], loop) is None
            ):
                return False
        return True


def _between(op: Op, outer: Op) -> list[Op]:
    assert op.parent is not None
    around = loops_around(op.parent)
    return around[around.index(outer) :]


# ---------------------------------------------------------------- how many trips
def _counted(loops: list[Op], root: Op) -> tuple[scf.For, ...] | None:
    """The loops, if they are all counted, and bounds of their trips are known in front of `root`."""
    counted = tuple(loop for loop in loops if isinstance(loop, scf.For) and _bound(loop, root) is not None)
    return counted if len(counted) == len(loops) else None


def _bound(loop: Op, root: Op) -> Affine | None:
    """Upper bound of upper - lower, in values that can be computed in front of `root`."""
    assert isinstance(loop, scf.For)
    if constant_of(loop.step) is None:
        return None
    return _extreme(affine(loop.upper).plus(affine(loop.lower), -1), True, root)


def _extreme(form: Affine, largest: bool, root: Op, depth: int = 8) -> Affine | None:
    total = Affine(form.constant)
    for value, c in form.terms.items():
        loop = value.owner.parent if isinstance(value.owner, Block) else None
        if not _within(value, root):
            piece: Affine | None = Affine(0, {value: 1})
        elif isinstance(loop, scf.For) and value is loop.induction and depth:
            highest = (c > 0) == largest
            piece = _extreme(affine(loop.upper).plus(Affine(-1)) if highest else affine(loop.lower), highest, root, depth - 1)
        else:
            piece = Affine(0, {value: 1}) if _movable(value, root) else None
        if piece is None:
            return None
        total = total.plus(piece, c)
    return total


def _within(value: Value, root: Op) -> bool:
    """Whether the value is defined inside `root`."""
    block = value.block
    while block is not None and isinstance(block.parent, Op):
        if block.parent is root:
            return True
        block = block.parent.parent
    return False


def _movable(value: Value, root: Op) -> bool:
    """Whether the value can be computed in front of `root`: a tree of cheap operations on what is defined outside."""
    if not _within(value, root):
        return True
    op = value.op
    return op is not None and type(op) in CHEAP and op.pure and all(_movable(v, root) for v in op.operands)


def _piece_sizes(place: Place) -> list[Value]:
    assert isinstance(place, Piece)
    root = place.loops[0]
    found: list[Value] = []
    for loop in place.loops:
        form = _bound(loop, root)
        assert form is not None
        for value in form.terms:
            found += _read_outside(value, root)
    return found


def _read_outside(value: Value, root: Op) -> list[Value]:
    if not _within(value, root):
        return [value]
    assert value.op is not None
    return [found for v in value.op.operands for found in _read_outside(v, root)]


def trip_bound(b: Builder, loop: scf.For, root: Op, read: Read) -> Value:
    """Emit a bound on the loop's trips; `read` gives the values defined outside `root`."""
    form, step = _bound(loop, root), constant_of(loop.step)
    assert form is not None
    assert step is not None
    total = b.index(form.constant + step - 1)
    for value, c in form.terms.items():
        atom = _emit_moved(b, value, root, read)
        total = b(arith.AddI, total, atom if c == 1 else b(arith.MulI, atom, b.index(c)))
    if step != 1:
        total = b(arith.FloorDivSI, total, b.index(step))
    return b(arith.MaxSI, total, b.index(0))


def _emit_moved(b: Builder, value: Value, root: Op, read: Read) -> Value:
    op = value.op
    if op is None or not _within(value, root):
        return read(value)
    return b.op(type(op), [_emit_moved(b, v, root, read) for v in op.operands], op.attrs, [r.type for r in op.results]).result


# ---------------------------------------------------------------- memory
def new_grid(b: Builder, place: Grid, node: Node, read: Read) -> Value:
    """Allocate the tape of a node."""
    sizes = [trip_bound(b, loop, place.anchor, read) for loop in place.loops]
    return b.alloc(storage(node_type(node)), sizes, stack=not sizes)


def piece_view(b: Builder, cls: type[Op], stack: Value, place: Piece, read: Read) -> Value:
    """Reserve or release (`cls`) the piece of a node, as an array with an axis for each loop."""
    sizes = [trip_bound(b, loop, place.loops[0], read) for loop in place.loops]
    total = sizes[0]
    for size in sizes[1:]:
        total = b(arith.MulI, total, size)
    piece = b(cls, stack, total)
    if len(sizes) == 1:
        return piece
    strides = [b.index(1)]
    for size in sizes[:0:-1]:
        strides.insert(0, b(arith.MulI, strides[0], size))
    assert isinstance(stack.type, StackType)
    kind = MemRefType((None,) * len(sizes), stack.type.element)
    return b.op(irad.View, (piece, b.index(0), *sizes, *strides), None, (kind,)).result


def counters(b: Builder, loops: tuple[scf.For, ...], read: Read) -> list[Value]:
    """The number of the current trip of each loop, counted in the order of the induction variable."""
    found: list[Value] = []
    for loop in loops:
        at = read(loop.induction)
        if constant_of(loop.lower) != 0:
            at = b(arith.SubI, at, read(loop.lower))
        if constant_of(loop.step) != 1:
            at = b(arith.DivSI, at, read(loop.step))
        found.append(at)
    return found


def write(b: Builder, value: Value, tape: Value, indices: list[Value]) -> None:
    """Store a value on a tape."""
    if value.type == i1:
        value = b.op(arith.ExtUI, (value,), None, (i8,)).result
    b.store(value, tape, *indices)


def read_back(b: Builder, tape: Value, indices: list[Value], type: Type) -> Value:
    """Load a value of the type from a tape."""
    value = b.load(tape, *indices)
    return b(arith.CmpI, value, b.constant(0, i8), predicate="ne") if type == i1 else value


def new_stack(b: Builder, element: Type) -> Value:
    """An empty stack."""
    return b.op(irad.Stack, (), None, (StackType(element),)).result


def zero_fill(b: Builder, array: Value) -> None:
    """Set all elements to zero."""
    assert isinstance(array.type, MemRefType)
    zero = b.constant(0.0, array.type.element)
    if array.type.rank == 0:
        b.store(zero, array)
        return
    body = Block([zero.type])
    Builder(body, None, b.loc).yield_(*body.args)
    b.op(irad.Map, (array, zero), None, (), [body])
