"""``python -m benchmarks.arrays``: array expressions against NumPy and against loops, and the Jacobian of bundle adjustment."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import irad
from examples import bundle_adjustment, burgers
from irad import Active, Duplicated, ReverseWithPrimal

ROUNDS = 15


def expression(x, y):
    """Compute ten operations on each element."""
    return ((x * y + x) * (x - y) / (2.0 + x * x) + y * y) * 3.0


def expression_sum(x, y):
    """Return the sum of `expression`."""
    return np.sum(expression(x, y))


def into_shadows(function: Callable[..., Any], args: Sequence[Any]) -> Callable[[], Any]:
    """Return a call of reverse mode by all arrays among the arguments, into shadows that are allocated once and zeroed by every call."""
    annotated = [Duplicated(a, np.zeros_like(a)) if isinstance(a, np.ndarray) else a for a in args]
    shadows = [a.dval for a in annotated if isinstance(a, Duplicated)]

    def call() -> Any:
        for shadow in shadows:
            shadow.fill(0.0)
        return irad.autodiff(ReverseWithPrimal, function, Active, *annotated)

    return call


def medians(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return each call's median time in seconds, from interleaved rounds after one to warm up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for round in range(ROUNDS + 2):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if round > 1:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def show(title: str, calls: dict[str, Callable[[], Any]], ratios: Sequence[tuple[str, str]]) -> None:
    """Print times and ratios."""
    found = medians(calls)
    print(f"\n{title}")
    for name, seconds in found.items():
        print(f"  {name:<28}{1e3 * seconds:10.3f} ms")
    for top, bottom in ratios:
        print(f"  {top + ' / ' + bottom:<60}{found[top] / found[bottom]:6.2f}")


def main() -> None:
    """Run everything on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    x, y = np.random.default_rng(0).uniform(1.0, 2.0, (2, 1_000_000))
    array, total = irad.jit(expression), irad.jit(expression_sum)
    show(
        "ten operations on 1e6 elements",
        {
            "NumPy": lambda: expression(x, y),
            "irad": lambda: array(x, y),
            "irad, summed": lambda: total(x, y),
            "irad, gradient of the sum": into_shadows(expression_sum, (x, y)),
        },
        [("NumPy", "irad"), ("irad, gradient of the sum", "irad, summed"), ("irad, gradient of the sum", "irad")],
    )
    args = burgers.make()
    sliced, looped = irad.jit(burgers.burgers), irad.jit(burgers.burgers_with_loops)
    show(
        "Burgers' equation",
        {
            "slices": lambda: sliced(*args),
            "loops": lambda: looped(*args),
            "gradient, slices": into_shadows(burgers.burgers, args),
            "gradient, loops": into_shadows(burgers.burgers_with_loops, args),
        },
        [("slices", "loops"), ("gradient, slices", "gradient, loops")],
    )
    args = bundle_adjustment.make()
    memory = bundle_adjustment.outputs(len(args[2]))
    cost, jacobian = irad.jit(bundle_adjustment.residuals), irad.jit(bundle_adjustment.jacobian)
    show(
        "bundle adjustment, 31843 observations",
        {"cost": lambda: cost(*args), "sparse Jacobian": lambda: jacobian(*args, *memory)},
        [("sparse Jacobian", "cost")],
    )


if __name__ == "__main__":
    main()
