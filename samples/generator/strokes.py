"""Pen strokes on a sheet: smooth curves of uneven width, and masks of ink laid on paper.

A sheet here is a grey picture at `SHEET_DPI`; places are points from its top-left corner.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from samples.generator.paper import Grey
from samples.generator.placement import MM_PER_INCH, POINTS_PER_INCH, Floats

SHEET_DPI = 300
PIXELS_PER_POINT = SHEET_DPI / POINTS_PER_INCH
PIXELS_PER_MM = SHEET_DPI / MM_PER_INCH
SUBPIXEL_BITS = 4  # OpenCV draws at 1/16 pixel


def lay_ink(sheet: Grey, ink: Grey, left: float, top: float, shade: int) -> None:
    """Lay a mask (255 ink) on the sheet in place, its corner at `left`, `top` (points); ink is as grey as `shade`."""
    x, y = round(left * PIXELS_PER_POINT), round(top * PIXELS_PER_POINT)
    height, width = sheet.shape
    ink = ink[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
    if ink.size == 0:
        return
    x, y = max(x, 0), max(y, 0)
    under = sheet[y : y + ink.shape[0], x : x + ink.shape[1]]
    inked = 255 - (ink.astype(np.uint16) * (255 - shade) // 255)
    np.minimum(under, inked.astype(np.uint8), out=under)


def draw_stroke(sheet: Grey, points: Floats, width_mm: float, shade: int, rng: Generator) -> None:
    """Draw a pen stroke through the (n, 2) `points` in place; its width wavers."""
    pixels = np.round(np.asarray(points) * PIXELS_PER_POINT * 2**SUBPIXEL_BITS).astype(np.int32)
    if len(pixels) < 2:
        return
    pieces = max(1, min(8, len(pixels) // 3))
    for piece in np.array_split(np.arange(len(pixels) - 1), pieces):
        wide = max(1, round(width_mm * PIXELS_PER_MM * float(rng.uniform(0.8, 1.15))))
        part = pixels[piece[0] : piece[-1] + 2].reshape(-1, 1, 2)
        cv2.polylines(sheet, [part], False, shade, wide, cv2.LINE_AA, SUBPIXEL_BITS)


def curve(knots: Floats, per_knot: int = 8) -> Floats:
    """A smooth (m, 2) curve through the (n, 2) knots (Catmull-Rom)."""
    if len(knots) < 3:
        return np.asarray(knots, np.float64)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    t = np.linspace(0, 1, per_knot, endpoint=False)[:, None]
    before, start, end, after = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    spans = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    return np.vstack([spans.reshape(-1, 2), knots[-1:]])


def shaky(points: Floats, amount: float, rng: Generator) -> Floats:
    """The points moved by about `amount` points each, as a hand does."""
    return np.asarray(points + rng.normal(0, amount, np.shape(points)))


def bend(ink: NDArray[np.uint8], reach: float, rng: Generator) -> Grey:
    """The mask bent softly by up to about `reach` pixels, so that no two written letters are the same."""
    height, width = ink.shape
    knots = (max(2, height // 24), max(2, width // 24))
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = [
        cv2.resize(rng.normal(0, reach / 2, knots).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    ]
    return cv2.remap(ink, x + moved[0], y + moved[1], cv2.INTER_LINEAR, borderValue=0.0).astype(np.uint8)
