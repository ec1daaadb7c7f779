"""Which documents may go: their period is over, nobody waits for them, and no hold is on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from pipeline.retention.classes import DocumentClass, Retention
from pipeline.retention.holds import held
from pipeline.store.group_models import GroupCrop, GroupSheet
from pipeline.store.models import Document, DocumentState, Form, FormRoute, ReviewItem, ReviewState
from pipeline.store.quality_models import QualityCheck

AT_ONCE = 500
"""Documents looked at in one query."""

UNDECIDED = (DocumentState.RECEIVED, DocumentState.READING)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document's class, and until when that keeps it (None: for ever)."""

    document_id: int
    document_class: DocumentClass
    until: dt.datetime | None

    def is_over(self, now: dt.datetime) -> bool:
        """Whether its period is over."""
        return self.until is not None and self.until < now


def kept(document: Document, retention: Retention) -> Kept:
    """By which class a document is kept, and until when."""
    document_class = retention.class_of((form.form_id, form.route.route) for form in document.forms)
    last = max(
        document.taken_in_at,
        *(source.noted_at for source in document.sources),
        *filter(None, [document.decided_at]),
        *(form.route.decided_at for form in document.forms),
    )
    period = document_class.period
    return Kept(document.id, document_class, None if period is None else last + period)


def due(session: Session, retention: Retention, now: dt.datetime) -> Iterator[Kept]:
    """Every document that may go now, in order."""
    if retention.shortest is None:
        return
    last = 0
    while batch := session.scalars(_long_decided(now - retention.shortest, last)).unique().all():
        for document in batch:
            if (one := kept(document, retention)).is_over(now):
                yield one
        last = batch[-1].id
        session.expunge_all()


def may_go(session: Session, document_id: int, retention: Retention, now: dt.datetime) -> Kept | None:
    """The document's class if it may go now, else None: asked again in the transaction that removes it."""
    document = session.scalars(_with_forms().where(Document.id == document_id, _free())).unique().one_or_none()
    if document is None:
        return None
    one = kept(document, retention)
    return one if one.is_over(now) else None


def waits() -> ColumnElement[bool]:
    """Whether somebody needs a document (a row of the query around it): it waits, is checked, or is shown beside."""
    open_item = ReviewItem.state != ReviewState.DONE
    route = aliased(FormRoute)
    item = exists().where(ReviewItem.document_id == Document.id, open_item)
    check = (
        exists()
        .where(QualityCheck.form_pk == Form.id, Form.document_id == Document.id)
        .where(QualityCheck.state != ReviewState.DONE)
    )
    sheet = (
        exists()
        .where(GroupCrop.form_pk == Form.id, Form.document_id == Document.id)
        .where(GroupSheet.id == GroupCrop.sheet_id, GroupSheet.closed_at.is_(None))
    )
    beside = (
        exists()
        .where(ReviewItem.form_pk == route.form_pk, open_item, Form.document_id == Document.id)
        .where(or_(route.duplicate_of == Form.id, route.contradicts == Form.id))
    )
    return or_(Document.state.in_(UNDECIDED), item, check, sheet, beside)


def _free() -> ColumnElement[bool]:
    return and_(Document.removed_at.is_(None), ~waits(), ~held())


def _with_forms() -> Select[tuple[Document]]:
    forms = selectinload(Document.forms).selectinload(Form.routes)
    return select(Document).options(selectinload(Document.sources), forms)


def _long_decided(before: dt.datetime, after_id: int) -> Select[tuple[Document]]:
    wanted = _with_forms().where(Document.id > after_id, Document.decided_at < before, _free())
    return wanted.order_by(Document.id).limit(AT_ONCE)
