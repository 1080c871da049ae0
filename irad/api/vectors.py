"""`flatten`: the floats of a tree as one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irad.api.leaves import has_derivative
from irad.frontend.state import current_state
from irad.pytree import Flattened, build


def flatten(tree: Any) -> tuple[np.ndarray, Callable[[Any], Any]]:
    """The floats of a tree as one vector, and the way back.

    Parameters
    ----------
    tree : object
        Numbers and arrays in tuples, lists, dicts, namedtuples and objects.

    Returns
    -------
    tuple
        `(vector, unflatten)`. The vector has all floats, those of an array in row-major order; what occurs twice is there once.
        `unflatten(vector)` makes a tree of the same structure, in which all else is as it was; it may be used in traced functions.

    Raises
    ------
    ValueError
        From unflatten: if the vector has another length.

    Examples
    --------
    >>> import irad, numpy as np
    >>> vector, unflatten = irad.flatten({"weight": np.array([[6.0, 1.0]]), "bias": 2.0})
    >>> vector
    array([6., 1., 2.])
    >>> unflatten(10 * vector)
    {'weight': array([[60., 10.]]), 'bias': np.float64(20.0)}
    """
    flat = Flattened()
    structure = flat.add(tree)
    floats = [k for k, x in enumerate(flat.leaves) if has_derivative(x)]
    pieces = [np.ravel(flat.leaves[k]) for k in floats]
    vector = np.concatenate(pieces) if pieces else np.zeros(0)

    def unflatten(vector: Any) -> Any:
        known = isinstance(vector.shape[0], int)
        if known and vector.shape != (total,):
            raise ValueError(f"the vector has shape {vector.shape}, but the tree has {total} floats")
        leaves = list(flat.leaves)
        for k, start, end in spans:
            leaves[k] = _piece(vector, start, end, flat.leaves[k])
        new, containers = build(structure, leaves)
        now = current_state()
        if now is not None:
            for container in containers:
                now.fresh(container)
        return new

    ends = np.cumsum([0, *(p.size for p in pieces)]).tolist()
    spans = list(zip(floats, ends, ends[1:], strict=False))
    total = ends[-1]
    return vector, unflatten


def _piece(vector: Any, start: int, end: int, leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return vector[start]
    return vector[start:end].reshape(leaf.shape).astype(leaf.dtype)
