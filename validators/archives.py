"""Archived forms: the day each is judged by, and where it contradicts the archive's index (rules R56 and R57).

The day is the index's. Where the index gives none, it is the day beside the form's own signature, if that is surely
read; the form may have come in some days later, so the rules are asked as of both ends of that time. Where neither is
sure, the form is held. Where index and paper contradict each other, the paper's day is used, and a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from extractors.definition import FieldKind
from validators.content import Content, Known, Unknown, family
from validators.findings import SEVERITY_OF_OUTCOME, Finding
from validators.judge import Evaluation, Judgement, Verdict
from validators.rulebook.load import rulebook

FIGURES_FILE = Path(__file__).parent / "rulebook" / "archives.yaml"
DAY, INDEX = "R56", "R57"
"""The rules on the day of an archived form, and on the index."""

FIELDS = {"form_type": "the form", "patient_key": "the patient", "document_date": "the date"}
"""What of an index can disagree, in words."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What one row says; `row` counts from 1. None: it says nothing of that. `form_type` is a form's id or family."""

    row: int
    patient_key: str | None = field(default=None, repr=False)
    form_type: str | None = None
    document_date: dt.date | None = None

    def as_json(self) -> dict[str, Any]:
        """For the store."""
        date = self.document_date and self.document_date.isoformat()
        return {"row": self.row, "patient_key": self.patient_key, "form_type": self.form_type, "document_date": date}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> IndexRow:
        """As stored."""
        date = stored["document_date"] and dt.date.fromisoformat(stored["document_date"])
        return cls(stored["row"], stored["patient_key"], stored["form_type"], date)


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which a form can have come in, the first of them being its own; `known`: it is surely read."""

    days: tuple[dt.date, ...]
    known: bool


def days_of(received: dt.date, rows: Sequence[IndexRow] | None, content: Content) -> Days:
    """The days that a form is judged by; with no rows (None) it is of no archive, and the day is that of receipt."""
    if rows is None:
        return Days((received,), known=True)
    signed, surely = signature_day(content)
    dated = sorted({row.document_date for row in _fitting(rows, content) if row.document_date})
    if signed is not None and surely:
        near = min(dated, key=lambda day: abs(day - signed), default=signed)
        if dated and not _dates_contradict(near, signed):
            return Days((near,), known=True)
        return Days((signed, signed + dt.timedelta(days=_figures()["days_on_the_way"])), known=True)
    if dated:
        return Days((dated[0],), known=len(dated) == 1)
    return Days((signed or received,), known=False)


def signature_day(content: Content) -> tuple[dt.date | None, bool]:
    """The day of the last signature, and whether every day beside a signature is surely read."""
    names = [
        f.name for f in content.definition.fields if f.kind is FieldKind.DATE and f.name.endswith("signature_date")
    ]
    states = [content.state(name) for name in names]
    read = [state.value for state in states if isinstance(state, Known)]
    guessed = [state.tentative for state in states if isinstance(state, Unknown)]
    days = [day for day in (*read, *guessed) if isinstance(day, dt.date)]
    return max(days, default=None), bool(read) and not guessed


def against_index(judgement: Judgement, days: Days, disagreeing: Sequence[str]) -> Judgement:
    """The judgement with what the rules on archives say."""
    findings = []
    if not days.known:
        findings.append(_finding(DAY, "day_unknown"))
    if disagreeing:
        findings.append(_finding(INDEX, "index_disagrees", ", ".join(FIELDS[name] for name in disagreeing)))
    fired = {finding.rule for finding in findings}
    told = {DAY: "" if days.known else "day_unknown", INDEX: ", ".join(disagreeing)}
    evaluated = tuple(
        Evaluation(one.rule, Verdict.FIRED if one.rule in fired else Verdict.PASSED, told[one.rule])
        if one.rule in told
        else one
        for one in judgement.evaluated
    )
    return replace(judgement, findings=(*judgement.findings, *findings), evaluated=evaluated)


def at_both_ends(judgements: Iterable[Judgement]) -> Judgement:
    """The first judgement, with what only the others find."""
    first, *others = judgements
    findings = {(finding.reason, finding.field): finding for finding in first.findings}
    evaluated = {one.rule: one for one in first.evaluated}
    for other in others:
        for finding in other.findings:
            findings.setdefault((finding.reason, finding.field), finding)
        for one in other.evaluated:
            if one.verdict in (Verdict.FIRED, Verdict.UNDECIDED) and evaluated[one.rule].verdict is not Verdict.FIRED:
                evaluated[one.rule] = one
    return replace(first, findings=tuple(findings.values()), evaluated=tuple(evaluated.values()))


def disagreements(rows: Sequence[IndexRow], content: Content, patient_key: str | None) -> tuple[str, ...]:
    """In what the form and the row of the index that fits it best contradict each other.

    A date in doubt contradicts nothing. A patient who is not surely the index's does, and so does somebody new.
    """
    if not rows:
        return ()
    fitting = _fitting(rows, content)
    if not fitting:
        return ("form_type",)
    return min((_differing(row, content, patient_key) for row in fitting), key=len)


def lacking(rows: Iterable[IndexRow], form_ids: Collection[str]) -> bool:
    """Whether the index tells of a form that was not found among those of the document."""
    found = {name for form_id in form_ids for name in (form_id, family(form_id))}
    return any(row.form_type not in found if row.form_type else not form_ids for row in rows)


def _fitting(rows: Sequence[IndexRow], content: Content) -> list[IndexRow]:
    return [row for row in rows if row.form_type in (None, content.family, content.definition.form_id)]


def _differing(row: IndexRow, content: Content, patient_key: str | None) -> tuple[str, ...]:
    signed, surely = signature_day(content)
    differing = []
    if row.patient_key and content.has("patient_dob") and row.patient_key != patient_key:
        differing.append("patient_key")
    if row.document_date and signed and surely and _dates_contradict(row.document_date, signed):
        differing.append("document_date")
    return tuple(differing)


def _dates_contradict(dated: dt.date, signed: dt.date) -> bool:
    return not 0 <= (dated - signed).days <= _figures()["days_after_signature"]


def _finding(rule: str, reason: str, about: str = "") -> Finding:
    words = rulebook().rules[rule].reasons[reason]
    message = words.operator.format(about=about)
    return Finding(rule, reason, words.outcome, SEVERITY_OF_OUTCOME[words.outcome], None, message)


@cache
def _figures() -> Mapping[str, int]:
    figures: Mapping[str, int] = yaml.safe_load(FIGURES_FILE.read_text(encoding="utf-8"))
    return figures
