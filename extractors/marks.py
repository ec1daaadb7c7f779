"""Check boxes: on, off, or unsure.

Two metrics, each compared with the blank's own ink: how much of the square's inside is inked, and how much a pen drew
in and around the square (a circle round the option, a tick beside it, a scribble over it). Three states (SDAPS has the
idea): what lies between the thresholds is for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from extractors.crops import cut, ink_mask, pen_picture
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.registration import AlignedPage
from extractors.thresholds import THRESHOLDS

FRAME = 1.5  # points: the printed square's own line, inside which nothing is counted
REACH = 3.5  # points around the square in which a mark's ends are looked for
SPECK = 4  # pixels: a spot of dirt or dither is no larger


class MarkState(StrEnum):
    """What a check box says."""

    ON = "on"
    OFF = "off"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Mark:
    """One check box as read.

    `inside`: the inked share of the square's inside. `around`: the pen's ink outside it, square points. `chance`:
    that it is ticked, 0 to 1, before calibration.
    """

    state: MarkState
    inside: float
    around: float
    chance: float


def read_mark(page: AlignedPage, box: Box) -> Mark:
    """Read the check box whose printed square is `box` (points)."""
    limits = THRESHOLDS.marks
    inside = float(_without_specks(ink_mask(cut(page.grey, box, -FRAME))).mean())
    pen = _without_specks(ink_mask(pen_picture(page, box, REACH)))
    height, width = pen.shape
    inset = round((REACH + 0.5) * PIXELS_PER_POINT)
    total = float(pen.sum()) / PIXELS_PER_POINT**2
    around = total - float(pen[inset : height - inset, inset : width - inset].sum()) / PIXELS_PER_POINT**2
    chance = float(1 / (1 + np.exp(-(inside - limits.middle) / limits.softness)))
    if limits.off_below <= inside <= limits.on_above or total > limits.scribble:
        state = MarkState.UNSURE
    elif inside > limits.on_above:
        state = MarkState.ON
    else:
        state = MarkState.UNSURE if around > limits.around else MarkState.OFF
    return Mark(state, inside, around, chance)


def _without_specks(ink: Grey) -> Grey:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] > SPECK
    keep[0] = False
    return np.asarray(keep[labels], np.uint8) if count > 1 else ink
