"""Scatters of a loop into neighbouring elements, turned into gathers, which vectorise."""

from __future__ import annotations

from dataclasses import dataclass

from irad.ir.builder import Builder
from irad.ir.core import Func, Op, Value
from irad.ir.ops import arith, memref, scf
from irad.passes.affine import Affine, affine, constant_of
from irad.passes.alias import Alias
from irad.passes.trips import at_trip, invariant, plus


@dataclass(frozen=True, slots=True)
class _Scatter:
    """`array[…, i + offset] += amount`, one of a loop's accumulations."""

    store: memref.Store
    load: memref.Load
    amount: Value
    offset: int


def gather(func: Func) -> Func:
    """Compute each element's sum where it is stored, instead of adding to several elements in each trip.

    Concerns loops whose accumulations may be regrouped (`reassoc`, as the sums of adjoints may) and go to elements at different constant
    distances from the induction variable. Elements that not all of them reach are done by short loops before and after. Other stores
    of the loop, to what was read at the same place, follow in a loop of their own.

    Before:
        func.func @f(%x: memref<?xf64>, %d: memref<?xf64>, %n: index) attributes {irad.noalias} {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          scf.for %i = %c0 to %n step %c1 {
            %v = memref.load %x[%i] : memref<?xf64>
            %a = memref.load %d[%i] : memref<?xf64>
            %b = arith.addf %a, %v fastmath<reassoc> : f64
            memref.store %b, %d[%i] : memref<?xf64>
            %j = arith.addi %i, %c1 : index
            %e = memref.load %d[%j] : memref<?xf64>
            %g = arith.addf %e, %v fastmath<reassoc> : f64
            memref.store %g, %d[%j] : memref<?xf64>
          }
          func.return
        }
    After:
        func.func @f(%x: memref<?xf64>, %d: memref<?xf64>, %n: index) attributes {irad.noalias} {
          %c-1 = arith.constant -1 : index
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %0 = arith.subi %n, %c0 : index
          %1 = arith.cmpi sge, %0, %c1 : index
          scf.if %1 {
            %2 = arith.addi %c0, %c1 : index
            scf.for %i = %2 to %n step %c1 {
              %3 = memref.load %x[%i] : memref<?xf64>
              %4 = arith.addi %i, %c-1 : index
              %5 = memref.load %x[%4] : memref<?xf64>
              %6 = memref.load %d[%i] : memref<?xf64>
              %7 = arith.addf %6, %3 fastmath<reassoc,nsz> : f64
              %8 = arith.addf %7, %5 fastmath<reassoc,nsz> : f64
              memref.store %8, %d[%i] : memref<?xf64>
            }
            %9 = arith.addi %c0, %c1 : index
            scf.for %i_0 = %c0 to %9 step %c1 {
              %10 = memref.load %x[%i_0] : memref<?xf64>
              %11 = memref.load %d[%i_0] : memref<?xf64>
              %12 = arith.addf %11, %10 fastmath<reassoc,nsz> : f64
              memref.store %12, %d[%i_0] : memref<?xf64>
            }
            %13 = arith.addi %n, %c-1 : index
            scf.for %i_1 = %13 to %n step %c1 {
              %14 = memref.load %x[%i_1] : memref<?xf64>
              %15 = arith.addi %i_1, %c1 : index
              %16 = memref.load %d[%15] : memref<?xf64>
              %17 = arith.addf %16, %14 fastmath<reassoc,nsz> : f64
              memref.store %17, %d[%15] : memref<?xf64>
            }
          } else {
            scf.for %i_2 = %c0 to %n step %c1 {
              %v = memref.load %x[%i_2] : memref<?xf64>
              %a = memref.load %d[%i_2] : memref<?xf64>
              %b = arith.addf %a, %v fastmath<reassoc> : f64
              memref.store %b, %d[%i_2] : memref<?xf64>
              %j = arith.addi %i_2, %c1 : index
              %e = memref.load %d[%j] : memref<?xf64>
              %g = arith.addf %e, %v fastmath<reassoc> : f64
              memref.store %g, %d[%j] : memref<?xf64>
            }
          }
          func.return
        }
    """
    alias = Alias(func)
    for op in list(func.walk()):
        if isinstance(op, scf.For) and not op.results and constant_of(op.step) == 1:
            found = _Loop.examine(op, alias)
            if found is not None:
                found.rewrite()
    return func


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop that can be rewritten: its accumulations by target, its other stores."""

    loop: scf.For
    targets: list[list[_Scatter]]
    others: list[memref.Store]

    @classmethod
    def examine(cls, loop: scf.For, alias: Alias) -> _Loop | None:
        """What there is to rewrite, None if nothing or not for certain."""
        stores = [op for op in loop.body.ops if isinstance(op, memref.Store)]
        if len(stores) < 2 or not all(op.pure or isinstance(op, memref.Load | memref.Store | scf.Yield) for op in loop.body.ops):
            return None
        scatters = [_accumulation(loop, s) for s in stores]
        targets: dict[object, list[_Scatter]] = {}
        for s in filter(None, scatters):
            targets.setdefault(_row(loop, s.store), []).append(s)
        if not any(len({s.offset for s in group}) > 1 for group in targets.values()):
            return None
        made = cls(loop, list(targets.values()), [s for s, scatter in zip(stores, scatters, strict=True) if scatter is None])
        return made if made._independent(alias) else None

    def _independent(self, alias: Alias) -> bool:
        """Whether no amount depends on what the loop stores, but for elements overwritten in the trip that has read them."""
        scatters = [s for group in self.targets for s in group]
        own = {s.load for s in scatters}
        loads = [op for op in self.loop.body.ops if isinstance(op, memref.Load) and op not in own]
        for s in scatters:
            if any(alias.may_alias_now(load.array, s.store.array) for load in loads):
                return False
            if any(alias.may_alias_now(other.array, s.store.array) for other in self.others):
                return False
        if not self._rows_apart(alias):
            return False
        return all(self._overwrites(other, loads, alias) for other in self.others)

    def _rows_apart(self, alias: Alias) -> bool:
        firsts = [group[0].store for group in self.targets]
        for n, a in enumerate(firsts):
            for b in firsts[:n]:
                if alias.may_alias_now(a.array, b.array) and not _different_rows(a, b):
                    return False
        return True

    def _overwrites(self, store: memref.Store, loads: list[memref.Load], alias: Alias) -> bool:
        """Whether a store may wait until all loads of the loop are done."""
        if not invariant(store.value, self.loop):
            return False
        for other in self.others:
            if other is not store and alias.may_alias_now(other.array, store.array) and not _different_rows(other, store):
                return False
        for load in loads:
            if alias.may_alias_now(load.array, store.array) and not (_same_place(load, store) and _before(load, store)):
                return False
        return True

    def rewrite(self) -> None:
        """Put the gathers in front, the loop as it was behind a test for too few trips."""
        b = Builder.in_front_of(self.loop)
        offsets = [s.offset for group in self.targets for s in group]
        low, high = min(offsets), max(offsets)
        length = b(arith.SubI, self.loop.upper, self.loop.lower)
        enough = b(arith.CmpI, length, b.index(high - low), predicate="sge")
        branch = b.if_(enough)
        inner = b.at(branch.then)
        for group in self.targets:
            self._gather(inner, group)
        if self.others:
            self._store_others(inner)
        inner.yield_()
        self.loop.detach()
        branch.orelse.append(self.loop)
        b.at(branch.orelse).yield_()

    def _gather(self, b: Builder, group: list[_Scatter]) -> None:
        low, high = min(s.offset for s in group), max(s.offset for s in group)
        lower, upper = self.loop.lower, self.loop.upper
        first, last = plus(b, lower, high), plus(b, upper, low)
        main = b.for_(first, last, b.index(1))
        inner = b.at(main.body)
        amounts = [self._amount(inner, s, plus(inner, main.induction, -s.offset)) for s in group]
        self._accumulate(inner, group[0], plus(inner, main.induction, -group[0].offset), amounts)
        inner.yield_()
        for s in group:
            self._end(b, s, lower, plus(b, lower, high - s.offset))
            self._end(b, s, plus(b, upper, low - s.offset), upper)

    def _end(self, b: Builder, s: _Scatter, lower: Value, upper: Value) -> None:
        """The trips of one accumulation whose elements the gathers leave out."""
        if lower is upper:
            return
        loop = b.for_(lower, upper, b.index(1))
        inner = b.at(loop.body)
        self._accumulate(inner, s, loop.induction, [self._amount(inner, s, loop.induction)])
        inner.yield_()

    def _amount(self, b: Builder, s: _Scatter, at: Value) -> Value:
        return at_trip(b, s.amount, self.loop, {self.loop.induction: at})

    def _accumulate(self, b: Builder, s: _Scatter, at: Value, amounts: list[Value]) -> None:
        mapping = {self.loop.induction: at}
        place = [at_trip(b, i, self.loop, mapping) for i in s.store.indices]
        total = b.load(s.store.array, *place)
        for amount in amounts:
            total = b(arith.AddF, total, amount, fastmath=("reassoc", "nsz"))
        b.store(total, s.store.array, *place)

    def _store_others(self, b: Builder) -> None:
        loop = b.for_(self.loop.lower, self.loop.upper, b.index(1))
        inner = b.at(loop.body)
        mapping = {self.loop.induction: loop.induction}
        for store in self.others:
            inner.store(
                at_trip(inner, store.value, self.loop, mapping),
                store.array,
                *(at_trip(inner, i, self.loop, mapping) for i in store.indices),
            )
        inner.yield_()


def _accumulation(loop: scf.For, store: memref.Store) -> _Scatter | None:
    add = store.value.op
    if not isinstance(add, arith.AddF) or "reassoc" not in add.attrs.get("fastmath", ()) or not store.indices:
        return None
    last = affine(store.indices[-1])
    if last.terms.get(loop.induction) != 1 or any(not invariant(v, loop) for v in last.terms if v is not loop.induction):
        return None
    if not all(invariant(i, loop) for i in store.indices[:-1]) or not invariant(store.array, loop):
        return None
    for x, amount in (add.operands, add.operands[::-1]):
        load = x.op
        if isinstance(load, memref.Load) and load.parent is loop.body and len(x.uses) == 1 and _same_place(load, store):
            return _Scatter(store, load, amount, last.constant) if _undisturbed(load, store) and _cheap(amount, loop) else None
    return None


def _undisturbed(load: memref.Load, store: memref.Store) -> bool:
    """Whether nothing is stored to the same place between the two."""
    op = load.next
    while op is not None and op is not store:
        if isinstance(op, memref.Store) and not (op.array is store.array and any(g.constant and not g.terms for g in _gaps(op, store))):
            return False
        op = op.next
    return op is store


def _cheap(value: Value, loop: scf.For) -> bool:
    """Whether computing the value once for every element that it is added to costs little."""
    op = value.op
    if op is None or invariant(value, loop):
        return True
    if isinstance(op, arith.DivF | arith.RemF) or op.name.startswith(("math.", "irad.")):
        return False
    return all(_cheap(v, loop) for v in op.operands)


def _row(loop: scf.For, store: memref.Store) -> object:
    """The key of stores that differ by the constant distance from the induction variable only."""
    forms = [affine(i) for i in store.indices]
    outer = tuple((f.constant, frozenset(f.terms.items())) for f in forms[:-1])
    return store.array, outer, frozenset(forms[-1].terms.items())


def _gaps(a: memref.Load | memref.Store, b: memref.Load | memref.Store) -> list[Affine]:
    return [affine(i).plus(affine(j), -1) for i, j in zip(a.indices, b.indices, strict=True)]


def _same_place(a: memref.Load | memref.Store, b: memref.Load | memref.Store) -> bool:
    return a.array is b.array and all(not g.terms and not g.constant for g in _gaps(a, b))


def _different_rows(a: memref.Store, b: memref.Store) -> bool:
    """Whether two stores never meet in any two trips: an index other than the last differs by a constant."""
    return a.array is b.array and any(not g.terms and g.constant for g in _gaps(a, b)[:-1])


def _before(a: Op, b: Op) -> bool:
    op = b.prev
    while op is not None and op is not a:
        op = op.prev
    return op is a
