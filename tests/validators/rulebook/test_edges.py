"""Every edge of the rulebook is noticed: its figures and its first and last days, each moved by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from extractors.reading import Value
from tests.validators.rulebook.cases import RuleCase
from tests.validators.rulebook.rule_tests import rule_cases
from validators.content import Content
from validators.judge import FUNCTIONS, Evaluation, Verdict, judge
from validators.registry import RegistrySnapshot
from validators.rulebook.load import Figure, Rule, Rulebook, rulebook

DAY = dt.timedelta(days=1)
BOOK = rulebook()
CASES = [case for case in rule_cases() if case[0] in FUNCTIONS]
WHOLE = [
    figure for figure in BOOK.figures if not isinstance(figure.value, float) and set(figure.rules) & set(FUNCTIONS)
]
"""The figures that forms are decided by, without likenesses: those are no edge on which a text stands."""
DATED = [rule for number, rule in BOOK.rules.items() if number in FUNCTIONS and (rule.since or rule.until)]
LATER = {"R6": "the launch begins its 37 days, within which nobody is late"}

Evaluate = Callable[..., Evaluation]


@pytest.fixture(scope="session")
def evaluate(
    in_order: Mapping[str, Mapping[str, Value]], registry: RegistrySnapshot, fill: Callable[..., Content]
) -> Evaluate:
    """What a case's rule says, by another rulebook or on another day where one is given."""

    def evaluation(case: RuleCase, book: Rulebook = BOOK, received: dt.date | None = None) -> Evaluation:
        rule, form_id, changes, _ = case
        others: dict[str, Any] = {name: value for name, value in changes.items() if name != "received"}
        day = received or dt.date.fromisoformat(str(changes.get("received", in_order[form_id]["received"])))
        judgement = judge(fill(form_id, **others), day, registry, book)
        return next(one for one in judgement.evaluated if one.rule == rule)

    return evaluation


@pytest.mark.parametrize("step", [-1, 1])
@pytest.mark.parametrize("figure", WHOLE, ids=lambda figure: figure.name)
def test_a_figure_moved_by_one_is_noticed(evaluate: Evaluate, figure: Figure, step: int) -> None:
    moved = figure.value + step * (DAY if isinstance(figure.value, dt.date) else 1)  # type: ignore[operator]
    other = replace(BOOK, thresholds=replace(BOOK.thresholds, **{figure.name: moved}))
    cases = [case for case in CASES if case[0] in figure.rules]
    assert any(evaluate(case, other).why != case[3] for case in cases if evaluate(case).why == case[3])


@pytest.mark.parametrize("rule", DATED, ids=lambda rule: rule.number)
def test_a_rule_fires_on_its_first_and_last_day_and_on_no_day_beyond(evaluate: Evaluate, rule: Rule) -> None:
    """Cases in which the rule fires, received on other days. Forms of 2021 came early, under the rules to come (R2)."""
    cases = [case for case in CASES if case[0] == rule.number and evaluate(case).verdict is Verdict.FIRED]
    for day in filter(None, (rule.since, rule.until)):
        if not (day == rule.since and rule.number in LATER):
            assert any(evaluate(case, received=day).verdict is Verdict.FIRED for case in cases), day
    for case in cases:
        if rule.since:
            assert evaluate(case, received=_day_before(rule.since, case)).why == "not in force on the day"
        if rule.until:
            assert evaluate(case, received=rule.until + DAY).why == "not in force on the day"


def _day_before(first: dt.date, case: RuleCase) -> dt.date:
    figures = BOOK.thresholds
    came_early = first == figures.modified_from and case[1].endswith("_2021")
    return (figures.early_enrollment_from if came_early else first) - DAY
