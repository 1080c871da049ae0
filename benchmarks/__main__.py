"""``python -m benchmarks``: runs examples in irad and in other tools, checks that they agree, and prints times and ratios."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Times, interleaved
from benchmarks.tools import OURS, PEERS, Call, Result, installed_peers
from examples.suite import EXAMPLES, Example

RATIOS = {
    "primal / numba primal": (("irad", "primal"), ("numba", "primal")),
    "gradient / own primal": (("irad", "gradient"), ("irad", "primal")),
    "gradient / jax gradient": (("irad", "gradient"), ("jax", "gradient")),
}


@dataclass(frozen=True)
class Row:
    """What one tool did on one example: times, or why there are none."""

    tool: str
    what: str
    first_call: float = 0.0
    times: Times | None = None
    failure: str = ""


def main() -> int:
    """Parse the arguments and run; 1 if irad failed or results differ."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"examples, all if none is named: {', '.join(EXAMPLES)}")
    parser.add_argument("--peers", default=",".join(installed_peers()), help="tools beside irad (default: those installed, %(default)s)")
    parser.add_argument("--rounds", type=int, default=11, help="samples per call (default: 11)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to this file")
    parser.add_argument("--all-cores", action="store_true", help="do not pin the process to one core")
    arguments = parser.parse_args()
    peers = [name for name in arguments.peers.split(",") if name]
    for kind, given, known in (("example", arguments.names, EXAMPLES), ("peer", peers, PEERS)):
        unknown = sorted(set(given) - set(known))
        if unknown:
            parser.error(f"unknown {kind} {', '.join(unknown)}; known: {', '.join(known)}")
    if not arguments.all_cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

    tools = OURS | {key: maker for peer in peers for key, maker in PEERS[peer].items()}
    results: dict[str, list[Row]] = {}
    for name in arguments.names or EXAMPLES:
        results[name] = run(EXAMPLES[name], tools, arguments.rounds)
        show(name, results[name])
    summarize(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(record(results), indent=1))
    failures = [row for rows in results.values() for row in rows if row.failure]
    return int(any(row.tool == "irad" or row.failure.startswith("ArithmeticError") for row in failures))


def run(example: Example, tools: dict[tuple[str, str], Any], rounds: int) -> list[Row]:
    """Compile for every tool, check the results against each other, and time what agrees."""
    args = example.full()
    rows: list[Row] = []
    timed: list[tuple[str, str, float, Call]] = []
    expected: Result | None = None
    for (tool, what), maker in tools.items():
        try:
            call, result, first = first_call(maker, example, args)
            expected = expected if expected and expected[1] else result  # the first gradient, until then the first value
            deviation = largest_deviation(result, expected)
            if not deviation < 1e-6:
                raise ArithmeticError(f"the results differ by {deviation:.1e}")
        except Exception as error:  # a tool that cannot run an example is a result, too
            rows.append(Row(tool, what, failure=f"{type(error).__name__}: {error}"))
        else:
            timed.append((tool, what, first, call))
    measured = interleaved([call for *_, call in timed], rounds)
    return [Row(tool, what, first, times) for (tool, what, first, _), times in zip(timed, measured, strict=True)] + rows


def first_call(maker: Callable[..., Call], example: Example, args: tuple[Any, ...]) -> tuple[Call, Result, float]:
    """Return the call, a copy of its result, and the seconds from nothing to that result."""
    start = time.perf_counter()
    call = maker(example, args)
    value, gradients = call()
    first = time.perf_counter() - start
    return call, (float(value), tuple(np.array(gradient) for gradient in gradients)), first


def largest_deviation(result: Result, expected: Result) -> float:
    """Return the largest deviation of value and gradients, each relative to its largest entry."""
    pairs = [(result[0], expected[0]), *zip(result[1], expected[1], strict=False)]
    return max(float(np.max(np.abs(x - y)) / max(np.max(np.abs(y)), 1e-300)) for x, y in pairs)


def show(name: str, rows: list[Row]) -> None:
    """Print the rows and ratios of one example."""
    print(f"\n{name}")
    for row in rows:
        if row.times:
            spread = f"±{50.0 * row.times.spread:.0f} %"
            print(f"  {row.tool:<7}{row.what:<10}{1e3 * row.times.median:11.4f} ms  {spread:>6}   first call {row.first_call:6.3f} s")
        else:
            print(f"  {row.tool:<7}{row.what:<10}{row.failure.strip().splitlines()[-1][:100]}")
    for label, value in ratios(rows).items():
        print(f"  {label:<26}{value:6.2f}")


def ratios(rows: list[Row]) -> dict[str, float]:
    """Return the ratios of medians that can be formed."""
    medians = {(row.tool, row.what): row.times.median for row in rows if row.times}
    return {label: medians[top] / medians[bottom] for label, (top, bottom) in RATIOS.items() if top in medians and bottom in medians}


def summarize(results: dict[str, list[Row]]) -> None:
    """Print the geometric mean of each ratio over the examples."""
    print("\ngeometric means")
    for label in RATIOS:
        values = [ratios(rows)[label] for rows in results.values() if label in ratios(rows)]
        if values:
            print(f"  {label:<26}{statistics.geometric_mean(values):6.2f}   over {len(values)} examples")


def record(results: dict[str, list[Row]]) -> dict[str, Any]:
    """Return everything that was measured, as JSON can hold it."""
    examples = {
        name: [
            {"tool": row.tool, "what": row.what, "first_call": row.first_call, "samples": row.times.samples}
            if row.times
            else {"tool": row.tool, "what": row.what, "failure": row.failure}
            for row in rows
        ]
        for name, rows in results.items()
    }
    return {"machine": platform.platform(), "python": platform.python_version(), "processor": platform.machine(), "examples": examples}


if __name__ == "__main__":
    sys.exit(main())
