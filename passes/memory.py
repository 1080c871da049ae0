"""Loads that are known and stores that nobody sees: store-to-load forwarding, redundant loads, dead and redundant stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import memref, scf
from irad.passes.affine import affine
from irad.passes.alias import Alias
from irad.passes.effects import Summary, reads, writes

Indices = tuple[Value, ...]


def distinct(a: Sequence[Value], b: Sequence[Value]) -> bool:
    """Whether two positions of one array differ for certain: on some axis by a constant that is not zero."""
    for x, y in zip(a, b, strict=True):
        if x is not y:
            form = affine(x, 5).plus(affine(y, 5), -1)
            if not form.terms and form.constant % 2**64:
                return True
    return False


class _Available:
    """The elements whose value is known, by array and indices."""

    def __init__(self, alias: Alias, known: dict[Value, dict[Indices, Value]] | None = None) -> None:
        self.alias = alias
        self.known: dict[Value, dict[Indices, Value]] = known or {}

    def copy(self) -> _Available:
        return _Available(self.alias, {array: dict(entries) for array, entries in self.known.items()})

    def get(self, array: Value, indices: Indices) -> Value | None:
        return self.known.get(array, {}).get(indices)

    def put(self, array: Value, indices: Indices, value: Value) -> None:
        self.known.setdefault(array, {})[indices] = value

    def stored(self, array: Value, indices: Indices) -> None:
        """Forget what a store to one element may have changed."""
        for other in list(self.known):
            if other is array:
                entries = self.known[other]
                self.known[other] = {k: v for k, v in entries.items() if distinct(k, indices)}
            elif self.alias.may_alias_now(other, array):
                del self.known[other]

    def written(self, arrays: Iterable[Value]) -> None:
        """Forget everything in arrays that may have been written at any time."""
        arrays = list(arrays)
        for other in list(self.known):
            if any(self.alias.may_alias(other, array) for array in arrays):
                del self.known[other]

    def meet(self, left: _Available, right: _Available) -> None:
        """Keep what two branches agree on."""
        self.known = {}
        for array, entries in left.known.items():
            others = right.known.get(array)
            if others:
                self.known[array] = {k: v for k, v in entries.items() if others.get(k) is v}


class _Forward:
    """Forwards stored and loaded values to later loads, in program order."""

    def __init__(self, alias: Alias) -> None:
        self.alias = alias
        self.summary = Summary()
        self.changed = False

    def block(self, block: Block, state: _Available) -> None:
        for op in block.ops:
            match op:
                case memref.Load():
                    self.load(op, state)
                case memref.Store():
                    self.store(op, state)
                case scf.If():
                    then, orelse = state.copy(), state.copy()
                    self.block(op.then, then)
                    self.block(op.orelse, orelse)
                    state.meet(then, orelse)
                case _ if op.regions:
                    state.written(self.summary.of(op).writes)
                    for region in op.regions:
                        self.block(region, state.copy())
                case _:
                    if not op.pure:
                        state.written(writes(op))

    def load(self, op: memref.Load, state: _Available) -> None:
        indices = tuple(op.indices)
        value = state.get(op.array, indices)
        if value is None:
            state.put(op.array, indices, op.result)
            return
        self.changed = True
        op.result.replace_by(value)
        op.erase()

    def store(self, op: memref.Store, state: _Available) -> None:
        indices = tuple(op.indices)
        if state.get(op.array, indices) is op.value:
            self.changed = True
            op.erase()
            return
        state.stored(op.array, indices)
        state.put(op.array, indices, op.value)


class _DeadStores:
    """Erases stores whose element is written again before anybody can look, in reverse program order."""

    def __init__(self, alias: Alias) -> None:
        self.alias = alias
        self.summary = Summary()
        self.changed = False

    def block(self, block: Block, pending: dict[Value, set[Indices]]) -> None:
        """`pending`: the elements that are certainly written behind this point, before they are read."""
        for op in block.reversed_ops():
            if isinstance(op, memref.Store):
                self.store(op, pending)
            elif isinstance(op, memref.Load):
                self.read(op.array, tuple(op.indices), pending)
            elif not (op.pure or op.terminator):
                self.other(op, pending)

    def store(self, op: memref.Store, pending: dict[Value, set[Indices]]) -> None:
        elements = pending.setdefault(op.array, set())
        indices = tuple(op.indices)
        if indices in elements:
            self.changed = True
            op.erase()
        else:
            elements.add(indices)

    def read(self, array: Value, indices: Indices, pending: dict[Value, set[Indices]]) -> None:
        for other in list(pending):
            if other is array:
                pending[other] = {k for k in pending[other] if distinct(k, indices)}
            elif self.alias.may_alias_now(other, array):
                del pending[other]

    def other(self, op: Op, pending: dict[Value, set[Indices]]) -> None:
        if isinstance(op, scf.If):
            for region in op.regions:
                self.block(region, {array: set(elements) for array, elements in pending.items()})
        else:
            for region in op.regions:
                self.block(region, {})
        effects = self.summary.of(op)
        looked_at = list(effects.reads) or list(reads(op))
        for array in list(pending):
            if (effects.raises and self.seen_outside(array)) or any(self.alias.may_alias(array, r) for r in looked_at):
                del pending[array]

    def seen_outside(self, array: Value) -> bool:
        """Whether the caller can see the memory when an exception leaves the function."""
        roots = self.alias.roots(array)
        return not roots or any(not isinstance(root.owner, memref.Alloc | memref.Alloca) for root in roots)


def memory(func: Func) -> bool:
    """Forward stored values to loads, load once, and erase stores that are overwritten unseen.

    A store to memory of the caller stays in front of whatever may raise. Needs cse before it: positions are compared as values
    (and told apart as affine forms). Cost: two walks, a look at all known arrays per store.

    Before:
        func.func @f(%x: memref<?xf64>, %i: index, %v: f64) -> f64 {
          %a = memref.load %x[%i] : memref<?xf64>
          memref.store %v, %x[%i] : memref<?xf64>
          %b = memref.load %x[%i] : memref<?xf64>
          %c = arith.mulf %a, %b : f64
          memref.store %c, %x[%i] : memref<?xf64>
          func.return %b : f64
        }
    After:
        func.func @f(%x: memref<?xf64>, %i: index, %v: f64) -> f64 {
          %a = memref.load %x[%i] : memref<?xf64>
          %c = arith.mulf %a, %v : f64
          memref.store %c, %x[%i] : memref<?xf64>
          func.return %v : f64
        }
    """
    alias = Alias(func)
    forward = _Forward(alias)
    forward.block(func.body, _Available(alias))
    dead = _DeadStores(alias)
    dead.block(func.body, {})
    return forward.changed or dead.changed
