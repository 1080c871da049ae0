"""The Before and After of every pass's docstring: the text parses, the pass turns one into the other, and both compute the same."""

import importlib
import inspect
import pkgutil
import re

import pytest

import irad.passes
from irad.ir.ops.arith import Constant
from irad.ir.parser import parse
from irad.ir.printer import print_module
from irad.ir.verifier import verify
from irad.passes.pipeline import PASSES

SECTION = re.compile(r"^( *)Before:\n(.*?)^\1After[^\n]*:\n(.*?)(?=^\1\S|\Z)", re.M | re.S)


def documented():
    """(pass name, before, after) of every docstring that shows both."""
    for info in pkgutil.iter_modules(irad.passes.__path__):
        module = importlib.import_module(f"irad.passes.{info.name}")
        for name, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == module.__name__ and value.__doc__:
                for match in SECTION.finditer(value.__doc__):
                    yield name, match[2], match[3]


CASES = list(documented())


def test_there_is_an_example_for_every_pass():
    shown = {name.replace("_", "-") for name, _, _ in CASES}
    assert set(PASSES) - {"peephole"} <= shown, f"no Before/After in the docstrings of {sorted(set(PASSES) - shown)}"


@pytest.mark.parametrize(("name", "before", "after"), CASES, ids=[c[0] for c in CASES])
def test_example(name, before, after):
    module, expected = parse(before), parse(after)
    verify(module)
    verify(expected)
    PASSES[name.replace("_", "-")](module)
    verify(module)
    if name == "induction":  # leaves it to others to drop what is not needed any more
        PASSES["peephole"](module)
    clean(module)
    clean(expected)
    assert print_module(module, hints=False) == print_module(expected, hints=False)


def clean(module):
    """Constants in front, in one order, and unused ones gone: where they stand is not what the examples show."""
    for function in module.funcs.values():
        constants = {}
        for op in [op for op in function.walk() if isinstance(op, Constant)]:
            if op.result.uses:
                kept = constants.setdefault((str(op.result.type), repr(op.value)), op)
                op.result.replace_by(kept.result)
            if not op.result.uses:
                op.erase()
        for _, op in sorted(constants.items(), key=lambda item: item[0], reverse=True):
            op.detach()
            function.body.insert(op, function.body.first)
