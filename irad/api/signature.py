"""Signatures: the types of arguments, written as text (`"f64[:, ::1], i64"`), as types (`irad.f64[:]`) or as example values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, spec_of

DTYPES = {
    "f32": np.float32, "f64": np.float64, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "bool": np.bool_,
    "c64": np.complex64, "c128": np.complex128,
}  # fmt: skip
_WEAK = ("f64", "i64", "c128", "bool")
_ARGUMENT = re.compile(r"\s*(?P<name>\w+)\s*(?:\[(?P<axes>[^\]]*)\])?\s*(?P<end>,|$)")


class DType:
    """A dtype in signatures: alone a number, indexed by slices an array.

    Examples
    --------
    >>> import irad
    >>> irad.f64[:, ::1]
    f64[:, ::1]
    """

    def __init__(self, name: str, axes: tuple[slice, ...] = ()) -> None:
        self.name = name
        self.axes = axes

    def __getitem__(self, axes: slice | tuple[slice, ...]) -> DType:
        axes = axes if isinstance(axes, tuple) else (axes,)
        for axis in axes:
            if not isinstance(axis, slice) or axis.start is not None or axis.stop is not None or axis.step not in (None, 1):
                raise TypeError(f"an axis of a type is : or ::1, as in {self.name}[:, ::1], not {axis!r}")
        return DType(self.name, axes)

    def spec(self) -> Spec:
        """What the front end specialises on."""
        dtype = np.dtype(DTYPES[self.name])
        if not self.axes:
            return ScalarSpec(dtype, self.name in _WEAK)
        return ArraySpec(dtype, len(self.axes), self.axes[-1].step == 1)

    def __repr__(self) -> str:
        if not self.axes:
            return self.name
        return f"{self.name}[{', '.join('::1' if a.step == 1 else ':' for a in self.axes)}]"


def parse_signature(signature: Any) -> list[Spec]:
    """Specs of a signature: text, a type, an example value, or a sequence of types and values.

    Raises
    ------
    ValueError
        If text does not parse; the message points at the character.
    """
    if isinstance(signature, str):
        return _parse(signature)
    items = signature if isinstance(signature, tuple | list) else (signature,)
    return [item.spec() if isinstance(item, DType) else spec_of(item) for item in items]


def _parse(text: str) -> list[Spec]:
    specs: list[Spec] = []
    at = 0
    while text[at:].strip():
        found = _ARGUMENT.match(text, at)
        if found is None:
            raise _error(text, at, "expected a type such as f64, i64 or f64[:, ::1]")
        if found["name"] not in DTYPES:
            raise _error(text, found.start("name"), f"unknown dtype {found['name']}; there are {', '.join(DTYPES)}")
        axes = tuple(_axis(text, found, part) for part in found["axes"].split(",")) if found["axes"] is not None else ()
        specs.append(DType(found["name"], axes).spec())
        at = found.end()
    return specs


def _axis(text: str, found: re.Match[str], part: str) -> slice:
    compact = part.replace(" ", "")
    if compact not in (":", "::1"):
        raise _error(text, found.start("axes"), f"an axis is : or ::1, not {part.strip()!r}")
    return slice(None, None, 1 if compact == "::1" else None)


def _error(text: str, at: int, what: str) -> ValueError:
    return ValueError(f"{what}\n    {text}\n    {' ' * at}^")


f32, f64 = DType("f32"), DType("f64")
i8, i16, i32, i64 = DType("i8"), DType("i16"), DType("i32"), DType("i64")
c64, c128 = DType("c64"), DType("c128")
u8, u16, u32, u64 = DType("u8"), DType("u16"), DType("u32"), DType("u64")
