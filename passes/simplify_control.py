"""Identities of structured control flow and checks: decided branches, loops that run zero times or once, values that do not change."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Op, Value
from irad.ir.ops import arith, irad, scf
from irad.ir.rewriter import Pattern, Rewriter
from irad.ir.types import i1
from irad.passes.affine import affine
from irad.passes.carried import drop_for_carried, drop_if_results, drop_while_passed, drop_while_state
from irad.passes.effects import constant_of, defined_inside, inside, is_memory
from irad.passes.simplify import negation_of


def revisit_operands(rewriter: Rewriter, op: Op) -> None:
    """Visit again what defines an operation's operands: it may have lost its last user."""
    for value in op.operands:
        if isinstance(value.owner, Op):
            rewriter.revisit(value.owner)


def dropped(rewriter: Rewriter, op: Op) -> None:
    """Note that an operation carries less than before."""
    rewriter.changed = True
    rewriter.revisit(op)


# ------------------------------------------------------------------ if


def _if(rewriter: Rewriter, op: Op) -> bool:
    assert isinstance(op, scf.If)
    number = constant_of(op.operands[0])
    if number is not None:
        taken = op.then if number else op.orelse
        rewriter.replace(op, *rewriter.inline(taken, op, ()))
        return True
    negated = negation_of(op.operands[0])
    if negated is not None:
        rewriter.set_operand(op, 0, negated)
        op.regions.reverse()
        return True
    return _if_results(rewriter, op) or _condition_known(rewriter, op) or _if_select(rewriter, op)


def _if_results(rewriter: Rewriter, op: scf.If) -> bool:
    """Results that both branches agree on, or that nobody uses, go."""
    gone: set[int] = set()
    for i, result in enumerate(op.results):
        x, y = op.then.terminator.operands[i], op.orelse.terminator.operands[i]
        number = constant_of(x)
        if x is y and result.uses:
            rewriter.replace_value(result, x)
        elif number is not None and result.uses and type(number) is type(constant_of(y)) and repr(number) == repr(constant_of(y)):
            rewriter.replace_value(result, rewriter.builder(op).constant(number, result.type))
        if not result.uses:
            gone.add(i)
    if gone:
        for region in op.regions:
            revisit_operands(rewriter, region.terminator)
        drop_if_results(op, gone)
        dropped(rewriter, op)
    if op.then.first is op.then.last and op.orelse.first is op.orelse.last and not op.results:
        rewriter.erase(op)
        return True
    return bool(gone)


def _condition_known(rewriter: Rewriter, op: scf.If) -> bool:
    """Inside the branches the condition is true or false; that holds of its parts too."""
    changed = False
    for region, truth in ((op.then, True), (op.orelse, False)):
        for value, known in implied(op.operands[0], truth):
            users = [u for u in value.uses if len(value.uses) > 1 and inside(u, region)]
            if not users:
                continue
            constant = Builder(region, region.first, op.loc).constant(known, i1)
            for user in users:
                for i, operand in enumerate(user.operands):
                    if operand is value:
                        rewriter.set_operand(user, i, constant)
            changed = True
    return changed


def implied(condition: Value, truth: bool) -> list[tuple[Value, bool]]:
    """What is known of i1 values once a condition is known to be true or false: itself, and the parts of and, or, not."""
    known = [(condition, truth)]
    for value, is_true in known:
        op = value.op
        if type(op) is (arith.AndI if is_true else arith.OrI):
            known += [(part, is_true) for part in op.operands]
        elif type(op) is arith.XorI and constant_of(op.operands[1]) is True:
            known.append((op.operands[0], not is_true))
    return known


def _if_select(rewriter: Rewriter, op: scf.If) -> bool:
    """A branch that computes nothing and only chooses between numbers is a select: no operation is speculated by that."""
    empty = op.then.first is op.then.last and op.orelse.first is op.orelse.last
    if not empty or not op.results or any(is_memory(r) for r in op.results):
        return False
    b = rewriter.builder(op)
    pairs = zip(op.then.terminator.operands, op.orelse.terminator.operands, strict=True)
    rewriter.replace(op, *(b(arith.Select, op.operands[0], x, y) for x, y in pairs))
    return True


# ------------------------------------------------------------------ for


def trip_count(op: scf.For) -> int | None:
    """How often a loop runs, if bounds and step (or their difference) are constants."""
    step = constant_of(op.step)
    if not step:
        return None
    lower, upper = constant_of(op.lower), constant_of(op.upper)
    if lower is not None and upper is not None:
        return max(0, -(-(int(upper) - int(lower)) // int(step)))
    return 0 if op.lower is op.upper else None


def _for(rewriter: Rewriter, op: Op) -> bool:
    assert isinstance(op, scf.For)
    trips = trip_count(op)
    if trips == 0:
        rewriter.replace(op, *op.inits)
        return True
    if trips == 1:
        rewriter.replace(op, *rewriter.inline(op.body, op, [op.lower, *op.inits]))
        return True
    if op.body.first is op.body.last and not op.results:
        rewriter.erase(op)
        return True
    return _for_carried(rewriter, op)


def _for_carried(rewriter: Rewriter, op: scf.For) -> bool:
    """Carried values that never change are their inits; equal ones are one; unused ones go."""
    yields = op.body.terminator.operands
    seen: dict[tuple[Value, Value], int] = {}
    for i, (arg, init, yielded, result) in enumerate(zip(op.carried, op.inits, yields, op.results, strict=True)):
        if yielded is arg or yielded is init:
            replace_both(rewriter, arg, result, init)
        twin = seen.setdefault((init, yielded), i)
        if twin != i and yielded is not arg:
            rewriter.replace_value(arg, op.carried[twin])
            rewriter.replace_value(result, op.results[twin])
    gone = {i for i, (arg, result) in enumerate(zip(op.carried, op.results, strict=True)) if not result.uses and _feeds_itself(op, arg, i)}
    if gone:
        revisit_operands(rewriter, op)
        revisit_operands(rewriter, op.body.terminator)
        drop_for_carried(op, gone)
        dropped(rewriter, op)
    return bool(gone)


def _feeds_itself(op: scf.For, arg: Value, i: int) -> bool:
    """Whether nothing but the yield of its own position uses a carried value."""
    terminator = op.body.terminator
    return all(u is terminator for u in arg.uses) and all(v is not arg or k == i for k, v in enumerate(terminator.operands))


def replace_both(rewriter: Rewriter, arg: Value, result: Value, value: Value) -> None:
    """Use a value instead of a carried argument and its result."""
    if arg.uses:
        rewriter.replace_value(arg, value)
    if result.uses:
        rewriter.replace_value(result, value)


# ------------------------------------------------------------------ while


def _while(rewriter: Rewriter, op: Op) -> bool:
    assert isinstance(op, scf.While)
    condition = op.before.terminator
    if constant_of(condition.operands[0]) is False:
        handed = rewriter.inline(op.before, op, op.inits)
        rewriter.replace(op, *handed[1:])
        return True
    return _while_condition(rewriter, op) or _while_forwarded(rewriter, op) or _while_state(rewriter, op)


def _while_condition(rewriter: Rewriter, op: scf.While) -> bool:
    """A condition that is passed on is true in the after region and false in the result."""
    condition = op.before.terminator.operands[0]
    changed = False
    for passed, arg, result in zip(op.before.terminator.operands[1:], op.after.args, op.results, strict=True):
        if passed is condition and (arg.uses or result.uses):
            b = Builder(op.after, op.after.first, op.loc)
            replace_both(rewriter, arg, arg, b.constant(True, i1))
            if result.uses:
                assert op.parent is not None
                rewriter.replace_value(result, Builder(op.parent, op, op.loc).constant(False, i1))
            changed = True
    return changed


def _while_forwarded(rewriter: Rewriter, op: scf.While) -> bool:
    """What is passed on: values of outside need not be, equal ones are one, unused ones go."""
    condition = op.before.terminator
    seen: dict[Value, int] = {}
    for i, (passed, arg, result) in enumerate(zip(condition.operands[1:], op.after.args, op.results, strict=True)):
        if not defined_inside(passed, op.before):
            replace_both(rewriter, arg, result, passed)
        twin = seen.setdefault(passed, i)
        if twin != i:
            replace_both(rewriter, arg, arg, op.after.args[twin])
            replace_both(rewriter, result, result, op.results[twin])
    gone = {i for i, (arg, result) in enumerate(zip(op.after.args, op.results, strict=True)) if not arg.uses and not result.uses}
    if gone:
        revisit_operands(rewriter, condition)
        drop_while_passed(op, gone)
        dropped(rewriter, op)
    return bool(gone)


def _while_state(rewriter: Rewriter, op: scf.While) -> bool:
    """State that does not change is its init; unused state goes."""
    gone: set[int] = set()
    passed = dict(zip(op.after.args, op.before.terminator.operands[1:], strict=True))
    for i, (arg, init, yielded) in enumerate(zip(op.before.args, op.inits, op.after.terminator.operands, strict=True)):
        unchanged = yielded is init or passed.get(yielded) is arg
        if unchanged and arg.uses:
            rewriter.replace_value(arg, init)
        if not arg.uses:
            gone.add(i)
    if gone:
        revisit_operands(rewriter, op)
        revisit_operands(rewriter, op.after.terminator)
        drop_while_state(op, gone)
        dropped(rewriter, op)
    return bool(gone)


# ------------------------------------------------------------------ checks


def _check(rewriter: Rewriter, op: Op) -> bool:
    if constant_of(op.operands[0]) is True:
        rewriter.erase(op)
        return True
    return False


def _index(rewriter: Rewriter, op: Op) -> bool:
    """An index whose size, or distance from the size, is known."""
    i, n = op.operands
    position = constant_of(i)
    size = constant_of(n)
    if position is not None and size is not None:
        if -size <= position < size:
            rewriter.replace(op, rewriter.builder(op).index(int(position) + (int(size) if position < 0 else 0)))
            return True
        return False
    inner = i.op
    if isinstance(inner, irad.Index) and affine(inner.operands[1], 4) == affine(n, 4):
        rewriter.replace(op, i)
        return True
    return False


CONTROL: dict[type[Op], list[Pattern]] = {
    scf.If: [_if],
    scf.For: [_for],
    scf.While: [_while],
    irad.Check: [_check],
    irad.Index: [_index],
}
