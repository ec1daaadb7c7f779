"""Signatures: present, absent, or unsure. Presence of writing is read, never whose it is.

A signature is ink that is none of the print, of some size both ways, and drawn mostly inside its box: a fax header, a
streak, dirt, or the tail of a signature in the box above is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from extractors.crops import ink_mask, pen_picture
from extractors.geometry import PIXELS_PER_POINT, Box
from extractors.registration import AlignedPage
from extractors.thresholds import THRESHOLDS

REACH = 6.0  # points around the box: strokes are followed as far to see where they belong
OWN_SHARE = 0.5  # of a stroke's ink that must lie inside the box
SPECK = 12  # pixels
STRAIGHT = 1.6  # points: a stroke no wider (or no higher) than this is a line, not writing


@dataclass(frozen=True, slots=True)
class Signature:
    """Ink in a signature's box: square points of it, its width and height in points, and what follows.

    `present` is None when a person has to look.
    """

    present: bool | None
    area: float
    width: float
    height: float


def read_signature(page: AlignedPage, box: Box) -> Signature:
    """Measure the ink in a signature's box (points) and judge it."""
    limits = THRESHOLDS.signatures
    area, width, height = _written(page, box)
    if area >= limits.present_area and width >= limits.present_width and height >= limits.present_height:
        present: bool | None = True
    elif area <= limits.absent_area:
        present = False
    else:
        present = None
    return Signature(present, area, width, height)


def _written(page: AlignedPage, box: Box) -> tuple[float, float, float]:
    """Ink area (square points), width and height (points) of the strokes that belong to the box."""
    ink = ink_mask(pen_picture(page, box, REACH))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    inset = round(REACH * PIXELS_PER_POINT)
    inner = labels[inset:-inset, inset:-inset]
    own = np.bincount(inner.ravel(), minlength=count)
    boxes = []
    area = 0.0
    for label in range(1, count):
        left, top, width, height, size = (int(v) for v in stats[label])
        line = min(width, height) <= STRAIGHT * PIXELS_PER_POINT and max(width, height) > 12 * min(width, height)
        if size < SPECK or own[label] < OWN_SHARE * size or line:
            continue
        area += size
        boxes.append((left, top, left + width, top + height))
    if not boxes:
        return 0.0, 0.0, 0.0
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[2] for b in boxes), max(b[3] for b in boxes)
    return area / PIXELS_PER_POINT**2, (x1 - x0) / PIXELS_PER_POINT, (y1 - y0) / PIXELS_PER_POINT
