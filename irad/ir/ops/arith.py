"""The upstream dialect `arith`: constants, arithmetic, comparison, conversion."""

from irad.ir.ops.base import BinaryFloat, BinaryInt, Cast, Compare, Pure, UnaryFloat


class Constant(Pure):
    """Scalar constant; attribute `value` is a Python number of the result's kind, result type given by the creator."""

    name = "arith.constant"

    @property
    def value(self) -> float | int | bool:
        return self.attrs["value"]


class AddF(BinaryFloat):
    """x + y; attribute `fastmath` (a tuple of LLVM's flag names) may allow reassociation, as on all float operations."""

    name = "arith.addf"


class SubF(BinaryFloat):
    name = "arith.subf"


class MulF(BinaryFloat):
    name = "arith.mulf"


class DivF(BinaryFloat):
    name = "arith.divf"


class RemF(BinaryFloat):
    """C's fmod: the sign of x."""

    name = "arith.remf"


class NegF(UnaryFloat):
    name = "arith.negf"


class MaximumF(BinaryFloat):
    """The larger; NaN if either is."""

    name = "arith.maximumf"


class MinimumF(BinaryFloat):
    """The smaller; NaN if either is."""

    name = "arith.minimumf"


class AddI(BinaryInt):
    name = "arith.addi"


class SubI(BinaryInt):
    name = "arith.subi"


class MulI(BinaryInt):
    name = "arith.muli"


class DivSI(BinaryInt):
    """Quotient rounded towards zero; the divisor is not zero."""

    name = "arith.divsi"


class DivUI(BinaryInt):
    name = "arith.divui"


class RemSI(BinaryInt):
    """Remainder with the sign of x; the divisor is not zero."""

    name = "arith.remsi"


class RemUI(BinaryInt):
    name = "arith.remui"


class FloorDivSI(BinaryInt):
    """Python's //; the divisor is not zero."""

    name = "arith.floordivsi"


class MaxSI(BinaryInt):
    name = "arith.maxsi"


class MinSI(BinaryInt):
    name = "arith.minsi"


class MaxUI(BinaryInt):
    name = "arith.maxui"


class MinUI(BinaryInt):
    name = "arith.minui"


class AndI(BinaryInt):
    name = "arith.andi"


class OrI(BinaryInt):
    name = "arith.ori"


class XorI(BinaryInt):
    name = "arith.xori"


class ShLI(BinaryInt):
    name = "arith.shli"


class ShRSI(BinaryInt):
    name = "arith.shrsi"


class ShRUI(BinaryInt):
    name = "arith.shrui"


class CmpI(Compare):
    """Predicates eq ne slt sle sgt sge ult ule ugt uge."""

    name = "arith.cmpi"


class CmpF(Compare):
    """Predicates oeq ogt oge olt ole one ord ueq ugt uge ult ule une uno."""

    name = "arith.cmpf"


class Select(Pure):
    """`condition ? x : y`, of scalars or memrefs."""

    name = "arith.select"

    def infer(self):
        return (self.operands[1].type,)


class ExtF(Cast):
    name = "arith.extf"


class TruncF(Cast):
    name = "arith.truncf"


class ExtSI(Cast):
    name = "arith.extsi"


class ExtUI(Cast):
    name = "arith.extui"


class TruncI(Cast):
    name = "arith.trunci"


class SIToFP(Cast):
    """Signed integer to float; unlike upstream, index is accepted."""

    name = "arith.sitofp"


class UIToFP(Cast):
    name = "arith.uitofp"


class FPToSI(Cast):
    """Float to signed integer, rounded towards zero; unlike upstream, index is accepted."""

    name = "arith.fptosi"


class FPToUI(Cast):
    name = "arith.fptoui"


class IndexCast(Cast):
    """index <-> iN, sign-extended or truncated."""

    name = "arith.index_cast"


class IndexCastUI(Cast):
    """index <-> iN, zero-extended or truncated."""

    name = "arith.index_castui"
