"""The recursive radix-2 Fourier transform on views: strided halves go in, halves of the result come out."""

import math

import numpy as np

import irad


def fft(re, im, out_re, out_im):
    """Write the discrete Fourier transform of re + i im, whose length is a power of two, into out_re + i out_im."""
    n = len(re)
    if n == 1:
        out_re[0] = re[0]
        out_im[0] = im[0]
        return
    half = n // 2
    fft(re[0::2], im[0::2], out_re[:half], out_im[:half])
    fft(re[1::2], im[1::2], out_re[half:], out_im[half:])
    for k in range(half):
        angle = -2.0 * math.pi * k / n
        c = math.cos(angle)
        s = math.sin(angle)
        even_re = out_re[k]
        even_im = out_im[k]
        odd_re = c * out_re[half + k] - s * out_im[half + k]
        odd_im = s * out_re[half + k] + c * out_im[half + k]
        out_re[k] = even_re + odd_re
        out_im[k] = even_im + odd_im
        out_re[half + k] = even_re - odd_re
        out_im[half + k] = even_im - odd_im


def weighted_power(re, im, weights):
    """Return the power spectrum of re + i im, summed with weights."""
    n = len(re)
    out_re = np.empty(n)
    out_im = np.empty(n)
    fft(re, im, out_re, out_im)
    total = 0.0
    for k in range(n):
        total += weights[k] * (out_re[k] * out_re[k] + out_im[k] * out_im[k])
    return total


def make(n=65_536, seed=0):
    """Return arguments of `weighted_power`: a random signal and positive weights."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(n), rng.standard_normal(n), rng.uniform(0.0, 1.0 / n, n)


def main():
    """Print the value and the norm of the gradient."""
    value, gradients = irad.value_and_grad(weighted_power, argnums=(0, 1))(*make())
    print(f"weighted power {value:.12g}, gradient norm {np.linalg.norm(np.concatenate(gradients)):.6g}")


if __name__ == "__main__":
    main()
