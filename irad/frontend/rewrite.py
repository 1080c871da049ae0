"""Rewrites a function so that running it with traced arguments builds IR: control flow becomes calls of `control.py`.

    if x > 0: y = x             def _irad_then1(): nonlocal y; y = x
    else: y = -x         ->     def _irad_else1(): nonlocal y; y = -x
                                _irad_if_(x > 0, _irad_then1, _irad_else1, ("y",))

The tracer finds the variables in the closure cells of these functions. Every node keeps its place in the user's file, so that the
positions of the new code object are the user's.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import CellType, CodeType, FunctionType
from typing import Any

from irad.frontend import fence
from irad.frontend.exits import Exits, falls
from irad.frontend.expressions import API, OPERATORS, Expressions, Scope, at, constants, strip_annotations
from irad.frontend.liveness import analyse, assigned, captured, declarations, parameters
from irad.frontend.source import FunctionNode, find


class Rewriter(Expressions):
    """Rewrites the statements of a function and of those inside it."""

    # ------------------------------------------------------------ functions

    def function(self, node: FunctionNode) -> ast.FunctionDef:
        """A function or lambda, rewritten as a def; defaults and decorators are left out."""
        body = [at(ast.Return(node.body), node.body)] if isinstance(node, ast.Lambda) else node.body
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        strip_annotations(node.args)
        node.args.defaults = [at(ast.Constant(None), d) for d in node.args.defaults]
        node.args.kw_defaults = [d and at(ast.Constant(None), d) for d in node.args.kw_defaults]
        names = tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))
        new = self.define(f"{API}function", [], self.body(node, body, name, names), node)
        new.args = node.args
        return new

    def body(self, node: FunctionNode, body: Sequence[ast.stmt], name: str, names: tuple[str, ...]) -> list[ast.stmt]:
        """The body of a function in a scope of its own."""
        outer = self.scope
        given = parameters(node.args)
        declared = declarations(body)
        local = (assigned(body) | given) - set(declared)
        self.scope = Scope(name, names, set(local), declared, bound=set(given))
        self.scope.enclosing = (outer.enclosing | outer.locals) - local
        self.scope.enclosing_bound = (outer.enclosing_bound | outer.bound) - local
        if fence.is_generator(node):
            self.scope.generator = True
            self.scope.bound |= self.scope.locals
            out = [*self.declarations(sorted(declared), node), *self.block(body)]
        else:
            structured = Exits().function(_without_docstring(body))
            analyse(structured, captured(structured) | set(declared))
            own = sorted(assigned(structured) - given - set(declared))
            hints: list[ast.stmt] = [
                at(ast.AnnAssign(at(ast.Name(n, ast.Store()), node), at(ast.Constant(None), node), None, 1), node) for n in own
            ]
            self.scope.locals |= set(own)
            out = [*self.declarations(sorted(declared), node), *hints, *self.block(structured)]
        self.scope = outer
        return out

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        self.defaults(node.args)
        node.returns = None
        node.body = self.body(node, node.body, node.name, tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args)))
        self.scope.bound.add(node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        outer, self.class_name = self.class_name, node.name
        for i, statement in enumerate(node.body):
            if isinstance(statement, ast.FunctionDef):
                node.body[i] = self.visit(statement)
        self.class_name = outer
        self.scope.bound.add(node.name)
        return node

    # ------------------------------------------------------------ blocks

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements of a block."""
        out: list[ast.stmt] = []
        for statement in body:
            outer, self.hoisted = self.hoisted, []
            new = self.visit(statement)
            out.extend(self.hoisted)
            out.extend(new if isinstance(new, list) else [] if new is None else [new])
            self.hoisted = outer
        return out

    def control(
        self, what: str, nodes: Sequence[ast.AST], body: list[ast.stmt], place: ast.AST, arguments: Sequence[str] = ()
    ) -> ast.FunctionDef:
        """A control function that assigns the names that its nodes assign."""
        return self.define(self.fresh(what), arguments, [*self.declarations(sorted(assigned(nodes)), place), *body], place)

    def carry(self, nodes: Sequence[ast.AST], live: set[str]) -> tuple[list[str], list[str]]:
        """The names that the nodes assign: those that are needed later, and the rest."""
        names = assigned(nodes) - set(self.scope.declared)
        return sorted(names & live), sorted(names - live)

    @contextmanager
    def maybe(self) -> Iterator[None]:
        """A block that may not run: what it assigns may be unbound afterwards."""
        before = set(self.scope.bound)
        yield
        self.scope.bound = before

    def visit_If(self, node: Any) -> Any:
        if self.scope.generator:
            return self.as_python(node)
        test = self.test(node.test)
        names, temporaries = self.carry([*node.body, *node.orelse], node.live_out)
        before = set(self.scope.bound)
        then = self.control("then", node.body, self.block(node.body), node.test)
        after_then, self.scope.bound = self.scope.bound, set(before)
        orelse = self.control("else", node.orelse, self.block(node.orelse), node.test) if node.orelse else None
        after_else = self.scope.bound
        ends = [b for b, body in ((after_then, node.body), (after_else, node.orelse)) if falls(body)]
        self.scope.bound = set.intersection(*ends) if ends else after_then | after_else
        lists = [constants(n, node.test) for n in (names, temporaries)]
        call = self.emit(node.test, "if_", test, _reference(then, node.test), _reference(orelse, node.test), *lists)
        return [then, *([orelse] if orelse else []), at(ast.Expr(call), node.test)]

    def visit_While(self, node: Any) -> Any:
        if self.scope.generator:
            return self.as_python(node)
        every, temporaries = self.carry([*node.body, node.test], node.live_head | node.live_out)
        heads, outs = [n for n in every if n in node.live_head], [n for n in every if n not in node.live_head]
        with self.maybe():
            outer, self.hoisted = self.hoisted, []
            test = self.test(node.test)
            lines = [*self.hoisted, at(ast.Return(test), node.test)]
            self.hoisted = outer
            header = self.control("test", [node.test], lines, node.test)
            body = self.control("body", node.body, self.block(node.body), node.test)
        lists = [constants(n, node.test) for n in (heads, outs, temporaries)]
        call = self.emit(node.test, "while_", _reference(header, node.test), _reference(body, node.test), *lists)
        return [header, body, at(ast.Expr(call), node.test)]

    def visit_For(self, node: Any) -> Any:
        if self.scope.generator:
            return self.for_of_generator(node)
        iterable = self.visit(node.iter)
        every, temporaries = self.carry([*node.body, node.target], node.live_head | node.live_out)
        heads, outs = [n for n in every if n in node.live_head], [n for n in every if n not in node.live_head]
        item = f"{API}item"
        with self.maybe():
            take = at(ast.Assign([node.target], at(ast.Name(item, ast.Load()), node.target)), node.target)
            body = self.control("body", [*node.body, node.target], self.block([take, *node.body]), node.iter, [item])
        lists = [constants(n, node.iter) for n in (heads, outs, getattr(node, "exits", ()), temporaries)]
        call = self.emit(node.iter, "for_", iterable, _reference(body, node.iter), *lists)
        return [body, at(ast.Expr(call), node.iter)]

    # ------------------------------------------------------------ generators, which run in Python while tracing

    def as_python(self, node: Any) -> ast.stmt:
        """A statement of a generator: its control flow stays Python's."""
        if isinstance(node, ast.If | ast.While):
            node.test = self.emit(node.test, "decided", self.visit(node.test))
        for name in ("body", "orelse", "finalbody"):
            if hasattr(node, name):
                setattr(node, name, self.block(getattr(node, name)))
        for handler in getattr(node, "handlers", ()):
            handler.body = self.block(handler.body)
        return node

    visit_Try = visit_TryStar = as_python

    def for_of_generator(self, node: ast.For) -> ast.stmt:
        """A for statement of a generator."""
        node.iter = self.emit(node.iter, "generated", self.visit(node.iter))
        item = self.fresh("item")
        take = at(ast.Assign([node.target], at(ast.Name(item, ast.Load()), node.target)), node.target)
        node.target = at(ast.Name(item, ast.Store()), node.target)
        node.body = [take, *node.body]
        return self.as_python(node)

    def visit_With(self, node: ast.With) -> ast.stmt:
        for item in node.items:
            item.context_expr = self.emit(item.context_expr, "managed", self.visit(item.context_expr))
            if item.optional_vars is not None:
                self.scope.bound |= assigned([item.optional_vars])
        node.body = self.block(node.body)
        return node

    def visit_Match(self, node: ast.Match) -> ast.stmt:
        node.subject = self.emit(node.subject, "static", self.visit(node.subject), at(ast.Constant("match"), node.subject))
        for case in node.cases:
            with self.maybe():
                self.scope.bound |= assigned([case.pattern])
                case.guard = self.visit(case.guard) if case.guard is not None else None
                case.body = self.block(case.body)
        return node

    # ------------------------------------------------------------ assignments

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        value = self.visit(node.value)
        if len(node.targets) > 1:
            temporary = self.fresh("value")
            out: list[ast.stmt] = [_set(temporary, value)]
            for target in node.targets:
                out.extend(self.store(target, at(ast.Name(temporary, ast.Load()), value)))
            return out
        return self.store(node.targets[0], value)

    def store(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        """Assign a value that is already rewritten."""
        match target:
            case ast.Name():
                if target.id in self.scope.declared:
                    value = self.emit(value, "outer", value, at(ast.Constant(target.id), value))
                self.scope.bound.add(target.id)
                return [at(ast.Assign([target], value), value)]
            case ast.Attribute():
                name = at(ast.Constant(self.mangle(target.attr)), target)
                return [at(ast.Expr(self.emit(target, "setattr", value, self.base(target.value), name)), target)]
            case ast.Subscript():
                return [at(ast.Expr(self.emit(target, "setitem", value, self.base(target.value), self.visit(target.slice))), target)]
            case ast.Tuple() | ast.List():
                return self.unpack(target, value)
        raise self.refuse(target, "this assignment is not supported.", "Assign to names.")

    def unpack(self, target: ast.Tuple | ast.List, value: ast.expr) -> list[ast.stmt]:
        """Assign a sequence to several targets; those that are not names take their values from temporaries."""
        starred = any(isinstance(t, ast.Starred) for t in target.elts)
        if not (
            isinstance(value, ast.Tuple)
            and len(value.elts) == len(target.elts)
            and not starred
            and not any(isinstance(v, ast.Starred) for v in value.elts)
        ):
            value = self.emit(value, "unpack", value, at(ast.Constant(None if starred else len(target.elts)), value))
        after: list[ast.stmt] = []
        elements: list[ast.expr] = []
        for element in target.elts:
            inner = element.value if isinstance(element, ast.Starred) else element
            simple = inner
            if inner is not element or not (isinstance(inner, ast.Name) and inner.id not in self.scope.declared):
                simple = at(ast.Name(self.fresh("part"), ast.Store()), inner)
                part: ast.expr = at(ast.Name(simple.id, ast.Load()), inner)
                after.extend(self.store(inner, part if inner is element else self.emit(part, "fresh", part)))
            else:
                self.scope.bound.add(inner.id)
            elements.append(at(ast.Starred(simple, ast.Store()), element) if isinstance(element, ast.Starred) else simple)
        return [at(ast.Assign([at(ast.Tuple(elements, ast.Store()), target)], value), value), *after]

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        operator = at(ast.Constant(OPERATORS[type(node.op)]), node)
        target = node.target
        if isinstance(target, ast.Name):
            old = self.visit(at(ast.Name(target.id, ast.Load()), target))
            return self.store(target, self.emit(node, "inplace", operator, old, self.visit(node.value)))
        holder = self.fresh("holder")
        out: list[ast.stmt] = [_set(holder, self.base(target.value))]
        held = at(ast.Name(holder, ast.Load()), target)
        if isinstance(target, ast.Attribute):
            name = at(ast.Constant(self.mangle(target.attr)), target)
            new = self.emit(node, "inplace", operator, self.emit(target, "getattr", held, name), self.visit(node.value))
            return [*out, at(ast.Expr(self.emit(node, "setattr", new, held, name)), node)]
        key, old_name = self.fresh("key"), self.fresh("old")
        index, old = at(ast.Name(key, ast.Load()), target), at(ast.Name(old_name, ast.Load()), target)
        out += [_set(key, self.visit(target.slice)), _set(old_name, self.emit(target, "getitem", held, index))]
        new = self.emit(node, "inplace", operator, old, self.visit(node.value))
        return [*out, at(ast.Expr(self.emit(node, "store_back", new, old, held, index)), node)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        return self.store(node.target, self.visit(node.value)) if node.value is not None else []

    def visit_Delete(self, node: ast.Delete) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                out.append(at(ast.Expr(self.emit(target, "delitem", self.base(target.value), self.visit(target.slice))), target))
            elif isinstance(target, ast.Attribute):
                out.append(
                    at(
                        ast.Expr(self.emit(target, "delattr", self.base(target.value), at(ast.Constant(self.mangle(target.attr)), target))),
                        target,
                    )
                )
            else:
                self.scope.bound -= assigned([target])
                out.append(at(ast.Delete([target]), target))
        return out

    # ------------------------------------------------------------ the rest

    def _import(self, node: ast.Import | ast.ImportFrom) -> ast.stmt:
        self.scope.bound |= assigned([node])
        return node

    visit_Import = visit_ImportFrom = _import

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        message = [self.thunk(node.msg)] if node.msg is not None else []
        return at(ast.Expr(self.emit(node.test, "assert_", self.test(node.test), *message)), node)

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        if node.exc is None:
            raise self.refuse(node, "there is no exception to raise again.", "Name the exception.")
        return at(ast.Expr(self.emit(node, "raise_", self.visit(node.exc))), node)

    def _drop(self, node: ast.stmt) -> None:
        return None

    visit_Global = visit_Nonlocal = _drop


def _reference(function: ast.FunctionDef | None, place: ast.AST) -> ast.expr:
    return at(ast.Constant(None), place) if function is None else at(ast.Name(function.name, ast.Load()), place)


def _set(name: str, value: ast.expr) -> ast.Assign:
    return at(ast.Assign([at(ast.Name(name, ast.Store()), value)], value), value)


def _without_docstring(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
        return list(body[1:])
    return list(body)


# ---------------------------------------------------------------- compiling

USER_CODES: dict[int, CodeType] = {}  # by id: hashing a code object hashes all that is in it
_rewritten: dict[int, tuple[CodeType, CodeType]] = {}


def rewrite(function: FunctionType, api: dict[str, Any]) -> FunctionType:
    """The function that traces: same globals, closure cells, defaults and names, rewritten code.

    Raises
    ------
    NoSourceError
        If the source of the function cannot be found.
    UnsupportedError
        If the function uses Python that is refused.
    """
    code = function.__code__
    known = _rewritten.get(id(code))
    if known is None:
        known = _rewritten[id(code)] = (code, _compile(code))
    new = known[1]
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    closure = tuple(cells[n] if n in cells else _api_cell(n, api) for n in new.co_freevars)
    built = FunctionType(new, function.__globals__, function.__name__, function.__defaults__, closure)
    built.__kwdefaults__ = function.__kwdefaults__
    built.__qualname__ = function.__qualname__
    built.__module__ = function.__module__
    return built


def refuse_generator(function: FunctionType) -> None:
    """Refuse to compile a generator."""
    code = function.__code__
    rewriter = Rewriter(code.co_filename, None)
    rewriter.scope.name = code.co_name
    fence.refuse_generator(find(code).node, rewriter.loc)


_api_cells: dict[str, CellType] = {}


def _api_cell(name: str, api: dict[str, Any]) -> CellType:
    cell = _api_cells.get(name)
    if cell is None:
        cell = _api_cells[name] = CellType(api[name.removeprefix(API)])
    return cell


def _compile(code: CodeType) -> CodeType:
    source = find(code)
    node = copy.deepcopy(source.node)
    rewriter = Rewriter(code.co_filename, source.class_name)
    rewriter.scope.name = code.co_name
    fence.check(node, rewriter.loc)
    body = rewriter.function(node)
    names = sorted({*code.co_freevars, *(API + a for a in rewriter.api)})
    factory = rewriter.define("_irad_factory", names, [body], node)
    module = ast.fix_missing_locations(ast.Module([factory], []))
    outer = _inner(compile(module, code.co_filename, "exec", dont_inherit=True), "_irad_factory")
    new = _renamed(_inner(outer, body.name), code.co_name)
    _register(new)
    return new


def _inner(code: CodeType, name: str) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)


def _renamed(code: CodeType, name: str) -> CodeType:
    """Control functions take the name of the user's function, for tracebacks."""
    consts = tuple(_renamed(c, name if c.co_name.startswith(API) else c.co_name) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_consts=consts, co_name=name, co_qualname=name)


def _register(code: CodeType) -> None:
    USER_CODES[id(code)] = code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _register(constant)
