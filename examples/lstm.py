"""ADBench's LSTM: a character-level model with diagonal weights, its state updated in place over a sequence."""

import math
import os
from pathlib import Path

import numpy as np

import irad


def sigmoid(x):
    """Return the logistic function of x."""
    return 1.0 / (1.0 + math.exp(-x))


def lstm(main_params, extra_params, initial_state, sequence):
    """Return the negative log-likelihood per character and bit (Srajer, Kukelova, Fitzgibbon 2018, ADBench).

    ``main_params[2l, 4b]`` holds weights and biases of l layers by rows in turn, ``extra_params[3, b]`` the input weights, output
    weights and output biases, ``initial_state[2l, b]`` hidden and cell state of each layer, ``sequence[c, b]`` the characters' bits.
    """
    layers = main_params.shape[0] // 2
    length, bits = sequence.shape
    state = initial_state.copy()
    x = np.empty(bits)
    y = np.empty(bits)
    total = 0.0
    for t in range(length - 1):
        for i in range(bits):
            x[i] = sequence[t, i] * extra_params[0, i]
        for layer in range(layers):
            weight = main_params[2 * layer]
            bias = main_params[2 * layer + 1]
            hidden = state[2 * layer]
            cell = state[2 * layer + 1]
            for i in range(bits):
                forget = sigmoid(x[i] * weight[i] + bias[i])
                ingate = sigmoid(hidden[i] * weight[bits + i] + bias[bits + i])
                outgate = sigmoid(x[i] * weight[2 * bits + i] + bias[2 * bits + i])
                change = math.tanh(hidden[i] * weight[3 * bits + i] + bias[3 * bits + i])
                cell[i] = cell[i] * forget + ingate * change
                hidden[i] = outgate * math.tanh(cell[i])
            for i in range(bits):
                x[i] = hidden[i]
        normalizer = 2.0
        for i in range(bits):
            y[i] = x[i] * extra_params[1, i] + extra_params[2, i]
            normalizer += math.exp(y[i])
        log_normalizer = math.log(normalizer)
        for i in range(bits):
            total += sequence[t + 1, i] * (y[i] - log_normalizer)
    return -total / (bits * (length - 1))


def load(path):
    """Return the arguments of `lstm` that an ADBench file ``lstm_lL_cC.txt`` holds."""
    fields = Path(path).read_text().split()
    layers, length, bits = (int(field) for field in fields[:3])
    sizes = [8 * layers * bits, 3 * bits, 2 * layers * bits]
    main_params, extra_params, state, sequence = np.split(np.array(fields[3:], dtype=float), np.cumsum(sizes))
    return (
        main_params.reshape(2 * layers, 4 * bits),
        extra_params.reshape(3, bits),
        state.reshape(2 * layers, bits),
        sequence.reshape(length, bits),
    )


def make(layers=2, length=1024, bits=14, seed=0):
    """Return synthetic arguments of `lstm`."""
    rng = np.random.default_rng(seed)
    main_params = rng.standard_normal((2 * layers, 4 * bits))
    extra_params = rng.standard_normal((3, bits))
    state = rng.standard_normal((2 * layers, bits))
    sequence = rng.integers(0, 2, (length, bits)).astype(float)
    return main_params, extra_params, state, sequence


def instance(layers=2, length=1024):
    """Return the ADBench instance of this size from the folder ``$IRAD_DATA``, or synthetic arguments where that is not set."""
    if "IRAD_DATA" in os.environ:
        return load(Path(os.environ["IRAD_DATA"], "adbench", f"lstm_l{layers}_c{length}.txt"))
    return make(layers, length)


def main():
    """Print the value and the norm of the gradient."""
    value, gradients = irad.value_and_grad(lstm, argnums=(0, 1))(*instance())
    norm = np.linalg.norm(np.concatenate([gradient.ravel() for gradient in gradients]))
    print(f"loss {value:.12g}, gradient norm {norm:.6g}")


if __name__ == "__main__":
    main()
