"""Whether a process can do its work now: asked by supervisors and load balancers, so it answers quickly.

live      this process answers, and no document of this machine hangs longer than its lease allows
ready     and the database can be written, has a schema that we can work on, and the originals can be kept
"""

from __future__ import annotations

import datetime as dt
import socket

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from pipeline.errors import OriginalsAway
from pipeline.store import migrations
from pipeline.store.engine import read_only
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import Store


def hanging(store: Store) -> list[str]:
    """Why the workers of this machine are not live: a lease that ran out in the hand of one of its processes."""
    mine = Document.lease_owner.startswith(f"{socket.gethostname()}:", autoescape=True)
    run_out = Document.lease_until < dt.datetime.now(dt.UTC)
    wanted = select(func.count()).select_from(Document).where(Document.state == DocumentState.READING, mine, run_out)
    try:
        with Session(read_only(store.engine)) as session:
            number = session.scalar(wanted) or 0
    except SQLAlchemyError:
        return []  # not to be known; that the database is away is for `not_ready` to say
    return [f"{number} documents are held longer than their lease"] if number else []


def not_ready(store: Store) -> list[str]:
    """What keeps this machine from its work; nothing of it names a path or a person."""
    problems = []
    try:
        if not migrations.can_work_on(store.engine):
            problems.append("the database has another version's tables")
    except SQLAlchemyError as error:
        problems.append(f"the database does not answer ({type(error).__name__})")
    try:
        if not (store.originals.shelf.is_there() and store.originals.shelf.can_write()):
            problems.append("the originals cannot be written")
    except OriginalsAway:
        problems.append("the originals do not answer")
    return problems
