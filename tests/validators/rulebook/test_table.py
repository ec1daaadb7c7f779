"""docs/rules.md says what the rulebook says, and every rule that decides is tried on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validators.rulebook.rule_tests import page, rule_tests, status
from validators.rulebook.load import Rule, rulebook
from validators.rulebook.table import rules_table

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
RULES = list(rulebook().rules.values())


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.validators.rulebook.rule_tests > docs/rules.md"


def test_every_rule_has_its_row() -> None:
    rows = [line.split(" |")[0] for line in rules_table().splitlines() if line.startswith("| R")]
    assert rows == [f"| R{number}" for number in range(1, 56)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_every_rule_that_decides_is_tried_on_both_sides(rule: Rule) -> None:
    assert status(rule) != "not tried"


def test_marks_name_rules_that_are_there() -> None:
    assert {test.rule for test in rule_tests()} <= set(rulebook().rules)
