"""PageRank on a sparse matrix in compressed rows, iterated until it converges, differentiated with respect to the weights of the links."""

import numpy as np

import irad


def pagerank(starts, sources, weights, damping, tolerance):
    """Return the negative entropy of the ranks; page i has links from these ``sources`` with these weights at ``starts[i]:starts[i+1]``."""
    n = len(starts) - 1
    outgoing = np.zeros(n)
    for k in range(len(sources)):
        outgoing[sources[k]] += weights[k]
    rank = np.full(n, 1.0 / n)
    change = 1.0
    while change > tolerance:
        new = np.empty(n)
        for i in range(n):
            total = 0.0
            for k in range(starts[i], starts[i + 1]):
                total += weights[k] * rank[sources[k]] / outgoing[sources[k]]
            new[i] = (1.0 - damping) / n + damping * total
        change = np.sum(np.abs(new - rank))
        rank = new
    return np.sum(rank * np.log(rank))


def make(pages=20_000, links=8, tolerance=1e-8, seed=0):
    """Return arguments of `pagerank`: random links from everywhere, and one from the page before, so that none is a dead end."""
    rng = np.random.default_rng(seed)
    sources = rng.integers(0, pages, (pages, links))
    sources[:, 0] = (np.arange(pages) - 1) % pages
    starts = np.arange(0, pages * links + 1, links)
    return starts, sources.ravel(), rng.uniform(0.5, 1.5, pages * links), 0.85, tolerance


def main():
    """Print the value and the norm of the gradient."""
    value, gradients = irad.value_and_grad(pagerank, argnums=(2, 3))(*make())
    print(f"negative entropy {value:.12g}, gradient norm {np.linalg.norm(gradients[0]):.6g}, by damping {gradients[1]:.6g}")


if __name__ == "__main__":
    main()
