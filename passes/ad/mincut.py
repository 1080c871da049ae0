"""Minimum vertex cut of a small directed graph (Dinic 1970: augmenting paths along levels of a breadth-first search)."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

INFINITE = 1 << 62
V = TypeVar("V", bound=Hashable)


class VertexCut(Generic[V]):
    """Vertices with capacities, edges, sources and sinks; `solve` gives the cheapest set of vertices that parts them."""

    def __init__(self) -> None:
        self._number: dict[V, int] = {}
        self._head: list[list[int]] = [[], []]
        self._target: list[int] = []
        self._left: list[int] = []

    def add(self, vertex: V, capacity: int) -> None:
        """Add a vertex (twice the same one: only the first counts)."""
        if vertex in self._number:
            return
        self._number[vertex] = len(self._head)
        self._head += [[], []]
        inside = self._number[vertex]
        self._edge(inside, inside + 1, capacity)

    def edge(self, a: V, b: V) -> None:
        """b is made from a."""
        self._edge(self._number[a] + 1, self._number[b], INFINITE)

    def source(self, vertex: V) -> None:
        """The vertex cannot be made from others."""
        self._edge(0, self._number[vertex], INFINITE)

    def sink(self, vertex: V) -> None:
        """The vertex is needed."""
        self._edge(self._number[vertex] + 1, 1, INFINITE)

    def solve(self) -> set[V]:
        """The cut nearest to the sinks."""
        while self._augment():
            pass
        reach = self._reaching_sink()
        return {v for v, n in self._number.items() if n + 1 in reach and n not in reach}

    def _edge(self, a: int, b: int, capacity: int) -> None:
        for start, end, c in ((a, b, capacity), (b, a, 0)):
            self._head[start].append(len(self._target))
            self._target.append(end)
            self._left.append(c)

    def _levels(self) -> list[int]:
        level = [-1] * len(self._head)
        level[0] = 0
        queue = deque([0])
        while queue:
            node = queue.popleft()
            for e in self._head[node]:
                if self._left[e] and level[self._target[e]] < 0:
                    level[self._target[e]] = level[node] + 1
                    queue.append(self._target[e])
        return level

    def _augment(self) -> bool:
        level = self._levels()
        if level[1] < 0:
            return False
        position = [0] * len(self._head)
        while self._push(level, position):
            pass
        return True

    def _push(self, level: list[int], position: list[int]) -> bool:
        path: list[int] = []
        node = 0
        while node != 1:
            e = self._next_edge(node, level, position)
            if e is not None:
                path.append(e)
                node = self._target[e]
            elif path:
                level[node] = -1
                node = self._target[path.pop() ^ 1]
            else:
                return False
        amount = min(self._left[e] for e in path)
        for e in path:
            self._left[e] -= amount
            self._left[e ^ 1] += amount
        return True

    def _next_edge(self, node: int, level: list[int], position: list[int]) -> int | None:
        edges = self._head[node]
        while position[node] < len(edges):
            e = edges[position[node]]
            if self._left[e] and level[self._target[e]] == level[node] + 1:
                return e
            position[node] += 1
        return None

    def _reaching_sink(self) -> set[int]:
        reach = {1}
        queue = deque([1])
        while queue:
            node = queue.popleft()
            for e in self._head[node]:
                before = self._target[e]
                if self._left[e ^ 1] and before not in reach:
                    reach.add(before)
                    queue.append(before)
        return reach


def vertex_cut(capacities: dict[V, int], edges: Iterable[tuple[V, V]], sources: Iterable[V], sinks: Iterable[V]) -> set[V]:
    """The cheapest set of vertices on every path from a source to a sink; of equal ones the set nearest to the sinks.

    >>> sorted(vertex_cut({"a": 1, "b": 1, "c": 1}, [("a", "b"), ("a", "c")], ["a"], ["b", "c"]))
    ['a']
    """
    cut: VertexCut[V] = VertexCut()
    for vertex, capacity in capacities.items():
        cut.add(vertex, capacity)
    for a, b in edges:
        cut.edge(a, b)
    for vertex in sources:
        cut.source(vertex)
    for vertex in sinks:
        cut.sink(vertex)
    return cut.solve()
