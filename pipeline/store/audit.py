"""The audit trail: who changed what, when, before and after, each line sealed with the hash of the line before it.

A line's hash is the sha-256 of the previous line's hash, a newline, and the line as canonical JSON (keys sorted, no
spaces, UTF-8). Whoever changes, drops or inserts a line breaks every hash after it; `verify` finds the place. Triggers
refuse UPDATE and DELETE.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.engine import take_write_turn
from pipeline.store.models import AuditLine

FIRST = "0" * 64
"""What stands for the hash before the first line."""

PROGRAM = "faxforms"
"""Who is named where no person acted."""

VIEWED = "patient data viewed"
"""The line of a view: noted like a change (45 CFR 164.312(b))."""


def write_line(
    session: Session,
    action: str,
    *,
    who: str = PROGRAM,
    document_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditLine:
    """Add a line to the trail, in the transaction of the change that it tells of."""
    take_write_turn(session.connection())
    previous = session.scalar(select(AuditLine.hash).order_by(AuditLine.id.desc()).limit(1)) or FIRST
    line = AuditLine(
        at=dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        who=who,
        action=action,
        document_id=document_id,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        previous=previous,
    )
    line.hash = seal(line)
    session.add(line)
    session.flush()
    return line


def verify(session: Session) -> int | None:
    """The id of the first line that does not follow from the one before it; None when the whole chain holds."""
    previous = FIRST
    for line in session.scalars(select(AuditLine).order_by(AuditLine.id).execution_options(yield_per=1000)):
        if line.previous != previous or line.hash != seal(line):
            return line.id
        previous = line.hash
    return None


def seal(line: AuditLine) -> str:
    """The hash that the line must carry (hex)."""
    said = {name: getattr(line, name) for name in ("at", "who", "action", "document_id", "before", "after")}
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{line.previous}\n{canonical}".encode()).hexdigest()
