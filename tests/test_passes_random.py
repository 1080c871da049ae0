"""Every pass, and the pipelines, on random programs: same results, same memory, same exception at the same place."""

import copy
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from passes_programs import arguments, program

from irad.errors import InternalError
from irad.ir.interpreter import STRUCTURED, run
from irad.ir.ops.memref import Dealloc
from irad.ir.parser import parse
from irad.ir.printer import print_module
from irad.ir.verifier import verify
from irad.options import Options
from irad.passes.pipeline import PASSES, finish, optimize


class Freed:
    """Replaces the interpreter's deallocation: freed memory is overwritten, so that its use shows; what is not to be freed is an error."""

    def __init__(self, arguments):
        self.kept = [a for a in arguments if isinstance(a, np.ndarray)]
        self.gone = []

    def dealloc(self, _interpreter, op, operands, _env):
        (array,) = operands
        assert not any(array is a or array.base is a for a in self.kept), f"an argument is freed at {op.loc}"
        assert not any(array is a for a in self.gone), f"memory is freed twice at {op.loc}"
        self.gone.append(array)
        array.fill(np.nan if array.dtype.kind == "f" else -(2**60))
        return ()


EXAMPLES = int(os.environ.get("IRAD_PROGRAMS", "40"))


def outcome(module, args):
    """Results, or the exception's type and text, and what the arrays hold afterwards."""
    args = copy.deepcopy(args)
    freed = Freed(args)
    original = STRUCTURED[Dealloc]
    STRUCTURED[Dealloc] = freed.dealloc
    try:
        results = run(module, "f", args)
    except InternalError:
        raise
    except (IndexError, ValueError) as error:
        results = [type(error).__name__, str(error)]
    finally:
        STRUCTURED[Dealloc] = original
    return results, args


def same(left, right):
    if isinstance(left, np.ndarray):
        numbers = left == left
        signs = [np.copysign(1.0, array)[numbers] for array in (left, right)]
        return np.array_equal(left, right, equal_nan=left.dtype.kind == "f") and np.array_equal(*signs)
    if isinstance(left, float):
        return repr(left) == repr(right) or (left != left and right != right)
    return left == right


def check(seed, transform):
    module = program(seed)
    verify(module)
    text = print_module(module)
    wanted = [outcome(module, arguments(seed + i)) for i in range(4)]
    changed = parse(print_module(module, locations=True))
    transform(changed)
    verify(changed)
    for i, (results, args) in enumerate(wanted):
        got, after = outcome(changed, arguments(seed + i))
        assert len(got) == len(results)
        for left, right in zip([*results, *args], [*got, *after], strict=True):
            assert same(left, right), f"seed {seed}, arguments {i}: {left} became {right}\n{text}\n----\n{print_module(changed)}"


@pytest.mark.parametrize("name", list(PASSES))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_pass(name, seed):
    check(seed, PASSES[name])


def both(module):
    optimize(module, Options())
    finish(module, Options())


@settings(max_examples=4 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_pipelines(seed):
    check(seed, both)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_early(seed):
    check(seed, lambda module: optimize(module, Options(ad_stage="early")))
