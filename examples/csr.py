"""A sparse matrix in compressed rows times a vector, differentiated with respect to the matrix's entries and the vector."""

import numpy as np

import irad


def csr(starts, columns, values, x):
    """Return the squared norm of A x; row i of A has ``values[starts[i]:starts[i+1]]`` in these ``columns``."""
    total = 0.0
    for i in range(len(starts) - 1):
        y = 0.0
        for k in range(starts[i], starts[i + 1]):
            y += values[k] * x[columns[k]]
        total += y * y
    return total


def make(rows=100_000, per_row=10, seed=0):
    """Return arguments of `csr`: a square matrix with ``per_row`` random entries in each row."""
    rng = np.random.default_rng(seed)
    columns = np.sort(rng.integers(0, rows, (rows, per_row), dtype=np.int32), axis=1).ravel()
    starts = np.arange(0, rows * per_row + 1, per_row, dtype=np.int32)
    return starts, columns, rng.standard_normal(rows * per_row), rng.standard_normal(rows)


def main():
    """Print the value and the norm of the gradient."""
    value, gradients = irad.value_and_grad(csr, argnums=(2, 3))(*make())
    print(f"squared norm {value:.12g}, gradient norm {np.linalg.norm(np.concatenate(gradients)):.6g}")


if __name__ == "__main__":
    main()
