"""Specs: of values, their join, conversion to a joined spec, and placeholders."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from frontend_values import Built, call, check

from irad.errors import InternalError
from irad.frontend import abstract
from irad.frontend.abstract import ArraySpec, ScalarSpec, Static, coerce, join, spec_of, to_ir, zero

F32, F64, I32, I64, U64, B = (np.dtype(t) for t in (np.float32, np.float64, np.int32, np.int64, np.uint64, np.bool_))


def weak(dtype):
    return ScalarSpec(dtype, True)


def strong(dtype):
    return ScalarSpec(dtype, False)


def test_specs_of_values():
    assert [spec_of(x) for x in (1.0, 2, True)] == [weak(F64), weak(I64), weak(B)]
    assert [spec_of(x) for x in (np.float32(1), np.int32(2), np.True_)] == [strong(F32), strong(I32), strong(B)]
    assert spec_of(np.zeros((2, 3), np.float32)) == ArraySpec(F32, 2, True)
    assert spec_of(np.zeros((2, 3)).T) == ArraySpec(F64, 2, False)
    assert spec_of(None) == Static(None)
    assert spec_of("a") == Static("a")
    assert Static([1]) == Static([1])
    assert Static(1) != Static(True)
    assert len({Static("a"), Static("a"), Static("b")}) == 2


@pytest.mark.parametrize(
    ("a", "b", "want"),
    [
        (weak(I64), weak(F64), weak(F64)),
        (weak(F64), strong(F32), strong(F32)),
        (weak(I64), strong(F32), strong(F32)),
        (weak(F64), strong(I64), strong(F64)),
        (strong(F32), strong(F64), strong(F64)),
        (strong(F64), weak(F64), strong(F64)),
        (strong(I32), weak(I64), strong(I32)),
        (weak(B), weak(I64), weak(I64)),
        (weak(B), weak(F64), weak(F64)),
        (strong(I64), strong(U64), None),
        (strong(F64), ArraySpec(F64, 0, True), None),
        (ArraySpec(F64, 1, True), ArraySpec(F64, 1, False), ArraySpec(F64, 1, False)),
        (ArraySpec(F64, 1, True, (3,)), ArraySpec(F64, 1, True, (4,)), ArraySpec(F64, 1, True)),
        (ArraySpec(F64, 2, True, (3, 2)), ArraySpec(F64, 2, False, (4, 2)), ArraySpec(F64, 2, False, (None, 2))),
        (ArraySpec(F64, 1, True), ArraySpec(F32, 1, True), None),
        (ArraySpec(F64, 1, True), ArraySpec(F64, 2, True), None),
        (Static("a"), Static("a"), Static("a")),
        (Static("a"), Static("b"), None),
        (Static(None), weak(F64), None),
    ],
)
def test_join(a, b, want):
    assert join(a, b) == want
    assert join(b, a) == want


def test_join_is_a_least_upper_bound():
    """Whatever the order in which the types of a loop are found, they widen to the same one."""
    specs = [weak(B), weak(I64), weak(F64), strong(I32), strong(F32), strong(F64)]
    for a in specs:
        for b in specs:
            both = join(a, b)
            assert both is not None
            assert join(both, a) == both
            assert join(both, b) == both


def test_coerce_scalars():
    def f(n, x, y):
        return coerce(n, weak(F64)), coerce(x, strong(F32)), coerce(3, strong(F64)), coerce(y, strong(F64)), coerce(True, weak(I64))

    got = call(f, 2, 1.5, np.float32(2.5))
    assert [(type(v), v) for v in got] == [(float, 2.0), (np.float32, 1.5), (np.float64, 3.0), (np.float64, 2.5), (int, 1)]


def test_coerce_arrays():
    wide = ArraySpec(F64, 1, False)
    built = Built(lambda a: (coerce(a, wide), coerce(a[::2], wide), coerce(a, spec_of(a))), np.arange(3.0))
    assert [x.value.type == to_ir(wide) for x in built.result] == [True, True, False]
    assert [list(x) for x in built(np.arange(3.0))] == [[0, 1, 2], [0, 2], [0, 1, 2]]


ARRAYS = [ArraySpec(F64, 1, True), ArraySpec(F32, 2, False), ArraySpec(F64, 1, True, (3,))]


@pytest.mark.parametrize("spec", [weak(F64), strong(I32), weak(B), *ARRAYS])
def test_placeholders_have_their_spec(spec):
    found = []
    Built(lambda: found.append(spec_of(zero(spec))))
    assert found == [spec]


def test_static_values_have_no_type():
    for function in (to_ir, zero):
        with pytest.raises(InternalError):
            Built(lambda: function(Static(None)))
    with pytest.raises(InternalError):
        abstract.wrap(None, Static(None))


def test_copies_are_new_memory():
    def f(a):
        b, c = copy.copy(a), copy.deepcopy([a, a[0]])
        a[0] = 9.0
        return b, c[0], c[1]

    check(f, np.arange(3.0))
