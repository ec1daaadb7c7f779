"""The first step of every document, whatever brings it: its bytes safe on disk, then a line in the ledger."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import logs, originals, step_times
from pipeline.errors import OriginalsAway, SourceConflict
from pipeline.store import audit, repository
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Document, Source
from pipeline.store.opening import Store


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from.

    `file` is how the exports name it, `details` what a fax server or mail says of it, `source_id` how the sender names
    this very file: the same again is no other source. `only`: an id stands for these bytes alone. `by`: who brought it.
    """

    file: str = field(repr=False)
    received: dt.date
    channel: str = "folder"
    details: dict[str, Any] | None = field(default=None, repr=False)
    source_id: str | None = field(default=None, repr=False)
    only: bool = False
    by: str = audit.PROGRAM


@dataclass(frozen=True, slots=True)
class Entered:
    """A document in the ledger; `new`: its bytes had not come in before."""

    document_id: int
    sha256: str
    size: int
    new: bool


def take_in_stream(
    store: Store, incoming: originals.Incoming, origin: Origin, whole: Callable[[], bool] | None = None
) -> Entered:
    """Keep what a stream holds, then enter it in the ledger.

    The same bytes are one document, however often they come: every file that brought them is noted as a source.
    `whole` is asked once the bytes are read: a file that was still being written is not entered.

    Raises:
        SourceConflict: the id stands for other bytes already, or the file changed as it was read. Nothing is entered.
        OriginalsAway: the originals cannot be kept now.
    """
    timer = logs.Timer()
    sha256, size = originals.keep(store.originals, incoming)
    if whole is not None and not whole():
        raise SourceConflict("take in: the file changed while it was read")
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        if origin.only and _stands_for_others(session, origin, sha256):
            raise SourceConflict("take in: that source id was used for other bytes")
        document = repository.find_document(session, sha256)
        new, action = document is None, "source noted" if document else "taken in"
        if not originals.holds(store.originals, sha256):  # retention or a repair took it away a moment ago
            if not isinstance(incoming, io.IOBase):  # an upload, which comes but once
                raise OriginalsAway("take in: the original was removed at this very moment: try again")
            incoming.seek(0)
            originals.keep(store.originals, incoming)
        document = document or repository.add_document(session, sha256, size, origin.received)
        source = {name: getattr(origin, name) for name in ("channel", "file", "received", "details", "source_id")}
        if repository.note_source(session, document, **source):
            after = {"sha256": sha256, "file": origin.file}
            audit.write_line(session, action, who=origin.by, document_id=document.id, after=after)
        document.removed_at = None  # had its retention ended, it begins again
        step_times.add(session, "take_in", timer.seconds)
        entered = Entered(document.id, sha256, size, new)
    told = {"document": entered.document_id, "channel": origin.channel, "bytes": size, "seconds": timer.seconds}
    logs.logger().info(action, **told)
    return entered


def known_source(session: Session, channel: str, source_id: str) -> Document | None:
    """The first document that came under that id."""
    came = select(Document).join(Source).where(Source.channel == channel, Source.source_id == source_id)
    return session.scalars(came.order_by(Source.id).limit(1)).first()


def _stands_for_others(session: Session, origin: Origin, sha256: str) -> bool:
    known = known_source(session, origin.channel, origin.source_id or "")
    return known is not None and known.sha256 != sha256
