"""What happens to a sheet before it is scanned: copies of copies, tone, dirt, edges, holes, folds.

Each step takes a sheet and an amount in the unit its docstring names, and gives the sheet back.
Grey levels: 0 black, 255 white.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.random import Generator
from numpy.typing import NDArray

from samples.generator.placement import MM_PER_INCH, Placement

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture on its way: grey levels, dots per inch (x, y), size of the paper in points, where the sheet lies on it.

    Until the scan the picture is the sheet itself and `placement` only gathers what the scan will do to it.
    """

    image: Grey
    dpi: tuple[float, float]
    paper: tuple[float, float]
    placement: Placement

    def pixels(self, mm: float) -> float:
        """Millimetres across the page as pixels of the current picture."""
        return mm / MM_PER_INCH * self.dpi[0]

    def pixels_down(self, mm: float) -> float:
        """Millimetres down the page as pixels of the current picture."""
        return mm / MM_PER_INCH * self.dpi[1]


def print_blur(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Printer and lens: Gaussian blur, `amount` its standard deviation in mm."""
    sigma = sheet.pixels(amount)
    return replace(sheet, image=_gaussian(sheet.image, sigma, sigma)) if sigma > 0.2 else sheet


def photocopy(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """Copies of copies: `amount` generations, each blurs and hardens the contrast."""
    image = sheet.image
    for _ in range(round(amount)):
        image = _gaussian(image, sheet.pixels(0.05), sheet.pixels(0.05))
        middle, gain = float(rng.uniform(115, 185)), float(rng.uniform(1.5, 3.0))
        curve = np.clip((np.arange(256) - middle) * gain + 128, 0, 255).astype(np.uint8)
        image = cv2.LUT(image, curve).astype(np.uint8)
    return replace(sheet, image=image)


def ink_spread(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Ink runs: strokes grow by `amount` mm on each side."""
    return replace(sheet, image=_grown(sheet.image, sheet.pixels(amount), cv2.erode))  # ink is dark: its growth erodes


def ink_wear(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Ink wears off: strokes lose `amount` mm on each side."""
    return replace(sheet, image=_grown(sheet.image, sheet.pixels(amount), cv2.dilate))


def paper_tone(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """Grey or coloured paper and uneven light: darker by up to `amount` grey levels, in a slope across the page."""
    height, width = sheet.image.shape
    corners = rng.uniform(0.3, 1.0, (2, 2)).astype(np.float32) * amount
    shade = cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    return replace(sheet, image=cv2.subtract(sheet.image, shade).astype(np.uint8))


def dirt(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """Dirt on the glass: `amount` specks a page, 0.1 to 0.5 mm wide, dark; some are small threads."""
    image = sheet.image.copy()
    height, width = image.shape
    for _ in range(round(amount)):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        radius = max(1, round(sheet.pixels(float(rng.gamma(2.0, 0.06)))))
        shade = int(rng.integers(0, 110))
        if rng.random() < 0.06:
            end = (x + int(rng.normal(0, 8 * radius)), y + int(rng.normal(0, 8 * radius)))
            cv2.line(image, (x, y), end, shade, 1, cv2.LINE_AA)
        else:
            axes = (radius, max(1, round(radius * float(rng.uniform(0.5, 1.0)))))
            cv2.ellipse(image, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, shade, -1, cv2.LINE_AA)
    return replace(sheet, image=image)


def dark_edge(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """The shadow of the lid: one or two edges of the page dark, up to `amount` mm wide, slightly slanted."""
    image = sheet.image.copy()
    height, width = image.shape
    for side in rng.choice(4, size=int(rng.integers(1, 3)), replace=False):
        near, far = (max(1, round(sheet.pixels(amount * float(rng.uniform(0.2, 1.0))))) for _ in range(2))
        wedge = {
            0: [(0, 0), (near, 0), (far, height), (0, height)],
            1: [(width, 0), (width - near, 0), (width - far, height), (width, height)],
            2: [(0, 0), (0, near), (width, far), (width, 0)],
            3: [(0, height), (0, height - near), (width, height - far), (width, height)],
        }[int(side)]
        cv2.fillPoly(image, [np.array(wedge, np.int32)], int(rng.integers(0, 60)))
    return replace(sheet, image=image)


def punch_holes(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """`amount` punched holes (6 mm) along the left edge or the top, seen dark against the lid."""
    image = sheet.image.copy()
    height, width = image.shape
    radius, inset = round(sheet.pixels(3.0)), round(sheet.pixels(float(rng.uniform(6, 9))))
    along_top = rng.random() < 0.3
    for place in np.linspace(0.15, 0.85, round(amount)):
        centre = (round(width * place), inset) if along_top else (inset, round(height * place))
        cv2.circle(image, centre, radius, int(rng.integers(20, 90)), -1 if rng.random() < 0.6 else 2, cv2.LINE_AA)
    return replace(sheet, image=image)


def fold(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """`amount` folds across the page: a thin line of shadow, darker or lighter than the paper."""
    image = sheet.image.copy()
    height, width = image.shape
    for _ in range(round(amount)):
        y, slant = int(rng.integers(height)), int(rng.normal(0, sheet.pixels(1.0)))
        mask = np.zeros_like(image)
        cv2.line(
            mask, (0, y), (width, y + slant), int(rng.integers(40, 140)), max(1, round(sheet.pixels(0.2))), cv2.LINE_AA
        )
        mask[rng.random(mask.shape[0]) < 0.2] = 0
        image = (cv2.subtract if rng.random() < 0.7 else cv2.add)(image, mask).astype(np.uint8)
    return replace(sheet, image=image)


def _gaussian(image: Grey, sigma_x: float, sigma_y: float) -> Grey:
    return cv2.GaussianBlur(image, (0, 0), sigmaX=sigma_x, sigmaY=sigma_y).astype(np.uint8)


def _grown(image: Grey, reach: float, step: Callable[[Grey, Grey], MatLike]) -> Grey:
    """The step done `reach` pixels far; what is left below a whole pixel is mixed in."""
    kernel = np.ones((3, 3), np.uint8)
    for _ in range(int(reach)):
        image = step(image, kernel).astype(np.uint8)
    part = reach - int(reach)
    return cv2.addWeighted(image, 1 - part, step(image, kernel), part, 0).astype(np.uint8) if part > 0.05 else image
