"""k-means with masks and argmin: clusters move to the means of their points, differentiated with respect to the points."""

import numpy as np

import irad


def kmeans(points, centres, rounds):
    """Return the mean squared distance of points to their cluster's centre after some rounds."""
    centres = centres.copy()
    for _ in range(rounds):
        distance = np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2)
        nearest = np.argmin(distance, axis=1)
        for k in range(len(centres)):
            mine = nearest == k
            if np.any(mine):
                centres[k] = np.mean(points[mine], axis=0)
    return np.mean(np.min(np.sum((points[:, None, :] - centres[None, :, :]) ** 2, axis=2), axis=1))


def make(points=2000, clusters=8, axes=2, rounds=10, seed=0):
    """Return arguments of `kmeans`: points around random centres, and some of them to start from."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-5.0, 5.0, (clusters, axes))
    x = middle[rng.integers(0, clusters, points)] + 0.5 * rng.standard_normal((points, axes))
    return x, x[:clusters].copy(), rounds


def main():
    """Print the value and the norm of the gradient."""
    value, gradient = irad.value_and_grad(kmeans)(*make())
    print(f"mean squared distance {value:.12g}, gradient norm {np.linalg.norm(gradient):.6g}")


if __name__ == "__main__":
    main()
