"""Bodies under softened gravity by the leapfrog method; the final energy differentiated with respect to the initial positions."""

import math

import numpy as np

import irad

SOFTENING = 0.05**2


def accelerate(q, mass, a):
    """Write the gravitational acceleration at the positions q into a."""
    n = len(q)
    for i in range(n):
        a[i, 0] = 0.0
        a[i, 1] = 0.0
        a[i, 2] = 0.0
    for i in range(n):
        for j in range(i + 1, n):
            dx = q[j, 0] - q[i, 0]
            dy = q[j, 1] - q[i, 1]
            dz = q[j, 2] - q[i, 2]
            square = dx * dx + dy * dy + dz * dz + SOFTENING
            w = 1.0 / (square * math.sqrt(square))
            a[i, 0] += mass[j] * w * dx
            a[i, 1] += mass[j] * w * dy
            a[i, 2] += mass[j] * w * dz
            a[j, 0] -= mass[i] * w * dx
            a[j, 1] -= mass[i] * w * dy
            a[j, 2] -= mass[i] * w * dz


def energy(q, v, mass):
    """Return the kinetic and potential energy."""
    n = len(q)
    total = 0.0
    for i in range(n):
        total += 0.5 * mass[i] * (v[i, 0] * v[i, 0] + v[i, 1] * v[i, 1] + v[i, 2] * v[i, 2])
        for j in range(i + 1, n):
            dx = q[j, 0] - q[i, 0]
            dy = q[j, 1] - q[i, 1]
            dz = q[j, 2] - q[i, 2]
            total -= mass[i] * mass[j] / math.sqrt(dx * dx + dy * dy + dz * dz + SOFTENING)
    return total


def nbody(q0, v0, mass, steps, dt):
    """Return the energy after ``steps`` kick-drift-kick steps of length dt from positions q0[n, 3] and velocities v0[n, 3]."""
    n = len(q0)
    q = q0.copy()
    v = v0.copy()
    a = np.empty((n, 3))
    accelerate(q, mass, a)
    for _ in range(steps):
        for i in range(n):
            for c in range(3):
                v[i, c] += 0.5 * dt * a[i, c]
                q[i, c] += dt * v[i, c]
        accelerate(q, mass, a)
        for i in range(n):
            for c in range(3):
                v[i, c] += 0.5 * dt * a[i, c]
    return energy(q, v, mass)


def make(bodies=100, steps=100, seed=0):
    """Return arguments of `nbody`: bodies of random position, velocity and mass."""
    rng = np.random.default_rng(seed)
    q0 = rng.standard_normal((bodies, 3))
    v0 = 0.1 * rng.standard_normal((bodies, 3))
    return q0, v0, rng.uniform(0.5, 1.5, bodies) / bodies, steps, 1e-3


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(nbody)(*make())
    print(f"energy {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
