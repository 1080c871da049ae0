"""A multilayer perceptron (784, 32, 10) on layers that are dataclasses: sigmoid, softmax, squared error, gradient descent in place."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import irad


def sigmoid(x):
    """Return the logistic function of each element."""
    return 1.0 / (1.0 + np.exp(-x))


def softmax(x):
    """Return rows that sum to 1."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


@dataclass
class Dense:
    """A layer: one row of ``weight`` for each output."""

    weight: np.ndarray
    bias: np.ndarray
    activation: Callable

    def __call__(self, x):
        return self.activation(x @ self.weight.T + self.bias)


@dataclass
class Chain:
    """Layers, one after the other."""

    layers: list

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def loss(model, x, y):
    """Return the mean squared error of a model on a batch."""
    return np.mean(np.sum((model(x) - y) ** 2, axis=1))


def loss_of_arrays(weight1, bias1, weight2, bias2, x, y):
    """Return the same, of a model made from arrays."""
    return loss(Chain([Dense(weight1, bias1, sigmoid), Dense(weight2, bias2, softmax)]), x, y)


def make(inputs=784, hidden=32, outputs=10, batch=64, seed=0):
    """Return arguments of `loss_of_arrays`: random weights, and a batch with one class for each row."""
    rng = np.random.default_rng(seed)
    y = np.zeros((batch, outputs))
    y[np.arange(batch), rng.integers(0, outputs, batch)] = 1.0
    return (
        rng.standard_normal((hidden, inputs)) / np.sqrt(inputs),
        np.zeros(hidden),
        rng.standard_normal((outputs, hidden)) / np.sqrt(hidden),
        np.zeros(outputs),
        rng.standard_normal((batch, inputs)),
        y,
    )


def main():
    """Train for some steps; print the loss before and after."""
    weight1, bias1, weight2, bias2, x, y = make()
    model = Chain([Dense(weight1, bias1, sigmoid), Dense(weight2, bias2, softmax)])
    gradient_of = irad.value_and_grad(loss)
    first, _ = gradient_of(model, x, y)
    for _ in range(200):
        value, gradient = gradient_of(model, x, y)
        for layer, slope in zip(model.layers, gradient.layers, strict=True):
            layer.weight -= 2.0 * slope.weight
            layer.bias -= 2.0 * slope.bias
    print(f"loss {first:.6g} before, {value:.6g} after 200 steps, norm of the last gradient {np.linalg.norm(slope.weight):.6g}")


if __name__ == "__main__":
    main()
