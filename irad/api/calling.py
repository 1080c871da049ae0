"""One call of compiled code: flat arguments, the check for overlapping arrays, results in the shape the function gave them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np

from irad.api.compiled import Derivative, Program, program
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static, spec_of
from irad.options import Options, current_options
from irad.runtime.abi import overlaps


@dataclass(slots=True)
class Argument:
    """A parameter's value; `shadow` for active memory (and for active numbers in forward mode); `name` for messages."""

    value: Any
    active: bool = False
    shadow: Any = None
    name: str = ""


def prepare(f: Callable[..., Any], values: Sequence[Any], options: Options | None) -> tuple[Program, list[int]]:
    """The program for these arguments, and which of them are parameters (the others are known while tracing)."""
    specs: list[Spec] = [spec_of(v) for v in values]
    positions = [i for i, spec in enumerate(specs) if not isinstance(spec, Static)]
    if isinstance(f, MethodType):  # a new object at each access: the function that it binds is the key
        f, specs = f.__func__, [Static(f.__self__), *specs]
    return program(f, specs, options or current_options()), positions


def invoke(made: Program, arguments: list[Argument], wanted: Derivative, seeds: Sequence[float] = ()) -> list[Any]:
    """Run a derivative (or the primal): its flat results.

    Captured arrays are appended to the arguments. Memory that needs a shadow though nobody gave it one gets zeros, if `wanted.implicit`.
    """
    arguments = [*arguments, *(Argument(array, name="a captured array") for array in made.trace.captures)]
    flags = made.activity(wanted) if wanted.mode != "primal" else (False,) * len(arguments)
    for argument, on in zip(arguments, flags, strict=True):
        if on and argument.shadow is None and isinstance(argument.value, np.ndarray):
            argument.shadow = np.zeros_like(argument.value, order="C")
    apart = _apart(made, arguments, flags)
    flat: list[Any] = []
    for argument, on in zip(arguments, flags, strict=True):
        flat.append(argument.value)
        if on and (isinstance(argument.value, np.ndarray) or wanted.mode == "forward"):
            flat.append(argument.shadow)
    return made.executable(wanted, apart)(*flat, *seeds)


def _apart(made: Program, arguments: list[Argument], flags: Sequence[bool]) -> bool:
    """Whether no two arrays overlap of which one is written; overlaps of shadows must be those of their primals."""
    arrays = [(i, a) for i, a in enumerate(arguments) if isinstance(a.value, np.ndarray)]
    for i, a in arrays:
        if i in made.written and not a.value.flags.writeable:
            raise ValueError(f"{a.name} is read-only, and {made.name} writes it; pass a copy")
    apart = True
    for k, (i, a) in enumerate(arrays):
        if flags[i]:
            _check_shadow(a, arrays)
        for j, b in arrays[:k]:
            shared = np.may_share_memory(a.value, b.value) and overlaps(a.value, b.value)
            written = i in made.written or j in made.written
            if shared and written:
                apart = False
                if flags[i] != flags[j]:
                    raise ValueError(f"{a.name} and {b.name} overlap and are written, but only one has a shadow; copy the other")
            if flags[i] and flags[j]:
                apart &= _shadows_agree(a, b, shared, written)
    return apart


def _check_shadow(a: Argument, arrays: list[tuple[int, Argument]]) -> None:
    if not a.shadow.flags.writeable:
        raise ValueError(f"the shadow of {a.name} is read-only")
    for _, other in arrays:
        if np.may_share_memory(a.shadow, other.value) and overlaps(a.shadow, other.value):
            raise ValueError(f"the shadow of {a.name} overlaps {'it' if other is a else other.name}; a shadow needs memory of its own")


def _shadows_agree(a: Argument, b: Argument, shared: bool, written: bool) -> bool:
    """Whether the shadows are apart. They may overlap only as their primals do, and must if one of those is written."""
    together = np.may_share_memory(a.shadow, b.shadow) and overlaps(a.shadow, b.shadow)
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


def matching_shadows(arguments: list[Argument]) -> None:
    """Give active arrays zeroed shadows that overlap as the arrays do."""
    arrays = [a for a in arguments if a.active and isinstance(a.value, np.ndarray)]
    for k, a in enumerate(arrays):
        partner = next((b for b in arrays[:k] if np.may_share_memory(a.value, b.value) and overlaps(a.value, b.value)), None)
        if partner is None:
            a.shadow = np.zeros_like(a.value, order="C")
        else:
            _share(
                a,
                partner,
                [b for b in arrays[: k + 1] if np.may_share_memory(b.value, a.value) or np.may_share_memory(b.value, partner.value)],
            )


def _share(a: Argument, partner: Argument, group: list[Argument]) -> None:
    """Let the shadows of overlapping arrays be views of one block of memory, laid out as the arrays are."""
    bounds = [np.lib.array_utils.byte_bounds(b.value) for b in group]
    low, high = min(start for start, _ in bounds), max(end for _, end in bounds)
    block = np.zeros(high - low, dtype=np.uint8)
    for b in group:
        offset = b.value.__array_interface__["data"][0] - low
        b.shadow = np.ndarray(b.value.shape, b.value.dtype, block.data, offset, b.value.strides)


def finished(spec: Spec, value: Any) -> Any:
    """A result of native code as the user sees it: NumPy scalars for strong numbers, the dtype's own signedness for arrays."""
    if isinstance(spec, ScalarSpec):
        return value if spec.weak else spec.dtype.type(value)
    assert isinstance(spec, ArraySpec)
    return value if value.dtype == spec.dtype else value.view(spec.dtype)


def rebuild(tree: Any, leaves: Iterator[Any], leaf: Callable[[Spec, Any], Any] = finished) -> Any:
    """Results in the shape in which the function returned them."""
    match tree:
        case ScalarSpec() | ArraySpec():
            return leaf(tree, next(leaves))
        case Static():
            return tree.value
        case dict():
            return {k: rebuild(v, leaves, leaf) for k, v in tree.items()}
        case tuple() if hasattr(tree, "_fields"):
            return type(tree)(*(rebuild(v, leaves, leaf) for v in tree))
        case tuple() | list():
            return type(tree)(rebuild(v, leaves, leaf) for v in tree)
        case _:
            return tree


def leaves_of(tree: Any) -> list[Spec]:
    """The specs of the results that the native function returns, in order."""
    match tree:
        case ScalarSpec() | ArraySpec():
            return [tree]
        case dict():
            return [leaf for v in tree.values() for leaf in leaves_of(v)]
        case tuple() | list():
            return [leaf for v in tree for leaf in leaves_of(v)]
        case _:
            return []
