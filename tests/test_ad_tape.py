"""What reverse mode keeps: counted in the text of the gradient, so that a needless tape is seen."""

import math
import re

import numpy as np
import pytest

import irad
from examples.suite import EXAMPLES


def gradient(function, signature, stage="gradient-optimized"):
    text = irad.dump(function, signature, stage=stage)
    return text[text.index(".gradient(") :]


def tapes(function, signature):
    """Allocations and stacks of the gradient, by element type."""
    text = gradient(function, signature)
    return sorted(re.findall(r"memref\.alloc\(.*?\) : memref<(\S+)>|irad\.stack : (\S+)", text))


def squares(x, n):
    s = 0.0
    for i in range(n):
        x[i] = x[i] * x[i]
        s += math.sin(x[i])
    return s


def test_an_overwritten_array_is_taped_once():
    text = gradient(squares, "f64[::1], i64")
    assert text.count("memref.alloc") == 1
    assert "math.sin" not in text
    assert text.count("math.cos") == 1


def test_arrays_that_are_only_read_are_read_again():
    def dot(x, y):
        s = 0.0
        for i in range(len(x)):
            s += x[i] * y[i] * x[i]
        return s

    assert tapes(dot, "f64[::1], f64[::1]") == []


def test_what_is_written_behind_the_loads_of_earlier_trips_is_read_again():
    def chain(x, n):
        t = np.empty(n)
        t[0] = x[0]
        for i in range(1, n):
            t[i] = t[i - 1] * t[i - 1] + x[1]
        return t[n - 1]

    assert tapes(chain, "f64[::1], i64") == [("?xf64", ""), ("?xf64", "")]  # t and its shadow


def test_linear_loops_tape_nothing():
    for name in ("heat_in_place", "heat_two_buffers"):
        example = EXAMPLES[name]
        buffers = 1 if name == "heat_in_place" else 2
        text = gradient(lambda u0, steps, f=example.function: f(u0, steps, 0.25), example.small()[:2])
        assert text.count("memref.alloc(") == 2 * buffers
        assert "irad.stack" not in text
        assert "memref<?xmemref" not in text


def test_a_forward_sweep_that_nothing_needs_is_gone():
    def total(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i] * x[i] * 2.0
        return s

    assert gradient(total, "f64[::1]").count("scf.for") == 1


def test_loops_nobody_can_count_use_stacks_and_counted_ones_do_not():
    def newton(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    assert gradient(newton, "f64").count("irad.stack :") == 2  # x and a / x

    def bounded(a):
        x = a
        for _ in range(10**9):
            y = 0.5 * (x + a / x)
            if abs(y - x) < 1e-13:
                break
            x = y
        return x

    text = gradient(bounded, "f64")
    assert "memref.alloc" not in text
    assert irad.grad(bounded)(2.0) == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-12)


def test_triangular_loops_are_indexed_ragged_ones_use_a_stack():
    def triangle(x):
        s = 1.0
        for i in range(len(x)):
            for j in range(i + 1):
                s = s * math.sin(x[j] + s)
        return s

    text = gradient(triangle, "f64[::1]")
    assert "irad.stack" not in text
    assert "memref<?x?xf64>" in text

    def ragged(x, ptr):
        s = 0.0
        for i in range(len(ptr) - 1):
            p = 1.0
            for k in range(ptr[i], ptr[i + 1]):
                p = p * math.sin(x[k])
            s += p * p
        return s

    assert "irad.stack : !irad.stack<f64>" in gradient(ragged, "f64[::1], i64[::1]")


def test_constant_stores_need_no_values():
    def clear(x):
        x[0] = 1.0
        return x[0] * x[1]

    assert tapes(clear, "f64[::1]") == []


def test_inactive_arguments_cost_nothing():
    def weighted(x, w):
        s = 0.0
        for i in range(len(x)):
            s += x[i] * math.sin(w[i])
        return s

    dx = np.zeros(3)
    x, w = np.ones(3), np.arange(3.0)
    irad.autodiff(irad.Reverse, weighted, irad.Active, irad.Duplicated(x, dx), irad.Const(w))
    np.testing.assert_array_equal(dx, np.sin(w))
    assert "math.cos" in gradient(weighted, "f64[::1], f64[::1]")
