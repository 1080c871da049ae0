"""Scalar replacement: small local arrays that are only accessed at constant indices become values."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Op, Value
from irad.ir.ops import memref, scf
from irad.ir.types import MemRefType, Type, is_inexact
from irad.passes.carried import add_for_carried
from irad.passes.effects import constant_of, defined_in
from irad.passes.simplify_views import array_type

LIMIT = 256

Key = tuple[Value, tuple[int, ...]]
State = dict[Key, Value | None]


def _position(op: memref.Load | memref.Store) -> tuple[int, ...] | None:
    """The constant indices of an access, None if they are not constant or out of range."""
    shape = array_type(op.array).shape
    position: list[int] = []
    for i, size in zip(op.indices, shape, strict=True):
        number = constant_of(i)
        if number is None or size is None or not 0 <= number < size:
            return None
        position.append(int(number))
    return tuple(position)


def _replaceable(alloc: Op) -> bool:
    type = array_type(alloc.results[0])
    elements = 1
    for size in type.shape:
        if size is None:
            return False
        elements *= size
    if elements > LIMIT or isinstance(type.element, MemRefType):
        return False
    return all(_simple_use(user, alloc.results[0]) for user in alloc.results[0].uses)


def _simple_use(user: Op, array: Value) -> bool:
    match user:
        case memref.Load():
            return _position(user) is not None
        case memref.Store():
            return user.value is not array and _position(user) is not None
        case memref.Dealloc() | memref.Dim():
            return True
        case _:
            return False


class _Promote:
    """One walk in program order that keeps the current value of every element of the arrays to be replaced."""

    def __init__(self, arrays: set[Value]) -> None:
        self.arrays = arrays
        self.written: dict[Op, dict[Key, None]] = {}
        self.dead: list[Op] = []

    def collect(self, block: Block) -> dict[Key, None]:
        """The elements written in a block; noted for every structured operation on the way (ordered, so that output is stable)."""
        keys: dict[Key, None] = {}
        for op in block.ops:
            if isinstance(op, memref.Store) and op.array in self.arrays:
                position = _position(op)
                assert position is not None
                keys[op.array, position] = None
            elif op.regions:
                inner: dict[Key, None] = {}
                for region in op.regions:
                    inner.update(self.collect(region))
                self.written[op] = inner
                keys.update(inner)
        return keys

    def block(self, block: Block, state: State) -> None:
        for op in block.ops:
            match op:
                case memref.Store() if op.array in self.arrays:
                    position = _position(op)
                    assert position is not None
                    state[op.array, position] = op.value
                    op.erase()
                case memref.Load() if op.array in self.arrays:
                    position = _position(op)
                    assert position is not None
                    op.result.replace_by(self.value(state, (op.array, position), op))
                    op.erase()
                case memref.Alloc() | memref.Alloca() if op.result in self.arrays:
                    for key in [k for k in state if k[0] is op.result]:
                        del state[key]
                    self.dead.append(op)
                case scf.If():
                    self.branch(op, state)
                case scf.For():
                    self.loop(op, state)
                case scf.While():
                    self.while_loop(op, state)
                case _:
                    pass

    def value(self, state: State, key: Key, op: Op) -> Value:
        """The element's value in front of an operation; zero if nothing was stored."""
        value = state.get(key)
        if value is None:
            type = array_type(key[0]).element
            value = state[key] = Builder.in_front_of(op).constant(_zero(type), type)
        return value

    def visible(self, op: Op, state: State) -> list[Key]:
        """Elements written inside an operation whose arrays exist before it."""
        return [key for key in self.written[op] if not defined_in(key[0], op)]

    def branch(self, op: scf.If, state: State) -> None:
        keys = self.visible(op, state)
        befores = [self.value(state, key, op) for key in keys]
        for region in op.regions:
            inner = dict(state)
            self.block(region, inner)
            for key, before in zip(keys, befores, strict=True):
                region.terminator.add_operand(inner.get(key) or before)
        for key in keys:
            state[key] = op.add_result(array_type(key[0]).element, key[0].hint)

    def loop(self, op: scf.For, state: State) -> None:
        keys = self.visible(op, state)
        first = len(op.results)
        args = add_for_carried(op, [self.value(state, key, op) for key in keys], [key[0].hint for key in keys])
        inner = {**state, **dict(zip(keys, args, strict=True))}
        self.block(op.body, inner)
        for key in keys:
            value = inner[key]
            assert value is not None
            op.body.terminator.add_operand(value)
        state.update(zip(keys, op.results[first:], strict=True))

    def while_loop(self, op: scf.While, state: State) -> None:
        keys = self.visible(op, state)
        inner = dict(state)
        for key in keys:
            init = self.value(state, key, op)
            op.add_operand(init)
            inner[key] = op.before.add_arg(init.type, key[0].hint)
        self.block(op.before, inner)
        for key in keys:
            value = inner[key]
            assert value is not None
            op.before.terminator.add_operand(value)
            state[key] = op.add_result(value.type, key[0].hint)
        inner = {**state, **{key: op.after.add_arg(array_type(key[0]).element, key[0].hint) for key in keys}}
        self.block(op.after, inner)
        for key in keys:
            value = inner[key]
            assert value is not None
            op.after.terminator.add_operand(value)


def _zero(type: Type) -> float | int:
    return 0.0 if is_inexact(type) else 0


def mem2reg(func: Func) -> bool:
    """Keep the elements of small local arrays in values; branches yield them, loops carry them.

    Needs indices folded to constants (unroll first) and accesses through views resolved (simplify). What loops and branches carry
    in vain, dce removes. Cost: one walk, and the number of elements per structured operation that writes them.

    Before:
        func.func @f(%x: f64, %c: i1) -> f64 {
          %c0 = arith.constant 0 : index
          %m = memref.alloc() : memref<1xf64>
          memref.store %x, %m[%c0] : memref<1xf64>
          scf.if %c {
            %y = math.sin %x : f64
            memref.store %y, %m[%c0] : memref<1xf64>
          }
          %z = memref.load %m[%c0] : memref<1xf64>
          func.return %z : f64
        }
    After:
        func.func @f(%x: f64, %c: i1) -> f64 {
          %c0 = arith.constant 0 : index
          %z = scf.if %c -> (f64) {
            %y = math.sin %x : f64
            scf.yield %y : f64
          } else {
            scf.yield %x : f64
          }
          func.return %z : f64
        }
    """
    arrays = {op.results[0] for op in func.walk() if isinstance(op, memref.Alloc | memref.Alloca) and _replaceable(op)}
    if not arrays:
        return False
    promote = _Promote(arrays)
    promote.collect(func.body)
    promote.block(func.body, {})
    for alloc in promote.dead:
        for user in list(alloc.results[0].uses):
            _forget(user)
        alloc.erase()
    return True


def _forget(user: Op) -> None:
    """Erase what is left of the uses of an array: its deallocations and sizes."""
    if isinstance(user, memref.Dim):
        size = array_type(user.operands[0]).shape[int(constant_of(user.operands[1]) or 0)]
        assert size is not None
        user.result.replace_by(Builder.in_front_of(user).index(size))
    user.erase()
