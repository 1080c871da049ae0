"""The forward sweep of reverse mode: a copy of the primal that makes shadows of active memory and writes the tape."""

from __future__ import annotations

from collections.abc import Callable

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import func, irad, memref, scf
from irad.ir.types import Type
from irad.passes.ad.need import Node, Shadow, Trips, node_type
from irad.passes.ad.plan import Plan, Variant
from irad.passes.ad.tape import Frame, Grid, Piece, counters, new_grid, new_stack, piece_view, storage, write
from irad.passes.ad.twin import Twin
from irad.passes.alias import is_memory


class Augment(Twin):
    """Writes the forward sweep of a plan; the reverse sweep reads `values`, `twins`, `trips` and `tapes`.

    `shared` holds the stacks that split functions pass on; `callee` gives the augmented function of a variant.
    """

    def __init__(self, plan: Plan, shared: dict[Type, Value], callee: Callable[[Variant], Func]) -> None:
        super().__init__(count_trips=True)
        self.plan = plan
        self.shared = shared
        self.callee = callee
        self.tapes: dict[Node, Value] = {}
        self.frame_stacks: dict[tuple[Block, Type], Value] = {}
        self._pieces: dict[Node, Value] = {}
        self._places = plan.tapes.places
        self._active = plan.activity.active

    def has_twin(self, value: Value) -> bool:
        return is_memory(value) and self._active(value)

    def sweep(self, b: Builder) -> None:
        """Write the sweep; arguments of the function must be in `values` and `twins` already."""
        self._open_stacks(b)
        self.region(self.plan.function.body, b)

    def stack(self, type: Type, key: Node | tuple[Block, Type]) -> Value:
        """The stack of a piece or frame."""
        if self.plan.variant.split:
            return self.shared[type]
        return self.frame_stacks[key] if isinstance(key, tuple) else self.tapes[key]

    def region(self, block: Block, b: Builder) -> None:
        for arg in block.args:
            self._record(arg, b)
        super().region(block, b)
        self._push_frame(block, b)

    def visit(self, op: Op, b: Builder) -> None:
        self._reserve(op, b)
        if isinstance(op, func.Call) and op in self.plan.needs.relevant:
            self._call(op, b)
        else:
            super().visit(op, b)
        match op:
            case memref.Store() if op.value in self.twins and op.array in self.twins:
                b.store(self.twins[op.value], self.twins[op.array], *map(self.read, op.indices))
            case scf.While():
                self._tape(Trips(op), self.trips[op], b)
            case _:
                pass
        for result in op.results:
            self._record(result, b)

    def new_shadow(self, op: Op, b: Builder) -> Value | None:
        return None if self.plan.cache.shadow_in_reverse(op.results[0]) else super().new_shadow(op, b)

    def _call(self, op: func.Call, b: Builder) -> None:
        callee = self.callee(self.plan.variant.called(op, self.plan.activity))
        operands = [x for v in op.operands for x in ((self.values[v], self.twins[v]) if self.has_twin(v) else (self.values[v],))]
        copy = b.op(func.Call, [*operands, *self.shared.values()], {"callee": callee.name}, callee.result_types)
        self.bind(op.results, copy.results)

    # ------------------------------------------------------------------ the tape
    def _open_stacks(self, b: Builder) -> None:
        if self.plan.variant.split:
            return
        for nodes in self.plan.tapes.pieces.values():
            for node in nodes:
                self.tapes[node] = new_stack(b, storage(node_type(node)))
        for block, frame in self.plan.tapes.frames.items():
            for type in frame:
                self.frame_stacks[block, type] = new_stack(b, type)

    def _record(self, value: Value, b: Builder) -> None:
        self._tape(value, self.values[value], b)
        if value in self.twins:
            self._tape(Shadow(value), self.twins[value], b)

    def _tape(self, node: Node, value: Value, b: Builder) -> None:
        place = self._places.get(node)
        if isinstance(place, Grid | Piece):
            tape = self.tapes[node] if isinstance(place, Grid) else self._pieces[node]
            write(b, value, tape, counters(b, place.loops, self.read))

    def _push_frame(self, block: Block, b: Builder) -> None:
        for type, nodes in self.plan.tapes.frames.get(block, {}).items():
            piece = b(irad.Reserve, self.stack(type, (block, type)), b.index(len(nodes)))
            for node in nodes:
                place = self._places[node]
                assert isinstance(place, Frame)
                write(b, self._of(node), piece, [b.index(place.slot)])

    def _of(self, node: Node) -> Value:
        if isinstance(node, Shadow):
            return self.twins[node.value]
        return self.trips[node.loop] if isinstance(node, Trips) else self.values[node]

    def _reserve(self, op: Op, b: Builder) -> None:
        for node in self.plan.tapes.grids.get(op, ()):
            place = self._places[node]
            assert isinstance(place, Grid)
            self.tapes[node] = new_grid(b, place, node, self.read)
        for node in self.plan.tapes.pieces.get(op, ()):
            place = self._places[node]
            assert isinstance(place, Piece)
            self._pieces[node] = piece_view(b, irad.Reserve, self.stack(storage(node_type(node)), node), place, self.read)
