"""One call of compiled code: flat arguments, the check for overlapping arrays, results in the shape the function gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from irad.api.compiled import Derivative, Program
from irad.errors import SizesDiffer
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static
from irad.frontend.arguments import AsList, Branch, GivenContainer, GivenLeaf
from irad.pytree import kind_of
from irad.runtime.abi import overlaps


@dataclass(slots=True)
class Argument:
    """A parameter's value; `shadow` for active memory (and for active numbers in forward mode); `name` for messages."""

    value: Any
    active: bool = False
    shadow: Any = None
    name: str = ""


def invoke(made: Program, arguments: list[Argument], wanted: Derivative, seeds: Sequence[float] = ()) -> list[Any]:
    """Run a derivative (or the primal): its flat results.

    Captured arrays are appended to the arguments. Memory that needs a shadow though nobody gave it one gets zeros, if `wanted.implicit`.
    """
    given = arguments
    arguments = [*arguments, *(Argument(array, name="a captured array") for array in made.trace.captures)]
    flags = made.activity(wanted) if wanted.mode != "primal" else (False,) * len(arguments)
    for argument, on in zip(arguments, flags, strict=True):
        if on and argument.shadow is None and isinstance(argument.value, np.ndarray):
            argument.shadow = np.zeros_like(argument.value, order="C")
    apart = _apart(made, arguments, flags)
    flat: list[Any] = []
    copied: list[tuple[np.ndarray, np.ndarray]] = []
    for i, (argument, on) in enumerate(zip(arguments, flags, strict=True)):
        value, shadow = argument.value, argument.shadow
        is_array = isinstance(value, np.ndarray)
        if on and is_array and made.reads_strides and not _same_strides(value, shadow):
            value, shadow = _with_one_layout(value, shadow, i in made.written)
            copied.append((argument.shadow, shadow))
        flat.append(_passed(value))
        if on and (is_array or wanted.mode == "forward"):
            flat.append(shadow)
    try:
        results = made.executable(wanted, apart)(*flat, *seeds)
    except SizesDiffer:
        return invoke(made.general(), given, wanted, seeds)
    for shadow, stand_in in copied:
        shadow[...] = stand_in
    return results


def _same_strides(value: np.ndarray, shadow: np.ndarray) -> bool:
    """Whether views of the one are views of the other: contiguous arrays have no strides in compiled code, single elements need none."""
    return value.flags.c_contiguous or all(n < 2 or a == b for n, a, b in zip(value.shape, value.strides, shadow.strides, strict=True))


def _with_one_layout(value: np.ndarray, shadow: np.ndarray, written: bool) -> tuple[np.ndarray, np.ndarray]:
    """The array, and a copy of its shadow with the same strides; an array that is only read is copied too: its elements may overlap."""
    if not written:
        return value.copy(order="C"), shadow.copy(order="C")
    (alike,) = _views_of_one_block([value])
    alike[...] = shadow
    return value, alike


def _apart(made: Program, arguments: list[Argument], flags: Sequence[bool]) -> bool:
    """Whether no two arrays overlap of which one is written; overlaps of shadows must be those of their primals."""
    arrays = [i for i, a in enumerate(arguments) if isinstance(a.value, np.ndarray)]
    for i in arrays:
        a = arguments[i]
        if i in made.written and not a.value.flags.writeable:
            raise ValueError(f"{a.name} is read-only, and {made.name} writes it; pass a copy")
        if flags[i] and a.shadow.shape != a.value.shape:  # one of them was changed in place
            raise ValueError(f"the shadow of {a.name} has shape {a.shadow.shape}, and {a.name} has {a.value.shape}")
        if flags[i] and not a.shadow.flags.writeable:
            raise ValueError(f"the shadow of {a.name} is read-only")
    shadowed = [i for i in arrays if flags[i]]
    shared, together = _overlaps(arguments, arrays, shadowed)
    apart = True
    for j, i in sorted(shared | together):
        written = (j, i) in shared and (i in made.written or j in made.written)
        a, b = arguments[i], arguments[j]
        if written and flags[i] != flags[j]:
            raise ValueError(f"{a.name} and {b.name} overlap and are written, but only one has a shadow; copy the other")
        apart &= not written
        if flags[i] and flags[j]:
            apart &= _shadows_agree(a, b, (j, i) in shared, written, (j, i) in together)
    return apart


Pairs = set[tuple[int, int]]


def _overlaps(arguments: list[Argument], arrays: list[int], shadowed: list[int]) -> tuple[Pairs, Pairs]:
    """Pairs of arguments of which the arrays overlap, and of which the shadows do; a shadow may overlap no array."""
    owners = [*arrays, *shadowed]
    count = len(arrays)
    shared: Pairs = set()
    together: Pairs = set()
    for p, q in overlapping([*(arguments[i].value for i in arrays), *(arguments[i].shadow for i in shadowed)]):
        j, i = owners[p], owners[q]
        if p < count <= q:
            a, other = arguments[i], arguments[j]
            raise ValueError(f"the shadow of {a.name} overlaps {'it' if other is a else other.name}; a shadow needs memory of its own")
        (shared if q < count else together).add((j, i))
    return shared, together


_FEW = 8  # so many arrays are compared each with each


def overlapping(arrays: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Pairs of arrays that share memory, by their positions, the lower first."""
    pairs = combinations(range(len(arrays)), 2) if len(arrays) <= _FEW else _neighbours(arrays)
    return [(i, j) for i, j in pairs if np.may_share_memory(arrays[i], arrays[j]) and overlaps(arrays[i], arrays[j])]


def _neighbours(arrays: Sequence[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Pairs of arrays of which the ranges of addresses meet: found in one walk in the order of addresses."""
    bounds = [np.lib.array_utils.byte_bounds(a) for a in arrays]
    before: list[int] = []
    for i in sorted(range(len(arrays)), key=lambda i: bounds[i][0]):
        before = [j for j in before if bounds[j][1] > bounds[i][0]]
        yield from ((min(i, j), max(i, j)) for j in before)
        before.append(i)


def _shadows_agree(a: Argument, b: Argument, shared: bool, written: bool, together: bool) -> bool:
    """Whether the shadows are apart. They may overlap only as their primals do, and must if one of those is written."""
    if not together and not (shared and written):
        return True
    if (
        not (shared and together)
        or _offset(a.shadow, b.shadow) != _offset(a.value, b.value)
        or a.shadow.strides != a.value.strides
        or b.shadow.strides != b.value.strides
    ):
        raise ValueError(f"the shadows of {a.name} and {b.name} do not overlap as the arrays themselves do")
    return False


def _offset(a: np.ndarray, b: np.ndarray) -> int:
    return a.__array_interface__["data"][0] - b.__array_interface__["data"][0]


def matching_shadows(arguments: list[Argument], directions: Sequence[Any] | None = None) -> None:
    """Give active arrays shadows that overlap as the arrays do: zeros, or copies of directions.

    Raises ValueError if the directions of arrays that overlap do not agree on what these share.
    """
    active = [(k, a) for k, a in enumerate(arguments) if a.active and isinstance(a.value, np.ndarray)]
    for (_, a), shadow in zip(active, zeros_that_overlap_alike([a.value for _, a in active]), strict=True):
        a.shadow = shadow
    if directions is None:
        return
    for k, a in active:
        a.shadow[...] = directions[k]
    for k, a in active:
        if not np.array_equal(a.shadow, np.asarray(directions[k], a.shadow.dtype), equal_nan=True):
            raise ValueError(f"the tangents of arguments that overlap have to agree on what these share; that of {a.name} does not")


def copies_that_overlap_alike(values: Sequence[Any]) -> list[Any]:
    """Copies of the arrays among values that share memory as the originals do."""
    arrays = [v for v in values if isinstance(v, np.ndarray)]
    copies = iter(zeros_that_overlap_alike(arrays))
    made = [next(copies) if isinstance(v, np.ndarray) else v for v in values]
    for copy, value in zip(made, values, strict=True):
        if isinstance(value, np.ndarray):
            copy[...] = value
    return made


def zeros_that_overlap_alike(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Zeroed arrays of the same shapes and dtypes; those of arrays that overlap are views of one block, laid out as the arrays are."""
    made: dict[int, np.ndarray] = {}
    for group in _groups(len(arrays), overlapping(arrays)):
        if len(group) == 1:
            made[group[0]] = np.zeros_like(arrays[group[0]], order="C")
        else:
            made.update(zip(group, _views_of_one_block([arrays[k] for k in group]), strict=True))
    return [made[k] for k in range(len(arrays))]


def _groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Numbers below a count, those in one group that pairs connect."""
    group = {k: [k] for k in range(count)}
    for i, j in pairs:
        if group[i] is not group[j]:
            group[i] += group[j]
            group.update(dict.fromkeys(group[j], group[i]))
    return list({id(g): g for g in group.values()}.values())


def _views_of_one_block(group: list[np.ndarray]) -> list[np.ndarray]:
    bounds = [np.lib.array_utils.byte_bounds(a) for a in group]
    low, high = min(start for start, _ in bounds), max(end for _, end in bounds)
    block = np.zeros(high - low, dtype=np.uint8)
    return [np.ndarray(a.shape, a.dtype, block.data, a.__array_interface__["data"][0] - low, a.strides) for a in group]


def finished(spec: Spec, value: Any) -> Any:
    """A result of native code as the user sees it: NumPy scalars for strong numbers, the dtype's own signedness for arrays."""
    if isinstance(spec, ScalarSpec):
        return value if spec.weak else _strong(value, spec.dtype)
    assert isinstance(spec, ArraySpec)
    return value if value.dtype == spec.dtype else value.view(spec.dtype)


def _strong(value: Any, dtype: np.dtype[Any]) -> Any:
    """A NumPy scalar; integers come as the signed number of the same bits."""
    return dtype.type(value % (1 << 8 * dtype.itemsize)) if dtype.kind == "u" else dtype.type(value)


def _passed(value: Any) -> Any:
    """A parameter's value as native code takes it: an unsigned NumPy scalar as the signed number of the same bits."""
    return int(value.view(f"i{value.itemsize}")) if isinstance(value, np.unsignedinteger) else value


def rebuild(tree: Any, leaves: Iterator[Any], leaf: Callable[[Spec, Any], Any] = finished, given: Any = None) -> Any:
    """Results in the shape in which the function returned them; `given` has the leaves and containers of the arguments."""
    match tree:
        case ScalarSpec() | ArraySpec():
            return leaf(tree, next(leaves))
        case Static():
            return tree.value
        case dict():
            return {k: rebuild(v, leaves, leaf, given) for k, v in tree.items()}
        case tuple() if hasattr(tree, "_fields"):
            return type(tree)(*(rebuild(v, leaves, leaf, given) for v in tree))
        case tuple() | list():
            return type(tree)(rebuild(v, leaves, leaf, given) for v in tree)
        case _:
            return _rebuild_other(tree, leaves, leaf, given)


def _rebuild_other(tree: Any, leaves: Iterator[Any], leaf: Callable[[Spec, Any], Any], given: Any) -> Any:
    match tree:
        case Branch():
            kind = kind_of(tree.kind)
            assert kind is not None
            return kind.join(tree.kind, tree.keys, [rebuild(v, leaves, leaf, given) for v in tree.parts])
        case AsList():
            return leaf(tree.spec, next(leaves)).tolist()
        case GivenContainer():
            return given.containers[tree.number]
        case GivenLeaf():
            return given.leaves[tree.number]
        case _:
            return tree
