"""Where written characters come from: typefaces, handwriting typefaces, and real digits (MNIST)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import yaml
from PIL import Image, ImageDraw, ImageFont

from extractors.reading import Pen

Ink = npt.NDArray[np.float32]
"""Height x width, 0 paper to 1 ink."""

EM = 96
"""Pixels of a typeface's em square at which its characters are drawn before they are scaled."""
TRAINED_DIGITS = 5 / 6
"""The first so many of the digits are for training; the rest (the last 10,000 of MNIST's 60,000) is for validation."""
_HELD_OUT_FACES = 0.15
_DRAWN_AT_RANDOM = "/-.,"  # characters that a real pen writes as plain strokes


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character's ink, its top above the baseline, and how far the pen moves on, all in ems."""

    ink: Ink
    pixels_per_em: float
    rise: float
    advance: float


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface in a file."""

    file: Path
    pen: Pen

    def glyph(self, character: str) -> Glyph:
        """The character as the face draws it."""
        return _draw(self.file, character)


@dataclass(frozen=True, slots=True)
class RealDigits:
    """MNIST digits: real pen strokes. All other characters come from a handwriting face or are plain strokes."""

    images: npt.NDArray[np.uint8] = field(repr=False)
    of_digit: tuple[npt.NDArray[np.int64], ...] = field(repr=False)

    def glyph(self, digit: str, rng: np.random.Generator) -> Glyph:
        """One of the digit's images, chosen at random."""
        image = _bent(self.images[rng.choice(self.of_digit[int(digit)])].astype(np.float32) / 255, rng)
        ys, xs = np.nonzero(image > 0.15)
        image = np.pad(image[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1], 2)
        # MNIST fits each digit into 20 pixels; a face's digits are 0.7 em high
        pixels_per_em = 20 / 0.7 if rng.random() < 0.5 else (image.shape[0] - 4) / 0.7
        height, width = image.shape
        return Glyph(
            image, pixels_per_em, (height - 2) / pixels_per_em, (width - 4 + rng.uniform(1, 7)) / pixels_per_em
        )


@dataclass(frozen=True, slots=True)
class Writers:
    """All pens of one split."""

    typed: tuple[Face, ...]
    hand: tuple[Face, ...]
    real: RealDigits


def load_writers(fonts: Path, mnist: Path, held_out: bool) -> Writers:
    """The pens of the training split, or of the validation split (`held_out`).

    Faces are split by a hash of their name, so that a face never changes sides when others are added.

    Args:
        fonts: folder that `python -m samples.fonts.fetch` filled, a folder a face.
        mnist: .npz with `images` (n x 28 x 28) and `labels` of MNIST's training set.
        held_out: which split.
    """
    facts = yaml.safe_load((Path(__file__).parents[1] / "fonts" / "fonts.yaml").read_text(encoding="utf-8"))
    kinds = {entry["face"].replace(" ", ""): entry["pen"] for entry in facts["faces"]}
    files = [file for file in sorted(fonts.glob("*/*.ttf")) if is_held_out(file.stem) == held_out]
    with np.load(mnist) as digits:
        images, labels = digits["images"], digits["labels"]
    first_held_out = round(len(labels) * TRAINED_DIGITS)
    part = slice(first_held_out, None) if held_out else slice(None, first_held_out)
    images, labels = images[part], labels[part]
    return Writers(
        typed=tuple(Face(file, Pen.TYPED) for file in files if kinds.get(file.stem) == "type"),
        hand=tuple(Face(file, Pen.HAND) for file in files if kinds.get(file.stem) == "hand"),
        real=RealDigits(images, tuple(np.flatnonzero(labels == digit) for digit in range(10))),
    )


def faces_named(writers: Writers) -> Sequence[str]:
    """The names of a split's faces, for the record of a training."""
    return [face.file.stem for face in (*writers.typed, *writers.hand)]


def plain_stroke(character: str, rng: np.random.Generator) -> Glyph | None:
    """A slash, hyphen, point or comma as a plain pen stroke; None for other characters."""
    if character not in _DRAWN_AT_RANDOM:
        return None
    ink = np.zeros((EM, EM), np.float32)
    width = int(rng.integers(4, 13))
    x, y = rng.uniform(0.3, 0.5) * EM, rng.uniform(0.68, 0.78) * EM
    ends = {
        "/": (x + rng.uniform(0.12, 0.5) * EM, y - rng.uniform(0.6, 0.9) * EM),
        "-": (x + rng.uniform(0.15, 0.4) * EM, y - rng.uniform(0.2, 0.45) * EM),
        ".": (x + rng.uniform(-3, 3), y + rng.uniform(-3, 3)),
        ",": (x + rng.uniform(-8, 8), y + rng.uniform(6, 18)),
    }
    x1, y1 = ends[character]
    if character == "-":
        y = y1 + rng.uniform(-4, 4)
    if character in ".,":
        width = int(rng.integers(8, 15))
    bend = (np.array([x + x1, y + y1]) / 2 + rng.normal(0, 2, 2)).round()
    points = np.array([(x, y), bend, (x1, y1)]).round().astype(np.int32)
    cv2.polylines(ink, [points], False, 1.0, width, cv2.LINE_AA)
    return _trimmed(ink, EM, baseline=0.75 * EM, advance=(abs(x1 - x) / EM + rng.uniform(0.05, 0.25)))


def _bent(image: Ink, rng: np.random.Generator) -> Ink:
    """The digit's strokes displaced a little, smoothly (elastic distortion: Simard et al., 2003), 28 x 28."""
    grid = rng.normal(0, rng.uniform(0, 1.1), (2, 4, 4)).astype(np.float32)  # pixels of displacement at 4 x 4 nodes
    height, width = image.shape
    dx, dy = (cv2.resize(nodes, (width, height), interpolation=cv2.INTER_CUBIC) for nodes in grid)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    return np.asarray(cv2.remap(image, xs + dx, ys + dy, cv2.INTER_LINEAR), np.float32)


def is_held_out(face: str) -> bool:
    """Whether the face of that name (without spaces) is for validation only."""
    return int(hashlib.sha256(face.encode()).hexdigest()[:8], 16) / 2**32 < _HELD_OUT_FACES


@lru_cache(maxsize=8192)
def _draw(file: Path, character: str) -> Glyph:
    font = _font(file)
    picture = Image.new("L", (3 * EM, 3 * EM), 0)
    ImageDraw.Draw(picture).text((EM, 2 * EM), character, fill=255, font=font, anchor="ls")
    ink = np.asarray(picture, np.float32) / np.float32(255)
    return _trimmed(ink, EM, baseline=2 * EM, advance=font.getlength(character) / EM)


def _trimmed(ink: Ink, pixels_per_em: float, baseline: float, advance: float) -> Glyph:
    ys, xs = np.nonzero(ink > 0.1)
    if len(ys) == 0:
        return Glyph(np.zeros((4, 4), np.float32), pixels_per_em, 0.1, advance)
    top = max(0, int(ys.min()) - 2)
    ink = ink[top : ys.max() + 3, max(0, xs.min() - 2) : xs.max() + 3]
    return Glyph(np.ascontiguousarray(ink), pixels_per_em, (baseline - top) / pixels_per_em, advance)


@lru_cache(maxsize=128)
def _font(file: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), EM)
