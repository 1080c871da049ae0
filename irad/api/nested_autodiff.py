"""`autodiff` inside traced code: shadows are traced arrays, which the inner derivative adds to where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from irad.api.annotations import Active, Annotation, Const, Duplicated
from irad.api.calling import rebuild
from irad.api.leaves import has_derivative, has_parts
from irad.api.nested import Inner, cast_memref, direction_of, wrapped
from irad.errors import RuntimeActivityError
from irad.frontend.abstract import ArraySpec, ScalarSpec, coerce, join, spec_of, wrap
from irad.frontend.arguments import leaves_of, only_floats
from irad.frontend.arrays import copy_into
from irad.frontend.values import Array, as_traced, emitter, refuse, wrong
from irad.ir.core import Value
from irad.ir.types import MemRefType, is_differentiable
from irad.passes.ad.activity import Activity
from irad.passes.ad.forward import forward
from irad.passes.ad.reverse import reverse
from irad.passes.alias import Alias


class _Call:
    """An inner function, its annotated arguments, and the operands of the call of its derivative."""

    def __init__(self, f: Callable[..., Any], annotated: Sequence[Annotation]) -> None:
        for i, a in enumerate(annotated):
            if not isinstance(a, Const) and has_parts(a.val):
                raise refuse(f"argument {i} of autodiff in compiled code has parts.", "Pass its arrays and numbers one by one.")
        self.annotated = annotated
        self.active = [i for i, a in enumerate(annotated) if not isinstance(a, Const) and has_derivative(a.val)]
        self.inner = Inner(f, [_in_common_layout(a) for a in annotated], self.active)
        self.primal = self.inner.module.funcs[self.inner.name]
        self.operands: list[Value] = []
        self.copies: list[tuple[Array, Array]] = []

    def flags(self, results: list[bool] | None) -> list[bool]:
        """Which parameters are active; memory that is not, but would need a shadow, is an error."""
        inner = self.inner
        flags = [i in self.active and is_differentiable(v.type) for i, v in zip(inner.positions, inner.values, strict=True)]
        for arg in Activity(inner.module, self.primal, Alias(self.primal), flags, results).forced:
            name = f"argument {arg.hint}" if arg.hint else f"argument {arg.index}"
            text = f"an active value is stored into {name}, or may share a variable with it, but {name} is Const and has no shadow. "
            raise wrong(RuntimeActivityError, text + "Pass it as Duplicated, with a shadow of zeros, or copy it first.")
        return flags

    def add(self, k: int, shadow: Value | None) -> None:
        """Append parameter k, and its shadow; where that has to be copied, the copy is written back by `finish`."""
        value = self.inner.values[k]
        if shadow is not None and isinstance(value.type, MemRefType):
            used = self.inner.fit_shadow(k, cast_memref(emitter(), shadow, value.type))
            if used is not shadow and used.op is not None and used.op.name != "memref.cast":
                dtype = as_traced(self.annotated[self.inner.positions[k]].val).dtype
                self.copies.append((Array(shadow, dtype), Array(used, dtype)))
            shadow = used
        self.operands += [self.inner.values[k]] if shadow is None else [self.inner.values[k], shadow]

    def finish(self) -> None:
        """Write copies of shadows back."""
        for shadow, used in self.copies:
            copy_into(emitter(), shadow, used)


def _in_common_layout(a: Annotation) -> Any:
    """An argument under the spec that fits its shadow too: strided if one of the two is."""
    if not isinstance(a, Duplicated):
        return a.val
    value, shadow = as_traced(a.val), as_traced(a.dval)
    if not isinstance(value, Array):
        return value
    spec, other = spec_of(value), spec_of(shadow)
    if not isinstance(other, ArraySpec) or not isinstance(spec, ArraySpec) or (spec.dtype, spec.rank) != (other.dtype, other.rank):
        raise wrong(TypeError, f"a shadow has the type of what it shadows: {value!r} and {shadow!r}")
    common = join(spec, other)
    assert common is not None
    return coerce(value, common)


def reverse_mode(
    f: Callable[..., Any], annotated: Sequence[Annotation], activity: type[Annotation] | None, with_primal: bool
) -> tuple[tuple[Any, ...], Any]:
    """The derivatives by the Active arguments, and the result."""
    call = _Call(f, annotated)
    inner, tree = call.inner, call.inner.trace.result
    for i in call.active:
        if isinstance(annotated[i], Duplicated) and not isinstance(as_traced(annotated[i].val), Array):
            raise wrong(TypeError, f"argument {i} is Duplicated, but a number is passed by value; in reverse mode use Active")
    seeded = activity is Active or (activity is None and bool(leaves_of(tree)))
    if seeded and not (isinstance(tree, ScalarSpec) and tree.dtype.kind == "f"):
        raise refuse(f"a gradient needs a function that returns one real number; {inner.name} does not.")
    results = [seeded and i == 0 for i in range(len(call.primal.result_types))]
    flags = call.flags(results)
    for k, (i, on) in enumerate(zip(inner.positions, flags, strict=True)):
        shadow = annotated[i].dval if on and isinstance(annotated[i], Duplicated) else None  # type: ignore[attr-defined]
        call.add(k, None if shadow is None else as_traced(shadow).value)
    derivative = reverse(inner.module, inner.name, flags, results, with_primal)
    if seeded:
        call.operands.append(emitter().constant(1.0, call.primal.result_types[0]))
    flat = inner.call(derivative, call.operands)
    call.finish()
    count = len(results) if with_primal else 0
    primal = rebuild(tree, iter(flat[:count]), wrapped) if with_primal else None
    cotangents = iter(flat[count:])
    derivs: list[Any] = [None] * len(annotated)
    for i, value, on in zip(inner.positions, inner.values, flags, strict=True):
        if on and not isinstance(value.type, MemRefType):
            derivs[i] = wrap(next(cotangents), inner.specs[i])
    return tuple(derivs), primal


def forward_mode(f: Callable[..., Any], annotated: Sequence[Annotation], with_primal: bool) -> tuple[Any, Any]:
    """The result (None unless it is wanted) and its tangent."""
    call = _Call(f, annotated)
    inner, tree = call.inner, call.inner.trace.result
    flags = call.flags(None)
    for k, (i, on) in enumerate(zip(inner.positions, flags, strict=True)):
        a = annotated[i] if on else None
        if a is not None and isinstance(inner.values[k].type, MemRefType):
            call.add(k, as_traced(a.dval).value)  # type: ignore[attr-defined]
        else:
            call.add(k, None if a is None else direction_of(a.dval, inner.values[k], inner.specs[i]))  # type: ignore[attr-defined]
    results = [is_differentiable(t) for t in call.primal.result_types]
    derivative = forward(inner.module, inner.name, flags, results, with_primal)
    flat = inner.call(derivative, call.operands)
    call.finish()
    count = len(results) if with_primal else 0
    primal = rebuild(tree, iter(flat[:count]), wrapped) if with_primal else None
    return primal, rebuild(only_floats(tree), iter(flat[count:]), wrapped)
