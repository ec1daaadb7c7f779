"""Pages of marks with their truth: every box of a blank marked, left empty, or spoilt, then faxed and registered.

What the classifier of check boxes (`extractors/marks.py`) is fitted on by `samples/training/marks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from extractors.blanks import BlankPage
from extractors.geometry import Box
from extractors.marks import printed_squares
from extractors.option_words import option_words
from extractors.registration import AlignedPage
from samples.generator.digits import DigitSet
from samples.generator.faces import Faces
from samples.generator.fill import fill_form
from samples.generator.hand import Hand, Pen, draw_hand
from samples.generator.marks import MARK_LINES, encircle, scratch_out, tick_beside, tick_box
from samples.generator.paper import Grey
from samples.training.fields import is_read
from samples.training.harvest import draw_machine, field_value, received

WRITTEN = 0.5  # share of fields that are written in: their strokes pass by the boxes
LOOSE = 0.7  # share of ticks that are not shaped like the generator's own
NIBS = (-0.2, 0.2)  # mm broader than the generator's ballpoint: finer pens and broader ones than it has
ON_ITS_BOX, OFF_ITS_BOX = 0.3, 0.6  # box sides a mark may lie off: up to the first it is the box's, from the second not


class Truth(StrEnum):
    """What a box is in truth."""

    OFF = "off"
    ON = "on"
    ODD = "odd"  # a person must look: scratched out, a ring round the box, a mark beside it


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """One box as it was drawn: `kind` is a kind of mark, or `empty`, `scratched`, `circle`, `beside`, `words`."""

    box: Box
    truth: Truth
    kind: str


# what a box gets: on pages as they come in, and on pages that show what is rare
USUAL = {"empty": 0.72, "own": 0.22, "any": 0.04, "scratched": 0.01, "beside": 0.01}
RARE = {"empty": 0.4, "own": 0.1, "any": 0.2, "circle": 0.05, "scratched": 0.12, "beside": 0.09, "words": 0.04}


def mark_pages(
    blanks: dict[tuple[str, int], BlankPage], faces: Faces, digits: DigitSet, rng: Generator
) -> Iterator[tuple[AlignedPage, list[DrawnMark]]]:
    """The pages of one form, each with all its boxes; pages that could not be registered are left out."""
    blank = list(blanks.values())[rng.integers(len(blanks))]
    definition = blank.definition
    hand = draw_hand(list(Pen)[rng.choice(3, p=(0.2, 0.4, 0.4))], faces, digits, rng)
    hand = replace(hand, nib=float(rng.uniform(*NIBS)))
    values = {field.name: field_value(field, rng) for field in definition.fields if is_read(field)}
    form = fill_form(definition, {name: v for name, v in values.items() if rng.random() < WRITTEN}, hand, faces, rng)
    machine, severity = draw_machine(rng), float(rng.uniform(0, 0.95))
    shares = USUAL if rng.random() < 0.5 else RARE
    for number, sheet in enumerate(form.pages, start=1):
        blank = blanks[definition.form_id, number]
        drawn = [draw_box(sheet, blank, box, shares, hand, rng) for box in printed_squares(blank)]
        page = received(sheet, blank, machine, severity, rng) if drawn else None
        if page is not None:
            yield page, _told_apart(drawn)


def draw_box(
    sheet: Grey, blank: BlankPage, box: Box, shares: dict[str, float], hand: Hand, rng: Generator
) -> DrawnMark | None:
    """Draw in or around one box, in place; None where nobody could say what it is."""
    kind = str(rng.choice(list(shares), p=list(shares.values())))
    hand = replace(hand, mark="loose_tick") if hand.mark == "tick" and rng.random() < LOOSE else hand
    if kind == "empty":
        return DrawnMark(box, Truth.OFF, kind)
    if kind in ("own", "any"):
        own = hand.mark if kind == "own" else str(rng.choice([name for name in MARK_LINES if name != "circle"]))
        kind = tick_box(sheet, box, hand, rng, own)
        return DrawnMark(box, Truth.ODD if kind == "circle" else Truth.ON, kind)
    if kind == "circle":
        kind = tick_box(sheet, box, hand, rng, kind)
        return DrawnMark(box, Truth.ODD if kind == "circle" else Truth.ON, kind)
    if kind == "scratched":
        if rng.random() < 0.7:
            tick_box(sheet, box, hand, rng, "x" if hand.mark == "circle" else None)
        scratch_out(sheet, box, hand, rng)
        return DrawnMark(box, Truth.ODD, kind)
    if kind == "words":
        encircle(sheet, option_words(blank, box), hand, rng)
        return DrawnMark(box, Truth.OFF, kind)
    return _beside(sheet, box, hand, rng)


def _told_apart(drawn: list[DrawnMark | None]) -> list[DrawnMark]:
    """Without the boxes that nobody could judge: a mark between two lines is beside both of their boxes."""
    marks = [mark for mark in drawn if mark is not None]
    between = [mark.box for mark in marks if mark.kind == "beside"]
    return [mark for mark in marks if mark.kind == "beside" or not any(_near(mark.box, box) for box in between)]


def _near(one: Box, other: Box) -> bool:
    return max(abs(one.x0 - other.x0), abs(one.y0 - other.y0)) < 2 * one.width


def _beside(sheet: Grey, box: Box, hand: Hand, rng: Generator) -> DrawnMark | None:
    off = float(rng.uniform(0, 0.85))
    angle = rng.choice([0, 0.5, 1, 1.5]) * np.pi + rng.normal(0, 0.3)
    made = tick_beside(sheet, box, (off * np.cos(angle), off * np.sin(angle)), hand, rng)
    if made == "circle" or ON_ITS_BOX < off < OFF_ITS_BOX:
        return None
    return DrawnMark(box, Truth.ON if off <= ON_ITS_BOX else Truth.ODD, "beside")
