"""Annotations: how an argument takes part in a differentiation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


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

    Raises
    ------
    TypeError
        If the value is an array, which is differentiated by reference: use `Duplicated`.

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
        if isinstance(value, np.ndarray):
            raise TypeError("Active is for numbers that are passed by value; for an array, consider Duplicated or Const")
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
            raise TypeError(f"Active holds a real number, not a {type(value).__name__}; consider Duplicated or Const")
        if isinstance(value, int | np.integer):
            object.__setattr__(self, "val", float(value))


@dataclass(frozen=True, slots=True, eq=False)
class Duplicated(Annotation):
    """An argument and its shadow.

    In reverse mode the argument is an array, and the shadow accumulates its gradient: with L = seed * result + <shadow on entry, final
    contents>, it holds the derivative of L with respect to the initial contents afterwards. In forward mode the shadow is the tangent.

    Attributes
    ----------
    dval : ndarray or float
        The shadow: same shape and dtype as the argument.

    Raises
    ------
    ValueError
        If the shapes differ.
    TypeError
        If the dtypes differ.

    Examples
    --------
    >>> import irad, numpy as np
    >>> x, dx = np.array([2.0, 3.0]), np.zeros(2)
    >>> irad.autodiff(irad.Reverse, lambda x: x[0] * x[1], irad.Active, irad.Duplicated(x, dx))
    Derivatives(derivs=(None,))
    >>> dx
    array([3., 2.])
    """

    dval: Any

    def __post_init__(self) -> None:
        x, dx = self.val, self.dval
        if isinstance(x, np.ndarray) != isinstance(dx, np.ndarray):
            raise TypeError(f"a shadow has the type of what it shadows: {type(x).__name__} and {type(dx).__name__}")
        if not isinstance(x, np.ndarray):
            return
        if x.shape != dx.shape:
            raise ValueError(f"argument and shadow are not congruent: shape {x.shape} and shape {dx.shape}")
        if x.dtype != dx.dtype:
            raise TypeError(f"argument and shadow have different dtypes: {x.dtype} and {dx.dtype}")


@dataclass(frozen=True, slots=True, eq=False)
class DuplicatedNoNeed(Duplicated):
    """As `Duplicated`, where the primal result is not needed.

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.Forward, lambda x: x * x, irad.DuplicatedNoNeed, irad.Duplicated(3.0, 1.0))
    Tangent(derivs=6.0)
    """
