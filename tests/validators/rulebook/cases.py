"""Tables of cases for rules: a form in order with something changed, and what one rule says of it.

Every case is marked with its rule, and with whether the rule fires there (None: a doubt leaves it undecided), so that
`rule_tests.py` can tell which rules are tried on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

RuleCase = tuple[str, str, Mapping[str, Any], str]
"""The rule's number, the form's id, what is changed on it (conftest.py, `read`; `received` too), and what is said."""

ARGUMENTS = ("rule", "form_id", "changes", "said")


def rule_table(*tables: Iterable[RuleCase]) -> pytest.MarkDecorator:
    """Runs a test with every case of the tables: `test(says, rule, form_id, changes, said)`."""
    cases = [case for table in tables for case in table]
    return pytest.mark.parametrize(ARGUMENTS, [pytest.param(*case, marks=marked(case[0], case[3])) for case in cases])


def of(rule: str, form_id: str, *rows: tuple[Mapping[str, Any], str]) -> list[RuleCase]:
    """The cases of one rule on one form."""
    return [(rule, form_id, changes, said) for changes, said in rows]


def marked(rule: str, said: str) -> pytest.MarkDecorator:
    """The mark of a case: a rule that says why it has nothing to do with the form does not fire."""
    fires = None if said.startswith("not known: ") else bool(said) and " " not in said.replace(", ", "")
    return pytest.mark.rule(rule, fires=fires)
