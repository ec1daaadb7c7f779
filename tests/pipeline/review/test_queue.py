"""The review queue: what waits and why, and that one person has an item at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from papers import broken, document, form, psf
from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline.errors import ClaimLost
from pipeline.process import Outcome
from pipeline.review import queue
from pipeline.store import audit
from pipeline.store.opening import Store

HOUR, PAST = dt.timedelta(hours=1), dt.timedelta(seconds=-1)
Deliver = Callable[..., Outcome]


def claim(store: Store, item: int, who: str, lease: dt.timedelta = HOUR) -> int | None:
    with Session(store.engine) as session, session.begin():
        return queue.claim(session, item, who, lease)


def waiting(store: Store, reason: str | None = None) -> list[queue.Waiting]:
    with Session(store.engine) as session:
        return list(queue.list_waiting(session, reason))


@pytest.fixture
def item(store: Store, deliver: Deliver) -> int:
    """A form that waits because its ANC is missing."""
    deliver(psf(anc_value=None))
    return waiting(store)[0].item


def test_what_hangs_on_a_treatment_comes_first_then_forms_then_the_rest(store: Store, deliver: Deliver) -> None:
    deliver(document(more=(PageReading(1, PageKind.UNKNOWN),)))
    deliver(psf(anc_value=None))
    deliver(psf(anc_value="700", monitoring_frequency="three_times_weekly", anc_draw_date="2022-07-12"))
    lines = waiting(store)
    assert [line.priority for line in lines] == [queue.URGENT, queue.NORMAL, queue.LATER]
    assert "rationale_missing" in lines[0].reasons
    assert [line.form_id for line in lines] == ["psf_2021", "psf_2021", None]
    assert (lines[2].page, lines[2].file) == (1, "0001.tif")
    assert waiting(store, "unknown_form") == lines[2:]


def test_how_long_it_waits(store: Store, item: int) -> None:
    (line,) = waiting(store)
    assert line.item == item
    assert line.waited(line.since + HOUR) == HOUR


def test_of_two_people_one_gets_the_item(store: Store, item: int) -> None:
    with ThreadPoolExecutor(4) as people:
        versions = list(people.map(lambda who: claim(store, item, who), ["ann", "ben", "cem", "dia"]))
    assert sorted(version is not None for version in versions) == [False, False, False, True]
    assert waiting(store)[0].claimed_by in {"ann", "ben", "cem", "dia"}


def test_an_item_can_be_put_back_by_whoever_has_it(store: Store, item: int) -> None:
    version = claim(store, item, "ann")
    assert version is not None
    with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
        queue.release(session, item, "ben", version)
    with Session(store.engine) as session, session.begin():
        queue.release(session, item, "ann", version)
        assert audit.verify(session) is None
    assert claim(store, item, "ben") == version + 2


def test_an_item_whose_lease_ran_out_is_lost_to_the_first_holder(store: Store, item: int) -> None:
    version = claim(store, item, "ann", PAST)
    assert version is not None
    assert claim(store, item, "ben") is not None
    with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
        queue.release(session, item, "ann", version)


def test_a_document_that_failed_waits_as_a_whole(store: Store, deliver: Deliver) -> None:
    deliver(broken(ValueError()))
    (line,) = waiting(store)
    assert (line.form_id, line.page, line.reasons) == (None, None, ("unreadable",))


def test_a_form_that_passed_does_not_wait(store: Store, deliver: Deliver) -> None:
    deliver(document(form("psf_2021", psf().forms[0].readings and {})))
    assert [line.form_id for line in waiting(store)] == ["psf_2021"]
    deliver(psf())
    assert len(waiting(store)) == 1
