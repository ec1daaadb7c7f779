"""Typed text -> values as the export contract has them, without any doubt of reading: only its form can be wrong."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from extractors.definition import Field, FieldKind

BETWEEN = r"\s*[/.-]{1,2}\s*"  # two where a typed slash lies on a printed one
DATE = re.compile(
    rf"(\d{{1,2}}){BETWEEN}(\d{{1,2}}){BETWEEN}(\d{{4}}|\d{{2}})"
)  # month, day, year, as people write them
COMB_DATE = re.compile(r"(\d{2})(\d{2})(\d{4})")  # a comb whose slashes are printed
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")  # 1,370
DECIMAL = re.compile(r"\d{1,3}\.\d{1,3}")  # a count in thousands: the rules object to it (R18), the reading is in order
PHONE = re.compile(r"\+?[\d\s().-]{7,}")  # (555) 123-4567, 555.123.4567, +1 555 123 4567


@dataclass(frozen=True, slots=True)
class Typed:
    """A field's value, and whether the text has the form that the field asks for."""

    value: str | None
    fits: bool


def typed_value(field: Field, text: str) -> Typed:
    """The value of a text, digits, date or free text field in which `text` stands."""
    text = " ".join(text.split())
    if not text:
        return Typed(None, True)
    if field.kind == FieldKind.DATE:
        return _date(text)
    if field.kind == FieldKind.DIGITS:
        return Typed(text, True) if field.name.startswith("anc_value") and DECIMAL.fullmatch(text) else _digits(text)
    return Typed(text, True)


def _date(text: str) -> Typed:
    """The ISO date; as written where no such date exists. The century of a two-digit year is not guessed."""
    if ISO_DATE.fullmatch(text):
        return Typed(text, _exists(int(text[:4]), int(text[5:7]), int(text[8:])) is not None)
    parts = DATE.fullmatch(text) or COMB_DATE.fullmatch(text)
    if parts is None:
        return Typed(text, False)
    month, day, year = parts.groups()
    if len(year) == 2:
        return Typed(text, False)
    date = _exists(int(year), int(month), int(day))
    # a date that does not exist stands as typed: nothing is in doubt, the rules object
    return Typed(f"{month}/{day}/{year}" if date is None else date.isoformat(), True)


def _exists(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _digits(text: str) -> Typed:
    if text.isascii() and text.isdigit():
        return Typed(text, True)
    if THOUSANDS.fullmatch(text) or PHONE.fullmatch(text):
        return Typed(re.sub(r"\D", "", text), True)
    return Typed(text, False)
