"""The decision on one form: record -> judge -> compare with what came before -> route -> registry or queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from extractors import known_forms
from extractors.confidence import LOW
from extractors.definition import FormDefinition
from extractors.reading import FormReading, Reading
from pipeline.migration.archived import rows_about
from pipeline.registry import course, updates
from pipeline.registry.lookup import RegistryOn
from pipeline.review import queue
from pipeline.settings import Settings
from pipeline.store import audit, repository
from pipeline.store.models import Document, Form, FormRoute, Page
from validators import archives
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

REARRANGED_HOLD = "rearranged"
"""The reason of a form whose pages a person has put together: it waits until somebody has decided it, whatever its
values say and whoever settles its doubts one by one."""


def decide_form(
    session: Session,
    settings: Settings,
    document: Document,
    position: int,
    form_reading: FormReading,
    *,
    weighed: frozenset[str] = frozenset(),
    held_for: str | None = None,
) -> Form:
    """Store a form, its readings, findings and route; an accepted one updates the registry, a held one is queued.

    The document's pages must be stored already. `weighed`: fields whose readings stand as they are, for they were
    weighed before, or written by a person. `held_for`: a reason beside the findings that hands the form to a person.
    """
    definition = definitions()[form_reading.form_id]
    rows = rows_about(session, document)
    day = archives.days_of(document.received, rows, from_readings(form_reading, definition)).days[0]
    stands = {name: form_reading.readings[name] for name in weighed}
    form_reading = weigh_evidence(form_reading, definition, day, RegistryOn(session, day))
    form_reading = replace(form_reading, readings=_by_thresholds(form_reading.readings, settings.thresholds) | stands)
    form = repository.record_form(session, document, position, form_reading)
    settle(session, settings, form, judge_form(session, form), held_for=held_for)
    return form


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who decides.

    `despite` are the reasons that do not keep them, `beside` the contradicting form that they have seen next to this
    one, `patient_key` whom they say is meant (the registry's key).
    """

    name: str
    despite: frozenset[str] = frozenset()
    beside: int | None = None
    patient_key: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A recorded form as it was judged, beside what came before."""

    content: Content
    judgement: Judgement
    earlier: Earlier | None


def judge_form(session: Session, form: Form, person: Person | None = None) -> Judged:
    """Judge a recorded form by the registry of its day and compare it with what came before; the result is recorded.

    Where a person decides it is not the first time: forms that came after this one may count by now.
    """
    judged = weigh(session, form, person)
    repository.record_judgement(session, form, judged.judgement.findings, judged.judgement.evaluated)
    return judged


def weigh(session: Session, form: Form, person: Person | None = None) -> Judged:
    """What `judge_form` records, without the recording; the form itself bears whom it is about and on which day."""
    document = form.document
    content = from_readings(repository.load_form(form), definitions()[form.form_id])
    rows = rows_about(session, document)
    days = archives.days_of(document.received, rows, content)
    form.judged_on = None if rows is None else days.days[0]
    judgement = archives.at_both_ends(judge(content, day, RegistryOn(session, day)) for day in days.days)
    judgement = _with_damage(judgement, [page for page in document.pages if page.form == form.position])
    form.patient = _patient(form, content, judgement, person)
    if rows is not None:
        disagreeing = archives.disagreements(rows, content, form.patient_key)
        judgement = archives.against_index(judgement, days, disagreeing)
    form.key_by_patient, form.key_as_read = _keys(form, content)
    earlier = compare_with_earlier(session, form, content, also_later=person is not None)
    judgement = _with_comparison(judgement, earlier, content, form.day)
    return Judged(content, judgement, earlier)


def settle(
    session: Session,
    settings: Settings,
    form: Form,
    judged: Judged,
    person: Person | None = None,
    held_for: str | None = None,
) -> FormRoute:
    """Route a judged form: an accepted one updates the registry, a held one is queued; the route that stands."""
    _route(session, settings, form, judged, person, held_for)
    if form.route.route == "accept":
        who = person.name if person else audit.PROGRAM
        updates.apply(session, updates.Accepted(judged.content, form.id, form.day, form.patient_key, who))
    if form.route.route == "review":
        queue.put(session, form.document, form.route.reasons, form=form)
    else:
        queue.close(session, form)
    return form.route


@dataclass(frozen=True, slots=True)
class Earlier:
    """A form about the same thing that was there before: of the same content, or one that contradicts."""

    form: Form
    is_same: bool

    @property
    def counts(self) -> bool:
        """Whether it was accepted, so that the same form again must not count."""
        return self.form.route.route == "accept"


def compare_with_earlier(session: Session, form: Form, content: Content, *, also_later: bool = False) -> Earlier | None:
    """Look for the same form among those that came before, an accepted one first, else for one that contradicts.

    Batches overlap: a result that the patient's record has for the same day with another value contradicts as well.
    `also_later`: accepted forms that came after this one are looked at too.
    """
    same, contradicting = [], []
    for earlier in repository.forms_like(session, form, also_later=also_later):
        said = from_readings(repository.load_form(earlier), definitions()[earlier.form_id])
        if same_content(content, said):
            same.append(Earlier(earlier, is_same=True))
        elif contradicts(content, said):
            contradicting.append(Earlier(earlier, is_same=False))
    if form.patient_key is not None:
        others = course.forms_with_another_result(session, int(form.patient_key), form.id, content)
        contradicting += [Earlier(other, is_same=False) for other in others]
    return next(iter(sorted(same, key=lambda earlier: not earlier.counts) + contradicting), None)


def definitions() -> Mapping[str, FormDefinition]:
    """Every form revision that is known here, by form_id."""
    return known_forms.by_id()


def _by_thresholds(readings: Mapping[str, Reading], thresholds: Mapping[str, float]) -> dict[str, Reading]:
    """The readings, sure from the chance on that an installation has set for a field; other doubts stay."""
    judged = dict(readings)
    for name, threshold in thresholds.items():
        reading = readings.get(name)
        if reading is not None and reading.why in ("", LOW):
            low = reading.confidence < threshold
            judged[name] = replace(reading, doubtful=low, why=LOW if low else "")
    return judged


def _keys(form: Form, content: Content) -> tuple[str | None, str | None]:
    """The keys by the registry's patient and by what was read, where there are any."""
    by_patient = duplicate_key(content, f"patient {form.patient_key}") if form.patient_key else None
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


def _route(
    session: Session, settings: Settings, form: Form, judged: Judged, person: Person | None, held_for: str | None
) -> None:
    """Route the form. The same as an accepted form is a duplicate; the same as one that waits waits beside it.

    The second copy may carry what the first one lacked (a signature), so it does not vanish behind a form that nobody
    has accepted. What a person accepts passes only with the reasons that they saw: a new one brings the form back.
    """
    allowed = RoutingSettings(accept_prescriber_only_in_order=settings.accept_prescriber_only_in_order)
    routed = route(judged.judgement.findings, allowed)
    where: str = routed.route
    reasons, original, earlier = list(routed.reasons), None, judged.earlier
    if earlier is not None and earlier.is_same:
        original = earlier.form.id
        where, reasons = ("duplicate", ["duplicate"]) if earlier.counts else ("review", [*reasons, "duplicate"])
    if held_for is None and form.routes and REARRANGED_HOLD in form.route.reasons:
        held_for = REARRANGED_HOLD
    if held_for is not None:
        where, reasons = "review", [*reasons, held_for]
    contradicted = any(finding.rule == RESENT for finding in judged.judgement.findings)
    beside = earlier.form.id if earlier is not None and contradicted else None
    if person is not None and where == "review" and beside in (None, person.beside):
        where = "accept" if person.despite.issuperset(reasons) else where
    form.routes.append(
        FormRoute(
            route=where,
            reasons=reasons,
            duplicate_of=original,
            contradicts=beside,
            decided_by=person.name if person else audit.PROGRAM,
            decided_at=dt.datetime.now(dt.UTC),
            settings_id=repository.snapshot_settings(session, settings.that_decide()),
        )
    )
    session.flush()


def _patient(form: Form, content: Content, judgement: Judgement, person: Person | None) -> dict[str, Any] | None:
    """Who is meant, as the export has it; None on forms that are about no patient. What a person said of it stands."""
    if not content.has("patient_dob"):
        return None
    if person is not None and person.patient_key is not None:
        return {"matched": True, "key": person.patient_key, "score": 1.0, "by": person.name}
    if form.patient is not None and "by" in form.patient:
        return form.patient
    match = judgement.patient
    key = match.patient.key if match.patient else None
    return {"matched": match.certainty is Certainty.SURE, "key": key, "score": round(match.score, 4)}
