"""Names split and compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.names import PersonName, edit_distance, likeness, similarity, split_name

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


@given(WORDS, WORDS, WORDS)
def test_the_edit_distance_is_a_distance(a: str, b: str, c: str) -> None:
    assert edit_distance(a, a) == 0
    assert edit_distance(a, b) == edit_distance(b, a)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c)
    assert abs(len(a) - len(b)) <= edit_distance(a, b) <= max(len(a), len(b))


def test_one_edit_of_each_kind() -> None:
    assert edit_distance("holt", "hult") == edit_distance("holt", "hol") == edit_distance("holt", "hoolt") == 1


def test_case_accents_and_marks_do_not_count() -> None:
    assert similarity("O'Hára", "OHARA") == 1.0
    assert similarity("", "") == 0.0


def test_the_weaker_half_counts_in_either_order() -> None:
    mira = PersonName("Mira", "Holt")
    assert likeness(mira, PersonName("Holt", "Mira")) == 1.0
    assert likeness(mira, PersonName("Olaf", "Holt")) == similarity("Mira", "Olaf") < 0.5
