"""Where compiled code looks for Ctrl-C and at the stack: in loops around loops, general loops and recursion, not in innermost loops."""

from ircode import function, module, vector

from irad.ir.core import Block, Module
from irad.ir.ops import arith, func, math, scf
from irad.ir.types import f64, index
from irad.lower.functions import lower_module
from irad.lower.plan import Plan
from irad.runtime.engine import compile_module


def nest(*sizes, callee=None):
    """f(n, x): loops inside one another, of constant sizes or (None) of n."""

    def emit(b, n, x):
        def level(b, sizes, x):
            if not sizes:
                return b.op(func.Call, [n, x], {"callee": callee}, [f64]).result if callee else b(math.Sin, x)
            size = n if sizes[0] is None else b.index(sizes[0])
            loop = b.for_(b.index(0), size, b.index(1), [x])
            c = b.at(loop.body)
            c.yield_(level(c, sizes[1:], loop.carried[0]))
            return loop.results[0]

        return level(b, sizes, x)

    return function((callee and "caller") or "f", [index, f64], emit)


def text_of(*functions, entry="f"):
    return lower_module(Module(functions), entry).text


def test_innermost_loops_neither_poll_nor_pay():
    text = text_of(nest(None))
    assert "irad_spend" not in text
    assert "i64 88" not in text


def test_loops_around_loops_poll():
    text = text_of(nest(None, None))
    assert text.count("call i32 @irad_spend(") == 1
    assert text_of(nest(None, None, None)).count("call i32 @irad_spend(") == 2


def test_short_constant_loops_count_as_straight_code():
    assert "irad_spend" not in text_of(nest(None, 3))
    assert "irad_spend" not in text_of(nest(None, 2, 2))
    assert "irad_spend" in text_of(nest(None, 1000))


def test_a_loop_around_a_call_of_a_loop_polls_and_the_callee_pays():
    text = text_of(nest(None, callee="f"), nest(None), entry="caller")
    assert text.count("call i32 @irad_spend(") == 1
    callee = text[text.index('@"py.f"(ptr noalias') :]
    assert "load i64" in callee
    straight = function("f", [index, f64], lambda b, n, x: b(arith.MulF, x, x))
    assert "irad_spend" not in text_of(nest(None, callee="f"), straight, entry="caller")


def test_recursive_functions_look_at_the_stack():
    def emit(b, x):
        return b.op(func.Call, [x], {"callee": "g"}, [f64]).result

    def back(b, x):
        return b.op(func.Call, [x], {"callee": "f"}, [f64]).result

    cycle = Module([function("f", [f64], emit), function("g", [f64], back)])
    lowered = lower_module(cycle, "f")
    assert lowered.interface.recursive
    assert lowered.interface.long
    assert lowered.text.count("call ptr @llvm.frameaddress.p0(") == 2
    assert [site.error for site in lowered.interface.checks] == ["RecursionError", "RecursionError"]
    assert "frameaddress" not in text_of(nest(None))


def test_only_what_the_entry_reaches_is_lowered():
    m = Module([nest(None), function("unused", [f64], lambda b, x: x)])
    assert "py.unused" not in lower_module(m, "f").text
    assert not lower_module(m, "unused").interface.long


def test_costs_count_what_runs():
    f = nest(None)
    plan = Plan(Module([f]))
    (loop,) = (op for op in f.walk() if op.regions)
    assert plan.cost(loop.body) == 20
    assert not plan.is_small(loop)
    assert not plan.contains_long(loop)


def test_facts_about_arguments_reach_llvm():
    plain = lower_module(module([vector()], lambda b, x: b.load(x, b.index(0))), "f").text
    apart = lower_module(module([vector()], lambda b, x: b.load(x, b.index(0)), noalias=True), "f").text
    assert "ptr noundef align 8 %a0" in plain
    assert "ptr noalias noundef align 8 %a0" in apart
    assert '!"element"' in plain
    assert '!"double"' not in plain
    assert '!"double"' in apart


def test_names_of_functions_are_quoted():
    strange = function('<lambda> "x"\\', [f64], lambda b, x: x)
    m = Module([strange, function("exp", [f64], lambda b, x: b(math.Exp, b.op(func.Call, [x], {"callee": strange.name}, [f64]).result))])
    assert compile_module(m, "exp")(0.0) == [1.0]


def counting(condition, step):
    """f(n, m, x): for each of n, a while loop that counts from m; `condition(b, j, m)` tells whether it goes on."""

    def emit(b, n, m):
        outer = b.for_(b.index(0), n, b.index(1), [b.index(0)])
        c = b.at(outer.body)
        before, after = Block([index, index]), Block([index, index])
        loop = c.op(scf.While, [m, outer.carried[0]], None, [index, index], [before, after])
        d = c.at(before)
        d.op(scf.Condition, [condition(d, before.args[0], m), *before.args])
        e = c.at(after)
        e.yield_(e(arith.AddI, after.args[0], e.index(step)), e(arith.AddI, after.args[1], e.index(1)))
        c.yield_(loop.results[1])
        return outer.results[0]

    return function("f", [index, index], emit)


def less(limit):
    return lambda b, j, m: b(arith.CmpI, j, b.index(limit), predicate="slt")


def test_a_while_loop_that_counts_up_to_a_limit_charges_afterwards():
    text = text_of(counting(less(100), 1))
    assert "llvm.abs" in text
    assert text.count("call i32 @irad_spend(") == 1
    assert compile_module(Module([counting(less(100), 1)]), "f")(3, 90) == [30]
    below = counting(lambda b, j, m: b(arith.CmpI, j, b.index(1), predicate="sge"), -1)
    assert "llvm.abs" in text_of(below)
    assert compile_module(Module([below]), "f")(2, 5) == [10]


def test_other_while_loops_count_their_trips_to_poll():
    largest = 2**63 - 1
    for condition, step in [
        (less(100), 2),  # may run past the limit and wrap
        (less(100), -1),  # away from it
        (lambda b, j, m: b(arith.CmpI, j, b.index(largest), predicate="sle"), 1),
        (lambda b, j, m: b(arith.CmpI, j, b(arith.AddI, j, m), predicate="slt"), 1),  # a limit that moves
    ]:
        text = text_of(counting(condition, step))
        assert "llvm.abs" not in text
        assert text.count("call i32 @irad_spend(") == 2
