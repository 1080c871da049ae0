"""Random programs, checked in every way that `checks` knows.

IRAD_FUZZ says how many programs are run (1,000). A failure prints the program;
`python -m tests.test_random_programs SEED...` runs some again.
"""

from __future__ import annotations

import os
import random
import sys
import warnings
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.checks import (
    Case,
    case_of,
    check_error,
    check_forward,
    check_interpreted_gradient,
    check_interpreter,
    check_primal,
    check_reverse,
    check_second_order,
    check_structured,
)
from tests.random_programs import Program, generate

COUNT = int(os.environ.get("IRAD_FUZZ", "1000"))
CHUNK = 25

EXTRAS: list[Callable[[Case], None]] = [
    check_primal,
    lambda case: check_reverse(case, ad_stage="early"),
    lambda case: check_reverse(case, opt_level=0),
    lambda case: check_reverse(case, bounds_check=False),
    lambda case: check_forward(case, ad_stage="early", opt_level=1),
    check_interpreter,
    check_interpreted_gradient,
    check_second_order,
    check_structured,
]


def check(program: Program, extra: int) -> bool:
    """Check a program, with one of the more expensive checks; whether there was something to check."""
    function = program.function()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(*program.args())
    except (IndexError, ValueError, ArithmeticError, AssertionError, NameError) as error:
        if isinstance(error, OverflowError | ZeroDivisionError) or "math domain" in str(error):
            return False  # where Python raises, floats follow NumPy
        check_error(program, function, error)
        return True
    case = case_of(program, function)
    if case is None:
        return False
    check_reverse(case)
    check_forward(case)
    EXTRAS[extra % len(EXTRAS)](case)
    return True


def run(seed: int) -> bool:
    program = generate(random.Random(seed))
    try:
        return check(program, seed)
    except BaseException as error:
        error.add_note(f"seed {seed}\n{program}")
        raise


@pytest.mark.parametrize("chunk", range(-(-COUNT // CHUNK)))
def test_random_programs(chunk):
    checked = sum(run(seed) for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK))
    assert checked > 0.7 * CHUNK


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(st.randoms(use_true_random=False), st.integers(0, len(EXTRAS) - 1))
def test_programs_that_shrink(rng, extra):
    program = generate(rng)
    try:
        check(program, extra)
    except BaseException as error:
        error.add_note(str(program))
        raise


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        run(int(argument))
