"""Rosenbrock's function of many variables."""

import numpy as np

import irad


def rosenbrock(x):
    """Return the sum of (1 - x[i])**2 + 100 (x[i+1] - x[i]**2)**2."""
    total = 0.0
    for i in range(len(x) - 1):
        a = 1.0 - x[i]
        b = x[i + 1] - x[i] * x[i]
        total += a * a + 100.0 * b * b
    return total


def make(n=1_000_000, seed=0):
    """Return the argument of `rosenbrock`: a random point."""
    return (np.random.default_rng(seed).uniform(-1.0, 1.0, n),)


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(rosenbrock)(*make())
    print(f"value {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
