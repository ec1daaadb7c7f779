"""The review queue: what waits for a person, why, for how long, and who has it in hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session, selectinload

from pipeline.errors import ClaimLost
from pipeline.store import audit
from pipeline.store.models import Document, DocumentState, Form, ReviewItem, ReviewState

URGENT, NORMAL, LATER = 10, 50, 90
"""Priorities, the smaller the sooner: a treatment may hang on it; an ordinary form; a page that is no form."""

URGENT_REASONS = frozenset({"rationale_missing", "anc_implausible", "anc_too_old", "prescriber_only"})
"""Reasons under which a patient's treatment is interrupted, or goes on at risk, until somebody decides."""


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


def list_waiting(session: Session, reason: str | None = None) -> Iterator[Waiting]:
    """What waits, the most urgent first and then the oldest; only items with that reason when one is named."""
    items = session.scalars(
        select(ReviewItem)
        .where(ReviewItem.state != ReviewState.DONE)
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
        waiting.priority = priority_of(reasons, is_form=True)
        return waiting
    item = ReviewItem(
        document=document,
        form_pk=form.id if form else None,
        page=page,
        state=ReviewState.WAITING,
        reasons=list(reasons),
        priority=priority_of(reasons, is_form=form is not None),
        created_at=dt.datetime.now(dt.UTC),
    )
    session.add(item)
    if document.state == DocumentState.STORED:
        document.state = DocumentState.QUEUED
    return item


def close(session: Session, form: Form) -> None:
    """The form waits for nobody any more. A document of which nothing waits is no longer queued."""
    item = _open_item(session, form)
    if item is None:
        return
    item.state, item.closed_at, item.version = ReviewState.DONE, dt.datetime.now(dt.UTC), item.version + 1
    session.flush()
    document = item.document
    if document.state == DocumentState.QUEUED and all(i.state == ReviewState.DONE for i in document.review_items):
        document.state = DocumentState.STORED


def priority_of(reasons: Collection[str], *, is_form: bool) -> int:
    """How soon somebody should look (the smaller, the sooner)."""
    if URGENT_REASONS.intersection(reasons):
        return URGENT
    return NORMAL if is_form else LATER


def claim(session: Session, item_id: int, who: str, lease: dt.timedelta) -> int | None:
    """Take an item in hand; its new version, or None when somebody else has it or it is done.

    One conditional UPDATE, so that of two people who ask at once one gets it. A lease that ran out can be taken over.
    """
    now = dt.datetime.now(dt.UTC)
    free = or_(
        ReviewItem.state == ReviewState.WAITING,
        and_(ReviewItem.state == ReviewState.CLAIMED, or_(ReviewItem.lease_until < now, ReviewItem.claimed_by == who)),
    )
    won = _change(
        session,
        and_(ReviewItem.id == item_id, free),
        {"state": ReviewState.CLAIMED, "claimed_by": who, "lease_until": now + lease},
    )
    if not won:
        return None
    item = session.get_one(ReviewItem, item_id, populate_existing=True)
    audit.write_line(session, "review claimed", who=who, document_id=item.document_id, after={"item": item_id})
    return item.version


def release(session: Session, item_id: int, who: str, version: int) -> None:
    """Put an item back; ClaimLost when it is no longer in that person's hand at that version."""
    held = and_(
        ReviewItem.id == item_id,
        ReviewItem.state == ReviewState.CLAIMED,
        ReviewItem.claimed_by == who,
        ReviewItem.version == version,
    )
    if not _change(session, held, {"state": ReviewState.WAITING, "claimed_by": None, "lease_until": None}):
        raise ClaimLost(f"review item {item_id}: somebody else took it over")
    item = session.get_one(ReviewItem, item_id, populate_existing=True)
    audit.write_line(session, "review released", who=who, document_id=item.document_id, after={"item": item_id})


def _open_item(session: Session, form: Form) -> ReviewItem | None:
    waiting = select(ReviewItem).where(ReviewItem.form_pk == form.id, ReviewItem.state != ReviewState.DONE)
    return session.scalars(waiting.limit(1)).first()


def _change(session: Session, where: ColumnElement[bool], values: dict[str, Any]) -> bool:
    result = session.execute(
        update(ReviewItem)
        .where(where)
        .values(version=ReviewItem.version + 1, **values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


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
