"""What the screens show: the queue, and one item with its pages, fields, findings and patient."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from extractors.definition import Field, FieldKind
from extractors.errors import FaxformsError
from extractors.geometry import Box
from pipeline.deciding import definitions
from pipeline.registry.lookup import RegistryOn
from pipeline.review import decide
from pipeline.review.decide import Entries, Found
from pipeline.review.priority import LAPSING, NORMAL, URGENT
from pipeline.review.roles import Somebody
from pipeline.review.web.beside import Beside, beside
from pipeline.review.web.pictures import Blank, Picture, Place, blank_of, picture_of, place_of
from pipeline.review.writing import as_written
from pipeline.store import repository
from pipeline.store.models import Document, FieldReading, Form, Page, ReviewItem, ReviewState, Source
from pipeline.store.opening import Store
from pipeline.store.registry_models import AncResult, FormOnRecord, Patient
from validators.content import from_readings

SHOWN = 200
"""Lines of the queue on its page; the filters find the others."""

FILTERS = ("reason", "form", "source", "priority", "age", "batch")
"""By what the lines of the queue are chosen."""

PRIORITIES: Mapping[str, tuple[int, int]] = {
    "urgent": (-1, URGENT),
    "lapsing": (URGENT, LAPSING),
    "ordinary": (LAPSING, NORMAL),
    "no form": (NORMAL, 1000),
}
"""Above which priority, and up to which."""

WAITED: Mapping[str, dt.timedelta] = {
    "1 h": dt.timedelta(hours=1),
    "4 h": dt.timedelta(hours=4),
    "24 h": dt.timedelta(hours=24),
    "3 d": dt.timedelta(days=3),
    "7 d": dt.timedelta(days=7),
}
"""For how long at least something has waited."""

LAST = 5
"""Results and forms of a patient that are shown."""

BOXES = (FieldKind.CHECKBOX, FieldKind.SIGNATURE)


# The queue


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the queue; no name of a file, which may name a patient."""

    item: int
    document: int
    what: str
    reasons: tuple[str, ...]
    urgency: str
    received: dt.date
    waits: str
    source: str
    prescriber_only: bool
    escalated: bool
    postponed: bool
    held_by: str


@dataclass(frozen=True, slots=True)
class QueueScreen:
    """The lines that the filters leave, and how many wait by reason, form and source."""

    lines: Sequence[Line]
    found: int
    by_reason: Mapping[str, int]
    by_form: Mapping[str, int]
    by_source: Mapping[str, int]
    by_batch: Mapping[str, int]
    by_priority: Mapping[str, int]
    by_age: Mapping[str, int]
    waiting: int
    urgent: int


def queue_screen(session: Session, chosen: Mapping[str, str]) -> QueueScreen:
    """The queue, the most urgent first and then the oldest; empty filters (`FILTERS`) leave everything."""
    reason, form_id, source = (chosen.get(name, "") for name in ("reason", "form", "source"))
    first_source = select(func.min(Source.id)).where(Source.document_id == ReviewItem.document_id).correlate(ReviewItem)
    items = (
        select(ReviewItem, Form.form_id, Source.channel, Document.received)
        .join(Document, Document.id == ReviewItem.document_id)
        .outerjoin(Form, Form.id == ReviewItem.form_pk)
        .outerjoin(Source, Source.id == first_source.scalar_subquery())
        .where(ReviewItem.state != ReviewState.DONE)
    )
    counted = items.with_only_columns(
        cast(ReviewItem.reasons, String),
        Form.form_id,
        Source.channel,
        Document.batch,
        ReviewItem.priority,
        func.count(),
    ).group_by(cast(ReviewItem.reasons, String), Form.form_id, Source.channel, Document.batch, ReviewItem.priority)
    counts = session.execute(counted).all()
    by_age = _by_age(session)
    if reason:
        items = items.where(cast(ReviewItem.reasons, String).contains(f'"{reason}"', autoescape=True))
    if form_id:
        items = items.where(Form.form_id == form_id if form_id != "none" else Form.form_id.is_(None))
    if source:
        items = items.where(Source.channel == source)
    if batch := chosen.get("batch"):
        items = items.where(Document.batch == batch if batch != "none" else Document.batch.is_(None))
    if (priority := chosen.get("priority", "")) in PRIORITIES:
        least, most = PRIORITIES[priority]
        items = items.where(ReviewItem.priority > least, ReviewItem.priority <= most)
    if (age := chosen.get("age", "")) in WAITED:
        items = items.where(ReviewItem.created_at <= dt.datetime.now(dt.UTC) - WAITED[age])
    order = (ReviewItem.priority, ReviewItem.created_at, ReviewItem.id)
    rows = session.execute(items.order_by(*order).limit(SHOWN)).all()
    by_reason: Counter[str] = Counter()
    for reasons, *_, count in counts:
        by_reason.update(dict.fromkeys(_listed(reasons), count))
    return QueueScreen(
        lines=[_line(item, form, channel, received) for item, form, channel, received in rows],
        found=session.scalar(select(func.count()).select_from(items.subquery())) or 0,
        by_reason=dict(by_reason.most_common()),
        by_form=_summed((form or "none", count) for _, form, *_, count in counts),
        by_source=_summed((channel or "", count) for _, _, channel, *_, count in counts),
        by_batch=_summed((batch or "none", count) for _, _, _, batch, _, count in counts),
        by_priority=_summed((_priority(priority), count) for *_, priority, count in counts),
        by_age=by_age,
        waiting=sum(count for *_, count in counts),
        urgent=sum(count for *_, priority, count in counts if priority <= URGENT),
    )


def _priority(priority: int) -> str:
    return next(name for name, (least, most) in PRIORITIES.items() if least < priority <= most)


def _by_age(session: Session) -> dict[str, int]:
    """How many have waited for so long, or longer."""
    now = dt.datetime.now(dt.UTC)
    longer = [func.count().filter(ReviewItem.created_at <= now - waited) for waited in WAITED.values()]
    counts = session.execute(select(*longer).where(ReviewItem.state != ReviewState.DONE)).one()
    return dict(zip(WAITED, counts, strict=True))


def words_of(slug: str) -> str:
    """A reason, form or field as a person reads it."""
    return slug.replace(":", ": ").replace("_", " ")


def _listed(reasons: str) -> list[str]:
    return [part.strip().strip('"') for part in reasons.strip("[]").split(",") if part.strip()]


def _summed(pairs: Any) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for name, count in pairs:
        summed[name] += count
    return dict(summed.most_common())


def _line(item: ReviewItem, form_id: str | None, channel: str | None, received: dt.date) -> Line:
    now = dt.datetime.now(dt.UTC)
    held = item.state == ReviewState.CLAIMED and item.lease_until is not None and item.lease_until >= now
    return Line(
        item=item.id,
        document=item.document_id,
        what=form_id or (f"page {item.page}" if item.page is not None else "whole document"),
        reasons=tuple(item.reasons),
        urgency="urgent" if item.priority <= URGENT else "lapsing" if item.priority <= LAPSING else "",
        received=received,
        waits=_span(now - item.created_at),
        source=channel or "",
        prescriber_only=item.prescriber_only,
        escalated=item.escalated is not None,
        postponed=item.postponed_until is not None and item.postponed_until > now,
        held_by=(item.claimed_by or "") if held else "",
    )


def _span(waited: dt.timedelta) -> str:
    minutes = int(waited.total_seconds() // 60)
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes >= length:
            return f"{minutes // length} {unit}"
    return f"{minutes} min"


# One item


@dataclass(frozen=True, slots=True)
class PageShown:
    """A page of the document; without a picture when nothing of it can be decoded."""

    number: int
    kind: str
    of_item: bool
    picture: Picture | None
    error: str
    blank: Blank | None = None


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field with what was read, what the person has written so far, and its place on the page.

    `keyed_by_two`: two people key it, each without seeing any value, so none is shown here. `was_read`: a value is
    shown to be compared, unlike in a blind check; there `others` are what two people said, for a third one.
    """

    field: Field
    text: str
    written: str
    page: int
    state: str  # "sure", "doubt", "confirmed" or "illegible"; of a blind check "to_key" before
    percent: int
    why: str
    place: Place | None
    alternatives: tuple[str, ...]
    keyed_by_two: bool = False
    was_read: bool = True
    others: Sequence[tuple[str, str]] = ()

    @property
    def is_box(self) -> bool:
        """Whether it is ticked or not, and holds no text."""
        return self.field.kind in BOXES

    @property
    def is_free(self) -> bool:
        """Whether it holds sentences: shown as they are, and their crop large."""
        return self.field.kind is FieldKind.FREE_TEXT

    @property
    def several(self) -> str:
        """What a choice says that is none of its options: several of them."""
        known = {"", *(option.name for option in self.field.options)}
        return self.written if self.field.kind is FieldKind.CHOICE and self.written not in known else ""


@dataclass(frozen=True, slots=True)
class PatientShown:
    """Whom the form means, as the registry knows them, with their last results and forms."""

    key: str
    row: Patient
    results: Sequence[AncResult]
    forms: Sequence[FormOnRecord]


@dataclass(frozen=True, slots=True)
class ItemScreen:
    """One item, as far as it is shown."""

    item: ReviewItem
    form: Form | None
    title: str
    pages: Sequence[PageShown]
    sections: Mapping[str, Sequence[FieldShown]]
    findings: Sequence[Found]
    patient: PatientShown | None
    candidates: Sequence[Any]
    at_a_glance: Sequence[FieldShown]
    beside: Beside | None


def item_screen(session: Session, store: Store, item: ReviewItem, somebody: Somebody) -> ItemScreen:
    """Everything that the item's page shows to that person."""
    form = session.get(Form, item.form_pk) if item.form_pk is not None else None
    pages = [page_shown(store, page, form) for page in item.document.pages]
    if form is None:
        return ItemScreen(item, None, "Not a known form", pages, {}, (), None, (), (), None)
    draft = decide.kept_draft(item)
    fields = fields_shown(form, draft, pages)
    if item.escalated is None:  # then a supervisor decides what others keyed
        fields = [_hidden(one) if one.field.name in store.settings.double_keyed else one for one in fields]
    return ItemScreen(
        item=item,
        form=form,
        title=definitions()[form.form_id].title,
        pages=pages,
        sections=by_section(fields),
        findings=decide.shown(form.findings, somebody)
        if draft == Entries()
        else decide.preview(session, form, draft, somebody),
        patient=_patient(session, form),
        candidates=_candidates(session, form),
        at_a_glance=_at_a_glance(form, fields),
        beside=beside(session, form),
    )


def page_shown(store: Store, page: Page, form: Form | None) -> PageShown:
    """A page as the viewer has it."""
    of_item = form is None or page.form == form.position
    try:
        picture = picture_of(store, page)
        return PageShown(page.page, page.kind, of_item, picture, "", blank_of(page, picture))
    except FaxformsError as error:
        return PageShown(page.page, page.kind, of_item, None, str(error))


def fields_shown(form: Form, draft: Entries, pages: Sequence[PageShown]) -> list[FieldShown]:
    """The fields of a form as they were read, and as a person has written them since."""
    shown = {page.number: page for page in pages}
    readings = {reading.field: reading for reading in form.readings}
    laid = {page.page: page for page in form.document.pages}
    fields = (field for field in definitions()[form.form_id].fields if field.name in readings)
    return [_field(field, readings[field.name], draft, shown, laid) for field in fields]


def _field(
    field: Field, reading: FieldReading, draft: Entries, pages: Mapping[int, PageShown], laid: Mapping[int, Page]
) -> FieldShown:
    picture = pages[reading.page].picture if reading.page in pages else None
    state = "doubt" if reading.doubtful else "sure"
    if field.name in draft.illegible:
        state = "illegible"
    elif field.name in draft.values:
        state = "confirmed"
    text = as_written(reading.value)
    return FieldShown(
        field=field,
        text=text,
        written=draft.values.get(field.name, text),
        page=reading.page,
        state=state,
        percent=round(100 * reading.confidence),
        why=reading.why.replace("_", " "),
        place=None if picture is None else place_of(Box(*reading.box), laid[reading.page], picture),
        alternatives=tuple(str(value) for value, _ in (reading.alternatives or ())[:3]),
    )


def _hidden(shown: FieldShown) -> FieldShown:
    """A field as its second keyer may see it, as long as it is in doubt."""
    if shown.state != "doubt":
        return shown
    return replace(shown, text="", written="", alternatives=(), keyed_by_two=True)


def by_section(fields: Sequence[FieldShown]) -> dict[str, list[FieldShown]]:
    """The fields in the order of the form, by its sections."""
    sections: dict[str, list[FieldShown]] = {}
    for shown in fields:
        sections.setdefault(shown.field.section, []).append(shown)
    return sections


def _at_a_glance(form: Form, fields: Sequence[FieldShown]) -> list[FieldShown]:
    """On a form that only a prescriber may sign: what such a form has to show, side by side."""
    about = {finding.field for finding in form.findings if finding.outcome == "prescriber_only"}
    if not about:
        return []
    shown = [f for f in fields if f.field.name in about or f.field.signer == "prescriber" or "role" in f.field.name]
    return [one for one in shown if one.written not in ("", "no")]


def _patient(session: Session, form: Form) -> PatientShown | None:
    row = session.get(Patient, int(form.patient_key)) if form.patient_key else None
    if row is None:
        return None
    results = select(AncResult).filter_by(patient_id=row.id, withdrawn_at=None)
    forms = select(FormOnRecord).filter_by(entity="patients", entity_id=row.id, withdrawn_at=None)
    return PatientShown(
        key=str(row.id),
        row=row,
        results=session.scalars(results.order_by(AncResult.drawn_on.desc()).limit(LAST)).all(),
        forms=session.scalars(forms.order_by(FormOnRecord.received.desc()).limit(LAST)).all(),
    )


def _candidates(session: Session, form: Form) -> Sequence[Any]:
    """Where nobody is surely meant: the patients of that birth date or ZIP code."""
    content = from_readings(repository.load_form(form), definitions()[form.form_id])
    if form.patient_key is not None or not content.has("patient_dob"):
        return ()
    dob, zip_code = content.tentative("patient_dob"), content.tentative("patient_zip")
    born = dob if isinstance(dob, dt.date) else None
    known = RegistryOn(session, form.document.received)
    return known.patients_like(born, zip_code if isinstance(zip_code, str) else None, None)[:8]
