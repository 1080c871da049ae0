"""Forward mode: every varied value gets a tangent, computed right after it."""

from __future__ import annotations

from collections.abc import Sequence

from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Module, Op, Value
from irad.ir.ops import arith, func, memref
from irad.ir.ops import complex as complexops
from irad.ir.types import MemRefType, is_inexact
from irad.passes.ad.activity import Activity
from irad.passes.ad.partials import convert, row, scale
from irad.passes.ad.plan import Variant
from irad.passes.ad.tape import zero_fill
from irad.passes.ad.twin import Twin
from irad.passes.alias import Alias, is_memory


class Tangents(Twin):
    """Writes the forward derivative of a function."""

    def __init__(self, maker: _Maker, function: Func, active_args: Sequence[bool]) -> None:
        super().__init__(count_trips=False)
        self.maker = maker
        alias = Alias(function)
        self.activity = Activity(maker.primals, function, alias, active_args, None)

    def has_twin(self, value: Value) -> bool:
        return self.activity.active(value)

    def visit(self, op: Op, b: Builder) -> None:
        match op:
            case func.Call():
                self._call(op, b)
                return
            case memref.Store():
                self.clone(op, b)
                if self.has_twin(op.array):
                    b.store(self.twin(op.value, b), self.twins[op.array], *map(self.read, op.indices))
                return
            case _:
                super().visit(op, b)
        if op.results and is_inexact(op.results[0].type) and not op.regions and self.has_twin(op.results[0]):
            self.twins[op.results[0]] = self._tangent(op, b)

    def _tangent(self, op: Op, b: Builder) -> Value:
        match op:
            case memref.Load():
                return b.load(self.twins[op.array], *map(self.read, op.indices))
            case arith.Select():
                return b(arith.Select, self.values[op.operands[0]], *(self.twin(v, b) for v in op.operands[1:]))
            case complexops.Create() | complexops.Part():
                return b(type(op), *(self.twin(v, b) for v in op.operands))
            case arith.ExtF() | arith.TruncF():
                return convert(b, self.twins[op.operands[0]], op.result.type)
            case _:
                terms = [
                    scale(b, self.twins[v], partial, op, self.read)
                    for v, partial in zip(op.operands, row(op), strict=True)
                    if partial is not None and v in self.twins
                ]
                total = terms[0]
                for term in terms[1:]:
                    total = b(arith.AddF, total, term)
                return total

    def _call(self, op: func.Call, b: Builder) -> None:
        if not any(self.has_twin(v) for v in op.operands):
            self.clone(op, b)
            return
        flags = tuple(self.has_twin(v) for v in op.operands), tuple(self.has_twin(r) for r in op.results)
        callee = self.maker.make(Variant(op.callee, *flags, split=True))
        operands = [x for v in op.operands for x in ((self.values[v], self.twin(v, b)) if self.has_twin(v) else (self.values[v],))]
        copy = b.op(func.Call, operands, {"callee": callee.name}, callee.result_types)
        self.bind(op.results, copy.results)


class _Maker:
    """Makes forward derivatives of called functions on demand, each once."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.primals = Module(module.funcs.values())  # without the derivatives that are being written
        self.made: dict[Variant, Func] = {}

    def make(self, variant: Variant, with_primal: bool = True) -> Func:
        """The derivative of a variant: parameters and results, each active one followed, or in the end, by its tangent."""
        if variant in self.made:
            return self.made[variant]
        primal = self.module.funcs[variant.name]
        body = Block()
        derivative = Func(self.module.unique_name(f"{primal.name}.forward"), body, (), primal.loc)
        returned = primal.body.terminator.operands
        primal_types = [r.type for r in returned] if with_primal else []
        derivative.result_types = (*primal_types, *(r.type for r, on in zip(returned, variant.active_results, strict=True) if on))
        self.made[variant] = self.module.add(derivative)
        sweep = Tangents(self, primal, variant.active_args)
        groups = self._arguments(primal, variant, sweep, body)
        derivative.attrs.update({"noalias": True} if primal.attrs.get("noalias") else {"alias_groups": tuple(groups)})
        b = Builder(body, None, primal.loc)
        sweep.region(primal.body, b)
        values = [sweep.values[r] for r in returned] if with_primal else []
        active = [r for r, on in zip(returned, variant.active_results, strict=True) if on]
        twins = [sweep.twin(r, b) if r in sweep.twins or not is_memory(r) else _zeros_like(b, sweep.values[r]) for r in active]
        b.op(func.Return, [*values, *twins])
        return derivative

    def _arguments(self, primal: Func, variant: Variant, sweep: Tangents, body: Block) -> list[int]:
        groups: list[int] = []
        given = primal.attrs.get("alias_groups") or (0,) * len(primal.args)
        for arg, on, group in zip(primal.args, variant.active_args, given, strict=True):
            sweep.values[arg] = body.add_arg(arg.type, arg.hint)
            groups.append(2 * group)
            if on:
                sweep.twins[arg] = body.add_arg(arg.type, f"d{arg.hint}" if arg.hint else "")
                groups.append(2 * group + 1)
        return groups


def _zeros_like(b: Builder, array: Value) -> Value:
    """The tangent of memory that depends on no active input."""
    assert isinstance(array.type, MemRefType)
    made = b.alloc(array.type.element, [n if n is not None else b.dim(array, i) for i, n in enumerate(array.type.shape)])
    zero_fill(b, made)
    return made if made.type == array.type else b.op(memref.Cast, (made,), None, (array.type,)).result


def forward(module: Module, name: str, active_args: Sequence[bool], active_results: Sequence[bool], with_primal: bool = False) -> Func:
    """Add the forward-mode derivative of a function to its module, and return it.

    Parameters of the derivative: those of the primal, each active one (number or memref) followed by its tangent. Results: those of
    the primal if `with_primal`, then the tangents of the active results. Shadows hold tangents, before and after.
    """
    return _Maker(module).make(Variant(name, tuple(active_args), tuple(active_results), split=False), with_primal)
