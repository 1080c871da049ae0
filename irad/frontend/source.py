"""Finds the syntax tree of a function: the node of its file that its code object was compiled from."""

from __future__ import annotations

import ast
import linecache
import os
from dataclasses import dataclass
from types import CodeType

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class NoSourceError(Exception):
    """The source of a function is not available; the text says why."""


@dataclass(frozen=True)
class Source:
    """A function's node, and the name of the class around it (for private names)."""

    node: FunctionNode
    class_name: str | None


_files: dict[str, tuple[list[str], dict[int, list[Source]]]] = {}


def find(code: CodeType) -> Source:
    """The node that a code object was compiled from.

    Functions on one line are told apart by the columns of their code.

    Raises
    ------
    NoSourceError
        If there is no source, or it has changed since it was compiled.
    """
    candidates = [
        s for s in _functions(code.co_filename).get(code.co_firstlineno, ()) if _name(s.node) == code.co_name and _fits(s.node, code)
    ]
    if len(candidates) > 1:
        candidates = _closest(candidates, code)
    if not candidates:
        raise NoSourceError(f"the source of {code.co_name} in {code.co_filename} is not what was compiled")
    if len(candidates) > 1:
        raise NoSourceError(
            f"several functions {code.co_name} begin in line {code.co_firstlineno}; the code has no columns to tell them apart"
        )
    return candidates[0]


def _functions(filename: str) -> dict[int, list[Source]]:
    """Functions of a file by the line in which their code begins."""
    lines = linecache.getlines(filename)
    if not lines and os.path.exists(filename):
        linecache.checkcache(filename)
        lines = linecache.getlines(filename)
    known = _files.get(filename)
    if known is not None and known[0] is lines:
        return known[1]
    if not lines:
        raise NoSourceError(f"the source of {filename} is not available")
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        raise NoSourceError(f"{filename} does not parse") from None
    found: dict[int, list[Source]] = {}
    _collect(tree, None, found)
    _files[filename] = (lines, found)
    return found


def _collect(tree: ast.AST, class_name: str | None, found: dict[int, list[Source]]) -> None:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, FunctionNode):
            decorators = [] if isinstance(child, ast.Lambda) else child.decorator_list
            line = min([child.lineno, *(d.lineno for d in decorators)])
            found.setdefault(line, []).append(Source(child, class_name))
        _collect(child, child.name if isinstance(child, ast.ClassDef) else class_name, found)


def _name(node: FunctionNode) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _fits(node: FunctionNode, code: CodeType) -> bool:
    a = node.args
    names = [x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    mangled = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return len(names) == len(mangled) and all(m == n or m.endswith(n) for m, n in zip(mangled, names, strict=True))


def _closest(candidates: list[Source], code: CodeType) -> list[Source]:
    """The smallest node that holds every position of the code."""
    places = [
        (line, column, end_line, end)
        for line, end_line, column, end in code.co_positions()
        if column is not None and (line, column) != (end_line, end)
    ]
    if not places:
        return candidates
    first = min(p[:2] for p in places)
    last = max(p[2:] for p in places)

    def holds(source: Source) -> bool:
        body = source.node.body
        start, stop = (body[0], body[-1]) if isinstance(body, list) else (body, body)
        return (start.lineno, start.col_offset) <= first and last <= (stop.end_lineno or 0, stop.end_col_offset or 0)

    holding = [s for s in candidates if holds(s)]
    return sorted(holding, key=lambda s: ((s.node.end_lineno or 0) - s.node.lineno, (s.node.end_col_offset or 0) - s.node.col_offset))[:1]
