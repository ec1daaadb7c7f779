"""Stuck work: found, freed, tried again, or held with a reason. What a repair does stands in the ledger and the trail.

Nobody needs it where all goes well: a lease that ran out, or whose holder died, is claimed again by itself, and a
document that was claimed too often is held. It is for the morning after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from extractors.reading import DocumentStatus
from pipeline import ledger
from pipeline.errors import RepairRefused
from pipeline.review import queue
from pipeline.settings import Settings
from pipeline.store import audit, repository
from pipeline.store.intake_models import LedgerStep
from pipeline.store.models import Document, DocumentState, ReviewState

ON_THE_WAY = (DocumentState.RECEIVED, DocumentState.READING)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many documents are in a state, since when the oldest of them, and the most attempts on one."""

    state: str
    documents: int
    oldest: dt.datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """A document that does not go on, and why."""

    document_id: int
    state: str
    attempts: int
    since: dt.datetime
    why: str


def standings(session: Session) -> list[Standing]:
    """Every state in which there are documents, in the order of their way."""
    columns = (Document.state, func.count(), func.min(Document.taken_in_at), func.max(Document.attempts))
    found = {row[0]: Standing(*row) for row in session.execute(select(*columns).group_by(Document.state))}
    return [found[state] for state in DocumentState if state in found]


def find_stuck(session: Session, settings: Settings, now: dt.datetime | None = None) -> list[Stuck]:
    """What is on its way and does not go on: forsaken, claimed too often, or waiting longer than the settings say."""
    now = now or dt.datetime.now(dt.UTC)
    # those of an archive wait for their chunk, a million of them perhaps
    forgotten = and_(
        Document.batch.is_(None), Document.taken_in_at < now - dt.timedelta(minutes=settings.stuck_minutes)
    )
    suspect = or_(Document.state == DocumentState.READING, Document.attempts > 0, forgotten)
    on_the_way = select(Document).where(Document.state.in_(ON_THE_WAY), suspect).order_by(Document.id)
    found = []
    for document in session.scalars(on_the_way):
        why = _why_stuck(document, settings, now)
        if why:
            found.append(Stuck(document.id, document.state, document.attempts, document.taken_in_at, why))
    return found


def way_of(session: Session, document: Document) -> Sequence[LedgerStep]:
    """Every step of a document, the first one first."""
    steps = select(LedgerStep).where(LedgerStep.document_id == document.id).order_by(LedgerStep.id)
    return session.scalars(steps).all()


def free_and_hold(session: Session, settings: Settings, who: str) -> tuple[list[int], list[int]]:
    """Free what is forsaken, and hold what was claimed too often; the documents of each."""
    freed, held = [], []
    for stuck in find_stuck(session, settings):
        document = session.get_one(Document, stuck.document_id, with_for_update=True)
        if document.state == DocumentState.READING and not _is_forsaken(document, dt.datetime.now(dt.UTC)):
            continue
        if document.attempts >= settings.attempts:
            hold(session, document, f"claimed {document.attempts} times and never decided", who)
            held.append(document.id)
        elif document.state == DocumentState.READING:
            _free(session, document, stuck.why, who)
            freed.append(document.id)
    return freed, held


def retry(session: Session, document: Document, who: str) -> None:
    """Have a document read once more that could not be read, with all its attempts.

    Raises:
        RepairRefused: it did not fail, or a person has it in hand or has decided it.
    """
    untouched = all(item.state == ReviewState.WAITING and item.form_pk is None for item in document.review_items)
    if document.state != DocumentState.FAILED or document.forms or not untouched:
        raise RepairRefused(
            f"document {document.id}: only what failed, and no person has begun to decide, is read again"
        )
    for row in (*document.review_items, *document.pages):
        session.delete(row)
    before = {"state": document.state, "error": document.error}
    document.state, document.attempts = DocumentState.RECEIVED, 0
    document.status = document.error = document.decided_at = None
    repository.note_step(session, document.id, DocumentState.RECEIVED, why="to be read again")
    audit.write_line(session, "read again", who=who, document_id=document.id, before=before)


def hold(session: Session, document: Document, why: str, who: str) -> None:
    """Give a document to a person instead of reading it; whoever reads it now finds his claim gone.

    Raises:
        RepairRefused: it is decided already.
    """
    if document.state not in ON_THE_WAY:
        raise RepairRefused(f"document {document.id}: it is decided already")
    before = {"state": document.state, "attempts": document.attempts}
    document.status, document.error = DocumentStatus.FAILED, f"held: {why}"
    ledger.settle(document, DocumentState.FAILED)
    queue.put(session, document, ["unreadable"])
    audit.write_line(session, "held", who=who, document_id=document.id, before=before, after={"why": why})


def _free(session: Session, document: Document, why: str, who: str) -> None:
    before = {"state": document.state, "owner": document.lease_owner}
    document.state, document.lease_owner, document.lease_until = DocumentState.RECEIVED, None, None
    repository.note_step(session, document.id, DocumentState.RECEIVED, attempt=document.attempts, why=f"freed: {why}")
    audit.write_line(session, "freed", who=who, document_id=document.id, before=before)


def _why_stuck(document: Document, settings: Settings, now: dt.datetime) -> str:
    if document.state == DocumentState.READING:
        if document.lease_owner is not None and ledger.is_dead(document.lease_owner):
            return "the process that had it died"
        return "its lease ran out" if _is_forsaken(document, now) else ""
    if document.attempts >= settings.attempts:
        return "claimed too often"
    waited = now - document.taken_in_at
    forgotten = document.batch is None and waited > dt.timedelta(minutes=settings.stuck_minutes)
    return "nobody has claimed it" if forgotten else ""


def _is_forsaken(document: Document, now: dt.datetime) -> bool:
    run_out = document.lease_until is None or document.lease_until < now
    return run_out or (document.lease_owner is not None and ledger.is_dead(document.lease_owner))
