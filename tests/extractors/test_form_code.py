"""The form code in the footer: found on every page, read through the fax, another revision's told apart."""

from __future__ import annotations

import numpy as np
import pytest

from extractors.crops import cut
from extractors.form_code import CodeCheck, check_code, code_box, compare_codes, revision_of
from extractors.geometry import PIXELS_PER_POINT
from extractors.read import Sight
from samples.generator.channel import FAX_FINE, FAX_STANDARD, Machine
from tests.extractors.faxed import laid, lying_straight, page_of, received, sheet_of


def test_every_page_of_every_blank_has_its_code_in_the_footer(sight: Sight) -> None:
    for blank in sight.blanks:
        box = code_box(blank.definition.blank, blank.definition.code, blank.page)
        assert box is not None
        assert box.y0 > 700
        assert cut(blank.ink, box).any()
        assert check_code(lying_straight(blank.grey, blank)) is CodeCheck.SAME


@pytest.mark.parametrize("machine", [FAX_FINE, FAX_STANDARD], ids=lambda machine: machine.name)
def test_code_is_read_through_the_fax(sight: Sight, machine: Machine) -> None:
    for index in (0, 3, 8):
        blank = sight.blanks[index]
        aligned = laid(received(sheet_of(blank), machine, seed=index), blank)
        assert check_code(aligned) is CodeCheck.SAME


def test_code_that_is_not_there_says_nothing(sight: Sight) -> None:
    blank = page_of(sight, "psf_2021")
    box = code_box(blank.definition.blank, blank.definition.code, 1)
    assert box is not None
    cropped = blank.grey.copy()
    cropped[round((box.y0 - 6) * PIXELS_PER_POINT) :] = 255
    assert check_code(lying_straight(cropped, blank)) is CodeCheck.UNREAD
    garbled = blank.grey.copy()
    x0, y0, x1, y1 = (round(side * PIXELS_PER_POINT) for side in box.grown(4).as_list())
    garbled[y0:y1, x0:x1] = np.random.default_rng(0).choice([0, 255], (y1 - y0, x1 - x0))
    assert check_code(lying_straight(garbled, blank)) is CodeCheck.UNREAD


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CREMS-PSF-1121 v1.0", CodeCheck.SAME),
        ("crems psf-1121v1.0", CodeCheck.SAME),
        ("CREMS-PSF-1121  v1.0 page 1 of 2", CodeCheck.SAME),
        ("CREMS-PSF-0323 v2.0", CodeCheck.ANOTHER),
        ("CREMS-PSF-1122 v1.0", CodeCheck.ANOTHER),
        ("CREMS-IPE-0821 v1.0", CodeCheck.ANOTHER),
        ("PSF-1121", CodeCheck.UNREAD),
        ("CREMS-PSF-11", CodeCheck.UNREAD),
        ("", CodeCheck.UNREAD),
    ],
)
def test_codes_are_compared_by_form_and_date(sight: Sight, text: str, said: CodeCheck) -> None:
    assert compare_codes(text, page_of(sight, "psf_2021").definition) is said


def test_no_form_takes_another_ones_code_for_its_own(sight: Sight) -> None:
    for one in sight.definitions:
        for other in sight.definitions:
            same = compare_codes(other.code, one) is CodeCheck.SAME
            assert same == (one is other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Email daniels@clinic.example\nCREMS-PSF-1022 v2.0 Page 1 of 2", "psf_2021"),
        ("CREMS-IPH-0323 v2.0", "pharmacy_inpatient_2021"),
        ("CREMS-XYZ-0323 v2.0", None),
        ("Thank you for your letter of 10/22", None),
    ],
)
def test_a_revision_nobody_knows_is_told_by_the_code_in_its_text(sight: Sight, text: str, said: str | None) -> None:
    assert revision_of(text, sight.definitions) == said
