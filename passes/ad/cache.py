"""Which of the nodes that the reverse sweep needs are taped: a minimum vertex cut over values and memory descriptors.

A node is available (visible in the reverse sweep as it is), recomputable from others (cheap pure operations; loads whose memory is not
written any more; views of shadows), or neither. The cut parts those that are neither from those that are needed; its weight is bytes
times an estimate of how often the node's block runs.
"""

from __future__ import annotations

from collections.abc import Iterable

from irad.ir.core import Block, Op, Value
from irad.ir.ops import arith, irad, memref, scf
from irad.passes.ad.mincut import vertex_cut
from irad.passes.ad.need import CHEAP, Needs, Node, Shadow, Trips, bytes_of, loops_around, node_block, node_type
from irad.passes.ad.reload import Reload
from irad.passes.alias import is_memory

_GUESSED_TRIPS = 64


def rotation(loop: scf.For) -> dict[int, int] | None:
    """Where the memrefs that a loop carries come from in the next trip, if it permutes them: k to the p(k) that is yielded for it."""
    memory = {v: k for k, v in enumerate(loop.carried) if is_memory(v)}
    yields = loop.body.terminator.operands
    turned = {k: memory[yields[k]] for k in memory.values() if yields[k] in memory}
    return turned if turned and len(turned) == len(memory) == len(set(turned.values())) else None


class Cache:
    """The plan: `taped`, and for any other node what it is made from (`sources`)."""

    def __init__(self, needs: Needs, reload: Reload, split: bool) -> None:
        self.needs = needs
        self.reload = reload
        self.split = split
        self._body = needs.activity.function.body
        self.rotating: dict[Op, set[bool]] = {}
        self.taped: dict[Node, None] = self._cut()

    def canonical(self, node: Node) -> Node:
        """The node that stands for this one: an argument of a while loop's second region is what the first passed on."""
        while not self.split:
            if isinstance(node, Trips):
                break
            value = node.value if isinstance(node, Shadow) else node
            loop = value.owner.parent if isinstance(value.owner, Block) else None
            if not isinstance(loop, scf.While) or value.owner is not loop.after:
                break
            passed_on = loop.before.terminator.operands[1 + value.index]
            node = Shadow(passed_on) if isinstance(node, Shadow) else passed_on
        return node

    def available(self, node: Node) -> bool:
        """Whether the reverse sweep can use what the forward sweep has computed, or has the value of itself."""
        if isinstance(node, Value):
            owner = node.owner
            if isinstance(owner, arith.Constant | irad.Reserve | irad.Release):
                return True
            if isinstance(owner, Block) and isinstance(owner.parent, scf.For) and node.index == 0:
                return True
        if not self.split:
            if node_block(node) is self._body:
                return True
        elif not isinstance(node, Trips):
            value = node.value if isinstance(node, Shadow) else node
            if value.owner is self._body and is_memory(value):
                return True
        return isinstance(node, Shadow) and self.shadow_in_reverse(node.value)

    def shadow_in_reverse(self, value: Value) -> bool:
        """Whether the shadow of this memref comes to life in the reverse sweep: a local array of its block, a piece of a stack."""
        op = value.op
        if isinstance(op, irad.Reserve | irad.Release):
            return True
        return isinstance(op, memref.Alloc | memref.Alloca) and (self.split or op.parent is not self._body) and not self.needs.escapes(op)

    def sources(self, node: Node) -> list[Node] | None:
        """What the node is recomputed from; None if it cannot be."""
        if isinstance(node, Trips):
            return None
        value = node.value if isinstance(node, Shadow) else node
        op = value.op
        if op is None:
            return self._sources_of_rotating(node, value)
        if isinstance(node, Shadow):
            return self._sources_of_shadow(value)
        if type(op) in CHEAP:
            return list(op.operands)
        if isinstance(op, memref.Load) and self.reload.reloadable(op):
            return list(op.operands)
        return None

    def _sources_of_shadow(self, value: Value) -> list[Node] | None:
        op = value.op
        match op:
            case memref.SubView() | memref.Cast() | irad.View():
                return [Shadow(op.operands[0]), *op.operands[1:]]
            case arith.Select():
                return [op.operands[0], Shadow(op.operands[1]), Shadow(op.operands[2])]
            case memref.Load() if self.reload.reloadable(op):
                return [Shadow(op.array), *op.indices]
            case _:
                return None

    def _sources_of_rotating(self, node: Node, value: Value) -> list[Node] | None:
        """A memref that a loop permutes with others goes back from where it ended."""
        loop = value.owner.parent if isinstance(value.owner, Block) else None
        if not isinstance(loop, scf.For):
            return None
        turned = rotation(loop)
        if turned is None or value.index - 1 not in turned:
            return None
        results = [loop.results[k] for k in turned]
        if isinstance(node, Value):
            return list(results)
        return [Shadow(r) for r in results] if all(self.needs.activity.active(r) for r in results) else None

    def _cut(self) -> dict[Node, None]:
        sinks = list(dict.fromkeys(self.canonical(n) for n in self.needs.nodes))
        capacities: dict[Node, int] = {}
        edges: list[tuple[Node, Node]] = []
        roots: list[Node] = []
        pending = [n for n in sinks if not self.available(n)]
        wanted = list(pending)
        while pending:
            node = pending.pop()
            if node in capacities:
                continue
            capacities[node] = self._weight(node)
            sources = self.sources(node)
            if sources is None:
                roots.append(node)
                continue
            for source in self._unavailable(sources):
                edges.append((source, node))
                pending.append(source)
        cut = vertex_cut(capacities, edges, roots, wanted)
        self._note_rotating(self._recomputed(wanted, cut))
        return {node: None for node in capacities if node in cut}

    def _recomputed(self, wanted: Iterable[Node], cut: set[Node]) -> set[Node]:
        """What lies between the cut and what is wanted."""
        found: set[Node] = set()
        pending = [n for n in wanted if n not in cut]
        while pending:
            node = pending.pop()
            if node not in found:
                found.add(node)
                sources = self.sources(node)
                assert sources is not None
                pending += [n for n in self._unavailable(sources) if n not in cut]
        return found

    def _unavailable(self, nodes: Iterable[Node]) -> list[Node]:
        return [n for n in map(self.canonical, nodes) if not self.available(n)]

    def _note_rotating(self, recomputed: Iterable[Node]) -> None:
        for node in recomputed:
            value = node.value if isinstance(node, Shadow) else node
            if isinstance(value, Value) and isinstance(value.owner, Block) and is_memory(value):
                loop = value.owner.parent
                assert isinstance(loop, scf.For)
                self.rotating.setdefault(loop, set()).add(isinstance(node, Shadow))

    def _weight(self, node: Node) -> int:
        return bytes_of(node_type(node)) * _GUESSED_TRIPS ** min(8, len(loops_around(node_block(node))))
