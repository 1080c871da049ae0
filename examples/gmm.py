"""ADBench's Gaussian mixture model, the workload of ``irad demo``: its loops live in `irad.cli.gmm`, which is installed."""

import numpy as np

import irad
from irad.cli.gmm import gmm, instance


def main():
    """Print the value and the norm of the gradient."""
    value, gradients = irad.value_and_grad(gmm, argnums=(0, 1, 2))(*instance())
    norm = np.linalg.norm(np.concatenate([gradient.ravel() for gradient in gradients]))
    print(f"log-likelihood {value:.12g}, gradient norm {norm:.6g}")


if __name__ == "__main__":
    main()
