"""The checks of the fault test and the soak can fail: a file lost, counted twice, changed; a name in a log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from pipeline.intake.folder import Arrival, arrival_of
from pipeline.process import process, take_in
from pipeline.settings import Settings
from pipeline.store.models import Document, Page, Source
from pipeline.store.opening import Store, open_store
from tests.faults.telling import found_in, of_installation
from tests.faults.traffic import Fax, blank_page, secrets, small_faxes
from tests.faults.verdict import Fed, judge


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=tmp_path / "data"))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def fed(store: Store, tmp_path: Path) -> Fed:
    """Three files, all of them decided."""
    fed = Fed()
    for number in range(3):
        fax = Fax(f"{number}.tif", blank_page(number))
        (tmp_path / fax.name).write_bytes(fax.data)
        fed.note(fax)
        process(store, take_in(store, arrival_of(tmp_path / fax.name, fax.name)), fails)
    return fed


def fails(_data: bytes) -> object:
    """A reader that reads nothing: the pages are failed, and accounted for."""
    raise ValueError


def test_what_is_as_it_must_be_holds(store: Store, fed: Fed, tmp_path: Path) -> None:
    verdict = judge(store, fed, [tmp_path / "nothing left"])
    assert verdict.holds
    assert (verdict.files, verdict.documents, verdict.accounts.pages_in) == (3, 3, 3)


def test_a_file_that_never_came_is_lost(store: Store, fed: Fed) -> None:
    fed.note(Fax("9.tif", blank_page(9)))
    verdict = judge(store, fed, [])
    assert verdict.lost == ["9.tif"]
    assert not verdict.holds


def test_a_source_that_is_gone_and_one_that_is_there_twice_are_found(store: Store, fed: Fed, tmp_path: Path) -> None:
    with Session(store.engine) as session, session.begin():
        session.execute(delete(Source).where(Source.file == "0.tif"))
    again = arrival_of(tmp_path / "1.tif", "1.tif")
    take_in(store, Arrival(again.path, again.file, again.received.replace(year=1999)))
    verdict = judge(store, fed, [])
    assert (verdict.lost, verdict.twice) == (["0.tif"], ["1.tif"])


def test_what_was_decided_twice_or_not_at_all_is_found(store: Store, fed: Fed) -> None:
    with Session(store.engine) as session, session.begin():
        session.get_one(Document, 1).state = "received"
    assert judge(store, fed, []).undecided == 1
    assert process(store, 1, fails) is not None  # type: ignore[arg-type]  # it raises
    assert judge(store, fed, []).twice == ["document 1"]


def test_a_file_that_was_not_acknowledged_and_a_page_too_many_are_found(store: Store, fed: Fed, tmp_path: Path) -> None:
    assert judge(store, fed, [tmp_path]).not_acknowledged == 3
    with Session(store.engine) as session, session.begin():
        session.add(Page(document_id=1, page=7, kind="unknown", rotated=0, match=0.0, text=""))
    assert not judge(store, fed, []).holds


@pytest.mark.parametrize("place", ["service/worker.log.1", "service/prefect/prefect.db", "Moss/x", "metrics"])
def test_a_name_is_found_wherever_it_stands(tmp_path: Path, place: str) -> None:
    told = b'{"event": "x", "file": "Moss clozapine.tif", "npi": 1234567893}'
    metrics = told.decode() if place == "metrics" else ""
    if place != "metrics":
        path = tmp_path / place
        path.parent.mkdir(parents=True)
        path.write_bytes(told)
    found = found_in(of_installation(tmp_path, metrics), {"Moss", "1234567893", "Lane"})
    assert {secret for _, secret in found} >= {"Moss"}
    shutil.rmtree(tmp_path)


def test_numbers_within_numbers_and_times_are_chance() -> None:
    innocent = b'91234567893 "2026-11-28 07:58:43.123456" 1a2b3c4d-0000-1234-5678-123456789312 Mossy'
    assert found_in({"log": [innocent]}, {"Moss", "1234567893", "2026-11-28"}) == []
    assert len(secrets()) > 200


def test_traffic_has_every_kind_of_file_and_is_the_same_again() -> None:
    faxes = [fax for fax, _ in zip(small_faxes(3), range(200), strict=False)]
    again = [fax for fax, _ in zip(small_faxes(3), range(200), strict=False)]
    assert faxes == again
    assert len({fax.name for fax in faxes}) == 200
    assert 150 <= len({fax.data for fax in faxes}) < 200
