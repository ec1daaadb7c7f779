"""Metrics and health: numbers of the database, true after any crash, without a word of a patient."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from papers import Deliver, always, arrive, broken, doubtful, psf
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from extractors.errors import DamagedFile
from pipeline import ledger, step_times
from pipeline.metrics import exposition
from pipeline.monitor import create_monitor
from pipeline.process import process
from pipeline.review.web.app import create_app
from pipeline.store.models import Document, ReviewItem
from pipeline.store.opening import Store


def told(store: Store) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(exposition(store).decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(store: Store, name: str, **labels: str) -> float:
    return told(store)[f"faxforms_{name}", frozenset(labels.items())]


def test_metrics_tell_what_came_in_and_what_waits(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    deliver(doubtful(psf(anc_draw_date="2022-07-12", anc_value="2100"), "anc_value"))
    deliver(broken(DamagedFile("open", "a page is missing")))
    arrive(store, tmp_path, b"not read yet", "later.tif")
    with Session(store.engine) as session, session.begin():
        session.execute(update(ReviewItem).values(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=30)))
    assert value(store, "documents", state="stored", status="done") == 1
    assert value(store, "documents", state="failed", status="failed") == 1
    assert value(store, "pages", kind="form") == 4
    assert value(store, "decisions_total", route="accept") == 1
    assert value(store, "backlog_documents") == 1
    assert 0 <= value(store, "backlog_oldest_seconds") < 600
    assert value(store, "queue_items", state="waiting") == 2
    assert value(store, "queue_reasons", reason="unreadable", waited="up to 3 days") == 1
    assert value(store, "failed_documents", step="open") == 1
    assert value(store, "step_seconds_count", step="take_in") == 4
    assert value(store, "step_seconds_count", step="decide") == 3
    assert value(store, "step_seconds_bucket", step="arrival_to_decision", le="+Inf") == 3
    assert "Lane" not in exposition(store).decode()


def test_leases_that_ran_out_are_seen_and_the_machine_is_not_live(store: Store, tmp_path: Path) -> None:
    number = arrive(store, tmp_path, b"a fax")
    monitor = TestClient(create_monitor(store))
    with Session(store.engine) as session, session.begin():
        ledger.claim(session, number, dt.timedelta(minutes=5))
    assert value(store, "leases", of="document", lease="held") == 1
    assert monitor.get("/live").status_code == 200
    with Session(store.engine) as session, session.begin():
        session.execute(update(Document).values(lease_until=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)))
    assert value(store, "leases", of="document", lease="run_out") == 1
    assert monitor.get("/live").status_code == 503
    assert "held longer than their lease" in monitor.get("/ready").text


def test_station_and_monitor_say_when_they_cannot_work(store: Store) -> None:
    station, monitor = TestClient(create_app(store)), TestClient(create_monitor(store))
    assert (station.get("/health/live").text, station.get("/health/ready").text) == ("live\n", "ready\n")
    assert monitor.get("/ready").status_code == 200
    assert "faxforms_backlog_documents 0.0" in monitor.get("/metrics").text
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert station.get("/health/live").status_code == 200
    for answer in (station.get("/health/ready"), monitor.get("/ready")):
        assert (answer.status_code, answer.text) == (503, "the database has another version's tables\n")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_step_times_fall_into_their_buckets(store: Store) -> None:
    for seconds in (0.05, 0.06, 100_000.0, 0.06):
        with Session(store.engine) as session, session.begin():
            step_times.add(session, "read", seconds)
    assert value(store, "step_seconds_bucket", step="read", le="0.05") == 1
    assert value(store, "step_seconds_bucket", step="read", le="0.1") == 3
    assert value(store, "step_seconds_bucket", step="read", le="86400.0") == 3
    assert value(store, "step_seconds_bucket", step="read", le="+Inf") == 4
    assert value(store, "step_seconds_sum", step="read") == pytest.approx(100_000.17)


def test_a_document_counts_once_however_often_it_is_worked_on(store: Store, tmp_path: Path) -> None:
    number = arrive(store, tmp_path, b"a fax")
    process(store, number, always(psf()))
    assert process(store, number, always(psf())) is None
    assert value(store, "step_seconds_count", step="decide") == 1
