"""The main path of one document: taken in, read, judged, routed, stored.

    take_in   the original safe on disk, then a line in the ledger: from here on nothing is lost
    process   claim -> read -> decide; several documents at once: `process_in_order`
    decide    in one transaction: the pages, each form (`deciding.decide_form`), the queue, the audit line

Reading may run in parallel. Deciding goes in the order of arrival, because what is a duplicate, and what the registry
knows, depends on the forms that came before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from extractors.errors import DocumentError, FaxformsError, LimitExceeded, ReaderCrashed
from extractors.reading import DocumentReading, DocumentStatus, PageKind
from pipeline import ledger, logs, originals, step_times
from pipeline.deciding import decide_form
from pipeline.errors import ClaimLost, KeyMissing, OriginalDamaged, OriginalRemoved
from pipeline.intake.entering import take_in_stream
from pipeline.intake.folder import Arrival
from pipeline.migration.archived import rows_about
from pipeline.review import queue
from pipeline.store import audit, repository
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import Store
from validators.archives import lacking
from validators.transmission import judge_pages

Reader = Callable[[bytes], DocumentReading]
"""Reads a document's bytes; raises DocumentError when it cannot."""

ReadAll = Callable[[Iterable[tuple[int, bytes]]], Iterator[tuple[int, DocumentReading]]]
"""Reads documents, each with its id, and hands them back in any order (`readers.ReaderPool.read`)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a document: `status` as read (done, partial, failed), the routes of its forms."""

    document_id: int
    state: DocumentState
    status: DocumentStatus
    pages: int
    routes: tuple[str, ...]


def take_in(store: Store, arrival: Arrival) -> int:
    """Keep the original, then enter it in the ledger; the document's id.

    The same bytes are one document, however often they come: every file that brought them is noted as a source.
    """
    with arrival.path.open("rb") as incoming:
        return take_in_stream(store, incoming, arrival.origin).document_id


def process(store: Store, document_id: int, read: Reader) -> Outcome | None:
    """Read and decide one document; None when it is done already or another process has it."""
    return next(process_in_order(store, [document_id], lambda documents: _read_one_by_one(documents, read)), None)


def process_in_order(store: Store, document_ids: Iterable[int], read_all: ReadAll) -> Iterator[Outcome]:
    """Read documents as fast as `read_all` does, and decide them in the order given.

    Documents that are done, or that another process has, are left out. When the work is broken off, what was claimed
    and is not decided yet can be claimed again at once.
    """
    work = _Work()
    try:
        for document_id, reading in read_all(_claim_all(store, document_ids, work)):
            work.readings[document_id] = reading
            yield from _decide_ready(store, work)
        yield from _decide_ready(store, work)
    finally:
        for held in work.claims:
            with Session(store.engine) as session, session.begin():
                ledger.give_back(session, held)


def decide(store: Store, held: ledger.Claim, reading: DocumentReading) -> Outcome:
    """Judge, route and store everything that was read, in one transaction.

    A document that breaks a step on the way is kept with its pages and goes to a person; a database that is away is an
    error of the run, not of the document.

    Raises:
        ClaimLost: another process took the document over; nothing is stored.
    """
    timer = logs.Timer()
    try:
        outcome = _decide(store, held, reading, timer)
    except (ClaimLost, OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a step raises must not lose the document, nor stop the batch
        broke = type(error).__name__
        logs.logger().error("step failed", step="judge", document=held.document_id, error=broke)
        outcome = _decide(store, held, _unjudged(reading, f"judge: {broke}"), timer)
    logs.logger().info(
        "decided",
        document=outcome.document_id,
        state=outcome.state,
        status=outcome.status,
        pages=outcome.pages,
        routes=outcome.routes,
        attempt=held.attempt,
        read_seconds=round(reading.seconds, 4),
        seconds=timer.seconds,
    )
    return outcome


def _decide(store: Store, held: ledger.Claim, reading: DocumentReading, timer: logs.Timer) -> Outcome:
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        document = ledger.hold(session, held)
        document.status, document.error = reading.status, reading.error
        repository.record_pages(session, document, reading.pages)
        forms = [
            decide_form(session, store.settings, document, position, form)
            for position, form in enumerate(reading.forms)
        ]
        _queue_what_is_no_form(session, document, reading)
        if lacking(rows_about(session, document) or (), [form.form_id for form in forms]):
            queue.put(session, document, ["index_disagrees"])  # the archive's index tells of a form that is not there
        ledger.settle(document, _state(document))
        routes = tuple(form.route.route for form in forms)
        audit.write_line(
            session,
            "decided",
            document_id=document.id,
            before={"state": DocumentState.READING},
            after={"state": document.state, "status": document.status, "routes": list(routes)},
        )
        _note_times(session, document, reading, timer)
        return Outcome(document.id, DocumentState(document.state), reading.status, len(reading.pages), routes)


def _note_times(session: Session, document: Document, reading: DocumentReading, timer: logs.Timer) -> None:
    if reading.seconds:
        step_times.add(session, "read", reading.seconds)
    if document.decided_at is not None:
        step_times.add(session, "arrival_to_decision", (document.decided_at - document.taken_in_at).total_seconds())
    step_times.add(session, "decide", timer.seconds)


def _queue_what_is_no_form(session: Session, document: Document, reading: DocumentReading) -> None:
    """Unknown pages, and documents that could not be read whole, wait for a person too."""
    found = judge_pages(reading.pages, document.received)
    if found:
        queue.put(session, document, [about.finding.reason for about in found], page=found[0].page)
    elif reading.status is not DocumentStatus.DONE and not document.review_items:
        queue.put(session, document, ["unreadable"])


def _state(document: Document) -> DocumentState:
    if document.status == DocumentStatus.FAILED:
        return DocumentState.FAILED
    return DocumentState.QUEUED if document.review_items else DocumentState.STORED


def _unjudged(reading: DocumentReading, error: str) -> DocumentReading:
    """What is left when judging broke: every page, set aside as unknown."""
    pages = tuple(
        replace(page, kind=PageKind.UNKNOWN, form=None, form_id=None, form_page=None, text="", error=error)
        for page in reading.pages
    )
    return DocumentReading(pages, (), DocumentStatus.FAILED, error)


@dataclass(slots=True)
class _Work:
    """What is under way: the claims in the order of arrival, and the readings that are ready."""

    claims: deque[ledger.Claim] = field(default_factory=deque)
    readings: dict[int, DocumentReading] = field(default_factory=dict)


def _claim_all(store: Store, document_ids: Iterable[int], work: _Work) -> Iterator[tuple[int, bytes]]:
    """Claim one document after the other, as they are asked for, and hand out their bytes."""
    for document_id in document_ids:
        with Session(store.engine) as session, session.begin():
            held = ledger.claim(session, document_id, store.settings.lease)
        if held is None:
            continue
        work.claims.append(held)
        try:
            yield document_id, _original(store, held)
        except (DocumentError, OriginalDamaged, OriginalRemoved) as error:
            work.readings[document_id] = _failed(error)


def _original(store: Store, held: ledger.Claim) -> bytes:
    if held.attempt > store.settings.attempts:
        raise ReaderCrashed("read", f"given up: the program ended {held.attempt - 1} times while it worked on this")
    with Session(read_only(store.engine)) as session:
        document = session.get_one(Document, held.document_id)
        sha256, size, allowed = document.sha256, document.size, store.settings.limits.bytes
    if size > allowed:
        raise LimitExceeded("open", f"the file has {size} bytes, {allowed} are allowed")
    try:
        return originals.fetch(store.originals, sha256)
    except KeyMissing as error:  # no fault of the document: the run stops, and it goes on waiting
        raise KeyMissing(f"document {held.document_id}: {error}") from None


def _decide_ready(store: Store, work: _Work) -> Iterator[Outcome]:
    """Decide the documents that are next in order, as far as their readings are there."""
    while work.claims and work.claims[0].document_id in work.readings:
        held = work.claims[0]
        try:
            outcome = decide(store, held, work.readings.pop(held.document_id))
        except ClaimLost:
            logs.logger().warning("claim lost", document=held.document_id, attempt=held.attempt)
            outcome = None  # the other process's work stands
        work.claims.popleft()
        if outcome is not None:
            yield outcome


def _read_one_by_one(documents: Iterable[tuple[int, bytes]], read: Reader) -> Iterator[tuple[int, DocumentReading]]:
    for document_id, data in documents:
        try:
            yield document_id, read(data)
        except Exception as error:  # noqa: BLE001 - whatever a reader raises costs this document alone
            yield document_id, _failed(error)


def _failed(error: Exception) -> DocumentReading:
    """The reading of a document that cannot be read; of an error that is not ours only the kind, lest it tell names."""
    said = str(error) if isinstance(error, FaxformsError) else f"read: {type(error).__name__}"
    return DocumentReading((), (), DocumentStatus.FAILED, said)
