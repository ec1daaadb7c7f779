"""Signatures as drawn strokes: loops, long strokes, initials, a name in a script face."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from extractors.geometry import Box
from samples.generator.faces import Faces, face_at
from samples.generator.hand import Hand
from samples.generator.paper import Grey
from samples.generator.placement import Floats
from samples.generator.strokes import PIXELS_PER_POINT, curve, draw_stroke, lay_ink

KINDS = {"scribble": 0.42, "stroke": 0.33, "written": 0.17, "initials": 0.08}


def sign(sheet: Grey, name: str, box: Box, hand: Hand, faces: Faces, rng: Generator) -> str:
    """Sign in the box, in place, from anywhere in its left half and beyond its edges. Gives the kind made."""
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    height = float(np.clip(box.height * rng.uniform(0.7, 1.5), 9, 34))
    width = min(box.width * float(rng.uniform(0.3, 0.8)), float(rng.uniform(4, 8)) * height)
    left = box.x0 + 4 + float(rng.uniform(0, 0.45)) * max(0.0, box.width - width - 8)
    place = Box(left, box.y1 - height * float(rng.uniform(0.8, 1.05)), left + width, 0)
    place = Box(place.x0, place.y0, place.x1, place.y0 + height)
    if kind == "written":
        _written(sheet, name, place, hand, faces, rng)
        return kind
    shapes = {"scribble": _scribble, "stroke": _strokes, "initials": _initials}[kind](rng)
    width_mm = float(rng.uniform(0.25, 0.7))
    for shape in shapes:
        points = curve(shape * [place.width, place.height] + [place.x0, place.y0], per_knot=6)
        draw_stroke(sheet, points, width_mm, hand.shade, rng)
    return kind


def _written(sheet: Grey, name: str, place: Box, hand: Hand, faces: Faces, rng: Generator) -> None:
    face = faces.signature[int(rng.integers(len(faces.signature)))]
    pixels = round(place.height * PIXELS_PER_POINT * float(rng.uniform(0.9, 1.3)))
    mask, _ = face_at(face, pixels).getmask2(name, mode="L")
    ink = np.array(mask, np.uint8).reshape(mask.size[::-1])
    lay_ink(sheet, ink, place.x0, place.y1 - ink.shape[0] / PIXELS_PER_POINT, hand.shade)


def _scribble(rng: Generator) -> list[Floats]:
    """A capital's loop, then waves that get flatter, and sometimes a line under it all."""
    waves = int(rng.integers(7, 18))
    x = np.linspace(0.05, 1.0, waves) + rng.normal(0, 0.03, waves)
    swing = np.linspace(0.45, 0.1, waves) * rng.uniform(0.5, 1.3, waves)
    y = 0.62 + np.where(np.arange(waves) % 2 == 0, -swing, swing * 0.6)
    lines = [np.column_stack([x, y])]
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.8, 1.6), 9)
    loop = np.column_stack([0.09 + 0.08 * np.cos(angle), 0.4 + 0.38 * np.sin(angle)])
    lines.append(loop)
    if rng.random() < 0.35:
        lines.append(np.array([[0.0, 0.95], [0.5, 0.98 + rng.normal(0, 0.05)], [1.05, 0.85]]))
    return lines


def _strokes(rng: Generator) -> list[Floats]:
    """A few long strokes, as of somebody who signs a hundred times a day."""
    count = int(rng.integers(4, 9))
    x = np.cumsum(rng.uniform(0.0, 1.0, count))
    x = 0.02 + 0.95 * (x - x[0]) / max(x[-1] - x[0], 1e-6)
    line = np.column_stack([x, rng.uniform(0.1, 0.95, count)])
    lines = [line]
    if rng.random() < 0.5:
        start, end = rng.uniform(0.1, 0.5), rng.uniform(0.6, 1.15)
        lines.append(np.array([[start, rng.uniform(0.1, 0.5)], [(start + end) / 2, 0.5], [end, rng.uniform(0.3, 0.9)]]))
    return lines


def _initials(rng: Generator) -> list[Floats]:
    """Two letters' worth of strokes at the left."""
    lines: list[Floats] = []
    for left in (0.02, 0.22):
        knots = int(rng.integers(4, 7))
        lines.append(np.column_stack([left + rng.uniform(0, 0.17, knots), np.sort(rng.uniform(0, 1, knots))]))
        lines.append(np.array([[left, rng.uniform(0.2, 0.7)], [left + 0.17, rng.uniform(0.2, 0.7)]]))
    return lines
