"""`dump`: a function as text, at a stage of the compiler."""

from __future__ import annotations

import inspect as python_inspect
from collections.abc import Callable
from typing import Any

from irad.api.compiled import Derivative, Program
from irad.api.modes import ForwardMode, Mode, Reverse, ReverseMode
from irad.api.signature import parse_signature
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static
from irad.ir.printer import print_module
from irad.options import Options, chosen_options

STAGES = ("traced", "optimized", "gradient", "gradient-optimized", "llvm", "llvm-optimized", "asm")


def dump(
    f: Callable[..., Any], signature: Any = None, *, stage: str = "optimized", mode: Mode | None = None, options: Options | None = None
) -> str:
    """Print a function as one stage of the compiler sees it.

    Parameters
    ----------
    f : callable
        The function.
    signature : str, type, value, or sequence of types and values
        The types of its arguments: `"f64[:, ::1], i64"`, `irad.f64[:]`, or examples of arguments. May be left out if f has none.
    stage : str
        `traced`, `optimized`, `gradient` (as differentiation leaves it), `gradient-optimized`, `llvm`, `llvm-optimized`, `asm`.
    mode : Mode, optional
        What the stages behind the first two show: `Forward`, `Reverse`, `ReverseWithPrimal`, by all float arguments. Left out: Reverse for
        the two gradient stages, the primal for the others.
    options : Options, optional
        How to compile.

    Returns
    -------
    str
        MLIR text, LLVM IR, or assembly.

    Raises
    ------
    ValueError
        If there is no such stage, or the signature does not parse.

    Examples
    --------
    >>> import irad
    >>> print(irad.dump(lambda x: x * x, "f64", stage="optimized"))
    func.func @lambda(%x: f64) -> f64 attributes {irad.noalias} {
      %0 = arith.mulf %x, %x : f64
      func.return %0 : f64
    }
    <BLANKLINE>
    """
    if stage not in STAGES:
        raise ValueError(f"there is no stage {stage!r}; there are {', '.join(STAGES)}")
    options = chosen_options(options)
    specs = parse_signature(() if signature is None else signature)
    _check_count(f, specs)
    made = Program(f, specs, options)
    if stage == "traced":
        return print_module(made.module)
    if stage == "optimized":
        return print_module(made.prepared(noalias=True))
    if mode is None and stage.startswith("gradient"):
        mode = Reverse
    module, func = made.derive(_wanted(made, specs, mode), noalias=True, finished=stage != "gradient")
    if stage.startswith("gradient"):
        return print_module(module)
    from irad.runtime import engine

    if stage == "asm":
        return engine.assembly(module, func.name, options)
    return engine.llvm_ir(module, func.name, options, optimized=stage == "llvm-optimized")


def _check_count(f: Callable[..., Any], specs: list[Spec]) -> None:
    try:
        python_inspect.signature(f).bind(*specs)
    except TypeError as error:
        raise ValueError(f"the signature has {len(specs)} arguments, but {error}") from None
    except ValueError:
        return  # a builtin without a signature


def _wanted(made: Program, specs: list[Spec], mode: Mode | None) -> Derivative:
    params = [s for s in specs if not isinstance(s, Static)]
    active = tuple(isinstance(s, ScalarSpec | ArraySpec) and s.dtype.kind in "fc" for s in params)
    if mode is None:
        return Derivative()
    if isinstance(mode, ForwardMode):
        return Derivative("forward", active, "all", mode.return_primal, implicit=True)
    assert isinstance(mode, ReverseMode)
    results = "all" if made.result_is_number() else "none"
    return Derivative("reverse", active, results, mode.return_primal, implicit=True)
