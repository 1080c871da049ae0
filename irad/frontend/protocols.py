"""Python's builtins and the operator module on objects of the user's classes: their special methods are traced in."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from irad.frontend import attributes, containers, operators, special
from irad.frontend.calls import call
from irad.frontend.containers import spread
from irad.frontend.control import as_bool, ifexp, not_
from irad.frontend.growing import Growth
from irad.frontend.iteration import advance, items
from irad.frontend.special import method_of
from irad.frontend.values import PLAIN, Traced

Function = Callable[..., Any]


def _method(f: Any, *names: str) -> Function:
    """A builtin that calls the first of some methods, converted as the builtin converts it."""

    def protocol(x: Any, *args: Any, **kwargs: Any) -> Any:
        for name in names:
            method = method_of(x, name)
            if method is not None:
                result = call(method, x, *args, **kwargs)
                return call(f, result) if f in (int, float) else result
        return NotImplemented

    return protocol


def _iter(x: Any, *sentinel: Any) -> Any:
    method = None if sentinel else method_of(x, "__iter__")
    if method is not None:
        return call(method, x)
    found = items(x) if not sentinel else x
    return NotImplemented if found is x else found


def _next(x: Any, *default: Any) -> Any:
    step = method_of(x, "__next__")
    return NotImplemented if step is None else advance(step, x, *default)


def _over_items(f: Any, first: int = 0) -> Function:
    """A builtin that iterates over its arguments, from the first one on that is not a function."""

    def protocol(*args: Any, **kwargs: Any) -> Any:
        found = [*args[:first], *(items(a) for a in args[first:])]
        return NotImplemented if all(x is a for x, a in zip(found, args, strict=True)) else call(f, *found, **kwargs)

    return protocol


def _reversed(x: Any) -> Any:
    method = method_of(x, "__reversed__")
    if method is not None:
        return call(method, x)
    item, length = method_of(x, "__getitem__"), method_of(x, "__len__")
    if item is None or length is None:
        return NotImplemented
    return call(iter, [call(item, x, i) for i in reversed(range(operator.index(call(length, x))))])


def _elements(x: Any) -> Any:
    """What there is to sum or compare: the items of an iterator or object, put into a list."""
    return list(spread(x)) if isinstance(x, Iterator) or items(x) is not x else x


def _sum(iterable: Any, /, start: Any = 0) -> Any:
    elements = _elements(iterable)
    if isinstance(elements, list | tuple) and any(map(_is_object, (start, *elements))):
        return functools.reduce(special.BINARY["add"], elements, start)
    return NotImplemented if elements is iterable else call(sum, elements, start)


def _extreme(f: Any, comes_before: Function) -> Function:
    """max() or min()."""

    def better(best: Any, x: Any) -> Any:
        return ifexp(as_bool(comes_before(x, best)), lambda: x, lambda: best)

    def protocol(*args: Any, **kwargs: Any) -> Any:
        elements = _elements(args[0]) if len(args) == 1 else args
        if not kwargs and isinstance(elements, list | tuple) and any(map(_is_object, elements)):
            return functools.reduce(better, elements)
        return NotImplemented if elements is args or elements is args[0] else call(f, elements, **kwargs)

    return protocol


def _is_object(x: Any) -> bool:
    return type(x) not in PLAIN and not isinstance(x, Traced | Growth)


def _bool(x: Any = False) -> Any:
    return NotImplemented if special.truth_of(x) is x else as_bool(x)


def _pow(x: Any, y: Any, *modulus: Any) -> Any:
    return NotImplemented if modulus else special.BINARY["pow"](x, y)


ATTRIBUTES: dict[Any, Function] = {
    getattr: attributes.getattr_or,
    hasattr: attributes.hasattr_,
    setattr: lambda obj, name, value: attributes.setattr_(value, obj, name),
    delattr: attributes.delattr_,
}

_ITERATING = (list, tuple, set, frozenset, sorted, any, all, zip, enumerate)

BUILTINS: dict[Any, Function] = {
    abs: _method(abs, "__abs__"),
    len: _method(len, "__len__"),
    hash: _method(hash, "__hash__"),
    float: _method(float, "__float__"),
    int: _method(int, "__int__", "__index__", "__trunc__"),
    str: _method(str, "__str__", "__repr__"),
    repr: _method(repr, "__repr__"),
    round: _method(round, "__round__"),
    reversed: _reversed,
    sum: _sum,
    max: _extreme(max, operators.COMPARISONS["Gt"]),
    min: _extreme(min, operators.COMPARISONS["Lt"]),
    math.floor: _method(math.floor, "__floor__"),
    math.ceil: _method(math.ceil, "__ceil__"),
    math.trunc: _method(math.trunc, "__trunc__"),
    bool: _bool,
    iter: _iter,
    next: _next,
    divmod: special.BINARY["divmod"],
    pow: _pow,
    operator.truth: _bool,
    operator.not_: not_,
    operator.contains: lambda y, x: operators.contains(x, y),
    operator.getitem: containers.getitem,
    operator.setitem: lambda obj, key, value: containers.setitem(value, obj, key),
    operator.delitem: containers.delitem,
    operator.eq: operators.equal,
    operator.ne: operators.unequal,
    operator.lt: operators.COMPARISONS["Lt"],
    operator.le: operators.COMPARISONS["LtE"],
    operator.gt: operators.COMPARISONS["Gt"],
    operator.ge: operators.COMPARISONS["GtE"],
    object.__setattr__: attributes.write_plainly,
    object.__delattr__: attributes.write_plainly,
    object.__getattribute__: attributes.read_plainly,
    **{f: _over_items(f) for f in _ITERATING},
    **{f: _over_items(f, 1) for f in (map, filter, functools.reduce)},
    **{getattr(operator, name): f for name, f in special.UNARY.items()},
    **{special.native(name): f for name, f in special.BINARY.items()},
    **{getattr(operator, f"i{name}"): functools.partial(containers.inplace, name) for name in special.BINARY if name != "divmod"},
}
