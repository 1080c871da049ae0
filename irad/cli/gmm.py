"""ADBench's Gaussian mixture model: the log-likelihood as plain loops, its data files and synthetic data of the same shape."""

import math
import os
from pathlib import Path

import numpy as np


def log_sum_exp(x):
    """Return log(sum(exp(x))), safe from overflow."""
    largest = x[0]
    for k in range(1, len(x)):
        if x[k] > largest:
            largest = x[k]
    total = 0.0
    for k in range(len(x)):
        total += math.exp(x[k] - largest)
    return math.log(total) + largest


def log_wishart_prior(diagonal, log_determinant, icf, gamma, m):
    """Return the log-density of the inverse covariance factors under a Wishart prior."""
    K, d = diagonal.shape
    n = d + m + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(d):
        log_gamma += math.lgamma(0.5 * (n - j))
    normalizer = n * d * (math.log(gamma) - 0.5 * math.log(2.0)) - log_gamma
    out = 0.0
    for k in range(K):
        frobenius = 0.0
        for i in range(d):
            frobenius += diagonal[k, i] * diagonal[k, i]
        for i in range(d, icf.shape[1]):
            frobenius += icf[k, i] * icf[k, i]
        out += 0.5 * gamma * gamma * frobenius - m * log_determinant[k]
    return out - K * normalizer


def gmm(alphas, means, icf, points, gamma, m):
    """Return the log-likelihood of points under a mixture of Gaussians (Srajer, Kukelova, Fitzgibbon 2018, ADBench).

    ``alphas[K]`` are unnormalized log-weights and ``means[K, d]`` the centres. A row of ``icf[K, d(d+1)/2]`` holds the logarithms of
    the diagonal of a lower triangular inverse covariance factor, then its strict lower triangle by columns. ``points[n, d]`` are
    observations; ``gamma`` and ``m`` parametrize the Wishart prior.
    """
    K, d = means.shape
    n = len(points)
    diagonal = np.empty((K, d))
    log_determinant = np.zeros(K)
    for k in range(K):
        for i in range(d):
            log_determinant[k] += icf[k, i]
            diagonal[k, i] = math.exp(icf[k, i])
    centred = np.empty(d)
    scaled = np.empty(d)
    terms = np.empty(K)
    log_likelihood = 0.0
    for point in range(n):
        for k in range(K):
            for i in range(d):
                centred[i] = points[point, i] - means[k, i]
                scaled[i] = diagonal[k, i] * centred[i]
            entry = d
            for i in range(d):
                for j in range(i + 1, d):
                    scaled[j] += icf[k, entry] * centred[i]
                    entry += 1
            square = 0.0
            for i in range(d):
                square += scaled[i] * scaled[i]
            terms[k] = alphas[k] + log_determinant[k] - 0.5 * square
        log_likelihood += log_sum_exp(terms)
    log_likelihood -= 0.5 * n * d * math.log(2.0 * math.pi) + n * log_sum_exp(alphas)
    return log_likelihood + log_wishart_prior(diagonal, log_determinant, icf, gamma, m)


def load(path):
    """Return the arguments of `gmm` that an ADBench file ``gmm_dD_KK.txt`` holds."""
    fields = Path(path).read_text().split()
    d, K, n = (int(field) for field in fields[:3])
    columns = d * (d + 1) // 2
    sizes = [K, K * d, K * columns, n * d]
    alphas, means, icf, points, prior = np.split(np.array(fields[3:], dtype=float), np.cumsum(sizes))
    gamma, m = prior
    return alphas, means.reshape(K, d), icf.reshape(K, columns), points.reshape(n, d), float(gamma), int(m)


def make(d=10, K=25, n=1000, seed=0):
    """Return synthetic arguments of `gmm`: n points of dimension d, K components."""
    rng = np.random.default_rng(seed)
    alphas = rng.standard_normal(K)
    means = rng.uniform(size=(K, d))
    icf = rng.standard_normal((K, d * (d + 1) // 2))
    points = rng.standard_normal((n, d))
    return alphas, means, icf, points, 1.0, 0


def instance(d=10, K=25):
    """Return the ADBench instance of this size from the folder ``$IRAD_DATA``, or synthetic arguments where that is not set."""
    if "IRAD_DATA" in os.environ:
        return load(Path(os.environ["IRAD_DATA"], "adbench", f"gmm_d{d}_K{K}.txt"))
    return make(d, K)
