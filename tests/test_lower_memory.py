"""Native heap memory and stacks: what is allocated is usable, stays in place, and is gone after the call."""

import math

import numpy as np
import pytest
from ircode import function, module, vector

from irad.ir.core import Module
from irad.ir.ops import arith, func, irad, memref
from irad.ir.parser import parse
from irad.ir.types import MemRefType, StackType, f64, index
from irad.lower import context
from irad.options import Options
from irad.runtime import engine

LEVELS = pytest.mark.parametrize("level", [0, 3])


def compile_module(*args):
    """A compiled function that keeps the memory of all its calls where `live` sees it."""
    native = engine.compile_module(*args)
    native._target = native.call
    return native


def live(native):
    """Blocks of memory that calls have left behind, and bytes that are kept for later ones."""
    frames = native._frames
    return sum(f.context[context.LIVE // 8] for f in frames), sum(f.context[context.SPARE_BYTES // 8] for f in frames)


@LEVELS
def test_memory_is_freed_after_the_call(level):
    m = parse("""
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %zero) -> (f64) {
    %a = memref.alloc(%n) : memref<?xf64>
    %x = arith.sitofp %i : index to f64
    memref.store %x, %a[%i] : memref<?xf64>
    %b = memref.alloc(%n, %n) : memref<?x2x?xf64>
    memref.store %x, %b[%i, %c1, %i] : memref<?x2x?xf64>
    memref.dealloc %a : memref<?xf64>
    %y = memref.load %b[%i, %c1, %i] : memref<?x2x?xf64>
    %next = arith.addf %acc, %y : f64
    scf.yield %next : f64
  }
  func.return %s : f64
}
""")
    native = compile_module(m, "f", Options(opt_level=level))
    for n in [1, 10, 60]:
        assert native(n) == [n * (n - 1) / 2]
        assert live(native) == (0, 0)


@LEVELS
def test_large_blocks_are_kept_and_used_again(level):
    def emit(b, n):
        a = b.alloc(f64, [n])
        b.store(b.constant(1.0, f64), a, b(arith.SubI, n, b.index(1)))
        return b.load(a, b(arith.SubI, n, b.index(1)))

    native = compile_module(module([index], emit), "f", Options(opt_level=level))
    native._frames.clear()
    if level:  # LLVM sees that the memory is not needed
        assert native(1 << 20) == [1.0]
        return
    for n in [1 << 20, 1 << 20, (1 << 20) - 5]:
        assert native(n) == [1.0]
        assert live(native) == (0, 8 << 20)
    assert native(1 << 18) == [1.0]
    assert live(native) == (0, 10 << 20)
    assert native(1 << 26) == [1.0]
    assert live(native) == (0, 10 << 20)
    frame = native._frames.pop()
    del frame
    assert live(native) == (0, 0)


@LEVELS
@pytest.mark.parametrize("sizes", [(1 << 62,), (-1,), (1 << 45,), (1 << 33, 1 << 29), (1 << 33, 1 << 33), (1 << 40, 1 << 40, 1 << 40)])
def test_memory_that_cannot_be_had_is_an_error(level, sizes):
    def emit(b, *sizes):
        first = b.alloc(f64, [b.index(10)])
        b.store(b.constant(2.0, f64), first, b.index(0))
        return [b.alloc(f64, sizes), first]

    native = compile_module(module([index] * len(sizes), emit), "f", Options(opt_level=level))
    too_big = math.prod(sizes) >= 1 << 64
    error, text = (ValueError, "elements is too big") if too_big else (MemoryError, "unable to allocate an array of")
    with pytest.raises(error, match=text):
        native(*sizes)
    assert live(native) == (0, 0)


@LEVELS
def test_results_own_their_memory(level):
    def emit(b, n):
        a = b.alloc(f64, [n, 2])
        loop = b.for_(b.index(0), n, b.index(1))
        c = b.at(loop.body)
        c.store(c.op(arith.SIToFP, [loop.induction], None, [f64]).result, a, loop.induction, c.index(1))
        c.store(c.constant(0.5, f64), a, loop.induction, c.index(0))
        c.yield_()
        column = b.op(memref.SubView, [a, b.index(0), b.index(1), n, b.index(1), b.index(1), b.index(1)], {"dropped": (1,)}).result
        return [column, a, b.alloc(f64, [b.index(0)])]

    native = compile_module(module([index], emit), "f", Options(opt_level=level))
    column, a, empty = native(5)
    assert live(native) == (0, 0)
    assert (column.shape, a.shape, empty.shape) == ((5,), (5, 2), (0,))
    np.testing.assert_array_equal(column, np.arange(5.0))
    assert np.shares_memory(column, a)
    assert a.ctypes.data % 64 == 0
    assert a.flags.writeable
    native(1000)
    del a
    np.testing.assert_array_equal(column, np.arange(5.0))


def test_views_of_arguments_come_back_as_views():
    def emit(b, x):
        n = b.dim(x, 0)
        whole = b.op(memref.Cast, [x], None, [vector(strided=True)]).result
        last = b(arith.SubI, n, b.index(1))
        backwards = b(memref.SubView, x, last, n, b.index(-1))
        return [x, whole, backwards]

    native = compile_module(module([vector()], emit), "f")
    x = np.arange(4.0)
    same, whole, backwards = native(x)
    assert same is x
    assert whole is x
    np.testing.assert_array_equal(backwards, [3.0, 2.0, 1.0, 0.0])
    backwards[0] = 7.0
    assert x[3] == 7.0
    x.flags.writeable = False
    assert not native(x)[2].flags.writeable
    integers = compile_module(module([vector(index)], lambda b, x: b(memref.SubView, x, b.index(1), b.index(1), b.index(1))), "f")
    assert integers(np.arange(3, dtype=np.uint64))[0].dtype == np.uint64


TAPE = """
func.func @f(%n: index, %out: memref<?xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %s = irad.stack : !irad.stack<f64>
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.remsi %i, %c7 : index
    %p = irad.reserve %s, %k : !irad.stack<f64>
    %x = arith.sitofp %i : index to f64
    scf.for %j = %c0 to %k step %c1 {
      memref.store %x, %p[%j] : memref<?xf64>
    }
  }
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.remsi %i, %c7 : index
    %p = irad.release %s, %k : !irad.stack<f64>
    %zero = arith.constant 0.0 : f64
    %t = scf.for %j = %c0 to %k step %c1 iter_args(%a = %zero) -> (f64) {
      %y = memref.load %p[%j] : memref<?xf64>
      %b = arith.addf %a, %y : f64
      scf.yield %b : f64
    }
    memref.store %t, %out[%i] : memref<?xf64>
  } {irad.reversed}
  func.return
}
"""


@LEVELS
def test_stacks_give_back_what_was_put_on_them(level):
    m = parse(TAPE)
    native = compile_module(m, "f", Options(opt_level=level))
    for n in [0, 1, 5, 3000, 50_000]:
        out = np.zeros(n)
        native(n, out)
        np.testing.assert_array_equal(out, np.arange(n) * (np.arange(n) % 7.0))
        assert live(native)[0] == 0


@LEVELS
def test_pieces_of_a_stack_stay_in_place(level):
    """Pieces are kept in a table of descriptors while the stack grows over many chunks."""
    m = parse("""
func.func @f(%n: index, %size: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %s = irad.stack : !irad.stack<f64>
  %table = memref.alloc(%n) : memref<?xmemref<?xf64>>
  scf.for %i = %c0 to %n step %c1 {
    %p = irad.reserve %s, %size {zero} : !irad.stack<f64>
    memref.store %p, %table[%i] : memref<?xmemref<?xf64>>
  }
  scf.for %i = %c0 to %n step %c1 {
    %p = memref.load %table[%i] : memref<?xmemref<?xf64>>
    %x = arith.sitofp %i : index to f64
    %old = memref.load %p[%c1] : memref<?xf64>
    %new = arith.addf %old, %x : f64
    memref.store %new, %p[%c1] : memref<?xf64>
  }
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %zero) -> (f64) {
    %p = irad.release %s, %size : !irad.stack<f64>
    %y = memref.load %p[%c1] : memref<?xf64>
    %a = memref.load %p[%c0] : memref<?xf64>
    %b = arith.addf %acc, %y : f64
    %c = arith.addf %b, %a : f64
    scf.yield %c : f64
  }
  func.return %r : f64
}
""")
    native = compile_module(m, "f", Options(opt_level=level))
    for n, size in [(1, 2), (100, 3), (3, 2000), (500, 500), (20, 70_000)]:
        assert native(n, size) == [n * (n - 1) / 2]
        assert live(native)[0] == 0


def test_a_stack_that_goes_up_and_down_at_a_border_of_chunks_keeps_its_chunk():
    m = parse("""
func.func @f(%n: index, %first: index, %size: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %zero = arith.constant 0.0 : f64
  %s = irad.stack : !irad.stack<f64>
  %p = irad.reserve %s, %first : !irad.stack<f64>
  memref.store %one, %p[%c0] : memref<?xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %zero) -> (f64) {
    %q = irad.reserve %s, %size : !irad.stack<f64>
    memref.store %one, %q[%c0] : memref<?xf64>
    %e = irad.reserve %s, %c0 : !irad.stack<f64>
    %f = irad.release %s, %c0 : !irad.stack<f64>
    %t = irad.release %s, %size : !irad.stack<f64>
    %y = memref.load %t[%c0] : memref<?xf64>
    %b = arith.addf %acc, %y : f64
    scf.yield %b : f64
  }
  %o = irad.release %s, %first : !irad.stack<f64>
  %v = memref.load %o[%c0] : memref<?xf64>
  %sum = arith.addf %v, %r : f64
  func.return %sum : f64
}
""")
    native = compile_module(m, "f")
    for first, size in [(1, 1), (500, 10), (504, 1), (504, 505), (1, 2000)]:
        assert native(100_000, first, size) == [100_001.0]


def test_stacks_of_descriptors_cross_calls():
    element = vector(strided=True)
    stack = StackType(element)

    def push(b, s, x):
        p = b(irad.Reserve, s, b.index(1))
        b.store(x, p, b.index(0))

    def main(b, x, n):
        s = b.op(irad.Stack, (), None, [stack]).result
        view = b(memref.SubView, x, b.index(1), b.index(2), b.index(2))
        loop = b.for_(b.index(0), n, b.index(1))
        c = b.at(loop.body)
        c.op(func.Call, [s, view], {"callee": "push"}, [])
        c.yield_()
        back = b.load(b(irad.Release, s, b.index(1)), b.index(0))
        return [b.load(back, b.index(1)), b(irad.Stride, back, b.index(0)), b.dim(back, 0)]

    m = Module([function("push", [stack, element], push), function("main", [vector(), index], main)])
    assert compile_module(m, "main")(np.arange(6.0), 1000) == [3.0, 2, 2]


def test_a_stack_too_large_is_a_memory_error():
    def emit(b, n):
        s = b.op(irad.Stack, (), None, [StackType(f64)]).result
        return b.load(b(irad.Reserve, s, n), b.index(0))

    native = compile_module(module([index], emit), "f")
    for n in [1 << 60, 1 << 45, -1]:
        with pytest.raises(MemoryError, match="unable to grow a tape"):
            native(n)
        assert live(native) == (0, 0)


def test_arrays_of_arrays_load_what_was_stored():
    element = MemRefType((None, 3), f64)

    def emit(b, x, y, i):
        table = b.alloc(element, [b.index(2)])
        b.store(x, table, b.index(0))
        b.store(y, table, b.index(1))
        row = b.load(table, i)
        b.store(b.constant(9.0, f64), row, b.index(0), b.index(2))
        return [b.dim(row, 0), b.dim(row, 1), row]

    native = compile_module(module([element, element, index], emit), "f")
    x, y = np.zeros((2, 3)), np.zeros((4, 3))
    assert native(x, y, 1)[:2] == [4, 3]
    assert y[0, 2] == 9.0
    assert native(x, y, 0)[2] is x
