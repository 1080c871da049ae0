"""Writes random Python functions, statement by statement, that run without failing and stay in the range where derivatives are finite."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

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


@dataclass
class Code:
    """A function being written: its lines, what is in scope, what it may call.

    `risky` allows indices out of range and raised exceptions; `single` means that arrays are float32.
    """

    rng: random.Random
    names: list[Name]
    helpers: list[Helper] = field(default_factory=list)
    result: str = "float"
    risky: bool = False
    single: bool = False
    lines: list[str] = field(default_factory=list)
    indent: int = 1
    runs: int = 1
    cost: int = 1
    loops: int = 0
    serial: list[int] = field(default_factory=lambda: [0])

    # ------------------------------------------------------------------ choices; the first and False are the simplest

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.rng.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        return self.rng.random() >= 1.0 - probability

    def weighted(self, options: Sequence[tuple[float, Any]]) -> Any:
        at = self.rng.random() * sum(weight for weight, _ in options)
        for weight, option in options:
            at -= weight
            if at < 0:
                return option
        return options[0][1]

    def fresh(self, stem: str) -> str:
        self.serial[0] += 1
        return f"{stem}{self.serial[0]}"

    def of(self, *kinds: str, writable: bool = False) -> list[Name]:
        return [n for n in self.names if n.kind in kinds and not (writable and n.const)]

    # ------------------------------------------------------------------ lines and blocks

    def emit(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    @contextmanager
    def block(self, *inner: Name, runs: int = 1, loop: bool = False) -> Iterator[None]:
        """Statements under a header; what they define is forgotten behind it, but for a number now and then (which may be unbound)."""
        before = list(self.names), self.runs, self.loops
        size = len(self.names) + len(inner)
        self.names.extend(inner)
        self.indent += 1
        self.runs *= max(1, runs)
        self.loops += loop
        yield
        self.indent -= 1
        left = [n for n in self.names[size:] if n.kind == "float" and n.text.isidentifier()][-1:] if runs > 1 and self.chance(0.2) else []
        self.names, self.runs, self.loops = before
        self.names.extend(left)

    def statements(self, count: int) -> None:
        for _ in range(count):
            self.statement()

    def define(self, name: Name) -> Name:
        self.names.append(name)
        return name

    def __post_init__(self) -> None:
        self.expressions = Expressions(self)

    # ------------------------------------------------------------------ statements

    def statement(self) -> None:
        """Write one statement, compound ones with all that is in them."""
        self.cost += self.runs
        deep = self.indent > 4 or len(self.lines) > 36
        kinds: list[tuple[float, Callable[[], None]]] = [
            (6, self.assign),
            (4, self.augment),
            (8, self.store),
            (2, self.assign_tuple),
            (1.5, self.assign_int),
            (0.7, self.assign_flag),
        ]
        kinds += [
            (2.5, self.assign_slice),
            (1.2, self.scatter),
            (2.0, self.view),
            (1.0, self.swap),
            (1.2, self.allocate),
            (0.8, self.int_becomes_float),
        ]
        kinds += [
            (4.0 if self.of("list") else 0.2, self.append),
            (2.0, self.call),
            (0.8, self.exchange),
            (0.5, self.write_indices),
            (0.6, self.new_matrix),
            (0.8, self.rebind),
            (0.3, self.fail),
            (0.4, self.fill_row),
        ]
        if not deep:
            kinds += [
                (5, self.branch),
                (9 if self.runs < MOST_RUNS else 0, self.loop),
                (0.7, self.branch_on_walrus),
                (0.8, self.new_list),
                (0.6, self.closure),
                (0.8, self.define_in_branches),
            ]
        if self.loops:
            kinds += [(1.2, self.jump)]
        self.weighted(kinds)()

    def assign(self) -> None:
        e = self.expressions
        value = e.tame(e.number(2))
        targets = [n for n in self.of("float") if not n.fixed]
        if targets and (len(targets) > 6 or self.chance(0.5)):
            self.emit(f"{self.pick(targets).text} = {value}")
        else:
            name = Name(self.fresh("a"), "float")
            self.emit(f"{name.text} = {value}")
            self.define(name)

    def augment(self) -> None:
        targets = [n for n in self.of("float") if not n.fixed]
        if not targets:
            return self.assign()
        self.emit(f"{self.pick(targets).text} {self.expressions.change()}")

    def store(self) -> None:
        targets = self.of("vector", "matrix", writable=True)
        if not targets:
            return self.assign()
        e = self.expressions
        place = e.element(self.pick(targets))
        self.emit(f"{place} {e.change()}" if self.chance(0.5) else f"{place} = {e.tame(e.number(2))}")

    def assign_tuple(self) -> None:
        targets = [n for n in self.of("float") if not n.fixed]
        if len(targets) < 2:
            return self.assign()
        e = self.expressions
        a, b = self.rng.sample(targets, 2)
        if self.chance(0.3):
            place = e.element(self.pick(self.of("vector", writable=True))) if self.of("vector", writable=True) else b.text
            self.emit(f"{a.text}, {place} = {place}, {a.text}" if place != a.text else f"{a.text}, {b.text} = {b.text}, {a.text}")
        else:
            self.emit(f"{a.text}, {b.text} = {e.tame(e.number(1))}, {e.tame(e.number(1))}")

    def exchange(self) -> None:
        """Two elements change places."""
        targets = self.of("vector", writable=True)
        if not targets:
            return self.assign()
        x = self.pick(targets)
        a, b = self.expressions.element(x), self.expressions.element(x)
        self.emit(f"{a}, {b} = {b}, {a}")

    def assign_int(self) -> None:
        targets = [n for n in self.of("int") if not n.fixed and n.top]
        if targets and self.chance(0.6):
            name = self.pick(targets)
        else:
            name = Name(self.fresh("k"), "int", top=self.rng.randint(2, 6))
        self.emit(f"{name.text} = {self.expressions.below(name.top)}")
        if name not in self.names:
            self.define(name)

    def assign_flag(self) -> None:
        targets = [n for n in self.of("flag") if not n.fixed]
        name = self.pick(targets) if targets and self.chance(0.6) else Name(self.fresh("c"), "flag")
        self.emit(f"{name.text} = {'not ' + name.text if name in self.names and self.chance(0.4) else self.expressions.condition()}")
        if name not in self.names:
            self.define(name)

    def int_becomes_float(self) -> None:
        name = Name(self.fresh("z"), "float")
        self.emit(f"{name.text} = {self.rng.randint(0, 2)}")
        self.define(name)

    def assign_slice(self) -> None:
        targets = self.of("vector", writable=True)
        if not targets:
            return self.assign()
        self.emit(self.expressions.slice_assignment(self.pick(targets)))

    def scatter(self) -> None:
        e = self.expressions
        targets = self.of("vector", writable=True)
        if not targets:
            return self.assign()
        x = self.pick(targets)
        indices = [n for n in self.of("indices") if n.top <= x.low]
        value = e.tame(e.number(1))
        if indices and self.chance(0.7):
            where = self.pick(indices)
            other = [n for n in self.of("vector") if n.low >= where.top]
            value = self.pick([value, *([f"{value} * {self.pick(other).text}[{where.text}]"] * 2 if other else [])])
            self.emit(f"{x.text}[{where.text}] {self.pick(['=', '+=', '*=', '-='])} {value}")
        else:
            self.emit(f"{x.text}[{x.text} {self.pick(['>', '<'])} {e.constant()}] {self.pick(['=', '+=', '*='])} {value}")

    def view(self) -> None:
        vectors = self.of("vector")
        if not vectors:
            return self.assign()
        text, model = self.expressions.view_of(self.pick(vectors))
        if self.chance(0.3):
            other, second = self.expressions.view_of(self.pick([v for v in vectors if v.const == model.const]))
            text = f"{text} if {self.expressions.condition()} else {other}"
            model = replace(model, low=min(model.low, second.low), length=model.length if model.length == second.length else None)
        if model.low < 2:
            return self.assign()
        self.emit(f"{(name := self.fresh('v'))} = {text}")
        self.define(replace(model, text=name, fixed=False))

    def rebind(self) -> None:
        """Let a variable name another view, of a layout that it may not have had before."""
        pairs = [
            (a, b)
            for a in self.of("vector")
            for b in self.of("vector")
            if a.length and a.length == b.length and a.const == b.const and not a.fixed
        ]
        if pairs and self.chance(0.6):
            a, b = self.pick(pairs)
            self.emit(f"{a.text} = {b.text}{self.pick(['[::-1]', '', '.copy()'])}")
            return None
        targets = [n for n in self.of("vector") if n.length is None and not n.fixed and n.text.isidentifier()]
        for target in targets:
            others = [n for n in self.of("vector") if n.low > target.low and n.const == target.const and n != target]
            if others:
                other = self.pick(others)
                self.emit(f"{target.text} = {other.text}{self.pick(['', '[::-1]', '[1:]', '[:-1]'])}")
                return None
        return self.assign()

    def swap(self) -> None:
        vectors = [n for n in self.of("vector", writable=True) if n.length and not n.fixed]
        pairs = [(a, b) for a in vectors for b in vectors if a.text < b.text and a.length == b.length]
        if not pairs:
            return self.assign()
        a, b = self.pick(pairs)
        self.emit(f"{a.text}, {b.text} = {b.text}, {a.text}")

    def allocate(self) -> None:
        e = self.expressions
        name = self.fresh("t")
        vectors = self.of("vector")
        dtype = ", dtype=np.float32" if self.single and self.chance(0.5) else ""
        size, length, low = self.size()
        if vectors and self.chance(0.5):
            x = self.pick(vectors)
            text = self.pick([f"{x.text}.copy()", f"np.zeros_like({x.text})", e.array_of(x), e.array_of(x)])
            length, low = x.length, x.low
        elif self.chance(0.25):
            items = [f"{e.tame(e.number(1))}, {e.tame(e.number(1))}, {e.number(0)} * 1.0", f"{e.bounded(1)} * q for q in range(3)"]
            text, length, low = f"np.array([{self.pick(items)}])", 3, 3
        elif self.chance(0.3):
            self.emit(f"{name} = np.empty({size}{dtype})")
            i = self.fresh("i")
            self.emit(f"for {i} in range({size}):")
            with self.block(Name(i, "int", top=low, fixed=True)):
                self.emit(f"{name}[{i}] = {e.tame(e.number(1))}")
            self.define(Name(name, "vector", low=low, length=length))
            return
        else:
            text = self.pick([f"np.zeros({size}{dtype})", f"np.ones({size})", f"np.full({size}, {e.tame(e.number(1))})"])
        self.emit(f"{name} = {text}")
        self.define(Name(name, "vector", low=low, length=length))

    def size(self) -> tuple[str, int | None, int]:
        """A length: its text, its value if it is always the same, and the least it can be."""
        vectors, ints = self.of("vector"), self.of("int")
        n = self.rng.randint(2, 4)
        if vectors and self.chance(0.4):
            x = self.pick(vectors)
            return f"len({x.text})", x.length, x.low
        if ints and self.chance(0.3):
            return f"{self.pick(ints).text} + 2", None, 2
        return str(n), n, n

    def new_matrix(self) -> None:
        e = self.expressions
        rows, columns = self.rng.randint(2, 3), self.rng.randint(2, 3)
        name = Name(self.fresh("m"), "matrix", length=rows, columns=columns)
        vectors = [v for v in self.of("vector") if v.length]
        if vectors and self.chance(0.4):
            x, y = self.pick(vectors), self.pick(vectors)
            name = replace(name, length=x.length, columns=y.length or 2)
            self.emit(f"{name.text} = {x.text}[:, None] * {y.text}[None, :]")
        else:
            self.emit(f"{name.text} = np.{self.pick(['zeros', 'ones'])}(({rows}, {columns}))")
        self.define(name)
        if self.chance(0.5):
            self.emit(f"{name.text}[:, {self.rng.randrange(name.columns)}] {self.pick(['=', '+='])} {e.tame(e.number(1))}")

    def fill_row(self) -> None:
        matrices = self.of("matrix", writable=True)
        if not matrices:
            return self.assign()
        m = self.pick(matrices)
        e = self.expressions
        fitting = [v for v in self.of("vector") if v.length == m.columns]
        row = f"{m.text}[{e.below(m.length or 1)}{self.pick(['', ', :'])}]"
        if self.chance(0.4):
            t = m.text
            self.emit(
                self.pick(
                    [
                        f"{t}[1:, :] += 0.5 * {t}[:-1, :]",
                        f"{t}[:, 1:] = {t}[:, :-1]",
                        f"{t}[0] = {t}[1]",
                        f"{t} *= {t}[::-1]",
                        f"{t}[:] = np.tanh({t})",
                    ]
                )
            )
            return None
        value = self.pick(fitting).text if fitting and self.chance(0.6) else e.tame(e.number(1))
        self.emit(f"{row} {self.pick(['=', '+=', '*='])} {value}")

    def new_list(self) -> None:
        if self.indent > 2:
            return self.assign()
        self.define(Name(self.fresh("p"), "list"))
        self.emit(f"{self.names[-1].text} = []")

    def append(self) -> None:
        lists = self.of("list")
        if not lists:
            return self.assign()
        e = self.expressions
        p = self.pick(lists).text
        if self.chance(0.6):
            self.emit(f"{p}.append({e.tame(e.number(1))})")
        elif self.chance(0.5) and self.runs < MOST_RUNS:
            v = self.fresh("v")
            self.emit(f"for {v} in {p}:")
            with self.block(Name(v, "float", fixed=True), runs=4, loop=True):
                self.statements(1)
        else:
            self.emit(f"if len({p}) > {self.rng.randint(0, 2)}:")
            with self.block(Name(f"{p}[{self.pick(['-1', '0', f'{e.whole(1)} % len({p})'])}]", "float", fixed=True)):
                self.assign()
                self.augment()

    def write_indices(self) -> None:
        targets = self.of("indices")
        if not targets:
            return self.assign()
        x = self.pick(targets)
        e = self.expressions
        self.emit(f"{x.text}[{e.whole(1)} % len({x.text})] = {e.below(x.top)}")

    def call(self) -> None:
        e = self.expressions
        for helper in self.rng.sample(self.helpers, len(self.helpers)):
            text = e.call(helper)
            if text is None:
                continue
            if helper.result == "float":
                self.define(Name(name := self.fresh("a"), "float"))
                self.emit(f"{name} = {text}")
            elif helper.result == "pair":
                a, b = self.fresh("a"), self.fresh("b")
                self.emit(f"{a}, {b} = {text}")
                self.define(Name(a, "float"))
                self.define(Name(b, "float"))
            else:
                self.emit(text)
            return None
        return self.assign()

    def fail(self) -> None:
        """An assertion, or an exception that is raised rarely."""
        e = self.expressions
        a = e.number(1)
        if self.risky and self.chance(0.5):
            self.emit(f"if {e.condition()}:")
            with self.block():
                self.emit(f'raise {self.pick(["ValueError", "ArithmeticError"])}("gone too far")')
        else:
            self.emit(f"assert {a} < {5.0 if self.risky and self.chance(0.3) else 1e9}")

    def closure(self) -> None:
        e = self.expressions
        u = Name(self.fresh("u"), "float", fixed=True)
        name = self.fresh("g")
        helper = Helper(name, (u,))
        self.names.append(u)
        body = e.tame(e.number(2))
        if self.chance(0.4):
            self.names.remove(u)
            self.emit(f"{name} = lambda {u.text}: {body}")
        else:
            self.emit(f"def {name}({u.text}):")
            with self.block():
                if self.chance(0.5):
                    self.emit(f"if {e.condition()}:")
                    with self.block():
                        self.emit(f"return {e.number(1)} * 0.5")
                self.emit(f"return {body}")
            self.names.remove(u)
        self.names.append(Name(f"{name}({e.number(1)})", "float", fixed=True))
        self.names.append(Name(f"{name}({e.number(0)})", "float", fixed=True))
        del helper

    # ------------------------------------------------------------------ control flow

    def branch(self) -> None:
        e = self.expressions
        self.emit(f"if {e.condition()}:")
        with self.block():
            self.statements(self.rng.randint(1, 2))
        if self.chance(0.25):
            self.emit(f"elif {e.condition()}:")
            with self.block():
                self.statements(1)
        if self.chance(0.5):
            self.emit("else:")
            with self.block():
                self.statements(self.rng.randint(1, 2))

    def branch_on_walrus(self) -> None:
        e = self.expressions
        name = Name(self.fresh("q"), "float")
        self.emit(f"if ({name.text} := {e.number(2)}) {self.pick(['>', '<'])} {e.constant()}{self.pick(['', f' and {e.condition(0)}'])}:")
        self.define(name)
        with self.block():
            self.statements(self.rng.randint(1, 2))

    def define_in_branches(self) -> None:
        e = self.expressions
        name = Name(self.fresh("q"), "float")
        self.emit(f"if {e.condition()}:")
        with self.block():
            if self.chance(0.5):
                self.statements(1)
            self.emit(f"{name.text} = {e.tame(e.number(2))}")
        self.emit("else:")
        with self.block():
            self.emit(f"{name.text} = {self.pick([e.number(1), '0', '1'])}")
        self.define(name)

    def jump(self) -> None:
        e = self.expressions
        self.emit(f"if {e.condition()}:")
        with self.block():
            if self.chance(0.4):
                self.assign()
            self.emit(self.weighted([(3, "break"), (3, "continue"), (1.5, self.returning())]))

    def returning(self) -> str:
        e = self.expressions
        if self.result == "float":
            return f"return {e.tame(e.number(2))}"
        return "return" if self.result == "nothing" else f"return {e.number(1)}, {e.number(1)}"

    def loop(self) -> None:
        self.weighted(
            [
                (6, self.for_loop),
                (1.3, self.while_counted),
                (1.0, self.while_shrinking),
                (0.7, self.while_walrus),
                (1.0, self.over_array),
                (0.6, self.over_tuple),
            ]
        )()

    def body(self, count: int) -> None:
        self.statements(count)
        if self.chance(0.25):
            self.jump()

    def otherwise(self) -> None:
        """The else of a loop, now and then."""
        if self.chance(0.12):
            self.emit("else:")
            with self.block():
                self.statements(1)

    def for_loop(self) -> None:
        i = self.fresh("i")
        bounds, trips, counter = self.expressions.range_bounds()
        self.emit(f"for {i} in range({bounds}):")
        with self.block(replace(counter, text=i), runs=trips, loop=True):
            self.body(self.rng.randint(1, 3))
        self.otherwise()

    def while_counted(self) -> None:
        e = self.expressions
        w, most = self.fresh("w"), self.rng.randint(1, 5)
        self.emit(f"{w} = 0")
        test = self.pick([f"{w} < {most}", f"{w} < {most} and {e.condition()}", f"{e.condition()} and {w} < {most}", "True"])
        self.emit(f"while {test}:")
        with self.block(Name(w, "int", top=most + 1, fixed=True), runs=most, loop=True):
            self.emit(f"{w} += 1")
            if test == "True":
                self.emit(f"if {w} > {most - 1}:")
                with self.block():
                    self.emit("break")
            self.body(self.rng.randint(1, 3))
        self.otherwise()
        self.define(Name(w, "int", top=most + 1, fixed=True))

    def while_shrinking(self) -> None:
        """Until a number that halves and has a derivative is small."""
        e = self.expressions
        t, factor = self.fresh("t"), self.pick([0.5, 0.6, 0.3])
        self.emit(f"{t} = {self.pick([1.5, 2.5])} + {e.bounded(1)}")
        self.emit(f"while {t} > 0.4:")
        with self.block(Name(t, "float", fixed=True), runs=4, loop=True):
            if self.chance(0.5):
                self.emit(f"{t} = {factor} * {t}")
                self.body(self.rng.randint(1, 2))
            else:
                self.statements_without_continue()
                self.emit(f"{t} *= {factor}")
        self.otherwise()
        self.define(Name(t, "float"))

    def statements_without_continue(self) -> None:
        loops, self.loops = self.loops, 0
        self.statements(self.rng.randint(1, 2))
        self.loops = loops

    def while_walrus(self) -> None:
        e = self.expressions
        t = self.fresh("t")
        self.emit(f"{t} = 2.0 + {e.bounded(1)}")
        self.emit(
            f"while ({t} := {t} * {self.pick([0.5, 0.7])}{self.pick(['', ' - 0.1'])}) > 0.3{self.pick(['', f' and {e.condition()}'])}:"
        )
        with self.block(Name(t, "float", fixed=True), runs=5, loop=True):
            self.body(self.rng.randint(1, 2))
        self.otherwise()
        self.define(Name(t, "float"))

    def over_array(self) -> None:
        vectors = self.of("vector")
        if not vectors:
            return self.for_loop()
        x, v = self.pick(vectors), self.fresh("v")
        self.emit(f"for {v} in {x.text}{self.pick(['', '[::-1]', '[1:]'])}:")
        with self.block(Name(v, "float", fixed=True), runs=4, loop=True):
            self.body(self.rng.randint(1, 2))
        return self.otherwise()

    def over_tuple(self) -> None:
        v = self.fresh("v")
        names = [x for x in self.of("vector") if x.text.isidentifier() and not x.const]
        if len(names) > 1 and self.chance(0.5):
            a, b = self.rng.sample(names, 2)
            items, name = f"({a.text}, {b.text})", Name(v, "vector", low=min(a.low, b.low), fixed=True)
        elif self.chance(0.5):
            items, name = "(0, 2, 1)", Name(v, "int", top=3, fixed=True)
        else:
            items, name = f"({self.expressions.constant()}, {self.expressions.bounded(1)})", Name(v, "float", fixed=True)
        self.emit(f"for {v} in {items}:")
        with self.block(name, runs=3, loop=True):
            self.body(self.rng.randint(1, 2))


ARITHMETIC = ["({a} + {b})", "({a} - {b})", "{a} * {b}"]
SMOOTH = [
    "math.sin({a})", "math.cos({a})", "math.tanh({a})", "math.exp(-{a} * {a})", "math.sqrt(1.0 + {a} * {a})", "math.log(1.5 + {a} * {a})",
    "math.atan({a})", "({a} / (2.0 + {b} * {b}))", "({a}) ** 2", "(-{a})", "math.atan2({a}, 2.0 + {b} * {b})", "math.hypot({a}, 1.0)",
]  # fmt: skip
KINKED = ["abs({a})", "min({a}, {b})", "max({a}, {b})", "({a} if {c} else {b})", "({a}) % 1.5"]
OF_VECTORS = ["np.sum({x})", "{x}.sum()", "len({x}) * {a}", "np.max({x})", "np.dot({x}, {x})", "np.sum({x} * {a})"]
CHANGES = ["+= {a}", "-= {t}", "*= {d}", "/= 1.5 + {a} * {a}", "+= {t}"]
WHOLE = [
    "{i}", "({i} + {j})", "{i} * 2", "abs({i} - {j})", "({i} + {j}) // 2", "min({i}, {j})", "{i} % 3", "({i} + 1)", "{l}", "{e}", "{e}", "{r}", "({i} - 3) % 4", "({i} & 3)", "({i} if {c} else {j})",
]  # fmt: skip
CONDITIONS = ["{a} > {k}", "{a} < {b}", "{w} % 2 == 0", "{w} < {i}", "{w} > {i}", "{w} == {i}", "{w} != {i}", "{f}", "{f}"]
COMPOUND = [
    "({p} and {q})", "({p} or {q})", "not ({p})", "0 < {w} < 5", "0.2 < {a} < 0.9", "({w} < len({x}) and {x}[{w}] > {k})", "({w} >= len({x}) or {x}[{w}] > {k})",
]  # fmt: skip
ARRAYS = [
    "0.5 * {x}", "{x} * {a}", "{x} + {y}", "{x} * {y}[::-1]", "np.sin({x})", "np.tanh({x}) - {y}", "{x} / (2.0 + {y} * {y})", "np.cos({y})", "(-{x})", "{x} ** 2",
    "np.where({x} > {k}, {y}, {a})", "np.maximum({x}, {k})", "np.minimum({x}, {y})", "abs({x})",
]  # fmt: skip
SLICES = [
    "{x}[:] = {t}", "{x}[1:] = {x}[:-1]", "{x}[:-1] = {x}[1:]", "{x}[1:] += {x}[:-1]", "{x}[:] = {x}[::-1]", "{x}[:] = {x}[::-1] * {x}", "{x}[::2] = {t}",
    "{x}[1:] *= {t}", "{x}[::-1] += 0.5 * {x}", "{x}[:-1] -= 0.3 * {x}[1:] * {x}[:-1]", "{x}[:] = {v}", "{x}[::-1] = {v}", "{x}[:2] = {z}[:2]",
]  # fmt: skip


class Expressions:
    """Texts of expressions over what is in scope.

    A letter in braces stands for a part, the same one wherever the letter comes back in a template: a b numbers, t a tame one, d one
    between -1 and 1, k a constant, i j ints, w a compound int, l a length, e an entry of an index array, r a rounded number, c p q conditions,
    f a flag, x z vectors, y a vector as long as x, v an array expression as long as x.
    """

    def __init__(self, code: Code) -> None:
        self.code = code

    def fill(self, template: str, depth: int = 1, **known: str) -> str:
        """The template with its parts filled in."""

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
        return self.fill(code.pick([*ARRAYS, *products * 3]), x=x.text, y=code.pick(same))

    def slice_assignment(self, x: Name) -> str:
        code, t = self.code, x.text
        options = [*SLICES]
        if t.isidentifier() and not x.fixed:
            options += ["{x} *= 0.5", "{x} += {t}"]
        for y in code.of("vector"):
            if y.length and y.length == x.length:
                options += [f"{t}[:] = {y.text}", f"{t}[:] += 0.3 * {y.text}", f"{t}[:2] = {y.text}[-2:]"]
        template = code.pick(options)
        return self.fill(template, x=t, **({"v": self.array_of(x)} if "{v}" in template else {}))

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
    "a": "number", "b": "number", "t": "tame", "d": "bounded", "k": "constant", "i": "int", "j": "int", "w": "whole", "l": "length", "e": "entry",
    "r": "rounded", "c": "condition", "p": "condition", "q": "condition", "f": "flag", "x": "vector", "z": "vector",
}  # fmt: skip
