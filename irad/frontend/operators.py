"""Comparisons and membership tests of rewritten code, of tuples and of the user's classes too."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.frontend import growing, special, values
from irad.frontend.calls import call
from irad.frontend.control import Thunk, and_, as_bool, branch, is_traced, not_, or_
from irad.frontend.iteration import items
from irad.frontend.merging import Maybe
from irad.frontend.records import compared, is_generated
from irad.frontend.regions import variables
from irad.frontend.special import lookup, method_of
from irad.frontend.values import PLAIN
from irad.ir.ops import arith

_SWAPPED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_SYMBOLS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    native = getattr(operator, name)

    def compare(x: Any, y: Any) -> Any:
        return native(x, y) if type(x) in PLAIN and type(y) in PLAIN else _compare_objects(name, native, x, y)

    return compare


def _compare_objects(name: str, native: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Python's protocol: the left operand's method, then the right one's; a subclass on the right comes first."""
    swapped = _SWAPPED[name]
    if not _is_written(x, name) and not _is_written(y, swapped):
        return native(x, y)
    attempts = [(name, x, y), (swapped, y, x)]
    if type(x) is not type(y) and issubclass(type(y), type(x)):
        attempts.reverse()
    for attempt in attempts:
        result = _attempt(*attempt)
        if result is not NotImplemented:
            return result
    if name in _SYMBOLS:
        text = f"'{_SYMBOLS[name]}' not supported between instances of '{type(x).__name__}' and '{type(y).__name__}'"
        raise values.wrong(TypeError, text)
    return (x is y) is (name == "eq")


def _is_written(x: Any, name: str) -> bool:
    """Whether a comparison of an object runs Python code."""
    return method_of(x, f"__{name}__") is not None or (name == "ne" and method_of(x, "__eq__") is not None)


def _attempt(name: str, x: Any, y: Any) -> Any:
    method = lookup(type(x), f"__{name}__")
    if name == "ne" and method is object.__ne__:
        result = _attempt("eq", x, y)
        return result if result is NotImplemented else not_(as_bool(result))
    if name == "eq" and method_of(x, "__eq__") is not None and is_generated(method):
        return equal(compared(x), compared(y)) if type(x) is type(y) else NotImplemented
    return special.invoke(method, x, y)


# ---------------------------------------------------------------- equality

_equal, _unequal = _comparison("eq"), _comparison("ne")


def equal(x: Any, y: Any) -> Any:
    """`x == y`, of tuples that hold traced values too."""
    if type(x) is type(y) and isinstance(x, tuple | list) and type(x).__eq__ in (tuple.__eq__, list.__eq__):
        if len(x) != len(y):
            return False
        result: Any = True
        for one, other in zip(x, y, strict=True):
            same = equal(one, other)
            if same is True:
                continue
            if same is False:
                return False
            result = same if result is True else and_(result, _constant(same))
        return result
    return _equal(x, y)


def _constant(value: Any) -> Thunk:
    return lambda: value


def unequal(x: Any, y: Any) -> Any:
    """`x != y`."""
    if type(x) is type(y) and isinstance(x, tuple | list) and type(x).__eq__ in (tuple.__eq__, list.__eq__):
        return not_(equal(x, y))
    return _unequal(x, y)


# ---------------------------------------------------------------- membership


def contains(x: Any, y: Any) -> Any:
    """`x in y`."""
    method = method_of(y, "__contains__")
    if method is not None:
        return as_bool(call(method, y, x))
    if isinstance(y, dict) and type(found := y.get(x)) is Maybe:
        return found.flag
    if isinstance(y, list) and growing.growth_of(y) is not None:
        return call(np.any, growing.as_array(y) == x)
    candidates = y if lookup(type(y), "__contains__") is not None else items(y)
    if candidates is not y or (type(y) in (list, tuple) and any(_is_compared_at_run_time(v) for v in (x, *y))):
        return _among(x, candidates)
    return x in y


def _is_compared_at_run_time(x: Any) -> bool:
    return is_traced(x) or type(x) not in PLAIN


def _among(x: Any, candidates: Any) -> Any:
    found: Any = False
    for candidate in candidates:
        if candidate is x:
            return True
        found = or_(found, lambda candidate=candidate: as_bool(equal(candidate, x)))
        if found is True:
            break
    return found


def lacks(x: Any, y: Any) -> Any:
    """`x not in y`."""
    return not_(contains(x, y))


# ---------------------------------------------------------------- chains

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Lt": _comparison("lt"),
    "LtE": _comparison("le"),
    "Gt": _comparison("gt"),
    "GtE": _comparison("ge"),
    "Eq": equal,
    "NotEq": unequal,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": contains,
    "NotIn": lacks,
}


def chain(names: Sequence[str], assigns: Sequence[str], left: Any, right: Any, *later: Thunk) -> Any:
    """`left < right < …`: each operand is evaluated once, and none behind the first comparison that fails."""
    result = COMPARISONS[names[0]](left, right)
    if not later:
        return result

    def rest() -> Any:
        return chain(names[1:], assigns, right, later[0](), *later[1:])

    test = special.truth_of(result)
    if not is_traced(test):
        return rest() if test else result
    return branch(test, rest, lambda: result, variables(assigns, *later), combine=arith.AndI if test is result else None)
