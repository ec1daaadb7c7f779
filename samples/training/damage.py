"""What a fax or scan, the registration and the removal of the form's print leave of a sheet."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from extractors.geometry import PIXELS_PER_POINT, WORKING_DPI, Grey
from samples.training.pens import Ink
from samples.training.sheets import SHEET_DPI, Line, Sheet


@dataclass(frozen=True, slots=True)
class Raster:
    """What the machine makes of paper: pixels per inch across and down, two levels or grey."""

    across: float
    down: float
    bilevel: bool


_RASTERS = (
    Raster(204, 196, True),
    Raster(204, 98, True),
    Raster(200, 200, True),
    Raster(200, 200, False),
    Raster(150, 150, False),
)
_SHARES = (0.46, 0.28, 0.06, 0.1, 0.1)


def damaged(sheet: Sheet, rng: np.random.Generator) -> tuple[Grey, list[bool]]:
    """The sheet faxed, brought back to its place at `WORKING_DPI`, and freed from the form's print as far as that goes.

    Returns:
        the picture, and for each of the sheet's lines whether its print (so also its slashes) was removed.
    """
    raster = _RASTERS[rng.choice(len(_RASTERS), p=_SHARES)]
    height, width = sheet.ink.shape
    across, down = raster.across / SHEET_DPI, raster.down / SHEET_DPI
    there = _placing(rng, across, down)
    paper = cv2.GaussianBlur(
        np.maximum(sheet.ink, sheet.print), (0, 0), rng.uniform(0.3, 0.7) / across, sigmaY=rng.uniform(0.3, 0.6) / down
    )
    scanned = cv2.warpAffine(paper, there, (int(width * across) + 8, int(height * down) + 8))
    received = (_two_levels if raster.bilevel else _grey)(np.asarray(scanned, np.float32), rng)
    received = _lose_lines(received, rng)
    back = _registration(there, rng)
    size = (int(width * WORKING_DPI / SHEET_DPI), int(height * WORKING_DPI / SHEET_DPI))
    flags = int(
        rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST, cv2.INTER_AREA], p=[0.5, 0.2, 0.15, 0.15])
    )
    placed = cv2.warpAffine(received, back, size, flags=flags, borderValue=255)
    return _remove_print(np.asarray(placed, np.uint8), sheet, rng)


def _placing(rng: np.random.Generator, across: float, down: float) -> npt.NDArray[np.float64]:
    """From the sheet's pixels to the machine's: a little turned and shifted, 2 x 3."""
    angle = np.deg2rad(rng.normal(0, 0.7))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([np.diag([across, down]) @ turn, rng.uniform(0, 6, 2)])


def _registration(there: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """From the machine's pixels to `WORKING_DPI`, by a registration that errs a little."""
    square = np.vstack([there, [0, 0, 1]])
    scale = WORKING_DPI / SHEET_DPI
    error = np.eye(3)
    error[:2] += rng.normal(0, (1e-3, 1e-3, 0.7), (2, 3))  # stretch and turn, and pixels
    return (error @ np.diag([scale, scale, 1]) @ np.linalg.inv(square))[:2]


def _two_levels(scanned: Ink, rng: np.random.Generator) -> Grey:
    """Threshold with uneven light and sensor noise, specks, at times strokes fattened or thinned by a copier."""
    height, width = scanned.shape
    uneven = cv2.resize(
        rng.normal(0, rng.uniform(0, 0.1), (9, 9)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    noisy = scanned + uneven + _noise(scanned.shape, rng.uniform(0.01, 0.16), rng)
    if rng.random() < 0.06:  # ordered dither of machines set to "photo"
        tile = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 32 - 0.25
        noisy += np.tile(tile, (height // 4 + 1, width // 4 + 1))[:height, :width]
    black = (noisy > rng.uniform(0.28, 0.6)).astype(np.uint8)
    for level in (0, 1):  # specks
        count = int(scanned.size * 10 ** rng.uniform(-5.5, -2.6))
        black[rng.integers(0, height, count), rng.integers(0, width, count)] = level
    if rng.random() < 0.12:
        change = cv2.dilate if rng.random() < 0.6 else cv2.erode
        black = np.asarray(change(black, np.ones((1, 2) if rng.random() < 0.5 else (2, 1), np.uint8)), np.uint8)
    return np.where(black > 0, np.uint8(0), np.uint8(255))


def _grey(scanned: Ink, rng: np.random.Generator) -> Grey:
    """A grey scan, as JPEG."""
    white, contrast = rng.uniform(225, 255), rng.uniform(110, 250)
    picture = white - scanned * contrast + _noise(scanned.shape, rng.uniform(0, 9), rng)
    encoded = cv2.imencode(
        ".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))]
    )[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _noise(shape: tuple[int, ...], strength: float, rng: np.random.Generator) -> Ink:
    """Normal noise; a block of it is drawn and laid out several times, which no net of this size can notice."""
    height, width = shape
    block = rng.standard_normal((149, 331), np.float32) * np.float32(strength)
    return np.tile(block, (height // 149 + 1, width // 331 + 1))[:height, :width]


def _lose_lines(received: Grey, rng: np.random.Generator) -> Grey:
    """Scan lines lost on the way: repeated from the line above, white, or left out so that the rest moves up."""
    if rng.random() < 0.5:
        return received
    rows = rng.integers(2, len(received), rng.integers(1, 15))
    kind = rng.random()
    if kind < 0.4:
        received[rows] = received[rows - 1]
    elif kind < 0.7:
        received[rows] = 255
    else:
        received = np.delete(received, rows[: rng.integers(1, 4)], axis=0)
    return received


def _remove_print(placed: Grey, sheet: Sheet, rng: np.random.Generator) -> tuple[Grey, list[bool]]:
    """Whiten the form's print, field by field: not at all, roughly, or sparing the strokes across it."""
    size = (placed.shape[1], placed.shape[0])
    printed = (cv2.resize(sheet.print, size, interpolation=cv2.INTER_AREA) > 0.15).astype(np.uint8)
    written = cv2.resize(sheet.ink, size, interpolation=cv2.INTER_AREA) > 0.25
    removal = np.zeros_like(printed)
    removed = []
    for line in sheet.lines:
        how = rng.random()
        removed.append(how > 0.25)
        if not removed[-1]:
            continue
        rows, columns = region(line, 6.0, placed.shape)
        reach = int(rng.integers(2, 6))
        grown = np.asarray(cv2.dilate(printed[rows, columns], np.ones((reach, reach), np.uint8)), np.uint8)
        grown = np.roll(grown, (round(rng.normal(0, 0.7)), round(rng.normal(0, 0.7))), axis=(0, 1))
        if how > 0.6:
            grown[written[rows, columns]] = 0
        removal[rows, columns] |= grown
    paper = np.uint8(255) if rng.random() < 0.3 else np.uint8(np.percentile(placed[::4, ::4], 70))
    return np.where(removal > 0, paper, placed), removed


def region(line: Line, margin: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The line's rows and columns in the registered picture, with `margin` points around it."""
    box = line.box.grown(margin)
    y0, y1 = max(0, round(box.y0 * PIXELS_PER_POINT)), min(shape[0], round(box.y1 * PIXELS_PER_POINT))
    x0, x1 = max(0, round(box.x0 * PIXELS_PER_POINT)), min(shape[1], round(box.x1 * PIXELS_PER_POINT))
    return slice(y0, y1), slice(x0, x1)
