"""Which linear inequalities hold between integers of a function: from loops, sizes, conditions and checks that have passed.

A form is proven to be >= 0 by eliminating its values, the one defined last first: adding a multiple of a known inequality, or by
going through both cases of a choice. Values are mathematical integers here, so a sum is only taken apart where it cannot wrap;
for that, two facts of life are used: no dimension exceeds 2**60, and no loop runs more than 2**60 times.
"""

from __future__ import annotations

from collections.abc import Iterable

from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, scf
from irad.ir.ops import math as m
from irad.ir.types import index
from irad.passes.affine import Affine
from irad.passes.effects import constant_of, defined_in
from irad.passes.intervals import EVERYTHING, HIGHEST, LOWEST, Intervals, fits, passed_on, steps

# Steps and depth of a proof, and of one that another proof asks for.
_PROOFS = ((150, 12), (30, 4))
_FORM_DEPTH = 8


def variable(value: Value) -> Affine:
    """The form that is just the value."""
    return Affine(0, {value: 1})


class Ranges(Intervals):
    """What is known, scope by scope; a client walks a function and tells what it enters, leaves and passes."""

    def __init__(self, func: Func) -> None:
        super().__init__()
        self.order: dict[Value, int] = {}
        self._number(func.body)
        self._known: dict[Value, list[Affine]] = {}
        self._scopes: list[list[tuple[Value, int]]] = []
        self._forms: dict[Value, Affine] = {}
        self._budget: int = 0
        self._proofs: int = 0

    def _number(self, block: Block) -> None:
        """Number values in program order: later ones are eliminated first."""
        for arg in block.args:
            self.order[arg] = len(self.order)
        for op in block.ops:
            for region in op.regions:
                self._number(region)
            for result in op.results:
                self.order[result] = len(self.order)

    # ---------------------------------------------------------------- scopes

    def enter(self) -> None:
        """Facts learnt from here on are forgotten by `leave`."""
        self._scopes.append([])

    def leave(self) -> None:
        """Forget the facts of the innermost scope."""
        for value, count in reversed(self._scopes.pop()):
            del self._known[value][count:]

    def learn(self, form: Affine) -> None:
        """From here on, form >= 0."""
        for value in form.terms:
            facts = self._known.setdefault(value, [])
            if self._scopes:
                self._scopes[-1].append((value, len(facts)))
            facts.append(form)

    def learn_condition(self, condition: Value, truth: bool) -> None:
        """From here on, an i1 value is known."""
        for form in self.implied(condition, truth):
            self.learn(form)

    def implied(self, condition: Value, truth: bool) -> list[Affine]:
        """The inequalities that a condition (or its negation) stands for."""
        op = condition.op
        match op:
            case arith.CmpI() if op.operands[0].type == index:
                return self._implied_by_compare(op, truth)
            case arith.AndI() if truth:
                return [f for part in op.operands for f in self.implied(part, True)]
            case arith.OrI() if not truth:
                return [f for part in op.operands for f in self.implied(part, False)]
            case arith.XorI() if constant_of(op.operands[1]) is True:
                return self.implied(op.operands[0], not truth)
            case scf.If():
                return self._implied_by_branch(op, condition.index, truth)
            case _:
                return []

    def _implied_by_branch(self, op: scf.If, i: int, truth: bool) -> list[Affine]:
        """`a and b` is an if that yields b or false: it is true only if both are."""
        x, y = op.then.terminator.operands[i], op.orelse.terminator.operands[i]
        if constant_of(y) is (not truth):
            return self.implied(op.operands[0], True) + self.implied(x, truth)
        if constant_of(x) is (not truth):
            return self.implied(op.operands[0], False) + self.implied(y, truth)
        return []

    def _implied_by_compare(self, op: arith.CmpI, truth: bool) -> list[Affine]:
        x, y = self.form(op.operands[0]), self.form(op.operands[1])
        match op.attrs["predicate"], truth:
            case ("slt", True) | ("sge", False):
                return [y.plus(x, -1).plus(Affine(-1))]
            case ("sle", True) | ("sgt", False):
                return [y.plus(x, -1)]
            case ("sgt", True) | ("sle", False):
                return [x.plus(y, -1).plus(Affine(-1))]
            case ("sge", True) | ("slt", False):
                return [x.plus(y, -1)]
            case ("eq", True) | ("ne", False):
                return [x.plus(y, -1), y.plus(x, -1)]
            case ("ne", True) | ("eq", False):
                return self._different(x.plus(y, -1))
            case ("ult", True) | ("uge", False) if self.at_least_zero(y):
                return [x, y.plus(x, -1).plus(Affine(-1))]
            case _:
                return []

    def _different(self, form: Affine) -> list[Affine]:
        """form != 0, and maybe it is known on which side of 0 it can be."""
        if self.at_least_zero(form):
            return [form.plus(Affine(-1))]
        if self.at_least_zero(form.times(-1)):
            return [form.times(-1).plus(Affine(-1))]
        return []

    # ---------------------------------------------------------------- forms

    def form(self, value: Value) -> Affine:
        """A value as a form of values that are not taken apart further; exact as integers, not only modulo 2**64."""
        return self._form(value, _FORM_DEPTH)[0]

    def _form(self, value: Value, depth: int) -> tuple[Affine, bool]:
        """The form, and whether it is the same in every context."""
        found = self._forms.get(value)
        if found is not None:
            return found, True
        form, always = self._computed_form(value, depth)
        if always:
            self._forms[value] = form
        return form, always

    def _computed_form(self, value: Value, depth: int) -> tuple[Affine, bool]:
        op = value.op
        if op is None:
            passed = passed_on(value)
            return (variable(value), True) if passed is None else self._form(passed, depth)
        if isinstance(op, arith.Constant):
            return Affine(int(op.attrs["value"])), True
        if not isinstance(op, arith.AddI | arith.SubI | arith.MulI) or value.type != index:
            return variable(value), True
        if not depth:
            return variable(value), False
        x, y = self._form(op.operands[0], depth - 1), self._form(op.operands[1], depth - 1)
        total = _combined(op, x[0], y[0])
        if total is None:
            return variable(value), x[1] and y[1]
        if fits(*self.bounds(total)):
            return total, x[1] and y[1]
        return (total if self._never_wraps(total) else variable(value)), False

    def _never_wraps(self, form: Affine) -> bool:
        """Whether what is known here keeps a form among the 64-bit integers."""
        return self._prove(1, Affine(HIGHEST).plus(form, -1), form.plus(Affine(-LOWEST)))

    # ---------------------------------------------------------------- proofs

    def at_least_zero(self, form: Affine) -> bool:
        """Whether the form is proven to be >= 0 here."""
        return self._prove(0, form)

    def _prove(self, effort: int, *forms: Affine) -> bool:
        """Whether forms are >= 0. In the middle of a proof, which looks at the facts of a case, less effort is made; within that, none."""
        effort = max(effort, self._proofs)
        if effort == len(_PROOFS):
            return False
        budget, proofs = self._budget, self._proofs
        self._budget, depth = _PROOFS[effort]
        self._proofs = effort + 1
        proven = all(self._search(form, depth, set()) for form in forms)
        self._budget, self._proofs = budget, proofs
        return proven

    def less(self, x: Value, y: Value) -> bool:
        """Whether x < y is proven here."""
        return self.at_least_zero(self.form(y).plus(self.form(x), -1).plus(Affine(-1)))

    def decide(self, condition: Value) -> bool | None:
        """What an i1 value is proven to be here, None if neither."""
        number = constant_of(condition)
        if number is not None:
            return bool(number)
        op = condition.op
        match op:
            case arith.CmpI() if op.operands[0].type == index:
                return self._decide_compare(op)
            case arith.AndI() | arith.OrI():
                parts = [self.decide(part) for part in op.operands]
                absorbing = isinstance(op, arith.OrI)
                return absorbing if absorbing in parts else None if None in parts else not absorbing
            case _:
                return None

    def _decide_compare(self, op: arith.CmpI) -> bool | None:
        for truth in (True, False):
            form = self.form(op.operands[0]).plus(self.form(op.operands[1]), -1)
            wanted = _WANTED.get((op.attrs["predicate"], truth))
            if wanted is not None and all(self.at_least_zero(form.times(s).plus(Affine(c))) for s, c in wanted):
                return truth
        if op.attrs["predicate"] in ("eq", "ne"):
            form = self.form(op.operands[0]).plus(self.form(op.operands[1]), -1)
            if self.at_least_zero(form.plus(Affine(-1))) or self.at_least_zero(form.times(-1).plus(Affine(-1))):
                return op.attrs["predicate"] == "ne"
        return None

    def _search(self, form: Affine, depth: int, seen: set[object]) -> bool:
        if self.bounds(form)[0] >= 0:
            return True
        key = (form.constant, frozenset(form.terms.items()))
        if depth == 0 or key in seen or self._budget < 0:
            return False
        seen.add(key)
        self._budget -= 1
        latest = sorted(form.terms, key=lambda v: -self.order.get(v, 0))[:3]
        return any(self._eliminate(form, value, depth, seen) for value in latest)

    def _eliminate(self, form: Affine, value: Value, depth: int, seen: set[object]) -> bool:
        coefficient = form.terms[value]
        for fact in (*self._known.get(value, ()), *self._defining(value)):
            c = fact.terms.get(value, 0)
            if c * coefficient <= 0:
                continue
            rest = form.plus(fact, -(coefficient // c)) if coefficient % c == 0 else form.times(abs(c)).plus(fact, -abs(coefficient))
            if self._search(rest, depth - 1, seen):
                return True
        cases = self._cases(value)
        return bool(cases) and all(self._in_case(form, value, case, depth) for case in cases)

    def _in_case(self, form: Affine, value: Value, case: tuple[Value, list[tuple[Value, bool]]], depth: int) -> bool:
        """The same with the value replaced by one of the values that it may be, and what is known then."""
        choice, conditions = case
        self.enter()
        for condition, truth in conditions:
            self.learn_condition(condition, truth)
        replaced = Affine(form.constant, {v: c for v, c in form.terms.items() if v is not value}).plus(self.form(choice), form.terms[value])
        proven = self._search(replaced, depth - 2 if depth > 2 else 0, set())
        self.leave()
        return proven

    def _cases(self, value: Value) -> list[tuple[Value, list[tuple[Value, bool]]]]:
        op = value.op
        match op:
            case arith.Select():
                return [(op.operands[1], [(op.operands[0], True)]), (op.operands[2], [(op.operands[0], False)])]
            case arith.MaxSI() | arith.MinSI():
                return [(v, []) for v in op.operands]
            case scf.If():
                yields = [region.terminator.operands[value.index] for region in op.regions]
                return [(y, [(op.operands[0], truth)]) for y, truth in zip(yields, (True, False), strict=True)]
            case _:
                return []

    def _defining(self, value: Value) -> Iterable[Affine]:
        """Inequalities that hold because of what defines the value."""
        if isinstance(value.owner, Block):
            loop = value.owner.parent
            if isinstance(loop, scf.For):
                return self._induction(loop, value) if value.index == 0 else self._carried(loop, value)
            return ()
        return self._op_facts(value, value.owner)

    def _induction(self, loop: scf.For, value: Value) -> list[Affine]:
        return [
            variable(value).plus(self.form(loop.lower), -1),
            self.form(loop.upper).plus(variable(value), -1).plus(Affine(-1)),
        ]

    def _carried(self, loop: scf.For, value: Value) -> list[Affine]:
        """A carried value that goes by bounded steps: monotone, and at most so many steps away from where it started."""
        i = value.index - 1
        moved = steps(loop.body.terminator.operands[i], value) if value.type == index else None
        if moved is None or self.interval(value) == EVERYTHING:
            return []
        init = self.form(loop.inits[i])
        facts = _monotone(moved, variable(value), init)
        step = constant_of(loop.step)
        if moved[2] and step and not loop.reversed:
            done = variable(loop.induction).plus(self.form(loop.lower), -1)
            away = variable(value).plus(init, -1).times(int(step))
            facts += [done.times(moved[1]).plus(away, -1), away.plus(done.times(moved[0]), -1)]
        return facts

    def _op_facts(self, value: Value, op: Op) -> Iterable[Affine]:
        match op:
            case irad.Index():
                return [variable(value), self.form(op.operands[1]).plus(variable(value), -1).plus(Affine(-1))]
            case arith.MaxSI() | arith.MinSI():
                sign = 1 if isinstance(op, arith.MaxSI) else -1
                return [variable(value).plus(self.form(v), -1).times(sign) for v in op.operands]
            case arith.FloorDivSI() | m.FloorModSI() | arith.DivSI() | arith.RemSI():
                return self._division_facts(value, op)
            case scf.For():
                return self._result_facts(op, value)
            case _:
                return ()

    def _division_facts(self, value: Value, op: Op) -> list[Affine]:
        x, y = self.form(op.operands[0]), self.form(op.operands[1])
        if isinstance(op, arith.DivSI | arith.RemSI) and self.bounds(x)[0] < 0:
            return []
        if isinstance(op, arith.FloorDivSI | arith.DivSI):
            if y.terms or y.constant <= 0:
                return []
            scaled = variable(value).times(y.constant)
            return [x.plus(scaled, -1), scaled.plus(x, -1).plus(Affine(y.constant - 1))]
        if self._search(y.plus(Affine(-1)), 4, set()):
            return [variable(value), y.plus(variable(value), -1).plus(Affine(-1))]
        return []

    def _result_facts(self, loop: scf.For, value: Value) -> list[Affine]:
        arg = loop.carried[value.index]
        moved = steps(loop.body.terminator.operands[value.index], arg) if value.type == index else None
        if moved is None or self.interval(arg) == EVERYTHING:
            return []
        init = self.form(loop.inits[value.index])
        facts = _monotone(moved, variable(value), init)
        trips = self.form(loop.upper).plus(self.form(loop.lower), -1)
        if moved[2] and constant_of(loop.step) == 1 and self._search(trips, 4, set()):
            away = variable(value).plus(init, -1)
            facts += [trips.times(moved[1]).plus(away, -1), away.plus(trips.times(moved[0]), -1)]
        return facts

    # ---------------------------------------------------------------- while

    def learn_while(self, loop: scf.While) -> list[tuple[Value, Affine]]:
        """Learn what holds of a while's state each time its condition is evaluated; returned too, as (state, form >= 0)."""
        guards = self.implied(loop.before.terminator.operands[0], True)
        invariants: list[tuple[Value, Affine]] = []
        for arg, init, following in zip(loop.before.args, loop.inits, loop.after.terminator.operands, strict=True):
            moved = steps(following, arg) if arg.type == index else None
            if moved is None:
                continue
            lows, highs = _guards_of(arg, guards, loop)
            if self._may_wrap(arg, moved, lows, highs):
                continue
            start = self.form(init)
            facts = _monotone(moved, variable(arg), start)
            if moved[2]:
                facts += [low.plus(Affine(-moved[0])) for low in lows if moved[0] < 0 and self._holds_at(low, arg, start, -moved[0])]
                facts += [high.plus(Affine(moved[1])) for high in highs if moved[1] > 0 and self._holds_at(high, arg, start, moved[1])]
            invariants += [(arg, fact) for fact in facts]
        for _, fact in invariants:
            self.learn(fact)
        return invariants

    def _holds_at(self, form: Affine, arg: Value, start: Affine, slack: int) -> bool:
        at_start = Affine(form.constant + slack, {v: c for v, c in form.terms.items() if v is not arg}).plus(start, form.terms[arg])
        return self.at_least_zero(at_start)

    def _may_wrap(self, arg: Value, moved: tuple[int, int, bool], lows: list[Affine], highs: list[Affine]) -> bool:
        """Whether a step may leave the 64-bit integers: not if there are not enough trips, or the condition stands in the way."""
        if self.interval(arg) != EVERYTHING:
            return False
        floor = moved[0] >= 0 or any(self.bounds(low.plus(variable(arg), -1).times(-1))[0] + moved[0] >= LOWEST for low in lows)
        ceiling = moved[1] <= 0 or any(self.bounds(high.plus(variable(arg)))[1] + moved[1] <= HIGHEST for high in highs)
        return not (floor and ceiling and moved[2])

    def learn_results(self, loop: scf.While, invariants: list[tuple[Value, Affine]]) -> None:
        """Behind a while: its results are state of the last evaluation of the condition."""
        passed = {p: r for p, r in zip(loop.before.terminator.operands[1:], loop.results, strict=True)}
        for arg, fact in invariants:
            result = passed.get(arg)
            inner = [v for v in fact.terms if v is not arg and v.owner is loop.before]
            if result is not None and not inner:
                self.learn(Affine(fact.constant, {(result if v is arg else v): c for v, c in fact.terms.items()}))


def _combined(op: Op, x: Affine, y: Affine) -> Affine | None:
    """The sum, difference or product of two forms."""
    match op:
        case arith.AddI():
            return x.plus(y)
        case arith.SubI():
            return x.plus(y, -1)
        case _ if not y.terms:
            return x.times(y.constant)
        case _:
            return None if x.terms else y.times(x.constant)


# predicate, truth: x - y times a sign, plus a number, is at least zero.
_WANTED: dict[tuple[str, bool], list[tuple[int, int]]] = {
    ("slt", True): [(-1, -1)], ("slt", False): [(1, 0)], ("sge", True): [(1, 0)], ("sge", False): [(-1, -1)],
    ("sle", True): [(-1, 0)], ("sle", False): [(1, -1)], ("sgt", True): [(1, -1)], ("sgt", False): [(-1, 0)],
    ("eq", True): [(1, 0), (-1, 0)], ("ne", False): [(1, 0), (-1, 0)],
}  # fmt: skip


def _monotone(moved: tuple[int, int, bool], value: Affine, init: Affine) -> list[Affine]:
    facts: list[Affine] = []
    if moved[0] >= 0:
        facts.append(value.plus(init, -1))
    if moved[1] <= 0:
        facts.append(init.plus(value, -1))
    return facts


def _guards_of(arg: Value, guards: list[Affine], loop: scf.While) -> tuple[list[Affine], list[Affine]]:
    """Guards that bound a state value from below and from above by something the loop does not change."""
    lows: list[Affine] = []
    highs: list[Affine] = []
    for form in guards:
        c = form.terms.get(arg, 0)
        if c in (1, -1) and not any(defined_in(v, loop) for v in form.terms if v is not arg):
            (lows if c == 1 else highs).append(form)
    return lows, highs
