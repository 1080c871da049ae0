"""Structured arguments and results: values as in Python, gradients against differences, forward against reverse, what is written back."""

import copy
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import irad
from irad import Active, Const, Duplicated, Forward, Reverse, ReverseWithPrimal


def array(*values):
    return np.array(values, dtype=float)


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass(frozen=True)
class Frozen:
    scale: float
    name: str = "frozen"


@dataclass
class Model:
    a: Any
    b: float
    c: dict
    name: str = "model"
    act: Any = math.tanh
    nothing: Any = None
    count: int = 2
    on: bool = True


class Plain:
    def __init__(self, w, inner=None):
        self.w = w
        self.inner = inner

    def __call__(self, x):
        return self.w[0] * x if self.inner is None else self.inner(self.w[0] * x) + self.w[1]


class Slotted:
    __slots__ = ("v", "w")

    def __init__(self, v, w):
        self.v, self.w = v, w


def of_model(m):
    total = m.a[0] * m.b + m.c["k"][1] + m.act(m.b)
    for i in range(m.count):
        total += i * m.a[i] * m.b
    return total if m.nothing is None and m.name == "model" and m.on else 0.0


def of_nested(t):
    return t[0].a[0] * t[0].b + t[1][0].c["k"][1] * t[1][1]["deep"][0] ** 2


def model():
    return Model(array(2.0, 3.0), 0.5, {"k": array(1.0, 5.0)})


TREES = {
    "dataclass": (of_model, model),
    "nested": (of_nested, lambda: (model(), [model(), {"deep": (1.5, array(2.0))}])),
    "namedtuple": (lambda p: p.x * p.y[0] ** 2, lambda: Point(2.0, array(3.0))),
    "frozen": (lambda f: f.scale**3 if f.name == "frozen" else 0.0, lambda: Frozen(1.5)),
    "frozen in a list": (lambda s: s[0].scale * s[1], lambda: [Frozen(1.5), 2.0]),
    "plain": (lambda p: p(0.7) * p.inner.w[0], lambda: Plain(array(2.0, 3.0), Plain(array(4.0)))),
    "slots": (lambda s: s.v * s.w[0], lambda: Slotted(2.0, array(3.0))),
    "namespace": (lambda s: s.v * s.w[0], lambda: SimpleNamespace(v=2.0, w=array(3.0))),
    "ordered": (lambda d: d["a"] * d["b"][0], lambda: OrderedDict(b=array(3.0), a=2.0)),
    "float32": (lambda d: d["a"] * d["b"][0], lambda: {"a": np.float32(2.0), "b": np.array([3.0], np.float32)}),
    "tuple": (lambda t: t[0] * math.sin(t[1][0]), lambda: (2.0, (0.3, 4))),
}
BOTH = pytest.mark.parametrize("case", TREES)


def differences(f, tree):
    """The gradient by finite differences, as a vector."""
    vector, unflatten = irad.flatten(tree)
    vector = vector.astype(float)
    step = 1e-2 if "32" in str(irad.flatten(tree)[0].dtype) else 1e-6
    moved = [(unflatten(vector + step * e), unflatten(vector - step * e)) for e in np.eye(len(vector))]
    return np.array([(f(up) - f(down)) / (2 * step) for up, down in moved], dtype=float)


@BOTH
def test_value_is_pythons(case):
    f, make = TREES[case]
    assert_allclose(irad.jit(f)(make()), f(make()), rtol=1e-6)


@BOTH
def test_gradient_has_the_type_of_the_argument_and_agrees_with_differences(case):
    f, make = TREES[case]
    found = irad.grad(f)(make())
    assert type(found) is type(make())
    assert_allclose(irad.flatten(found)[0], differences(f, make()), rtol=2e-3 if case == "float32" else 1e-7, atol=1e-9)


@BOTH
def test_forward_agrees_with_reverse(case):
    f, make = TREES[case]
    direction = irad.flatten(make())[1](np.arange(1.0, 1.0 + len(irad.flatten(make())[0])))
    value, slope = irad.jvp(f, (make(),), (direction,))
    expected = irad.flatten(irad.grad(f)(make()))[0] @ irad.flatten(direction)[0]
    assert_allclose((value, slope), (f(make()), expected), rtol=1e-6)


@BOTH
def test_pullback_and_second_order(case):
    f, make = TREES[case]
    _, back = irad.vjp(lambda t: (f(t), [2.0 * f(t)]), make())
    gradient = irad.flatten(irad.grad(f)(make()))[0]
    assert_allclose(irad.flatten(back((1.0, [10.0]))[0])[0], 21.0 * gradient, rtol=1e-6)
    assert_allclose(irad.flatten(back((None, [1.0]))[0])[0], 2.0 * gradient, rtol=1e-6)
    if case != "float32":
        vector, unflatten = irad.flatten(make())
        direction = unflatten(np.arange(1.0, 1.0 + len(vector)))
        product = irad.flatten(irad.hvp(f, make(), direction))[0]
        step = 1e-5
        up, down = (irad.flatten(irad.grad(f)(unflatten(vector + s * step * irad.flatten(direction)[0])))[0] for s in (1, -1))
        assert_allclose(product, (up - down) / (2 * step), rtol=1e-6, atol=1e-6)


def test_what_has_no_derivative_is_none_in_gradients():
    found = irad.grad(of_model)(model())
    assert (found.name, found.act, found.nothing, found.count, found.on) == (None,) * 5
    assert irad.grad(lambda t: t[0] * t[1])((2.0, 3)) == (3.0, None)


def test_sizes_and_numbers_do_not_compile_again_strings_do():
    count = []

    def f(m):
        count.append(1)
        return np.sum(m.a) * m.b * (2.0 if m.name == "x" else 1.0) * m.count

    compiled = irad.jit(f)
    for size in (2, 3, 4):
        assert compiled(Model(np.ones(size), float(size), {}, count=size)) == size**3
    assert len(count) == 1
    assert compiled(Model(np.ones(2), 1.0, {}, "x")) == 8.0
    assert len(count) == 2


def test_integers_are_specialised_on_where_they_have_to_be_known():
    @dataclass
    class Config:
        axis: int
        layers: list

    f = irad.jit(lambda c: np.sum(c.layers[c.axis].w, axis=c.axis))
    config = Config(0, [Plain(np.ones((2, 3))), Plain(np.ones((4, 5)))])
    assert_array_equal(f(config), [2.0] * 3)
    config.axis = 1
    assert_array_equal(f(config), [5.0] * 4)


# ---------------------------------------------------------------- sharing


def test_an_array_that_occurs_twice_has_one_shadow():
    w = array(1.0, 2.0)
    found = irad.grad(lambda d: np.sum(d["a"] * d["b"]))({"a": w, "b": w})
    assert found["a"] is found["b"]
    assert_array_equal(found["a"], 2.0 * w)


def test_writes_through_one_name_are_seen_through_the_other():
    def f(d):
        d["a"][0] = d["b"][0] * 3.0
        return d["b"][0] * d["b"][1]

    w = array(1.0, 2.0)
    assert_array_equal(irad.grad(f)({"a": w, "b": w})["a"], [6.0, 3.0])
    assert_array_equal(w, [3.0, 2.0])
    v = array(1.0, 2.0, 5.0)
    found = irad.grad(f)({"a": v[1:], "b": v[:2]})  # b[1] = 3 b[0]
    assert_array_equal(found["b"], [6.0, 0.0])
    assert np.shares_memory(found["a"], found["b"])


def test_an_object_that_occurs_twice_is_one_object():
    def f(s):
        s[0].w = s[0].w * 2.0
        return s[1].w[0] if s[0] is s[1] else 0.0

    p = Plain(array(3.0))
    assert irad.jit(f)([p, p]) == 6.0
    assert_array_equal(p.w, [6.0])
    assert_array_equal(irad.grad(f)([p, p])[1].w, [2.0])


def test_cycles():
    p = Plain(array(3.0))
    p.inner = SimpleNamespace(parent=p)
    found = irad.grad(lambda p: p.inner.parent.w[0] ** 2)(p)
    assert found.inner.parent is found
    assert_array_equal(found.w, [6.0])
    zero = irad.make_zero(p)
    assert zero.inner.parent is zero


def test_one_object_in_two_arguments():
    p = Plain(array(3.0, 1.0))
    f = irad.grad(lambda p, q: p.w[0] * q.w[1])
    with pytest.raises(ValueError, match="arguments 0 and 1 hold the same object"):
        f(p, p)
    assert_array_equal(f(p, copy.deepcopy(p)).w, [1.0, 0.0])
    one, two = irad.grad(lambda p, q: p.w[0] * q.w[1], argnums=(0, 1))(p, p)
    assert one is two
    assert_array_equal(one.w, [1.0, 3.0])


# ---------------------------------------------------------------- what is rebound


def rebind(m, x):
    m.b = m.b * x
    m.a = m.a + m.b
    m.c["new"] = m.a[0] * 2.0
    m.name = "after"
    m.count += 1
    del m.nothing
    return m.b * m.a[1]


def test_what_is_rebound_is_written_back():
    mine, pythons = model(), model()
    assert irad.jit(rebind)(mine, 3.0) == rebind(pythons, 3.0)
    assert vars(mine).keys() == vars(pythons).keys()
    assert (mine.b, mine.name, mine.count) == (pythons.b, pythons.name, pythons.count)
    assert_array_equal(mine.a, pythons.a)
    assert_array_equal(mine.c["new"], pythons.c["new"])


@pytest.mark.parametrize("run", [irad.grad(rebind), irad.value_and_grad(rebind)])
def test_gradients_write_back_too(run):
    mine, pythons = model(), model()
    rebind(pythons, 3.0)
    found = run(mine, 3.0)
    found = found[1] if isinstance(found, tuple) else found
    assert (mine.b, mine.name) == (pythons.b, pythons.name)
    assert_allclose(irad.flatten(found)[0], differences(lambda m: rebind(m, 3.0), model()), rtol=1e-7, atol=1e-9)


def test_rebinding_in_branches_loops_and_lists():
    def f(m, n):
        for i in range(n):
            if m.h[0] < 10.0:
                m.h[0] = m.h[0] * 2.0 + i
            m.seen.append(m.h[0])
        m.h[1], m.h[2] = m.h[2], m.h[1]
        return m

    def make():
        return SimpleNamespace(h=[1.5, array(1.0), array(2.0)], seen=[])

    mine, pythons = make(), make()
    first, second = mine.h[1:]
    assert irad.jit(f)(mine, 5) is mine
    f(pythons, 5)
    assert mine.seen == pythons.seen
    assert mine.h[0] == pythons.h[0]
    assert mine.h[1] is second
    assert mine.h[2] is first


def test_lists_change_their_length():
    def f(s):
        s.append(s[0] * 2.0)
        s.pop(0)
        s.pop(0)
        return s[-1]

    s = [1.0, 2.0, 3.0]
    assert irad.jit(f)(s) == 2.0
    assert s == [3.0, 2.0]


def test_nothing_is_written_back_when_the_function_raises():
    def f(m):
        m.b = 7.0 * m.b
        if m.b > 1.0:
            raise ValueError("too large")
        return m.b

    m = model()
    with pytest.raises(ValueError, match="too large"):
        irad.jit(f)(m)
    assert m.b == 0.5


def test_results_may_be_objects():
    found = irad.jit(lambda x: Model(x * 2.0, x[0], {"k": Point(x, "s")}))(array(1.0, 2.0))
    assert isinstance(found, Model)
    assert found.c["k"].y == "s"
    assert_array_equal(found.a, [2.0, 4.0])
    _, tangent = irad.jvp(lambda x: Model(x * 2.0, x[0], {}), (array(1.0, 2.0),), (array(1.0, 0.0),))
    assert_array_equal(tangent.a, [2.0, 0.0])
    assert (tangent.b, tangent.name) == (1.0, None)


def test_tangents_of_a_returned_argument():
    def f(m, x):
        m.b = m.b * x
        m.a[0] = x
        return m

    direction = irad.make_zero(model())
    direction.b = 1.0
    m = model()
    value, tangent = irad.jvp(f, (m, 3.0), (direction, 10.0))
    assert value is m
    assert (m.b, tangent.b) == (1.5, 3.0 + 5.0)
    assert_array_equal(tangent.a, [10.0, 0.0])
    assert direction.b == 1.0


# ---------------------------------------------------------------- autodiff


def test_active_trees():
    assert irad.autodiff(Reverse, lambda t: t[0] * t[1], Active, Active((2.0, 3))) == (((3.0, None),),)
    found = irad.autodiff(ReverseWithPrimal, lambda p: p.x * p.y.scale, Active(Point(2.0, Frozen(4.0))))
    assert found == ((Point(4.0, Frozen(2.0, None)),), 8.0)
    with pytest.raises(TypeError, match="consider Duplicated or Const"):
        Active((1.0, array(1.0)))
    with pytest.raises(TypeError, match="passed by reference"):
        Active([1.0])


def test_duplicated_trees_accumulate():
    m, dm = model(), irad.make_zero(model())
    irad.autodiff(Reverse, of_model, Active, Duplicated(m, dm))
    expected = differences(of_model, model())
    assert_allclose(irad.flatten(dm)[0], expected, rtol=1e-7, atol=1e-9)
    irad.autodiff(Reverse, of_model, Active, Duplicated(m, dm))
    assert_allclose(irad.flatten(dm)[0], 2.0 * expected, rtol=1e-7, atol=1e-9)
    assert (dm.name, dm.count, dm.act) == (m.name, m.count, m.act)


def test_duplicated_alone_makes_its_shadow():
    dup = Duplicated(model())
    assert dup.norm() == 0.0
    assert repr(dup) == "Duplicated(Model: 2 arrays, 5 parameters, norm(grad) = 0)"
    irad.autodiff(Reverse, of_model, dup)
    assert dup.norm() == pytest.approx(np.linalg.norm(differences(of_model, model())))


def test_a_callable_object_may_be_duplicated():
    obj, shadow = Plain(array(3.0)), Plain(array(0.0))
    assert irad.autodiff(Reverse, Duplicated(obj, shadow), Active, Active(2.0)) == ((3.0,),)
    assert_array_equal(shadow.w, [2.0])
    assert irad.autodiff(Reverse, Const(obj), Active, Active(2.0)) == ((3.0,),)
    value, slope = irad.autodiff(Forward, Duplicated(obj, Plain(array(1.0))), Duplicated, Duplicated(2.0, 10.0))
    assert (value, slope) == (6.0, 32.0)


def test_the_shadow_of_a_rebound_number_is_its_seed():
    def square(m):
        m.b = m.b * m.b

    m = model()
    dup = Duplicated(m)
    dup.dval.b = 10.0
    irad.autodiff(Reverse, square, Const, dup)
    assert (m.b, dup.dval.b) == (0.25, 10.0)
    dup.dval.b = 10.0
    irad.autodiff(Forward, square, Const, dup)
    assert (m.b, dup.dval.b) == (0.0625, 5.0)


def test_the_shadow_of_a_rebound_array_has_to_be_zero():
    def double(m):
        m.a = m.a * 2.0
        return np.sum(m.a)

    dup = Duplicated(model())
    irad.autodiff(Reverse, double, Active, dup)
    assert_array_equal(dup.dval.a, [2.0, 2.0])
    with pytest.raises(ValueError, match=r"rebinds \.a of a Model"):
        irad.autodiff(Reverse, double, Active, dup)
    tangent = irad.make_zero(model())
    tangent.a[:] = 1.0
    assert tuple(irad.autodiff(Forward, double, Duplicated(model(), tangent))) == (4.0,)
    assert_array_equal(tangent.a, [2.0, 2.0])


def test_active_values_in_const_objects_are_refused():
    def keep(m, x):
        m.b = x * 2.0
        return m.b

    def store(m, x):
        m.c["k"][0] = x
        return x

    with pytest.raises(irad.RuntimeActivityError, match=r"\.b of a Model that is Const"):
        irad.autodiff(Reverse, keep, model(), Active(1.0))
    with pytest.raises(irad.RuntimeActivityError, match=r"\.b of a Model that is Const"):
        irad.autodiff(Forward, keep, model(), Duplicated(1.0, 1.0))
    with pytest.raises(irad.RuntimeActivityError, match=r"argument m\.c\['k'\] is Const"):
        irad.autodiff(Reverse, store, model(), Active(1.0))
    m = model()
    assert irad.grad(keep, argnums=1)(m, 1.0) == 2.0
    assert m.b == 2.0


# ---------------------------------------------------------------- transforms inside traced code, recursion


def test_nested_transforms_take_trees():
    def outer(x):
        m = Model(x, x[0], {"k": x})
        gradient = irad.grad(lambda m: m.a[0] * m.b**2 + m.c["k"][1] * m.a[1])(m)
        return gradient.b + np.sum(gradient.a)

    x = array(2.0, 3.0)
    up, down = outer_differences(outer, x)
    assert_allclose(irad.grad(outer)(x), (up - down) / 2e-6, rtol=1e-7)


def outer_differences(f, x):
    run = irad.jit(f)
    return (np.array([run(x + s * 1e-6 * e) for e in np.eye(len(x))]) for s in (1, -1))


def test_recursion_over_objects():
    def total(node):
        return node.w[0] * node.scale + (total(node.inner) if node.inner is not None else 0.0)

    def make(n):
        node = Plain(array(float(n)), make(n - 1) if n else None)
        node.scale = n + 0.5
        return node

    tree = make(3)
    assert irad.jit(total)(tree) == total(tree)
    assert_allclose(irad.flatten(irad.grad(total)(make(3)))[0], differences(total, make(3)), rtol=1e-8)


def test_recursive_functions_take_callable_objects():
    def power(layer, x, n):
        return x if n <= 0 else power(layer, layer(x), n - 1)

    layer = Plain(array(3.0))
    assert irad.jit(power)(layer, 2.0, 4) == 162.0
    assert_array_equal(irad.grad(power)(layer, 2.0, 4).w, [2.0 * 4 * 27.0])


def test_methods_take_their_object_as_an_argument():
    class Spring:
        def __init__(self, k):
            self.k = k

        @irad.jit
        def energy(self, x):
            self.calls = 1
            return 0.5 * self.k * x * x

    spring = Spring(2.0)
    assert spring.energy(3.0) == 9.0
    assert spring.calls == 1
    assert irad.vjp(spring.energy, 3.0)[1](1.0) == (6.0,)


# ---------------------------------------------------------------- registered classes, errors


def test_registered_classes():
    class Pair:
        def __new__(cls, *parts):
            self = object.__new__(cls)
            self.parts = parts
            return self

    irad.register_pytree(Pair, lambda p: (p.parts, "aux"), lambda aux, parts: Pair(*parts))
    found = irad.grad(lambda p: p.parts[0] * p.parts[1][0])(Pair(2.0, array(3.0)))
    assert isinstance(found, Pair)
    assert found.parts[0] == 3.0
    assert_array_equal(found.parts[1], [2.0])


def test_messages_name_the_place():
    read_only = array(1.0, 2.0)
    read_only.flags.writeable = False
    m = Model(read_only, 1.0, {"k": [Plain(read_only)]})

    def write(m):
        m.c["k"][0].w[1] = m.b
        return m.b

    with pytest.raises(ValueError, match=r"argument m\.a is read-only"):
        irad.grad(write)(m)
    m.a = array(1.0)
    with pytest.raises(ValueError, match=r"argument m\.c\['k'\]\[0\]\.w is read-only"):
        irad.grad(write)(m)
    shared = array(1.0, 2.0)
    m.c["k"][0].w = shared
    with pytest.raises(ValueError, match=r"the shadow of argument m\.c\['k'\]\[0\]\.w overlaps"):
        irad.autodiff(Reverse, write, Duplicated(m, Model(array(0.0), 0.0, {"k": [Plain(shared)]})))
    with pytest.raises(ValueError, match=r"argument\.c\['k'\]\[0\]\.w and shadow are not congruent: shape \(2,\) and shape \(3,\)"):
        Duplicated(m, Model(array(0.0), 0.0, {"k": [Plain(np.zeros(3))]}))
    with pytest.raises(ValueError, match="differ in structure"):
        Duplicated(m, Model(array(0.0), 0.0, {}))
    with pytest.raises(TypeError, match="a shadow has the type of what it shadows: Model and dict"):
        Duplicated(m, {})
    with pytest.raises(ValueError, match=r"argument 0\.c has the parts \[\]"):
        irad.jvp(write, (m,), (Model(None, None, {}, None, None, None, None, None),))


def test_what_cannot_be_differentiated():
    with pytest.raises(TypeError, match="argument 0 is a dict that holds no floats"):
        irad.grad(lambda d: 1.0)({"a": 1})
    with pytest.raises(TypeError, match="argument d is a list of 300 numbers; to differentiate by them, put them into an array"):
        irad.grad(lambda d, x: x)([1.0] * 300, (2.0,))
    with pytest.raises(TypeError, match="use Active"):
        irad.autodiff(Reverse, lambda t: t[0], Duplicated((1.0,), (0.0,)))
    assert irad.jit(lambda d, x: d[3] * x)([2.0] * 300, 3.0) == 6.0


@dataclass
class Counter:
    total: float = 0.0
    history: list = field(default_factory=list)
    ran: int = 0

    def __post_init__(self):
        self.ran += 1


def test_constructors_do_not_run_again():
    counter = Counter(2.0)
    counter.extra = 5.0

    def f(c):
        c.total = c.total * c.extra
        c.history.append(c.total)
        return c.total

    found = irad.grad(f)(counter)
    assert (counter.total, counter.history, counter.ran) == (10.0, [10.0], 1)
    assert (found.total, found.extra, found.history) == (5.0, 2.0, [])


# ---------------------------------------------------------------- zeros


def test_make_zero():
    zero = irad.make_zero({"a": array(3.14), "n": 3, "s": "x", "t": (2.0, [1.0]), "f": Frozen(2.0)})
    assert zero == {"a": [0.0], "n": 3, "s": "x", "t": (0.0, [0.0]), "f": Frozen(0.0)}
    x, n = array(1.0), np.arange(3)
    first, second = irad.make_zero([x, x])
    assert first is second
    assert irad.make_zero([n])[0] is n
    assert irad.make_zero([n], copy_if_inactive=True)[0] is not n
    seen = {}
    assert irad.make_zero(x, seen) is irad.make_zero([x], seen)[0]
    assert irad.make_zero(float, {}, 3.0) == 0.0
    assert type(irad.make_zero(np.float32(2.0))) is np.float32
    ring = [x]
    ring.append(ring)
    zero = irad.make_zero(ring)
    assert zero[1] is zero


def test_overlapping_arrays_have_overlapping_zeros():
    x = np.ones(4)
    zero = irad.make_zero({"left": x[:3], "right": x[1:]})
    zero["left"][1] = 5.0
    assert_array_equal(zero["right"], [5.0, 0.0, 0.0])


def test_zeros_in_place():
    x = array(3.0)
    tree = {"a": x, "b": (1.0, 2), "m": Plain(array(1.0))}
    irad.make_zero_into(tree)
    assert tree["a"] is x
    assert tree["b"] == (0.0, 2)
    assert_array_equal(tree["m"].w, [0.0])
    irad.remake_zero(tree)
    with pytest.raises(TypeError, match="cannot be changed in place"):
        irad.make_zero_into((1.0,))


def test_flatten_and_back():
    m = model()
    vector, unflatten = irad.flatten(m)
    assert_array_equal(vector, [2.0, 3.0, 0.5, 1.0, 5.0])
    again = unflatten(vector * 2.0)
    assert (type(again), again.name, again.b) == (Model, "model", 1.0)
    found = irad.grad(lambda v: of_model(unflatten(v)))(vector)
    assert_allclose(found, differences(of_model, model()), rtol=1e-7, atol=1e-9)
    with pytest.raises(ValueError, match="the tree has 5 floats"):
        unflatten(vector[:2])
