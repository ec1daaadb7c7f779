"""Cells, combs and lines are found as they are drawn, wherever they stand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.geometry import Box
from extractors.learning.cells import find_cells
from extractors.learning.places import Shape, find_places
from extractors.learning.sheet import Sheet, Word, runs_of

TOLERANCE = 0.3  # points: the page is looked at by quarters of a point


def page(*boxes: Box, words: tuple[Word, ...] = ()) -> Sheet:
    """A page with outlined boxes, as PDFs draw them: four rules each."""
    across = [Box(b.x0, y, b.x1, y) for b in boxes for y in (b.y0, b.y1)]
    down = [Box(x, b.y0, x, b.y1) for b in boxes for x in (b.x0, b.x1)]
    return Sheet(1, 612.0, 792.0, words, tuple(across), tuple(down), ())


def row_of(count: int, left: float, top: float, wide: float, high: float) -> list[Box]:
    return [Box(left + n * wide, top, left + (n + 1) * wide, top + high) for n in range(count)]


@settings(deadline=None, max_examples=12)
@given(
    xs=st.lists(st.floats(8, 80), min_size=1, max_size=5),
    ys=st.lists(st.floats(8, 60), min_size=1, max_size=5),
    left=st.floats(30, 150),
    top=st.floats(30, 300),
)
def test_every_cell_of_a_table_is_found_in_its_place(xs: list[float], ys: list[float], left: float, top: float) -> None:
    columns, rows = [left], [top]
    for width in xs:
        columns.append(columns[-1] + width)
    for height in ys:
        rows.append(rows[-1] + height)
    across = tuple(Box(columns[0], y, columns[-1], y) for y in rows)
    down = tuple(Box(x, rows[0], x, rows[-1]) for x in columns)
    found = find_cells(Sheet(1, 612.0, 792.0, (), across, down, ()))
    assert len(found) == len(xs) * len(ys)
    right = [Box(x0, y0, x1, y1) for y0, y1 in itertools.pairwise(rows) for x0, x1 in itertools.pairwise(columns)]
    for cell in right:
        assert any(other.as_list() == pytest.approx(cell.as_list(), abs=TOLERANCE) for other in found)


@settings(deadline=None, max_examples=12)
@given(count=st.integers(2, 15), wide=st.floats(9, 20), high=st.floats(11, 25), left=st.floats(40, 200))
def test_a_row_of_small_cells_is_one_comb(count: int, wide: float, high: float, left: float) -> None:
    (comb,) = find_places(page(*row_of(count, left, 100, wide, high))).places
    assert comb.shape is Shape.COMB
    assert comb.cell_edges == pytest.approx([left + n * wide for n in range(count + 1)], abs=TOLERANCE)
    assert not comb.is_date


@pytest.mark.parametrize("slash", ["/", "-", "1"], ids=["slash", "dash", "as a scan reads it"])
def test_pieces_with_slashes_between_are_a_date(slash: str) -> None:
    pieces = [*row_of(2, 50, 100, 15, 17), *row_of(2, 95, 100, 15, 17), *row_of(4, 140, 100, 15, 17)]
    slashes = tuple(Word(slash, Box(x, 102, x + 4, 115)) for x in (85, 130))
    (date,) = find_places(page(*pieces, words=slashes)).places
    assert date.is_date
    assert date.cell_edges == pytest.approx([50 + 15 * n for n in range(11)], abs=TOLERANCE)


def test_a_date_is_whole_where_a_scan_has_lost_its_slashes() -> None:
    pieces = [*row_of(2, 40, 100, 14, 16), *row_of(2, 82, 100, 14, 16), *row_of(4, 124, 100, 14, 16)]
    comb, other = find_places(page(*pieces, *row_of(2, 300, 100, 14, 16))).places
    assert comb.is_date
    assert comb.box.as_list() == pytest.approx([40, 100, 180, 116], abs=TOLERANCE)
    assert not other.is_date


@pytest.mark.parametrize("gap", [0.4, -0.4])
def test_lines_beside_each_other_are_two_however_uneven_a_scan_is(gap: float) -> None:
    across = (Box(40, 100, 200, 100), Box(220, 100 + gap, 380, 100 + gap))
    words = (Word("Name", Box(40, 102, 60, 109)), Word("Place", Box(220, 102, 240, 109)))
    lines = find_places(Sheet(1, 612.0, 792.0, words, across, (), ())).places
    assert sorted((line.box.x0, line.box.x1) for line in lines) == [(40, 200), (220, 380)]


def test_groups_of_cells_that_are_no_date_are_read_as_one_line_and_told() -> None:
    pieces = [*row_of(3, 50, 100, 15, 17), *row_of(3, 110, 100, 15, 17), *row_of(4, 170, 100, 15, 17)]
    dashes = tuple(Word("-", Box(x, 105, x + 4, 110)) for x in (100, 160))
    (phone,) = find_places(page(*pieces, words=dashes)).places
    assert phone.cell_edges == ()
    assert phone.doubts == ("its cells stand in groups of 3-3-4; it is read as one line",)


def test_a_frame_that_is_hardly_larger_than_its_comb_is_no_place_of_its_own() -> None:
    frame = Box(48, 98, 203, 119)
    places = find_places(page(frame, *row_of(10, 50, 100, 15, 17))).places
    assert [place.shape for place in places] == [Shape.COMB]


def test_a_line_under_words_is_no_place_to_write_on() -> None:
    rule, heading = Box(50, 100, 300, 100), Word("Heading", Box(50, 88, 120, 99))
    sheet = Sheet(1, 612.0, 792.0, (heading,), (rule, Box(50, 200, 300, 200)), (), ())
    (line,) = find_places(sheet).places
    assert (line.shape, line.box.y0) == (Shape.LINE, 200)


def test_words_are_not_put_together_over_a_check_box() -> None:
    words = [Word("Male", Box(100, 50, 120, 59)), Word("Female", Box(124, 50, 150, 59))]
    assert [run.text for run in runs_of(words)] == ["Male Female"]
    assert [run.text for run in runs_of(words, [Box(121, 50, 123, 59)])] == ["Male", "Female"]
