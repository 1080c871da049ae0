"""The interpreter on whole programs: control flow, memory and views, array operations, stacks, checks."""

import math as pymath

import numpy as np
import pytest

from irad.errors import InternalError
from irad.ir.core import Loc
from irad.ir.interpreter import run
from irad.ir.parser import parse
from irad.ir.verifier import verify


def call(text, *args, name="f"):
    module = parse(text)
    verify(module)
    return run(module, name, args)


def test_loops_carry_values():
    text = """func.func @f(%x: f64, %n: index) -> (f64, index) {
      %one = arith.constant 1.0 : f64
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %p, %last = scf.for %i = %c0 to %n step %c2 iter_args(%a = %one, %b = %c0) -> (f64, index) {
        %m = arith.mulf %a, %x : f64
        scf.yield %m, %i : f64, index
      }
      func.return %p, %last : f64, index
    }"""
    assert call(text, 3.0, 5) == [27.0, 4]
    assert call(text, 3.0, 0) == [1.0, 0]
    assert call(text, 3.0, -7) == [1.0, 0]


def test_reversed_loops_run_the_same_iterations_backwards():
    text = """func.func @f(%x: memref<?xindex>) -> index {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %c6 = arith.constant 6 : index
      %k = scf.for %i = %c1 to %c6 step %c2 iter_args(%k = %c0) -> (index) {
        memref.store %i, %x[%k] : memref<?xindex>
        %n = arith.addi %k, %c1 : index
        scf.yield %n : index
      } {irad.reversed}
      func.return %k : index
    }"""
    x = np.zeros(3, np.int64)
    assert call(text, x) == [3]
    assert list(x) == [5, 3, 1]


def test_general_loop_is_newtons_method():
    text = """func.func @f(%a: f64) -> f64 {
      %eps = arith.constant 1.0e-12 : f64
      %half = arith.constant 0.5 : f64
      %r = scf.while (%x = %a) : (f64) -> f64 {
        %s = arith.mulf %x, %x : f64
        %d = arith.subf %s, %a : f64
        %e = math.absf %d : f64
        %c = arith.cmpf ogt, %e, %eps : f64
        scf.condition(%c) %x : f64
      } do {
      ^bb0(%x: f64):
        %q = arith.divf %a, %x : f64
        %s = arith.addf %x, %q : f64
        %n = arith.mulf %half, %s : f64
        scf.yield %n : f64
      }
      func.return %r : f64
    }"""
    assert call(text, 2.0)[0] == pytest.approx(pymath.sqrt(2.0), rel=1e-12)


def test_recursion():
    text = """func.func @f(%n: index) -> index {
      %c1 = arith.constant 1 : index
      %small = arith.cmpi sle, %n, %c1 : index
      %r = scf.if %small -> (index) {
        scf.yield %c1 : index
      } else {
        %m = arith.subi %n, %c1 : index
        %s = func.call @f(%m) : (index) -> index
        %p = arith.muli %n, %s : index
        scf.yield %p : index
      }
      func.return %r : index
    }"""
    assert call(text, 10) == [pymath.factorial(10)]


def test_single_precision_is_rounded_at_every_operation():
    text = """func.func @f(%x: f32) -> f32 {
      %y = arith.addf %x, %x : f32
      %z = arith.mulf %y, %x : f32
      func.return %z : f32
    }"""
    x = np.float32(0.1)
    assert call(text, x) == [float((x + x) * x)]
    assert call(text, 0.1) == [float((x + x) * x)]


SUBVIEW = """func.func @f(%x: memref<?x3xf64>, %n: index) -> memref<?xf64, strided<[?], offset: ?>> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %back = arith.constant -2 : index
  %nine = arith.constant 9.0 : f64
  %rows = memref.dim %x, %c0 : memref<?x3xf64>
  %last = arith.subi %rows, %c1 : index
  %v = memref.subview %x[%last, %c1] [%n, %c1] [%back, %c1] {irad.dropped = [1]}
    : memref<?x3xf64> to memref<?xf64, strided<[?], offset: ?>>
  memref.store %nine, %v[%c1] : memref<?xf64, strided<[?], offset: ?>>
  func.return %v : memref<?xf64, strided<[?], offset: ?>>
}"""


def test_views_write_to_their_array():
    x = np.arange(15.0).reshape(5, 3)
    (v,) = call(SUBVIEW, x, 3)
    assert list(v) == [13.0, 9.0, 1.0]
    assert x[2, 1] == 9.0
    v[0] = -1.0
    assert x[4, 1] == -1.0


def test_views_outside_their_array_are_refused():
    with pytest.raises(InternalError, match=r"memref.subview.*reaches outside its array"):
        call(SUBVIEW, np.zeros((5, 3)), 4)


@pytest.mark.parametrize("x", [np.arange(12.0).reshape(3, 4), np.arange(24.0).reshape(3, 8)[:, ::2], np.arange(12.0).reshape(4, 3).T])
def test_strides_and_general_views(x):
    text = """func.func @f(%x: MATRIX) -> (MATRIX, MATRIX) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %n = memref.dim %x, %c0 : MATRIX
      %m = memref.dim %x, %c1 : MATRIX
      %s = irad.stride %x, %c0 : MATRIX
      %t = irad.stride %x, %c1 : MATRIX
      %transpose = irad.view %x[%c0] [%m, %n] [%t, %s] : MATRIX to MATRIX
      %row = irad.view %transpose[%s] [%c2, %m] [%c0, %t] : MATRIX to MATRIX
      func.return %transpose, %row : MATRIX, MATRIX
    }"""
    transpose, row = call(text.replace("MATRIX", "memref<?x?xf64, strided<[?, ?], offset: ?>>"), x)
    assert np.array_equal(transpose, x.T)
    assert np.array_equal(row, np.broadcast_to(x[1], (2, 4)))
    assert np.shares_memory(row, x)


def test_strides_of_contiguous_arrays_follow_from_the_shape():
    text = """func.func @f(%x: memref<?x?xf64>) -> (index, index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %s = irad.stride %x, %c0 : memref<?x?xf64>
      %t = irad.stride %x, %c1 : memref<?x?xf64>
      func.return %s, %t : index, index
    }"""
    assert call(text, np.zeros((4, 1, 7))[:, :, 0:1][:, 0]) == [1, 1]
    assert call(text, np.zeros((4, 3))) == [3, 1]


def test_bools_and_unsigned_integers_are_read_as_their_bits():
    text = """func.func @f(%x: memref<?xi8>, %y: memref<?xindex>) -> (i8, index) {
      %c0 = arith.constant 0 : index
      %a = memref.load %x[%c0] : memref<?xi8>
      %b = memref.load %y[%c0] : memref<?xindex>
      memref.store %a, %x[%c0] : memref<?xi8>
      func.return %a, %b : i8, index
    }"""
    assert call(text, np.array([True, False]), np.array([2**64 - 1], np.uint64)) == [1, -1]
    assert call(text, np.array([255, 0], np.uint8)[::-1][::-1], np.array([7])) == [-1, 7]


def test_memory_that_was_never_written_shows():
    text = """func.func @f() -> (f64, index) {
      %c0 = arith.constant 0 : index
      %x = memref.alloc(%c0) : memref<?xf64>
      %y = memref.alloca() : memref<f64>
      %z = memref.alloc() : memref<2xindex>
      %a = memref.load %y[] : memref<f64>
      %b = memref.load %z[%c0] : memref<2xindex>
      memref.dealloc %x : memref<?xf64>
      func.return %a, %b : f64, index
    }"""
    a, b = call(text)
    assert pymath.isnan(a)
    assert b < -(2**62)


@pytest.mark.parametrize("i", [-1, 2])
def test_loads_out_of_range_are_refused(i):
    text = """func.func @f(%x: memref<?xf64>, %i: index) -> f64 {
      %a = memref.load %x[%i] : memref<?xf64>
      func.return %a : f64
    }"""
    with pytest.raises(InternalError, match=r"memref.load.*out of range"):
        call(text, np.zeros(2), i)


def test_casts_are_checked():
    text = """func.func @f(%x: memref<?xf64, strided<[?], offset: ?>>) -> memref<3xf64> {
      %y = memref.cast %x : memref<?xf64, strided<[?], offset: ?>> to memref<3xf64>
      func.return %y : memref<3xf64>
    }"""
    x = np.arange(3.0)
    assert call(text, x)[0] is x
    with pytest.raises(InternalError, match="is no memref<3xf64>"):
        call(text, np.zeros(4))
    with pytest.raises(InternalError, match="not contiguous"):
        call(text, np.zeros(6)[::2])


def test_map_and_reduce():
    text = """func.func @f(%x: memref<?x?xf64>, %y: memref<?x?xf64>, %k: f64) -> (f64, f64) {
      %zero = arith.constant 0.0 : f64
      irad.map (%a = %x, %s = %k : memref<?x?xf64>, f64) into %y : memref<?x?xf64> {
        %m = arith.mulf %a, %s : f64
        scf.yield %m : f64
      }
      %sum, %last = irad.reduce (%a = %y, %b = %x : memref<?x?xf64>, memref<?x?xf64>) init (%s = %zero, %l = %zero : f64, f64) {
        %p = arith.mulf %a, %b : f64
        %t = arith.addf %s, %p : f64
        scf.yield %t, %a : f64, f64
      }
      func.return %sum, %last : f64, f64
    }"""
    x, y = np.arange(6.0).reshape(2, 3), np.zeros((2, 3))
    assert call(text, x, y, 2.0) == [2.0 * np.sum(x * x), 10.0]
    assert np.array_equal(y, 2.0 * x)
    assert call(text, np.zeros((0, 3)), np.zeros((0, 3)), 2.0) == [0.0, 0.0]
    with pytest.raises(InternalError, match=r"irad\.map.*shapes"):
        call(text, x, np.zeros((3, 2)), 2.0)


def test_checks_raise_with_the_users_line(tmp_path):
    source = tmp_path / "model.py"
    source.write_text("def f(x):\n    assert x > 0\n")
    module = parse(
        """func.func @f(%c: i1, %x: f64, %i: index) {
          irad.check %c, %x, %i {error = "ValueError", message = "{0} is not {1}"} : i1, f64, index
          func.return
        }"""
    )
    check = module.funcs["f"].body.first
    check.loc = Loc(str(source), 2, 11, 2, 16, "f")
    assert run(module, "f", [True, 1.5, 2]) == []
    with pytest.raises(ValueError, match=r"1.5 is not 2") as caught:
        run(module, "f", [False, 1.5, 2])
    assert str(caught.value) == f'\n  File "{source}", line 2, in f\n    assert x > 0\n           ^^^^^\n1.5 is not 2'


def test_indices_mean_what_python_means():
    text = """func.func @f(%i: index, %n: index) -> index {
      %j = irad.index %i, %n {axis = 1} : index
      func.return %j : index
    }"""
    assert [call(text, i, 3) for i in range(-3, 3)] == [[0], [1], [2], [0], [1], [2]]
    for i in (-4, 3):
        with pytest.raises(IndexError, match=f"index {i} is out of bounds for axis 1 with size 3"):
            call(text, i, 3)


STACK = """func.func @f(%n: index, %m: index) -> (f64, f64, f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = arith.constant 1.5 : f64
  %b = arith.constant 2.5 : f64
  %s = irad.stack : !irad.stack<f64>
  %p = irad.reserve %s, %n : !irad.stack<f64>
  memref.store %a, %p[%c0] : memref<?xf64>
  %q = irad.reserve %s, %m : !irad.stack<f64>
  memref.store %b, %q[%c1] : memref<?xf64>
  %old = memref.load %p[%c0] : memref<?xf64>
  %r = irad.release %s, %m : !irad.stack<f64>
  %kept = memref.load %r[%c1] : memref<?xf64>
  %again = irad.reserve %s, %m : !irad.stack<f64>
  %same = memref.load %again[%c1] : memref<?xf64>
  %gone = irad.release %s, %m : !irad.stack<f64>
  %clean = irad.reserve %s, %m {zero} : !irad.stack<f64>
  %zero = memref.load %clean[%c1] : memref<?xf64>
  %sum = arith.addf %same, %old : f64
  func.return %kept, %sum, %zero : f64, f64, f64
}"""


def test_stacks_keep_their_contents_and_places():
    assert call(STACK, 3, 100_000) == [2.5, 4.0, 0.0]


def test_memrefs_are_elements_too():
    text = """func.func @f(%x: memref<?xf64>, %y: memref<f64>) -> (f64, f64) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c2 = arith.constant 2 : index
      %nine = arith.constant 9.0 : f64
      %s = irad.stack : !irad.stack<memref<?xf64>>
      %p = irad.reserve %s, %c2 : !irad.stack<memref<?xf64>>
      %t = memref.alloc(%c2) : memref<?xmemref<f64>>
      memref.store %x, %p[%c1] : memref<?xmemref<?xf64>>
      memref.store %y, %t[%c0] : memref<?xmemref<f64>>
      %u = memref.load %p[%c1] : memref<?xmemref<?xf64>>
      %v = memref.load %t[%c0] : memref<?xmemref<f64>>
      memref.store %nine, %v[] : memref<f64>
      %a = memref.load %u[%c1] : memref<?xf64>
      %b = memref.load %y[] : memref<f64>
      func.return %a, %b : f64, f64
    }"""
    assert call(text, np.array([1.0, 2.0]), np.array(3.0)) == [2.0, 9.0]


def test_stacks_do_not_underflow():
    text = """func.func @f(%n: index) {
      %s = irad.stack : !irad.stack<f64>
      %p = irad.release %s, %n : !irad.stack<f64>
      func.return
    }"""
    with pytest.raises(InternalError, match="cannot release 1 of 0"):
        call(text, 1)


def test_wrong_arguments_are_refused():
    text = "func.func @f(%x: memref<?xf64>) {\n  func.return\n}"
    with pytest.raises(InternalError, match="takes 1 arguments, got 0"):
        call(text)
    for wrong in (np.zeros(3, np.float32), np.zeros((3, 3)), np.zeros(3, np.int64)):
        with pytest.raises(InternalError, match="cannot be an array"):
            call(text, wrong)
