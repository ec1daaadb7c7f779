"""What a person decides at the station: judged by the same rules, in one transaction, with its line in the trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from papers import Deliver, document, doubtful, psf
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline.errors import ClaimLost, CorrectionRefused, DecisionRefused
from pipeline.review import claiming, decide
from pipeline.review.decide import Entries, Hand
from pipeline.review.roles import Role, Somebody
from pipeline.store import audit
from pipeline.store.engine import read_only
from pipeline.store.models import AuditLine, Document, DocumentState, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store
from pipeline.store.registry_models import AncResult

HOUR = dt.timedelta(hours=1)
ANN = Somebody("ann", Role.OPERATOR)
SUE = Somebody("sue", Role.SUPERVISOR, decides_prescriber_only=True)


def take(store: Store, somebody: Somebody = ANN) -> Hand:
    """The next item in somebody's hand."""
    with Session(store.engine) as session, session.begin():
        item = claiming.claim_next(session, somebody, HOUR)
        assert item is not None
        return Hand(item, session.get_one(ReviewItem, item).version, somebody)


def accept(store: Store, hand: Hand, entries: Entries | None = None, **more: Any) -> tuple[str, list[str]]:
    with Session(store.engine) as session, session.begin():
        route = decide.accept(session, store.settings, hand, entries or Entries(), **more)
        return route.route, route.reasons


def found(store: Store, hand: Hand, **values: str) -> list[tuple[str, bool]]:
    with Session(store.engine) as session, session.begin():
        form = session.get_one(Form, session.get_one(ReviewItem, hand.item).form_pk)
        told = decide.preview(session, form, Entries(values), hand.somebody)
        return [(one.reason, one.blocks) for one in told if one.blocks or one.to_see]


def actions(store: Store) -> list[str]:
    with Session(store.engine) as session:
        assert audit.verify(session) is None
        return list(session.scalars(select(AuditLine.action).order_by(AuditLine.id)))


def test_what_is_tried_out_waits_for_nobody_who_writes_and_leaves_nothing(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand = take(store)
    with Session(store.engine) as writing, Session(read_only(store.engine)) as session:
        audit.write_line(writing, "somebody writes")
        form = session.get_one(Form, session.get_one(ReviewItem, hand.item).form_pk)
        told = decide.preview(session, form, Entries({"anc_value": "2300"}), hand.somebody)
        assert not any(one.blocks for one in told)
        assert any(reading.doubtful for reading in form.readings)
    assert any(blocks for _, blocks in found(store, hand))


def test_a_confirmed_value_is_no_longer_doubtful_and_counts(store: Store, deliver: Deliver) -> None:
    deliver(doubtful(psf(), "anc_value"))
    hand = take(store)
    with pytest.raises(DecisionRefused):
        accept(store, hand)
    assert accept(store, hand, Entries({"anc_value": "2300"})) == ("accept", [])
    with Session(store.engine) as session:
        form = session.scalars(select(Form)).one()
        (reading,) = [reading for reading in form.readings if reading.field == "anc_value"]
        assert (reading.doubtful, reading.confidence, reading.engine, form.route.decided_by) == (
            (False, 1.0, "person", "ann")
        )
        assert session.scalars(select(AncResult.anc)).one() == 2300
        assert session.scalars(select(ReviewItem.state)).one() == ReviewState.DONE
        assert session.scalars(select(Document.state)).one() == DocumentState.STORED
    assert actions(store)[-2:] == ["form corrected", "form decided"]


def test_findings_are_seen_before_anything_is_saved(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value=None))
    hand, before = take(store), len(actions(store))
    assert found(store, hand) == [("missing:anc_value", True)]
    assert found(store, hand, anc_value="2300") == []
    assert found(store, hand, anc_value="700") == [("rationale_missing", True)]
    assert len(actions(store)) == before
    with Session(store.engine) as session:
        form = session.scalars(select(Form)).one()
        assert [finding.reason for finding in form.findings if finding.severity != "info"] == ["missing:anc_value"]
    with pytest.raises(CorrectionRefused):
        found(store, hand, anc_draw_date="yesterday")


def test_a_supervisor_overrides_with_a_reason(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value=None))
    hand = take(store)
    with pytest.raises(DecisionRefused):
        accept(store, hand, override="they telephoned")
    with Session(store.engine) as session, session.begin():
        version = claiming.take_over(session, hand.item, SUE, HOUR)
    assert version is not None
    hand = Hand(hand.item, version, SUE)
    with pytest.raises(DecisionRefused):
        accept(store, hand, override="  ")
    assert accept(store, hand, override="they telephoned")[0] == "accept"
    with Session(store.engine) as session:
        line = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(1)).one()
        assert line.after is not None
        assert (line.who, line.after["override"]) == ("sue", "they telephoned")


def test_what_a_person_must_decide_has_to_be_seen(store: Store, deliver: Deliver) -> None:
    deliver(psf(monitoring_frequency="every_6_months"))
    hand = take(store)
    with pytest.raises(DecisionRefused):
        accept(store, hand)
    assert accept(store, hand, seen=frozenset({"frequency_mismatch"}))[0] == "accept"


def test_whom_a_form_means_is_said_from_the_registry(store: Store, deliver: Deliver) -> None:
    strange = {"patient_first_name": "Cyrus", "patient_last_name": "Laine", "patient_dob": "1981-03-02"}
    deliver(psf(**strange, patient_zip="10009", patient_name_p2="Laine, Cyrus", patient_dob_p2="1981-03-02"))
    hand = take(store)
    seen = frozenset(reason for reason, _ in found(store, hand))
    for nobody in ("999", "x"):
        with pytest.raises(DecisionRefused, match="no such patient"):
            accept(store, hand, seen=seen, patient_key=nobody)
    assert accept(store, hand, seen=seen, patient_key="1")[0] == "accept"
    with Session(store.engine) as session:
        assert session.scalars(select(Form)).one().patient_key == "1"


def test_prescriber_only_in_order_needs_no_more_than_a_look(store: Store, deliver: Deliver) -> None:
    deliver(psf(ben_flag=True))
    hand = take(store, SUE)
    assert found(store, hand) == []
    assert accept(store, hand)[0] == "accept"


def test_a_form_that_contradicts_one_accepted_meanwhile_stays_in_hand(store: Store, deliver: Deliver) -> None:
    deliver(psf(patient_gender=None))
    hand = take(store)
    assert deliver(psf(anc_value="1900", anc_draw_date="2022-07-12")).routes == ("accept",)
    entries = Entries({"patient_gender": "male", "anc_draw_date": "2022-07-12"})
    with pytest.raises(DecisionRefused):
        accept(store, hand, entries)
    assert accept(store, hand, entries, seen=frozenset({"conflict"})) == ("review", ["conflict"])
    with Session(store.engine) as session:
        item = session.get_one(ReviewItem, hand.item)
        assert (item.claimed_by, item.reasons) == ("ann", ["conflict"])
        hand = Hand(item.id, item.version, ANN)
    assert accept(store, hand, seen=frozenset({"conflict"}))[0] == "accept"


def test_what_nobody_can_read_keeps_the_form_from_being_accepted(store: Store, deliver_pdf: Deliver) -> None:
    deliver_pdf(doubtful(psf(), "anc_value"))
    hand = take(store)
    illegible = Entries({"anc_value": "2300"}, frozenset({"anc_value"}))
    with pytest.raises(DecisionRefused, match="illegible"):
        accept(store, hand, illegible)


def test_a_rejected_form_and_a_page_that_is_none_wait_no_more(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value=None))
    deliver(document(more=(PageReading(1, PageKind.UNKNOWN),)))
    with Session(store.engine) as session, session.begin():
        with pytest.raises(DecisionRefused):
            decide.reject(session, store.settings, take_in(session), " ")
        session.rollback()
    hand = take(store)
    with Session(store.engine) as session, session.begin():
        decide.reject(session, store.settings, hand, "a test form")
    hand = take(store)
    with Session(store.engine) as session, session.begin():
        decide.set_aside(session, store.settings, hand)
    with Session(store.engine) as session:
        waits = select(func.count()).select_from(ReviewItem).where(ReviewItem.state != ReviewState.DONE)
        assert session.scalar(waits) == 0
        assert session.scalars(select(Form)).one().route.route == "reject"
    assert [a for a in actions(store) if "decided" in a][-2:] == ["form decided", "item decided"]


def take_in(session: Session) -> Hand:
    """The next item in ann's hand, in this transaction."""
    item = claiming.claim_next(session, ANN, HOUR)
    assert item is not None
    return Hand(item, session.get_one(ReviewItem, item).version, ANN)


def test_an_escalated_item_goes_to_a_supervisor_with_its_reason_and_draft(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value=None))
    hand = take(store)
    with Session(store.engine) as session, session.begin():
        decide.keep_draft(session, hand, Entries({"anc_value": "2300"}, frozenset({"patient_gender"})))
        decide.escalate(session, hand, "two different names")
    with Session(store.engine) as session, session.begin():
        assert claiming.claim_next(session, ANN, HOUR) is None
    hand = take(store, SUE)
    with Session(store.engine) as session:
        item = session.get_one(ReviewItem, hand.item)
        assert (item.escalated, decide.kept_draft(item).values) == ("two different names", {"anc_value": "2300"})


def test_a_postponed_item_comes_up_again(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value=None))
    with Session(store.engine) as session, session.begin():
        decide.postpone(session, take_in(session), HOUR)
        assert claiming.claim_next(session, ANN, HOUR) is None
    with Session(store.engine) as session, session.begin():
        decide.postpone(session, take_back(session), -HOUR)
        assert claiming.claim_next(session, ANN, HOUR) is not None


def take_back(session: Session) -> Hand:
    """The only item, picked by hand."""
    item = session.scalars(select(ReviewItem)).one()
    version = claiming.claim(session, item.id, ANN, HOUR)
    assert version is not None
    return Hand(item.id, version, ANN)


def test_who_lost_the_item_decides_nothing(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value=None))
    hand = take(store)
    with Session(store.engine) as session, session.begin():
        claiming.take_over(session, hand.item, SUE, HOUR)
    with pytest.raises(ClaimLost):
        accept(store, hand, Entries({"anc_value": "2300"}))
    with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
        decide.reject(session, store.settings, hand, "too late")
