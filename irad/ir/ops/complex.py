"""The upstream dialect `complex`, as far as it is structure: a complex number is made of two floats and taken apart again.

Arithmetic is on the parts, where the front end writes it: what is known of floats then serves complex numbers as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from irad.ir.ops.base import Pure
from irad.ir.types import ComplexType, FloatType, Type


class Create(Pure):
    """The complex number of a real and an imaginary part."""

    name = "complex.create"

    def infer(self) -> Sequence[Type]:
        type = self.operands[0].type
        assert isinstance(type, FloatType)
        return (ComplexType(type),)


class Part(Pure):
    """One part of a complex number, a float."""

    __slots__ = ()

    def infer(self) -> Sequence[Type]:
        type = self.operands[0].type
        assert isinstance(type, ComplexType)
        return (type.element,)


class Re(Part):
    """The real part."""

    name = "complex.re"


class Im(Part):
    """The imaginary part."""

    name = "complex.im"
