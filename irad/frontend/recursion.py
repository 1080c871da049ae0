"""Recursive functions: each becomes a function of the IR, one per kind of arguments, whose result type is found by tracing it again.

A recursive call whose result type is not known yet ends its path (`Pending`); the paths without one decide the type, and the
function is traced again with it, until it does not change any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import CellType, FunctionType
from typing import Any

import numpy as np

from irad.errors import InternalError
from irad.frontend import abstract, values
from irad.frontend.calls import _RECURSION, UNROLL_LIMIT, Frame, inline
from irad.frontend.exits import is_internal
from irad.frontend.growing import Growth
from irad.frontend.merging import (
    HOLE,
    Fixed,
    Grown,
    Leaf,
    Maybe,
    MaybeUnbound,
    Mismatch,
    Template,
    Tree,
    Widening,
    build,
    flatten,
    template,
    types,
)
from irad.frontend.regions import mismatched
from irad.frontend.state import Context, Diverges, Pending, Region, Restart, State, contents, erase
from irad.frontend.values import Array, Traced
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import func as F
from irad.pytree import is_object

_PASSES = 12


@dataclass(eq=False)
class Function:
    """A recursive function for one kind of arguments."""

    name: str
    inputs: list[Template]
    cells: list[tuple[CellType, Template]]
    func: Func | None = None
    result: Template | None = None
    called: bool = False  # by itself, in the trace that is running
    done: bool = False
    diverges: bool = False
    captures: list[np.ndarray] = field(default_factory=list)
    calls: list[tuple[Context, Op]] = field(default_factory=list)


# ---------------------------------------------------------------- what a function is specialised on


def argument_template(x: Any, general: bool) -> Template:
    """The template of an argument; with `general`, constants that are numbers are passed at run time too."""
    if isinstance(x, Traced | np.ndarray):
        return Leaf(abstract.spec_of(x))
    if isinstance(x, bool | int | float | np.generic) and general:
        return Leaf(abstract.spec_of(x))
    if isinstance(x, tuple) and (type(x) is tuple or hasattr(x, "_fields")):
        return Tree(type(x), tuple(range(len(x))), [argument_template(v, general) for v in x], [])
    if isinstance(x, Growth):
        return Grown(x.spec)
    if isinstance(x, Maybe):
        return MaybeUnbound(argument_template(x.value, general), argument_template(x.flag, general))
    if isinstance(x, list | dict) or _has_attributes(x):
        held = contents(x)
        if any(holds_traced(v) for v in held.values()):
            return Tree(type(x), tuple(held), [argument_template(v, general) for v in held.values()], [x])
    return Fixed(x)


def _has_attributes(x: Any) -> bool:
    module = type(x).__module__
    return is_object(x) or (
        hasattr(x, "__dict__")
        and not isinstance(x, type)
        and not callable(x)
        and module not in ("builtins", "types")
        and not module.startswith(("numpy", "irad."))
    )


def holds_traced(x: Any, met: set[int] | None = None) -> bool:
    """Whether a value is traced or holds a traced one, however deep."""
    if isinstance(x, Traced | Growth | Maybe):
        return True
    met = set() if met is None else met
    if id(x) in met or not (isinstance(x, tuple | list | dict) or _has_attributes(x)):
        return False
    met.add(id(x))
    return any(holds_traced(v, met) for v in (x if isinstance(x, tuple) else contents(x).values()))


def _key(t: Template) -> Any:
    """What of a template tells two versions of a function apart."""
    match t:
        case Leaf():
            return t.spec
        case Grown():
            return ("grown", t.spec)
        case Tree():
            return (t.kind, t.keys, tuple(_key(p) for p in t.parts))
        case MaybeUnbound():
            return ("maybe", _key(t.value), _key(t.flag))
    x = t.value
    if x is None or isinstance(x, bool | int | float | complex | str | bytes | np.generic):
        return (type(x), repr(x))
    return ("object", id(x))


def signature(frame: Frame) -> Any:
    """The kinds of the arguments of a call; calls of one function with equal signatures do the same."""
    function = frame.function
    kinds = (
        tuple(_key(argument_template(a, False)) for a in frame.args),
        tuple((k, _key(argument_template(v, False))) for k, v in sorted(frame.kwargs.items())),
    )
    return (id(function.__code__), kinds)


def _traced_cells(f: FunctionType, seen: set[int]) -> Iterator[CellType]:
    """Closure cells of a function, and of the functions in them, that hold traced values."""
    if id(f) in seen:
        return
    seen.add(id(f))
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        if is_internal(name) or id(cell) in seen:
            continue
        seen.add(id(cell))
        try:
            x = cell.cell_contents
        except ValueError:
            continue
        if isinstance(x, FunctionType):
            yield from _traced_cells(x, seen)
        elif holds_traced(x):
            yield cell


# ---------------------------------------------------------------- calls


def call(now: State, f: FunctionType, target: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any], general: bool) -> Any:
    """Call a recursive function; trace it first if this is its first call with such arguments."""
    names = sorted(kwargs)
    given = [*args, *(kwargs[n] for n in names)]
    inputs = [argument_template(x, general) for x in given]
    cells = [(c, argument_template(c.cell_contents, False)) for c in _traced_cells(f, set())]
    key = (id(f.__code__), len(args), tuple(names), tuple(_key(t) for t in inputs), tuple((id(c), _key(t)) for c, t in cells))
    function = now.functions.get(key)
    if function is None:
        if not general and now.active.get(id(f.__code__), 0) >= UNROLL_LIMIT:
            raise Restart(f.__code__, True)
        function = now.functions[key] = Function(now.module.unique_name(f.__name__.replace("<lambda>", "lambda")), inputs, cells)
        _trace_function(now, function, Frame(f, args, kwargs), target, names)
    function.called = True
    if function.result is None:
        if function.done:
            raise Diverges
        raise Pending
    out: list[Value] = []
    seen: set[int] = set()
    for t, x in zip(inputs, given, strict=True):
        flatten(t, x, out, seen)
    for cell, t in cells:
        flatten(t, cell.cell_contents, out, seen)
    b = values.emitter()
    op = b.op(F.Call, out, {"callee": function.name}, types([function.result]))
    function.calls.append((now.context, op))
    if function.done and function.diverges:
        raise Diverges
    return build(function.result, iter(op.results), {}, now, None)


def _trace_function(now: State, function: Function, frame: Frame, target: FunctionType, names: Sequence[str]) -> None:
    """Trace the body until its result type settles."""
    loc = values.emitter().loc
    for _ in range(_PASSES):
        earlier = set(now.functions)
        body = Block()
        func = Func(function.name, body, (), loc)
        function.func, function.called = func, False
        now.module.funcs[function.name] = func
        result = _trace_body(now, function, frame, target, names)
        if result is Pending:
            raise values.refuse(
                f"{frame.function.__name__} calls itself on every path, so that it never returns.",
                "Add a path that returns without the call.",
            )
        function.diverges = result is Diverges
        old = function.result
        new = None if function.diverges else _widen_result(frame.function.__name__, old, result)
        if new is not old and function.called:
            function.result = new
            erase(body)
            for key in [k for k in now.functions if k not in earlier]:  # they may call this one with the old type
                del now.module.funcs[now.functions.pop(key).name]
            continue
        function.result = new
        _return(now, function, func, HOLE if function.diverges else result)
        function.done = True
        return
    raise InternalError(f"the result type of {frame.function.__name__} does not settle")


def _widen_result(name: str, old: Template | None, result: Any) -> Template:
    if old is None:
        return template(result, True)
    try:
        return Widening()(old, result)
    except Mismatch as mismatch:
        raise mismatched(f"the result of {name}", mismatch) from None


def _trace_body(now: State, function: Function, frame: Frame, target: FunctionType, names: Sequence[str]) -> Any:
    """Trace the body once, in a context of its own; Pending or Diverges if it does not return."""
    assert function.func is not None
    body = function.func.body
    for type in types((*function.inputs, *(t for _, t in function.cells))):
        body.add_arg(type)
    builder = now.builder
    place = builder.block, builder.before
    context = now.context
    now.serial += 1
    own = now.context = Context(function.func, context, conditional=True, regions=[Region(now.serial)])
    outer_cells = [c.cell_contents for c, _ in function.cells]
    given, made = iter(body.args), {}
    builder.block, builder.before = body, None
    try:
        args = [build(t, given, made, now, None) for t in function.inputs]
        for cell, t in function.cells:
            cell.cell_contents = build(t, given, made, now, None)
        count = len(frame.args)
        inner = replace(frame, args=tuple(args[:count]), kwargs=dict(zip(names, args[count:], strict=True)), signature=None)
        result = _run(now, inner, target)
        _check_writes(own.regions[0], frame.function.__name__)
    finally:
        own.regions[0].restore()
        for (cell, _), x in zip(function.cells, outer_cells, strict=True):
            cell.cell_contents = x
        now.context = context
        builder.block, builder.before = place
    function.captures = [array for array, _ in own.captures.values()]
    return result


def _run(now: State, frame: Frame, target: FunctionType) -> Any:
    try:
        return inline(now, frame, target, now.active.get(id(frame.function.__code__), 0))
    except Pending:
        return Pending
    except Diverges:
        return Diverges


def _check_writes(region: Region, name: str) -> None:
    for obj, before in region.log.values():
        after = contents(obj)
        if after.keys() != before.keys() or any(after[k] is not before[k] for k in after):
            raise values.refuse(
                f"the recursive function {name} writes into a {type(obj).__name__} from outside.",
                "Return the new values, or keep the numbers in an array.",
            )


def _return(now: State, function: Function, func: Func, result: Any) -> None:
    out: list[Value] = []
    if function.result is not None:
        with now.emitting(func.body):
            flatten(function.result, result, out, set())
    Builder(func.body, None, func.loc).op(F.Return, out)
    func.result_types = tuple(v.type for v in out)


# ---------------------------------------------------------------- captured arrays


def pass_captures(now: State, capture: Callable[[Context, np.ndarray], Array]) -> None:
    """Give every call of a recursive function the arrays that the function captures; captures in the callers what they lack."""
    functions = [f for f in now.functions.values() if f.done]
    passed: dict[int, int] = {id(f): 0 for f in functions}
    contexts = {id(f.func): f for f in functions}
    changed = True
    while changed:
        changed = False
        for f in functions:
            for array in f.captures[passed[id(f)] :]:
                changed = True
                passed[id(f)] += 1
                _pass(f, array, contexts, capture)


def _pass(f: Function, array: np.ndarray, contexts: dict[int, Function], capture: Callable[[Context, np.ndarray], Array]) -> None:
    for context, op in f.calls:
        if op.parent is None or op.parent.function() is not context.func:
            continue  # of an attempt that was given up
        op.add_operand(capture(context, array).value)
        caller = contexts.get(id(context.func))
        if caller is not None and not any(a is array for a in caller.captures):
            caller.captures.append(array)


_RECURSION["call"] = call
_RECURSION["signature"] = signature
