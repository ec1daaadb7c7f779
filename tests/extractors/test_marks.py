"""Check boxes: every kind of mark that people make is on, an empty box is never on, whatever the neighbours do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from extractors.blanks import BlankPage
from extractors.cleaning import clean
from extractors.definition import FieldKind
from extractors.geometry import Box, Grey
from extractors.marks import Mark, MarkState, read_mark, read_marks
from extractors.option_words import option_words
from extractors.read import Sight
from extractors.thresholds import THRESHOLDS
from samples.generator.channel import FAX_300, FAX_FINE, FAX_STANDARD, Machine
from samples.generator.hand import Hand, Pen, draw_hand
from samples.generator.marks import MARK_LINES, PEN_MM, encircle, scratch_out, tick_box
from samples.generator.strokes import curve, draw_stroke
from tests.extractors.drawn import specked
from tests.extractors.faxed import (
    DIGITS,
    FACES,
    a_hand,
    laid,
    lying_straight,
    middle,
    page_of,
    pixel,
    received,
    sheet_of,
)

MACHINES = pytest.mark.parametrize("machine", [FAX_STANDARD, FAX_FINE, FAX_300], ids=lambda machine: machine.name)
ON_KINDS = tuple(kind for kind in MARK_LINES if kind != "circle")
Draw = Callable[[Grey, Box, str], object]


def boxes_of(blank: BlankPage) -> list[Box]:
    """The page's printed squares: 22 on the enrollment form, side by side and line under line."""
    fields = blank.definition.fields_on(blank.page)
    groups = [
        [option.box for option in field.options] or [field.box]
        for field in fields
        if field.options or "flag" in field.name
    ]
    return [box for group in groups for box in group]


def marked(
    sight: Sight, machine: Machine, seed: int, kinds: tuple[str, ...], draw: Draw
) -> tuple[list[Mark], list[Mark]]:
    """Every second box marked, kind after kind, and the page faxed: the marks read there, and in the boxes between."""
    blank = page_of(sight, "patient_enrollment_2015")
    sheet, boxes = sheet_of(blank), boxes_of(blank)
    for box, kind in zip(boxes[seed % 2 :: 2], cycle(kinds), strict=False):
        draw(sheet, box, kind)
    page = laid(received(sheet, machine, severity=0.25, seed=seed), blank)
    marks = [read_mark(page, box, boxes) for box in boxes]
    return marks[seed % 2 :: 2], marks[1 - seed % 2 :: 2]


def stroke(sheet: Grey, box: Box, kind: str, hand: Hand, rng: Generator) -> None:
    """The mark of that kind and no other (`tick_box` sometimes makes a plain x instead)."""
    for points, pens in MARK_LINES[kind](rng):
        knots = points * [box.width, box.height] + [box.x0, box.y0]
        draw_stroke(sheet, curve(knots), (PEN_MM + hand.nib) * pens, 90 if kind == "light_x" else 20, rng)


@MACHINES
@pytest.mark.parametrize("seed", [0, 1])
def test_marks_of_every_kind_are_on_and_the_boxes_between_are_not(sight: Sight, machine: Machine, seed: int) -> None:
    hand, rng = a_hand(seed), default_rng(seed)
    made, between = marked(sight, machine, seed, ON_KINDS, lambda sheet, box, kind: stroke(sheet, box, kind, hand, rng))
    assert {mark.state for mark in made} == {MarkState.ON}
    assert min(mark.chance for mark in made) > 0.9
    assert MarkState.ON not in {mark.state for mark in between}  # ticks reach over: a person may look
    assert sum(mark.state is MarkState.OFF for mark in between) > 0.7 * len(between)


@MACHINES
def test_typed_crosses_are_on_and_empty_boxes_off(sight: Sight, machine: Machine) -> None:
    rng = default_rng(4)
    hand = replace(draw_hand(Pen.TYPED, FACES, DIGITS, rng), shade=10)
    made, between = marked(
        sight, machine, 4, ("typed_x",), lambda sheet, box, kind: tick_box(sheet, box, hand, rng, kind)
    )
    assert {mark.state for mark in made} == {MarkState.ON}
    assert {mark.state for mark in between} == {MarkState.OFF}
    assert max(mark.chance for mark in between) < 0.01


@MACHINES
def test_a_circle_round_the_box_is_for_a_person(sight: Sight, machine: Machine) -> None:
    hand, rng = a_hand(1), default_rng(1)
    made, _ = marked(sight, machine, 0, ("circle",), lambda sheet, box, kind: stroke(sheet, box, kind, hand, rng))
    assert {mark.state for mark in made} == {MarkState.UNSURE}


@MACHINES
@pytest.mark.parametrize("marks", [("x", "tick"), ()], ids=["a mark", "an empty box"])
def test_scratched_out_is_mostly_for_a_person_and_never_off(
    sight: Sight, machine: Machine, marks: tuple[str, ...]
) -> None:
    hand, rng = a_hand(3), default_rng(3)

    def draw(sheet: Grey, box: Box, _: str) -> None:
        for kind in marks[:1]:
            stroke(sheet, box, kind, hand, rng)
        scratch_out(sheet, box, hand, rng)

    made, between = marked(sight, machine, 0, ("scratched",), draw)
    assert MarkState.OFF not in {mark.state for mark in made}
    # a scratch no larger than a blot looks like one
    assert sum(mark.state is MarkState.UNSURE for mark in made) >= 0.7 * len(made)
    assert MarkState.ON not in {mark.state for mark in between}


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_streak_through_empty_boxes_is_no_mark(sight: Sight, width: int) -> None:
    blank = page_of(sight, "patient_enrollment_2015")
    for box in boxes_of(blank)[::4]:
        page = blank.grey.copy()
        x = pixel(middle(box)[0])
        page[:, x : x + width] = 0
        assert read_mark(lying_straight(clean(page), blank), box).state is not MarkState.ON


@pytest.mark.parametrize("turned", [False, True], ids=["from above", "from below"])
@pytest.mark.parametrize("repeated", [3.5, 5.0, 7.0])
def test_a_line_repeated_into_an_empty_box_is_no_mark(sight: Sight, turned: bool, repeated: float) -> None:
    blank = page_of(sight, "psf_2021", 2)
    for box in boxes_of(blank):
        page = blank.grey.copy()
        line, until = (box.y1, box.y1 - repeated) if turned else (box.y0, box.y0 + repeated)
        page[pixel(min(line, until)) : pixel(max(line, until)) + 1] = page[pixel(line)]
        assert read_mark(lying_straight(page, blank), box).state is not MarkState.ON


@pytest.mark.parametrize("turned", [False, True], ids=["from above", "from below"])
@pytest.mark.parametrize("lost", [3.0, 4.0, 5.5])
def test_a_box_squashed_by_lost_lines_is_for_a_person(sight: Sight, turned: bool, lost: float) -> None:
    """Its own line lies where a mark would be; what was ticked or not can't be told there."""
    blank = page_of(sight, "psf_2021", 2)
    for box in boxes_of(blank):
        page = blank.grey.copy()
        y0, y1, gone = pixel(box.y0 - 2), pixel(box.y1 + 2), pixel(lost)
        band = page[y0:y1].copy()
        middle_row = len(band) // 2
        kept = np.delete(band, slice(middle_row - gone // 2, middle_row - gone // 2 + gone), axis=0)
        page[y0:y1] = 255
        page[slice(y1 - len(kept), y1) if turned else slice(y0, y0 + len(kept))] = kept
        assert read_mark(lying_straight(page, blank), box).state is MarkState.UNSURE


@pytest.mark.parametrize("share", [0.001, 0.004, 0.008])
def test_speckle_is_no_mark(sight: Sight, share: float) -> None:
    blank = page_of(sight, "patient_enrollment_2015")
    page = lying_straight(specked(blank.grey, share, seed=5), blank)
    assert MarkState.ON not in {read_mark(page, box).state for box in boxes_of(blank)}


def test_boxes_of_every_empty_form_are_off(sight: Sight) -> None:
    for blank in sight.blanks:
        page = lying_straight(blank.grey, blank)
        assert {read_mark(page, box).state for box in boxes_of(blank)} <= {MarkState.OFF}


def test_more_ink_is_never_less_likely_a_mark(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    box = boxes_of(blank)[0]
    page, chances = blank.grey.copy(), []
    for x in np.arange(box.x0 + 2, box.x1 - 2, 0.4):
        page[pixel(box.y0 + 2) : pixel(box.y1 - 2), pixel(x)] = 0
        chances.append(read_mark(lying_straight(page.copy(), blank), box).chance)
    assert np.diff(chances).min() > -0.001
    assert chances[0] < 0.5 < chances[-1]


@MACHINES
def test_an_option_whose_words_are_ringed_is_chosen_and_left_to_a_person(sight: Sight, machine: Machine) -> None:
    blank = page_of(sight, "psf_2021")
    sheet, field = sheet_of(blank), blank.definition.field("submission_type")
    ringed_one = field.options[1].box
    encircle(sheet, option_words(blank, ringed_one), a_hand(2), default_rng(2))
    marks = read_marks(laid(received(sheet, machine, severity=0.2, seed=2), blank), field)
    assert [mark.state for mark in marks] == [MarkState.OFF, MarkState.ON, MarkState.OFF]
    assert marks[1].chance < THRESHOLDS.sure[FieldKind.CHOICE]
