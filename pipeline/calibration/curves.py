"""From the readers' belief to the chance of being right: isotonic regression (Barlow et al., 1972) on known ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import yaml
from scipy.optimize import isotonic_regression

from extractors.calibration import nines
from extractors.reading import Pen
from pipeline.calibration.outcomes import Outcome
from pipeline.errors import KnownValuesError

KINDS = ("comb_digits", "free_digits", "date", "differing", "text")
FEWEST = 40
"""Readings to a point of a curve."""
SUREST = 0.9995
"""No finite sample shows more."""
HEADER = """\
# What a reader's own belief (left, in nines: 1 for 0.9, 2 for 0.99) is worth as a chance of being right (right), by
# kind of reading and pen; between the points by straight lines. Written by `faxforms calibrate --fit`, never by hand.
"""

Points = list[list[float]]


def fit_curves(outcomes: Iterable[Outcome]) -> dict[str, dict[str, Points]]:
    """A rising curve for every kind and pen, each from at least `FEWEST` readings.

    Raises:
        KnownValuesError: some kind has no known readings at all.
    """
    pairs: dict[tuple[str, str], list[tuple[float, bool]]] = {
        (kind, pen.value): [] for kind in KINDS for pen in (Pen.TYPED, Pen.HAND)
    }
    for outcome in outcomes:
        if (outcome.kind, outcome.pen.value) in pairs:
            pairs[outcome.kind, outcome.pen.value].append((nines(outcome.belief), outcome.right))
    curves: dict[str, dict[str, Points]] = {kind: {} for kind in KINDS}
    for (kind, pen), known in pairs.items():
        # two readings of type hardly ever differ: those few share the curve of all that differ
        both = [*pairs[kind, Pen.TYPED.value], *pairs[kind, Pen.HAND.value]]
        enough = known if len(known) >= FEWEST else both
        if not enough:
            raise KnownValuesError(f"no known reading of the kind {kind}: no curve can be fitted")
        curves[kind][pen] = curve(enough)
    return curves


def curve(pairs: Sequence[tuple[float, bool]]) -> Points:
    """Points (nines of belief, chance) of a rising curve, each level from `FEWEST` readings at least."""
    # by belief alone: of equal beliefs none comes first by being wrong
    ordered = np.array(sorted(pairs, key=lambda pair: pair[0]), float)
    groups = np.array_split(ordered, max(1, len(ordered) // FEWEST))
    blocks = isotonic_regression(
        [group[:, 1].mean() for group in groups], weights=[len(group) for group in groups]
    ).blocks
    points: Points = []
    for first, after in pairwise(blocks.tolist()):
        block = np.concatenate(groups[first:after])
        # a block without an error is no proof of certainty: half an error more is assumed than was seen
        chance = float((block[:, 1].sum() + 1.0) / (len(block) + 1.5))
        chance = round(min(max(chance, points[-1][1] if points else 0.0), SUREST), 5)
        points += [[round(float(belief), 3), chance] for belief in dict.fromkeys((block[0, 0], block[-1, 0]))]
    return points


def as_yaml(curves: dict[str, dict[str, Points]]) -> str:
    """The file that `extractors.calibration` reads."""
    return HEADER + yaml.safe_dump(curves, default_flow_style=None, width=120)
