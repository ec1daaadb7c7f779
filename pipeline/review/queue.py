"""The review queue: what waits for a person, why, for how long, and who has it in hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.orm import Session, selectinload

from pipeline.review.batches import of_batch
from pipeline.review.priority import priority_of
from pipeline.store.models import Document, DocumentState, Form, ReviewItem, ReviewState
from validators.findings import Outcome


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue; `beside` is the document whose form it repeats or contradicts, to be seen with it."""

    item: int
    version: int
    document_id: int
    file: str
    form_id: str | None
    page: int | None
    reasons: tuple[str, ...]
    priority: int
    received: dt.date
    since: dt.datetime
    claimed_by: str | None
    beside: int | None = None

    def waited(self, now: dt.datetime | None = None) -> dt.timedelta:
        """How long it has waited."""
        return (now or dt.datetime.now(dt.UTC)) - self.since


def list_waiting(session: Session, reason: str | None = None, batch: str | None = None) -> Iterator[Waiting]:
    """What waits, the most urgent first and then the oldest; only items with that reason, or of that batch, if named.

    A batch is that of `batches.of_batch`.
    """
    items = session.scalars(
        select(ReviewItem)
        .where(ReviewItem.state != ReviewState.DONE, true() if batch is None else of_batch(batch))
        .order_by(ReviewItem.priority, ReviewItem.created_at, ReviewItem.id)
        .options(selectinload(ReviewItem.document).selectinload(Document.sources))
    )
    for item in items:
        if reason is None or reason in item.reasons:
            yield _line(session, item)


def put(
    session: Session,
    document: Document,
    reasons: Collection[str],
    *,
    form: Form | None = None,
    page: int | None = None,
) -> ReviewItem:
    """Queue a form, a page, or (with neither) the whole document, with every reason; a form that waits waits once."""
    if form is not None and (waiting := _open_item(session, form)) is not None:
        waiting.reasons = list(reasons)
        waiting.priority, waiting.prescriber_only = priority_of(session, reasons, form), _is_prescriber_only(form)
        return waiting
    item = ReviewItem(
        document=document,
        form_pk=form.id if form else None,
        page=page,
        state=ReviewState.WAITING,
        reasons=list(reasons),
        priority=priority_of(session, reasons, form),
        prescriber_only=form is not None and _is_prescriber_only(form),
        created_at=dt.datetime.now(dt.UTC),
    )
    session.add(item)
    if document.state == DocumentState.STORED:
        document.state = DocumentState.QUEUED
    return item


def close(session: Session, form: Form) -> None:
    """The form waits for nobody any more."""
    item = _open_item(session, form)
    if item is not None:
        close_item(session, item)


def close_item(session: Session, item: ReviewItem) -> None:
    """An item is done. A document of which nothing waits is no longer queued."""
    item.draft = None
    item.state, item.closed_at, item.version = ReviewState.DONE, dt.datetime.now(dt.UTC), item.version + 1
    session.flush()
    others = select(ReviewItem.id).where(
        ReviewItem.document_id == item.document_id, ReviewItem.state != ReviewState.DONE
    )
    if item.document.state == DocumentState.QUEUED and session.scalars(others.limit(1)).first() is None:
        item.document.state = DocumentState.STORED


def _is_prescriber_only(form: Form) -> bool:
    return any(finding.outcome == Outcome.PRESCRIBER_ONLY for finding in form.findings)


def _open_item(session: Session, form: Form) -> ReviewItem | None:
    waiting = select(ReviewItem).where(ReviewItem.form_pk == form.id, ReviewItem.state != ReviewState.DONE)
    return session.scalars(waiting.limit(1)).first()


def _line(session: Session, item: ReviewItem) -> Waiting:
    form = session.get(Form, item.form_pk) if item.form_pk else None
    return Waiting(
        item=item.id,
        version=item.version,
        document_id=item.document_id,
        file=item.document.sources[0].file,
        form_id=form.form_id if form else None,
        page=item.page,
        reasons=tuple(item.reasons),
        priority=item.priority,
        received=item.document.received,
        since=item.created_at,
        claimed_by=item.claimed_by if item.state == ReviewState.CLAIMED else None,
        beside=_beside(session, form) if form else None,
    )


def _beside(session: Session, form: Form) -> int | None:
    other = form.route.contradicts or form.route.duplicate_of
    return session.get_one(Form, other).document_id if other else None
