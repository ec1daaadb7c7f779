"""Every original of an archive safe, and entered in the ledger, before anything of it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.migration.sources import NotUsable, Opened, Place, Refused, reading, walk
from pipeline.store import audit, repository
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.migration_models import MigrationFile
from pipeline.store.opening import Store
from validators.archives import IndexRow

FILES_A_TRANSACTION = 50
"""Entered in the ledger together; what a crash undoes of it is found again by its bytes."""

CHANNEL = "archive"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file whose original is safe (or that cannot be used), and that is to be entered in the ledger."""

    file_id: int
    sha256: str = ""
    size: int = 0
    refused: Refused | None = None


def take_in_all(store: Store, migration: int, place: Place, step: Callable[[], object]) -> None:
    """Take in every file of the plan that is not yet; `step` is called for each. What was done before stands."""
    waiting = _waiting(store, migration)
    batch: list[_Kept] = []
    largest = store.settings.limits.bytes
    for found, open_file in walk(place, largest) if waiting else ():
        file_id = waiting.pop((found.name, found.fingerprint), None)
        if file_id is None:
            continue
        batch.append(_keep(store, file_id, open_file, largest))
        if len(batch) >= FILES_A_TRANSACTION or not waiting:
            _enter(store, migration, batch)
            batch.clear()
        step()
        if not waiting:
            return
    _enter(store, migration, batch)


def batch_of(migration: int, chunk: int) -> str:
    """How the documents of a chunk are named together: the review queue and group verification can go by it."""
    return f"{migration}-{chunk:04}"


def _waiting(store: Store, migration: int) -> dict[tuple[str, str], int]:
    columns = select(MigrationFile.id, MigrationFile.name, MigrationFile.fingerprint)
    todo = columns.filter_by(migration_id=migration, document_id=None, refused=None)
    with Session(read_only(store.engine)) as session:
        return {(name, fingerprint): file_id for file_id, name, fingerprint in session.execute(todo)}


def _keep(store: Store, file_id: int, open_file: Opened, largest: int) -> _Kept:
    try:
        with reading(open_file, largest) as stream:
            return _Kept(file_id, *originals.keep(store.originals, stream))
    except NotUsable as error:
        return _Kept(file_id, refused=error.why)


def _enter(store: Store, migration: int, batch: list[_Kept]) -> None:
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        for kept in batch:
            file = session.get_one(MigrationFile, kept.file_id, populate_existing=True)
            if file.document_id is not None or file.refused is not None:
                continue  # another process takes in the same archive
            if kept.refused:
                file.refused, file.chunk = kept.refused.value, None
            elif originals.holds(store.originals, kept.sha256):  # else retention took it away a moment ago: next time
                _enter_one(session, migration, file, kept)


def _enter_one(session: Session, migration: int, file: MigrationFile, kept: _Kept) -> None:
    """A document of these bytes, or a note at the one that is there."""
    document = repository.find_document(session, kept.sha256)
    file.known, action = document is not None, "source noted" if document else "taken in"
    received = _day(file)
    if document is None:
        document = repository.add_document(session, kept.sha256, kept.size, received)
        document.batch = batch_of(migration, file.chunk or 0)
    document.removed_at = None  # had its retention ended, it begins again
    file.document_id = document.id
    details = {"migration": migration}
    if repository.note_source(session, document, channel=CHANNEL, file=file.name, received=received, details=details):
        after = {"sha256": kept.sha256, "file": file.name}
        audit.write_line(session, action, document_id=document.id, after=after)


def _day(file: MigrationFile) -> dt.date:
    """The first day that the index gives; today where it gives none: a form of such a document has a day of its own."""
    days = [row.document_date for row in map(IndexRow.from_json, file.told) if row.document_date]
    return min(days, default=None) or dt.datetime.now(dt.UTC).date()
