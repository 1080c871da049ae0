"""Options of a compilation, their process-wide defaults, and the context manager that changes them for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal

FAST_MATH_FLAGS = frozenset({"reassoc", "nnan", "ninf", "nsz", "arcp", "contract", "afn"})


@dataclass(frozen=True, slots=True)
class Options:
    """How a function is compiled; equal options share compiled code.

    Parameters
    ----------
    ad_stage : {"late", "early"}
        Differentiate the optimised IR (late, the default) or the IR as it was traced.
    opt_level : int
        0 no optimisation, 1 irad's own passes, 2 LLVM's as well, 3 (default) with the loop vectoriser.
    fast_math : bool or set of str
        LLVM flags allowed on float operations: False for strict IEEE (default), True for all, or some of
        reassoc, nnan, ninf, nsz, arcp, contract, afn.
    bounds_check : bool
        Check indices (default). Without it an index out of range is undefined behaviour.

    Raises
    ------
    ValueError
        If a value is none of those listed.

    Examples
    --------
    >>> import irad
    >>> irad.grad(lambda x: x * x, options=irad.Options(opt_level=1))(3.0)
    6.0
    """

    ad_stage: Literal["late", "early"] = "late"
    opt_level: int = 3
    fast_math: bool | frozenset[str] = False
    bounds_check: bool = True

    def __post_init__(self) -> None:
        if self.ad_stage not in ("late", "early"):
            raise ValueError(f'ad_stage is "late" or "early", not {self.ad_stage!r}')
        if type(self.opt_level) is not int or self.opt_level not in (0, 1, 2, 3):
            raise ValueError(f"opt_level is 0, 1, 2 or 3, not {self.opt_level!r}")
        if isinstance(self.fast_math, str):
            raise ValueError(f"fast_math is True, False or a set of flags, not the text {self.fast_math!r}")
        if not isinstance(self.fast_math, bool):
            unknown = set(self.fast_math) - FAST_MATH_FLAGS
            if unknown:
                raise ValueError(f"fast_math knows {sorted(FAST_MATH_FLAGS)}, not {sorted(unknown)}")
            object.__setattr__(self, "fast_math", frozenset(self.fast_math))
        if not isinstance(self.bounds_check, bool):
            raise ValueError(f"bounds_check is True or False, not {self.bounds_check!r}")

    @property
    def fast_math_flags(self) -> tuple[str, ...]:
        """LLVM's names of the flags that every float operation gets."""
        if isinstance(self.fast_math, bool):
            return ("fast",) if self.fast_math else ()
        return tuple(sorted(self.fast_math))


_STANDARD = Options()
in_force: ContextVar[Options] = ContextVar("irad_options", default=_STANDARD)


def current_options() -> Options:
    """The options in force where nothing else is said."""
    return in_force.get()


def chosen_options(given: Options | None) -> Options:
    """The options that a function was given, or those in force.

    Raises
    ------
    TypeError
        If what was given is neither options nor None.
    """
    if given is not None and not isinstance(given, Options):
        raise TypeError(f"options is None or an irad.Options, such as irad.Options(opt_level=2), not {given!r}")
    return current_options() if given is None else given


@contextmanager
def using(chosen: Options) -> Iterator[Options]:
    """Make these the options in force inside a `with` block."""
    token = in_force.set(chosen)
    try:
        yield chosen
    finally:
        in_force.reset(token)


@contextmanager
def options(**changes: Any) -> Iterator[Options]:
    """Change the default options inside a `with` block.

    Examples
    --------
    >>> import irad
    >>> with irad.options(ad_stage="early"):
    ...     irad.grad(lambda x: x * x)(3.0)
    6.0
    """
    with using(replace(current_options(), **changes)) as chosen:
        yield chosen
