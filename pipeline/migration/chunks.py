"""Who works on which chunk, what it cost, and pausing: the truth about a migration, whoever starts the work.

waiting ── claim ──> working ── measured ──> done

Whoever works on a chunk holds a lease and renews it with the documents it goes through. When the worker dies, the lease
runs out, or its process is seen to be dead, and the next one goes on with the documents that are not decided. So a
worker that dies loses what it was reading, and never a document of the chunk that was decided.
"""

from __future__ import annotations

import datetime as dt
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from pipeline import ledger
from pipeline.errors import NotThere
from pipeline.store import audit
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.migration_models import ChunkState, Migration, MigrationChunk, MigrationFile
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import Store

LOOK_EVERY = 2.0
"""Seconds after which a worker looks whether the migration was paused, and renews its lease."""

UNDECIDED = (DocumentState.RECEIVED, DocumentState.READING)


@dataclass(frozen=True, slots=True)
class HeldChunk:
    """The right to work on a chunk; `attempt` counts the claims on it."""

    id: int
    migration: int
    number: int
    owner: str
    attempt: int


def open_chunks(session: Session, migration: int) -> Sequence[int]:
    """The chunks that anybody could work on now, in order."""
    chunks = select(MigrationChunk.number).where(MigrationChunk.migration_id == migration, _claimable(session))
    return session.scalars(chunks.order_by(MigrationChunk.number)).all()


def forsaken(session: Session, migration: int) -> Sequence[int]:
    """The chunks that somebody began, and nobody works on any more."""
    chunks = select(MigrationChunk.number).where(MigrationChunk.migration_id == migration, _claimable(session))
    return session.scalars(chunks.where(MigrationChunk.state == ChunkState.WORKING)).all()


def claim(store: Store, migration: int, number: int) -> HeldChunk | None:
    """Take a chunk in hand; None when it is done, somebody else has it, or the migration is paused."""
    with Session(store.engine) as session, session.begin():
        if named(session, migration).paused:
            return None
        owner, now = ledger.this_process(), _now()
        where = and_(MigrationChunk.migration_id == migration, MigrationChunk.number == number, _claimable(session))
        taken = {
            "state": ChunkState.WORKING,
            "owner": owner,
            "lease_until": now + store.settings.lease,
            "attempts": MigrationChunk.attempts + 1,
        }
        if not _change(session, where, taken):
            return None
        chunk = session.scalars(select(MigrationChunk).filter_by(migration_id=migration, number=number)).one()
        chunk.started_at = chunk.started_at or now
        _give_back_what_broke_off(session, chunk, owner)
        return HeldChunk(chunk.id, migration, number, owner, chunk.attempts)


def documents(store: Store, held: HeldChunk, stop: Callable[[], bool] = lambda: False) -> Iterator[int]:
    """The documents of the chunk that are not decided, until there are none, the migration is paused, or `stop` is so.

    Drawn from as fast as they are read; what was drawn is decided also after a pause.
    """
    looked = time.monotonic()
    for document_id in _undecided(store, held):
        if time.monotonic() - looked > LOOK_EVERY:
            looked = time.monotonic()
            if not _may_go_on(store, held):
                return
        if stop():
            return
        yield document_id


@contextmanager
def measured(store: Store, held: HeldChunk) -> Iterator[None]:
    """Note what the work in the block cost; then the chunk is done, or free for the next one to go on with."""
    began, cpu = time.monotonic(), _cpu_seconds()
    try:
        yield
    finally:
        seconds, cpu_seconds = time.monotonic() - began, _cpu_seconds() - cpu
        with Session(store.engine) as session, session.begin():
            chunk = session.get_one(MigrationChunk, held.id)
            chunk.seconds += seconds
            chunk.cpu_seconds += cpu_seconds
            chunk.peak_mb = max(chunk.peak_mb, _peak_mb())
            if (chunk.owner, chunk.attempts) == (held.owner, held.attempt):
                _settle(session, chunk)


def pause(session: Session, migration: int, *, paused: bool, who: str = audit.PROGRAM) -> None:
    """Pause a migration, or let it go on: workers stop after the documents that they have in hand."""
    take_write_turn(session.connection())
    one = named(session, migration)
    if one.paused != paused:
        one.paused = paused
        action = "migration paused" if paused else "migration resumed"
        audit.write_line(session, action, who=who, after={"migration": migration})


def named(session: Session, migration: int) -> Migration:
    """The migration of that number.

    Raises:
        NotThere: there is none.
    """
    found = session.get(Migration, migration)
    if found is None:
        raise NotThere(f"migration {migration}: there is none of that number")
    return found


def _give_back_what_broke_off(session: Session, chunk: MigrationChunk, owner: str) -> None:
    """Documents that we hold from a try that lost the database, and with it the means to give them back."""
    ours = _of_chunk(chunk.migration_id, chunk.number).where(
        Document.state == DocumentState.READING, Document.lease_owner == owner
    )
    for document in session.scalars(ours).all():
        ledger.give_back(session, ledger.Claim(document.id, owner, document.attempts, document.lease_until))


def _undecided(store: Store, held: HeldChunk) -> Sequence[int]:
    """In the order of the plan: by their days."""
    with Session(read_only(store.engine)) as session:
        query = _of_chunk(held.migration, held.number).with_only_columns(Document.id)
        return session.scalars(query.where(Document.state.in_(UNDECIDED)).order_by(MigrationFile.id)).all()


def _of_chunk(migration: int, number: int) -> Any:
    """The documents that this chunk brought; those that were known before are another's."""
    brought = and_(MigrationFile.migration_id == migration, MigrationFile.chunk == number, ~MigrationFile.known)
    return select(Document).join(MigrationFile, MigrationFile.document_id == Document.id).where(brought)


def _may_go_on(store: Store, held: HeldChunk) -> bool:
    """Renew the lease; False when the migration is paused or the chunk is somebody else's by now."""
    with Session(store.engine) as session, session.begin():
        ours = and_(
            MigrationChunk.id == held.id, MigrationChunk.owner == held.owner, MigrationChunk.attempts == held.attempt
        )
        renewed = _change(session, ours, {"lease_until": _now() + store.settings.lease})
        return renewed and not named(session, held.migration).paused


def _settle(session: Session, chunk: MigrationChunk) -> None:
    """Done, if no document of it is left; else for the next one to go on with."""
    left = _of_chunk(chunk.migration_id, chunk.number).where(Document.state.in_(UNDECIDED)).limit(1)
    done = session.scalar(left) is None
    chunk.state = ChunkState.DONE if done else ChunkState.WAITING
    chunk.finished_at = _now() if done else None
    chunk.owner = chunk.lease_until = None


def _claimable(session: Session) -> ColumnElement[bool]:
    working = MigrationChunk.state == ChunkState.WORKING
    owners = session.scalars(select(MigrationChunk.owner).where(working).distinct()).all()
    # our own process may try again what broke off; a dead one will not come back
    gone = [owner for owner in owners if owner and (owner == ledger.this_process() or ledger.is_dead(owner))]
    forsaken = or_(MigrationChunk.lease_until < _now(), MigrationChunk.owner.in_(gone))
    return and_(or_(MigrationChunk.state == ChunkState.WAITING, and_(working, forsaken)), ~_is_coming_in())


def _is_coming_in() -> ColumnElement[bool]:
    """Whether files of the chunk are still to be taken in: worked on now, it would seem done without them."""
    of_chunk = and_(
        MigrationFile.migration_id == MigrationChunk.migration_id, MigrationFile.chunk == MigrationChunk.number
    )
    missing = and_(MigrationFile.document_id.is_(None), MigrationFile.refused.is_(None))
    return exists().where(of_chunk, missing)


def _change(session: Session, where: ColumnElement[bool], values: dict[str, Any]) -> bool:
    change = update(MigrationChunk).where(where).values(**values).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(change)).rowcount == 1


def _cpu_seconds() -> float:
    """Of this process and of the reading processes that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_mb() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(one.ru_maxrss for one in used) / 1024  # kilobytes on Linux


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
