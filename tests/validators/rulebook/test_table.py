"""docs/rules.md says what the rulebook says, and every rule that decides is tried on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.validators.rulebook.rule_tests import page, rule_cases, rule_tests, status
from validators.judge import FUNCTIONS
from validators.rulebook.load import Rule, rulebook
from validators.rulebook.table import rules_table

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
RULES = list(rulebook().rules.values())


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.validators.rulebook.rule_tests > docs/rules.md"


def test_every_rule_has_its_row() -> None:
    rows = [line.split(" |")[0] for line in rules_table().splitlines() if line.startswith("| R")]
    assert rows == [f"| R{number}" for number in range(1, 58)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_every_rule_that_decides_is_tried_on_both_sides(rule: Rule) -> None:
    assert status(rule) != "not tried"


@pytest.mark.parametrize("number", FUNCTIONS)
def test_every_reason_of_a_form_is_given_in_some_case(number: str) -> None:
    said = {reason for rule, _, _, said in rule_cases() if rule == number for reason in said.split(", ")}
    of_pages = {"unreadable"} if number == "R49" else set()  # test_transmission.py
    assert set(rulebook().rules[number].reasons) - of_pages <= said


def test_marks_name_rules_that_are_there() -> None:
    assert {test.rule for test in rule_tests()} <= set(rulebook().rules)
