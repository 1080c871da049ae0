"""Text cases: IR in, IR out, and execution. `tests/cases/**/*.mlir` are read and run by test_cases.py.

A file holds cases, with lines of `// -----` between them. A case is a module of IR, and comments that say what is done with it:

    // PASS: simplify, reverse(@f), dce     passes in order, by their names in irad.passes.pipeline; reverse and forward name the function
    // CALL: @f(1.5, [1, 2]) == 3.0         runs before the passes (where @f exists) and after them; NaN equals NaN
    // CALL: @f(2.0) ~= 1.41421356          equal up to a relative error of 1e-8
    // CALL: @f([1, 2]) leaves ([3, 4])     what the arguments hold afterwards; may follow a result
    // CALL: @f(7) raises IndexError: index 7 is out of bounds
    // GRAD: @f at (1.5, [1, 2])            interpreter = native code, forward = reverse = finite differences
    // ERROR: operand 1 (%i) has type f64   parsing, verifying or a pass fails with that text; on a line with IR, it must name that line
    // EXPECT:                              behind it, functions as the passes leave them, values named as one likes

Numbers are Python's, with inf and nan; an array is written as a list, or with np. Everything runs in the interpreter, and as native code.
A case that runs nothing is refused, and so is one that differentiates without a GRAD. `IRAD_UPDATE_CASES=1` rewrites what stands behind
EXPECT with what came out.

Finite differences see an error of a derivative above some 1e-5 of its size, only along the directions drawn, and not at kinks. They do
not see what the derivative costs.
"""

from __future__ import annotations

import builtins
import difflib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irad.errors import IradError
from irad.ir.core import Func, Module
from irad.ir.interpreter import dtype, run
from irad.ir.parser import parse
from irad.ir.printer import print_func, print_module
from irad.ir.types import ComplexType, FloatType, MemRefType, is_differentiable
from irad.ir.verifier import verify
from irad.options import Options
from irad.passes.ad.forward import forward
from irad.passes.ad.reverse import reverse
from irad.passes.lower_arrays import lower_arrays
from irad.passes.pipeline import PASSES
from irad.runtime.engine import compile_module

DERIVATIVES = {"reverse": reverse, "forward": forward}
DIRECTIVES = ("PASS", "CALL", "GRAD", "ERROR", "EXPECT")

_DIRECTIVE = re.compile(r"//\s*([A-Z]+):[ \t]*(.*?)[ \t]*(?=//\s*[A-Z]+:|$)", re.MULTILINE)
_CALL = re.compile(r"@([\w$.]+)(\(.*?\))(?:\s+(==|~=|raises)\s+(.*?))?(?:\s+leaves\s+(\(.*\)))?\Z")
_GRAD = re.compile(r"@([\w$.]+)\s+at\s+(\(.*\))\Z")
_NAMES = {"np": np, "inf": np.inf, "nan": np.nan}


class BadCase(Exception):
    """A case that says too little, or what the runner does not understand."""


@dataclass
class Case:
    """One case of a file: where it starts, its IR, what is expected, and its directives with the lines on which they stand."""

    path: Path
    line: int
    source: str
    expected: str | None
    directives: list[tuple[str, str, int]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}:{self.line}"

    def all(self, name: str) -> list[str]:
        """What stands behind a directive, each time that it is given."""
        return [text for key, text, _ in self.directives if key == name]

    @property
    def passes(self) -> list[str]:
        """Names of the passes, in order."""
        return [name.strip() for line in self.all("PASS") for name in re.split(r",(?![^()]*\))", line) if name.strip()]


def read(path: Path) -> list[Case]:
    """The cases of a file."""
    cases: list[Case] = []
    line = 1
    for text in re.split(r"^// -----\n", path.read_text(), flags=re.MULTILINE):
        source, marker, expected = text.partition("// EXPECT:\n")
        case = Case(path, line, source, expected if marker else None)
        for match in _DIRECTIVE.finditer(source):
            if match[1] not in DIRECTIVES:
                raise BadCase(f"{path}: no directive {match[1]}, only {', '.join(DIRECTIVES)}")
            case.directives.append((match[1], match[2].strip(), source.count("\n", 0, match.start()) + 1))
        cases.append(case)
        line += text.count("\n") + 1
    return cases


def check(case: Case) -> None:
    """Do what a case says, and compare."""
    _refuse_what_says_too_little(case)
    errors = [(text, line) for key, text, line in case.directives if key == "ERROR"]
    if errors:
        _check_errors(case, errors)
        return
    before, after = _module(case), _module(case)
    for name in case.passes:
        apply(after, name)
        verify(after)
    for call in case.all("CALL"):
        _check_call(case, call, before, after)
    for line in case.all("GRAD"):
        match = _GRAD.match(line)
        if not match:
            raise BadCase(f"GRAD reads @f at (1.0, 2), not {line}")
        check_gradient(case, match[1], values(match[2]))
    if case.expected is not None:
        _check_text(case, after)


def _refuse_what_says_too_little(case: Case) -> None:
    keys = {key for key, _, _ in case.directives}
    if not keys & {"CALL", "GRAD", "ERROR"}:
        raise BadCase(f"{case}: a case that runs nothing proves nothing; give it a CALL, a GRAD or an ERROR")
    if "GRAD" not in keys and "ERROR" not in keys and any(name.split("(")[0] in DERIVATIVES for name in case.passes):
        raise BadCase(f"{case}: a case that differentiates needs a GRAD")


def _module(case: Case) -> Module:
    module = parse("\n" * (case.line - 1) + case.source, str(case.path))  # so that errors name lines of the file
    verify(module)
    return module


def apply(module: Module, name: str) -> None:
    """Run a pass on a module; `reverse(@f)` and `forward(@f)` differentiate @f for all its floats and float arrays."""
    match = re.fullmatch(r"(\w+)\(@([\w$.]+)\)", name)
    if match and match[1] in DERIVATIVES:
        differentiate(module, match[1], match[2])
    elif name in PASSES:
        PASSES[name](module)
    else:
        raise BadCase(f"no pass {name}; there are {', '.join([*PASSES, 'reverse(@f)', 'forward(@f)'])}")


def differentiate(module: Module, mode: str, name: str) -> Func:
    """The derivative of a function for all its floats and float arrays, added to its module."""
    function = module.funcs[name]
    active = [[is_differentiable(t) for t in types] for types in (function.arg_types, function.result_types)]
    return DERIVATIVES[mode](module, name, *active)


def values(text: str) -> tuple[Any, ...]:
    """The values in brackets: one is a tuple too."""
    found = eval(text, {"__builtins__": {}}, _NAMES)
    return found if isinstance(found, tuple) else (found,) if text != "()" else ()


def arguments(function: Func, given: tuple[Any, ...]) -> list[Any]:
    """Values as arguments of a function, lists as new arrays of the element type."""
    if len(given) != len(function.args):
        raise BadCase(f"@{function.name} takes {len(function.args)} arguments, the case gives {len(given)}")
    return [np.array(v, dtype(t.element)) if isinstance(t, MemRefType) else v for v, t in zip(given, function.arg_types, strict=True)]


# Engines


def native(module: Module, name: str, args: list[Any]) -> list[Any]:
    """Results of native code."""
    copy = parse(print_module(module))
    for old, new in zip(module.funcs.values(), copy.funcs.values(), strict=True):
        for before, after in zip(old.walk(), new.walk(), strict=True):
            after.loc = before.loc
        lower_arrays(new)
    return compile_module(copy, name, Options())(*args)


ENGINES = {"interpreter": run, "native": native}


# Calls


def _check_call(case: Case, text: str, before: Module, after: Module) -> None:
    match = _CALL.match(text)
    if not match or (match[3] is None and match[5] is None):
        raise BadCase(f"{case}: CALL reads @f(1.0) == 2.0 leaves (…), or @f(1.0) raises ValueError: …, not {text}")
    name, given, relation, expected, left = match.groups()
    if name not in after.funcs:
        raise BadCase(f"{case}: no function @{name} after the passes")
    modules = [("before the passes", before), ("after the passes", after)] if case.passes and name in before.funcs else [("", after)]
    for when, module in modules:
        for engine, execute in ENGINES.items():
            args = arguments(module.funcs[name], values(given))
            where = f"{case}: {text}\n{engine} {when}".rstrip()
            if relation == "raises":
                _check_raises(where, expected, execute, module, name, args)
            else:
                results = execute(module, name, args)
            if relation in ("==", "~="):
                _compare(f"{where}: results", results, values(f"({expected})"), 0.0 if relation == "==" else 1e-8)
            if left is not None:
                _compare(f"{where}: arguments", args, values(left), 1e-8 if relation == "~=" else 0.0)


def _check_raises(where: str, expected: str, execute: Any, module: Module, name: str, args: list[Any]) -> None:
    error, _, message = expected.partition(": ")
    with pytest.raises(getattr(builtins, error)) as caught:
        execute(module, name, args)
    assert message in str(caught.value), f"{where}: raised {caught.value!r}"


def _compare(where: str, found: Any, expected: Any, tolerance: float) -> None:
    assert len(found) == len(expected), f"{where} {list(found)}, expected {len(expected)} values"
    for a, b in zip(found, expected, strict=True):
        same = np.shape(a) == np.shape(b) and np.allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=0.0, equal_nan=True)
        assert same, f"{where} {list(found)}, expected {list(expected)}"


# Errors


def _check_errors(case: Case, errors: list[tuple[str, int]]) -> None:
    try:
        module = _module(case)
        for name in case.passes:
            apply(module, name)
    except IradError as caught:
        found = str(caught)
    else:
        raise AssertionError(f"{case}: nothing failed, expected {errors[0][0]}")
    for text, line in errors:
        assert text in found, f"{case}: failed with {found}\nexpected {text}"
        on_code = not case.source.split("\n")[line - 1].lstrip().startswith("//")
        there = line + case.line - 1
        assert not on_code or re.search(rf'(line {there}\b|":{there}:)', found), f"{case}: failed with {found}\nexpected it on line {there}"


# Text


def _check_text(case: Case, after: Module) -> None:
    expected = parse(case.expected or "", f"{case.path} behind EXPECT")
    updating = os.environ.get("IRAD_UPDATE_CASES") == "1"
    if not expected.funcs and not updating:
        raise BadCase(f"{case}: nothing stands behind EXPECT")
    if expected.funcs and all(
        name in after.funcs and _plain(after.funcs[name]) == _plain(function) for name, function in expected.funcs.items()
    ):
        return
    shown = [after.funcs[name] for name in expected.funcs if name in after.funcs] or list(after.funcs.values())
    found = "\n".join(print_func(function) for function in shown)
    if updating:
        before, behind = case.path.read_text().split(f"{case.source}// EXPECT:\n{case.expected}")
        case.path.write_text(f"{before}{case.source}// EXPECT:\n{found}" + ("\n" + behind if behind else ""))
        return
    lines = difflib.unified_diff(print_module(expected).splitlines(), found.splitlines(), "expected", "found", lineterm="")
    raise AssertionError(f"{case}:\n" + "\n".join(lines))


def _plain(function: Func) -> str:
    return print_func(function, hints=False)


# Derivatives


def check_gradient(case: Case, name: str, given: tuple[Any, ...], step: float = 1e-6) -> None:
    """Differentiate a function after the passes in front of the first derivative, and hold the ways to do that against each other.

    A random direction v of the active arguments and random weights w of the active results and arrays (shadows that start non-zero):
    forward mode gives J v, reverse mode J'w, central differences J v once more; <w, J v> = <J'w, v> is the duality.
    """
    module = _module(case)
    names = case.passes
    first = next((i for i, n in enumerate(names) if n.split("(")[0] in DERIVATIVES), len(names))
    for pass_name in names[:first]:
        apply(module, pass_name)
    function = module.funcs[name]
    derivatives = {mode: differentiate(module, mode, name) for mode in DERIVATIVES}
    for pass_name in names[first:]:
        if pass_name.split("(")[0] not in DERIVATIVES:
            apply(module, pass_name)
    verify(module)
    rng = np.random.default_rng(len(print_func(function)))
    args = arguments(function, given)
    directions = [_random(rng, t, a) for t, a in zip(function.arg_types, args, strict=True)]
    weights = [_random(rng, t, a) if isinstance(t, MemRefType) else None for t, a in zip(function.arg_types, args, strict=True)]
    seeds = [_random(rng, t, 0.0) for t in function.result_types]
    slopes = _finite_differences(module, function, args, directions, step)
    for engine, execute in ENGINES.items():
        where = f"{case}: gradient of @{name} in {engine}"
        tangents = _run_forward(execute, module, derivatives["forward"].name, args, directions)
        for found, expected in zip(tangents, slopes, strict=True):
            assert np.allclose(found, expected, rtol=1e-5, atol=1e-7 * _size(slopes)), f"{where}: forward {tangents}, differences {slopes}"
        gradient = _run_reverse(execute, module, derivatives["reverse"].name, args, weights, seeds)
        forwards = _inner([*seeds, *weights], tangents)
        backwards = _inner(directions, gradient)
        assert np.isclose(forwards, backwards, rtol=1e-9, atol=1e-12 * _size(slopes)), f"{where}: <w, Jv> {forwards}, <J'w, v> {backwards}"


def _random(rng: np.random.Generator, type: Any, like: Any) -> Any:
    """A random number or array, None where the type has no derivative."""
    if not is_differentiable(type):
        return None
    if isinstance(type, FloatType):
        return float(rng.normal())
    if isinstance(type, ComplexType):
        return complex(rng.normal(), rng.normal())
    found = rng.normal(size=like.shape)
    return (found + 1j * rng.normal(size=like.shape) if like.dtype.kind == "c" else found).astype(like.dtype)


def _copies(args: list[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def _outputs(function: Func, results: list[Any], args: list[Any]) -> list[Any]:
    """Active results, then what active arrays hold."""
    active = [r for r, t in zip(results, function.result_types, strict=True) if is_differentiable(t)]
    return active + [a for a, t in zip(args, function.arg_types, strict=True) if isinstance(t, MemRefType) and is_differentiable(t)]


def _finite_differences(module: Module, function: Func, args: list[Any], directions: list[Any], step: float) -> list[Any]:
    ends: list[list[Any]] = []
    for h in (step, -step):
        moved = [a if d is None else a + h * d for a, d in zip(_copies(args), directions, strict=True)]
        ends.append(_outputs(function, run(module, function.name, moved), moved))
    return [(np.asarray(a) - np.asarray(b)) / (2.0 * step) for a, b in zip(*ends, strict=True)]


def _run_forward(execute: Any, module: Module, name: str, args: list[Any], directions: list[Any]) -> list[Any]:
    given: list[Any] = []
    tangents: list[Any] = []
    for a, d in zip(_copies(args), _copies(directions), strict=True):
        given += [a] if d is None else [a, d]
        tangents += [d] if isinstance(d, np.ndarray) else []
    return [*execute(module, name, given), *tangents]


def _run_reverse(execute: Any, module: Module, name: str, args: list[Any], weights: list[Any], seeds: list[Any]) -> list[Any]:
    """Derivatives in the order of the arguments, None for those that have none."""
    given: list[Any] = []
    shadows: list[Any] = []
    for a, w in zip(_copies(args), _copies(weights), strict=True):
        given += [a] if w is None else [a, w]
        shadows.append(w)
    numbers = iter(execute(module, name, [*given, *(s for s in seeds if s is not None)]))
    return [w if w is not None else next(numbers) if isinstance(a, float | complex) else None for a, w in zip(args, shadows, strict=True)]


def _inner(a: list[Any], b: list[Any]) -> float:
    a, b = ([np.asarray(x) for x in side if x is not None] for side in (a, b))
    return float(sum(np.sum(np.conj(x) * y).real for x, y in zip(a, b, strict=True)))


def _size(slopes: list[Any]) -> float:
    return max([1.0, *(float(np.max(np.abs(s), initial=0.0)) for s in slopes)])
