"""``irad compile``: object code of a function, or of a derivative of it, in a file that `irad.load` reads."""

import argparse
from pathlib import Path
from typing import Any

import irad
from irad.cli.dump import file_and_name, load

DERIVATIVES = {
    "primal": irad.jit,
    "grad": irad.grad,
    "value_and_grad": irad.value_and_grad,
    "forward": lambda function, **_: (irad.Forward, function),
    "reverse": lambda function, **_: (irad.ReverseWithPrimal, function),
}


def add_parser(commands: Any) -> None:
    """Declare the arguments."""
    parser = commands.add_parser(
        "compile",
        help="compile a function ahead of time",
        description="Compile a function or its derivative for one signature into a file, which irad.load reads without compiling.",
        epilog='example: irad compile model.py:loss "f64[:, ::1], f64" --what value_and_grad -o loss.irad',
    )
    parser.add_argument("function", type=file_and_name, metavar="FILE.py:FUNC", help="the function")
    parser.add_argument("signature", metavar="SIGNATURE", help="types of its arguments, ::1 for a contiguous axis")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the file (default: FUNC.irad)")
    parser.add_argument("--what", choices=DERIVATIVES, default="primal", help="what is compiled (default: primal)")
    parser.add_argument("--argnums", type=numbers, metavar="N,...", help="what grad and value_and_grad differentiate by (default: 0)")
    parser.set_defaults(run=run)


def numbers(text: str) -> int | tuple[int, ...]:
    """Read one number, or several with commas between them."""
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected numbers with commas between them, got {text!r}") from None
    return found[0] if len(found) == 1 else found


def run(arguments: argparse.Namespace) -> None:
    """Compile, save, and tell where."""
    function = load(*arguments.function)
    if arguments.argnums is not None and not arguments.what.endswith("grad"):
        raise ValueError(f"--argnums goes with grad and value_and_grad, not with {arguments.what}")
    chosen = {} if arguments.argnums is None else {"argnums": arguments.argnums}
    output = arguments.output or Path(f"{arguments.function[1]}.irad")
    irad.compile(DERIVATIVES[arguments.what](function, **chosen), arguments.signature).save(output)
    print(f"{output}: {output.stat().st_size} bytes")
