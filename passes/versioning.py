"""Loop versioning: one test in front of a loop nest instead of index checks in it, and the checked nest for when the test fails."""

from __future__ import annotations

from dataclasses import dataclass, field

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value, clone_op
from irad.ir.ops import arith, irad, scf
from irad.ir.types import index
from irad.passes.affine import Affine, affine
from irad.passes.bounds import FactWalk
from irad.passes.effects import defined_in
from irad.passes.ranges import Ranges
from irad.passes.sweep import Sweep, Swept

# Operations of a loop nest that may be there twice.
LARGEST = 1500

# The test asks of values that could be anything that they lie between minus this and this; then no index computation wraps.
MODERATE = 2**48
_NEVER_WRAPS = 2**62


@dataclass(slots=True)
class _Plan:
    """What has to hold in front of a loop: forms that are >= 0, values that are not huge; and the checks that are then not needed.

    What is not affine in the counter of a loop inside has to hold in all its trips, which a sweep tests.
    """

    nest: _Nest
    checks: list[tuple[Op, bool]] = field(default_factory=list[tuple[Op, bool]])
    forms: dict[object, Affine] = field(default_factory=dict[object, Affine])
    moderate: dict[Value, None] = field(default_factory=dict[Value, None])
    sweeps: dict[scf.For, Sweep] = field(default_factory=dict[scf.For, Sweep])

    def need(self, *forms: Affine, trips: Affine | None = None) -> None:
        """Require forms to be >= 0, if the number of trips of the check's loop is not <= 0."""
        for form in forms:
            key = form.constant, frozenset(form.terms.items())
            loop = self.nest.swept_loop(form)
            if loop is not None:
                known = self._sweep(loop).forms
                known[key] = form, (trips if known.get(key, (form, trips))[1] == trips else None)
            elif form.terms:
                self.forms[key] = form

    def rely_on(self, *forms: Affine) -> None:
        """Require the values that the magnitudes of forms rest on to be moderate."""
        found: dict[Value, None] = {}
        for form in forms:
            self.nest.tested(form, found)
        for value in found:
            loop = self.nest.swept_loop(Affine(0, {value: 1}))
            (self.moderate if loop is None else self._sweep(loop).moderate)[value] = None

    def _sweep(self, loop: scf.For) -> Sweep:
        return self.sweeps.setdefault(loop, Sweep())


class _Nest:
    """Smallest and largest value of affine indices over all iterations of the loops of a nest."""

    def __init__(self, outermost: scf.For, ranges: Ranges) -> None:
        self.outermost = outermost
        self.ranges = ranges
        self.sizes: dict[Value, int | None] = {}
        self.huge: dict[Value, None] = {}
        self.swept = Swept(outermost)

    def invariant(self, form: Affine) -> bool:
        return not any(defined_in(v, self.outermost) for v in form.terms)

    def extreme(self, form: Affine, largest: bool) -> Affine | None:
        """The extreme of a form in terms of what the nest does not change, or of a loop that has to be swept; None if none is seen."""
        start = form
        for _ in range(16):
            inner = [v for v in form.terms if defined_in(v, self.outermost)]
            if not inner or (form is not start and self.swept_loop(form) is not None):
                return form
            # Innermost first: bounds of inner loops may depend on outer counters.
            value = max(inner, key=lambda v: (_depth(v), v.op is not None))
            bounds = _bounds(value)
            if bounds is None:
                return None
            lower, upper = bounds
            rest = Affine(form.constant, {v: c for v, c in form.terms.items() if v is not value})
            form = rest.plus(upper.plus(Affine(-1)) if (form.terms[value] > 0) == largest else lower, form.terms[value])
        return None

    def swept_loop(self, form: Affine) -> scf.For | None:
        """The loop inside the nest whose counter alone determines a form that is not affine in it."""
        inner = [v for v in form.terms if defined_in(v, self.outermost)]
        return self.swept.loop(inner) if any(v.op is not None for v in inner) else None

    def trips(self, form: Affine) -> Affine | None:
        """The trip count of the innermost loop whose counter a form holds, if it is known where the loop is swept."""
        inner = [v for v in form.terms if defined_in(v, self.outermost)]
        bounds = _bounds(max(inner, key=_depth)) if inner else None
        if bounds is None:
            return None
        count = bounds[1].plus(bounds[0], -1)
        inner = [v for v in count.terms if defined_in(v, self.outermost)]
        return count if inner and self.swept.loop(inner) is not None else None

    def magnitude(self, form: Affine) -> int | None:
        """How large a form can become, given that what the test asks of its values holds; None if nothing is known."""
        total = abs(form.constant)
        for value, c in form.terms.items():
            size = self._size(value)
            if size is None:
                return None
            total += abs(c) * size
        return total if total < _NEVER_WRAPS else None

    def _size(self, value: Value) -> int | None:
        if value not in self.sizes:
            self.sizes[value] = None
            self.sizes[value] = self._inner_size(value) if defined_in(value, self.outermost) else self._outer_size(value)
        return self.sizes[value]

    def _inner_size(self, value: Value) -> int | None:
        bounds = _bounds(value)
        if bounds is None:
            if self.swept.loop([value]) is None:
                return None
            self.huge[value] = None
            return MODERATE
        lower, upper = (self.magnitude(bound) for bound in bounds)
        return None if lower is None or upper is None else max(lower, upper)

    def _outer_size(self, value: Value) -> int:
        low, high = self.ranges.interval(value)
        if max(-low, high) > 2 * MODERATE:
            self.huge[value] = None
            return MODERATE
        return max(-low, high)

    def tested(self, form: Affine, found: dict[Value, None]) -> None:
        """The values, those behind loop bounds included, that the magnitude of a form relies on being moderate."""
        for value in form.terms:
            if value in self.huge:
                found[value] = None
            bounds = _bounds(value) if defined_in(value, self.outermost) else None
            for bound in bounds or ():
                self.tested(bound, found)


def _bounds(value: Value) -> tuple[Affine, Affine] | None:
    """Lower and (exclusive) upper bound of a counter."""
    loop = value.owner.parent if isinstance(value.owner, Block) else None
    if not isinstance(loop, scf.For) or value.index != 0:
        return None
    return affine(loop.lower, 4), affine(loop.upper, 4)


def _depth(value: Value) -> int:
    depth, block = 0, value.block
    while block is not None:
        depth += 1
        block = block.parent.parent if isinstance(block.parent, Op) else None
    return depth


def _plan(loop: scf.For, ranges: Ranges) -> _Plan:
    """The checks of a nest that a test in front of it can replace."""
    nest = _Nest(loop, ranges)
    plan = _Plan(nest)
    for op in loop.walk():
        if isinstance(op, irad.Index):
            _plan_check(op, nest, plan)
        elif isinstance(op, arith.Select) and wrapped(op) is not None:
            _plan_wrap(op, nest, plan)
    return plan


def wrapped(select: Op) -> Value | None:
    """i of `i < 0 ? i + n : i`: what is left of a check where an index is used again."""
    compare, shifted, i = select.operands[0].op, select.operands[1].op, select.operands[2]
    if not isinstance(compare, arith.CmpI) or not isinstance(shifted, arith.AddI) or i.type != index:
        return None
    negative = compare.attrs["predicate"] == "slt" and compare.operands[0] is i and affine(compare.operands[1], 1) == Affine(0)
    return i if negative and i in shifted.operands else None


def _plan_wrap(op: Op, nest: _Nest, plan: _Plan) -> None:
    form = affine(op.operands[2], 6)
    lowest = nest.extreme(form, largest=False)
    if lowest is None or not lowest.terms or not any(defined_in(v, nest.outermost) for v in form.terms):
        return
    if nest.magnitude(form) is None or nest.magnitude(lowest) is None:
        return
    plan.checks.append((op, False))
    plan.need(lowest, trips=nest.trips(form))
    plan.rely_on(form, lowest)


def _plan_check(op: irad.Index, nest: _Nest, plan: _Plan) -> None:
    i, n = affine(op.operands[0], 6), affine(op.operands[1], 4)
    lowest, highest = nest.extreme(i, largest=False), nest.extreme(i, largest=True)
    if lowest is None or highest is None or not nest.invariant(n):
        return
    if any(nest.magnitude(form) is None for form in (i, n, lowest, highest)):
        return
    negative = not highest.terms and highest.constant < 0
    room = n.plus(lowest) if negative else n.plus(highest, -1).plus(Affine(-1))
    if (not negative and not lowest.terms and lowest.constant < 0) or (not room.terms and room.constant < 0):
        return
    plan.checks.append((op, negative))
    plan.need(room, *(() if negative else (lowest,)), trips=nest.trips(i))
    plan.rely_on(i, n, lowest, highest)


def _condition(plan: _Plan, ranges: Ranges, b: Builder) -> Value:
    """The test; what is proven is not tested."""
    parts: list[tuple[Affine, int, str]] = []
    for value in plan.moderate:
        low, high = ranges.interval(value)
        if high > MODERATE:
            parts.append((Affine(0, {value: 1}), MODERATE, "sle"))
        if low < -MODERATE:
            parts.append((Affine(0, {value: 1}), -MODERATE, "sge"))
    for form in plan.forms.values():
        if not ranges.at_least_zero(form):
            parts.append((Affine(0, form.terms), -form.constant, "sge"))
    condition: Value | None = None
    for form, number, predicate in parts:
        test = b(arith.CmpI, _emit(form, b), b.index(number), predicate=predicate)
        condition = test if condition is None else b(arith.AndI, condition, test)
    condition = b.true() if condition is None else condition
    for loop, sweep in plan.sweeps.items():
        condition = plan.nest.swept.emit(b, condition, loop, sweep, MODERATE)
    return condition


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


def _version(op: Op, ranges: Ranges) -> bool:
    if not isinstance(op, scf.For) or op.attrs.get("cold"):
        return False
    plan = _plan(op, ranges)
    if not plan.checks or sum(1 for _ in op.walk()) > LARGEST:
        return False
    b = Builder.in_front_of(op)
    _split(op, plan, _condition(plan, ranges, b), b)
    return True


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
    for check, negative in plan.checks:
        position = check.operands[0] if isinstance(check, irad.Index) else check.operands[2]
        check.result.replace_by(Builder.in_front_of(check)(arith.AddI, *check.operands) if negative else position)
        check.erase()


def versioning(func: Func) -> bool:
    """Replace index checks in loop nests by a test in front of the nest; if it fails, a checked copy runs, marked `cold`.

    The indices must be affine in the counters of the loops, and the array's size must not change in the nest. (What is not affine in
    the counter of a loop inside, as the start of a row in a packed triangle, is tested for all its trips.) The test is for the
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
          %large = arith.constant 281474976710656 : index
          %least = arith.constant -281474976710656 : index
          %d = memref.dim %x, %c0 : memref<?xf64>
          %a = arith.cmpi sle, %n, %large : index
          %b = arith.cmpi sge, %n, %least : index
          %ab = arith.andi %a, %b : i1
          %room = arith.subi %d, %n : index
          %c = arith.cmpi sge, %room, %c0 : index
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
    changed = False

    def visit(op: Op, ranges: Ranges) -> None:
        nonlocal changed
        changed |= _version(op, ranges)

    FactWalk(func, visit)
    return changed
