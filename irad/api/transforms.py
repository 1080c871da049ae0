"""Python's way of asking for derivatives: functions that take functions, as in `grad(f)(x)`."""

from __future__ import annotations

import functools
import operator
import types
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad.api import nested
from irad.api.autodiff import tangents as tangents_of
from irad.api.calling import Argument, copies_that_overlap_alike, invoke, matching_shadows, prepare, rebuild
from irad.api.compiled import Derivative, Program
from irad.api.quick import Call, Plan, Quick
from irad.frontend.abstract import ArraySpec, ScalarSpec
from irad.frontend.state import current_state
from irad.options import Options


class Transformed(Quick, ABC):
    """A function made from a function: keeps its name, docstring and signature, and binds as a method."""

    def __init__(self, f: Callable[..., Any], options: Options | None) -> None:
        if not callable(f):
            raise TypeError(f"expected a function, got {f!r}")
        super().__init__()
        self.options = options
        for name in functools.WRAPPER_ASSIGNMENTS:
            if hasattr(f, name):
                setattr(self, name, getattr(f, name))
        self.__wrapped__ = f

    @abstractmethod
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that was made."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<irad.{type(self).__name__.lower()} of {getattr(self.__wrapped__, '__qualname__', self.__wrapped__)!s}>"


def _positional(f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments by position, in the order of the function's signature."""
    if not kwargs:
        return args
    import inspect

    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(f"keyword-only arguments cannot be passed through a transform: {', '.join(bound.kwargs)}")
    return bound.args


class Jit(Transformed, patched=True):
    """The primal, compiled."""

    def __init__(self, f: Callable[..., Any], options: Options | None) -> None:
        super().__init__(f, options)
        self._share(f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take the function's arguments, and return what the class says."""
        args = _positional(self.__wrapped__, args, kwargs)
        if current_state() is not None:
            return nested.call(self.__wrapped__, args)
        made, positions = prepare(self.__wrapped__, args, self.options)
        arguments = [Argument(args[i], name=f"argument {i}") for i in positions]
        flat = invoke(made, arguments, Derivative())
        self._note(Call(made, Derivative(), args, arguments, positions, 0, self.__wrapped__), Plan.primal)
        return rebuild(made.trace.result, iter(flat))

    def __irad_call__(self, *args: Any) -> Any:
        return nested.call(self.__wrapped__, args)


class ValueAndGrad(Transformed, patched=True):
    """Value and gradient by reverse mode."""

    with_value = True

    def __init__(self, f: Callable[..., Any], argnums: int | Sequence[int], has_aux: bool, options: Options | None) -> None:
        super().__init__(f, options)
        self._single = isinstance(argnums, int)
        self._argnums = tuple(operator.index(i) for i in ((argnums,) if isinstance(argnums, int) else argnums))
        self._has_aux = has_aux
        self._share(f, self._single, self._argnums, has_aux)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take the function's arguments, and return what the class says."""
        args = _positional(self.__wrapped__, args, kwargs)
        if current_state() is not None:
            return self.__irad_call__(*args)
        chosen = _chosen(self._argnums, len(args))
        values = [_differentiable(a, i) if i in chosen else a for i, a in enumerate(args)]
        made, positions = prepare(self.__wrapped__, values, self.options)
        arguments = [Argument(values[i], i in chosen, None, f"argument {i}") for i in positions]
        matching_shadows(arguments)
        wanted = Derivative(
            "reverse",
            tuple(a.active for a in arguments),
            "first" if self._has_aux else "all",
            self.with_value or self._has_aux,
            implicit=True,
        )
        results = iter(invoke(made, arguments, wanted, (1.0,)))
        value = rebuild(made.trace.result, results) if wanted.with_primal else None
        self._note(Call(made, wanted, args, arguments, positions, 1, self.__wrapped__), lambda plan: self._planned(plan, chosen))
        shadows = {
            i: a.shadow if isinstance(a.value, np.ndarray) else next(results) for i, a in zip(positions, arguments, strict=True) if a.active
        }
        return self._answer(value, [_like(shadows[i], values[i]) for i in chosen])

    def __irad_call__(self, *args: Any) -> Any:
        value, gradients = nested.value_and_grad(self.__wrapped__, args, _chosen(self._argnums, len(args)), self._has_aux)
        return self._answer(value, gradients)

    def _planned(self, plan: Plan, chosen: list[int]) -> Any:
        value = plan.primal() if plan.call.wanted.with_primal else None
        gradients = plan.gradients()
        return self._answer(value, [gradients[i] for i in chosen])

    def _answer(self, value: Any, gradients: list[Any]) -> Any:
        gradient = gradients[0] if self._single else tuple(gradients)
        if self.with_value:
            return value, gradient
        return (gradient, value[1]) if self._has_aux else gradient


class Grad(ValueAndGrad, patched=True):
    """Gradient by reverse mode."""

    with_value = False


def _chosen(argnums: tuple[int, ...], count: int) -> list[int]:
    for i in argnums:
        if not -count <= i < count:
            raise ValueError(f"argnums has {i}, but the function was called with {count} arguments")
    chosen = [i % count for i in argnums]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"argnums {argnums} names an argument twice")
    return chosen


def _differentiable(value: Any, i: int) -> Any:
    """An argument by which is differentiated: a Python int counts as a float."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return float(value)
    dtype = getattr(value, "dtype", None)
    if isinstance(value, float) or (dtype is not None and dtype.kind == "f"):
        return value
    what = f"an array of dtype {dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
    raise TypeError(f"argument {i} is {what}, which has no derivative; pass floats, or leave it out of argnums")


def _like(gradient: Any, value: Any) -> Any:
    return value.dtype.type(gradient) if isinstance(value, np.generic) else gradient


def jit(f: Callable[..., Any], *, options: Options | None = None) -> Jit:
    """Compile a function.

    Parameters
    ----------
    f : callable
        A function of numbers and arrays; writes into arrays are seen by the caller, as in Python.
    options : Options, optional
        How to compile.

    Returns
    -------
    callable
        The function, compiled at the first call with arguments of new types. Usable inside other traced functions.

    Raises
    ------
    UnsupportedError
        When called: if the function uses what irad does not accept.

    Examples
    --------
    >>> import irad
    >>> @irad.jit
    ... def power(x, n):
    ...     p = 1.0
    ...     for i in range(n):
    ...         p = p * x
    ...     return p
    >>> power(2.0, 10)
    1024.0
    """
    return Jit(f, options)


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, *, options: Options | None = None) -> Grad:
    """Gradient of a function that returns one real number.

    Parameters
    ----------
    f : callable
        A function of numbers and arrays.
    argnums : int or sequence of int
        The arguments to differentiate by: floats and float arrays; a Python int counts as a float.
    has_aux : bool
        Whether f returns `(value, extra)`, of which only the value is differentiated; then `(gradient, extra)` is returned.
    options : Options, optional
        How to compile.

    Returns
    -------
    callable
        Takes f's arguments. Returns the derivative by a number as a number, by an array as an array of its shape and dtype; a tuple if
        argnums is a sequence. Arguments that share memory of which f writes get the derivative by that memory's contents, each
        the part that it sees.

    Raises
    ------
    NonScalarReturnError
        When called: if f does not return one real number.
    TypeError
        When called: if an argument in argnums has no derivative.

    Examples
    --------
    >>> import irad, numpy as np
    >>> def f(x):
    ...     s = 0.0
    ...     for i in range(len(x)):
    ...         s += x[i] ** 2
    ...     return s
    >>> irad.grad(f)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    return Grad(f, argnums, has_aux, options)


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, *, options: Options | None = None
) -> ValueAndGrad:
    """Value and gradient of a function that returns one real number, in one run.

    Parameters, errors and result are those of `grad`, but `(value, gradient)` is returned.

    Examples
    --------
    >>> import irad
    >>> irad.value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    return ValueAndGrad(f, argnums, has_aux, options)


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, options: Options | None = None) -> tuple[Any, Any]:
    """Value of a function and its derivative in a direction, by forward mode.

    Parameters
    ----------
    f : callable
        A function of numbers and arrays.
    primals, tangents : sequence
        The arguments, and for each a direction of its shape. An int counts as a float if its direction is a float or not 0; directions
        of other arguments that are not floats are ignored.
    options : Options, optional
        How to compile.

    Returns
    -------
    tuple
        `(y, dy)`: the result and its derivative, which has the same structure.

    Raises
    ------
    ValueError
        If numbers or shapes of primals and tangents differ.

    Examples
    --------
    >>> import irad
    >>> irad.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    primals, directions = tuple(primals), tuple(tangents)
    if len(primals) != len(directions):
        raise ValueError(f"{len(primals)} primals and {len(directions)} tangents; each argument needs a tangent")
    if current_state() is not None:
        return nested.jvp(f, primals, directions)
    values = [_real(p, d) for p, d in zip(primals, directions, strict=True)]
    made, positions = prepare(f, values, options)
    arguments = [_with_tangent(values[i], directions[i], i) for i in positions]
    matching_shadows(arguments, [directions[i] for i in positions])
    wanted = Derivative("forward", tuple(a.active for a in arguments), implicit=True)
    results = iter(invoke(made, arguments, wanted))
    value = rebuild(made.trace.result, results)
    return value, tangents_of(made.trace.result, results)


def _real(value: Any, direction: Any) -> Any:
    """A Python int that has a direction counts as a float."""
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_int and (isinstance(direction, float) or direction) else value


def _with_tangent(value: Any, direction: Any, i: int) -> Argument:
    name = f"argument {i}"
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return Argument(value, name=name)
        direction = np.asarray(direction, value.dtype)
        if direction.shape != value.shape:
            raise ValueError(f"{name} has shape {value.shape}, its tangent {direction.shape}")
        return Argument(value, True, None, name)
    is_float = isinstance(value, float | np.floating)
    return Argument(value, is_float, float(direction) if is_float else None, name)


def vjp(f: Callable[..., Any], *primals: Any, options: Options | None = None) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Value of a function, and the function that pulls cotangents back through it, by reverse mode.

    Parameters
    ----------
    f : callable
        A function of numbers and arrays that returns a number or an array of floats.
    *primals
        Its arguments.
    options : Options, optional
        How to compile.

    Returns
    -------
    tuple
        `(y, pullback)`. `pullback(seed)` takes a seed of y's shape and returns a tuple with the derivative of <seed, y> by every
        argument, None for those that are not floats. It runs f again, on the arguments as they were when vjp was called.

    Raises
    ------
    TypeError
        If f returns something else than a float or a float array.
    ValueError
        From the pullback: if the seed's shape is not y's.

    Examples
    --------
    >>> import irad, numpy as np
    >>> y, pullback = irad.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    snapshot = copies_that_overlap_alike(primals)
    made, positions = prepare(f, primals, options)
    flat = invoke(made, [Argument(primals[i], name=f"argument {i}") for i in positions], Derivative())
    value = rebuild(made.trace.result, iter(flat))
    return value, _pullback(f, made, value, snapshot, options)


def _pullback(
    f: Callable[..., Any], made: Program, value: Any, snapshot: list[Any], options: Options | None
) -> Callable[[Any], tuple[Any, ...]]:
    tree = made.trace.result
    if not isinstance(tree, ScalarSpec | ArraySpec) or tree.dtype.kind != "f":
        raise TypeError("vjp needs a function that returns one float or one array of floats")
    if isinstance(tree, ScalarSpec):
        function, first = f, []
    else:
        function, first = _writing(f), [np.empty_like(value, order="C")]

    def pullback(seed: Any) -> tuple[Any, ...]:
        seed = np.asarray(seed, tree.dtype)
        if seed.shape != np.shape(value):
            raise ValueError(f"the seed has shape {seed.shape}, the result {np.shape(value)}")
        values = [*first, *copies_that_overlap_alike(snapshot)]
        again, positions = prepare(function, values, options)
        arguments = [Argument(values[i], _has_derivative(values[i]), None, f"argument {i}") for i in positions]
        matching_shadows(arguments)
        if first:
            arguments[0].shadow[...] = seed
        wanted = Derivative("reverse", tuple(a.active for a in arguments), "none" if first else "all", with_primal=False, implicit=True)
        results = iter(invoke(again, arguments, wanted, () if first else (float(seed),)))
        found = dict.fromkeys(range(len(values)))
        for i, a in zip(positions, arguments, strict=True):
            if a.active:
                found[i] = a.shadow if isinstance(a.value, np.ndarray) else _like(next(results), a.value)
        return tuple(found[i] for i in range(len(first), len(values)))

    return pullback


def _has_derivative(value: Any) -> bool:
    return isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f"


@functools.lru_cache(maxsize=256)
def _writing(f: Callable[..., Any]) -> Callable[..., None]:
    """The function that writes f's result into its first argument."""

    def into(out: Any, *args: Any) -> None:
        out[...] = f(*args)

    return into


def hvp(f: Callable[..., Any], x: Any, v: Any, *, options: Options | None = None) -> Any:
    """Product of a function's Hessian with a vector, by forward mode over reverse mode.

    Parameters
    ----------
    f : callable
        A function of one number or array that returns one real number.
    x, v : float or ndarray
        Where, and the vector: same shape.
    options : Options, optional
        How to compile.

    Returns
    -------
    float or ndarray
        Of x's shape.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 2.])
    """
    return jvp(_gradient_of(f, options), (x,), (v,), options=options)[1]


@functools.lru_cache(maxsize=256)
def _gradient_of(f: Callable[..., Any], options: Options | None) -> Grad:
    return Grad(f, 0, False, options)
