"""Modes: which derivative `autodiff` computes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    """Base of the modes; equal modes share compiled code."""


@dataclass(frozen=True, slots=True)
class ForwardMode(Mode):
    """Forward mode; `return_primal` asks for the result as well where no return activity says so.

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.ForwardWithPrimal, lambda x: x * x, irad.Duplicated(3.0, 1.0))
    PrimalAndTangent(primal=9.0, derivs=6.0)
    """

    return_primal: bool = False


@dataclass(frozen=True, slots=True)
class ReverseMode(Mode):
    """Combined reverse mode; `return_primal` asks for the result as well.

    `holomorphic`: the function returns a complex number, and the derivative by an argument z = x + iy is df/dz; if the function is not
    holomorphic after all, it is d(Re f)/dx - i d(Re f)/dy.

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.ReverseWithPrimal, lambda x: x * x, irad.Active(3.0))
    DerivativesAndPrimal(derivs=(6.0,), primal=9.0)
    >>> irad.autodiff(irad.ReverseHolomorphic, lambda z: z * z, irad.Active(3.0 + 2.0j))
    Derivatives(derivs=((6+4j),))
    """

    return_primal: bool = False
    holomorphic: bool = False


Forward = ForwardMode()
ForwardWithPrimal = ForwardMode(return_primal=True)
Reverse = ReverseMode()
ReverseWithPrimal = ReverseMode(return_primal=True)
ReverseHolomorphic = ReverseMode(holomorphic=True)
ReverseHolomorphicWithPrimal = ReverseMode(return_primal=True, holomorphic=True)
