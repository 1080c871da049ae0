"""Traces a Python function into a module of the IR."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType, MethodType, TracebackType
from typing import Any

import numpy as np

from irad.errors import IradError, UnsupportedError, fail, render
from irad.frontend import abstract, recursion, values
from irad.frontend import api as api
from irad.frontend.abstract import ArraySpec, Static
from irad.frontend.arguments import OfLeaves, Results, Write
from irad.frontend.calls import call
from irad.frontend.guards import Guards
from irad.frontend.recursion import holds_traced
from irad.frontend.rewrite import USER_CODES
from irad.frontend.source import NoSourceError, find
from irad.frontend.state import (
    Context,
    ControlFlow,
    Diverges,
    Pending,
    Region,
    Restart,
    State,
    contents,
    current_state,
    erase,
    running,
    state,
)
from irad.frontend.values import Array
from irad.frontend.written import written_arguments
from irad.ir.builder import Builder, building
from irad.ir.core import UNKNOWN, Block, Func, Loc, Module, Value
from irad.ir.ops import func as F
from irad.pytree import flatten as flatten_tree
from irad.pytree import rebuild

__all__ = ["StaticNeeded", "Trace", "capture", "trace"]


class StaticNeeded(UnsupportedError):
    """An integer argument is used where its value must be known while tracing: as an axis, for instance.

    `parameter` is its position among the parameters of the traced function. Trace again with that leaf as Static.
    """

    def __init__(self, text: str, parameter: int) -> None:
        super().__init__(text)
        self.parameter = parameter


@dataclass
class Trace:
    """A traced function.

    The parameters of `func` are the traced leaves of the arguments, then the captured arrays (`captures`), then the values of an
    outer trace that the function reads (`free`). `result` is the function's result with a spec in place of each number or array that
    `func` returns, in order; `Static` marks what is known already. `written` are the parameters whose memory is written, `writes` the
    entries of the arguments' containers that are rebound: trees like `result`, whose leaves `func` returns behind those of the result.
    `assumed` says that the code raises SizesDiffer on entry if sizes are not equal that it takes as equal.
    """

    module: Module
    func: Func
    result: Any
    captures: list[np.ndarray]
    guards: Guards
    free: list[Outer] = field(default_factory=list)
    written: set[int] = field(default_factory=set)
    exceptions: dict[str, type[BaseException]] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    assumed: bool = False


def trace(
    f: Callable[..., Any], specs: Sequence[Any], name: str | None = None, kwargs: dict[str, Any] | None = None, assume: bool = False
) -> Trace:
    """Trace a function for arguments of the specs, which may be trees of specs.

    With `assume`, sizes of arguments that meet are taken as equal, which the code tests when it is entered.

    Raises
    ------
    UnsupportedError
        If the function does what cannot be compiled; the text names the place, the reason and the way out.
    Exception
        What the function itself raises on values that are known while tracing.
    """
    recursive: dict[int, bool] = {}
    codes: list[CodeType] = []
    while True:
        try:
            return _Tracer(f, specs, name, kwargs or {}, recursive, assume).run()
        except Restart as restart:
            codes.append(restart.code)
            recursive[id(restart.code)] = restart.general
        except ControlFlow:
            raise
        except Exception as error:
            raise _user_error(error) from None


class _Tracer:
    """One attempt to trace a function."""

    def __init__(
        self,
        f: Callable[..., Any],
        specs: Sequence[Any],
        name: str | None,
        kwargs: dict[str, Any],
        recursive: dict[int, bool],
        assume: bool,
    ) -> None:
        self.f = f
        self.specs = specs
        self.kwargs = kwargs
        wish = name or getattr(f, "__name__", None) or type(f).__name__
        module = Module()
        self.func = Func("".join(c if c.isalnum() else "_" for c in wish).strip("_") or "f", Block(), (), _place(f))
        module.add(self.func)
        context = Context(self.func, regions=[Region(0, certain=True)])
        self.state = State(
            module, Builder(self.func.body, None, self.func.loc), context, outer=current_state(), recursive=recursive, assuming=assume
        )

    def run(self) -> Trace:
        """Trace, and put the result together."""
        now = self.state
        region = now.context.regions[0]
        with running(now), building(now.builder):
            try:
                args = [self.argument(s) for s in self.specs]
                kwargs = {k: self.argument(s) for k, s in self.kwargs.items()}
                result = self.call(args, kwargs)
                results = Results()
                tree, writes = results.of(result)
                values.emitter().op(F.Return, results.out)
                self.func.result_types = tuple(v.type for v in results.out)
                recursion.pass_captures(now, _capture)
                if now.outer is None:
                    for f in now.module.funcs.values():
                        _refuse_escapes(f.body, set())
                _refuse_lasting_writes(now, region)
            except BaseException:
                erase(self.func.body)
                region.restore()
                raise
        now.guards.seal(now.written)
        captures = [array for array, _ in now.context.captures.values()]
        free = _free_values(now) if now.outer is not None else []
        written = written_arguments(now.module, self.func)
        return Trace(now.module, self.func, tree, captures, now.guards, free, written, now.exceptions, writes, now.assumed)

    def argument(self, spec: Any) -> Any:
        """The value that the function gets for a spec: a parameter, or what is static."""
        leaves, structure = flatten_tree(spec)
        return rebuild(structure, [self.leaf(s) for s in leaves])

    def leaf(self, spec: Any) -> Any:
        if isinstance(spec, Static):
            return spec.value
        return abstract.wrap(self.func.body.add_arg(abstract.to_ir(spec)), spec)

    def call(self, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Run the function; a path that never returns gives None."""
        names = zip(_parameter_names(self.f), self.specs, strict=False)
        for arg, hint in zip(self.func.body.args, [n for n, spec in names if not isinstance(spec, Static)], strict=False):
            arg.hint = hint
        try:
            return call(self.f, *args, **kwargs)
        except (Diverges, Pending):
            return None


def _parameter_names(f: Any) -> list[str]:
    if isinstance(f, OfLeaves):
        return f.names
    function = f.__func__ if isinstance(f, MethodType) else f
    if not isinstance(function, FunctionType):
        return []
    names = list(function.__code__.co_varnames[: function.__code__.co_argcount])
    return names[1:] if isinstance(f, MethodType) else names


def _place(f: Any) -> Loc:
    """Where a function is defined: the name in its def, or the whole lambda."""
    code = getattr(getattr(f, "__func__", f), "__code__", None)
    if not isinstance(code, CodeType):
        return UNKNOWN
    try:
        node = find(code).node
    except NoSourceError:
        return Loc(code.co_filename, code.co_firstlineno, 0, code.co_firstlineno, 0, code.co_name)
    line, column = node.lineno, node.col_offset
    if isinstance(node, ast.Lambda):
        return Loc(code.co_filename, line, column, node.end_lineno or line, node.end_col_offset or column, code.co_name)
    return Loc(code.co_filename, line, column, line, column + len(f"def {node.name}"), code.co_name)


def _refuse_lasting_writes(now: State, region: Region) -> None:
    """Traced values must not stay behind in objects that live on; constants may, as when the function runs in Python."""
    for obj, before in region.log.values():
        for key, x in contents(obj).items():
            if holds_traced(x) and before.get(key) is not x:
                what = f"[{key!r}]" if isinstance(obj, list | dict) else f".{key}"
                kind = type(obj).__name__
                text = f"a value that is known only at run time is stored in {what} of a {kind} from outside the function."
                raise fail(UnsupportedError, now.places.get(id(obj), now.context.func.loc), text, "Return the value instead.")


def _refuse_escapes(block: Block, visible: set[Value]) -> None:
    """Values of a branch or loop must not be used behind it: what the user's code writes is carried, unless irad did not see it."""
    own = set(block.args)
    visible |= own
    for op in block.ops:
        if not visible.issuperset(op.operands):
            text = "a value made in a branch or loop is used outside of it. A method that Python calls itself has stored it in an object."
            raise fail(UnsupportedError, op.loc, text, "Give methods that change their object, such as __format__, an ordinary name.")
        for region in op.regions:
            _refuse_escapes(region, visible)
        own.update(op.results)
        visible.update(op.results)
    visible -= own


# ---------------------------------------------------------------- captured arrays and outer values


def capture(array: np.ndarray) -> Array:
    """The traced array for a real one: a further parameter of the function, the same for the same object."""
    return _capture(state().context, array)


def _capture(context: Context, array: np.ndarray) -> Array:
    known = context.captures.get(id(array))
    if known is None:
        spec = abstract.spec_of(array)
        assert isinstance(spec, ArraySpec)
        value = context.func.body.add_arg(abstract.to_ir(spec))
        known = context.captures[id(array)] = (array, Array(value, spec.dtype))
    return known[1]


def _free_values(now: State) -> list[Outer]:
    """Values of an outer trace that the function reads become further parameters."""
    found: dict[Value, Value] = {}
    func = now.context.func
    for op in func.walk():
        for i, value in enumerate(op.operands):
            block = value.block
            if block is not None and block.function() is not func:
                if value not in found:
                    found[value] = func.body.add_arg(value.type)
                op.set_operand(i, found[value])
    return [Outer(v) for v in found]


class Outer:
    """A value of an outer trace, as the IR knows it."""

    def __init__(self, value: Value) -> None:
        self.value = value


# ---------------------------------------------------------------- places and errors

_IRAD = os.path.dirname(os.path.dirname(__file__)) + os.sep
_NUMPY = os.path.dirname(np.__file__) + os.sep
_locs: dict[tuple[int, int], Loc] = {}
_codes: dict[int, tuple[CodeType, bool]] = {}  # code objects, and whether they are the user's


def locate() -> Loc:
    """Where the user's code is now: the nearest frame that is neither irad's nor NumPy's, inside the function being traced."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        known = _codes.get(id(code))
        if known is None:
            known = _codes[id(code)] = (code, _is_users(code))
        if known[1]:
            return _loc(code, frame.f_lasti)
        if code is _RUN:
            break
        frame = frame.f_back
    now = current_state()
    return UNKNOWN if now is None else now.context.func.loc


def _is_users(code: CodeType) -> bool:
    name = code.co_filename
    if id(code) in USER_CODES:
        return True
    made = name == "<string>" and code.co_name.startswith("__")  # the methods that dataclasses write
    return not made and not name.startswith((_IRAD, _NUMPY, "<frozen"))


_RUN = _Tracer.run.__code__  # the frame below which nothing belongs to the function being traced


_tables: dict[int, tuple[CodeType, list[tuple[int | None, int | None, int | None, int | None]]]] = {}


def _positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    """The places of a code object's instructions."""
    known = _tables.get(id(code))
    if known is None:
        known = _tables[id(code)] = code, list(code.co_positions())
    return known[1]


def _loc(code: CodeType, instruction: int) -> Loc:
    key = (id(code), instruction)
    known = _locs.get(key)
    if known is None:
        line, end_line, column, end_column = _positions(code)[instruction // 2]
        line = line or code.co_firstlineno
        known = _locs[key] = Loc(code.co_filename, line, column or 0, end_line or line, end_column or 0, code.co_name)
    return known


def _user_error(error: Exception) -> Exception:
    """An exception of a trace: irad's own frames are left out, the user's line is told once."""
    if os.environ.get("IRAD_DEBUG") == "1":
        return error
    loc = _deepest(error.__traceback__)
    error.__traceback__ = None
    error.__context__ = None
    if isinstance(error, IradError) or loc is UNKNOWN or _told(error):
        return error
    text = str(error.args[0]) if len(error.args) == 1 else None
    if text is not None and isinstance(error, TypeError):
        text = text.replace("'Scalar'", "a traced number").replace("'Array'", "a traced array")
    if (
        text is not None
        and type(error).__module__ == "builtins"
        and isinstance(error.args[0], str)
        and not isinstance(error, KeyError | OSError | SyntaxError | UnicodeError)
    ):
        error.args = (render(loc, text),)
    else:
        error.add_note(render(loc, ""))
    return error


def _told(error: Exception) -> bool:
    return bool(error.args) and isinstance(error.args[0], str) and '\n  File "' in error.args[0]


def _deepest(traceback: TracebackType | None) -> Loc:
    found = UNKNOWN
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if id(code) in USER_CODES:
            found = _loc(code, traceback.tb_lasti)
        traceback = traceback.tb_next
    return found


def _needed(x: Any, what: str = "an integer") -> UnsupportedError:
    refusal = _refusal(x, what)
    now = current_state()
    if now is None or x.value not in now.context.func.args or now.context.outer is not None:
        return refusal
    return StaticNeeded(str(refusal), now.context.func.args.index(x.value))


_refusal = values.needed
values.locate = locate
values.capture = capture
values.needed = _needed
