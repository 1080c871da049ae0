"""Memory: element addresses, loads and stores, views, allocation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from irad.errors import InternalError
from irad.ir.core import Op, Value
from irad.ir.ops import irad, memref
from irad.ir.types import ComplexType, MemRefType, StackType, Type
from irad.lower.emitter import Emitter, constant_index, tbaa
from irad.lower.types import Array, alignment, components, memory, scalar, size

Row = Callable[[Emitter, Op], None]

MAX_ALLOCA = 1 << 14  # bytes; larger fixed memory comes from the heap, since no stack is deep enough for many of them
_COMPOUND = (MemRefType, StackType, ComplexType)  # elements of several components
OWN_MEMORY = "nounwind willreturn memory(argmem: readwrite, inaccessiblemem: readwrite)"


def memref_type(value: Value) -> MemRefType:
    """The type of a value that is a memref."""
    if not isinstance(value.type, MemRefType):
        raise InternalError(f"expected a memref, got {value.type}")
    return value.type


def strides(f: Emitter, array: Array) -> tuple[str, ...]:
    """Strides in elements; those of a contiguous array are computed from its sizes."""
    if array.strides is not None:
        return array.strides
    out, step = [], "1"
    for i in reversed(range(len(array.sizes))):
        out.append(step)
        if i:
            step = multiply(f, step, array.sizes[i])
    return tuple(reversed(out))


def multiply(f: Emitter, x: str, y: str, flags: str = "") -> str:
    """Product of two i64 operands, computed here if both are constants."""
    if x == "1" or y == "1":
        return y if x == "1" else x
    if x == "0" or y == "0":
        return "0"
    if not x.startswith("%") and not y.startswith("%"):
        return str(int(x) * int(y))
    return f.emit(f"mul {flags}i64 {x}, {y}")


def add(f: Emitter, x: str, y: str, flags: str = "") -> str:
    """Sum of two i64 operands, computed here if both are constants."""
    if x == "0" or y == "0":
        return y if x == "0" else x
    if not x.startswith("%") and not y.startswith("%"):
        return str(int(x) + int(y))
    return f.emit(f"add {flags}i64 {x}, {y}")


def address(f: Emitter, array: Array, element: Type, indices: Sequence[str]) -> str:
    """Address of an element; the indices are in range, so nothing overflows."""
    if not indices:
        return array.pointer
    if array.strides is not None:
        products = [multiply(f, i, s, "nsw ") for i, s in zip(indices, array.strides, strict=True)]
        position = reduce(lambda x, y: add(f, x, y, "nsw "), products)
        flags = "inbounds"
    else:
        position = indices[0]
        for i, n in zip(indices[1:], array.sizes[1:], strict=True):
            position = add(f, multiply(f, position, n, "nuw nsw "), i, "nuw nsw ")
        flags = "inbounds nuw"
    return array.pointer if position == "0" else f.emit(f"getelementptr {flags} {memory(element)}, ptr {array.pointer}, i64 {position}")


def _tag(f: Emitter, element: Type) -> str:
    """TBAA: arrays of different element types are apart only where arguments do not overlap at all."""
    if isinstance(element, MemRefType | StackType):
        return f", !tbaa {tbaa(f.unit, 'descriptor')}"
    if isinstance(element, ComplexType):  # its parts may be seen as an array of floats
        element = element.element
    return f", !tbaa {tbaa(f.unit, memory(element) if f.func.attrs.get('noalias') else 'element')}"


def _load(f: Emitter, op: Op) -> None:
    array, *indices = op.operands
    element = memref_type(array).element
    place = address(f, f.array(array), element, [f[i] for i in indices])
    tag = _tag(f, element)
    if isinstance(element, _COMPOUND):
        align = alignment(element)
        f.define([op.result], [f.emit(f"load {kind}, ptr {where}, align {align}{tag}") for kind, where in _fields(f, element, place)])
        return
    kind = memory(element)
    value = f.emit(f"load {kind}, ptr {place}, align {size(element)}{tag}")
    f[op.result] = f.emit(f"icmp ne i8 {value}, 0") if scalar(element) == "i1" else value


def _store(f: Emitter, op: Op) -> None:
    value, array, *indices = op.operands
    element = memref_type(array).element
    place = address(f, f.array(array), element, [f[i] for i in indices])
    tag = _tag(f, element)
    if isinstance(element, _COMPOUND):
        for (kind, where), part in zip(_fields(f, element, place), f.parts([value]), strict=True):
            f.effect(f"store {kind} {part}, ptr {where}, align {alignment(element)}{tag}")
        return
    operand = f[value]
    if scalar(element) == "i1":
        operand = f.emit(f"zext i1 {operand} to i8")
    f.effect(f"store {memory(element)} {operand}, ptr {place}, align {size(element)}{tag}")


def _fields(f: Emitter, element: Type, place: str) -> list[tuple[str, str]]:
    """Types and addresses of the components of a stored descriptor or complex number."""
    kinds, step = components(element), alignment(element)
    return [(kind, f.emit(f"getelementptr inbounds nuw i8, ptr {place}, i64 {step * i}") if i else place) for i, kind in enumerate(kinds)]


def _dim(f: Emitter, op: Op) -> None:
    array, axis = op.operands
    f[op.result] = f.array(array).sizes[constant_index(axis)]


def _stride(f: Emitter, op: Op) -> None:
    array, axis = op.operands
    f[op.result] = strides(f, f.array(array))[constant_index(axis)]


def _cast(f: Emitter, op: Op) -> None:
    (array,) = op.operands
    source, target = f.array(array), memref_type(op.result)
    sizes = _sizes(target, source.sizes)
    f[op.result] = Array(source.pointer, sizes, strides(f, source) if target.strided else None)


def _sizes(type: MemRefType, dynamic: Sequence[str]) -> tuple[str, ...]:
    """Sizes of a view: those that the type knows are constants."""
    return tuple(given if known is None else str(known) for given, known in zip(dynamic, type.shape, strict=True))


def _subview(f: Emitter, op: Op) -> None:
    assert isinstance(op, memref.SubView)
    type, element = memref_type(op.result), memref_type(op.array).element
    array = f.array(op.array)
    steps = strides(f, array)
    dropped = set(op.attrs.get("dropped", ()))
    kept = [i for i in range(len(steps)) if i not in dropped]
    sizes = _sizes(type, [f[op.sizes[i]] for i in kept])
    own = tuple(multiply(f, f[op.steps[i]], steps[i]) for i in kept) if type.strided else None
    offset = reduce(lambda x, y: add(f, x, y), (multiply(f, f[o], s) for o, s in zip(op.offsets, steps, strict=True)), "0")
    f[op.result] = Array(_moved(f, array.pointer, element, offset), sizes, own)


def _view(f: Emitter, op: Op) -> None:
    assert isinstance(op, irad.View)
    type = memref_type(op.result)
    pointer = _moved(f, f.array(op.array).pointer, type.element, f[op.offset])
    own = tuple(f[s] for s in op.strides) if type.strided else None
    f[op.result] = Array(pointer, _sizes(type, [f[n] for n in op.sizes]), own)


def _moved(f: Emitter, pointer: str, element: Type, offset: str) -> str:
    """A pointer that may lie outside the memory, where a view is empty: hence not inbounds."""
    return pointer if offset == "0" else f.emit(f"getelementptr {memory(element)}, ptr {pointer}, i64 {offset}")


def _alloc(f: Emitter, op: Op) -> None:
    type = memref_type(op.result)
    dynamic = iter(op.operands)
    sizes = tuple(f[next(dynamic)] if n is None else str(n) for n in type.shape)
    f[op.result] = Array(allocate(f, type.element, sizes, op), sizes)


def allocate(f: Emitter, element: Type, sizes: Sequence[str], op: Op) -> str:
    """Memory on the heap, linked into the call's list; leaves the function with a MemoryError if there is none."""
    count = "1"
    for n in sizes:
        if count == "1" or (not count.startswith("%") and not n.startswith("%")):
            count = multiply(f, count, n)
        elif n != "1":
            count = _checked_product(f, count, n, op)
    attributes = OWN_MEMORY + ' allocsize(1,2) allockind("alloc,uninitialized,aligned") "alloc-family"="irad"'
    f.unit.declare("irad_alloc", "noalias align 64 ptr @irad_alloc(ptr, i64, i64)", attributes)
    pointer = f.emit(f"call noalias align 64 ptr @irad_alloc(ptr %ctx, i64 {count}, i64 {size(element)})")
    message = f"unable to allocate an array of {{0}} elements of {size(element)} bytes"
    f.check(f.emit(f"icmp ne ptr {pointer}, null"), "MemoryError", message, [("i64", count)], op.loc)
    return pointer


def _checked_product(f: Emitter, x: str, y: str, op: Op) -> str:
    """x * y; leaves the function with a ValueError, as NumPy does, if that overflows."""
    f.unit.declare("llvm.umul.with.overflow.i64", "{ i64, i1 } @llvm.umul.with.overflow.i64(i64, i64)", "nounwind")
    pair = f.emit(f"call {{ i64, i1 }} @llvm.umul.with.overflow.i64(i64 {x}, i64 {y})")
    product, overflow = (f.emit(f"extractvalue {{ i64, i1 }} {pair}, {i}") for i in range(2))
    fits = f.emit(f"xor i1 {overflow}, true")
    f.check(fits, "ValueError", "an array of {0} * {1} elements is too big", [("i64", x), ("i64", y)], op.loc)
    return product


def _alloca(f: Emitter, op: Op) -> None:
    type = memref_type(op.result)
    sizes = tuple(str(n) for n in type.shape)
    count = reduce(lambda x, y: x * y, (n or 0 for n in type.shape), 1)
    if count * size(type.element) > MAX_ALLOCA:
        f[op.result] = Array(allocate(f, type.element, sizes, op), sizes)
        return
    name = f"%{f.fresh('m')}"
    align = 64 if count * size(type.element) >= 64 else 16
    f.allocas.append(f"  {name} = alloca [{count} x {memory(type.element)}], align {align}")
    f[op.result] = Array(name, sizes)


def _dealloc(f: Emitter, op: Op) -> None:
    f.unit.declare("irad_free", "void @irad_free(ptr, ptr allocptr)", OWN_MEMORY + ' allockind("free") "alloc-family"="irad"')
    f.effect(f"call void @irad_free(ptr %ctx, ptr {f.array(op.operands[0]).pointer})")


ARRAYS: dict[type[Op], Row] = {
    memref.Alloc: _alloc,
    memref.Alloca: _alloca,
    memref.Dealloc: _dealloc,
    memref.Dim: _dim,
    memref.Load: _load,
    memref.Store: _store,
    memref.SubView: _subview,
    memref.Cast: _cast,
    irad.Stride: _stride,
    irad.View: _view,
}
