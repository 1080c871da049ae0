"""Burgers' equation with slices: velocity overwritten in place, and the same as loops, differentiated with respect to where it starts."""

import numpy as np

import irad


def burgers(u0, steps, advection, diffusion):
    """Return the kinetic energy after ``steps`` explicit steps from u0 with fixed ends, written with slices."""
    u = u0.copy()
    for _ in range(steps):
        u[1:-1] += diffusion * (u[2:] - 2.0 * u[1:-1] + u[:-2]) - advection * u[1:-1] * (u[2:] - u[:-2])
    return 0.5 * np.sum(u * u)


def burgers_with_loops(u0, steps, advection, diffusion):
    """Return the same as `burgers`, written with loops and a second array."""
    u = u0.copy()
    change = np.zeros(len(u))
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            change[i] = diffusion * (u[i + 1] - 2.0 * u[i] + u[i - 1]) - advection * u[i] * (u[i + 1] - u[i - 1])
        for i in range(1, len(u) - 1):
            u[i] += change[i]
    energy = 0.0
    for i in range(len(u)):
        energy += u[i] * u[i]
    return 0.5 * energy


def make(cells=1000, steps=2000, seed=0):
    """Return arguments of both functions: a wave with noise, and numbers for which the steps are stable."""
    x = np.linspace(0.0, 1.0, cells)
    return np.sin(2.0 * np.pi * x) + 0.1 * np.random.default_rng(seed).standard_normal(cells), steps, 0.05, 0.2


def main():
    """Print the energy and the norm of its gradient, of both forms."""
    for function in (burgers, burgers_with_loops):
        value, gradient = irad.value_and_grad(function)(*make())
        print(f"{function.__name__}: energy {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
