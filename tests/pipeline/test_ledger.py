"""Claims: one winner, leases that end, and late comers who find their claim gone."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import socket
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import pytest
from sqlalchemy.orm import Session

from pipeline import ledger
from pipeline.errors import ClaimLost
from pipeline.settings import Settings
from pipeline.store import repository
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import Store, open_store

HOUR = dt.timedelta(hours=1)
PAST = dt.timedelta(seconds=-1)


def add_documents(store: Store, count: int) -> list[int]:
    with Session(store.engine) as session, session.begin():
        return [repository.add_document(session, f"{n:064x}", 1, dt.date(2022, 3, 1)).id for n in range(count)]


def claim(store: Store, document_id: int, lease: dt.timedelta = HOUR, owner: str | None = None) -> ledger.Claim | None:
    with Session(store.engine) as session, session.begin():
        return ledger.claim(session, document_id, lease, owner)


def waiting(store: Store) -> list[int]:
    with Session(store.engine) as session:
        return list(ledger.waiting(session))


def claim_all(settings: Settings, ids: list[int], start: Barrier, got: Queue[list[int]]) -> None:
    """What one of several processes gets when all ask for everything at once."""
    store = open_store(settings)
    start.wait()
    got.put([document_id for document_id in ids if claim(store, document_id)])
    start.wait()  # nobody ends before all are through: the claims of a process that has ended are free again


def test_each_document_goes_to_one_of_several_processes(store: Store) -> None:
    ids = add_documents(store, 30)
    fork = multiprocessing.get_context("fork")
    start, got = fork.Barrier(3), fork.Queue()
    workers = [fork.Process(target=claim_all, args=(store.settings, ids, start, got)) for _ in range(3)]
    for worker in workers:
        worker.start()
    claimed = [document_id for _ in workers for document_id in got.get(timeout=60)]
    for worker in workers:
        worker.join()
    assert sorted(claimed) == ids


def test_documents_wait_in_the_order_of_arrival_and_not_while_claimed(store: Store) -> None:
    ids = add_documents(store, 3)
    assert claim(store, ids[1]) is not None
    assert waiting(store) == [ids[0], ids[2]]
    assert claim(store, ids[1]) is None


def test_a_lease_that_ran_out_can_be_taken_over_and_the_late_comer_stores_nothing(store: Store) -> None:
    (document_id,) = add_documents(store, 1)
    late = claim(store, document_id, PAST, "elsewhere:1")
    new = claim(store, document_id, HOUR, "elsewhere:2")
    assert late is not None
    assert new is not None
    assert new.attempt == 2
    with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
        ledger.hold(session, late)
    with Session(store.engine) as session, session.begin():
        ledger.settle(ledger.hold(session, new), DocumentState.STORED)
    assert waiting(store) == []
    assert claim(store, document_id) is None


def test_the_same_process_that_lost_and_retook_a_claim_has_one_claim(store: Store) -> None:
    (document_id,) = add_documents(store, 1)
    first, second = claim(store, document_id, PAST), claim(store, document_id)
    assert first is not None
    assert second is not None
    with Session(store.engine) as session, session.begin(), pytest.raises(ClaimLost):
        ledger.hold(session, first)


def test_work_of_a_dead_process_of_this_machine_need_not_wait(store: Store) -> None:
    (document_id,) = add_documents(store, 1)
    child = multiprocessing.get_context("fork").Process(target=int)
    child.start()
    child.join()
    claim(store, document_id, HOUR, f"{socket.gethostname()}:{child.pid}")
    assert waiting(store) == [document_id]


@pytest.mark.parametrize(
    "owner",
    ["another-machine:1", f"{socket.gethostname()}:{os.getpid()}", "no process"],
    ids=["another machine", "this process", "no process"],  # a process id in a name is another in every xdist worker
)
def test_work_that_may_be_alive_waits_for_its_lease(store: Store, owner: str) -> None:
    (document_id,) = add_documents(store, 1)
    claim(store, document_id, HOUR, owner)
    assert waiting(store) == []


def test_work_given_back_is_claimable_and_does_not_count(store: Store) -> None:
    (document_id,) = add_documents(store, 1)
    held = claim(store, document_id)
    assert held is not None
    with Session(store.engine) as session, session.begin():
        ledger.give_back(session, held)
        assert session.get_one(Document, document_id, populate_existing=True).attempts == 0
    assert waiting(store) == [document_id]


def test_what_a_process_could_not_give_back_it_gives_back_later_and_nobody_elses(store: Store) -> None:
    """The database was away; its process lives on, so nobody else may take it before its lease ends."""
    ours, theirs = add_documents(store, 2)
    claim(store, ours)
    claim(store, theirs, owner="elsewhere:1")
    assert waiting(store) == []
    with Session(store.engine) as session, session.begin():
        assert ledger.give_back_own(session) == 1
    assert waiting(store) == [ours]
