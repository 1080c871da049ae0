"""Transforms inside traced code: the inner function is traced and differentiated on its own, and called from the outer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from irad.api.calling import rebuild
from irad.api.compiled import reads_strides
from irad.api.leaves import Leaves, World, has_parts, take_apart, update
from irad.frontend import Trace, trace
from irad.frontend import sizes as S
from irad.frontend.abstract import ArraySpec, ScalarSpec, Static, coerce, spec_of, wrap
from irad.frontend.arguments import OfFunction, only_floats, parts_of
from irad.frontend.broadcast import view
from irad.frontend.calls import call as traced_call
from irad.frontend.state import state
from irad.frontend.values import as_traced, emitter, refuse
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Module, Value
from irad.ir.ops import func, irad, memref
from irad.ir.types import MemRefType, is_differentiable
from irad.options import current_options
from irad.passes.ad.activity import Activity
from irad.passes.ad.forward import forward
from irad.passes.ad.reverse import reverse
from irad.passes.ad.tape import zero_fill
from irad.passes.alias import Alias
from irad.passes.pipeline import optimize
from irad.pytree import aligned


class Inner:
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

    def fit_shadow(self, i: int, shadow: Value | None = None) -> Value:
        """The shadow of parameter i, zeroed if none is given, with the array's strides where the derivative computes with these.

        An array that is only read is copied for that, since its elements may overlap.
        """
        b, value = emitter(), self.values[i]
        assert isinstance(value.type, MemRefType)
        source = b.constant(0.0, value.type.element) if shadow is None else shadow
        if value.type.rank and value.type.strided and reads_strides(self.module):
            if i in self.trace.written:
                return _filled(b, _with_strides_of(b, value), source)
            self.values[i] = _filled(b, _same_shape(b, value), value)
        return _zero_shadow(b, value) if shadow is None else shadow

    def outcome(self, leaves: Leaves, results: Iterator[Value]) -> Any:
        """The result; what the function has rebound in its arguments is written back."""
        value = rebuild(self.trace.result, results, wrapped, leaves)
        for write in self.trace.writes:
            entries = {k: rebuild(tree, results, wrapped, leaves) for k, tree in write.entries.items()}
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
    if isinstance(spec, ScalarSpec | ArraySpec) and spec.dtype.kind in "fc":
        return spec
    raise refuse("a derivative is taken by floats and float arrays only; this argument is neither.")


def _is_float(x: Any) -> bool:
    spec = spec_of(x)
    return isinstance(spec, ScalarSpec | ArraySpec) and spec.dtype.kind in "fc"


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
    made = _same_shape(b, value)
    zero_fill(b, made)
    return made


def _same_shape(b: Builder, value: Value) -> Value:
    """An array of the same shape, under the same type."""
    kind = value.type
    assert isinstance(kind, MemRefType)
    return cast_memref(b, b.alloc(kind.element, S.dims(b, value)), kind)


def _with_strides_of(b: Builder, value: Value) -> Value:
    """An array of the same shape, strides and type, in as much memory as these take."""
    kind = value.type
    assert isinstance(kind, MemRefType)
    sizes, strides = S.dims(b, value), S.strides(b, value)
    before: S.Size = 0
    behind: S.Size = 0
    for size, stride in zip(sizes, strides, strict=True):
        reach = S.mul(b, stride, S.maximum(b, S.sub(b, size, 1), 0))
        before = S.add(b, before, S.maximum(b, S.sub(b, 0, reach), 0))
        behind = S.add(b, behind, S.maximum(b, reach, 0))
    block = b.alloc(kind.element, [S.add(b, S.add(b, before, behind), 1)])
    return cast_memref(b, view(b, block, before, sizes, strides), kind)


def cast_memref(b: Builder, value: Value, kind: MemRefType) -> Value:
    """The same memory under a type that its own widens to."""
    return value if value.type == kind else b.op(memref.Cast, (value,), None, (kind,)).result


def _filled(b: Builder, array: Value, source: Value) -> Value:
    """The array, after elements of another, or a number, have been copied into it."""
    assert isinstance(array.type, MemRefType)
    body = Block([array.type.element])
    Builder(body, None, b.loc).yield_(*body.args)
    b.op(irad.Map, (array, source), None, (), [body])
    return array


def call(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    """A compiled function called from traced code is traced in."""
    return traced_call(f, *args)


def value_and_grad(f: Callable[..., Any], args: Sequence[Any], chosen: Sequence[int], first: bool) -> tuple[Any, list[Any]]:
    """Value and gradients of an inner function at traced arguments; with `first`, of the first entry of a tuple that it may return."""
    flat_f, leaves = _take_apart(f, args, chosen)
    active = _active_leaves(leaves, chosen)
    inner = Inner(flat_f, leaves.leaves, active)
    tree = inner.trace.result
    number = next(iter(parts_of(tree)), None) if first and isinstance(tree, tuple | dict) else tree
    if not isinstance(number, ScalarSpec) or number.dtype.kind != "f":
        raise refuse(f"a gradient needs a function that returns one real number; {inner.name} does not.")
    results = [i == 0 for i in range(len(inner.module.funcs[inner.name].result_types))]
    flags = inner.flags(active, results)
    b = emitter()
    operands: list[Value] = []
    shadows: dict[int, Value] = {}
    for k, (i, on) in enumerate(zip(inner.positions, flags, strict=True)):
        shadow = [inner.fit_shadow(k)] if on and isinstance(inner.values[k].type, MemRefType) else []
        operands += [inner.values[k], *shadow]
        shadows.update((i, v) for v in shadow)
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
    inner = Inner(flat_f, leaves.leaves, active)
    primal = inner.module.funcs[inner.name]
    flags = inner.flags(active, None)
    operands: list[Value] = []
    tangents = list(leaves.leaves)
    for k, (i, on) in enumerate(zip(inner.positions, flags, strict=True)):
        tangent = direction_of(None if i < 0 else along[i], inner.values[k], inner.specs[i]) if on else None
        if on and isinstance(inner.values[k].type, MemRefType):
            tangent = inner.fit_shadow(k, tangent)
        operands += [inner.values[k]] if tangent is None else [inner.values[k], tangent]
        if tangent is not None and i >= 0:
            tangents[i] = wrap(tangent, inner.specs[i])
    results = [is_differentiable(t) for t in primal.result_types]
    derivative = forward(inner.module, inner.name, flags, results, with_primal=True)
    flat = inner.call(derivative, operands)
    value = inner.outcome(leaves, iter(flat))
    world = World(tangents, leaves.trees(tangents)[1])
    return value, rebuild(only_floats(inner.trace.result), iter(flat[len(results) :]), wrapped, world)


def wrapped(spec: Any, value: Any) -> Any:
    """The traced value of a spec, as `rebuild` asks for it."""
    return wrap(value, spec)


class GradientOf(OfFunction):
    """The gradient of a function by the argument behind those that are bound, in traced code."""

    def __init__(self, f: Callable[..., Any], first: int) -> None:
        super().__init__(f)
        self._first = first

    def __irad_call__(self, *args: Any) -> Any:
        return value_and_grad(self.function(), args, [self._first], False)[1][0]


def direction_of(direction: Any, value: Value, spec: Any) -> Value | None:
    """The tangent of a parameter; None for an array that has none yet."""
    if not isinstance(value.type, MemRefType):
        return emitter().constant(0.0, value.type) if direction is None else coerce(direction, spec).value
    if direction is None:
        return None
    return cast_memref(emitter(), as_traced(direction).copy().value, value.type)
