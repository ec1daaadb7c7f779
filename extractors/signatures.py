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
OWN_SHARE = 0.4  # of a stroke's ink that must lie inside the box
SPECK = 12  # pixels
STRAIGHT = 0.9  # points: a stroke whose ink strays no farther than this from its own axis (root mean square) is a line
LONG = 12  # times longer than it strays is a line at least


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
    strokes = _strokes(page, box)
    area, width, height = _extent(strokes)
    inside = sum(stroke.inside for stroke in strokes) / PIXELS_PER_POINT**2
    if area >= limits.present_area and width >= limits.present_width and height >= limits.present_height:
        present: bool | None = True
    elif inside <= limits.absent_area:
        present = False
    else:
        # ink there is, though too little, too flat, or of strokes that come from elsewhere
        present = None
    return Signature(present, area, width, height)


@dataclass(frozen=True, slots=True)
class _Stroke:
    """Connected ink: its hull, its pixels in all and inside the box, and whether it is a line.

    A line is a ruled line, a streak, a remnant of print or a slip of the pen through the box: all along one axis.
    """

    left: int
    top: int
    right: int
    bottom: int
    size: int
    inside: int
    is_line: bool


def _strokes(page: AlignedPage, box: Box) -> list[_Stroke]:
    """What is drawn in the box or reaches into it, without specks and ruled lines."""
    ink = ink_mask(pen_picture(page, box, REACH))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    inset = round(REACH * PIXELS_PER_POINT)
    inside = np.bincount(labels[inset:-inset, inset:-inset].ravel(), minlength=count)
    strokes = []
    for label in range(1, count):
        left, top, width, height, size = (int(value) for value in stats[label])
        if size >= SPECK:
            piece = labels[top : top + height, left : left + width] == label
            stroke = _Stroke(left, top, left + width, top + height, size, int(inside[label]), _is_line(piece))
            strokes.append(stroke)
    return [stroke for stroke in strokes if not stroke.is_line]


def _is_line(piece: np.ndarray) -> bool:
    """Whether connected ink (H x W, bool) lies along one axis, however that is turned."""
    ys, xs = np.nonzero(piece)
    across, along = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(np.stack([xs, ys]).astype(np.float64))), 0.0))
    return bool(across <= STRAIGHT * PIXELS_PER_POINT and along > LONG / np.sqrt(12) * across)


def _extent(strokes: list[_Stroke]) -> tuple[float, float, float]:
    """Ink (square points), width and height (points) of the strokes that belong to the box."""
    own = [stroke for stroke in strokes if stroke.inside >= OWN_SHARE * stroke.size]
    if not own:
        return 0.0, 0.0, 0.0
    width = max(stroke.right for stroke in own) - min(stroke.left for stroke in own)
    height = max(stroke.bottom for stroke in own) - min(stroke.top for stroke in own)
    area = sum(stroke.size for stroke in own)
    return area / PIXELS_PER_POINT**2, width / PIXELS_PER_POINT, height / PIXELS_PER_POINT
