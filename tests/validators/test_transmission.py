"""Pages that are none of the known forms."""

from __future__ import annotations

from extractors.reading import PageKind, PageReading
from validators.transmission import judge_pages


def test_forms_covers_and_blanks_are_nothing_to_speak_of() -> None:
    kinds = (PageKind.FORM, PageKind.COVER, PageKind.BLANK)
    assert judge_pages(PageReading(page=i, kind=kind) for i, kind in enumerate(kinds, start=1)) == ()


def test_unknown_and_unreadable_pages_are_said_once_each() -> None:
    unknown = [PageReading(page=i, kind=PageKind.UNKNOWN) for i in (1, 2)]
    broken = PageReading(page=3, kind=PageKind.UNKNOWN, error="page 3: upright: failed")
    assert [finding.reason for finding in judge_pages([*unknown, broken])] == ["unknown_form", "unreadable"]
