"""Ahead of time: `compile` without arguments, files of object code, pickles, and what is refused."""

import math
import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import irad
from irad.errors import LoadError
from irad.runtime import engine, objectfile
from tests.checks import agree

TABLE = np.array([1.0, 10.0, 100.0])


class OutOfRange(ValueError):
    """An exception of the user's own."""


def scaled(x, c):
    """Overwrites its argument."""
    s = 0.0
    for i in range(len(x)):
        x[i] = x[i] * c
        s += math.sin(x[i]) * TABLE[i % 3]
    return s


def guarded(x):
    if x < 0.0:
        raise OutOfRange(f"{x} is negative")
    return math.sqrt(x)


def swapped(x, y):
    for i in range(len(x)):
        x[i] = y[len(y) - 1 - i] * x[i]
    return np.sum(x * y)


def reloaded(compiled, tmp_path):
    compiled.save(tmp_path / "f.irad")
    return [compiled, irad.load(tmp_path / "f.irad"), pickle.loads(pickle.dumps(compiled)), irad.load(tmp_path / "f.irad")]


X = np.array([0.3, -0.7, 1.1, 0.2])


@pytest.mark.parametrize("transform", [irad.jit, irad.grad, irad.value_and_grad], ids=lambda t: t.__name__)
def test_transforms(transform, tmp_path):
    expected = transform(scaled)(X.copy(), 1.5)
    for compiled in reloaded(irad.compile(transform(scaled), "f64[::1], f64"), tmp_path):
        found = compiled(X.copy(), 1.5)
        for f, e in zip(found if isinstance(found, tuple) else [found], expected if isinstance(found, tuple) else [expected], strict=True):
            agree(f, e, 1e-15, "compiled ahead of time")


def test_a_function_is_its_primal(tmp_path):
    for compiled in reloaded(irad.compile(lambda n, x: x * n, "i64, f32"), tmp_path):
        assert compiled(3, np.float32(0.5)) == np.float32(1.5)
        assert type(compiled(3, np.float32(0.5))) is np.float32


def test_argnums_and_aux(tmp_path):
    transform = irad.grad(lambda x, y: (x * y * y, y), argnums=(1, 0), has_aux=True)
    for compiled in reloaded(irad.compile(transform, "f64, f64"), tmp_path):
        assert compiled(2.0, 3.0) == ((12.0, 9.0), 3.0)


def test_composed_transforms(tmp_path):
    for compiled in reloaded(irad.compile(irad.grad(irad.grad(lambda x: x**3)), "f64"), tmp_path):
        assert compiled(2.0) == 12.0


@pytest.mark.parametrize("result", [(), (irad.Active,)])
def test_reverse_mode(result, tmp_path):
    shadow = np.zeros(4)
    expected = irad.autodiff(irad.ReverseWithPrimal, scaled, irad.Active, irad.Duplicated(X.copy(), shadow), irad.Active(1.5))
    for compiled in reloaded(irad.compile((irad.ReverseWithPrimal, scaled), "Duplicated[f64[:]], Active[f64]"), tmp_path):
        mine = np.zeros(4)
        assert compiled(*result, irad.Duplicated(X.copy(), mine), 1.5) == expected
        np.testing.assert_array_equal(mine, shadow)


def test_forward_mode(tmp_path):
    for compiled in reloaded(irad.compile((irad.ForwardWithPrimal, lambda x: x * x), "Duplicated[f64]"), tmp_path):
        assert compiled(irad.Duplicated(3.0, 0.5)) == (9.0, 3.0)


def test_types_and_examples_are_signatures_too():
    assert irad.compile(lambda x, n: x[n], (irad.f64[:], 2))(X[::-1], 1) == X[2]
    assert irad.compile(lambda x, how: x if how == "keep" else -x, (1.0, "keep"))(3.0, "keep") == 3.0
    assert irad.compile(lambda x, axis: np.sum(x, axis=axis), (np.ones((2, 3)), 0))(np.ones((4, 3)), 0).tolist() == [4.0] * 3


def test_methods_and_captured_arrays(tmp_path):
    class Model:
        weight = 3.0

        def energy(self, x):
            return np.sum(x * x) * self.weight

    for compiled in reloaded(irad.compile(irad.grad(Model().energy), "f64[::1]"), tmp_path):
        np.testing.assert_array_equal(compiled(X), 6.0 * X)


def test_overlapping_arguments(tmp_path):
    """Their code is compiled when they first come, and stored with the rest."""
    for compiled in reloaded(irad.compile(irad.value_and_grad(swapped, argnums=(0, 1)), "f64[:], f64[:]"), tmp_path):
        base, same = X.copy(), X.copy()
        value, (by_x, by_y) = compiled(base, base)
        expected, (first, second) = irad.value_and_grad(swapped, argnums=(0, 1))(same, same)
        assert value == expected
        np.testing.assert_array_equal((by_x, by_y), (first, second))


def test_exceptions_survive(tmp_path):
    for compiled in reloaded(irad.compile(guarded, "f64"), tmp_path):
        with pytest.raises(OutOfRange, match=r"test_api_ahead\.py.*, in guarded\n.*raise OutOfRange(.|\n)*-2.0 is negative"):
            compiled(-2.0)


def test_loads_in_a_fresh_process_without_compiling(tmp_path):
    irad.compile(irad.value_and_grad(scaled), "f64[::1], f64").save(tmp_path / "f.irad")
    program = """
import sys
import numpy as np
import irad
from irad.runtime import engine
def compile_nothing(module, *args, **kwargs): raise AssertionError("compiled")
engine.compile_module = engine.lower_module = compile_nothing
value, gradient = irad.load(sys.argv[1])(np.array([0.3, -0.7, 1.1, 0.2]), 1.5)
print(repr(float(value)), gradient.tolist())
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "f.irad"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    value, gradient = irad.value_and_grad(scaled)(X.copy(), 1.5)
    assert done.stdout == f"{float(value)!r} {gradient.tolist()}\n"


@dataclass
class Layer:
    weight: np.ndarray
    bias: float
    activation: Callable


def energy(layers, x):
    for layer in layers["all"]:
        x = layer.activation(layer.weight @ x + layer.bias)
    return np.sum(x * x)


def layers():
    rng = np.random.default_rng(0)
    return {"all": [Layer(rng.standard_normal((3, 2)), 0.5, np.tanh), Layer(rng.standard_normal((1, 3)), 0.1, np.sin)]}


def test_structures_are_signatures_by_example(tmp_path):
    x = np.array([0.3, 0.4])
    expected = irad.flatten(irad.grad(energy)(layers(), x))[0]
    for compiled in reloaded(irad.compile(irad.grad(energy), (layers(), irad.f64[::1])), tmp_path):
        found = compiled(layers(), x)
        assert type(found["all"][0]) is Layer
        agree(irad.flatten(found)[0], expected, 1e-15, "gradient by a tree")
        with pytest.raises(TypeError, match="another structure"):
            compiled({"all": layers()["all"][:1]}, x)
    for compiled in reloaded(irad.compile((irad.Reverse, energy), (irad.Duplicated(layers()), irad.f64[:])), tmp_path):
        model = irad.Duplicated(layers())
        compiled(model, x)
        agree(irad.flatten(model.dval)[0], expected, 1e-15, "shadow of a tree")


def test_other_processes_get_it_by_pickle():
    compiled = irad.compile(irad.grad(scaled), "f64[::1], f64")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (found,) = pool.starmap(compiled, [(X.copy(), 1.5)])
    np.testing.assert_array_equal(found, irad.grad(scaled)(X.copy(), 1.5))


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((X.astype(np.float32), 1.0), TypeError, "argument 0 of scaled is .* dtype float32; it was compiled for a contiguous array"),
        ((X[::2], 1.0), TypeError, "argument 0 of scaled is an array .*; it was compiled for a contiguous array"),
        ((X,), TypeError, "scaled was compiled for 2 arguments, not 1"),
        ((X, "text"), TypeError, "argument 1 of scaled is 'text'; it was compiled for a number of dtype float64"),
        ((X.reshape(2, 2), 1.0), TypeError, "of 2 dimensions"),
    ],
)
def test_other_types_are_refused(args, error, message, tmp_path):
    for compiled in reloaded(irad.compile(scaled, "f64[::1], f64"), tmp_path):
        with pytest.raises(error, match=message):
            compiled(*args)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("f64[:", "expected ,", 3),
        ("f64 i64", "expected ,", 4),
        ("Passive[f64]", "unknown annotation Passive", 0),
        ("Active[f64", "expected ]", 10),
        ("f64[:], f16", "unknown dtype f16", 8),
        ("f64, ,", "expected a type", 4),
    ],
)
def test_signatures_that_do_not_parse_point_at_the_character(text, message, column):
    with pytest.raises(ValueError, match=message) as found:
        irad.compile((irad.Reverse, scaled), text)
    assert str(found.value).splitlines()[-1] == "    " + " " * column + "^"


def test_an_integer_that_is_needed_while_tracing():
    with pytest.raises(ValueError, match="Give it in the signature instead of its type"):
        irad.compile(lambda x, axis: np.sum(x, axis=axis), "f64[:, :], i64")


def test_what_is_no_function():
    with pytest.raises(TypeError, match="expected a function, or a tuple of a mode and a function"):
        irad.compile((scaled, irad.Reverse), "f64[::1], f64")
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        irad.compile(scaled, "f64, f64, f64")


def test_compiled_code_cannot_be_traced():
    compiled = irad.compile(lambda x: x * x, "f64")
    with pytest.raises(irad.UnsupportedError, match="is compiled code, which cannot be traced"):
        irad.grad(lambda x: compiled(x) + 1.0)(2.0)


def test_a_local_class_cannot_be_saved(tmp_path):
    class Local(Exception):
        pass

    def f(x):
        if x < 0.0:
            raise Local("negative")
        return x

    with pytest.raises(TypeError, match="refers to something that cannot be stored"):
        irad.compile(f, "f64").save(tmp_path / "f.irad")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def stored(tmp_path):
    irad.compile(scaled, "f64[::1], f64").save(tmp_path / "f.irad")
    return tmp_path / "f.irad"


def test_every_damage_is_noticed(stored):
    data = stored.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [data[:n] for n in (0, 5, 12, len(data) // 2, len(data) - 1)] + [data + b"x", b"text", data.replace(b"\r\n", b"\n")]
    for at in rng.integers(0, len(data), 200):
        damaged.append(data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :])
    for wrong in damaged:
        stored.write_bytes(wrong)
        with pytest.raises(LoadError, match=r"not a file|damaged|has format"):
            irad.load(stored)


def test_a_newer_format_is_told(stored, monkeypatch):
    monkeypatch.setattr(objectfile, "FORMAT", 0)
    with pytest.raises(LoadError, match=r"has format 1; this irad reads up to 0. Install a newer irad"):
        irad.load(stored)


def test_another_cpu_and_another_system_are_told(stored, monkeypatch):
    here = engine.machine_of_host()
    lesser = {**here, "cpu": "lesser", "features": [f for f in here["features"] if f != "avx2"]}
    monkeypatch.setattr(engine, "machine_of_host", lambda: lesser)
    if "avx2" in here["features"]:
        with pytest.raises(LoadError, match=f"compiled for a {here['cpu']}; this CPU, a lesser, lacks avx2"):
            irad.load(stored)
    monkeypatch.setattr(engine, "machine_of_host", lambda: {**here, "triple": "sparc-unknown-linux"})
    with pytest.raises(LoadError, match=r"was compiled for .*; this is sparc-unknown-linux"):
        irad.load(stored)


def test_a_class_that_is_gone_is_told(tmp_path, monkeypatch):
    irad.compile(guarded, "f64").save(tmp_path / "f.irad")
    monkeypatch.delattr(sys.modules[__name__], "OutOfRange")
    with pytest.raises(LoadError, match="needs a class of a module that is not here"):
        irad.load(tmp_path / "f.irad")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        irad.load(tmp_path / "nothing.irad")
