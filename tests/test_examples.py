"""Every example on a small instance: reverse = forward = finite differences, interpreter = native, early AD = late AD."""

import importlib
import math
import pkgutil
import runpy
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import examples
import irad
from examples.suite import EXAMPLES, Example
from tests.numpy_rows import normal_like


def interpret(function, args):
    """Run the function's traced IR, printed and parsed again, in the reference interpreter."""
    text = irad.dump(function, args, stage="traced")
    return irad.parse(text).run(function.__name__, *args)


def copied(args):
    return tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args)


def random_like(rng, args, active):
    return {i: normal_like(rng, args[i]) for i in active}


def inner(x, y):
    return sum(float(np.vdot(x[i], y[i]).real) for i in x)


def moved(args, direction, step):
    return tuple(arg + step * direction[i] if i in direction else arg for i, arg in enumerate(args))


def directional_difference(function, args, direction):
    """Central difference of order 6 along the direction, in plain Python."""
    h = 3e-4
    weights = {1: 45.0, 2: -9.0, 3: 1.0}
    return sum(
        weight * (function(*moved(args, direction, k * h)) - function(*moved(args, direction, -k * h))) for k, weight in weights.items()
    ) / (60.0 * h)


def reverse(function, args, active, **options):
    """Value and gradient by reverse mode into shadows that do not start at zero."""
    rng = np.random.default_rng(3)
    shadows = {i: normal_like(rng, args[i]) for i in active if isinstance(args[i], np.ndarray)}
    start = {i: shadow.copy() for i, shadow in shadows.items()}
    annotated = []
    for i, arg in enumerate(args):
        if i in shadows:
            annotated.append(irad.Duplicated(arg, shadows[i]))
        else:
            annotated.append(irad.Active(arg) if i in active else irad.Const(arg))
    with irad.options(**options):
        derivatives, primal = irad.autodiff(irad.ReverseWithPrimal, function, irad.Active, *annotated)
    return primal, {i: shadows[i] - start[i] if i in shadows else derivatives[i] for i in active}


def forward(function, args, direction):
    """Directional derivative by forward mode."""
    annotated = [irad.Duplicated(arg, direction[i]) if i in direction else irad.Const(arg) for i, arg in enumerate(args)]
    (derivative,) = irad.autodiff(irad.Forward, function, irad.DuplicatedNoNeed, *annotated)
    return derivative


@pytest.fixture(params=EXAMPLES.values(), ids=EXAMPLES)
def example(request) -> Example:
    return request.param


def test_native_is_plain_python(example):
    args = example.small()
    given = copied(args)
    assert_allclose(irad.jit(example.function)(*given), example.function(*copied(args)), rtol=1e-12)
    for before, after in zip(args, given, strict=True):
        np.testing.assert_array_equal(after, before)


def test_interpreter_is_plain_python(example):
    assert_allclose(interpret(example.function, example.small()), example.function(*example.small()), rtol=1e-14)


def test_reverse_is_finite_differences(example):
    args = example.small()
    primal, gradient = reverse(example.function, args, example.active)
    assert_allclose(primal, example.function(*example.small()), rtol=1e-12)
    for seed in range(3):
        direction = random_like(np.random.default_rng(seed), args, example.active)
        assert_allclose(inner(gradient, direction), directional_difference(example.function, args, direction), rtol=1e-6, atol=1e-9)


def test_reverse_is_forward(example):
    args = example.small()
    _, gradient = reverse(example.function, args, example.active)
    for seed in range(3):
        direction = random_like(np.random.default_rng(seed), args, example.active)
        scale = math.sqrt(inner(gradient, gradient) * inner(direction, direction))
        assert_allclose(forward(example.function, args, direction), inner(gradient, direction), atol=1e-12 * scale)


def test_early_is_late(example):
    args = example.small()
    late_primal, late = reverse(example.function, args, example.active)
    early_primal, early = reverse(example.function, args, example.active, ad_stage="early")
    assert_allclose(early_primal, late_primal, rtol=1e-12)
    scale = math.sqrt(inner(late, late))
    for i in example.active:
        assert_allclose(early[i], late[i], rtol=1e-11, atol=1e-12 * scale)


def test_value_and_grad_is_reverse(example):
    args = example.small()
    primal, gradient = reverse(example.function, args, example.active)
    value, gradients = irad.value_and_grad(example.function, argnums=example.active)(*args)
    assert_allclose(value, primal, rtol=1e-14)
    for i, part in zip(example.active, gradients, strict=True):
        assert_allclose(part, gradient[i], rtol=1e-10, atol=1e-13)


PROGRAMS = [module.name for module in pkgutil.iter_modules(examples.__path__) if module.name != "suite"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_prints_value_and_derivative(name, capsys):
    importlib.import_module(f"examples.{name}").main()
    assert "nan" not in capsys.readouterr().out


def test_first_example_of_the_readme(tmp_path):
    readme = Path(__file__).parent.parent.joinpath("README.md").read_text()
    program = tmp_path / "first.py"
    program.write_text(readme.partition("```python\n")[2].partition("```")[0])
    names = runpy.run_path(str(program))
    value, gradient = irad.value_and_grad(EXAMPLES["heat_in_place"].function)(names["u0"], 2000, 0.25)
    assert_allclose(names["value"], value, rtol=1e-14)
    assert_allclose(names["gradient"], gradient, rtol=1e-14)


def test_every_program_is_in_the_table():
    functions = {example.function.__module__.rpartition(".")[2] for example in EXAMPLES.values()}
    assert functions == set(PROGRAMS)
