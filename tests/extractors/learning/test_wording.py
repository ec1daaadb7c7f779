"""What a scan misreads in a form's common words is put right, and nothing else."""

from __future__ import annotations

import pytest

from extractors.learning.wording import spelled


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ("Designce sigrature", "Designee signature"),
        ("Las: nare", "Last name"),
        ("Phone (optionai)", "Phone (optional)"),
        ("Natonal Provlder", "National Provider"),
        ("Names of dates", "Names of dates"),
        ("Fax: 800-878-5927", "Fax: 800-878-5927"),
        ("Lot", "Lot"),
    ],
)
def test_a_word_of_forms_is_put_right(read: str, said: str) -> None:
    assert spelled(read) == said
