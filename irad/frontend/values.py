"""Traced values: what stands for a scalar or an array while a function is traced, and how they reach the builder."""

from __future__ import annotations

import operator
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from types import FunctionType, NoneType
from typing import Any

import numpy as np

from irad.errors import InternalError, UnsupportedError, fail
from irad.frontend.dtypes import DtypeError, Kind, canonical
from irad.ir.builder import Builder, current
from irad.ir.core import UNKNOWN, Loc, Value
from irad.ir.types import MemRefType


def locate() -> Loc:
    """Where the user's code is now; the tracer puts its own function here."""
    return UNKNOWN


def capture(array: np.ndarray) -> Array:
    """The traced array for a real one that traced code meets; the tracer puts its own function here."""
    raise InternalError("an array met traced code outside a trace")


def needed(x: Any, what: str = "an integer") -> UnsupportedError:
    """The error for a traced integer whose value is needed while tracing; the tracer tells in it which parameter that is."""
    return refuse(
        f"{what} is needed while tracing, but {x!r} is known only when the compiled function runs.",
        "Use a constant here, or a construct that irad compiles: range(), an array index, np.zeros().",
    )


# What the operators, methods and attributes of traced values do, by name: the modules that implement them register here.
OPERATIONS: dict[str, Callable[..., Any]] = {}


def operation(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the meaning of operators, methods or attributes of traced values."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            OPERATIONS[name] = function
        return function

    return register


def emitter() -> Builder:
    """The current builder, its location set to the user's."""
    builder = current()
    if builder is None:
        raise InternalError("a traced value was used after its trace had ended")
    builder.loc = locate()
    return builder


def refuse(what: str, remedy: str = "") -> UnsupportedError:
    """The error, at the user's place, for code that irad does not accept."""
    return fail(UnsupportedError, locate(), what, remedy)  # type: ignore[return-value]


def wrong(error: type[Exception], what: str) -> Exception:
    """An exception of the user's own program that is certain at trace time."""
    return fail(error, locate(), what)


def as_traced(x: Any) -> Any:
    """A real array becomes a captured argument of the traced function; everything else stays as it is."""
    if isinstance(x, np.ndarray):
        if x.dtype.kind not in "biufc" or not x.dtype.isnative:
            checked_dtype(x.dtype)
        return capture(x)
    return x


def checked_dtype(dtype: Any) -> np.dtype:
    """The dtype, if irad has it; else the refusal, at the user's place."""
    try:
        return canonical(dtype)
    except DtypeError as error:
        raise refuse(str(error)) from None


def _binary(name: str, ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def forward(self: Traced, other: Any) -> Any:
        return OPERATIONS["binary"](ufunc, self, other)

    def backward(self: Traced, other: Any) -> Any:
        return OPERATIONS["binary"](ufunc, other, self)

    forward.__name__, backward.__name__ = f"__{name}__", f"__r{name}__"
    return forward, backward


def _unary(name: str, ufunc: np.ufunc) -> Callable[..., Any]:
    def method(self: Traced) -> Any:
        return OPERATIONS["unary"](ufunc, self)

    method.__name__ = f"__{name}__"
    return method


class Traced:
    """Base of traced scalars and arrays: Python's operators, and NumPy's protocols that bring its functions here."""

    __slots__ = ()
    __array_priority__ = 1000.0

    dtype: np.dtype
    value: Value
    __getitem__: Callable[[Any], Any]
    __setitem__: Callable[[Any, Any], None]

    __add__, __radd__ = _binary("add", np.add)
    __sub__, __rsub__ = _binary("sub", np.subtract)
    __mul__, __rmul__ = _binary("mul", np.multiply)
    __truediv__, __rtruediv__ = _binary("truediv", np.true_divide)
    __floordiv__, __rfloordiv__ = _binary("floordiv", np.floor_divide)
    __mod__, __rmod__ = _binary("mod", np.remainder)
    __lshift__, __rlshift__ = _binary("lshift", np.left_shift)
    __rshift__, __rrshift__ = _binary("rshift", np.right_shift)
    __and__, __rand__ = _binary("and", np.bitwise_and)
    __or__, __ror__ = _binary("or", np.bitwise_or)
    __xor__, __rxor__ = _binary("xor", np.bitwise_xor)
    __lt__ = _binary("lt", np.less)[0]
    __le__ = _binary("le", np.less_equal)[0]
    __gt__ = _binary("gt", np.greater)[0]
    __ge__ = _binary("ge", np.greater_equal)[0]
    __eq__ = _binary("eq", np.equal)[0]  # type: ignore[assignment]
    __ne__ = _binary("ne", np.not_equal)[0]  # type: ignore[assignment]
    __neg__ = _unary("neg", np.negative)
    __pos__ = _unary("pos", np.positive)
    __abs__ = _unary("abs", np.absolute)
    __invert__ = _unary("invert", np.invert)

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        return OPERATIONS["pow"](self, other, modulus)

    def __rpow__(self, other: Any) -> Any:
        return OPERATIONS["pow"](other, self, None)

    def __divmod__(self, other: Any) -> Any:
        return OPERATIONS["divmod"](self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return OPERATIONS["divmod"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return OPERATIONS["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return OPERATIONS["matmul"](other, self)

    def __hash__(self) -> int:
        raise refuse(f"{self!r} cannot be a key of a dict or an element of a set: its value is known only when the compiled function runs.")

    def __bool__(self) -> bool:
        raise refuse(
            f"the truth value of {self!r} is known only when the compiled function runs, and the code that tests it "
            "could not be turned into control flow (its source is not available, or a library tests it).",
            "Write the test as `if`, `while`, `and` or `or` in a function whose source irad can read.",
        )

    def __index__(self) -> int:
        raise needed(self)

    def __float__(self) -> float:
        raise refuse(f"{self!r} has no value while tracing, and a function without Python source asked for it.")

    def __int__(self) -> int:
        return self.__index__()

    def __complex__(self) -> complex:
        raise refuse(f"{self!r} has no value while tracing, and a function without Python source asked for it.")

    def __format__(self, spec: str) -> str:
        if spec:
            raise refuse(f"{self!r} has no value while tracing, so that it cannot be formatted.")
        return repr(self)

    def __copy__(self) -> Any:
        return METHODS["copy"](self)()

    def __deepcopy__(self, memo: Any) -> Any:
        return METHODS["copy"](self)()

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise refuse(f"{self!r} has no value while tracing, and a function that irad does not know asked for it as an array.")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return OPERATIONS["array_ufunc"](ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return OPERATIONS["array_function"](func, args, kwargs)

    def __round__(self, digits: int | None = None) -> Any:
        return OPERATIONS["round"](self, digits)

    def __floor__(self) -> Any:
        return OPERATIONS["floor"](self)

    def __ceil__(self) -> Any:
        return OPERATIONS["ceil"](self)

    def __trunc__(self) -> Any:
        return OPERATIONS["trunc"](self)

    def __getattr__(self, name: str) -> Any:
        method = METHODS.get(name)
        if method is None:
            raise self._missing(name)
        return method(self)

    def _missing(self, name: str) -> Exception:
        if name.startswith("__") or not hasattr(np.ndarray, name):
            return AttributeError(f"{self!r} has no attribute {name!r}", name=name, obj=self)
        near = get_close_matches(name, METHODS, 1)
        return refuse(f"the array attribute {name!r} is not supported.", f"The nearest that is: {near[0]!r}." if near else "")


# Attributes of NumPy's arrays and scalars, by name: functions of the traced value. Methods are attributes that return a function.
METHODS: dict[str, Callable[[Any], Any]] = {}


def attribute(name: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register a function of the traced value as one of its attributes."""

    def register(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        METHODS[name] = function
        return function

    return register


def method(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function, whose first argument is the traced value, as a method under the names."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        def bind(self: Traced) -> Callable[..., Any]:
            return partial(function, self)

        METHODS.update(dict.fromkeys(names, bind))
        return function

    return register


class Scalar(Traced):
    """A traced number. A weak one promotes as a Python number does, a strong one as a NumPy scalar of its dtype."""

    __slots__ = ("dtype", "value", "weak")

    def __init__(self, value: Value, dtype: np.dtype, weak: bool) -> None:
        self.value = value
        self.dtype = dtype
        self.weak = weak

    @property
    def kind(self) -> Kind:
        """Dtype and weak bit."""
        return Kind(self.dtype, self.weak)

    @property
    def shape(self) -> tuple[()]:
        """The empty tuple, as for every NumPy scalar."""
        return ()

    ndim = 0
    size = 1

    def __repr__(self) -> str:
        return f"<traced {PYTHON_NAMES.get(self.dtype.name, self.dtype.name) if self.weak else self.dtype.name}>"


PYTHON_NAMES = {"float64": "float", "int64": "int", "complex128": "complex"}


class Array(Traced):
    """A traced array: a memref and the dtype of its elements."""

    __slots__ = ("dtype", "value")

    def __init__(self, value: Value, dtype: np.dtype) -> None:
        self.value = value
        self.dtype = dtype

    @property
    def type(self) -> MemRefType:
        """The memref's type."""
        type = self.value.type
        assert isinstance(type, MemRefType)
        return type

    @property
    def kind(self) -> Kind:
        """Dtype; arrays are never weak."""
        return Kind(self.dtype)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.type.rank

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes: ints where they are part of the type, traced ints otherwise."""
        return OPERATIONS["shape"](self)

    @property
    def size(self) -> Any:
        """Number of elements."""
        return OPERATIONS["size"](self)

    def __len__(self) -> int:
        length = OPERATIONS["len"](self)
        return length if isinstance(length, int) else operator.index(length)

    def __iter__(self) -> Any:
        return OPERATIONS["iter"](self)

    def __contains__(self, x: Any) -> bool:
        raise refuse("`in` on a traced array is not supported.", "Write np.sum(x == value) > 0, or a loop.")

    def __getitem__(self, index: Any) -> Any:
        return OPERATIONS["getitem"](self, index)

    def __setitem__(self, index: Any, x: Any) -> None:
        OPERATIONS["setitem"](self, index, x)

    def __repr__(self) -> str:
        return f"<traced {self.dtype.name} array of rank {self.ndim}>"


def _inplace(name: str, ufunc: np.ufunc) -> Callable[..., Any]:
    def method(self: Array, other: Any) -> Any:
        return OPERATIONS["inplace"](ufunc, self, other)

    method.__name__ = f"__i{name}__"
    return method


for _name, _ufunc in {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
}.items():
    setattr(Array, f"__i{_name}__", _inplace(_name, _ufunc))


# Types without special methods in the user's Python: most values are of one, which a look into this set tells.
PLAIN: frozenset[type] = frozenset(
    {Scalar, Array, NoneType, bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset, range, slice, FunctionType}
    | {np.ndarray, *np.sctypeDict.values()}
)
