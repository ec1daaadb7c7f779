"""Text in a crop: where the ink stands, line by line, what an engine reads, and what the field's format makes of it.

The crop comes without the form's own print (`extractors/crops.py`). What is read is what the ink says: no dictionary,
no calendar and no check digit changes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.decoding import Decoded, decode
from extractors.definition import Field, FieldKind
from extractors.engines import Recogniser, tesseract
from extractors.engines.ppocr import ppocr
from extractors.errors import EngineError
from extractors.formats import NAME, Format, format_of
from extractors.geometry import PIXELS_PER_POINT, Grey
from extractors.reading import ReadingState

SecondOpinion = Callable[[Grey], str]
"""Reads a line's crop in its own way, such as `lambda line: tesseract.read_line(line)[0]`."""


@dataclass(frozen=True, slots=True)
class TextReading:
    """What stands in a field of text.

    `text` is the value as written, `raw` the writing as decoded. `confidence` is the engine's own belief
    (0 to 1, not calibrated; of several lines the least), `margin` the natural log of how many times less probable the
    `runner_up` is.
    """

    text: str
    raw: str
    state: ReadingState
    confidence: float
    engine: str
    runner_up: str = ""
    margin: float = 0.0
    second: str | None = None


def read_text(
    crop: Grey,
    field: Field,
    engine: Recogniser | None = None,
    engine_name: str = "ppocr",
    second: SecondOpinion | None = None,
) -> TextReading:
    """Read a field's writing.

    Args:
        crop: H x W at the working resolution, the form's print taken out.
        field: tells the format, and whether there are several lines.
        engine: reads a line; PP-OCR where none is given, and Tesseract where PP-OCR is not installed.
        engine_name: how `engine` is called in the reading.
        second: a second, independent reading of the same ink.

    Returns:
        A `TextReading`: EMPTY without ink, UNREADABLE where ink yields no character that the format allows.

    Raises:
        EngineError: no engine is installed.

    """
    lines = lines_of(crop) if field.kind is FieldKind.FREE_TEXT else one_line_of(crop)
    if not lines:
        return TextReading("", "", ReadingState.EMPTY, 1.0, engine_name)
    expected = format_of(field)
    decoded, engine_name = _read_lines(lines, expected, engine, engine_name)
    raw = " ".join(line.text for line in decoded if any(map(str.isalnum, line.text)))  # a line of dashes is none
    weakest = min(decoded, key=lambda line: line.probability)
    opinion = " ".join(filter(None, map(second, lines))) if second else None
    return TextReading(
        text=_spaced(raw, expected),
        raw=raw,
        state=ReadingState.READ if raw else ReadingState.UNREADABLE,
        confidence=weakest.probability,
        engine=engine_name,
        runner_up=weakest.runner_up,
        margin=weakest.margin,
        second=None if opinion is None else _spaced(opinion, expected),
    )


def _spaced(raw: str, expected: Format) -> str:
    """The writing as a value: `Last,First` is written with a space."""
    return re.sub(r",(?=\w)", ", ", raw) if expected is NAME else raw


def _read_lines(lines: list[Grey], expected: Format, engine: Recogniser | None, name: str) -> tuple[list[Decoded], str]:
    """Each line decoded, and the name of the engine that read it."""
    if engine is None:
        try:
            engine = ppocr()
        except EngineError:
            return [Decoded(*tesseract.read_line(line)) for line in lines], "tesseract"
    return [decode(output, engine.alphabet, expected) for output in engine.read(lines)], name


# -------------------- where the ink stands

INK_SHARE = 0.68  # of the paper's grey: darker is ink
DARKEST_PAPER = 250  # grey value: brighter paper does not raise the level further
LEAST_STROKE = 2.9 * PIXELS_PER_POINT  # pixels, the longer side of the smallest letter
LEAST_LETTER = 20  # pixels of ink in it
LEAST_DOT = 6  # pixels of ink in a full stop or the dot of an i
PAD = round(1.5 * PIXELS_PER_POINT)  # pixels of paper left around the ink
LINE_GAP = 0.4  # of a line's height: letters whose middles are nearer than this stand on one line

Boxes = NDArray[np.int32]
"""N x 5: left, top, width, height, area of pieces of ink (OpenCV's component statistics)."""


def one_line_of(crop: Grey) -> list[Grey]:
    """The crop cut tight around its ink, in a list; an empty one where there is none."""
    pieces = _pieces(crop)
    letters = pieces[_is_letter(pieces)]
    return [_cut(crop, letters, pieces)] if len(letters) else []


def lines_of(crop: Grey) -> list[Grey]:
    """The crop's lines of writing from top to bottom, each cut tight around its ink."""
    pieces = _pieces(crop)
    letters = pieces[_is_letter(pieces)]
    if not len(letters):
        return []
    height = float(np.median(letters[:, 3]))
    letters = letters[letters[:, 3] < 3 * height]  # a stroke over several lines says nothing about where they stand
    middles = letters[:, 1] + letters[:, 3] / 2
    order = np.argsort(middles)
    breaks = np.flatnonzero(np.diff(middles[order]) > LINE_GAP * height) + 1
    lines = [letters[line] for line in np.split(order, breaks)]
    written = [line for line in lines if len(line) > 1] or lines  # a piece alone on its line is dirt
    return [_cut(crop, line, pieces) for line in written]


def _pieces(crop: Grey) -> Boxes:
    """The pieces of ink, without what is left of printed lines."""
    paper = min(float(np.percentile(crop, 90)), DARKEST_PAPER)
    ink = (crop < INK_SHARE * paper).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = stats[1:].astype(np.int32)
    return pieces[~_is_rule(pieces, crop.shape)]


def _is_rule(pieces: Boxes, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """What is left of a printed line: long and thin along an edge of the field."""
    width, height = pieces[:, 2], pieces[:, 3]
    thin = 2 * PIXELS_PER_POINT
    return ((width > 0.35 * shape[1]) & (height <= thin)) | ((height > 0.8 * shape[0]) & (width <= thin))


def _is_letter(pieces: Boxes) -> NDArray[np.bool_]:
    large: NDArray[np.bool_] = (pieces[:, 4] >= LEAST_LETTER) & (pieces[:, 2:4].max(axis=1) >= LEAST_STROKE)
    return large


def _cut(crop: Grey, letters: Boxes, pieces: Boxes) -> Grey:
    """The crop around letters and the dots beside them: cut, not filtered (thinner strokes read worse)."""
    x0, y0, x1, y1 = _hull(letters)
    reach = (y1 - y0) / 2
    for _ in range(2):  # dots beside letters, then dots beside those
        left, top, width, height, area = pieces.T
        beside = (left < x1 + reach) & (left + width > x0 - reach)
        within = (top < y1 + PAD) & (top + height > y0 - PAD) & (height <= y1 - y0)
        dots = pieces[(area >= LEAST_DOT) & beside & within]
        x0, y0, x1, y1 = _hull(np.vstack([letters, dots]))
    return crop[max(0, y0 - PAD) : y1 + PAD, max(0, x0 - PAD) : x1 + PAD]


def _hull(boxes: Boxes) -> tuple[int, int, int, int]:
    left, top, width, height, _ = boxes.T
    return int(left.min()), int(top.min()), int((left + width).max()), int((top + height).max())
