"""What lowering has to know of the machine and of the options, so that it needs no LLVM library itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def no_variants(name: str, operands: int) -> tuple[tuple[int, str], ...]:
    """No function has a vector variant."""
    return ()


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a lowering.

    Parameters
    ----------
    flags : tuple of str
        Fast-math flags of every float operation.
    bounds_check : bool
        Whether `irad.index` raises.
    vector_variants : callable
        Name of a C function and number of its operands -> (lanes, symbol) of its vector variants.
    narrow_sums : bool
        Whether the vectors of cheap sums that keep their order should be half as wide as the machine's, that is 32 bytes: lanes are
        added one after the other, and on x86 wider vectors leave a single port for taking them apart and adding.
    """

    flags: tuple[str, ...] = ()
    bounds_check: bool = True
    vector_variants: Callable[[str, int], tuple[tuple[int, str], ...]] = no_variants
    narrow_sums: bool = False
