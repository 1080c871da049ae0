"""Elements that a trip stores, and the next trip loads and overwrites, travel in a carried value."""

from __future__ import annotations

from dataclasses import dataclass, field

from irad.ir.builder import Builder
from irad.ir.core import Func, Op, Value
from irad.ir.ops import arith, memref, scf
from irad.passes.affine import affine, constant_of
from irad.passes.alias import Alias, is_memory
from irad.passes.carried import add_for_carried, retarget
from irad.passes.memory import distinct
from irad.passes.trips import at_trip, invariant, plus


@dataclass(frozen=True, slots=True)
class _Handover:
    """What `store` writes in a trip, `load` reads in the next; then another store overwrites it."""

    store: memref.Store
    load: memref.Load


@dataclass(slots=True)
class _Loop:
    """A loop of step 1 whose body loads, stores and computes; `sunk`: stores that were moved behind it."""

    loop: scf.For
    alias: Alias
    sunk: list[memref.Store] = field(default_factory=list[memref.Store])
    position: dict[Op, int] = field(default_factory=dict[Op, int])

    def find(self) -> _Handover | None:
        """An element that can be carried, None if there is none."""
        ops = list(self.loop.body.ops)
        self.position = {op: n for n, op in enumerate(ops)}
        stores = [op for op in ops if isinstance(op, memref.Store)]
        loads = [op for op in ops if isinstance(op, memref.Load)]
        for store in stores:
            following = [s for s in stores if s is not store and self._next(s, store)]
            for load in loads:
                if (
                    following
                    and self._next(load, store)
                    and self._forwards(store, load, stores)
                    and self._dead(store, load, following, loads)
                ):
                    return _Handover(store, load)
        return None

    def _next(self, later: memref.Load | memref.Store, earlier: memref.Store) -> bool:
        """Whether the place of one in the next trip is that of the other in this trip, and moves on."""
        if later.array is not earlier.array or not invariant(later.array, self.loop):
            return False
        moves = False
        for x, y in zip(later.indices, earlier.indices, strict=True):
            form = affine(x)
            slope = form.terms.get(self.loop.induction, 0)
            gap = form.plus(affine(y), -1)
            if gap.terms or gap.constant + (-slope if self.loop.reversed else slope):
                return False
            if any(v is not self.loop.induction and not invariant(v, self.loop) for v in form.terms):
                return False
            moves |= slope != 0
        return moves

    def _forwards(self, store: memref.Store, load: memref.Load, stores: list[memref.Store]) -> bool:
        """Whether nothing is stored to the place between the store and the load in the next trip."""
        others = [s for s in stores if s is not store]
        return all(
            self._apart(other, store) for other in (*self.sunk, *others) if other in self.sunk or self._before(store, other)
        ) and all(self._apart(other, load) for other in others if self._before(other, load))

    def _dead(self, store: memref.Store, load: memref.Load, following: list[memref.Store], loads: list[memref.Load]) -> bool:
        """Whether only the load sees what is stored, until one of the stores of the next trip overwrites it."""
        others = [x for x in loads if x is not load]
        if not all(self._apart(x, store) for x in others if self._before(store, x)):
            return False
        return any(all(self._apart(x, over) for x in others if self._before(x, over)) for over in following)

    def _before(self, a: Op, b: Op) -> bool:
        return self.position[a] < self.position[b]

    def _apart(self, a: memref.Load | memref.Store, b: memref.Load | memref.Store) -> bool:
        """Whether two operations never meet in one trip."""
        if a.array is b.array:
            return distinct(a.indices, b.indices)
        return not self.alias.may_alias_now(a.array, b.array)

    def guard(self) -> None:
        """Put the loop under a test whether it runs at all."""
        loop = self.loop
        b = Builder.in_front_of(loop)
        branch = b.if_(b(arith.CmpI, loop.lower, loop.upper, predicate="slt"), [r.type for r in loop.results])
        loop.detach()
        branch.then.append(loop)
        for old, new in zip(loop.results, branch.results, strict=True):
            new.hint = old.hint
            old.replace_by(new)
        b.at(branch.then).yield_(*loop.results)
        b.at(branch.orelse).yield_(*loop.inits)

    def carry(self, found: _Handover) -> None:
        """Load the first element in front of the loop, store the last one behind it."""
        loop, store, load = self.loop, found.store, found.load
        first, last = (loop.upper, loop.lower) if loop.reversed else (loop.lower, loop.upper)
        b = Builder.in_front_of(loop)
        b.loc = load.loc
        init = b.load(load.array, *self._place(b, load, plus(b, first, -1 if loop.reversed else 0)))
        (carried,) = add_for_carried(loop, [init])
        retarget(loop.body, [store.value])
        load.result.replace_by(carried)
        load.erase()
        b = Builder.after(loop)
        b.loc = store.loc
        b.store(loop.results[-1], store.array, *self._place(b, store, plus(b, last, 0 if loop.reversed else -1)))
        store.detach()
        self.sunk.append(store)

    def _place(self, b: Builder, op: memref.Load | memref.Store, induction: Value) -> list[Value]:
        mapping = {self.loop.induction: induction}
        return [at_trip(b, i, self.loop, mapping) for i in op.indices]

    def delay_stores(self) -> None:
        """Move stores to the end of the body: LLVM vectorises what uses a carried value only behind the value that is carried on."""
        anchor = self.loop.body.terminator
        loads: list[memref.Load] = []
        for op in self.loop.body.reversed_ops():
            if isinstance(op, memref.Load):
                loads.append(op)
            elif isinstance(op, memref.Store):
                if not all(self._apart(load, op) for load in loads):
                    return  # the stores in front of it stay, too
                op.detach()
                self.loop.body.insert(op, anchor)
                anchor = op

    def finish(self) -> None:
        """Erase the stores that were moved, whose places were looked at until now."""
        for store in self.sunk:
            store.erase()


def _eligible(loop: Op) -> bool:
    """Whether the loop has step 1, two stores to one array, and nothing beside loads, stores and pure operations."""
    if not isinstance(loop, scf.For) or loop.attrs.get("cold") or constant_of(loop.step) != 1:
        return False
    arrays = [op.array for op in loop.body.ops if isinstance(op, memref.Store) and not is_memory(op.value)]
    if len(set(arrays)) == len(arrays):
        return False
    return all(op.pure or isinstance(op, memref.Load | memref.Store | scf.Yield) for op in loop.body.ops)


def relay(func: Func) -> bool:
    """Carry from trip to trip what is stored only to be loaded, changed and stored again in the next one.

    So does the reverse sweep of a stencil in place: each trip adds to the element of the trip before. Without the detour through memory
    nothing of it depends on an earlier store, and LLVM vectorises it. The order of operations stays. Needs equal positions to be equal
    or affine values (cse); costs a walk, and for a loop with several stores to an array, comparing all its loads and stores.

    Before:
        func.func @f(%d: memref<?xf64>, %n: index, %c: f64) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          scf.for %i = %c0 to %n step %c1 {
            %a = memref.load %d[%i] : memref<?xf64>
            %b = arith.mulf %a, %c : f64
            %j = arith.addi %i, %c1 : index
            %e = memref.load %d[%j] : memref<?xf64>
            %g = arith.addf %e, %b : f64
            memref.store %g, %d[%j] : memref<?xf64>
            %h = arith.subf %a, %b : f64
            memref.store %h, %d[%i] : memref<?xf64>
          } {irad.reversed}
          func.return
        }
    After:
        func.func @f(%d: memref<?xf64>, %n: index, %c: f64) {
          %c-1 = arith.constant -1 : index
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %0 = arith.cmpi slt, %c0, %n : index
          scf.if %0 {
            %1 = arith.addi %n, %c-1 : index
            %2 = arith.addi %1, %c1 : index
            %3 = memref.load %d[%2] : memref<?xf64>
            %4 = scf.for %i = %c0 to %n step %c1 iter_args(%e = %3) -> (f64) {
              %a = memref.load %d[%i] : memref<?xf64>
              %b = arith.mulf %a, %c : f64
              %j = arith.addi %i, %c1 : index
              %g = arith.addf %e, %b : f64
              %h = arith.subf %a, %b : f64
              memref.store %g, %d[%j] : memref<?xf64>
              scf.yield %h : f64
            } {irad.reversed}
            memref.store %4, %d[%c0] : memref<?xf64>
          }
          func.return
        }
    """
    changed = False
    alias: Alias | None = None
    for op in list(func.walk()):
        if not _eligible(op):
            continue
        assert isinstance(op, scf.For)
        alias = alias or Alias(func)
        changed |= _relay(_Loop(op, alias))
    return changed


def _relay(loop: _Loop) -> bool:
    found = loop.find()
    if found is None:
        return False
    loop.guard()
    while found is not None:
        loop.carry(found)
        found = loop.find()
    loop.delay_stores()
    loop.finish()
    return True
