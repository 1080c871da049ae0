"""Logistic regression in NumPy expressions, minimised by SciPy if it is installed."""

import numpy as np

import irad


def cost(parameters, features, labels, penalty):
    """Return the mean log loss and a penalty; the last parameter is the bias, labels are 0 and 1."""
    scores = features @ parameters[:-1] + parameters[-1]
    return np.mean(np.logaddexp(0.0, scores) - labels * scores) + penalty * np.sum(parameters[:-1] ** 2)


def make(samples=20_000, features=20, seed=0):
    """Return arguments of `cost`: labels drawn from a model of its form."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, features))
    chance = 1.0 / (1.0 + np.exp(-(x @ rng.standard_normal(features) + 0.5)))
    return 0.1 * rng.standard_normal(features + 1), x, (rng.uniform(size=samples) < chance).astype(float), 1e-3


def main():
    """Print the cost before and after minimising it."""
    start, *data = make()
    value, gradient = irad.value_and_grad(cost)(start, *data)
    print(f"cost {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")
    try:
        from scipy.optimize import minimize
    except ImportError:
        return
    found = minimize(irad.value_and_grad(cost), start, args=tuple(data), jac=True)
    print(f"cost {found.fun:.12g} after {found.nit} iterations, gradient norm {np.linalg.norm(found.jac):.2g}")


if __name__ == "__main__":
    main()
