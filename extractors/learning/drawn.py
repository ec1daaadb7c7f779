"""The sheets of a blank that was drawn: words, rules and shades as the PDF has them (pdfplumber)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdfplumber

from extractors.geometry import Box
from extractors.learning.sheet import Sheet, Word
from extractors.printed import LINE_THICKNESS, box_of

WHITE = 0.97  # brightness from which a stroke or a filled area cannot be seen
SLANT = 0.5  # points that a rule may rise over its length
FEWEST_WORDS = 8  # a drawn page has more; a scan has none, or those that somebody's OCR put behind its picture
PICTURE = 0.8  # share of the page that a scan's picture covers


def is_drawn(page: Any) -> bool:  # pdfplumber ships no types
    """Whether a page has its print as text and lines, and not as one picture."""
    area = float(page.width) * float(page.height)
    pictured = any(float(i["width"]) * float(i["height"]) > PICTURE * area for i in page.images)
    return not pictured and len(page.extract_words()) >= FEWEST_WORDS


def drawn_sheets(blank: Path) -> list[Sheet | None]:
    """The sheets of a PDF's pages; None for a page that is a picture."""
    with pdfplumber.open(blank) as pdf:
        return [_sheet(page) if is_drawn(page) else None for page in pdf.pages]


def _sheet(page: Any) -> Sheet:
    rules = [*_rules(page)]
    return Sheet(
        number=page.page_number,
        width=float(page.width),
        height=float(page.height),
        words=tuple(
            Word(word["text"], box_of(word), "bold" in word["fontname"].lower())
            for word in page.extract_words(extra_attrs=["fontname"], keep_blank_chars=False)
        ),
        across=tuple(rule for rule in rules if rule.width >= rule.height),
        down=tuple(rule for rule in rules if rule.height > rule.width),
        shades=tuple(
            (box_of(shape), brightness)
            for shape in [*page.rects, *page.curves]
            if shape["fill"] and (brightness := _brightness(shape["non_stroking_color"])) < WHITE
        ),
    )


def _rules(page: Any) -> Iterator[Box]:
    """Every straight rule: lines, thin rectangles, and the four sides of outlined ones."""
    for line in page.lines:
        box = box_of(line)
        if min(box.width, box.height) <= SLANT and _seen(line):
            yield box
    for shape in [*page.rects, *page.curves]:
        box, thin = box_of(shape), LINE_THICKNESS
        if min(box.width, box.height) <= thin:
            if shape["fill"] or _seen(shape):
                yield box
        elif shape["stroke"] and _seen(shape) and (shape in page.rects or not shape["fill"]):
            yield Box(box.x0, box.y0, box.x1, box.y0)
            yield Box(box.x0, box.y1, box.x1, box.y1)
            yield Box(box.x0, box.y0, box.x0, box.y1)
            yield Box(box.x1, box.y0, box.x1, box.y1)


def _seen(shape: Any) -> bool:
    return bool(shape["stroke"]) and _brightness(shape["stroking_color"]) < WHITE


def _brightness(colour: Any) -> float:
    """0 black to 1 white, of a grey, RGB or CMYK colour; of a pattern, or where none is said, black."""
    parts = colour if isinstance(colour, (tuple, list)) else (colour,)
    if not parts or not all(isinstance(part, (int, float)) for part in parts):
        return 0.0
    if len(parts) == 4:  # CMYK
        return float((1 - parts[3]) * (1 - sum(parts[:3]) / 3))
    return float(sum(parts) / len(parts))
