"""Pages that are no form: blank ones are told from written ones, covers from letters, and their text can be found."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from extractors.cleaning import clean
from extractors.engines import tesseract
from extractors.engines.tesseract import PageText
from extractors.errors import EngineError
from extractors.geometry import Box, Grey
from extractors.opening.opened import Medium, OpenedPage, Word
from extractors.other_pages import describe_other, is_blank, is_cover
from extractors.read import Sight
from extractors.reading import PageKind
from extractors.recognition import Recognition
from samples.generator import foreign, paper, scanner
from samples.generator.placement import STRAIGHT
from tests.extractors.drawn import drawn, specked
from tests.extractors.faxed import FACES, received

NOTHING_FITS = Recognition(None, 0, 0.0)
EMPTY = np.full((2200, 1700), 255, np.uint8)


def opened(grey: Grey, words: tuple[Word, ...] = ()) -> OpenedPage:
    return OpenedPage(3, grey, (612.0, 792.0), (204.0, 196.0), Medium.FAX, words=words)


def dirty() -> Grey:
    sheet = paper.Sheet(EMPTY, (200.0, 200.0), (612.0, 792.0), STRAIGHT)
    for step, amount in ((paper.dirt, 120), (paper.dark_edge, 6), (paper.punch_holes, 3), (scanner.streaks, 2)):
        sheet = step(sheet, amount, default_rng(3))
    return clean(sheet.image)


def test_back_of_a_sheet_is_blank_with_dirt_edges_and_a_header() -> None:
    headed = EMPTY.copy()
    headed[10:60, 40:540] = drawn("06/01/2022 12:30  TO 8008785927", size=7, room=(500, 50))
    for grey in (EMPTY, specked(EMPTY), headed, dirty()):
        assert is_blank(grey)
        assert describe_other(opened(grey), grey, NOTHING_FITS).kind is PageKind.BLANK


@pytest.mark.parametrize(
    ("note", "font", "size"),
    [
        ("please call the clinic\nbefore Friday 3 pm", "Kalam", 14),
        ("see attached", "Caveat", 16),
        ("patient died 5/2", "OpenSans", 9),
    ],
)
def test_a_few_words_on_an_empty_sheet_are_not_blank(note: str, font: str, size: int) -> None:
    written = EMPTY.copy()
    written[900:1100, 300:1200] = drawn(note, size=size, font=font, room=(900, 200))
    assert not is_blank(written)
    assert not is_blank(np.rot90(written, 2))


def test_no_form_is_taken_for_a_blank_page(sight: Sight) -> None:
    assert not any(is_blank(blank.grey) for blank in sight.blanks)


@given(seed=st.integers(0, 999), severity=st.floats(0, 0.6))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_empty_sheet_through_a_fax_machine_is_blank(seed: int, severity: float) -> None:
    sheet = foreign.empty_page(FACES, default_rng(seed))
    assert is_blank(received(sheet, severity=severity, seed=seed))


@pytest.mark.parametrize(
    ("text", "cover"),
    [
        ("FAX To: Clozapine REMS From: Pharmacy Pages: 3 Re: monthly forms", True),
        ("Facsimile cover sheet\nAttn: contact center\nPhone (218) 555-8406\nConfidential", True),
        ("ANC 1850 reported to the clinic from the laboratory", False),
        ("the fax to us from you with date and phone: " + "we saw the patient today and " * 30, False),
        ("", False),
    ],
)
def test_cover_has_a_covers_words_and_little_else(text: str, cover: bool) -> None:
    assert is_cover(text) is cover


def test_cover_that_came_upside_down_is_read_upright() -> None:
    sheet = foreign.cover(FACES, default_rng(4), "800-878-5927", 3)
    grey = received(sheet, severity=0.15, turned=180)
    page = describe_other(opened(grey), grey, NOTHING_FITS)
    assert (page.kind, page.rotated) == (PageKind.COVER, 180)
    assert "Clozapine REMS" in page.text


def test_page_that_looks_like_a_form_is_never_a_cover() -> None:
    words = tuple(Word(word, Box(0, 0, 9, 9)) for word in ("FAX", "To:", "From:", "Pages:", "2", "Re:", "forms"))
    grey = specked(EMPTY, 0.02)
    grey[500:1500, 300:320] = 0
    assert describe_other(opened(grey, words), grey, NOTHING_FITS).kind is PageKind.COVER
    page = describe_other(opened(grey, words), grey, Recognition(None, 0, 0.6, nearest="psf_2021"))
    assert (page.kind, page.nearest, page.match) == (PageKind.UNKNOWN, "psf_2021", 0.6)


def test_letter_stays_findable_without_a_text_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Grey) -> PageText:
        raise EngineError("tesseract", "install tesseract-ocr")

    monkeypatch.setattr(tesseract, "read_page", missing)
    grey = EMPTY.copy()
    cv2.putText(grey, "Dear colleagues", (200, 700), cv2.FONT_HERSHEY_SIMPLEX, 4.0, 0, 12)
    page = describe_other(opened(grey), grey, NOTHING_FITS)
    assert (page.kind, page.page, page.text, page.error) == (PageKind.UNKNOWN, 3, "", None)
