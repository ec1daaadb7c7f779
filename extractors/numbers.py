"""Digits and dates: comb fields cell by cell and once more as one string, free fields as a string by two engines.

All crops of a page go through each network in one batch, and those on which the small networks are not of one mind
through the large ones as well; then the two networks of a kind speak with one voice. The two readings are independent:
they see the same ink through different crops and different networks. The value is the likeliest by both together; where
one of them alone would say otherwise, it is doubtful. It is never changed to please a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractors.combining import CellReader, Committee, Reader, Weighed, bare, line_reader, weigh
from extractors.crops import cell_pictures
from extractors.definition import Field, FieldKind
from extractors.engines import LogProbs
from extractors.engines.ppocr import ppocr
from extractors.engines.recogniser import (
    CELL_ALPHABET,
    LINE_ALPHABET,
    STRUCK,
    Size,
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
DIGITS_AND_POINT = (*DIGITS, CELL_ALPHABET.index("."))  # counts are written in thousands at times
LETTERS = tuple(index for index, character in enumerate(CELL_ALPHABET) if character.isalpha())
STRUCK_COLUMN, EMPTY_COLUMN = CELL_ALPHABET.index(STRUCK), len(CELL_ALPHABET)
SLASH_CELLS = (2, 5)  # of a date comb, which hold a printed slash
OTHERS = 8  # other texts handed up
SETTLED = 0.99995  # the chance from which the small networks need not be followed by the large ones
SURE_ALONE = 0.95  # belief of one reader that suffices for a telephone number, which decides nothing by itself
ODD_CHANCE = 0.5  # of a cell's holding a letter
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
    """Read the digits and dates of a page: all in one batch for each network, what is not settled once more.

    Args:
        page: the registered page.
        fields: what to read on it.
        lines: by field name its writing with the print removed (`crops.line_picture`).
    """
    if not installed():
        return {field.name: _only_reading(field, lines[field.name]) for field in fields}
    inks = [_Ink(field, lines[field.name], _cells(page, field, lines[field.name])) for field in fields]
    seen = _look(inks, Size.SMALL)
    seen = [_with_second_reader(ink, one) for ink, one in zip(inks, seen, strict=True)]
    readings = {one.field.name: _reading(one) for one in seen}
    open_ = [(ink, one) for ink, one in zip(inks, seen, strict=True) if not _settled(readings[one.field.name])]
    for (_, one), again in zip(open_, _look([ink for ink, _ in open_], Size.LARGE), strict=True):
        readings[one.field.name] = _reading(_joined(one, again))
    return readings


@dataclass(frozen=True, slots=True)
class _Ink:
    """A field's writing, and its cells where it is a comb."""

    field: Field
    writing: Grey
    cells: Sequence[Grey]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A field's readers, whether a character seems struck out, and what the line network sees without a format.

    `struck`: by the cells of a comb, or by the line where there are none; `struck_in_line`: by the line.
    `odd`: a cell looks more like a letter than like any digit, where only digits can stand.
    """

    field: Field
    readers: tuple[Reader, ...]
    engine: str
    struck: bool
    struck_in_line: bool
    shown: str
    odd: bool = False


def _cells(page: AlignedPage, field: Field, writing: Grey) -> Sequence[Grey]:
    """The cells in which a person writes: not those of a date that hold a printed slash."""
    pictures = cell_pictures(writing, field.cells, page.grey.shape) if field.cells else []
    slashes = SLASH_CELLS if field.kind is FieldKind.DATE else ()
    return [picture for index, picture in enumerate(pictures) if index not in slashes]


def _look(inks: Sequence[_Ink], size: Size) -> list[_Seen]:
    """What our own networks of a size see, each in one batch."""
    lines = read_lines([ink.writing for ink in inks], size)
    cells = read_cells([cell for ink in inks for cell in ink.cells], size)
    of_field = np.split(cells, np.cumsum([len(ink.cells) for ink in inks])[:-1]) if inks else []
    return [_seen(ink.field, own, line) for ink, own, line in zip(inks, of_field, lines, strict=True)]


def _seen(field: Field, cells: LogProbs, line: LogProbs) -> _Seen:
    shown = greedy(line).strip()
    by_line = line_reader(line, LINE_ALPHABET, format_of(field))
    if not len(cells):
        return _Seen(field, (by_line,), "line", STRUCK in shown, STRUCK in shown, shown)
    chances = np.exp(cells)
    struck = bool((chances[:, STRUCK_COLUMN] > STRUCK_CHANCE).any())
    odd = "_dea" not in field.name and bool((chances[:, LETTERS].sum(axis=1) > ODD_CHANCE).any())
    return _Seen(field, (cell_reader(field, cells), by_line), "cells+line", struck, STRUCK in shown, shown, odd)


def _with_second_reader(ink: _Ink, seen: _Seen) -> _Seen:
    """A free string is read by PP-OCR as well, but for a telephone number that the first reader is sure of."""
    if ink.cells or (format_of(ink.field) is PHONE and _sure_alone(seen.readers[0])):
        return seen
    line = one_line_of(ink.writing)
    if not line:
        return seen
    engine = ppocr()
    second = line_reader(engine.read(line)[0], engine.alphabet, format_of(ink.field))
    return replace(seen, readers=(*seen.readers, second), engine="line+ppocr")


def _sure_alone(reader: Reader) -> bool:
    return bool(reader.best) and float(reader.chances([reader.best])[0]) >= SURE_ALONE


def _joined(first: _Seen, again: _Seen) -> _Seen:
    """The small and the large network of a kind as one reader; a second engine stays what it is.

    A character is struck out where both sizes see it in the cells, and a line network of either size sees it as well:
    the cells alone take digits that touch or cross for it.
    """
    joined = [Committee(pair) for pair in zip(first.readers, again.readers, strict=False)]
    readers = (*joined, *first.readers[len(joined) :])
    in_line = first.struck_in_line or again.struck_in_line
    struck = first.struck and again.struck and in_line
    return replace(first, readers=readers, struck=struck, struck_in_line=in_line, odd=first.odd or again.odd)


def _settled(reading: NumberReading) -> bool:
    """Whether a second look would be a waste: the readers agree, very sure of characters, or there is nothing."""
    return reading.empty or (reading.agree and reading.chance >= SETTLED and not reading.struck)


def cell_reader(field: Field, cells: LogProbs) -> CellReader:
    """The reader of a comb's cells.

    Args:
        field: a field with comb cells.
        cells: log-probabilities, cells (without printed slashes) x (len(CELL_ALPHABET) + 1), "empty" last.
    """
    rows = []
    for index, row in enumerate(np.exp(cells.astype(np.float64))):
        letters = "_dea" in field.name and index < 2  # R40: two letters, seven digits
        columns = LETTERS if letters else DIGITS_AND_POINT if field.name.startswith("anc_value") else DIGITS
        chances = {CELL_ALPHABET[column]: float(row[column]) for column in columns}
        rows.append(chances | {"": float(row[EMPTY_COLUMN])})  # belief in what the format forbids stays doubt
    return CellReader(rows)


def _reading(seen: _Seen) -> NumberReading:
    """The readers' common reading."""
    first, second = seen.readers[0], seen.readers[-1]
    if not first.best and (seen.field.cells or not second.best):
        return NumberReading("", 0.0, seen.shown, seen.engine, struck=seen.struck, empty=not seen.shown)
    (best, *others) = weigh(seen.readers)
    alone = len(seen.readers) == 1
    chance = float(first.chances([best.text])[0]) if alone else best.chance
    agree = bare(first.best) == bare(second.best) == bare(best.text) and (not alone or chance >= SURE_ALONE)
    agree = agree and not seen.odd
    return NumberReading(best.text, chance, second.best, seen.engine, agree, tuple(others[:OTHERS]), seen.struck)


def _only_reading(field: Field, picture: Grey) -> NumberReading:
    """What a general engine reads where our own networks are missing: with no second reading to agree with."""
    read = read_text(picture, field)
    return NumberReading(read.raw, read.confidence, "", read.engine, empty=not read.raw)
