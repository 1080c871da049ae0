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

    Examples
    --------
    >>> import irad
    >>> irad.autodiff(irad.ReverseWithPrimal, lambda x: x * x, irad.Active(3.0))
    DerivativesAndPrimal(derivs=(6.0,), primal=9.0)
    """

    return_primal: bool = False


Forward = ForwardMode()
ForwardWithPrimal = ForwardMode(return_primal=True)
Reverse = ReverseMode()
ReverseWithPrimal = ReverseMode(return_primal=True)
