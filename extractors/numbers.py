"""Digits and dates: comb fields cell by cell and once more as one string, free fields as a string by two engines.

All crops of a page go through each network in one batch. The two readings are independent: they see the same ink
through different crops and different networks. The value is the likeliest by both together; where one of them alone
would say otherwise, it is doubtful. It is never changed to please a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from extractors.combining import CellReader, Reader, Weighed, bare, line_reader, weigh
from extractors.crops import cell_pictures
from extractors.definition import Field, FieldKind
from extractors.engines import LogProbs
from extractors.engines.ppocr import ppocr
from extractors.engines.recogniser import (
    CELL_ALPHABET,
    LINE_ALPHABET,
    STRUCK,
    greedy,
    installed,
    read_cells,
    read_lines,
)
from extractors.formats import PHONE, format_of
from extractors.geometry import Grey
from extractors.registration import AlignedPage
from extractors.text import one_line_of, read_text

DIGITS = tuple(CELL_ALPHABET.index(digit) for digit in "0123456789")
LETTERS = tuple(index for index, character in enumerate(CELL_ALPHABET) if character.isalpha())
STRUCK_COLUMN, EMPTY_COLUMN = CELL_ALPHABET.index(STRUCK), len(CELL_ALPHABET)
SLASH_CELLS = (2, 5)  # of a date comb, which hold a printed slash
OTHERS = 8  # other texts handed up
SURE_ALONE = 0.95  # belief of one reader that suffices for a telephone number, which decides nothing by itself
STRUCK_CHANCE = 0.5  # of a cell's holding no character, from which the value counts as struck out


@dataclass(frozen=True, slots=True)
class NumberReading:
    """What two readers say of one field's ink.

    `text`: the likeliest by both together, with its `chance` (0 to 1) beside the `others` (likeliest first). `second`:
    what the second reader alone would say. `agree`: whether each reader alone says the text. `struck`: a character
    seems struck out or written over. `empty`: both see nothing.
    """

    text: str
    chance: float
    second: str
    engine: str
    agree: bool = False
    others: tuple[Weighed, ...] = ()
    struck: bool = False
    empty: bool = False


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
    shape = page.grey.shape
    cells = read_cells([c for field in combs for c in cell_pictures(lines[field.name], field.cells, shape)])
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
    if field.kind is FieldKind.DATE:
        cells = np.delete(cells, SLASH_CELLS, axis=0)
    by_cells = cell_reader(field, cells)
    struck = bool((np.exp(cells[:, STRUCK_COLUMN]) > STRUCK_CHANCE).any())
    if not by_cells.best:
        shown = greedy(line).strip()
        return NumberReading("", 0.0, shown, "cells", struck=struck, empty=not shown)
    return _together(by_cells, line_reader(line, LINE_ALPHABET, format_of(field)), "cells+line", struck)


def cell_reader(field: Field, cells: LogProbs) -> CellReader:
    """The reader of a comb's cells.

    Args:
        field: a field with comb cells.
        cells: log-probabilities, cells (without printed slashes) x (len(CELL_ALPHABET) + 1), "empty" last.
    """
    rows = []
    for index, row in enumerate(np.exp(cells.astype(np.float64))):
        letters = "_dea" in field.name and index < 2  # R40: two letters, seven digits
        chances = {CELL_ALPHABET[column]: float(row[column]) for column in (LETTERS if letters else DIGITS)}
        rows.append(chances | {"": float(row[EMPTY_COLUMN])})  # belief in what the format forbids stays doubt
    return CellReader(rows)


def _free_reading(field: Field, line: LogProbs, picture: Grey) -> NumberReading:
    shown = greedy(line).strip()
    expected = format_of(field)
    first = line_reader(line, LINE_ALPHABET, expected)
    if expected is PHONE and first.decoded.probability >= SURE_ALONE:
        return NumberReading(first.best, first.decoded.probability, first.best, "line", agree=True)
    seen = one_line_of(picture)
    if not seen:
        return NumberReading(first.best, first.decoded.probability, "", "line", empty=not shown)
    engine = ppocr()
    second = line_reader(engine.read(seen)[0], engine.alphabet, expected)
    return _together(first, second, "line+ppocr", STRUCK in shown)


def _together(first: Reader, second: Reader, engine: str, struck: bool) -> NumberReading:
    """Two readers' common reading."""
    ranked = weigh([first, second])
    if not ranked:
        return NumberReading("", 0.0, "", engine, struck=struck)
    (best, *others) = ranked
    agree = bare(first.best) == bare(second.best) == bare(best.text)
    return NumberReading(best.text, best.chance, second.best, engine, agree, tuple(others[:OTHERS]), struck)


def _only_reading(field: Field, picture: Grey) -> NumberReading:
    """What a general engine reads where our own networks are missing: with no second reading to agree with."""
    read = read_text(picture, field)
    return NumberReading(read.raw, read.confidence, "", read.engine, empty=not read.raw)
