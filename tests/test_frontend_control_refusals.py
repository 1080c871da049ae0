"""What the front end refuses, and what goes wrong for certain: each error names file, line, column, reason and way out."""

from __future__ import annotations

import array
import itertools
import re
from typing import Any

import numpy as np
import pytest
from frontend_control import traced

from irad.errors import UnsupportedError

GLOBAL = np.array([1.0, 2.0])
NUMBERS = [1, 2]
VECTOR = np.arange(3.0)
REFUSALS: list[Any] = []


def refused(what, remedy, *args, at, error=UnsupportedError):
    """A function, what its refusal says, and the piece of its source under the carets."""

    def add(f):
        REFUSALS.append(pytest.param(f, args or (1.0,), error, what, remedy, at, id=f.__name__))
        return f

    return add


@refused("try/except cannot be compiled", "Test for the condition", at="try:")
def handler(x):
    try:
        return x
    except ValueError:
        return 0.0


@refused("this list_iterator was made elsewhere", "use a list or an array and an index", VECTOR, at="next(numbers)")
def next_in_a_loop(x):
    numbers = iter([1.0, 2.0, 3.0])
    s = 0.0
    for i in range(3):
        s += x[i] * next(numbers)
    return s


@refused("this count was made elsewhere", "use a list or an array and an index", VECTOR, at="next(counter)")
def next_in_a_branch(x):
    counter = itertools.count()
    s = 0.0
    if x[0] > 0.0:
        s += next(counter)
    return s + next(counter)


@refused("this generator was made elsewhere", "use a list or an array and an index", VECTOR, at="squares")
def iterator_of_an_inner_loop(x):
    squares = (k * k for k in (1, 2))
    s = 0.0
    for i in range(3):
        for k in squares:
            s += x[i] * k
    return s


@refused("this array was made elsewhere", "use a list or an array and an index", VECTOR, at="numbers.append(1.0)")
def array_of_the_standard_library(x):
    numbers = array.array("d")
    for _ in range(3):
        numbers.append(1.0)
    return x[0] * len(numbers)


class Shown:
    def __init__(self):
        self.last = 0.0

    def __format__(self, spec):
        self.last = self.last * 2.0 + 1.0
        return "shown"


@refused("a value made in a branch or loop is used outside of it", "an ordinary name", VECTOR, at="self.last * 2.0")
def method_that_changes_its_object_unseen(x):
    shown = Shown()
    shown.last = x[0]
    s = 0.0
    for _ in range(3):
        s += x[len(f"{shown}") - 4]
    return s * shown.last


@refused("does not support the context manager protocol", "", at="[x]", error=TypeError)
def no_context_manager(x):
    with [x]:
        return x


@refused("a generator cannot be compiled", "Return a list", at="yield x")
def generator(x):
    yield x


@refused("asynchronous code", "ordinary function", at="async def inner():")
def asynchronous(x):
    async def inner():
        pass

    return x


@refused("the global or nonlocal variable 'GLOBAL'", "Return the value", at="x * 2")
def global_write(x):
    global GLOBAL
    GLOBAL = x * 2
    return x


@refused("the global or nonlocal variable 'total'", "Return the value", at="total += v")
def nonlocal_write(x):
    total = 0.0

    def add(v):
        nonlocal total
        total += v

    add(x)
    return total


@refused("assigned in a branch or loop", "Return the value", at="1.0")
def constant_written_in_a_branch(x):
    count = 0.0

    def mark():
        nonlocal count
        count = 1.0

    if x > 0:
        mark()
    return x + count


@refused("the variable 'y' is a float on one path and 'a' on the other", "one type", at="x > 0")
def number_or_string(x):
    if x > 0:
        y = x
    else:
        y = "a"
    return y


@refused("the returned value is a float on one path and None on the other", "one type", at="x > 0")
def number_or_nothing(x):
    if x > 0:
        return x


@refused("the variable 'y' is an array of float64 of rank 1 on one path and a float on the other", "one type", at="x > i")
def array_or_number(x):
    for i in range(3):
        if x > i:
            y = np.zeros(3)
        else:
            y = x
    return y


@refused("the variable 'best' is None on one path and a float on the other", "one type", at="range(3)")
def none_then_number(x):
    best = None
    for i in range(3):
        if best is None or x > best:
            best = x * i
    return best


@refused("the entry ['k'] of a dict is a float on one path and 's' on the other", "one type", at="x > 0")
def entry_of_two_types(x):
    d = {"k": "s"}
    if x > 0:
        d["k"] = 1.0
    return d["k"]


@refused("print() is not supported", "Return the values", at="print(x)")
def printed(x):
    print(x)
    return x


@refused("a length that is known only at run time", "for statement", 3, at="range(n)")
def comprehension_over_a_range(n):
    return sum([v for v in range(n)])


@refused("irad.unroll needs a number of iterations", "Iterate over the range itself", 3, at="unroll(range(n))")
def unrolled(n):
    from irad.frontend import unroll

    s = 0
    for i in unroll(range(n)):
        s += i
    return s


@refused("stored in [2] of a list from outside", "Return the value", at="NUMBERS.append(x)")
def list_from_outside(x):
    NUMBERS.append(x)
    return x


@refused("from outside the function", "Return the value", 3, at="NUMBERS.append(i)")
def list_from_outside_grows(n):
    for i in range(n):
        NUMBERS.append(i)
    return n


@refused("a list whose length is known only at run time is returned", "np.array(list)", 3, at="def grown_list")
def grown_list(n):
    acc = []
    for i in range(n):
        acc.append(i)
    return acc


@refused("can hold only numbers", "Write the elements into an array", 3, at="range(n)")
def list_of_lists(n):
    acc = []
    for i in range(n):
        acc.append([i])
    return len(acc)


@refused("whose position is known only at run time", "Use an array", 3, at="d[i]")
def dict_entry(n):
    d = {}
    for i in range(n):
        d[i] = 1.0
    return n


@refused("eval() reads names", "Name the variables", at='eval("x")')
def evaluated(x):
    return eval("x")


@refused("not supported on traced values", "", VECTOR, at="np.fft.fft(x)")
def unknown_function(x):
    return np.fft.fft(x)


@refused("the subject of a match statement", "if and elif", at="x")
def matched(x):
    match x:
        case 1:
            return 2.0
    return 1.0


@refused("random.random would be called once, while tracing", "pass its result as an argument.", at="random.random()")
def random_number(x):
    import random

    return x * random.random()


@refused("the truth value of an array", "np.sum", VECTOR, at="x > 0")
def array_as_condition(x):
    if x > 0:
        return 1.0
    return 2.0


@refused("cannot be a key of a dict", "", at="{x: 1}")
def key_of_a_dict(x):
    return {x: 1}


@refused("has run 10000 times", "break or return", at="True")
def endless(x):
    while True:
        x += 1
        if x > 3:
            raise ValueError


@refused("a text that shows a value known only at run time", "Return the value", at="def text")
def text(x):
    return f"{x}"


@refused("cannot be compiled inside a lambda", "Use an if statement", at="(y := x) > 0")
def walrus_in_a_lambda(x):
    f = lambda: x > 1 and (y := x) > 0 and y < 3  # noqa: E731
    return f()


@refused("name 'undefined_name' is not defined", "", at="undefined_name", error=NameError)
def undefined(x):
    return undefined_name + x  # noqa: F821


@refused("cannot access local variable 'z'", "", at="z", error=UnboundLocalError)
def unbound(x):
    if x is None:
        z = 1
    return z + x


@refused("unsupported operand type(s) for +: a traced number and 'str'", "", at='x + "a"', error=TypeError)
def number_plus_string(x):
    return x + "a"


@refused("no", "", at='raise ValueError("no")', error=ValueError)
def raised_for_certain(x):
    raise ValueError("no")


@refused("0-d array", "", np.array(1.0), at="x", error=TypeError)
def iterates_over_a_number(x):
    s = 0.0
    for v in x:
        s += v
    return s


@refused("try/except", "", at="try:")
def in_a_helper(x):
    return helper(x)


def helper(y):
    try:
        return y
    finally:
        pass


@pytest.mark.parametrize(("f", "args", "error", "what", "remedy", "at"), REFUSALS)
def test_refusal(f, args, error, what, remedy, at):
    with pytest.raises(error) as caught:
        traced(f, *args)
    assert type(caught.value) is error
    text = str(caught.value)
    assert what in text
    assert remedy in text
    assert text.count("File ") == 1
    place = re.match(r'\n  File "(.*)", line (\d+), in (\w+|<lambda>)\n    (.*)\n(    )( *)(\^+)\n', text)
    assert place is not None, text
    file, line, _, source, _, before, carets = place.groups()
    assert file == __file__
    with open(__file__) as lines:
        assert lines.readlines()[int(line) - 1].strip() == source.strip()
    marked = source[len(before) : len(before) + len(carets)]
    assert marked.startswith(at) or at.startswith(marked)
    assert at in source


def test_containers_are_as_before_a_refusal():
    before = list(NUMBERS)
    with pytest.raises(UnsupportedError):
        traced(list_from_outside, 1.0)
    with pytest.raises(UnsupportedError):
        traced(list_from_outside_grows, 3)
    assert before == NUMBERS


def test_irads_own_frames_are_left_out():
    with pytest.raises(UnsupportedError) as caught:
        traced(number_or_string, 1.0)
    files = [entry.frame.code.path.name if hasattr(entry.frame.code.path, "name") else "" for entry in caught.traceback]
    assert "control.py" not in files
    assert caught.value.__cause__ is None
