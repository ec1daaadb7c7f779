"""Error rates of what passed, from blind checks: the program's by field, form and source, and those of operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.calibration.reliability import Interval, share
from pipeline.store import audit
from pipeline.store.quality_models import CheckOutcome
from validators.rulebook.load import rulebook


class Group(StrEnum):
    """What errors are counted by."""

    ALL = "all"
    FIELD = "field"
    FORM = "form"
    SOURCE = "source"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Rate:
    """Errors among what was checked, each share with its exact 95 % interval.

    `forms_wrong`: forms with one wrong value at least. The values of one form are not independent of each other (one
    pen, one fax), so the interval of a form, source or operator that can be relied on is that of its forms.
    `critical_wrong`: of the values that decide a rule or a treatment. `open`: disputed values that a third person has
    still to decide, `illegible`: those that nobody could read; neither counts as right or wrong.
    """

    group: Group
    name: str
    forms: int
    forms_wrong: int
    form_errors: Interval
    values: int
    values_wrong: int
    value_errors: Interval
    critical: int
    critical_wrong: int
    open: int
    illegible: int


def error_rates(session: Session) -> list[Rate]:
    """The rates of everything that was checked: all, then by field, form and source, then the operators' own."""
    outcomes = session.scalars(select(CheckOutcome)).all()
    by_program = [outcome for outcome in outcomes if outcome.decided_by == audit.PROGRAM]
    by_people = [outcome for outcome in outcomes if outcome.decided_by != audit.PROGRAM]
    return [
        *_by(Group.ALL, by_program, lambda _: audit.PROGRAM),
        *_by(Group.FIELD, by_program, lambda outcome: outcome.field),
        *_by(Group.FORM, by_program, lambda outcome: outcome.form_id),
        *_by(Group.SOURCE, by_program, lambda outcome: outcome.source),
        *_by(Group.OPERATOR, by_people, lambda outcome: outcome.decided_by),
    ]


def rate(group: Group, name: str, outcomes: Iterable[CheckOutcome]) -> Rate:
    """The rate of these outcomes."""
    known = list(outcomes)
    told = [outcome for outcome in known if outcome.right is not None]
    wrong = [outcome for outcome in told if not outcome.right]
    forms, forms_wrong = {outcome.form_pk for outcome in told}, {outcome.form_pk for outcome in wrong}
    critical = rulebook().doubts.critical
    return Rate(
        group=group,
        name=name,
        forms=len(forms),
        forms_wrong=len(forms_wrong),
        form_errors=share(len(forms_wrong), len(forms)),
        values=len(told),
        values_wrong=len(wrong),
        value_errors=share(len(wrong), len(told)),
        critical=sum(outcome.field in critical for outcome in told),
        critical_wrong=sum(outcome.field in critical for outcome in wrong),
        open=sum(not outcome.settled for outcome in known),
        illegible=sum(outcome.settled and outcome.right is None for outcome in known),
    )


def _by(group: Group, outcomes: Iterable[CheckOutcome], name: Callable[[CheckOutcome], str]) -> list[Rate]:
    """The rate of each name, the one with the most errors first."""
    parts: dict[str, list[CheckOutcome]] = {}
    for outcome in outcomes:
        parts.setdefault(name(outcome), []).append(outcome)
    rates = [rate(group, part, inside) for part, inside in sorted(parts.items())]
    return sorted(rates, key=lambda one: -one.values_wrong)
