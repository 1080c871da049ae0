"""Compiled functions as bytes: a header that says for which machine, what was pickled, and a checksum over all of it."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
from typing import Any

from irad.errors import LoadError
from irad.runtime import engine

MAGIC = b"\x93irad\r\n\x1a"  # a text-mode transfer would change it
FORMAT = 1
_START = struct.Struct("<8sII")  # magic, format, bytes of the header
_CHECKSUM = hashlib.sha256().digest_size


def pack(payload: Any) -> bytes:
    """The bytes of a file that holds the payload.

    Raises
    ------
    TypeError
        If the payload has a part that does not pickle, such as a class defined inside a function.
    """
    header = json.dumps(engine.machine_of_host()).encode()
    try:
        body = pickle.dumps(payload, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TypeError(f"the compiled function refers to something that cannot be stored: {error}") from None
    data = _START.pack(MAGIC, FORMAT, len(header)) + header + body
    return data + hashlib.sha256(data).digest()


def unpack(data: bytes, name: str) -> Any:
    """The payload in the bytes of a file; `name` is the file's, for messages.

    Raises
    ------
    LoadError
        If the bytes are no such file, are damaged, come from a newer irad, or hold code that this machine cannot run.
    """
    if len(data) < _START.size or not data.startswith(MAGIC):
        raise LoadError(f"{name} is not a file of compiled code that irad wrote.")
    _, format, length = _START.unpack_from(data)
    if format > FORMAT:
        remedy = "Install a newer irad, or compile again."
        raise LoadError(f"{name} has format {format}; this irad reads up to {FORMAT}. {remedy}")
    if hashlib.sha256(data[:-_CHECKSUM]).digest() != data[-_CHECKSUM:]:
        raise LoadError(f"{name} is damaged: its checksum is wrong. Copy it again, or compile again.")
    header = json.loads(data[_START.size : _START.size + length])
    _check_machine(header, name)
    try:
        return pickle.loads(data[_START.size + length : -_CHECKSUM])
    except (ImportError, AttributeError) as error:
        raise LoadError(f"{name} needs a class of a module that is not here: {error}.") from None


def _check_machine(header: dict[str, Any], name: str) -> None:
    here = engine.machine_of_host()
    if header["triple"] != here["triple"]:
        raise LoadError(f"{name} was compiled for {header['triple']}; this is {here['triple']}. Compile it here.")
    missing = sorted(set(header["features"]) - set(here["features"]))
    if missing:
        what = ", ".join(missing[:6]) + (" and more" if len(missing) > 6 else "")
        raise LoadError(f"{name} was compiled for a {header['cpu']}; this CPU, a {here['cpu']}, lacks {what}. Compile it here.")
