"""Writing on a sheet: words on a line, characters in a comb, lines in a box; typed, by hand, with real digits.

All places are points on the sheet, which is a grey picture at `SHEET_DPI` and is written on in place.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from extractors.geometry import Box
from samples.generator.faces import digit_height, face_at
from samples.generator.hand import Hand
from samples.generator.paper import Grey
from samples.generator.strokes import PIXELS_PER_MM, PIXELS_PER_POINT, bend, draw_stroke, lay_ink, shaky

MARGIN = 8  # pixels round a word's mask, for slant, bend and broad nibs
PUNCTUATION = "/-.(),+"  # drawn as strokes between real digits


def write_line(sheet: Grey, text: str, box: Box, hand: Hand, rng: Generator) -> None:
    """Write `text` into the box as one line, smaller when it would not fit; a hand wanders off the line a little."""
    words = [word_ink(word, hand, hand.size, rng) for word in text.split()]
    space = 0.3 * hand.size
    needed = sum(ink.shape[1] - 2 * MARGIN for ink, _ in words) / PIXELS_PER_POINT + space * (len(words) - 1)
    shrink = min(1.0, (box.width - 3) / max(needed, 1))
    if shrink < 1.0:
        words = [word_ink(word, hand, hand.size * shrink, rng) for word in text.split()]
    room = max(0.0, box.width - needed * shrink - 4)
    x = box.x0 + 1.5 + min(room, float(rng.exponential(2.0 if hand.typed else 5.0)))
    lift = float(rng.normal(0, hand.wobble))
    for ink, baseline in words:
        line = box.y1 - 2.5 + lift + (0 if hand.typed else float(rng.normal(0, hand.wobble * 0.6)))
        lay_ink(sheet, ink, x - MARGIN / PIXELS_PER_POINT, line - baseline / PIXELS_PER_POINT, hand.shade)
        gap = 1.0 if hand.typed else float(rng.uniform(0.8, 1.5))
        x += (ink.shape[1] - 2 * MARGIN) / PIXELS_PER_POINT + space * shrink * gap


def write_paragraph(sheet: Grey, text: str, box: Box, hand: Hand, rng: Generator) -> None:
    """Write `text` into the box over several lines, from the top."""
    pitch = hand.size * float(rng.uniform(1.25, 1.6))
    per_line = max(12, int(box.width / (hand.size * 0.52)))
    lines: list[str] = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > per_line:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    for number, line in enumerate(lines):
        top = box.y0 + 4 + number * pitch
        write_line(sheet, line, Box(box.x0 + 2, top, box.x1, top + hand.size + 3), hand, rng)


def write_comb(sheet: Grey, text: str, cells: tuple[Box, ...], hand: Hand, rng: Generator) -> None:
    """Write a character a cell (a space leaves it empty); people touch the lines, sit off the middle, reach over."""
    middle = float(rng.normal(0, 0.05))
    usual = float(rng.uniform(0.5, 0.62) if hand.typed else np.clip(rng.normal(0.72, 0.12), 0.45, 1.0))
    for character, cell in zip(text, cells, strict=False):
        if character == " ":
            continue
        tall = cell.height * usual * (1.0 if hand.typed else float(rng.normal(1.0, 0.08)))
        ink = character_ink(character, hand, tall, rng)
        width, height = (side / PIXELS_PER_POINT for side in ink.shape[::-1])
        off_x = 0.0 if hand.typed else float(rng.normal(0, 0.09)) * cell.width
        off_y = middle * cell.height + (0.0 if hand.typed else float(rng.normal(0, 0.06)) * cell.height)
        left = (cell.x0 + cell.x1 - width) / 2 + off_x
        top = (cell.y0 + cell.y1 - height) / 2 + off_y
        lay_ink(sheet, ink, left, top, hand.shade)


def word_ink(word: str, hand: Hand, size: float, rng: Generator) -> tuple[Grey, int]:
    """A word as a mask (255 ink) with `MARGIN` pixels round it, and the mask's row that lies on the line."""
    if hand.digits is not None and any(character.isdigit() for character in word):
        return _number_ink(word, hand, size, rng)
    scale = size if hand.typed else size * float(rng.uniform(0.94, 1.06))
    pixels = max(8, round(scale * PIXELS_PER_POINT * (1.0 if hand.typed else 0.72 / digit_height(hand.face))))
    face = face_at(hand.face, pixels)
    ascent, descent = round(pixels * 1.05), round(pixels * 0.35)
    width = max(1, round(face.getlength(word)))
    mask, offset = face.getmask2(word, mode="L", anchor="ls")
    drawn = np.zeros((ascent + descent + 2 * MARGIN, width + 2 * MARGIN + pixels // 3), np.uint8)
    ink = np.array(mask, np.uint8).reshape(mask.size[::-1])
    top, left = MARGIN + ascent + offset[1], MARGIN + max(0, offset[0])
    ink = ink[max(0, -top) :, : drawn.shape[1] - left]
    top = max(top, 0)
    ink = ink[: drawn.shape[0] - top]
    drawn[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return _by_hand(drawn, hand, MARGIN + ascent, rng)[:, : width + 2 * MARGIN], MARGIN + ascent


def character_ink(character: str, hand: Hand, height: float, rng: Generator) -> Grey:
    """One character as a mask cut to its ink, at the size at which a digit is `height` points high."""
    pixels = max(6, round(height * PIXELS_PER_POINT))
    if hand.digits is not None and character.isdigit():
        return _slanted(hand.digits.ink(int(character), pixels, rng), hand.slant)
    face = face_at(hand.face, max(8, round(pixels / digit_height(hand.face))))
    mask, _ = face.getmask2(character, mode="L")
    ink = np.pad(np.array(mask, np.uint8).reshape(mask.size[::-1]), MARGIN)
    return _cut(_by_hand(ink, hand, ink.shape[0] - MARGIN, rng))


def _number_ink(word: str, hand: Hand, size: float, rng: Generator) -> tuple[Grey, int]:
    """A word of real digits, its punctuation drawn as strokes, its letters in the hand's face."""
    tall = round(size * PIXELS_PER_POINT * 0.78)
    ascent, descent = round(size * PIXELS_PER_POINT * 1.05), round(size * PIXELS_PER_POINT * 0.35)
    parts: list[tuple[Grey, int]] = []
    for character in word:
        height = max(8, round(tall * float(rng.uniform(0.88, 1.12))))
        if character.isdigit():
            ink = (
                _slanted(hand.digits.ink(int(character), height, rng), hand.slant) if hand.digits else np.zeros((1, 1))
            )
            drop = round(float(rng.normal(0, 0.04)) * tall)
        elif character in PUNCTUATION:
            ink, drop = _punctuation_ink(character, tall, hand, rng)
        else:
            ink, drop = character_ink(character, hand, height / PIXELS_PER_POINT, rng), 0
        parts.append((ink.astype(np.uint8), drop))
    spread = float(rng.uniform(-0.08, 0.14)) * tall  # some people's digits touch, others stand apart
    gaps = [round(spread + float(rng.normal(0, 0.03)) * tall) for _ in parts]
    width = sum(ink.shape[1] for ink, _ in parts) + sum(gaps) + 2 * MARGIN
    drawn = np.zeros((ascent + descent + 2 * MARGIN, max(width, 2 * MARGIN + 1)), np.uint8)
    x = MARGIN
    for (ink, drop), gap in zip(parts, gaps, strict=True):
        top = max(0, MARGIN + ascent + drop - ink.shape[0])
        height, wide = min(ink.shape[0], drawn.shape[0] - top), min(ink.shape[1], drawn.shape[1] - x)
        under = drawn[top : top + height, x : x + wide]
        np.maximum(under, ink[:height, :wide], out=under)
        x = max(0, x + ink.shape[1] + gap)
    return drawn, MARGIN + ascent


def _punctuation_ink(character: str, tall: int, hand: Hand, rng: Generator) -> tuple[Grey, int]:
    """A slash, dash, dot, comma or bracket as a pen stroke: the mask, and how far it reaches below the line."""
    shapes = {
        "/": [(0.40, 0.0), (0.0, 1.1)],
        "-": [(0.0, 0.0), (0.38, 0.0)],
        ".": [(0.0, 0.0), (0.04, 0.03)],
        ",": [(0.08, 0.0), (0.0, 0.25)],
        "(": [(0.22, 0.0), (0.05, 0.3), (0.05, 0.8), (0.22, 1.1)],
        ")": [(0.0, 0.0), (0.17, 0.3), (0.17, 0.8), (0.0, 1.1)],
        "+": [(0.0, 0.0), (0.35, 0.0)],
    }
    below = {"-": -0.42, "+": -0.42, ",": 0.15, "/": 0.05, "(": 0.08, ")": 0.08}.get(character, 0.0)
    nib = 0.34 + hand.nib
    points = shaky(np.array(shapes[character]), 0.03, rng) * tall / PIXELS_PER_POINT
    pad = nib * PIXELS_PER_MM / PIXELS_PER_POINT
    points = points - points.min(0) + pad
    wide, high = (points.max(0) + pad) * PIXELS_PER_POINT
    paper = np.full((int(high) + 2, int(wide) + 2), 255, np.uint8)
    draw_stroke(paper, points, nib, 0, rng)
    return (255 - paper).astype(np.uint8), round(below * tall)


def _by_hand(ink: Grey, hand: Hand, baseline: int, rng: Generator) -> Grey:
    """The face's drawing as a hand would have made it: broader, slanted about the baseline, bent; a machine's stays."""
    broad = hand.nib * PIXELS_PER_MM
    if broad > 0.3:
        size = 1 + 2 * max(1, round(broad / 2))
        wider = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        ink = cv2.addWeighted(ink, 0.3, wider, 0.7, 0).astype(np.uint8) if broad < 1.5 else wider.astype(np.uint8)
    if hand.typed:
        return ink
    ink = _slanted(ink, hand.slant + float(rng.normal(0, 0.02)), baseline)
    return bend(ink, hand.bend, rng)


def _slanted(ink: Grey, slant: float, baseline: int | None = None) -> Grey:
    height, width = ink.shape
    pivot = height if baseline is None else baseline
    spare = 0 if baseline is not None else int(abs(slant) * height) + 1
    shift = np.array([[1.0, -slant, slant * pivot + (spare if slant < 0 else 0)], [0, 1, 0]])
    return cv2.warpAffine(ink, shift, (width + spare, height), flags=cv2.INTER_LINEAR, borderValue=0.0).astype(np.uint8)


def _cut(ink: Grey) -> Grey:
    rows, columns = np.flatnonzero(ink.max(1) > 30), np.flatnonzero(ink.max(0) > 30)
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink
