"""Waiting faxes read again after a form was taught: pages of no known form, and forms of a corrected revision.

What was decided stays: forms that do not wait keep their readings and routes, whoever decided them. What a person has
in hand, has begun to write on, has confirmed a value of, has handed to a supervisor or has decided is left to them. A
form that is read again by the revision that corrects its own is closed (`REARRANGED`, kept as it was); the new one is
judged in its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from extractors.definition import corrections
from extractors.reading import DocumentReading, FormReading, PageKind, PageReading
from pipeline import originals
from pipeline.deciding import REARRANGED_HOLD, decide_form, definitions
from pipeline.review import queue
from pipeline.review.rearranging import close_form
from pipeline.review.writing import BY_A_PERSON
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.group_models import GroupCrop
from pipeline.store.models import Document, Form, Page, ReviewItem, ReviewState
from pipeline.store.opening import Store
from pipeline.store.quality_models import KeyedEntry

UNKNOWN = "unknown_form"
"""The reason for which a page of no known form waits."""

ReadAll = Callable[[Iterable[tuple[int, bytes]]], Iterator[tuple[int, DocumentReading]]]


@dataclass(frozen=True, slots=True)
class Reread:
    """What became of a document.

    How many of its unknown pages are known now, how many of its forms were read by a corrected revision, and which
    forms came of both, with their routes.
    """

    document_id: int
    pages: int
    known: int
    corrected: int
    forms: tuple[str, ...]
    routes: tuple[str, ...]


def waiting_again(session: Session, document_ids: Sequence[int] = ()) -> list[int]:
    """The documents of which something is to be read again, and nobody has begun with it; of those given, if any are.

    Unknown pages that wait for a person, and waiting forms of a revision that another corrects.
    """
    items = select(ReviewItem).where(ReviewItem.state == ReviewState.WAITING)
    if document_ids:
        items = items.where(ReviewItem.document_id.in_(document_ids))
    corrected = corrections(tuple(definitions().values()))
    forms = select(Form.id).where(Form.form_id.in_(corrected))
    items = items.where(or_(ReviewItem.form_pk.is_(None), ReviewItem.form_pk.in_(forms)))
    return sorted({item.document_id for item in session.scalars(items) if _is_open(session, item)})


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
    """Put what is read now in the place of what waited, in one transaction, if it still waits for anybody."""
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        document = session.get_one(Document, document_id, populate_existing=True)
        unknown = {row.page: row for row in document.pages if row.kind == PageKind.UNKNOWN and row.form is None}
        item = next((i for i in document.review_items if i.form_pk is None and _is_open(session, i)), None)
        fresh, closed = _fresh(reading, unknown if item is not None else (), _outdated(session, document))
        decided = _put_in_place(session, store.settings, document, reading, fresh, closed)
        known = sorted(unknown.keys() & {number for form in fresh for number in form.pages})
        if item is not None:
            left = {number: row for number, row in unknown.items() if number not in known}
            _compare(left, reading)
            if known:
                _settle(session, item, sorted(left))
        told = Reread(
            document_id,
            len(unknown),
            len(known),
            len(closed),
            tuple(form.form_id for form in decided),
            tuple(form.route.route for form in decided),
        )
        if decided:
            before = {"item": item.id if item is not None and known else None, "forms": [form.id for form in closed]}
            pages = sorted(number for form in decided for number in form.pages)
            after = {"pages": pages, "forms": list(told.forms), "routes": list(told.routes)}
            audit.write_line(session, "read again", document_id=document.id, before=before, after=after)
            document.decided_at = dt.datetime.now(dt.UTC)
        return told


def _put_in_place(
    session: Session,
    settings: Settings,
    document: Document,
    reading: DocumentReading,
    fresh: Sequence[FormReading],
    closed: Sequence[Form],
) -> list[Form]:
    """Close the outdated forms, give their pages and the unknown ones to the new forms, and decide these."""
    for old in closed:
        close_form(session, settings, old, audit.PROGRAM)
    rows = {row.page: row for row in document.pages}
    read = {page.page: page for page in reading.pages}
    first = len(document.forms)
    for position, form in enumerate(fresh, start=first):
        for number in form.pages:
            _enter(rows[number], read[number], position)
    session.flush()
    return [decide_form(session, settings, document, first + n, form) for n, form in enumerate(fresh)]


def _fresh(
    reading: DocumentReading, unknown: Collection[int], outdated: Mapping[int, tuple[Form, frozenset[str]]]
) -> tuple[list[FormReading], list[Form]]:
    """The forms that were read now and count, and the outdated ones in whose place they come.

    A form that stands on other pages as well is read already; one that lies on an outdated form must be of a revision
    that corrects it, and leave none of its pages without a form.
    """

    def counts(form: FormReading) -> bool:
        old = [outdated[number] for number in form.pages if number in outdated]
        free = all(number in unknown or number in outdated for number in form.pages)
        return free and bool(form.pages) and all(form.form_id in by for _, by in old)

    fresh = [form for form in reading.forms if counts(form)]
    while True:
        covered = {number for form in fresh for number in form.pages}
        torn = {n for old, _ in outdated.values() if not covered >= set(old.pages) for n in old.pages}
        kept = [form for form in fresh if not torn & set(form.pages)]
        if kept == fresh:
            closed = {outdated[number][0].position: outdated[number][0] for number in covered & outdated.keys()}
            return fresh, [closed[position] for position in sorted(closed)]
        fresh = kept


def _outdated(session: Session, document: Document) -> dict[int, tuple[Form, frozenset[str]]]:
    """By page the waiting form of a corrected revision that nobody has begun with, and those that correct it."""
    corrected = corrections(tuple(definitions().values()))
    open_ = {item.form_pk for item in document.review_items if _is_open(session, item)}
    forms = [form for form in document.forms if form.id in open_ and form.form_id in corrected]
    return {number: (form, corrected[form.form_id]) for form in forms for number in form.pages}


def _is_open(session: Session, item: ReviewItem) -> bool:
    """Whether an item waits and nobody has begun with it, or said anything of its form."""
    begun = item.draft is not None or item.escalated is not None or item.postponed_until is not None
    if item.state != ReviewState.WAITING or begun:
        return False
    if item.form_pk is None:
        return UNKNOWN in item.reasons
    return not _is_spoken_of(session, session.get_one(Form, item.form_pk))


def _is_spoken_of(session: Session, form: Form) -> bool:
    """Whether a person has decided, arranged, written, confirmed or keyed anything of a form."""
    keyed = select(KeyedEntry.id).filter_by(form_pk=form.id)
    verified = select(GroupCrop.id).filter_by(form_pk=form.id).where(GroupCrop.verdict.is_not(None))
    return (
        any(route.decided_by != audit.PROGRAM for route in form.routes)
        or REARRANGED_HOLD in form.route.reasons
        or any(reading.engine == BY_A_PERSON for reading in form.readings)
        or (form.patient is not None and "by" in form.patient)
        or any(session.scalar(said.limit(1)) is not None for said in (keyed, verified))
    )


def _enter(row: Page, page: PageReading, position: int) -> None:
    row.kind, row.form, row.form_id, row.form_page = page.kind, position, page.form_id, page.form_page
    row.rotated, row.match, row.residual, row.error = page.rotated, page.match, page.residual, page.error
    row.to_blank = None if page.to_blank is None else list(page.to_blank)
    row.text, row.nearest = page.text, None


def _compare(rows: Mapping[int, Page], reading: DocumentReading) -> None:
    """Pages that are still unknown: what they are most like may be another form by now."""
    for page in reading.pages:
        if page.page in rows and page.kind is PageKind.UNKNOWN:
            row = rows[page.page]
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
