"""Operations, a module a dialect; REGISTRY finds a class by the name that is printed."""

from irad.ir.core import Op
from irad.ir.ops import arith, base, complex, func, irad, math, memref, scf

__all__ = ["REGISTRY", "arith", "base", "complex", "func", "irad", "math", "memref", "scf"]

REGISTRY: dict[str, type[Op]] = {
    cls.name: cls
    for module in (arith, math, complex, memref, scf, func, irad)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Op) and "name" in vars(cls)
}
