"""Reading and writing documents and forms: plain functions with a Session, no decisions."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from extractors.geometry import Box
from extractors.reading import Alternative, FormReading, PageReading, Pen, Reading, ReadingState, Value
from pipeline.store.intake_models import LedgerStep
from pipeline.store.models import (
    WITHOUT_EFFECT,
    Document,
    DocumentState,
    EvaluatedRule,
    FieldReading,
    Form,
    FormFinding,
    FormRoute,
    Page,
    SettingsSnapshot,
    Source,
)
from validators.findings import Finding
from validators.judge import Evaluation

T = TypeVar("T")


def find_document(session: Session, sha256: str) -> Document | None:
    """The document of those bytes."""
    return session.scalar(select(Document).where(Document.sha256 == sha256))


def add_document(session: Session, sha256: str, size: int, received: dt.date) -> Document:
    """A document that has just come in."""
    document = Document(sha256=sha256, size=size, received=received, taken_in_at=_now(), attempts=0)
    session.add(document)
    session.flush()
    note_step(session, document.id, DocumentState.RECEIVED)
    return document


def note_step(
    session: Session,
    document_id: int,
    state: DocumentState,
    *,
    attempt: int = 0,
    owner: str | None = None,
    why: str | None = None,
) -> None:
    """Note that the document comes into a state, in the transaction in which it does."""
    session.add(
        LedgerStep(document_id=document_id, at=_now(), state=state, attempt=attempt, owner=owner, why=why and why[:200])
    )


def note_source(
    session: Session,
    document: Document,
    *,
    channel: str,
    file: str,
    received: dt.date,
    details: Mapping[str, Any] | None,
    source_id: str | None = None,
) -> bool:
    """Note which file brought the document; False when that was known already."""
    for source in document.sources:
        both_named = source_id is not None and source.source_id is not None
        same = source.source_id == source_id if both_named else (source.file, source.received) == (file, received)
        if source.channel == channel and same:
            return False
    document.sources.append(
        Source(
            channel=channel,
            source_id=source_id,
            file=file,
            received=received,
            noted_at=_now(),
            details=None if details is None else dict(details),
        )
    )
    session.flush()
    return True


def record_pages(session: Session, document: Document, pages: Iterable[PageReading]) -> None:
    """Every page that came in, in its one place."""
    for page in pages:
        document.pages.append(
            Page(
                page=page.page,
                kind=page.kind,
                rotated=page.rotated,
                form=page.form,
                form_id=page.form_id,
                form_page=page.form_page,
                match=page.match,
                residual=page.residual,
                to_blank=None if page.to_blank is None else list(page.to_blank),
                text=_storable(page.text),
                nearest=page.nearest,
                error=page.error,
            )
        )
    session.flush()


def record_form(session: Session, document: Document, position: int, form_reading: FormReading) -> Form:
    """A form with all its readings."""
    form = Form(
        position=position,
        form_id=form_reading.form_id,
        pages=list(form_reading.pages),
        missing_pages=list(form_reading.missing_pages),
    )
    form.readings = [_reading_row(reading) for reading in form_reading.readings.values()]
    document.forms.append(form)
    session.flush()
    return form


def load_form(form: Form) -> FormReading:
    """The form as it was read; crops are left in the database."""
    readings = {row.field: _reading(row) for row in form.readings}
    return FormReading(form.form_id, tuple(form.pages), tuple(form.missing_pages), readings)


def record_judgement(
    session: Session, form: Form, findings: Iterable[Finding], evaluated: Iterable[Evaluation]
) -> None:
    """What the rules found, and what became of each of them, in the place of what an earlier judgement said."""
    for earlier in (*form.findings, *form.evaluated_rules):
        session.delete(earlier)
    session.flush()
    session.expire(form, ["findings", "evaluated_rules"])
    form.findings = list(map(finding_row, findings))
    form.evaluated_rules = [EvaluatedRule(rule=e.rule, verdict=e.verdict, why=e.why) for e in evaluated]


def finding_row(finding: Finding) -> FormFinding:
    """A finding as the database keeps it, of no form yet."""
    return FormFinding(
        rule=finding.rule,
        reason=finding.reason,
        outcome=finding.outcome,
        severity=finding.severity,
        field=finding.field,
        message=finding.message,
        in_order=finding.in_order,
    )


def forms_like(session: Session, form: Form, *, also_later: bool = False) -> Sequence[Form]:
    """The forms with the same key that came before, the oldest first, without duplicates and those without effect.

    `also_later`: with the accepted ones that came after it.
    """
    latest = select(func.max(FormRoute.id)).where(FormRoute.form_pk == Form.id).correlate(Form).scalar_subquery()
    keys = [column == key for column, key in _keys(form) if key is not None]
    if not keys:
        return []
    later = FormRoute.route == "accept" if also_later else false()
    return session.scalars(
        select(Form)
        .join(FormRoute, FormRoute.id == latest)
        .where(or_(*keys), or_(Form.id < form.id, later), Form.id != form.id)
        .where(FormRoute.route.not_in({"duplicate", *WITHOUT_EFFECT}))
        .order_by(Form.id)
    ).all()


def snapshot_settings(session: Session, content: Mapping[str, Any]) -> int:
    """The id under which these settings are kept; the same content is kept once."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    sha256 = hashlib.sha256(canonical.encode()).hexdigest()
    found = session.scalar(select(SettingsSnapshot.id).where(SettingsSnapshot.sha256 == sha256))
    if found is not None:
        return found
    snapshot = SettingsSnapshot(sha256=sha256, content=dict(content), first_used_at=_now())
    session.add(snapshot)
    session.flush()
    return snapshot.id


def _keys(form: Form) -> tuple[tuple[InstrumentedAttribute[str | None], str | None], ...]:
    return (Form.key_by_patient, form.key_by_patient), (Form.key_as_read, form.key_as_read)


def _reading_row(reading: Reading) -> FieldReading:
    return FieldReading(
        field=reading.field,
        value=list(reading.value) if isinstance(reading.value, tuple) else _storable(reading.value),
        raw=_storable(reading.raw),
        confidence=reading.confidence,
        doubtful=reading.doubtful,
        state=reading.state,
        page=reading.page,
        box=reading.box.as_list(),
        engine=reading.engine,
        pen=reading.pen,
        second=_storable(reading.second),
        why=reading.why,
        belief=reading.belief,
        alternatives=[[_storable(other.value), other.chance] for other in reading.alternatives] or None,
        crop=reading.crop,
    )


def _reading(row: FieldReading) -> Reading:
    value = tuple(row.value) if isinstance(row.value, list) else cast("Value", row.value)
    return Reading(
        field=row.field,
        value=value,
        raw=row.raw,
        confidence=row.confidence,
        doubtful=row.doubtful,
        state=ReadingState(row.state),
        page=row.page,
        box=Box(*row.box),
        engine=row.engine,
        pen=Pen(row.pen),
        second=row.second,
        why=row.why,
        belief=1.0 if row.belief is None else row.belief,
        alternatives=tuple(Alternative(*other) for other in row.alternatives or ()),
    )


def _storable(text: T) -> T:
    """Without NUL, which PostgreSQL refuses in text and damaged PDFs contain."""
    return cast("T", text.replace("\x00", "")) if isinstance(text, str) else text


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
