"""How far down the stack of the current thread compiled recursion may go."""

from __future__ import annotations

import ctypes
import platform
import threading

RESERVE = 256 * 1024  # bytes left to functions that do not recurse, the C library and signal handlers
_MOST = 1 << 30  # bytes of stack that recursion may use, where the system sets no limit
_LEAST = 384 * 1024  # bytes of stack taken for granted, from here on, where the system does not tell
_ATTRIBUTES = 128  # bytes, more than a pthread_attr_t has anywhere

_local = threading.local()


def limit() -> int:
    """Lowest address that a recursive function's frame may have in this thread."""
    try:
        return _local.limit
    except AttributeError:
        low, size = _bounds() if platform.system() == "Linux" else _guess()
        _local.limit = max(low, low + size - _MOST) + min(RESERVE, size // 2)
        return _local.limit


def _bounds() -> tuple[int, int]:
    """Lowest address and size of the stack, from the C library."""
    library = ctypes.CDLL(None)
    attributes = ctypes.create_string_buffer(_ATTRIBUTES)
    low, size = ctypes.c_void_p(), ctypes.c_size_t()
    library.pthread_self.restype = ctypes.c_void_p
    if library.pthread_getattr_np(ctypes.c_void_p(library.pthread_self()), attributes):
        return _guess()
    failed = library.pthread_attr_getstack(attributes, ctypes.byref(low), ctypes.byref(size))
    library.pthread_attr_destroy(attributes)
    return _guess() if failed or low.value is None else (low.value, size.value)


def _guess() -> tuple[int, int]:
    """The same where the C library does not tell: a little below this very frame."""
    from irad.runtime.engine import runtime_library

    here = ctypes.CFUNCTYPE(ctypes.c_size_t)(runtime_library()["irad_frame_address"])()
    return here - _LEAST, _LEAST
