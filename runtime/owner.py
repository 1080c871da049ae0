"""The owner of a table: a tuple with a capsule of what native code knows of a compiled function, and all that this refers to."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from irad.errors import SizesDiffer
from irad.ir.types import ComplexType, IntType, MemRefType, Type, is_float
from irad.lower.types import components
from irad.runtime import abi, stack, table
from irad.runtime.native import Frame, Native, poll_address


@dataclass(slots=True)
class Parameter:
    """A parameter of compiled code, or (without a type) an argument that must be a certain object."""

    type: Type | None
    source: int = table.ARGUMENT
    index: int | None = None  # of the argument, or of the parameter whose shadow it is; by default its own position
    given: Any = None
    accept: type | None = None
    like: int = -1  # the parameter whose shape it must have
    dtype: np.dtype[Any] | None = None  # of an array; by default that of its elements' type
    flags: int = 0
    mask: int = 0  # which flags are looked at, apart from those that must be set


@dataclass(slots=True)
class Result:
    """A result of compiled code, a place of it in an answer; `dtype` of an array, or of a number that becomes a NumPy scalar."""

    type: Type
    number: int = -1
    dtype: np.dtype[Any] | None = None


@dataclass(frozen=True, slots=True)
class New:
    """The place in an answer of a shadow that the call makes, by the number of its parameter."""

    parameter: int


@dataclass(frozen=True, slots=True)
class Value:
    """An object that is part of each answer."""

    value: Any


@dataclass(slots=True)
class Conditions:
    """On what a table may be used: reads as (kind, place, key, expected), objects that these name, and a function for the rest."""

    reads: list[tuple[int, int, int, int]] = field(default_factory=list)
    objects: list[Any] = field(default_factory=list)
    check: Callable[[], bool] | None = None


def make_owner(
    native: Native,
    frame: Frame,
    parameters: Sequence[Parameter],
    answer: Any,
    collect: Callable[..., Any],
    *,
    results: Sequence[Result] | None = None,
    pairs: Iterable[tuple[int, int]] = (),
    conditions: Conditions | None = None,
    fallback: Callable[..., Any] | None = None,
) -> tuple[Any, ...]:
    """The owner of a new table.

    Parameters
    ----------
    native : Native
        What is called.
    frame : Frame
        Memory of its calls.
    parameters : sequence of Parameter
        Those of the compiled function, in their order, then objects.
    answer : tree
        Tuples and lists of `Result` (of the results in their order if it has no number), `New` and `Value`; None is None.
    collect : callable
        Makes the answer from all parameters, if not all arrays among the results are new.
    results : sequence of Result, optional
        All results, where the answer does not have all of them in their order.
    pairs : iterable of (int, int)
        Parameters that must not overlap.
    conditions : Conditions, optional
        What must hold.
    fallback : callable, optional
        For `irad_invoke`: gets the calls that do not fit.
    """
    interface = native.interface
    conditions = conditions or Conditions()
    results = results if results is not None else [Result(type) for type in interface.results]
    ins = _items([p.type for p in parameters], 0)
    for item, parameter, i in zip(ins, parameters, range(len(parameters)), strict=True):
        _describe(item, parameter, i)
    outs = _items(interface.results, sum(len(components(type)) for type in interface.arguments))
    for item, result in zip(outs, results, strict=True):
        _describe_result(item, result)
    steps: list[tuple[int, int]] = []
    _steps(answer, steps, iter(range(len(results))))
    flat = [n for pair in pairs for n in pair]

    def failed(status: int) -> None:
        with suppress(SizesDiffer):  # found out on entry, before anything was written: the call is not for this code
            native.fail(frame, status)

    known = table.Table(
        entry=native.address,
        slots=frame.slots,
        context=frame.context_address,
        arguments=sum(p.source == table.ARGUMENT for p in parameters),
        parameters=len(parameters),
        parameter=ctypes.cast(ins, ctypes.POINTER(table.Item)),
        shadows=sum(p.source == table.SHADOW for p in parameters),
        results=len(results),
        result=ctypes.cast(outs, ctypes.POINTER(table.Item)),
        steps=(table.Step * len(steps))(*steps),
        pairs=len(flat) // 2,
        pair=(ctypes.c_int64 * len(flat))(*flat),
        guards=len(conditions.reads),
        guard=(table.Guard * len(conditions.reads))(*conditions.reads),
        python=conditions.check is not None or any(kind == table.ATTRIBUTE for kind, *_ in conditions.reads),
        check=id(conditions.check) if conditions.check is not None else None,
        release=interface.long,
        poll=poll_address() if native.polls else None,
        main=threading.main_thread().ident or 0,
        limit=stack.limit() if interface.recursive else 0,
        ndarray=id(np.ndarray),
        float64=id(np.float64),
        fallback=id(fallback),
        collect=id(collect),
        failed=id(failed),
    )
    visible = (*((p.given, p.accept, p.dtype) for p in parameters), *(r.dtype for r in results), *_values(answer), *conditions.objects)
    hidden = known, ins, outs, frame, native.code
    return _capsule(known, hidden), collect, failed, fallback, conditions.check, visible


def _capsule(known: table.Table, hidden: tuple[Any, ...]) -> object:
    """A capsule of a table, which holds what else native code needs out of sight of the collector of garbage.

    The collector finalises and empties all objects of a dead cycle one after the other, and they may still be called meanwhile. What is
    in sight, as an owner's other items are for the sake of cycles through them, is only safe in tuples: these it does not empty.
    """
    from irad.runtime.wrapper import library

    python = ctypes.pythonapi
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(("PyCapsule_New", python))
    set_context = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_void_p)(("PyCapsule_SetContext", python))
    capsule = new(ctypes.addressof(known), ctypes.addressof(table.NAME), library()["irad_forget"])
    python.Py_IncRef(ctypes.py_object(hidden))
    set_context(capsule, id(hidden))
    return capsule


def _items(types: Sequence[Type | None], at: int) -> Any:
    """Items for values of these types, in slots from `at` on."""
    made = (table.Item * len(types))()
    for item, type in zip(made, types, strict=True):
        item.kind, item.at, item.like, item.shift = table.OBJECT, at, -1, -1
        if type is None:
            continue
        at += len(components(type))
        if not isinstance(type, MemRefType):
            item.kind = _number_kind(type)
            continue
        item.kind = table.ARRAY
        item.rank = type.rank
        item.sizes = (ctypes.c_int64 * type.rank)(*(-1 if n is None else n for n in type.shape))
        dtype = abi.element_dtype(type.element)
        _set_dtype(item, dtype)
        item.shift = dtype.itemsize.bit_length() - 1 if type.strided else -1
    return made


def _number_kind(type: Type) -> int:
    if isinstance(type, ComplexType):
        return table.COMPLEX
    return table.FLOAT if is_float(type) else table.BOOL if type == IntType(1) else table.INTEGER


def _set_dtype(item: Any, dtype: np.dtype[Any]) -> None:
    item.dtype, item.number, item.itemsize = id(dtype), dtype.num, dtype.itemsize


def _describe(item: Any, parameter: Parameter, position: int) -> None:
    item.source = parameter.source
    item.index = position if parameter.index is None else parameter.index
    item.accept = id(parameter.accept) if parameter.accept is not None else None
    if parameter.type is None or parameter.source == table.GIVEN:
        item.given = id(parameter.given)
    item.like = parameter.like
    item.flags, item.mask = parameter.flags, parameter.flags | parameter.mask
    if parameter.dtype is not None:
        _set_dtype(item, parameter.dtype)


def _describe_result(item: Any, result: Result) -> None:
    if result.dtype is not None:
        _set_dtype(item, result.dtype)
        if item.kind != table.ARRAY:
            item.given = id(result.dtype)


def _steps(answer: Any, steps: list[tuple[int, int]], numbers: Any) -> None:
    """The steps in which an answer is put together, containers before what they hold."""
    if isinstance(answer, Result):
        steps.append((table.RESULT, next(numbers) if answer.number < 0 else answer.number))
    elif isinstance(answer, New):
        steps.append((table.NEW, answer.parameter))
    elif isinstance(answer, tuple | list):
        steps.append((table.TUPLE if isinstance(answer, tuple) else table.LIST, len(answer)))
        for part in answer:
            _steps(part, steps, numbers)
    else:
        steps.append((table.VALUE, id(answer.value if isinstance(answer, Value) else answer)))


def _values(answer: Any) -> Iterator[Any]:
    """The objects that an answer has in it."""
    if isinstance(answer, tuple | list):
        for part in answer:
            yield from _values(part)
    else:
        yield answer.value if isinstance(answer, Value) else answer


def assemble(answer: Any, results: Sequence[Any], parameters: Sequence[Any]) -> Any:
    """An answer, put together in Python."""
    if isinstance(answer, Result):
        return results[answer.number]
    if isinstance(answer, New):
        return parameters[answer.parameter]
    if isinstance(answer, tuple | list):
        return type(answer)(assemble(part, results, parameters) for part in answer)
    return answer.value if isinstance(answer, Value) else answer
