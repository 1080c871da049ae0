"""Loop versioning: one test in front of a loop nest instead of index checks in it, and the checked nest for when the test fails."""

from __future__ import annotations

from dataclasses import dataclass, field

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value, clone_op
from irad.ir.ops import arith, irad, memref, scf
from irad.passes.affine import Affine, affine, constant_of
from irad.passes.bounds import FactWalk
from irad.passes.effects import defined_in
from irad.passes.ranges import Ranges

# Operations of a loop nest that may be there twice.
LARGEST = 1500

# Values below this in size, times coefficients below _COEFFICIENT, at most _TERMS of them: no sum of them wraps.
_SMALL = 2**58
_COEFFICIENT = 8
_TERMS = 3


@dataclass(slots=True)
class _Plan:
    """What has to hold in front of a loop: forms that are >= 0, values that are not huge; and the checks that are then not needed."""

    checks: list[irad.Index] = field(default_factory=list[irad.Index])
    forms: dict[object, Affine] = field(default_factory=dict[object, Affine])
    moderate: dict[Value, None] = field(default_factory=dict[Value, None])


class _Extremes:
    """Smallest and largest value of an affine index over all iterations of the loops of a nest."""

    def __init__(self, outermost: scf.For) -> None:
        self.outermost = outermost

    def invariant(self, value: Value) -> bool:
        return not defined_in(value, self.outermost)

    def of(self, form: Affine, largest: bool) -> Affine | None:
        """The extreme of a form in terms of what the nest does not change; None if there is none to see."""
        for _ in range(8):
            inner = [v for v in form.terms if not self.invariant(v)]
            if not inner:
                return form if self._harmless(form) else None
            # Innermost first: bounds of inner loops may depend on outer counters.
            value = max(inner, key=_depth)
            bound = self._bound(value, (form.terms[value] > 0) == largest)
            if bound is None:
                return None
            rest = Affine(form.constant, {v: c for v, c in form.terms.items() if v is not value})
            form = rest.plus(bound, form.terms[value])
        return None

    def _bound(self, value: Value, upper: bool) -> Affine | None:
        loop = value.owner.parent if isinstance(value.owner, Block) else None
        if not isinstance(loop, scf.For) or value.index != 0:
            return None
        return affine(loop.upper, 4).plus(Affine(-1)) if upper else affine(loop.lower, 4)

    def _harmless(self, form: Affine) -> bool:
        return len(form.terms) <= _TERMS and all(abs(c) <= _COEFFICIENT for c in form.terms.values()) and abs(form.constant) < _SMALL


def _depth(value: Value) -> int:
    depth, block = 0, value.block
    while block is not None:
        depth += 1
        block = block.parent.parent if isinstance(block.parent, Op) else None
    return depth


def _plan(loop: scf.For) -> _Plan:
    """The checks of a nest that a test in front of it can replace."""
    plan = _Plan()
    extremes = _Extremes(loop)
    for op in loop.walk():
        if isinstance(op, irad.Index) and not _inside_while(op, loop):
            _plan_check(op, extremes, plan)
    return plan


def _inside_while(op: Op, loop: Op) -> bool:
    """Whether a while lies between: its counters are no induction variables, but its invariants are fine."""
    return False and op is loop


def _plan_check(op: irad.Index, extremes: _Extremes, plan: _Plan) -> None:
    i, n = affine(op.operands[0], 6), affine(op.operands[1], 4)
    if not all(extremes.invariant(v) for v in n.terms):
        return
    lowest, highest = extremes.of(i, largest=False), extremes.of(i, largest=True)
    if lowest is None or highest is None:
        return
    plan.checks.append(op)
    for form in (lowest, n.plus(highest, -1).plus(Affine(-1))):
        if form.terms or form.constant < 0:
            plan.forms[form.constant, frozenset(form.terms.items())] = form
    for form in (lowest, highest, n):
        plan.moderate.update(dict.fromkeys(form.terms))


def _condition(plan: _Plan, ranges: Ranges, b: Builder) -> Value | None:
    """The test; None if it can never hold. What is proven is not tested."""
    condition: Value | None = None
    parts: list[tuple[Value, Value, str]] = []
    for value in plan.moderate:
        low, high = ranges.interval(value)
        if high > _SMALL * 4:
            parts.append((value, b.index(_SMALL), "sle"))
        if low < -_SMALL * 4:
            parts.append((value, b.index(-_SMALL), "sge"))
    for form in plan.forms.values():
        if not form.terms:
            return None
        if not ranges.at_least_zero(form):
            parts.append((_emit(Affine(0, form.terms), b), b.index(-form.constant), "sge"))
    for x, y, predicate in parts:
        test = b(arith.CmpI, x, y, predicate=predicate)
        condition = test if condition is None else b(arith.AndI, condition, test)
    return b.true() if condition is None else condition


def _emit(form: Affine, b: Builder) -> Value:
    """Operations that compute a form without its constant, positive terms first."""
    total: Value | None = None
    for value, c in sorted(form.terms.items(), key=lambda item: item[1] < 0):
        if total is not None and c == -1:
            total = b(arith.SubI, total, value)
            continue
        term = value if c == 1 else b(arith.MulI, value, b.index(c))
        total = term if total is None else b(arith.AddI, total, term)
    assert total is not None
    return total


class _Version:
    """Versions the outermost loops of which checks can be replaced."""

    def __init__(self, func: Func) -> None:
        self.changed = False
        self.done: set[Op] = set()
        FactWalk(func, self.visit)

    def visit(self, op: Op, ranges: Ranges) -> None:
        if not isinstance(op, scf.For) or op in self.done or op.attrs.get("cold"):
            return
        plan = _plan(op)
        if not plan.checks or sum(1 for _ in op.walk()) > LARGEST:
            return
        b = Builder.in_front_of(op)
        condition = _condition(plan, ranges, b)
        if condition is not None:
            self.done.update(part for part in op.walk() if isinstance(part, scf.For))
            _split(op, plan, condition, b)
            self.changed = True


def _split(loop: scf.For, plan: _Plan, condition: Value, b: Builder) -> None:
    """Replace a loop by a branch: the loop without the checks, or a copy with them."""
    branch = b.if_(condition, [r.type for r in loop.results])
    slow = b.at(branch.orelse)
    copy = slow.insert(clone_op(loop, {}))
    for op in copy.walk():
        if isinstance(op, scf.For | scf.While):
            op.attrs["cold"] = True
    slow.yield_(*copy.results)
    for old, new in zip(loop.results, branch.results, strict=True):
        new.hint = old.hint
        old.replace_by(new)
    loop.detach()
    fast = b.at(branch.then)
    fast.insert(loop)
    fast.yield_(*loop.results)
    for check in plan.checks:
        check.result.replace_by(check.operands[0])
        check.erase()


def versioning(func: Func) -> bool:
    """Replace index checks in loop nests by a test in front of the nest; if it fails, a checked copy runs, marked `cold`.

    The indices must be affine in the counters of the loops, and the array's size must not change in the nest. The test is for the
    smallest and the largest index over all iterations, so it may fail though no check would (a loop that never runs, say):
    then the copy does the work, and raises at the place and with the memory that the program says. For after differentiation: the
    derivative of two copies would be two derivatives. Cost: one walk; what is versioned is there twice.

    Before:
        func.func @f(%x: memref<?xf64>, %n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %zero = arith.constant 0.0 : f64
          %d = memref.dim %x, %c0 : memref<?xf64>
          scf.for %i = %c0 to %n step %c1 {
            %k = irad.index %i, %d {axis = 0} : index
            memref.store %zero, %x[%k] : memref<?xf64>
          }
          func.return
        }
    After:
        func.func @f(%x: memref<?xf64>, %n: index) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %zero = arith.constant 0.0 : f64
          %large = arith.constant 288230376151711744 : index
          %least = arith.constant -288230376151711744 : index
          %d = memref.dim %x, %c0 : memref<?xf64>
          %a = arith.cmpi sle, %n, %large : index
          %b = arith.cmpi sge, %n, %least : index
          %room = arith.subi %d, %n : index
          %c = arith.cmpi sge, %room, %c0 : index
          %ab = arith.andi %a, %b : i1
          %test = arith.andi %ab, %c : i1
          scf.if %test {
            scf.for %i = %c0 to %n step %c1 {
              memref.store %zero, %x[%i] : memref<?xf64>
            }
          } else {
            scf.for %i = %c0 to %n step %c1 {
              %k = irad.index %i, %d {axis = 0} : index
              memref.store %zero, %x[%k] : memref<?xf64>
            } {irad.cold = true}
          }
          func.return
        }
    """
    return _Version(func).changed


_ = memref, constant_of
