"""The verifier: each invariant broken once, and what it says about it."""

import re

import pytest

from irad.errors import InternalError
from irad.ir.builder import Builder
from irad.ir.core import Block, Func, Module
from irad.ir.ops import REGISTRY, arith, func, irad, memref, scf
from irad.ir.parser import parse
from irad.ir.types import MemRefType, f64, i1, index
from irad.ir.verifier import verify
from irad.ir.verifier_ops import CHECKS, check_op


def sample():
    """A function with a loop that stores into an array, and the operations by name."""
    module = parse(
        """func.func @f(%x: memref<?xf64>, %n: index, %c: i1) -> f64 {
          %zero = arith.constant 0.0 : f64
          %c0 = arith.constant 0 : index
          %c1 = arith.constant 1 : index
          %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
            %v = memref.load %x[%i] : memref<?xf64>
            %t = arith.addf %a, %v : f64
            memref.store %t, %x[%i] : memref<?xf64>
            scf.yield %t : f64
          }
          func.return %s : f64
        }""",
        file="case.mlir",
    )
    verify(module)
    function = module.funcs["f"]
    return module, function, {op.name: op for op in function.walk()}


def says(what, root):
    with pytest.raises(InternalError, match=re.escape(what)):
        verify(root)


def test_every_operation_has_a_row():
    for cls in REGISTRY.values():
        assert any(base in CHECKS for base in cls.__mro__), cls.name


def test_errors_name_operation_function_and_place():
    module, _, ops = sample()
    ops["arith.addf"].operands[1].type = i1
    says('memref.load in @f at "case.mlir":6:17: results have types (i1), expected (f64)', module)


def test_list_links():
    module, _, ops = sample()
    ops["arith.addf"].prev = None
    says("arith.addf in @f at", module)
    module, function, ops = sample()
    function.body.last = ops["scf.for"]
    says("its last operation is <scf.for", module)


def test_parents():
    module, function, ops = sample()
    ops["scf.for"].body.parent = function
    says("its region names <func @f> as its parent", module)
    module, function, ops = sample()
    function.body.parent = None
    says("the body of @f names None", module)


def test_owners():
    module, _, ops = sample()
    ops["scf.for"].body.args[1].index = 0
    says("is number 1 of", module)


def test_terminators():
    module, _, ops = sample()
    ops["scf.yield"].erase()
    says("memref.store in @f", module)
    module, _, ops = sample()
    loop = ops["scf.for"]
    value = loop.body.terminator.operands[0]
    loop.body.append(scf.Yield([value]))
    says("stands before the end of a region", module)
    module, _, ops = sample()
    loop = ops["scf.for"]
    loop.body.terminator.erase()
    loop.body.append(func.Return(()))
    says("ends a region of <scf.for", module)
    body = Block()
    says("the body in @g is empty", Func("g", body, ()))


def test_values_are_defined_before_they_are_used():
    module, _, ops = sample()
    inner = ops["memref.load"].result
    ops["func.return"].set_operand(0, inner)
    says("operand 0 (%v) is used where it is not defined", module)
    module, function, ops = sample()
    loop = ops["scf.for"]
    loop.detach()
    function.body.insert(loop, function.body.first)
    says("operand 0 (%c0) is used where it is not defined", module)


def test_values_of_another_function():
    module, _, _ = sample()
    other = Block([f64])
    module.add(Func("g", other, [f64]))
    Builder(other).op(func.Return, [module.funcs["f"].body.terminator.operands[0]])
    says("is listed as a user", module)


def test_uses():
    module, _, ops = sample()
    value = ops["memref.load"].result
    del value.uses[ops["arith.addf"]]
    says("operand 1 (%v) does not list the operation among its users", module)
    module, _, ops = sample()
    ops["memref.load"].result.uses[ops["arith.addf"]] = 2
    says("lists 2 uses by it, found 1", module)
    module, _, ops = sample()
    arith.NegF([ops["memref.load"].result])
    says("is listed as a user", module)


def test_module_names_and_calls():
    module, function, _ = sample()
    module.funcs["g"] = function
    says("the module lists @f as @g", module)
    text = """func.func @f(%x: f64) -> f64 {
      %y = func.call @g(%x) : (f64) -> f64
      func.return %y : f64
    }
    """
    says("calls @g, which the module does not have", parse(text))
    says(
        "operands have types (f64), expected (index)",
        parse(text + "func.func @g(%i: index) -> f64 {\n %x = arith.constant 1.0 : f64\n func.return %x : f64\n}"),
    )
    says("results have types (f64), expected ()", parse(text + "func.func @g(%x: f64) {\n func.return\n}"))
    verify(parse(text).funcs["f"])


def test_returned_types():
    says("operands have types (f64), expected (index)", parse("func.func @f(%x: f64) -> index {\n func.return %x : f64\n}"))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("%a = arith.addf %x, %i : f64", "operand 1 (%i) has type index, expected f64"),
        ("%a = arith.addi %x, %x : f64", "operand 0 (%x) has type f64, expected an integer"),
        ("%a = math.sin %i : index", "operand 0 (%i) has type index, expected a float"),
        ("%a = arith.addf %x : f64", "has 1 operands, expected 2"),
        ("%a = math.fma %x, %x : f64", "has 2 operands, expected 3"),
        ("%a = math.fpowi %x, %x : f64, f64", "operand 1 (%x) has type f64, expected index"),
        ("%a = arith.addf %x, %x fastmath<quick> : f64", "fastmath is ('quick',)"),
        ("%a = arith.cmpf lt, %x, %x : f64", "predicate is 'lt', expected one of oeq"),
        ("%a = arith.cmpi olt, %i, %i : index", "predicate is 'olt', expected one of eq"),
        ("%a = arith.cmpi slt, %x, %x : f64", "expected an integer"),
        ("%a = arith.select %c, %x, %i : f64", "operand 2 (%i) has type index, expected f64"),
        ("%a = arith.select %i, %x, %x : f64", "operand 0 (%i) has type index, expected i1"),
        ("%a = arith.constant 300 : i8", "value 300 (int) is no constant of type i8"),
        ("%a = arith.constant 300 : memref<f64>", "is no constant of type memref<f64>"),
        ("%a = arith.truncf %x : f64 to f64", "does not convert f64 to f64"),
        ("%a = arith.index_cast %i : index to f64", "does not convert index to f64"),
        ("%a = arith.extsi %b : i8 to i8", "does not convert i8 to i8"),
        ("%a = arith.fptosi %i : index to index", "does not convert index to index"),
        ("%a = memref.cast %m : memref<?x3xf64> to memref<?x4xf64>", "does not convert memref<?x3xf64> to memref<?x4xf64>"),
        ("%a = memref.alloc() : memref<?xf64>", "has 0 indices or sizes, expected 1"),
        ("%a = memref.alloc() : memref<1xf64, strided<[?], offset: ?>>", "expected a contiguous memref"),
        ("%a = memref.alloca(%i) : memref<?xf64>", "has 1 operands, expected 0"),
        ("%a = memref.dim %m, %i : memref<?x3xf64>", "operand 1 (%i) is an axis, expected a constant"),
        ("%a = memref.dim %m, %two : memref<?x3xf64>", "axis 2 of an array of 2 dimensions"),
        ("%a = memref.load %m[%i] : memref<?x3xf64>", "has 1 indices or sizes, expected 2"),
        ("%a = memref.dim %x, %zero : f64", "operand 0 (%x) has type f64, expected a memref"),
        ("memref.store %i, %m[%i, %i] : memref<?x3xf64>", "operand 0 (%i) has type index, expected f64"),
        ("%a = memref.subview %m[%i] [%i] [%i] : memref<?x3xf64> to memref<?xf64>", "has 3 indices or sizes, expected 6"),
        ("%a = memref.subview %m[%i, %i] [%i, %i] [%i, %i] : memref<?x3xf64> to memref<?xf64>", "expected 2 dimensions of f64"),
        (
            "%a = memref.subview %m[%i, %i] [%i, %i] [%i, %i] {irad.dropped = [2]} : memref<?x3xf64> to memref<?xf64>",
            "dropped is (2,), expected axes",
        ),
        ("%a = irad.view %m[%i] [%i] [] : memref<?x3xf64> to memref<?xf64>", "has 2 indices or sizes, expected 3"),
        ('irad.check %c {error = "Oops", message = ""} : i1', "error is 'Oops', expected the name of a Python exception"),
        ('irad.check %c, %x {error = "ValueError", message = "{1}"} : i1, f64', "shows values ['1'], which it does not have"),
        ('irad.check %x {error = "ValueError", message = ""} : f64', "operand 0 (%x) has type f64, expected i1"),
        ("%a = irad.index %i, %x : index", "operand 1 (%x) has type f64, expected index"),
        ("scf.if %x {\n }", "operand 0 (%x) has type f64, expected i1"),
        ("%a = scf.if %c -> (f64) {\n scf.yield %i : index\n } else {\n scf.yield %x : f64\n }", "the values yielded have types (index)"),
        ("scf.for %k = %i to %i step %zero {\n }", "the step is not positive"),
        ("scf.for %k = %i to %i step %x {\n }", "operand 2 (%x) has type f64, expected index"),
        (
            "%a = scf.for %k = %i to %i step %i iter_args(%y = %x) -> (f64) {\n scf.yield %k : index\n }",
            "the values yielded have types (index)",
        ),
        (
            "scf.while (%y = %x) : (f64) -> () {\n scf.condition(%c) %y : f64\n } do {\n scf.yield %x : f64\n }",
            "the arguments of the second region have types (), expected (f64)",
        ),
        (
            "scf.while (%y = %x) : (f64) -> () {\n scf.condition(%c)\n } do {\n }",
            "the values yielded have types (), expected (f64)",
        ),
        (
            "irad.map (%y = %i : index) into %m : memref<?x3xf64> {\n scf.yield %y : index\n }",
            "the values yielded have types (index), expected (f64)",
        ),
        (
            "irad.map (%y = %v : memref<?xf64>) into %m : memref<?x3xf64> {\n scf.yield %y : f64\n }",
            "operand 1 (%v) has type memref<?xf64>, expected the shape of memref<?x3xf64>",
        ),
        (
            "irad.map () into %m : memref<?x3xf64> {\n %y = memref.load %v[%i] : memref<?xf64>\n scf.yield %y : f64\n }",
            "its region holds memref.load, which is not pure",
        ),
        (
            "%a = irad.reduce (%y = %x : f64) init (%s = %x : f64) {\n scf.yield %s : f64\n }",
            "none of the inputs is a memref",
        ),
    ],
)
def test_operations(line, what):
    module = parse(
        f"""func.func @f(%x: f64, %i: index, %c: i1, %b: i8, %m: memref<?x3xf64>, %v: memref<?xf64>) {{
          %zero = arith.constant 0 : index
          %two = arith.constant 2 : index
          {line}
          func.return
        }}"""
    )
    says(what, module)


def test_wrong_results_and_attributes_that_text_cannot_say():
    body = Block([f64, MemRefType((None,), f64)])
    x, array = body.args
    b = Builder(body)
    assert check_op(arith.AddF([x, x], [index])) == "results have types (index), expected (f64)"
    assert check_op(arith.Constant((), [f64], {"value": 1})) == "value 1 (int) is no constant of type f64"
    assert check_op(arith.Constant((), [index], {"value": True})) == "value True (bool) is no constant of type index"
    assert check_op(arith.AddF([x, x], None, {"fastmath": "nsz"})).startswith("fastmath is 'nsz'")
    assert check_op(memref.Dealloc([array], [f64])) == "results have types (f64), expected ()"
    assert check_op(func.Call([x], [f64])) == "callee is None, expected a name"
    assert check_op(arith.NegF([x], None, None, [Block()])) == "has 1 regions, expected none"
    assert check_op(irad.Reduce([array, x], [f64], {"inputs": 0}, [Block()])) == "inputs is 0, expected a number of operands"
    assert b.block is body


def test_an_operation_without_a_row():
    class Strange(arith.Pure):
        name = "test.strange"

    assert check_op(Strange()) == "Strange has no row in the verifier's table"


def test_functions_of_a_module_are_all_checked():
    good, bad = (Func(name, Block([f64]), [t]) for name, t in (("good", f64), ("bad", index)))
    for function in (good, bad):
        Builder(function.body).op(func.Return, function.args)
    verify(good)
    says("func.return in @bad", Module([good, bad]))
