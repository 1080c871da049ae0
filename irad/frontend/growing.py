"""Lists whose length is known only at run time: memory that doubles its capacity, and how much of it is used.

Such a list object holds one `Growth` and nothing else, so that it keeps its identity, and logs and snapshots treat it as any list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.errors import instance
from irad.frontend import abstract, values
from irad.frontend.abstract import ArraySpec, ScalarSpec
from irad.frontend.arrays import astype
from irad.frontend.dtypes import FLOAT64, INT64
from irad.frontend.emit import from_memory, to_memory
from irad.frontend.state import State
from irad.frontend.values import Array, Scalar, Traced
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, irad, memref
from irad.ir.types import Type, index

_CAPACITY = 8
_INT = ScalarSpec(INT64, True)
_NOTHING = ScalarSpec(FLOAT64, True)  # how a list without elements is carried


@dataclass(slots=True, eq=False)
class Growth:
    """The elements: in memory (`buffer`, `length`), or still a Python list (`elements`); `spec` is None as long as there is none."""

    spec: ScalarSpec | None
    elements: list[Any] | None = None
    buffer: Value | None = None
    length: Value | None = None


def growth_of(x: list[Any]) -> Growth | None:
    """The growth in a list, None for an ordinary list."""
    return x[0] if len(x) == 1 and type(x[0]) is Growth else None


def ordinary(elements: Sequence[Any]) -> Growth:
    """The growth that stands for an ordinary list."""
    spec: ScalarSpec | None = None
    for x in elements:
        spec = join(spec, x)
    return Growth(spec, elements=list(elements))


def join(spec: ScalarSpec | None, x: Any) -> ScalarSpec:
    """The spec of elements when one more is added."""
    new = abstract.spec_of(x) if isinstance(x, Traced | bool | int | float | np.generic) else None
    joined = new if spec is None or new is None else abstract.join(spec, new)
    if not isinstance(joined, ScalarSpec):
        raise values.refuse(
            f"a list whose length is known only at run time holds {instance(x)}; it can hold only numbers.",
            "Write the elements into an array.",
        )
    return joined


def carried_types(spec: ScalarSpec | None) -> list[Type]:
    """IR types of a carried list: memory and length."""
    return [abstract.to_ir(ArraySpec((spec or _NOTHING).dtype, 1, True)), index]


def carried(x: Growth | None, spec: ScalarSpec | None) -> list[Value]:
    """IR values of a list, its elements converted to a spec; None for a list that nobody looks at."""
    wanted = spec or _NOTHING
    b = values.emitter()
    if x is None or x.buffer is None or x.length is None:
        return _materialised(b, x.elements or [] if x is not None else [], wanted)
    if x.spec is None or x.spec.dtype == wanted.dtype:
        return [x.buffer, x.length]
    return [_copied(x.buffer, x.spec.dtype, wanted.dtype), x.length]


def _copied(buffer: Value, dtype: np.dtype, wanted: np.dtype) -> Value:
    return abstract.unwrap(abstract.coerce(astype(Array(buffer, dtype), wanted), ArraySpec(wanted, 1, True)))


def _materialised(b: Builder, elements: list[Any], spec: ScalarSpec) -> list[Value]:
    capacity = max(_CAPACITY, 2 * len(elements))
    buffer = b.op(memref.Alloc, (b.index(capacity),), None, (abstract.to_ir(ArraySpec(spec.dtype, 1, True)),)).result
    for i, x in enumerate(elements):
        b.store(_element(b, x, spec), buffer, b.index(i))
    return [buffer, b.index(len(elements))]


def _element(b: Builder, x: Any, spec: ScalarSpec) -> Value:
    return to_memory(b, abstract.unwrap(abstract.coerce(x, spec)), spec.dtype)


def in_memory(x: list[Any]) -> Growth:
    """The growth of a list, put into memory if it is not yet there."""
    growth = growth_of(x)
    assert growth is not None
    if growth.buffer is None:
        buffer, length = carried(growth, growth.spec)
        growth = Growth(growth.spec, None, buffer, length)
        x[:] = [growth]
    return growth


# ---------------------------------------------------------------- what lists do


def length_of(x: list[Any]) -> Scalar:
    """`len(list)`."""
    growth = in_memory(x)
    assert growth.length is not None
    return Scalar(growth.length, INT64, True)


def as_array(x: list[Any]) -> Array:
    """The elements as an array that shares the list's memory."""
    growth = in_memory(x)
    assert growth.buffer is not None
    whole = Array(growth.buffer, (growth.spec or _NOTHING).dtype)
    return whole[: length_of(x)]


def getitem(x: list[Any], key: Any) -> Any:
    """`list[key]`."""
    if isinstance(key, slice):
        raise values.refuse("a slice of a list that grows at run time is not supported.", "Make an array of it with np.array(list) first.")
    growth = in_memory(x)
    if growth.spec is None:
        return as_array(x)[key]
    assert growth.buffer is not None
    b = values.emitter()
    loaded = from_memory(b, b.load(growth.buffer, _position(b, growth, key)), growth.spec.dtype)
    return Scalar(loaded, growth.spec.dtype, growth.spec.weak)


def _position(b: Builder, growth: Growth, key: Any) -> Value:
    if not isinstance(key, int | np.integer) and not (isinstance(key, Scalar) and key.dtype.kind in "iub"):
        raise values.wrong(TypeError, f"list indices must be integers or slices, not {type(key).__name__}")
    assert growth.length is not None
    return b(irad.Index, abstract.unwrap(abstract.coerce(key, _INT)), growth.length, axis=0)


def setitem(now: State, x: list[Any], key: Any, value: Any) -> None:
    """`list[key] = value`."""
    growth = _widened(now, x, value)
    assert growth.buffer is not None
    assert growth.spec is not None
    b = values.emitter()
    b.store(_element(b, value, growth.spec), growth.buffer, _position(b, growth, key))


def _widened(now: State, x: list[Any], value: Any) -> Growth:
    """The growth of a list with room for the type of one more value."""
    growth = in_memory(x)
    spec = join(growth.spec, value)
    if spec != growth.spec:
        empty = growth.spec is None
        buffer, length = carried(Growth(None, []) if empty else growth, spec)
        growth = Growth(spec, None, buffer, growth.length if empty else length)
        now.writes(x)
        x[:] = [growth]
    return growth


def append(now: State, x: list[Any], value: Any) -> None:
    """`list.append(value)`."""
    growth = _widened(now, x, value)
    assert growth.buffer is not None
    assert growth.length is not None
    assert growth.spec is not None
    b = values.emitter()
    capacity = b.dim(growth.buffer, 0)
    full = b(arith.CmpI, growth.length, capacity, predicate="sge")
    branch = b.if_(full, [growth.buffer.type])
    grow = b.at(branch.then)
    larger = grow.op(
        memref.Alloc,
        (grow(arith.MulI, grow(arith.MaxSI, capacity, grow.index(_CAPACITY // 2)), grow.index(2)),),
        None,
        (growth.buffer.type,),
    ).result
    loop = grow.for_(grow.index(0), growth.length, grow.index(1))
    inside = grow.at(loop.body)
    inside.store(inside.load(growth.buffer, loop.induction), larger, loop.induction)
    inside.yield_()
    grow.yield_(larger)
    b.at(branch.orelse).yield_(growth.buffer)
    b.store(_element(b, value, growth.spec), branch.results[0], growth.length)
    now.writes(x)
    x[:] = [Growth(growth.spec, None, branch.results[0], b(arith.AddI, growth.length, b.index(1)))]


def _pop(now: State, x: list[Any], key: Any = -1) -> Any:
    if key != -1:
        raise values.refuse("pop of another element than the last of a list that grows at run time is not supported.", "Use an array.")
    growth = in_memory(x)
    assert growth.length is not None
    b = values.emitter()
    b.check(b(arith.CmpI, growth.length, b.index(0), predicate="sgt"), "IndexError", "pop from empty list")
    last = getitem(x, -1)
    now.writes(x)
    x[:] = [Growth(growth.spec, None, growth.buffer, b(arith.SubI, growth.length, b.index(1)))]
    return last


def _clear(now: State, x: list[Any]) -> None:
    growth = in_memory(x)
    now.writes(x)
    x[:] = [Growth(growth.spec, None, growth.buffer, values.emitter().index(0))]


def _extend(now: State, x: list[Any], more: Any) -> None:
    if isinstance(more, Array) or (isinstance(more, list) and growth_of(more) is not None):
        raise values.refuse(
            "extending a list by elements whose number is known only at run time is not supported.", "Append them in a loop."
        )
    for value in more:
        append(now, x, value)


def _copy(now: State, x: list[Any]) -> list[Any]:
    growth = in_memory(x)
    assert growth.buffer is not None
    dtype = (growth.spec or _NOTHING).dtype
    return now.fresh([Growth(growth.spec, None, _copied(growth.buffer, dtype, dtype), growth.length)])


METHODS: dict[str, Callable[..., Any]] = {"append": append, "pop": _pop, "clear": _clear, "extend": _extend, "copy": _copy}


def method(now: State, x: list[Any], name: str, args: Sequence[Any]) -> Any:
    """A method of a list that grows."""
    found = METHODS.get(name)
    if found is None:
        raise values.refuse(f"list.{name} of a list that grows at run time is not supported.", "Make an array of it with np.array(list).")
    return found(now, x, *args)
