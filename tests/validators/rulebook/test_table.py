"""docs/rules.md says what the rulebook says."""

from __future__ import annotations

from pathlib import Path

from validators.rulebook.table import rules_table

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == rules_table(), "run: python -m validators.rulebook.table > docs/rules.md"


def test_every_rule_has_its_row() -> None:
    rows = [line.split(" |")[0] for line in rules_table().splitlines() if line.startswith("| R")]
    assert rows == [f"| R{number}" for number in range(1, 56)]
