"""The rewriter: what patterns may do, what is visited again, and that it comes to an end."""

import pytest
from hypothesis import given, settings
from ir_programs import modules

from irad.errors import InternalError
from irad.ir.core import Op
from irad.ir.ops import arith, math, scf
from irad.ir.ops.base import BinaryFloat
from irad.ir.parser import parse
from irad.ir.printer import print_module
from irad.ir.rewriter import rewrite, trivially_dead
from irad.ir.verifier import verify


def rewritten(text, patterns):
    module = parse(text)
    changed = rewrite(module.funcs["f"], patterns)
    verify(module)
    return print_module(module), changed


def constant(value):
    return value.op.value if isinstance(value.op, arith.Constant) else None


def fold_add(rewriter, op):
    x, y = map(constant, op.operands)
    if x is None or y is None:
        return False
    rewriter.replace(op, rewriter.builder(op).constant(x + y, op.result.type))
    return True


def test_a_chain_folds_and_leaves_no_dead_operations():
    text, changed = rewritten(
        """func.func @f() -> f64 {
          %a = arith.constant 1.0 : f64
          %b = arith.addf %a, %a : f64
          %c = arith.addf %b, %b : f64
          %d = arith.addf %c, %a : f64
          func.return %d : f64
        }""",
        {arith.AddF: [fold_add]},
    )
    assert changed
    assert text == "func.func @f() -> f64 {\n  %d = arith.constant 5.0 : f64\n  func.return %d : f64\n}\n"


def test_new_operations_and_new_users_are_visited():
    """-(-x): the outer one is visited before the pattern below turns sin into the inner one."""

    def sin_to_negation(rewriter, op):
        rewriter.replace(op, rewriter.builder(op)(arith.NegF, op.operands[0]))
        return True

    def double_negation(rewriter, op):
        inner = op.operands[0].op
        if not isinstance(inner, arith.NegF):
            return False
        rewriter.replace(op, inner.operands[0])
        return True

    text, _ = rewritten(
        """func.func @f(%x: f64) -> f64 {
          %a = math.sin %x : f64
          %b = arith.negf %a : f64
          func.return %b : f64
        }""",
        {math.Sin: [sin_to_negation], arith.NegF: [double_negation]},
    )
    assert text == "func.func @f(%x: f64) -> f64 {\n  func.return %x : f64\n}\n"


def test_dead_operations_go_whatever_the_patterns():
    text, changed = rewritten(
        """func.func @f(%m: memref<?xf64>, %i: index) {
          %a = memref.load %m[%i] : memref<?xf64>
          %b = math.sin %a : f64
          %c = memref.alloc(%i) : memref<?xf64>
          memref.store %a, %m[%i] : memref<?xf64>
          func.return
        }""",
        {},
    )
    assert changed
    assert "math.sin" not in text
    assert "memref.alloc" not in text
    assert "memref.load" in text


def test_nothing_to_do():
    text = "func.func @f(%x: f64) -> f64 {\n  func.return %x : f64\n}\n"
    assert rewritten(text, {arith.AddF: [fold_add]}) == (text, False)


def test_patterns_of_a_base_class_come_after_those_of_the_class():
    seen = []

    def remember(name):
        def pattern(rewriter, op):
            seen.append((name, op.name))
            return False

        return pattern

    rewritten(
        "func.func @f(%x: f64) -> f64 {\n  %y = arith.addf %x, %x : f64\n  func.return %y : f64\n}",
        {Op: [remember("op")], BinaryFloat: [remember("family")], arith.AddF: [remember("add")]},
    )
    assert seen == [("add", "arith.addf"), ("family", "arith.addf"), ("op", "arith.addf"), ("op", "func.return")]


def test_a_branch_whose_condition_is_known_is_inlined():
    def known(rewriter, op):
        condition = constant(op.operands[0])
        if condition is None:
            return False
        handed = rewriter.inline(op.then if condition else op.orelse, op, ())
        rewriter.replace(op, *handed)
        return True

    text, _ = rewritten(
        """func.func @f(%x: f64) -> f64 {
          %t = arith.constant true
          %r = scf.if %t -> (f64) {
            %a = math.sin %x : f64
            scf.yield %a : f64
          } else {
            %b = math.cos %x : f64
            scf.yield %b : f64
          }
          func.return %r : f64
        }""",
        {scf.If: [known]},
    )
    assert text == "func.func @f(%x: f64) -> f64 {\n  %a = math.sin %x : f64\n  func.return %a : f64\n}\n"


def test_a_loop_is_visited_again_when_its_yield_changes():
    """A loop that yields what it was given is gone, once the addition of zero in it is."""

    def add_zero(rewriter, op):
        if constant(op.operands[1]) != 0.0:
            return False
        rewriter.replace(op, op.operands[0])
        return True

    def passes_on(rewriter, op):
        if not op.results or op.body.terminator.operands != op.carried:
            return False
        rewriter.replace(op, *op.inits)
        return True

    text, _ = rewritten(
        """func.func @f(%x: f64, %n: index) -> f64 {
          %zero = arith.constant 0.0 : f64
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f64) {
            %s = arith.addf %a, %zero : f64
            scf.yield %s : f64
          }
          func.return %r : f64
        }""",
        {arith.AddF: [add_zero], scf.For: [passes_on]},
    )
    assert text == "func.func @f(%x: f64, %n: index) -> f64 {\n  func.return %x : f64\n}\n"


def test_set_operand_and_set_attr():
    def swap(rewriter, op):
        if op.attrs.get("seen"):
            return False
        x, y = op.operands
        rewriter.set_operand(op, 0, y)
        rewriter.set_operand(op, 1, x)
        rewriter.set_attr(op, "seen", True)
        return True

    text, changed = rewritten(
        "func.func @f(%x: f64, %y: f64) -> f64 {\n  %z = arith.subf %x, %y : f64\n  func.return %z : f64\n}", {arith.SubF: [swap]}
    )
    assert changed
    assert "%z = arith.subf %y, %x {irad.seen} : f64" in text


def test_patterns_that_undo_each_other_are_found():
    def to_cos(rewriter, op):
        rewriter.replace(op, rewriter.builder(op)(math.Cos, op.operands[0]))
        return True

    def to_sin(rewriter, op):
        rewriter.replace(op, rewriter.builder(op)(math.Sin, op.operands[0]))
        return True

    text = "func.func @f(%x: f64) -> f64 {\n  %y = math.sin %x : f64\n  func.return %y : f64\n}"
    with pytest.raises(InternalError, match="undo each other"):
        rewritten(text, {math.Sin: [to_cos], math.Cos: [to_sin]})


@settings(max_examples=60, deadline=None)
@given(modules())
def test_afterwards_nothing_is_dead(module):
    function = module.funcs["f"]
    rewrite(function, {arith.AddF: [fold_add]})
    verify(module)
    assert not [op for op in function.walk() if trivially_dead(op)]
    assert not rewrite(function, {arith.AddF: [fold_add]})
