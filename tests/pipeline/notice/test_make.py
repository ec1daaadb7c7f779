"""A notice that was made is kept beside the originals, and the audit trail says so without a word of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

from papers import document, form, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import originals
from pipeline.notice import make
from pipeline.notice.make import Subject
from pipeline.process import Outcome
from pipeline.store import audit
from pipeline.store.models import AuditLine, Document
from pipeline.store.opening import Store

TODAY = dt.date(2022, 7, 16)


def test_a_notice_is_kept_and_in_the_audit_trail(store: Store, faxed_psf: Callable[..., int]) -> None:
    subject = Subject(faxed_psf(treatment_status=None), 0)
    notice = replace(make.draft(store, subject, TODAY).notice, to="Grace Hopper")
    pdf = make.make(store, subject, notice, edited=True, who="Kim")
    with Session(store.engine) as session:
        (made,) = make.kept(session, subject.document_id)
        line = session.scalars(select(AuditLine).filter_by(action=make.MADE)).one()
        assert audit.verify(session) is None
    assert (made.who, made.form, made.edited) == ("Kim", 0, True)
    assert originals.fetch(store.notices, made.sha256) == pdf
    assert "Hopper" not in json.dumps(line.after)
    assert b"/Image" in pdf, "the place is shown"


def test_every_notice_made_is_kept(store: Store, faxed_psf: Callable[..., int]) -> None:
    subject = Subject(faxed_psf(treatment_status=None), 0)
    drafted = make.draft(store, subject, TODAY).notice
    for title in ("First", "Second", "Second"):
        make.make(store, subject, replace(drafted, title=title), edited=True, who="Kim")
    with Session(store.engine) as session:
        first, second, again = make.kept(session, subject.document_id)
    assert first.sha256 != second.sha256 == again.sha256


def test_what_a_notice_can_be_about(store: Store, deliver: Callable[..., Outcome]) -> None:
    accepted = psf().forms[0]
    held = form("psf_2021", {}, first_page=3)
    several = deliver(document(accepted, held)).document_id
    with Session(store.engine) as session:
        assert make.subjects(session.get_one(Document, several)) == [Subject(several, 1)]
