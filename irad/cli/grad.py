"""``irad grad``: value and gradient of a function of the user's file, for arguments given as Python expressions."""

import argparse
import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import irad
from irad.cli.dump import MODULE, file_and_name, load


def add_parser(commands: Any) -> None:
    """Declare the arguments."""
    parser = commands.add_parser(
        "grad",
        help="value and gradient of a function",
        description="Print the value of a function and its derivative by each argument that is a float or an array of floats.",
        epilog='example: irad grad model.py:loss --args "np.ones(3)" 0.5 --check',
    )
    parser.add_argument("function", type=file_and_name, metavar="FILE.py:FUNC", help="the function; it returns a float")
    parser.add_argument(
        "--args",
        nargs="*",
        default=[],
        metavar="VALUE",
        help="its arguments: Python expressions, in which np and the file's names are known",
    )
    parser.add_argument("--by", metavar="NAME,...", help="the arguments to differentiate by (default: floats and float arrays)")
    parser.add_argument("--check", action="store_true", help="compare with central differences along a random direction")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print value and derivatives."""
    function = load(*arguments.function)
    args = [value_of(text) for text in arguments.args]
    names = parameters(function, len(args))
    chosen = by_name(arguments.by, names) if arguments.by else [i for i, arg in enumerate(args) if is_float(arg)]
    if not chosen:
        raise ValueError("none of the arguments is a float or an array of floats; write 2.0 for 2")
    value, gradients = irad.value_and_grad(function, argnums=tuple(chosen))(*copied(args))
    print(f"value = {value!s}")
    for i, gradient in zip(chosen, gradients, strict=True):
        print(f"d/d{names[i]} = {gradient!s}")
    if arguments.check:
        print(f"central differences agree to {deviation(function, args, chosen, gradients):.1e} along a random direction")


def value_of(text: str) -> Any:
    """Evaluate an argument as code in the user's file would."""
    try:
        return eval(text, {"np": np, **vars(sys.modules[MODULE])})
    except Exception as error:  # whatever the user's expression raises
        raise ValueError(f"the argument {text!r} is not a Python expression that has a value: {error}") from None


def parameters(function: Callable[..., Any], count: int) -> list[str]:
    """Name the arguments."""
    try:
        bound = inspect.signature(function).bind(*range(count))
    except TypeError as error:
        raise ValueError(f"--args gives {count} arguments, but {error}") from None
    names = [""] * count
    for name, position in bound.arguments.items():
        for k, i in enumerate(position if isinstance(position, tuple) else (position,)):
            names[i] = f"{name}[{k}]" if isinstance(position, tuple) else name
    return names


def by_name(text: str, names: list[str]) -> list[int]:
    """Find the arguments that --by names."""
    wanted = [name.strip() for name in text.split(",")]
    for name in wanted:
        if name not in names:
            raise ValueError(f"--by names {name!r}, which is not among the arguments: {', '.join(names)}")
    return [names.index(name) for name in wanted]


def is_float(arg: Any) -> bool:
    """Tell whether an argument has a derivative for certain."""
    return isinstance(arg, float | np.floating) or (isinstance(arg, np.ndarray) and arg.dtype.kind == "f")


def copied(args: list[Any]) -> list[Any]:
    """Copy arrays, since the function may write into them."""
    return [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]


def deviation(function: Callable[..., Any], args: list[Any], chosen: list[int], gradients: tuple[Any, ...]) -> float:
    """Return how far the gradients are from central differences of order 4, relative to the slope."""
    rng = np.random.default_rng(0)
    primal = irad.jit(function)
    directions = [np.asarray(rng.standard_normal(np.shape(args[i]))) for i in chosen]
    h = 1e-4

    def moved(step: float) -> float:
        changed = copied(args)
        for i, direction in zip(chosen, directions, strict=True):
            changed[i] = (args[i] + step * direction).astype(np.asarray(args[i]).dtype)
        return float(primal(*changed))

    numeric = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h)
    slope = sum(float(np.sum(np.asarray(g) * d)) for g, d in zip(gradients, directions, strict=True))
    return abs(slope - numeric) / max(abs(numeric), abs(slope), 1e-300)
