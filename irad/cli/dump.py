"""``irad dump``: prints a function as one stage of the compiler sees it."""

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import irad

STAGES = ("traced", "optimized", "gradient", "gradient-optimized", "llvm", "llvm-optimized", "asm")
MODULE = "__irad_input__"  # what the user's file is called; its stem may be that of an imported module
MODES = ("Forward", "Reverse", "ReverseWithPrimal")


def add_parser(commands: Any) -> None:
    """Declare the arguments."""
    parser = commands.add_parser(
        "dump",
        help="print a function's IR, gradient, LLVM IR or machine code",
        description="Print a function as one stage of the compiler sees it.",
        epilog='example: irad dump model.py:loss "f64[:, ::1], f64[::1], i64" --stage=gradient-optimized',
    )
    parser.add_argument("function", type=file_and_name, metavar="FILE.py:FUNC", help="the function")
    parser.add_argument("signature", metavar="SIGNATURE", help="types of its arguments, ::1 for a contiguous axis")
    parser.add_argument("--stage", choices=STAGES, default="optimized", help="default: optimized")
    parser.add_argument("--mode", choices=MODES, help="what is compiled (default: the primal, or Reverse for the gradient's stages)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Print the stage."""
    function = load(*arguments.function)
    mode = getattr(irad, arguments.mode) if arguments.mode else None
    print(irad.dump(function, arguments.signature, stage=arguments.stage, mode=mode))


def file_and_name(text: str) -> tuple[Path, str]:
    """Split FILE.py:FUNC."""
    file, colon, name = text.rpartition(":")
    if not colon or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"expected FILE.py:FUNC, got {text!r}")
    return Path(file), name


def load(file: Path, name: str) -> Callable[..., Any]:
    """Import the file as Python would run it, and return the function of this name."""
    if not file.is_file():
        raise FileNotFoundError(f"there is no file {file}")
    sys.path.insert(0, str(file.parent.resolve()))
    spec = importlib.util.spec_from_file_location(MODULE, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} is not a Python file: its name has to end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, name, None)):
        raise ValueError(f"{file} has no function {name}")
    return getattr(module, name)
