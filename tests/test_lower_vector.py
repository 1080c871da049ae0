"""What LLVM makes of loops: vectors, vector math, no alias checks where there is no overlap, and the same numbers."""

import math
import re

import numpy as np
import pytest
from ircode import module, vector

from irad.ir.ops import arith, irad
from irad.ir.ops import math as mathops
from irad.ir.types import f64, index
from irad.lower.functions import lower_module
from irad.lower.target import Target
from irad.options import Options
from irad.runtime import engine, vectormath
from irad.runtime.engine import Tuning, compile_module, llvm_ir


def needs(feature):
    return pytest.mark.skipif(feature not in engine.host_features(), reason=f"the CPU has no {feature}")


def loop_over(b, x, body, inits=(), **attrs):
    """A loop over the first axis: `body(builder, i, *carried)` returns what to yield."""
    loop = b.for_(b.index(0), b.dim(x, 0), b.index(1), inits, **attrs)
    c = b.at(loop.body)
    c.yield_(*body(c, loop.induction, *loop.carried))
    return loop.results


def daxpy(b, x, y, a):
    def body(c, i):
        c.store(c(arith.AddF, c(arith.MulF, c.load(x, i), a), c.load(y, i)), y, i)
        return ()

    loop_over(b, x, body)


def total(function=None, fastmath=()):
    def emit(b, x):
        def body(c, i, s):
            value = c.load(x, i)
            return [c(arith.AddF, s, c(function, value) if function else value, **({"fastmath": fastmath} if fastmath else {}))]

        return loop_over(b, x, body, [b.constant(0.0, f64)])

    return emit


def vectors(text):
    return {int(n) for n in re.findall(r"<(\d+) x double>", text)}


@needs("avx2")
def test_a_loop_without_overlap_is_vectorised_without_checks():
    text = llvm_ir(module([vector(), vector(), f64], daxpy, noalias=True), "f")
    assert max(vectors(text)) == (8 if "avx512f" in engine.host_features() else 4)
    assert "memcheck" not in text
    assert "bound0" not in text
    overlapping = llvm_ir(module([vector(), vector(), f64], daxpy), "f")
    assert vectors(overlapping)
    assert "memcheck" in overlapping


@needs("avx2")
def test_levels_of_optimisation():
    m = module([vector(), vector(), f64], daxpy, noalias=True)
    assert not vectors(llvm_ir(m, "f", Options(opt_level=2)))
    assert not vectors(llvm_ir(m, "f", Options(opt_level=1)))
    for level in range(4):
        x, y = np.arange(9.0), np.ones(9)
        compile_module(m, "f", Options(opt_level=level))(x, y, 2.0)
        np.testing.assert_array_equal(y, 2.0 * x + 1.0)


@needs("avx2")
def test_index_checks_of_an_affine_index_do_not_prevent_vectors():
    def emit(b, x, y):
        def body(c, i):
            before = c(irad.Index, c(arith.SubI, i, c.index(1)), n, axis=0)
            c.store(c(arith.MulF, c.load(x, before), c.load(x, i)), y, i)
            return ()

        n = b.dim(x, 0)
        loop_over(b, x, body)

    m = module([vector(), vector()], emit, noalias=True)
    assert vectors(llvm_ir(m, "f"))
    x, y = np.arange(37.0), np.zeros(37)
    compile_module(m, "f")(x, y)
    np.testing.assert_array_equal(y, x * np.roll(x, 1))


@pytest.mark.skipif(vectormath.library() is None, reason="no libmvec")
@needs("avx2")
@pytest.mark.parametrize("name", sorted(vectormath.FUNCTIONS - {"pow", "atan2", "hypot"}))
def test_vector_functions_are_called_and_right(name):
    cls = {c.name: c for c in vars(mathops).values() if isinstance(c, type) and hasattr(c, "name")}[f"math.{name}"]

    def emit(b, x, y):
        def body(c, i):
            c.store(c(cls, c.load(x, i)), y, i)
            return ()

        loop_over(b, x, body)

    m = module([vector(), vector()], emit, noalias=True)
    assert re.search(rf"call <\d x double> @_ZGV[de]N\dv_{name}\(", llvm_ir(m, "f"))
    x = np.linspace(1.1, 3.0, 101) if name == "acosh" else np.linspace(0.01, 0.95, 101)
    y = np.zeros(101)
    compile_module(m, "f")(x, y)
    functions = {"exp2": np.exp2, "cbrt": np.cbrt}
    expected = functions[name](x) if name in functions else [getattr(math, name)(v) for v in x]
    np.testing.assert_allclose(y, expected, rtol=1e-15)


@pytest.mark.skipif(vectormath.library() is None, reason="no libmvec")
@needs("avx2")
def test_strict_sums_use_vector_functions_and_keep_their_order():
    m = module([vector()], total(mathops.Exp))
    text = llvm_ir(m, "f")
    assert re.search(r"call <\d x double> @_ZGV[de]N\dv_exp\(", text)
    ordered = module([vector()], total())
    x = np.random.default_rng(0).normal(size=1003) * 10.0 ** np.arange(-10, 10).repeat(51)[:1003]
    expected = 0.0
    for value in x.tolist():
        expected += value
    assert compile_module(ordered, "f")(x) == [expected]
    regrouped = module([vector()], total(fastmath=("reassoc", "nsz")))
    assert compile_module(regrouped, "f")(x)[0] == pytest.approx(math.fsum(x))


def dot(b, x, y):
    def body(c, i, s):
        return [c(arith.AddF, s, c(arith.MulF, c.load(x, i), c.load(y, i)))]

    return loop_over(b, x, body, [b.constant(0.0, f64)])


@needs("avx512f")
def test_cheap_strict_sums_use_half_vectors_and_keep_their_order(capfd):
    m = module([vector(), vector()], dot)
    assert max(vectors(llvm_ir(m, "f"))) == 4
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 1003)) * 10.0 ** np.arange(-10, 10).repeat(51)[:1003]
    expected = 0.0
    for product in (x * y).tolist():
        expected += product
    for level in range(4):
        assert compile_module(m, "f", Options(opt_level=level))(x, y) == [expected]
    assert max(vectors(llvm_ir(module([vector(), vector()], daxpy_and_sum), "f"))) == 8
    assert not capfd.readouterr().err


def daxpy_and_sum(b, x, y):
    """A sum beside a store, whose width is left to LLVM."""

    def body(c, i, s):
        value = c(arith.MulF, c.load(x, i), c.load(y, i))
        c.store(value, y, i)
        return [c(arith.AddF, s, value)]

    return loop_over(b, x, body, [b.constant(0.0, f64)])


def test_only_variants_of_the_host_are_named():
    assert vectormath.variants(frozenset(), "exp", 1) == ()
    if vectormath.library() is not None:
        assert vectormath.variants(frozenset({"avx2"}), "exp", 1) == ((4, "_ZGVdN4v_exp"),)
        assert vectormath.variants(frozenset({"avx2", "avx512f"}), "pow", 2) == ((4, "_ZGVdN4vv_pow"), (8, "_ZGVeN8vv_pow"))
        assert vectormath.variants(frozenset({"avx512f"}), "expf", 1) == ((16, "_ZGVeN16v_expf"),)
    for symbol in ("erff", "erf", "tgamma", "nextafterf"):
        names = [name for _, name in vectormath.variants(frozenset({"avx2"}), symbol, 1)]
        assert all(name.endswith(f"_{symbol}") for name in names)


def test_lowering_needs_no_host():
    text = lower_module(module([f64], lambda b, x: b(mathops.Exp, x)), "f", Target()).text
    assert "vector-function-abi-variant" not in text
    assert "_ZGV" not in text


@needs("avx2")
def test_reversed_and_matrix_loops_are_vectorised():
    def scale(b, x, y):
        def row(c, i):
            inner = c.for_(c.index(0), c.dim(x, 1), c.index(1), reversed=True)
            d = c.at(inner.body)
            j = inner.induction
            d.store(d(arith.MulF, d.load(x, i, j), d.load(y, i, j)), y, i, j)
            d.yield_()
            return ()

        loop_over(b, x, row)

    m = module([vector(rank=2), vector(rank=2)], scale, noalias=True)
    assert vectors(llvm_ir(m, "f"))
    x, y = np.arange(70.0).reshape(2, 35), np.full((2, 35), 3.0)
    compile_module(m, "f")(x, y)
    np.testing.assert_array_equal(y, 3.0 * x)


@needs("avx2")
def test_maxima_are_vectorised():
    m = module([vector()], lambda b, x: loop_over(b, x, lambda c, i, s: [c(arith.MaximumF, s, c.load(x, i))], [b.constant(-math.inf, f64)]))
    assert vectors(llvm_ir(m, "f"))
    assert compile_module(m, "f")(np.array([1.0, 5.0, -2.0] * 20)) == [5.0]


def test_long_functions_without_vectors_take_slp_on_request():
    def emit(b, x, y):
        values = [b.load(x, b.index(i)) for i in range(8)]
        for i, value in enumerate(values):
            b.store(b(arith.MulF, value, value), y, b.index(i))

    m = module([vector(), vector()], emit, noalias=True)
    x, y = np.arange(8.0), np.zeros(8)
    compile_module(m, "f", tuning=Tuning(slp=True))(x, y)
    np.testing.assert_array_equal(y, x * x)


def test_assembly_is_of_this_machine():
    text = engine.assembly(module([index], lambda b, n: b(arith.AddI, n, n)), "f")
    assert "irad_entry" in text
    assert "ret" in text
