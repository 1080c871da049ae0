"""Special methods of the user's classes: found on the type, as Python finds them, and called so that they are traced in."""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from irad.frontend import values
from irad.frontend.calls import call
from irad.frontend.state import state
from irad.frontend.values import PLAIN, Array, Traced

_NEW = (list, dict, set)  # results of operators that the traced code has made
_DEFER = (list, tuple, str, bytes, np.ndarray, np.generic)  # on the left, these ask the other operand first


def lookup(cls: type, name: str) -> Any:
    """What a class and its bases define under a name, or None."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def method_of(x: Any, name: str) -> FunctionType | None:
    """The special method of an object, if it is written in Python."""
    if type(x) in PLAIN:
        return None
    found = lookup(type(x), name)
    return found if isinstance(found, FunctionType) and not isinstance(x, Traced) else None


def invoke(method: Any, x: Any, *args: Any) -> Any:
    """Call a special method: traced in, if it is the user's."""
    return call(method, x, *args) if isinstance(method, FunctionType) and not isinstance(x, Traced) else method(x, *args)


# ---------------------------------------------------------------- operators

_SYMBOLS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
    "lshift": "<<",
    "rshift": ">>",
    "and": "&",
    "or": "|",
    "xor": "^",
    "matmul": "@",
    "divmod": "divmod()",
}


def _binary(name: str, plain: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def operate(x: Any, y: Any) -> Any:
        result = plain(x, y) if type(x) in PLAIN and type(y) in PLAIN else _of_objects(name, plain, x, y)
        return state().fresh(result) if type(result) in _NEW else result

    return operate


def _of_objects(name: str, plain: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Python's protocol: the left operand's method, then the right one's; a subclass on the right comes first."""
    own, reflected = f"__{name}__", f"__r{name}__"
    if method_of(x, own) is None and method_of(y, reflected) is None:
        return plain(x, y)
    attempts = [(lookup(type(x), own), x, y)]
    if type(x) is not type(y):
        right = lookup(type(y), reflected)
        attempts.append((right, y, x))
        overridden = issubclass(type(y), type(x)) and right is not lookup(type(x), reflected)
        if overridden or (type(x) in PLAIN and isinstance(x, _DEFER)):
            attempts.reverse()
    if isinstance(x, Array | np.ndarray):
        _check_deferred(x, y)
    for method, left, right in attempts:
        result = invoke(method, left, right) if method is not None else NotImplemented
        if result is not NotImplemented:
            return result
    text = f"unsupported operand type(s) for {_SYMBOLS[name]}: '{type(x).__name__}' and '{type(y).__name__}'"
    raise values.wrong(TypeError, text)


def _check_deferred(x: Any, y: Any) -> None:
    """Refuse an operator of NumPy's that would work element by element on an object it knows nothing of."""
    cls = type(y)
    if x.ndim and not hasattr(cls, "__array_ufunc__") and getattr(cls, "__array_priority__", 0.0) <= 0.0:
        raise values.refuse(
            f"an operator with an array on the left and a {cls.__name__} on the right gives an array of objects in NumPy.",
            "Set __array_ufunc__ = None in the class, or put the object on the left.",
        )


def _unary(name: str, plain: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def operate(x: Any) -> Any:
        method = method_of(x, f"__{name}__")
        return plain(x) if method is None else call(method, x)

    return operate


def native(name: str) -> Any:
    """The builtin that does what an operator does."""
    return divmod if name == "divmod" else getattr(operator, f"{name}_" if name in ("and", "or") else name)


BINARY: dict[str, Callable[[Any, Any], Any]] = {name: _binary(name, native(name)) for name in _SYMBOLS}
UNARY: dict[str, Callable[[Any], Any]] = {name: _unary(name, getattr(operator, name)) for name in ("neg", "pos", "invert")}


def inplace(name: str, x: Any, y: Any) -> Any:
    """`x += y` and the like: the in-place method where there is one, else the operator."""
    if type(x) in PLAIN and type(y) in PLAIN:
        return getattr(operator, f"i{name}")(x, y)
    method = method_of(x, f"__i{name}__")
    result = NotImplemented if method is None else call(method, x, y)
    if result is not NotImplemented:
        return result
    if lookup(type(x), f"__i{name}__") is not None and method is None and method_of(y, f"__r{name}__") is None:
        return getattr(operator, f"i{name}")(x, y)
    return BINARY[name](x, y)


# ---------------------------------------------------------------- truth


def truth_of(x: Any) -> Any:
    """What decides the truth of a value: what its `__bool__` or `__len__` gives, or the value itself."""
    if type(x) in PLAIN:
        return x
    method = method_of(x, "__bool__")
    if method is not None:
        result = call(method, x)
        if not isinstance(result, bool | Traced):
            raise values.wrong(TypeError, f"__bool__ should return bool, returned {type(result).__name__}")
        return result
    length = method_of(x, "__len__") if lookup(type(x), "__bool__") is None else None
    return x if length is None else call(length, x)
