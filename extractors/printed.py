"""The print of a flat blank: squares to tick, uprights of combs, frames, lines to write on, and words (pdfplumber)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pdfplumber

from extractors.geometry import Box

SQUARE_SIDES = (5.0, 20.0)  # points: no check box is smaller or larger
LINE_THICKNESS = 2.0  # points: a rectangle thinner than this is a line


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What is printed on one page, in points: frames are outlined rectangles, lines the horizontal ones."""

    number: int
    width: float
    height: float
    frames: tuple[Box, ...]
    lines: tuple[Box, ...]
    words: tuple[tuple[str, Box], ...]

    def square_at(self, place: Box) -> Box | None:
        """The printed square in the middle of which `place` lies, or None."""
        low, high = SQUARE_SIDES
        for frame in self.frames:
            even = abs(frame.width - frame.height) <= 1.0 and low <= frame.width <= high
            if even and holds(frame, *centre(place)):
                return frame
        return None

    def frame_around(self, place: Box) -> Box | None:
        """The smallest frame that holds the middle of `place` and is not much smaller than it, or None."""
        around = [
            frame
            for frame in self.frames
            if holds(frame, *centre(place)) and frame.width > place.width / 2 and frame.height > place.height / 2
        ]
        return min(around, key=lambda frame: frame.width * frame.height, default=None)

    def line_under(self, place: Box, reach: float) -> Box | None:
        """The nearest line within `reach` points of the foot of `place` that runs under its middle, or None."""
        middle, _ = centre(place)
        under = [line for line in self.lines if line.x0 <= middle <= line.x1 and abs(line.y0 - place.y1) <= reach]
        return min(under, key=lambda line: abs(line.y0 - place.y1), default=None)

    def uprights_in(self, place: Box) -> list[float]:
        """The x of every upright of the small frames that stand in `place`, from left to right, a shared one once."""
        cells = [frame for frame in self.frames if holds(place, *centre(frame)) and frame.width < place.width / 2]
        edges = sorted(edge for cell in cells for edge in (cell.x0, cell.x1))
        return [edge for before, edge in itertools.pairwise([-math.inf, *edges]) if edge - before > LINE_THICKNESS]

    def word_right_of(self, square: Box, reach: float) -> str | None:
        """The first word that begins within `reach` points to the right of a square, on its height, or None."""
        _, middle = centre(square)
        beside = [
            (box.x0, text)
            for text, box in self.words
            if square.x1 <= box.x0 <= square.x1 + reach and box.y0 <= middle <= box.y1
        ]
        return min(beside)[1] if beside else None


def read_print(flat: Path) -> list[PrintedPage]:
    """The print of every page of a PDF."""
    with pdfplumber.open(flat) as pdf:
        return [_printed_page(page) for page in pdf.pages]


def centre(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def holds(box: Box, x: float, y: float) -> bool:
    """Whether a point lies in a box."""
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _printed_page(page: Any) -> PrintedPage:  # pdfplumber ships no types
    rectangles = [box_of(rectangle) for rectangle in page.rects if rectangle["stroke"]]
    rules = [box_of(line) for line in page.lines] + [box_of(rectangle) for rectangle in page.rects]
    return PrintedPage(
        number=page.page_number,
        width=float(page.width),
        height=float(page.height),
        frames=tuple(box for box in rectangles if box.height > LINE_THICKNESS and box.width > LINE_THICKNESS),
        lines=tuple(box for box in rules if box.height <= LINE_THICKNESS < box.width),
        words=tuple((word["text"], box_of(word)) for word in page.extract_words()),
    )


def box_of(item: Any) -> Box:  # pdfplumber ships no types
    """Where pdfplumber saw something, in points from the page's top-left corner."""
    return Box(float(item["x0"]), float(item["top"]), float(item["x1"]), float(item["bottom"]))
