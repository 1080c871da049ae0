"""How each operation is read: by its format, or, if it has regions, by a function that mirrors the printer's."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from irad.ir.core import Block, Op, Value
from irad.ir.lexer import tokenize
from irad.ir.ops import irad, scf
from irad.ir.syntax import pieces
from irad.ir.types import MemRefType, Type, i1, index

if TYPE_CHECKING:
    from irad.ir.parser import Parser


@cache
def reader(cls: type[Op]) -> Callable[[Parser], Op]:
    """The function that reads what stands behind the name of an operation of a class."""
    structured = _STRUCTURED.get(cls)
    if structured is not None:
        return structured
    form = pieces(cls)
    if form is None:
        return lambda parser: _no_format(parser, cls)
    steps: list[_Step] = []
    for literal, directive in form:
        steps += [_expect(token.text) for token in tokenize(literal)[:-1]]
        if directive:
            steps.append(_STEPS.get(directive) or _numbered(directive))
    return lambda parser: _by_format(parser, cls, steps)


def _no_format(parser: Parser, cls: type[Op]) -> Op:
    raise parser.cursor.error(f'{cls.name} is written in the generic form: "{cls.name}"(…) : (…) -> …')


# Formats


class _Draft:
    """What has been read of an operation."""

    def __init__(self) -> None:
        self.operands: list[Value] = []
        self.attrs: dict[str, Any] = {}
        self.result_types: list[Type] | None = None


_Step = Callable[["Parser", _Draft], None]


def _by_format(parser: Parser, cls: type[Op], steps: list[_Step]) -> Op:
    draft, start = _Draft(), parser.cursor.token
    for step in steps:
        step(parser, draft)
    try:
        return cls(draft.operands, draft.result_types, draft.attrs)
    except (AssertionError, IndexError):  # the class cannot tell its results from such operands
        types = ", ".join(str(v.type) for v in draft.operands)
        raise parser.cursor.error(f"{cls.name} does not take operands of types ({types})", start) from None


def _expect(text: str) -> _Step:
    def step(parser: Parser, draft: _Draft) -> None:
        parser.cursor.expect(text)

    return step


def _numbered(directive: str) -> _Step:
    """The step of a directive with a number, or of one that names a property."""
    match = re.fullmatch(r"(T|tail|)(\d+)(\.\.\.)?", directive)
    if match is None:
        return _operands
    kind, n, rest = match[1], int(match[2]), bool(match[3])
    if kind == "tail":
        return _tail
    if kind == "T":
        return _known_types(n, None if rest else n + 1)
    return _operands if rest else _operand


def _operand(parser: Parser, draft: _Draft) -> None:
    draft.operands.append(parser.operand())


def _operands(parser: Parser, draft: _Draft) -> None:
    draft.operands += parser.operands()


def _known_types(start: int, stop: int | None) -> _Step:
    def step(parser: Parser, draft: _Draft) -> None:
        if len(draft.operands) <= start:
            raise parser.cursor.error(f"expected at least {start + 1} operands")
        parser.known_types(draft.operands[start:stop])

    return step


def _tail(parser: Parser, draft: _Draft) -> None:
    values = parser.operands()
    if values:
        parser.cursor.expect(":")
        parser.known_types(values)
    draft.operands += values


def _result_type(parser: Parser, draft: _Draft) -> None:
    draft.result_types = [parser.type()]


def _flags(parser: Parser, draft: _Draft) -> None:
    if parser.cursor.accept("fastmath"):
        parser.cursor.expect("<")
        draft.attrs["fastmath"] = tuple(parser.listed(">", lambda: parser.cursor.take_kind("word", "a fast-math flag").text))


def _attrs(parser: Parser, draft: _Draft) -> None:
    draft.attrs.update(parser.attributes())


def _constant(parser: Parser, draft: _Draft) -> None:
    token = parser.cursor.take()
    if token.text in ("true", "false"):
        draft.attrs["value"] = token.text == "true"
        draft.result_types = [i1]
        return
    if token.kind not in ("int", "float", "hex"):
        raise parser.cursor.error(f"expected a number, true or false, found {token.text}", token)
    parser.cursor.expect(":")
    type = parser.type()
    draft.attrs["value"], draft.result_types = parser.number(token, type), [type]


def _predicate(parser: Parser, draft: _Draft) -> None:
    draft.attrs["predicate"] = parser.cursor.take_kind("word", "a predicate").text


def _callee(parser: Parser, draft: _Draft) -> None:
    draft.attrs["callee"] = parser.symbol()


def _signature(parser: Parser, draft: _Draft) -> None:
    parser.cursor.expect("(")
    parser.known_types(draft.operands)
    parser.cursor.expect(")")
    parser.cursor.expect("->")
    draft.result_types = parser.result_types()


_STEPS: dict[str, _Step] = {
    "R": _result_type,
    "flags": _flags,
    "attrs": _attrs,
    "constant": _constant,
    "predicate": _predicate,
    "callee": _callee,
    "signature": _signature,
}


# Operations with regions


def _if(parser: Parser) -> Op:
    condition = parser.operand()
    results: list[Type] = []
    if parser.cursor.accept("->"):
        parser.cursor.expect("(")
        results = parser.listed(")", parser.type)
    then = parser.scoped_region(Block(), bare_yield=True)
    orelse = Block()
    if parser.cursor.accept("else"):
        parser.scoped_region(orelse, bare_yield=True)
    elif then.last is not None:
        orelse.append(scf.Yield((), (), None, (), then.last.loc))
    return scf.If([condition], results, parser.attributes(), [then, orelse])


def _for(parser: Parser) -> Op:
    cursor = parser.cursor
    induction = parser.value_name()
    cursor.expect("=")
    lower = parser.operand()
    cursor.expect("to")
    upper = parser.operand()
    cursor.expect("step")
    step = parser.operand()
    names, inits = _bindings(parser) if cursor.accept("iter_args") else ([], [])
    results: list[Type] = []
    if cursor.accept("->"):
        cursor.expect("(")
        results = parser.listed(")", parser.type)
    body = Block()
    parser.open_scope()
    parser.define(induction, body.add_arg(index))
    _carry(parser, body, names, [v.type for v in inits])
    parser.region(body, bare_yield=True)
    parser.close_scope()
    return scf.For([lower, upper, step, *inits], results, parser.attributes(), [body])


def _while(parser: Parser) -> Op:
    cursor = parser.cursor
    names, inits = _bindings(parser) if cursor.at("(") else ([], [])
    cursor.expect(":")
    cursor.expect("(")
    parser.known_types(inits)
    cursor.expect(")")
    cursor.expect("->")
    results = parser.result_types()
    before = Block()
    parser.open_scope()
    _carry(parser, before, names, [v.type for v in inits])
    parser.region(before)
    parser.close_scope()
    cursor.expect("do")
    after = parser.scoped_region(Block(), bare_yield=True)
    return scf.While(inits, results, parser.attributes(), [before, after])


def _map(parser: Parser) -> Op:
    names, inputs = _typed_bindings(parser)
    parser.cursor.expect("into")
    destination = parser.operand()
    parser.cursor.expect(":")
    parser.known_types([destination])
    body = Block()
    parser.open_scope()
    _carry(parser, body, names, [_element(v) for v in inputs])
    parser.region(body)
    parser.close_scope()
    return irad.Map([destination, *inputs], (), parser.attributes(), [body])


def _reduce(parser: Parser) -> Op:
    names, inputs = _typed_bindings(parser)
    parser.cursor.expect("init")
    carried, inits = _typed_bindings(parser)
    body = Block()
    parser.open_scope()
    _carry(parser, body, carried, [v.type for v in inits])
    _carry(parser, body, names, [_element(v) for v in inputs])
    parser.region(body)
    parser.close_scope()
    attrs = {"inputs": len(inputs), **parser.attributes()}
    return irad.Reduce([*inputs, *inits], None, attrs, [body])


def _element(value: Value) -> Type:
    return value.type.element if isinstance(value.type, MemRefType) else value.type


def _binding(parser: Parser) -> tuple[Any, Value]:
    name = parser.value_name()
    parser.cursor.expect("=")
    return name, parser.operand()


def _bindings(parser: Parser) -> tuple[list[Any], list[Value]]:
    """`(%a = %x, %b = %y)`: the names of a region's arguments, and the values that they start with."""
    parser.cursor.expect("(")
    pairs = parser.listed(")", lambda: _binding(parser))
    return [name for name, _ in pairs], [value for _, value in pairs]


def _typed_bindings(parser: Parser) -> tuple[list[Any], list[Value]]:
    """`(%a = %x, %b = %y : T, U)`."""
    parser.cursor.expect("(")
    if parser.cursor.accept(")"):
        return [], []
    pairs = [_binding(parser)]
    while parser.cursor.accept(","):
        pairs.append(_binding(parser))
    parser.cursor.expect(":")
    parser.known_types([value for _, value in pairs])
    parser.cursor.expect(")")
    return [name for name, _ in pairs], [value for _, value in pairs]


def _carry(parser: Parser, block: Block, names: list[Any], types: list[Type]) -> None:
    for name, type in zip(names, types, strict=True):
        parser.define(name, block.add_arg(type))


_STRUCTURED: dict[type[Op], Callable[[Parser], Op]] = {
    scf.If: _if,
    scf.For: _for,
    scf.While: _while,
    irad.Map: _map,
    irad.Reduce: _reduce,
}
