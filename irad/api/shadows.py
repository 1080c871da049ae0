"""Shadows of structured arguments in `autodiff`: which belongs to which leaf, and how numbers in them accumulate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from irad.api.annotations import Annotation, Duplicated
from irad.api.compiled import Program
from irad.api.leaves import Leaves, World, has_derivative, parts_by_key
from irad.api.zeros import floats_of
from irad.errors import RuntimeActivityError, instance
from irad.frontend.abstract import ScalarSpec
from irad.frontend.arguments import Write, leaves_of
from irad.pytree import Flattened, Structure, build, kind_of

Place = tuple[int, Any] | None  # of a leaf: the container around it, by its number, and the key there


def shadow_world(annotated: Sequence[Annotation], leaves: Leaves) -> World:
    """The shadow of every leaf and container; the primal itself where an argument has none."""
    given = [a.dval if isinstance(a, Duplicated) else a.val for a in annotated]
    if leaves.structure is None:
        return World([None] * leaves.first + given)
    flat = Flattened()
    parts = [flat.leaf(b) for b in leaves.leaves[: leaves.first]]
    for x in given:
        flat.new_argument()
        parts.append(flat.add(x))
    if tuple(parts) != leaves.structure.parts:
        raise ValueError("the shadows of the arguments do not share objects as the arguments do")
    return World(flat.leaves, flat.containers)


def places_of(structure: Structure, count: int) -> list[Place]:
    """The innermost mutable container around each leaf, and the key under which it holds the leaf; `count` containers there are."""
    numbers = iter(range(count))
    found: list[Place] = []
    _places(structure, None, numbers, found)
    return found


def _places(structure: Structure, place: Place, numbers: Iterator[int], found: list[Place]) -> None:
    if structure.kind is None:
        found.append(place)
        return
    kind = kind_of(structure.kind)
    own = next(numbers) if kind is not None and kind.fill is not None else None
    for key, part in zip(structure.keys, structure.parts, strict=False):
        _places(part, place if own is None else (own, key), numbers, found)


def seeds_of_writes(made: Program, active: tuple[bool, ...], leaves: Leaves, shadows: World) -> list[float | None]:
    """Seeds in reverse mode for what is written back, None where there is none.

    The shadow goes in as the derivative by the final contents: for a number that is the seed of what the function leaves there.
    """
    check_const(made, active, leaves, shadows)
    found: list[float | None] = []
    for write in made.trace.writes:
        shadow = shadows.containers[write.container]
        if shadow is leaves.containers[write.container]:
            found += [None for tree in write.entries.values() for _ in leaves_of(tree)]
            continue
        held = parts_by_key(shadow)
        for key, tree in write.entries.items():
            found += _seeds(tree, held if key is None else held.get(key), shadow, key)
        for key in write.removed:
            _check_zero(held.get(key), shadow, key)
    return found


def _seeds(tree: Any, shadow: Any, container: Any, key: Any) -> list[float | None]:
    if isinstance(tree, ScalarSpec) and tree.dtype.kind == "f" and isinstance(shadow, float | np.floating):
        return [float(shadow)]
    _check_zero(shadow, container, key)
    return [None for _ in leaves_of(tree)]


def _check_zero(shadow: Any, container: Any, key: Any) -> None:
    if any(np.any(v) for v in floats_of(shadow)):
        where = f"[{key!r}]" if isinstance(container, list | dict) else f".{key}"
        raise ValueError(
            f"the function rebinds {where} of {instance(container)}, whose shadow there is not zero; "
            "let it write into the array (x[...] = y), or start from a shadow of zeros"
        )


def check_const(made: Program, active: tuple[bool, ...], leaves: Leaves, shadows: World) -> None:
    """Raise RuntimeActivityError if an active value is left in a container that has no shadow."""
    const = [shadows.containers[w.container] is leaves.containers[w.container] for w in made.trace.writes]
    if not any(const):
        return
    varied = iter(made.varied(active)[-made.written_back :] if made.written_back else ())
    for write, on in zip(made.trace.writes, const, strict=True):
        for key, tree in write.entries.items():
            if any([next(varied) for _ in leaves_of(tree)]) and on:
                raise _stored_in_const(write, key, leaves.containers[write.container])


def _stored_in_const(write: Write, key: Any, container: Any) -> Exception:
    where = f"[{key!r}]" if isinstance(container, list | dict) else f".{key}"
    return RuntimeActivityError(
        f"an active value is stored in {where} of {instance(container)} that is Const and has no shadow. "
        "Pass it as Duplicated, or return the value instead."
    )


def accumulate(made: Program, annotated: Sequence[Annotation], leaves: Leaves, shadows: World, cotangents: Sequence[Any]) -> None:
    """Add the derivatives by numbers in Duplicated arguments to their shadows; where a number was rebound they replace it."""
    changed = [
        (k, cotangent)
        for k, cotangent in zip(leaves.parameters, cotangents, strict=True)
        if cotangent is not None and isinstance(annotated[leaves.owner[k]], Duplicated)
    ]
    if not changed or leaves.structure is None:
        return
    rebound = {(w.container, key) for w in made.trace.writes for key in (*w.entries, *w.removed)}
    places = places_of(leaves.structure, len(leaves.containers))
    new = list(shadows.leaves)
    for k, cotangent in changed:
        place = places[k]
        assert place is not None
        replaced = place in rebound or (place[0], None) in rebound
        new[k] = type(new[k])(cotangent if replaced else new[k] + cotangent)
    into = [s if s is not p else None for s, p in zip(shadows.containers, leaves.containers, strict=True)]
    build(leaves.structure, new, into)


def numbers_by_value(annotated: Sequence[Annotation], leaves: Leaves) -> list[int]:
    """Floats in Duplicated arguments that no mutable container holds, so that there is nowhere to accumulate their derivative."""
    numbers = [
        k for k in leaves.parameters if isinstance(annotated[leaves.owner[k]], Duplicated) and not isinstance(leaves.leaves[k], np.ndarray)
    ]
    if not numbers or leaves.structure is None:
        return numbers
    places = places_of(leaves.structure, len(leaves.containers))
    return [k for k in numbers if places[k] is None and has_derivative(leaves.leaves[k])]
