"""Whether confidence is what it says: in each band of confidence, the share of values that were right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy.stats import binomtest

from pipeline.calibration.outcomes import Outcome

BANDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)
"""Edges of the bands; narrow where thresholds lie."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share and its exact 95 % interval (Clopper and Pearson, 1934)."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """The values whose confidence lies between `low` and `high`: what was promised, and what was so."""

    low: float
    high: float
    count: int
    promised: float
    right: Interval


def bands(outcomes: Iterable[Outcome]) -> list[Band]:
    """The bands that hold any value, in order."""
    known = list(outcomes)
    found = []
    for low, high in pairwise(BANDS):
        inside = [o for o in known if low <= o.confidence < high or (high == BANDS[-1] and o.confidence == high)]
        if inside:
            promised = sum(outcome.confidence for outcome in inside) / len(inside)
            found.append(Band(low, high, len(inside), promised, share(sum(o.right for o in inside), len(inside))))
    return found


def calibration_error(found: Sequence[Band]) -> float:
    """The expected calibration error: how far promise and truth lie apart, by count (Naeini et al., 2015)."""
    total = sum(band.count for band in found)
    return sum(band.count * abs(band.promised - band.right.share) for band in found) / total if total else 0.0


def share(count: int, of: int) -> Interval:
    """`count` of `of` with its exact 95 % interval."""
    if of == 0:
        return Interval(0.0, 0.0, 1.0)
    interval = binomtest(count, of).proportion_ci(0.95, "exact")
    return Interval(count / of, float(interval.low), float(interval.high))
