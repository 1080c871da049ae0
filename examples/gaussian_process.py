"""The log-likelihood of a Gaussian process, with its own Cholesky factorisation, fitted by SciPy if it is installed."""

import numpy as np

import irad


def factorize(a):
    """Overwrite the lower triangle of a positive definite matrix by its Cholesky factor."""
    for j in range(len(a)):
        a[j, j] = np.sqrt(a[j, j] - np.sum(a[j, :j] ** 2))
        for i in range(j + 1, len(a)):
            a[i, j] = (a[i, j] - np.dot(a[i, :j], a[j, :j])) / a[j, j]


def negative_log_likelihood(logarithms, x, y):
    """Return it for observations y at points x; ``logarithms`` are those of a length scale for each axis, the amplitude and the noise."""
    n, d = x.shape
    scaled = x / np.exp(logarithms[:d])
    squares = np.sum(scaled**2, axis=1)
    distance = squares[:, None] + squares[None, :] - 2.0 * (scaled @ scaled.T)
    factor = np.exp(2.0 * logarithms[d] - 0.5 * distance)
    for i in range(n):
        factor[i, i] += np.exp(2.0 * logarithms[d + 1])
    factorize(factor)
    white = np.empty(n)
    for i in range(n):
        white[i] = (y[i] - np.dot(factor[i, :i], white[:i])) / factor[i, i]
    return 0.5 * np.sum(white**2) + np.sum(np.log(np.diag(factor))) + 0.5 * n * np.log(2.0 * np.pi)


def make(points=150, axes=3, seed=0):
    """Return arguments of `negative_log_likelihood`: a smooth function with noise."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2.0, 2.0, (points, axes))
    y = np.sin(x[:, 0]) + 0.3 * x[:, -1] ** 2 + 0.1 * rng.standard_normal(points)
    return np.concatenate([np.zeros(axes + 1), [-1.0]]), x, y


def main():
    """Print value and gradient, and the scales that fit best."""
    start, x, y = make()
    value, gradient = irad.value_and_grad(negative_log_likelihood)(start, x, y)
    print(f"negative log-likelihood {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")
    try:
        from scipy.optimize import minimize
    except ImportError:
        return
    found = minimize(irad.value_and_grad(negative_log_likelihood), start, args=(x, y), jac=True)
    print(f"{found.fun:.6f} after {found.nit} iterations at scales {np.exp(found.x).round(3)}")


if __name__ == "__main__":
    main()
