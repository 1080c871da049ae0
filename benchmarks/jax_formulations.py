"""The examples that JAX can differentiate in reverse, in its own idiom: from an example's arguments to a function of its active ones."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp, multigammaln

from examples.nbody import SOFTENING


def gmm(alphas: Any, means: Any, icf: Any, points: Any, gamma: float, m: int) -> Callable[..., Any]:
    """Write all quadratic forms as one matrix product."""
    n, d = points.shape
    K = len(alphas)
    row, column = np.triu_indices(d, 1)[::-1]
    normalizer = (d + m + 1) * d * (np.log(gamma) - 0.5 * np.log(2.0)) - multigammaln(0.5 * (d + m + 1), d)
    constant = -0.5 * n * d * np.log(2.0 * np.pi) - K * normalizer

    def function(alphas: Any, means: Any, icf: Any) -> Any:
        diagonal = jnp.exp(icf[:, :d])
        log_determinant = icf[:, :d].sum(axis=1)
        factor = jnp.zeros((K, d, d)).at[:, row, column].set(icf[:, d:]) + jnp.eye(d) * diagonal[:, None, :]
        scaled = (points @ factor.reshape(K * d, d).T).reshape(n, K, d) - jnp.einsum("kij,kj->ki", factor, means)
        terms = alphas + log_determinant - 0.5 * (scaled**2).sum(axis=2)
        prior = 0.5 * gamma**2 * ((diagonal**2).sum() + (icf[:, d:] ** 2).sum()) - m * log_determinant.sum()
        return constant + logsumexp(terms, axis=1).sum() - n * logsumexp(alphas) + prior

    return function


def lstm(main_params: Any, extra_params: Any, initial_state: Any, sequence: Any) -> Callable[..., Any]:
    """Scan over the sequence, vectorized over bits."""
    layers = len(initial_state) // 2
    length, bits = sequence.shape

    def function(main_params: Any, extra_params: Any) -> Any:
        weights = main_params[0::2].reshape(layers, 4, bits)
        biases = main_params[1::2].reshape(layers, 4, bits)

        def step(state: Any, bits_now_and_next: Any) -> Any:
            now, following = bits_now_and_next
            x = now * extra_params[0]
            new = []
            for layer in range(layers):
                hidden, cell = state[layer]
                gates = jnp.stack([x, hidden, x, hidden]) * weights[layer] + biases[layer]
                forget, ingate, outgate = jax.nn.sigmoid(gates[:3])
                cell = cell * forget + ingate * jnp.tanh(gates[3])
                x = outgate * jnp.tanh(cell)
                new.append((x, cell))
            y = x * extra_params[1] + extra_params[2]
            return new, jnp.sum(following * (y - jnp.log(jnp.sum(jnp.exp(y)) + 2.0)))

        start = [(jnp.asarray(initial_state[2 * layer]), jnp.asarray(initial_state[2 * layer + 1])) for layer in range(layers)]
        _, parts = jax.lax.scan(step, start, (jnp.asarray(sequence[:-1]), jnp.asarray(sequence[1:])))
        return -parts.sum() / (bits * (length - 1))

    return function


def lotka_volterra(v: Any, steps: int, h: float) -> Callable[..., Any]:
    """Scan over the steps."""

    def function(v: Any) -> Any:
        def slope(x: Any, y: Any) -> Any:
            return v[0] * x - v[1] * x * y, -v[2] * y + v[3] * x * y

        def step(state: Any, _: Any) -> Any:
            x, y = state
            ax, ay = slope(x, y)
            bx, by = slope(x + 0.5 * h * ax, y + 0.5 * h * ay)
            cx, cy = slope(x + 0.5 * h * bx, y + 0.5 * h * by)
            dx, dy = slope(x + h * cx, y + h * cy)
            return (x + h / 6.0 * (ax + 2.0 * bx + 2.0 * cx + dx), y + h / 6.0 * (ay + 2.0 * by + 2.0 * cy + dy)), None

        (x, y), _ = jax.lax.scan(step, (v[4], v[5]), length=steps)
        return x + y

    return function


def heat(u0: Any, steps: int, c: float) -> Callable[..., Any]:
    """Scan over the steps; arrays are never overwritten, so both forms of the example are this one."""

    def function(u: Any) -> Any:
        def step(u: Any, _: Any) -> Any:
            return u + c * jnp.pad(u[:-2] - 2.0 * u[1:-1] + u[2:], 1), None

        u, _ = jax.lax.scan(step, u, length=steps)
        return jnp.sum(u * u)

    return function


def hmm(transition: Any, log_emission: Any, log_prior: Any) -> Callable[..., Any]:
    """Scan over the observations."""

    def function(transition: Any) -> Any:
        log_transition = jnp.log(transition)

        def step(now: Any, emission: Any) -> Any:
            return logsumexp(now[:, None] + log_transition, axis=0) + emission, None

        now, _ = jax.lax.scan(step, jnp.asarray(log_prior + log_emission[0]), jnp.asarray(log_emission[1:]))
        return logsumexp(now)

    return function


def csr(starts: Any, columns: Any, values: Any, x: Any) -> Callable[..., Any]:
    """Gather, then sum by row; the rows of the entries are found beforehand."""
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))

    def function(values: Any, x: Any) -> Any:
        y = jax.ops.segment_sum(values * x[columns], rows, num_segments=len(starts) - 1, indices_are_sorted=True)
        return jnp.sum(y * y)

    return function


def rosenbrock(x: Any) -> Callable[..., Any]:
    """Write shifted views in place of the loop."""
    return lambda x: jnp.sum((1.0 - x[:-1]) ** 2 + 100.0 * (x[1:] - x[:-1] ** 2) ** 2)


def nbody(q0: Any, v0: Any, mass: Any, steps: int, dt: float) -> Callable[..., Any]:
    """Scan over the steps, all pairs at once, one array per coordinate."""

    def differences(q: Any) -> Any:
        d = q[:, None, :] - q[:, :, None]
        return d, (d * d).sum(axis=0) + SOFTENING

    def accelerate(q: Any) -> Any:
        d, square = differences(q)
        return (d * (mass / (square * jnp.sqrt(square)))).sum(axis=2)

    def function(q0: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            q, v, a = state
            v = v + 0.5 * dt * a
            q = q + dt * v
            a = accelerate(q)
            return (q, v + 0.5 * dt * a, a), None

        start = (q0.T, jnp.asarray(v0.T), accelerate(q0.T))
        (q, v, _), _ = jax.lax.scan(step, start, length=steps)
        potential = mass[:, None] * mass / jnp.sqrt(differences(q)[1])
        return 0.5 * (mass * v * v).sum() - 0.5 * (potential.sum() - jnp.trace(potential))

    return function


def fft(re: Any, im: Any, weights: Any) -> Callable[..., Any]:
    """Call the library's transform."""
    return lambda re, im: jnp.sum(weights * jnp.abs(jnp.fft.fft(re + 1j * im)) ** 2)


def fft_complex(z: Any, weights: Any) -> Callable[..., Any]:
    """Transform by the library's function."""
    return lambda z, weights: jnp.sum(weights * jnp.abs(jnp.fft.fft(z)) ** 2)


def insertion_sort(x: Any, weights: Any) -> Callable[..., Any]:
    """Call the library's sort."""
    return lambda x, weights: jnp.sum(weights * jnp.sort(x) ** 2)


FORMULATIONS: dict[str, Callable[..., Callable[..., Any]]] = {
    "gmm": gmm,
    "lstm": lstm,
    "lotka_volterra": lotka_volterra,
    "heat_in_place": heat,
    "heat_two_buffers": heat,
    "hmm": hmm,
    "csr": csr,
    "rosenbrock": rosenbrock,
    "nbody": nbody,
    "fft": fft,
    "fft_complex": fft_complex,
    "insertion_sort": insertion_sort,
}
