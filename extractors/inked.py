"""Whether anything is written in a field: ink, no ink, or the specks that faint writing leaves.

Dirt lies anywhere on a page; what is left of a thin stroke lies where somebody wrote. So specks speak of faint writing
where they lie far denser than on the rest of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from extractors.crops import ink_mask
from extractors.geometry import PIXELS_PER_POINT, Grey
from extractors.thresholds import THRESHOLDS

SPECK = 10  # pixels: dirt in a field is no larger
SHORTEST = 5  # pixels: nor longer
LEAST_SPECK = 3  # pixels: smaller ones say nothing
RULE_THICKNESS = 2.0 * PIXELS_PER_POINT  # of what is left of a printed line
RULE_SHAPE = 4  # times as long as thick
RULE_SLOPE = 0.05  # rise for its length


@dataclass(frozen=True, slots=True)
class Ink:
    """A crop's ink in square points, and its specks, by number and for a square point of it.

    Specks are no ink, nor is what lies as flat as a printed line: where paper slips, a piece of one stays behind, and
    nobody writes with level strokes alone.
    """

    area: float
    specks: int
    density: float


def measure_ink(picture: Grey) -> Ink:
    """Ink and specks of a crop (H x W uint8), print removed."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink_mask(picture), connectivity=8)
    if count <= 1:
        return Ink(0.0, 0, 0.0)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    widths, heights = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    level = heights <= RULE_THICKNESS + RULE_SLOPE * widths
    thick = sizes / widths
    rules = level & (thick <= RULE_THICKNESS) & (widths >= RULE_SHAPE * thick) & (widths > SHORTEST)
    area = float(sizes[(sizes > SPECK) & (np.maximum(widths, heights) > SHORTEST) & ~rules].sum())
    area /= PIXELS_PER_POINT**2
    specks = int(((sizes >= LEAST_SPECK) & ~rules).sum())
    return Ink(area, specks, specks / picture.size * PIXELS_PER_POINT**2)


def faint(inks: Mapping[str, Ink]) -> frozenset[str]:
    """The fields of one page, by name, in which too little ink stands to be writing, yet too many specks to be none.

    Where one field is so, the pen was faint on all of the page: then a single speck in a clean field is enough.
    """
    limits = THRESHOLDS.writing
    usual = float(np.quantile([ink.density for ink in inks.values()], 0.25)) if inks else 0.0
    dense = {
        name: ink.specks
        for name, ink in inks.items()
        if ink.area <= limits.empty_area and ink.density > limits.faint_ratio * usual
    }
    found = {
        name
        for name, specks in dense.items()
        if specks >= limits.faint_specks and inks[name].density > limits.faint_density
    }
    return frozenset(dense) if found else frozenset()
