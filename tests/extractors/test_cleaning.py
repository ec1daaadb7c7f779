"""Cleaning: streaks go, print and writing stay; faint scans get their contrast back; nothing breaks it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from extractors.cleaning import clean, stretched, without_streaks
from extractors.crops import line_picture
from extractors.geometry import Grey
from extractors.inked import measure_ink
from extractors.read import Sight
from tests.extractors.faxed import lying_straight, page_of, received, sheet_of


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_any_picture_keeps_its_shape(page: Grey) -> None:
    cleaned = clean(page)
    assert (cleaned.shape, cleaned.dtype) == (page.shape, np.uint8)


@given(
    shape=st.tuples(st.integers(1, 700), st.integers(1, 60)),
    columns=st.sets(st.integers(0, 59), max_size=30),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_any_streaks_anywhere_only_make_paper(shape: tuple[int, int], columns: set[int], seed: int) -> None:
    page = np.where(np.random.default_rng(seed).random(shape) < 0.02, 0, 255).astype(np.uint8)
    page[:, [column for column in columns if column < shape[1]]] = 0
    cleaned = without_streaks(page)
    assert cleaned.shape == page.shape
    assert (cleaned >= page).all()  # no ink is added


def test_frames_of_a_page_that_lies_a_little_aslant_stay(sight: Sight) -> None:
    aslant = cv2.getRotationMatrix2D((850, 1100), 0.5, 1.0)
    for blank in sight.blanks:
        page = np.asarray(cv2.warpAffine(blank.grey, aslant, (1700, 2200), borderValue=255), np.uint8)
        assert np.array_equal(without_streaks(page), page)


def test_frames_of_an_exactly_upright_page_are_no_loss_if_taken_for_streaks(sight: Sight) -> None:
    for blank in sight.blanks:
        cleaned = without_streaks(blank.grey)
        taken = (cleaned != blank.grey).any(0).sum()
        assert taken <= 12  # columns: only the pharmacy forms have frames as long as a streak, three of them
        aligned = lying_straight(cleaned, blank)
        fields = [field for field in blank.definition.fields_on(blank.page) if not field.options]
        assert not any(measure_ink(line_picture(aligned, field.box)).area for field in fields)


@pytest.mark.parametrize("width", [1, 2, 4])
@pytest.mark.parametrize("share", [1.0, 0.5], ids=["all the way", "half the way"])
def test_streak_is_taken_out_and_the_print_beside_it_stays(sight: Sight, width: int, share: float) -> None:
    page = received(sheet_of(page_of(sight, "psf_2021")), severity=0.1)
    for x in (130, 577, 1200):
        streaked = page.copy()
        streaked[: round(share * len(page)), x : x + width] = 0
        cleaned = without_streaks(streaked)
        beside = np.ones(page.shape[1], bool)
        beside[x - 1 : x + width + 1] = False
        assert np.array_equal(cleaned[:, beside], page[:, beside])
        was, still, before = ((picture[:, ~beside] < 128).any(1).sum() for picture in (streaked, cleaned, page))
        assert still - before < 0.1 * (was - before)  # what stays is where print touches it on both sides


@pytest.mark.parametrize("angle", [0, 20, -35, 60])
def test_stroke_that_crosses_a_streak_is_not_cut(angle: int) -> None:
    page = np.full((2200, 300), 255, np.uint8)
    away = 70 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    start, end = (np.round([150, 1000] + way * away).astype(int).tolist() for way in (-1, 1))
    cv2.line(page, start, end, 0, 4)
    streaked = page.copy()
    streaked[:, 149:151] = 0
    cleaned = without_streaks(streaked)
    assert cv2.connectedComponents((cleaned < 128).astype(np.uint8))[0] == 2  # the paper and one stroke
    assert (cleaned[:900] == 255).all()


def test_writing_is_never_upright_for_so_long() -> None:
    page = np.full((2200, 300), 255, np.uint8)
    for y in range(60, 2100, 300):
        cv2.line(page, (100, y), (100, y + 60), 0, 3)  # a tall stroke of 22 points, line after line
        cv2.line(page, (200, y), (203, y + 170), 0, 3)
    assert np.array_equal(without_streaks(page), page)


@given(ink=st.integers(20, 120), paper=st.integers(190, 250))
@settings(max_examples=20)
def test_faint_scan_gets_black_ink_on_white_paper(ink: int, paper: int) -> None:
    page = np.full((400, 400), paper, np.uint8)
    cv2.putText(page, "ANC 1850", (20, 200), cv2.FONT_HERSHEY_SIMPLEX, 2.0, ink, 5)
    bright = stretched(page)
    assert bright.max() == 255
    assert bright.min() < max(10, ink // 2)
    assert ((bright < 128) == (page < (ink + paper) / 2)).mean() > 0.99


def test_bilevel_fax_and_grey_paper_without_ink_stay_as_they_are() -> None:
    bilevel = np.where(np.random.default_rng(1).random((300, 300)) < 0.1, 0, 255).astype(np.uint8)
    assert np.array_equal(stretched(bilevel), bilevel)
    empty = np.random.default_rng(1).integers(190, 210, (300, 300)).astype(np.uint8)
    assert np.array_equal(stretched(empty), empty)  # its noise does not become ink
