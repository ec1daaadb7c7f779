"""Pixels as sent -> square pixels at the page resolution, also where the file's resolution is missing or absurd."""

from __future__ import annotations

import math

import cv2

from extractors.errors import PageError
from extractors.geometry import PIXELS_PER_POINT, POINTS_PER_INCH, Grey
from extractors.limits import Limits
from extractors.opening.opened import Medium

FAX_DPI_ACROSS = 204.0
"""Dots per inch across of every ordinary fax: 1728 in 215 mm (ITU-T T.4, table 2)."""

FAX_WIDTHS = {1728: 204.0, 2048: 204.0, 2432: 204.0, 3456: 408.0, 4096: 408.0, 4864: 408.0}
"""Pixels of a fax line -> dots per inch: A4, B4 and A3 at 8 and at 16 dots a millimetre (ITU-T T.4, table 2)."""

FAX_LINES = (98.0, 196.0, 392.0)
"""Lines per inch of standard, fine and superfine: 3.85, 7.7 and 15.4 a millimetre (ITU-T T.4, table 2)."""

PAPER_WIDTH = 8.5  # inches, letter
PAPER_HEIGHT = 11.0

DPI_RANGE = (40.0, 2400.0)  # below: no form could be read; above: no scanner
WIDTH_RANGE = (3.0, 18.0)  # inches, a slip to A3 across; screen resolutions written on scans fall outside
SKEW_RANGE = (0.2, 5.0)  # dots across per dot down; 204x391 to 204x98 is 0.5 to 2.1


def believable(resolution: tuple[float, float], width: int, height: int) -> tuple[float, float]:
    """The resolution (dpi across, down) as given where it can be true for the pixels, else one inferred from them."""
    across, down = resolution
    believed = (
        all(math.isfinite(dpi) and DPI_RANGE[0] <= dpi <= DPI_RANGE[1] for dpi in resolution)
        and SKEW_RANGE[0] <= across / down <= SKEW_RANGE[1]
        and WIDTH_RANGE[0] <= width / across <= WIDTH_RANGE[1]
    )
    return resolution if believed else _inferred(width, height)


def _inferred(width: int, height: int) -> tuple[float, float]:
    if width in FAX_WIDTHS:
        across = FAX_WIDTHS[width]
        page_height = PAPER_HEIGHT * width / across / PAPER_WIDTH
        return across, min(FAX_LINES, key=lambda lines: abs(math.log(height / lines / page_height)))
    dpi = min(width, height) / PAPER_WIDTH
    return dpi, dpi


def medium_of(bilevel: bool, width: int, dpi_across: float) -> Medium:
    """Fax for black and white lines as wide or as dense as a fax machine's, else scan."""
    fax_dense = abs(dpi_across - FAX_DPI_ACROSS) < 1.5
    return Medium.FAX if bilevel and (width in FAX_WIDTHS or fax_dense) else Medium.SCAN


def points(width: int, height: int, resolution: tuple[float, float]) -> tuple[float, float]:
    """The size in points of a page of so many pixels."""
    return width / resolution[0] * POINTS_PER_INCH, height / resolution[1] * POINTS_PER_INCH


def square_size(size_points: tuple[float, float]) -> tuple[int, int]:
    """Width and height in pixels of a page at `WORKING_DPI`, at least one each."""
    return tuple(max(1, round(side * PIXELS_PER_POINT)) for side in size_points)  # type: ignore[return-value]  # two sides


def squared(grey: Grey, size_points: tuple[float, float]) -> Grey:
    """The page with square pixels at `WORKING_DPI`.

    Each axis by itself: shrinking averages, so that thin strokes turn grey and do not vanish; growing interpolates by
    cubics, which keep a one-line stroke of a standard fax dark in its middle.
    """
    width, height = square_size(size_points)
    rows, columns = grey.shape
    if width != columns:
        grey = cv2.resize(grey, (width, rows), interpolation=_interpolation(width, columns))  # type: ignore[assignment]  # uint8 in, uint8 out
    if height != rows:
        grey = cv2.resize(grey, (width, height), interpolation=_interpolation(height, rows))  # type: ignore[assignment]  # uint8 in, uint8 out
    return grey


def _interpolation(after: int, before: int) -> int:
    return cv2.INTER_AREA if after < before else cv2.INTER_CUBIC


def check_pixels(page: int, width: float, height: float, limits: Limits) -> None:
    """Refuses a page before anything of it is decoded.

    Raises:
        PageError: the page has no area, or more pixels than the limits allow.
    """
    if width < 1 or height < 1:
        raise PageError(page, "open", "the page has no area")
    if width * height > limits.pixels:
        raise PageError(page, "open", f"{width:.0f} x {height:.0f} pixels, {limits.pixels} in all are allowed")
