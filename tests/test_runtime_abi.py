"""The border between NumPy and compiled code: what is accepted, what is refused with which text, overlap, threads."""

import gc
import subprocess
import sys
import threading

import numpy as np
import pytest
from ircode import module, vector

from irad.ir import core
from irad.ir.builder import Builder
from irad.ir.ops import arith, func, memref
from irad.ir.types import ComplexType, MemRefType, f32, f64, i1, i8, i16, i32, index
from irad.runtime.abi import bounds, overlaps
from irad.runtime.engine import compile_module
from irad.runtime.native import Block


def reader(type):
    """f(x) = first element of x."""
    return compile_module(module([type], lambda b, x: b.load(x, *[b.index(0)] * type.rank)), "f")


@pytest.mark.parametrize(
    ("element", "dtypes"),
    [(f64, "d"), (f32, "f"), (index, "lqLQ"), (i32, "iI"), (i16, "hH"), (i8, "bB?"), (i1, "?")],
    ids=str,
)
def test_arrays_of_matching_item_types_are_accepted(element, dtypes):
    read = reader(vector(element))
    for code in dtypes:
        assert read(np.ones(3, code)) == [1]


@pytest.mark.parametrize(
    ("array", "error", "text"),
    [
        (np.zeros(3, np.float32), TypeError, "must be a contiguous 1-dimensional array of float64, not a 1-dimensional one of float32"),
        (np.zeros((3, 1)), TypeError, "not a 2-dimensional one of float64"),
        (np.zeros(3, ">f8"), TypeError, r"non-native byte order .* Pass .*astype\('float64'\)"),
        (np.zeros(3, object), TypeError, "array of Python objects"),
        (np.array(["a"]), TypeError, "one of <U1"),
        ([1.0, 2.0], TypeError, "must be a contiguous 1-dimensional array of float64, not list"),
        (3.0, TypeError, "not float"),
        (np.zeros(6)[::2], ValueError, r"contiguous in row-major order, but its strides are \(16,\)"),
        (np.frombuffer(bytearray(17), np.uint8)[1:].view(np.float64), ValueError, "not aligned to its item size, 8 bytes"),
    ],
    ids=["float32", "rank", "byte-order", "object", "string", "list", "float", "strided", "unaligned"],
)
def test_other_arrays_are_refused(array, error, text):
    with pytest.raises(error, match=text):
        reader(vector())(array)


def test_strides_in_elements_only():
    record = np.zeros(4, np.dtype([("tag", "i4"), ("x", "f8")]))
    with pytest.raises(ValueError, match=r"not aligned|stride of 12 bytes"):
        reader(vector(strided=True))(record["x"])
    singles = np.zeros(4, np.dtype([("tag", "i2"), ("x", "f4"), ("y", "i4")], align=False))
    with pytest.raises(ValueError, match=r"not aligned|stride of 10 bytes"):
        reader(vector(f32, strided=True))(singles["x"])
    packed = np.zeros(3, np.dtype([("x", "f8"), ("tag", "i4")], align=False))
    with pytest.raises(ValueError, match=r"not aligned|stride of 12 bytes"):
        reader(vector(strided=True))(packed["x"])


def test_static_sizes_are_checked():
    read = reader(MemRefType((None, 3), f64))
    assert read(np.ones((2, 3))) == [1.0]
    with pytest.raises(ValueError, match="must have 3 elements along axis 1, not 4"):
        read(np.ones((2, 4)))


def test_read_only_arrays_are_refused_where_they_are_written():
    m = module([vector(), vector()], lambda b, x, y: b.store(b.load(x, b.index(0)), y, b.index(0)) and None, writes=(1,))
    native = compile_module(m, "f")
    x, y = np.ones(2), np.zeros(2)
    x.flags.writeable = False
    native(x, y)
    assert y[0] == 1.0
    with pytest.raises(ValueError, match="argument 1 is read-only, but the function writes to it"):
        native(y, x)


@pytest.mark.parametrize(
    ("type", "value", "error", "text"),
    [
        (f64, "a", TypeError, "must be a real number, not str"),
        (f64, 1j, TypeError, "must be a real number, not complex"),
        (f64, 10**400, OverflowError, "too large for a float"),
        (ComplexType(f64), "a", TypeError, "must be a complex number, not str"),
        (ComplexType(f64), 10**400, OverflowError, "too large for a float"),
        (index, 1.5, TypeError, "must be an integer, not float"),
        (index, 1 << 63, OverflowError, "does not fit into a 64-bit integer"),
        (index, None, TypeError, "must be an integer, not NoneType"),
    ],
)
def test_wrong_scalars_are_refused(type, value, error, text):
    native = compile_module(module([type], lambda b, x: x), "f")
    with pytest.raises(error, match=text):
        native(value)


def test_scalars_of_all_kinds():
    types = [f64, f32, index, i32, i16, i8, i1]
    native = compile_module(module(types, lambda b, *args: args), "f")
    assert native(1.5, 0.1, -(1 << 63), -5, -6, -7, True) == [1.5, float(np.float32(0.1)), -(1 << 63), -5, -6, -7, True]
    assert native(2, np.float32(0.5), np.int64(-1), np.int32(3), np.uint16(65535), np.uint8(255), np.False_) == [
        2.0,
        0.5,
        -1,
        3,
        -1,
        -1,
        False,
    ]
    with pytest.raises(TypeError, match="f takes 7 arguments, not 1"):
        native(1.0)


def test_scalars_beside_arrays_are_converted_too():
    native = compile_module(module([vector(), index], lambda b, x, n: b(arith.AddI, b.dim(x, 0), n)), "f")
    assert native(np.zeros(3), np.int64(-1)) == [2]
    with pytest.raises(TypeError, match="argument 1 must be an integer"):
        native(np.zeros(3), 1.5)


def test_names_of_parameters_appear_in_messages():
    body = core.Block([f64], ["weight"])
    Builder(body).op(func.Return, body.args)
    native = compile_module(core.Module([core.Func("f", body, [f64])]), "f")
    with pytest.raises(TypeError, match="weight must be a real number"):
        native("no")


def test_overlap():
    x = np.zeros((6, 6))
    assert overlaps(x, x)
    assert overlaps(x[1:], x[:2])
    assert not overlaps(x[:3], x[3:])
    assert not overlaps(x[:, ::2], x[:, 1::2])
    assert overlaps(x[:, ::2], x[:, ::3])
    assert not overlaps(x[:0], x)
    assert not overlaps(x, np.zeros(6))
    assert overlaps(x[::-1, ::-1], x[0])
    assert overlaps(x.T, x)
    low, high = bounds(x[::-1, 1::2])
    assert (low, high) == (x.ctypes.data + 8, x.ctypes.data + 36 * 8)


def test_returned_memory_lives_as_long_as_its_arrays(monkeypatch):
    def emit(b, n):
        a = b.alloc(f64, [n])
        b.store(b.constant(3.0, f64), a, b.index(1))
        return a

    freed = []
    free = Block.__del__
    monkeypatch.setattr(Block, "__del__", lambda self: (freed.append(1), free(self)))
    (a,) = compile_module(module([index], emit), "f")(1000)
    tail = a[1:]
    del a
    gc.collect()
    assert tail[0] == 3.0
    assert not freed
    del tail
    gc.collect()
    assert freed == [1]


def test_arguments_are_kept_alive_by_returned_views():
    native = compile_module(module([vector()], lambda b, x: b(memref.SubView, x, b.index(1), b.index(1), b.index(1))), "f")
    (view,) = native(np.full(5000, 2.0))
    gc.collect()
    assert view.tolist() == [2.0]


def test_several_threads_call_one_function():
    def emit(b, x, n):
        a = b.alloc(f64, [n])
        loop = b.for_(b.index(0), n, b.index(1), [b.constant(0.0, f64)])
        c = b.at(loop.body)
        c.store(x, a, loop.induction)
        c.yield_(c(arith.AddF, loop.carried[0], c.load(a, loop.induction)))
        return loop.results[0]

    native = compile_module(module([f64, index], emit), "f")
    wrong = []

    def work(k):
        for n in range(200):
            if native(float(k), n) != [float(k * n)]:
                wrong.append((k, n))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert 1 <= len(native._frames) <= 5


def test_zero_size_arrays():
    def emit(b, x):
        n = b.dim(x, 0)
        loop = b.for_(b.index(0), n, b.index(1), [b.constant(0.0, f64)])
        c = b.at(loop.body)
        c.yield_(c(arith.AddF, loop.carried[0], c.load(x, loop.induction, c.index(0))))
        return [loop.results[0], x]

    total, back = compile_module(module([vector(rank=2)], emit), "f")(np.zeros((0, 3)))
    assert total == 0.0
    assert back.shape == (0, 3)


def test_importing_the_package_does_not_load_llvm():
    code = "import sys, irad.runtime.engine, irad.lower.functions; print('llvmlite' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_memory_that_is_left_at_the_end_of_the_process_is_no_problem():
    code = """
import sys
sys.path[:0] = {path!r}
from ircode import module
from irad.ir.types import f64, index
from irad.options import Options
from irad.runtime import wrapper
from irad.runtime.engine import compile_module

def emit(b, n):
    scratch = b.alloc(f64, [n])
    b.store(b.constant(2.0, f64), scratch, b.index(0))
    return [b.alloc(f64, [n]), b.load(scratch, b.index(0))]

native = compile_module(module([index], emit), "f", Options(opt_level=0))
kept, two = native(1 << 18)
assert two == 2.0
other = native(1 << 18)
loop = [kept]
loop.append(loop)
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", code.format(path=sys.path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "fine", "")
