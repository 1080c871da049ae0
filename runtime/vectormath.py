"""Which vector variants of C's mathematical functions this machine has: those of glibc's libmvec."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_UNARY = "exp log sin cos acos acosh asin asinh atan atanh cbrt cosh erf erfc exp2 expm1 log10 log1p log2 sinh tan tanh"
FUNCTIONS = frozenset(_UNARY.split()) | {"pow", "atan2", "hypot"}
_WIDTHS = (("avx2", "d", 32), ("avx512f", "e", 64))  # feature of the CPU, letter in the symbol, bytes of a vector


@cache
def library() -> ctypes.CDLL | None:
    """libmvec, None where there is none."""
    if platform.machine() not in ("x86_64", "AMD64") or platform.system() != "Linux":
        return None
    try:
        return ctypes.CDLL("libmvec.so.1")
    except OSError:
        return None


def variants(features: frozenset[str], symbol: str, operands: int) -> tuple[tuple[int, str], ...]:
    """(lanes, symbol) of the vector variants of a function that a CPU with these features can run."""
    loaded = library()
    single = symbol.endswith("f") and symbol not in FUNCTIONS
    if loaded is None or (symbol[:-1] if single else symbol) not in FUNCTIONS:
        return ()
    found = []
    for feature, letter, width in _WIDTHS:
        lanes = width // (4 if single else 8)
        name = f"_ZGV{letter}N{lanes}{'v' * operands}_{symbol}"
        if feature in features and hasattr(loaded, name):
            found.append((lanes, name))
    return tuple(found)


def address(symbol: str) -> int:
    """Where a vector variant lies in this process."""
    loaded = library()
    assert loaded is not None
    found = ctypes.cast(getattr(loaded, symbol), ctypes.c_void_p).value
    assert found is not None
    return found
