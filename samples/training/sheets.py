"""Sheets full of comb fields and free lines, as somebody filled them in, before they are faxed.

A sheet holds many fields so that the costly steps (the fax, the turning) run once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from extractors.engines.recogniser import STRUCK
from extractors.geometry import Box
from samples.training.contents import comb_content, line_content
from samples.training.hand import SHEET_PIXELS_PER_POINT, Hand, choose_hand
from samples.training.pens import Ink, Writers

SHEET_DPI = SHEET_PIXELS_PER_POINT * 72
_COLUMNS, _ROWS = 2, 14
_SLOT_WIDTH, _SLOT_HEIGHT = 200.0, 28.0
WIDTH, HEIGHT = _COLUMNS * _SLOT_WIDTH + 10, _ROWS * _SLOT_HEIGHT + 10
"""Size of a sheet in points."""

_ROW_STRUCK, _CELL_STRUCK = 0.04, 0.015


@dataclass(slots=True)
class Line:
    """One field on a sheet: where it is, and its cells with what is in each, or else what it says as a whole."""

    box: Box
    text: str
    writer: str  # "typed", "hand", or "real" for real digits
    cells: list[tuple[Box, str]] = field(default_factory=list)
    slashes: list[Box] = field(default_factory=list)  # where the form prints them


@dataclass(frozen=True, slots=True)
class Sheet:
    """What people wrote (`ink`) and what the form prints around it (`print`), each height x width, 0 to 1."""

    ink: Ink
    print: Ink
    lines: list[Line]


def draw_sheet(writers: Writers, rng: np.random.Generator) -> Sheet:
    """A sheet of fields, each by another hand."""
    shape = (round(HEIGHT * SHEET_PIXELS_PER_POINT), round(WIDTH * SHEET_PIXELS_PER_POINT))
    ink, printed = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    lines = []
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            x, y = 10 + column * _SLOT_WIDTH, 8 + row * _SLOT_HEIGHT + rng.uniform(0, 3)
            hand = choose_hand(writers, rng)
            draw = _comb if rng.random() < 0.6 else _free_line
            lines.append(draw(ink, printed, x, y, hand, rng))
    return Sheet(ink, printed, lines)


def _comb(ink: Ink, printed: Ink, x: float, y: float, hand: Hand, rng: np.random.Generator) -> Line:
    text, count, is_date = comb_content(rng)
    usual = rng.random() < 0.6
    width = 15.0 if usual else rng.uniform(12.5, 18.5)
    height = rng.choice([16.6, 15.6, 18.6]) if usual else rng.uniform(14, 20)
    boxes = [Box(x + i * width, y, x + (i + 1) * width, y + height) for i in range(count)]
    line = Line(Box(x, y, x + count * width, y + height), text, hand.writer)
    thickness, darkness = int(rng.integers(1, 4)), rng.uniform(0.5, 1)
    for i, box in enumerate(boxes):
        if is_date and i in (2, 5):
            line.slashes.append(_printed_slash(printed, box, rng))
        else:
            cv2.rectangle(printed, _pixel(box.x0, box.y0), _pixel(box.x1, box.y1), darkness, thickness)
    if text.strip() and not is_date and rng.random() < _ROW_STRUCK:
        _struck_and_again(ink, line, boxes, hand, rng)
        return line
    for box, character in zip(boxes, text, strict=True):
        line.cells.append((box, _fill_cell(ink, box, character, hand, rng)))
    return line


def _fill_cell(ink: Ink, box: Box, character: str, hand: Hand, rng: np.random.Generator) -> str:
    """Write the character into the cell, sometimes spoilt; what the cell then holds, "" for nothing."""
    if rng.random() < _CELL_STRUCK:
        if character != " ":
            hand.write_in(ink, box, character, rng)
        if character != " " and rng.random() < 0.4:
            other = rng.choice([c for c in "0123456789" if c != character])
            hand.write_in(ink, box, str(other), rng)
        else:
            _scribble(ink, box, hand, rng)
        return STRUCK
    if character == " ":
        return ""
    hand.write_in(ink, box, character, rng)
    return character


def _struck_and_again(ink: Ink, line: Line, boxes: list[Box], hand: Hand, rng: np.random.Generator) -> None:
    """The value written, struck out, and often another one beside it; its cells cannot be read one by one."""
    text = line.text.strip()
    old = Box(line.box.x0, line.box.y0, line.box.x0 + line.box.width * 0.5, line.box.y1)
    if rng.random() < 0.5:
        for box, character in zip(boxes, line.text, strict=True):
            if character != " ":
                hand.write_in(ink, box, character, rng)
        _strike(ink, line.box, hand, rng)
        line.cells = [(box, STRUCK) for box, character in zip(boxes, line.text, strict=True) if character != " "]
        return
    text = text[:4]
    end = hand.write_line(ink, Box(old.x0 + 1, old.y0, old.x1, old.y1), text, rng)
    _strike(ink, Box(old.x0, old.y0, end, old.y1), hand, rng)
    line.text = STRUCK * len(text)
    new = "".join(str(rng.integers(10)) for _ in text)
    if end + 10 < line.box.x1 - 10 and rng.random() < 0.7:
        end = hand.write_line(ink, Box(end + 8, old.y0, line.box.x1, old.y1), new, rng)
        line.text += " " + new
    line.box = Box(line.box.x0, line.box.y0, max(line.box.x1, end + 1), line.box.y1)


def _free_line(ink: Ink, printed: Ink, x: float, y: float, hand: Hand, rng: np.random.Generator) -> Line:
    text = line_content(rng)
    height = rng.uniform(11.5, 19)
    y += max(0.0, 17 - height)
    box = Box(x, y, x + rng.uniform(90, 190), y + height)
    darkness, thickness = rng.uniform(0.5, 1), int(rng.integers(1, 4))
    if rng.random() < 0.5:
        cv2.line(printed, _pixel(x - 1, box.y1 + 0.7), _pixel(box.x1, box.y1 + 0.7), darkness, thickness)
    elif rng.random() < 0.7:
        cv2.rectangle(printed, _pixel(x - 2.5, y - 4), _pixel(box.x1, box.y1 + 2), darkness, thickness)
    end = box.x0
    if text:
        end = hand.write_line(ink, Box(x + rng.uniform(0, 4), box.y0, box.x1, box.y1), text, rng)
    if text and rng.random() < _ROW_STRUCK:
        _strike(ink, Box(box.x0, box.y0, end, box.y1), hand, rng)
        text = STRUCK * len(text.replace(" ", ""))
    return Line(
        Box(box.x0, box.y0, min(max(box.x1, end + 1), x + _SLOT_WIDTH - 8), box.y1), _line_truth(text), hand.writer
    )


def _line_truth(text: str) -> str:
    """The text as the line network is to read it."""
    return " ".join(text.upper().split())


def _printed_slash(printed: Ink, box: Box, rng: np.random.Generator) -> Box:
    lean, size = rng.uniform(0.8, 2), rng.uniform(3, 5.5)
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2 + rng.uniform(-1, 1)
    ends = _pixel(x - lean, y + size), _pixel(x + lean, y - size)
    cv2.line(printed, *ends, rng.uniform(0.5, 1), int(rng.integers(2, 5)), cv2.LINE_AA)
    return Box(x - lean, y - size, x + lean, y + size)


def _strike(ink: Ink, box: Box, hand: Hand, rng: np.random.Generator) -> None:
    """One to three strokes through all of the box."""
    for _ in range(int(rng.choice([1, 2, 3], p=[0.55, 0.35, 0.1]))):
        xs = np.linspace(box.x0 - rng.uniform(0, 3), box.x1 + rng.uniform(-1, 4), 12)
        slope = rng.normal(0, 0.03)
        middle = (box.y0 + box.y1) / 2 + rng.normal(0, box.height * 0.09)
        ys = middle + slope * (xs - xs.mean()) + np.cumsum(rng.normal(0, 0.25, 12))
        _polyline(ink, np.stack([xs, ys], 1), hand, rng)


def _scribble(ink: Ink, box: Box, hand: Hand, rng: np.random.Generator) -> None:
    """A crossing-out or a blot within one cell."""
    kind = rng.random()
    if kind < 0.35:
        ys = (box.y0 + box.height * rng.uniform(0.3, 0.7, 2)).tolist()
        for y in ys[: rng.integers(1, 3)]:
            ends = [
                [box.x0 + rng.uniform(-1, 2), y + rng.normal(0, 1)],
                [box.x1 + rng.uniform(-2, 1), y + rng.normal(0, 1)],
            ]
            _polyline(ink, np.array(ends), hand, rng)
    elif kind < 0.6:
        for flip in (0, 1):
            corners = [
                [box.x0 + rng.uniform(1, 4), box.y0 + rng.uniform(1, 4)],
                [box.x1 - rng.uniform(1, 4), box.y1 - rng.uniform(1, 4)],
            ]
            if flip:
                corners[0][1], corners[1][1] = corners[1][1], corners[0][1]
            _polyline(ink, np.array(corners), hand, rng)
    else:
        count = int(rng.integers(6, 16))
        points = np.stack([rng.uniform(box.x0 + 2, box.x1 - 2, count), rng.uniform(box.y0 + 2, box.y1 - 2, count)], 1)
        _polyline(ink, points, hand, rng)


def _polyline(ink: Ink, points: np.ndarray, hand: Hand, rng: np.random.Generator) -> None:
    width = max(2, round(hand.stroke * SHEET_PIXELS_PER_POINT * rng.uniform(0.8, 1.3)))
    cv2.polylines(
        ink, [(points * SHEET_PIXELS_PER_POINT).round().astype(np.int32)], False, hand.darkness, width, cv2.LINE_AA
    )


def _pixel(x: float, y: float) -> tuple[int, int]:
    return round(x * SHEET_PIXELS_PER_POINT), round(y * SHEET_PIXELS_PER_POINT)
