"""Random numerical programs: Python source, arguments and shadows, from a `random.Random` (hypothesis's own makes them shrink)."""

from __future__ import annotations

import linecache
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.random_code import Code, Helper, Name

HEADER = "import math\n\nimport numpy as np\n\n"


def define(source: str, name: str, names: dict[str, Any]) -> Callable[..., Any]:
    """Run source that defines a function, and return the function; `inspect` finds its source."""
    filename = f"<random program {hash(source) & 0xFFFFFFFF:08x}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = {"__name__": "random_program", **names}
    exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


@dataclass(frozen=True)
class Argument:
    """One argument: a number, or a view of a buffer; `active` if it is differentiated."""

    value: Any = None
    buffer: int = -1
    view: str = ""
    active: bool = False


@dataclass(frozen=True)
class Program:
    """Source that defines `f`, and what to call it with."""

    source: str
    buffers: tuple[np.ndarray, ...]
    shadows: tuple[np.ndarray, ...]
    arguments: tuple[Argument, ...]
    single: bool = False

    def function(self, name: str = "f") -> Callable[..., Any]:
        """A function of the source."""
        return define(self.source, name, {})

    def args(self) -> list[Any]:
        """Arguments that nobody else holds."""
        return self._views([b.copy() for b in self.buffers])

    def shadow_args(self) -> dict[int, np.ndarray]:
        """Shadows of the active arrays, by position, which overlap as the arrays do."""
        views = self._views([s.copy() for s in self.shadows])
        return {i: views[i] for i, a in enumerate(self.arguments) if a.active and a.buffer >= 0}

    def _views(self, buffers: list[np.ndarray]) -> list[Any]:
        return [eval(f"b{a.view}", {"b": buffers[a.buffer]}) if a.buffer >= 0 else a.value for a in self.arguments]

    @property
    def active(self) -> list[int]:
        return [i for i, a in enumerate(self.arguments) if a.active]

    @property
    def overlapping(self) -> bool:
        used = [a.buffer for a in self.arguments if a.buffer >= 0]
        return len(set(used)) < len(used)

    def __str__(self) -> str:
        buffers = "\n".join(
            f"b{i} = {_text(b)}\ns{i} = {_text(s)}" for i, (b, s) in enumerate(zip(self.buffers, self.shadows, strict=True))
        )
        return f"{self.source}\n{buffers}\nirad.autodiff(irad.ReverseWithPrimal, f, irad.Active, {', '.join(map(_call, self.arguments))})\n"


def _text(array: np.ndarray) -> str:
    return f"np.array({array.tolist()}, dtype=np.{array.dtype})"


def _call(a: Argument) -> str:
    if a.buffer < 0:
        return f"irad.Active({a.value})" if a.active else f"irad.Const({a.value})"
    return f"irad.Duplicated(b{a.buffer}{a.view}, s{a.buffer}{a.view})" if a.active else f"irad.Const(b{a.buffer}{a.view})"


class Generator:
    """Makes one program."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.text: list[str] = []
        self.helpers: list[Helper] = []
        self.module_names: list[Name] = []
        self.buffers: list[np.ndarray] = []
        self.arguments: list[Argument] = []
        self.serial = [0]
        self.risky = self.chance(0.06)
        self.single = self.chance(0.06)

    def chance(self, probability: float) -> bool:
        return self.rng.random() >= 1.0 - probability

    def floats(self, *shape: int) -> np.ndarray:
        dtype = np.float32 if self.single else np.float64
        return np.array([self.rng.randint(-150, 150) / 100 for _ in range(int(np.prod(shape)))], dtype).reshape(shape)

    def code(self, names: list[Name], **settings: Any) -> Code:
        return Code(
            self.rng, [*self.module_names, *names], list(self.helpers), serial=self.serial, risky=self.risky, single=self.single, **settings
        )

    def program(self) -> Program:
        """Module-level things, helpers, then f."""
        self.module_level()
        for _ in range(self.rng.choice([0, 0, 1, 1, 2])):
            self.rng.choice([self.helper, self.helper, self.recursive, self.recursive_on_views, self.mutual])()
        names = self.make_arguments()
        kind = self.state_class() if self.chance(0.2) else None
        code = self.code(names)
        code.lines = [f"def f({', '.join(n.text for n in names)}):"]
        self.scaffold(code, kind)
        code.statements(self.rng.randint(2, 8))
        code.emit(f"return {self.result(code)}")
        shadows = tuple(
            np.array([self.rng.randint(-100, 100) / 100 for _ in range(b.size)], b.dtype).reshape(b.shape) for b in self.buffers
        )
        source = HEADER + "".join(f"{t}\n\n" for t in [*self.text, "\n".join(code.lines)])
        return Program(source, tuple(self.buffers), shadows, tuple(self.arguments), self.single)

    def result(self, code: Code) -> str:
        parts = [code.expressions.number(2)]
        parts += [n.text for n in code.of("float") if self.chance(0.4)]
        return " + ".join(parts)

    def module_level(self) -> None:
        if self.chance(0.15):
            self.text.append(f"SCALE = {self.rng.randint(1, 9) / 10}")
            self.module_names.append(Name("SCALE", "float", fixed=True))
        if self.chance(0.15):
            self.text.append(f"TABLE = np.array({[self.rng.randint(-9, 9) / 10 for _ in range(3)]})")
            self.module_names.append(Name("TABLE", "vector", low=3, length=3, const=True, fixed=True))

    # ------------------------------------------------------------------ what f is given

    def make_arguments(self) -> list[Name]:
        names: list[Name] = []
        common = self.rng.choice([3, 2, 4, 5])
        for stem in "xyz"[: self.rng.randint(1, 3)]:
            names.append(self.vector(stem, common if self.chance(0.6) else self.rng.randint(2, 5)))
        if self.chance(0.25):
            names.append(self.overlapping("o"))
        if self.chance(0.25):
            names.append(self.matrix("m"))
        for stem in "ab"[: self.rng.randint(0, 2)]:
            self.arguments.append(Argument(self.rng.randint(-150, 150) / 100, active=True))
            names.append(Name(stem, "float"))
        if self.chance(0.7):
            self.arguments.append(Argument(self.rng.randint(0, 5)))
            names.append(Name("n", "int", top=6))
        if self.chance(0.25):
            self.arguments.append(Argument(self.chance(0.5)))
            names.append(Name("flag", "flag"))
        if self.chance(0.35):
            names.append(self.indices("ia"))
        if self.chance(0.15):
            self.buffers.append(np.array([self.chance(0.5) for _ in range(common)]))
            self.arguments.append(Argument(buffer=len(self.buffers) - 1))
            names.append(Name("mask", "mask", length=common, low=common))
        if self.chance(0.2):
            names.append(self.vector("c", 3, const=True))
        return names

    def vector(self, name: str, length: int, const: bool = False) -> Name:
        view, size = self.rng.choice([("", length)] * 4 + [("[::2]", 2 * length - 1), ("[::-1]", length), ("[1:]", length + 1)])
        self.buffers.append(self.floats(size))
        self.arguments.append(Argument(buffer=len(self.buffers) - 1, view=view, active=not const))
        return Name(name, "vector", low=length, length=length, const=const, fixed=const)

    def overlapping(self, name: str) -> Name:
        """A second array in the memory of the first."""
        size = self.buffers[0].size
        views = [("", size), ("[1:]", size - 1), ("[:-1]", size - 1), ("[::-1]", size), ("[::2]", (size + 1) // 2)]
        view, length = self.rng.choice([v for v in views if v[1] > 1])
        self.arguments.append(Argument(buffer=0, view=view, active=True))
        return Name(name, "vector", low=length, length=length)

    def matrix(self, name: str) -> Name:
        rows, columns = self.rng.randint(2, 3), self.rng.randint(2, 3)
        view, shape = self.rng.choice(
            [("", (rows, columns))] * 3 + [(".T", (columns, rows)), ("[:, ::2]", (rows, 2 * columns - 1)), ("[::-1]", (rows, columns))]
        )
        self.buffers.append(self.floats(*shape))
        self.arguments.append(Argument(buffer=len(self.buffers) - 1, view=view, active=True))
        return Name(name, "matrix", length=rows, columns=columns)

    def indices(self, name: str) -> Name:
        length, top = self.rng.randint(2, 4), self.rng.choice([2, 3])
        dtype = self.rng.choice([np.int64, np.int64, np.int32])
        self.buffers.append(np.array([self.rng.randrange(top) for _ in range(length)], dtype))
        self.arguments.append(Argument(buffer=len(self.buffers) - 1))
        return Name(name, "indices", low=length, length=length, top=top)

    # ------------------------------------------------------------------ scaffolding: objects, dicts, lists

    def state_class(self) -> str:
        code = self.code([Name("self.h", "float"), Name("self.w", "vector"), Name("u", "float")], result="nothing")
        code.indent = 2
        code.lines = ["class State:", "    def __init__(self, h, w):", "        self.h, self.w = h, w", "", "    def step(self, u):"]
        code.statements(self.rng.randint(1, 2))
        code.emit(f"self.h = math.tanh({code.expressions.number(1)} + self.h)")
        self.text.append("\n".join(code.lines))
        self.step_cost = code.cost
        return "State"

    def scaffold(self, code: Code, kind: str | None) -> None:
        e = code.expressions
        if kind:
            x = code.pick([v for v in code.of("vector", writable=True)])
            o = code.fresh("state")
            code.emit(f"{o} = {kind}({e.number(1)}, {x.text})")
            code.define(Name(f"{o}.h", "float"))
            code.define(Name(f"{o}.w", "vector", low=x.low, length=x.length))
            code.helpers.append(Helper(f"{o}.step", (Name("u", "float"),), "nothing", self.step_cost))
        if self.chance(0.15):
            d = code.fresh("d")
            code.emit(f'{d} = {{"s": {e.number(1)}, "p": 0.5}}')
            code.define(Name(f'{d}["s"]', "float"))
            code.define(Name(f'{d}["p"]', "float"))
        if self.chance(0.12):
            x, b = code.pick(code.of("vector", writable=True)), code.fresh("buffers")
            code.emit(f"{b} = [{x.text}, {x.text}.copy()]")
            code.define(Name(f"{b}[0]", "vector", low=x.low, length=x.length))
            code.define(Name(f"{b}[1]", "vector", low=x.low, length=x.length))
        if self.chance(0.12):
            p = code.fresh("pair")
            code.emit(f"{p} = [{e.number(1)}, {e.number(1)}]")
            code.define(Name(f"{p}[0]", "float"))
            code.define(Name(f"{p}[1]", "float"))
        if self.chance(0.15):
            code.emit(f"{(p := code.fresh('p'))} = []")
            code.define(Name(p, "list"))

    # ------------------------------------------------------------------ helpers

    def params(self, *needed: Name) -> tuple[Name, ...]:
        choice = [Name("u", "float"), Name("r", "vector"), Name("s", "vector"), Name("k", "int", top=5), Name("c", "flag")]
        return (*needed, *(p for p in choice if self.chance(0.45) and p.text not in {n.text for n in needed}))

    def add(self, name: str, params: tuple[Name, ...], code: Code, result: str = "float", factor: int = 1) -> None:
        self.text.append("\n".join(code.lines))
        self.helpers.append(Helper(name, params, result, code.cost * factor))

    def helper(self) -> None:
        name = f"h{len(self.text)}"
        params = self.params()
        result = self.rng.choice(["float", "float", "pair", "nothing", "vector"])
        if result == "vector" and not any(p.kind == "vector" for p in params):
            result = "float"
        code = self.code(list(params), result=result)
        code.lines = [f"def {name}({', '.join(p.text for p in params)}):"]
        if self.chance(0.3):
            code.emit(f"if {code.expressions.condition()}:")
            with code.block():
                code.emit(code.returning())
        code.statements(self.rng.randint(1, 3))
        code.emit(code.returning())
        self.add(name, params, code, result)

    def recursive(self) -> None:
        """Recursion over a counter; sometimes with two calls."""
        name = f"h{len(self.text)}"
        params = self.params(Name("k", "int", top=4, fixed=True), Name("u", "float"))
        code = self.code(list(params))
        e = code.expressions
        code.lines = [f"def {name}({', '.join(p.text for p in params)}):"]
        base_last = self.chance(0.3)
        if not base_last:
            code.emit("if k <= 0:")
            with code.block():
                code.emit(code.returning())
        else:
            code.emit("if k > 0:")
            code.indent += 1
        code.statements(self.rng.randint(0, 2))
        for _ in range(self.rng.choice([1, 1, 2])):
            args = [f"{p.text} - 1" if p.text == "k" else e.bounded(1) if p.kind == "float" else p.text for p in params]
            r = Name(code.fresh("a"), "float")
            code.emit(f"{r.text} = {name}({', '.join(args)})")
            code.define(r)
        code.statements(self.rng.randint(0, 1))
        code.emit(code.returning())
        if base_last:
            code.indent -= 1
            code.names = [*self.module_names, *params]
            code.emit(code.returning())
        self.add(name, params, code, factor=8)

    def recursive_on_views(self) -> None:
        name = f"h{len(self.text)}"
        r = Name("r", "vector", fixed=True)
        code = self.code([r, Name("u", "float")])
        e = code.expressions
        code.lines = [f"def {name}(r, u):", "    if len(r) < 3:"]
        with code.block():
            code.statements(1)
            code.emit(code.returning())
        code.statements(self.rng.randint(0, 2))
        view = self.rng.choice(["r[1:]", "r[:-1]", "r[::-1][1:]", "r[1:][::-1]"])
        code.emit(f"a = {name}({view}, {e.bounded(1)})")
        code.define(Name("a", "float"))
        code.statements(self.rng.randint(0, 1))
        code.emit(code.returning())
        self.add(name, (r, Name("u", "float")), code, factor=5)

    def mutual(self) -> None:
        """Two functions that call each other."""
        one, two = f"h{len(self.text)}", f"h{len(self.text) + 1}"
        params = self.params(Name("k", "int", top=4, fixed=True), Name("u", "float"))
        for name, other in ((one, two), (two, one)):
            code = self.code(list(params))
            e = code.expressions
            code.lines = [f"def {name}({', '.join(p.text for p in params)}):", "    if k <= 0:"]
            with code.block():
                code.emit(code.returning())
            code.statements(self.rng.randint(0, 2))
            args = [f"{p.text} - 1" if p.text == "k" else e.bounded(1) if p.kind == "float" else p.text for p in params]
            code.emit(f"return {e.bounded(1)} * {other}({', '.join(args)}) + {e.number(1)}")
            self.text.append("\n".join(code.lines))
        self.helpers.append(Helper(one, params, "float", code.cost * 4))


def generate(rng: random.Random) -> Program:
    """A program; the same one from the same numbers."""
    return Generator(rng).program()
