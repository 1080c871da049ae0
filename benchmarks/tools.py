"""How each tool runs an example: a primal or gradient call that takes nothing and returns value and gradients."""

import importlib.util
import types
from collections.abc import Callable
from typing import Any

import numpy as np

import irad
from examples.suite import Example

Result = tuple[float, tuple[Any, ...]]
Call = Callable[[], Result]
Maker = Callable[[Example, tuple[Any, ...]], Call]


def irad_primal(example: Example, args: tuple[Any, ...]) -> Call:
    """Return the compiled function."""
    return primal(irad.jit(example.function), args)


def irad_gradient(example: Example, args: tuple[Any, ...]) -> Call:
    """Return reverse mode into shadows that are allocated once and zeroed by every call, as a C program would do it."""
    shadows = {i: np.zeros_like(args[i]) for i in example.active if isinstance(args[i], np.ndarray)}
    annotated = []
    for i, arg in enumerate(args):
        if i in shadows:
            annotated.append(irad.Duplicated(arg, shadows[i]))
        else:
            annotated.append(irad.Active(arg) if i in example.active else irad.Const(arg))

    def call() -> Result:
        for shadow in shadows.values():
            shadow.fill(0.0)
        derivatives, value = irad.autodiff(irad.ReverseWithPrimal, example.function, irad.Active, *annotated)
        return value, tuple(shadows[i] if i in shadows else derivatives[i] for i in example.active)

    return call


def numba_primal(example: Example, args: tuple[Any, ...]) -> Call:
    """Return the very same function, and all that it calls, under ``numba.njit``."""
    return primal(compiled_by_numba(example.function, {}), args)


def compiled_by_numba(function: Any, done: dict[Any, Any]) -> Any:
    """Compile a function whose helpers are replaced by their compiled forms; ``done`` closes recursion."""
    import numba

    if function not in done:
        namespace = dict(function.__globals__)
        done[function] = numba.njit(types.FunctionType(function.__code__, namespace, function.__name__, function.__defaults__))
        for name in function.__code__.co_names:
            if isinstance(namespace.get(name), types.FunctionType):
                namespace[name] = compiled_by_numba(namespace[name], done)
    return done[function]


def primal(function: Callable[..., float], args: tuple[Any, ...]) -> Call:
    """Wrap a function that returns the value alone."""
    return lambda: (function(*args), ())


def jax_primal(example: Example, args: tuple[Any, ...]) -> Call:
    """Return ``jax.jit`` of the JAX formulation."""
    import jax

    function, active = in_jax(example, args)
    compiled = jax.jit(function)
    return lambda: (jax.block_until_ready(compiled(*active)), ())


def jax_gradient(example: Example, args: tuple[Any, ...]) -> Call:
    """Return ``jax.jit(jax.value_and_grad(...))`` of the JAX formulation."""
    import jax

    function, active = in_jax(example, args)
    derivative = jax.value_and_grad(function, argnums=tuple(range(len(active))))

    def conjugated(*args: Any) -> Any:
        """JAX's derivative by x + iy is d/dx - i d/dy, of which irad's is the conjugate."""
        value, gradients = derivative(*args)
        return value, tuple(map(jax.numpy.conj, gradients))

    compiled = jax.jit(conjugated)
    return lambda: jax.block_until_ready(compiled(*active))


def in_jax(example: Example, args: tuple[Any, ...]) -> tuple[Callable[..., Any], list[Any]]:
    """Return the formulation as a function of the active arguments, and these as JAX arrays."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    from benchmarks.jax_formulations import FORMULATIONS

    if example.name not in FORMULATIONS:
        raise LookupError("JAX has no reverse mode for loops of unknown length")
    return FORMULATIONS[example.name](*args), [jax.numpy.asarray(args[i]) for i in example.active]


OURS: dict[tuple[str, str], Maker] = {("irad", "primal"): irad_primal, ("irad", "gradient"): irad_gradient}
PEERS: dict[str, dict[tuple[str, str], Maker]] = {
    "numba": {("numba", "primal"): numba_primal},
    "jax": {("jax", "primal"): jax_primal, ("jax", "gradient"): jax_gradient},
}


def installed_peers() -> list[str]:
    """Name the peers that can be imported."""
    return [name for name in PEERS if importlib.util.find_spec(name)]
