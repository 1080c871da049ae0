"""Writes random Python functions, statement by statement, that run without failing and stay in the range where derivatives are finite."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.random_expressions import MOST_RUNS, Expressions, Helper, Name


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
