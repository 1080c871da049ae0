"""The command ``irad``: its arguments, and how an error becomes one screen and an exit code."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType

from irad.cli import compile, demo, dump, grad
from irad.errors import InternalError, IradError

USER_ERROR = 1
BUG = 70
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0 is success, 1 an error in the user's code or input, 2 wrong usage, 70 a bug in irad."""
    parser = argparse.ArgumentParser("irad", description="Differentiates plain Python loops and compiles them to native code.")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (demo, grad, dump, compile):
        command.add_parser(commands)
    arguments = parser.parse_args(argv)
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # the outermost frame: whatever comes here has to become an exit code
        if os.environ.get("IRAD_DEBUG") == "1":
            raise
        report(error)
        return BUG if is_bug(error) else USER_ERROR
    return 0


def report(error: Exception) -> None:
    """Print the error as Python does, without irad's own frames."""
    shown = traceback.TracebackException.from_exception(error)
    modules = owners(error.__traceback__)
    start = modules.index(dump.MODULE) if dump.MODULE in modules else len(modules)
    frames = [frame for frame, module in list(zip(shown.stack, modules, strict=True))[start:] if module != "irad"]
    shown.stack = traceback.StackSummary.from_list(frames)
    print(*(shown.format(chain=False) if frames else shown.format_exception_only()), sep="", end="", file=sys.stderr)
    if is_bug(error):
        print("This is a bug in irad. IRAD_DEBUG=1 shows where.", file=sys.stderr)


def is_bug(error: Exception) -> bool:
    """Tell an error that irad did not mean to raise from one about the user's code or input."""
    if isinstance(error, IradError):
        return isinstance(error, InternalError)
    has_place = str(error).startswith("\n  File ")
    meant = has_place or isinstance(error, OSError | TypeError | ValueError)
    return not meant and owners(error.__traceback__)[-1] == "irad"


def owners(trace: TracebackType | None) -> list[str]:
    """Name the top-level package of each frame's module, outermost first."""
    return [frame.f_globals.get("__name__", "").partition(".")[0] for frame, _ in traceback.walk_tb(trace)]
