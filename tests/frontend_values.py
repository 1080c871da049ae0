"""Runs Python functions on traced values without the source rewriter: builds IR, verifies it, runs it in the interpreter."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from irad.frontend import abstract, values
from irad.frontend.numpy_api import FUNCTIONS
from irad.frontend.values import Array, Scalar, Traced
from irad.ir.builder import Builder, building, current
from irad.ir.core import Block, Func, Module
from irad.ir.interpreter import run
from irad.ir.ops import func
from irad.ir.verifier import verify


class Namespace:
    """A module whose functions are irad's while IR is being built, and its own otherwise."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        function = getattr(self.module, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return (FUNCTIONS[function] if current() is not None else function)(*args, **kwargs)

        return call if callable(function) else function


NP, MATH, PY = Namespace(np), Namespace(math), Namespace(builtins)


class Built:
    """A function on traced values, as IR."""

    def __init__(self, f: Callable[..., Any], *args: Any) -> None:
        specs = [abstract.spec_of(x) for x in args]
        self.block = Block([abstract.to_ir(s) for s in specs])
        self.captured: list[np.ndarray] = []
        self.function = Func("f", self.block, ())
        self.module = Module([self.function])
        previous, values.capture = values.capture, self._capture
        try:
            with building(Builder(self.block)) as b:
                result = f(*(abstract.wrap(v, s) for v, s in zip(self.block.args, specs, strict=True)))
                self.result = result
                traced = [x for x in _leaves(result) if isinstance(x, Traced)]
                b.op(func.Return, [x.value for x in traced])
        finally:
            values.capture = previous
        self.function.result_types = tuple(x.value.type for x in traced)
        verify(self.module)

    def _capture(self, array: np.ndarray) -> Array:
        for known, arg in zip(self.captured, self.block.args[-len(self.captured) :] if self.captured else [], strict=True):
            if known is array:
                return abstract.wrap(arg, abstract.spec_of(array))
        self.captured.append(array)
        spec = abstract.spec_of(array)
        return abstract.wrap(self.block.add_arg(abstract.to_ir(spec)), spec)

    def __call__(self, *args: Any) -> Any:
        found = iter(run(self.module, "f", [*args, *self.captured]))
        return _rebuild(self.result, found)

    def count(self, cls: type) -> int:
        """How many operations of a class there are."""
        return sum(isinstance(op, cls) for op in self.function.walk())


def _leaves(tree: Any) -> list[Any]:
    return [x for v in tree for x in _leaves(v)] if isinstance(tree, tuple | list) else [tree]


def _rebuild(tree: Any, found: Iterator[Any]) -> Any:
    if isinstance(tree, tuple | list):
        return tuple(_rebuild(v, found) for v in tree)
    return _result(next(found), tree) if isinstance(tree, Traced) else tree


def _result(raw: Any, traced: Traced) -> Any:
    if isinstance(traced, Array):
        return raw.view(traced.dtype)
    assert isinstance(traced, Scalar)
    if traced.weak:
        return {"f": float, "i": int, "b": bool}[traced.dtype.kind](raw)
    if traced.dtype.kind == "u":
        raw &= (1 << 8 * traced.dtype.itemsize) - 1
    return traced.dtype.type(raw)


def call(f: Callable[..., Any], *args: Any) -> Any:
    """The result of the built function."""
    return Built(f, *args)(*args)


def check(f: Callable[..., Any], *args: Any, rtol: float = 1e-12, exact: bool = False) -> None:
    """Built and run, a function gives what NumPy gives: values, dtypes, weakness of scalars, contents of its arguments."""
    copies = [x.copy() if isinstance(x, np.ndarray) else x for x in args]
    got = call(f, *args)
    with np.errstate(all="ignore"):
        want = f(*copies)
    compare(got, want, rtol, exact)
    for x, y in zip(args, copies, strict=True):
        if isinstance(x, np.ndarray):
            np.testing.assert_allclose(x, y, rtol=rtol)


def compare(got: Any, want: Any, rtol: float, exact: bool) -> None:
    """Same structure, types and values."""
    if isinstance(want, tuple | list):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            compare(g, w, rtol, exact)
        return
    if isinstance(want, np.ndarray | np.generic):
        assert got.dtype == want.dtype, (got.dtype, want.dtype)
        assert np.shape(got) == np.shape(want)
    elif not isinstance(got, np.ndarray):
        assert type(got) is type(want), (got, want)
    if exact:
        np.testing.assert_array_equal(got, want)
    else:
        np.testing.assert_allclose(got, want, rtol=max(rtol, 1e-6 if getattr(want, "dtype", None) == np.float32 else 0))
