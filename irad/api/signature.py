"""Signatures: the types of arguments, written as text (`"f64[:, ::1], i64"`), as types (`irad.f64[:]`) or as example values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from irad.api.annotations import Active, Annotation, Const, Duplicated, DuplicatedNoNeed
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, spec_of

DTYPES = {
    "f32": np.float32, "f64": np.float64, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "bool": np.bool_,
    "c64": np.complex64, "c128": np.complex128,
}  # fmt: skip
_WEAK = ("f64", "i64", "c128", "bool")
_TYPE = re.compile(r"\s*(?P<name>\w+)\s*(?:\[(?P<axes>[^\]]*)\])?\s*")
_ANNOTATION = re.compile(r"\s*(?P<kind>[A-Z]\w*)\s*\[")
_KINDS: dict[str, type[Annotation]] = {kind.__name__: kind for kind in (Const, Active, Duplicated, DuplicatedNoNeed)}


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
        return [spec for _, spec in _parse(signature)]
    items = signature if isinstance(signature, tuple | list) else (signature,)
    return [item.spec() if isinstance(item, DType) else spec_of(item) for item in items]


def parse_annotated(signature: Any) -> tuple[list[type[Annotation] | None], list[Spec], list[Any]]:
    """Annotations (None where there is none), specs and example values (None for types) of a signature.

    Raises
    ------
    ValueError
        If text does not parse; the message points at the character.
    """
    if isinstance(signature, str):
        parsed = _parse(signature)
        return [kind for kind, _ in parsed], [spec for _, spec in parsed], [None] * len(parsed)
    items = signature if isinstance(signature, tuple | list) else (signature,)
    values = [item.val if isinstance(item, Annotation) else item for item in items]
    kinds = [type(item) if isinstance(item, Annotation) else None for item in items]
    return kinds, parse_signature(values), [None if isinstance(v, DType) else v for v in values]


def _parse(text: str) -> list[tuple[type[Annotation] | None, Spec]]:
    found: list[tuple[type[Annotation] | None, Spec]] = []
    at = 0
    while text[at:].strip():
        annotation = _ANNOTATION.match(text, at)
        kind = None
        if annotation is not None:
            kind = _KINDS.get(annotation["kind"])
            if kind is None:
                raise _error(text, annotation.start("kind"), f"unknown annotation {annotation['kind']}; there are {', '.join(_KINDS)}")
            at = annotation.end()
        spec, at = _type(text, at)
        if annotation is not None:
            at = _expect(text, at, "]")
        if text[at:].strip():
            at = _expect(text, at, ",")
        found.append((kind, spec))
    return found


def _type(text: str, at: int) -> tuple[Spec, int]:
    """The type that begins there, and where it ends."""
    found = _TYPE.match(text, at)
    if found is None:
        raise _error(text, at, "expected a type such as f64, i64 or f64[:, ::1]")
    if found["name"] not in DTYPES:
        raise _error(text, found.start("name"), f"unknown dtype {found['name']}; there are {', '.join(DTYPES)}")
    axes = tuple(_axis(text, found, part) for part in found["axes"].split(",")) if found["axes"] is not None else ()
    return DType(found["name"], axes).spec(), found.end()


def _expect(text: str, at: int, mark: str) -> int:
    """The place behind a mark that has to come next."""
    at += len(text[at:]) - len(text[at:].lstrip())
    if not text.startswith(mark, at):
        raise _error(text, at, f"expected {mark}")
    return at + len(mark)


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
