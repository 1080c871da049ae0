"""Arithmetic on sizes, offsets and strides that stays in Python where they are static, and what can be proven of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from itertools import islice

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import arith, irad, memref
from irad.ir.types import MemRefType, index

Size = int | Value  # a Python int where it is static, else an SSA value of type index


def as_value(b: Builder, x: Size) -> Value:
    """The SSA value of a size."""
    return b.index(x) if isinstance(x, int) else x


def static(x: Size) -> Size:
    """A constant as a Python int, everything else as it is."""
    if isinstance(x, Value) and isinstance(x.op, arith.Constant) and x.type == index:
        return int(x.op.value)
    return x


def _split(x: Size) -> tuple[Value | None, int]:
    """A size as value + constant."""
    x = static(x)
    if isinstance(x, int):
        return None, x
    if isinstance(x.op, arith.AddI | arith.SubI):
        offset = static(x.op.operands[1])
        if isinstance(offset, int):
            return x.op.operands[0], offset if isinstance(x.op, arith.AddI) else -offset
    return x, 0


def add(b: Builder, x: Size, y: Size) -> Size:
    """x + y."""
    base, offset = _split(x)
    other, more = _split(y)
    if base is not None and other is not None:
        return b(arith.AddI, as_value(b, x), as_value(b, y))
    return _shifted(b, base if base is not None else other, offset + more)


def _shifted(b: Builder, base: Value | None, offset: int) -> Size:
    if base is None:
        return offset
    return b(arith.AddI, base, b.index(offset)) if offset else base


def sub(b: Builder, x: Size, y: Size) -> Size:
    """x - y."""
    base, offset = _split(x)
    other, less = _split(y)
    if other is None:
        return _shifted(b, base, offset - less)
    if base is not None and same(base, other):
        return offset - less
    return b(arith.SubI, as_value(b, x), as_value(b, y))


def mul(b: Builder, x: Size, y: Size) -> Size:
    """x * y."""
    x, y = static(x), static(y)
    if isinstance(x, int) and isinstance(y, int):
        return x * y
    if isinstance(x, int):
        x, y = y, x
    if isinstance(y, int) and y in (0, 1):
        return x if y else 0
    return b(arith.MulI, as_value(b, x), as_value(b, y))


def product(b: Builder, sizes: Sequence[Size]) -> Size:
    """The product of sizes, 1 of none."""
    result: Size = 1
    for size in sizes:
        result = mul(b, result, size)
    return result


def maximum(b: Builder, x: Size, y: Size) -> Size:
    """The larger, without an operation where it is known; max(max(n - 1, 0) - 1, 0) becomes max(n - 2, 0), as other slices have it."""
    if isinstance(static(y), int):
        x, y = _without_inner_maximum(b, x, y)
    if at_most(x, y):
        return y
    return x if at_most(y, x) else b(arith.MaxSI, as_value(b, x), as_value(b, y))


def _without_inner_maximum(b: Builder, x: Size, y: Size) -> tuple[Size, Size]:
    """Operands of the same maximum, where x is a maximum with a constant, plus a constant."""
    base, offset = _split(x)
    inner, least = (static(v) for v in base.op.operands) if base is not None and isinstance(base.op, arith.MaxSI) else (None, None)
    if inner is None or not isinstance(least, int):
        return x, y
    return add(b, inner, offset), maximum(b, least + offset, y)


def minimum(b: Builder, x: Size, y: Size) -> Size:
    """The smaller, without an operation where it is known."""
    if at_most(x, y):
        return x
    return y if at_most(y, x) else b(arith.MinSI, as_value(b, x), as_value(b, y))


def divide_up(b: Builder, x: Size, y: Size) -> Size:
    """x / y rounded up, for x >= 0 and y > 0."""
    x, y = static(x), static(y)
    if isinstance(x, int) and isinstance(y, int):
        return -(-x // y)
    if y == 1:
        return x
    rounded = add(b, x, sub(b, y, 1))
    return b(arith.DivSI, as_value(b, rounded), as_value(b, y))


def select(b: Builder, condition: Value, x: Size, y: Size) -> Size:
    """condition ? x : y."""
    if same(x, y):
        return x
    return b(arith.Select, condition, as_value(b, x), as_value(b, y))


def at_most(x: Size, y: Size) -> bool:
    """Whether x <= y is certain."""
    base, offset = _split(x)
    other, more = _split(y)
    if (base is None and other is None) or (base is not None and other is not None and same(base, other)):
        return offset <= more
    return base is None and other is not None and offset <= more and nonnegative(other)


def nonnegative(x: Size) -> bool:
    """Whether x >= 0 is certain."""
    x = static(x)
    if isinstance(x, int):
        return x >= 0
    op = x.op
    if isinstance(op, memref.Dim):
        return True
    if isinstance(op, arith.MaxSI):
        return any(nonnegative(v) for v in op.operands)
    if isinstance(op, arith.MinSI | arith.AddI | arith.MulI | arith.DivSI):
        return all(nonnegative(v) for v in op.operands)
    return isinstance(op, irad.Index)


def same(x: Size, y: Size, depth: int = 6) -> bool:
    """Whether two sizes are certainly equal: one value, or the same pure computation from the same values."""
    x, y = static(x), static(y)
    if x is y or isinstance(x, int) or isinstance(y, int):
        return x is y or (isinstance(x, int) and isinstance(y, int) and x == y)
    return same_value(x, y, depth)


class Equalities:
    """Sizes that are assumed to be equal, in classes."""

    def __init__(self) -> None:
        self._classes: list[list[Value]] = []

    def join(self, x: Value, y: Value) -> None:
        """Assume one more equality."""
        first, second = self._of(x) or [x], self._of(y) or [y]
        self._classes = [c for c in self._classes if c is not first and c is not second] + [first + second]

    def hold(self, x: Value, y: Value) -> bool:
        """Whether two sizes are assumed to be equal."""
        found = self._of(x)
        return found is not None and found is self._of(y)

    def _of(self, x: Value) -> list[Value] | None:
        """The class of a value, whose members are the same by computation alone: to assume equalities of their operands has no end."""
        return next((c for c in self._classes if any(_same_computation(x, v, 6, assuming=False) for v in c)), None)


assumed: ContextVar[Equalities | None] = ContextVar("assumed", default=None)  # of the function that is being traced


def same_value(x: Value, y: Value, depth: int = 6, assuming: bool = True) -> bool:
    """Whether two SSA values are certainly equal, memrefs being equal if they are the same view of the same memory."""
    if _same_computation(x, y, depth, assuming):
        return True
    equalities = assumed.get() if assuming else None
    return equalities is not None and x.type == index and equalities.hold(x, y)


def _same_computation(x: Value, y: Value, depth: int, assuming: bool) -> bool:
    if x is y:
        return True
    p, q = x.op, y.op
    if p is None or q is None or depth == 0 or type(p) is not type(q) or not (p.pure or isinstance(p, irad.Index)):
        return False
    if len(p.operands) != len(q.operands) or x.index != y.index or x.type != y.type or p.attrs != q.attrs:
        return False
    return all(same_value(u, v, depth - 1, assuming) for u, v in zip(p.operands, q.operands, strict=True))


# ---------------------------------------------------------------- of arrays


def _type(array: Value) -> MemRefType:
    assert isinstance(array.type, MemRefType)
    return array.type


def dim(b: Builder, array: Value, axis: int) -> Size:
    """Size of a dimension: static, or what the operation that made the array was given, or an operation that reads it."""
    found = _type(array).shape[axis]
    if found is not None:
        return found
    op = array.op
    if isinstance(op, memref.Alloc):
        return op.operands[sum(n is None for n in _type(array).shape[:axis])]
    if isinstance(op, memref.SubView):
        return static(op.sizes[kept_axes(op)[axis]])
    if isinstance(op, irad.View):
        return static(op.sizes[axis])
    if isinstance(op, memref.Cast):
        return dim(b, op.operands[0], axis)
    return _read(b, memref.Dim, array, axis)


_SCANNED = 16  # uses of an array among which an operation is looked for: those that read its sizes come early


def _read(b: Builder, cls: type[Op], array: Value, axis: int) -> Value:
    """A size or stride that only the array itself knows, read once, directly behind the array's definition."""
    for op in islice(array.uses, _SCANNED):
        if type(op) is cls and op.parent is array.block and static(op.operands[1]) == axis:
            return op.results[0]
    block, definition = array.block, array.op
    assert block is not None
    behind = Builder(block, block.first if definition is None else definition.next, b.loc)
    return behind(cls, array, behind.index(axis))


def kept_axes(op: memref.SubView) -> list[int]:
    """The axes of the source that a subview keeps."""
    dropped: Sequence[int] = op.attrs.get("dropped", ())
    return [i for i in range(_type(op.array).rank) if i not in dropped]


def dims(b: Builder, array: Value) -> list[Size]:
    """All sizes."""
    return [dim(b, array, i) for i in range(_type(array).rank)]


def row_major(b: Builder, sizes: Sequence[Size]) -> list[Size]:
    """Strides of contiguous memory of the sizes."""
    strides: list[Size] = []
    step: Size = 1
    for size in reversed(sizes):
        strides.append(step)
        if len(strides) < len(sizes):
            step = mul(b, step, size)
    return strides[::-1]


def strides(b: Builder, array: Value) -> list[Size]:
    """Strides in elements: computed for contiguous memory, taken from the view that made the array, or read."""
    if not _type(array).strided:
        return row_major(b, dims(b, array))
    op = array.op
    if isinstance(op, irad.View):
        return [static(s) for s in op.strides]
    if isinstance(op, memref.SubView):
        outer = strides(b, op.array)
        return [mul(b, outer[i], static(op.steps[i])) for i in kept_axes(op)]
    if isinstance(op, memref.Cast) and not _type(op.operands[0]).strided:
        return strides(b, op.operands[0])
    return [_read(b, irad.Stride, array, i) for i in range(_type(array).rank)]


def root(array: Value) -> Value:
    """The array of whose memory another is a view, as far as the operations tell."""
    while (op := array.op) is not None and isinstance(op, memref.SubView | irad.View | memref.Cast):
        array = op.operands[0]
    return array


def read_only(array: Value) -> bool:
    """Whether an array is a view through which nothing may be written, as far as the operations tell."""
    while (op := array.op) is not None and isinstance(op, memref.SubView | irad.View | memref.Cast):
        if op.attrs.get("readonly"):
            return True
        array = op.operands[0]
    return False


def may_overlap(x: Value, y: Value) -> bool:
    """Whether two arrays may share an element, judged by where their memory comes from."""
    first, second = root(x), root(y)
    if first is second:
        return True
    if isinstance(first.op, memref.Alloc) and isinstance(second.op, memref.Alloc):
        return False
    return not (_is_older(first, second) or _is_older(second, first))


def _is_older(argument: Value, allocated: Value) -> bool:
    """Whether one is a parameter of the function, and the other allocated in it."""
    block = argument.owner
    return isinstance(allocated.op, memref.Alloc) and isinstance(block, Block) and isinstance(block.parent, Func)
