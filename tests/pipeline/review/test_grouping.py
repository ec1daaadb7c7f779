"""Which readings look alike, and which cells of a comb are in doubt."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.definition import FieldKind
from pipeline.deciding import definitions
from pipeline.review.grouping import ReadValue, Scope, digits_by_cell, doubtful_cells, looks, question, stem, title

PSF = definitions()["psf_2021"]
NPI, DAY, ANC, BEN = (PSF.field(name) for name in ("prescriber_npi", "anc_draw_date", "anc_value", "ben_flag"))


def read(field: str, value: object, *, doubtful: bool = True, **more: object) -> ReadValue:
    said = {"state": "read", "why": "low_confidence", "second": None, **more}
    return replace(ReadValue(field, value, "read", doubtful, "", None), **said)  # type: ignore[arg-type]  # of any kind


def groups(field: str, one: ReadValue, scope: Scope = Scope.DOUBT) -> list[str]:
    return [look.group for look in looks(PSF.field(field), one, scope)]


@pytest.mark.parametrize(
    ("field", "value", "state", "expected"),
    [
        ("ben_flag", True, "read", ["ticked"]),
        ("ben_flag", False, "empty", ["not_ticked"]),
        ("prescriber_signature", True, "read", ["signed"]),
        ("prescriber_signature", False, "empty", ["not_signed"]),
        ("submission_type", "monthly", "read", ["field:submission_type"]),
        ("patient_first_name", None, "empty", ["empty"]),
        ("anc_value_2", "2300", "read", ["field:anc_value"]),  # four digits in five cells: nobody knows which
        ("anc_value", None, "unreadable", []),
    ],
)
def test_what_was_read_alike_is_one_group(field: str, value: object, state: str, expected: list[str]) -> None:
    assert groups(field, read(field, value, state=state)) == expected


def test_a_number_is_in_doubt_where_the_ink_could_say_something_else() -> None:
    others = (("1234567898", 0.01), ("7234567893", 0.00001))
    assert doubtful_cells(NPI, read("prescriber_npi", "1234567893", alternatives=others)) == [10]
    differing = read("prescriber_npi", "1234567893", second="1284567893", alternatives=others)
    assert doubtful_cells(NPI, differing) == [3, 10]
    assert groups("prescriber_npi", differing) == ["field:prescriber_npi", "digit-3", "digit-3"]


@pytest.mark.parametrize("others", [(), (("123456789", 0.2),)], ids=["nothing tells", "another length"])
def test_all_cells_are_in_doubt_where_nothing_tells_which(others: tuple[tuple[str, float], ...]) -> None:
    assert doubtful_cells(NPI, read("prescriber_npi", "1234567893", alternatives=others)) == list(range(1, 11))


def test_struck_out_and_sure_numbers_have_no_cells_in_doubt() -> None:
    struck = read("prescriber_npi", "1234567893", state="struck", why="struck")
    assert doubtful_cells(NPI, struck) == []
    assert doubtful_cells(NPI, read("prescriber_npi", "1234567893", doubtful=False)) == []
    assert len(groups("prescriber_npi", read("prescriber_npi", "1234567893", doubtful=False), Scope.ALL)) == 11


@given(st.dates(min_value=dt.date(1900, 1, 1)))
def test_a_date_stands_in_its_cells_as_the_form_has_it(day: dt.date) -> None:
    digits = digits_by_cell(DAY, f"{day:%Y-%m-%d}")
    assert "".join(digits.get(cell, "/") for cell in range(1, 11)) == f"{day:%m/%d/%Y}"


@given(st.text("0123456789 -/x", max_size=12))
def test_digits_are_laid_into_cells_only_when_they_fill_them(text: str) -> None:
    digits = digits_by_cell(NPI, text)
    plain = re.sub(r"[ /-]", "", text)
    assert "".join(digits.values()) == (plain if re.fullmatch(r"\d{10}", plain) else "")


def test_every_group_has_a_name_and_a_question() -> None:
    assert (title("digit-7"), question("digit-7")) == ("Digits read as 7", "Which is no 7?")
    assert (title("field:anc_value"), title("ticked")) == ("ANC value", "Boxes read as ticked")
    assert question("field:anc_value").endswith("under it?")
    assert [stem(name) for name in ("anc_value_4", "patient_dob_p2", "anc_value")] == [
        "anc_value", "patient_dob", "anc_value"
    ]  # fmt: skip
    assert {field.kind for field in (NPI, DAY, ANC, BEN)} == {FieldKind.DIGITS, FieldKind.DATE, FieldKind.CHECKBOX}
