"""Random functions: native code computes what the interpreter does, results and arrays, bit for bit.

Not seen here: functions that C's library and Python round differently (replaced before), vector variants, calls, stacks, failing checks.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_programs import LENGTH, modules
from test_lower_scalars import agree

from irad.ir.builder import Builder
from irad.ir.interpreter import run
from irad.ir.ops import arith, base
from irad.ir.ops import math as mathops
from irad.ir.types import f32
from irad.options import Options
from irad.passes.lower_arrays import lower_arrays
from irad.runtime.engine import compile_module

EXACT = (
    mathops.AbsF,
    mathops.Sqrt,
    mathops.Floor,
    mathops.CopySign,
    arith.NegF,
    arith.AddF,
    arith.SubF,
    arith.MulF,
    arith.DivF,
    arith.MaximumF,
    arith.MinimumF,
)


def make_exact(module):
    """Drop fast-math flags, and put other functions in place of those that are not rounded alike everywhere."""
    for op in list(module.funcs["f"].walk()):
        op.attrs.pop("fastmath", None)
        single = op.results and op.results[0].type == f32
        inexact = isinstance(op, mathops.Hypot) or (
            single and isinstance(op, base.UnaryFloat | base.BinaryFloat) and not isinstance(op, EXACT)
        )
        if inexact:
            other = mathops.CopySign if isinstance(op, base.BinaryFloat) else mathops.AbsF
            op.result.replace_by(Builder.in_front_of(op)(other, *op.operands))
            op.erase()


def arguments(rng):
    return [rng.normal(), float(np.float32(rng.normal())), int(rng.integers(-3, 9)), rng.normal(size=LENGTH), rng.normal(size=LENGTH)]


@settings(max_examples=60, deadline=None)
@given(modules(), st.sampled_from([0, 1, 2, 3]), st.integers(0, 1 << 32))
def test_native_code_computes_what_the_interpreter_does(module, level, seed):
    make_exact(module)
    for function in module.funcs.values():
        lower_arrays(function)
    native = compile_module(module, "f", Options(opt_level=level))
    ours, theirs = arguments(np.random.default_rng(seed)), arguments(np.random.default_rng(seed))
    expected = run(module, "f", ours)
    got = native(*theirs)
    assert all(agree(a, b) for a, b in zip(got, expected, strict=True)), (got, expected)
    for a, b in zip(theirs[3:], ours[3:], strict=True):
        assert all(agree(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True))
