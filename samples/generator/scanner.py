"""The scanner: how the sheet lies and is drawn in, the sensor, and how grey becomes black and white.

Each step takes a sheet and an amount in the unit its docstring names, and gives the sheet back.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from samples.generator.paper import Sheet
from samples.generator.placement import MM_PER_INCH, POINTS_PER_INCH, Floats, about_centre, quarter_turn, rotation

POINTS_PER_MM = POINTS_PER_INCH / MM_PER_INCH
FEED_KNOTS = 9  # places down the page between which the feed is even


def turn(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """The sheet lies turned by `amount` degrees clockwise: 0, 90, 180 or 270."""
    width, height = sheet.paper
    paper = (height, width) if round(amount) % 180 else sheet.paper
    return replace(sheet, paper=paper, placement=sheet.placement.then(quarter_turn(round(amount), width, height)))


def reduce_to(sheet: Sheet, width: float) -> Sheet:
    """A sheet wider than the machine is made smaller, to `width` points, as fax machines do."""
    if sheet.paper[0] <= width:
        return sheet
    part = width / sheet.paper[0]
    return replace(
        sheet, paper=(width, sheet.paper[1] * part), placement=sheet.placement.then(np.diag([part, part, 1.0]))
    )


def skew(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """The sheet lies askew by `amount` degrees, clockwise above 0."""
    return _linear(sheet, rotation(amount))


def scale(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """The copy is `amount` percent larger (above 0) or smaller than the sheet."""
    return _linear(sheet, np.eye(2) * (1 + amount / 100))


def aspect(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """The feed runs off speed: the page is `amount` percent longer (above 0) or shorter than it should."""
    return _linear(sheet, np.diag([1.0, 1 + amount / 100]))


def shear(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """The feed pulls sideways: `amount` mm of drift in x over the length of the page."""
    return _linear(sheet, np.array([[1.0, amount * POINTS_PER_MM / sheet.paper[1]], [0, 1]]))


def shift(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """The sheet lies `amount` mm off its place in a random direction; what passes the edge is cut off."""
    angle = rng.uniform(0, 2 * np.pi)
    step = np.eye(3)
    step[:2, 2] = np.array([np.cos(angle), np.sin(angle)]) * amount * POINTS_PER_MM
    return replace(sheet, placement=sheet.placement.then(step))


def uneven_feed(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """The rollers slip: places down the page move by up to `amount` mm along and a third of it across the feed."""
    before = np.linspace(0, sheet.paper[1], FEED_KNOTS)
    slip, sway = _wander(rng) * amount * POINTS_PER_MM, _wander(rng) * amount / 3 * POINTS_PER_MM
    after = np.maximum.accumulate(before + slip) + np.arange(FEED_KNOTS) * 1e-3
    feed = tuple((float(b), float(a), float(s)) for b, a, s in zip(before, after, sway, strict=True))
    return replace(sheet, placement=replace(sheet.placement, feed=feed))


def scan(sheet: Sheet, dpi: tuple[float, float], background: int = 255) -> Sheet:
    """Draw the sheet in at `dpi` dots per inch (x, y) as the placement has it; beyond the sheet lies `background`."""
    source_x, source_y = sheet.dpi
    # the aperture of one dot is about as wide as the dot: without it thin strokes would alias
    sigma_x, sigma_y = (0.35 * source / out for source, out in ((source_x, dpi[0]), (source_y, dpi[1])))
    image = cv2.GaussianBlur(sheet.image, (0, 0), sigmaX=max(sigma_x, 0.3), sigmaY=max(sigma_y, 0.3))
    width, height = (round(side / POINTS_PER_INCH * out) for side, out in zip(sheet.paper, dpi, strict=True))
    placement = sheet.placement.at(*dpi)
    x, y = placement.source_grid(width, height)
    drawn = cv2.remap(
        image,
        x * np.float32(source_x / POINTS_PER_INCH),
        y * np.float32(source_y / POINTS_PER_INCH),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float(background),
    )
    return replace(sheet, image=drawn.astype(np.uint8), dpi=dpi, placement=placement)


def too_dark(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Exposed too little: all is `amount` grey levels darker."""
    return replace(sheet, image=cv2.subtract(sheet.image, np.full_like(sheet.image, round(amount))).astype(np.uint8))


def too_light(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Exposed too much: all is `amount` grey levels lighter."""
    return replace(sheet, image=cv2.add(sheet.image, np.full_like(sheet.image, round(amount))).astype(np.uint8))


def sensor_noise(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """Noise of the sensor, `amount` grey levels standard deviation."""
    tile = rng.normal(0, amount, (512, 509)).astype(
        np.int16
    )  # tiled: noise of a whole page would cost more than the page
    height, width = sheet.image.shape
    noise = np.tile(tile, (height // 512 + 1, width // 509 + 1))[:height, :width]
    return replace(sheet, image=np.clip(sheet.image + noise, 0, 255).astype(np.uint8))


def streaks(sheet: Sheet, amount: float, rng: Generator) -> Sheet:
    """Dust on the sensor: `amount` lines down the page, dark or light, 1 to 3 dots wide, some not all the way."""
    image = sheet.image.copy()
    height, width = image.shape
    for _ in range(round(amount)):
        x, wide = int(rng.integers(width)), int(rng.choice([1, 1, 2, 3]))
        top, bottom = (0, height) if rng.random() < 0.6 else sorted(rng.integers(0, height, 2).tolist())
        image[top:bottom, x : x + wide] = 0 if rng.random() < 0.75 else 255
    return replace(sheet, image=image)


def threshold(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Black where the grey level is below `amount`, white elsewhere."""
    return replace(sheet, image=np.where(sheet.image < amount, 0, 255).astype(np.uint8))


def local_threshold(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Black where it is darker than its surroundings (4 mm) by more than `amount` grey levels; solid black stays."""
    side = max(3, round(sheet.pixels(4.0)) | 1)
    around = cv2.blur(sheet.image, (side, max(3, round(sheet.pixels_down(4.0)) | 1))).astype(np.int16)
    black = (sheet.image < around - amount) | (sheet.image < 70)
    return replace(sheet, image=np.where(black, 0, 255).astype(np.uint8))


def diffuse(sheet: Sheet, _amount: float, _rng: Generator) -> Sheet:
    """Photo mode: error diffusion (Floyd and Steinberg 1976)."""
    return replace(sheet, image=np.asarray(Image.fromarray(sheet.image).convert("1"), np.uint8) * np.uint8(255))


def ordered_dither(sheet: Sheet, amount: float, _rng: Generator) -> Sheet:
    """Halftone: ordered dither with an 8 x 8 Bayer matrix; `amount` is its contrast, 0 (a threshold) to 1 (full)."""
    bayer = np.array([[0]])
    for _ in range(3):
        bayer = np.block([[4 * bayer, 4 * bayer + 2], [4 * bayer + 3, 4 * bayer + 1]])
    height, width = sheet.image.shape
    level = 128 + ((bayer + 0.5) / 64 - 0.5) * 255 * amount
    tiled = np.tile(level, (height // 8 + 1, width // 8 + 1))[:height, :width]
    return replace(sheet, image=np.where(sheet.image < tiled, 0, 255).astype(np.uint8))


def _linear(sheet: Sheet, linear: Floats) -> Sheet:
    return replace(sheet, placement=sheet.placement.then(about_centre(linear, *sheet.paper)))


def _wander(rng: Generator) -> Floats:
    """A random walk over the knots about its mean, at most 1 away from it."""
    walk = np.cumsum(rng.normal(0, 1, FEED_KNOTS))
    walk -= walk.mean()
    return np.asarray(walk / max(float(np.abs(walk).max()), 1e-6))
