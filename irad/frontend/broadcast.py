"""Broadcasting: the common shape of operands, the checks where it cannot be proven, and views of stride 0."""

from __future__ import annotations

from collections.abc import Sequence

from irad.frontend import sizes as S
from irad.frontend.assumptions import assume_equal, equal
from irad.frontend.sizes import Size
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith, irad
from irad.ir.types import MemRefType, Type, i1

MISMATCH = "operands could not be broadcast together with shapes "


class Conditions:
    """What must hold of the sizes at run time; one check raises if any part of it does not."""

    def __init__(self, b: Builder) -> None:
        self.builder = b
        self.parts: list[Value] = []

    def require(self, *alternatives: tuple[Size, Size]) -> None:
        """One of the pairs must be equal; pairs of unequal static sizes drop out."""
        b = self.builder
        open_ = [(x, y) for x, y in alternatives if not (isinstance(S.static(x), int) and isinstance(S.static(y), int))]
        tests = [b(arith.CmpI, S.as_value(b, x), S.as_value(b, y), predicate="eq") for x, y in open_]
        if not tests:
            self.parts.append(b.constant(False, i1))
            return
        condition = tests[0]
        for test in tests[1:]:
            condition = b(arith.OrI, condition, test)
        self.parts.append(condition)

    def check(self, message: str, values: Sequence[Value], error: str = "ValueError") -> None:
        """Emit the check, if anything is left to check."""
        if not self.parts:
            return
        condition = self.parts[0]
        for part in self.parts[1:]:
            condition = self.builder(arith.AndI, condition, part)
        self.builder.check(condition, error, message, *values)


def shape_text(shapes: Sequence[Sequence[Size]], first: int = 0) -> tuple[list[str], list[Value]]:
    """Each shape as NumPy prints it, with a placeholder, numbered from `first`, for each size that is not static."""
    texts: list[str] = []
    values: list[Value] = []
    for shape in shapes:
        parts = []
        for size in map(S.static, shape):
            if isinstance(size, int):
                parts.append(str(size))
            else:
                parts.append(f"{{{first + len(values)}}}")
                values.append(size)
        texts.append(f"({parts[0]},)" if len(parts) == 1 else f"({','.join(parts)})")
    return texts, values


def common_shape(b: Builder, shapes: Sequence[Sequence[Size]], message: str = MISMATCH, error: str = "ValueError") -> list[Size]:
    """The shape to which all broadcast; emits a check that raises NumPy's error where that is not certain."""
    rank = max((len(shape) for shape in shapes), default=0)
    conditions = Conditions(b)
    result: list[Size] = []
    for axis in range(-rank, 0):
        size: Size = 1
        for shape in shapes:
            if len(shape) >= -axis:
                size = _meet(b, conditions, size, S.static(shape[axis]))
        result.append(size)
    texts, values = shape_text(shapes)
    conditions.check(message + " ".join(texts) + " ", values, error)
    return result


def _meet(b: Builder, conditions: Conditions, size: Size, other: Size) -> Size:
    if other == 1 or _covers(size, other):
        return size
    if size == 1 or _covers(other, size):
        return other
    if isinstance(size, int):
        conditions.require((other, size), (other, 1))
        return size
    if isinstance(other, int):
        conditions.require((size, other), (size, 1))
        return other
    if assume_equal(size, other):
        return size
    conditions.require((size, other), (size, 1), (other, 1))
    one = b(arith.CmpI, size, b.index(1), predicate="eq")
    return b(arith.Select, one, other, size)


def _covers(size: Size, other: Size) -> bool:
    """Whether `size` is what `other` broadcasts to, because it is the same or was made by broadcasting it."""
    if S.same(size, other):
        return True
    if not isinstance(size, Value) or not isinstance(size.op, arith.Select):
        return False
    condition, x, y = size.op.operands
    test = condition.op
    if not isinstance(test, arith.CmpI) or test.attrs["predicate"] != "eq":
        return False
    return test.operands[0] is y and S.static(test.operands[1]) == 1 and (_covers(x, other) or _covers(y, other))


def fit(b: Builder, shape: Sequence[Size], target: Sequence[Size], message: str) -> None:
    """Check that a shape of at most the target's rank broadcasts to the target; the message shows shape, then target."""
    conditions = Conditions(b)
    for axis in range(-len(shape), 0):
        size, wanted = S.static(shape[axis]), S.static(target[axis])
        if size != 1 and not _covers(wanted, size) and not equal(size, wanted):
            conditions.require((size, wanted), (size, 1))
    (source, destination), values = shape_text([shape, target])
    conditions.check(message.format(source, destination), values)


def spread(b: Builder, array: Value, target: Sequence[Size]) -> Value:
    """The array as a view of the target shape, to which it broadcasts: stride 0 wherever a size 1 is repeated."""
    shape = S.dims(b, array)
    missing = len(target) - len(shape)
    if not missing and all(S.same(n, m) for n, m in zip(shape, target, strict=True)):
        return array
    native = S.strides(b, array)
    strides: list[Size] = [0] * missing
    for size, wanted, stride in zip(shape, target[missing:], native, strict=True):
        if S.same(size, wanted):
            strides.append(stride)
        elif size == 1:
            strides.append(0)
        else:
            one = b(arith.CmpI, S.as_value(b, size), b.index(1), predicate="eq")
            strides.append(S.select(b, one, 0, stride))
    return view(b, array, 0, target, strides)


def view(
    b: Builder,
    array: Value,
    offset: Size,
    shape: Sequence[Size],
    strides: Sequence[Size],
    strided: bool = True,
    readonly: bool = False,
    element: Type | None = None,
) -> Value:
    """An irad.view; sizes that are static become part of its type.

    Through a read-only one, traced code cannot write. `element` is that of the parts of a complex array.
    """
    source = array.type
    assert isinstance(source, MemRefType)
    shape = [S.static(n) for n in shape]
    type = MemRefType(tuple(n if isinstance(n, int) else None for n in shape), element or source.element, strided)
    operands = [array, *(S.as_value(b, x) for x in (offset, *shape, *strides))]
    return b.op(irad.View, operands, {"readonly": True} if readonly else None, (type,)).result
