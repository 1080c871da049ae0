"""Errors at run time: the right exception with the user's line, through calls and loops, and memory given back."""

import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest
from ircode import function, module, vector

from irad.ir.core import Loc, Module
from irad.ir.ops import arith, func, irad, math
from irad.ir.types import f32, f64, i1, i8, index
from irad.lower import context
from irad.options import Options
from irad.runtime.engine import compile_module

LEVELS = pytest.mark.parametrize("level", [0, 3])


def all_freed(native):
    return all(f.context[context.LIVE // 8] == 0 for f in native._frames)


@LEVELS
def test_index_means_what_python_means(level):
    native = compile_module(
        module([vector(), index], lambda b, x, i: b.load(x, b(irad.Index, i, b.dim(x, 0), axis=0))), "f", Options(opt_level=level)
    )
    x = np.arange(5.0)
    for i in [-5, -1, 0, 4]:
        assert native(x, i) == [x[i]]
    for i in [-6, 5, 1 << 62, -(1 << 63)]:
        with pytest.raises(IndexError, match=f"index {i} .* size 5"):
            native(x, i)


def test_constant_indices():
    native = compile_module(
        module([vector()], lambda b, x: [b.load(x, b(irad.Index, b.index(i), b.dim(x, 0), axis=0)) for i in (0, -1)]), "f"
    )
    assert native(np.arange(3.0)) == [0.0, 2.0]
    with pytest.raises(IndexError):
        native(np.zeros(0))


def test_without_bounds_checks_only_the_wrap_is_left():
    m = module([vector(), index], lambda b, x, i: b.load(x, b(irad.Index, i, b.dim(x, 0), axis=0)))
    native = compile_module(m, "f", Options(bounds_check=False))
    assert native(np.arange(5.0), -2) == [3.0]
    assert not native.interface.checks


@LEVELS
def test_checks_show_values_of_every_type(level, tmp_path):
    source = tmp_path / "user.py"
    source.write_text("def f(x):\n    assert x > limit, 'no'\n")
    loc = Loc(str(source), 2, 11, 2, 20, "f")

    def emit(b, c, x, n, small, single):
        b.loc = loc
        b.check(c, "ValueError", "x={0} n={1} small={2} c={3} single={4} again={0}", x, n, small, c, single)

    native = compile_module(module([i1, f64, index, i8, f32], emit), "f", Options(opt_level=level))
    assert native(True, 1.0, 2, 3, 0.5) == []
    with pytest.raises(ValueError, match=r"x=2\.25 n=-7 small=-3 c=False single=0\.5 again=2\.25") as caught:
        native(False, 2.25, -7, -3, 0.5)
    text = str(caught.value)
    assert f'File "{source}", line 2, in f' in text
    assert "    assert x > limit, 'no'\n           ^^^^^^^^^" in text


@pytest.mark.parametrize(
    ("name", "cls"),
    [("ZeroDivisionError", ZeroDivisionError), ("AssertionError", AssertionError), ("UnboundLocalError", UnboundLocalError)],
)
def test_checks_raise_the_named_exception(name, cls):
    native = compile_module(module([i1], lambda b, c: b.check(c, name, "text") and None), "f")
    with pytest.raises(cls, match="text"):
        native(False)


@LEVELS
def test_an_error_leaves_loops_and_calls_and_frees_memory(level):
    def helper(b, x, i):
        scratch = b.alloc(f64, [b.dim(x, 0)])
        place = b(irad.Index, i, b.dim(x, 0), axis=0)
        b.store(b.load(x, place), scratch, place)
        b.check(b(arith.CmpF, b.load(scratch, place), b.constant(1.0, f64), predicate="une"), "ValueError", "found 1.0 at {0}", i)
        return scratch

    def emit(b, x, n):
        loop = b.for_(b.index(0), n, b.index(1))
        c = b.at(loop.body)
        scratch = c.op(func.Call, [x, loop.induction], {"callee": "helper"}, [vector()]).result
        c.store(c(math.Sqrt, c.load(scratch, loop.induction)), x, loop.induction)
        c.yield_()

    native = compile_module(
        Module([function("f", [vector(), index], emit), function("helper", [vector(), index], helper)]), "f", Options(opt_level=level)
    )
    x = np.array([4.0, 9.0, 1.0, 16.0])
    with pytest.raises(ValueError, match=r"found 1\.0 at 2"):
        native(x, 4)
    np.testing.assert_array_equal(x, [2.0, 3.0, 1.0, 16.0])
    assert all_freed(native)
    with pytest.raises(IndexError, match="index 4"):
        native(np.full(4, 4.0), 5)
    assert all_freed(native)
    native(np.full(4, 4.0), 4)
    assert all_freed(native)


def deep():
    """f(n) = sin(f(n - 1) + n), which no compiler turns into a loop: n goes through memory."""

    def emit(b, n, x):
        b.store(b.op(arith.SIToFP, [n], None, [f64]).result, x, b.index(0))
        more = b.if_(b(arith.CmpI, n, b.index(0), predicate="sgt"), [f64])
        then = b.at(more.then)
        below = then.op(func.Call, [then(arith.SubI, n, then.index(1)), x], {"callee": "f"}, [f64]).result
        then.yield_(then(math.Sin, then(arith.AddF, below, then.load(x, then.index(0)))))
        other = b.at(more.orelse)
        other.yield_(other.constant(0.0, f64))
        return more.result

    return Module([function("f", [index, vector()], emit, loc=Loc("deep.py", 3, 0))])


@LEVELS
def test_endless_recursion_is_a_recursion_error(level):
    native = compile_module(deep(), "f", Options(opt_level=level))
    x = np.zeros(1)
    assert native(1000, x)[0] == pytest.approx(0.0, abs=1)
    with pytest.raises(RecursionError, match="maximum recursion depth"):
        native(10**7, x)
    assert native(1000, x)[0] == pytest.approx(0.0, abs=1)


@pytest.mark.parametrize("size", [32 * 1024, 256 * 1024, 1 << 20])
def test_recursion_in_a_thread_with_a_small_stack(size):
    native = compile_module(deep(), "f")
    native(3, np.zeros(1))
    outcome = []

    def work():
        for n in (10, 10**7):
            try:
                outcome.append(native(n, np.zeros(1))[0])
            except RecursionError as error:
                outcome.append(error)

    old = threading.stack_size(size)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert isinstance(outcome[0], float) or size < 64 * 1024
    assert isinstance(outcome[1], RecursionError)


LOOP = """
import os, signal, sys, threading, time
sys.path[:0] = [{root!r}, {tests!r}]
import numpy as np
from ircode import function, module, vector
from irad.ir.core import Block, Module
from irad.ir.ops import arith, func, scf, math
from irad.ir.types import f64, i1, index
from irad.runtime.engine import compile_module

def endless_while(b, x):
    before, after = Block([f64]), Block([f64])
    b.op(scf.While, [x], None, [f64], [before, after])
    c = b.at(before)
    c.op(scf.Condition, [c(arith.CmpF, before.args[0], c.constant(-1.0, f64), predicate="ogt"), before.args[0]])
    c = b.at(after)
    c.yield_(c(math.AbsF, c(math.Sin, after.args[0])))
    return x

def nested(b, x):
    outer = b.for_(b.index(0), b.index(1 << 60), b.index(1), [x])
    c = b.at(outer.body)
    inner = c.for_(c.index(0), c.index(1000), c.index(1), [outer.carried[0]])
    d = c.at(inner.body)
    d.yield_(d(math.Sin, d(arith.AddF, inner.carried[0], d.constant(0.1, f64))))
    c.yield_(inner.results[0])
    return outer.results[0]

def fib(b, x):
    more = b.if_(b(arith.CmpF, x, b.constant(2.0, f64), predicate="ogt"), [f64])
    c = b.at(more.then)
    calls = [c.op(func.Call, [c(arith.SubF, x, c.constant(k, f64))], dict(callee="f"), [f64]).result for k in (1.0, 2.0)]
    c.yield_(c(arith.AddF, *calls))
    b.at(more.orelse).yield_(x)
    return more.result

native = compile_module(module([f64], {which}), "f")
pid = os.getpid()
"""

KEYBOARD = """
threading.Timer(0.2, lambda: os.kill(pid, signal.SIGINT)).start()
start = time.perf_counter()
try:
    native(100.0)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start < 5.0)
"""

ALARM = """
class Late(Exception): pass
def late(*_): raise Late("too late")
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    native(100.0)
except Late as error:
    print("interrupted", str(error) == "too late", error.__traceback__ is not None)
"""

HARMLESS = """
seen = []
signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
threading.Timer(0.5, lambda: os.kill(pid, signal.SIGINT)).start()
try:
    native(100.0)
except KeyboardInterrupt:
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("interrupted", len(seen) >= 2)
"""

THREAD = """
done = []
thread = threading.Thread(target=lambda: done.append(native(100.0)), daemon=True)
thread.start()
threading.Timer(0.2, lambda: os.kill(pid, signal.SIGINT)).start()
try:
    while True: time.sleep(0.01)
except KeyboardInterrupt:
    print("interrupted", thread.is_alive() and not done)
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.mark.parametrize("which", ["endless_while", "nested", "fib"])
@pytest.mark.parametrize("script", [KEYBOARD, ALARM], ids=["keyboard", "alarm"])
def test_ctrl_c_ends_long_calls(which, script):
    assert "interrupted True" in run_script(which, script)


def test_signals_that_raise_nothing_do_not_end_a_call():
    assert run_script("nested", HARMLESS) == "interrupted True"


def test_other_threads_leave_signals_to_the_main_thread():
    assert run_script("nested", THREAD) == "interrupted True"


def run_script(which, script):
    here = Path(__file__).parent
    program = LOOP.format(root=str(here.parent), tests=str(here), which=which) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def test_recursion_without_end_is_caught_in_every_thread(tmp_path):
    """A stack limit belongs to one thread: code that has run in another must not use its limit."""
    program = """
import math, threading, irad
def deep(x, n):
    return x if n == 0 else math.sin(deep(x, n - 1))
compiled = irad.jit(deep)
compiled(1.0, 5)
caught = []
def endless():
    for _ in range(3):
        try:
            compiled(1.0, 10**7)
        except RecursionError:
            caught.append(1)
first = threading.Thread(target=endless)
first.start(), first.join()
endless()
threads = [threading.Thread(target=endless) for _ in range(3)]
[t.start() for t in threads], [t.join() for t in threads]
print(len(caught))
"""
    script = tmp_path / "endless.py"
    script.write_text(program)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "15\n"), done.stderr
