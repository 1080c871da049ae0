"""Parser: reads what the printer writes, and hand-written IR in the same syntax, into a module.

Values are defined before they are used, so that their types are known: a type in the text is compared with the value's, and is needed
only where it says something new (constants, conversions, allocations). What a verifier finds (operand types, attributes) is left to it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from irad.ir.core import UNKNOWN, Block, Func, Loc, Module, Op, Value
from irad.ir.lexer import Cursor, Token, type_of
from irad.ir.ops import REGISTRY, scf
from irad.ir.parser_ops import reader
from irad.ir.printer import automatic_name
from irad.ir.syntax import read_attr, unquote
from irad.ir.types import FloatType, Type, f32

_SHORT_NAMES = {"return": "func.return", "call": "func.call"}


def parse(text: str, file: str = "<text>") -> Module:
    """The functions of a text; `file` names it in errors and in the locations of operations that give none.

    Raises
    ------
    ParseError
        With line and column.
    """
    return Parser(text, file).module()


class Parser:
    """Reads a module; `values` holds the names that are visible at the cursor."""

    def __init__(self, text: str, file: str) -> None:
        self.cursor = Cursor(text, file)
        self.values: dict[str, Value] = {}
        self._scopes: list[list[str]] = []

    # Modules and functions

    def module(self) -> Module:
        """All functions, with or without `module { … }` around them."""
        cursor, module = self.cursor, Module()
        braces = cursor.accept("module")
        if braces:
            if cursor.token.kind == "symbol":
                cursor.take()
            cursor.expect("{")
        while not (cursor.at("}") if braces else cursor.token.kind == "end"):
            start = cursor.token
            function = self._func()
            if function.name in module.funcs:
                raise cursor.error(f"a second function @{function.name}", start)
            module.add(function)
        if braces:
            cursor.expect("}")
            self.location(UNKNOWN)
        cursor.take_kind("end", "the end of the text")
        return module

    def _func(self) -> Func:
        cursor = self.cursor
        place = cursor.place(cursor.expect("func.func"))
        if cursor.token.text in ("private", "public"):
            cursor.take()
        name = self.symbol()
        cursor.expect("(")
        self.open_scope()
        body = Block()
        self.listed(")", lambda: self.define(self.value_name(), body.add_arg(self._colon_type())))
        results = self.result_types() if cursor.accept("->") else []
        attrs = self.attributes() if cursor.accept("attributes") else {}
        self.region(body)
        self.close_scope()
        return Func(name, body, results, self.location(place), attrs)

    def _colon_type(self) -> Type:
        self.cursor.expect(":")
        return self.type()

    # Names

    def open_scope(self) -> None:
        """Begin a region."""
        self._scopes.append([])

    def close_scope(self) -> None:
        """End a region: forget the names defined in it."""
        for name in self._scopes.pop():
            del self.values[name]

    def value_name(self) -> Token:
        """The name of a value that is being defined."""
        return self.cursor.take_kind("value", "the name of a value")

    def define(self, token: Token, value: Value, name: str = "") -> None:
        """Give a value its name, and its hint unless the printer would choose that name by itself."""
        name = name or token.text
        if name in self.values:
            raise self.cursor.error(f"{name} is defined already", token)
        self.values[name] = value
        self._scopes[-1].append(name)
        plain = name[1:]
        automatic = automatic_name(value)
        if plain.isdigit() or "#" in plain or (automatic and re.fullmatch(rf"{re.escape(automatic)}(_\d+)?", plain)):
            return
        value.hint = plain

    def operand(self) -> Value:
        """A use of a value."""
        token = self.cursor.take_kind("value", "a value")
        value = self.values.get(token.text) or self.values.get(token.text.removesuffix("#0"))
        if value is None:
            raise self.cursor.error(f"{token.text} is not defined here", token)
        return value

    def operands(self) -> list[Value]:
        """Values separated by commas; none is a list too."""
        found: list[Value] = []
        if self.cursor.token.kind == "value":
            found.append(self.operand())
            while self.cursor.accept(","):
                found.append(self.operand())
        return found

    def symbol(self) -> str:
        """A function's name."""
        text = self.cursor.take_kind("symbol", "a name like @f").text[1:]
        return unquote(text) if text[0] == '"' else text

    def listed(self, end: str, item: Callable[[], Any]) -> list[Any]:
        """Items separated by commas, up to and including the token that ends them."""
        items: list[Any] = []
        if self.cursor.accept(end):
            return items
        items.append(item())
        while self.cursor.accept(","):
            items.append(item())
        self.cursor.expect(end)
        return items

    # Types, attributes, numbers, locations

    def type(self) -> Type:
        """A type."""
        token = self.cursor.take()
        type = type_of(token.text) if token.kind in ("type", "word") else None
        if type is None:
            raise self.cursor.error(f"expected a type, found {token.text}", token)
        return type

    def types(self) -> list[Type]:
        """Types separated by commas."""
        found = [self.type()]
        while self.cursor.accept(","):
            found.append(self.type())
        return found

    def result_types(self) -> list[Type]:
        """One type, or any number in brackets."""
        if self.cursor.accept("("):
            return self.listed(")", self.type)
        return [self.type()]

    def known_types(self, values: Sequence[Value]) -> None:
        """Types that the text repeats; they must be those of the values."""
        for i, value in enumerate(values):
            if i:
                self.cursor.expect(",")
            start = self.cursor.token
            type = self.type()
            if type != value.type:
                name = next(n for n, v in self.values.items() if v is value)
                raise self.cursor.error(f"{name} has type {value.type}, not {type}", start)

    def attributes(self) -> dict[str, Any]:
        """Attributes in braces, none if there are no braces."""
        if not self.cursor.accept("{"):
            return {}
        return dict(self.listed("}", self._attribute))

    def _attribute(self) -> tuple[str, Any]:
        token = self.cursor.take()
        if token.kind not in ("word", "string"):
            raise self.cursor.error(f"expected the name of an attribute, found {token.text}", token)
        name = read_attr(token.text if token.kind == "word" else unquote(token.text))
        return name, self.attribute_value() if self.cursor.accept("=") else True

    def attribute_value(self) -> Any:
        """The value of an attribute; the type of a number is not kept."""
        token = self.cursor.take()
        match token.kind, token.text:
            case ("word", "true" | "false"):
                return token.text == "true"
            case ("string", text):
                return unquote(text)
            case ("mark", "["):
                return tuple(self.listed("]", self.attribute_value))
            case ("int" | "float" | "hex", _):
                type = self.type() if self.cursor.accept(":") else FloatType(64)
                return self.number(token, type if token.kind != "int" else None)
            case ("type" | "word", text) if (type := type_of(text)) is not None:
                return type
            case _:
                raise self.cursor.error(f"expected the value of an attribute, found {token.text}", token)

    def number(self, token: Token, type: Type | None) -> float | int:
        """A number: a float if the type is one (hexadecimal: its bits), else an integer."""
        if not isinstance(type, FloatType):
            if token.kind == "float":
                raise self.cursor.error(f"{token.text} is not an integer", token)
            return int(token.text, 16 if token.kind == "hex" else 10)
        if token.kind == "int":
            raise self.cursor.error(f"a float has a point: {token.text}.0", token)
        if token.kind == "float":
            return float(token.text)
        bits = int(token.text, 16)
        return struct.unpack("<f", struct.pack("<I", bits))[0] if type == f32 else struct.unpack("<d", struct.pack("<Q", bits))[0]

    def location(self, otherwise: Loc) -> Loc:
        """A `loc(…)` behind an operation, or else what is given."""
        cursor = self.cursor
        if not cursor.at("loc"):
            return otherwise
        cursor.take()
        cursor.expect("(")
        found = UNKNOWN
        if not cursor.accept("unknown"):
            file = unquote(cursor.take_kind("string", "a file name").text)
            cursor.expect(":")
            line = int(cursor.take_kind("int", "a line").text)
            cursor.expect(":")
            found = Loc(file, line, int(cursor.take_kind("int", "a column").text))
        cursor.expect(")")
        return found

    # Regions and operations

    def region(self, block: Block, bare_yield: bool = False) -> None:
        """Operations in braces, appended to a block; with `bare_yield` a yield of nothing may be left out."""
        cursor = self.cursor
        cursor.expect("{")
        if cursor.token.kind == "label":
            cursor.take()
            if cursor.accept("("):
                self.listed(")", lambda: self.define(self.value_name(), block.add_arg(self._colon_type())))
            cursor.expect(":")
        while not cursor.at("}"):
            block.append(self._statement())
        place = cursor.place(cursor.take())
        if bare_yield and (block.last is None or not block.last.terminator):
            block.append(scf.Yield((), (), None, (), place))

    def scoped_region(self, block: Block, bare_yield: bool = False) -> Block:
        """A region whose names end with it."""
        self.open_scope()
        self.region(block, bare_yield)
        self.close_scope()
        return block

    def _statement(self) -> Op:
        cursor = self.cursor
        names: list[tuple[Token, int]] = []
        if cursor.token.kind == "value":
            names.append(self._result_name())
            while cursor.accept(","):
                names.append(self._result_name())
            cursor.expect("=")
        start = cursor.take()
        op = self._generic(start) if start.kind == "string" else reader(self._op_class(start, start.text))(self)
        op.loc = self.location(cursor.place(start))
        self._name_results(op, names, start)
        return op

    def _result_name(self) -> tuple[Token, int]:
        token = self.value_name()
        return token, int(self.cursor.take_kind("int", "a number of results").text) if self.cursor.accept(":") else 1

    def _name_results(self, op: Op, names: list[tuple[Token, int]], start: Token) -> None:
        expected = sum(n for _, n in names)
        if len(op.results) != expected:
            raise self.cursor.error(f"{op.name} has {len(op.results)} results, but {expected} are named", start)
        results = iter(op.results)
        for token, n in names:
            for i in range(n):
                self.define(token, next(results), f"{token.text}#{i}" if n > 1 else "")

    def _op_class(self, token: Token, name: str) -> type[Op]:
        name = _SHORT_NAMES.get(name, name)
        if token.kind not in ("word", "string"):
            raise self.cursor.error(f"expected the name of an operation, found {name}", token)
        if name not in REGISTRY:
            close = get_close_matches(name, REGISTRY, n=1)
            raise self.cursor.error(f"{name} is not an operation{f'; {close[0]} is' if close else ''}", token)
        return REGISTRY[name]

    def _generic(self, token: Token) -> Op:
        cls = self._op_class(token, unquote(token.text))
        cursor = self.cursor
        cursor.expect("(")
        operands = self.listed(")", self.operand)
        regions = self.listed(")", lambda: self.scoped_region(Block())) if cursor.accept("(") else []
        attrs = self.attributes()
        cursor.expect(":")
        cursor.expect("(")
        self.known_types(operands)
        cursor.expect(")")
        cursor.expect("->")
        return cls(operands, self.result_types(), attrs, regions)
