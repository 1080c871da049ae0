"""The ordered lists of passes, before and after differentiation."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar

from irad.ir.core import Func, Module
from irad.ir.ops.func import Call
from irad.ir.printer import print_module
from irad.ir.verifier import verify
from irad.options import Options
from irad.passes.bounds import bounds
from irad.passes.cse import cse
from irad.passes.dce import dce
from irad.passes.fuse import fuse
from irad.passes.fuse_loops import fuse_loops
from irad.passes.gather import gather
from irad.passes.induction import induction
from irad.passes.inline import inline
from irad.passes.licm import licm, licm_before_ad
from irad.passes.lower_arrays import lower_arrays
from irad.passes.mem2reg import mem2reg
from irad.passes.memory import memory
from irad.passes.ownership import ownership
from irad.passes.peephole import peephole, simplify
from irad.passes.relay import relay
from irad.passes.reuse import reuse
from irad.passes.shapes import shapes
from irad.passes.unroll import unroll
from irad.passes.versioning import versioning

FuncPass = Callable[[Func], object]
ModulePass = Callable[[Module], object]

FUNC_PASSES: dict[str, FuncPass] = {
    "simplify": simplify,
    "cse": cse,
    "dce": dce,
    "peephole": peephole,
    "fuse": fuse,
    "lower-arrays": lower_arrays,
    "unroll": unroll,
    "mem2reg": mem2reg,
    "memory": memory,
    "reuse": reuse,
    "gather": gather,
    "relay": relay,
    "shapes": shapes,
    "induction": induction,
    "bounds": bounds,
    "fuse-loops": fuse_loops,
    "versioning": versioning,
    "licm": licm,
    "ownership": ownership,
    "licm-before-ad": licm_before_ad,
}

MODULE_PASSES: dict[str, ModulePass] = {"inline": inline}


def _on_functions(function_pass: FuncPass) -> ModulePass:
    def run(module: Module) -> None:
        for func in list(module.funcs.values()):
            function_pass(func)

    return run


# Every pass by its name, for `irad opt` and the text cases.
PASSES: dict[str, ModulePass] = {**{name: _on_functions(p) for name, p in FUNC_PASSES.items()}, **MODULE_PASSES}

TRACED = ("lower-arrays",)
BEFORE_AD = (
    "inline", "peephole", "fuse", "lower-arrays", "peephole", "unroll", "mem2reg", "induction", "shapes", "peephole",
    "bounds", "memory", "reuse", "peephole", "licm-before-ad", "peephole",
)  # fmt: skip
AFTER_AD = (
    "inline", "peephole", "fuse", "lower-arrays", "peephole", "unroll", "mem2reg", "induction", "shapes", "peephole",
    "bounds", "fuse-loops", "memory", "reuse", "peephole", "gather", "relay", "licm", "versioning", "peephole", "ownership",
)  # fmt: skip

# Seconds per pass, summed up while somebody measures: `with timing() as seconds`.
_seconds: ContextVar[dict[str, float] | None] = ContextVar("irad_pass_seconds", default=None)


class timing:
    """Measure the time spent in each pass inside a `with` block."""

    def __enter__(self) -> dict[str, float]:
        seconds: dict[str, float] = {}
        self._token = _seconds.set(seconds)
        return seconds

    def __exit__(self, *_: object) -> None:
        _seconds.reset(self._token)


def run_passes(module: Module, names: Sequence[str]) -> None:
    """Run passes in order, in place.

    `IRAD_CHECK=1` verifies the module after each. `IRAD_PRINT` prints it to stderr: `before-all`, `after-all`, or
    `after=name,name` after the passes named.
    """
    check = os.environ.get("IRAD_CHECK") == "1"
    printing = os.environ.get("IRAD_PRINT", "")
    seconds = _seconds.get()
    if printing == "before-all" and names:
        _print(module, f"before {names[0]}")
    tidy: set[Func] = set()
    for name in names:
        start = time.process_time()
        _run_pass(module, name, tidy)
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + time.process_time() - start
        if check:
            verify(module)
        if printing in ("after-all", "before-all") or name in printing.removeprefix("after=").split(","):
            _print(module, f"after {name}")


def _run_pass(module: Module, name: str, tidy: set[Func]) -> None:
    """Run one pass; functions that did not change since the last clean-up are not cleaned up again."""
    if name not in FUNC_PASSES:
        if MODULE_PASSES[name](module) is not False:
            tidy.clear()
        return
    for func in list(module.funcs.values()):
        if name == "peephole":
            if func not in tidy:
                peephole(func)
                tidy.add(func)
        elif FUNC_PASSES[name](func) is not False:
            tidy.discard(func)


def _print(module: Module, title: str) -> None:
    sys.stderr.write(f"// ---- {title}\n{print_module(module)}\n")


def optimize(module: Module, options: Options) -> None:
    """Optimise what was traced, in place, before it is differentiated; nothing is speculated.

    With `ad_stage="early"` (or `opt_level=0`) only array operations become loops.
    """
    early = options.ad_stage == "early" or options.opt_level == 0
    run_passes(module, TRACED if early else BEFORE_AD)


def finish(module: Module, options: Options, entry: str | None = None) -> None:
    """Optimise what is about to be lowered, in place, derivatives or not: no derivative is taken any more.

    Functions that `entry` does not need, if it is given, are removed first.
    """
    if entry is not None:
        _keep_reachable(module, entry)
    run_passes(module, AFTER_AD if options.opt_level else TRACED)


def _keep_reachable(module: Module, entry: str) -> None:
    reached = [entry]
    for name in reached:
        callees = {op.callee for op in module.funcs[name].walk() if isinstance(op, Call)}
        reached += sorted(callees.difference(reached))
    for name in set(module.funcs).difference(reached):
        del module.funcs[name]
