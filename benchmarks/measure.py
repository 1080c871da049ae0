"""Interleaved timing: every call gets one sample a round, so that a noisy moment hits all of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SAMPLE_SECONDS = 0.005


@dataclass(frozen=True)
class Times:
    """Seconds per call, one sample a round."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle sample."""
        return statistics.median(self.samples)

    @property
    def spread(self) -> float:
        """Distance of the quartiles, relative to the median."""
        if len(self.samples) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return (high - low) / self.median


def interleaved(calls: Sequence[Callable[[], object]], rounds: int) -> list[Times]:
    """Time the calls in turn, round after round; a sample repeats a quick call until it takes a few milliseconds."""
    repeats = [max(1, round(SAMPLE_SECONDS / max(seconds(call, 2), 1e-9))) for call in calls]
    samples: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, count, taken in zip(calls, repeats, samples, strict=True):
            taken.append(seconds(call, count))
    return [Times(tuple(taken)) for taken in samples]


def seconds(call: Callable[[], object], count: int) -> float:
    """Return the seconds that one of ``count`` calls takes."""
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count
