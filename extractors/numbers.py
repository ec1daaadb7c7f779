"""Digits and dates: comb fields cell by cell and once more as one string, free fields as a string by two engines.

All crops of a page go through each network in one batch. The two readings are independent: they see the same ink
through different crops and different networks. Where they differ, the value is doubtful; neither is ever changed to
please a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from extractors.crops import cell_pictures
from extractors.decoding import decode
from extractors.definition import Field, FieldKind
from extractors.engines import LogProbs
from extractors.engines.ppocr import ppocr
from extractors.engines.recogniser import (
    CELL_ALPHABET,
    CELL_MARGIN,
    LINE_ALPHABET,
    STRUCK,
    greedy,
    installed,
    read_cells,
    read_lines,
)
from extractors.formats import format_of
from extractors.geometry import Grey
from extractors.registration import AlignedPage
from extractors.text import one_line_of, read_text

DIGITS = tuple(CELL_ALPHABET.index(digit) for digit in "0123456789")
LETTERS = tuple(index for index, character in enumerate(CELL_ALPHABET) if character.isalpha())
STRUCK_COLUMN, EMPTY_COLUMN = CELL_ALPHABET.index(STRUCK), len(CELL_ALPHABET)
SLASH_CELLS = (2, 5)  # of a date comb
STRUCK_CHANCE = 0.5  # of a cell's holding no character, from which the value counts as struck out


@dataclass(frozen=True, slots=True)
class NumberReading:
    """What two readers say of one field's ink.

    `text`: the surer reading under the field's format, `chance` the reader's belief in it; `second` and `second_chance`
    the other's. `struck`: a character seems struck out or written over. `empty`: both see nothing.
    """

    text: str
    chance: float
    second: str
    second_chance: float
    engine: str
    struck: bool = False
    empty: bool = False

    @property
    def agree(self) -> bool:
        """Whether both readings say the same characters."""
        return _bare(self.text) == _bare(self.second)


def is_number(field: Field) -> bool:
    """Whether our own recogniser reads the field: digits, dates, and identifiers of capitals and digits."""
    return field.kind in (FieldKind.DIGITS, FieldKind.DATE) or "_dea" in field.name


def read_numbers(page: AlignedPage, fields: Sequence[Field], lines: Mapping[str, Grey]) -> dict[str, NumberReading]:
    """Read the digits and dates of a page, all in one batch for each network.

    Args:
        page: the registered page.
        fields: what to read on it.
        lines: by field name its writing with the print removed (`crops.line_picture`).
    """
    pictures = [lines[field.name] for field in fields]
    if not installed():
        return {field.name: _only_reading(field, picture) for field, picture in zip(fields, pictures, strict=True)}
    answers = read_lines(pictures)
    combs = [field for field in fields if field.cells]
    cells = read_cells([cell for field in combs for cell in cell_pictures(page, field.cells, CELL_MARGIN)])
    of_field = dict(zip((field.name for field in combs), _split(cells, combs), strict=True))
    return {
        field.name: _comb_reading(field, of_field[field.name], line)
        if field.cells
        else _free_reading(field, line, picture)
        for field, line, picture in zip(fields, answers, pictures, strict=True)
    }


def _split(cells: LogProbs, combs: Sequence[Field]) -> list[LogProbs]:
    ends = np.cumsum([len(field.cells) for field in combs])
    return np.split(cells, ends[:-1]) if combs else []


def _comb_reading(field: Field, cells: LogProbs, line: LogProbs) -> NumberReading:
    text, chance, struck = read_comb(field, cells)
    if not text:
        shown = greedy(line).strip()
        return NumberReading("", chance, shown, 1.0, "cells", struck=struck, empty=not shown)
    second = decode(line, LINE_ALPHABET, format_of(field))
    return _surer_first((text, chance, "cells"), (second.text, second.probability, "line"), struck)


def read_comb(field: Field, cells: LogProbs) -> tuple[str, float, bool]:
    """The string in a comb, the chance that every cell is right, and whether a cell seems struck out.

    Args:
        field: a field with comb cells.
        cells: log-probabilities, cells x (len(CELL_ALPHABET) + 1), "empty" last.
    """
    text, chance, struck = "", 1.0, False
    for index, row in enumerate(np.exp(cells.astype(np.float64))):
        if field.kind is FieldKind.DATE and index in SLASH_CELLS:
            continue
        letters = "_dea" in field.name and index < 2  # R40: two letters, seven digits
        best = max((*(LETTERS if letters else DIGITS), EMPTY_COLUMN), key=lambda column: row[column])
        struck = struck or bool(row[STRUCK_COLUMN] > STRUCK_CHANCE)
        chance *= float(row[best])  # belief in characters that the format forbids stays doubt
        text += "" if best == EMPTY_COLUMN else CELL_ALPHABET[best]
    return text, chance, struck


def _free_reading(field: Field, line: LogProbs, picture: Grey) -> NumberReading:
    shown = greedy(line).strip()
    expected = format_of(field)
    first = decode(line, LINE_ALPHABET, expected)
    engine = ppocr()
    seen = one_line_of(picture)
    if not seen:
        return NumberReading(first.text, first.probability, "", 1.0, "line", empty=not shown)
    second = decode(engine.read(seen)[0], engine.alphabet, expected)
    return _surer_first(
        (first.text, first.probability, "line"), (second.text, second.probability, "ppocr"), STRUCK in shown
    )


def _surer_first(one: tuple[str, float, str], other: tuple[str, float, str], struck: bool) -> NumberReading:
    """Two readings (text, chance, engine), the one that is surer of itself as the value to show a person."""
    (text, chance, engine), (second, second_chance, _) = sorted((one, other), key=lambda reading: -reading[1])
    return NumberReading(text, chance, second, second_chance, engine, struck=struck)


def _only_reading(field: Field, picture: Grey) -> NumberReading:
    """What a general engine reads where our own networks are missing: with no second reading to agree with."""
    read = read_text(picture, field)
    return NumberReading(read.raw, read.confidence, "", 0.0, read.engine, empty=not read.raw)


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or character == ".")
