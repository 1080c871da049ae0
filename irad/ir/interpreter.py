"""Interpreter: the reference semantics of the IR, on Python numbers and NumPy arrays."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from irad import errors
from irad.errors import InternalError, fail
from irad.ir.core import Block, Func, Module, Op, Value
from irad.ir.eval_tables import EVAL, normalize
from irad.ir.memory import Array, Held, StackMemory, dtype, is_array, poison, strides_of, undefined, view
from irad.ir.ops import func, irad, memref, scf
from irad.ir.types import ComplexType, MemRefType, StackType, Type


def run(module: Module, name: str, args: Sequence[Any]) -> list[Any]:
    """Call a function: memrefs are NumPy arrays (written in place), the rest Python numbers; returns its results.

    Raises
    ------
    Exception
        What an `irad.check` or `irad.index` of the program raises, with the user's line.
    InternalError
        If the program does what the IR leaves undefined: an index out of range, a view outside its array, an integer division by zero.
    """
    function = module.funcs[name]
    if len(args) != len(function.args):
        raise InternalError(f"@{name} takes {len(function.args)} arguments, got {len(args)}")
    values = [_argument(a, p.type) for a, p in zip(args, function.args, strict=True)]
    with np.errstate(all="ignore"):
        return Interpreter(module).call(function, values)


def _argument(value: Any, type: Type) -> Any:
    if not isinstance(type, MemRefType):
        return normalize(value, type)
    wanted = dtype(type.element)
    array = value if is_array(value) else np.asarray(value, wanted)
    if array.ndim != type.rank or array.dtype.itemsize != wanted.itemsize or _kind(array.dtype) != _kind(wanted):
        raise InternalError(f"an argument of type {type} cannot be an array of {array.dtype} with {array.ndim} dimensions")
    return array if array.dtype == wanted else array.view(wanted)


def _kind(dtype: np.dtype[Any]) -> str:
    """Whether a dtype holds floats, complex numbers or integers, whatever their sign."""
    return dtype.kind if dtype.kind in "fc" else "i"


class Interpreter:
    """Runs functions of a module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def call(self, function: Func, args: Sequence[Any]) -> list[Any]:
        """Results of a function, given values of its parameters."""
        return self.block(function.body, args, {})

    def block(self, block: Block, args: Sequence[Any], env: dict[Value, Any]) -> list[Any]:
        """Run a block; returns the values that its terminator hands on."""
        for arg, value in zip(block.args, args, strict=True):
            env[arg] = value
        op = block.first
        while op is not None:
            operands = [env[v] for v in op.operands]
            if op.terminator:
                return operands
            scalar = EVAL.get(type(op))
            if scalar is not None:
                env[op.results[0]] = scalar(op, *operands)
            else:
                results = STRUCTURED[type(op)](self, op, operands, env)
                for result, value in zip(op.results, results, strict=True):
                    env[result] = value
            op = op.next
        raise InternalError("a block ends without a terminator")

    def function(self, name: str) -> Func:
        """A function of the module."""
        return self._module.funcs[name]


Env = dict[Value, Any]
Execute = Callable[[Interpreter, Op, list[Any], Env], Sequence[Any]]


# Control flow


def _call(interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    return interpreter.call(interpreter.function(op.attrs["callee"]), operands)


def _if(interpreter: Interpreter, op: Op, operands: list[Any], env: Env) -> Sequence[Any]:
    return interpreter.block(op.regions[0] if operands[0] else op.regions[1], (), env)


def _for(interpreter: Interpreter, op: Op, operands: list[Any], env: Env) -> Sequence[Any]:
    lower, upper, step, *carried = operands
    if step <= 0:
        raise undefined(op, f"the step of a loop must be positive, got {step}")
    trips = range(lower, upper, step)
    for i in reversed(trips) if op.attrs.get("reversed") else trips:
        carried = interpreter.block(op.regions[0], (i, *carried), env)
    return carried


def _while(interpreter: Interpreter, op: Op, operands: list[Any], env: Env) -> Sequence[Any]:
    state: Sequence[Any] = operands
    while True:
        go_on, *handed = interpreter.block(op.regions[0], state, env)
        if not go_on:
            return handed
        state = interpreter.block(op.regions[1], handed, env)


def _check(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    condition, *shown = operands
    if not condition:
        error = getattr(builtins, op.attrs["error"], None) or getattr(errors, op.attrs["error"], RuntimeError)
        raise fail(error, op.loc, op.attrs["message"].format(*shown))
    return ()


def _index(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    assert isinstance(op, irad.Index)
    i, n = operands
    if not -n <= i < n:
        raise fail(IndexError, op.loc, op.message.format(i, n))
    return (i + n if i < 0 else i,)


# Memory


def _position(op: Op, array: Array, indices: list[int]) -> tuple[int, ...]:
    for i, n in zip(indices, array.shape, strict=True):
        if not 0 <= i < n:
            raise undefined(op, f"the indices {indices} are out of range for the shape {array.shape}")
    return tuple(indices)


def _alloc(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    type = op.results[0].type
    assert isinstance(type, MemRefType)
    sizes = iter(operands)
    shape = [next(sizes) if n is None else n for n in type.shape]
    if min(shape, default=0) < 0:
        raise undefined(op, f"negative size in {shape}")
    return (poison(np.empty(shape, dtype(type.element))),)


def _dealloc(_interpreter: Interpreter, _op: Op, _operands: list[Any], _env: Env) -> Sequence[Any]:
    return ()


def _dim(_interpreter: Interpreter, _op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    array, axis = operands
    return (array.shape[axis],)


def _load(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    array, *indices = operands
    value = array.item(*_position(op, array, indices))
    return (value.array if isinstance(value, Held) else value,)


def _store(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    value, array, *indices = operands
    array[_position(op, array, indices)] = Held(value) if is_array(value) else value
    return ()


def _stride(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    axis: int = operands[1]
    return (strides_of(operands[0], op.operands[0].type)[axis],)


def _subview(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    array, *numbers = operands
    rank = array.ndim
    offsets, sizes, steps = numbers[:rank], numbers[rank : 2 * rank], numbers[2 * rank :]
    strides = strides_of(array, op.operands[0].type)
    kept = [axis for axis in range(rank) if axis not in op.attrs.get("dropped", ())]
    offset = sum(o * s for o, s in zip(offsets, strides, strict=True))
    return (view(op, array, offset, [sizes[axis] for axis in kept], [steps[axis] * strides[axis] for axis in kept]),)


def _view(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    array, offset, *numbers = operands
    rank = len(numbers) // 2
    type = op.results[0].type
    assert isinstance(type, MemRefType)
    if _kind(array.dtype) == "c" and not isinstance(type.element, ComplexType):
        return (view(op, array, offset, numbers[:rank], numbers[rank:], dtype(type.element)),)
    return (view(op, array, offset, numbers[:rank], numbers[rank:]),)


def _cast(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    array: Array = operands[0]
    type = op.results[0].type
    assert isinstance(type, MemRefType)
    if any(n not in (None, m) for n, m in zip(type.shape, array.shape, strict=True)):
        raise undefined(op, f"an array of shape {array.shape} is no {type}")
    if not type.strided and not array.flags.c_contiguous:
        raise undefined(op, f"an array with strides {array.strides} is not contiguous")
    return (array,)


# Array-level operations


def _elements(op: Op, inputs: list[Any], shape: tuple[int, ...]) -> list[Callable[[tuple[int, ...]], Any]]:
    """For each input a function from a position to the element there."""
    getters: list[Callable[[tuple[int, ...]], Any]] = []
    for value in inputs:
        if is_array(value):
            if value.shape != shape:
                raise undefined(op, f"inputs have the shapes {shape} and {value.shape}")
            getters.append(lambda position, array=value: array.item(position))
        else:
            getters.append(lambda _position, value=value: value)
    return getters


def _map(interpreter: Interpreter, op: Op, operands: list[Any], env: Env) -> Sequence[Any]:
    destination, *inputs = operands
    getters = _elements(op, inputs, destination.shape)
    for position in np.ndindex(destination.shape):
        (destination[position],) = interpreter.block(op.regions[0], [get(position) for get in getters], env)
    return ()


def _reduce(interpreter: Interpreter, op: Op, operands: list[Any], env: Env) -> Sequence[Any]:
    n = op.attrs["inputs"]
    inputs, carried = operands[:n], operands[n:]
    shape = next(v.shape for v in inputs if is_array(v))
    getters = _elements(op, inputs, shape)
    for position in np.ndindex(shape):
        carried = interpreter.block(op.regions[0], [*carried, *(get(position) for get in getters)], env)
    return carried


# Tapes


def _stack(_interpreter: Interpreter, op: Op, _operands: list[Any], _env: Env) -> Sequence[Any]:
    type = op.results[0].type
    assert isinstance(type, StackType)
    return (StackMemory(type.element),)


def _reserve(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    stack, n = operands
    return (stack.reserve(op, n),)


def _release(_interpreter: Interpreter, op: Op, operands: list[Any], _env: Env) -> Sequence[Any]:
    stack, n = operands
    return (stack.release(op, n),)


STRUCTURED: dict[type[Op], Execute] = {
    func.Call: _call,
    scf.If: _if,
    scf.For: _for,
    scf.While: _while,
    memref.Alloc: _alloc,
    memref.Alloca: _alloc,
    memref.Dealloc: _dealloc,
    memref.Dim: _dim,
    memref.Load: _load,
    memref.Store: _store,
    memref.SubView: _subview,
    memref.Cast: _cast,
    irad.Check: _check,
    irad.Index: _index,
    irad.Stride: _stride,
    irad.View: _view,
    irad.Map: _map,
    irad.Reduce: _reduce,
    irad.Stack: _stack,
    irad.Reserve: _reserve,
    irad.Release: _release,
}
