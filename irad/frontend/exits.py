"""Turns break, continue, return and the else of loops into structured form: branches that hold the rest, or flags.

Where a branch always leaves, the rest of the block moves into the other branch, and no flag is needed. Where it only may leave,
a flag is set and the rest is guarded by a test of it. A loop that may be left early tests the flags in its header (attribute `exits`
of its node). Flags whose value is certain while tracing cost nothing, and those that nobody reads are not carried.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

RESULT, DONE = "_irad_result", "_irad_done"

_LEAVES = ast.Return | ast.Break | ast.Continue
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


def is_internal(name: str) -> bool:
    """Whether a name is one that the front end made up."""
    return name.startswith("_irad_")


class Exits:
    """Rewrites the body of one function."""

    def __init__(self) -> None:
        self.loops: list[tuple[str, str]] = []  # the flags of break and continue of the loops around
        self.count = 0

    def function(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The body with structured exits; ends in a return."""
        if not _leaves_early(body):
            return list(body)
        last = body[-1]
        full = list(body)
        if falls(body):
            full.append(ast.copy_location(ast.Return(ast.copy_location(ast.Constant(None), last)), last))
        inner = self.block(full)
        return [_assign(DONE, False, full[0]), *inner, ast.copy_location(ast.Return(_load(RESULT, last)), last)]

    def block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements of a block, up to the first that always leaves."""
        out: list[ast.stmt] = []
        for k, statement in enumerate(body):
            if isinstance(statement, _LEAVES):
                out.extend(self.leave(statement))
                break
            rest = body[k + 1 :]
            if (
                isinstance(statement, ast.If)
                and _exits(statement)
                and rest
                and not (falls(statement.body) and falls(statement.orelse or [ast.Pass()]))
            ):
                out.append(self._with_rest(statement, rest))
                break
            out.extend(self.statement(statement))
            flags = self._flags(statement)
            if not falls([statement]):
                break
            if flags and rest:
                out.append(_if_none(flags, self.block(rest), rest[0]))
                break
        return out or [ast.copy_location(ast.Pass(), body[0])] if body else []

    def leave(self, statement: ast.stmt) -> list[ast.stmt]:
        """A return, break or continue as assignments of flags."""
        if isinstance(statement, ast.Return):
            value = statement.value or ast.copy_location(ast.Constant(None), statement)
            assign = ast.copy_location(ast.Assign([_store(RESULT, statement)], value), statement)
            return [assign, _assign(DONE, True, statement)]
        flag = self.loops[-1][0 if isinstance(statement, ast.Break) else 1]
        return [_assign(flag, True, statement)]

    def _with_rest(self, statement: ast.If, rest: Sequence[ast.stmt]) -> ast.If:
        """The rest of the block goes into the branches that do not always leave."""
        orelse = statement.orelse
        then = [*statement.body, *rest] if falls(statement.body) else statement.body
        other = [*orelse, *rest] if not orelse or falls(orelse) else orelse
        return ast.copy_location(ast.If(statement.test, self.block(then), self.block(other)), statement)

    def statement(self, statement: ast.stmt) -> list[ast.stmt]:
        """A statement that holds blocks, with those rewritten."""
        match statement:
            case ast.If():
                return [ast.copy_location(ast.If(statement.test, self.block(statement.body), self.block(statement.orelse)), statement)]
            case ast.With():
                return [ast.copy_location(ast.With(statement.items, self.block(statement.body)), statement)]
            case ast.Match():
                cases = [ast.match_case(c.pattern, c.guard, self.block(c.body)) for c in statement.cases]
                return [ast.copy_location(ast.Match(statement.subject, cases), statement)]
            case ast.For() | ast.While():
                return self.loop(statement)
        return [statement]

    def loop(self, statement: ast.For | ast.While) -> list[ast.stmt]:
        """A loop: flags before it, tests of them in its header, its else behind it."""
        self.count += 1
        stop, skip = f"_irad_break{self.count}", f"_irad_continue{self.count}"
        self.loops.append((stop, skip))
        body = self.block(statement.body)
        self.loops.pop()
        kinds = _exit_kinds(statement.body)
        if ast.Continue in kinds:
            body = [_assign(skip, False, statement), *body]
        exits = [stop] * (ast.Break in kinds) + [DONE] * (ast.Return in kinds)
        if isinstance(statement, ast.For):
            loop: ast.For | ast.While = ast.For(statement.target, statement.iter, body, [])
        else:
            loop = ast.While(_header(exits, statement.test), body, [])
        loop.exits = exits  # type: ignore[union-attr]
        out: list[ast.stmt] = [_assign(stop, False, statement)] if ast.Break in kinds else []
        out.append(ast.copy_location(loop, statement))
        if statement.orelse:
            orelse = self.block(statement.orelse)
            out.extend([_if_none(exits, orelse, statement.orelse[0])] if exits else orelse)
        return out

    def _flags(self, statement: ast.stmt) -> list[str]:
        """Flags that a statement may set and that the rest of its block must look at."""
        kinds = _exits(statement)
        flags = [DONE] if ast.Return in kinds else []
        if self.loops:
            stop, skip = self.loops[-1]
            flags += [stop] * (ast.Break in kinds) + [skip] * (ast.Continue in kinds)
        return flags


def falls(body: Sequence[ast.stmt]) -> bool:
    """Whether control can reach the end of a block."""
    for statement in body:
        match statement:
            case ast.Return() | ast.Break() | ast.Continue() | ast.Raise():
                return False
            case ast.If():
                if not falls(statement.body) and statement.orelse and not falls(statement.orelse):
                    return False
            case ast.While():
                endless = isinstance(statement.test, ast.Constant) and statement.test.value
                if endless and ast.Break not in _exit_kinds(statement.body):
                    return False
            case ast.With():
                if not falls(statement.body):
                    return False
    return True


def _leaves_early(body: Sequence[ast.stmt]) -> bool:
    """Whether a block has exits other than a return at its end."""
    return any(_exits(s) or (isinstance(s, ast.For | ast.While) and (s.orelse or _exit_kinds(s.body))) for s in _compound(body)) or any(
        isinstance(s, _LEAVES) for s in body[:-1]
    )


def _compound(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Statements with blocks, nested ones too, but for those of inner functions."""
    out: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, _SCOPES):
            continue
        if isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Match):
            out.append(statement)
            for block in blocks(statement):
                out.extend(_compound(block))
    return out


def blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a compound statement."""
    if isinstance(statement, ast.Match):
        return [c.body for c in statement.cases]
    return [b for b in (getattr(statement, "body", None), getattr(statement, "orelse", None)) if b]


def _exits(statement: ast.stmt) -> set[type[ast.stmt]]:
    """How control may leave the block that a compound statement stands in."""
    if isinstance(statement, ast.For | ast.While):
        inner = _exit_kinds(statement.body) & {ast.Return}
        return inner | _exit_kinds(statement.orelse)
    if isinstance(statement, ast.If | ast.With | ast.Match):
        return set().union(*(_exit_kinds(b) for b in blocks(statement)))
    return set()


def _exit_kinds(body: Sequence[ast.stmt]) -> set[type[ast.stmt]]:
    kinds: set[type[ast.stmt]] = set()
    for statement in body:
        kinds |= {type(statement)} if isinstance(statement, _LEAVES) else _exits(statement)
    return kinds


def _header(exits: Sequence[str], test: ast.expr) -> ast.expr:
    """`not flag and … and test`."""
    if not exits:
        return test
    flags: list[ast.expr] = [ast.copy_location(ast.UnaryOp(ast.Not(), _load(e, test)), test) for e in exits]
    if isinstance(test, ast.Constant) and test.value:
        return flags[0] if len(flags) == 1 else ast.copy_location(ast.BoolOp(ast.And(), flags), test)
    return ast.copy_location(ast.BoolOp(ast.And(), [*flags, test]), test)


def _if_none(flags: Sequence[str], body: list[ast.stmt], place: ast.stmt) -> ast.If:
    """`if not (flag or …): body`."""
    test: ast.expr = (
        _load(flags[0], place) if len(flags) == 1 else ast.copy_location(ast.BoolOp(ast.Or(), [_load(f, place) for f in flags]), place)
    )
    return ast.copy_location(ast.If(ast.copy_location(ast.UnaryOp(ast.Not(), test), place), body, []), place)


def _assign(name: str, value: bool | None, place: ast.AST) -> ast.Assign:
    return ast.copy_location(ast.Assign([_store(name, place)], ast.copy_location(ast.Constant(value), place)), place)


def _store(name: str, place: ast.AST) -> ast.Name:
    return ast.copy_location(ast.Name(name, ast.Store()), place)


def _load(name: str, place: ast.AST) -> ast.Name:
    return ast.copy_location(ast.Name(name, ast.Load()), place)
