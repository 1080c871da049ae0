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
    return wrapper.builtin(native, fallback or native.call, returns)


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


@pytest.mark.parametrize("value", [np.float32(2.0), 10**400, "a", None, 1j])
def test_numbers_that_are_no_floats_go_to_the_fallback(value):
    f = build([f64], lambda b, x: x, "single", refuse)
    assert f(value) == ("fallback", (value,), {})
    assert f(-1) == -1.0
    assert f(-1.0) == -1.0
    assert f(np.float64(-1.5)) == -1.5


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


def test_fixed_sizes():
    f = build(
        [MemRefType((None, 3), f64), index],
        lambda b, x, n: [b.dim(x, 0), b.dim(x, 1), n, b.load(x, b.index(1), b.index(2))],
        "list",
        refuse,
    )
    assert f(np.arange(6.0).reshape(2, 3), 7) == [2, 3, 7, 5.0]
    assert f(np.zeros((2, 4)), 7)[0] == "fallback"
    strided = build(
        [MemRefType((2, None), f64, True), index], lambda b, x, n: [b.dim(x, 1), n, b.load(x, b.index(1), b.index(0))], "list", refuse
    )
    assert strided(np.arange(6.0).reshape(2, 3)[::-1], 7) == [3, 7, 0.0]


def fill(b, n, x):
    """A new array of n rows [i, x], and views of it by choice."""
    a = b.alloc(f64, [n, 2])
    loop = b.for_(b.index(0), n, b.index(1))
    c = b.at(loop.body)
    c.store(c.op(arith.SIToFP, [loop.induction], None, [f64]).result, a, loop.induction, c.index(0))
    c.store(x, a, loop.induction, c.index(1))
    c.yield_()
    return a


def test_new_arrays_come_out():
    f = build([index, f64], fill, "single")
    a = f(4, 0.5)
    np.testing.assert_array_equal(a, [[0, 0.5], [1, 0.5], [2, 0.5], [3, 0.5]])
    assert a.flags.writeable
    assert a.flags.c_contiguous
    assert a.flags.aligned
    assert not a.flags.owndata
    assert a.ctypes.data % 64 == 0
    others = [f(4, float(i)) for i in range(50)]
    assert [o[3, 1] for o in others] == [float(i) for i in range(50)]
    assert a[3, 1] == 0.5
    assert f(0, 1.0).shape == (0, 2)
    assert f(1 << 16, 1.0)[-1].tolist() == [65535.0, 1.0]


def test_strided_and_several_arrays_come_out():
    def emit(b, n, x):
        a, other = fill(b, n, x), fill(b, b.index(2), x)
        last = b(arith.SubI, n, b.index(1))
        column = b.op(memref.SubView, [a, last, b.index(0), n, b.index(1), b.index(-1), b.index(1)], {"dropped": (1,)}).result
        mask = b.alloc(i8, [b.index(3)])
        b.store(b.constant(1, i8), mask, b.index(0))
        return [x, column, other, mask, n]

    f = build([index, f64], emit, "tuple")
    x, column, other, mask, n = f(5, 0.25)
    assert (x, n) == (0.25, 5)
    assert column.tolist() == [4.0, 3.0, 2.0, 1.0, 0.0]
    assert column.strides == (-16,)
    assert other.tolist() == [[0.0, 0.25], [1.0, 0.25]]
    assert (mask.dtype, mask[0], mask.shape) == (np.int8, 1, (3,))


def test_views_of_arguments_and_shared_memory_come_out_too():
    f = build(
        [vector(), index], lambda b, x, n: [b(memref.SubView, x, b.index(1), b.index(1), b.index(1)), x, fill(b, n, b.load(x, b.index(0)))]
    )
    x = np.arange(3.0)
    view, same, new = f(x, 2)
    assert same is x
    assert np.shares_memory(view, x)
    assert new.shape == (2, 2)

    def twice(b, n, x):
        a = fill(b, n, x)
        return [a, b.op(memref.Cast, [a], None, [vector(rank=2, strided=True)]).result]

    first, second = build([index, f64], twice)(3, 1.0)
    first[0, 0] = 9.0
    assert second[0, 0] == 9.0


def test_memory_of_arrays_is_freed():
    f = build([index, f64], fill, "single")

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    f(1 << 20, 1.0)
    before = resident()
    for _ in range(40):
        f(1 << 20, 1.0)
    assert resident() - before < 64 << 20


def test_functions_become_builtins_when_they_are_called_again():
    native = compile_module(module([f64, index], lambda b, x, n: [x, n]), "f")
    for _ in range(4):
        assert native(1.5, 2) == [1.5, 2]
        assert native(np.float64(1.5), np.int8(2)) == [1.5, 2]
    assert type(native._target).__name__ == "builtin_function_or_method"
    with pytest.raises(TypeError, match="takes 2 arguments"):
        native(1.0)


def test_errors_raise_and_leave_nothing_behind():
    def emit(b, x, i):
        a = b.alloc(f64, [b.dim(x, 0)])
        b.store(b.constant(1.0, f64), a, b.index(0))
        place = b(irad.Index, i, b.dim(x, 0), axis=0)
        b.op(memref.Store, [b.load(a, b.index(0)), x, place])
        return b.load(x, place)

    native = compile_module(module([vector(), index], emit), "f")
    frame, native.new_frame = native.new_frame(), lambda: frame
    f = wrapper.builtin(native, native.call, returns="single")
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
    f = wrapper.builtin(native, native.call)
    x = np.zeros(1)
    expected = f(100, x)
    with pytest.raises(RecursionError):
        f(10**8, x)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(f(100, np.zeros(1))))
    thread.start()
    thread.join()
    assert seen == [expected]
