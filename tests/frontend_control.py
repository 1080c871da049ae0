"""Traces Python functions from their source, and compares the interpreter's run of the IR with Python."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import irad
from irad.frontend import Trace, trace
from irad.frontend.abstract import ScalarSpec, Static, spec_of
from irad.ir.core import Op
from irad.ir.interpreter import run
from irad.ir.verifier import verify
from irad.pytree import flatten, rebuild

Case = tuple[Callable[..., Any], tuple[Any, ...]]


def programs() -> tuple[list[Case], Callable[..., Callable[[Callable[..., Any]], Callable[..., Any]]]]:
    """A list of cases, and the decorator that puts a function with lists of arguments into it."""
    cases: list[Case] = []

    def case(*arguments: tuple[Any, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def add(f: Callable[..., Any]) -> Callable[..., Any]:
            cases.extend((f, args) for args in arguments)
            return f

        return add

    return cases, case


def name_of(x: Any) -> str:
    """The name of a test's parameter."""
    return getattr(x, "__name__", None) or ",".join("array" if isinstance(v, np.ndarray) else str(v) for v in x)


def traced(f: Callable[..., Any], *args: Any) -> Trace:
    """The verified trace of a function for arguments like these."""
    found = trace(f, [spec_of(a) for a in args])
    verify(found.module)
    return found


def execute(found: Trace, args: Any) -> Any:
    """Run a trace in the interpreter: its result as Python's function would give it."""
    given = [a for a in args if not isinstance(spec_of(a), Static)]
    leaves, structure = flatten(found.result)
    results = iter(run(found.module, found.func.name, [*given, *found.captures]))
    return rebuild(structure, [s.value if isinstance(s, Static) else _value(next(results), s) for s in leaves])


def _value(x: Any, spec: Any) -> Any:
    return bool(x) if isinstance(spec, ScalarSpec) and spec.dtype == np.bool_ else x


def outcome(f: Callable[..., Any], args: Any) -> tuple[Any, type[BaseException] | None]:
    """What a function gives or raises."""
    try:
        return f(*args), None
    except Exception as error:
        return None, type(error)


def check(f: Callable[..., Any], *args: Any) -> Trace:
    """The trace does what Python does: result, exception, contents of the arguments afterwards."""
    found = traced(f, *args)
    mine, reference = copy.deepcopy(args), copy.deepcopy(args)
    want, error = outcome(f, reference)
    got, raised = outcome(lambda *a: execute(found, a), mine)
    assert raised is error
    for a, b in zip(mine, reference, strict=True):
        if isinstance(a, np.ndarray):
            np.testing.assert_allclose(a, b, rtol=1e-13)
    if error is None:
        compare(got, want)
    return found


def compare(got: Any, want: Any) -> None:
    """Equal trees of numbers and arrays, of the same kinds."""
    assert type(got) is type(want) or not isinstance(want, list | tuple | dict | str | None)
    if isinstance(want, list | tuple):
        assert len(got) == len(want)
        for a, b in zip(got, want, strict=True):
            compare(a, b)
    elif isinstance(want, dict):
        assert got.keys() == want.keys()
        for key, value in want.items():
            compare(got[key], value)
    elif isinstance(want, str) or want is None:
        assert got == want
    else:
        np.testing.assert_allclose(got, want, rtol=1e-13)  # an int may have become a float at a join


def ops(found: Trace, cls: type[Op]) -> list[Op]:
    """All operations of a class."""
    return list(_ops(found, cls))


def _ops(found: Trace, cls: type[Op]) -> Iterator[Op]:
    for func in found.module.funcs.values():
        for op in func.walk():
            if isinstance(op, cls):
                yield op


def check_slopes(f: Callable[..., Any], x: float, n: int) -> None:
    """Values of a program of a number and a count, and its derivative in both modes against differences."""
    check(f, x, n)
    assert irad.jit(f)(x, n) == pytest.approx(f(x, n), rel=1e-12)
    h = 1e-6
    slope = irad.grad(f)(x, n)
    assert slope == pytest.approx((f(x + h, n) - f(x - h, n)) / (2 * h), rel=1e-5, abs=1e-6)
    _, tangent = irad.jvp(lambda x: f(x, n), (x,), (1.0,))
    assert tangent == pytest.approx(slope, rel=1e-9, abs=1e-12)
