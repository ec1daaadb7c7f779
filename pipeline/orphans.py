"""Originals that no document names, and documents whose original is gone: ledger and vault compared, both ways.

An upload that was refused or broken off after its bytes were safe leaves them behind: nobody knows whose they are, and
no retention ever takes them. What was laid there within the last day is nobody's concern: it may be entered yet.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.shelf import LEFT_BEHIND
from pipeline.store import audit, repository
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.models import Document
from pipeline.store.opening import Store


@dataclass(frozen=True, slots=True)
class Compared:
    """How many originals there are; `orphans` are hashes that no document names, `lost` documents without original."""

    originals: int
    orphans: tuple[str, ...]
    lost: tuple[int, ...]


def compare(store: Store, now: dt.datetime | None = None) -> Compared:
    """Look at every original, and at every document that is to have one.

    The ledger is read before the vault, and what differs is asked for once more: work goes on meanwhile.
    """
    with Session(read_only(store.engine)) as session:
        columns = select(Document.sha256, Document.id, Document.removed_at)
        named = {sha256: None if removed else number for sha256, number, removed in session.execute(columns)}
    kept = set(originals.kept(store.originals))
    with Session(read_only(store.engine)) as session:
        orphans = [sha256 for sha256 in sorted(kept - named.keys()) if _is_orphan(store, session, sha256, now)]
    gone = [number for sha256, number in named.items() if number is not None and sha256 not in kept]
    with Session(read_only(store.engine)) as session:
        lost = [number for number in sorted(gone) if _is_lost(store, session, number)]
    return Compared(len(kept), tuple(orphans), tuple(lost))


def remove_orphans(store: Store, who: str, now: dt.datetime | None = None) -> int:
    """Delete the originals that no document names, each with a line in the audit trail; how many.

    Each is asked for once more in a transaction of its own: the same bytes that come in just now come before or after
    it, and then bring the original again.
    """
    removed = 0
    for sha256 in compare(store, now).orphans:
        with Session(store.engine) as session, session.begin():
            take_write_turn(session.connection())
            if _is_orphan(store, session, sha256, now):
                audit.write_line(session, "original without a document removed", who=who, before={"sha256": sha256})
                session.flush()
                store.originals.shelf.remove(originals.name_of(sha256))
                removed += 1
    return removed


def _is_orphan(store: Store, session: Session, sha256: str, now: dt.datetime | None) -> bool:
    if repository.find_document(session, sha256) is not None:
        return False
    try:
        laid = store.originals.shelf.laid_at(originals.name_of(sha256))
    except FileNotFoundError:
        return False
    return (now or dt.datetime.now(dt.UTC)).timestamp() - laid > LEFT_BEHIND


def _is_lost(store: Store, session: Session, number: int) -> bool:
    document = session.get_one(Document, number)
    return document.removed_at is None and not originals.holds(store.originals, document.sha256)
