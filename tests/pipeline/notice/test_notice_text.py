"""The words as a file: what a person edits comes back as it was meant, or is refused with the place named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import NoticeTextError
from pipeline.notice.notice import Draft, Notice, Point
from pipeline.notice.text import NEEDED, as_text, from_text

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).map(str.strip).filter(bool)
points = st.lists(st.builds(Point, place=words, says=words, picture=words | st.just("")), min_size=1, max_size=4).map(
    tuple
)
notices = st.builds(
    Notice,
    **{name: words if name in NEEDED else words | st.just("") for name in Notice.__slots__ if name != "points"},
    points=points,
)

SHORTEST = """
sender: The desk
title: Your form
opening: "Please see to this:"
points: [{says: Please sign.}]
what_to_do: Sign it.
questions: Call us.
"""


@given(notice=notices, remarks=st.lists(words, max_size=3).map(tuple))
@settings(max_examples=30, deadline=None)
def test_there_and_back(notice: Notice, remarks: tuple[str, ...]) -> None:
    assert from_text(as_text(Draft(notice, remarks))) == notice


def test_remarks_are_comments() -> None:
    notice = from_text(SHORTEST)
    text = as_text(Draft(notice, ("The fax number is in doubt: compare it.",)))
    assert "# - The fax number is in doubt" in text
    assert from_text(text) == notice


def test_what_is_left_out_is_empty_and_numbers_are_words() -> None:
    notice = from_text(SHORTEST + "fax: 5555550101\n")
    assert (notice.to, notice.fax, notice.points) == ("", "5555550101", (Point("", "Please sign."),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "no YAML in line"),
        ("only words", "no keys"),
        (SHORTEST.replace("points: [{says: Please sign.}]", ""), "no points"),
        (SHORTEST.replace("{says: Please sign.}", "{place: here}"), "point 1 says nothing"),
        (SHORTEST.replace("{says: Please sign.}", "Please sign."), "point 1 has no keys"),
        (SHORTEST.replace("title: Your form", "title:"), "title is empty"),
        (SHORTEST + "adress: x\n", "1 unknown keys"),
        (SHORTEST + "to: [Lane]\n", "to has to be words"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, said: str) -> None:
    with pytest.raises(NoticeTextError, match=said) as refused:
        from_text(text)
    assert "Lane" not in str(refused.value)
