"""The main path of a notice: draft -> (an operator edits) -> page -> kept, and noted in the audit trail."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.errors import NothingToTell
from pipeline.notice import layout
from pipeline.notice.drafting import draft_form, draft_pages
from pipeline.notice.notice import Draft, Notice
from pipeline.notice.pictures import pictures
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.models import REARRANGED, AuditLine, Document, Form, ReviewState
from pipeline.store.opening import Store
from validators.content import Content

MADE = "notice made"
"""The audit line of a notice."""

SETTLED = frozenset({"accept", "duplicate", REARRANGED})
"""Routes of forms of which there is nothing to tell."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about: a form of a document by its position (0 the first), or None: what of it is no form."""

    document_id: int
    form: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A notice that was made, by its entry in the audit trail; `sha256` names its PDF in the folder of notices."""

    at: str
    who: str
    form: int | None
    sha256: str
    edited: bool


def subjects(document: Document) -> list[Subject]:
    """What a notice can be about: every held or rejected form, else the rest of the document that waits."""
    held = [Subject(document.id, form.position) for form in document.forms if form.route.route not in SETTLED]
    rest = any(item.form_pk is None and item.state != ReviewState.DONE for item in document.review_items)
    return held + ([Subject(document.id, None)] if rest else [])


def draft(store: Store, subject: Subject, on: dt.date) -> Draft:
    """The notice in the program's words, dated `on`.

    Raises:
        NothingToTell: nothing of it concerns the sender.
        WordsMissing: the rulebook has no words for something that does.
    """
    with Session(read_only(store.engine)) as session:
        document = session.get_one(Document, subject.document_id)
        if subject.form is not None:
            return draft_form(document, document.forms[subject.form], on)
        for item in document.review_items:
            if item.form_pk is None and item.state != ReviewState.DONE:
                return draft_pages(document, item, on)
    raise NothingToTell(f"notice: document {subject.document_id}: nothing of it waits")


def make(store: Store, subject: Subject, notice: Notice, *, edited: bool, who: str) -> bytes:
    """The notice as a one-page PDF, kept, with its line in the audit trail.

    Raises:
        NoticeTextError: it does not fit on a page.
        OriginalDamaged, DocumentError: the pictures cannot be had.
    """
    pdf = page(store, subject, notice)
    stored = originals.keep(store.notices, io.BytesIO(pdf))
    with Session(store.engine) as session, session.begin():
        note(session, subject, stored, edited=edited, who=who)
    return pdf


def page(store: Store, subject: Subject, notice: Notice, content: Content | None = None) -> bytes:
    """The notice as a one-page PDF; nothing is kept. `content`: what the form says by now, where that is not stored.

    Raises:
        NoticeTextError: it does not fit on a page.
        OriginalDamaged, DocumentError: the pictures cannot be had.
    """
    return layout.page(notice, _pictures(store, subject, notice, content))


def note(
    session: Session,
    subject: Subject,
    stored: tuple[str, int],
    *,
    edited: bool,
    who: str,
    changed: Sequence[str] = (),
) -> None:
    """The line in the audit trail of a page that is kept (`stored`: its SHA-256 and size), without a word of it.

    `changed` names the parts that were edited.
    """
    sha256, size = stored
    made: dict[str, Any] = {"form": subject.form, "sha256": sha256, "size": size, "edited": edited}
    after = made | ({"changed": list(changed)} if changed else {})
    audit.write_line(session, MADE, who=who, document_id=subject.document_id, after=after)


def kept(session: Session, document_id: int) -> Iterator[Kept]:
    """The notices about a document, the oldest first."""
    lines = select(AuditLine).filter_by(document_id=document_id, action=MADE).order_by(AuditLine.id)
    for line in session.scalars(lines):
        said = line.after or {}
        yield Kept(line.at, line.who, said["form"], said["sha256"], said["edited"])


def _pictures(store: Store, subject: Subject, notice: Notice, content: Content | None) -> dict[str, bytes]:
    names = [point.picture for point in notice.points if point.picture]
    if subject.form is None or not names:
        return {}
    with Session(read_only(store.engine)) as session:
        form = session.scalar(select(Form.id).filter_by(document_id=subject.document_id, position=subject.form))
    return {} if form is None else pictures(store, form, names, content)
