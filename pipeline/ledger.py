"""The ledger: how far each document has come, and who works on it.

received ── claim ──> reading ── settle ──> stored | queued | failed

Whoever works on a document holds a lease. When the lease has run out, or its holder's process is known to be dead, the
document can be claimed again; a holder that comes back late finds its claim gone (`hold` raises ClaimLost) and its work
is dropped.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Result, and_, or_, select, update
from sqlalchemy.orm import Session, object_session

from pipeline.errors import ClaimLost
from pipeline.store import repository
from pipeline.store.models import Document, DocumentState


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a document until `until`; `attempt` counts the claims on it, this one included."""

    document_id: int
    owner: str
    attempt: int
    until: dt.datetime


def waiting(session: Session, limit: int | None = None) -> Sequence[int]:
    """The documents that can be claimed now, in the order of their arrival; those of archives wait for their chunk."""
    by_itself = select(Document.id).where(Document.batch.is_(None), _claimable(session))
    return session.scalars(by_itself.order_by(Document.id).limit(limit)).all()


def next_portion(session: Session, limit: int) -> Sequence[int]:
    """What to claim next: as `waiting`, but a document that somebody died over is one by itself.

    Whoever holds several documents when the program dies cannot tell which of them killed it: read by itself, only the
    one that does comes to its last attempt, and the others pass.
    """
    by_itself = select(Document.id, Document.attempts).where(Document.batch.is_(None), _claimable(session))
    found = session.execute(by_itself.order_by(Document.id).limit(limit)).all()
    unsuspected = list(itertools.takewhile(lambda line: not line.attempts, found))
    return [line.id for line in unsuspected or found[:1]]


def claim(session: Session, document_id: int, lease: dt.timedelta, owner: str | None = None) -> Claim | None:
    """Take the document, or None when somebody else has it or it is done.

    One conditional UPDATE: of any number of processes that try, the row count tells exactly one that it won.
    """
    owner = owner or this_process()
    until = _now() + lease
    won = session.execute(
        update(Document)
        .where(Document.id == document_id, _claimable(session))
        .values(state=DocumentState.READING, lease_owner=owner, lease_until=until, attempts=Document.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if not _one(won):
        return None
    attempt = session.scalar(select(Document.attempts).where(Document.id == document_id)) or 0
    repository.note_step(session, document_id, DocumentState.READING, attempt=attempt, owner=owner)
    return Claim(document_id, owner, attempt, until)


def hold(session: Session, held: Claim) -> Document:
    """The claimed document, locked for the rest of the transaction; ClaimLost when the claim is no longer ours."""
    ours = session.execute(
        update(Document).where(_is(held)).values(lease_owner=held.owner).execution_options(synchronize_session=False)
    )
    if not _one(ours):
        raise ClaimLost(f"document {held.document_id}: somebody else took it over")
    return session.get_one(Document, held.document_id, populate_existing=True)


def settle(document: Document, state: DocumentState) -> None:
    """End the work on a document that is held (`hold`): it is decided, and its lease is given back."""
    session = object_session(document)
    assert session is not None  # noqa: S101 - a document that is held is in a session
    why = document.error if state is DocumentState.FAILED else None
    repository.note_step(session, document.id, state, attempt=document.attempts, owner=document.lease_owner, why=why)
    document.state = state
    document.decided_at = _now()
    document.lease_owner = None
    document.lease_until = None


def give_back(session: Session, held: Claim) -> None:
    """Make the document claimable at once; the attempt does not count, for the reason lies outside it."""
    given = session.execute(
        update(Document)
        .where(_is(held))
        .values(state=DocumentState.RECEIVED, lease_owner=None, lease_until=None, attempts=Document.attempts - 1)
        .execution_options(synchronize_session=False)
    )
    if _one(given):
        before = held.attempt - 1
        repository.note_step(session, held.document_id, DocumentState.RECEIVED, attempt=before, why="given back")


def give_back_own(session: Session) -> int:
    """Make claimable what this process holds from a try that lost the database, so could not give it back; how many.

    To be called while nothing is being worked on here.
    """
    own = select(Document).where(Document.state == DocumentState.READING, Document.lease_owner == this_process())
    held = session.scalars(own).all()
    for one in held:
        give_back(session, Claim(one.id, this_process(), one.attempts, one.lease_until or _now()))
    return len(held)


def this_process() -> str:
    """The name under which this process holds leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _claimable(session: Session) -> ColumnElement[bool]:
    forsaken = or_(Document.lease_until < _now(), Document.lease_owner.in_(_dead_owners(session)))
    return or_(Document.state == DocumentState.RECEIVED, and_(Document.state == DocumentState.READING, forsaken))


def _dead_owners(session: Session) -> list[str]:
    """Lease holders that were processes of this machine and run no more: no need to wait for their leases to end.

    A wrong guess (another container under the same host name) costs work done twice, never a document stored twice: see
    `hold`.
    """
    holders = session.scalars(
        select(Document.lease_owner).where(Document.state == DocumentState.READING).distinct()
    ).all()
    return [holder for holder in holders if holder is not None and is_dead(holder)]


def is_dead(holder: str) -> bool:
    """Whether a holder of leases (`this_process`) was a process of this machine and runs no more."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)  # signal 0 only asks whether the process is there
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _is(held: Claim) -> ColumnElement[bool]:
    return and_(
        Document.id == held.document_id,
        Document.state == DocumentState.READING,
        Document.lease_owner == held.owner,
        Document.attempts == held.attempt,  # the same process may have lost the claim and taken it again
    )


def _one(result: Result[Any]) -> bool:
    return cast("CursorResult[Any]", result).rowcount == 1


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
