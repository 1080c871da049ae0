"""Derivatives that take several sweeps: along every direction of an argument, on copies, so that the arguments stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from irad.api.calling import copies_that_overlap_alike
from irad.api.leaves import Leaves, has_derivative, has_parts, take_apart
from irad.api.transforms import jvp
from irad.options import Options
from irad.pytree import Flattened, build


def onehot(x: Any) -> tuple[Any, ...]:
    """Directions along each element of an array, or along each float of a tree.

    Parameters
    ----------
    x : float, ndarray or tree
        What the directions are for.

    Returns
    -------
    tuple
        One shadow of x for each of its floats, in row-major order: 1 there, 0 elsewhere.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.onehot(np.array([2.0, 3.0]))
    (array([1., 0.]), array([0., 1.]))
    """
    return tuple(direction for _, _, direction in directions(x))


def directions(x: Any) -> Iterator[tuple[int, int, Any]]:
    """Number of the leaf, place in the leaf, and direction, for every float of a tree."""
    flat = Flattened()
    structure = flat.add(x)
    zeros = [
        np.zeros_like(v) if isinstance(v, np.ndarray) and has_derivative(v) else 0.0 if has_derivative(v) else None for v in flat.leaves
    ]
    for k, leaf in enumerate(flat.leaves):
        for place in range(np.size(leaf) if has_derivative(leaf) else 0):
            along = list(zeros)
            along[k] = _unit(leaf, place)
            yield k, place, build(structure, along)[0]


def _unit(leaf: Any, place: int) -> Any:
    if not isinstance(leaf, np.ndarray):
        return 1.0
    unit = np.zeros(leaf.shape, leaf.dtype)
    unit.flat[place] = 1.0
    return unit


class Copies:
    """Copies of arguments, for functions that write theirs."""

    def __init__(self, f: Callable[..., Any], values: Sequence[Any]) -> None:
        self.leaves: Leaves = take_apart(f, values)[1]

    def __call__(self) -> list[Any]:
        """New copies."""
        return list(self.leaves.trees(copies_that_overlap_alike(self.leaves.leaves))[0])


def zero_directions(values: Sequence[Any]) -> list[Any]:
    """For each argument the direction of no change."""
    return [None if has_parts(v) else np.zeros_like(v) if isinstance(v, np.ndarray) else 0.0 for v in values]


def columns(
    f: Callable[..., Any], values: Sequence[Any], i: int, shadow: Any, options: Options | None
) -> tuple[Any, list[tuple[int, Any]]]:
    """Value, and by forward mode the derivatives along each float of an argument, with the number of its leaf; None if there is none."""
    copies, none = Copies(f, values), zero_directions(values)
    along = directions(values[i]) if shadow is None else ((0, j, s) for j, s in enumerate(shadow))
    value: Any = None
    found: list[tuple[int, Any]] = []
    for k, _, direction in along:
        value, column = jvp(f, copies(), [direction if j == i else d for j, d in enumerate(none)], options=options)
        found.append((k, column))
    return value, found


def derivatives_along(
    f: Callable[..., Any], values: Sequence[Any], free: Sequence[int], shadow: Any, options: Options | None
) -> tuple[Any, list[Any]]:
    """Value, and for each argument its derivatives by forward mode.

    Of an array these are a tuple with an entry for each element, of a number one derivative, of a tree a tree of derivatives.
    """
    check_shadow(shadow, free)
    found: list[Any] = [None] * len(values)
    value: Any = None
    for i in free:
        new, rows = columns(f, values, i, shadow, options)
        value = new if rows else value
        found[i] = tuple(row for _, row in rows) if isinstance(values[i], np.ndarray) else _gathered(values[i], rows)
    return (f(*Copies(f, values)()) if value is None else value), found


def check_shadow(shadow: Any, free: Sequence[int]) -> None:
    """Raise ValueError if it is not clear what given directions are for."""
    if shadow is not None and len(free) != 1:
        raise ValueError(f"a shadow goes with one argument that is differentiated, but there are {len(free)}")


def _gathered(x: Any, rows: Sequence[tuple[int, Any]]) -> Any:
    """Derivatives along each float of a tree, in the shape of the tree."""
    flat = Flattened()
    structure = flat.add(x)
    found: list[Any] = [None] * len(flat.leaves)
    for k, leaf in enumerate(flat.leaves):
        own = [row for owner, row in rows if owner == k]
        if isinstance(leaf, np.ndarray) and has_derivative(leaf):
            found[k] = np.array(own).reshape(leaf.shape + np.shape(own[0] if own else 0.0))
        elif own:
            found[k] = own[0]
    return build(structure, found)[0]
