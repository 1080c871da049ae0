"""Texts of random expressions over what is in scope: templates whose parts are filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.random_code import Code

MOST_RUNS = 200  # of one statement, over all loops around it


@dataclass(frozen=True)
class Name:
    """Something an expression can mention: a variable, an attribute, an entry."""

    text: str
    kind: str  # float, int, flag, vector, matrix, indices, list
    low: int = 2  # vector: its least length
    length: int | None = None  # vector, matrix: the length of the first axis, if it is always the same
    columns: int = 0  # matrix: the length of the second axis
    top: int = 0  # int, indices: the numbers lie in range(top)
    const: bool = False  # memory without a shadow
    fixed: bool = False  # not to be assigned
    spans: str = ""  # int: it is an index of that vector,
    room: int = 0  # and so is it plus this


@dataclass(frozen=True)
class Helper:
    """A function that code may call: what it takes, what it returns (float, pair or nothing), and how often its statements run."""

    text: str
    params: tuple[Name, ...]
    result: str = "float"
    cost: int = 1


ARITHMETIC = ["({a} + {b})", "({a} - {b})", "{a} * {b}"]
SMOOTH = [
    "math.sin({a})", "math.cos({a})", "math.tanh({a})", "math.exp(-{a} * {a})", "math.sqrt(1.0 + {a} * {a})", "math.log(1.5 + {a} * {a})",
    "math.atan({a})", "({a} / (2.0 + {b} * {b}))", "({a}) ** 2", "(-{a})", "math.atan2({a}, 2.0 + {b} * {b})", "math.hypot({a}, 1.0)",
]  # fmt: skip
KINKED = ["abs({a})", "min({a}, {b})", "max({a}, {b})", "({a} if {c} else {b})", "({a}) % 1.5"]
OF_VECTORS = ["np.sum({x})", "{x}.sum()", "len({x}) * {a}", "np.max({x})", "np.dot({x}, {x})", "np.sum({x} * {a})"]
CHANGES = ["+= {a}", "-= {t}", "*= {d}", "/= 1.5 + {a} * {a}", "+= {t}"]
WHOLE = [
    "{i}", "({i} + {j})", "{i} * 2", "abs({i} - {j})", "({i} + {j}) // 2", "min({i}, {j})", "{i} % 3", "({i} + 1)", "{l}", "{e}",
    "{e}", "{r}", "({i} - 3) % 4", "({i} & 3)", "({i} if {c} else {j})",
]  # fmt: skip
CONDITIONS = ["{a} > {k}", "{a} < {b}", "{w} % 2 == 0", "{w} < {i}", "{w} > {i}", "{w} == {i}", "{w} != {i}", "{f}", "{f}"]
COMPOUND = [
    "({p} and {q})", "({p} or {q})", "not ({p})", "0 < {w} < 5", "0.2 < {a} < 0.9",
    "({w} < len({x}) and {x}[{w}] > {k})", "({w} >= len({x}) or {x}[{w}] > {k})",
]  # fmt: skip
ARRAYS = [
    "0.5 * {x}", "{x} * {a}", "{x} + {y}", "{x} * {y}[::-1]", "np.sin({x})", "np.tanh({x}) - {y}", "{x} / (2.0 + {y} * {y})",
    "np.cos({y})", "(-{x})", "{x} ** 2",
    "np.where({x} > {k}, {y}, {a})", "np.maximum({x}, {k})", "np.minimum({x}, {y})", "abs({x})",
]  # fmt: skip
SLICES = [
    "{x}[:] = {t}", "{x}[1:] = {x}[:-1]", "{x}[:-1] = {x}[1:]", "{x}[1:] += {x}[:-1]", "{x}[:] = {x}[::-1]",
    "{x}[:] = {x}[::-1] * {x}", "{x}[::2] = {t}",
    "{x}[1:] *= {t}", "{x}[::-1] += 0.5 * {x}", "{x}[:-1] -= 0.3 * {x}[1:] * {x}[:-1]", "{x}[:] = {v}", "{x}[::-1] = {v}",
    "{x}[:2] = {z}[:2]",
]  # fmt: skip


class Expressions:
    """Texts of expressions over what is in scope.

    A letter in braces stands for a part, the same one wherever the letter comes back in a template: a b numbers, t a tame one, d one
    between -1 and 1, k a constant, i j ints, w a compound int, l a length, e an entry of an index array, r a rounded number,
    c p q conditions, f a flag, x z vectors, y a vector as long as x, v an array expression as long as x.
    """

    def __init__(self, code: Code) -> None:
        self.code = code

    def fill(self, template: str, depth: int = 1, known: dict[str, str] | None = None) -> str:
        """The template with its parts filled in; those that are known already are given."""
        known = dict(known or {})

        def part(match: re.Match[str]) -> str:
            letter = match[1]
            if letter not in known:
                known[letter] = getattr(self, f"part_{PARTS[letter]}")(depth)
            return known[letter]

        return re.sub(r"\{(\w)\}", part, template)

    def part_number(self, depth: int) -> str:
        return self.number(depth - 1)

    def part_tame(self, depth: int) -> str:
        return self.tame(self.number(depth))

    def part_bounded(self, depth: int) -> str:
        return self.bounded(depth)

    def part_constant(self, _depth: int) -> str:
        return self.constant()

    def part_int(self, _depth: int) -> str:
        return self.whole(0)

    def part_whole(self, _depth: int) -> str:
        return self.whole(1)

    def part_condition(self, _depth: int) -> str:
        return self.condition(0)

    def part_length(self, _depth: int) -> str:
        vectors = self.code.of("vector")
        return f"len({self.code.pick(vectors).text})" if vectors else "2"

    def part_entry(self, _depth: int) -> str:
        indices = self.code.of("indices")
        return self.entry(self.code.pick(indices)) if indices else self.whole(0)

    def part_rounded(self, _depth: int) -> str:
        return f"int(2.0 * abs({self.bounded(0)}))" if self.code.chance(0.3) else "1"

    def part_flag(self, _depth: int) -> str:
        flags = self.code.of("flag")
        masks = self.code.of("mask")
        if masks and self.code.chance(0.5):
            return self.entry(self.code.pick(masks))
        return self.code.pick(flags).text if flags else f"{self.number(0)} > {self.constant()}"

    def part_vector(self, _depth: int) -> str:
        vectors = self.code.of("vector")
        return self.code.pick(vectors).text if vectors else "np.ones(2)"

    def constant(self) -> str:
        return str(self.code.rng.randint(-12, 12) / 10)

    def number(self, depth: int) -> str:
        """A float expression."""
        code = self.code
        if depth <= 0 or code.chance(0.25):
            return self.leaf()
        kind = code.weighted([(4, ARITHMETIC), (4, SMOOTH), (1.2, KINKED), (1.0, None)])
        return self.fill(code.pick(kind), depth) if kind else self.special(depth)

    def special(self, depth: int) -> str:
        """Sums, lengths, calls, casts."""
        code = self.code
        options = ["float({w})", "0.1 * {w}", "{a} * ({c})"] + (OF_VECTORS if code.of("vector") else [])
        options += (
            [f"np.sum({m.text})" for m in code.of("matrix")]
            + [f"sum({p.text})" for p in code.of("list")] * 2
            + [h for h in code.helpers if h.result == "float"]
        )
        chosen = code.pick(options)
        if isinstance(chosen, Helper):
            return self.call(chosen) or self.leaf()
        return self.fill(chosen, depth)

    def leaf(self) -> str:
        code = self.code
        floats, arrays = code.of("float"), code.of("vector", "matrix")
        match code.weighted([(4 if floats else 0, "float"), (4 if arrays else 0, "array"), (0.8, "constant"), (0.5, "int")]):
            case "float":
                return code.pick(floats).text
            case "array":
                return self.element(code.pick(arrays))
            case "int":
                return f"0.3 * {self.whole(0)}"
        return self.constant()

    def bounded(self, depth: int) -> str:
        """A float expression between -1 and 1."""
        return f"math.{self.code.pick(['tanh', 'sin', 'cos'])}({self.number(depth)})"

    def tame(self, text: str) -> str:
        """The expression, mostly contracted, so that loops do not blow up."""
        return self.code.weighted([(2, text), (2, f"0.5 * {text}"), (2, f"math.tanh({text})"), (1, f"math.sin({text})")])

    def change(self) -> str:
        """An augmented assignment without its target."""
        return self.fill(self.code.pick(CHANGES), 2)

    # ------------------------------------------------------------------ integers and conditions

    def whole(self, depth: int) -> str:
        """A small integer that is not negative."""
        code = self.code
        ints = code.of("int")
        if depth == 0:
            return code.pick(ints).text if ints and code.chance(0.8) else str(code.rng.randint(0, 4))
        return self.fill(code.pick(WHOLE), 0)

    def entry(self, x: Name) -> str:
        return f"{x.text}[{self.whole(0)} % len({x.text})]"

    def below(self, top: int) -> str:
        """An integer in range(top)."""
        fitting = [n.text for n in self.code.of("int") if 0 < n.top <= top]
        return self.code.pick([str(self.code.rng.randrange(top)), f"{self.whole(1)} % {top}", *fitting, *fitting])

    def condition(self, depth: int = 1) -> str:
        code = self.code
        return self.fill(code.pick(COMPOUND if depth and code.chance(0.25) else CONDITIONS), depth)

    def range_bounds(self) -> tuple[str, int, Name]:
        """Arguments of a range: their text, about how many numbers there are, and what is known of them."""
        code = self.code
        c = code.rng.randint(0, 4)

        def below(top: int, spans: str = "", room: int = 0) -> Name:
            return Name("", "int", top=top, fixed=True, spans=spans, room=room)

        options = [(str(c), c, below(c)), (f"{c}, -1, -1", c + 1, below(c + 1)), (f"1, {c + 2}, 2", 2, below(c + 2))]
        for x in code.of("vector", "indices")[:4]:
            n, t = x.length or 0, x.text
            options += [(f"len({t})", 4, below(n, t)), (f"1, len({t})", 3, below(n, t)), (f"len({t}) - 1", 3, below(max(0, n - 1), t, 1))]
            options += [(f"len({t}) - 1, -1, -1", 4, below(n, t)), (f"0, len({t}), 2", 2, below(n, t))]
        for k in code.of("int")[-4:]:
            options += [(k.text, 3, below(k.top)), (f"{k.text} + 1", 3, below(k.top + 1)), (f"{k.text}, 4", 2, below(4))]
            options += [(f"{{i}}, {k.text}", 2, below(k.top))]
        for ptr in code.of("indices"):
            entry = f"{ptr.text}[{{i}} % len({ptr.text})]"
            options += [(f"{entry}, {ptr.text}[{{j}} % len({ptr.text})]", 2, below(ptr.top)), (entry, 2, below(ptr.top))]
        options += [("min({w}, 4)", 3, below(4))]
        text, trips, counter = code.pick(options)
        return self.fill(text), trips, counter

    # ------------------------------------------------------------------ memory

    def position(self, length: int, text: str, vector: str = "") -> str:
        """An index below `length`, the least that the axis with that text has."""
        code = self.code
        if code.risky and code.chance(0.1):
            return self.whole(1)
        options = [str(code.rng.randrange(length)), str(-1 - code.rng.randrange(length)), f"{{w}} % {text}"]
        for n in code.of("int"):
            if 0 < n.top <= length or (vector and n.spans == vector):
                options += [n.text] * 4 + [f"{n.text} - 1", f"-1 - {n.text}"] + [f"{n.text} + 1"] * 3 * n.room * (n.spans == vector)
        options += [f"{x.text}[{{i}} % len({x.text})]" for x in code.of("indices") if x.top <= length] * 2
        return self.fill(code.pick(options))

    def element(self, x: Name) -> str:
        if x.kind == "vector":
            return f"{x.text}[{self.position(x.length or x.low, f'len({x.text})', x.text)}]"
        assert x.length is not None
        i, j = self.position(x.length, str(x.length)), self.position(x.columns, str(x.columns))
        return self.code.pick([f"{x.text}[{i}, {j}]", f"{x.text}[{i}, {j}]", f"{x.text}[{i}][{j}]", f"{x.text}.T[{j}, {i}]"])

    def view_of(self, x: Name) -> tuple[str, Name]:
        """A view of a vector, or a row or column of a matrix: its text, and a name that describes it."""
        code = self.code
        matrices = [m for m in code.of("matrix") if m.const == x.const]
        if matrices and code.chance(0.4):
            m = code.pick(matrices)
            row, column = self.below(m.length or 1), self.below(m.columns)
            whole = (m.length or 1) * m.columns
            options = [
                (f"{m.text}[{row}]", m.columns),
                (f"{m.text}[:, {column}]", m.length),
                (f"{m.text}.T[{column}]", m.length),
                (f"{m.text}.reshape({whole})", whole),
            ]
            text, length = code.pick(options)
            return text, replace(m, kind="vector", length=length, low=length)
        if code.chance(0.25):
            length = None if x.length is None else (x.length + 1) // 2
            return f"{x.text}[::2]", replace(x, length=length, low=(x.low + 1) // 2)
        step, less = code.pick([("[1:]", -1), ("[:-1]", -1), ("[::-1]", 0), ("", 0), ("[:]", 0), ("[::-1][1:]", -1)])
        length = x.length + less if x.length else None
        return f"{x.text}{step}", replace(x, length=length, low=length or x.low + less)

    def array_of(self, x: Name) -> str:
        """An array expression as long as x."""
        code = self.code
        same = [y.text for y in code.of("vector") if y.length and y.length == x.length] or [x.text]
        products = [
            f"{m.text} @ {y.text}" for m in code.of("matrix") for y in code.of("vector") if m.length == x.length and y.length == m.columns
        ]
        products += [f"np.sum({m.text}, axis=0)" for m in code.of("matrix") if m.columns == x.length]
        return self.fill(code.pick([*ARRAYS, *products * 3]), known={"x": x.text, "y": code.pick(same)})

    def slice_assignment(self, x: Name) -> str:
        code, t = self.code, x.text
        options = [*SLICES]
        if t.isidentifier() and not x.fixed:
            options += ["{x} *= 0.5", "{x} += {t}"]
        for y in code.of("vector"):
            if y.length and y.length == x.length:
                options += [f"{t}[:] = {y.text}", f"{t}[:] += 0.3 * {y.text}", f"{t}[:2] = {y.text}[-2:]"]
        template = code.pick(options)
        return self.fill(template, known={"x": t, **({"v": self.array_of(x)} if "{v}" in template else {})})

    # ------------------------------------------------------------------ calls

    def call(self, helper: Helper) -> str | None:
        """A call with arguments from the scope; None if something it takes is missing or it would run too often."""
        code = self.code
        if helper.cost * code.runs > 3 * MOST_RUNS:
            return None
        args = []
        for p in helper.params:
            text = self.argument(p)
            if text is None:
                return None
            args.append(text)
        code.cost += helper.cost * code.runs
        if code.chance(0.1) and helper.text.startswith("h"):
            args = [f"{p.text}={a}" for p, a in zip(helper.params, args, strict=True)]
        return f"{helper.text}({', '.join(args)})"

    def argument(self, p: Name) -> str | None:
        code = self.code
        match p.kind:
            case "float":
                return self.bounded(0) if code.chance(0.5) else self.leaf()
            case "int":
                return self.below(p.top)
            case "flag":
                return self.condition(0)
        fitting = [n for n in code.of(p.kind) if n.low >= p.low and (p.const or not n.const) and (p.kind != "indices" or n.top <= p.top)]
        return code.pick(fitting).text if fitting else None


PARTS = {
    "a": "number", "b": "number", "t": "tame", "d": "bounded", "k": "constant", "i": "int", "j": "int", "w": "whole",
    "l": "length", "e": "entry", "r": "rounded", "c": "condition", "p": "condition", "q": "condition", "f": "flag",
    "x": "vector", "z": "vector",
}  # fmt: skip
