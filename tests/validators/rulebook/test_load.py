"""The rulebook is whole and its words are fit for people."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from extractors.definition_files import load_definitions
from validators.findings import Outcome
from validators.rulebook.load import DecidedBy, Rule, Thresholds, rulebook, sender_words

RULES = list(rulebook().rules.values())
FIELDS = {field.name for definition in load_definitions() for field in definition.fields}
FAMILIES = {re.sub(r"_\d{4}$", "", definition.form_id) for definition in load_definitions()}


def test_all_rules_in_order() -> None:
    assert [rule.number for rule in RULES] == [f"R{number}" for number in range(1, 58)]
    assert "".join(dict.fromkeys(rule.group for rule in RULES)) == "ABCDEFGHIJ"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_an_entry_is_whole(rule: Rule) -> None:
    assert rule.title
    assert rule.source
    assert set(rule.forms) <= FAMILIES
    assert rule.reasons
    assert (rule.decided_by is DecidedBy.NOBODY) <= (rule.outcome in {Outcome.ACCEPT, Outcome.CONTEXT})
    for words in rule.reasons.values():
        assert words.operator.format(field="F", about="A.").endswith((".", "?"))
        assert words.sender.format(field="F", about="A.").endswith((".", "?"))


def test_a_figure_names_rules_and_stands_among_the_thresholds() -> None:
    book = rulebook()
    assert {figure.name for figure in book.figures} == set(Thresholds.__slots__)
    for figure in book.figures:
        assert set(figure.rules) <= set(book.rules)
        assert figure.rules
        assert figure.unit
        assert figure.source
    assert [figure.name for figure in book.figures_of("R9")] == ["baseline_days"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_a_rule_holds_from_its_first_to_its_last_day(rule: Rule) -> None:
    day = dt.timedelta(days=1)
    if rule.since:
        assert rule.in_force(rule.since)
        assert not rule.in_force(rule.since - day)
    if rule.until:
        assert rule.in_force(rule.until)
        assert not rule.in_force(rule.until + day)


def test_the_doubt_policy_names_fields_that_exist() -> None:
    doubts = rulebook().doubts
    named = {*doubts.critical, *doubts.ignored, *(name for names in doubts.identity.values() for name in names)}
    for person in doubts.enrolls.values():
        named |= {*person.fields, *person.repeated_in}
    assert named <= FIELDS
    assert set(doubts.enrolls) <= FAMILIES


def test_words_for_the_sender() -> None:
    assert "30 days" in sender_words("R9", "anc_too_old")
    assert sender_words("R15", "missing:patient_dob", "Date of birth") == "Please fill in: Date of birth."
    assert sender_words("R15", "unreadable")
    assert sender_words("R15", "low_confidence") == ""  # our reading is the trouble, not the form
