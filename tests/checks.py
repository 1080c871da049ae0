"""Checks of one program: native = plain Python, reverse = forward = dual numbers, and every other way of computing the same agrees."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import irad
from tests import dual
from tests.random_programs import Program, define

NEAREST_KINK = 1e-6


@dataclass
class Case:
    """A program with its reference and tolerances."""

    program: Program
    function: Callable[..., Any]
    reference: dual.Reference
    inputs: dual.Inputs
    direction: np.ndarray
    rtol: float
    primal_rtol: float

    def directions(self) -> dict[int, Any]:
        """The direction's share of every active argument; arrays overlap as the arguments do."""
        vector = self.direction.copy()
        return {i: self.inputs.part(i, vector) for i in self.program.active}


def case_of(program: Program, function: Callable[..., Any], nearest_kink: float = NEAREST_KINK) -> Case | None:
    """The program with its reference; None where it overflows, gives an int, or is too near a kink to say what is right."""
    args = program.args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = function(*args)
        try:
            reference = dual.reference(function, program.args(), program.active, program.shadow_args())
        except (OverflowError, ValueError):
            return None  # where NumPy's floats are infinite, Python's raise
    size = max(np.max(np.abs(g), initial=0.0) for g in reference.gradient.values())
    if isinstance(value, int | np.integer):
        return None
    if not (np.isfinite(value) and abs(value) < 1e6 and size < 1e4) or reference.kink < (1e3 if program.single else 1.0) * nearest_kink:
        return None
    np.testing.assert_allclose(reference.value, value, rtol=1e-4 if program.single else 1e-9, atol=1e-9, err_msg="the reference itself")
    inputs = dual.Inputs(args, program.active)
    direction = np.random.default_rng(0).uniform(-1.0, 1.0, inputs.count)
    return Case(program, function, reference, inputs, direction, 2e-3 if program.single else 1e-9, 2e-4 if program.single else 1e-11)


def agree(got: Any, want: Any, rtol: float, what: str) -> None:
    scale = np.nanmax(np.abs(want), initial=1.0)
    np.testing.assert_allclose(np.asarray(got, float), np.asarray(want, float), rtol=rtol, atol=rtol * scale, err_msg=what)


def check_memory(case: Case, args: list[Any], what: str) -> None:
    for i, final in case.reference.finals.items():
        agree(args[i], final, case.primal_rtol, f"{what}: contents of argument {i} afterwards")


def check_primal(case: Case, **options: Any) -> None:
    args = case.program.args()
    with irad.options(**options):
        value = irad.jit(case.function)(*args)
    agree(value, case.reference.value, case.primal_rtol, f"primal {options}")
    check_memory(case, args, f"primal {options}")


def annotated(program: Program, args: list[Any], shadows: dict[int, Any]) -> list[Any]:
    out = []
    for i, a in enumerate(args):
        if i in shadows:
            out.append(irad.Duplicated(a, shadows[i]))
        else:
            out.append(irad.Active(a) if program.arguments[i].active else irad.Const(a))
    return out


def check_reverse(case: Case, **options: Any) -> None:
    args, shadows = case.program.args(), case.program.shadow_args()
    with irad.options(**options):
        derivs, primal = irad.autodiff(irad.ReverseWithPrimal, case.function, irad.Active, *annotated(case.program, args, shadows))
    agree(primal, case.reference.value, case.primal_rtol, f"primal of reverse {options}")
    check_memory(case, args, f"reverse {options}")
    for i, want in case.reference.gradient.items():
        agree(shadows[i] if i in shadows else derivs[i], want, case.rtol, f"reverse {options}: derivative by argument {i}")


def check_forward(case: Case, **options: Any) -> None:
    args, tangents = case.program.args(), case.program.shadow_args()
    for i, d in case.directions().items():
        if i in tangents:
            tangents[i][...] = d
        else:
            tangents[i] = d
    with irad.options(**options):
        primal, slope = irad.autodiff(irad.Forward, case.function, irad.Duplicated, *annotated(case.program, args, tangents))
    want, finals = case.reference.along(case.direction)
    agree(primal, case.reference.value, case.primal_rtol, f"primal of forward {options}")
    agree(slope, want, case.rtol, f"forward {options}: tangent of the result")
    check_memory(case, args, f"forward {options}")
    for i, final in finals.items():
        agree(tangents[i], final, case.rtol, f"forward {options}: tangent of argument {i}")


def check_interpreter(case: Case) -> None:
    """The printed IR of the primal, before and behind the optimiser, in the reference interpreter."""
    if "TABLE" in case.program.source:
        return  # a captured array is one more argument
    for stage in ("traced", "optimized"):
        args = case.program.args()
        text = irad.dump(case.function, args, stage=stage)
        if stage == "optimized" and case.program.overlapping:
            continue  # what dump shows is for arrays apart
        value = irad.parse(text).run(case.function.__name__, *args)
        agree(value, case.reference.value, case.primal_rtol, f"interpreter, {stage}")
        check_memory(case, args, f"interpreter, {stage}")


def check_interpreted_gradient(case: Case) -> None:
    """The IR of the gradient, as differentiation leaves it and optimised, in the reference interpreter."""
    program = case.program
    constant = any(a.buffer >= 0 and not a.active and program.buffers[a.buffer].dtype.kind == "f" for a in program.arguments)
    if "TABLE" in program.source or program.overlapping or constant:
        return  # they need parameters that are not among these
    for stage in ("gradient", "gradient-optimized"):
        args, shadows = program.args(), program.shadow_args()
        text = irad.dump(case.function, args, stage=stage, mode=irad.ReverseWithPrimal)
        flat = [x for i, a in enumerate(args) for x in ((a, shadows[i]) if i in shadows else (a,))]
        results = irad.parse(text).run(f"{case.function.__name__}.gradient", *flat, 1.0)
        value, *derivs = results if isinstance(results, tuple | list) else (results,)
        agree(value, case.reference.value, case.primal_rtol, f"interpreter, {stage}")
        check_memory(case, args, f"interpreter, {stage}")
        for i, want in case.reference.gradient.items():
            agree(shadows[i] if i in shadows else derivs.pop(0), want, case.rtol, f"interpreter, {stage}: derivative by argument {i}")


def packed(case: Case) -> tuple[Callable[[np.ndarray], Any], np.ndarray]:
    """The program as a function of one vector that holds all active numbers, and that vector."""
    program = case.program
    lines, point, at = ["def packed(p):"], [], 0
    for k, b in enumerate(program.buffers):
        if any(a.buffer == k and a.active for a in program.arguments):
            lines.append(f"    b{k} = p[{at}:{at + b.size}].copy().reshape({b.shape})")
            point += b.ravel().tolist()
            at += b.size
        else:
            lines.append(f"    b{k} = np.array({b.tolist()}, dtype=np.{b.dtype})")
    call = []
    for a in program.arguments:
        if a.buffer < 0 and a.active:
            call.append(f"p[{at}]")
            point.append(a.value)
            at += 1
        else:
            call.append(f"b{a.buffer}{a.view}" if a.buffer >= 0 else repr(a.value))
    lines.append(f"    return f({', '.join(call)})")
    return define("\n".join(lines) + "\n", "packed", {**case.function.__globals__, "f": case.function, "np": np, "nan": np.nan}), np.array(
        point
    )


def check_second_order(case: Case) -> None:
    """Forward over reverse against differences of the reference's gradients."""
    if case.program.single or case.reference.kink < 1e-3:
        return
    function, point = packed(case)
    direction = np.random.default_rng(1).uniform(-1.0, 1.0, point.size)
    h = 2e-4

    def at(t: float) -> np.ndarray:
        with dual.standing_in(case.function.__globals__):
            return dual.reference(function, [point + t * direction], [0]).gradient[0]

    want = (8.0 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12.0 * h)
    if not np.max(np.abs(want), initial=0.0) < 1e5:
        return
    agree(irad.grad(function)(point), at(0.0), case.rtol, "grad of a function of one vector")
    agree(irad.hvp(function, point, direction), want, 1e-6, "forward over reverse")
    gradient = irad.grad(function)
    try:
        again = irad.grad(lambda p: np.dot(gradient(p), direction))(point)
    except irad.UnsupportedError as error:
        if "reverse mode over reverse mode of a recursive function" not in str(error):
            raise
    else:
        agree(again, want, 1e-6, "reverse over reverse")


@dataclass
class Model:
    """Arguments of a program in a tree."""

    arrays: list[np.ndarray]
    numbers: dict[str, float]
    name: str = "model"


def structured(case: Case) -> tuple[Callable[[Model], Any], Model]:
    """The program as a function of one object that holds all active arrays and numbers, and that object."""
    program = case.program
    lines, model = ["def structured(m):"], Model([], {})
    for k, b in enumerate(program.buffers):
        if any(a.buffer == k and a.active for a in program.arguments):
            lines.append(f"    b{k} = m.arrays[{len(model.arrays)}].copy()")
            model.arrays.append(b.astype(float))
        else:
            lines.append(f"    b{k} = np.array({b.tolist()}, dtype=np.{b.dtype})")
    call = []
    for i, a in enumerate(program.arguments):
        if a.buffer < 0 and a.active:
            call.append(f"m.numbers['a{i}']")
            model.numbers[f"a{i}"] = a.value
        else:
            call.append(f"b{a.buffer}{a.view}" if a.buffer >= 0 else repr(a.value))
    lines.append(f"    return f({', '.join(call)})")
    return define("\n".join(lines) + "\n", "structured", {**case.function.__globals__, "f": case.function, "np": np, "nan": np.nan}), model


def check_structured(case: Case) -> None:
    """The gradient by one object that holds the arguments, against that by one vector of them."""
    if case.program.single:
        return
    function, point = packed(case)
    with dual.standing_in(case.function.__globals__):
        want = dual.reference(function, [point], [0]).gradient[0]
    of_model, model = structured(case)
    gradient = irad.grad(of_model)(model)
    assert type(gradient) is Model
    assert gradient.name is None
    found, _ = irad.flatten((gradient.arrays, [*gradient.numbers.values()]))
    agree(np.sort(found), np.sort(want), case.rtol, "grad by an object")
    _, slope = irad.jvp(of_model, [model], [Model([np.ones_like(a) for a in model.arrays], dict.fromkeys(model.numbers, 1.0))])
    agree(slope, np.sum(want), case.rtol, "forward mode along an object")


def check_error(program: Program, function: Callable[..., Any], error: Exception) -> None:
    """A program that raises: the same exception, memory as Python leaves it, shadows untouched."""
    reference, args = program.args(), program.args()
    with pytest.raises(type(error)):
        function(*reference)
    shadows, untouched = program.shadow_args(), program.shadow_args()
    with pytest.raises(type(error)):
        irad.autodiff(irad.ReverseWithPrimal, function, irad.Active, *annotated(program, args, shadows))
    for i, shadow in shadows.items():
        np.testing.assert_array_equal(shadow, untouched[i], err_msg=f"shadow of argument {i} when {type(error).__name__} is raised")
    if all(np.array_equal(a, b) for a, b in zip(args, program.args(), strict=True)):
        return  # it was certain while tracing that the exception comes
    for i, a in enumerate(args):
        if isinstance(a, np.ndarray):
            agree(a, reference[i], 1e-4 if program.single else 1e-11, f"contents of argument {i} when {type(error).__name__} is raised")
