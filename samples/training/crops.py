"""Labelled crops for training and validation, prepared exactly as at reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractors.engines.recogniser import CELL_ALPHABET, CELL_MARGIN, LINE_ALPHABET, Floats, prepare_cell, prepare_line
from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from samples.training.damage import damaged
from samples.training.pens import Writers
from samples.training.sheets import Line, Sheet, draw_sheet

CELL_LABELS = (*CELL_ALPHABET, "")
"""What a cell can hold, in the order of the network's columns; the last is nothing."""
CLASS_OF = {label: index for index, label in enumerate(CELL_LABELS)}
LETTER_OF = {character: index for index, character in enumerate(LINE_ALPHABET)}


@dataclass(frozen=True, slots=True)
class CellCrop:
    """A prepared cell as bytes (ink 255), CELL_SIZE square, what it holds, and by which kind of writer."""

    image: npt.NDArray[np.uint8]
    label: str
    writer: str


@dataclass(frozen=True, slots=True)
class LineCrop:
    """A prepared line as bytes (ink 255), LINE_HEIGHT high, what it says, and by which kind of writer."""

    image: npt.NDArray[np.uint8]
    label: str
    writer: str


def draw_crops(writers: Writers, rng: np.random.Generator) -> tuple[list[CellCrop], list[LineCrop]]:
    """The cells and lines of one synthetic sheet, faxed twice by different machines."""
    sheet = draw_sheet(writers, rng)
    cells: list[CellCrop] = []
    lines: list[LineCrop] = []
    for _ in range(2):
        _cut_sheet(sheet, cells, lines, rng)
    return cells, lines


def as_bytes(ink: Floats) -> npt.NDArray[np.uint8]:
    """Ink 0 to 1 as 0 to 255, to keep it small."""
    return (ink * 255).astype(np.uint8)


def _cut_sheet(sheet: Sheet, cells: list[CellCrop], lines: list[LineCrop], rng: np.random.Generator) -> None:
    picture, removed = damaged(sheet, rng)
    for line, print_removed in zip(sheet.lines, removed, strict=True):
        labels = [_label(line, index, print_removed) for index in range(len(line.cells))]
        for (box, _), label in zip(line.cells, labels, strict=True):
            if label in CLASS_OF:
                cells.append(CellCrop(as_bytes(prepare_cell(_cut_cell(picture, box, rng))), label, line.writer))
        text = "".join(labels) if line.cells else line.text
        if set(text) <= LETTER_OF.keys():
            lines.append(LineCrop(as_bytes(prepare_line(_cut_line(picture, line.box, rng))), text, line.writer))


def _label(line: Line, index: int, print_removed: bool) -> str:
    """What a cell shows: where nobody wrote, a printed slash that was not removed."""
    box, label = line.cells[index]
    printed = not print_removed and any(box.x0 <= slash.x0 <= box.x1 for slash in line.slashes)
    return "/" if printed and not label else label


def _cut_cell(picture: Grey, box: Box, rng: np.random.Generator) -> Grey:
    """The cell with about `CELL_MARGIN` around it, off its place by half a point or so."""
    return _cut(picture, _shifted(box, 0.45, rng).grown(CELL_MARGIN + rng.normal(0, 0.3)))


def _cut_line(picture: Grey, box: Box, rng: np.random.Generator) -> Grey:
    return _cut(picture, _shifted(box, 0.5, rng).grown(rng.uniform(1, 3), rng.uniform(0.5, 2.5)))


def _shifted(box: Box, deviation: float, rng: np.random.Generator) -> Box:
    dx, dy = rng.normal(0, deviation, 2)
    return Box(box.x0 + dx, box.y0 + dy, box.x1 + dx, box.y1 + dy)


def _cut(picture: Grey, box: Box) -> Grey:
    """That part of the registered picture."""
    y0, y1, x0, x1 = (round(v * PIXELS_PER_POINT) for v in (box.y0, box.y1, box.x0, box.x1))
    return picture[max(0, y0) : y1, max(0, x0) : x1]
