"""Compiled functions as builtins: the same results as through Python, fallbacks, errors, references, threads."""

import gc
import signal
import sys
import threading

import numpy as np
import pytest
from ircode import module, vector

from irad.ir.core import Block
from irad.ir.ops import arith, func, irad, math, memref, scf
from irad.ir.types import MemRefType, f32, f64, i1, i8, index
from irad.lower import context
from irad.runtime import wrapper
from irad.runtime.engine import compile_module

pytestmark = pytest.mark.skipif(not wrapper.available(), reason="objects of this interpreter lie otherwise")


def build(types, emit, returns="list", fallback=None):
    native = compile_module(module(types, emit), "f")
    assert wrapper.supports(native)
    return wrapper.builtin(native, fallback, returns)


def refuse(*args, **keywords):
    return ("fallback", args, keywords)


SCALARS = [f64, f32, index, i8, i1]


@pytest.mark.parametrize("returns", ["list", "tuple"])
def test_scalars(returns):
    f = build(SCALARS, lambda b, *args: args, returns)
    result = f(1.5, 0.1, -7, 300, True)
    assert type(result).__name__ == returns
    assert list(result) == [1.5, float(np.float32(0.1)), -7, 44, True]
    assert [type(x) for x in result] == [float, float, int, int, bool]
    assert list(f(2, -1, (1 << 63) - 1, 0, False)) == [2.0, -1.0, (1 << 63) - 1, 0, False]


@pytest.mark.parametrize("value", [np.float64(2.0), 10**400, "a", None, 1j])
def test_numbers_that_are_no_floats_go_to_the_fallback(value):
    f = build([f64], lambda b, x: x, "single", refuse)
    assert f(value) == ("fallback", (value,), {})
    assert f(-1) == -1.0
    assert f(-1.0) == -1.0


@pytest.mark.parametrize("value", [1 << 63, 1.0, True, np.int64(3)])
def test_numbers_that_are_no_small_ints_go_to_the_fallback(value):
    assert build([index], lambda b, x: x, "single", refuse)(value) == ("fallback", (value,), {})


def test_keywords_and_wrong_counts_go_to_the_fallback():
    f = build([f64, f64], lambda b, x, y: x, "single", refuse)
    assert f(1.0) == ("fallback", (1.0,), {})
    assert f(1.0, y=2.0) == ("fallback", (1.0,), {"y": 2.0})
    assert f() == ("fallback", (), {})
    assert f(1.0, 2.0) == 1.0
    with pytest.raises(TypeError, match="takes 2 arguments, not 3"):
        build([f64, f64], lambda b, x, y: x)(1.0, 2.0, 3.0)


def test_single_results():
    assert build([i1], lambda b, x: x, "single")(True) is True
    assert build([f64], lambda b, x: None, "single")(1.0) is None
    assert build([f64], lambda b, x: None, "list")(1.0) == []
    assert build([f64], lambda b, x: [], "tuple")(1.0) == ()


def element(strided=False, element=f64, rank=1):
    return build([vector(element, strided, rank)], lambda b, x: [b.load(x, *[b.index(1)] * rank), b.dim(x, rank - 1)], "tuple", refuse)


def test_arrays():
    x = np.arange(12.0).reshape(3, 4)
    assert element(rank=2)(x) == (5.0, 4)
    assert element(strided=True, rank=2)(x[:, ::-1]) == (6.0, 4)
    assert element(strided=True, rank=2)(x.T) == (5.0, 3)
    assert element(element=index)(np.array([3, 4])) == (4, 2)
    assert element(element=i8)(np.array([3, 4], np.int8)) == (4, 2)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(4, np.float32),
        np.zeros((2, 2)),
        np.zeros(8)[::2],
        np.frombuffer(bytearray(17), np.uint8)[1:].view(np.float64),
        np.zeros(2, ">f8"),
        np.zeros(3).view(type("Sub", (np.ndarray,), {})),
        [1.0],
        3.0,
    ],
    ids=["float32", "rank", "strided", "unaligned", "byte-order", "subclass", "list", "float"],
)
def test_arrays_that_lie_otherwise_go_to_the_fallback(array):
    assert element()(array)[0] == "fallback"


def test_strides_that_are_no_whole_elements_go_to_the_fallback():
    packed = np.zeros(4, np.dtype([("x", "f4"), ("tag", "i2")], align=False))["x"][::2]
    assert packed.strides == (12,)
    assert element(strided=True, element=f32)(packed) == (0.0, 2)
    odd = np.ndarray((3,), np.float64, bytearray(64), 0, (12,))
    assert element(strided=True)(odd)[0] == "fallback"


def test_arguments_that_are_written_must_be_writeable():
    m = module([vector()], lambda b, x: b.store(b.constant(1.0, f64), x, b.index(0)) and None, writes=(0,))
    f = wrapper.builtin(compile_module(m, "f"), refuse)
    x = np.zeros(2)
    assert f(x) == []
    assert x[0] == 1.0
    x.flags.writeable = False
    assert f(x)[0] == "fallback"


def test_what_is_not_supported():
    assert not wrapper.supports(compile_module(module([vector()], lambda b, x: x), "f"))
    assert not wrapper.supports(compile_module(module([MemRefType((None, 3), f64)], lambda b, x: b.dim(x, 0)), "f"))


def test_errors_raise_and_leave_nothing_behind():
    def emit(b, x, i):
        a = b.alloc(f64, [b.dim(x, 0)])
        b.store(b.constant(1.0, f64), a, b.index(0))
        place = b(irad.Index, i, b.dim(x, 0), axis=0)
        b.op(memref.Store, [b.load(a, b.index(0)), x, place])
        return b.load(x, place)

    native = compile_module(module([vector(), index], emit), "f")
    f = wrapper.builtin(native, returns="single")
    frame = f.__self__[5]
    x = np.zeros(4)
    for _ in range(3):
        with pytest.raises(IndexError, match="index 9 is out of bounds"):
            f(x, 9)
        assert frame.context[context.LIVE // 8] == 0
        assert f(x, -1) == 1.0
        assert frame.context[context.LIVE // 8] == 0


def test_references_are_balanced():
    f = build([f64, vector(), index], lambda b, x, a, n: [x, n, b.load(a, b.index(0))], "tuple")
    x, a, n = 1.25, np.zeros(2), 1 << 40
    before = [sys.getrefcount(v) for v in (x, a, n, None)]
    for _ in range(1000):
        f(x, a, n)
    assert [sys.getrefcount(v) for v in (x, a, n)] == before[:3]
    assert abs(sys.getrefcount(None) - before[3]) < 100
    owner = f.__self__
    assert sys.getrefcount(owner) <= 4
    del f
    gc.collect()
    assert sys.getrefcount(owner) == 2


def endless(b, x):
    before, after = Block([f64]), Block([f64])
    b.op(scf.While, [x], None, [f64], [before, after])
    c = b.at(before)
    c.op(scf.Condition, [c(arith.CmpF, before.args[0], c.constant(-1.0, f64), predicate="ogt"), before.args[0]])
    c = b.at(after)
    c.yield_(c(math.AbsF, c(math.Sin, after.args[0])))
    return x


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers")
def test_signals_interrupt():
    f = build([f64], endless, "single")

    def late(*_):
        raise TimeoutError("too late")

    old = signal.signal(signal.SIGALRM, late)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(TimeoutError, match="too late"):
            f(1.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_other_threads_run_meanwhile_and_can_call_too():
    def emit(b, n):
        loop = b.for_(b.index(0), n, b.index(1), [b.constant(0.0, f64)])
        c = b.at(loop.body)
        c.yield_(c(math.Cos, loop.carried[0]))
        return loop.results[0]

    f = build([index], emit, "list")
    expected = f(1000)
    got = []
    slow = threading.Thread(target=lambda: f(20_000_000))
    slow.start()
    while slow.is_alive():
        got.append(f(1000))
    slow.join()
    assert len(got) > 1
    assert all(g == expected for g in got)


def test_recursion_in_any_thread():
    def emit(b, n, x):
        b.store(b.op(arith.SIToFP, [n], None, [f64]).result, x, b.index(0))
        more = b.if_(b(arith.CmpI, n, b.index(0), predicate="sgt"), [f64])
        then = b.at(more.then)
        below = then.op(func.Call, [then(arith.SubI, n, then.index(1)), x], {"callee": "f"}, [f64]).result
        then.yield_(then(arith.AddF, then(math.Sqrt, below), then.load(x, then.index(0))))
        b.at(more.orelse).yield_(b.at(more.orelse).constant(0.0, f64))
        return more.result

    m = module([index, vector()], emit)
    native = compile_module(m, "f")
    f = wrapper.builtin(native)
    x = np.zeros(1)
    expected = f(100, x)
    with pytest.raises(RecursionError):
        f(10**8, x)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(f(100, np.zeros(1))))
    thread.start()
    thread.join()
    assert seen == [expected]
