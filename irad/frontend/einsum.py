"""np.einsum: its subscripts, and how many arrays are contracted, pair by pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from irad.frontend import broadcast
from irad.frontend import sizes as S
from irad.frontend.arrays import cast_operand, check_casting
from irad.frontend.contraction import Label, Term, agreeing_sizes, broadcast_sizes, contract
from irad.frontend.creation import result_type
from irad.frontend.products import diagonal_view
from irad.frontend.reductions import SUM, into, reduce
from irad.frontend.scalars import numpy_dtype
from irad.frontend.sizes import Size
from irad.frontend.values import Array, as_traced, emitter, refuse, wrong
from irad.frontend.views import as_array, transpose
from irad.ir.builder import Builder


@dataclass(frozen=True, slots=True)
class Subscripts:
    """A parsed subscript string: the labels of each operand and of the result, "..." among them."""

    inputs: list[list[Label]]
    output: list[Label]


def parse(text: str, count: int) -> Subscripts:
    """Parse the subscripts of so many operands; without "->" the result has the labels that occur once, in alphabetical order."""
    left, arrow, right = text.replace(" ", "").partition("->")
    inputs = [_labels(part) for part in left.split(",")]
    if len(inputs) != count:
        more = "more" if count > len(inputs) else "fewer"
        raise wrong(ValueError, f"{more} operands provided to einstein sum function than specified in the subscripts string")
    flat = [label for labels in inputs for label in labels]
    if arrow:
        output = _labels(right)
        for label in output:
            if output.count(label) > 1:
                raise wrong(ValueError, f"einstein sum subscripts string includes output subscript '{label}' multiple times")
            if label not in flat and label != "...":
                raise wrong(
                    ValueError, f"einstein sum subscripts string included output subscript '{label}' which never appeared in an input"
                )
    else:
        output = ["..."] * ("..." in flat) + sorted(label for label in set(flat) - {"..."} if flat.count(label) == 1)
    return Subscripts(inputs, output)


def _labels(text: str) -> list[Label]:
    before, dots, after = text.partition("...")
    labels = [*before, *[dots] * bool(dots), *after]
    for label in labels:
        if label != "..." and not (label.isascii() and label.isalpha()):
            raise wrong(ValueError, f"invalid subscript '{label}' in einstein sum subscripts string, subscripts must be letters")
    return labels


def _text_of_lists(args: Sequence[Any]) -> tuple[str, list[Any]]:
    """The subscripts and operands of the form einsum(x, [0, 1], y, [1, 2], [0, 2])."""
    operands = list(args[: len(args) // 2 * 2 : 2])
    text = ",".join(_letters(labels) for labels in args[1::2])
    return (f"{text}->{_letters(args[-1])}" if len(args) % 2 else text), operands


def _letters(labels: Sequence[Any]) -> str:
    return "".join("..." if label is Ellipsis else chr(ord("A") + label) if label < 26 else chr(ord("a") + label - 26) for label in labels)


def np_einsum(*operands: Any, out: Any = None, optimize: Any = False, dtype: Any = None, casting: str = "safe", order: str = "K") -> Any:
    """np.einsum: pairs of operands are contracted, those first whose result has the fewest axes."""
    text, arrays = (operands[0], list(operands[1:])) if isinstance(operands[0], str) else _text_of_lists(operands)
    if casting not in ("safe", "same_kind", "unsafe") or order not in ("K", "C", "A"):
        raise refuse(f"np.einsum with casting={casting!r} and order={order!r} is not supported.")
    arrays = [as_array(x) for x in arrays]
    if dtype is not None:
        arrays = [cast_operand(x, numpy_dtype(dtype)) for x in arrays]
    result = _einsum(emitter(), parse(text, len(arrays)), arrays)
    if out is not None:
        check_casting("einsum", result.dtype, as_traced(out))
    return into(out, result)


def _einsum(b: Builder, subscripts: Subscripts, arrays: list[Array]) -> Any:
    dtype = result_type(*arrays)
    terms, batch = _named(b, subscripts, arrays)
    output = [name for label in subscripts.output for name in (batch if label == "..." else [label])]
    lost = [name for name in batch if name not in output]
    if lost:
        raise wrong(ValueError, "output has an ellipsis missing: the '...' of an operand must be in the output too")
    sizes = agreeing_sizes(
        b, terms, "operands could not be broadcast together: their named axes differ in " + " ".join(["{}"] * len(terms)), batch
    )
    while len(terms) > 1:
        pair = min(combinations(range(len(terms)), 2), key=lambda ij: len(_kept(terms, ij, output)))
        rest = [t for i, t in enumerate(terms) if i not in pair]
        kept = _kept(terms, pair, output)
        x, y = (_without_own(terms[i], [*kept, *terms[other].labels]) for i, other in (pair, pair[::-1]))
        found = contract(b, x, y, kept, sizes, dtype)
        terms = [*rest, Term(as_array(found), kept)]
    return _arranged(b, terms[0], output, sizes, dtype)


def _named(b: Builder, subscripts: Subscripts, arrays: Sequence[Array]) -> tuple[list[Term], dict[Label, Size]]:
    """The operands with a name for every axis, repeated ones taken as diagonals, and the sizes of the axes of the ellipses."""
    plain: list[tuple[Array, int]] = []
    for labels, x in zip(subscripts.inputs, arrays, strict=True):
        extra = x.ndim - len(labels) + ("..." in labels)
        if extra < 0 or (extra and "..." not in labels):
            raise wrong(ValueError, f"einstein sum subscripts string does not fit an operand with {x.ndim} dimensions")
        plain.append((x, extra))
    shapes = [_ellipsis_sizes(b, x, labels, n) for (x, n), labels in zip(plain, subscripts.inputs, strict=True)]
    batch, scales = broadcast_sizes(b, shapes)
    terms: list[Term] = []
    for (x, _), labels, scale in zip(plain, subscripts.inputs, scales, strict=True):
        names = [name for label in labels for name in (scale if label == "..." else [label])]
        x, names = _diagonals(x, names)
        terms.append(Term(x, names, {label: n for label, n in scale.items() if n != 1}))
    return terms, batch


def _ellipsis_sizes(b: Builder, x: Array, labels: Sequence[Label], count: int) -> list[Size]:
    first = labels.index("...") if "..." in labels else 0
    return S.dims(b, x.value)[first : first + count]


def _diagonals(x: Array, labels: list[Label]) -> tuple[Array, list[Label]]:
    """A view in which no name occurs twice."""
    for label in list(dict.fromkeys(labels)):
        axes = [i for i, name in enumerate(labels) if name == label]
        if len(axes) > 1:
            b = emitter()
            conditions = broadcast.Conditions(b)
            shape = S.dims(b, x.value)
            for i in axes[1:]:
                if not S.same(shape[axes[0]], shape[i]):
                    conditions.require((shape[axes[0]], shape[i]))
            conditions.check(f"dimensions in single operand for collapsing index '{label}' don't match", [])
            x, labels = diagonal_view(x, axes), [*(name for name in labels if name != label), label]
    return x, labels


def _kept(terms: Sequence[Term], pair: Sequence[int], output: Sequence[Label]) -> list[Label]:
    """The labels of a pair's product: those that the result or another operand has, in the result's order as far as it has them."""
    needed = {label for i, term in enumerate(terms) if i not in pair for label in term.labels}
    own = list(dict.fromkeys(label for i in pair for label in terms[i].labels))
    return [*(label for label in output if label in own), *(label for label in own if label in needed and label not in output)]


def _without_own(term: Term, needed: Sequence[Label]) -> Term:
    """The sum over the axes that nothing else has."""
    own = tuple(i for i, label in enumerate(term.labels) if label not in needed)
    if not own:
        return term
    labels = [label for label in term.labels if label in needed]
    return Term(as_array(reduce(SUM, term.array, own, term.array.dtype)), labels, term.scales)


def _arranged(b: Builder, term: Term, output: Sequence[Label], sizes: dict[Label, Size], dtype: np.dtype) -> Any:
    """The last operand with its axes in the result's order: a view if nothing is summed."""
    term = _without_own(term, output)
    for label in output:
        term = term.repeated(b, label, sizes[label])
    result = transpose(term.array, [term.labels.index(label) for label in output])
    if not output:
        return result[()]
    return result


EINSUM: dict[Any, Callable[..., Any]] = {np.einsum: np_einsum}
