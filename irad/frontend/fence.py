"""Which Python syntax the front end refuses, and what to write instead."""

from __future__ import annotations

import ast
from collections.abc import Callable

from irad.errors import UnsupportedError, fail
from irad.ir.core import Loc

Refusal = tuple[str, str]

_ASYNC = ("asynchronous code cannot be compiled.", "Make it an ordinary function.")
_REFUSED: dict[type[ast.AST], Refusal] = {
    ast.Try: (
        "try/except cannot be compiled: an exception in compiled code leaves the function.",
        "Test for the condition with `if`, or call the compiled function inside the try.",
    ),
    ast.Yield: ("a generator cannot be compiled.", "Return a list, or write the loop where the values are used."),
    ast.YieldFrom: ("a generator cannot be compiled.", "Return a list, or write the loop where the values are used."),
    ast.Await: _ASYNC,
    ast.AsyncFor: _ASYNC,
    ast.AsyncWith: _ASYNC,
    ast.AsyncFunctionDef: _ASYNC,
}
if hasattr(ast, "TryStar"):
    _REFUSED[ast.TryStar] = _REFUSED[ast.Try]

_OF_GENERATORS = tuple(cls for cls in _REFUSED if _REFUSED[cls] is not _ASYNC)

_CALLS: dict[str, Refusal] = {
    name: (f"{name}() reads names that only Python's interpreter knows; compiled code has none.", "Name the variables that it needs.")
    for name in ("eval", "exec", "locals", "vars")
}


def check(node: ast.AST, loc: Callable[[ast.AST], Loc]) -> None:
    """Refuse what cannot be compiled anywhere in a function; `loc` gives the place of a node.

    A generator runs in Python while tracing, so that it may contain more.

    Raises
    ------
    UnsupportedError
        With the place, the reason and the way out.
    """
    allowed = _OF_GENERATORS if is_generator(node) else ()
    for child in _walk(node):
        refusal = _refusal(child)
        if isinstance(child, ast.FunctionDef) and is_generator(child):
            check(child, loc)
        elif refusal is not None and not isinstance(child, allowed):
            raise fail(UnsupportedError, loc(child), *refusal)


def _refusal(node: ast.AST) -> Refusal | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "vars" and node.args:
            return None
        return _CALLS.get(node.func.id)
    return _REFUSED.get(type(node))


def _walk(node: ast.AST) -> list[ast.AST]:
    """All nodes, but for those inside of inner generators."""
    out: list[ast.AST] = []
    todo = list(ast.iter_child_nodes(node))
    while todo:
        child = todo.pop()
        out.append(child)
        if isinstance(child, ast.FunctionDef) and is_generator(child):
            continue
        todo.extend(ast.iter_child_nodes(child))
    return sorted(out, key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)))


def is_generator(node: ast.AST) -> bool:
    """Whether a function has a yield of its own."""
    return yield_of(node) is not None


def yield_of(node: ast.AST) -> ast.AST | None:
    """A yield that belongs to a function."""
    todo = list(ast.iter_child_nodes(node))
    while todo:
        child = todo.pop()
        if isinstance(child, ast.Yield | ast.YieldFrom):
            return child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            todo.extend(ast.iter_child_nodes(child))
    return None


def refuse_generator(node: ast.AST, loc: Callable[[ast.AST], Loc]) -> None:
    """The function itself must not be a generator, though those that it calls may be."""
    found = yield_of(node)
    if found is not None:
        raise fail(UnsupportedError, loc(found), *_REFUSED[type(found)])
