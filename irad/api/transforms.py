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
from irad.api.calling import Argument, invoke, matching_shadows
from irad.api.compiled import Derivative, derived
from irad.api.leaves import Leaves, World, has_derivative, has_parts, number, outcome, prepare, tangent_outcome, unbound
from irad.api.nested import GradientOf
from irad.api.quick import Call, Plan, Quick
from irad.errors import instance
from irad.frontend.state import current_state
from irad.frontend.values import refuse
from irad.options import Options, chosen_options
from irad.pytree import aligned


class Transformed(Quick, ABC):
    """A function made from a function: keeps its name, docstring and signature, and binds as a method."""

    def __init__(self, f: Callable[..., Any], options: Options | None) -> None:
        if not callable(f):
            raise TypeError(f"expected a function, got {f!r}")
        chosen_options(options)
        super().__init__()
        self.options = options
        for name in functools.WRAPPER_ASSIGNMENTS:
            if hasattr(f, name):
                setattr(self, name, getattr(f, name))
        self.__wrapped__ = f

    @abstractmethod
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that was made."""

    def maker(self) -> Callable[[Callable[..., Any]], Transformed]:
        """What makes the same of another function; it pickles."""
        return functools.partial(type(self), options=None)

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
        made, leaves = prepare(self.__wrapped__, args, self.options)
        arguments = leaves.arguments()
        flat = invoke(made, arguments, Derivative())
        self._note(Call(made, Derivative(), args, arguments, leaves, 0, self.__wrapped__), Plan.primal)
        return outcome(made, leaves, iter(flat))

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

    def maker(self) -> Callable[[Callable[..., Any]], Transformed]:
        """What makes the same of another function; it pickles."""
        argnums = self._argnums[0] if self._single else self._argnums
        return functools.partial(type(self), argnums=argnums, has_aux=self._has_aux, options=None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take the function's arguments, and return what the class says."""
        args = _positional(self.__wrapped__, args, kwargs)
        if current_state() is not None:
            return self.__irad_call__(*args)
        chosen = _chosen(self._argnums, len(args))
        values = [_differentiable(a, i) if i in chosen else a for i, a in enumerate(args)]
        made, leaves = prepare(self.__wrapped__, values, self.options)
        if self._has_aux and not _is_pair(made.trace.result):
            raise made.not_scalar(pair=True)
        arguments = _active_arguments(leaves, chosen)
        matching_shadows(arguments)
        wanted = Derivative(
            "reverse",
            tuple(a.active for a in arguments),
            "first" if self._has_aux else "all",
            with_primal=self.with_value or self._has_aux or bool(made.trace.writes),
            implicit=True,
        )
        results = iter(invoke(made, arguments, wanted, (1.0,)))
        self._note(Call(made, wanted, args, arguments, leaves, 1, self.__wrapped__), lambda plan: self._planned(plan, chosen))
        value = outcome(made, leaves, results) if wanted.with_primal else None
        gradients = leaves.gradients(arguments, results)
        return self._answer(value, [gradients[i] for i in chosen])

    def __irad_call__(self, *args: Any) -> Any:
        value, gradients = nested.value_and_grad(self.__wrapped__, args, _chosen(self._argnums, len(args)), self._has_aux)
        if self._has_aux and not _is_pair(value):
            raise refuse("a gradient with has_aux needs a function that returns a pair of one real number and anything.")
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


def _is_pair(result: Any) -> bool:
    return isinstance(result, tuple) and len(result) == 2


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


def _active_arguments(leaves: Leaves, chosen: list[int]) -> list[Argument]:
    """The parameters, active in the chosen arguments."""
    arguments = leaves.arguments(chosen)
    if leaves.structure is not None:
        leaves.check(chosen)
        active = {leaves.owner[k] for k, a in zip(leaves.parameters, arguments, strict=True) if a.active}
        for i in chosen:
            if i not in active and not any(i in pair for pair in leaves.shared):
                kind = type(leaves.trees(leaves.leaves)[0][i]).__name__
                raise TypeError(f"argument {i} is a {kind} that holds no floats, so that it has no derivative; leave it out of argnums")
    return arguments


def _differentiable(value: Any, i: int) -> Any:
    """An argument by which is differentiated: a Python int counts as a float."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return float(value)
    dtype = getattr(value, "dtype", None)
    if has_derivative(value) or has_parts(value):
        return value
    what = f"an array of dtype {dtype}" if isinstance(value, np.ndarray) else instance(value)
    raise TypeError(f"argument {i} is {what}, which has no derivative; pass floats, or leave it out of argnums")


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
    return _forward(f, primals, directions, options)


def _forward(
    f: Callable[..., Any], primals: Sequence[Any], directions: Sequence[Any], options: Options | None, bound: tuple[Any, ...] = ()
) -> tuple[Any, Any]:
    values = [_real(p, d) for p, d in zip(primals, directions, strict=True)]
    made, leaves = prepare(f, values, options, bound)
    along = _directions(leaves, directions)
    arguments = [_with_tangent(leaves.leaves[k], along[k], leaves.name(k)) for k in leaves.parameters]
    matching_shadows(arguments, [along[k] for k in leaves.parameters])
    wanted = Derivative("forward", tuple(a.active for a in arguments), implicit=True)
    results = iter(invoke(made, arguments, wanted))
    value = outcome(made, leaves, results)
    return value, tangent_outcome(made, _tangents(leaves, arguments), leaves, results)


def _directions(leaves: Leaves, directions: Sequence[Any]) -> Sequence[Any]:
    """The direction of every leaf, None for those in arguments that have none."""
    if leaves.structure is None:
        return [None] * leaves.first + list(directions)
    found: list[Any] = [None] * leaves.first
    for i, direction in enumerate(directions):
        count = leaves.owner.count(i)
        part = leaves.structure.parts[leaves.first + i]
        found += aligned(part, direction, f"argument {i}") if part.kind is not None else [direction] * count
    return found


def _tangents(leaves: Leaves, arguments: Sequence[Argument]) -> World:
    """The tangents of the arguments, in containers of their own."""
    if leaves.structure is None:
        return World(())
    values: list[Any] = list(leaves.leaves)
    for k, a in zip(leaves.parameters, arguments, strict=True):
        values[k] = a.shadow if a.active else values[k]
    return World(values, leaves.trees(values)[1])


def _real(value: Any, direction: Any) -> Any:
    """A Python int that has a direction counts as a float."""
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_int and (isinstance(direction, float | complex) or direction) else value


def _with_tangent(value: Any, direction: Any, name: str) -> Argument:
    if isinstance(value, np.ndarray):
        if not has_derivative(value):
            return Argument(value, name=name)
        direction = np.asarray(direction, value.dtype)
        if direction.shape != value.shape:
            raise ValueError(f"{name} has shape {value.shape}, its tangent {direction.shape}")
        return Argument(value, True, None, name)
    active = has_derivative(value)
    return Argument(value, active, number(direction, value) if active else None, name)


def hvp(f: Callable[..., Any], x: Any, v: Any, *, options: Options | None = None) -> Any:
    """Product of a function's Hessian with a vector, by forward mode over reverse mode.

    Parameters
    ----------
    f : callable
        A function of one number, array, or tree of them, that returns one real number.
    x, v : float, ndarray or tree
        Where, and the vector: same shape and structure.
    options : Options, optional
        How to compile.

    Returns
    -------
    float, ndarray or tree
        Of x's shape and structure.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.hvp(lambda x: x[0] ** 2 * x[1], np.array([1.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 2.])
    """
    f, bound = unbound(f)
    gradient = derived(f, ("gradient", len(bound)), lambda: GradientOf(f, len(bound)))
    if current_state() is not None:
        return nested.jvp(functools.partial(gradient, *bound), (x,), (v,))[1]
    return _forward(gradient, (x,), (v,), options, bound)[1]
