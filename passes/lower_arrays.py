"""Array-level operations become loop nests, before differentiation: AD sees loops only."""

from __future__ import annotations

from collections.abc import Sequence

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, scf
from irad.ir.types import MemRefType
from irad.passes.effects import is_memory
from irad.passes.simplify_views import array_type

_SMALL = 64


def _flattens(arrays: Sequence[Value]) -> bool:
    """Whether one flat loop will do: all arrays contiguous, and not so small that loops will be unrolled."""
    first = array_type(arrays[0])
    if first.rank < 2 or any(array_type(a).strided for a in arrays):
        return False
    elements = 1
    for size in first.shape:
        if size is None:
            return True
        elements *= size
    return elements > _SMALL


def _flat(array: Value, count: Value, b: Builder) -> Value:
    type = MemRefType((None,), array_type(array).element)
    return b.op(irad.View, (array, b.index(0), count, b.index(1)), None, (type,)).result


def _product(sizes: Sequence[Value], b: Builder) -> Value:
    total = sizes[0]
    for size in sizes[1:]:
        total = b(arith.MulI, total, size)
    return total


def _nest(sizes: Sequence[Value], inits: Sequence[Value], b: Builder) -> tuple[list[scf.For], Builder, list[Value]]:
    """Loops over all elements in row-major order, carrying values: the loops, a builder in the innermost, what it carries."""
    loops: list[scf.For] = []
    carried = list(inits)
    if not sizes:
        return loops, b, carried
    zero, one = b.index(0), b.index(1)
    for size in sizes:
        loop = b.for_(zero, size, one, carried)
        loops.append(loop)
        carried = loop.carried
        b = b.at(loop.body)
    return loops, b, carried


def _close(loops: Sequence[scf.For], values: Sequence[Value]) -> None:
    """End the loops, innermost first, handing values out."""
    for loop in reversed(loops):
        Builder(loop.body, None, loop.loc).yield_(*values)
        values = loop.results


def _element(source: Value, indices: Sequence[Value], b: Builder) -> Value:
    return b.load(source, *indices) if is_memory(source) else source


def _splice(body: Block, args: Sequence[Value], b: Builder) -> list[Value]:
    """Move a scalar region's operations to where `b` writes; returns what it yields."""
    for old, new in zip(body.args, args, strict=True):
        old.replace_by(new)
    terminator = body.terminator
    yielded = list(terminator.operands)
    terminator.erase()
    for op in body.ops:
        op.detach()
        b.insert(op)
    return yielded


def lower_map(op: irad.Map) -> None:
    """Replace a map by loops that load, compute and store one element after another."""
    b = Builder.in_front_of(op)
    arrays = [v for v in op.operands if is_memory(v)]
    sizes = b.dims(op.destination)
    operands = list(op.operands)
    if _flattens(arrays):
        sizes = [_product(sizes, b)]
        operands = [_flat(v, sizes[0], b) if is_memory(v) else v for v in operands]
    loops, inner, _ = _nest(sizes, (), b)
    indices = [loop.induction for loop in loops]
    elements = [_element(v, indices, inner) for v in operands[1:]]
    (value,) = _splice(op.body, elements, inner)
    inner.store(value, operands[0], *indices)
    _close(loops, ())
    op.erase()


def lower_reduce(op: irad.Reduce) -> None:
    """Replace a reduction by loops that carry the accumulators."""
    b = Builder.in_front_of(op)
    inputs = list(op.inputs)
    arrays = [v for v in inputs if is_memory(v)]
    sizes = b.dims(arrays[0])
    if _flattens(arrays):
        sizes = [_product(sizes, b)]
        inputs = [_flat(v, sizes[0], b) if is_memory(v) else v for v in inputs]
    loops, inner, carried = _nest(sizes, op.inits, b)
    indices = [loop.induction for loop in loops]
    elements = [_element(v, indices, inner) for v in inputs]
    values = _splice(op.body, [*carried, *elements], inner)
    _close(loops, values)
    results = loops[0].results if loops else values
    for old, new in zip(op.results, results, strict=True):
        old.replace_by(new)
    op.erase()


def lower_arrays(func: Func) -> bool:
    """Replace every `irad.map` and `irad.reduce` by loops; contiguous arrays of several dimensions by one flat loop.

    Before:
        func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) {
          irad.map (%e = %x : memref<?xf64>) into %y : memref<?xf64> {
            %s = math.sin %e : f64
            scf.yield %s : f64
          }
          func.return
        }
    After:
        func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %n = memref.dim %y, %c0 : memref<?xf64>
          scf.for %i = %c0 to %n step %c1 {
            %e = memref.load %x[%i] : memref<?xf64>
            %s = math.sin %e : f64
            memref.store %s, %y[%i] : memref<?xf64>
          }
          func.return
        }
    """
    found: list[Op] = [op for op in func.walk() if isinstance(op, irad.Map | irad.Reduce)]
    for op in found:
        if isinstance(op, irad.Map):
            lower_map(op)
        else:
            assert isinstance(op, irad.Reduce)
            lower_reduce(op)
    return bool(found)
