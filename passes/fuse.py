"""Fusion of element-wise producers into their consumer, so that chains of array operations need no temporaries."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Value, clone_op
from irad.ir.ops import irad, memref
from irad.ir.types import MemRefType, Type
from irad.passes.affine import affine
from irad.passes.alias import Alias
from irad.passes.effects import Summary, is_memory

Consumer = irad.Map | irad.Reduce


def _consumer_of(producer: irad.Map) -> Consumer | None:
    """The one operation that reads what a map writes, if the destination is temporary memory that nobody else looks at."""
    temporary = producer.destination
    if not isinstance(temporary.owner, memref.Alloc | memref.Alloca):
        return None
    consumer: Consumer | None = None
    for user in temporary.uses:
        if user is producer:
            if temporary in producer.inputs:
                return None
        elif isinstance(user, irad.Map | irad.Reduce) and consumer is None:
            consumer = user
        elif not isinstance(user, memref.Dim | memref.Dealloc | irad.Stride):
            return None
    if consumer is None or (isinstance(consumer, irad.Map) and consumer.destination is temporary):
        return None
    return consumer


def disjoint_views(a: Value, b: Value) -> bool:
    """Whether two boxes of one array cannot overlap: on some axis one ends before the other begins."""
    x, y = a.owner, b.owner
    if not (isinstance(x, memref.SubView) and isinstance(y, memref.SubView) and x.array is y.array):
        return False
    return any(_before(x, y, d) or _before(y, x, d) for d in range(len(x.offsets)))


def _before(x: memref.SubView, y: memref.SubView, axis: int) -> bool:
    """Whether x ends before y begins, on an axis where x has step 1 and y's step is positive."""
    if affine(x.steps[axis], 2).terms or affine(y.steps[axis], 2).terms:
        return False
    if affine(x.steps[axis], 2).constant != 1 or affine(y.steps[axis], 2).constant < 1:
        return False
    gap = affine(y.offsets[axis], 6).plus(affine(x.offsets[axis], 6), -1).plus(affine(x.sizes[axis], 6), -1)
    return not gap.terms and 0 <= gap.constant < 2**60


class _Fuse:
    """Fuses the maps of a function, later ones first: what a map reads then has fewer readers left."""

    def __init__(self, func: Func) -> None:
        self.alias = Alias(func)
        self.summary = Summary()
        self.fresh: set[Value] = set()  # temporaries made here, which nothing else can overlap
        self.changed = False
        self.block(func.body)

    def block(self, block: Block) -> None:
        for op in block.reversed_ops():
            if isinstance(op, irad.Map):
                consumer = _consumer_of(op)
                if consumer is not None and consumer.parent is block and self._unchanged(op, consumer):
                    self._fuse(op, consumer)
            else:
                for region in op.regions:
                    self.block(region)

    def _fuse(self, producer: irad.Map, consumer: Consumer) -> None:
        if not self._readable(producer, consumer):
            if isinstance(consumer, irad.Reduce) or _is_copy(consumer):
                return
            consumer = self._through_temporary(consumer)
        _merge(producer, consumer)
        self.changed = True

    def _through_temporary(self, consumer: irad.Map) -> irad.Map:
        """Let a map write to new memory, which is copied to its destination: the one temporary that an overlapping assignment needs."""
        b = Builder.in_front_of(consumer)
        destination = consumer.destination
        assert isinstance(destination.type, MemRefType)
        element = destination.type.element
        temporary = b.alloc(element, [b.dim(destination, i) if n is None else n for i, n in enumerate(destination.type.shape)])
        self.fresh.add(temporary)
        computed = b.op(irad.Map, (temporary, *consumer.inputs), consumer.attrs, (), [Block([_element_type(v) for v in consumer.inputs])])
        assert isinstance(computed, irad.Map)
        inner = Builder(computed.body, None, consumer.loc)
        inner.yield_(*_copy(consumer.body, list(computed.body.args), inner))
        copied = Block([element])
        Builder(copied, None, consumer.loc).yield_(*copied.args)
        b.op(irad.Map, (destination, temporary), None, (), [copied])
        consumer.erase()
        return computed

    def _unchanged(self, producer: irad.Map, consumer: Consumer) -> bool:
        """Whether nothing between the two writes what the producer reads."""
        sources = [v for v in producer.inputs if is_memory(v)]
        op = producer.next
        while op is not consumer:
            if op is None:
                return False
            if not op.pure and any(self.alias.may_alias(s, w) for w in self.summary.of(op).writes for s in sources):
                return False
            op = op.next
        return True

    def _readable(self, producer: irad.Map, consumer: Consumer) -> bool:
        """Whether the consumer can read the producer's inputs element by element, while it writes its own result."""
        sources = [v for v in producer.inputs if is_memory(v)]
        if isinstance(consumer, irad.Reduce):  # some array has to say how many elements there are
            return bool(sources) or any(is_memory(v) and v is not producer.destination for v in consumer.inputs)
        target = consumer.destination
        return target in self.fresh or all(
            s is target or not self.alias.may_alias_now(s, target) or disjoint_views(s, target) for s in sources
        )


def _is_copy(consumer: irad.Map) -> bool:
    """Whether a map only copies what it reads."""
    return len(consumer.inputs) == 1 and list(consumer.body.terminator.operands) == list(consumer.body.args)


def _merge(producer: irad.Map, consumer: Consumer) -> None:
    """Compute the producer's element where the consumer reads it; the producer goes."""
    temporary = producer.destination
    is_map = isinstance(consumer, irad.Map)
    leading = [] if is_map else consumer.inits
    kept = [v for v in consumer.inputs if v is not temporary]
    inputs = list(dict.fromkeys([*kept, *producer.inputs]))
    body = Block([v.type for v in leading])
    elements = {v: body.add_arg(_element_type(v), v.hint if not is_memory(v) else "") for v in inputs}
    b = Builder(body, None, consumer.loc)
    value = _copy(producer.body, [elements[v] for v in producer.inputs], b)[0]
    args = [*body.args[: len(leading)], *(value if v is temporary else elements[v] for v in consumer.inputs)]
    b.yield_(*_copy(consumer.body, args, b))
    outside = Builder.in_front_of(consumer)
    if is_map:
        outside.op(irad.Map, (consumer.destination, *inputs), consumer.attrs, (), [body])
    else:
        attrs = {**consumer.attrs, "inputs": len(inputs)}
        fused = outside.op(irad.Reduce, (*inputs, *leading), attrs, None, [body])
        for old, new in zip(consumer.results, fused.results, strict=True):
            new.hint = old.hint
            old.replace_by(new)
    producer.erase()
    consumer.erase()


def _element_type(value: Value) -> Type:
    """The type of an element of an array, of a scalar itself."""
    return value.type.element if isinstance(value.type, MemRefType) else value.type


def _copy(body: Block, args: list[Value], b: Builder) -> list[Value]:
    mapping = dict(zip(body.args, args, strict=True))
    for op in body.ops:
        if not op.terminator:
            b.insert(clone_op(op, mapping))
    return [mapping.get(v, v) for v in body.terminator.operands]


def fuse(func: Func) -> bool:
    """Merge each map into the map or reduction that reads its result, where the result is temporary and read there only.

    The result of `x[...] = f(x)` goes through a temporary, which is what NumPy does: it disappears where source and destination are
    the same elements or provably disjoint. Where they overlap otherwise, as in `u[1:-1] += u[2:] - u[:-2]`, one temporary takes the
    whole right-hand side. Nothing is computed twice. Needs cse (equal views are one value); cost: one walk, and one
    over the operations between producer and consumer.

    Before:
        func.func @f(%x: memref<?xf64>, %y: memref<?xf64>, %n: index) -> f64 {
          %zero = arith.constant 0.0 : f64
          %t = memref.alloc(%n) : memref<?xf64>
          irad.map (%a = %x, %b = %y : memref<?xf64>, memref<?xf64>) into %t : memref<?xf64> {
            %d = arith.subf %a, %b : f64
            scf.yield %d : f64
          }
          %u = memref.alloc(%n) : memref<?xf64>
          irad.map (%a = %t : memref<?xf64>) into %u : memref<?xf64> {
            %d = arith.mulf %a, %a : f64
            scf.yield %d : f64
          }
          %s = irad.reduce (%e = %u : memref<?xf64>) init (%acc = %zero : f64) {
            %p = arith.addf %acc, %e : f64
            scf.yield %p : f64
          }
          func.return %s : f64
        }
    After:
        func.func @f(%x: memref<?xf64>, %y: memref<?xf64>, %n: index) -> f64 {
          %zero = arith.constant 0.0 : f64
          %t = memref.alloc(%n) : memref<?xf64>
          %u = memref.alloc(%n) : memref<?xf64>
          %s = irad.reduce (%a = %x, %b = %y : memref<?xf64>, memref<?xf64>) init (%acc = %zero : f64) {
            %d = arith.subf %a, %b : f64
            %e = arith.mulf %d, %d : f64
            %p = arith.addf %acc, %e : f64
            scf.yield %p : f64
          }
          func.return %s : f64
        }
    """
    return any(isinstance(op, irad.Map) for op in func.walk()) and _Fuse(func).changed
