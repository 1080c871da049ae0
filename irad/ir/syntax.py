"""How operations without regions are written: one format per class or family, read by the printer and by the parser.

A format is the text behind the operation's name. Directives in braces:

    {0} {1}           one operand
    {1...}            all operands from there on, separated by commas
    {name}            the operands that the property `name` of the class lists, separated by commas
    {tail1}           ` %x, %y : T, U` for the operands from there on, nothing if there are none
    {T0} {T1...}      type of an operand, types of all operands from there on
    {R}               type of the only result, given where it does not follow from the operands
    {flags} {attrs}   ` fastmath<…>`, and ` {name = value, …}` for all other attributes; nothing if there are none
    {predicate} {callee} {constant} {signature}   as in `arith.cmpi`, `func.call`, `arith.constant`, `func.call`

Upstream's operations are written as MLIR writes them. Attributes that upstream does not know are written with the prefix `irad.`.
"""

from __future__ import annotations

import re
from functools import cache

from irad.ir.core import Op
from irad.ir.ops import arith, base, func, irad, math, memref, scf
from irad.ir.ops import complex as complexops

_ELEMENTWISE = " {0...}{flags}{attrs} : {T0}"
_MIXED = " {0...}{flags}{attrs} : {T0...}"
_ARRAY_FIRST = " {0...}{attrs} : {T0}"

SYNTAX: dict[type[Op], str] = {
    base.Same: _ELEMENTWISE,
    base.Test: _ELEMENTWISE,
    base.Compare: " {predicate}, {0...}{flags}{attrs} : {T0}",
    base.Cast: " {0}{attrs} : {T0} to {R}",
    arith.Constant: " {constant}{attrs}",
    arith.Select: " {0...}{attrs} : {T1}",
    complexops.Create: " {0...}{attrs} : {R}",
    complexops.Part: " {0}{attrs} : {T0}",
    math.FPowI: _MIXED,
    math.LdExp: _MIXED,
    math.Polygamma: _MIXED,
    memref.Alloc: "({0...}){attrs} : {R}",
    memref.Alloca: "({0...}){attrs} : {R}",
    memref.Dealloc: _ARRAY_FIRST,
    memref.Dim: _ARRAY_FIRST,
    memref.Load: " {0}[{1...}]{attrs} : {T0}",
    memref.Store: " {0}, {1}[{2...}]{attrs} : {T1}",
    memref.SubView: " {0}[{offsets}] [{sizes}] [{steps}]{attrs} : {T0} to {R}",
    func.Return: "{attrs}{tail0}",
    func.Call: " {callee}({0...}){attrs} : {signature}",
    scf.Yield: "{attrs}{tail0}",
    scf.Condition: "({0}){attrs}{tail1}",
    irad.Check: " {0...}{attrs} : {T0...}",
    irad.Index: _ARRAY_FIRST,
    irad.Stride: _ARRAY_FIRST,
    irad.View: " {0}[{1}] [{sizes}] [{strides}]{attrs} : {T0} to {R}",
    irad.Stack: "{attrs} : {R}",
    irad.Reserve: _ARRAY_FIRST,
    irad.Release: _ARRAY_FIRST,
}

# Attributes that the formats spell out, and so are not in the braces.
SPELLED_OUT = frozenset({"fastmath", "predicate", "callee", "value"})

# Words in an upstream operation's braces that are upstream's own; all others get the prefix.
_UPSTREAM_ATTRS = frozenset({"alignment", "sym_visibility"})


@cache
def pieces(cls: type[Op]) -> tuple[tuple[str, str], ...] | None:
    """The format of a class as pairs (literal text, directive), None if it has no format; the last directive is empty."""
    for parent in cls.__mro__:
        if parent in SYNTAX:
            split = re.split(r"\{([^}]*)\}", SYNTAX[parent])
            return tuple(zip(split[::2], [*split[1::2], ""], strict=True))
    return None


def printed_attr(dialect: str, name: str) -> str:
    """How an attribute of an operation of a dialect is written."""
    return name if dialect == "irad" or name in _UPSTREAM_ATTRS else f"irad.{name}"


def read_attr(name: str) -> str:
    """The attribute that is written so."""
    return name.removeprefix("irad.")


def quote(text: str) -> str:
    """A text as MLIR's string literal: quotes, backslashes and control characters escaped, the latter by two hex digits."""
    return '"' + re.sub(r'["\\\x00-\x1f]', lambda m: f"\\{ord(m[0]):02X}" if m[0] < " " else f"\\{m[0]}", text) + '"'


def unquote(literal: str) -> str:
    """The text of a string literal."""
    return re.sub(r"\\([0-9A-Fa-f]{2}|.)", lambda m: _ESCAPES.get(m[1]) or chr(int(m[1], 16)), literal[1:-1])


_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
