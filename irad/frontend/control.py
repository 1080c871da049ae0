"""Branches, short-circuit operators, checks and raises of rewritten code: Python where the condition is known, IR where it is traced."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from irad.frontend import values
from irad.frontend.calls import call
from irad.frontend.dtypes import BOOL
from irad.frontend.emit import is_true, negate_bool
from irad.frontend.growing import growth_of, length_of
from irad.frontend.merging import Maybe
from irad.frontend.regions import Join, Side, Thunk, Variable, harmless, trace_side, variables
from irad.frontend.special import method_of, truth_of
from irad.frontend.state import Diverges, Pending, State, erase, only, splice, state
from irad.frontend.values import Array, Scalar, Traced
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, irad, scf


def is_traced(x: Any) -> bool:
    """Whether the truth of a value is known only at run time."""
    return isinstance(x, Traced) or (type(x) is list and growth_of(x) is not None)


def truth(x: Any) -> Value:
    """The i1 that tells whether a traced value is true."""
    if isinstance(x, Scalar):
        return is_true(values.emitter(), x.value, x.dtype)
    if isinstance(x, Array):
        raise values.refuse(
            "the truth value of an array with more than one element is ambiguous.", "Compare one element, or use np.sum(condition) > 0."
        )
    return truth(length_of(x))


def if_(test: Any, then: Thunk, orelse: Thunk | None, names: Sequence[str], temporaries: Sequence[str]) -> None:
    """An if statement; `names` are needed behind it, `temporaries` are not."""
    if not is_traced(test):
        if test:
            then()
        elif orelse is not None:
            orelse()
        return
    branch(test, then, orelse, variables(names, then, orelse), variables(temporaries, then, orelse))


def ifexp(test: Any, then: Thunk, orelse: Thunk, names: Sequence[str] = ()) -> Any:
    """`then if test else orelse`."""
    if not is_traced(test):
        return then() if test else orelse()
    return branch(test, then, orelse, variables(names, then, orelse))


def and_(left: Any, right: Thunk, names: Sequence[str] = ()) -> Any:
    """`left and right`."""
    test = truth_of(left)
    if not is_traced(test):
        return right() if test else left
    return branch(test, right, lambda: left, variables(names, right), combine=arith.AndI if test is left else None)


def or_(left: Any, right: Thunk, names: Sequence[str] = ()) -> Any:
    """`left or right`."""
    test = truth_of(left)
    if not is_traced(test):
        return left if test else right()
    return branch(test, lambda: left, right, variables(names, right), combine=arith.OrI if test is left else None)


def as_bool(x: Any) -> Any:
    """An operand of which only the truth counts."""
    x = truth_of(x)
    if not is_traced(x):
        return bool(x)
    return x if isinstance(x, Scalar) and x.dtype == BOOL else Scalar(truth(x), BOOL, True)


def not_(x: Any) -> Any:
    """`not x`."""
    x = truth_of(x)
    if not is_traced(x):
        return not x
    condition = truth(x)
    return Scalar(negate_bool(values.emitter(), condition), BOOL, True)


def branch(
    test: Any,
    then: Thunk | None,
    orelse: Thunk | None,
    names: Sequence[Variable],
    temporaries: Sequence[Variable] = (),
    combine: type[arith.AndI | arith.OrI] | None = None,
) -> Any:
    """Run one of two pieces of code at run time; the value is what they return.

    `combine`: the operation that does it without a branch, if both are truth values and the second is cheap and harmless.
    """
    now = state()
    condition = truth(test)
    a = trace_side(now, then, names, temporaries)
    b = trace_side(now, orelse, names, temporaries)
    builder = values.emitter()
    if a.ended or b.ended:
        return _one_sided(now, builder, condition, a, b, names)
    if combine is not None and (combined := _combined(builder, test, a, b, combine)) is not None:
        return combined
    join = Join(now, names, a, b)
    result_types = join.types
    if a.block.first is None and b.block.first is None and not result_types:
        return join.finish(())
    for side, block in enumerate((a.block, b.block)):
        given = join.yields(side, block)
        builder.at(block).yield_(*given)
    op = builder.op(scf.If, (condition,), None, result_types, [a.block, b.block])
    return join.finish(op.results)


def _combined(builder: Builder, test: Any, a: Side, b: Side, combine: type[arith.AndI | arith.OrI]) -> Any:
    """`and`/`or` of two truth values, without a branch where the right one is harmless."""
    side = a if combine is arith.AndI else b
    plain = not side.held and not side.finals and isinstance(test, Scalar) and test.dtype == BOOL
    if not plain or not only(side.block, harmless):
        return None
    right = side.result
    if isinstance(right, bool | np.bool_):
        erase(side.block)
        return test if bool(right) is (combine is arith.AndI) else bool(right)
    if not isinstance(right, Scalar) or right.dtype != BOOL:
        return None
    splice(side.block, builder.block)
    return Scalar(builder(combine, test.value, right.value), BOOL, test.weak and right.weak)


def _one_sided(now: State, builder: Builder, condition: Value, a: Side, b: Side, names: Sequence[Variable]) -> Any:
    """A branch of which a side does not come to its end: the program goes on as the other side does."""
    if a.ended and b.ended:
        if Pending in (a.ended, b.ended):
            erase(a.block)
            erase(b.block)
            raise Pending
        for side in (a, b):
            builder.at(side.block).yield_()
        builder.op(scf.If, (condition,), None, (), [a.block, b.block])
        raise Diverges
    ended, other = (a, b) if a.ended else (b, a)
    if ended.ended is Diverges:
        _leave(builder, condition, ended, ended is a)
    else:
        erase(ended.block)
    splice(other.block, builder.block)
    return other.apply(now, names)


def _leave(builder: Builder, condition: Value, side: Side, when: bool) -> None:
    """Emit the side that raises: as a mere check where it does nothing else."""
    last = side.block.last
    if isinstance(last, irad.Check) and all(op is last or harmless(op) for op in side.block.ops):
        splice(side.block, builder.block)
        holds = negate_bool(builder, condition) if when else condition
        if not _is_false(last.operands[0]):
            holds = builder(arith.OrI, holds, last.operands[0])
        last.detach()
        builder.insert(last)
        last.set_operand(0, holds)
        return
    op = builder.if_(condition)
    target = op.then if when else op.orelse
    splice(side.block, target)
    for block in (op.then, op.orelse):
        builder.at(block).yield_()


def _is_false(value: Value) -> bool:
    return isinstance(value.op, arith.Constant) and not value.op.value


# ---------------------------------------------------------------- names, checks, raises


def bound(read: Thunk, name: str) -> Any:
    """The value of a variable that some path may not have assigned."""
    try:
        x = read()
    except NameError:
        missing(UnboundLocalError, f"cannot access local variable '{name}' where it is not associated with a value")
        raise Diverges from None
    return (
        present(x, UnboundLocalError, f"cannot access local variable '{name}' where it is not associated with a value")
        if type(x) is Maybe
        else x
    )


def present(x: Maybe, error: type[Exception], message: str) -> Any:
    """The value of what some path did not assign, checked at run time."""
    if x.flag is False:
        missing(error, message)
        raise Diverges
    flag = truth(x.flag)
    values.emitter().check(flag, error.__name__, _escaped(message))
    return x.value


def missing(error: type[Exception], message: str) -> None:
    """Raise an exception that is certain here: now, or at run time if this code may not run."""
    raise_(error(message))


def raise_(exception: Any) -> None:
    """A raise statement."""
    now = state()
    if isinstance(exception, type):
        exception = exception()
    if not now.conditional or now.awaits(exception):
        raise exception
    kind = type(exception)
    name = kind.__name__
    if getattr(builtins, name, None) is not kind:
        name = f"{kind.__module__}.{kind.__qualname__}"
        now.exceptions[name] = kind
    message, shown = _message(exception)
    builder = values.emitter()
    builder.check(builder.constant(False, builder.true().type), name, message, *shown)
    raise Diverges


def assert_(test: Any, message: Thunk | None = None) -> None:
    """An assert statement."""

    def fails() -> None:
        raise_(AssertionError(message()) if message is not None else AssertionError())

    if is_traced(test):
        branch(test, None, fails, ())
    elif not test:
        fails()


def decided(test: Any) -> bool:
    """A condition in a generator, whose control flow is Python's."""
    test = truth_of(test)
    if is_traced(test):
        raise values.refuse(
            "a generator runs while tracing, but this condition is known only when the compiled function runs.",
            "Return a list, or write the loop where the values are used.",
        )
    return bool(test)


def static(x: Any, what: str) -> Any:
    """A value that a construct needs while tracing."""
    if is_traced(x):
        raise values.refuse(f"the subject of a {what} statement is known only when the compiled function runs.", "Use if and elif.")
    return x


class Shown:
    """A traced value in an f-string: formats as a marker, which the message of an exception replaces by the value at run time."""

    def __init__(self, value: Scalar) -> None:
        self.marker = f"\ue000{id(value)}\ue001"
        state().shown[self.marker] = value

    def __format__(self, spec: str) -> str:
        return self.marker

    __str__ = __repr__ = lambda self: self.marker  # type: ignore[assignment]


def text(x: Any, name: str) -> Any:
    """A value that an f-string formats, `name` being the method that it asks for."""
    method = method_of(x, name) or method_of(x, "__repr__")
    return Shown(x) if isinstance(x, Scalar) else x if method is None else call(method, x)


def _message(exception: BaseException) -> tuple[str, list[Value]]:
    """Text of an exception with {0}, {1} for traced values, and those values."""
    if len(exception.args) == 1 and isinstance(exception.args[0], Scalar):
        return "{0}", [exception.args[0].value]
    message = _escaped(str(exception))
    shown: list[Value] = []
    for marker, value in state().shown.items():
        if marker in message:
            message = message.replace(marker, f"{{{len(shown)}}}")
            shown.append(value.value)
    return message, shown


def _escaped(message: str) -> str:
    return message.replace("{", "{{").replace("}", "}}")
