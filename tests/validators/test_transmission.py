"""Pages that are none of the known forms."""

from __future__ import annotations

import datetime as dt

import pytest

from extractors.reading import PageKind, PageReading
from tests.validators.rulebook.cases import marked
from validators.transmission import judge_pages

RECEIVED = dt.date(2022, 6, 15)


@pytest.mark.rule("R49", fires=False)
def test_forms_covers_and_blanks_are_nothing_to_speak_of() -> None:
    kinds = (PageKind.FORM, PageKind.COVER, PageKind.BLANK)
    assert judge_pages((PageReading(page=i, kind=kind) for i, kind in enumerate(kinds, start=1)), RECEIVED) == ()


@pytest.mark.rule("R49", fires=True)
def test_r49_unknown_and_unreadable_pages_are_said_once_each() -> None:
    unknown = [PageReading(page=i, kind=PageKind.UNKNOWN) for i in (2, 3)]
    broken = PageReading(page=4, kind=PageKind.UNKNOWN, error="page 4: upright: failed")
    found = judge_pages([*unknown, broken], RECEIVED)
    assert [(about.finding.reason, about.page) for about in found] == [("unknown_form", 2), ("unreadable", 4)]


def test_unknown_page_is_told_with_the_form_that_it_looks_like() -> None:
    revised = PageReading(page=1, kind=PageKind.UNKNOWN, nearest="psf_2021", match=0.917)
    (said,) = judge_pages([revised], RECEIVED)
    assert "looks like psf_2021 (92% of that form's print is in place)" in said.finding.message
    (said,) = judge_pages([PageReading(page=1, kind=PageKind.UNKNOWN)], RECEIVED)
    assert said.finding.message.endswith("on the day of receipt.")


@pytest.mark.parametrize(
    ("text", "received", "said"),
    [
        pytest.param(*case, marks=marked("R42", case[-1]))
        for case in (
            ("To: REMS. Please issue an RDA for our patient.", "2021-11-15", "rda_by_fax"),
            ("Request for DISPENSE AUTHORIZATION", "2025-06-12", "rda_by_fax"),
            ("Request for DISPENSE AUTHORIZATION", "2025-06-13", ""),
            ("Please issue an RDA", "2021-11-14", ""),
            ("Prior Authorization Request", "2022-06-15", ""),
            ("From: Harbour Clinic, Standards Office", "2022-06-15", ""),
        )
    ],
)
def test_r42_a_fax_asks_for_an_rda(text: str, received: str, said: str) -> None:
    """A request on a cover is heard too: a fax that is a cover alone would otherwise wait for nobody."""
    cover = PageReading(page=1, kind=PageKind.COVER, text=text)
    found = judge_pages([cover], dt.date.fromisoformat(received))
    assert [about.finding.reason for about in found] == ([said] if said else [])
