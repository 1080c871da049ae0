"""The plan of a reverse-mode derivative: everything decided about a function before any code is written."""

from __future__ import annotations

from dataclasses import dataclass

from irad.ir.core import Module, Op, Value
from irad.ir.ops import func
from irad.ir.types import Type, is_inexact
from irad.passes.ad.activity import Activity
from irad.passes.ad.cache import Cache
from irad.passes.ad.need import Needs
from irad.passes.ad.reload import Reload
from irad.passes.ad.tape import Tapes
from irad.passes.alias import Alias


@dataclass(frozen=True, slots=True)
class Variant:
    """A function to be differentiated for certain active arguments and results; `split`: into two functions that share stacks."""

    name: str
    active_args: tuple[bool, ...]
    active_results: tuple[bool, ...]
    split: bool

    def called(self, op: func.Call, activity: Activity) -> Variant:
        """The variant of a callee that a call needs."""
        return Variant(op.callee, tuple(activity.active(v) for v in op.operands), tuple(activity.active(v) for v in op.results), True)


class Plan:
    """Analyses of one variant, and the tape."""

    def __init__(self, module: Module, variant: Variant) -> None:
        self.variant = variant
        self.function = module.funcs[variant.name]
        self.alias = Alias(self.function)
        self.activity = Activity(module, self.function, self.alias, variant.active_args, variant.active_results)
        self.needs = Needs(self.activity)
        self.reload = Reload(self.function, self.alias, self.activity.written, variant.split)
        self._cache()
        self.captured: dict[Op, list[Value]] = {}
        self._capture()

    def _cache(self) -> None:
        """Decide what is taped; the sizes of the tapes are needed in the reverse sweep as well."""
        while True:
            self.cache = Cache(self.needs, self.reload, self.variant.split)
            self.tapes = Tapes(self.cache)
            sizes = [v for v in self.tapes.sizes() if v not in self.needs.nodes and not self.cache.available(self.cache.canonical(v))]
            if not sizes:
                return
            self.needs.nodes.update(dict.fromkeys(sizes))

    def calls(self) -> list[Variant]:
        """Variants of callees that have something to differentiate."""
        return [self.variant.called(op, self.activity) for op in self.needs.relevant if isinstance(op, func.Call)]

    def _capture(self) -> None:
        """For every relevant operation with regions: active floats that it uses, but that are defined outside of it."""
        for op in self.function.walk():
            for value in op.operands:
                if is_inexact(value.type) and self.activity.active(value):
                    self._note(op, value)
        for op, values in self.captured.items():
            self.captured[op] = list(dict.fromkeys(values))

    def _note(self, op: Op, value: Value) -> None:
        home = value.block
        block = op.parent
        while block is not home:
            assert block is not None
            around = block.parent
            assert isinstance(around, Op)
            self.captured.setdefault(around, []).append(value)
            block = around.parent


def make_plans(module: Module, main: Variant) -> dict[Variant, Plan]:
    """Plans of a variant and of all variants that it calls."""
    plans: dict[Variant, Plan] = {}
    pending = [main]
    while pending:
        variant = pending.pop()
        if variant not in plans:
            plans[variant] = plan = Plan(module, variant)
            pending += plan.calls()
    return plans


def stack_types(plans: dict[Variant, Plan]) -> list[Type]:
    """Storage types of the stacks that split functions share, in a fixed order."""
    found = {t for v, plan in plans.items() if v.split for t in plan.tapes.stack_types()}
    return sorted(found, key=str)
