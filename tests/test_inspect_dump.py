"""`dump`: every stage of every example prints, parses back, and computes in the interpreter what native code computes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import irad
from examples.suite import EXAMPLES

IR_STAGES = ("traced", "optimized", "gradient", "gradient-optimized")


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("ad_stage", ["late", "early"])
def test_text_of_every_stage_round_trips(name, ad_stage):
    example = EXAMPLES[name]
    for stage in IR_STAGES:
        text = irad.dump(example.function, example.small(), stage=stage, options=irad.Options(ad_stage=ad_stage))
        module = irad.parse(text)
        module.verify()
        assert str(module) == text


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("stage", ["gradient", "gradient-optimized"])
def test_interpreted_gradient_is_native(name, stage):
    example = EXAMPLES[name]
    args = example.small()
    floats = [i for i, a in enumerate(args) if np.asarray(a).dtype.kind in "fc"]
    text = irad.dump(example.function, args, stage=stage)
    function = next(n for n in irad.parse(text).funcs if n.endswith(".gradient"))
    flat, shadows = [], {}
    for i, arg in enumerate(args):
        flat.append(arg.copy() if isinstance(arg, np.ndarray) else arg)
        if i in floats and isinstance(arg, np.ndarray):
            shadows[i] = np.zeros_like(arg)
            flat.append(shadows[i])
    results = irad.parse(text).run(function, *flat, 1.0)
    numbers = iter(results if isinstance(results, tuple) else (results,))
    native = irad.grad(example.function, argnums=tuple(floats))(*args)
    scale = max(np.max(np.abs(gradient), initial=0.0) for gradient in native)
    for i, gradient in zip(floats, native, strict=True):
        interpreted = shadows[i] if i in shadows else next(numbers)
        assert_allclose(interpreted, gradient, rtol=1e-11, atol=1e-12 * scale)


def test_native_stages_name_the_function():
    for stage, expected in (("llvm", "define"), ("llvm-optimized", "define"), ("asm", ".text")):
        assert expected in irad.dump(lambda x: x * x, "f64", stage=stage)
        assert expected in irad.dump(lambda x: x * x, "f64", stage=stage, mode=irad.Reverse)


def test_modes():
    def f(x, n):
        return x[0] * n

    forward = irad.dump(f, "f64[::1], i64", stage="gradient", mode=irad.Forward)
    assert "@f.forward(%x: memref<?xf64>, %dx: memref<?xf64>, %n: index) -> f64" in forward
    with_primal = irad.dump(f, "f64[::1], i64", stage="gradient", mode=irad.ReverseWithPrimal)
    assert "@f.gradient(%x: memref<?xf64>, %dx: memref<?xf64>, %n: index, %seed: f64) -> f64" in with_primal


def test_signatures_as_text_types_and_examples():
    def f(x, y, n):
        return x[0, 0] + y * n

    texts = [
        irad.dump(f, "f32[:, ::1], f64, i64", stage="traced"),
        irad.dump(f, (irad.f32[:, ::1], irad.f64, irad.i64), stage="traced"),
        irad.dump(f, (np.zeros((1, 1), dtype=np.float32), 2.0, 3), stage="traced"),
    ]
    assert texts[0] == texts[1] == texts[2]
    assert "memref<?x?xf32>" in texts[0]
    assert "strided<[?, ?], offset: ?>" in irad.dump(f, "f32[:, :], f64, i64", stage="traced")


@pytest.mark.parametrize(
    ("signature", "message", "column"),
    [
        ("f64[:], f99", "unknown dtype f99", 8),
        ("f64[:", "expected ,", 3),
        ("f64, [", "expected a type", 4),
        ("f64[2]", "an axis is", 4),
    ],
)
def test_signatures_that_do_not_parse_point_at_the_character(signature, message, column):
    with pytest.raises(ValueError, match=message) as caught:
        irad.dump(lambda x: x, signature)
    assert str(caught.value).splitlines()[-1].index("^") - 4 == column


def test_dump_checks_its_arguments():
    with pytest.raises(ValueError, match="there is no stage"):
        irad.dump(lambda x: x, "f64", stage="nonsense")
    with pytest.raises(ValueError, match="the signature has 2 arguments"):
        irad.dump(lambda x: x, "f64, f64")
    with pytest.raises(TypeError, match="an axis of a type"):
        irad.f64[3]
    assert repr(irad.f64[:, ::1]) == "f64[:, ::1]"


def test_printing_while_compiling(capfd, monkeypatch):
    monkeypatch.setenv("IRAD_PRINT", "after=cse")
    monkeypatch.setenv("IRAD_CHECK", "1")
    assert irad.grad(lambda x: x * x * x)(2.0) == 12.0
    irad.dump(lambda x: x * x, "f64", stage="gradient-optimized")
    monkeypatch.setenv("IRAD_PRINT", "after-all")
    irad.dump(lambda x: x * x, "f64", stage="optimized")
    assert "// ---- after" in capfd.readouterr().err


def test_fast_math_is_seen_in_the_code():
    def total(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i]
        return s

    assert "fadd fast" in irad.dump(total, "f64[::1]", stage="llvm", options=irad.Options(fast_math=True))
    assert "fadd contract reassoc" in irad.dump(total, "f64[::1]", stage="llvm", options=irad.Options(fast_math={"reassoc", "contract"}))
    assert "fast" not in irad.dump(total, "f64[::1]", stage="llvm")
    x = np.linspace(0.0, 1.0, 1001)
    assert_allclose(irad.jit(total, options=irad.Options(fast_math=True))(x), 500.5, rtol=1e-13)
    for bad in ({"ad_stage": "never"}, {"opt_level": 4}, {"fast_math": {"quick"}}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            irad.Options(**bad)
