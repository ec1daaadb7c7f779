"""Ink, no ink, and what faint writing leaves."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from extractors.geometry import PIXELS_PER_POINT, Grey
from extractors.inked import Ink, faint, measure_ink
from extractors.thresholds import THRESHOLDS

EMPTY = Ink(0.0, 0, 0.0)


def paper(width: float = 150.0, height: float = 18.0) -> Grey:
    """An empty field, its size in points."""
    return np.full((round(height * PIXELS_PER_POINT), round(width * PIXELS_PER_POINT)), 255, np.uint8)


def broken_strokes() -> Grey:
    """A word of which the fax has kept a crumb here and there."""
    field = paper()
    for x in range(20, 120, 9):
        cv2.rectangle(field, (x, 20 + x % 5), (x + 2, 21 + x % 5), 0, -1)
    return field


def test_writing_is_ink_and_specks_are_none() -> None:
    written = paper()
    cv2.putText(written, "Lane", (10, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 0, 2)
    assert measure_ink(written).area > THRESHOLDS.writing.empty_area
    assert measure_ink(paper()) == EMPTY
    assert measure_ink(broken_strokes()).area == 0.0


def test_what_is_left_of_a_printed_line_is_no_ink_but_a_stroke_across_it_is() -> None:
    field = paper()
    cv2.rectangle(field, (5, 40), (180, 42), 0, -1)
    cv2.rectangle(field, (200, 42), (240, 43), 0, -1)
    assert measure_ink(field).area == 0.0
    cv2.line(field, (90, 10), (80, 48), 0, 3)
    assert measure_ink(field).area > THRESHOLDS.writing.empty_area


def test_specks_in_one_field_of_a_clean_page_are_faint_writing() -> None:
    assert faint({"name": measure_ink(broken_strokes()), "zip": EMPTY, "dob": EMPTY, "npi": EMPTY}) == {"name"}


def test_on_a_page_of_faint_writing_a_single_speck_leaves_a_doubt() -> None:
    page = {"name": measure_ink(broken_strokes()), "zip": Ink(0.0, 1, 0.0002), "dob": EMPTY, "npi": EMPTY}
    assert faint(page) == {"name", "zip"}


def test_specks_all_over_the_page_are_dirt() -> None:
    dirty = measure_ink(broken_strokes())
    assert faint({"name": dirty, "zip": dirty, "dob": dirty, "npi": dirty}) == frozenset()


@given(st.integers(0, 2))
def test_a_few_specks_are_nothing(specks: int) -> None:
    assert faint({"name": Ink(0.0, specks, 1.0), "zip": EMPTY, "dob": EMPTY}) == frozenset()


def test_a_page_without_fields_has_no_faint_ones() -> None:
    assert faint({}) == frozenset()
