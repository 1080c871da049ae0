"""Functions without Python source: they run as they stand while tracing, but the functions that they call are irad's."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

import numpy as np

Call = Callable[..., Any]


class _Namespace:
    """A module whose functions are called as rewritten code calls them."""

    def __init__(self, module: ModuleType, call: Call) -> None:
        self._module = module
        self._call = call

    def __getattr__(self, name: str) -> Any:
        return _redirected(getattr(self._module, name), self._call)


def as_it_stands(f: FunctionType, call: Call) -> FunctionType:
    """The function with globals in which every function and module leads to `call(function, …)`.

    Its control flow is Python's, so that only conditions that are known while tracing can decide anything.
    """
    namespace = dict(f.__globals__)
    for name in f.__code__.co_names:
        if name in namespace:
            namespace[name] = _redirected(namespace[name], call)
        elif hasattr(builtins, name):
            namespace[name] = _redirected(getattr(builtins, name), call)
    copy = FunctionType(f.__code__, namespace, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__ = f.__kwdefaults__
    return copy


def _redirected(x: Any, call: Call) -> Any:
    if isinstance(x, ModuleType):
        return _Namespace(x, call)
    if x is range or isinstance(x, FunctionType | BuiltinFunctionType | np.ufunc):
        return lambda *args, **kwargs: call(x, *args, **kwargs)
    return x
