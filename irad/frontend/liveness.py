"""Which names a block assigns, reads, and needs: what a branch or loop has to carry.

`analyse` walks a function whose exits are structured (`exits.py`) backwards and leaves on each compound statement the names that are
needed behind it (`live_out`), and on loops those that the next iteration reads before it assigns them (`live_head`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from irad.frontend.exits import blocks

SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def reads(node: ast.AST) -> set[str]:
    """Names that are read, also by inner functions and comprehensions, whose own names do not count."""
    match node:
        case ast.Name():
            return set() if isinstance(node.ctx, ast.Store) else {node.id}
        case ast.AugAssign(target=ast.Name(id=name)):
            return reads(node.value) | {name}
        case ast.Lambda():
            return (reads(node.body) - parameters(node.args)) | _all_reads([*node.args.defaults, *(d for d in node.args.kw_defaults if d)])
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            own = (parameters(node.args) | assigned(node.body)) - set(declarations(node.body))
            return (_all_reads(node.body) - own) | _all_reads(
                [*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)]
            )
    found = _all_reads(ast.iter_child_nodes(node))
    if isinstance(node, _COMPREHENSIONS):
        found -= set().union(*(_stored(g.target) for g in node.generators))
        found |= reads(node.generators[0].iter)
    return found


def _all_reads(nodes: Iterable[ast.AST]) -> set[str]:
    return set().union(*(reads(n) for n in nodes))


def _stored(target: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def parameters(args: ast.arguments) -> set[str]:
    """Names of the parameters of a function."""
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, *(a for a in (args.vararg, args.kwarg) if a)]
    return {a.arg for a in every}


def declarations(body: Sequence[ast.stmt]) -> dict[str, str]:
    """Names that a function declares "global" or "nonlocal"."""
    found: dict[str, str] = {}
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            found |= dict.fromkeys(node.names, type(node).__name__.lower())
        elif not isinstance(node, SCOPES):
            todo.extend(ast.iter_child_nodes(node))
    return found


def assigned(nodes: Iterable[ast.AST]) -> set[str]:
    """Names of this scope that the nodes assign or delete."""
    names: set[str] = set()
    todo = [(n, False) for n in nodes]
    while todo:
        node, inner = todo.pop()
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()) if not inner:
                names.add(node.id)
            case ast.NamedExpr():
                names.add(node.target.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.alias():
                names.add((node.asname or node.name).split(".")[0])
            case ast.MatchAs() | ast.MatchStar() if node.name:
                names.add(node.name)
            case ast.MatchMapping() if node.rest:
                names.add(node.rest)
        if not isinstance(node, SCOPES):
            inner = inner or isinstance(node, _COMPREHENSIONS)
            todo.extend((c, inner) for c in ast.iter_child_nodes(node))
    return names


def captured(body: Sequence[ast.AST]) -> set[str]:
    """Names that inner functions and lambdas read: those may run at any time later."""
    names: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, SCOPES):
                names |= reads(node)
    return names


def analyse(body: Sequence[ast.stmt], always: set[str]) -> None:
    """Annotate the compound statements of a function; `always` are names that are needed everywhere."""
    _Liveness(always).block(body, set(always))


class _Liveness:
    def __init__(self, always: set[str]) -> None:
        self.always = always

    def block(self, body: Sequence[ast.stmt], out: set[str]) -> set[str]:
        for statement in reversed(body):
            out = self.statement(statement, out)
        return out

    def statement(self, s: ast.stmt, out: set[str]) -> set[str]:
        match s:
            case ast.If():
                s.live_out = out  # type: ignore[attr-defined]
                return reads(s.test) | self.block(s.body, out) | self.block(s.orelse, out)
            case ast.While():
                return self.loop(s, out, reads(s.test))
            case ast.For():
                return self.loop(s, out, set(getattr(s, "exits", ()))) | reads(s.iter)
            case ast.Match():
                s.live_out = out  # type: ignore[attr-defined]
                patterns = set().union(*(reads(c.pattern) | (reads(c.guard) if c.guard else set()) for c in s.cases))
                return out.union(reads(s.subject), patterns, *(self.block(b, out) for b in blocks(s)))
            case ast.With():
                return set().union(*(reads(i) for i in s.items)) | self.block(s.body, out)
            case ast.Return() | ast.Raise():
                return reads(s) | self.always
            case ast.FunctionDef() | ast.ClassDef():
                return out - ({s.name} - self.always) | reads(s)
        return out - (_kills(s) - self.always) | reads(s)

    def loop(self, s: ast.For | ast.While, out: set[str], header: set[str]) -> set[str]:
        targets = assigned([s.target]) if isinstance(s, ast.For) else set()
        head = out | header
        while True:
            inside = self.block(s.body, head) - targets | (reads(s.target) if isinstance(s, ast.For) else set())
            if inside <= head:
                break
            head = head | inside
        s.live_out, s.live_head = out, inside | header  # type: ignore[union-attr]
        return head


def _kills(s: ast.stmt) -> set[str]:
    """Names that a simple statement certainly assigns without reading them."""
    if isinstance(s, ast.Assign):
        return _plain_targets(s.targets)
    if isinstance(s, ast.AnnAssign) and s.value is not None:
        return _plain_targets([s.target])
    if isinstance(s, ast.Import | ast.ImportFrom):
        return assigned([s])
    return set()


def _plain_targets(targets: Iterable[ast.expr]) -> set[str]:
    names: set[str] = set()
    for target in targets:
        if isinstance(target, ast.Name):
            names.add(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            names |= _plain_targets(t.value if isinstance(t, ast.Starred) else t for t in target.elts)
    return names
