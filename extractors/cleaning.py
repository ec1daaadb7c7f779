"""Cleaning: paper made white, ink black, and the streaks that a dirty scanner draws down a page taken out.

Speckle stays: what thins or breaks strokes costs more readings than it saves; each reader ignores specks by their size.
"""

from __future__ import annotations

import cv2
import numpy as np

from extractors.geometry import WORKING_DPI, Grey

STREAK_LENGTH = round(0.9 * WORKING_DPI)  # pixels: longer than any stroke of writing is straight
STREAK_WIDTH = 6  # pixels at most; wider is a dark edge or a printed bar
STREAK_GAP = 9  # pixels: a streak may be broken for as long
STREAK_SHARE = (
    0.30  # of the page's height that a column's streaks must cover: printed frames are shorter or stand aslant
)


def clean(page: Grey) -> Grey:
    """The page (H x W uint8 at working resolution) with even contrast and without streaks."""
    return without_streaks(stretched(page))


def stretched(page: Grey) -> Grey:
    """Contrast stretched so that the paper is white and the ink black; a bilevel fax stays as it is."""
    sample = page[::4, ::4]
    paper = float(np.percentile(sample, 80))
    ink = float(np.percentile(sample, 1))
    if paper - ink < 60 or (ink < 20 and paper > 240):  # nothing written, or nothing to stretch
        return page
    table = np.clip((np.arange(256) - ink) * 255.0 / (0.94 * (paper - ink)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(page, table), np.uint8)


def without_streaks(page: Grey) -> Grey:
    """The page without thin lines that run down the sheet in the scanner's direction.

    A streak is exactly upright on the page as it came in, whatever the sheet's slant. Where ink stands on both sides of
    it, a stroke crosses, and the streak is left there.
    """
    ink = (page < 128).astype(np.uint8)
    suspects = _streak_columns(ink)
    if not suspects.any():
        return page
    streak = np.zeros_like(ink)
    for left, right in _runs(suspects):
        from_, to = max(0, left - 1), min(ink.shape[1], right + 1)
        beside_left = ink[:, max(0, from_ - 3) : from_]
        beside_right = ink[:, to : to + 3]
        crossed = np.zeros(len(ink), bool)
        if beside_left.size and beside_right.size:
            crossed = np.asarray(beside_left.any(1) & beside_right.any(1))
        streak[~crossed, from_:to] = 1
    return np.where(streak > 0, 255, page).astype(np.uint8)


def _streak_columns(ink: Grey) -> np.ndarray:
    """Which columns hold a streak (W bool)."""
    rows = np.ascontiguousarray(ink[::2])  # every second row shows a line that runs down the page as well as all do
    upright = cv2.morphologyEx(rows, cv2.MORPH_CLOSE, np.ones((STREAK_GAP // 2 + 1, 1), np.uint8))
    upright = cv2.morphologyEx(upright, cv2.MORPH_OPEN, np.ones((STREAK_LENGTH // 2, 1), np.uint8))
    wide = cv2.morphologyEx(upright, cv2.MORPH_OPEN, np.ones((1, STREAK_WIDTH + 1), np.uint8))
    thin = np.where(wide > 0, 0, upright)
    result: np.ndarray = thin.sum(0) > STREAK_SHARE * len(rows)
    return result


def _runs(columns: np.ndarray) -> list[tuple[int, int]]:
    """The first column and the one after the last of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], columns, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
