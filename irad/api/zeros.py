"""Zeros in the shape of anything: shadows for trees of arrays and numbers."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from irad.api.calling import zeros_that_overlap_alike
from irad.api.leaves import has_derivative
from irad.errors import instance
from irad.pytree import Flattened, blank, build, kind_of


def make_zero(x: Any, seen: Any = None, *args: Any, copy_if_inactive: bool = False) -> Any:
    """Zeros in the structure of a tree: what a shadow starts from.

    Parameters
    ----------
    x : object
        A number, an array, or a tuple, list, dict, namedtuple or object that holds some, however deep. Its type may be written in
        front, as in `make_zero(type, seen, x)`.
    seen : dict, optional
        What was made so far, by the id of what it was made for; pass the same dict to several calls if their arguments share parts.
    copy_if_inactive : bool
        Whether what has no derivative is copied; else the result shares it with x.

    Returns
    -------
    object
        As x, with zeros in place of floats and new arrays of zeros in place of arrays of floats. What occurs twice in x, or overlaps,
        does so in the result.

    Examples
    --------
    >>> import irad, numpy as np
    >>> irad.make_zero({"a": np.array([3.14]), "n": 3, "s": "x", "t": (2.0, [1.0])})
    {'a': array([0.]), 'n': 3, 's': 'x', 't': (0.0, [0.0])}
    """
    if args:
        x, *rest = args
        copy_if_inactive = rest[0] if rest else copy_if_inactive
    seen = {} if seen is None else seen
    flat = Flattened()
    flat.add(x)
    arrays = [v for v in flat.leaves if isinstance(v, np.ndarray) and has_derivative(v) and id(v) not in seen]
    seen.update(zip(map(id, arrays), zeros_that_overlap_alike(arrays), strict=True))
    return _zero(x, seen, copy_if_inactive)


def _zero(x: Any, seen: dict[int, Any], copied: bool) -> Any:
    if id(x) in seen:
        return seen[id(x)]
    kind = kind_of(type(x))
    if kind is None:
        return _zero_leaf(x, seen, copied)
    keys, parts = kind.split(x)
    if kind.fill is None:
        return kind.join(type(x), keys, [_zero(p, seen, copied) for p in parts])
    new = seen[id(x)] = blank(type(x))
    kind.fill(new, keys, [_zero(p, seen, copied) for p in parts])
    return new


def _zero_leaf(x: Any, seen: dict[int, Any], copied: bool) -> Any:
    if has_derivative(x):
        return type(x)(0) if not isinstance(x, np.ndarray) else np.zeros_like(x)
    if not copied:
        return x
    new = copy.deepcopy(x)
    if isinstance(x, np.ndarray):
        seen[id(x)] = new
    return new


def make_zero_into(x: Any) -> None:
    """Set the floats of a tree to zero, in place.

    Parameters
    ----------
    x : object
        An array, or a list, dict or object that holds arrays and numbers, however deep.

    Raises
    ------
    TypeError
        If there are numbers that are not held by a list, dict or object, so that they cannot be changed.

    Examples
    --------
    >>> import irad, numpy as np
    >>> x = {"a": np.array([3.0]), "b": (1.0, 2)}
    >>> irad.make_zero_into(x)
    >>> x
    {'a': array([0.]), 'b': (0.0, 2)}
    """
    flat = Flattened()
    structure = flat.add(x)
    for leaf in flat.leaves:
        if isinstance(leaf, np.ndarray) and has_derivative(leaf):
            leaf[...] = 0.0
    zeros = [_zero_leaf(v, {}, False) if not isinstance(v, np.ndarray) else v for v in flat.leaves]
    kind = kind_of(type(x))
    fixed = kind is None or kind.fill is None
    if fixed and any(has_derivative(v) and not isinstance(v, np.ndarray) for v in flat.leaves):
        raise TypeError(f"numbers in {instance(x)} cannot be changed in place; use make_zero")
    build(structure, zeros, flat.containers)


def remake_zero(x: Any) -> None:
    """Set a shadow that `make_zero` has made to zero again: the same as `make_zero_into`.

    Examples
    --------
    >>> import irad
    >>> shadow = irad.make_zero([3.0])
    >>> shadow[0] = 5.0
    >>> irad.remake_zero(shadow)
    >>> shadow
    [0.0]
    """
    make_zero_into(x)


def floats_of(tree: Any) -> list[Any]:
    """The floats and arrays of floats of a tree, each once."""
    flat = Flattened()
    flat.add(tree)
    return [v for v in flat.leaves if has_derivative(v)]


def norm(tree: Any) -> float:
    """The square root of the sum of the squares of all floats in a tree."""
    return math.sqrt(sum(float(np.sum(np.square(v))) for v in floats_of(tree)))
