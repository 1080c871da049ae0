"""Reverse mode: a function that runs the primal, then its operations backwards, accumulating adjoints.

The walk over structured operations is in reverse_scf; here are scopes (where a value of the primal is to be had in the reverse sweep),
the adjoints of scalar and memory operations, and the functions that are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from irad.errors import UnsupportedError, fail
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Module, Op, Value
from irad.ir.ops import arith, func, irad, memref, scf
from irad.ir.ops import complex as complexops
from irad.ir.types import ComplexType, StackType, Type, is_inexact
from irad.passes.ad.augment import Augment
from irad.passes.ad.need import Node, Shadow, Trips, node_block, node_type
from irad.passes.ad.partials import convert, row, scale
from irad.passes.ad.plan import Plan, Variant, make_plans, stack_types
from irad.passes.ad.reverse_scf import reverse_for, reverse_if, reverse_while
from irad.passes.ad.tape import Frame, Grid, Piece, counters, new_stack, piece_view, read_back, storage, zero_fill
from irad.passes.alias import is_memory

L = TypeVar("L", bound=Op)


def accumulate(b: Builder, total: Value, amount: Value) -> Value:
    """A step of an adjoint's sum, which may be regrouped: unlike the primal's sums it has no order that the user wrote."""
    if isinstance(total.type, ComplexType):
        return b(complexops.Create, *(accumulate(b, b(part, total), b(part, amount)) for part in (complexops.Re, complexops.Im)))
    return b(arith.AddF, total, amount, fastmath=("reassoc", "nsz"))


class Scope:
    """The mirror of some blocks of the primal: nodes at hand there, and adjoints of the scalars that are seen there."""

    def __init__(self, blocks: Sequence[Block], builder: Builder, parent: Scope | None) -> None:
        self.blocks = blocks
        self.builder = builder
        self.parent = parent
        self.memo: dict[Node, Value] = {}
        self.adjoints: dict[Value, Value] = {}

    def holding(self, block: Block) -> Scope:
        """The scope, this one or one around it, that mirrors the block."""
        scope: Scope | None = self
        while scope is not None and block not in scope.blocks:
            scope = scope.parent
        assert scope is not None
        return scope

    def builder_for(self, scope: Scope) -> Builder:
        """A builder in this scope, in front of the operation that the given scope within lies in."""
        at = scope
        while at.parent is not None and at.parent.builder.block is not self.builder.block and at is not self:
            at = at.parent
        if at is self or at.builder.block is self.builder.block:
            return self.builder
        around = at.builder.block.parent
        assert isinstance(around, Op)
        return Builder(self.builder.block, around, scope.builder.loc)

    def add(self, value: Value, amount: Value) -> None:
        """Accumulate into the adjoint of a primal value."""
        old = self.adjoints.get(value)
        self.adjoints[value] = amount if old is None else accumulate(self.builder, old, amount)

    def take(self, value: Value) -> Value | None:
        """The adjoint of a value, which is complete now, and gone from here on."""
        return self.adjoints.pop(value, None)

    def zero(self, type: Type) -> Value:
        """A zero adjoint."""
        return self.builder.constant(0.0, type)

    def adjoint(self, value: Value) -> Value:
        """The adjoint so far, zero where there is none."""
        found = self.adjoints.get(value)
        return self.zero(value.type) if found is None else found


class Reverse:
    """Writes the reverse sweep of a plan, reading what `forward` wrote."""

    def __init__(self, plan: Plan, forward: Augment, callee: Callable[[Variant], Func]) -> None:
        self.plan = plan
        self.forward = forward
        self.callee = callee
        self.active = plan.activity.active
        self._body = plan.function.body
        self._pieces: dict[Node, Value] = {}

    # ------------------------------------------------------------------ scopes
    def open(self, blocks: Sequence[Block], builder: Builder, parent: Scope | None, at_hand: Mapping[Node, Value] | None = None) -> Scope:
        """A scope at its beginning: frames of its blocks are popped (the last block's first), local shadows are born."""
        scope = Scope(blocks, builder, parent)
        scope.memo.update(at_hand or {})
        for block in reversed(blocks):
            self._pop_frame(block, scope)
        for block in blocks:
            self._births(block, scope)
        return scope

    def _pop_frame(self, block: Block, scope: Scope) -> None:
        b = scope.builder
        for type, nodes in reversed(self.plan.tapes.frames.get(block, {}).items()):
            piece = b(irad.Release, self.forward.stack(type, (block, type)), b.index(len(nodes)))
            for node in nodes:
                place = self.plan.tapes.places[node]
                assert isinstance(place, Frame)
                scope.memo[node] = read_back(b, piece, [b.index(place.slot)], node_type(node))

    def _births(self, block: Block, scope: Scope) -> None:
        b = scope.builder
        for op in block.reversed_ops():
            if isinstance(op, memref.Alloc | memref.Alloca) and self.active(op.result) and self.plan.cache.shadow_in_reverse(op.result):
                b.loc = op.loc
                sizes = [self.node(v, scope) for v in op.operands]
                scope.memo[Shadow(op.result)] = shadow = b.op(type(op), sizes, None, [op.result.type]).result
                zero_fill(b, shadow)

    def _reverse_piece(self, op: Op, home: Scope, b: Builder, scope: Scope) -> None:
        """A derivative's own tape, differentiated: what it pushed is popped, what it popped is pushed again, contents untouched.

        That happens when the reverse sweep first needs the piece, or else where it meets the operation: whatever uses the same stack
        in between comes later in the program than the uses of the piece, and has been reversed by then.
        """
        if isinstance(op.operands[0].owner, Block):
            raise fail(
                UnsupportedError,
                op.loc,
                "reverse mode over reverse mode of a recursive function is not supported.",
                "Use forward over reverse: irad.hvp, or irad.jvp of irad.grad.",
            )
        inverse = irad.Release if isinstance(op, irad.Reserve) else irad.Reserve
        count = self.node(op.operands[1], scope)
        nodes = (op.results[0], Shadow(op.results[0])) if self.active(op.results[0]) else (op.results[0],)
        for node in nodes:
            stack = op.operands[0] if isinstance(node, Value) else Shadow(op.operands[0])
            home.memo[node] = b(inverse, self.node(stack, scope), count)

    def node(self, node: Node, scope: Scope) -> Value:
        """The value of a node in the reverse sweep; computed where its block is mirrored, so that inner loops find it made."""
        node = self.plan.cache.canonical(node)
        home = scope.holding(node_block(node))
        found = home.memo.get(node)
        if found is None:
            found = home.memo[node] = self._make(node, home, scope)
        return found

    def trips(self, op: scf.While, scope: Scope) -> Value:
        """How often the body of a while loop ran."""
        return self.node(Trips(op), scope)

    def _make(self, node: Node, home: Scope, scope: Scope) -> Value:
        b = home.builder_for(scope)
        place = self.plan.tapes.places.get(node)
        if isinstance(place, Grid | Piece):
            tape = self.forward.tapes[node] if isinstance(place, Grid) else self._pieces[node]
            return read_back(b, tape, counters(b, place.loops, lambda v: self.node(v, scope)), node_type(node))
        value = node.value if isinstance(node, Shadow) else node
        if isinstance(value, Value) and isinstance(value.owner, irad.Reserve | irad.Release):
            self._reverse_piece(value.owner, home, b, scope)
            return home.memo[node]
        if home.blocks[0] is self._body and self._at_hand(node):
            return self._forward_value(node)
        assert isinstance(value, Value), node
        return self._recompute(node, value, b, scope)

    def _at_hand(self, node: Node) -> bool:
        return not self.plan.variant.split or (
            isinstance(node, Value | Shadow) and self.plan.cache.available(node) and self._forward_has(node)
        )

    def _forward_has(self, node: Value | Shadow) -> bool:
        return node.value in self.forward.twins if isinstance(node, Shadow) else node in self.forward.values

    def _forward_value(self, node: Node) -> Value:
        if isinstance(node, Shadow):
            return self.forward.twins[node.value]
        return self.forward.trips[node.loop] if isinstance(node, Trips) else self.forward.values[node]

    def _recompute(self, node: Node, value: Value, b: Builder, scope: Scope) -> Value:
        op = value.op
        assert op is not None, node
        sources = [] if isinstance(op, arith.Constant) else self.plan.cache.sources(node)
        assert sources is not None, node
        operands = [self.node(s, scope) for s in sources]
        if isinstance(op, irad.Index):
            at, size = operands
            return b(arith.Select, b(arith.CmpI, at, b.index(0), predicate="slt"), b(arith.AddI, at, size), at)
        return b.op(type(op), operands, op.attrs, [value.type]).result

    # ------------------------------------------------------------------ the sweep
    def block(self, block: Block, scope: Scope) -> None:
        """Reverse the operations of a block."""
        for op in block.reversed_ops():
            if op in self.plan.needs.relevant:
                scope.builder.loc = op.loc
                self._op(op, scope)

    def _op(self, op: Op, scope: Scope) -> None:
        match op:
            case scf.If():
                reverse_if(self, op, scope)
            case scf.For():
                self._with_pieces(op, scope, reverse_for)
            case scf.While():
                self._with_pieces(op, scope, reverse_while)
            case func.Call():
                self._call(op, scope)
            case irad.Reserve() | irad.Release() if op.results[0] not in scope.memo:
                self._reverse_piece(op, scope, scope.builder, scope)
            case memref.Load() if not is_memory(op.results[0]):
                self._load(op, scope)
            case memref.Store() if not is_memory(op.value):
                self._store(op, scope)
            case _ if op.results and is_inexact(op.results[0].type):
                self._scalar(op, scope)
            case _:
                pass  # views and allocations: their shadows are made where they are read

    def _with_pieces(self, op: L, scope: Scope, template: Callable[[Reverse, L, Scope], None]) -> None:
        b = scope.builder
        for node in reversed(self.plan.tapes.pieces.get(op, ())):
            place = self.plan.tapes.places[node]
            assert isinstance(place, Piece)
            stack = self.forward.stack(storage(node_type(node)), node)
            self._pieces[node] = piece_view(b, irad.Release, stack, place, lambda v: self.node(v, scope))
        template(self, op, scope)

    def _scalar(self, op: Op, scope: Scope) -> None:
        b = scope.builder
        d = scope.take(op.results[0])
        if d is None:
            return
        if isinstance(op, arith.Select):
            self._select(op, d, scope)
            return
        if isinstance(op, complexops.Create | complexops.Part):
            self._complex(op, d, scope)
            return
        if isinstance(op, arith.ExtF | arith.TruncF):
            scope.add(op.operands[0], convert(b, d, op.operands[0].type))
            return
        for operand, partial in zip(op.operands, row(op), strict=True):
            if partial is not None and self.active(operand):
                scope.add(operand, scale(b, d, partial, op, lambda v: self.node(v, scope)))

    def _select(self, op: Op, d: Value, scope: Scope) -> None:
        b = scope.builder
        condition, zero = self.node(op.operands[0], scope), scope.zero(d.type)
        for operand, pair in ((op.operands[1], (d, zero)), (op.operands[2], (zero, d))):
            if self.active(operand):
                scope.add(operand, b(arith.Select, condition, *pair))

    def _complex(self, op: Op, d: Value, scope: Scope) -> None:
        """The adjoint of x + iy is dL/dx + i dL/dy: its parts are the adjoints of the parts."""
        b = scope.builder
        if isinstance(op, complexops.Create):
            parts = [b(part, d) for part in (complexops.Re, complexops.Im)]
        else:
            zero = scope.zero(d.type)
            parts = [b(complexops.Create, *((d, zero) if isinstance(op, complexops.Re) else (zero, d)))]
        for operand, amount in zip(op.operands, parts, strict=True):
            if self.active(operand):
                scope.add(operand, amount)

    def _load(self, op: memref.Load, scope: Scope) -> None:
        d = scope.take(op.results[0])
        if d is None or not self.active(op.array):
            return
        b = scope.builder
        shadow, indices = self.node(Shadow(op.array), scope), [self.node(i, scope) for i in op.indices]
        b.store(accumulate(b, b.load(shadow, *indices), d), shadow, *indices)

    def _store(self, op: memref.Store, scope: Scope) -> None:
        if not self.active(op.array):
            return
        b = scope.builder
        shadow, indices = self.node(Shadow(op.array), scope), [self.node(i, scope) for i in op.indices]
        if self.active(op.value):
            scope.add(op.value, b.load(shadow, *indices))
        b.store(scope.zero(op.value.type), shadow, *indices)

    def _call(self, op: func.Call, scope: Scope) -> None:
        variant = self.plan.variant.called(op, self.plan.activity)
        callee = self.callee(variant)
        operands = [self.node(n, scope) for v in op.operands if is_memory(v) for n in ((v, Shadow(v)) if self.active(v) else (v,))]
        seeds = [scope.take(r) or scope.zero(r.type) for r in op.results if is_inexact(r.type) and self.active(r)]
        call = scope.builder.op(func.Call, [*operands, *seeds, *self.forward.shared.values()], {"callee": callee.name}, callee.result_types)
        targets = [v for v in op.operands if is_inexact(v.type) and self.active(v)]
        for target, amount in zip(targets, call.results, strict=True):
            scope.add(target, amount)


# ---------------------------------------------------------------- the functions that are made
class _Maker:
    """Makes augmented and reverse functions of variants on demand, each pair once."""

    def __init__(self, module: Module, plans: dict[Variant, Plan]) -> None:
        self.module = module
        self.plans = plans
        self.stacks = stack_types(plans)
        self.pairs: dict[Variant, tuple[Func, Func]] = {}

    def declare(self, variant: Variant) -> tuple[Func, Func]:
        """The two functions of a split variant, with bodies that are still empty."""
        if variant in self.pairs:
            return self.pairs[variant]
        plan = self.plans[variant]
        primal, on = plan.function, variant.active_args
        doubled = [t for v, a in zip(primal.args, on, strict=True) for t in ([v.type, v.type] if a and is_memory(v) else [v.type])]
        stacks = [StackType(t) for t in self.stacks]
        results = plan.function.body.terminator.operands
        shadows = [r.type for r, a in zip(results, variant.active_results, strict=True) if a and is_memory(r)]
        augmented = Func(
            self.module.unique_name(f"{primal.name}.augmented"), Block([*doubled, *stacks]), [*primal.result_types, *shadows], primal.loc
        )
        self.module.add(augmented)
        memory = [t for v, a in zip(primal.args, on, strict=True) if is_memory(v) for t in ([v.type, v.type] if a else [v.type])]
        seeds = [r.type for r, a in zip(results, variant.active_results, strict=True) if a and is_inexact(r.type)]
        cotangents = [v.type for v, a in zip(primal.args, on, strict=True) if a and is_inexact(v.type)]
        back = Func(self.module.unique_name(f"{primal.name}.reverse"), Block([*memory, *seeds, *stacks]), cotangents, primal.loc)
        self.module.add(back)
        self.pairs[variant] = augmented, back
        self._fill(plan, augmented, back)
        return self.pairs[variant]

    def _fill(self, plan: Plan, augmented: Func, back: Func) -> None:
        sweep = self._augmented_body(plan, augmented)
        variant, primal = plan.variant, plan.function
        rest = iter(back.args)
        for arg, on in zip(primal.args, variant.active_args, strict=True):
            if is_memory(arg):
                sweep.values[arg] = next(rest)
                if on:
                    sweep.twins[arg] = next(rest)
        returned = primal.body.terminator.operands
        seeds = {r: next(rest) for r, on in zip(returned, variant.active_results, strict=True) if on and is_inexact(r.type)}
        sweep.shared = dict(zip(self.stacks, rest, strict=True))
        self._keep_memory_arguments(sweep, primal)
        b = Builder(back.body, None, primal.loc)
        derivatives = write_reverse(plan, sweep, b, [seeds.get(r) for r in returned], self)
        b.op(func.Return, derivatives)

    def _keep_memory_arguments(self, sweep: Augment, primal: Func) -> None:
        """In the reverse function nothing of the augmented one is visible but the arrays that are passed again."""
        mine = {a for a in primal.args if is_memory(a)}
        sweep.values = {k: v for k, v in sweep.values.items() if k in mine}
        sweep.twins = {k: v for k, v in sweep.twins.items() if k in mine}

    def _augmented_body(self, plan: Plan, augmented: Func) -> Augment:
        args = iter(augmented.args)
        values: dict[Value, Value] = {}
        shadows: dict[Value, Value] = {}
        for arg, on in zip(plan.function.args, plan.variant.active_args, strict=True):
            values[arg] = next(args)
            if on and is_memory(arg):
                shadows[arg] = next(args)
        sweep = Augment(plan, dict(zip(self.stacks, args, strict=True)), lambda v: self.declare(v)[0])
        sweep.values.update(values)
        sweep.twins.update(shadows)
        b = Builder(augmented.body, None, plan.function.loc)
        sweep.sweep(b)
        returned = plan.function.body.terminator.operands
        extra = [sweep.twins[r] for r, on in zip(returned, plan.variant.active_results, strict=True) if on and is_memory(r)]
        b.op(func.Return, [*(sweep.values[r] for r in returned), *extra])
        return sweep


def write_reverse(plan: Plan, forward: Augment, b: Builder, seeds: Sequence[Value | None], maker: _Maker) -> list[Value]:
    """Write the reverse sweep at the builder; the derivatives of the active float arguments come back."""
    body = plan.function.body
    sweep = Reverse(plan, forward, lambda v: maker.declare(v)[1])
    scope = sweep.open([body], b, None)
    for value, seed in zip(body.terminator.operands, seeds, strict=True):
        if seed is not None:
            scope.add(value, seed)
    sweep.block(body, scope)
    return [scope.adjoint(a) for a, on in zip(body.args, plan.variant.active_args, strict=True) if on and is_inexact(a.type)]


def reverse(module: Module, name: str, active_args: Sequence[bool], active_results: Sequence[bool], with_primal: bool = False) -> Func:
    """Add the combined reverse-mode derivative of a function to its module, and return it.

    Parameters of the derivative: those of the primal, each active memref followed by its shadow, then a seed for every active float
    result. Results: those of the primal if `with_primal`, then the derivative of every active float parameter. Shadows accumulate.
    """
    variant = Variant(name, tuple(active_args), tuple(active_results), split=False)
    plans = make_plans(module, variant)
    plan, maker = plans[variant], _Maker(module, plans)
    primal = plan.function
    derivative = Func(
        module.unique_name(f"{name}.gradient"), Block(), (), primal.loc, {k: v for k, v in primal.attrs.items() if k == "noalias"}
    )
    forward = Augment(plan, {}, lambda v: maker.declare(v)[0])
    groups: list[int] = []
    primal_groups = primal.attrs.get("alias_groups") or (0,) * len(primal.args)
    for arg, on, group in zip(primal.args, active_args, primal_groups, strict=True):
        forward.values[arg] = derivative.body.add_arg(arg.type, arg.hint)
        groups.append(2 * group)
        if on and is_memory(arg):
            forward.twins[arg] = derivative.body.add_arg(arg.type, f"d{arg.hint}" if arg.hint else "")
            groups.append(2 * group + 1)
    returned = primal.body.terminator.operands
    seeds = [
        derivative.body.add_arg(r.type, "seed") if on and is_inexact(r.type) else None
        for r, on in zip(returned, active_results, strict=True)
    ]
    groups += [-1] * (len(derivative.args) - len(groups))
    if not derivative.attrs.get("noalias"):
        derivative.attrs["alias_groups"] = tuple(groups)
    b = Builder(derivative.body, None, primal.loc)
    forward.shared.update({t: new_stack(b, t) for t in maker.stacks})
    forward.sweep(b)
    cotangents = write_reverse(plan, forward, b, seeds, maker)
    results = [*([forward.values[r] for r in returned] if with_primal else []), *cotangents]
    b.op(func.Return, results)
    derivative.result_types = tuple(r.type for r in results)
    return module.add(derivative)
