"""Taking away what has had its time: the original, the notices about it, and the crops of its fields.

A document a transaction, in which it is asked once more whether it may go: a hold that is set, or the same fax that
comes in again, comes before or after it and never between. Killed in the middle, the next run does it again. What was
read and decided, and the audit trail, stay.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from pipeline import logs, originals
from pipeline.notice.make import kept as kept_notices
from pipeline.retention.classes import Retention
from pipeline.retention.due import due, may_go
from pipeline.store import audit
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.models import Document, FieldReading, Form
from pipeline.store.opening import Store


@dataclass(frozen=True, slots=True)
class Removed:
    """What a run took away: documents by class, and how many notices and crops went with them."""

    documents: Counter[str] = field(default_factory=Counter)
    notices: int = 0
    crops: int = 0


def remove_due(
    store: Store,
    retention: Retention,
    *,
    who: str = audit.PROGRAM,
    now: dt.datetime | None = None,
    done_one: Callable[[], object] = lambda: None,
) -> Removed:
    """Remove every document whose period is over, that nobody needs, and that is under no hold."""
    now = now or dt.datetime.now(dt.UTC)
    total = Removed()
    for vault in (store.originals, store.notices):
        vault.shelf.clear_left_behind()
    with Session(read_only(store.engine)) as session:
        numbers = [one.document_id for one in due(session, retention, now)]
    for number in numbers:
        one = _remove(store, number, retention, who, now)
        total = Removed(total.documents + one.documents, total.notices + one.notices, total.crops + one.crops)
        done_one()
    logs.logger().info("retention", removed=total.documents.total(), crops=total.crops)
    return total


def _remove(store: Store, document_id: int, retention: Retention, who: str, now: dt.datetime) -> Removed:
    with Session(store.engine) as session, session.begin():
        take_write_turn(session.connection())
        one = may_go(session, document_id, retention, now)
        if one is None:
            return Removed()
        document = session.get_one(Document, document_id)
        notices = {notice.sha256 for notice in kept_notices(session, document_id)}
        crops = _empty_crops(session, document_id)
        document.removed_at = now
        after = {"class": one.document_class.name, "notices": len(notices), "crops": crops}
        audit.write_line(session, "removed after its period", who=who, document_id=document_id, after=after)
        session.flush()
        # the files last: what fails before leaves them, and a crash from here on is made good by the next run
        for sha256 in sorted(notices):
            originals.remove(store.notices, sha256)
        originals.remove(store.originals, document.sha256)
        return Removed(Counter([one.document_class.name]), len(notices), crops)


def _empty_crops(session: Session, document_id: int) -> int:
    of_document = select(Form.id).where(Form.document_id == document_id)
    emptied = session.execute(
        update(FieldReading)
        .where(FieldReading.form_pk.in_(of_document), FieldReading.crop.is_not(None))
        .values(crop=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[object]", emptied).rowcount
