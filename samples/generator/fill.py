"""Values onto a blank: each field of the definition gets the ink that a person would put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from numpy.random import Generator

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.geometry import Box
from samples.generator.faces import Faces
from samples.generator.hand import Hand, as_date, as_phone
from samples.generator.ink import write_comb, write_line, write_paragraph
from samples.generator.marks import scratch_out, strike, tick_box
from samples.generator.paper import Grey
from samples.generator.signatures import sign
from samples.generator.strokes import SHEET_DPI

Value = str | bool | Sequence[str]
PHONE_DIGITS = 10
MARGIN = 40.0  # points at the right of a page that nobody writes on
OVERWRITTEN = 0.3  # how often a wrong value is written over in place, not beside
NARROWEST = 28.0  # points of free paper that a value beside needs


@dataclass(slots=True)
class FilledForm:
    """The sheets of one form, and what its ink looks like.

    `written`: the ink of a field where it is not literally the value (`1/5/22` for 01/05/2022). `marks`, `signatures`:
    the kind of mark or signature made, by field.
    """

    pages: list[Grey]
    written: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)


def fill_form(
    definition: FormDefinition,
    values: Mapping[str, Value],
    hand: Hand,
    faces: Faces,
    rng: Generator,
    struck: Mapping[str, str] | None = None,
) -> FilledForm:
    """Fill the blank by one hand; `struck` has, by field, the wrong value that stands there crossed out."""
    form = FilledForm([sheet.copy() for sheet in blank_sheets(definition.blank)])
    for place in definition.fields:
        if place.name not in values:
            continue
        sheet, value = form.pages[place.page - 1], values[place.name]
        if place.kind is FieldKind.CHECKBOX:
            form.marks[place.name] = tick_box(sheet, place.box, hand, rng)
        elif place.kind is FieldKind.CHOICE:
            form.marks |= _choose(sheet, place, value, (struck or {}).get(place.name), hand, rng)
        elif place.kind is FieldKind.SIGNATURE:
            form.signatures[place.name] = sign(sheet, str(value), place.box, hand, faces, rng)
        elif struck and place.name in struck:
            room = _room_beside(definition, place)
            _rewrite(sheet, place, room, struck[place.name], str(value), hand, rng)
        else:
            _write(form, sheet, place, str(value), hand, rng)
    return form


@lru_cache(maxsize=32)
def blank_sheets(blank: Path) -> tuple[Grey, ...]:
    """The blank's pages as grey sheets at `SHEET_DPI`; shared, to be copied before they are written on."""
    document = pdfium.PdfDocument(blank)
    try:
        pages = [page.render(scale=SHEET_DPI / 72, grayscale=True).to_numpy() for page in document]
        return tuple(np.ascontiguousarray(page.reshape(page.shape[:2])) for page in pages)
    finally:
        document.close()


def comb_text(place: Field, value: str, hand: Hand) -> str:
    """The characters of a comb by cell, a space for an empty one; the printed slashes of a date comb stay free."""
    if place.kind is FieldKind.DATE:
        return "".join(" " if character in "/-." else character for character in value)
    if hand.comb_right and len(value) < len(place.cells):
        return value.rjust(len(place.cells))
    return value


def line_text(place: Field, value: str, hand: Hand) -> str:
    """The value as this person writes it on a free line."""
    if place.kind is FieldKind.DATE and value.count("/") == 2:
        century = place.name.endswith("dob") and value[6:8] != "19"  # two digits of a year would not tell which
        return as_date(value, "no_zeros" if century and hand.date_style == "short_year" else hand.date_style)
    if place.kind is FieldKind.DIGITS:
        digits = "".join(character for character in value if character.isdigit())
        if len(digits) == PHONE_DIGITS and digits != value:
            return as_phone(value, hand.phone_style)
        if place.name.startswith("anc_value") and hand.comma and value.isdigit() and len(value) > 3:
            return f"{int(value):,}"
    return value


def _write(form: FilledForm, sheet: Grey, place: Field, value: str, hand: Hand, rng: Generator) -> None:
    if place.cells:
        write_comb(sheet, comb_text(place, value, hand), place.cells, hand, rng)
        return
    if place.kind is FieldKind.FREE_TEXT:
        write_paragraph(sheet, value, place.box, hand, rng)
        return
    text = line_text(place, value, hand)
    if text != value:
        form.written[place.name] = text
    write_line(sheet, text, place.box, hand, rng)


def _choose(sheet: Grey, place: Field, value: Value, wrong: str | None, hand: Hand, rng: Generator) -> dict[str, str]:
    """The options ticked; the wrong one, if any, ticked first and scratched out."""
    made = {}
    for option in place.options:
        if option.name == wrong:
            tick_box(sheet, option.box, hand, rng)
            scratch_out(sheet, option.box, hand, rng)
        elif option.name == value or (not isinstance(value, str | bool) and option.name in value):
            made[place.name] = tick_box(sheet, option.box, hand, rng)
    return made


def _rewrite(sheet: Grey, place: Field, room: Box, wrong: str, value: str, hand: Hand, rng: Generator) -> None:
    """The wrong value, crossed out, and the right one beside it, or written over it in place."""
    if not place.cells:
        half = (place.box.x0 + place.box.x1) / 2
        left = Box(place.box.x0, place.box.y0, half, place.box.y1)
        write_line(sheet, wrong, left, hand, rng)
        crossed = min(left.width, len(wrong) * hand.size * 0.55)
        strike(sheet, Box(left.x0, left.y0, left.x0 + crossed, left.y1), hand, rng)
        write_line(sheet, value, Box(half, place.box.y0, place.box.x1, place.box.y1), hand, rng)
        return
    write_comb(sheet, comb_text(place, wrong, hand), place.cells, hand, rng)
    if rng.random() < OVERWRITTEN or room.width < NARROWEST:
        write_comb(sheet, comb_text(place, value, hand), place.cells, hand, rng)
        return
    used = place.cells[: max(1, len(wrong))]
    strike(sheet, Box(used[0].x0, used[0].y0, used[-1].x1, used[-1].y1), hand, rng)
    write_line(sheet, value, room, hand, rng)


def _room_beside(definition: FormDefinition, place: Field) -> Box:
    """The free paper at the right of a field, up to the next field of its row or the page's margin."""
    edge = definition.pages[place.page - 1].width - MARGIN
    for other in definition.fields_on(place.page):
        level = other.box.y0 < place.box.y1 and other.box.y1 > place.box.y0
        if level and other.box.x0 > place.box.x1:
            edge = min(edge, other.box.x0)
    left = place.box.x1 + 3
    return Box(left, place.box.y0, max(left, edge - 3), place.box.y1)
