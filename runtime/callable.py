"""The base of objects that native code calls for: CPython's vectorcall protocol, with an entry that is set when there is code."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from irad.runtime import invoke
from irad.runtime.wrapper import available, library

_POINTER = ctypes.sizeof(ctypes.c_void_p)
_VECTORCALL = invoke.ENTRIES - _POINTER  # where objects have the function that CPython calls
_TYPE_VECTORCALL_OFFSET, _TYPE_FLAGS = 56, 168  # fields of types
_HAVE_VECTORCALL, _METHOD_DESCRIPTOR, _DEFAULT, _BASETYPE = 1 << 11, 1 << 17, 1 << 18, 1 << 10
_MEMBERS_SLOT, _SSIZE, _READONLY = 72, 19, 1  # CPython's numbers


class _Member(ctypes.Structure):
    """CPython's PyMemberDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class _Slot(ctypes.Structure):
    """CPython's PyType_Slot."""

    _fields_ = (("slot", ctypes.c_int), ("value", ctypes.c_void_p))


class _Spec(ctypes.Structure):
    """CPython's PyType_Spec."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("size", ctypes.c_int),
        ("itemsize", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("slots", ctypes.POINTER(_Slot)),
    )


def _base() -> type:
    """A type whose objects have room for the address of their entry."""
    members = (_Member * 2)(_Member(b"__vectorcalloffset__", _SSIZE, _VECTORCALL, _READONLY, None))
    slots = (_Slot * 2)(_Slot(_MEMBERS_SLOT, ctypes.addressof(members)))
    spec = _Spec(b"irad.runtime.callable.Entry", invoke.ENTRIES, 0, _DEFAULT | _BASETYPE, slots)
    ctypes.pythonapi.Py_IncRef(ctypes.py_object((members, slots, spec)))  # the type refers to them for ever
    return ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p)(("PyType_FromSpec", ctypes.pythonapi))(ctypes.addressof(spec))


def _word(at: int) -> int:
    return ctypes.c_size_t.from_address(at).value


_possible = available() and sys.version_info < (3, 14) and object.__basicsize__ == _VECTORCALL
_Base: type = _base() if _possible else object


class Patchable(_Base):
    """Base of callables that get native code for certain arguments while they live; other calls go to `__call__`.

    Attributes
    ----------
    _owners : tuple
        See `invoke`. Unset if nothing is known yet.
    """

    __slots__ = ("_owners",)

    def __init_subclass__(cls, patched: bool = False, **keywords: Any) -> None:
        """Objects of this very class may be patched: `__call__` has no effects but those of native code."""
        super().__init_subclass__(**keywords)
        if patched and _lies_right(cls):
            flags = ctypes.c_ulong.from_address(id(cls) + _TYPE_FLAGS)
            flags.value |= _HAVE_VECTORCALL | _METHOD_DESCRIPTOR


def _lies_right(cls: type) -> bool:
    """Whether types lie in memory as `Patchable` takes for granted, and objects of this one have their owners where native code looks."""
    if (
        not _possible
        or ctypes.c_ulong.from_address(id(cls) + _TYPE_FLAGS).value != cls.__flags__
        or _word(id(cls) + _TYPE_VECTORCALL_OFFSET) != _VECTORCALL
    ):
        return False
    probe, mark = object.__new__(cls), ()
    Patchable._owners.__set__(probe, mark)
    return _word(id(probe) + invoke.ENTRIES) == id(mark) and _word(id(probe) + _VECTORCALL) == 0


def can_patch(made: Patchable) -> bool:
    """Whether calls of an object can go to native code."""
    return bool(_possible and type(made).__flags__ & _HAVE_VECTORCALL)


def patch(made: Patchable, owners: tuple[Any, ...]) -> None:
    """From now on calls go to the first of the owners that takes their arguments, of an object that `can_patch` accepts."""
    made._owners = owners
    ctypes.c_size_t.from_address(id(made) + _VECTORCALL).value = library()["irad_vectorcall"]
