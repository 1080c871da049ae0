"""What a trace records: places, captured arrays, guards, written parameters; and how functions of every sort are found and traced."""

from __future__ import annotations

import functools
import linecache
import math
import operator

import numpy as np
import pytest
from frontend_control import check, execute, ops, traced

from irad.errors import UnsupportedError
from irad.frontend import StaticNeeded, trace
from irad.frontend.abstract import ArraySpec, ScalarSpec, Static, spec_of
from irad.ir.interpreter import run
from irad.ir.ops import arith, irad, memref, scf
from irad.ir.ops import math as math_ops

TABLE = np.array([1.0, 2.0, 3.0])
RATE = 0.5
CONFIG = {"rate": 0.25, "name": "a"}
F64 = ScalarSpec(np.dtype(np.float64), True)

# fmt: off
PAIR = (lambda x: x * 2.0, lambda x: x + 1.0, lambda x, y=3.0: (lambda z: z * x + y)(x))
# fmt: on


# ---------------------------------------------------------------- finding functions


@pytest.mark.parametrize("k", range(3))
def test_lambdas_on_one_line(k):
    check(PAIR[k], 1.5)


def test_inner_lambda_of_a_line():
    outer = lambda x: lambda y: x * y if y > 0 else x  # noqa: E731
    check(outer(3.0), 2.0)
    check(outer(3.0), -2.0)


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)

    return wrapper


@doubled
@functools.cache
def decorated(x, scale=3.0):
    if x > 0:
        return x * scale
    return x


class Model:
    factor = 3.0

    def __init__(self, weights):
        self.weights = weights

    def value(self, x):
        return self.weights[0] * x * self.factor

    def __call__(self, x):
        return -self.value(x) if x < 0 else self.value(x)


def test_functions_of_every_sort():
    for f in (decorated, Model(TABLE).value, Model(TABLE), functools.partial(lambda a, b: a - b, 2.0), math.sin, np.cos, operator.neg, abs):
        check(f, 1.25)
        check(f, -1.25)
    check(operator.mul, 2.0, 3)
    check(np.hypot, 2.0, 3.0)
    check(np.sum, np.arange(4.0))


def test_function_without_source():
    namespace = {"np": np, "math": math}
    loop = "def f(x, n):\n    s = abs(x)\n    for i in range(3):\n        s = np.exp(s * math.sin(s))\n    return s\n"
    exec(loop + "def g(x):\n    return 1.0 if x > 0 else 2.0", namespace)
    check(namespace["f"], 1.5, 2)
    with pytest.raises(UnsupportedError, match="its source is not available"):
        traced(namespace["g"], 1.0)


def test_source_in_linecache_only():
    text = "def f(x):\n    if x > 0:\n        return x\n    return -x\n"
    linecache.cache["<made>"] = (len(text), None, text.splitlines(True), "<made>")
    namespace = {}
    exec(compile(text, "<made>", "exec"), namespace)
    found = check(namespace["f"], -2.0)
    assert ops(found, scf.If)[0].loc.file == "<made>"


def test_names_defaults_and_closures_survive():
    scale = 2.0

    def f(x, y=TABLE, *, k=3.0):
        return x * y[1] * k * scale

    found = check(f, 1.5)
    assert found.func.name == "f"
    assert [a.hint for a in found.func.args[:1]] == ["x"]
    assert found.captures[0] is TABLE


# ---------------------------------------------------------------- places


def places_of(x, y):
    z = x * y
    for i in range(3):
        z = math.sin(z) + (
            x / y
        )  # fmt: skip
    return helper_of_places(z) if x > 0 else z


def helper_of_places(z):
    return z - 1.0


def test_every_operation_has_its_place():
    found = check(places_of, 1.5, 2.0)
    first = places_of.__code__.co_firstlineno

    def place(cls, k=0):
        loc = ops(found, cls)[k].loc
        assert loc.file == __file__
        return loc.line - first, loc.column, loc.end_column, loc.function

    assert place(arith.MulF) == (1, 8, 13, "places_of")
    assert place(scf.For) == (2, 13, 21, "places_of")
    assert place(math_ops.Sin) == (3, 12, 23, "places_of")
    assert place(arith.DivF) == (4, 12, 17, "places_of")
    assert place(scf.If) == (6, 34, 39, "places_of")
    assert place(arith.SubF) == (10, 11, 18, "helper_of_places")


def test_checks_have_the_place_of_the_index():
    def f(x, i):
        return 2.0 * x[i + 1]

    (check_op,) = ops(check(f, np.arange(4.0), 1), irad.Index)
    assert (check_op.loc.column, check_op.loc.end_column) == (21, 29)


# ---------------------------------------------------------------- captured arrays and guards


def reads_outside(x):
    return x * TABLE[0] * RATE + TABLE[1] * CONFIG["rate"]


def test_captured_arrays_are_parameters():
    found = traced(reads_outside, 1.0)
    assert len(found.captures) == 1
    assert found.captures[0] is TABLE
    assert len(found.func.args) == 2
    changed = [np.array([10.0, 20.0, 30.0])]
    found.captures[:] = changed
    assert execute(found, (2.0,)) == 2.0 * 10.0 * 0.5 + 20.0 * 0.25


@pytest.mark.parametrize(("name", "value"), [("TABLE", TABLE.copy()), ("RATE", 0.75), ("CONFIG", {"rate": 0.25})])
def test_rebound_globals_are_noticed(name, value, monkeypatch):
    found = traced(reads_outside, 1.0)
    assert found.guards.hold()
    monkeypatch.setitem(globals(), name, value)
    assert not found.guards.hold()


def test_changed_entries_are_noticed(monkeypatch):
    found = traced(reads_outside, 1.0)
    rate = CONFIG["rate"]
    monkeypatch.setitem(CONFIG, "rate", 0.5)
    assert not found.guards.hold()
    monkeypatch.setitem(CONFIG, "rate", rate)
    assert found.guards.hold()
    monkeypatch.setitem(CONFIG, "name", "b")  # the code may have looked at all entries
    assert not found.guards.hold()


def test_rebound_cells_and_attributes_are_noticed():
    scale = 2.0
    model = Model(TABLE)

    def f(x):
        return model.value(x) * scale

    found = check(f, 1.5)
    assert found.guards.hold()
    scale = 3.0
    assert not found.guards.hold()
    scale = 2.0
    assert found.guards.hold()
    model.weights = TABLE.copy()
    assert not found.guards.hold()


def test_contents_of_arrays_are_not_guarded():
    found = traced(reads_outside, 1.0)
    TABLE[0] += 1.0
    try:
        assert found.guards.hold()
        assert execute(found, (2.0,)) == reads_outside(2.0)
    finally:
        TABLE[0] -= 1.0


# ---------------------------------------------------------------- written parameters


def test_written_parameters():
    def direct(x, y):
        x[0] = y[0]

    def through_views(x, y, n):
        a, b = x, x[1:]
        for i in range(n):
            a, b = b, a
        b[0] = y[0]

    def through_recursion(x, y, n):
        if n > 0:
            through_recursion(y, x, n - 1)
        else:
            x += 1.0

    def reads(x, y):
        z = x + y
        z[0] = 1.0
        return z

    x, y = np.arange(4.0), np.arange(4.0)
    assert traced(direct, x, y).written == {0}
    assert traced(through_views, x, y, 3).written == {0}
    assert traced(through_recursion, x, y, 3).written == {0, 1}
    assert traced(reads, x, y).written == set()


def test_a_captured_array_that_is_written():
    memory = np.zeros(3)

    def f(x):
        memory[0] = x
        return x

    found = traced(f, 1.5)
    assert found.written == {1}
    assert execute(found, (1.5,)) == 1.5
    assert memory[0] == 1.5


# ---------------------------------------------------------------- specs and results


def test_results_are_trees_of_specs():
    def f(x, n):
        return {"a": (x[0], [x, n * 2]), "b": "text", "c": None, "d": 3}

    found = traced(f, np.arange(3.0), 2)
    assert found.result["a"][0] == ScalarSpec(np.dtype(np.float64), False)
    assert found.result["a"][1][0] == ArraySpec(np.dtype(np.float64), 1, True)
    assert found.result["b"] == Static("text")
    assert found.result["c"] == Static(None)
    assert len(found.func.result_types) == 3


def test_trees_of_specs_as_arguments():
    def f(pair, options):
        return pair[0] * options["scale"] + pair[1][0]

    found = trace(f, [(F64, spec_of(TABLE)), {"scale": Static(2.0)}])
    assert execute(found, (1.5, TABLE)) == 4.0


def test_a_returned_view_is_the_argument():
    def f(x):
        return x[1:]

    found = traced(f, TABLE)
    assert np.shares_memory(execute(found, (TABLE,)), TABLE)


def test_an_integer_that_must_be_known():
    def f(x, d):
        return np.sum(x, axis=d)

    x = np.ones((2, 3))
    with pytest.raises(StaticNeeded) as caught:
        traced(f, x, 1)
    assert caught.value.parameter == 1
    found = trace(f, [spec_of(x), Static(1)])
    np.testing.assert_array_equal(execute(found, (x,)), [3.0, 3.0])


def test_a_new_array_of_an_unknown_function_is_new_on_every_call():
    def f(x):
        t = np.linspace(0.0, 1.0, 3)
        t[0] = t[0] + x
        return t[0]

    found = traced(f, 1.0)
    assert execute(found, (1.5,)) == 1.5
    assert execute(found, (1.5,)) == 1.5


def test_nested_traces_tell_which_outer_values_they_read():
    inner = []

    class Transform:
        def __init__(self, f):
            self.f = f

        def __irad_call__(self, x):
            inner.append(trace(self.f, [spec_of(x)]))
            return x

    def f(x, y):
        def g(z):
            return z * y + TABLE[0]

        return Transform(g)(x)

    found = traced(f, 2.0, 3.0)
    (nested,) = inner
    assert [v.value for v in nested.free] == [found.func.args[1]]
    assert len(nested.func.args) == 3
    assert run(nested.module, nested.func.name, [2.0, TABLE, 3.0]) == [2.0 * 3.0 + 1.0]


def test_loads_happen_at_run_time():
    found = traced(reads_outside, 1.0)
    assert len(ops(found, memref.Load)) == 2
