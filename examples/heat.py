"""The heat equation on a rod by explicit steps: once in place, once with two buffers that are swapped."""

import numpy as np

import irad


def square_sum(u):
    """Return the sum of the squares of u."""
    total = 0.0
    for i in range(len(u)):
        total += u[i] * u[i]
    return total


def heat_in_place(u0, steps, c):
    """Return the squared norm of the temperature after ``steps`` steps from u0, with fixed ends and diffusion number c."""
    u = u0.copy()
    for _ in range(steps):
        left = u[0]
        for i in range(1, len(u) - 1):
            here = u[i]
            u[i] = here + c * (left - 2.0 * here + u[i + 1])
            left = here
    return square_sum(u)


def heat_two_buffers(u0, steps, c):
    """Return the same as `heat_in_place`, from one buffer into the other."""
    u = u0.copy()
    v = u0.copy()
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            v[i] = u[i] + c * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        u, v = v, u
    return square_sum(u)


def make(cells=1000, steps=2000, seed=0):
    """Return arguments of both functions: a random initial temperature."""
    return np.random.default_rng(seed).standard_normal(cells), steps, 0.25


def main():
    """Print value and norm of the gradient of both forms."""
    for function in (heat_in_place, heat_two_buffers):
        value, gradient = irad.value_and_grad(function)(*make())
        print(f"{function.__name__}: squared norm {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
