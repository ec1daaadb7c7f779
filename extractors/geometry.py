"""Places on a page, in points (1/72 inch) from the page's top-left corner, y downward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS_PER_INCH = 72.0
WORKING_DPI = 200  # pixels an inch, both ways: the resolution at which pages are looked at
PIXELS_PER_POINT = WORKING_DPI / POINTS_PER_INCH
INK_LEVEL = 140  # grey value below which a pixel of a registered page is ink (bilevel faxes become grey when bent)

Grey = NDArray[np.uint8]
"""A grey picture, H x W, 0 black to 255 white (or a mask, 255 where it holds)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points: left, top, right, bottom."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Width in points."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height in points."""
        return self.y1 - self.y0

    def grown(self, dx: float, dy: float | None = None) -> Box:
        """The box with `dx` points more at the left and right, `dy` (else `dx`) more at the top and bottom."""
        dy = dx if dy is None else dy
        return Box(self.x0 - dx, self.y0 - dy, self.x1 + dx, self.y1 + dy)

    def as_list(self) -> list[float]:
        """`[x0, y0, x1, y1]`, as the export writes it."""
        return [self.x0, self.y0, self.x1, self.y1]
