"""The decision on one form: record -> judge -> compare with what came before -> route -> registry or queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from extractors.confidence import LOW
from extractors.definition import FormDefinition
from extractors.definition_files import load_definitions
from extractors.reading import FormReading, Reading
from pipeline.registry import updates
from pipeline.registry.lookup import RegistryOn
from pipeline.review import queue
from pipeline.settings import Settings
from pipeline.store import audit, repository
from pipeline.store.models import Document, Form, FormRoute, Page
from validators.content import Content, from_readings
from validators.duplicates import DuplicateKey, contradicts, duplicate_key, same_content
from validators.evidence import weigh_evidence
from validators.findings import SEVERITY_OF_OUTCOME, Finding
from validators.identification import Certainty
from validators.judge import Evaluation, Judgement, Verdict, judge
from validators.routing import RoutingSettings, route
from validators.rulebook.load import rulebook

RESENT = "R48"
"""The rule on duplicates: the same patient and draw date twice."""

PAGES = "R49"
"""The rule on pages that cannot be read."""


def decide_form(
    session: Session, settings: Settings, document: Document, position: int, form_reading: FormReading
) -> Form:
    """Store a form, its readings, findings and route; an accepted one updates the registry, a held one is queued.

    The document's pages must be stored already.
    """
    definition, known = definitions()[form_reading.form_id], RegistryOn(session, document.received)
    form_reading = weigh_evidence(form_reading, definition, document.received, known)
    form_reading = replace(form_reading, readings=_by_thresholds(form_reading.readings, settings.thresholds))
    form = repository.record_form(session, document, position, form_reading)
    content = from_readings(form_reading, definition)
    judgement = judge(content, document.received, known)
    judgement = _with_damage(judgement, [page for page in document.pages if page.form == position])
    form.patient = _patient(content, judgement)
    form.key_by_patient, form.key_as_read = _keys(content, judgement)
    earlier = compare_with_earlier(session, form, content)
    judgement = _with_comparison(judgement, earlier, content, document.received)
    repository.record_judgement(form, judgement.findings, judgement.evaluated)
    _route(session, settings, form, judgement, earlier)
    if form.route.route == "accept":
        accepted = updates.Accepted(content, form.id, document.received, _sure_patient(judgement))
        updates.apply(session, accepted)
    elif form.route.route == "review":
        queue.put(session, document, form.route.reasons, form=form)
    return form


@dataclass(frozen=True, slots=True)
class Earlier:
    """A form about the same thing that came before: of the same content, or one that contradicts."""

    form: Form
    is_same: bool

    @property
    def counts(self) -> bool:
        """Whether it was accepted, so that the same form again must not count."""
        return self.form.route.route == "accept"


def compare_with_earlier(session: Session, form: Form, content: Content) -> Earlier | None:
    """Look for the same form among those that came before, an accepted one first, else for one that contradicts."""
    same, contradicting = [], []
    for earlier in repository.forms_like(session, form):
        said = from_readings(repository.load_form(earlier), definitions()[earlier.form_id])
        if same_content(content, said):
            same.append(Earlier(earlier, is_same=True))
        elif contradicts(content, said):
            contradicting.append(Earlier(earlier, is_same=False))
    return next(iter(sorted(same, key=lambda earlier: not earlier.counts) + contradicting), None)


@cache
def definitions() -> Mapping[str, FormDefinition]:
    """Every form revision that is known, by form_id."""
    return {definition.form_id: definition for definition in load_definitions()}


def _by_thresholds(readings: Mapping[str, Reading], thresholds: Mapping[str, float]) -> dict[str, Reading]:
    """The readings, sure from the chance on that an installation has set for a field; other doubts stay."""
    judged = dict(readings)
    for name, threshold in thresholds.items():
        reading = readings.get(name)
        if reading is not None and reading.why in ("", LOW):
            low = reading.confidence < threshold
            judged[name] = replace(reading, doubtful=low, why=LOW if low else "")
    return judged


def _keys(content: Content, judgement: Judgement) -> tuple[str | None, str | None]:
    """The keys by the registry's patient and by what was read, where there are any."""
    patient = _sure_patient(judgement)
    by_patient = duplicate_key(content, f"patient {patient}") if patient else None
    return _text(by_patient), _text(duplicate_key(content))


def _text(key: DuplicateKey | None) -> str | None:
    return None if key is None else f"{key.family}|{key.person}|{key.day or ''}"


def _with_damage(judgement: Judgement, pages: Sequence[Page]) -> Judgement:
    """The judgement of a form of which a page came in only in part: what is lost looks like empty fields."""
    if not any(page.error for page in pages):
        return judgement
    return replace(judgement, findings=(*judgement.findings, _finding(PAGES, "unreadable")))


def _with_comparison(judgement: Judgement, earlier: Earlier | None, content: Content, received: dt.date) -> Judgement:
    """The judgement with the rule that takes the store to decide, where that is in force for such a form."""
    rule = rulebook().rules[RESENT]
    if not rule.in_force(received) or content.family not in rule.forms:
        return judgement
    evaluation, findings = Evaluation(RESENT, Verdict.PASSED), judgement.findings
    if earlier is not None:
        relation = "same as" if earlier.is_same else "contradicts"
        evaluation = Evaluation(RESENT, Verdict.FIRED, f"{relation} form {earlier.form.id}")
    if earlier is not None and not earlier.is_same:
        findings += (_finding(RESENT, "conflict"),)
    evaluated = tuple(evaluation if other.rule == RESENT else other for other in judgement.evaluated)
    return replace(judgement, findings=findings, evaluated=evaluated)


def _finding(rule: str, reason: str) -> Finding:
    """What a rule says about a whole form, in the rulebook's words."""
    words = rulebook().rules[rule].reasons[reason]
    return Finding(rule, reason, words.outcome, SEVERITY_OF_OUTCOME[words.outcome], None, words.operator)


def _route(session: Session, settings: Settings, form: Form, judgement: Judgement, earlier: Earlier | None) -> None:
    """Route the form. The same as an accepted form is a duplicate; the same as one that waits waits beside it.

    The second copy may carry what the first one lacked (a signature), so it does not vanish behind a form that nobody
    has accepted.
    """
    allowed = RoutingSettings(accept_prescriber_only_in_order=settings.accept_prescriber_only_in_order)
    routed = route(judgement.findings, allowed)
    where: str = routed.route
    reasons, original = list(routed.reasons), None
    if earlier is not None and earlier.is_same:
        original = earlier.form.id
        where, reasons = ("duplicate", ["duplicate"]) if earlier.counts else ("review", [*reasons, "duplicate"])
    form.routes.append(
        FormRoute(
            route=where,
            reasons=reasons,
            duplicate_of=original,
            decided_by=audit.PROGRAM,
            decided_at=dt.datetime.now(dt.UTC),
            settings_id=repository.snapshot_settings(session, settings.that_decide()),
        )
    )
    session.flush()


def _patient(content: Content, judgement: Judgement) -> dict[str, Any] | None:
    """Who is meant, as the export has it; None on forms that are about no patient."""
    if not content.has("patient_dob"):
        return None
    match = judgement.patient
    key = match.patient.key if match.patient else None
    return {"matched": match.certainty is Certainty.SURE, "key": key, "score": round(match.score, 4)}


def _sure_patient(judgement: Judgement) -> str | None:
    match = judgement.patient
    return match.patient.key if match.patient and match.certainty is Certainty.SURE else None
