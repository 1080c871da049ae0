"""Writes random Python functions, statement by statement, that run without failing and stay in the range where derivatives are finite."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.random_arrays import ArrayStatements
from tests.random_expressions import MOST_RUNS, Expressions, Helper, Name
from tests.random_snippets import SNIPPETS


@dataclass
class Code(ArrayStatements):
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
            (0.4, self.new_indices),
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
                (1.0 if self.runs < 10 else 0, self.snippet),
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

    def new_indices(self) -> None:
        n = self.rng.randint(2, 4)
        text = self.pick(
            [f"np.arange({n})", f"np.array([{', '.join(self.expressions.below(n) for _ in range(n))}])", f"np.zeros({n}, dtype=np.int64)"]
        )
        self.emit(f"{(name := self.fresh('ib'))} = {text}")
        self.define(Name(name, "indices", low=n, length=n, top=n))

    def int_becomes_float(self) -> None:
        name = Name(self.fresh("z"), "float")
        self.emit(f"{name.text} = {self.rng.randint(0, 2)}")
        self.define(name)

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
            elif helper.result == "vector":
                self.emit(f"{(name := self.fresh('v'))} = {text}")
                self.define(Name(name, "vector"))
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
        self.names.append(u)
        body = e.tame(e.number(2))
        if self.chance(0.4):
            self.names.remove(u)
            self.emit(f"{name} = lambda {u.text}: {body}")
        else:
            self.emit(f"def {name}({u.text}):")
            with self.block():
                if self.chance(0.4):
                    self.store()
                if self.chance(0.5):
                    self.emit(f"if {e.condition()}:")
                    with self.block():
                        self.emit(f"return {e.number(1)} * 0.5")
                self.emit(f"return {body}")
            self.names.remove(u)
        self.names.append(Name(f"{name}({e.number(1)})", "float", fixed=True))
        self.names.append(Name(f"{name}({e.number(0)})", "float", fixed=True))

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

    def snippet(self) -> None:
        """A few lines as people write them."""
        vectors = [v for v in self.of("vector", writable=True) if "[" not in v.text]
        if not vectors:
            return self.assign()
        self.serial[0] += 1
        x, (text, defined) = self.pick(vectors), self.pick(SNIPPETS)
        known = {"x": x.text, "n": str(self.serial[0])}
        for line in self.expressions.fill(text, known=known).strip().splitlines():
            self.emit(line) if line else self.lines.append("")
        for name, kind in defined:
            self.define(Name(name.replace("{n}", known["n"]), kind, low=2))
        self.cost += 20 * self.runs

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
        if self.result == "vector":
            x = self.pick(self.of("vector"))
            return f"return {self.pick([x.text, f'{x.text}[::-1]', f'{x.text} * {e.bounded(1)}', f'np.sin({x.text})', f'{x.text}.copy()'])}"
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
