"""Van der Pol's oscillator by the Dormand-Prince method: steps of adaptive length, accepted or rejected."""

import math

import numpy as np

import irad


def slope(mu, x, y):
    """Return dx/dt and dy/dt of the oscillator with damping mu."""
    return y, mu * (1.0 - x * x) * y - x


def dormand_prince(v, end, tolerance):
    """Return x + y at time ``end``; v holds the damping, then the initial x and y.

    The embedded pair of orders 5 and 4 is that of Dormand and Prince (1980); its last slope is the first of the next step. A step is
    accepted if the estimated error, scaled by 1 + |x| and 1 + |y|, is below the tolerance.
    """
    mu = v[0]
    x = v[1]
    y = v[2]
    t = 0.0
    h = 0.01
    ax, ay = slope(mu, x, y)
    done = False
    while not done:
        done = t + h >= end
        if done:
            h = end - t
        bx, by = slope(mu, x + h * ax / 5.0, y + h * ay / 5.0)
        cx, cy = slope(mu, x + h * (3.0 * ax + 9.0 * bx) / 40.0, y + h * (3.0 * ay + 9.0 * by) / 40.0)
        dx, dy = slope(
            mu,
            x + h * (44.0 / 45.0 * ax - 56.0 / 15.0 * bx + 32.0 / 9.0 * cx),
            y + h * (44.0 / 45.0 * ay - 56.0 / 15.0 * by + 32.0 / 9.0 * cy),
        )
        ex, ey = slope(
            mu,
            x + h * (19372.0 / 6561.0 * ax - 25360.0 / 2187.0 * bx + 64448.0 / 6561.0 * cx - 212.0 / 729.0 * dx),
            y + h * (19372.0 / 6561.0 * ay - 25360.0 / 2187.0 * by + 64448.0 / 6561.0 * cy - 212.0 / 729.0 * dy),
        )
        fx, fy = slope(
            mu,
            x + h * (9017.0 / 3168.0 * ax - 355.0 / 33.0 * bx + 46732.0 / 5247.0 * cx + 49.0 / 176.0 * dx - 5103.0 / 18656.0 * ex),
            y + h * (9017.0 / 3168.0 * ay - 355.0 / 33.0 * by + 46732.0 / 5247.0 * cy + 49.0 / 176.0 * dy - 5103.0 / 18656.0 * ey),
        )
        new_x = x + h * (35.0 / 384.0 * ax + 500.0 / 1113.0 * cx + 125.0 / 192.0 * dx - 2187.0 / 6784.0 * ex + 11.0 / 84.0 * fx)
        new_y = y + h * (35.0 / 384.0 * ay + 500.0 / 1113.0 * cy + 125.0 / 192.0 * dy - 2187.0 / 6784.0 * ey + 11.0 / 84.0 * fy)
        gx, gy = slope(mu, new_x, new_y)
        rx = 71.0 * ax / 57600.0 - 71.0 * cx / 16695.0 + 71.0 * dx / 1920.0 - 17253.0 * ex / 339200.0 + 22.0 * fx / 525.0 - gx / 40.0
        ry = 71.0 * ay / 57600.0 - 71.0 * cy / 16695.0 + 71.0 * dy / 1920.0 - 17253.0 * ey / 339200.0 + 22.0 * fy / 525.0 - gy / 40.0
        rx = h * rx / (1.0 + abs(x))
        ry = h * ry / (1.0 + abs(y))
        error = math.sqrt(rx * rx + ry * ry) / tolerance
        if error <= 1.0:
            t = t + h
            x = new_x
            y = new_y
            ax = gx
            ay = gy
        else:
            done = False
        h = h * min(5.0, max(0.2, 0.9 * error**-0.2))
    return x + y


def make(end=2000.0, tolerance=1e-8, seed=0):
    """Return arguments of `dormand_prince`: an oscillator with random damping and initial state."""
    rng = np.random.default_rng(seed)
    return np.array([1.0, 2.0, 0.0]) + rng.uniform(0.0, 0.5, 3), end, tolerance


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(dormand_prince)(*make())
    print(f"x + y = {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
