"""Digits and dates: what comb cells spell, what two readings make of each other, what is read without our networks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from extractors import numbers
from extractors.confidence import believe_number
from extractors.crops import line_picture
from extractors.definition import Field, FieldKind
from extractors.engines import LogProbs
from extractors.engines.recogniser import CELL_ALPHABET, LINE_ALPHABET, Size
from extractors.fillable_values import typed_value
from extractors.geometry import Box
from extractors.numbers import cell_reader, is_number, read_numbers
from extractors.read import Sight
from extractors.reading import Pen
from samples.generator.fill import fill_form
from samples.generator.hand import Pen as GeneratorPen
from samples.generator.hand import draw_hand
from tests.extractors.faxed import DIGITS, FACES, laid, page_of, received

EMPTY = " "


def comb(name: str, kind: FieldKind, cells: int) -> Field:
    boxes = tuple(Box(10.0 * at, 0, 10.0 * at + 10, 16) for at in range(cells))
    return Field(name, name, kind, 1, Box(0, 0, 10.0 * cells, 16), "", cells=boxes)


def seen(characters: str, sure: float = 0.9, rival: str = "Z") -> LogProbs:
    """What the cell network would say of characters (a space: an empty cell); the rest of its belief is a rival's."""
    columns = CELL_ALPHABET + EMPTY
    probabilities = np.full((len(characters), len(columns)), 1e-9)
    for row, character in zip(probabilities, characters, strict=True):
        row[columns.index(rival)] = 1 - sure
        row[columns.index(character)] = sure
    return np.log(np.maximum(probabilities, 1e-12)).astype(np.float32)


@given(st.text("0123456789 ", min_size=1, max_size=10), st.floats(0.55, 1.0))
def test_a_comb_spells_its_cells_and_skips_empty_ones(written: str, sure: float) -> None:
    reader = cell_reader(comb("patient_zip", FieldKind.DIGITS, len(written)), seen(written, sure))
    assert reader.best == written.replace(EMPTY, "")
    assert reader.chances([reader.best])[0] == pytest.approx(sure ** len(written), rel=1e-3)


def test_only_a_dea_number_has_letters_and_only_in_front() -> None:
    dea, zip_ = comb("prescriber_dea", FieldKind.TEXT, 9), comb("patient_zip", FieldKind.DIGITS, 5)
    assert cell_reader(dea, seen("BM1234563")).best == "BM1234563"
    assert cell_reader(zip_, seen("5504O", rival="0")).best == "55040"


@pytest.mark.parametrize(
    ("name", "kind", "number"),
    [
        ("patient_zip", FieldKind.DIGITS, True),
        ("signature_date", FieldKind.DATE, True),
        ("prescriber_dea", FieldKind.TEXT, True),
        ("patient_last_name", FieldKind.TEXT, False),
        ("rationale_text", FieldKind.FREE_TEXT, False),
    ],
)
def test_digits_dates_and_dea_numbers_are_numbers(name: str, kind: FieldKind, number: bool) -> None:
    assert is_number(comb(name, kind, 4)) is number


VALUES = {
    "patient_zip": "55068",
    "patient_dob": "03/07/1951",
    "prescriber_npi": "1063057040",
    "anc_draw_date": "08/24/2022",
}


@pytest.mark.parametrize("ours", [True, False], ids=["as installed", "without our networks"])
def test_typed_numbers_are_right_where_they_are_sure(sight: Sight, ours: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not ours:
        monkeypatch.setattr(numbers, "installed", lambda: False)
    blank, rng = page_of(sight, "psf_2021"), default_rng(1)
    form = fill_form(blank.definition, VALUES, draw_hand(GeneratorPen.TYPED, FACES, DIGITS, rng), FACES, rng)
    page = laid(received(form.pages[0], severity=0.1), blank)
    fields = [blank.definition.field(name) for name in VALUES]
    found = read_numbers(page, fields, {field.name: line_picture(page, field.box) for field in fields})
    assert set(found) == set(VALUES)
    for field in fields:
        read, wanted = found[field.name], typed_value(field, VALUES[field.name])
        typed = typed_value(field, read.text)
        belief = believe_number(field, Pen.TYPED, read, typed.fits)
        assert not read.empty
        assert belief.why or typed.value == wanted.value
        assert ours or belief.why == "readings_differ"  # one reader alone is never believed


def test_a_count_in_thousands_keeps_its_point() -> None:
    anc, zip_ = comb("anc_value", FieldKind.DIGITS, 3), comb("patient_zip", FieldKind.DIGITS, 3)
    assert cell_reader(anc, seen("6.2")).best == "6.2"
    assert "." not in cell_reader(zip_, seen("6.2")).best


def test_what_the_small_networks_leave_open_goes_to_the_large_ones(
    sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank, rng = page_of(sight, "psf_2021"), default_rng(1)
    form = fill_form(blank.definition, VALUES, draw_hand(GeneratorPen.TYPED, FACES, DIGITS, rng), FACES, rng)
    page = laid(received(form.pages[0], severity=0.1), blank)
    fields = [blank.definition.field(name) for name in VALUES]
    lines = {field.name: line_picture(page, field.box) for field in fields}
    once = read_numbers(page, fields, lines)
    monkeypatch.setattr(numbers, "SETTLED", 2.0)  # nothing ever is
    twice = read_numbers(page, fields, lines)
    assert {name: read.text for name, read in twice.items()} == {name: read.text for name, read in once.items()}
    assert all(read.agree for read in twice.values())


@pytest.mark.parametrize(
    ("cells", "lines", "struck"),
    [
        ({Size.SMALL: "5#", Size.LARGE: "5#"}, {Size.SMALL: "5#", Size.LARGE: "52"}, True),
        ({Size.SMALL: "5#", Size.LARGE: "5#"}, {Size.SMALL: "52", Size.LARGE: "52"}, False),
        ({Size.SMALL: "5#", Size.LARGE: "52"}, {Size.SMALL: "5#", Size.LARGE: "5#"}, False),
        ({Size.SMALL: "52", Size.LARGE: "52"}, {Size.SMALL: "5#", Size.LARGE: "5#"}, False),
    ],
)
def test_struck_out_is_what_both_sizes_see_in_the_cells_and_a_line_as_well(
    sight: Sight, cells: dict[Size, str], lines: dict[Size, str], struck: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, zip_ = laid(page_of(sight, "psf_2021").grey, page_of(sight, "psf_2021")), comb("zip", FieldKind.DIGITS, 2)
    monkeypatch.setattr(numbers, "read_cells", lambda _pictures, size: seen(cells[size], sure=0.999))
    monkeypatch.setattr(numbers, "read_lines", lambda _pictures, size: [in_line(lines[size])])
    read = read_numbers(page, [zip_], {"zip": line_picture(page, zip_.box)})["zip"]
    assert read.struck == struck


def in_line(characters: str) -> LogProbs:
    """What the line network would say of characters, each with a step of nothing after it."""
    columns = LINE_ALPHABET + "\0"
    spelt = "".join(character + "\0" for character in characters)
    probabilities = np.full((len(spelt), len(columns)), 1e-6)
    probabilities[range(len(spelt)), [columns.index(character) for character in spelt]] = 0.999
    return np.log(probabilities).astype(np.float32)
