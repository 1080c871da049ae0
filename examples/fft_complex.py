"""The iterative radix-2 Fourier transform of a complex array, in place: bits of the indices are reversed, then butterflies."""

import cmath
import math

import numpy as np

import irad


def fft_in_place(z):
    """Replace z, whose length is a power of two, by its discrete Fourier transform."""
    n = len(z)
    j = 0
    for i in range(1, n):
        bit = n // 2
        while j & bit:
            j ^= bit
            bit //= 2
        j ^= bit
        if i < j:
            z[i], z[j] = z[j], z[i]
    half = 1
    while half < n:
        for k in range(half):
            w = cmath.exp(-1j * math.pi * k / half)
            for start in range(k, n, 2 * half):
                even = z[start]
                odd = w * z[start + half]
                z[start] = even + odd
                z[start + half] = even - odd
        half *= 2


def weighted_spectrum(z, weights):
    """Return the power spectrum of z, summed with weights."""
    spectrum = z.copy()
    fft_in_place(spectrum)
    total = 0.0
    for k in range(len(z)):
        total += weights[k] * abs(spectrum[k]) ** 2
    return total


def make(n=65_536, seed=0):
    """Return arguments of `weighted_spectrum`: a random complex signal and positive weights."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(n) + 1j * rng.standard_normal(n), rng.uniform(0.0, 1.0 / n, n)


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(weighted_spectrum)(*make())
    print(f"weighted spectrum {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
