"""Insertion sort of an array, then a weighted sum: the derivative of a permutation that the data decide."""

import numpy as np

import irad


def insertion_sort(x):
    """Sort x in place, smallest first."""
    for i in range(1, len(x)):
        key = x[i]
        j = i
        while j > 0 and x[j - 1] > key:
            x[j] = x[j - 1]
            j -= 1
        x[j] = key


def sorted_sum(x, weights):
    """Return the sum of weights[i] times the square of the i-th smallest entry of x."""
    y = x.copy()
    insertion_sort(y)
    total = 0.0
    for i in range(len(y)):
        total += weights[i] * y[i] * y[i]
    return total


def make(n=1000, seed=0):
    """Return arguments of `sorted_sum`: distinct numbers in random order."""
    rng = np.random.default_rng(seed)
    return rng.permutation(n) / n + rng.uniform(0.1, 0.9, n) / n, rng.uniform(0.5, 1.5, n)


def main():
    """Print the value and the norm of the gradient."""
    value, gradients = irad.value_and_grad(sorted_sum, argnums=(0, 1))(*make())
    print(f"weighted sum {value:.12g}, gradient norm {np.linalg.norm(np.concatenate(gradients)):.6g}")


if __name__ == "__main__":
    main()
