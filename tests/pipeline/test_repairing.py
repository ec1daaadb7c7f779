"""Stuck work on both databases: found, freed, tried again, held with a reason; poison stops nobody else."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import socket
from pathlib import Path

import pytest
from papers import always, arrive, broken, import_registry, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.errors import DamagedFile
from extractors.reading import DocumentReading, PageKind, PageReading
from pipeline import ledger, repairing
from pipeline.errors import RepairRefused
from pipeline.process import process, process_in_order
from pipeline.readers import ReaderPool
from pipeline.store import audit
from pipeline.store.models import Document, DocumentState, ReviewItem
from pipeline.store.opening import Store, open_store

HOUR = dt.timedelta(hours=1)


def document(store: Store, number: int) -> Document:
    with Session(store.engine, expire_on_commit=False) as session:
        return session.get_one(Document, number)


def claim(store: Store, number: int, owner: str, lease: dt.timedelta = HOUR) -> None:
    with Session(store.engine) as session, session.begin():
        assert ledger.claim(session, number, lease, owner)


def way(store: Store, number: int) -> list[tuple[str, int, str | None]]:
    with Session(store.engine) as session:
        steps = repairing.way_of(session, session.get_one(Document, number))
        return [(step.state, step.attempt, step.why) for step in steps]


def dead_process() -> str:
    child = multiprocessing.get_context("fork").Process(target=int)
    child.start()
    child.join()
    return f"{socket.gethostname()}:{child.pid}"


def test_the_way_of_a_document_stands_in_the_ledger(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    number = arrive(store, tmp_path, b"fax")
    with Session(store.engine) as session, session.begin():
        held = ledger.claim(session, number, HOUR)
        assert held is not None
        ledger.give_back(session, held)
    process(store, number, always(psf()))
    assert way(store, number) == [
        ("received", 0, None),
        ("reading", 1, None),
        ("received", 0, "given back"),
        ("reading", 1, None),
        ("stored", 1, None),
    ]


def test_stuck_work_is_found_freed_and_held(store: Store, tmp_path: Path) -> None:
    alive, dead, late, worn = (arrive(store, tmp_path, bytes([n]), f"{n}.tif") for n in range(4))
    claim(store, alive, "elsewhere:1")
    claim(store, dead, dead_process())
    claim(store, late, "elsewhere:1", lease=-HOUR)
    for _ in range(store.settings.attempts):
        claim(store, worn, "elsewhere:1", lease=-HOUR)
    with Session(store.engine) as session:
        found = {stuck.document_id: stuck.why for stuck in repairing.find_stuck(session, store.settings)}
    ran_out = "its lease ran out"
    assert found == {dead: "the process that had it died", late: ran_out, worn: ran_out}
    with Session(store.engine) as session, session.begin():
        freed, held = repairing.free_and_hold(session, store.settings, "kim")
    assert (freed, held) == ([dead, late], [worn])
    assert document(store, worn).state == DocumentState.FAILED
    assert document(store, worn).error == "held: claimed 3 times and never decided"
    assert document(store, alive).state == DocumentState.READING
    with Session(store.engine) as session:
        assert list(ledger.waiting(session)) == [dead, late]
        assert [item.document_id for item in session.scalars(select(ReviewItem))] == [worn]
        assert audit.verify(session) is None


def test_what_nobody_claims_is_told_after_a_while(store: Store, tmp_path: Path) -> None:
    number = arrive(store, tmp_path, b"fax")
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=61)
    with Session(store.engine) as session:
        assert repairing.find_stuck(session, store.settings) == []
        (stuck,) = repairing.find_stuck(session, store.settings, later)
    assert (stuck.document_id, stuck.why) == (number, "nobody has claimed it")
    with Session(store.engine) as session, session.begin():
        session.get_one(Document, number).batch = "1-0001"  # of an archive: it waits for its chunk
    with Session(store.engine) as session:
        assert repairing.find_stuck(session, store.settings, later) == []


def test_what_failed_is_read_once_more(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    number = arrive(store, tmp_path, b"fax")
    process(store, number, broken(DamagedFile("open", "damaged")))
    with Session(store.engine) as session, session.begin():
        repairing.retry(session, session.get_one(Document, number), "kim")
    assert process(store, number, always(psf())) is not None
    assert document(store, number).state == DocumentState.STORED
    with Session(store.engine) as session, session.begin():
        assert session.scalars(select(ReviewItem)).all() == []
        with pytest.raises(RepairRefused):
            repairing.retry(session, session.get_one(Document, number), "kim")
        with pytest.raises(RepairRefused):
            repairing.hold(session, session.get_one(Document, number), "why", "kim")


def test_what_a_person_has_in_hand_is_not_read_again(store: Store, tmp_path: Path) -> None:
    number = arrive(store, tmp_path, b"fax")
    process(store, number, broken(DamagedFile("open", "damaged")))
    with Session(store.engine) as session, session.begin():
        session.scalars(select(ReviewItem)).one().state = "claimed"
    with Session(store.engine) as session, session.begin(), pytest.raises(RepairRefused):
        repairing.retry(session, session.get_one(Document, number), "kim")


def poisoned(data: bytes, _limits: object) -> DocumentReading:
    """A reader that one document kills each time."""
    if data == b"poison":
        os.kill(os.getpid(), signal.SIGKILL)
    return DocumentReading((PageReading(1, PageKind.UNKNOWN),), (), status="done")  # type: ignore[arg-type]  # as stored


def test_a_document_that_kills_its_reader_each_time_is_held_and_stops_nobody(store: Store, tmp_path: Path) -> None:
    numbers = [arrive(store, tmp_path, data, f"{n}.tif") for n, data in enumerate((b"before", b"poison", b"after"))]
    with ReaderPool(workers=1, reader=poisoned) as readers:
        outcomes = list(process_in_order(store, numbers, readers.read))
    assert [outcome.document_id for outcome in outcomes] == numbers
    assert document(store, numbers[1]).state == DocumentState.FAILED
    assert document(store, numbers[1]).error == "read: the reading process died 3 times (exit code -9)"
    assert way(store, numbers[1])[-1] == ("failed", 1, "read: the reading process died 3 times (exit code -9)")


def work_through_what_waits(settings: object) -> None:
    """A worker that one document kills each time, itself and not only its reader."""
    store = open_store(settings)  # type: ignore[arg-type]  # settings, through a fork
    while True:
        with Session(store.engine) as session:
            portion = ledger.next_portion(session, 10)
        if not portion:
            return
        for _ in process_in_order(store, portion, lambda documents: _read_all_at_once(list(documents))):
            pass


def _read_all_at_once(documents: list[tuple[int, bytes]]) -> object:
    for number, data in documents:
        if data == b"poison":
            os.kill(os.getpid(), signal.SIGKILL)
        yield number, psf()


def test_a_document_that_kills_the_worker_each_time_is_held_and_takes_no_other_with_it(
    store: Store, tmp_path: Path
) -> None:
    import_registry(store, tmp_path)
    numbers = [arrive(store, tmp_path, data, f"{n}.tif") for n, data in enumerate((b"before", b"poison", b"after"))]
    fork = multiprocessing.get_context("fork")
    for _ in range(10):  # as its supervisor starts it again
        worker = fork.Process(target=work_through_what_waits, args=(store.settings,))
        worker.start()
        worker.join()
        if worker.exitcode == 0:
            break
    assert [document(store, number).state for number in numbers] == [
        DocumentState.STORED,
        DocumentState.FAILED,
        DocumentState.STORED,  # as a duplicate of the first one
    ]
    assert "given up: the program ended 3 times" in str(document(store, numbers[1]).error)
