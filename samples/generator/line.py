"""The telephone line and the receiving machine: lost, repeated and damaged lines, the header, a page cut short.

Each step takes a sheet (0 black, 255 white) and an amount in the unit its docstring names, and gives the sheet back.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from samples.generator.paper import Grey, Sheet

HEADER_FACES = ("Inconsolata", "CourierPrime", "Roboto")  # what fax machines print their header in
FONTS = Path(__file__).parent.parent / "fonts"


def lost_lines(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """`amount` scan lines are dropped, in runs of 1 to 6: the page gets shorter."""
    height = len(sheet.image)
    keep = np.ones(height, bool)
    while (~keep).sum() < min(round(amount), height // 2):
        start = int(rng.integers(1, height - 6))
        keep[start : start + int(rng.integers(1, 7))] = False
    return _from_rows(sheet, np.flatnonzero(keep))


def repeated_lines(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """`amount` scan lines come twice: the page gets longer."""
    height = len(sheet.image)
    times = np.ones(height, np.int64)
    times[rng.choice(height, size=min(round(amount), height), replace=False)] = 2
    return _from_rows(sheet, np.repeat(np.arange(height), times))


def damaged_lines(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """`amount` bursts of noise, no error correction: 1 to 8 lines each are replaced by the one before or garbled."""
    image = sheet.image.copy()
    height, width = image.shape
    for _ in range(round(amount)):
        start, run = int(rng.integers(1, max(2, height - 9))), int(rng.integers(1, 9))
        if (
            rng.random() < 0.7
        ):  # what most machines do (T.4: a line whose runs do not add up is copied from the one before)
            image[start : start + run] = image[start - 1]
            continue
        for row in range(
            start, min(start + max(1, run // 3), height)
        ):  # the code words slip: what follows is moved or inverted
            x, slip = int(rng.integers(width)), int(rng.integers(-60, 60))
            image[row, x:] = np.roll(image[row, x:], slip)
            if rng.random() < 0.2:
                end = x + int(rng.integers(10, width // 2))
                image[row, x:end] = 255 - image[row, x:end]
    return replace(sheet, image=image)


def cut_below(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """The last `amount` mm of the page are missing."""
    rows = max(1, len(sheet.image) - round(sheet.pixels_down(amount)))
    return _from_rows(sheet, np.arange(rows))


def header_line(sheet: Sheet, text: str, rng: Generator) -> Sheet:
    """The sender's header (date, time, numbers, page): most machines put it above the page, some over its margin."""
    face = ImageFont.truetype(str(FONTS / (name := str(rng.choice(HEADER_FACES))) / f"{name}.ttf"), 26)
    strip = _printed(text, face, sheet)
    if rng.random() < 0.8:
        image = np.vstack([strip, sheet.image])
        return replace(sheet, image=image, placement=sheet.placement.moved(0, len(strip)))
    image = sheet.image.copy()
    image[: len(strip)] = np.minimum(image[: len(strip)], strip)
    return replace(sheet, image=image)


def _printed(text: str, face: ImageFont.FreeTypeFont, sheet: Sheet) -> Grey:
    """The text as a strip over the page's width, 4 to 5 mm high, in the page's own dots."""
    dpi_x, dpi_y = sheet.dpi
    width = sheet.image.shape[1]
    strip = Image.new("L", (round(width * 200 / dpi_x), 38), 255)
    ImageDraw.Draw(strip).text((40, 4), text, font=face, fill=0, stroke_width=1)
    drawn = strip.resize((width, max(1, round(38 * dpi_y / 200))), Image.Resampling.BOX)
    return np.where(np.asarray(drawn) < 140, 0, 255).astype(np.uint8)


def _from_rows(sheet: Sheet, origin: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Sheet:
    return replace(sheet, image=sheet.image[origin], placement=sheet.placement.with_rows(origin))
