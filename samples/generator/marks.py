"""What people do to boxes and values beside writing: check marks of every kind, striking out, stray lines, stamps."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from extractors.geometry import Box
from samples.generator.faces import face_at
from samples.generator.hand import Hand
from samples.generator.paper import Grey
from samples.generator.placement import Floats
from samples.generator.strokes import PIXELS_PER_POINT, curve, draw_stroke, lay_ink, shaky

PEN_MM = 0.42  # a ballpoint's line
Lines = list[
    tuple[Floats, float]
]  # strokes as points of the unit square (0, 0 the box's top left), and their width in pens


def tick_box(sheet: Grey, box: Box, hand: Hand, rng: Generator, kind: str | None = None) -> str:
    """Mark a check box as the person does, in place; gives the kind of mark made."""
    kind = hand.mark if kind is None else kind
    if kind != "typed_x" and rng.random() < 0.1:
        kind = "x"
    if kind == "typed_x":
        face = face_at(hand.face, round(box.height * PIXELS_PER_POINT * 1.15))
        mask, _ = face.getmask2("X", mode="L")
        ink = np.array(mask, np.uint8).reshape(mask.size[::-1])
        left = (box.x0 + box.x1 - ink.shape[1] / PIXELS_PER_POINT) / 2 + float(rng.normal(0, 0.4))
        top = (box.y0 + box.y1 - ink.shape[0] / PIXELS_PER_POINT) / 2 + float(rng.normal(0, 0.4))
        lay_ink(sheet, ink, left, top, hand.shade)
        return kind
    off = rng.normal(0, 0.07, 2)
    shade = min(150, hand.shade + 70) if kind == "light_x" else hand.shade
    for points, pens in MARK_LINES[kind](rng):
        places = (shaky(points, 0.04, rng) + off) * [box.width, box.height] + [box.x0, box.y0]
        draw_stroke(sheet, curve(places), (PEN_MM + hand.nib) * pens, shade, rng)
    return kind


def scratch_out(sheet: Grey, box: Box, hand: Hand, rng: Generator) -> None:
    """Scribble over a box or a mark that was wrong."""
    turns = int(rng.integers(6, 11))
    x = np.linspace(-0.25, 1.25, turns)
    y = np.where(np.arange(turns) % 2 == 0, -0.2, 1.2)
    knots = shaky(np.column_stack([x, y]), 0.08, rng) * [box.width, box.height] + [box.x0, box.y0]
    draw_stroke(sheet, curve(knots), PEN_MM + hand.nib, hand.shade, rng)


def tick_beside(sheet: Grey, box: Box, away: tuple[float, float], hand: Hand, rng: Generator) -> str:
    """Mark beside a box in place: its middle lies `away` (x, y, in box sides) from the box's. Gives the mark's kind."""
    right, down = away[0] * box.width, away[1] * box.height
    return tick_box(sheet, Box(box.x0 + right, box.y0 + down, box.x1 + right, box.y1 + down), hand, rng)


def encircle(sheet: Grey, words: Box, hand: Hand, rng: Generator) -> None:
    """Draw a ring round printed words, in place, as people do who choose an option by its name."""
    angle = np.linspace(0, 2 * np.pi * float(rng.uniform(0.98, 1.1)), 18) + rng.uniform(0, 6)
    wide = words.width / 2 + rng.uniform(2.5, 6.0)
    high = words.height / 2 + rng.uniform(2.0, 4.5)
    middle = np.array([(words.x0 + words.x1) / 2, (words.y0 + words.y1) / 2]) + rng.normal(0, 0.8, 2)
    # a rounded rectangle rather than an ellipse: a hand that goes round a long word keeps its distance
    ring = np.sign([np.cos(angle), np.sin(angle)]) * np.abs([np.cos(angle), np.sin(angle)]) ** 0.7
    draw_stroke(sheet, curve(shaky(middle + ring.T * [wide, high], 0.5, rng)), PEN_MM + hand.nib, hand.shade, rng)


def strike(sheet: Grey, box: Box, hand: Hand, rng: Generator) -> None:
    """Cross a written value out by one or two lines."""
    for _ in range(int(rng.integers(1, 3))):
        y = box.y0 + box.height * rng.normal(0.5, 0.08, 5)
        x = np.linspace(box.x0 - 2, box.x1 + 2, 5)
        draw_stroke(sheet, curve(np.column_stack([x, y])), PEN_MM + hand.nib, hand.shade, rng)


def stray_line(sheet: Grey, hand: Hand, rng: Generator) -> None:
    """A slip of the pen somewhere on the page, 5 to 60 mm long."""
    height, width = (side / PIXELS_PER_POINT for side in sheet.shape)
    start = rng.uniform([40, 40], [width - 40, height - 40])
    angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(14, 170)
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    middle = (start + end) / 2 + rng.normal(0, length / 12, 2)
    draw_stroke(sheet, curve(np.array([start, middle, end])), PEN_MM * 0.8, hand.shade, rng)


def line_through(sheet: Grey, box: Box, hand: Hand, rng: Generator) -> None:
    """A slip of the pen or a stroke of something else through a box, from beyond one edge to beyond another."""
    start = np.array([box.x0 + rng.uniform(0.0, 0.4) * box.width, box.y0 + rng.normal(0.5, 0.5) * box.height])
    end = np.array([box.x0 + rng.uniform(0.6, 1.05) * box.width, box.y0 + rng.normal(0.5, 0.5) * box.height])
    middle = (start + end) / 2 + [0.0, rng.normal(0, 1.5)]
    draw_stroke(sheet, curve(np.array([start, middle, end])), PEN_MM * 0.8 + hand.nib, hand.shade, rng)


def stamp(sheet: Grey, words: str, left: float, top: float, face: Hand, rng: Generator) -> None:
    """A rubber stamp (RECEIVED, COPY), framed, worn and slightly turned; its corner at `left`, `top`."""
    font = face_at(face.face, 46)
    masks = [
        np.array((m := font.getmask2(line, mode="L")[0]), np.uint8).reshape(m.size[::-1]) for line in words.split("|")
    ]
    wide, pitch = max(mask.shape[1] for mask in masks) + 60, 62
    ink = np.zeros((pitch * len(masks) + 40, wide), np.uint8)
    for number, mask in enumerate(masks):
        x, y = (wide - mask.shape[1]) // 2, 24 + number * pitch
        ink[y : y + mask.shape[0], x : x + mask.shape[1]] = mask[: ink.shape[0] - y]
    cv2.rectangle(ink, (6, 6), (wide - 7, ink.shape[0] - 7), 255, 5)
    patches = cv2.resize(
        rng.uniform(0.6, 1.4, (3, 6)).astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    worn = np.clip(ink * patches * (rng.random(ink.shape) < 0.93), 0, 255).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((wide / 2, ink.shape[0] / 2), float(rng.normal(0, 3)), 1.0)
    lay_ink(sheet, cv2.warpAffine(worn, turn, ink.shape[::-1]).astype(np.uint8), left, top, int(rng.integers(10, 80)))


def _x(low: float, high: float) -> Callable[[Generator], Lines]:
    def lines(rng: Generator) -> Lines:
        a, b = rng.uniform(low, high, 2)
        return [
            (np.array([[-a, -a], [0.5, 0.5], [1 + a, 1 + a]]), 1.0),
            (np.array([[1 + b, -b], [0.5, 0.5], [-b, 1 + b]]), 1.0),
        ]

    return lines


def _tick(reach: float) -> Callable[[Generator], Lines]:
    def lines(rng: Generator) -> Lines:
        over = reach * float(rng.uniform(0.5, 1.2))
        return [(np.array([[0.05, 0.5], [0.38, 0.92], [0.6, 0.45], [1 + over, -0.1 - over]]), 1.1)]

    return lines


def _loose_tick(rng: Generator) -> Lines:
    """A tick as a quick hand makes it: its corner anywhere in the lower half, its arms of any length."""
    corner = rng.uniform([0.15, 0.6], [0.5, 1.05])
    start = corner - rng.uniform([0.1, 0.15], [0.4, 0.55])
    end = [corner[0] + rng.uniform(0.4, 1.0), corner[1] - rng.uniform(0.5, 1.4)]
    return [(np.array([start, corner, (corner + end) / 2 + rng.normal(0, 0.05, 2), end]), float(rng.uniform(0.7, 1.1)))]


def _blot(rng: Generator) -> Lines:
    rows = np.linspace(0.1, 0.9, int(rng.integers(6, 10)))
    zigzag = np.column_stack([np.where(np.arange(len(rows)) % 2 == 0, 0.08, 0.92), rows])
    return [(zigzag, 1.8)]


def _scribble(rng: Generator) -> Lines:
    return [(rng.uniform(0.0, 1.0, (12, 2)), 1.0)]


def _circle(rng: Generator) -> Lines:
    angle = np.linspace(0, 2 * np.pi * 1.08, 14) + rng.uniform(0, 6)
    radius = float(rng.uniform(0.85, 1.15))
    return [(np.column_stack([0.5 + radius * np.cos(angle), 0.5 + radius * np.sin(angle)]), 0.9)]


def _dot(rng: Generator) -> Lines:
    return [(rng.uniform(0.38, 0.62, (5, 2)), 1.9)]


def _slash(rng: Generator) -> Lines:
    over = float(rng.uniform(-0.1, 0.3))
    return [(np.array([[-over, 1 + over], [0.5, 0.5], [1 + over, -over]]), 1.0)]


MARK_LINES: dict[str, Callable[[Generator], Lines]] = {
    "x": _x(-0.2, 0.12),
    "big_x": _x(0.15, 0.5),
    "light_x": _x(-0.2, 0.05),
    "tick": _tick(0.1),
    "big_tick": _tick(0.7),
    "loose_tick": _loose_tick,
    "slash": _slash,
    "blot": _blot,
    "scribble": _scribble,
    "circle": _circle,
    "dot": _dot,
}
