"""Transforms inside traced code: the inner function is traced and differentiated on its own, and called from the outer one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.api.calling import leaves_of, rebuild
from irad.frontend import Trace, trace
from irad.frontend.abstract import ArraySpec, ScalarSpec, Static, coerce, spec_of, wrap
from irad.frontend.calls import call as traced_call
from irad.frontend.state import state
from irad.frontend.values import as_traced, emitter, refuse
from irad.ir.builder import Builder
from irad.ir.core import Func, Module, Value
from irad.ir.ops import func, memref
from irad.ir.types import MemRefType, is_differentiable
from irad.options import current_options
from irad.passes.ad.activity import Activity
from irad.passes.ad.forward import forward
from irad.passes.ad.reverse import reverse
from irad.passes.ad.tape import zero_fill
from irad.passes.alias import Alias
from irad.passes.pipeline import optimize

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


class _Inner:
    """The inner function, traced with the outer trace's values, and the operands that it is called with."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], active: Sequence[int]) -> None:
        args = [as_traced(a) for a in args]
        specs = [_float_spec(spec_of(a)) if i in active else spec_of(a) for i, a in enumerate(args)]
        self.specs = specs
        self.trace: Trace = trace(f, specs)
        state().exceptions.update(self.trace.exceptions)
        state().guards.include(self.trace.guards)
        self.module = self.trace.module
        self.name = self.trace.func.name
        optimize(self.module, current_options())
        params = [(i, coerce(a, s)) for i, (a, s) in enumerate(zip(args, specs, strict=True)) if not isinstance(s, Static)]
        extra = [as_traced(a) for a in self.trace.captures] + list(self.trace.free)
        self.positions = [i for i, _ in params] + [-1] * len(extra)
        self.values: list[Value] = [a.value for a in (*(a for _, a in params), *extra)]

    def flags(self, active: Sequence[int], results: list[bool] | None) -> list[bool]:
        """Which parameters are active: those asked for, and memory that turns out to need a shadow."""
        primal = self.module.funcs[self.name]
        flags = [i in active and is_differentiable(v.type) for i, v in zip(self.positions, self.values, strict=True)]
        while True:
            forced = Activity(self.module, primal, Alias(primal), flags, results).forced
            if not forced:
                return flags
            for arg in forced:
                flags[arg.index] = True

    def call(self, callee: Func, operands: Sequence[Value]) -> list[Value]:
        """Move the module's functions into the outer module, and call one of them."""
        _merge(self.module)
        return emitter().op(func.Call, operands, {"callee": callee.name}, callee.result_types).results


def _float_spec(spec: Any) -> Any:
    if isinstance(spec, ScalarSpec) and spec.dtype.kind in "iu":
        return spec_of(0.0)
    if isinstance(spec, ScalarSpec | ArraySpec) and spec.dtype.kind == "f":
        return spec
    raise refuse("a derivative is taken by floats and float arrays only; this argument is neither.")


def _merge(inner: Module) -> None:
    outer = state().module
    for f in list(inner.funcs.values()):
        new = outer.unique_name(f.name)
        for other in inner.funcs.values():
            for op in other.walk():
                if isinstance(op, func.Call) and op.callee == f.name:
                    op.attrs["callee"] = new
        f.name = new
        f.attrs.pop("noalias", None)
        f.attrs.pop("alias_groups", None)
        outer.funcs[new] = f


def _zero_shadow(b: Builder, value: Value) -> Value:
    """A zeroed array of the same shape, under the same type."""
    kind = value.type
    assert isinstance(kind, MemRefType)
    sizes = [b.dim(value, axis) if n is None else n for axis, n in enumerate(kind.shape)]
    made = b.alloc(kind.element, sizes)
    zero_fill(b, made)
    return made if made.type == kind else b.op(memref.Cast, (made,), None, (kind,)).result


def call(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    """A compiled function called from traced code is traced in."""
    return traced_call(f, *args)


def value_and_grad(f: Callable[..., Any], args: Sequence[Any], chosen: Sequence[int], has_aux: bool) -> tuple[Any, list[Any]]:
    """Value and gradients of an inner function at traced arguments."""
    inner = _Inner(f, args, chosen)
    tree = inner.trace.result
    number = tree[0] if has_aux and isinstance(tree, tuple) and tree else tree
    if not isinstance(number, ScalarSpec) or number.dtype.kind != "f":
        raise refuse(f"a gradient needs a function that returns one real number; {inner.name} does not.")
    count = len(leaves_of(tree))
    results = [i == 0 for i in range(count)]
    flags = inner.flags(chosen, results)
    b = emitter()
    operands: list[Value] = []
    shadows: dict[int, Value] = {}
    for i, value, on in zip(inner.positions, inner.values, flags, strict=True):
        operands.append(value)
        if on and isinstance(value.type, MemRefType):
            shadow = _zero_shadow(b, value)
            operands.append(shadow)
            shadows[i] = shadow
    derivative = reverse(inner.module, inner.name, flags, results, with_primal=True)
    operands.append(b.constant(1.0, inner.module.funcs[inner.name].result_types[0]))
    flat = inner.call(derivative, operands)
    value = rebuild(tree, iter(flat), lambda spec, v: wrap(v, spec))
    cotangents = iter(flat[count:])
    found: dict[int, Any] = {}
    for i, v, on in zip(inner.positions, inner.values, flags, strict=True):
        if on:
            gradient = shadows[i] if isinstance(v.type, MemRefType) else next(cotangents)
            found[i] = wrap(gradient, inner.specs[i]) if i >= 0 else None
    return value, [found[i] for i in chosen]


def jvp(f: Callable[..., Any], primals: Sequence[Any], directions: Sequence[Any]) -> tuple[Any, Any]:
    """Value and directional derivative of an inner function at traced arguments."""
    active = [i for i, p in enumerate(primals) if getattr(spec_of(p), "dtype", None) in _FLOATS]
    inner = _Inner(f, primals, active)
    primal = inner.module.funcs[inner.name]
    flags = inner.flags(active, None)
    b = emitter()
    operands: list[Value] = []
    for i, value, on in zip(inner.positions, inner.values, flags, strict=True):
        operands.append(value)
        if on and i < 0:
            operands.append(_zero_shadow(b, value))
        elif on:
            operands.append(_direction(directions[i], value, spec_of(primals[i])))
    results = [is_differentiable(t) for t in primal.result_types]
    derivative = forward(inner.module, inner.name, flags, results, with_primal=True)
    flat = inner.call(derivative, operands)
    tree, specs = inner.trace.result, leaves_of(inner.trace.result)
    value = rebuild(tree, iter(flat), lambda spec, v: wrap(v, spec))
    rest = iter(flat[len(specs) :])
    tangents = [wrap(next(rest), s) if on else None for s, on in zip(specs, results, strict=True)]
    return value, rebuild(tree, iter(tangents), lambda spec, v: v)


def _direction(direction: Any, value: Value, spec: Any) -> Value:
    if not isinstance(value.type, MemRefType):
        return coerce(direction, spec).value
    copied = as_traced(direction).copy()
    return copied.value if copied.value.type == value.type else emitter().op(memref.Cast, (copied.value,), None, (value.type,)).result
