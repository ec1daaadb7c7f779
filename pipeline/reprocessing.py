"""Waiting faxes read again after a form was taught: pages that no form was known for, and nothing else.

What was decided stays: forms that were read keep their readings and routes, whoever decided them. A page that a person
has in hand, has begun to write on, has handed to a supervisor or has decided is left to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading, PageKind, PageReading
from pipeline import originals
from pipeline.deciding import decide_form
from pipeline.review import queue
from pipeline.store import audit
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.models import Document, Page, ReviewItem, ReviewState
from pipeline.store.opening import Store

UNKNOWN = "unknown_form"
"""The reason for which a page of no known form waits."""

ReadAll = Callable[[Iterable[tuple[int, bytes]]], Iterator[tuple[int, DocumentReading]]]


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of a document: how many of its unknown pages are known now, and the routes of the forms on them."""

    document_id: int
    pages: int
    known: int
    forms: tuple[str, ...]
    routes: tuple[str, ...]


def waiting_unknown(session: Session, document_ids: Sequence[int] = ()) -> list[int]:
    """The documents of which unknown pages wait for a person and nobody has begun with; of those given, if any are."""
    items = select(ReviewItem).where(ReviewItem.form_pk.is_(None), ReviewItem.state == ReviewState.WAITING)
    if document_ids:
        items = items.where(ReviewItem.document_id.in_(document_ids))
    return sorted({item.document_id for item in session.scalars(items) if _is_open(item)})


def reprocess(store: Store, document_ids: Sequence[int], read_all: ReadAll) -> Iterator[Reread]:
    """Read those documents again, in the order of their arrival, and decide the forms that are known now."""
    held: dict[int, DocumentReading] = {}
    left = sorted(document_ids)
    for document_id, reading in read_all(_originals(store, tuple(left))):
        held[document_id] = reading
        while left and left[0] in held:
            yield _decide(store, left[0], held.pop(left.pop(0)))


def _originals(store: Store, document_ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    for document_id in document_ids:
        with Session(read_only(store.engine)) as session:
            sha256 = session.get_one(Document, document_id).sha256
        yield document_id, originals.fetch(store.originals, sha256)


def _decide(store: Store, document_id: int, reading: DocumentReading) -> Reread:
    """Put what is known now in the place of the unknown pages, in one transaction, if they still wait for anybody."""
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        document = session.get_one(Document, document_id, populate_existing=True)
        item = next((item for item in document.review_items if _is_open(item)), None)
        rows = {row.page: row for row in document.pages if row.kind == PageKind.UNKNOWN and row.form is None}
        if item is None:
            return Reread(document_id, len(rows), 0, (), ())
        known = {page.page: page for page in reading.pages if page.page in rows and page.kind is PageKind.FORM}
        # a form that stands on other pages as well is read already
        forms = [form for form in reading.forms if form.pages and set(form.pages) <= set(known)]
        known = {number: page for number, page in known.items() if any(number in form.pages for form in forms)}
        first = len(document.forms)
        for position, form in enumerate(forms, start=first):
            for number in form.pages:
                _enter(rows[number], known[number], position)
        session.flush()
        decided = [decide_form(session, store.settings, document, first + n, form) for n, form in enumerate(forms)]
        told = Reread(
            document_id, len(rows), len(known), tuple(f.form_id for f in forms), tuple(f.route.route for f in decided)
        )
        for number in rows.keys() - known.keys():
            _compare(rows[number], next((page for page in reading.pages if page.page == number), None))
        if known:
            _settle(session, item, sorted(rows.keys() - known.keys()))
            after = {"pages": sorted(known), "forms": list(told.forms), "routes": list(told.routes)}
            audit.write_line(session, "read again", document_id=document.id, before={"item": item.id}, after=after)
            document.decided_at = dt.datetime.now(dt.UTC)
        return told


def _is_open(item: ReviewItem) -> bool:
    """Whether an item is about unknown pages and nobody has begun with it."""
    untouched = item.draft is None and item.escalated is None and item.postponed_until is None
    return item.form_pk is None and item.state == ReviewState.WAITING and untouched and UNKNOWN in item.reasons


def _enter(row: Page, page: PageReading, position: int) -> None:
    row.kind, row.form, row.form_id, row.form_page = page.kind, position, page.form_id, page.form_page
    row.rotated, row.match, row.residual, row.error = page.rotated, page.match, page.residual, page.error
    row.to_blank = None if page.to_blank is None else list(page.to_blank)
    row.text, row.nearest = page.text, None


def _compare(row: Page, page: PageReading | None) -> None:
    """A page that is still unknown: what it is most like may be another form by now."""
    if page is not None and page.kind is PageKind.UNKNOWN:
        row.nearest, row.match, row.residual = page.nearest, page.match, page.residual


def _settle(session: Session, item: ReviewItem, still_unknown: Sequence[int]) -> None:
    """The item goes on for pages that are unknown still, else it is done."""
    if still_unknown:
        item.page, item.version = still_unknown[0], item.version + 1
        return
    reasons = [reason for reason in item.reasons if reason != UNKNOWN]
    if reasons:
        item.reasons, item.version = reasons, item.version + 1
        return
    queue.close_item(session, item)
