"""What the verifier checks of each operation: numbers and types of operands, results and regions, and attributes."""

from __future__ import annotations

import builtins
import string
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from irad import errors
from irad.ir.core import Block, Op, Value
from irad.ir.eval_tables import FLOAT_PREDICATES, INTEGER_PREDICATES
from irad.ir.ops import arith, base, func, irad, math, memref, scf
from irad.ir.ops import complex as complexops
from irad.ir.printer import automatic_name
from irad.ir.types import ComplexType, FloatType, IndexType, IntType, MemRefType, StackType, Type, f32, f64, i1, index, is_integer

FAST_MATH_FLAGS = frozenset({"reassoc", "nnan", "ninf", "nsz", "arcp", "contract", "afn", "fast"})


class _Wrong(Exception):
    """Carries what is wrong with an operation to `check_op`."""


def check_op(op: Op) -> str:
    """What is wrong with an operation, an empty text if nothing is."""
    try:
        row = _row(type(op))
        _expect(row is not None, f"{type(op).__name__} has no row in the verifier's table")
        assert row is not None
        if not isinstance(op, _WITH_REGIONS):
            _expect(not op.regions, f"has {len(op.regions)} regions, expected none")
        row(op)
    except _Wrong as wrong:
        return str(wrong)
    return ""


def describe(op: Op, i: int) -> str:
    """An operand in words."""
    hint = op.operands[i].hint or automatic_name(op.operands[i])
    return f"operand {i} (%{hint})" if hint else f"operand {i}"


@cache
def _row(cls: type[Op]) -> Callable[[Any], None] | None:
    return next((CHECKS[parent] for parent in cls.__mro__ if parent in CHECKS), None)


# Small statements that the checks are made of


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Wrong(otherwise)


def _operands(op: Op, *types: Type) -> None:
    _expect(len(op.operands) == len(types), f"has {len(op.operands)} operands, expected {len(types)}")
    for i, type in enumerate(types):
        _operand(op, i, type)


def _operand(op: Op, i: int, type: Type) -> None:
    found = op.operands[i].type
    if found != type:
        raise _Wrong(f"{describe(op, i)} has type {found}, expected {type}")


def _results(op: Op, *types: Type) -> None:
    found = [r.type for r in op.results]
    if found != list(types):
        raise _Wrong(f"results have types ({_list(found)}), expected ({_list(types)})")


def _values(what: str, values: Sequence[Value], types: Sequence[Type]) -> None:
    found = [v.type for v in values]
    if found != list(types):
        raise _Wrong(f"{what} have types ({_list(found)}), expected ({_list(types)})")


def _list(types: Sequence[Type]) -> str:
    return ", ".join(map(str, types))


def _count(op: Op, least: int) -> None:
    _expect(len(op.operands) >= least, f"has {len(op.operands)} operands, expected at least {least}")


def _array(op: Op, i: int = 0) -> MemRefType:
    _count(op, i + 1)
    type = op.operands[i].type
    if not isinstance(type, MemRefType):
        raise _Wrong(f"{describe(op, i)} has type {type}, expected a memref")
    return type


def _array_result(op: Op) -> MemRefType:
    _expect(len(op.results) == 1, f"has {len(op.results)} results, expected 1")
    type = op.results[0].type
    if not isinstance(type, MemRefType):
        raise _Wrong(f"result has type {type}, expected a memref")
    return type


def _indices(op: Op, start: int, n: int) -> None:
    _expect(len(op.operands) == start + n, f"has {len(op.operands) - start} indices or sizes, expected {n}")
    for i in range(start, start + n):
        _operand(op, i, index)


def _regions(op: Op, n: int) -> None:
    _expect(len(op.regions) == n, f"has {len(op.regions)} regions, expected {n}")


# Scalars


def _same(op: Op, n: int, kind: type[Type] | tuple[type[Type], ...], what: str) -> None:
    _count(op, 1)
    type = op.operands[0].type
    _expect(isinstance(type, kind), f"{describe(op, 0)} has type {type}, expected {what}")
    _operands(op, *[type] * n)
    _results(op, type)


def _flags(op: Op) -> None:
    flags = op.attrs.get("fastmath", ())
    known = isinstance(flags, tuple) and FAST_MATH_FLAGS.issuperset(flags)  # pyright: ignore[reportUnknownArgumentType]
    _expect(known, f"fastmath is {flags!r}, expected a tuple of {sorted(FAST_MATH_FLAGS)}")


def _floats(n: int) -> Callable[[Op], None]:
    def check(op: Op) -> None:
        _same(op, n, FloatType, "a float")
        if op.attrs:
            _flags(op)

    return check


def _integers(n: int) -> Callable[[Op], None]:
    return lambda op: _same(op, n, (IntType, IndexType), "an integer")


def _float_and_index(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    _expect(isinstance(type, FloatType), f"{describe(op, 0)} has type {type}, expected a float")
    _operands(op, type, index)
    _results(op, type)
    _flags(op)


def _constant(op: Op) -> None:
    _operands(op)
    _expect(len(op.results) == 1, f"has {len(op.results)} results, expected 1")
    type, value = op.results[0].type, op.attrs.get("value")
    match type:
        case FloatType():
            fits = isinstance(value, float)
        case IntType(1):
            fits = isinstance(value, bool)
        case IntType() | IndexType():
            width = type.width if isinstance(type, IntType) else 64
            fits = isinstance(value, int) and not isinstance(value, bool) and -(1 << (width - 1)) <= value < 1 << (width - 1)
        case _:
            fits = False
    _expect(fits, f"value {value!r} ({value.__class__.__name__}) is no constant of type {type}")


def _compare_integers(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    _expect(is_integer(type), f"{describe(op, 0)} has type {type}, expected an integer")
    _compare(op, INTEGER_PREDICATES)


def _compare_floats(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    _expect(isinstance(type, FloatType), f"{describe(op, 0)} has type {type}, expected a float")
    _compare(op, FLOAT_PREDICATES)
    _flags(op)


def _compare(op: Op, predicates: tuple[str, ...]) -> None:
    _operands(op, op.operands[0].type, op.operands[0].type)
    _results(op, i1)
    predicate = op.attrs.get("predicate")
    _expect(predicate in predicates, f"predicate is {predicate!r}, expected one of {' '.join(predicates)}")


def _test(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    _expect(isinstance(type, FloatType), f"{describe(op, 0)} has type {type}, expected a float")
    _operands(op, type)
    _results(op, i1)


def _select(op: Op) -> None:
    _count(op, 2)
    type = op.operands[1].type
    _operands(op, i1, type, type)
    _results(op, type)


def _create(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    if not isinstance(type, FloatType):
        raise _Wrong(f"{describe(op, 0)} has type {type}, expected a float")
    _operands(op, type, type)
    _results(op, ComplexType(type))


def _part(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    if not isinstance(type, ComplexType):
        raise _Wrong(f"{describe(op, 0)} has type {type}, expected a complex number")
    _operands(op, type)
    _results(op, type.element)


def _cast(allowed: Callable[[Type, Type], bool]) -> Callable[[Op], None]:
    def check(op: Op) -> None:
        _expect(len(op.operands) == 1 == len(op.results), "expected one operand and one result")
        source, target = op.operands[0].type, op.results[0].type
        _expect(allowed(source, target), f"does not convert {source} to {target}")

    return check


def _widens(source: Type, target: Type) -> bool:
    return isinstance(source, IntType) and isinstance(target, IntType) and source.width < target.width


def _same_memory(source: Type, target: Type) -> bool:
    if not (isinstance(source, MemRefType) and isinstance(target, MemRefType)):
        return False
    if source.element != target.element or source.rank != target.rank:
        return False
    return all(None in (n, m) or n == m for n, m in zip(source.shape, target.shape, strict=True))


# Memory


def _alloc(op: Op) -> None:
    type = _array_result(op)
    _expect(not type.strided, f"result has type {type}, expected a contiguous memref")
    _indices(op, 0, type.shape.count(None))


def _alloca(op: Op) -> None:
    _alloc(op)
    _operands(op)


def _dealloc(op: Op) -> None:
    _operands(op, _array(op))
    _results(op)


def _axis(op: Op) -> None:
    type = _array(op)
    _operands(op, type, index)
    _results(op, index)
    axis = op.operands[1].owner
    if not isinstance(axis, arith.Constant):
        raise _Wrong(f"{describe(op, 1)} is an axis, expected a constant")
    _expect(0 <= axis.value < type.rank, f"axis {axis.value} of an array of {type.rank} dimensions")


def _load(op: Op) -> None:
    type = _array(op)
    _indices(op, 1, type.rank)
    _results(op, type.element)


def _store(op: Op) -> None:
    type = _array(op, 1)
    _operand(op, 0, type.element)
    _indices(op, 2, type.rank)
    _results(op)


def _subview(op: Op) -> None:
    source, target = _array(op), _array_result(op)
    _indices(op, 1, 3 * source.rank)
    dropped = op.attrs.get("dropped", ())
    _expect(len(set(dropped)) == len(dropped) and all(0 <= a < source.rank for a in dropped), f"dropped is {dropped!r}, expected axes")
    rank = source.rank - len(dropped)
    fits = target.rank == rank and target.element == source.element
    _expect(fits, f"result has type {target}, expected {rank} dimensions of {source.element}")


def _view(op: Op) -> None:
    source, target = _array(op), _array_result(op)
    _indices(op, 1, 1 + 2 * target.rank)
    parts = isinstance(source.element, ComplexType) and target.element == source.element.element
    _expect(parts or target.element == source.element, f"result has type {target}, expected elements of type {source.element}")


def _stack(op: Op) -> None:
    _operands(op)
    _expect(len(op.results) == 1 and isinstance(op.results[0].type, StackType), "expected one result of a stack type")


def _piece(op: Op) -> None:
    _count(op, 1)
    type = op.operands[0].type
    if not isinstance(type, StackType):
        raise _Wrong(f"{describe(op, 0)} has type {type}, expected a stack")
    _operands(op, type, index)
    _results(op, MemRefType((None,), type.element))


# Checks and calls


def _check(op: Op) -> None:
    _count(op, 1)
    _operand(op, 0, i1)
    _results(op)
    error, message = op.attrs.get("error"), op.attrs.get("message")
    cls = errors.SizesDiffer if error == "SizesDiffer" else getattr(builtins, error, None) if isinstance(error, str) else None
    _expect(isinstance(cls, type) and issubclass(cls, Exception), f"error is {error!r}, expected the name of a Python exception")
    if not isinstance(message, str):
        raise _Wrong(f"message is {message!r}, expected a text")
    shown = {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}
    missing = shown - {str(i) for i in range(len(op.operands) - 1)}
    _expect(not missing, f"message {message!r} shows values {sorted(missing)}, which it does not have")
    for i, value in enumerate(op.operands[1:], 1):
        _expect(not isinstance(value.type, MemRefType | StackType), f"{describe(op, i)} has type {value.type}, expected a number")


def _index(op: Op) -> None:
    _operands(op, index, index)
    _results(op, index)
    axis = op.attrs.get("axis", 0)
    _expect(isinstance(axis, int), f"axis is {axis!r}, expected an int")


def _call(op: Op) -> None:
    _expect(isinstance(op.attrs.get("callee"), str), f"callee is {op.attrs.get('callee')!r}, expected a name")


def _terminator(op: Op) -> None:
    _results(op)


def _condition(op: Op) -> None:
    _count(op, 1)
    _operand(op, 0, i1)
    _results(op)


# Structured operations; where their regions end has been checked before


def _yields(block: Block, types: Sequence[Type]) -> None:
    _values("the values yielded", block.terminator.operands, types)


def _if(op: scf.If) -> None:
    _operands(op, i1)
    _regions(op, 2)
    for region in op.regions:
        _values("the arguments of a branch", region.args, ())
        _yields(region, [r.type for r in op.results])


def _for(op: scf.For) -> None:
    _count(op, 3)
    for i in range(3):
        _operand(op, i, index)
    _regions(op, 1)
    carried = [v.type for v in op.inits]
    _values("the arguments of the body", op.body.args, [index, *carried])
    _yields(op.body, carried)
    _results(op, *carried)
    step = op.step.owner
    _expect(not isinstance(step, arith.Constant) or step.value > 0, "the step is not positive")


def _while(op: scf.While) -> None:
    _regions(op, 2)
    state = [v.type for v in op.inits]
    _values("the arguments of the first region", op.before.args, state)
    handed = [v.type for v in op.before.terminator.operands[1:]]
    _values("the arguments of the second region", op.after.args, handed)
    _results(op, *handed)
    _yields(op.after, state)


def _elements(op: Op, first: int, inputs: Sequence[Value], shape: MemRefType | None) -> list[Type]:
    """Types of an element of each input; memrefs must have the rank, and the static sizes, of `shape` or of the first of them."""
    types: list[Type] = []
    for i, value in enumerate(inputs, first):
        type = value.type
        if not isinstance(type, MemRefType):
            types.append(type)
            continue
        shape = shape or type
        fits = type.rank == shape.rank and all(None in (n, m) or n == m for n, m in zip(type.shape, shape.shape, strict=True))
        _expect(fits, f"{describe(op, i)} has type {type}, expected the shape of {shape}")
        types.append(type.element)
    return types


def _map(op: irad.Map) -> None:
    destination = _array(op)
    _regions(op, 1)
    _results(op)
    _values("the arguments of the region", op.body.args, _elements(op, 1, op.inputs, destination))
    _yields(op.body, [destination.element])
    for inner in op.body.walk():
        _expect(inner.pure or isinstance(inner, _CONTROL), f"its region holds {inner.name}, which is not pure")


def _reduce(op: irad.Reduce) -> None:
    n = op.attrs.get("inputs")
    _expect(isinstance(n, int) and 0 < n <= len(op.operands), f"inputs is {n!r}, expected a number of operands")
    _regions(op, 1)
    carried = [v.type for v in op.inits]
    _expect(any(isinstance(v.type, MemRefType) for v in op.inputs), "none of the inputs is a memref")
    _values("the arguments of the region", op.body.args, [*carried, *_elements(op, 0, op.inputs, None)])
    _yields(op.body, carried)
    _results(op, *carried)


_CONTROL = (scf.If, scf.For, scf.While, scf.Yield, scf.Condition)
_WITH_REGIONS = (scf.If, scf.For, scf.While, irad.Map, irad.Reduce)

CHECKS: dict[type[Op], Callable[[Any], None]] = {
    base.UnaryFloat: _floats(1),
    base.BinaryFloat: _floats(2),
    base.UnaryInt: _integers(1),
    base.BinaryInt: _integers(2),
    base.Test: _test,
    math.Fma: _floats(3),
    math.FPowI: _float_and_index,
    math.LdExp: _float_and_index,
    math.Polygamma: _float_and_index,
    math.FloorModSI: _integers(2),
    complexops.Create: _create,
    complexops.Part: _part,
    arith.Constant: _constant,
    arith.CmpI: _compare_integers,
    arith.CmpF: _compare_floats,
    arith.Select: _select,
    arith.ExtF: _cast(lambda source, target: (source, target) == (f32, f64)),
    arith.TruncF: _cast(lambda source, target: (source, target) == (f64, f32)),
    arith.ExtSI: _cast(_widens),
    arith.ExtUI: _cast(_widens),
    arith.TruncI: _cast(lambda source, target: _widens(target, source)),
    arith.SIToFP: _cast(lambda source, target: is_integer(source) and isinstance(target, FloatType)),
    arith.UIToFP: _cast(lambda source, target: is_integer(source) and isinstance(target, FloatType)),
    arith.FPToSI: _cast(lambda source, target: isinstance(source, FloatType) and is_integer(target)),
    arith.FPToUI: _cast(lambda source, target: isinstance(source, FloatType) and is_integer(target)),
    arith.IndexCast: _cast(lambda source, target: {source.__class__, target.__class__} == {IndexType, IntType}),
    arith.IndexCastUI: _cast(lambda source, target: {source.__class__, target.__class__} == {IndexType, IntType}),
    memref.Alloc: _alloc,
    memref.Alloca: _alloca,
    memref.Dealloc: _dealloc,
    memref.Dim: _axis,
    memref.Load: _load,
    memref.Store: _store,
    memref.SubView: _subview,
    memref.Cast: _cast(_same_memory),
    func.Return: _terminator,
    func.Call: _call,
    scf.Yield: _terminator,
    scf.Condition: _condition,
    scf.If: _if,
    scf.For: _for,
    scf.While: _while,
    irad.Check: _check,
    irad.Index: _index,
    irad.Stride: _axis,
    irad.View: _view,
    irad.Map: _map,
    irad.Reduce: _reduce,
    irad.Stack: _stack,
    irad.Reserve: _piece,
    irad.Release: _piece,
}
