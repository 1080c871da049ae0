"""Newton's iteration for a square root: a while loop whose condition depends on the data."""

import irad


def newton(a):
    """Return the square root of a."""
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def make(a=2.0):
    """Return the argument of `newton`."""
    return (a,)


def main():
    """Print the value and the derivative."""
    value, derivative = irad.value_and_grad(newton)(*make())
    print(f"root {value:.12g}, derivative {derivative:.6g}")


if __name__ == "__main__":
    main()
