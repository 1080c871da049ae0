"""What a for statement may iterate over in compiled code: ranges, arrays, and zip, enumerate and reversed of those."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from irad.frontend import abstract, values
from irad.frontend.abstract import ScalarSpec
from irad.frontend.dtypes import INT64
from irad.frontend.growing import getitem, growth_of, length_of
from irad.frontend.values import Array, Scalar
from irad.ir.builder import Builder
from irad.ir.core import Value
from irad.ir.ops import arith

INT = ScalarSpec(INT64, True)


class Unrolled:
    """Iterations that are traced one after the other instead of becoming a loop."""

    def __init__(self, items: Iterable[Any]) -> None:
        if isinstance(items, Steps):
            raise values.refuse(
                "irad.unroll needs a number of iterations that is known while tracing.",
                "Iterate over the range itself, or pass a constant.",
            )
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


def unroll(items: Iterable[Any]) -> Iterable[Any]:
    """Run a loop over `items` in Python while tracing, one copy of its body per item; outside compiled code, `items` itself.

    Examples
    --------
    >>> import irad
    >>> def f(x):
    ...     for k in irad.unroll(range(3)):
    ...         x = x * x
    ...     return x
    >>> f(2.0)
    256.0
    """
    return items


class Steps:
    """An iteration whose number of steps is known only at run time: a length, and the item of a step."""

    def __init__(self, length: Callable[[], Any], item: Callable[[Any], Any], what: str) -> None:
        self.length = length
        self.item = item
        self.what = what

    def __iter__(self) -> Iterator[Any]:
        raise values.refuse(
            f"{self.what} has a length that is known only at run time, so that it can be iterated over only by a for statement.",
            "Write the loop as a for statement, and collect results in an array or with list.append.",
        )

    def __len__(self) -> int:
        raise values.refuse(f"the length of {self.what} is known only at run time.", "Compute it from the length of the array.")


class TracedRange(Steps):
    """A range of which a bound is known only at run time."""

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        super().__init__(lambda: None, lambda i: i, "a range")
        self.start, self.stop, self.step = start, stop, step


def make_range(*args: Any) -> Any:
    """`range(…)` of integers of which some may be traced."""
    for a in args:
        if not isinstance(a, int | np.integer) and not (isinstance(a, Scalar) and a.dtype.kind in "iub"):
            raise values.wrong(
                TypeError,
                f"{a!r} cannot be interpreted as an integer"
                if isinstance(a, Scalar)
                else f"'{type(a).__name__}' object cannot be interpreted as an integer",
            )
    if not any(isinstance(a, Scalar) for a in args):
        return range(*args)
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
    return TracedRange(start, stop, step)


def as_index(b: Builder, x: Any) -> Value:
    """An integer as an SSA value of type index."""
    return b.index(int(x)) if isinstance(x, int | np.integer) else abstract.unwrap(abstract.coerce(x, INT))


def as_int(value: Value) -> Scalar:
    """A Python int for an index."""
    return Scalar(value, INT64, True)


class Counted:
    """A counted loop in the form that the IR has: bounds, a positive step, and the item of an induction value."""

    def __init__(self, lower: Any, upper: Any, step: int, item: Callable[[Value], Any]) -> None:
        self.lower, self.upper, self.step, self.item = lower, upper, step, item

    @property
    def trips(self) -> int | None:
        """Number of iterations, if it is known while tracing."""
        if isinstance(self.lower, int | np.integer) and isinstance(self.upper, int | np.integer):
            return len(range(int(self.lower), int(self.upper), self.step))
        return None


def counted(b: Builder, steps: Any) -> Counted:
    """The counted loop of a range or another iteration."""
    if isinstance(steps, range):
        steps = TracedRange(steps.start, steps.stop, steps.step)
    if not isinstance(steps, TracedRange):
        return Counted(0, steps.length(), 1, lambda i: steps.item(as_int(i)))
    start, stop, step = steps.start, steps.stop, steps.step
    if isinstance(step, Scalar):
        return _any_step(b, start, stop, step)
    step = int(step)
    if step == 0:
        raise values.wrong(ValueError, "range() arg 3 must not be zero")
    if step > 0:
        return Counted(start, stop, step, as_int)
    if all(isinstance(x, int | np.integer) for x in (start, stop)):
        count: Any = len(range(int(start), int(stop), step))
    else:
        difference = b(arith.SubI, as_index(b, start), as_index(b, stop))
        count = as_int(difference if step == -1 else b(arith.FloorDivSI, b(arith.AddI, difference, b.index(-step - 1)), b.index(-step)))
    return Counted(0, count, 1, lambda i: start + as_int(i) * step if step != -1 else start - as_int(i))


def _any_step(b: Builder, start: Any, stop: Any, step: Scalar) -> Counted:
    """A range whose step is traced: counted from 0."""
    lower, upper, by = as_index(b, start), as_index(b, stop), as_index(b, step)
    zero, one = b.index(0), b.index(1)
    b.check(b(arith.CmpI, by, zero, predicate="ne"), "ValueError", "range() arg 3 must not be zero")
    up = b(arith.CmpI, by, zero, predicate="sgt")
    distance = b(arith.Select, up, b(arith.SubI, upper, lower), b(arith.SubI, lower, upper))
    size = b(arith.MaxSI, b(arith.Select, up, by, b(arith.SubI, zero, by)), one)
    count = b(arith.FloorDivSI, b(arith.AddI, distance, b(arith.SubI, size, one)), size)
    return Counted(0, as_int(count), 1, lambda i: start + as_int(i) * step)


# ---------------------------------------------------------------- arrays, zip, enumerate, reversed


def _length(x: Any) -> Any:
    """Number of items of something that is iterated over."""
    if isinstance(x, Array):
        return x.shape[0]
    if isinstance(x, TracedRange):
        b = values.emitter()
        c = counted(b, x)
        zero = b.index(0)
        if c.step == 1:
            return as_int(b(arith.MaxSI, b(arith.SubI, as_index(b, c.upper), as_index(b, c.lower)), zero))
        span = b(arith.AddI, b(arith.SubI, as_index(b, c.upper), as_index(b, c.lower)), b.index(c.step - 1))
        return as_int(b(arith.MaxSI, b(arith.FloorDivSI, span, b.index(c.step)), zero))
    if isinstance(x, Steps):
        return x.length()
    return len(x) if isinstance(x, range) else length_of(x)


def _item(x: Any, i: Any) -> Any:
    """Item `i` of something that is iterated over."""
    if isinstance(x, TracedRange):
        return x.start + i * x.step
    if isinstance(x, range):
        return x.start + i * x.step
    return x.item(i) if isinstance(x, Steps) else x[i] if isinstance(x, Array) else getitem(x, i)


def is_long(x: Any) -> bool:
    """Whether iterating over something becomes a loop of the IR."""
    if isinstance(x, Array):
        if x.ndim == 0:
            raise values.wrong(TypeError, "iteration over a 0-d array")
        return True
    return isinstance(x, range | Steps) or (isinstance(x, list) and growth_of(x) is not None)


def steps_of(x: Any) -> Any:
    """The iteration over an array or a grown list; ranges and iterations are what they are."""
    if isinstance(x, range | Steps):
        return x
    return Steps(lambda: _length(x), lambda i: _item(x, i), "an array" if isinstance(x, Array) else "a list")


def make_enumerate(iterable: Any, start: Any = 0) -> Any:
    """`enumerate(…)`."""
    if not is_long(iterable):
        return enumerate(iterable, start)
    return Steps(
        lambda: _length(iterable),
        lambda i: (i + start if not isinstance(start, int) or start else i, _item(iterable, i)),
        "enumerate of an array",
    )


def make_zip(*iterables: Any, strict: bool = False) -> Any:
    """`zip(…)`."""
    if not any(is_long(x) for x in iterables):
        return zip(*iterables, strict=strict)
    if all(isinstance(x, range) for x in iterables):
        return zip(*iterables, strict=strict)
    if not all(is_long(x) for x in iterables):
        raise values.refuse("zip of arrays with other iterables is not supported.", "Loop over range(len(…)) and index them.")

    def length() -> Any:
        first, *others = [_length(x) for x in iterables]
        return functools.reduce(_same_length if strict else _shorter, others, first)

    return Steps(length, lambda i: tuple(_item(x, i) for x in iterables), "zip of arrays")


def _shorter(m: Any, n: Any) -> Any:
    if isinstance(m, int) and isinstance(n, int):
        return min(m, n)
    b = values.emitter()
    return as_int(b(arith.MinSI, as_index(b, m), as_index(b, n)))


def _same_length(m: Any, n: Any) -> Any:
    b = values.emitter()
    same = b(arith.CmpI, as_index(b, m), as_index(b, n), predicate="eq")
    b.check(same, "ValueError", "zip() arguments have the lengths {0} and {1}", as_index(b, m), as_index(b, n))
    return m


def make_reversed(x: Any) -> Any:
    """`reversed(…)`."""
    if isinstance(x, range):
        return x[::-1]
    if not is_long(x):
        return reversed(x)

    def item(i: Any) -> Any:
        return _item(x, _length(x) - 1 - i)

    return Steps(lambda: _length(x), item, "reversed of an array")
