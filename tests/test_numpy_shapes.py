"""What the rows of the tables cannot say of functions that rearrange arrays: read-only views, sizes known at run time, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import irad


def weighted(x):
    """A sum in which every element counts differently."""
    return np.sum(x * np.cos(np.arange(x.size) + 1.0).reshape(x.shape))


def check_gradient(f, *args, argnums=0):
    """Reverse mode against central differences, forward against reverse."""
    got = irad.grad(f, argnums=argnums)(*args)
    x, h = args[argnums], 1e-6
    want = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[at] = h
        moved = [(*args[:argnums], x + s * step, *args[argnums + 1 :]) for s in (1, -1)]
        want[at] = (f(*moved[0]) - f(*moved[1])) / (2 * h)
    np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(irad.jit(f)(*args), f(*args), rtol=1e-13)


X = np.random.default_rng(1).normal(size=(3, 4))


@pytest.mark.parametrize("k", [-7, -1, 0, 1, 2, 9])
def test_sizes_and_shifts_known_at_run_time(k):
    def f(x, k):
        n = abs(k)
        y = np.roll(x, k, axis=1) + np.roll(x, k)
        z = np.concatenate([np.tile(x, (n, 1)), np.tril(x, k), np.triu(x, k), np.repeat(x, n, axis=0)])
        p = np.pad(x, ((n, 1), (0, n)), mode="reflect")
        d = np.diag(x[0], k) @ np.eye(4 + n, 3, k)
        return weighted(y) + weighted(z) + weighted(p) + weighted(d) + weighted(np.linspace(x[0], x[1], n))

    check_gradient(lambda x: f(x, k), X)
    np.testing.assert_allclose(irad.jit(f)(X, k), f(X, k), rtol=1e-13)
    np.testing.assert_allclose(irad.grad(f)(X, k), irad.grad(lambda x: f(x, k))(X), rtol=1e-13)


def test_views_in_loops_and_writes():
    def f(x):
        y = x.copy()
        total = 0.0
        for i in range(3):
            np.flip(y, 1)[i] *= 1.5
            np.rot90(y)[0] += y[:, 0] * 0.5
            for part in np.split(y, 2, axis=1):
                part += part * part
            np.moveaxis(y, 0, 1)[i, i] *= y[i, i + 1]
            total += np.sum(np.diagonal(y, 1)) + weighted(np.broadcast_to(y[i], (2, 4)))
        return total + weighted(y)

    check_gradient(f, 0.3 * X)


def test_padded_and_joined_in_a_loop():
    def f(x):
        y = x
        for _ in range(2):
            y = np.pad(y, 1, mode="wrap")[:-1, 1:] * 0.5 + np.pad(y, ((0, 1), (1, 0)), mode="edge")
        return weighted(np.vstack([y, np.flip(y)]))

    check_gradient(f, X)


def test_repeats_known_at_run_time():
    counts = np.array([2, 0, 3])

    def f(x, counts):
        return (
            weighted(np.repeat(x, counts, axis=0)) + weighted(np.delete(x, counts > 2, axis=0)) + weighted(np.insert(x, counts[0], x[0], 0))
        )

    check_gradient(f, X, counts)


def test_second_derivative():
    def f(x):
        y = np.concatenate([np.roll(x, 1), np.flip(x), np.pad(x, 1, "symmetric")])
        return np.sum(y**3 * np.linspace(0.0, x[0], y.size))

    x = X[0]
    v = np.array([0.3, -1.0, 0.2, 0.5])
    h = 1e-5
    want = (irad.grad(f)(x + h * v) - irad.grad(f)(x - h * v)) / (2 * h)
    np.testing.assert_allclose(irad.hvp(f, x, v), want, rtol=1e-6, atol=1e-7)


# ---------------------------------------------------------------- read-only views


def _joined(x, c):
    y = np.broadcast_to(x[0], (3, 4)) if c > 0 else x.copy()
    y[0, 0] = 1.0
    return y


def _carried(x, c):
    y = x
    for _ in range(c):
        y = np.broadcast_to(y[:1], (3, 4))
    y += 1.0
    return y


def _viewed(x, c):
    x.diagonal()[c:].reshape(-1)[...] = 0.0
    return x


def _output(x, c):
    np.add(x[0], c, out=np.broadcast_to(x[0], (4,)))
    return x


@pytest.mark.parametrize("f", [_joined, _carried, _viewed, _output])
def test_no_write_through_a_read_only_view(f):
    for run in (irad.jit(f), irad.jit(lambda x, c: np.sum(f(x, c)))):
        with pytest.raises(ValueError, match="read-only"):
            run(X.copy(), 1)


def test_returned_broadcast_views_are_read_only():
    found = irad.jit(lambda x: (np.broadcast_to(x[0], (2, 4)), np.broadcast_to(x[0] * 2.0, (2, 4)), x[:, 0]))(X)
    assert [r.flags.writeable for r in found] == [False, False, True]


def test_a_copy_of_a_read_only_view_is_written():
    def f(x):
        y = np.diagonal(x).copy()
        y[0] = 3.0
        return weighted(y)

    check_gradient(f, X)


# ---------------------------------------------------------------- lists, grids, refusals


def test_pieces_are_a_list():
    def f(x):
        parts = np.split(x, 2, axis=1)
        parts.append(parts[0] * 2.0)
        parts[1] = parts[1] + 1.0
        return weighted(np.hstack(parts))

    check_gradient(f, X)


def test_arrays_of_static_arguments_are_new_on_every_call():
    def f(x):
        a, b = np.meshgrid([1.0, 2.0], [3.0, 4.0])
        e = np.eye(2)
        e += x
        a += x
        return np.sum(a * b * e)

    compiled = irad.jit(f)
    assert compiled(1.0) == compiled(1.0) == f(1.0)


def test_rows_of_a_growing_list():
    def f(x, n):
        rows = []
        for i in range(n):
            rows.append(x[0, i] * x[1, i])
        return weighted(np.hstack([np.stack(rows), np.array(rows)]))

    check_gradient(f, X, 4)


def test_grids_of_traced_bounds():
    def f(x, n):
        i, j = np.mgrid[0:n, 1 : n + 2]
        p, q = np.ogrid[0 : x[0, 0] : 4j, 0:n]
        return np.sum(i * j * x[0, 0]) + np.sum(p * q)

    check_gradient(f, X, 3)


@pytest.mark.parametrize(
    ("f", "near"),
    [
        (lambda x: np.resize(x, (2, 2)), r"nearest that is: np\.tile"),
        (lambda x: np.block([[x, x]]), r"nearest that is: np\.concatenate"),
        (lambda x: np.pad(x, 1, mode="linear_ramp"), "irad has the modes constant, empty, edge"),
        (lambda x: np.pad(x, 1, mode="reflect", reflect_type="odd"), "twice the edge"),
        (lambda x: np.eye(3, order="F") @ x, "Make a row-major one"),
    ],
)
def test_refusals_name_what_there_is(f, near):
    with pytest.raises(irad.UnsupportedError, match=near):
        irad.jit(f)(X)
