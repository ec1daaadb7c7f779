"""Registration through what faxes do, against the generator's own geometry: how far fields lie off, and what it says.

A filled form goes through one kind of damage of known amount. The true place of every field's middle follows from the
generator's placement; the registered page says where it took it from (`AlignedPage.where`). Tolerances are what was
measured on four forms with two seeds each, with room.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from extractors.blanks import BlankPage
from extractors.cleaning import clean
from extractors.geometry import PIXELS_PER_POINT, POINTS_PER_INCH, Grey
from extractors.opening.aspect import points, squared
from extractors.read import Sight
from extractors.registration import AlignedPage
from samples.generator import line, paper, scanner
from samples.generator.fill import fill_form
from samples.generator.paper import Sheet
from samples.generator.placement import STRAIGHT
from samples.generator.strokes import SHEET_DPI
from tests.extractors.faxed import FACES, a_hand, laid, middle, page_of

DPI = (204.0, 196.0)
RENDERED = 0.5 * POINTS_PER_INCH / SHEET_DPI  # points: the generator counts a sheet's pixels by their corners
VALUES = {"patient_first_name": "Ruth", "patient_last_name": "Martin", "patient_dob": "04/13/1981",
          "patient_zip": "15701", "prescriber_npi": "1750036158", "anc_draw_date": "06/07/2022", "anc_value": "3337",
          "ben_flag": True, "monitoring_frequency": "monthly"}  # fmt: skip
Step = Callable[[Sheet, float, Generator], Sheet]

STEADY = [  # the sheet is moved as a whole
    (scanner.skew, -5.0), (scanner.skew, 5.0), (scanner.scale, -20.0), (scanner.scale, 15.0), (scanner.aspect, 3.0),
    (scanner.shear, 4.0), (paper.photocopy, 3.0), (paper.dark_edge, 8.0),
]  # fmt: skip
SLIPPING = [  # parts of it are moved against each other; the largest distance that a field may lie off, in points
    (scanner.uneven_feed, 1.0, 2.5), (scanner.uneven_feed, 2.0, 5.0), (line.lost_lines, 30.0, 3.5),
    (line.repeated_lines, 12.0, 1.5),
]  # fmt: skip


@pytest.mark.parametrize(("step", "amount"), STEADY, ids=lambda value: getattr(value, "__name__", str(value)))
def test_sheet_moved_as_a_whole_comes_back_to_half_a_point(sight: Sight, step: Step, amount: float) -> None:
    aligned, off = off_the_truth(page_of(sight, "psf_2021"), step, amount)
    assert np.median(off) < 0.3
    assert off.max() < 0.7
    assert aligned.residual < 0.2


@pytest.mark.parametrize(
    ("step", "amount", "farthest"), SLIPPING, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_sheet_that_slipped_comes_back_and_says_how_well(
    sight: Sight, step: Step, amount: float, farthest: float
) -> None:
    aligned, off = off_the_truth(page_of(sight, "psf_2021"), step, amount)
    assert np.median(off) < 0.6
    assert off.max() < farthest
    # half a fax pixel is beyond what anchors can tell; above it the residual is the true error within a factor of three
    assert aligned.residual / 3 - 0.1 < np.median(off) < 3 * aligned.residual + 0.2


def test_residual_tells_a_steady_page_from_one_that_slipped(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    residuals = [off_the_truth(blank, scanner.uneven_feed, amount)[0].residual for amount in (0.0, 1.0, 3.0)]
    assert residuals == sorted(residuals)
    assert residuals[-1] > 2 * residuals[0]


def off_the_truth(blank: BlankPage, step: Step, amount: float) -> tuple[AlignedPage, np.ndarray]:
    """The registered page, and for each field on it how far (points) its middle was taken from a wrong place."""
    received = damaged(filled(blank), step, amount)
    height, width = received.image.shape
    page = squared(received.image, points(width, height, DPI))
    aligned = laid(clean(page), blank)
    middles = np.array(
        [
            middle(field.options[0].box if field.options else field.box)
            for field in blank.definition.fields_on(blank.page)
        ]
    )
    landed = received.placement.land(middles - RENDERED)
    on_page = ((landed > 0) & (landed < [width, height])).all(1)
    true = (landed[on_page] + 0.5) * [page.shape[1] / width, page.shape[0] / height] - 0.5
    scale = np.linalg.norm(aligned.to_page[:, :2], axis=0) * PIXELS_PER_POINT
    return aligned, np.hypot(*((aligned.where(middles[on_page]) - true) / scale).T)


def filled(blank: BlankPage) -> Grey:
    """The blank with some of its fields filled in by hand."""
    return fill_form(blank.definition, VALUES, a_hand(1), FACES, default_rng(1)).pages[blank.page - 1]


def damaged(sheet: Grey, step: Step, amount: float) -> Sheet:
    """The sheet scanned and faxed with one thing happening to it."""
    rng = default_rng(3)
    height, width = sheet.shape
    fed = Sheet(sheet, (SHEET_DPI, SHEET_DPI), points(width, height, (SHEET_DPI, SHEET_DPI)), STRAIGHT)
    on_the_line = step.__module__ == line.__name__
    fed = fed if on_the_line or not amount else step(fed, amount, rng)
    scanned = scanner.threshold(scanner.scan(fed, DPI), 128, rng)
    return step(scanned, amount, rng) if on_the_line else scanned
