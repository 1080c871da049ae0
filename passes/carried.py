"""What structured operations carry: results, yields, block arguments and inits, taken out or added in step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from irad.ir.core import Block, Op, Value
from irad.ir.ops import scf


def _keep(values: list[Value], gone: set[int]) -> list[Value]:
    left = [v for i, v in enumerate(values) if i not in gone]
    for i, value in enumerate(left):
        value.index = i
    return left


def _keep_operands(op: Op, gone: set[int], first: int = 0) -> None:
    op.set_operands([v for i, v in enumerate(op.operands) if i - first not in gone])


def drop_if_results(op: scf.If, gone: set[int]) -> None:
    """Remove results of a branch; nobody uses them."""
    op.results = _keep(op.results, gone)
    for region in op.regions:
        _keep_operands(region.terminator, gone)


def drop_for_carried(op: scf.For, gone: set[int]) -> None:
    """Remove carried values of a loop; nobody but their own yields uses them."""
    op.results = _keep(op.results, gone)
    _keep_operands(op.body.terminator, gone)
    op.body.args = _keep(op.body.args, {i + 1 for i in gone})
    _keep_operands(op, gone, 3)


def drop_while_passed(op: scf.While, gone: set[int]) -> None:
    """Remove values that the condition passes on; nobody uses the results and the arguments of the after region."""
    op.results = _keep(op.results, gone)
    _keep_operands(op.before.terminator, gone, 1)
    op.after.args = _keep(op.after.args, gone)


def drop_while_state(op: scf.While, gone: set[int]) -> None:
    """Remove state; nobody uses the arguments of the before region."""
    _keep_operands(op, gone)
    _keep_operands(op.after.terminator, gone)
    op.before.args = _keep(op.before.args, gone)


def add_for_carried(op: scf.For, inits: Iterable[Value], hints: Sequence[str] = ()) -> list[Value]:
    """Carry more values through a loop: inits added, and arguments, which are returned; the caller adds the yields."""
    args: list[Value] = []
    for i, init in enumerate(inits):
        hint = hints[i] if i < len(hints) else init.hint
        op.add_operand(init)
        op.add_result(init.type, hint)
        args.append(op.body.add_arg(init.type, hint))
    return args


def retarget(block: Block, values: Iterable[Value]) -> None:
    """Append values to a block's terminator."""
    for value in values:
        block.terminator.add_operand(value)
