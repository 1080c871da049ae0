"""Full unrolling of loops with a small constant number of trips."""

from __future__ import annotations

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Value, clone_op
from irad.ir.ops import arith, memref, scf
from irad.passes.effects import constant_of
from irad.passes.peephole import simplify
from irad.passes.simplify_control import trip_count
from irad.passes.simplify_views import array_type

# Operations that unrolling a loop may leave behind; more where a local array may then live in values.
LIMIT = 64
LOCAL_ARRAY_LIMIT = 512

_ROUNDS = 4


def _size(block: Block) -> int:
    return sum(1 for op in block.walk() if not isinstance(op, arith.Constant) and not op.terminator)


def _indexes_local_array(loop: scf.For) -> bool:
    """Whether the loop's counter indexes local memory of static shape, which scalar replacement can turn into values."""
    for user in loop.induction.uses:
        if isinstance(user, memref.Load | memref.Store):
            array = user.array
            static = isinstance(array.owner, memref.Alloc | memref.Alloca) and None not in array_type(array).shape
            if static and all(constant_of(i) is not None or isinstance(i.owner, Block) for i in user.indices):
                return True
    return False


def _worth_unrolling(loop: scf.For) -> int | None:
    """The number of trips, if the loop is to be unrolled."""
    trips = trip_count(loop)
    if trips is None or trips > LOCAL_ARRAY_LIMIT:
        return None
    size = trips * _size(loop.body)
    if size <= LIMIT or (size <= LOCAL_ARRAY_LIMIT and _indexes_local_array(loop)):
        return trips
    return None


def unroll_loop(loop: scf.For, trips: int) -> None:
    """Replace a loop by that many copies of its body."""
    lower, step = constant_of(loop.lower), constant_of(loop.step)
    assert lower is not None
    assert step is not None
    assert loop.parent is not None
    b = Builder.in_front_of(loop)
    carried: list[Value] = loop.inits
    counters = [int(lower) + i * int(step) for i in range(trips)]
    for counter in reversed(counters) if loop.reversed else counters:
        mapping = dict(zip(loop.body.args, [b.index(counter), *carried], strict=True))
        for op in loop.body.ops:
            if not op.terminator:
                loop.parent.insert(clone_op(op, mapping), loop)
        carried = [mapping.get(v, v) for v in loop.body.terminator.operands]
    for result, value in zip(loop.results, carried, strict=True):
        result.replace_by(value)
    loop.erase()


def _loops_inside_out(block: Block) -> list[scf.For]:
    found: list[scf.For] = []
    for op in block.ops:
        for region in op.regions:
            found += _loops_inside_out(region)
        if isinstance(op, scf.For):
            found.append(op)
    return found


def _round(func: Func) -> bool:
    changed = False
    for loop in _loops_inside_out(func.body):
        trips = _worth_unrolling(loop)
        if trips is not None:
            unroll_loop(loop, trips)
            changed = True
    return changed


def unroll(func: Func) -> bool:
    """Unroll loops of a constant number of trips whose copies stay small; inner loops first, then what has become constant.

    Triangular nests come apart in rounds: the outer loop's copies have inner loops of constant trips.

    Before:
        func.func @f(%x: memref<3xf64>) -> f64 {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %c2 = arith.constant 2 : index
          %zero = arith.constant 0.0 : f64
          %s = scf.for %i = %c0 to %c2 step %c1 iter_args(%a = %zero) -> (f64) {
            %e = memref.load %x[%i] : memref<3xf64>
            %p = arith.addf %a, %e : f64
            scf.yield %p : f64
          }
          func.return %s : f64
        }
    After:
        func.func @f(%x: memref<3xf64>) -> f64 {
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %zero = arith.constant 0.0 : f64
          %e = memref.load %x[%c0] : memref<3xf64>
          %p = arith.addf %zero, %e : f64
          %g = memref.load %x[%c1] : memref<3xf64>
          %q = arith.addf %p, %g : f64
          func.return %q : f64
        }
    """
    changed = False
    for _ in range(_ROUNDS):
        if not _round(func):
            break
        changed = True
        simplify(func)
    return changed
