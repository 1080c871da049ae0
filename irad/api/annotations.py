"""Annotations: how an argument takes part in a differentiation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from irad.api.leaves import has_derivative, has_parts
from irad.api.zeros import floats_of, make_zero, norm
from irad.errors import instance
from irad.frontend.values import Array, Scalar, Traced
from irad.pytree import Flattened, kind_of, paths


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """Base of the annotations; the classes themselves also name the activity of a result.

    Attributes
    ----------
    val : object
        The argument.
    """

    val: Any


@dataclass(frozen=True, slots=True, eq=False)
class Const(Annotation):
    """An argument that is not differentiated: any value.

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.Reverse, lambda x, y: x * y, irad.Active, irad.Active(2.0), irad.Const(3.0))
    Derivatives(derivs=(3.0, None))
    """


@dataclass(frozen=True, slots=True, eq=False)
class Active(Annotation):
    """A number whose derivative is returned (reverse mode); an int counts as a float.

    A tuple, namedtuple or frozen dataclass of floats is Active as well; ints in it have no derivative.

    Raises
    ------
    TypeError
        If the value is an array, or can be changed: that is differentiated by reference, use `Duplicated`.

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.Reverse, lambda x: x * x, irad.Active, irad.Active(3.0))
    Derivatives(derivs=(6.0,))
    """

    def __post_init__(self) -> None:
        value = self.val
        if type(value) is float:
            return
        if has_parts(value):
            _check_immutable(value)
            return
        if isinstance(value, Scalar):
            return
        if isinstance(value, np.ndarray | Array):
            raise TypeError("Active is for numbers that are passed by value; for an array, consider Duplicated or Const")
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | complex | np.number):
            raise TypeError(f"Active holds a number, not {instance(value)}; consider Duplicated or Const")
        if isinstance(value, int | np.integer):
            object.__setattr__(self, "val", float(value))


def _check_immutable(value: Any) -> None:
    kind = kind_of(type(value))
    if kind is None:
        if isinstance(value, np.ndarray):
            raise TypeError("Active is for values without arrays; for what holds arrays, consider Duplicated or Const")
        return
    if kind.fill is not None:
        raise TypeError(f"{instance(value)} is passed by reference, so that it is not Active; consider Duplicated or Const")
    for part in kind.split(value)[1]:
        _check_immutable(part)


_MISSING = object()


@dataclass(frozen=True, slots=True, eq=False)
class Duplicated(Annotation):
    """An argument and its shadow.

    In reverse mode the argument is an array, or a list, dict or object that holds arrays and numbers, and the shadow accumulates its
    gradient: with L = seed * result + <shadow on entry, final contents>, it holds the derivative of L with respect to the initial
    contents afterwards. In forward mode the shadow is the tangent.

    Attributes
    ----------
    dval : object
        The shadow: same type, structure, shapes and dtypes as the argument. If it is left out, it is made, with zeros.

    Raises
    ------
    ValueError
        If shapes or structures differ.
    TypeError
        If types or dtypes differ.

    Examples
    --------
    >>> import irad, numpy as np
    >>> x, dx = np.array([2.0, 3.0]), np.zeros(2)
    >>> irad.autodiff(irad.Reverse, lambda x: x[0] * x[1], irad.Active, irad.Duplicated(x, dx))
    Derivatives(derivs=(None,))
    >>> dx
    array([3., 2.])
    """

    dval: Any = _MISSING

    def __post_init__(self) -> None:
        if isinstance(self.val, Traced) or isinstance(self.dval, Traced):
            self._check_traced()
        elif self.dval is _MISSING:
            object.__setattr__(self, "dval", make_zero(self.val))
        elif has_parts(self.val) or has_parts(self.dval):
            _check_congruent(self.val, self.dval)
        else:
            _check_leaf(self.val, self.dval, "argument")

    def _check_traced(self) -> None:
        if self.dval is _MISSING:
            raise TypeError("in compiled code a Duplicated argument needs its shadow: Duplicated(x, np.zeros_like(x))")
        if isinstance(self.val, Array | np.ndarray) != isinstance(self.dval, Array | np.ndarray):
            raise TypeError(f"a shadow has the type of what it shadows: {self.val!r} and {self.dval!r}")

    def norm(self) -> float:
        """The square root of the sum of the squares of the shadow."""
        return norm(self.dval)

    def __repr__(self) -> str:
        name = type(self).__name__
        if not has_parts(self.val):
            return f"{name}(val={self.val!r}, dval={self.dval!r})"
        floats = floats_of(self.val)
        arrays, size = sum(isinstance(v, np.ndarray) for v in floats), sum(np.size(v) for v in floats)
        return f"{name}({type(self.val).__name__}: {arrays} arrays, {size:_} parameters, norm(grad) = {self.norm():.6g})"


def _check_leaf(x: Any, dx: Any, name: str) -> None:
    if isinstance(x, np.ndarray) != isinstance(dx, np.ndarray):
        raise TypeError(f"a shadow has the type of what it shadows: {name} is {instance(x)}, its shadow {instance(dx)}")
    if not isinstance(x, np.ndarray):
        return
    if x.shape != dx.shape:
        raise ValueError(f"{name} and shadow are not congruent: shape {x.shape} and shape {dx.shape}")
    if x.dtype != dx.dtype:
        raise TypeError(f"{name} and shadow have different dtypes: {x.dtype} and {dx.dtype}")


def _check_congruent(x: Any, dx: Any) -> None:
    primal, shadow = Flattened(), Flattened()
    structure = primal.add(x)
    if type(x) is not type(dx):
        raise TypeError(f"a shadow has the type of what it shadows: {type(x).__name__} and {type(dx).__name__}")
    if structure != shadow.add(dx):
        raise ValueError(
            f"argument and shadow are not congruent: these {type(x).__name__} objects differ in structure, or in what they share"
        )
    for name, v, dv in zip(paths(structure, "argument"), primal.leaves, shadow.leaves, strict=True):
        if has_derivative(v):
            _check_leaf(v, dv, name)
            if not isinstance(v, np.ndarray) and not isinstance(dv, float | np.floating):
                raise TypeError(f"the shadow of {name} is a float, not {dv!r}")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DuplicatedNoNeed(Duplicated):
    """As `Duplicated`, where the primal result is not needed.

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.Forward, lambda x: x * x, irad.DuplicatedNoNeed, irad.Duplicated(3.0, 1.0))
    Tangent(derivs=6.0)
    """
