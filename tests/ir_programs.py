"""Random IR: a hypothesis strategy for functions that any pass must leave computing the same.

Generated: arithmetic on f64, f32, index and i1, math functions, branches, counted and general loops that carry values, loads and
stores with indices in range, views, array operations. Not generated: calls, stacks, integer division, checks that fail.
"""

from hypothesis import strategies as st

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Loc, Module
from irad.ir.ops import arith, func, irad, math, memref, scf
from irad.ir.types import MemRefType, f32, f64, i1, index

VECTOR = MemRefType((None,), f64)
LENGTH = 5  # of every array argument: three numbers, two arrays
ARGUMENTS = (f64, f32, index, VECTOR, VECTOR)

FLOATS = (arith.AddF, arith.SubF, arith.MulF, arith.DivF, arith.MaximumF, arith.MinimumF, math.Atan2, math.CopySign, math.Hypot)
UNARY = (math.Sin, math.Exp, math.Sqrt, math.Log, math.Tanh, math.AbsF, math.Floor, arith.NegF, math.Erf)
INTEGERS = (arith.AddI, arith.SubI, arith.MulI, arith.AndI, arith.OrI, arith.XorI, arith.MaxSI, arith.MinUI, arith.ShLI, arith.ShRSI)
HINTS = ("", "", "x", "i", "acc", "λ", "a b", "0", "c1")


class Writer:
    """Appends random operations to a block; `pools` holds the values that are visible, by type."""

    def __init__(self, draw, builder, pools, depth):
        self.draw = draw
        self.b = builder
        self.pools = {type: list(values) for type, values in pools.items()}
        self.depth = depth

    def pick(self, type):
        pool = self.pools.get(type, [])
        if pool and self.draw(st.integers(0, 5)):
            return self.draw(st.sampled_from(pool))
        return self.keep(self.constant(type))

    def constant(self, type):
        if type == i1:
            return self.b.constant(self.draw(st.booleans()), i1)
        if type == index:
            return self.b.constant(self.draw(st.integers(-3, 9)), index)
        if type == VECTOR:
            array = self.b.alloc(f64, [self.b.index(LENGTH)])
            for i in range(LENGTH):
                self.b.store(self.pick(f64), array, self.b.index(i))
            return array
        width = 64 if type == f64 else 32
        return self.b.constant(self.draw(st.floats(width=width) | st.sampled_from([0.0, -0.0, 1.0, 2.5])), type)

    def keep(self, value):
        value.hint = self.draw(st.sampled_from(HINTS))
        self.pools.setdefault(value.type, []).append(value)
        return value

    def child(self, block):
        inner = Writer(self.draw, self.b.at(block), self.pools, self.depth - 1)
        for arg in block.args:
            inner.pools.setdefault(arg.type, []).append(arg)
        return inner

    def position(self):
        length = self.b.index(LENGTH)
        return self.b(arith.RemUI, self.pick(index), length)

    def scalar(self):
        b, kind = self.b, self.draw(st.integers(0, 9))
        type = self.draw(st.sampled_from([f64, f64, f32]))
        flags = self.draw(st.sampled_from([{}, {}, {"fastmath": ("nsz", "contract")}]))
        if kind < 3:
            return b(self.draw(st.sampled_from(FLOATS)), self.pick(type), self.pick(type), **flags)
        if kind == 3:
            return b(self.draw(st.sampled_from(UNARY)), self.pick(type), **flags)
        if kind == 4:
            return b(self.draw(st.sampled_from(INTEGERS)), self.pick(index), self.pick(index))
        if kind == 5:
            return b(arith.CmpF, self.pick(type), self.pick(type), predicate=self.draw(st.sampled_from(["olt", "une", "ogt", "uno"])))
        if kind == 6:
            return b(arith.CmpI, self.pick(index), self.pick(index), predicate=self.draw(st.sampled_from(["eq", "slt", "uge"])))
        if kind == 7:
            return b(arith.Select, self.pick(i1), self.pick(type), self.pick(type))
        if kind == 8:
            return b.op(arith.SIToFP, [self.pick(index)], None, [type]).result
        cls, source, target = self.draw(st.sampled_from([(arith.ExtF, f32, f64), (arith.TruncF, f64, f32), (arith.FPToSI, f64, index)]))
        return b.op(cls, [self.pick(source)], None, [target]).result

    def branch(self):
        types = self.draw(st.lists(st.sampled_from([f64, f32, index]), max_size=2))
        op = self.b.if_(self.pick(i1), types)
        for region in op.regions:
            inner = self.child(region)
            inner.block()
            inner.b.yield_(*[inner.pick(t) for t in types])
        return op.results

    def loop(self):
        b, types = self.b, self.draw(st.lists(st.sampled_from([f64, index]), max_size=2))
        bounds = [b.index(self.draw(st.integers(-2, 4))), b.index(self.draw(st.integers(-1, 5))), b.index(self.draw(st.integers(1, 2)))]
        op = b.for_(*bounds, [self.pick(t) for t in types], reversed=self.draw(st.booleans()))
        inner = self.child(op.body)
        inner.block()
        inner.b.yield_(*[inner.pick(t) for t in types])
        return op.results

    def general_loop(self):
        """Counts up, and ends when the count or a random condition says so."""
        b = self.b
        before, after = Block([index, f64]), Block([index, f64])
        op = b.op(scf.While, [b.index(0), self.pick(f64)], None, [index, f64], [before, after])
        inner = self.child(before)
        inner.block()
        count = inner.b(arith.CmpI, before.args[0], inner.b.index(3), predicate="slt")
        inner.b.op(scf.Condition, [inner.b(arith.AndI, count, inner.pick(i1)), before.args[0], inner.pick(f64)])
        inner = self.child(after)
        inner.block()
        inner.b.yield_(inner.b(arith.AddI, after.args[0], inner.b.index(1)), inner.pick(f64))
        return op.results

    def memory(self):
        array = self.pick(VECTOR)
        if self.draw(st.booleans()):
            self.b.store(self.pick(f64), array, self.position())
            return []
        return [self.b.load(array, self.position())]

    def array_operation(self):
        """A sum of a reversed array, or an element-wise operation into a new array."""
        b, array = self.b, self.pick(VECTOR)
        body = Block([f64, f64])
        inner = b.at(body)
        inner.yield_(inner(self.draw(st.sampled_from(FLOATS)), *body.args))
        if self.draw(st.booleans()):
            ends = b.index(LENGTH - 1), b.index(LENGTH), b.index(-1)
            return b.op(irad.Reduce, [b(memref.SubView, array, *ends), self.pick(f64)], {"inputs": 1}, None, [body]).results
        destination = b.alloc(f64, [b.dim(array, 0)])
        b.op(irad.Map, [destination, array, self.pick(f64)], None, (), [body])
        return [destination]

    def block(self):
        for _ in range(self.draw(st.integers(0, 4))):
            kinds = [lambda: [self.scalar()], lambda: [self.scalar()], self.memory]
            if self.depth:
                kinds += [self.branch, self.loop, self.general_loop, self.array_operation]
            for value in self.draw(st.sampled_from(kinds))():
                self.keep(value)


@st.composite
def modules(draw):
    """A module of one function @f of parameters ARGUMENTS that returns a number of each kind."""
    body = Block(ARGUMENTS, ["x", "y", "n", "v", "w"])
    function = Func("f", body, [f64, f32, index], attrs={"noalias": True} if draw(st.booleans()) else None)
    pools = {}
    for arg in body.args:
        pools.setdefault(arg.type, []).append(arg)
    place = draw(st.sampled_from([Loc(), Loc("model.py", 3, 4), Loc('a "b"\\c.py', 1, 0)]))
    writer = Writer(draw, Builder(body, None, place), pools, depth=2)
    for _ in range(draw(st.integers(1, 3))):
        writer.block()
    writer.b.op(func.Return, [writer.pick(t) for t in (f64, f32, index)])
    return Module([function])
