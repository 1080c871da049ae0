"""Transforms inside traced code: the inner function is traced and differentiated on its own, and called from the outer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from irad.api.calling import rebuild
from irad.api.leaves import Leaves, World, has_parts, take_apart, update
from irad.frontend import Trace, trace
from irad.frontend.abstract import ArraySpec, ScalarSpec, Static, coerce, spec_of, wrap
from irad.frontend.arguments import OfFunction, only_floats, parts_of
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
from irad.pytree import aligned


class _Inner:
    """The inner function, traced with the outer trace's values, and the operands that it is called with."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], active: Sequence[int]) -> None:
        args = [as_traced(a) for a in args]
        specs = [_float_spec(spec_of(a)) if i in active else spec_of(a) for i, a in enumerate(args)]
        self.specs = specs
        self.trace: Trace = trace(f, specs)
        state().exceptions.update(self.trace.exceptions)
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

    def outcome(self, leaves: Leaves, results: Iterator[Value]) -> Any:
        """The result; what the function has rebound in its arguments is written back."""
        value = rebuild(self.trace.result, results, _wrapped, leaves)
        for write in self.trace.writes:
            entries = {k: rebuild(tree, results, _wrapped, leaves) for k, tree in write.entries.items()}
            container = leaves.containers[write.container]
            state().writes(container)
            update(container, entries, write.removed)
        return value

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


def _is_float(x: Any) -> bool:
    spec = spec_of(x)
    return isinstance(spec, ScalarSpec | ArraySpec) and spec.dtype.kind == "f"


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
    return f(*args)


def value_and_grad(f: Callable[..., Any], args: Sequence[Any], chosen: Sequence[int], has_aux: bool) -> tuple[Any, list[Any]]:
    """Value and gradients of an inner function at traced arguments."""
    flat_f, leaves = _take_apart(f, args, chosen)
    active = _active_leaves(leaves, chosen)
    inner = _Inner(flat_f, leaves.leaves, active)
    tree = inner.trace.result
    number = next(iter(parts_of(tree)), None) if has_aux and isinstance(tree, tuple | dict) else tree
    if not isinstance(number, ScalarSpec) or number.dtype.kind != "f":
        raise refuse(f"a gradient needs a function that returns one real number; {inner.name} does not.")
    results = [i == 0 for i in range(len(inner.module.funcs[inner.name].result_types))]
    flags = inner.flags(active, results)
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
    value = inner.outcome(leaves, iter(flat))
    cotangents = iter(flat[len(results) :])
    found: list[Any] = [None] * len(leaves.leaves)
    for i, v, on in zip(inner.positions, inner.values, flags, strict=True):
        if on:
            gradient = shadows[i] if isinstance(v.type, MemRefType) else next(cotangents)
            if i >= 0:
                found[i] = wrap(gradient, inner.specs[i])
    gradients = leaves.trees([x if i in active else None for i, x in enumerate(found)])[0]
    return value, [gradients[i] for i in chosen]


def _take_apart(f: Callable[..., Any], args: Sequence[Any], chosen: Sequence[int]) -> tuple[Callable[..., Any], Leaves]:
    """The inner function of leaves, if it is differentiated by a tree; other objects are read as they are."""
    if any(has_parts(args[i]) for i in chosen):
        return take_apart(f, args)
    return f, Leaves(args, owner=range(len(args)))


def _active_leaves(leaves: Leaves, chosen: Sequence[int]) -> list[int]:
    """The leaves by which is differentiated: of a tree those that are floats, and an int alone, which counts as one."""
    parts = leaves.structure.parts if leaves.structure is not None else None
    return [
        k for k, i in enumerate(leaves.owner) if i in chosen and (parts is None or parts[i].kind is None or _is_float(leaves.leaves[k]))
    ]


def jvp(f: Callable[..., Any], primals: Sequence[Any], directions: Sequence[Any]) -> tuple[Any, Any]:
    """Value and directional derivative of an inner function at traced arguments."""
    flat_f, leaves = _take_apart(f, primals, range(len(primals)))
    along = list(directions)
    if leaves.structure is not None:
        along = [d for i, part in enumerate(leaves.structure.parts) for d in aligned(part, directions[i], f"tangent {i}")]
    active = [k for k, x in enumerate(leaves.leaves) if _is_float(x)]
    inner = _Inner(flat_f, leaves.leaves, active)
    primal = inner.module.funcs[inner.name]
    flags = inner.flags(active, None)
    b = emitter()
    operands: list[Value] = []
    tangents = list(leaves.leaves)
    for i, value, on in zip(inner.positions, inner.values, flags, strict=True):
        operands.append(value)
        if on and (i < 0 or along[i] is None):
            operands.append(_zero_shadow(b, value) if isinstance(value.type, MemRefType) else b.constant(0.0, value.type))
        elif on:
            operands.append(_direction(along[i], value, inner.specs[i]))
        if on and i >= 0:
            tangents[i] = wrap(operands[-1], inner.specs[i])
    results = [is_differentiable(t) for t in primal.result_types]
    derivative = forward(inner.module, inner.name, flags, results, with_primal=True)
    flat = inner.call(derivative, operands)
    value = inner.outcome(leaves, iter(flat))
    world = World(tangents, leaves.trees(tangents)[1])
    return value, rebuild(only_floats(inner.trace.result), iter(flat[len(results) :]), _wrapped, world)


def _wrapped(spec: Any, value: Any) -> Any:
    return wrap(value, spec)


class GradientOf(OfFunction):
    """The gradient of a function by the argument behind those that are bound, in traced code."""

    def __init__(self, f: Callable[..., Any], first: int) -> None:
        super().__init__(f)
        self._first = first

    def __irad_call__(self, *args: Any) -> Any:
        return value_and_grad(self.function(), args, [self._first], False)[1][0]


def _direction(direction: Any, value: Value, spec: Any) -> Value:
    if not isinstance(value.type, MemRefType):
        return coerce(direction, spec).value
    copied = as_traced(direction).copy()
    return copied.value if copied.value.type == value.type else emitter().op(memref.Cast, (copied.value,), None, (value.type,)).result
