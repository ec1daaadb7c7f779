"""Crops: the place of a field on a registered page, as it is and with the form's own print taken out.

The blank is known, so its lines, labels and preprinted slashes are subtracted, and strokes of a pen that cross them are
mended where ink stands on both sides of what was taken.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from extractors.engines.recogniser import CELL_MARGIN
from extractors.geometry import INK_LEVEL, PIXELS_PER_POINT, Box, Grey
from extractors.registration import AlignedPage

PRINT_REACH = 1  # pixels: the fax's own thickening of a printed line, beyond the blank's
REMNANT_REACH = 3  # pixels: specks wholly this near to print are print
REMNANT_SHARE = 0.7  # of a speck's pixels
SETTLING = 4  # pixels: how far print is moved to meet the page's lines
SETTLING_GAIN = 1.25  # how much better it must fit there
LINE_MARGIN = CELL_MARGIN  # points around a field's box in which its writing is followed
BRIDGE = 7  # pixels: the widest printed line over which a stroke is mended


def cut(picture: Grey, box: Box, margin: float = 0.0) -> Grey:
    """The part of a page on the working grid under a box grown by `margin` points, cut off at the page's edges."""
    x0, y0, x1, y1 = pixels(box.grown(margin), picture.shape)
    return picture[y0:y1, x0:x1]


def pixels(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A box in points as left, top, right, bottom pixel of a page of that shape (H, W), inside it, at least 1 x 1."""
    height, width = shape[:2]
    x0, y0 = (max(0, round(v * PIXELS_PER_POINT)) for v in (box.x0, box.y0))
    x0, y0 = min(x0, width - 1), min(y0, height - 1)
    x1 = min(width, max(x0 + 1, round(box.x1 * PIXELS_PER_POINT)))
    y1 = min(height, max(y0 + 1, round(box.y1 * PIXELS_PER_POINT)))
    return x0, y0, x1, y1


def pen_picture(page: AlignedPage, box: Box, margin: float = 0.0) -> Grey:
    """The crop (H x W uint8) with the form's print made white: what a person or a typewriter added."""
    reach = REMNANT_REACH / PIXELS_PER_POINT + margin
    grey, print_ = cut(page.grey, box, reach), cut(page.blank.ink, box, reach)
    kept = without_print(grey, print_)
    x0, y0, _, _ = pixels(box.grown(reach), page.grey.shape)
    a, b, c, d = pixels(box.grown(margin), page.grey.shape)
    return kept[b - y0 : d - y0, a - x0 : c - x0]


def line_picture(page: AlignedPage, box: Box) -> Grey:
    """A field's writing (H x W uint8) with room for strokes that leave the box, print removed."""
    return pen_picture(page, box, LINE_MARGIN)


def cell_pictures(writing: Grey, cells: Sequence[Box], shape: tuple[int, ...]) -> list[Grey]:
    """A comb's cells, each with `LINE_MARGIN` around it, cut from the comb's writing (`line_picture`).

    Args:
        writing: the whole comb, print removed.
        cells: side by side, in points.
        shape: of the page, so that cells at its edge are cut alike.
    """
    whole = Box(cells[0].x0, cells[0].y0, cells[-1].x1, cells[-1].y1)
    left, top, _, _ = pixels(whole.grown(LINE_MARGIN), shape)
    pictures = []
    for cell in cells:
        x0, y0, x1, y1 = pixels(cell.grown(LINE_MARGIN), shape)
        pictures.append(writing[y0 - top : y1 - top, x0 - left : x1 - left])
    return pictures


def without_print(grey: Grey, print_: Grey) -> Grey:
    """`grey` (H x W uint8) with what the mask `print_` (255 where the blank is printed) explains made white."""
    if not print_.any():
        return grey.copy()
    ink = ink_mask(grey)
    print_ = _settled(print_, ink)
    pen = np.where(_widened(print_ > 0, PRINT_REACH) > 0, 0, ink).astype(np.uint8)
    pen = _without_remnants(pen, _widened(print_ > 0, REMNANT_REACH))
    upright = cv2.morphologyEx(pen, cv2.MORPH_CLOSE, np.ones((BRIDGE, 3), np.uint8))
    across = cv2.morphologyEx(pen, cv2.MORPH_CLOSE, np.ones((3, BRIDGE), np.uint8))
    mended = np.where((np.maximum(upright, across) > 0) & (ink > 0), 1, pen)
    # one pixel around the ink keeps its soft edge
    return np.where(_widened(mended > 0, 1), grey, 255).astype(np.uint8)


def ink_mask(picture: Grey) -> Grey:
    """1 where a picture has ink, else 0 (H x W uint8)."""
    return (picture < INK_LEVEL).astype(np.uint8)


def _settled(print_: Grey, ink: Grey) -> Grey:
    """The print moved by the few pixels that its long lines lie off the page's after registration.

    Frames have no anchor of their own; the sums over rows and columns show them as peaks, which are matched.
    """
    down = _offset(print_.sum(1, dtype=np.int64) // 255, ink.sum(1, dtype=np.int64))
    right = _offset(print_.sum(0, dtype=np.int64) // 255, ink.sum(0, dtype=np.int64))
    if down == right == 0:
        return print_
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    height, width = print_.shape
    moved = cv2.warpAffine(print_, move, (width, height), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _offset(printed: np.ndarray, inked: np.ndarray) -> int:
    """By how many pixels `printed` fits `inked` clearly better than where it lies."""
    padded = np.pad(printed, SETTLING)
    scores = np.correlate(padded, inked, "valid")[::-1]
    best = int(scores.argmax())
    return best - SETTLING if scores[best] > SETTLING_GAIN * max(int(scores[SETTLING]), 1) else 0


def _without_remnants(pen: Grey, near_print: Grey) -> Grey:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pen, connectivity=8)
    if count <= 1:
        return pen
    near = np.bincount(labels.ravel(), weights=near_print.ravel(), minlength=count)
    keep = near < REMNANT_SHARE * stats[:, cv2.CC_STAT_AREA]
    keep[0] = False
    return np.asarray(keep[labels], np.uint8)


def _widened(mask: np.ndarray, reach: int) -> Grey:
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), np.uint8)
