"""The table of examples that tests and benchmarks walk: function, active arguments, a small and a full-size instance."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from examples import (
    bessel,
    bundle_adjustment,
    burgers,
    csr,
    dormand_prince,
    fft,
    fft_complex,
    gaussian_process,
    heat,
    hmm,
    insertion_sort,
    kmeans,
    logistic,
    lotka_volterra,
    lstm,
    mlp,
    nbody,
    newton,
    pagerank,
    rosenbrock,
)
from irad.cli import gmm


@dataclass(frozen=True)
class Example:
    """A function that returns a float, the positions of its active arguments, and makers of its arguments."""

    name: str
    function: Callable[..., float]
    active: tuple[int, ...]
    small: Callable[[], tuple[Any, ...]]
    full: Callable[[], tuple[Any, ...]]


EXAMPLES = {
    example.name: example
    for example in (
        Example("gmm", gmm.gmm, (0, 1, 2), partial(gmm.make, d=3, K=4, n=12), gmm.instance),
        Example("lstm", lstm.lstm, (0, 1), partial(lstm.make, length=8, bits=5), lstm.instance),
        Example("lotka_volterra", lotka_volterra.lotka_volterra, (0,), partial(lotka_volterra.make, 60), lotka_volterra.make),
        Example("heat_in_place", heat.heat_in_place, (0,), partial(heat.make, 12, 9), heat.make),
        Example("heat_two_buffers", heat.heat_two_buffers, (0,), partial(heat.make, 12, 9), heat.make),
        Example("hmm", hmm.hmm, (0,), partial(hmm.make, 4, 9), hmm.make),
        Example("burgers", burgers.burgers, (0, 2, 3), partial(burgers.make, 12, 9), burgers.make),
        Example("burgers_with_loops", burgers.burgers_with_loops, (0, 2, 3), partial(burgers.make, 12, 9), burgers.make),
        Example("csr", csr.csr, (2, 3), partial(csr.make, 9, 3), csr.make),
        Example("rosenbrock", rosenbrock.rosenbrock, (0,), partial(rosenbrock.make, 20), rosenbrock.make),
        Example("nbody", nbody.nbody, (0,), partial(nbody.make, 5, 4), nbody.make),
        Example("fft", fft.weighted_power, (0, 1), partial(fft.make, 16), fft.make),
        Example(
            "bundle_adjustment", bundle_adjustment.residuals, (0, 1, 2), partial(bundle_adjustment.make, 3, 4, 7), bundle_adjustment.make
        ),
        Example("mlp", mlp.loss_of_arrays, (0, 1, 2, 3), partial(mlp.make, 7, 4, 3, 5), mlp.make),
        Example("logistic", logistic.cost, (0,), partial(logistic.make, 9, 3), logistic.make),
        Example(
            "gaussian_process",
            gaussian_process.negative_log_likelihood,
            (0, 1),
            partial(gaussian_process.make, 6, 2),
            gaussian_process.make,
        ),
        Example("kmeans", kmeans.kmeans, (0,), partial(kmeans.make, 13, 3, 2, 2), kmeans.make),
        Example("pagerank", pagerank.pagerank, (2, 3), partial(pagerank.make, 12, 3, 1e-4), pagerank.make),
        Example("fft_complex", fft_complex.weighted_spectrum, (0, 1), partial(fft_complex.make, 16), fft_complex.make),
        Example("newton", newton.newton, (0,), newton.make, newton.make),
        Example("bessel", bessel.bessel, (1,), bessel.make, bessel.make),
        Example("insertion_sort", insertion_sort.sorted_sum, (0, 1), partial(insertion_sort.make, 12), insertion_sort.make),
        Example("dormand_prince", dormand_prince.dormand_prince, (0,), partial(dormand_prince.make, 4.0, 1e-5), dormand_prince.make),
    )
}
