"""The judge: a form's content, the day it came and the registry in; findings out, by the rules in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from extractors.definition import Programme
from validators.case import Case, RuleFunction, RuleFunctions, case_of
from validators.content import PAGE_MISSING, Content, NotedFields, Unknown, UnknownValue
from validators.findings import SEVERITY_OF_OUTCOME, Doubt, Finding, Flag, RuleResult
from validators.identification import PatientMatch, PrescriberMatch
from validators.registry import Registry
from validators.rulebook import (
    a_time_and_channel,
    b_purpose,
    c_completeness,
    d_prescriber_only,
    e_monitoring,
    f_enrollment,
    h_transmissions,
    i_first_programme,
)
from validators.rulebook.declared import declared_functions, with_declared
from validators.rulebook.load import DecidedBy, Rule, Rulebook, rulebook

FUNCTIONS: RuleFunctions = {
    **a_time_and_channel.RULES,
    **b_purpose.RULES,
    **c_completeness.RULES,
    **d_prescriber_only.RULES,
    **e_monitoring.RULES,
    **f_enrollment.RULES,
    **h_transmissions.RULES,
    **i_first_programme.RULES,
}
"""The function of every rule that one form can decide, by number. Group G holds context alone: no form decides it."""


class Verdict(StrEnum):
    """What became of one rule on one form."""

    FIRED = "fired"
    PASSED = "passed"
    UNDECIDED = "undecided"  # a field it depends on is unknown
    NOT_APPLICABLE = "not_applicable"  # not in force on the day, about other forms, or decided elsewhere


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One rule and what became of it, with the reason in a few words, and the fields that it looked at."""

    rule: str
    verdict: Verdict
    why: str = ""
    looked_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that the rules have to say about one form, every rule accounted for, and who the form was taken to mean."""

    findings: tuple[Finding, ...]
    evaluated: tuple[Evaluation, ...]
    patient: PatientMatch
    prescriber: PrescriberMatch


def judge(content: Content, received: dt.date, registry: Registry, book: Rulebook | None = None) -> Judgement:
    """Apply every rule to one form, those of the rulebook as shipped unless another is given, and the form's own.

    A finding that an earlier rule has made already (same reason, same field) is not repeated.
    """
    book = with_declared(book or rulebook(), content.definition)
    functions = {**FUNCTIONS, **declared_functions(content.definition)}
    fields = NotedFields(content.fields)
    case = case_of(replace(content, fields=fields), received, registry, book)
    findings: dict[tuple[str, str | None], Finding] = {}
    evaluated = []
    for rule in book.rules.values():
        why_not = _not_applicable(rule, case, functions)
        if why_not:
            evaluated.append(Evaluation(rule.number, Verdict.NOT_APPLICABLE, why_not))
            continue
        fields.take_notes()
        results = list(_results(functions[rule.number], case))
        evaluated.append(_evaluation(rule, results, fields.take_notes()))
        for finding in _findings(rule, results, case, book):
            findings.setdefault((finding.reason, finding.field), finding)
    return Judgement(tuple(findings.values()), tuple(evaluated), case.patient, case.prescriber)


def _not_applicable(rule: Rule, case: Case, functions: RuleFunctions) -> str:
    """Why the rule has nothing to do with this form; empty when it has."""
    if rule.decided_by is DecidedBy.NOBODY:
        return "context"
    if rule.number not in functions:
        return f"decided by the {rule.decided_by.value}"
    if not rule.in_force(case.rule_date):
        return "not in force on the day"
    if rule.forms and not {case.content.family, case.content.definition.form_id} & set(rule.forms):
        return "about other forms"
    if case.content.definition.programme is Programme.NONE and not rule.any_programme:
        return "about another programme"
    return ""


def _results(function: RuleFunction, case: Case) -> Iterator[RuleResult]:
    """What the rule yields; a value that it needs and nobody knows is a doubt."""
    try:
        yield from function(case)
    except UnknownValue as unknown:
        yield Doubt(unknown.field)


def _evaluation(rule: Rule, results: Iterable[RuleResult], looked_at: tuple[str, ...]) -> Evaluation:
    flags = [result.reason for result in results if isinstance(result, Flag)]
    doubts = [result.field for result in results if isinstance(result, Doubt)]
    if flags:
        return Evaluation(rule.number, Verdict.FIRED, ", ".join(flags), looked_at)
    if doubts:
        return Evaluation(rule.number, Verdict.UNDECIDED, f"not known: {', '.join(doubts)}", looked_at)
    return Evaluation(rule.number, Verdict.PASSED, looked_at=looked_at)


def _findings(rule: Rule, results: Iterable[RuleResult], case: Case, book: Rulebook) -> Iterator[Finding]:
    for result in results:
        if isinstance(result, Flag):
            yield _finding(rule, result, case)
        elif not _page_is_missing(case.content, result.field):
            yield _doubt(rule, result.field, case, book)


def _finding(rule: Rule, flag: Flag, case: Case) -> Finding:
    words = rule.reasons[flag.reason]
    return Finding(
        rule=rule.number,
        reason=f"missing:{flag.field}" if flag.reason == "missing" else flag.reason,
        outcome=words.outcome,
        severity=SEVERITY_OF_OUTCOME[words.outcome],
        field=flag.field if flag.field and case.content.has(flag.field) else None,
        message=words.operator.format(field=_label(case.content, flag.field), about=flag.about).strip(),
        in_order=flag.in_order,
    )


def _doubt(rule: Rule, field: str, case: Case, book: Rulebook) -> Finding:
    state = case.content.state(field)
    reason = "unreadable" if isinstance(state, Unknown) and state.unreadable else "low_confidence"
    words = book.doubt_words[reason]
    return Finding(
        rule=rule.number,
        reason=reason,
        outcome=words.outcome,
        severity=SEVERITY_OF_OUTCOME[words.outcome],
        field=field,
        message=words.operator.format(field=_label(case.content, field)),
    )


def _page_is_missing(content: Content, field: str) -> bool:
    """Whether the doubt is only that the page did not come, which R19 says once."""
    state = content.state(field)
    return isinstance(state, Unknown) and state.why == PAGE_MISSING


def _label(content: Content, field: str | None) -> str:
    """The words printed beside the field."""
    if field is None or not content.has(field):
        return (field or "").replace("_", " ")
    return content.definition.field(field).label or field
