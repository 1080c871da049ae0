"""The forward algorithm of a hidden Markov model in log space, differentiated with respect to the transition matrix."""

import math

import numpy as np

import irad


def hmm(transition, log_emission, log_prior):
    """Return the log-likelihood of a sequence of observations (Rabiner 1989, the forward procedure).

    ``transition[i, j]`` is the probability of state j after state i, ``log_emission[t, j]`` the log-probability in state j of what
    was observed at time t, ``log_prior[j]`` that of starting in state j.
    """
    length, states = log_emission.shape
    log_transition = np.empty((states, states))
    for i in range(states):
        for j in range(states):
            log_transition[i, j] = math.log(transition[i, j])
    now = np.empty(states)
    following = np.empty(states)
    for j in range(states):
        now[j] = log_prior[j] + log_emission[0, j]
    for t in range(1, length):
        for j in range(states):
            largest = now[0] + log_transition[0, j]
            for i in range(1, states):
                candidate = now[i] + log_transition[i, j]
                if candidate > largest:
                    largest = candidate
            total = 0.0
            for i in range(states):
                total += math.exp(now[i] + log_transition[i, j] - largest)
            following[j] = largest + math.log(total) + log_emission[t, j]
        for j in range(states):
            now[j] = following[j]
    largest = now[0]
    for i in range(1, states):
        if now[i] > largest:
            largest = now[i]
    total = 0.0
    for i in range(states):
        total += math.exp(now[i] - largest)
    return largest + math.log(total)


def make(states=50, length=1000, seed=0):
    """Return random arguments of `hmm`."""
    rng = np.random.default_rng(seed)
    transition = rng.uniform(0.1, 1.0, (states, states))
    transition /= transition.sum(axis=1, keepdims=True)
    return transition, np.log(rng.uniform(0.05, 1.0, (length, states))), np.full(states, -math.log(states))


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(hmm)(*make())
    print(f"log-likelihood {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
