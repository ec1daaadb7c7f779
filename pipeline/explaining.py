"""Why a form was decided as it was: every rule, what became of it, and the values that it looked at.

Verdicts are those of the decision, as stored with it. What a rule looked at is found by asking the rules once more, of
the stored readings and of the registry as it is known now for the day of receipt; where they would say something else
today (the registry was corrected, or the form itself enrolled its patient), that is told beside the verdict.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline.deciding import definitions
from pipeline.registry.lookup import RegistryOn
from pipeline.store import repository
from pipeline.store.models import Document, Form
from validators.case import Case, case_of
from validators.content import Content, Empty, FieldContent, Known, Unknown, from_readings
from validators.judge import Evaluation, Verdict, judge
from validators.rulebook.declared import with_declared
from validators.rulebook.load import DecidedBy, Rule, rulebook
from validators.transmission import PageFinding, judge_pages


@dataclass(frozen=True, slots=True)
class RuleExplained:
    """One rule on one form.

    `words` is what it said to the operator, as stored; `values` are the fields that it looked at and what stands there;
    `today` what it would say now, where that is something else (None: the same).
    """

    rule: Rule
    verdict: Verdict
    why: str
    words: tuple[str, ...]
    values: Mapping[str, str]
    today: str | None = None


@dataclass(frozen=True, slots=True)
class FormExplained:
    """One form: where it went, the facts that are on no form, and every rule in the order of the numbers."""

    form_id: str
    pages: tuple[int, ...]
    route: str
    reasons: tuple[str, ...]
    facts: Mapping[str, str]
    rules: tuple[RuleExplained, ...]


def explain(session: Session, form: Form) -> FormExplained:
    """What was evaluated on a stored form, with what values, and why it fired or not."""
    received = form.day
    content = from_readings(repository.load_form(form), definitions()[form.form_id])
    known = RegistryOn(session, received)
    today = {evaluation.rule: evaluation for evaluation in judge(content, received, known).evaluated}
    return FormExplained(
        form_id=form.form_id,
        pages=tuple(form.pages),
        route=form.route.route,
        reasons=tuple(form.route.reasons),
        facts=_facts(case_of(content, received, known, rulebook())),
        rules=tuple(
            _rule(form, Evaluation(row.rule, Verdict(row.verdict), row.why), today[row.rule], content)
            for row in form.evaluated_rules
        ),
    )


def explain_pages(document: Document) -> tuple[PageFinding, ...]:
    """What the rules on whole transmissions say of the document's pages that are no form."""
    pages = (
        PageReading(
            page.page, PageKind(page.kind), match=page.match, text=page.text, nearest=page.nearest, error=page.error
        )
        for page in document.pages
    )
    return judge_pages(pages, document.received)


def _facts(case: Case) -> dict[str, str]:
    """What rules look at beside the fields: the day, and what the registry knows of the people meant."""
    facts = {
        "received": str(case.received),
        "rules of": str(case.rule_date),
        "programme": case.programme.value,
        "prescriber": f"{case.prescriber.certainty}, {'certified' if case.prescriber_certified else 'not certified'}",
    }
    if case.has_patient:
        match = case.patient
        on_record = [designation for designation in ("ben", "hospice") if case.on_record(designation)]
        facts["patient"] = ", ".join(
            (
                f"{match.certainty} (probability {match.score:.3f})",
                "enrolled" if case.patient_enrolled else "not enrolled",
                *(f"{designation} on record" for designation in on_record),
            )
        )
        if match.patient is not None:
            facts["key"] = match.patient.key
    return facts


def _rule(form: Form, then: Evaluation, today: Evaluation, content: Content) -> RuleExplained:
    rule = with_declared(rulebook(), content.definition).rules[then.rule]
    # what the store decides is not asked again: what came before a form is no longer what came before it
    differs = rule.decided_by is DecidedBy.FORM and (then.verdict, then.why) != (today.verdict, today.why)
    return RuleExplained(
        rule=rule,
        verdict=then.verdict,
        why=then.why,
        words=tuple(finding.message for finding in form.findings if finding.rule == then.rule),
        values={name: in_words(content.state(name)) for name in today.looked_at},
        today=(today.why or today.verdict.value) if differs else None,
    )


def in_words(state: FieldContent) -> str:
    """What stands in a field, for a person at the terminal: never for a log."""
    match state:
        case Known(value=value):
            return _value(value)
        case Unknown(why=why, tentative=None):
            return f"in doubt ({why})"
        case Unknown(why=why, tentative=value):
            return f"{_value(value)} in doubt ({why})"
        case Empty():
            return "empty"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes"  # a tick or a signature; none is empty
    if isinstance(value, tuple):
        return " and ".join(map(str, value))
    if isinstance(value, int | str | dt.date):
        return str(value)
    return str(getattr(value, "text", ""))  # a date or ANC that is none, as written
