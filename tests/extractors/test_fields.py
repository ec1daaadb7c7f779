"""Fields: every field of a page gets a reading, whatever stands in it, with the ink that a person can judge it by."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.random import default_rng

from extractors.definition import FieldKind
from extractors.fields import crop_png, read_fields
from extractors.geometry import PIXELS_PER_POINT, Grey
from extractors.inked import measure_ink
from extractors.read import Sight
from extractors.reading import ReadingState
from samples.generator.fill import fill_form
from samples.generator.hand import Pen, draw_hand
from samples.generator.marks import scratch_out
from tests.extractors.faxed import DIGITS, FACES, a_hand, laid, lying_straight, page_of, received, sheet_of


@pytest.mark.parametrize("index", [0, 5, 7, 8])
def test_every_field_of_an_empty_page_is_read_as_empty(sight: Sight, index: int) -> None:
    blank = sight.blanks[index]
    readings = read_fields(laid(received(sheet_of(blank), severity=0.15, seed=index), blank), 4)
    assert list(readings) == [field.name for field in blank.definition.fields_on(blank.page)]
    for field in blank.definition.fields_on(blank.page):
        reading = readings[field.name]
        assert (reading.field, reading.page, reading.box) == (field.name, 4, field.box)
        assert reading.value is (False if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE) else None)
        assert field.kind is FieldKind.CHECKBOX or (reading.state, reading.crop) == (ReadingState.EMPTY, None)
        assert not reading.doubtful


def test_two_boxes_of_a_group_are_both_told_and_a_scratched_one_is_for_a_person(sight: Sight) -> None:
    blank, rng = page_of(sight, "psf_2021"), default_rng(2)
    values = {"submission_type": ("baseline", "monthly"), "patient_gender": "female", "ben_flag": True}
    form = fill_form(blank.definition, values, draw_hand(Pen.TYPED, FACES, DIGITS, rng), FACES, rng)
    gender = next(one for one in blank.definition.field("patient_gender").options if one.name == "male")
    scratch_out(form.pages[0], gender.box, a_hand(), rng)
    readings = read_fields(laid(received(form.pages[0], severity=0.1), blank), 1)
    assert readings["submission_type"].value == ("baseline", "monthly")
    assert readings["ben_flag"].value is True
    assert readings["hospice_flag"].value is False
    assert readings["patient_gender"].doubtful or readings["patient_gender"].value == ("female", "male")


def test_ink_that_no_engine_can_read_is_never_an_empty_field(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    page, names = blank.grey.copy(), ("patient_last_name", "anc_value", "patient_dob", "prescriber_phone")
    for name in names:  # a thick zigzag through the field
        x0, y0, x1, y1 = (side * PIXELS_PER_POINT for side in blank.definition.field(name).box.as_list())
        knots = np.array([(x, y0 + 3 if at % 2 else y1 - 3) for at, x in enumerate(np.linspace(x0 + 4, x1 - 4, 14))])
        cv2.polylines(page, [knots.astype(np.int32)], False, 0, 4)
    readings = read_fields(lying_straight(page, blank), 1)
    for name in names:
        assert readings[name].doubtful
        assert readings[name].state is not ReadingState.EMPTY
        crop = readings[name].crop
        assert crop is not None
        assert decoded(crop).min() == 0


def decoded(png: bytes) -> Grey:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


def test_crop_shows_what_was_there_in_sixteen_greys() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 90)).astype(np.uint8)
    shown = decoded(crop_png(picture))
    assert shown.shape == picture.shape
    assert np.abs(shown.astype(int) - picture).max() <= 17
    assert len(np.unique(shown)) <= 16
    assert shown[picture == 255].min() == 255


@pytest.mark.parametrize(("radius", "counted"), [(1, False), (2, False), (4, True)])
def test_specks_are_not_ink(radius: int, counted: bool) -> None:
    picture = np.full((60, 200), 255, np.uint8)
    for x in range(20, 200, 40):
        cv2.circle(picture, (x, 30), radius, 0, -1)
    assert bool(measure_ink(picture).area) is counted
