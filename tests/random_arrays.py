"""Statements about arrays: stores, slices, views, exchanges, new arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.random_expressions import Name

if TYPE_CHECKING:
    from tests.random_code import Code


class ArrayStatements:
    """The part of `Code` that writes statements about arrays."""

    def store(self: Code) -> None:
        targets = self.of("vector", "matrix", writable=True)
        if not targets:
            return self.assign()
        e = self.expressions
        place = e.element(self.pick(targets))
        self.emit(f"{place} {e.change()}" if self.chance(0.5) else f"{place} = {e.tame(e.number(2))}")

    def exchange(self: Code) -> None:
        """Two elements change places."""
        targets = self.of("vector", writable=True)
        if not targets:
            return self.assign()
        x = self.pick(targets)
        a, b = self.expressions.element(x), self.expressions.element(x)
        self.emit(f"{a}, {b} = {b}, {a}")

    def assign_slice(self: Code) -> None:
        targets = self.of("vector", writable=True)
        if not targets:
            return self.assign()
        self.emit(self.expressions.slice_assignment(self.pick(targets)))

    def scatter(self: Code) -> None:
        e = self.expressions
        targets = self.of("vector", writable=True)
        if not targets:
            return self.assign()
        x = self.pick(targets)
        indices = [n for n in self.of("indices") if n.top <= x.low]
        value = e.tame(e.number(1))
        masks = [n.text for n in self.of("mask") if n.length == x.length]
        if masks and self.chance(0.4):
            self.emit(f"{x.text}[{self.pick(masks)}] {self.pick(['=', '+=', '*='])} {value}")
        elif indices and self.chance(0.7):
            where = self.pick(indices)
            other = [n for n in self.of("vector") if n.low >= where.top]
            value = self.pick([value, *([f"{value} * {self.pick(other).text}[{where.text}]"] * 2 if other else [])])
            self.emit(f"{x.text}[{where.text}] {self.pick(['=', '+=', '*=', '-='])} {value}")
        else:
            self.emit(f"{x.text}[{x.text} {self.pick(['>', '<'])} {e.constant()}] {self.pick(['=', '+=', '*='])} {value}")

    def fill_row(self: Code) -> None:
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

    def write_indices(self: Code) -> None:
        targets = self.of("indices", "mask")
        if not targets:
            return self.assign()
        x = self.pick(targets)
        e = self.expressions
        if x.kind == "mask":
            self.emit(f"{x.text}[{e.whole(1)} % len({x.text})] = {e.condition()}")
            return None
        self.emit(f"{x.text}[{e.whole(1)} % len({x.text})] = {e.below(x.top)}")

    def view(self: Code) -> None:
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

    def rebind(self: Code) -> None:
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

    def swap(self: Code) -> None:
        vectors = [n for n in self.of("vector", writable=True) if n.length and not n.fixed]
        pairs = [(a, b) for a in vectors for b in vectors if a.text < b.text and a.length == b.length]
        if not pairs:
            return self.assign()
        a, b = self.pick(pairs)
        self.emit(f"{a.text}, {b.text} = {b.text}, {a.text}")

    def allocate(self: Code) -> None:
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

    def size(self: Code) -> tuple[str, int | None, int]:
        """A length: its text, its value if it is always the same, and the least it can be."""
        vectors, ints = self.of("vector"), self.of("int")
        n = self.rng.randint(2, 4)
        if vectors and self.chance(0.4):
            x = self.pick(vectors)
            return f"len({x.text})", x.length, x.low
        if ints and self.chance(0.3):
            return f"{self.pick(ints).text} + 2", None, 2
        return str(n), n, n

    def new_matrix(self: Code) -> None:
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
