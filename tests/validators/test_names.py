"""Names split and compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.names import PersonName, likeness, similarity, split_name

WORDS = st.text(alphabet="abcdefgh", max_size=8)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Holt, Mira", "Mira", "Holt"),
        ("Mira Holt", "Mira", "Holt"),
        ("Mira J. Holt", "Mira", "Holt"),
        ("van Holt, Mira", "Mira", "van Holt"),
        ("Holt", "", "Holt"),
        ("", "", ""),
    ],
)
def test_single_name_fields(text: str, first: str, last: str) -> None:
    assert split_name(text) == PersonName(first, last)


@given(WORDS, WORDS)
def test_likeness_of_words_goes_both_ways(a: str, b: str) -> None:
    assert similarity(a, b) == similarity(b, a)
    assert 0.0 <= similarity(a, b) <= 1.0
    assert (similarity(a, b) == 1.0) == (a == b != "")


@pytest.mark.parametrize("other", ["hult", "hol", "hoolt"])
def test_one_edit_of_each_kind(other: str) -> None:
    assert similarity("holt", other) == pytest.approx(1 - 1 / max(len(other), 4))


def test_case_accents_and_marks_do_not_count() -> None:
    assert similarity("O'Hára", "OHARA") == 1.0
    assert similarity("", "") == similarity("-", ".") == similarity("", "Holt") == 0.0


def test_the_weaker_half_counts_in_either_order() -> None:
    mira = PersonName("Mira", "Holt")
    assert likeness(mira, PersonName("Holt", "Mira")) == 1.0
    assert likeness(mira, PersonName("Olaf", "Holt")) == similarity("Mira", "Olaf") < 0.5
