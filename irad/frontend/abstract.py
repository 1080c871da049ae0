"""Specs: the types of traced values, by which versions are specialised and carried values joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.errors import InternalError
from irad.frontend import sizes as S
from irad.frontend.arrays import read_only
from irad.frontend.dtypes import INT64, Kind, canonical, element_type, kind_of_number, promote, scalar_type
from irad.frontend.emit import constant
from irad.frontend.scalars import cast
from irad.frontend.values import Array, Scalar, Traced, as_traced, emitter
from irad.ir.core import Value
from irad.ir.ops import memref
from irad.ir.types import MemRefType, Type


@dataclass(frozen=True, slots=True)
class ScalarSpec:
    """A number of a dtype; weak as Python's numbers are, or strong as NumPy's scalars and array elements."""

    dtype: np.dtype
    weak: bool


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """An array; `shape` has the sizes that are part of the type, None where a size is not, and is None if none is.

    Through a read-only one, as np.broadcast_to and np.diagonal give, traced code cannot write.
    """

    dtype: np.dtype
    rank: int
    contiguous: bool
    shape: tuple[int | None, ...] | None = None
    readonly: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """A value that is known while tracing and is not a number: None, a string, a callable, an object."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Static):
            return NotImplemented
        if self.value is other.value:
            return True
        if type(self.value) is not type(other.value) or type(self.value).__eq__ is object.__eq__:
            return False
        return self.value == other.value

    def __hash__(self) -> int:
        try:
            return hash((type(self.value), self.value))
        except TypeError:
            return hash((type(self.value), id(self.value)))


Spec = ScalarSpec | ArraySpec | Static


def spec_of(x: Any) -> Spec:
    """The spec of a traced value, a number or a real array; of anything else, that value itself as Static.

    Raises DtypeError for a dtype that irad does not have.
    """
    if isinstance(x, Scalar):
        return ScalarSpec(x.dtype, x.weak)
    if isinstance(x, Array):
        shape = x.type.shape
        return ArraySpec(x.dtype, x.ndim, not x.type.strided, None if all(n is None for n in shape) else shape, S.read_only(x.value))
    if isinstance(x, np.ndarray):
        return ArraySpec(canonical(x.dtype), x.ndim, x.flags.c_contiguous)
    kind = kind_of_number(x)
    return Static(x) if kind is None else ScalarSpec(kind.dtype, kind.weak)


def join(a: Spec, b: Spec) -> Spec | None:
    """The narrowest spec that both widen to, None if there is none."""
    if a == b:
        return a
    if isinstance(a, ScalarSpec) and isinstance(b, ScalarSpec):
        return _join_scalars(a, b)
    if isinstance(a, ArraySpec) and isinstance(b, ArraySpec) and (a.dtype, a.rank) == (b.dtype, b.rank):
        return ArraySpec(a.dtype, a.rank, a.contiguous and b.contiguous, _join_shapes(a.shape, b.shape), a.readonly or b.readonly)
    return None


def _join_scalars(a: ScalarSpec, b: ScalarSpec) -> ScalarSpec | None:
    if {a.dtype, b.dtype} == {INT64, np.dtype(np.uint64)} and not a.weak and not b.weak:
        return None  # NumPy would make it a float64, which holds neither exactly
    kind = promote(Kind(a.dtype, a.weak), Kind(b.dtype, b.weak))
    return ScalarSpec(kind.dtype, kind.weak)


def _join_shapes(a: tuple[int | None, ...] | None, b: tuple[int | None, ...] | None) -> tuple[int | None, ...] | None:
    if a is None or b is None:
        return None
    shape = tuple(m if m == n else None for m, n in zip(a, b, strict=True))
    return None if all(n is None for n in shape) else shape


def to_ir(spec: Spec) -> Type:
    """The IR type of values of a spec."""
    if isinstance(spec, ScalarSpec):
        return scalar_type(spec.dtype)
    if isinstance(spec, ArraySpec):
        return MemRefType(spec.shape or (None,) * spec.rank, element_type(spec.dtype), not spec.contiguous)
    raise InternalError(f"a static {type(spec.value).__name__} has no IR type")


def coerce(x: Any, spec: Spec) -> Any:
    """The value under a spec that its own widens to; emits conversions and casts. Static values stay as they are."""
    if isinstance(spec, ScalarSpec):
        return cast(x, spec.dtype, spec.weak)
    if isinstance(spec, ArraySpec):
        array = as_traced(x)
        type = to_ir(spec)
        if array.value.type == type:
            return array
        return Array(emitter().op(memref.Cast, (array.value,), None, (type,)).result, spec.dtype)
    return x


def wrap(value: Value, spec: Spec) -> Traced:
    """The traced value of a spec for an SSA value."""
    if isinstance(spec, ScalarSpec):
        return Scalar(value, spec.dtype, spec.weak)
    if isinstance(spec, ArraySpec):
        array = Array(value, spec.dtype)
        return read_only(array) if spec.readonly else array
    raise InternalError(f"a static {type(spec.value).__name__} has no SSA value")


def unwrap(x: Traced) -> Value:
    """The SSA value of a traced value."""
    return x.value


def zero(spec: Spec) -> Traced:
    """A placeholder of a carried value that is not yet defined: 0, or an array without elements."""
    b = emitter()
    if isinstance(spec, ScalarSpec):
        return Scalar(constant(b, 0, spec.dtype), spec.dtype, spec.weak)
    if isinstance(spec, ArraySpec):
        shape = spec.shape or (None,) * spec.rank
        sizes = [b.index(0) if n is None else n for n in shape]
        array = Array(b.alloc(element_type(spec.dtype), sizes), spec.dtype)
        return coerce(array, spec)
    raise InternalError(f"a static {type(spec.value).__name__} has no placeholder")
