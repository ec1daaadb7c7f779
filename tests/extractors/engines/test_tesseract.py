"""Tesseract as it is installed; the few calls cost a process each."""

from __future__ import annotations

import numpy as np
import pytesseract
import pytest

from extractors.engines import tesseract
from extractors.errors import EngineError
from tests.extractors.drawn import drawn

COVER = "FAX COVER SHEET\n\nTo: Contact Center\nFrom: Fresno Behavioral Health\nPages with this one: three\n" * 3


def test_a_page_of_print_is_read_and_its_turn_is_seen() -> None:
    page = drawn(COVER, room=(1000, 1000), at=(100, 60))
    assert "Fresno Behavioral Health" in tesseract.read_page(page).text
    assert tesseract.orientation(np.ascontiguousarray(np.rot90(page, -1))) == 90


def test_too_little_print_counts_as_upright() -> None:
    assert tesseract.orientation(np.full((300, 300), 255, np.uint8)) == 0


def test_a_line_is_read_with_a_confidence() -> None:
    text, confidence = tesseract.read_line(drawn("2490 Main Street"))
    assert text == "2490 Main Street"
    assert 0.5 < confidence <= 1
    assert tesseract.read_line(drawn(""))[1] == 0


def test_a_whitelist_leaves_out_all_other_characters() -> None:
    assert tesseract.read_line(drawn("(898) 555-8529"), whitelist="0123456789")[0] == "8985558529"


def test_its_version_and_languages_are_known() -> None:
    assert tesseract.version()[0].isdigit()
    assert "eng" in tesseract.languages()


def test_a_machine_without_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
    with pytest.raises(EngineError, match="apt install tesseract-ocr"):
        tesseract.read_line(drawn("text"))


def test_a_call_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(EngineError, match="too long"):
        tesseract.read_page(drawn(COVER, room=(1000, 1000)), timeout=0.01)
