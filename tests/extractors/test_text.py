"""Text in crops: empty is told from written, ink is cut out whole, lines are parted, values come out as written."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.definition import Field, FieldKind
from extractors.engines import LogProbs, tesseract
from extractors.errors import EngineError
from extractors.geometry import Box, Grey
from extractors.reading import ReadingState
from extractors.text import PAD, lines_of, one_line_of, read_text
from tests.extractors.drawn import drawn, specked


def field(name: str, kind: FieldKind = FieldKind.TEXT) -> Field:
    return Field(name, name, kind, 1, Box(0, 0, 180, 22), "")


@pytest.mark.parametrize(
    ("name", "kind", "written"),
    [
        ("patient_first_name", FieldKind.TEXT, "Wilhelmina"),
        ("patient_name_p2", FieldKind.TEXT, "O'Brien, Mary-Jo"),
        ("prescriber_email", FieldKind.TEXT, "m.il1er@clinic-a.example"),
        ("practice_address", FieldKind.TEXT, "1208 W. Elm St #4"),
        ("prescriber_phone", FieldKind.DIGITS, "(218)555-8406"),
        ("anc_draw_date", FieldKind.DATE, "7/26/2022"),
        ("anc_value", FieldKind.DIGITS, "1,850"),
    ],
)
def test_typed_text_is_read_as_written(name: str, kind: FieldKind, written: str) -> None:
    reading = read_text(specked(drawn(written)), field(name, kind))
    assert (reading.text, reading.state, reading.engine) == (written, ReadingState.READ, "ppocr")
    assert reading.confidence > 0.5
    assert reading.margin > 0


@pytest.mark.parametrize("crop", [drawn(""), specked(drawn("")), np.full((1, 1), 255, np.uint8)])
def test_paper_and_specks_are_empty(crop: Grey) -> None:
    reading = read_text(crop, field("patient_last_name"))
    assert (reading.text, reading.state) == ("", ReadingState.EMPTY)


def test_what_is_left_of_a_printed_line_is_no_ink() -> None:
    crop = drawn("")
    crop[56:58, 5:420] = 0
    assert one_line_of(crop) == []


def test_ink_that_spells_nothing_is_unreadable() -> None:
    crop = drawn("")
    crop[20:40, 20:80] = 0
    reading = read_text(crop, field("patient_zip", FieldKind.DIGITS), engine=Speechless(), engine_name="speechless")
    assert (reading.text, reading.state, reading.engine) == ("", ReadingState.UNREADABLE, "speechless")


class Speechless:
    """An engine that sees too little: one step, where five digits are wanted."""

    alphabet = "0123456789"

    def read(self, crops: list[Grey]) -> list[LogProbs]:
        """One blank step for each crop."""
        return [np.log(np.eye(11, dtype=np.float32)[10:] + 1e-9) for _ in crops]


def test_lines_of_free_text_are_read_from_top_to_bottom() -> None:
    paper = specked(drawn("Seen on Monday,\ndraw booked\nfor Friday.", font="CourierPrime", room=(500, 190)))
    assert len(lines_of(paper)) == 3
    reading = read_text(paper, field("rationale_text", FieldKind.FREE_TEXT))
    assert reading.text == "Seen on Monday, draw booked for Friday."


def test_a_missing_space_after_the_last_name_is_added() -> None:
    assert read_text(drawn("Moore,Ruth"), field("patient_name_p2")).text == "Moore, Ruth"


def test_a_second_opinion_is_kept_beside_the_first() -> None:
    reading = read_text(drawn("Thompson"), field("patient_last_name"), second=lambda line: f"{line.shape[0] > 0}")
    assert (reading.text, reading.second) == ("Thompson", "True")


def test_without_the_model_tesseract_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise EngineError("PP-OCR", "not installed")

    monkeypatch.setattr("extractors.text.ppocr", missing)
    reading = read_text(drawn("Thompson"), field("patient_last_name"))
    assert (reading.text, reading.engine) == ("Thompson", "tesseract")
    assert tesseract.version()


@settings(max_examples=40, deadline=None)
@given(x=st.integers(PAD, 200), y=st.integers(PAD, 20), grey=st.integers(0, 90), paper=st.integers(200, 255))
def test_the_cut_holds_all_ink_wherever_it_stands(x: int, y: int, grey: int, paper: int) -> None:
    """On grey paper as on white, in faint ink as in black; and nothing much besides."""
    crop = drawn("Ruth i. j.", at=(x, y)).astype(float) / 255
    crop = (grey + crop * (paper - grey)).astype(np.uint8)
    (line,) = one_line_of(crop)
    dark = crop < (grey + paper) / 2
    assert (line < (grey + paper) / 2).sum() == dark.sum()
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    assert line.shape[0] <= np.ptp(rows) + 1 + 2 * PAD + 2
    assert line.shape[1] <= np.ptp(columns) + 1 + 2 * PAD + 2
