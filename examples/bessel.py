"""A Bessel function by its power series, summed until the terms are small."""

import irad


def bessel(order, x, tolerance):
    """Return J_order(x), the Bessel function of the first kind and of integer order (Abramowitz and Stegun, 9.1.10)."""
    term = 1.0
    for k in range(1, order + 1):
        term *= 0.5 * x / k
    total = term
    k = 0
    while abs(term) > tolerance:
        k += 1
        term *= -0.25 * x * x / (k * (k + order))
        total += term
    return total


def make(order=3, x=7.5, tolerance=1e-12):
    """Return arguments of `bessel`."""
    return order, x, tolerance


def main():
    """Print the value and the derivative."""
    value, derivative = irad.value_and_grad(bessel, argnums=1)(*make())
    print(f"value {value:.12g}, derivative {derivative:.6g}")


if __name__ == "__main__":
    main()
