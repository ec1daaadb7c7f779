"""The printed words beside a check box, found on the blank itself: people also choose by drawing a ring round them."""

from __future__ import annotations

import cv2
import numpy as np

from extractors.blanks import BlankPage
from extractors.crops import cut, ink_mask, pen_picture
from extractors.geometry import PIXELS_PER_POINT, Box
from extractors.registration import AlignedPage

FARTHEST = 130.0  # points to the right of a box in which its words are looked for
GAP = 7.0  # points without print that end them
ROOM = 9.0  # points around the words in which a ring runs
MENDED = 5  # pixels: breaks in a ring that are closed, as where it crossed print
ENCLOSED = 0.6  # of the words' place that a ring goes round
RISE, FALL = 1.0, 1.0  # points that words reach above and below the square


def option_words(blank: BlankPage, box: Box) -> Box:
    """The place (points) of the words at the right of the check box `box`; without width where there are none."""
    row = Box(box.x1 + 1, box.y0 - RISE, box.x1 + FARTHEST, box.y1 + FALL)
    printed = np.flatnonzero(cut(blank.ink, row).any(0))
    if not len(printed):
        return Box(row.x0, row.y0, row.x0, row.y1)
    ends = np.flatnonzero(np.diff(printed) > GAP * PIXELS_PER_POINT)
    last = printed[ends[0]] if len(ends) else printed[-1]
    return Box(row.x0 + printed[0] / PIXELS_PER_POINT, row.y0, row.x0 + (last + 1) / PIXELS_PER_POINT, row.y1)


def ringed(page: AlignedPage, words: Box) -> bool:
    """Whether somebody drew a ring round printed words (their place in points)."""
    if words.width <= 0:
        return False
    pen = ink_mask(pen_picture(page, words, ROOM))
    closed = cv2.morphologyEx(np.pad(pen, MENDED + 1), cv2.MORPH_CLOSE, np.ones((MENDED, MENDED), np.uint8))
    cv2.floodFill(closed, None, (0, 0), 1)  # what the paper outside cannot reach lies within a ring
    height, width = closed.shape
    inset = round(ROOM * PIXELS_PER_POINT) + MENDED + 1
    return bool((closed[inset : height - inset, inset : width - inset] == 0).mean() > ENCLOSED)
