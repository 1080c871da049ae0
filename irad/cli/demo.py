"""``irad demo``: value, gradient and speed of a Gaussian mixture model written as plain loops."""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import irad
from irad.cli.gmm import gmm, instance
from irad.errors import InternalError

ACTIVE = (0, 1, 2)
ROUNDS = 15


def add_parser(commands: Any) -> None:
    """Declare the arguments."""
    parser = commands.add_parser(
        "demo",
        help="differentiate a Gaussian mixture model, check the gradient and time it",
        description="Differentiate a Gaussian mixture model written as plain loops: value, gradient, agreement with differences, times.",
        epilog="example: irad demo --dimension 20 --components 50\n\nThe data come from the ADBench folder in $IRAD_DATA, if that is set.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dimension", type=positive, default=10, metavar="D", help="of the points (default: 10)")
    parser.add_argument("--components", type=positive, default=25, metavar="K", help="number of Gaussians (default: 25)")
    parser.set_defaults(run=run)


def positive(text: str) -> int:
    """Read a positive integer."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a positive integer, got {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> None:
    """Print value, gradient norm, agreement with finite differences, times and ratio."""
    args = instance(arguments.dimension, arguments.components)
    points, dimension = args[3].shape
    parameters = sum(np.size(args[i]) for i in ACTIVE)
    source = "ADBench data" if "IRAD_DATA" in os.environ else "synthetic data"
    print(f"Gaussian mixture: {points} points in {dimension} dimensions, {len(args[0])} components, {parameters} parameters, {source}")

    primal = irad.jit(gmm)
    gradient = irad.value_and_grad(gmm, argnums=ACTIVE)
    start = time.perf_counter()
    value, gradients = gradient(*args)
    print(f"first call          {time.perf_counter() - start:.3f} s")
    print(f"value               {value:.12g}")
    print(f"gradient norm       {np.linalg.norm(np.concatenate([part.ravel() for part in gradients])):.12g}")

    deviation = deviation_from_differences(primal, args, gradients)
    print(f"finite differences  agree to {deviation:.1e} along a random direction")
    if not deviation < 1e-5:
        raise InternalError(f"the gradient is off finite differences by {deviation:.1e}")

    primal_time, gradient_time = medians(lambda: primal(*args), lambda: gradient(*args))
    print(f"primal              {1e3 * primal_time:.3f} ms")
    print(f"gradient            {1e3 * gradient_time:.3f} ms, {gradient_time / primal_time:.2f} times the primal")


def deviation_from_differences(f: Callable[..., float], args: tuple[Any, ...], gradients: tuple[np.ndarray, ...]) -> float:
    """Return the relative deviation of the gradients from central differences of order 4, along a random direction."""
    rng = np.random.default_rng(0)
    directions = [rng.standard_normal(args[i].shape) for i in ACTIVE]

    def moved(step: float) -> float:
        changed = list(args)
        for i, direction in zip(ACTIVE, directions, strict=True):
            changed[i] = args[i] + step * direction
        return f(*changed)

    h = 1e-4
    numeric = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h)
    analytic = sum(float(np.vdot(gradient, direction)) for gradient, direction in zip(gradients, directions, strict=True))
    return abs(analytic - numeric) / abs(numeric)


def medians(*calls: Callable[[], object]) -> list[float]:
    """Return each call's median time in seconds, from interleaved rounds."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, taken in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]
