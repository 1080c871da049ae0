"""Joins what two paths of control leave in a variable: templates say which parts are carried as IR values, and under which spec.

A template is `Leaf` (carried), `Fixed` (the same on all paths), `MaybeUnbound`, or a `Tree` of templates for containers.
`widen` makes a template wide enough for one more value, `flatten` lists the IR values of a value under a template, and `build` is the
reverse. `widen` gives back the same template object where nothing had to change, which is how a fixpoint is noticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from irad.frontend import abstract
from irad.frontend.abstract import ScalarSpec, Spec, Static
from irad.frontend.growing import Growth, carried, carried_types, growth_of, join, ordinary
from irad.frontend.state import State, contents, set_contents
from irad.frontend.values import PYTHON_NAMES, Traced
from irad.ir.core import Value
from irad.ir.types import Type
from irad.pytree import is_object


class _Mark:
    """A value that no program can make."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNBOUND = _Mark("UNBOUND")  # a name that is not assigned, or an attribute or key that is not there
HOLE = _Mark("HOLE")  # a value that nobody will look at


class Mismatch(Exception):
    """Two values that have no common type; the text names them, the catcher adds the variable."""


@dataclass(slots=True, eq=False)
class Leaf:
    """A number or array that is carried."""

    spec: Spec


@dataclass(slots=True, eq=False)
class Fixed:
    """A value that is the same on all paths."""

    value: Any


@dataclass(slots=True, eq=False)
class Tree:
    """A container whose parts are templates; `rebuild` makes one from the parts."""

    kind: Any
    keys: tuple[Any, ...]
    parts: list[Template]
    origins: list[Any]  # the mutable containers that it may be


@dataclass(slots=True, eq=False)
class MaybeUnbound:
    """A name that some path did not assign."""

    value: Template
    flag: Template


@dataclass(slots=True, eq=False)
class Grown:
    """The contents of a list whose length is known only at run time."""

    spec: ScalarSpec | None


Template = Leaf | Fixed | Tree | MaybeUnbound | Grown


@dataclass(slots=True, eq=False)
class Maybe:
    """What a variable holds that some path did not assign: its value, and whether it has one."""

    value: Any
    flag: Any


def template(x: Any, carry: bool) -> Template:
    """The template of one value; with `carry` its numbers and arrays are carried."""
    if not carry:
        return Fixed(x)
    if is_leaf(x):
        return Leaf(abstract.spec_of(x))
    if isinstance(x, Maybe):
        return MaybeUnbound(template(x.value, True), template(x.flag, True))
    if isinstance(x, Growth):
        return Grown(x.spec)
    if type(x) is tuple or _is_namedtuple(x):
        return Tree(type(x), tuple(range(len(x))), [template(v, True) for v in x], [])
    return Fixed(x)


def _moved(t: Template) -> Template:
    """A template for a value that only one path has: it is carried, even if no other value is known."""
    if not isinstance(t, Fixed) or isinstance(t.value, bool | int | float | np.generic):
        return t
    if isinstance(t.value, Maybe):
        return MaybeUnbound(_moved(Fixed(t.value.value)), Leaf(abstract.spec_of(True)))
    moved = template(t.value, True)
    return t if isinstance(moved, Fixed) else moved


class Widening:
    """One pass of widening; remembers pairs of mutable containers, so that two names of one container stay that."""

    def __init__(self) -> None:
        self.seen: dict[tuple[int, int], tuple[Template, Any, Template]] = {}

    def __call__(self, t: Template, x: Any) -> Template:
        """A template for what `t` describes and for `x`."""
        if x is HOLE:
            return _moved(t)
        match t:
            case Fixed():
                return self.fixed(t, x)
            case MaybeUnbound():
                return self.maybe(t, x)
            case Leaf():
                return self.leaf(t, x)
            case Grown():
                return self.grown(t, x)
        return self.tree(t, x)

    def fixed(self, t: Fixed, x: Any) -> Template:
        old = t.value
        if identical(old, x):
            return t
        if old is HOLE:
            return template(x, True)
        if isinstance(old, Maybe):
            return self.maybe(MaybeUnbound(Fixed(old.value), Fixed(old.flag)), x)
        if old is UNBOUND or x is UNBOUND:
            return self.unbound(Fixed(HOLE) if old is UNBOUND else _moved(t), old is not UNBOUND, x)
        if isinstance(x, Maybe):
            return self.maybe(MaybeUnbound(t, Fixed(True)), x)
        if isinstance(old, Growth):
            return self.grown(Grown(old.spec), x)
        if is_leaf(old):
            return self.leaf(Leaf(abstract.spec_of(old)), x)
        kind = _kind(old)
        if kind is not None and kind == _kind(x):
            known = self.seen.get((id(old), id(x)))
            if known is not None and known[1] is x:
                return known[2]
            held = _parts(old)
            tree = self.tree(Tree(kind, tuple(held), [Fixed(v) for v in held.values()], [old] if _mutable(old) else []), x)
            self.seen[id(old), id(x)] = (t, x, tree)
            return tree
        raise Mismatch(f"{describe(old)} on one path and {describe(x)} on the other")

    def leaf(self, t: Leaf, x: Any) -> Template:
        if x is UNBOUND or isinstance(x, Maybe):
            return self.unbound(t, True, x)
        joined = abstract.join(t.spec, abstract.spec_of(x)) if is_leaf(x) else None
        if joined is None:
            raise Mismatch(f"{describe_spec(t.spec)} on one path and {describe(x)} on the other")
        return t if joined == t.spec else Leaf(joined)

    def grown(self, t: Grown, x: Any) -> Template:
        assert isinstance(x, Growth)
        if t.spec is None or x.spec is None:
            spec = t.spec or x.spec
        else:
            joined = abstract.join(t.spec, x.spec)
            if not isinstance(joined, ScalarSpec):
                raise Mismatch(f"a list of {describe_spec(t.spec)} on one path and of {describe_spec(x.spec)} on the other")
            spec = joined
        return t if spec == t.spec else Grown(spec)

    def unbound(self, value: Template, bound: bool, x: Any) -> Template:
        return self.maybe(MaybeUnbound(value, Fixed(bound)), x)

    def maybe(self, t: MaybeUnbound, x: Any) -> Template:
        if isinstance(x, Maybe):
            value, flag = self(t.value, x.value), self(t.flag, x.flag)
        elif x is UNBOUND:
            value, flag = _moved(t.value), self(t.flag, False)
        else:
            value, flag = self(t.value, x), self(t.flag, True)
        return t if value is t.value and flag is t.flag else MaybeUnbound(value, flag)

    def tree(self, t: Tree, x: Any) -> Template:
        if x is UNBOUND or isinstance(x, Maybe):
            return self.unbound(t, True, x)
        if _kind(x) != t.kind:
            raise Mismatch(f"a {_type_name(t.kind)} on one path and {describe(x)} on the other")
        held = _parts(x)
        if (t.kind is list and tuple(held) != t.keys) or _is_grown(t) != (isinstance(x, list) and growth_of(x) is not None):
            held = {0: _as_growth(x)}
            t = t if _is_grown(t) else Tree(list, (0,), [_grown_template(t)], t.origins)
            part = self(t.parts[0], held[0])
            return t if part is t.parts[0] else Tree(list, (0,), [part], [*t.origins, x])
        if tuple(held) != t.keys:
            raise Mismatch(f"a {_type_name(t.kind)} of {len(t.keys)} elements on one path and one of {len(held)} on the other")
        parts = [self(p, v) for p, v in zip(t.parts, held.values(), strict=True)]
        if all(a is b for a, b in zip(parts, t.parts, strict=True)):
            if _mutable(x):
                t.origins.append(x)
            return t
        return Tree(t.kind, t.keys, parts, [*t.origins, x] if _mutable(x) else [])


def _is_grown(t: Tree) -> bool:
    return (
        t.kind is list
        and len(t.parts) == 1
        and (isinstance(t.parts[0], Grown) or (isinstance(t.parts[0], Fixed) and isinstance(t.parts[0].value, Growth)))
    )


def _as_growth(x: list[Any]) -> Growth:
    return growth_of(x) or ordinary(x)


def _grown_template(t: Tree) -> Grown:
    """The template of an ordinary list as one whose length is known only at run time."""
    spec: ScalarSpec | None = None
    for part in t.parts:
        if isinstance(part, Leaf) and isinstance(part.spec, ScalarSpec):
            spec = part.spec if spec is None else Widening().grown(Grown(spec), Growth(part.spec)).spec  # type: ignore[union-attr]
        else:
            spec = join(spec, part.value if isinstance(part, Fixed) else None)
    return Grown(spec)


def types(templates: Iterable[Template]) -> list[Type]:
    """IR types of what templates carry; a container that occurs twice is carried once."""
    out: list[Type] = []
    seen: set[int] = set()
    for t in templates:
        _types(t, out, seen)
    return out


def _types(t: Template, out: list[Type], seen: set[int]) -> None:
    match t:
        case Leaf():
            out.append(abstract.to_ir(t.spec))
        case Grown():
            out.extend(carried_types(t.spec))
        case MaybeUnbound():
            _types(t.value, out, seen)
            _types(t.flag, out, seen)
        case Tree():
            if id(t) not in seen:
                seen.add(id(t))
                for part in t.parts:
                    _types(part, out, seen)


def flatten(t: Template, x: Any, out: list[Value], seen: set[int]) -> None:
    """Append the IR values of `x` under a template, converted to its specs; placeholders where `x` has none."""
    match t:
        case Leaf():
            missing = x is HOLE or x is UNBOUND
            out.append(abstract.unwrap(abstract.zero(t.spec) if missing else abstract.coerce(x, t.spec)))
        case MaybeUnbound():
            inner, flag = (x.value, x.flag) if isinstance(x, Maybe) else (HOLE, False) if x is UNBOUND or x is HOLE else (x, True)
            flatten(t.value, inner, out, seen)
            flatten(t.flag, flag, out, seen)
        case Grown():
            out.extend(carried(x if isinstance(x, Growth) else None, t.spec))
        case Tree():
            if id(t) not in seen:
                seen.add(id(t))
                missing = x is HOLE or x is UNBOUND
                held = dict.fromkeys(t.keys, HOLE) if missing else {0: _as_growth(x)} if _is_grown(t) else _parts(x)
                for part, key in zip(t.parts, t.keys, strict=True):
                    flatten(part, held[key], out, seen)


def build(t: Template, given: Iterator[Value], made: dict[int, Any], state: State, opened: int | None) -> Any:
    """The value that a template describes, from IR values; `opened`: containers made since then may be written."""
    match t:
        case Leaf():
            return abstract.wrap(next(given), t.spec)
        case MaybeUnbound():
            value = build(t.value, given, made, state, opened)
            flag = build(t.flag, given, made, state, opened)
            return value if flag is True else Maybe(value, flag)
        case Grown():
            return Growth(t.spec, None, next(given), next(given))
        case Tree():
            if id(t) not in made:
                made[id(t)] = _rebuild(t.kind, t.keys, [build(p, given, made, state, opened) for p in t.parts])
                if t.origins:
                    _protect(made[id(t)], t.origins, state, opened)
            return made[id(t)]
    return t.value


def _protect(new: Any, origins: list[Any], state: State, opened: int | None) -> None:
    """A container that stands for one of several may be written only if nobody else can hold those."""
    state.fresh(new)
    if opened is None or not all(id(o) in state.made and state.made[id(o)][1] > opened for o in origins):
        state.shared[id(new)] = new


# ---------------------------------------------------------------- kinds of values


def is_leaf(x: Any) -> bool:
    return isinstance(x, Traced | bool | int | float | complex | np.generic | np.ndarray) and not isinstance(x, np.str_ | np.bytes_)


def _is_namedtuple(x: Any) -> bool:
    return isinstance(x, tuple) and hasattr(x, "_fields")


def _mutable(x: Any) -> bool:
    return not isinstance(x, tuple)


def _kind(x: Any) -> Any:
    """What two values must share to be joined part by part; None for what has no parts."""
    if type(x) in (tuple, list, dict) or _is_namedtuple(x):
        return type(x)
    if hasattr(type(x), "__irad_contents__"):
        return type(x)
    module = type(x).__module__
    plain = getattr(x, "__dict__", None) is not None and not isinstance(x, type) and not callable(x)
    if is_object(x) or (plain and module not in ("builtins", "types") and not module.startswith(("numpy", "irad."))):
        return type(x)
    return None


def _parts(x: Any) -> dict[Any, Any]:
    return dict(enumerate(x)) if isinstance(x, tuple) else contents(x)


def _rebuild(kind: Any, keys: tuple[Any, ...], parts: list[Any]) -> Any:
    if issubclass(kind, tuple):
        return kind(*parts) if hasattr(kind, "_fields") else tuple(parts)
    new = kind.__new__(kind)
    set_contents(new, dict(zip(keys, parts, strict=True)))
    return new


def identical(a: Any, b: Any) -> bool:
    """Whether two values are certainly the same at run time."""
    if a is b:
        return True
    if isinstance(a, Traced) or isinstance(b, Traced):
        return type(a) is type(b) and a.value is b.value and abstract.spec_of(a) == abstract.spec_of(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, Growth):
        return a.buffer is not None and a.buffer is b.buffer and a.length is b.length and a.spec == b.spec
    if isinstance(a, float | complex | np.inexact):
        return repr(a) == repr(b)
    if isinstance(a, int | str | bytes | slice | range | np.generic | np.dtype):
        return bool(a == b)
    if type(a) is tuple:
        return len(a) == len(b) and all(identical(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, MethodType):
        return a.__self__ is b.__self__ and a.__func__ is b.__func__
    return isinstance(a, FunctionType) and _same_function(a, b)


def _same_function(a: FunctionType, b: FunctionType) -> bool:
    """Whether two runs of one def or lambda made functions that do the same: they share the variables that they close over."""
    cells = zip(a.__closure__ or (), b.__closure__ or (), strict=False)
    return a.__code__ is b.__code__ and all(c is d for c, d in cells) and identical(a.__defaults__, b.__defaults__) and not a.__kwdefaults__


def describe(x: Any) -> str:
    """A value, as an error message names it."""
    if x is None or isinstance(x, bool | int | float | str):
        return repr(x)
    if x is UNBOUND:
        return "nothing"
    if is_leaf(x):
        return describe_spec(abstract.spec_of(x))
    name = getattr(x, "__name__", None)
    return f"the {type(x).__name__} {name}" if name else f"a {type(x).__name__}"


def describe_spec(spec: Spec) -> str:
    """A spec, as an error message names it."""
    if isinstance(spec, ScalarSpec):
        name = PYTHON_NAMES.get(spec.dtype.name, spec.dtype.name) if spec.weak else spec.dtype.name
        return f"an {name}" if name[0] in "aeiou" else f"a {name}"
    if isinstance(spec, Static):
        return describe(spec.value)
    return f"an array of {spec.dtype.name} of rank {spec.rank}"


def _type_name(kind: Any) -> str:
    return kind.__name__
