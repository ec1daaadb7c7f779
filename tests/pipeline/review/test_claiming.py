"""One item, one person: claims, leases, heartbeats and taking over, on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from papers import Deliver, psf
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.errors import ClaimLost
from pipeline.review import claiming, decide
from pipeline.review.decide import Entries, Hand
from pipeline.review.roles import Role, Somebody
from pipeline.store import audit
from pipeline.store.models import AuditLine, Form, ReviewItem, ReviewState
from pipeline.store.opening import Store

HOUR, PAST = dt.timedelta(hours=1), dt.timedelta(seconds=-1)
ANN, BEN = Somebody("ann", Role.OPERATOR), Somebody("ben", Role.OPERATOR)
SUE = Somebody("sue", Role.SUPERVISOR)
DOC = Somebody("doc", Role.OPERATOR, decides_prescriber_only=True)


def claim(store: Store, item: int, somebody: Somebody, lease: dt.timedelta = HOUR) -> int | None:
    with Session(store.engine) as session, session.begin():
        return claiming.claim(session, item, somebody, lease)


def claim_next(store: Store, somebody: Somebody) -> int | None:
    with Session(store.engine) as session, session.begin():
        return claiming.claim_next(session, somebody, HOUR)


def set_on(store: Store, item: int, **values: object) -> None:
    with Session(store.engine) as session, session.begin():
        session.execute(update(ReviewItem).filter_by(id=item).values(**values))


@pytest.fixture
def items(store: Store, deliver: Deliver) -> list[int]:
    """Two forms that wait because something is missing, and one that only some may decide, the most urgent."""
    deliver(psf(anc_value=None))
    deliver(psf(anc_value=None, patient_gender=None))
    deliver(psf(ben_flag=True))
    with Session(store.engine) as session:
        return list(session.scalars(select(ReviewItem.id).order_by(ReviewItem.id)))


def test_of_many_who_ask_at_once_one_gets_the_item(store: Store, items: list[int]) -> None:
    people = [Somebody(name, Role.OPERATOR) for name in ("ann", "ben", "cem", "dia")]
    with ThreadPoolExecutor(4) as threads:
        versions = list(threads.map(lambda one: claim(store, items[0], one), people))
    assert sorted(version is not None for version in versions) == [False, False, False, True]


def test_people_who_ask_for_the_next_get_different_items(store: Store, items: list[int]) -> None:
    with ThreadPoolExecutor(3) as threads:
        got = list(threads.map(lambda one: claim_next(store, one), [ANN, BEN, SUE]))
    assert sorted(got, key=str) == [items[0], items[1], None]
    assert claim_next(store, ANN) == got[0]  # what they hold comes first


def test_people_who_claim_check_and_put_back_at_once_do_not_wait_for_each_other_for_ever(
    store: Store, items: list[int]
) -> None:
    """On PostgreSQL whoever comes too late for an item keeps its row locked: they must have the turn by then."""
    assert items

    def work(name: str) -> None:
        somebody = Somebody(name, Role.OPERATOR)
        for _ in range(6):
            item = claim_next(store, somebody)
            if item is None:
                continue
            with Session(store.engine) as session, session.begin():
                held = session.get_one(ReviewItem, item)
                hand = Hand(item, held.version, somebody)
                decide.preview(session, session.get_one(Form, held.form_pk), Entries(), somebody)
                decide.keep_draft(session, hand, Entries())
            with Session(store.engine) as session, session.begin():
                claiming.release(session, item, name, hand.version)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, ("ann", "ben", "cem", "dia", "eli", "fay")))
    with Session(store.engine) as session:
        assert audit.verify(session) is None
        assert set(session.scalars(select(ReviewItem.state))) == {ReviewState.WAITING}


def test_prescriber_only_items_are_for_those_who_may_decide_them(store: Store, items: list[int]) -> None:
    assert claim(store, items[2], ANN) is None
    assert claim(store, items[2], SUE) is None
    assert claim_next(store, DOC) == items[2]


def test_escalated_items_are_for_supervisors(store: Store, items: list[int]) -> None:
    set_on(store, items[0], escalated="two names on it")
    assert claim(store, items[0], ANN) is None
    assert claim_next(store, SUE) == items[0]


def test_a_postponed_item_comes_later_but_can_be_picked(store: Store, items: list[int]) -> None:
    set_on(store, items[0], postponed_until=dt.datetime.now(dt.UTC) + HOUR)
    assert claim_next(store, ANN) == items[1]
    assert claim(store, items[0], BEN) is not None


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_decides_nothing_gets_nothing(store: Store, items: list[int], role: Role) -> None:
    assert claim_next(store, Somebody("eve", role, decides_prescriber_only=True)) is None
    assert claim(store, items[0], Somebody("eve", role)) is None


def test_the_heartbeat_keeps_the_item_at_its_version(store: Store, items: list[int]) -> None:
    version = claim(store, items[0], ANN, dt.timedelta(seconds=1))
    assert version is not None
    with Session(store.engine) as session, session.begin():
        claiming.keep(session, items[0], "ann", version, HOUR)
        assert claiming.holds(session, items[0], "ann", version).version == version + 1
    assert claim(store, items[0], BEN) is None


def test_an_item_whose_lease_ran_out_is_lost_to_the_first_holder(store: Store, items: list[int]) -> None:
    version = claim(store, items[0], ANN, PAST)
    assert version is not None
    assert claim(store, items[0], BEN) is not None
    for act in (claiming.release, claiming.holds):
        with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
            act(session, items[0], "ann", version)
    with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
        claiming.keep(session, items[0], "ann", version, HOUR)


def test_who_logs_out_puts_everything_back(store: Store, items: list[int]) -> None:
    claim(store, items[0], ANN)
    claim(store, items[1], ANN)
    with Session(store.engine) as session, session.begin():
        claiming.release_all(session, "ann")
        assert set(session.scalars(select(ReviewItem.state))) == {ReviewState.WAITING}
        assert audit.verify(session) is None


def test_a_supervisor_takes_an_item_over_and_it_is_noted(store: Store, items: list[int]) -> None:
    version = claim(store, items[0], ANN)
    with Session(store.engine) as session, session.begin():
        assert claiming.take_over(session, items[0], BEN, HOUR) is None
        assert claiming.take_over(session, items[0], SUE, HOUR) == (version or 0) + 1
        line = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(1)).one()
        assert (line.who, line.action, line.after) == ("sue", "review taken over", {"item": items[0]})
