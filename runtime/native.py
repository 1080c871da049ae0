"""Compiled functions as Python callables: arguments in, results or exceptions out, memory given back."""

from __future__ import annotations

import builtins
import ctypes
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NoReturn

import numpy as np

from irad import errors
from irad.ir.types import ComplexType, FloatType, IntType, MemRefType, StackType, Type, is_inexact
from irad.lower import context
from irad.lower.emitter import CheckSite
from irad.lower.functions import Interface
from irad.lower.types import components
from irad.runtime import stack
from irad.runtime.abi import ArrayParameter, ArrayResult, ComplexParameter

_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)  # releases the GIL
_CONTEXT_WORDS = context.SIZE // 8


# Compiled code has its memory from the C library, and blocks may have to be freed when the interpreter ends, after compiled code is gone.
_free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(("free", ctypes.CDLL(None)))


@cache
def _runtime(name: str) -> Callable[..., Any]:
    """A function of the run-time library."""
    from irad.runtime.engine import runtime_library

    kind = {"irad_detach": ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64)}
    return kind.get(name, ctypes.CFUNCTYPE(None, ctypes.c_void_p))(runtime_library()[name])


def _header(payload: int, offset: int) -> int:
    """A field of the header of a block of memory."""
    return ctypes.c_int64.from_address(payload - context.HEADER + offset).value


class Frame:
    """Memory of one call: slots of arguments and results, and the context. Large blocks that a call frees stay with it."""

    __slots__ = ("block", "context", "context_address", "slots")

    def __init__(self, slots: int) -> None:
        self.block = (ctypes.c_int64 * max(slots, 1))()
        self.context = (ctypes.c_int64 * _CONTEXT_WORDS)()
        self.slots = ctypes.addressof(self.block)
        self.context_address = ctypes.addressof(self.context)

    def __del__(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:
        if ending():  # what this needs may be gone, and all memory goes with the process
            return
        payload = self.context[context.SPARE // 8]
        while payload:
            following = _header(payload, context.BLOCK_NEXT)
            _free(_header(payload, context.BLOCK_START))
            payload = following


class Native:
    """A compiled function.

    Called with one Python object a parameter: numbers for scalars, arrays for memrefs. The result is a list: numbers and arrays.
    Several threads may call it at the same time. The GIL is free while it runs.
    """

    def __init__(self, interface: Interface, image: bytes, exceptions: Mapping[str, type[BaseException]]) -> None:
        from irad.runtime import engine

        self.name = interface.name
        self.interface = interface
        self.image = image
        self.code = engine.load(interface, image)  # keeps the machine code alive
        self.address: int = self.code[interface.symbol]
        self.exceptions = exceptions
        self._function = _ENTRY(self.address)
        self._frames: list[Frame] = []
        self._names = interface.names
        self.parameters = [
            _parameter(name, type, i in interface.written)
            for i, (name, type) in enumerate(zip(interface.names, interface.arguments, strict=True))
        ]
        self._results = [_result(type) for type in interface.results]
        self._pack = struct.Struct("=" + "".join(_codes(type) for type in interface.arguments))
        self._unpack = struct.Struct("=" + "".join(_codes(type) for type in interface.results))
        self._slots = (self._pack.size + self._unpack.size) // 8
        self._scalars_in = not any(self.parameters)
        self._plain_out = all(convert is _same for convert in self._results)
        self._builtin: Callable[..., Any] | None = None
        self._making = threading.Lock()
        self._target = self._call_once
        self.polls = "irad_spend" in interface.imports

    def __call__(self, *arguments: Any) -> list[Any]:
        return self._target(*arguments)

    def _call_once(self, *arguments: Any) -> list[Any]:
        """The first call: what is called again is worth a builtin."""
        from irad.runtime import wrapper

        self._target = self._prepare_builtin if wrapper.supports(self) else self.call
        return self.call(*arguments)

    def _prepare_builtin(self, *arguments: Any) -> list[Any]:
        """The second call makes the builtin, which takes the further ones; for recursion it knows the main thread's stack only."""
        from irad.runtime import wrapper

        if self.interface.recursive and threading.current_thread() is not threading.main_thread():
            return self.call(*arguments)
        with self._making:  # one builtin only: another thread may be inside the first when a second would replace it
            if self._builtin is None:
                self._builtin = self._target = wrapper.builtin(self, self.call)
        return self._builtin(*arguments)

    def call(self, *arguments: Any) -> list[Any]:
        """Call by way of Python: converts what can be converted, and complains about the rest."""
        try:
            frame = self._frames.pop()
        except IndexError:
            frame = self.new_frame()
        try:
            if self._scalars_in:
                self._store(frame, arguments, arguments)
            else:
                self._store(frame, arguments, self._flatten(arguments))
            if self.polls or self.interface.recursive:
                self._prepare(frame)
            status = self._function(frame.slots, frame.context_address)
            if status:
                self.fail(frame, status)
            return self.fetch(frame, arguments)
        finally:
            if frame.context[context.LIVE // 8]:
                _runtime("irad_free_all")(frame.context_address)
            self._frames.append(frame)

    def new_frame(self) -> Frame:
        """Memory for one call at a time."""
        return Frame(self._slots)

    def _store(self, frame: Frame, arguments: tuple[Any, ...], values: Sequence[Any]) -> None:
        """Write the values of the arguments to their slots."""
        try:
            self._pack.pack_into(frame.block, 0, *values)
        except (struct.error, OverflowError, TypeError):
            if len(arguments) != len(self._names):
                raise TypeError(f"{self.name} takes {len(self._names)} arguments, not {len(arguments)}") from None
            self._pack.pack_into(frame.block, 0, *self._convert(arguments))

    def _flatten(self, arguments: tuple[Any, ...]) -> list[Any]:
        """Scalars and the components of arrays."""
        values: list[Any] = []
        for parameter, argument in zip(self.parameters, arguments, strict=False):
            if parameter is None:
                values.append(argument)
            else:
                parameter.append(argument, values)
        return values

    def _convert(self, arguments: tuple[Any, ...]) -> list[Any]:
        """The values of a call one of whose scalars is not simply a number of its parameter's type, or cannot be one."""
        values: list[Any] = []
        for i, (parameter, argument) in enumerate(zip(self.parameters, arguments, strict=True)):
            if parameter is not None:
                parameter.append(argument, values)
            else:
                values.append(_number(argument, self.interface.arguments[i], self._names[i]))
        return values

    def _prepare(self, frame: Frame) -> None:
        """Tell the call how deep it may recurse, and whether it may find signals: only the main thread does."""
        words = frame.context
        if self.interface.recursive:
            words[context.STACK_LIMIT // 8] = stack.limit()
        words[context.FUEL // 8] = context.FUEL_REFILL
        words[context.POLL // 8] = poll_address() if threading.get_ident() == threading.main_thread().ident else 0

    def fetch(self, frame: Frame, arguments: tuple[Any, ...]) -> list[Any]:
        """The results, from their slots."""
        values = self._unpack.unpack_from(frame.block, self._pack.size)
        if self._plain_out:
            return list(values)
        adopted: list[tuple[int, Block]] = []
        adopt = partial(_adopt, frame, adopted)
        results: list[Any] = []
        start = 0
        for type, convert in zip(self.interface.results, self._results, strict=True):
            count = len(components(type))
            if isinstance(convert, ArrayResult):
                results.append(convert.wrap(values[start], values[start + 1 : start + count], arguments, adopt))
            else:
                results.append(convert(*values[start : start + count]))
            start += count
        return results

    def fail(self, frame: Frame, status: int) -> NoReturn:
        """Raise what a call that failed left in its context."""
        words = frame.context
        if status == context.INTERRUPT:
            place = context.EXCEPTION // 8
            ctypes.pythonapi.PyErr_Restore(*(ctypes.c_void_p(words[place + i]) for i in range(3)))
        site = self.interface.checks[words[context.FAILED // 8]]
        raise _exception(site, words[context.PAYLOAD // 8 : context.PAYLOAD // 8 + len(site.kinds)], self.exceptions)


class Block:
    """Owner of a block of memory that left its call."""

    __slots__ = ("_start",)

    def __init__(self, payload: int) -> None:
        self._start = _header(payload, context.BLOCK_START)

    def __del__(self) -> None:
        _free(self._start)


def _adopt(frame: Frame, adopted: list[tuple[int, Block]], address: int) -> Block:
    """The owner of the block that an address lies in; two results may share one."""
    payload = _runtime("irad_detach")(frame.context_address, address)
    if payload is not None:
        adopted.append((payload, Block(payload)))
        return adopted[-1][1]
    below = [(start, block) for start, block in adopted if start <= address]
    if not below:
        raise errors.InternalError("a compiled function returned an array of memory that is neither an argument's nor its own")
    return max(below, key=lambda entry: entry[0])[1]


def _codes(type: Type) -> str:
    """How a value's slots are packed: floats as doubles, all else as 64-bit integers."""
    return ("d" if is_inexact(type) else "q") * len(components(type))


def _parameter(name: str, type: Type, written: bool) -> ArrayParameter | ComplexParameter | None:
    """What checks an argument and takes it apart; None for one that is a slot as it is."""
    if isinstance(type, ComplexType):
        return ComplexParameter(name)
    return ArrayParameter.of(name, type, written) if isinstance(type, MemRefType) else None


def _result(type: Type) -> Any:
    """What turns the slots of a result into a Python object."""
    if isinstance(type, MemRefType):
        return ArrayResult.of(type)
    if isinstance(type, StackType):
        raise errors.InternalError("an entry cannot return a stack")
    if isinstance(type, ComplexType):
        return complex
    return bool if type == IntType(1) else _same


def _same(value: Any) -> Any:
    return value


def _number(argument: Any, type: Type, name: str) -> float | int:
    """A scalar argument as the number that its slot takes."""
    wanted = "a real number" if isinstance(type, FloatType) else "an integer"
    try:
        if isinstance(type, FloatType):
            return float(argument)
        value = int(argument) if isinstance(argument, np.bool_) else argument.__index__()
    except (AttributeError, TypeError, ValueError):
        raise TypeError(f"{name} must be {wanted}, not {builtins.type(argument).__name__}") from None
    except OverflowError:
        raise OverflowError(f"{name} is too large for a float") from None
    if not -(1 << 63) <= value < 1 << 63:
        raise OverflowError(f"{name} does not fit into a 64-bit integer: {value}")
    return value


@cache
def poll_address() -> int:
    """The function that looks for signals."""
    from irad.runtime.engine import runtime_library

    return runtime_library()["irad_python_poll"]


def _exception(site: CheckSite, words: Sequence[int], known: Mapping[str, type[BaseException]]) -> BaseException:
    """The exception of a failed check."""
    cls = known.get(site.error) or getattr(builtins, site.error, None) or getattr(errors, site.error, RuntimeError)
    values = [_decode(kind, word) for kind, word in zip(site.kinds, words, strict=True)]
    text = errors.render(site.loc, site.message.format(*values))
    try:
        return cls(text)
    except TypeError:  # it takes other arguments than a text
        made = cls.__new__(cls)
        made.args = (text,)
        return made


def _decode(kind: str, word: int) -> float | int | bool:
    if kind in ("double", "float"):
        return struct.unpack("=d", struct.pack("=q", word))[0]
    return bool(word) if kind == "i1" else word
