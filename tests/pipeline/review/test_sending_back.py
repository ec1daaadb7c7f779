"""A notice before it goes out: nothing is decided until it is sent, and what was edited is told in the trail."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from papers import Deliver, document, doubtful, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline import originals
from pipeline.errors import ClaimLost, NoticeTextError
from pipeline.notice import make
from pipeline.notice.notice import Notice, Point
from pipeline.review import claiming, decide, sending_back
from pipeline.review.decide import Entries, Hand
from pipeline.review.roles import Role, Somebody
from pipeline.review.sending_back import Prepared
from pipeline.store import audit
from pipeline.store.models import AuditLine, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store

HOUR = dt.timedelta(hours=1)
ANN, BEN = (Somebody(name, Role.OPERATOR) for name in ("ann", "ben"))
ASKED = Point("Section 2", "Please say which of the two numbers is meant.")


def take(store: Store, written: Entries | None = None) -> Hand:
    """The next item in Ann's hand, with what she has written on it."""
    with Session(store.engine) as session, session.begin():
        item = claiming.claim_next(session, ANN, HOUR)
        assert item is not None
        hand = Hand(item, session.get_one(ReviewItem, item).version, ANN)
        decide.keep_draft(session, hand, written or Entries())
        return hand


def prepared(store: Store, hand: Hand) -> Prepared:
    with Session(store.engine) as session:
        return sending_back.prepared(session, session.get_one(ReviewItem, hand.item), hand.somebody)


def said(store: Store, hand: Hand) -> list[str]:
    return [point.says for point in prepared(store, hand).notice.points]


def keep(store: Store, hand: Hand, notice: Notice | None) -> None:
    with Session(store.engine) as session, session.begin():
        sending_back.keep_words(session, hand, notice)


def test_sent_back_with_a_notice_and_what_comes_again_counts(store: Store, deliver_pdf: Deliver) -> None:
    first = deliver_pdf(psf(prescriber_signature=False, patient_gender=None))
    hand = take(store)
    ready = prepared(store, hand)
    pdf = sending_back.send_back(store, hand, ready.notice)
    assert pdf == ready.page(store), "the page that was looked at is the page that goes out"
    with Session(store.engine) as session:
        (made,) = make.kept(session, first.document_id)
        assert (made.who, made.edited) == ("ann", False)
        assert originals.fetch(store.notices, made.sha256) == pdf
        assert session.scalars(select(ReviewItem.state)).one() == ReviewState.DONE
        assert session.scalars(select(Form)).one().route.route == "sent_back"
        assert audit.verify(session) is None
    assert deliver_pdf(psf()).routes == ("accept",)


def test_the_notice_is_about_what_was_written_and_looking_at_it_changes_nothing(
    store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(doubtful(psf(prescriber_signature=False), "anc_value"))
    hand = take(store, Entries({"prescriber_signature": "yes"}, frozenset({"anc_value"})))
    told = prepared(store, hand)
    assert [point.picture for point in told.notice.points] == ["anc_value"]
    with Session(store.engine) as session:
        form = session.scalars(select(Form)).one()
        readings = {reading.field: reading for reading in form.readings}
        assert (readings["prescriber_signature"].value, readings["anc_value"].state) == (False, "read")
        assert [line.action for line in session.scalars(select(AuditLine)) if line.who == "ann"] == ["review claimed"]
    sending_back.send_back(store, hand, told.notice)
    with Session(store.engine) as session:
        form = session.scalars(select(Form)).one()
        readings = {reading.field: reading for reading in form.readings}
        assert (readings["prescriber_signature"].value, readings["anc_value"].state) == (True, "unreadable")


def test_what_was_edited_is_kept_until_it_is_sent_and_told_without_a_word_of_it(
    store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf(prescriber_signature=False))
    hand = take(store)
    edited = replace(prepared(store, hand).notice, to="Grace Hopper", points=(ASKED,))
    keep(store, hand, edited)
    assert prepared(store, hand).notice == edited
    keep(store, hand, None)
    assert said(store, hand) != [ASKED.says]
    sending_back.send_back(store, hand, edited)
    with Session(store.engine) as session:
        line = session.scalars(select(AuditLine).filter_by(action=make.MADE)).one()
        assert line.after is not None
        assert (line.after["edited"], line.after["changed"]) == (True, ["to", "points"])
        assert "Hopper" not in str(line.after)


def test_edited_words_hold_only_for_what_was_written_then(store: Store, deliver: Deliver) -> None:
    deliver(psf(prescriber_signature=False, patient_gender=None))
    hand = take(store, Entries({"patient_gender": "male"}))
    keep(store, hand, replace(prepared(store, hand).notice, points=(ASKED,)))
    for gender, words in (("male", [ASKED.says]), ("female", None)):
        with Session(store.engine) as session, session.begin():
            decide.keep_draft(session, hand, Entries({"patient_gender": gender}))
        assert (said(store, hand) == [ASKED.says]) is (words is not None)


def test_where_the_program_finds_nothing_to_tell_a_person_writes_it(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand = take(store, Entries({"anc_value": "2300"}))
    ready = prepared(store, hand)
    assert ready.notice.points == ()
    assert "nothing to tell" in ready.draft.remarks[0]
    sending_back.send_back(store, hand, replace(ready.notice, points=(ASKED,)))
    with Session(store.engine) as session:
        assert session.scalars(select(Form)).one().route.route == "sent_back"


def test_pages_of_no_form_are_sent_back_too(store: Store, deliver: Deliver) -> None:
    deliver(document(psf().forms[0], more=(PageReading(3, PageKind.UNKNOWN), PageReading(4, PageKind.UNKNOWN))))
    hand = take(store)
    sending_back.send_back(store, hand, replace(prepared(store, hand).notice, points=(ASKED,)))
    with Session(store.engine) as session:
        assert session.get_one(ReviewItem, hand.item).state == ReviewState.DONE
        (made,) = make.kept(session, 1)
        assert made.form is None


def test_a_notice_that_fits_on_no_page_changes_nothing(store: Store, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(prescriber_signature=False))
    hand = take(store)
    long = replace(prepared(store, hand).notice, opening="words without end " * 400)
    with pytest.raises(NoticeTextError, match="too long"):
        sending_back.send_back(store, hand, long)
    with Session(store.engine) as session:
        item = session.get_one(ReviewItem, hand.item)
        assert (item.claimed_by, item.version) == ("ann", hand.version)
        assert list(make.kept(session, 1)) == []


def test_who_lost_the_item_sends_nothing(store: Store, deliver: Deliver) -> None:
    deliver(psf(prescriber_signature=False))
    hand = take(store)
    notice = prepared(store, hand).notice
    with Session(store.engine) as session, session.begin():
        claiming.release(session, hand.item, "ann", hand.version)
    with pytest.raises(ClaimLost):
        sending_back.send_back(store, hand, notice)
    keep(store, hand, replace(notice, points=(ASKED,)))
    with Session(store.engine) as session:
        assert session.get_one(ReviewItem, hand.item).draft is None
        assert list(make.kept(session, 1)) == []
