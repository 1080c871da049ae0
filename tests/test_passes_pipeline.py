"""The pipelines as a whole: what they print and check, and what they make of Python programs."""

import numpy as np
import pytest

from irad.errors import InternalError
from irad.frontend import trace
from irad.frontend.abstract import ArraySpec, ScalarSpec
from irad.ir.interpreter import STRUCTURED, run
from irad.ir.ops import irad, memref, scf
from irad.ir.parser import parse
from irad.ir.printer import print_module
from irad.options import Options
from irad.passes import pipeline
from irad.passes.pipeline import finish, optimize, run_passes, timing

VECTOR = ArraySpec(np.dtype(float), 1, True)
MATRIX = ArraySpec(np.dtype(float), 2, True)
COUNT = ScalarSpec(np.dtype(int), True)
NUMBER = ScalarSpec(np.dtype(float), True)

SQUARE = """
func.func @f(%x: f64) -> f64 {
  %two = arith.constant 2.0 : f64
  %y = math.powf %x, %two : f64
  func.return %y : f64
}
"""


def compiled(function, *specs):
    """A function's module as it is lowered."""
    module = trace(function, specs).module
    for func in module.funcs.values():
        func.attrs["noalias"] = True
    optimize(module, Options())
    finish(module, Options())
    return module


def count(module, *kinds):
    return sum(isinstance(op, kinds) for func in module.funcs.values() for op in func.walk())


def test_passes_print_what_they_do(monkeypatch, capsys):
    monkeypatch.setenv("IRAD_PRINT", "after=simplify")
    run_passes(parse(SQUARE), ("simplify", "dce"))
    printed = capsys.readouterr().err
    assert "// ---- after simplify" in printed
    assert "arith.mulf" in printed
    assert "after dce" not in printed
    monkeypatch.setenv("IRAD_PRINT", "before-all")
    run_passes(parse(SQUARE), ("simplify", "dce"))
    printed = capsys.readouterr().err
    assert printed.index("before simplify") < printed.index("math.powf") < printed.index("after simplify") < printed.index("after dce")


def test_passes_are_checked(monkeypatch):
    def broken(func):
        func.body.terminator.set_operands([])

    monkeypatch.setitem(pipeline.FUNC_PASSES, "dce", broken)
    run_passes(parse(SQUARE), ("dce",))
    monkeypatch.setenv("IRAD_CHECK", "1")
    with pytest.raises(InternalError, match=r"func\.return"):
        run_passes(parse(SQUARE), ("dce",))


def test_passes_are_timed():
    with timing() as seconds:
        optimize(parse(SQUARE), Options())
    assert seconds["peephole"] > 0


def test_optimize_leaves_early_code_alone():
    module = parse(SQUARE)
    optimize(module, Options(ad_stage="early"))
    assert print_module(module, hints=False) == print_module(parse(SQUARE), hints=False)


def test_finish_drops_what_is_not_called():
    module = parse(SQUARE + SQUARE.replace("@f", "@unused"))
    finish(module, Options(), "f")
    assert list(module.funcs) == ["f"]


# ------------------------------------------------------------------ what becomes of programs


def test_array_expression_is_one_loop_without_temporaries():
    def f(x, y):
        return np.sum((x - y) ** 2 * x)

    def same_size(x):
        y = np.sin(x)
        return np.sum((x - y) ** 2 * x)

    module = compiled(same_size, VECTOR)
    assert count(module, scf.For) == 1
    assert count(module, memref.Alloc) == 0
    assert count(compiled(f, VECTOR, VECTOR), memref.Alloc) == 0


def test_small_local_arrays_become_values():
    def f(x):
        m = np.zeros(3)
        for i in range(3):
            for j in range(i + 1):
                m[i] += x * (i + j)
        return m[0] + m[1] * m[2]

    module = compiled(f, NUMBER)
    assert count(module, memref.Alloc, memref.Load, memref.Store, scf.For) == 0
    assert run(module, "f", [2.0]) == [f(2.0)]


def test_buffer_of_a_loop_is_allocated_once():
    def f(x, n):
        total = 0.0
        for t in range(n):
            w = np.zeros(len(x))
            for i in range(len(x)):
                w[i] = x[i] * t
            for i in range(len(x) - 1):
                total += w[i] * w[i + 1]
        return total

    module = compiled(f, VECTOR, COUNT)
    (alloc,) = [op for op in module.funcs["f"].walk() if isinstance(op, memref.Alloc)]
    assert alloc.parent is module.funcs["f"].body
    assert count(module, irad.Index, irad.Check) == 0
    x = np.array([1.0, 2.0, 3.0])
    assert run(module, "f", [x, 4]) == [f(x, 4)]


def test_tests_in_front_of_loops_replace_checks():
    def f(a, x, y, n):
        for i in range(n):
            y[i] = 0.0
            for j in range(n):
                y[i] += a[i, j] * x[j]

    module = compiled(f, MATRIX, VECTOR, VECTOR, COUNT)
    loops = [op for op in module.funcs["f"].walk() if isinstance(op, scf.For) and not op.attrs.get("cold")]
    assert len(loops) == 2
    assert not any(isinstance(op, irad.Index) for loop in loops for op in loop.walk())


@pytest.mark.parametrize("trips", [3, 30])
def test_arrays_that_loops_hand_on_do_not_pile_up(trips):
    def f(w, x, n):
        kept = x
        for t in range(n):
            old = kept
            if t % 3 != 1:
                kept = np.tanh(w @ kept)
            else:
                kept = kept * 0.5 + old
        i = 0
        while i < n:
            kept = kept + 1.0
            i += 1
        return kept[0]

    module = compiled(f, MATRIX, VECTOR, COUNT)
    living, most = [], []
    allocate, free = STRUCTURED[memref.Alloc], STRUCTURED[memref.Dealloc]

    def alloc(*args):
        (array,) = allocate(*args)
        living.append(array)
        most.append(len(living))
        return (array,)

    def dealloc(interpreter, op, operands, env):
        living[:] = [a for a in living if a is not operands[0]]
        return ()

    STRUCTURED[memref.Alloc], STRUCTURED[memref.Dealloc] = alloc, dealloc
    try:
        run(module, "f", [np.eye(2) * 0.9, np.array([0.3, 0.2]), trips])
    finally:
        STRUCTURED[memref.Alloc], STRUCTURED[memref.Dealloc] = allocate, free
    assert len(most) > trips
    assert max(most) <= 5
    assert not living
