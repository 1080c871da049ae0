"""Identities of array descriptors: sizes, strides, views of views, and accesses through views."""

from __future__ import annotations

from typing import Any

from irad.ir.builder import Builder
from irad.ir.core import Op, Value
from irad.ir.ops import arith, irad, memref
from irad.ir.rewriter import Pattern, Rewriter
from irad.ir.types import MemRefType
from irad.passes.effects import constant_of


def array_type(value: Value) -> MemRefType:
    """The type of a memref value."""
    assert isinstance(value.type, MemRefType)
    return value.type


def kept_axes(view: memref.SubView) -> list[int]:
    """The axes of the source that a subview keeps."""
    dropped = view.attrs.get("dropped", ())
    return [axis for axis in range(array_type(view.array).rank) if axis not in dropped]


def size_of(array: Value, axis: int) -> Value | int | None:
    """The size of a dimension if an operation that made the array says it: a number, or a value that is already there."""
    static = array_type(array).shape[axis]
    if static is not None:
        return static
    match array.owner:
        case memref.Alloc():
            dynamic = [d for d, size in enumerate(array_type(array).shape) if size is None]
            return array.owner.operands[dynamic.index(axis)]
        case memref.SubView():
            return array.owner.sizes[kept_axes(array.owner)[axis]]
        case irad.View():
            return array.owner.sizes[axis]
        case memref.Cast():
            return size_of(array.owner.operands[0], axis)
        case irad.Reserve() | irad.Release():
            return array.owner.operands[1]
        case _:
            return None


def _dim(rewriter: Rewriter, op: Op) -> bool:
    array, axis = op.operands[0], constant_of(op.operands[1])
    if axis is None:
        return False
    size = size_of(array, int(axis))
    if size is None:
        if isinstance(array.owner, memref.Cast):
            rewriter.set_operand(op, 0, array.owner.operands[0])
            return True
        return False
    rewriter.replace(op, size if isinstance(size, Value) else rewriter.builder(op).index(size))
    return True


def stride_of(array: Value, axis: int, b: Builder) -> Value | None:
    """The stride of a dimension where it can be had from what made the array; operations that compute it may be added."""
    type = array_type(array)
    match array.owner:
        case irad.View():
            return array.owner.strides[axis]
        case memref.SubView():
            source_axis = kept_axes(array.owner)[axis]
            stride = b(irad.Stride, array.owner.array, b.index(source_axis))
            return b(arith.MulI, array.owner.steps[source_axis], stride)
        case memref.Cast():
            return b(irad.Stride, array.owner.operands[0], b.index(axis))
        case _ if type.strided:
            return None
        case _:
            stride = b.index(1)
            for d in range(axis + 1, type.rank):
                stride = b(arith.MulI, stride, b.dim(array, d))
            return stride


def _stride(rewriter: Rewriter, op: Op) -> bool:
    axis = constant_of(op.operands[1])
    stride = None if axis is None else stride_of(op.operands[0], int(axis), rewriter.builder(op))
    if stride is None:
        return False
    rewriter.replace(op, stride)
    return True


# ------------------------------------------------------------------ views


def _cast(rewriter: Rewriter, op: Op) -> bool:
    source = op.operands[0]
    if source.type == op.result.type:
        rewriter.replace(op, source)
        return True
    if isinstance(source.owner, memref.Cast):
        rewriter.set_operand(op, 0, source.owner.operands[0])
        return True
    return False


def _is_number(value: Value, number: int) -> bool:
    return constant_of(value) == number


def is_size(value: Value, array: Value, axis: int) -> bool:
    """Whether a value is the size of a dimension for certain."""
    size = size_of(array, axis)
    if isinstance(size, int):
        return _is_number(value, size)
    if size is value:
        return True
    owner = value.owner
    return isinstance(owner, memref.Dim) and owner.operands[0] is array and _is_number(owner.operands[1], axis)


def _subview(rewriter: Rewriter, op: Op) -> bool:
    assert isinstance(op, memref.SubView)
    source = op.array
    rank = array_type(source).rank
    whole = all(_is_number(op.offsets[d], 0) and _is_number(op.steps[d], 1) and is_size(op.sizes[d], source, d) for d in range(rank))
    if whole and not op.attrs.get("dropped"):
        b = rewriter.builder(op)
        same = source.type == op.result.type
        rewriter.replace(op, source if same else b.op(memref.Cast, (source,), None, (op.result.type,)).result)
        return True
    inner = source.owner
    if isinstance(inner, memref.SubView):
        return _subview_of_subview(rewriter, op, inner)
    if isinstance(inner, irad.View):
        return _subview_of_view(rewriter, op, inner)
    if isinstance(inner, memref.Cast):
        rewriter.set_operand(op, 0, inner.operands[0])
        return True
    return False


def _subview_of_subview(rewriter: Rewriter, op: memref.SubView, inner: memref.SubView) -> bool:
    """Compose two boxes: offsets o1 + s1*o2, steps s1*s2."""
    b = rewriter.builder(op)
    kept = kept_axes(inner)
    offsets, steps, sizes = list(inner.offsets), list(inner.steps), list(inner.sizes)
    for outer_axis, axis in enumerate(kept):
        offsets[axis] = b(arith.AddI, inner.offsets[axis], b(arith.MulI, inner.steps[axis], op.offsets[outer_axis]))
        steps[axis] = b(arith.MulI, inner.steps[axis], op.steps[outer_axis])
        sizes[axis] = op.sizes[outer_axis]
    outer = kept_axes(op)
    dropped = tuple(axis for axis in range(len(offsets)) if axis not in kept or kept.index(axis) not in outer)
    attrs: dict[str, Any] = {**op.attrs, "dropped": dropped} if dropped else op.attrs
    view = b.op(memref.SubView, (inner.array, *offsets, *sizes, *steps), attrs, (op.result.type,))
    rewriter.replace(op, view.result)
    return True


def _subview_of_view(rewriter: Rewriter, op: memref.SubView, inner: irad.View) -> bool:
    """A box of a general view is a general view."""
    b = rewriter.builder(op)
    offset = inner.offset
    for start, stride in zip(op.offsets, inner.strides, strict=True):
        offset = b(arith.AddI, offset, b(arith.MulI, start, stride))
    kept = kept_axes(op)
    sizes = [op.sizes[d] for d in kept]
    strides = [b(arith.MulI, op.steps[d], inner.strides[d]) for d in kept]
    view = b.op(irad.View, (inner.array, offset, *sizes, *strides), None, (op.result.type,))
    rewriter.replace(op, view.result)
    return True


def _view(rewriter: Rewriter, op: Op) -> bool:
    """A view of a view needs only the inner one's array: strides are in elements, whatever they go over."""
    assert isinstance(op, irad.View)
    inner = op.array.owner
    if isinstance(inner, irad.View):
        b, start = rewriter.builder(op), inner.offset
        if array_type(op.array).element != array_type(op.result).element:  # an element of a complex array is two of its parts
            start = b(arith.MulI, start, b.index(2))
        offset = b(arith.AddI, start, op.offset)
        rewriter.set_operand(op, 1, offset)
        rewriter.set_operand(op, 0, inner.array)
        return True
    if isinstance(inner, memref.Cast):
        rewriter.set_operand(op, 0, inner.operands[0])
        return True
    if _whole(op):
        rewriter.replace(op, op.array)
        return True
    return False


def _whole(op: irad.View) -> bool:
    """Whether a view is its contiguous source again."""
    source = array_type(op.array)
    if op.result.type != source or source.strided or not _is_number(op.offset, 0):
        return False
    if not all(is_size(size, op.array, d) for d, size in enumerate(op.sizes)):
        return False
    return all(is_stride(stride, op.array, d) for d, stride in enumerate(op.strides))


def is_stride(value: Value, array: Value, axis: int) -> bool:
    """Whether a value is the stride of a dimension for certain."""
    owner = value.owner
    if isinstance(owner, irad.Stride) and owner.operands[0] is array and _is_number(owner.operands[1], axis):
        return True
    type = array_type(array)
    if type.strided:
        return False
    if axis == type.rank - 1:
        return _is_number(value, 1)
    if axis == type.rank - 2:
        return is_size(value, array, axis + 1)
    return False


# ------------------------------------------------------------------ accesses


def _access(rewriter: Rewriter, op: Op) -> bool:
    """Loads and stores through casts, boxes and broadcasts go to the array itself."""
    first = 1 if isinstance(op, memref.Store) else 0
    array = op.operands[first]
    indices = op.operands[first + 1 :]
    match array.owner:
        case memref.Cast():
            rewriter.set_operand(op, first, array.owner.operands[0])
            return True
        case memref.SubView():
            source, moved = array.owner.array, _through_subview(array.owner, indices, rewriter.builder(op))
        case irad.View():
            source, moved = array.owner.array, _through_view(array.owner, indices, rewriter.builder(op))
        case _:
            return False
    if moved is None:
        return False
    b = rewriter.builder(op)
    if isinstance(op, memref.Store):
        b.op(memref.Store, (op.value, source, *moved), op.attrs)
        rewriter.erase(op)
    else:
        rewriter.replace(op, b(memref.Load, source, *moved, **op.attrs))
    return True


def _through_subview(view: memref.SubView, indices: list[Value], b: Builder) -> list[Value]:
    moved = list(view.offsets)
    for index_value, axis in zip(indices, kept_axes(view), strict=True):
        scaled = b(arith.MulI, index_value, view.steps[axis])
        moved[axis] = b(arith.AddI, view.offsets[axis], scaled)
    return moved


def _through_view(view: irad.View, indices: list[Value], b: Builder) -> list[Value] | None:
    """The source's indices for an element of a view; None where they cannot be told apart from one another, or are of other elements."""
    source = array_type(view.array)
    if source.element != array_type(view.result).element:
        return None
    if source.rank == 1 and not source.strided:
        position = view.offset
        for i, stride in zip(indices, view.strides, strict=True):
            position = b(arith.AddI, position, b(arith.MulI, i, stride))
        return [position]
    if not _is_number(view.offset, 0):
        return None
    moved: dict[int, Value] = {}
    for i, stride, size in zip(indices, view.strides, view.sizes, strict=True):
        if _is_number(stride, 0):
            continue
        axes = [d for d in range(source.rank) if d not in moved and is_stride(stride, view.array, d) and is_size(size, view.array, d)]
        axis = axes[0] if axes else None
        if axis is None:
            return None
        moved[axis] = i
    return [moved[d] if d in moved else b.index(0) for d in range(source.rank)]


VIEWS: dict[type[Op], list[Pattern]] = {
    memref.Dim: [_dim],
    irad.Stride: [_stride],
    memref.Cast: [_cast],
    memref.SubView: [_subview],
    irad.View: [_view],
    memref.Load: [_access],
    memref.Store: [_access],
}
