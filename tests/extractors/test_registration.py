"""Registration: a page comes back onto its blank's grid however it lay; judged by dots at its fields' true places."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from extractors.blanks import BlankPage, find_features
from extractors.geometry import PIXELS_PER_POINT, POINTS_PER_INCH, Grey
from extractors.opening.aspect import points, squared
from extractors.read import Sight
from extractors.registration import AlignedPage, is_plausible, match_coarse
from samples.generator import scanner
from samples.generator.paper import Sheet
from samples.generator.placement import STRAIGHT, rotation
from samples.generator.strokes import SHEET_DPI
from tests.extractors.faxed import laid, middle, page_of, received, sheet_of

DOT = 7  # pixels, the radius
REACH = 24  # pixels around a field's middle in which its dot is looked for
RENDERED = 0.5 * POINTS_PER_INCH / SHEET_DPI  # points: the generator counts a sheet's pixels by their corners
DPI = (204.0, 196.0)


@dataclass(frozen=True)
class Lie:
    """How a sheet lay on the glass and went through the rollers, in the generator's units."""

    degrees: float
    percent: float
    shift: float
    feed: float = 0.0
    lost: int = 0
    repeated: int = 0
    turned: int = 0
    seed: int = 0


UPRIGHT = st.builds(
    Lie,
    degrees=st.floats(-5, 5),
    percent=st.floats(-20, 15),
    shift=st.floats(0, 8),
    turned=st.sampled_from([0, 180]),
    seed=st.integers(0, 999),
)
SIDEWAYS = st.builds(  # the machine has already made the page smaller, to letter's width
    Lie,
    degrees=st.floats(-5, 5),
    percent=st.floats(-5, 15),
    shift=st.floats(0, 8),
    turned=st.sampled_from([90, 270]),
    seed=st.integers(0, 999),
)
SLIPPING = st.builds(
    replace,
    st.one_of(UPRIGHT, SIDEWAYS),
    feed=st.floats(0.2, 1.0),
    lost=st.integers(0, 20),
    repeated=st.integers(0, 10),
)


# a page costs 0.2 s: the same few examples each time, and none is made smaller when it fails
PAGES = settings(max_examples=12, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


@given(which=st.integers(0, 8), lie=st.one_of(UPRIGHT, SIDEWAYS))
@PAGES
def test_page_that_lay_anyhow_comes_back_to_every_field(sight: Sight, which: int, lie: Lie) -> None:
    aligned, far = off_the_truth(sight.blanks[which], lie)
    assert far.max() < 1.0
    assert aligned.residual < 0.2
    assert aligned.match > 0.7


@given(which=st.integers(0, 8), lie=SLIPPING)
@PAGES
def test_page_that_slipped_comes_back_to_its_fields(sight: Sight, which: int, lie: Lie) -> None:
    aligned, far = off_the_truth(sight.blanks[which], lie)
    assert np.median(far) < 0.5
    assert np.quantile(far, 0.8) < 1.0
    assert aligned.residual < 0.6  # what anchors say of places without one


def off_the_truth(blank: BlankPage, lie: Lie) -> tuple[AlignedPage, np.ndarray]:
    """The registered page, and for each field on the sheet how far (points) from its place it came to lie.

    The page gets a dot where each field's middle truly landed, by the generator's own geometry, after all damage.
    """
    fed = through_the_rollers(sheet_of(blank), lie)
    height, width = fed.image.shape
    page = squared(fed.image, points(width, height, DPI))
    scale = np.array([page.shape[1] / width, page.shape[0] / height])
    middles = np.array([middle(entry.options[0].box if entry.options else entry.box) for entry in fields_of(blank)])
    landed = fed.placement.land(middles - RENDERED)
    on_page = ((landed > 2 * DOT) & (landed < [width - 2 * DOT, height - 2 * DOT])).all(1)
    for x, y in (landed[on_page] + 0.5) * scale - 0.5:
        cv2.circle(page, (round(x * 16), round(y * 16)), DOT * 16, 0, -1, cv2.LINE_AA, 4)
    aligned = laid(page, blank)
    return aligned, np.array([how_far(aligned.grey, place) for place in middles[on_page]])


def through_the_rollers(sheet: Grey, lie: Lie) -> Sheet:
    rng = default_rng(lie.seed)
    height, width = sheet.shape
    fed = Sheet(sheet, (SHEET_DPI, SHEET_DPI), points(width, height, (SHEET_DPI, SHEET_DPI)), STRAIGHT)
    fed = scanner.reduce_to(scanner.turn(fed, lie.turned, rng), 612)
    fed = scanner.shift(scanner.scale(scanner.skew(fed, lie.degrees, rng), lie.percent, rng), lie.shift, rng)
    if lie.feed:
        fed = scanner.uneven_feed(fed, lie.feed, rng)
    fed = scanner.threshold(scanner.scan(fed, DPI), 128, rng)
    rows = np.ones(len(fed.image), np.int64)
    rows[rng.choice(len(rows), lie.lost, replace=False)] = 0
    rows[rng.choice(len(rows), lie.repeated, replace=False)] = 2
    origin = np.repeat(np.arange(len(rows)), rows)
    return replace(fed, image=fed.image[origin], placement=fed.placement.with_rows(origin)) if lie.feed else fed


def how_far(aligned: Grey, place: np.ndarray) -> float:
    """Points from a place to the dot near it, infinite where there is none; writing lines are thinner than a dot."""
    x, y = np.round(place * PIXELS_PER_POINT).astype(int)
    left, top = max(0, x - REACH), max(0, y - REACH)
    window = (aligned[top : y + REACH, left : x + REACH] < 128).astype(np.uint8)
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (DOT + 2, DOT + 2))
    rows, columns = np.nonzero(cv2.morphologyEx(window, cv2.MORPH_OPEN, round_))
    if not len(rows):
        return float("inf")
    seen = np.array([columns.mean() + left + 0.5, rows.mean() + top + 0.5]) / PIXELS_PER_POINT
    return float(np.hypot(*(seen - place)))


def fields_of(blank: BlankPage) -> tuple:
    return blank.definition.fields_on(blank.page)


@pytest.mark.parametrize("sides", [(0.12, 0, 0, 0), (0, 0.2, 0, 0), (0, 0, 0.08, 0.08)], ids=["top", "foot", "sides"])
def test_page_with_cropped_margins_is_still_laid_on_its_blank(sight: Sight, sides: tuple[float, ...]) -> None:
    blank = page_of(sight, "psf_2021")
    page = received(sheet_of(blank), severity=0.1)
    height, width = page.shape
    top, foot, left, right = (
        round(side * length) for side, length in zip(sides, (height, height, width, width), strict=True)
    )
    cropped = page[top : height - foot, left : width - right]
    aligned, whole = laid(cropped, blank), laid(page, blank)
    assert aligned.grey.shape == blank.grey.shape
    assert aligned.residual < 0.3
    assert aligned.match > whole.match - sum(sides) - 0.1  # what was cut off is not seen; the rest is
    assert aligned.to_page[:, 2] == pytest.approx(whole.to_page[:, 2] - np.array([left, top]), abs=4)


def test_to_blank_undoes_the_turn(sight: Sight) -> None:
    blank = page_of(sight, "anc_lab_2015")
    page = np.rot90(received(sheet_of(blank), severity=0.0), -1).copy()  # clockwise: left of the sheet is up
    a, b, c, d, e, f = laid(page, blank).to_blank
    width = page.shape[1] / PIXELS_PER_POINT
    x, y = width - 400.0, 100.0  # on the turned page: 100 points from the sheet's left, 400 from its top
    assert (a * x + b * y + c, d * x + e * y + f) == pytest.approx((100, 400), abs=8)


def test_empty_page_has_no_landmarks_to_match(sight: Sight) -> None:
    empty = find_features(np.full((2200, 1700), 255, np.uint8))
    assert match_coarse(empty, sight.blanks[0].features) is None


@given(
    degrees=st.floats(-180, 180), across=st.floats(0.72, 1.28), along=st.floats(0.95, 1.05), move=st.floats(-900, 900)
)
def test_turns_and_scales_within_range_are_plausible(degrees: float, across: float, along: float, move: float) -> None:
    along = min(max(across * along, 0.71), 1.29)
    linear = rotation(degrees) @ np.diag([across, along])
    assert is_plausible(np.column_stack([linear, [move, -move]]))


@given(
    degrees=st.floats(-180, 180),
    scale=st.floats(0.72, 1.28),
    wrong=st.sampled_from(["mirror", "large", "small", "sheared"]),
)
def test_mirrors_shears_and_far_scales_are_not(degrees: float, scale: float, wrong: str) -> None:
    spoilt = {
        "mirror": np.diag([-scale, scale]),
        "large": np.eye(2) * 1.31,
        "small": np.diag([scale, 0.69]),
        "sheared": scale * np.array([[1.0, 0.1], [0.0, 1.0]]),
    }[wrong]
    assert not is_plausible(np.column_stack([rotation(degrees) @ spoilt, [0, 0]]))
