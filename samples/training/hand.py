"""One writer at one field: a pen, a size, a slant, a weight, a way of keeping to the line."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from extractors.geometry import Box
from extractors.reading import Pen
from samples.training.pens import Face, Glyph, Ink, RealDigits, Writers, plain_stroke

SHEET_PIXELS_PER_POINT = 300 / 72
"""A sheet is drawn finer than any machine will see it."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How somebody writes. Sizes are in points; `size` is the em's, of which a digit's height is about 0.7."""

    pen: Pen
    face: Face
    real: RealDigits | None
    size: float
    slant: float  # shear: x moves by so much for each y upwards
    aspect: float
    spacing: float  # points between characters on a free line, beside their own advance
    wobble: float  # standard deviation of the place of a character
    weight: int  # pixels by which strokes are made thicker (or thinner, when negative)
    stroke: float  # width of plain strokes
    darkness: float
    sharpness: float  # of a real digit's edge
    level: float  # grey at which a real digit's edge lies: lower is bolder

    @property
    def writer(self) -> str:
        """Which kind of writer this is, for the tables: "typed", "hand" (a handwriting face), or "real" digits."""
        return "typed" if self.pen is Pen.TYPED else "hand" if self.real is None else "real"

    def write_in(self, ink: Ink, box: Box, character: str, rng: np.random.Generator) -> None:
        """Write one character into a comb cell, about its middle."""
        glyph = self._glyph(character, rng)
        scale = self._scale(glyph, rng)
        height, width = (
            glyph.ink.shape[0] * scale / SHEET_PIXELS_PER_POINT,
            glyph.ink.shape[1] * scale / SHEET_PIXELS_PER_POINT,
        )
        x = (box.x0 + box.x1) / 2 - width / 2 + rng.normal(0, self.wobble * 1.2)
        y = (box.y0 + box.y1) / 2 - height / 2 + rng.normal(0, self.wobble * 1.2)
        if character in ".,-":
            y = box.y1 - 3.5 - glyph.rise * self.size + rng.normal(0, self.wobble)
        self._stamp(ink, glyph, x, y, scale, rng)

    def write_line(self, ink: Ink, box: Box, text: str, rng: np.random.Generator) -> float:
        """Write a text on a free line, from the box's left; the place in points where it ends."""
        glyphs = [self._glyph(character, rng) for character in text]
        size = min(
            self.size, self.size * box.width / max(1e-3, sum(g.advance * self.size + self.spacing for g in glyphs))
        )
        size = min(size, box.height * 1.15)
        x, baseline = box.x0, box.y1 - rng.uniform(0.8, 4)
        slope = 0.0 if self.pen is Pen.TYPED else rng.normal(0, 0.008)
        for character, glyph in zip(text, glyphs, strict=True):
            scale = size / self.size * self._scale(glyph, rng)
            y = baseline + slope * (x - box.x0) - glyph.rise * glyph.pixels_per_em * scale / SHEET_PIXELS_PER_POINT
            if character != " ":
                self._stamp(
                    ink, glyph, x + rng.normal(0, self.wobble * 0.4), y + rng.normal(0, self.wobble * 0.6), scale, rng
                )
            x += glyph.advance * size * self.aspect + self.spacing * size / self.size
        return x

    def _glyph(self, character: str, rng: np.random.Generator) -> Glyph:
        if self.pen is not Pen.TYPED:
            if self.real is not None and character.isdigit():
                return self.real.glyph(character, rng)
            if rng.random() < 0.35:
                stroke = plain_stroke(character, rng)
                if stroke is not None:
                    return stroke
        return self.face.glyph(character)

    def _scale(self, glyph: Glyph, rng: np.random.Generator) -> float:
        """Sheet pixels for each of the glyph's."""
        varied = 1.0 if self.pen is Pen.TYPED else float(np.exp(rng.normal(0, 0.06)))
        return self.size * varied * SHEET_PIXELS_PER_POINT / glyph.pixels_per_em

    def _stamp(self, ink: Ink, glyph: Glyph, x: float, y: float, scale: float, rng: np.random.Generator) -> None:
        """Lay the glyph's ink on the sheet, its top left at (x, y) points."""
        turn = 0.0 if self.pen is Pen.TYPED else rng.normal(0, 0.05)
        slant = self.slant + (0.0 if self.pen is Pen.TYPED else rng.normal(0, 0.05))
        matrix = scale * np.array([[self.aspect, -slant - turn], [turn * self.aspect, 1.0]])
        height, width = glyph.ink.shape
        middle = np.array([width, height]) / 2
        out = (np.abs(matrix) @ np.array([width, height])).astype(int) + 4
        affine = np.column_stack([matrix, out / 2 - matrix @ middle])
        patch = cv2.warpAffine(
            glyph.ink, affine, (int(out[0]), int(out[1])), flags=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        )
        if scale > 1:  # a small picture made large: give its edge the sharpness of a pen's
            patch = np.clip((patch - self.level) * self.sharpness + 0.5, 0, 1)
        if self.weight:
            kernel = np.ones((abs(self.weight) + 1,) * 2, np.uint8)
            patch = (cv2.dilate if self.weight > 0 else cv2.erode)(patch, kernel)
        centre = np.array([x, y]) * SHEET_PIXELS_PER_POINT + np.array([width * self.aspect, height]) * scale / 2
        left, top = (centre - out / 2).round().astype(int)
        _lay(ink, patch * self.darkness, left, top)


def choose_hand(writers: Writers, rng: np.random.Generator) -> Hand:
    """A writer at random: a quarter typed, a third handwriting faces, the rest real digits."""
    pick = rng.random()
    typed, real = pick < 0.25, pick > 0.56
    faces = writers.typed if typed else writers.hand
    size = rng.uniform(7, 12.5) if typed else rng.uniform(7.5, 20)
    return Hand(
        pen=Pen.TYPED if typed else Pen.HAND,
        face=faces[rng.integers(len(faces))],
        real=writers.real if real else None,
        size=size,
        slant=rng.normal(0, 0.02) if typed else rng.normal(0.05, 0.12),
        aspect=float(np.exp(rng.normal(0, 0.03 if typed else 0.1))),
        spacing=rng.uniform(-0.2, 1.2) if typed else rng.normal(0.3, 0.7),
        wobble=rng.uniform(0, 0.6) if typed else rng.uniform(0.2, 1.1),
        weight=int(rng.choice([-1, 0, 1, 2], p=[0.05, 0.6, 0.25, 0.1] if size > 10 else [0.0, 0.75, 0.25, 0.0])),
        stroke=rng.uniform(0.7, 1.9),
        darkness=rng.uniform(0.75, 1) if rng.random() < 0.75 else rng.uniform(0.5, 0.75),
        sharpness=rng.uniform(1.5, 5),
        level=rng.uniform(0.3, 0.62),
    )


def _lay(ink: Ink, patch: Ink, left: int, top: int) -> None:
    """Darken the sheet by the patch, cut at the sheet's edge."""
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(ink.shape[0], top + patch.shape[0]), min(ink.shape[1], left + patch.shape[1])
    if y1 > y0 and x1 > x0:
        part = ink[y0:y1, x0:x1]
        np.maximum(part, patch[y0 - top : y1 - top, x0 - left : x1 - left], out=part)
