"""Predators and prey: the Lotka-Volterra equations by the classical Runge-Kutta method, differentiated through 100,000 steps."""

import numpy as np

import irad


def slope(v, x, y):
    """Return dx/dt of the prey x and dy/dt of the predators y."""
    return v[0] * x - v[1] * x * y, -v[2] * y + v[3] * x * y


def lotka_volterra(v, steps, h):
    """Return the total population after ``steps`` steps of length h; v holds four rates, then the initial x and y."""
    x = v[4]
    y = v[5]
    for _ in range(steps):
        ax, ay = slope(v, x, y)
        bx, by = slope(v, x + 0.5 * h * ax, y + 0.5 * h * ay)
        cx, cy = slope(v, x + 0.5 * h * bx, y + 0.5 * h * by)
        dx, dy = slope(v, x + h * cx, y + h * cy)
        x = x + h / 6.0 * (ax + 2.0 * bx + 2.0 * cx + dx)
        y = y + h / 6.0 * (ay + 2.0 * by + 2.0 * cy + dy)
    return x + y


def make(steps=100_000, seed=0):
    """Return arguments of `lotka_volterra` for the time span 10."""
    rng = np.random.default_rng(seed)
    return np.array([1.5, 1.0, 3.0, 1.0, 1.0, 1.0]) * rng.uniform(0.95, 1.05, 6), steps, 10.0 / steps


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(lotka_volterra)(*make())
    print(f"population {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
