"""The upstream dialect `func`: calls and returns."""

from irad.ir.core import Op


class Return(Op):
    """Ends a function: operands are its results."""

    name = "func.return"
    terminator = True


class Call(Op):
    """Call of a function of the same module: attribute `callee` is its name; result types given by the creator."""

    name = "func.call"

    @property
    def callee(self) -> str:
        return self.attrs["callee"]
