"""Lexer of the IR's text: tokens with their place, and the cursor that the parser moves over them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache

from irad.errors import ParseError
from irad.ir.core import Loc
from irad.ir.types import ComplexType, FloatType, IntType, MemRefType, StackType, Type, index

_TOKEN = re.compile(
    r"""(?P<blank>(?:\s+|//[^\n]*)+)
    |(?P<type>(?:memref|complex|!irad\.stack)<(?:[^<>\n]|<(?:[^<>\n]|<(?:[^<>\n]|<[^<>\n]*>)*>)*>)*>)
    |(?P<value>%[A-Za-z0-9_$.-]+(?:\#[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_$.]*)
    |(?P<arrow>->)
    |(?P<hex>0x[0-9A-Fa-f]+)
    |(?P<float>-?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?)
    |(?P<int>-?[0-9]+)
    |(?P<symbol>@(?:[A-Za-z_][A-Za-z0-9_$.]*|"(?:[^"\\\n]|\\.)*"))
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<label>\^[A-Za-z0-9_$.-]+)
    |(?P<mark>[()\[\]{}<>=,:?])
    |(?P<bad>.)""",
    re.VERBOSE,
)

_SCALARS: dict[str, Type] = {str(t): t for t in (*map(FloatType, (32, 64)), *map(IntType, (1, 8, 16, 32, 64)), index)}
_DIMENSIONS = re.compile(r"\s*((?:(?:\?|[0-9]+)x)*)")
_LAYOUT = re.compile(r"\s*strided<\[([?,\s]*)\]\s*(?:,\s*offset:\s*\?\s*)?>\s*\Z")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text: its kind (a group of the expression above, `end` behind the last), and where it starts."""

    kind: str
    text: str
    start: int


def tokenize(text: str) -> list[Token]:
    """All tokens, blanks and comments left out, and one that marks the end."""
    tokens = [Token(m.lastgroup or "bad", m[0], m.start()) for m in _TOKEN.finditer(text) if m.lastgroup != "blank"]
    tokens.append(Token("end", "the end of the text", len(text)))
    return tokens


@cache
def type_of(text: str) -> Type | None:
    """The type that a text spells, None if it spells none."""
    if text in _SCALARS:
        return _SCALARS[text]
    head, _, rest = text.partition("<")
    if head == "memref":
        return _memref(rest[:-1])
    inner = type_of(rest[:-1].strip()) if head in ("complex", "!irad.stack") else None
    if head == "complex":
        return ComplexType(inner) if isinstance(inner, FloatType) else None
    return StackType(inner) if inner is not None else None


def _memref(text: str) -> Type | None:
    """The memref type with this text in its angle brackets."""
    dimensions = _DIMENSIONS.match(text)
    assert dimensions is not None  # it matches no dimensions too
    shape = tuple(None if d == "?" else int(d) for d in dimensions[1].split("x")[:-1])
    inner = text[dimensions.end() :]
    end = next((i for i, c in enumerate(inner) if c == "," and inner.count("<", 0, i) == inner.count(">", 0, i)), len(inner))
    element, layout = type_of(inner[:end].strip()), _LAYOUT.match(inner[end + 1 :])
    if element is None or (end < len(inner) and (layout is None or layout[1].count("?") != len(shape))):
        return None
    return MemRefType(shape, element, strided=layout is not None)


class Cursor:
    """A place in the tokens of a text."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._tokens = tokenize(text)
        self._position = 0
        self._lines = [0, *(m.end() for m in re.finditer("\n", text))]

    @property
    def token(self) -> Token:
        """The token in front of the cursor."""
        return self._tokens[self._position]

    def take(self) -> Token:
        """The token in front of the cursor, which moves on."""
        token = self._tokens[self._position]
        if token.kind != "end":
            self._position += 1
        return token

    def take_kind(self, kind: str, what: str) -> Token:
        """Take a token of a kind; `what` names it in the error."""
        if self.token.kind != kind:
            raise self.error(f"expected {what}, found {self.token.text}")
        return self.take()

    def at(self, text: str) -> bool:
        """Whether the next token reads so."""
        return self.token.text == text

    def accept(self, text: str) -> bool:
        """Take the next token if it reads so."""
        if self.token.text == text:
            self.take()
            return True
        return False

    def expect(self, text: str) -> Token:
        """Take the next token, which must read so."""
        if self.token.text != text:
            raise self.error(f"expected {text}, found {self.token.text}")
        return self.take()

    def place(self, token: Token) -> Loc:
        """Where a token stands in the text."""
        line = bisect_right(self._lines, token.start)
        return Loc(self._file, line, token.start - self._lines[line - 1])

    def error(self, what: str, token: Token | None = None) -> ParseError:
        """An error at a token, the next one unless given, for the caller to raise."""
        place = self.place(token or self.token)
        line = self._text.split("\n")[place.line - 1]
        indent = len(line) - len(line.lstrip())
        shown = f"\n    {line.strip()}\n    {' ' * max(0, place.column - indent)}^" if line.strip() else ""
        return ParseError(f'\n  File "{self._file}", line {place.line}, column {place.column + 1}{shown}\n{what}')
