"""`vjp`: values, and functions that pull cotangents back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from irad.api.calling import copies_that_overlap_alike, invoke, matching_shadows
from irad.api.compiled import Derivative, Program, derived
from irad.api.leaves import Leaves, has_derivative, outcome, prepare, unbound
from irad.frontend.abstract import ArraySpec, ScalarSpec
from irad.frontend.arguments import GivenContainer, OfFunction, leaves_of, parts_of
from irad.frontend.calls import call
from irad.frontend.values import as_traced
from irad.options import Options
from irad.pytree import LEAF, aligned, every_leaf, flatten


def vjp(f: Callable[..., Any], *primals: Any, options: Options | None = None) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Value of a function, and the function that pulls cotangents back through it, by reverse mode.

    Parameters
    ----------
    f : callable
        A function that returns floats and float arrays, alone or in tuples, lists, dicts and objects.
    *primals
        Its arguments: numbers, arrays, and trees of them.
    options : Options, optional
        How to compile.

    Returns
    -------
    tuple
        `(y, pullback)`. `pullback(seed)` takes a seed of y's shape and structure, in which None means zero, and returns a tuple with the
        derivative of <seed, y> by every argument, None for what is not a float. It runs f again, on the arguments as they were when vjp
        was called.

    Raises
    ------
    TypeError
        If f returns no floats, or one of its arguments.
    ValueError
        From the pullback: if the seed's shape is not y's.

    Examples
    --------
    >>> import irad, numpy as np
    >>> y, pullback = irad.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    made, leaves = prepare(f, primals, options)
    snapshot = copies_that_overlap_alike(leaves.leaves)
    value = outcome(made, leaves, iter(invoke(made, leaves.arguments(), Derivative())))
    _check_result(made)
    return value, Pullback(f, value, leaves, snapshot, options)


def _check_result(made: Program) -> None:
    tree = made.trace.result
    if not any(spec.dtype.kind in "fc" for spec in leaves_of(tree) if isinstance(spec, ScalarSpec | ArraySpec)):
        raise TypeError("vjp needs a function that returns one float or one array of floats, real or complex, or a tree with such leaves")
    if _holds_argument(tree):
        raise TypeError("vjp needs a function that returns new objects, but this one returns an argument; return what has a cotangent")


def _holds_argument(tree: Any) -> bool:
    return isinstance(tree, GivenContainer) or any(_holds_argument(part) for part in parts_of(tree))


class Pullback:
    """Pulls cotangents of a result back to the arguments."""

    def __init__(self, f: Callable[..., Any], value: Any, leaves: Leaves, snapshot: list[Any], options: Options | None) -> None:
        self._f, self._bound = unbound(f)
        self._leaves = leaves
        self._snapshot = snapshot
        self._options = options
        self._structure = flatten(value)

    def __call__(self, seed: Any) -> tuple[Any, ...]:
        """The derivative of <seed, result> by every argument."""
        values, structure = self._structure
        along = aligned(structure, seed, "the seed")
        seeds = [_seed(s, v) for s, v in zip(along, values, strict=True) if has_derivative(v)]
        if structure is LEAF and not isinstance(values[0], np.ndarray) and not np.iscomplexobj(values[0]):
            return self._run(self._f, (), "all", (float(seeds[0]),))
        count, first = len(seeds), len(self._bound)
        writing = derived(self._f, ("writing", first, count), lambda: Writing(self._f, first, count))
        return self._run(writing, seeds, "none", ())

    def _run(self, f: Callable[..., Any], seeds: Sequence[Any], results: Any, given: tuple[float, ...]) -> tuple[Any, ...]:
        args = self._leaves.trees(copies_that_overlap_alike(self._snapshot))[0]
        values = [*(np.zeros_like(s) for s in seeds), *args]
        made, leaves = prepare(f, values, self._options, self._bound)
        arguments = leaves.arguments(range(len(values)))
        matching_shadows(arguments)
        for argument, seed in zip(arguments, seeds, strict=False):
            argument.shadow[...] = seed
        wanted = Derivative("reverse", tuple(a.active for a in arguments), results, with_primal=False, implicit=True)
        cotangents: Iterator[Any] = iter(invoke(made, arguments, wanted, given))
        return tuple(leaves.gradients(arguments, cotangents)[len(seeds) :])


def _seed(seed: Any, value: Any) -> np.ndarray:
    dtype = np.asarray(value).dtype
    if seed is None:
        return np.zeros(np.shape(value), dtype)
    if isinstance(seed, list | tuple) and len(seed) == len(value):
        return np.array([_seed(s, v) for s, v in zip(seed, value, strict=True)], dtype).reshape(np.shape(value))
    found = np.array(seed, dtype)
    if found.shape != np.shape(value):
        raise ValueError(f"the seed has shape {found.shape}, the result {np.shape(value)}")
    return found


class Writing(OfFunction):
    """A function that writes the floats of another's result into its first arguments."""

    def __init__(self, f: Callable[..., Any], first: int, count: int) -> None:
        super().__init__(f)
        self._first = first
        self._count = count

    def __irad_call__(self, *given: Any) -> None:
        end = self._first + self._count
        result = call(self.function(), *given[: self._first], *given[end:])
        floats = [x for x in map(as_traced, every_leaf(result)) if has_derivative(x)]
        for out, x in zip(given[self._first : end], floats, strict=True):
            out[...] = x
