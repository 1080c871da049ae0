"""Random IR programs: nested loops, branches, whiles, local and argument arrays, views, index checks, array operations."""

import random

import numpy as np

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Loc, Module
from irad.ir.ops import arith, func, irad, memref, scf
from irad.ir.ops import math as m
from irad.ir.types import MemRefType, f64, i1, index

VECTOR = MemRefType((None,), f64)
MATRIX = MemRefType((None, None), f64)
INTEGERS = MemRefType((None,), index)
STRIDED = MemRefType((None,), f64, True)

UNARY = [arith.NegF, m.Sin, m.Cos, m.Tanh, m.AbsF, m.Sqrt, m.Exp]
BINARY = [arith.AddF, arith.SubF, arith.MulF, arith.DivF]
INTEGER = [arith.AddI, arith.SubI, arith.MulI, arith.MaxSI, arith.MinSI]
PREDICATES = ["eq", "ne", "slt", "sle", "sgt", "sge"]


class Generator:
    """Writes one function @f(x: vector, y: vector, a: matrix, k: integers, n: index, s: f64, t: f64, c: i1) -> (f64, f64, index)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.line = 0
        self.budget = self.random.randint(10, 60)

    def module(self):
        body = Block([VECTOR, VECTOR, MATRIX, INTEGERS, index, f64, f64, i1], ["x", "y", "a", "k", "n", "s", "t", "c"])
        function = Func("f", body, (f64, f64, index), attrs={"noalias": self.random.random() < 0.5})
        b = Builder(body)
        x, y, a, k, n, s, t, c = body.args
        env = {"f": [s, t], "i": [n], "c": [c], "v": [x, y], "m": [a], "k": [k]}
        self.statements(b, env, 0)
        b.op(func.Return, (self.pick(env, "f", b), self.pick(env, "f", b), self.pick(env, "i", b)))
        return Module([function])

    # ------------------------------------------------------------ values

    def pick(self, env, kind, b):
        if kind == "f" and self.random.random() < 0.15:
            return b.constant(self.random.choice([0.0, 1.0, -1.0, 2.0, 0.5, -0.0]), f64)
        if kind == "i" and self.random.random() < 0.35:
            return b.index(self.random.choice([0, 1, 2, -1, 3, 0, 1, 2, -1, 2**62]))
        return self.random.choice(env[kind][-6:] if self.random.random() < 0.7 else env[kind])

    def located(self, b):
        self.line += 1
        b.loc = Loc("program.py", self.line, 0)
        return b

    def position(self, b, env, size):
        """An index of a dimension: checked, or a value that lies in it."""
        self.located(b)
        i = self.pick(env, "i", b)
        checked = b(irad.Index, i, size, axis=0)
        if self.random.random() < 0.8:
            return checked
        negative = b(arith.CmpI, i, b.index(0), predicate="slt")  # the same, as the reverse sweep computes it
        return b(arith.Select, negative, b(arith.AddI, i, size), i)

    # ------------------------------------------------------------ statements

    def statements(self, b, env, depth):
        for _ in range(self.random.randint(1, 6)):
            if self.budget <= 0:
                return
            self.budget -= 1
            kinds = [self.scalar] * 4 + [self.integer] * 3 + [self.load, self.store] * 2
            kinds += [self.compare, self.alloc, self.view, self.array, self.matrix]
            if depth < 3:
                kinds += [self.branch, self.loop, self.loop, self.while_loop, self.triangle]
            self.random.choice(kinds)(self.located(b), env, depth)

    def scalar(self, b, env, _depth):
        if self.random.random() < 0.4:
            value = b(self.random.choice(UNARY), self.pick(env, "f", b))
        elif self.random.random() < 0.1:
            value = b(m.FPowI, self.pick(env, "f", b), b.index(self.random.choice([0, 1, 2])))
        elif self.random.random() < 0.2:
            value = b(arith.Select, self.pick(env, "c", b), self.pick(env, "f", b), self.pick(env, "f", b))
        else:
            value = b(self.random.choice(BINARY), self.pick(env, "f", b), self.pick(env, "f", b))
        env["f"].append(value)

    def integer(self, b, env, _depth):
        choice = self.random.random()
        if choice < 0.1:
            value = b(m.FloorModSI, self.pick(env, "i", b), b.index(self.random.choice([2, 3, 5])))
        elif choice < 0.2:
            value = b(arith.FloorDivSI, self.pick(env, "i", b), b.index(self.random.choice([2, 3])))
        elif choice < 0.3:
            value = b(arith.Select, self.pick(env, "c", b), self.pick(env, "i", b), self.pick(env, "i", b))
        elif choice < 0.4:
            value = b.dim(self.pick(env, "v", b), 0)
        elif choice < 0.45:
            value = b(memref.Load, (k := self.pick(env, "k", b)), self.position(b, env, b.dim(k, 0)))
        else:
            value = b(self.random.choice(INTEGER), self.pick(env, "i", b), self.pick(env, "i", b))
        env["i"].append(self.small(b, value))

    def small(self, b, value):
        """Keep products from growing without end (they would still be right, but slow to print)."""
        return b(m.FloorModSI, value, b.index(7)) if self.random.random() < 0.15 else value

    def compare(self, b, env, _depth):
        if self.random.random() < 0.6:
            value = b(arith.CmpI, self.pick(env, "i", b), self.pick(env, "i", b), predicate=self.random.choice(PREDICATES))
        elif self.random.random() < 0.5:
            predicate = self.random.choice(["olt", "oge", "une", "oeq"])
            value = b(arith.CmpF, self.pick(env, "f", b), self.pick(env, "f", b), predicate=predicate)
        else:
            value = b(self.random.choice([arith.AndI, arith.OrI, arith.XorI]), self.pick(env, "c", b), self.pick(env, "c", b))
        env["c"].append(value)

    def load(self, b, env, _depth):
        if self.random.random() < 0.3:
            a = self.pick(env, "m", b)
            env["f"].append(b.load(a, self.position(b, env, b.dim(a, 0)), self.position(b, env, b.dim(a, 1))))
        else:
            v = self.pick(env, "v", b)
            env["f"].append(b.load(v, self.position(b, env, b.dim(v, 0))))

    def store(self, b, env, _depth):
        if self.random.random() < 0.3:
            a = self.pick(env, "m", b)
            b.store(self.pick(env, "f", b), a, self.position(b, env, b.dim(a, 0)), self.position(b, env, b.dim(a, 1)))
        else:
            v = self.pick(env, "v", b)
            b.store(self.pick(env, "f", b), v, self.position(b, env, b.dim(v, 0)))

    def alloc(self, b, env, _depth):
        """A filled vector: of constant size, or of one that is clamped to something small."""
        if self.random.random() < 0.5:
            array = b.alloc(f64, [self.random.choice([1, 2, 3])])
            flexible = b.op(memref.Cast, (array,), None, (VECTOR,)).result if self.random.random() < 0.5 else array
            env["v"].append(flexible)
        else:
            size = b(arith.MinSI, b(arith.MaxSI, self.pick(env, "i", b), b.index(1)), b.index(4))
            array = b.alloc(f64, [size])
            env["v"].append(array)
        self.map(b, array, [self.pick(env, "f", b)], lambda b, e: e[0])

    def view(self, b, env, _depth):
        v = self.pick(env, "v", b)
        if v.type.strided or v.type.shape != (None,):
            return
        n = b.dim(v, 0)
        start = b(arith.MinSI, b(arith.MaxSI, self.pick(env, "i", b), b.index(0)), n)
        step = b.index(self.random.choice([1, 1, 2]))
        size = b(arith.FloorDivSI, b(arith.AddI, b(arith.SubI, n, start), b(arith.SubI, step, b.index(1))), step)
        env["v"].append(b(memref.SubView, v, start, size, step))

    def array(self, b, env, _depth):
        """An element-wise operation into new memory, a copy into an argument, or a sum."""
        v = self.pick(env, "v", b)
        size = b.dim(v, 0)
        fresh = b.alloc(f64, [size])
        scalar = self.pick(env, "f", b)
        self.map(b, fresh, [v, scalar], lambda b, e: b(self.random.choice(BINARY), b(self.random.choice(UNARY), e[0]), e[1]))
        env["v"].append(fresh)
        if self.random.random() < 0.4:
            self.map(b, v, [fresh], lambda b, e: e[0])
        if self.random.random() < 0.5:
            env["f"].append(self.reduce(b, [fresh], b.constant(0.0, f64)))

    def matrix(self, b, env, _depth):
        """Element-wise on a matrix, its transpose, or a vector broadcast to rows; into new memory or in place."""
        a = self.pick(env, "m", b)
        rows, columns, zero, one = b.dim(a, 0), b.dim(a, 1), b.index(0), b.index(1)
        strides = [b(irad.Stride, a, zero), b(irad.Stride, a, one)]
        strided = MemRefType((None, None), f64, True)
        choice = self.random.random()
        if choice < 0.3:
            other = b.op(irad.View, (a, zero, columns, rows, *reversed(strides)), None, (strided,)).result
            fresh = b.alloc(f64, [columns, rows])
        elif choice < 0.5:
            v = b.alloc(f64, [columns])
            self.map(b, v, [self.pick(env, "f", b)], lambda b, e: e[0])
            other = b.op(irad.View, (v, zero, rows, columns, zero, one), None, (strided,)).result
            fresh = b.alloc(f64, [rows, columns])
        else:
            other, fresh = a, b.alloc(f64, [rows, columns])
        self.map(b, fresh, [other, self.pick(env, "f", b)], lambda b, e: b(self.random.choice(BINARY), e[0], e[1]))
        if choice >= 0.3 and self.random.random() < 0.4:
            self.map(b, a, [fresh], lambda b, e: e[0])
        if self.random.random() < 0.4:
            env["f"].append(self.reduce(b, [fresh], b.constant(0.0, f64)))
        env["m"].append(fresh)

    def map(self, b, destination, inputs, element):
        body = Block([v.type.element if isinstance(v.type, MemRefType) else v.type for v in inputs])
        inner = b.at(body)
        inner.yield_(element(inner, body.args))
        b.op(irad.Map, (destination, *inputs), None, (), [body])

    def reduce(self, b, inputs, init):
        body = Block([init.type, *(v.type.element for v in inputs)])
        inner = b.at(body)
        inner.yield_(inner(arith.AddF, body.args[0], body.args[1]))
        return b.op(irad.Reduce, (*inputs, init), {"inputs": len(inputs)}, (init.type,), [body]).result

    # ------------------------------------------------------------ control flow

    def inner(self, env):
        return {kind: list(values) for kind, values in env.items()}

    def carried(self, b, env):
        kinds = [self.random.choice("ffi" + "v" * (self.random.random() < 0.3)) for _ in range(self.random.randint(0, 3))]
        values = []
        for i, kind in enumerate(kinds):
            value = self.pick(env, kind, b)
            if kind == "v" and (value.type.strided or value.type.shape != (None,)):
                kinds[i], value = "f", self.pick(env, "f", b)
            values.append(value)
        return kinds, values

    def again(self, b, env, kinds, fallback):
        """Values of those kinds to yield; vectors are of one layout."""
        values = []
        for kind, old in zip(kinds, fallback, strict=True):
            value = self.pick(env, kind, b)
            values.append(value if value.type == old.type else old)
        return values

    def branch(self, b, env, depth):
        kinds, values = self.carried(b, env)
        op = b.if_(self.pick(env, "c", b), [v.type for v in values])
        for region in op.regions:
            inner, scope = b.at(region), self.inner(env)
            self.statements(inner, scope, depth + 1)
            inner.yield_(*self.again(inner, scope, kinds, values))
        for kind, result in zip(kinds, op.results, strict=True):
            env[kind].append(result)

    def loop(self, b, env, depth):
        kinds, inits = self.carried(b, env)
        few = b(arith.MinSI, self.pick(env, "i", b), b.index(5))
        limit = self.random.choice([b.index(self.random.randint(0, 4)), b.dim(self.pick(env, "v", b), 0), few])
        lower = b.index(self.random.choice([0, 0, 0, 1, -1]))
        op = b.for_(lower, limit, b.index(self.random.choice([1, 1, 1, 2])), inits, reversed=self.random.random() < 0.1)
        inner, scope = b.at(op.body), self.inner(env)
        scope["i"].append(op.induction)
        for kind, arg in zip(kinds, op.carried, strict=True):
            scope[kind].append(arg)
        self.statements(inner, scope, depth + 1)
        inner.yield_(*self.again(inner, scope, kinds, op.carried))
        for kind, result in zip(kinds, op.results, strict=True):
            env[kind].append(result)

    def triangle(self, b, env, _depth):
        """Pairs of elements of a vector: one accumulates, the other is read, or written, or both."""
        v = self.pick(env, "v", b)
        zero, one, n = b.index(0), b.index(1), b.dim(v, 0)
        outer = b.for_(zero, n, one)
        first = b.at(outer.body)
        i = outer.induction
        loop = first.for_(first(arith.AddI, i, one), n, one)
        inner, j = first.at(loop.body), loop.induction
        x, y = inner.load(v, i), inner.load(v, j)
        scope = self.inner(env)
        scope["f"] += [x, y]
        for _ in range(self.random.randint(1, 3)):
            self.scalar(inner, scope, 0)
        targets = self.random.choice([(i,), (j,), (i, j), (j, i), (i, i)])
        for target in targets:
            inner.store(self.pick(scope, "f", inner), v, target)
        inner.yield_()
        first.yield_()

    def while_loop(self, b, env, depth):
        """At most a few trips: a counter is part of the state and of the condition."""
        kinds, inits = self.carried(b, env)
        step = self.random.choice([1, 1, -1])
        start = b.index(0 if step == 1 else 4)
        before, after = Block([index, *(v.type for v in inits)]), Block([index, *(v.type for v in inits)])
        first, scope = b.at(before), self.inner(env)
        scope["i"].append(before.args[0])
        for kind, arg in zip(kinds, before.args[1:], strict=True):
            scope[kind].append(arg)
        if self.random.random() < 0.3:
            self.statements(first, scope, depth + 2)
        go_on = first(arith.CmpI, before.args[0], first.index(4 if step == 1 else 0), predicate="slt" if step == 1 else "sge")
        if self.random.random() < 0.6:
            go_on = first(arith.AndI, go_on, self.pick(scope, "c", first))
        first.op(scf.Condition, (go_on, *before.args[:1], *self.again(first, scope, kinds, before.args[1:])))
        second, scope = b.at(after), self.inner(env)
        scope["i"].append(after.args[0])
        for kind, arg in zip(kinds, after.args[1:], strict=True):
            scope[kind].append(arg)
        self.statements(second, scope, depth + 1)
        following = second(arith.AddI, after.args[0], second.index(step))
        second.yield_(following, *self.again(second, scope, kinds, after.args[1:]))
        op = b.op(scf.While, (start, *inits), None, [index, *(v.type for v in inits)], [before, after])
        env["i"].append(op.results[0])
        for kind, result in zip(kinds, op.results[1:], strict=True):
            env[kind].append(result)


def arguments(seed):
    """Arguments of a generated function; now and then empty arrays."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(0 if seed % 7 == 0 else 1, 6, 5)
    x, y = generator.normal(size=sizes[0]), generator.normal(size=sizes[1])
    a = generator.normal(size=(sizes[2], sizes[3]))
    k = generator.integers(-1, 4, sizes[4])
    n = int(generator.integers(-1, 6))
    if seed % 5 == 0:  # sums with it wrap around
        n = int(generator.choice([2**63 - 1, -(2**63), 2**62, 2**63 - 2]))
    return [x, y, a, k, n, float(generator.normal()), float(generator.normal()), bool(seed & 1)]


def program(seed):
    """A module with one function @f."""
    return Generator(seed).module()
