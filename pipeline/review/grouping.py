"""Groups of look-alikes: what was read alike on many forms is judged at one glance, the odd ones stand out.

ticked, not_ticked, signed, not_signed   boxes and signature fields, by what they were read as
digit-0 … digit-9                        single cells of combs, by the digit that was read in them
empty                                    fields on which nothing was seen to be written
field:anc_value …                        the values of one field, each beside its crop
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from extractors.definition import Field, FieldKind
from extractors.reading import ReadingState
from pipeline.review.writing import as_written

WHOLE = 0
"""In the place of a cell's number: the whole field."""

DOUBTED = 0.0005
"""Chance (not calibrated) from which on another value of the same ink casts doubt on the cells where it differs."""

CELL_DOUBTS = frozenset({"", "low_confidence", "readings_differ"})
"""Why a number is in doubt when the doubt is about its single digits; ink that was struck out is judged as a whole."""

OF_BOXES = {
    (FieldKind.CHECKBOX, True): "ticked",
    (FieldKind.CHECKBOX, False): "not_ticked",
    (FieldKind.SIGNATURE, True): "signed",
    (FieldKind.SIGNATURE, False): "not_signed",
}

TITLES = {
    "ticked": ("Boxes read as ticked", "Which box is not ticked?"),
    "not_ticked": ("Boxes read as not ticked", "Which box is ticked?"),
    "signed": ("Signatures read as there", "Where is none?"),
    "not_signed": ("Signatures read as missing", "Where is one?"),
    "empty": ("Fields read as empty", "Where is something written?"),
}
"""A group's name, and what is asked of its crops."""

WRITTEN_OUT = {"anc": "ANC", "npi": "NPI", "dea": "DEA", "ncpdp": "NCPDP", "zip": "ZIP", "dob": "date of birth"}
"""Parts of fields' names that people write otherwise."""


class Scope(StrEnum):
    """Which values are put into groups."""

    HOLDING = "holding"  # a doubt about the value holds its form
    DOUBT = "doubt"  # in doubt, also where nothing hangs on it
    ALL = "all"  # sure ones too: to look whether the reader can be trusted


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at: a field, or one cell of its comb (from 1), in the group of those that were read alike."""

    group: str
    field: str
    cell: int
    shows: str


@dataclass(frozen=True, slots=True)
class ReadValue:
    """As much of a reading as its groups hang on (`extractors.reading.Reading`)."""

    field: str
    value: Any
    state: str
    doubtful: bool
    why: str
    second: str | None
    alternatives: tuple[tuple[str, float], ...] = ()


def looks(field: Field, read: ReadValue, scope: Scope) -> Iterator[Look]:
    """The groups in which a reading is shown; nothing of what could not be read at all."""
    shows = as_written(read.value)
    if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE):
        yield Look(OF_BOXES[field.kind, bool(read.value)], field.name, WHOLE, shows)
    elif read.value is None and read.state == ReadingState.EMPTY:
        yield Look("empty", field.name, WHOLE, shows)
    elif read.value is not None:
        yield Look(f"field:{stem(field.name)}", field.name, WHOLE, shows)
        digits = digits_by_cell(field, read.value)
        wanted = digits if scope is Scope.ALL else doubtful_cells(field, read)
        for cell in wanted:
            yield Look(f"digit-{digits[cell]}", field.name, cell, digits[cell])


def title(group: str) -> str:
    """A group's name for people."""
    if group.startswith("digit-"):
        return f"Digits read as {group.removeprefix('digit-')}"
    if group in TITLES:
        return TITLES[group][0]
    words = " ".join(WRITTEN_OUT.get(part, part) for part in group.removeprefix("field:").split("_"))
    return words[:1].upper() + words[1:]


def question(group: str) -> str:
    """What is asked of a group's crops: the answers are the odd ones."""
    if group.startswith("digit-"):
        return f"Which is no {group.removeprefix('digit-')}?"
    return TITLES[group][1] if group in TITLES else "Which picture does not say what stands under it?"


def stem(name: str) -> str:
    """What is the same in the names of fields that hold the same: anc_value_2 is another anc_value."""
    return re.sub(r"_p?\d+$", "", name)


def digits_by_cell(field: Field, value: Any) -> Mapping[int, str]:
    """Cell (from 1) to the digit read in it; nothing where the digits do not fill the comb, and could stand anywhere.

    A date comb has ten cells, of which the 3rd and 6th hold the printed slash (`extractors.definition.Field`).
    """
    if field.kind not in (FieldKind.DIGITS, FieldKind.DATE) or not field.cells:
        return {}
    cells = [n for n in range(1, len(field.cells) + 1) if field.kind is not FieldKind.DATE or n not in (3, 6)]
    digits = _as_in_cells(field, str(value))
    return dict(zip(cells, digits, strict=True)) if digits.isdecimal() and len(digits) == len(cells) else {}


def doubtful_cells(field: Field, read: ReadValue) -> list[int]:
    """The cells of a doubtful number on which the readers, or the other values that the ink could say, do not agree.

    All of them, where that does not tell.
    """
    digits = digits_by_cell(field, read.value)
    if not read.doubtful or read.state != ReadingState.READ or read.why not in CELL_DOUBTS:
        return []
    others = [value for value, chance in read.alternatives if chance >= DOUBTED]
    others += [read.second] if read.second else []
    differing: set[int] = set()
    for other in others:
        there = digits_by_cell(field, other)
        differing |= {cell for cell in digits if not there or there[cell] != digits[cell]}
    return sorted(differing or digits)


def _as_in_cells(field: Field, value: str) -> str:
    """The characters as they stand in the cells: of a date MMDDYYYY."""
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value)
    if field.kind is FieldKind.DATE and iso:
        return iso[2] + iso[3] + iso[1]
    return re.sub(r"[\s/().-]", "", value)
