"""Quick ways to the derivatives of functions by annotated arguments: one for each kind of call of `autodiff`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from irad.api.annotations import Annotation, Duplicated
from irad.api.compiled import quick_ways
from irad.api.modes import Mode
from irad.api.quick import Call, Plan, Quick
from irad.options import Options

MISSED = object()


class Way(Quick, patched=True):
    """Takes values and shadows one after the other; returns `MISSED` where native code does not take them."""

    def __init__(self, kinds: Sequence[type], options: Options | None) -> None:
        super().__init__()
        self.options = options
        self.shape: type = tuple
        self._layout = tuple(2 if issubclass(k, Duplicated) else 1 if issubclass(k, Annotation) else 0 for k in kinds)

    def __call__(self, *flat: Any) -> Any:
        """Nothing is known of this call."""
        return MISSED

    def flat(self, args: Sequence[Any]) -> list[Any]:
        """What is passed."""
        values: list[Any] = []
        for parts, a in zip(self._layout, args, strict=True):
            values.append(a.val if parts else a)
            if parts == 2:
                values.append(a.dval)
        return values

    def note(self, function: Any, call: Call, args: Sequence[Any], shape: type, answer: Callable[[Plan, list[int]], Any]) -> None:
        """Note a call whose positions count annotated arguments, and what makes the tree of its answer from those of their values."""
        starts = [sum(max(parts, 1) for parts in self._layout[:i]) for i in range(len(args))]
        self.shape = shape
        call.function = function
        call.given = self.flat(args)
        call.shadows = {
            i: starts[p] + 1
            for i, (p, a) in enumerate(zip(call.positions, call.arguments, strict=True))
            if a.active and self._layout[p] == 2
        }
        call.positions = [starts[p] for p in call.positions]
        self._note(call, lambda plan: answer(plan, starts))


def way_of(mode: Mode, function: Any, activity: type | None, args: Sequence[Any], options: Options | None) -> Way | None:
    """The quick way for calls like this, None if there can be none."""
    if type(function) is not FunctionType:
        return None
    ways = quick_ways(function)
    kinds = tuple(map(type, args))
    key = mode, activity, kinds, options
    way = ways.get(key)
    if way is None:
        way = ways.setdefault(key, Way(kinds, options))
    return way
