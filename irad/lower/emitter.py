"""The emitter: text of LLVM functions under construction, and of the module around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from irad.errors import InternalError
from irad.ir.core import Func, Loc, Value
from irad.ir.ops import arith
from irad.ir.types import Type
from irad.lower import context
from irad.lower.plan import Plan
from irad.lower.target import Target
from irad.lower.types import Array, Lowered, components, flatten, rebuild

UNLIKELY = ", !prof !0"  # of a branch whose first target is the rare one
LIKELY = ", !prof !1"

_METADATA = """\
!0 = !{!"branch_weights", i32 1, i32 2000}
!1 = !{!"branch_weights", i32 2000, i32 1}
"""


@dataclass(frozen=True, slots=True)
class CheckSite:
    """A place that can raise: exception class, text with {0}, {1} … for the values, their LLVM types, the user's line."""

    error: str
    message: str
    kinds: tuple[str, ...]
    loc: Loc


class Unit:
    """The LLVM module under construction: functions, and what they refer to, each declared once."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self.target = target
        self.plan = plan
        self.functions: list[str] = []
        self.checks: list[CheckSite] = []
        self.declarations: dict[str, str] = {}
        self.definitions: dict[str, str] = {}
        self.used: dict[str, None] = {}
        self._attributes: dict[str, int] = {}
        self._metadata: dict[str, int] = {}

    def declare(self, name: str, signature: str, attributes: str) -> None:
        """Declare an external function: `signature` is its text with @name in it."""
        if name not in self.declarations:
            self.declarations[name] = f"declare {signature} {self.attributes(attributes)}"

    def attributes(self, text: str) -> str:
        """The number of an attribute group."""
        return f"#{self._attributes.setdefault(text, len(self._attributes))}"

    def metadata(self, text: str) -> str:
        """The number of a metadata node; SELF in the text is the node itself, which makes it distinct."""
        key = f"{text} {len(self._metadata)}" if "SELF" in text else text
        return f"!{self._metadata.setdefault(key, len(self._metadata) + 2)}"

    def text(self) -> str:
        """The whole module."""
        used = ", ".join(f"ptr @{name}" for name in self.used)
        keep = f'@llvm.compiler.used = appending global [{len(self.used)} x ptr] [{used}], section "llvm.metadata"\n' if used else ""
        attributes = "".join(f"attributes #{n} = {{ {text} }}\n" for text, n in self._attributes.items())
        nodes = (f"!{n} = {_node(text, n)}\n" for text, n in self._metadata.items())
        declarations = "".join(f"{d}\n" for d in self.declarations.values())
        bodies = "\n".join([*self.definitions.values(), *self.functions])
        return f"{keep}{declarations}\n{bodies}\n{attributes}\n{_METADATA}{''.join(nodes)}"


def _node(text: str, number: int) -> str:
    if "SELF" not in text:
        return text
    return "distinct " + text.rpartition(" ")[0].replace("SELF", f"!{number}")


class Emitter:
    """Writes one function; `block` is the label of the basic block that instructions go to."""

    def __init__(self, unit: Unit, func: Func) -> None:
        self.unit = unit
        self.func = func
        self.lines: list[str] = []
        self.allocas: list[str] = []
        self.block = "entry"
        self._cold: list[str] = []
        self._values: dict[Value, Lowered] = {}
        self._count = 0
        self._failures: list[tuple[str, int, str, str]] = []
        self._exits: list[tuple[str, str]] = []

    # Values

    def __getitem__(self, value: Value) -> str:
        """Operand of a scalar (or stack)."""
        got = self._values[value]
        assert isinstance(got, str)
        return got

    def lowered(self, value: Value) -> Lowered:
        """Operand or operands of any value."""
        return self._values[value]

    def array(self, value: Value) -> Array:
        """Operands of a memref."""
        got = self._values[value]
        assert isinstance(got, Array)
        return got

    def __setitem__(self, value: Value, lowered: Lowered) -> None:
        self._values[value] = lowered

    def parts(self, values: Iterable[Value]) -> list[str]:
        """All SSA values that some values are made of."""
        return [part for v in values for part in flatten(v.type, self._values[v])]

    def define(self, values: Sequence[Value], parts: Sequence[str]) -> None:
        """Give values the SSA values they are made of."""
        start = 0
        for value in values:
            count = len(components(value.type))
            self._values[value] = rebuild(value.type, list(parts[start : start + count]))
            start += count

    # Instructions

    def fresh(self, prefix: str = "v") -> str:
        """A new name, without its %."""
        self._count += 1
        return f"{prefix}{self._count}"

    def emit(self, text: str) -> str:
        """Append an instruction and return its result."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {text}")
        return name

    def effect(self, text: str) -> None:
        """Append an instruction without a result."""
        self.lines.append(f"  {text}")

    def start(self, label: str) -> None:
        """Begin a basic block."""
        self.lines.append(f"{label}:")
        self.block = label

    def phis(self, types: Sequence[str], incoming: Sequence[tuple[Sequence[str], str]]) -> list[str]:
        """A phi for each position: `incoming` is (values, label) of each predecessor."""
        out = []
        for i, type in enumerate(types):
            choices = {values[i] for values, _ in incoming}
            if len(choices) == 1:
                out.append(choices.pop())
            else:
                out.append(self.emit(f"phi {type} " + ", ".join(f"[{values[i]}, %{label}]" for values, label in incoming)))
        return out

    def open_phis(self, types: Sequence[str], values: Sequence[str], label: str) -> tuple[list[str], list[int]]:
        """Phis of a loop's header whose second predecessor is not written yet; `close_phis` completes them."""
        names, places = [], []
        for type, value in zip(types, values, strict=True):
            places.append(len(self.lines))
            names.append(self.emit(f"phi {type} [{value}, %{label}]"))
        return names, places

    def close_phis(self, places: Sequence[int], values: Sequence[str], label: str) -> None:
        """Add the second predecessor."""
        for place, value in zip(places, values, strict=True):
            self.lines[place] += f", [{value}, %{label}]"

    # The context

    def field(self, offset: int) -> str:
        """Address of a field of the context."""
        return self.emit(f"getelementptr inbounds nuw i8, ptr %ctx, i64 {offset}") if offset else "%ctx"

    def tag(self, kind: str) -> str:
        """TBAA suffix of accesses to the context or to stacks' control blocks."""
        return f", !tbaa {tbaa(self.unit, kind)}"

    # Failure: blocks out of the way that all lead to one exit

    def check(self, condition: str, error: str, message: str, values: Sequence[tuple[str, str]], loc: Loc) -> None:
        """Go on if the condition holds; else leave the function, and let the caller raise: `values` are (LLVM type, operand)."""
        number = len(self.unit.checks)
        if len(values) > context.WORDS:
            raise InternalError(f"a check shows at most {context.WORDS} values, not {len(values)}")
        self.unit.checks.append(CheckSite(error, message, tuple(kind for kind, _ in values), loc))
        following = self.fresh("ok")
        if len(values) <= 2 and all(kind == "i64" for kind, _ in values):
            words = [operand for _, operand in values] + ["0", "0"]
            self._failures.append((self.block, number, words[0], words[1]))
            target = "fail"
        else:
            target = self._convert_payload(number, values)
        self.effect(f"br i1 {condition}, label %{following}, label %{target}{LIKELY}")
        self.start(following)

    def _convert_payload(self, number: int, values: Sequence[tuple[str, str]]) -> str:
        """A cold block that turns values into words, and stores those that the common block does not."""
        label, lines, words = self.fresh("failing"), [], []
        for kind, operand in values:
            words.append(self.fresh("w"))
            lines += [f"  {text}" for text in _word(kind, operand, words[-1])]
        operands = [f"%{word}" for word in words]
        for i, operand in enumerate(operands[2:], 2):
            place = self.fresh("p")
            lines.append(f"  %{place} = getelementptr inbounds nuw i8, ptr %ctx, i64 {context.PAYLOAD + 8 * i}")
            lines.append(f"  store i64 {operand}, ptr %{place}, align 8")
        self._cold += [f"{label}:", *lines, "  br label %fail"]
        operands += ["0", "0"]
        self._failures.append((label, number, operands[0], operands[1]))
        return label

    def check_status(self, status: str) -> None:
        """Leave the function with a status that is not zero."""
        following = self.fresh("ok")
        failed = self.emit(f"icmp ne i32 {status}, 0")
        self._exits.append((status, self.block))
        self.effect(f"br i1 {failed}, label %exit, label %{following}{UNLIKELY}")
        self.start(following)

    def rarely(self, condition: str, call: str) -> None:
        """If the condition holds, make a call that returns a status, out of the way."""
        label, following, status, failed = self.fresh("rare"), self.fresh("ok"), f"%{self.fresh('s')}", f"%{self.fresh('f')}"
        self.effect(f"br i1 {condition}, label %{label}, label %{following}{UNLIKELY}")
        self._cold += [
            f"{label}:",
            f"  {status} = {call}",
            f"  {failed} = icmp ne i32 {status}, 0",
            f"  br i1 {failed}, label %exit, label %{following}",
        ]
        self._exits.append((status, label))
        self.start(following)

    def finish(self, result: str) -> list[str]:
        """The blocks out of the way; `result` is the LLVM type that the function returns."""
        lines = list(self._cold)
        if self._failures:
            lines += ["fail:", *self._fail_phis()]
            lines += [f"  store i64 %failed.id, ptr %ctx, align 8{self.tag('context')}"]
            for i in range(2):
                lines.append(f"  %failed.p{i} = getelementptr inbounds nuw i8, ptr %ctx, i64 {context.PAYLOAD + 8 * i}")
                lines.append(f"  store i64 %failed.{i}, ptr %failed.p{i}, align 8{self.tag('context')}")
            lines.append("  br label %exit")
            self._exits.append((str(context.CHECK), "fail"))
        if self._exits:
            incoming = ", ".join(f"[{status}, %{label}]" for status, label in self._exits)
            lines += ["exit:", f"  %exit.status = phi i32 {incoming}"]
            if result == "i32":
                lines.append("  ret i32 %exit.status")
            else:
                lines.append(f"  %exit.result = insertvalue {result} poison, i32 %exit.status, 0")
                lines.append(f"  ret {result} %exit.result")
        return lines

    def _fail_phis(self) -> list[str]:
        identifiers = ", ".join(f"[{number}, %{label}]" for label, number, _, _ in self._failures)
        lines = [f"  %failed.id = phi i64 {identifiers}"]
        for i in range(2):
            words = ", ".join(f"[{failure[2 + i]}, %{failure[0]}]" for failure in self._failures)
            lines.append(f"  %failed.{i} = phi i64 {words}")
        return lines


def _word(kind: str, operand: str, name: str) -> list[str]:
    """Instructions that turn a value into the i64 %name."""
    if kind == "i64":
        return [f"%{name} = add i64 {operand}, 0"]
    if kind == "double":
        return [f"%{name} = bitcast double {operand} to i64"]
    if kind == "float":
        return [f"%{name}.d = fpext float {operand} to double", f"%{name} = bitcast double %{name}.d to i64"]
    return [f"%{name} = {'zext' if kind == 'i1' else 'sext'} {kind} {operand} to i64"]


def tbaa(unit: Unit, kind: str) -> str:
    """The access tag of a kind of memory; element types are kinds of their own below "element"."""
    root = unit.metadata('!{!"irad"}')
    parent = root
    if kind not in ("context", "element", "stack"):
        parent = unit.metadata(f'!{{!"element", {root}, i64 0}}')
    node = unit.metadata(f'!{{!"{kind}", {parent}, i64 0}}')
    return unit.metadata(f"!{{{node}, {node}, i64 0}}")


def constant_index(value: Value) -> int:
    """The value of an operand that has to be a constant."""
    op = value.op
    if not isinstance(op, arith.Constant):
        raise InternalError("an axis is not a constant")
    return int(op.value)


def result_type(types: Sequence[Type]) -> str:
    """What an LLVM function returns: a status, and the components of its results."""
    parts = [part for type in types for part in components(type)]
    return "{ " + ", ".join(["i32", *parts]) + " }" if parts else "i32"
