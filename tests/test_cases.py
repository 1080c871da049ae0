"""Runs the text cases, and shows that the runner refuses what proves nothing and sees what is wrong."""

from pathlib import Path

import pytest
from text_cases import BadCase, check, read

from irad.ir.ops import arith
from irad.passes.ad import partials

CASES = [case for path in sorted((Path(__file__).parent / "cases").rglob("*.mlir")) for case in read(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case):
    check(case)


SQUARE = """
func.func @f(%x: f64) -> f64 {
  %y = arith.mulf %x, %x : f64
  func.return %y : f64
}
"""


def case_of(tmp_path, *directives, source=SQUARE, expected=None):
    path = tmp_path / "case.mlir"
    path.write_text("\n".join(f"// {d}" for d in directives) + source + (f"// EXPECT:\n{expected}" if expected is not None else ""))
    (case,) = read(path)
    return case


@pytest.mark.parametrize(
    ("directives", "why"),
    [
        ((), "runs nothing"),
        (("PASS: dce",), "runs nothing"),
        (("PASS: reverse(@f)", "CALL: @f(2.0) == 4.0"), "needs a GRAD"),
        (("PASS: forward(@f)", "CALL: @f(2.0) == 4.0"), "needs a GRAD"),
        (("PASS: dec", "CALL: @f(2.0) == 4.0"), "no pass dec"),
        (("CALL: @f(2.0)",), "CALL reads"),
        (("CALL: @g(2.0) == 4.0",), "no function @g"),
        (("CALL: @f() == 4.0",), "takes 1 arguments"),
        (("GRAD: @f(2.0)",), "GRAD reads"),
    ],
)
def test_what_proves_nothing_is_refused(tmp_path, directives, why):
    with pytest.raises(BadCase, match=why):
        check(case_of(tmp_path, *directives))


def test_an_empty_expectation_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv("IRAD_UPDATE_CASES", raising=False)
    with pytest.raises(BadCase, match="nothing stands behind EXPECT"):
        check(case_of(tmp_path, "CALL: @f(2.0) == 4.0", expected=""))


def test_misspelt_directives_are_refused(tmp_path):
    with pytest.raises(BadCase, match="no directive CALLS"):
        case_of(tmp_path, "CALLS: @f(2.0) == 4.0")


@pytest.mark.parametrize(
    ("directive", "what"),
    [
        ("CALL: @f(2.0) == 4.5", r"results \[4.0\], expected \[4.5\]"),
        ("CALL: @f(2.0) ~= 4.001", r"results \[4.0\], expected"),
        ("ERROR: no such thing", "nothing failed"),
    ],
)
def test_wrong_statements_fail(tmp_path, directive, what):
    with pytest.raises(AssertionError, match=what):
        check(case_of(tmp_path, directive))


def test_wrong_text_fails_and_names_may_differ(tmp_path, monkeypatch):
    monkeypatch.delenv("IRAD_UPDATE_CASES", raising=False)
    check(case_of(tmp_path, "CALL: @f(2.0) == 4.0", expected=SQUARE.replace("%y", "%other")))
    with pytest.raises(AssertionError, match=r"arith\.addf"):
        check(case_of(tmp_path, "CALL: @f(2.0) == 4.0", expected=SQUARE.replace("mulf", "addf")))


def test_expected_text_can_be_rewritten(tmp_path, monkeypatch):
    monkeypatch.setenv("IRAD_UPDATE_CASES", "1")
    case = case_of(tmp_path, "CALL: @f(2.0) == 4.0", expected=SQUARE.replace("mulf", "addf"))
    check(case)
    monkeypatch.delenv("IRAD_UPDATE_CASES")
    (rewritten,) = read(case.path)
    check(rewritten)
    assert rewritten.expected == SQUARE.lstrip()


def test_a_wrong_derivative_is_seen(tmp_path, monkeypatch):
    """Both modes read one table: with a wrong row they agree with each other, and disagree with finite differences."""
    case = case_of(tmp_path, "GRAD: @f at (3.0)")
    check(case)
    row = partials.PARTIALS[arith.MulF]
    monkeypatch.setitem(partials.PARTIALS, arith.MulF, (row[1], row[1]))
    check(case)  # both operands are %x
    product = SQUARE.replace("%x: f64", "%x: f64, %z: f64").replace("%x, %x", "%x, %z")
    with pytest.raises(AssertionError, match="differences"):
        check(case_of(tmp_path, "GRAD: @f at (3.0, 2.0)", source=product))


def test_an_exception_that_does_not_come_is_missed(tmp_path):
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        check(case_of(tmp_path, "CALL: @f(2.0) raises ValueError: x"))


def test_two_directives_on_a_line(tmp_path):
    case = case_of(tmp_path, "PASS: simplify, reverse(@f)   // GRAD: @f at (3.0)")
    assert case.directives == [("PASS", "simplify, reverse(@f)", 1), ("GRAD", "@f at (3.0)", 1)]
    check(case)


def test_errors_on_a_line_of_ir_must_name_it(tmp_path):
    wrong = SQUARE.replace("%x, %x : f64", "%x, %w : f64 // ERROR: %w is not defined here")
    check(case_of(tmp_path, source=wrong))
    other = SQUARE.replace("%x, %x", "%x, %w").replace("%y : f64", "%y : f64 // ERROR: %w is not defined here")
    with pytest.raises(AssertionError, match="expected it on line"):
        check(case_of(tmp_path, source=other))
