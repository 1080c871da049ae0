"""Compiling before there are arguments: `compile`, and compiled functions that are saved, loaded and pickled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from irad.api.annotations import Annotation, Duplicated
from irad.api.autodiff import autodiff
from irad.api.compiled import Derivative, Program
from irad.api.leaves import Leaves, prepare
from irad.api.modes import Mode
from irad.api.signature import parse_annotated
from irad.api.transforms import Transformed, jit
from irad.errors import UnsupportedError
from irad.frontend import Trace
from irad.frontend.abstract import ArraySpec, ScalarSpec, Spec, Static, spec_of
from irad.frontend.guards import Guards
from irad.ir.core import Module
from irad.lower.functions import Interface
from irad.options import Options, chosen_options
from irad.pytree import Structure
from irad.runtime import objectfile
from irad.runtime.native import Native

Key = tuple[Derivative, bool]


@dataclass(frozen=True, slots=True)
class _Code:
    """Object code of one entry, as it is stored."""

    interface: Interface
    image: bytes
    exceptions: dict[str, type[BaseException]]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A program without its IR: the types, and the object code of what was compiled from it."""

    name: str
    options: Options
    trace: Trace
    parameters: int
    reads_strides: bool
    activities: dict[Derivative, tuple[bool, ...]]
    codes: dict[Key, _Code]
    general: _Stored | None


class StoredProgram(Program):
    """A program that was loaded: what was compiled is there, and nothing else can be compiled from it."""

    def __init__(self, stored: _Stored) -> None:
        self.stored = stored
        self.name, self.options, self.trace = stored.name, stored.options, stored.trace
        self.written, self.reads_strides = stored.trace.written, stored.reads_strides
        self.executables = {key: Native(code.interface, code.image, code.exceptions) for key, code in stored.codes.items()}

    @property
    def parameters(self) -> int:
        """How many parameters the function has, captured arrays included."""
        return self.stored.parameters

    def activity(self, wanted: Derivative) -> tuple[bool, ...]:
        """The flags of a derivative."""
        if wanted not in self.stored.activities:
            self._missing()
        return self.stored.activities[wanted]

    def general(self) -> StoredProgram:
        """The program for arrays of other sizes."""
        if self.stored.general is None:
            self._missing()
        return StoredProgram(self.stored.general)

    def executable(self, wanted: Derivative, noalias: bool) -> Native:
        """Native code of a derivative."""
        if (wanted, noalias) not in self.executables:
            self._missing()
        return self.executables[wanted, noalias]

    def derive(self, wanted: Derivative, noalias: bool, finished: bool = True) -> NoReturn:
        """There is no IR any more."""
        self._missing()

    def _missing(self) -> NoReturn:
        raise TypeError(f"{self.name} was loaded from object code, which holds only what it was compiled for; compile the function itself")


class Ahead:
    """Stands for a function of which there is compiled code for one signature, to transforms and `autodiff`.

    `specs` are those of the leaves of the arguments, `structure` that of their tuple, None if none of them has parts.
    """

    def __init__(self, name: str, specs: list[Spec], structure: Structure | None, made: Program) -> None:
        self.__name__ = name
        self.specs = specs
        self.structure = structure
        self.made = made

    def __call__(self, *args: Any) -> NoReturn:
        """Only its derivatives and its primal are compiled; there is no Python function to run."""
        raise UnsupportedError(f"{self.__name__} is compiled code, which cannot be traced; use the function it was compiled from")

    def __irad_program__(self, specs: list[Spec], values: Sequence[Any], structure: Structure | None = None) -> Program:
        """The program, if these are the types it was compiled for."""
        if structure != self.structure:
            raise TypeError(f"{self.__name__} was compiled for arguments of another structure")
        if len(specs) != len(self.specs):
            raise TypeError(f"{self.__name__} was compiled for {len(self.specs)} arguments, not {len(specs)}")
        for i, wanted in enumerate(self.specs):
            given = specs[i]
            if isinstance(wanted, Static) and given == spec_of(wanted.value):
                specs[i] = given = Static(values[i])  # a number of which the value was needed while tracing
            if not _fits(given, wanted):
                raise TypeError(f"argument {i} of {self.__name__} is {_name(given)}; it was compiled for {_name(wanted)}")
        return self.made


def _fits(given: Spec, wanted: Spec) -> bool:
    """Whether compiled code takes an argument: numbers are converted, a contiguous array is a strided one as well."""
    if isinstance(given, ScalarSpec) and isinstance(wanted, ScalarSpec):
        return wanted.dtype.kind == given.dtype.kind or (wanted.dtype.kind in "fc" and given.dtype.kind in "iuf")
    if isinstance(given, ArraySpec) and isinstance(wanted, ArraySpec):
        return replace(given, contiguous=given.contiguous and wanted.contiguous) == wanted
    return given == wanted


def _name(spec: Spec) -> str:
    """A spec as a signature writes it."""
    if isinstance(spec, ScalarSpec):
        return f"a number of dtype {spec.dtype}"
    if isinstance(spec, ArraySpec):
        return f"{'a contiguous' if spec.contiguous else 'an'} array of {spec.rank} dimensions and dtype {spec.dtype}"
    return repr(spec.value)


class _Wanted(Exception):
    """Which derivative a call asks for, found out by a call with placeholders that stops before anything runs."""

    def __init__(self, wanted: Derivative) -> None:
        self.wanted = wanted


class _Probe(Program):
    """A program that tells which derivative of it is asked for."""

    def __init__(self, made: Program) -> None:
        self.__dict__.update(made.__dict__)

    def executable(self, wanted: Derivative, noalias: bool) -> NoReturn:
        raise _Wanted(wanted)


class Compiled:
    """A function compiled for one signature: called as the function or transform is that it was made from.

    It can be saved to a file, and pickled; both hold machine code, so load them only from where you would load a program from.
    """

    def __init__(self, ahead: Ahead, make: Callable[[Any], Callable[..., Any]]) -> None:
        self._ahead = ahead
        self._make = make
        self._run = make(ahead)

    def __call__(self, *args: Any) -> Any:
        """Call the compiled code."""
        return self._run(*args)

    def __repr__(self) -> str:
        return f"<irad.compile of {self._ahead.__name__} for {len(self._ahead.specs)} arguments>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._bytes(), repr(self))

    def _bytes(self) -> bytes:
        made = self._ahead.made
        stored = made.stored if isinstance(made, StoredProgram) else _stored(made)
        return objectfile.pack((self._ahead.__name__, self._ahead.specs, self._ahead.structure, stored, self._make))

    def save(self, path: str | Path) -> None:
        """Write the compiled code to a file, from which `irad.load` has it without compiling.

        Parameters
        ----------
        path : str or Path
            The file, by custom with the suffix `.irad`. It is replaced if it exists.

        Raises
        ------
        TypeError
            If the function refers to a class or value that does not pickle.
        """
        data = self._bytes()
        target = Path(path)
        draft = target.with_name(target.name + ".part")
        draft.write_bytes(data)
        draft.replace(target)


def _stored(made: Program) -> _Stored:
    """What is kept of a program: all that has been compiled, and the code for arguments that overlap, if there can be such."""
    keys = list(made.executables)
    for wanted, _ in keys:
        if may_overlap(made):
            made.executable(wanted, False)
    trace = replace(made.trace, module=Module([]), func=None, guards=Guards(), free=[], captures=[a.copy() for a in made.trace.captures])
    codes = {key: _Code(n.interface, n.image, dict(n.exceptions)) for key, n in made.executables.items()}
    general = None
    if made.trace.assumed:
        for wanted, _ in keys:
            made.general().executable(wanted, True)
        general = _stored(made.general())
    return _Stored(made.name, made.options, trace, made.parameters, made.reads_strides, dict(made.activities), codes, general)


def may_overlap(made: Program) -> bool:
    """Whether two arrays may overlap of which one is written."""
    arrays = [i for i, arg in enumerate(made.trace.func.args) if hasattr(arg.type, "element")]
    return len(arrays) > 1 and bool(made.written)


def _restored(data: bytes, name: str) -> Compiled:
    title, specs, structure, stored, make = objectfile.unpack(data, name)
    return Compiled(Ahead(title, specs, structure, StoredProgram(stored)), make)


@dataclass(frozen=True, slots=True)
class _Differentiate:
    """A call of `autodiff` whose arguments are annotated by the signature where they are not annotated themselves."""

    function: Any
    mode: Mode
    kinds: tuple[type[Annotation] | None, ...]

    def __call__(self, *args: Any) -> Any:
        given = int(bool(args) and isinstance(args[0], type) and issubclass(args[0], Annotation))  # the activity of the result
        annotated = [_annotated(a, k) for a, k in zip(args[given:], self.kinds, strict=False)]
        return autodiff(self.mode, self.function, *args[:given], *annotated, *args[given + len(annotated) :])


def _annotated(value: Any, kind: type[Annotation] | None) -> Any:
    if isinstance(value, Annotation) or kind is None:
        return value
    return kind(value)


def compile(what: Any, signature: Any = (), *, options: Options | None = None) -> Compiled:
    """Compile a function or a derivative of it ahead of time, without arguments.

    Parameters
    ----------
    what : callable, or tuple (Mode, callable)
        A function, a transform of one such as `irad.value_and_grad(f)`, or a mode of `irad.autodiff` and a function.
    signature : str, type, value, or sequence of types and values
        The types of its arguments: `"f64[:, ::1], i64"`, `irad.f64[:]`, or examples of arguments; models and other trees are given by
        example. With a mode they are annotated: `"Duplicated[f64[:]], Active[f64]"`; what is not, is Const.
    options : Options, optional
        How to compile.

    Returns
    -------
    Compiled
        Called with arguments of these types as `what` is called; after a mode, with annotated arguments as `autodiff` is.
        `save` writes it to a file, and it pickles.

    Raises
    ------
    ValueError
        If the signature does not parse; the message points at the character.
    UnsupportedError
        If the function uses what irad does not accept.

    Examples
    --------
    >>> import irad, numpy as np
    >>> def f(x):
    ...     s = 0.0
    ...     for i in range(len(x)):
    ...         s += x[i] ** 2
    ...     return s
    >>> gradient = irad.compile(irad.grad(f), "f64[::1]")
    >>> gradient(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    kinds, specs, values = parse_annotated(signature)
    if isinstance(what, tuple):
        mode, function = what
        if not isinstance(mode, Mode) or not callable(function):
            raise TypeError(f"expected a function, or a tuple of a mode and a function, not {what!r}")
        make: Callable[[Any], Callable[..., Any]] = partial(_Differentiate, mode=mode, kinds=tuple(kinds))
    else:
        transform = what if isinstance(what, Transformed) else jit(what)
        make, function = transform.maker(), transform.__wrapped__
        options = options or transform.options
    plain = [_placeholder(spec) if value is None else value for spec, value in zip(specs, values, strict=True)]
    made, leaves = prepare(function, plain, chosen_options(options))
    found = [spec_of(v) if k in leaves.parameters else Static(v) for k, v in enumerate(leaves.leaves)][leaves.first :]
    _check_values(found, specs, values, leaves)
    ahead = Ahead(made.name, found, leaves.structure, _Probe(made))
    try:
        make(ahead)(*(_annotated_placeholder(v, k) for v, k in zip(plain, kinds, strict=True)))
    except _Wanted as asked:
        made.executable(asked.wanted, True)
    ahead.made = made
    return Compiled(ahead, make)


def _check_values(found: Sequence[Spec], specs: Sequence[Spec], values: Sequence[Any], leaves: Leaves) -> None:
    """Raise ValueError if the value of an argument was needed of which the signature has only the type."""
    for k, spec in enumerate(found):
        i = leaves.owner[k + leaves.first]
        if isinstance(spec, Static) and values[i] is None and not isinstance(specs[i], Static):
            raise ValueError(f"the value of argument {i} is needed while tracing. Give it in the signature instead of its type.")


def _placeholder(spec: Spec) -> Any:
    """An argument of the type, for a call that does not run."""
    if isinstance(spec, Static):
        return spec.value
    if isinstance(spec, ScalarSpec):
        value = spec.dtype.type(1)
        return value.item() if spec.weak else value
    whole = np.zeros((3,) * spec.rank, spec.dtype)
    return whole if spec.contiguous or not spec.rank else whole[..., ::2]


def _annotated_placeholder(value: Any, kind: type[Annotation] | None) -> Any:
    if kind is None:
        return value
    return kind(value, 0.0) if issubclass(kind, Duplicated) and isinstance(value, float | complex) else kind(value)


def load(path: str | Path) -> Compiled:
    """Load a compiled function that `Compiled.save` has written.

    Nothing is compiled. A file holds machine code: load only what you would run.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Compiled
        What was saved.

    Raises
    ------
    LoadError
        If the file is damaged or none of irad's, comes from a newer irad, or holds code for another kind of machine.

    Examples
    --------
    >>> import irad, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "square.irad")
    >>> irad.compile(lambda x: x * x, "f64").save(path)
    >>> irad.load(path)(3.0)
    9.0
    """
    return _restored(Path(path).read_bytes(), str(path))
