"""Crops: the form's print is taken out, what a pen drew stays whole, and no place leaves the page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.blanks import BlankPage
from extractors.crops import cell_pictures, cut, ink_mask, line_picture, pen_picture, pixels, without_print
from extractors.definition import Field
from extractors.geometry import INK_LEVEL, PIXELS_PER_POINT, Box, Grey
from extractors.read import Sight
from extractors.registration import AlignedPage
from samples.generator.channel import FAX_FINE, FAX_STANDARD, Machine
from tests.extractors.faxed import laid, lying_straight, page_of, received, sheet_of

SIDES = st.floats(-2000, 3000)


@given(box=st.builds(Box, SIDES, SIDES, SIDES, SIDES), height=st.integers(1, 3000), width=st.integers(1, 3000))
def test_pixels_stay_inside_the_page_whatever_the_box(box: Box, height: int, width: int) -> None:
    x0, y0, x1, y1 = pixels(box, (height, width))
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height


@given(
    x=st.floats(0, 500), y=st.floats(0, 700), width=st.floats(1, 100), height=st.floats(1, 90), margin=st.floats(0, 8)
)
def test_crops_are_as_large_as_their_place(x: float, y: float, width: float, height: float, margin: float) -> None:
    crop = cut(np.zeros((2200, 1700), np.uint8), Box(x, y, x + width, y + height), margin)
    wanted = [
        min(start + size + margin, end) - max(start - margin, 0)
        for start, size, end in ((y, height, 792), (x, width, 612))
    ]
    assert np.array(crop.shape) == pytest.approx(np.array(wanted) * PIXELS_PER_POINT, abs=1.01)


def written_fields(blank: BlankPage) -> list[Field]:
    return [field for field in blank.definition.fields_on(blank.page) if not field.options]


@pytest.mark.parametrize(("machine", "most"), [(FAX_FINE, 3.0), (FAX_STANDARD, 6.0)], ids=["fine", "standard"])
def test_nothing_is_left_of_the_print_of_an_empty_form(sight: Sight, machine: Machine, most: float) -> None:
    left: list[float] = []
    for index in (0, 3, 7, 8):
        blank = sight.blanks[index]
        aligned = laid(received(sheet_of(blank), machine, severity=0.25, seed=index), blank)
        left += [
            ink_mask(line_picture(aligned, field.box)).sum() / PIXELS_PER_POINT**2 for field in written_fields(blank)
        ]
    assert np.quantile(left, 0.95) < most  # square points
    assert np.median(left) == 0


def test_digits_in_a_comb_stay_whole_where_they_cross_its_lines(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    comb = blank.definition.field("patient_zip")
    page = blank.grey.copy()
    for line in comb.cells[1:]:  # a stroke over each line between two cells
        x, y = line.x0 * PIXELS_PER_POINT, (line.y0 + line.y1) / 2 * PIXELS_PER_POINT
        cv2.line(page, (round(x - 9), round(y - 7)), (round(x + 9), round(y + 7)), 0, 3)
    pen = pen_picture(lying_straight(page, blank), comb.box)
    assert strokes(pen) == len(comb.cells) - 1
    assert strokes(pen_picture(lying_straight(blank.grey, blank), comb.box)) == 0


def strokes(picture: Grey) -> int:
    return cv2.connectedComponents(ink_mask(picture), connectivity=8)[0] - 1


@given(angle=st.floats(60, 120), width=st.integers(1, 4), pen=st.integers(3, 6))
def test_stroke_over_a_printed_line_stays_one(angle: float, width: int, pen: int) -> None:
    print_ = np.zeros((80, 120), np.uint8)
    print_[40 : 40 + width] = 255
    page = 255 - print_
    away = 30 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    start, end = (np.round([60, 40] + way * away).astype(int).tolist() for way in (-1, 1))
    cv2.line(page, start, end, 0, pen)
    kept = without_print(page, print_)
    assert strokes(kept) == 1
    assert (kept[39:45, :15] == 255).all()  # the line itself is gone


@pytest.mark.parametrize("right", [-3, 0, 3])
@pytest.mark.parametrize("down", [-3, 0, 3])
def test_print_that_lies_some_pixels_off_is_taken_out_too(sight: Sight, right: int, down: int) -> None:
    blank = page_of(sight, "psf_2021")
    moved = np.roll(blank.grey, (down, right), (0, 1))
    for name in ("patient_zip", "patient_dob", "anc_value"):
        box = blank.definition.field(name).box
        assert (cut(moved, box, 2) < INK_LEVEL).any()
        assert ink_mask(line_picture(lying_straight(moved, blank), box)).sum() < 25


def test_crop_without_print_is_left_alone_and_handed_out_as_a_copy() -> None:
    page = np.random.default_rng(0).integers(0, 256, (30, 40)).astype(np.uint8)
    kept = without_print(page, np.zeros_like(page))
    assert np.array_equal(kept, page)
    assert not np.shares_memory(kept, page)


def test_cells_are_cut_with_their_margin_and_hold_their_own_character(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    field = blank.definition.field("patient_zip")
    cells, page = field.cells, blank.grey.copy()
    for number, cell in enumerate(cells):
        x, y = ((cell.x0 + cell.x1) / 2 * PIXELS_PER_POINT, (cell.y0 + cell.y1) / 2 * PIXELS_PER_POINT)
        cv2.circle(page, (round(x), round(y)), 3 + number, 0, -1)
    pictures = cell_pictures(line_picture(lying_straight(page, blank), field.box), cells, page.shape)
    assert len(pictures) == len(cells)
    sizes = [int(ink_mask(picture).sum()) for picture in pictures]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == len(sizes)
    for cell, picture in zip(cells, pictures, strict=True):
        wanted = np.array([cell.height + 4, cell.width + 4]) * PIXELS_PER_POINT
        assert np.array(picture.shape) == pytest.approx(wanted, abs=1.01)


def test_crops_at_the_edge_of_the_page_are_cut_off_there(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    page: AlignedPage = lying_straight(blank.grey, blank)
    assert pen_picture(page, Box(-5, -5, 20, 20), 3).shape == cut(blank.grey, Box(-5, -5, 20, 20), 3).shape
    assert pen_picture(page, Box(600, 780, 640, 820), 3).shape == cut(blank.grey, Box(600, 780, 640, 820), 3).shape
