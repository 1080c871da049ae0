"""Printer: the IR as MLIR text, which the parser reads back and, for upstream's operations, so does mlir-opt."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from irad.errors import InternalError
from irad.ir.core import UNKNOWN, Block, Func, Loc, Module, Op, Value
from irad.ir.ops import arith, irad, scf
from irad.ir.syntax import SPELLED_OUT, pieces, printed_attr, quote
from irad.ir.types import FloatType, Type, f32, i1, index

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$.]*\Z")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_$.-]")


def print_module(module: Module, locations: bool = False, hints: bool = True) -> str:
    """All functions, a blank line between them.

    `locations` adds the place in the user's source to every operation. Without `hints`, values are numbered, so that texts which
    differ in nothing but names are equal.
    """
    return "\n".join(print_func(func, locations, hints) for func in module.funcs.values())


def print_func(func: Func, locations: bool = False, hints: bool = True) -> str:
    """One function."""
    printer = _Printer(locations, hints)
    printer.func(func)
    return "".join(printer.out)


def print_op(op: Op) -> str:
    """One operation, and what its regions hold, for messages and debugging."""
    printer = _Printer(locations=False, hints=True)
    printer.op(op, "")
    return "".join(printer.out)


def float_literal(value: float, type: Type) -> str:
    """A float as MLIR writes it: with a point, and infinities and NaN by their bits."""
    if math.isfinite(value):
        text = repr(float(value))
        if "." in text:
            return text
        mantissa, e, exponent = text.partition("e")
        return f"{mantissa}.0{e}{exponent}"
    if type == f32:
        return f"0x{struct.unpack('<I', struct.pack('<f', value))[0]:08X}"
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def symbol(name: str) -> str:
    """A function's name as a symbol."""
    return f"@{name}" if _PLAIN_NAME.match(name) else f"@{quote(name)}"


def automatic_name(value: Value) -> str:
    """The name of a value without a hint: that of a constant tells what it is; an empty one means a number."""
    if not isinstance(value.owner, arith.Constant):
        return "" if isinstance(value.owner, Op) else "arg"
    number = value.owner.attrs.get("value", 0)
    if value.type == i1:
        return "true" if number else "false"
    if isinstance(value.type, FloatType):
        return "cst"
    return f"c{number}" if value.type == index else f"c{number}_{value.type}"


def attr_text(value: Any) -> str:
    """The value of an attribute."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return float_literal(value, FloatType(64))
        case str():
            return quote(value)
        case tuple():
            return "[" + ", ".join(attr_text(v) for v in value) + "]"  # pyright: ignore[reportUnknownVariableType]
        case Type():
            return str(value)
        case _:
            raise InternalError(f"an attribute may be a bool, int, float, str, type or tuple of these, not {value!r}")


class _Printer:
    """Text of a function so far, and the names given to its values."""

    def __init__(self, locations: bool, hints: bool) -> None:
        self.out: list[str] = []
        self.names: dict[Value, str] = {}
        self._locations = locations
        self._hints = hints
        self._taken: set[str] = set()
        self._suffix: dict[str, int] = {}
        self._types: dict[Type, str] = {}
        self._number = 0

    # Names

    def name(self, value: Value) -> str:
        """The name of a value; one not seen yet (out of order, in broken IR) gets its name here."""
        name = self.names.get(value)
        return self._new_name(value) if name is None else name

    def _new_name(self, value: Value) -> str:
        wish = self._wish(value) if self._hints else ""
        if wish:
            name = wish
            while name in self._taken:
                n = self._suffix.get(wish, 0)
                self._suffix[wish] = n + 1
                name = f"{wish}_{n}"
        else:
            name = str(self._number)
            self._number += 1
        self._taken.add(name)
        self.names[value] = name = f"%{name}"
        return name

    def _wish(self, value: Value) -> str:
        if value.hint:
            wish = _NOT_IN_NAMES.sub("_", value.hint)
            return wish if wish[0].isalpha() or wish[0] == "_" else f"_{wish}"
        return automatic_name(value)

    def values(self, values: Iterable[Value]) -> str:
        """Names, separated by commas."""
        return ", ".join([self.name(v) for v in values])

    # Pieces of text

    def type(self, type: Type) -> str:
        """Text of a type."""
        text = self._types.get(type)
        if text is None:
            text = self._types[type] = str(type)
        return text

    def types(self, values: Iterable[Value]) -> str:
        """Types of values, separated by commas."""
        return ", ".join([self.type(v.type) for v in values])

    def result_types(self, types: Iterable[Type]) -> str:
        """Types behind an arrow: in brackets unless it is one."""
        texts = [self.type(t) for t in types]
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"

    def attrs(self, dialect: str, attrs: Mapping[str, Any]) -> str:
        """Attributes in braces, with a blank in front; nothing if there are none."""
        if not attrs:
            return ""
        texts: list[str] = []
        for name, value in attrs.items():
            if name in SPELLED_OUT:
                continue
            key = printed_attr(dialect, name)
            texts.append(key if value is True else f"{key} = {attr_text(value)}")
        return f" {{{', '.join(texts)}}}" if texts else ""

    def op_attrs(self, op: Op) -> str:
        """Attributes of an operation in braces."""
        return self.attrs(op.name.partition(".")[0], op.attrs) if op.attrs else ""

    def end(self, loc: Loc) -> None:
        """The end of a line."""
        if self._locations:
            place = "unknown" if loc is UNKNOWN else f"{quote(loc.file)}:{loc.line}:{loc.column}"
            self.out.append(f" loc({place})")
        self.out.append("\n")

    # Structure

    def func(self, func: Func) -> None:
        """A function."""
        params = ", ".join(self._args(func.body))
        arrow = f" -> {self.result_types(func.result_types)}" if func.result_types else ""
        attrs = self.attrs("func", func.attrs)
        attrs = f" attributes{attrs}" if attrs else ""
        self.out.append(f"func.func {symbol(func.name)}({params}){arrow}{attrs} {{\n")
        self.ops(func.body, "  ")
        self.out.append("}")
        self.end(func.loc)

    def _args(self, block: Block) -> list[str]:
        return [f"{self.name(a)}: {self.type(a.type)}" for a in block.args]

    def ops(self, block: Block, indent: str) -> None:
        """The operations of a block."""
        for op in block.ops:
            self.op(op, indent)

    def region(self, block: Block, indent: str, header: bool = False, bare_yield: bool = False) -> None:
        """A region in braces, without what is in front and behind; `bare_yield` leaves out a yield of nothing."""
        self.out.append("{\n")
        if header and block.args:
            self.out.append(f"{indent}^bb0({', '.join(self._args(block))}):\n")
        for op in block.ops:
            if not (bare_yield and op is block.last and _is_bare_yield(op)):
                self.op(op, indent + "  ")
        self.out.append(f"{indent}}}")

    def op(self, op: Op, indent: str) -> None:
        """One operation with its line end."""
        out = self.out
        out.append(indent)
        if op.results:
            out.append(f"{self.values(op.results)} = ")
        out.append(op.name)
        structured = _STRUCTURED.get(type(op))
        if structured is not None:
            structured(self, op, indent)
        elif op.regions or (emitters := _emitters(type(op))) is None:
            self._generic(op, indent)
        else:
            for emit in emitters:
                out.append(emit(self, op))
        self.end(op.loc)

    def _generic(self, op: Op, indent: str) -> None:
        """MLIR's generic form, for an operation without a syntax of its own."""
        self.out[-1] = f'"{op.name}"({self.values(op.operands)})'
        for i, region in enumerate(op.regions):
            self.out.append(", " if i else " (")
            self.region(region, indent, header=True)
        self.out.append(")" if op.regions else "")
        attrs = ", ".join(f"{k} = {attr_text(v)}" for k, v in op.attrs.items())
        self.out.append(f" {{{attrs}}}" if attrs else "")
        self.out.append(f" : ({self.types(op.operands)}) -> {self.result_types(r.type for r in op.results)}")


def _is_bare_yield(op: Op) -> bool:
    return isinstance(op, scf.Yield) and not op.operands and not op.attrs


# Directives of the formats


def _flags(_printer: _Printer, op: Op) -> str:
    flags = op.attrs.get("fastmath")
    return f" fastmath<{','.join(flags)}>" if flags else ""


def _constant(_printer: _Printer, op: Op) -> str:
    value, type = op.attrs["value"], op.results[0].type
    if type == i1:
        return "true" if value else "false"
    return f"{float_literal(value, type) if isinstance(type, FloatType) else value} : {type}"


def _signature(printer: _Printer, op: Op) -> str:
    return f"({printer.types(op.operands)}) -> {printer.result_types([r.type for r in op.results])}"


def _tail(printer: _Printer, values: list[Value]) -> str:
    return f" {printer.values(values)} : {printer.types(values)}" if values else ""


_Emit = Callable[[_Printer, Op], str]

_EMIT: dict[str, _Emit] = {
    "R": lambda printer, op: printer.type(op.results[0].type),
    "flags": _flags,
    "attrs": _Printer.op_attrs,
    "constant": _constant,
    "predicate": lambda _printer, op: op.attrs["predicate"],
    "callee": lambda _printer, op: symbol(op.attrs["callee"]),
    "signature": _signature,
}


def _emit_operands(directive: str) -> _Emit:
    """The emitter of a directive with a number, or of one that names a property."""
    match = re.fullmatch(r"(T|tail|)(\d+)(\.\.\.)?", directive)
    if match is None:
        return lambda printer, op: printer.values(getattr(op, directive))
    kind, n, rest = match[1], int(match[2]), bool(match[3])
    if kind == "tail":
        return lambda printer, op: _tail(printer, op.operands[n:])
    if kind == "T":
        return (lambda printer, op: printer.types(op.operands[n:])) if rest else (lambda printer, op: printer.type(op.operands[n].type))
    return (lambda printer, op: printer.values(op.operands[n:])) if rest else (lambda printer, op: printer.name(op.operands[n]))


def _emit_literal(text: str) -> _Emit:
    return lambda _printer, _op: text


@cache
def _emitters(cls: type[Op]) -> tuple[_Emit, ...] | None:
    form = pieces(cls)
    if form is None:
        return None
    emitters: list[_Emit] = []
    for literal, directive in form:
        if literal:
            emitters.append(_emit_literal(literal))
        if directive:
            emitters.append(_EMIT.get(directive) or _emit_operands(directive))
    return tuple(emitters)


# Operations with regions: what stands between the name and the end of the line


def _if(printer: _Printer, op: Op, indent: str) -> None:
    assert isinstance(op, scf.If)
    arrow = f" -> ({printer.types(op.results)})" if op.results else ""
    printer.out.append(f" {printer.name(op.operands[0])}{arrow} ")
    printer.region(op.then, indent, bare_yield=True)
    if op.orelse.last is None or op.orelse.first is not op.orelse.last or not _is_bare_yield(op.orelse.last):
        printer.out.append(" else ")
        printer.region(op.orelse, indent, bare_yield=True)
    printer.out.append(printer.op_attrs(op))


def _for(printer: _Printer, op: Op, indent: str) -> None:
    assert isinstance(op, scf.For)
    bounds = [printer.name(v) for v in (op.lower, op.upper, op.step)]
    printer.out.append(f" {printer.name(op.induction)} = {bounds[0]} to {bounds[1]} step {bounds[2]} ")
    if op.results:
        printer.out.append(f"iter_args({_bindings(printer, op.carried, op.inits)}) -> ({printer.types(op.results)}) ")
    printer.region(op.body, indent, bare_yield=True)
    printer.out.append(printer.op_attrs(op))


def _while(printer: _Printer, op: Op, indent: str) -> None:
    assert isinstance(op, scf.While)
    bindings = f" ({_bindings(printer, op.before.args, op.inits)})" if op.inits else ""
    printer.out.append(f"{bindings} : ({printer.types(op.inits)}) -> {printer.result_types([r.type for r in op.results])} ")
    printer.region(op.before, indent)
    printer.out.append(" do ")
    printer.region(op.after, indent, header=True, bare_yield=True)
    printer.out.append(printer.op_attrs(op))


def _map(printer: _Printer, op: Op, indent: str) -> None:
    assert isinstance(op, irad.Map)
    inputs = f" ({_bindings(printer, op.body.args, op.inputs)} : {printer.types(op.inputs)})" if op.inputs else " ()"
    printer.out.append(f"{inputs} into {printer.name(op.destination)} : {printer.type(op.destination.type)} ")
    printer.region(op.body, indent)
    printer.out.append(printer.op_attrs(op))


def _reduce(printer: _Printer, op: Op, indent: str) -> None:
    assert isinstance(op, irad.Reduce)
    n = len(op.inits)
    printer.out.append(f" ({_bindings(printer, op.body.args[n:], op.inputs)} : {printer.types(op.inputs)})")
    printer.out.append(f" init ({_bindings(printer, op.body.args[:n], op.inits)} : {printer.types(op.inits)}) ")
    printer.region(op.body, indent)
    printer.out.append(printer.attrs("irad", {k: v for k, v in op.attrs.items() if k != "inputs"}))


def _bindings(printer: _Printer, args: list[Value], values: list[Value]) -> str:
    return ", ".join([f"{printer.name(a)} = {printer.name(v)}" for a, v in zip(args, values, strict=True)])


_STRUCTURED: dict[type[Op], Callable[[_Printer, Op, str], None]] = {
    scf.If: _if,
    scf.For: _for,
    scf.While: _while,
    irad.Map: _map,
    irad.Reduce: _reduce,
}
