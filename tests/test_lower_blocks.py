"""Native control flow, views and calls against the interpreter."""

import itertools

import numpy as np
import pytest
from ircode import function, module, vector

from irad.errors import InternalError
from irad.ir.core import Block, Module
from irad.ir.interpreter import run
from irad.ir.ops import arith, func, irad, math, memref, scf
from irad.ir.parser import parse
from irad.ir.types import MemRefType, f64, i1, i8, index
from irad.options import Options
from irad.runtime.engine import compile_module

LEVELS = pytest.mark.parametrize("level", [0, 3])
BIG = (1 << 63) - 1


def both(m, *args, level=3, name="f"):
    """Results of native code, after a check that the interpreter has the same, in arrays too."""
    copies = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    expected = run(m, name, copies)
    got = compile_module(m, name, Options(opt_level=level))(*args)
    for a, b in zip([*got, *args], [*expected, *copies], strict=True):
        np.testing.assert_array_equal(a, b)
    return got


def counting_loop(reversed, constant_step=None, constant_bounds=()):
    """f(lower, upper, step): trips, and a number that depends on the order of the induction variable's values."""

    def emit(b, lower, upper, step):
        bounds = [b.index(n) for n in constant_bounds] or [lower, upper]
        loop = b.for_(*bounds, b.index(constant_step) if constant_step else step, [b.index(0), b.index(7)], reversed=reversed)
        c = b.at(loop.body)
        trips, hash = loop.carried
        c.yield_(c(arith.AddI, trips, c.index(1)), c(arith.AddI, c(arith.MulI, hash, c.index(31)), loop.induction))
        return loop.results

    return module([index, index, index], emit)


@LEVELS
@pytest.mark.parametrize("reversed", [False, True])
@pytest.mark.parametrize("constant_step", [None, 1, 2, 3])
def test_counted_loops_at_all_bounds(level, reversed, constant_step):
    m = counting_loop(reversed, constant_step)
    native = compile_module(m, "f", Options(opt_level=level))
    bounds = [-7, -1, 0, 1, 6, BIG - 2, BIG, -BIG - 1, -BIG + 3]
    for lower, upper in itertools.product(bounds, bounds):
        for step in [constant_step] if constant_step else [1, 2, 5, BIG]:
            if 0 <= upper - lower > 100 * step:
                continue
            assert native(lower, upper, step) == run(m, "f", [lower, upper, step]), (lower, upper, step)


@LEVELS
@pytest.mark.parametrize("reversed", [False, True])
@pytest.mark.parametrize("bounds", [(0, 5), (2, 2), (5, 1), (-3, 4)])
def test_counted_loops_with_constant_bounds(level, reversed, bounds):
    for step in [1, 3]:
        both(counting_loop(reversed, step, bounds), 0, 0, 1, level=level)


@LEVELS
def test_branches_and_general_loops(level):
    m = parse("""
func.func @f(%n: index) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %r:2 = scf.while (%x = %n, %steps = %c0) : (index, index) -> (index, index) {
    %more = arith.cmpi sgt, %x, %c1 : index
    scf.condition(%more) %x, %steps : index, index
  } do {
  ^bb0(%y: index, %t: index):
    %half = arith.divsi %y, %c2 : index
    %twice = arith.muli %half, %c2 : index
    %even = arith.cmpi eq, %twice, %y : index
    %next = scf.if %even -> (index) {
      scf.yield %half : index
    } else {
      %triple = arith.muli %y, %c3 : index
      %odd = arith.addi %triple, %c1 : index
      scf.yield %odd : index
    }
    %t1 = arith.addi %t, %c1 : index
    scf.yield %next, %t1 : index, index
  }
  func.return %r#0, %r#1 : index, index
}
""")
    for n in [0, 1, 27, 97]:
        both(m, n, level=level)
    assert compile_module(m, "f")(27) == [1, 111]


@LEVELS
@pytest.mark.parametrize("strided", [False, True])
def test_loads_and_stores_of_every_rank(level, strided):
    def emit(b, a):
        rank = a.type.rank

        def nest(b, indices):
            if len(indices) == rank:
                value = b.load(a, *indices)
                b.store(b(arith.MulF, value, value), a, *reversed(indices)) if rank < 2 else b.store(
                    b(arith.MulF, value, value), a, *indices
                )
                return
            loop = b.for_(b.index(0), b.dim(a, len(indices)), b.index(1))
            inner = b.at(loop.body)
            nest(inner, [*indices, loop.induction])
            inner.yield_()

        nest(b, [])

    for rank in range(4):
        m = module([vector(strided=strided, rank=rank)], emit)
        base = np.arange(7.0**rank).reshape((7,) * rank)
        both(m, base.copy(), level=level)
        if strided and rank:
            both(m, base[(slice(None, None, 2),) * rank].copy(), level=level)
            native = compile_module(m, "f", Options(opt_level=level))
            view = base[(slice(5, 0, -2),) * rank]
            expected = base.copy()
            expected[(slice(5, 0, -2),) * rank] **= 2
            native(view)
            np.testing.assert_array_equal(base, expected)


@LEVELS
def test_views(level):
    m = parse(
        """
func.func @f(%x: memref<?x?xf64>, %i: index) -> (f64, index, index, f64, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c-1 = arith.constant -1 : index
  %n = memref.dim %x, %c0 : memref<?x?xf64>
  %m = memref.dim %x, %c1 : memref<?x?xf64>
  %last = arith.subi %n, %c1 : index
  %half = arith.divsi %m, %c2 : index
  %v = memref.subview %x[%last, %c1] [%n, %half] [%c-1, %c2] : memref<?x?xf64> to memref<?x?xf64, strided<[?, ?], offset: ?>>
  %row = memref.subview %v[%i, %c0] [%c1, %half] [%c1, %c1] {irad.dropped = [0]} : MATRIX to memref<?xf64, strided<[?], offset: ?>>
  %e = memref.load %row[%c1] : memref<?xf64, strided<[?], offset: ?>>
  %s0 = irad.stride %v, %c0 : memref<?x?xf64, strided<[?, ?], offset: ?>>
  %s1 = irad.stride %x, %c0 : memref<?x?xf64>
  %t = irad.view %x[%c0] [%m, %n] [%c1, %m] : memref<?x?xf64> to memref<?x?xf64, strided<[?, ?], offset: ?>>
  %q = memref.load %t[%c1, %c2] : memref<?x?xf64, strided<[?, ?], offset: ?>>
  %z = arith.constant 5.0 : f64
  memref.store %z, %row[%c0] : memref<?xf64, strided<[?], offset: ?>>
  %w = memref.load %x[%c0, %c1] : memref<?x?xf64>
  func.return %e, %s0, %s1, %q, %w : f64, index, index, f64, f64
}
""".replace("MATRIX", "memref<?x?xf64, strided<[?, ?], offset: ?>>")
    )
    both(m, np.arange(24.0).reshape(4, 6), 1, level=level)
    both(m, np.arange(24.0).reshape(4, 6), 3, level=level)


@LEVELS
def test_arrays_cross_branches_loops_and_calls(level):
    m = parse("""
func.func @pick(%c: i1, %a: memref<?xf64>, %b: memref<?xf64>) -> (memref<?xf64>, memref<?xf64>) {
  %r = scf.if %c -> (memref<?xf64>) {
    scf.yield %a : memref<?xf64>
  } else {
    scf.yield %b : memref<?xf64>
  }
  %s = arith.select %c, %b, %a : memref<?xf64>
  func.return %r, %s : memref<?xf64>, memref<?xf64>
}

func.func @f(%a: memref<?xf64>, %b: memref<?xf64>, %steps: index) -> (f64, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:2 = scf.for %i = %c0 to %steps step %c1 iter_args(%old = %a, %new = %b) -> (memref<?xf64>, memref<?xf64>) {
    %v = memref.load %old[%c0] : memref<?xf64>
    %k = arith.sitofp %i : index to f64
    %w = arith.addf %v, %k : f64
    memref.store %w, %new[%c0] : memref<?xf64>
    scf.yield %new, %old : memref<?xf64>, memref<?xf64>
  }
  %last = memref.load %r#0[%c0] : memref<?xf64>
  %two = arith.constant 2.0 : f64
  %big = arith.cmpf ogt, %last, %two : f64
  %p:2 = func.call @pick(%big, %r#0, %r#1) : (i1, memref<?xf64>, memref<?xf64>) -> (memref<?xf64>, memref<?xf64>)
  memref.store %two, %p#1[%c0] : memref<?xf64>
  %n = memref.dim %p#0, %c0 : memref<?xf64>
  func.return %last, %n : f64, index
}
""")
    for steps in [0, 1, 4, 5]:
        both(m, np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0]), steps, level=level)


@LEVELS
def test_recursion_returns_several_results(level):
    def emit(b, n):
        small = b(arith.CmpI, n, b.index(2), predicate="slt")
        branch = b.if_(small, [index, f64])
        then = b.at(branch.then)
        then.yield_(n, then.constant(1.0, f64))
        c = b.at(branch.orelse)
        first = c.op(func.Call, [c(arith.SubI, n, c.index(1))], {"callee": "fib"}, [index, f64])
        second = c.op(func.Call, [c(arith.SubI, n, c.index(2))], {"callee": "fib"}, [index, f64])
        calls = c(arith.AddF, c(arith.AddF, first.results[1], second.results[1]), c.constant(1.0, f64))
        c.yield_(c(arith.AddI, first.results[0], second.results[0]), calls)
        return branch.results

    body = function("fib", [index], emit)
    assert both(Module([body]), 15, level=level, name="fib") == [610, 1973.0]


def test_many_results_travel_in_memory():
    m = module([f64], lambda b, x: [b(arith.MulF, x, b.constant(float(i), f64)) for i in range(40)])
    outer = function("g", [f64], lambda b, x: b.op(func.Call, [x], {"callee": "f"}, [f64] * 40).results)
    m.add(outer)
    assert both(m, 1.5, name="g") == [1.5 * i for i in range(40)]


@LEVELS
def test_bools_are_bytes_in_memory(level):
    m = parse("""
func.func @f(%x: memref<?xi1>, %y: memref<?xi8>) -> (i1, i8) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.load %x[%c0] : memref<?xi1>
  memref.store %a, %x[%c1] : memref<?xi1>
  %b = memref.load %y[%c1] : memref<?xi8>
  %zero = arith.constant 0 : i8
  %t = arith.cmpi ne, %b, %zero : i8
  %n = arith.extui %t : i1 to i8
  memref.store %n, %y[%c0] : memref<?xi8>
  func.return %a, %b : i1, i8
}
""")
    x, y = np.array([True, False]), np.array([False, True])
    assert compile_module(m, "f", Options(opt_level=level))(x, y) == [True, 1]
    assert x.tolist() == [True, True]
    assert y.tolist() == [True, True]


def test_static_sizes_and_casts():
    m = parse("""
func.func @f(%x: memref<?x3xf64>, %y: memref<2x?xf64>) -> (f64, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %a = memref.load %x[%c1, %c2] : memref<?x3xf64>
  %s = memref.cast %y : memref<2x?xf64> to memref<?x?xf64, strided<[?, ?], offset: ?>>
  %b = memref.load %s[%c1, %c0] : memref<?x?xf64, strided<[?, ?], offset: ?>>
  %d = memref.cast %s : memref<?x?xf64, strided<[?, ?], offset: ?>> to memref<?x?xf64>
  %n = memref.dim %d, %c0 : memref<?x?xf64>
  %sum = arith.addf %a, %b : f64
  func.return %sum, %n : f64, index
}
""")
    assert both(m, np.arange(6.0).reshape(2, 3), np.arange(8.0).reshape(2, 4)) == [9.0, 2]


def test_fixed_memory_on_the_stack():
    def emit(b, n):
        cell = b.op(memref.Alloca, (), None, [MemRefType((), f64)]).result
        grid = b.op(memref.Alloca, (), None, [MemRefType((4, 5), f64)]).result
        large = b.op(memref.Alloca, (), None, [MemRefType((100_000,), f64)]).result
        b.store(b.constant(1.0, f64), cell)
        loop = b.for_(b.index(0), n, b.index(1))
        c = b.at(loop.body)
        old = c.load(cell)
        c.store(c(arith.MulF, old, c.constant(2.0, f64)), cell)
        c.store(old, grid, c.index(3), loop.induction)
        c.store(old, large, loop.induction)
        c.yield_()
        return [b.load(cell), b.load(grid, b.index(3), b.index(2)), b.load(large, b.index(1))]

    assert both(module([index], emit), 5) == [32.0, 4.0, 2.0]


def test_array_operations_never_reach_the_back_end():
    def emit(b, x):
        body = Block([f64])
        b.at(body).yield_(body.args[0])
        b.op(irad.Map, [x, x], None, (), [body])

    with pytest.raises(InternalError, match=r"irad\.map never reaches the back end"):
        compile_module(module([vector()], emit), "f")


def test_likely_branches_and_cold_loops_carry_hints():
    from irad.runtime.engine import llvm_ir

    def emit(b, c, x):
        branch = b.if_(c, [f64])
        branch.attrs["likely"] = True
        then = b.at(branch.then)
        then.yield_(x)
        other = b.at(branch.orelse)
        loop = other.for_(other.index(0), other.index(1000), other.index(1), [x])
        loop.attrs["cold"] = True
        inner = other.at(loop.body)
        inner.yield_(inner(math.Sqrt, loop.carried[0]))
        other.yield_(loop.results[0])
        return branch.result

    text = llvm_ir(module([i1, f64], emit), "f", optimized=False)
    assert "llvm.loop.vectorize.enable" in text
    assert compile_module(module([i1, f64], emit), "f")(True, 4.0) == [4.0]


def test_a_while_loop_may_carry_nothing():
    def emit(b, flags):
        before, after = Block(), Block()
        b.op(scf.While, [], None, [], [before, after])
        c = b.at(before)
        c.op(scf.Condition, [c(arith.CmpI, c.load(flags, c.index(0)), c.constant(0, i8), predicate="ne")])
        c = b.at(after)
        c.store(c(arith.SubI, c.load(flags, c.index(0)), c.constant(1, i8)), flags, c.index(0))
        c.yield_()

    both(module([vector(i8)], emit), np.array([100], np.int8))
