"""The figures of the dashboard, on papers that were taken in a moment ago."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from xml.etree import ElementTree

import pytest
from blind import ANN, check_it, draw_one, keyed
from papers import BASELINE, MONTHLY, Deliver, doubtful, psf
from sqlalchemy.orm import Session

from pipeline.quality.figures import AGES, dashboard, waiting_by_age
from pipeline.quality.plots import write_dashboard
from pipeline.quality.sampling import iso_week
from pipeline.review.accepting import accept
from pipeline.store.models import Document
from pipeline.store.opening import Store


def test_what_came_in_and_through(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    deliver(psf())  # the same again
    held = deliver(doubtful(psf(BASELINE), "anc_value"))
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, held.document_id).forms
        accept(session, store.settings, form, ANN)
        board = dashboard(session, days=3)
    first, second, today = board.days
    assert (today.documents, today.forms, today.passed, today.duplicates, today.held) == (3, 3, 1, 1, 1)
    assert today.straight_through == 0.5  # a person accepting it later is no straight way
    assert first.documents == second.forms == 0
    assert first.straight_through is None


def test_what_is_held_waits_and_is_decided(store: Store, deliver: Deliver) -> None:
    one, _ = (deliver(psf(values, ben_flag=True)) for values in (MONTHLY, BASELINE))
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, one.document_id).forms
        accept(session, store.settings, form, ANN)
        board = dashboard(session, hours=2)
    (held,) = board.held
    assert (held.reason, held.forms, held.waiting) == ("prescriber_only", 2, 1)
    assert [(band.age, band.items, band.urgent) for band in board.waiting if band.items] == [("under 1 h", 1, 1)]
    assert [hour.decided for hour in board.hours][-2:] in ([0, 1], [1, 0])  # the clock may strike in between


@pytest.mark.parametrize(("waited", "age"), [(0, 0), (1, 1), (5, 2), (24, 3), (72, 4), (24 * 400, 5)])
def test_ages_of_waiting(store: Store, deliver: Deliver, waited: int, age: int) -> None:
    deliver(psf(ben_flag=True))
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=waited)
    with Session(store.engine) as session:
        assert [band.items for band in waiting_by_age(session, later)] == [int(n == age) for n in range(len(AGES))]


def test_accuracy_by_week_comes_from_blind_checks(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        check = draw_one(session)
        check_it(session, check, ANN, keyed(check, patient_zip="10009"))  # disputed: counts neither way
        board, asked = dashboard(session), len(check.fields)
    (week,) = board.weeks
    assert (week.week, week.forms, week.values) == (iso_week(board.now), 1, asked - 1)
    assert (week.right.share, week.critical_right.share) == (1, 1)
    assert 0.5 < week.critical_right.low < week.right.low < 1


@pytest.mark.parametrize("papers", [0, 2], ids=["nothing came in yet", "some came in"])
def test_the_dashboard_as_files_tells_no_patient(store: Store, deliver: Deliver, tmp_path: Path, papers: int) -> None:
    for read in (psf(), psf(BASELINE, ben_flag=True))[:papers]:
        deliver(read)
    with Session(store.engine) as session:
        files = write_dashboard(dashboard(session, days=2), tmp_path / "board")
    assert [file.name for file in files] == [
        f"{figure}.{kind}" for figure in ("days", "held", "waiting", "decided", "accuracy") for kind in ("csv", "svg")
    ]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert not {"Lane", "Vale", "2300", "0001.tif"} & set(text.replace(",", " ").split())
        if file.suffix == ".svg":
            assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314 - we wrote it a moment ago
    rows = list(csv.DictReader(files[0].open(encoding="utf-8")))
    assert [row["forms"] for row in rows] == ["0", str(papers)]
