"""Rewrites expressions: calls, attribute and item reads, short-circuit operators and conditionals become calls of the tracer.

Names of the tracer's functions are free variables of the rewritten code, `_irad_call` and so on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from irad.errors import UnsupportedError, fail
from irad.frontend import fence
from irad.frontend.exits import is_internal
from irad.frontend.liveness import assigned
from irad.ir.core import Loc

API = "_irad_"

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.MatMult: "matmul",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Invert: "invert",
}


@dataclass
class Scope:
    """What is known of a function while its body is rewritten."""

    name: str
    parameters: tuple[str, ...]
    locals: set[str]
    declared: dict[str, str] = field(default_factory=dict)  # names declared "global" or "nonlocal"
    bound: set[str] = field(default_factory=set)  # certainly assigned at this point
    hidden: list[set[str]] = field(default_factory=list)  # names of the comprehensions and lambdas around
    enclosing: set[str] = field(default_factory=set)  # locals of the functions around
    enclosing_bound: set[str] = field(default_factory=set)
    generator: bool = False  # whether the control flow of the function stays Python's
    hoistable: bool = True  # whether a def can be put in front of the statement


class Expressions(ast.NodeTransformer):
    """Rewrites expressions in place; statements are in `rewrite.py`."""

    def __init__(self, filename: str, class_name: str | None) -> None:
        self.filename = filename
        self.class_name = class_name
        self.api: set[str] = set()
        self.scope = Scope("", (), set())
        self.hoisted: list[ast.stmt] = []
        self.count = 0

    # ------------------------------------------------------------ making nodes

    def loc(self, node: ast.AST) -> Loc:
        """Place of a node."""
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        return Loc(self.filename, line, column, getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column), self.scope.name)

    def refuse(self, node: ast.AST, what: str, remedy: str) -> Exception:
        """The error for a node."""
        return fail(UnsupportedError, self.loc(node), what, remedy)

    def fresh(self, what: str) -> str:
        """A new internal name."""
        self.count += 1
        return f"{API}{what}{self.count}"

    def emit(self, place: ast.AST, function: str, *args: ast.expr) -> ast.Call:
        """A call of a function of the tracer."""
        self.api.add(function)
        name = at(ast.Name(API + function, ast.Load()), place)
        return at(ast.Call(name, list(args), []), place)

    def thunk(self, node: ast.expr, test: bool = False) -> ast.expr:
        """The expression, to be evaluated later or never; with `test`, only its truth counts."""
        if self.scope.generator and fence.is_generator(ast.Expression(node)):
            raise self.refuse(node, "`yield` in and/or or in a conditional expression is not supported.", "Use an if statement.")
        names = sorted(assigned([node]))
        before = set(self.scope.bound)
        visit = self.test if test else self.visit
        if not names:
            body = visit(node)
            self.scope.bound = before
            return at(ast.Lambda(_no_arguments(), body), node)
        if not self.scope.hoistable or self.scope.hidden:
            raise self.refuse(
                node,
                "`:=` in the right operand of and/or or in a conditional expression cannot be compiled inside a lambda or comprehension.",
                "Use an if statement.",
            )
        name = self.fresh("later")
        outer, self.hoisted = self.hoisted, []
        value = visit(node)
        self.scope.bound = before
        body = [*self.declarations(names, node), *self.hoisted, at(ast.Return(value), node)]
        self.hoisted = [*outer, self.define(name, [], body, node)]
        return at(ast.Name(name, ast.Load()), node)

    def define(self, name: str, arguments: Sequence[str], body: list[ast.stmt], place: ast.AST) -> ast.FunctionDef:
        """A function definition."""
        args = ast.arguments([], [at(ast.arg(a), place) for a in arguments], None, [], [], None, [])
        new: Any = ast.FunctionDef(name, args, body or [at(ast.Pass(), place)], [], None)
        if "type_params" in new._fields:
            new.type_params = []
        return at(new, place)

    def declarations(self, names: Sequence[str], place: ast.AST) -> list[ast.stmt]:
        """Let a control function assign names of the user's function."""
        kinds: dict[str, list[str]] = {}
        for name in names:
            kinds.setdefault(self.scope.declared.get(name, "nonlocal"), []).append(name)
        make: dict[str, Callable[[list[str]], ast.stmt]] = {"global": ast.Global, "nonlocal": ast.Nonlocal}
        return [at(make[kind](group), place) for kind, group in kinds.items()]

    # ------------------------------------------------------------ names and attributes

    def mangle(self, name: str) -> str:
        """Private names of a class, as Python's compiler mangles them."""
        if self.class_name and name.startswith("__") and not name.endswith("__") and not is_internal(name):
            return f"_{self.class_name.lstrip('_')}{name}"
        return name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.name(node, as_value=True)

    def name(self, node: ast.Name, as_value: bool) -> ast.expr:
        """A read of a name; names from outside the function are looked at when they are used as values."""
        name, scope = node.id, self.scope
        if not isinstance(node.ctx, ast.Load) or is_internal(name) or any(name in h for h in scope.hidden):
            return node
        if name in scope.locals or name in scope.enclosing:
            if name in (scope.bound if name in scope.locals else scope.enclosing_bound):
                return node
            return self.emit(node, "bound", at(ast.Lambda(_no_arguments(), node), node), at(ast.Constant(name), node))
        node.id = self.mangle(name)
        return self.emit(node, "load", node) if as_value else node

    def base(self, node: ast.expr) -> ast.expr:
        """An expression that is called, or whose attribute is read."""
        return self.name(node, as_value=False) if isinstance(node, ast.Name) else self.visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self.emit(node, "getattr", self.base(node.value), at(ast.Constant(self.mangle(node.attr)), node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return self.emit(node, "getitem", self.base(node.value), self.visit(node.slice))

    def visit_Slice(self, node: ast.Slice) -> ast.expr:
        parts = [self.visit(p) if p is not None else at(ast.Constant(None), node) for p in (node.lower, node.upper, node.step)]
        return self.emit(node, "slice", *parts)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        node.value = self.visit(node.value)
        self.scope.bound.add(node.target.id)
        return node

    # ------------------------------------------------------------ calls and containers

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and self.scope.parameters:
            place = node.func
            args: list[ast.expr] = [at(ast.Name(n, ast.Load()), place) for n in ("__class__", self.scope.parameters[0])]
            return at(ast.Call(place, args, []), node)
        keywords = [at(ast.keyword(k.arg, self.visit(k.value)), k) for k in node.keywords]
        function = self.base(node.func)
        self.api.add("call")
        return at(
            ast.Call(at(ast.Name(f"{API}call", ast.Load()), node.func), [function, *(self.visit(a) for a in node.args)], keywords), node
        )

    def visit_Starred(self, node: ast.Starred) -> ast.expr:
        if isinstance(node.ctx, ast.Load):
            node.value = self.emit(node.value, "spread", self.visit(node.value))
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return self.emit(node, f"op_{OPERATORS[type(node.op)]}", self.visit(node.left), self.visit(node.right))

    def _display(self, node: ast.expr) -> ast.expr:
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return node
        return self.emit(node, "fresh", self.generic_visit(node))  # type: ignore[arg-type]

    visit_List = visit_Dict = visit_Set = _display

    def _comprehension(self, node: Any) -> ast.expr:
        with self.hiding(set().union(*(assigned([g.target]) for g in node.generators))):
            for g in node.generators:
                g.iter = self.emit(g.iter, "iterate", self.visit(g.iter))
                g.ifs = [self.visit(i) for i in g.ifs]
            if isinstance(node, ast.DictComp):
                node.key, node.value = self.visit(node.key), self.visit(node.value)
            else:
                node.elt = self.visit(node.elt)
        return self.emit(node, "fresh", node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    @contextmanager
    def hiding(self, names: set[str]) -> Iterator[None]:
        """Names that mean something else inside a comprehension or lambda."""
        before = set(self.scope.bound)
        self.scope.hidden.append(names)
        yield
        self.scope.hidden.pop()
        self.scope.bound = before

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.defaults(node.args)
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, *(a for a in (args.vararg, args.kwarg) if a)]
        with self.hiding({a.arg for a in every}):
            node.body = self.visit(node.body)
        return node

    def defaults(self, args: ast.arguments) -> None:
        """Defaults of an inner function are evaluated where it is defined; annotations are dropped."""
        args.defaults = [self.visit(d) for d in args.defaults]
        args.kw_defaults = [self.visit(d) if d is not None else None for d in args.kw_defaults]
        strip_annotations(args)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.expr:
        method = at(ast.Constant("__repr__" if node.conversion == ord("r") else "__str__"), node.value)
        node.value = self.emit(node.value, "text", self.visit(node.value), method)
        if node.format_spec is not None:
            node.format_spec = self.visit(node.format_spec)
        return node

    # ------------------------------------------------------------ control flow inside expressions

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        return self.short_circuit(node, test=False)

    def short_circuit(self, node: ast.BoolOp, test: bool) -> ast.expr:
        """`and` and `or`: they yield an operand, of which a test looks at the truth only."""
        function = "and_" if isinstance(node.op, ast.And) else "or_"
        result = self.test(node.values[0]) if test else self.visit(node.values[0])
        for value in node.values[1:]:
            names = sorted(assigned([value]))
            result = self.emit(value, function, result, self.thunk(value, test), *self.carried(names, node))
        return result

    def test(self, node: ast.expr) -> ast.expr:
        """An expression of which only the truth counts."""
        if isinstance(node, ast.BoolOp):
            return self.short_circuit(node, test=True)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.visit(node)
        return self.emit(node, "truth", self.visit(node))

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.test(node.test)
        names = sorted(assigned([node.body, node.orelse]))
        return self.emit(node.test, "ifexp", test, self.thunk(node.body), self.thunk(node.orelse), *self.carried(names, node))

    def carried(self, names: Sequence[str], place: ast.AST) -> list[ast.expr]:
        """Names that an operand may assign, as an argument."""
        return [constants(names, place)] if names else []

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not):
            return self.emit(node, "not_", self.test(node.operand))
        if isinstance(node.operand, ast.Constant):
            return node
        return self.emit(node, f"op_{OPERATORS[type(node.op)]}", self.visit(node.operand))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        if len(node.ops) == 1:
            left, right = self.visit(node.left), self.visit(node.comparators[0])
            if isinstance(node.ops[0], ast.Is | ast.IsNot):
                return at(ast.Compare(left, node.ops, [right]), node)
            return self.emit(node, f"op_{type(node.ops[0]).__name__}", left, right)
        names = [type(op).__name__ for op in node.ops]
        first = [self.visit(node.left), self.visit(node.comparators[0])]
        carried = sorted(assigned(node.comparators[1:]))
        later = [self.thunk(c) for c in node.comparators[1:]]
        return self.emit(node, "chain", constants(names, node), constants(carried, node), *first, *later)


def at(node: Any, place: ast.AST) -> Any:
    """Give a node the place of another."""
    return ast.copy_location(node, place)


def constants(values: Sequence[Any], place: ast.AST) -> ast.Tuple:
    """A tuple display of constants."""
    return at(ast.Tuple([at(ast.Constant(v), place) for v in values], ast.Load()), place)


def strip_annotations(args: ast.arguments) -> None:
    """Annotations mean nothing to compiled code."""
    for a in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if a is not None:
            a.annotation = None


def _no_arguments() -> ast.arguments:
    return ast.arguments([], [], None, [], [], None, [])
