"""The fields of a registered page: each gets a reading, whatever stands in it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from extractors.confidence import (
    CERTAIN,
    FAINT,
    Belief,
    believe_marks,
    believe_number,
    believe_signature,
    believe_text,
)
from extractors.crops import cell_pictures, cut, line_picture
from extractors.definition import Field, FieldKind
from extractors.fillable_values import typed_value
from extractors.geometry import Grey
from extractors.inked import Ink, faint, measure_ink
from extractors.marks import MarkState, read_marks
from extractors.numbers import SLASH_CELLS, NumberReading, is_number, read_numbers
from extractors.pens import classify_pens
from extractors.reading import Alternative, Pen, Reading, ReadingState, Value
from extractors.registration import AlignedPage
from extractors.signatures import read_signature
from extractors.text import TextReading, read_text
from extractors.thresholds import THRESHOLDS

MARKED = (FieldKind.CHECKBOX, FieldKind.CHOICE, FieldKind.SIGNATURE)  # nothing is written in them that is read
CROP_MARGIN = 4.0  # points around a field that its crop shows to a person


def read_fields(page: AlignedPage, number: int) -> dict[str, Reading]:
    """Read every field of a page; `number` is the document's page (1-based)."""
    fields = page.blank.definition.fields_on(page.blank.page)
    written = [field for field in fields if field.kind not in MARKED]
    pictures = {field.name: line_picture(page, field.box) for field in written}
    inks = {field.name: _ink(page, field, pictures[field.name]) for field in written}
    too_faint = faint(inks)
    inked = [f for f in written if inks[f.name].area > THRESHOLDS.writing.empty_area or f.name in too_faint]
    numbers = read_numbers(page, [field for field in inked if is_number(field)], pictures)
    texts = {field.name: read_text(pictures[field.name], field) for field in inked if not is_number(field)}
    pens = classify_pens({field.name: pictures[field.name] for field in inked})
    readings = {}
    for field in fields:
        if field.kind is FieldKind.SIGNATURE:
            readings[field.name] = _signature(page, field, number)
        elif field.kind in MARKED:
            readings[field.name] = _marks(page, field, number)
        elif field.name in numbers:
            pen = pens.pen(field.name)
            readings[field.name] = _number(page, field, number, numbers[field.name], inks[field.name].area, pen)
        elif field.name in texts:
            pen = pens.pen(field.name)
            readings[field.name] = _text(page, field, number, texts[field.name], inks[field.name].area, pen)
        else:
            nothing = Belief(CERTAIN)
            readings[field.name] = _reading(page, field, number, None, nothing, state=ReadingState.EMPTY, engine="ink")
    return readings | {name: _doubted(readings[name], FAINT) for name in too_faint}


def _ink(page: AlignedPage, field: Field, picture: Grey) -> Ink:
    """The ink in a field; in a date's comb not that of its printed slashes, of which something may be left."""
    if field.kind is FieldKind.DATE and field.cells:
        picture = picture.copy()
        cells = cell_pictures(picture, field.cells, page.grey.shape)
        for index in SLASH_CELLS:
            cells[index][:] = 255
    return measure_ink(picture)


def _doubted(reading: Reading, why: str) -> Reading:
    return replace(reading, confidence=min(reading.confidence, 0.5), doubtful=True, why=why)


def _marks(page: AlignedPage, field: Field, number: int) -> Reading:
    found = read_marks(page, field)
    if field.kind is FieldKind.CHECKBOX:
        mark = found[0]
        return _reading(page, field, number, mark.state is MarkState.ON, believe_marks(field, [mark]), engine="marks")
    marks = {option.name: mark for option, mark in zip(field.options, found, strict=True)}
    unsure = tuple(name for name, mark in marks.items() if mark.state is MarkState.UNSURE)
    on = tuple(name for name, mark in marks.items() if mark.state is MarkState.ON) or unsure[: len(unsure) == 1]
    value: Value = on if len(on) > 1 else on[0] if on else None
    state = ReadingState.READ if on else ReadingState.UNREADABLE if unsure else ReadingState.EMPTY
    belief = believe_marks(field, list(marks.values()))
    return _reading(page, field, number, value, belief, raw=",".join(on), state=state, engine="marks")


def _signature(page: AlignedPage, field: Field, number: int) -> Reading:
    found = read_signature(page, field.box)
    state = ReadingState.EMPTY if found.present is False else ReadingState.READ
    value = found.present is not False
    return _reading(page, field, number, value, believe_signature(found), state=state, engine="signatures")


def _number(page: AlignedPage, field: Field, number: int, read: NumberReading, area: float, pen: Pen) -> Reading:
    if read.empty and area <= THRESHOLDS.writing.dirt_area:
        return _reading(page, field, number, None, Belief(0.99), state=ReadingState.EMPTY, engine=read.engine)
    typed = typed_value(field, read.text)
    belief = believe_number(field, pen, read, typed.fits)
    state = ReadingState.READ if typed.value else ReadingState.UNREADABLE
    if read.struck:
        state = ReadingState.STRUCK
    if state is ReadingState.UNREADABLE:
        belief = Belief(0.0, "unreadable")
    reading = _reading(page, field, number, typed.value, belief, raw=read.text, state=state, engine=read.engine)
    others = ((typed_value(field, other.text).value, other.chance) for other in read.others)
    return replace(
        reading,
        pen=pen,
        second=read.second,
        belief=round(read.chance, 7),
        alternatives=tuple(Alternative(value, round(chance, 7)) for value, chance in others if value),
    )


def _text(page: AlignedPage, field: Field, number: int, read: TextReading, area: float, pen: Pen) -> Reading:
    if not read.text and area <= THRESHOLDS.writing.dirt_area:
        return _reading(page, field, number, None, Belief(0.99), state=ReadingState.EMPTY, engine=read.engine)
    belief = believe_text(field, pen, read.confidence) if read.text else Belief(0.0, "unreadable")
    state = ReadingState.READ if read.text else ReadingState.UNREADABLE
    reading = _reading(page, field, number, read.text or None, belief, raw=read.raw, state=state, engine=read.engine)
    return replace(reading, pen=pen, second=read.second, belief=round(read.confidence, 7))


def _reading(
    page: AlignedPage,
    field: Field,
    number: int,
    value: Value,
    belief: Belief,
    *,
    raw: str = "",
    state: ReadingState = ReadingState.READ,
    engine: str,
) -> Reading:
    if not page.lies_true(field.box):
        belief = Belief(min(belief.confidence, 0.5), "slipped")
    return Reading(
        field=field.name,
        value=value,
        raw=raw,
        confidence=round(belief.confidence, 5),
        doubtful=bool(belief.why),
        state=state,
        page=number,
        box=field.box,
        engine=engine,
        why=belief.why,
        crop=None if state is ReadingState.EMPTY else crop_png(cut(page.grey, field.box, CROP_MARGIN)),
    )


def crop_png(picture: Grey) -> bytes:
    """A crop as PNG, in sixteen greys: enough to judge ink by, and small."""
    _, encoded = cv2.imencode(".png", (picture // 17 * 17).astype(np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 4])
    return bytes(encoded)
