"""The dashboard at the station: numbers as they stand in the database, plots and tables for those who oversee."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from blind_checks import choose_everything
from fastapi.testclient import TestClient
from papers import Deliver, doubtful, psf
from sqlalchemy.orm import Session
from staffing import PASSWORD

from pipeline.quality import checking
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import COOKIE
from pipeline.review.web.app import create_app
from pipeline.review.web.dashboard import PLOTS
from pipeline.store.opening import Store

Get = Callable[[str, str], tuple[int, str]]


@pytest.fixture
def kind() -> str:
    """The figures are asked of both databases in `test_figures`."""
    return "sqlite"


@pytest.fixture
def get(store: Store, staff: dict[str, Role]) -> Get:
    """Status and body of a page for whoever is named."""
    assert staff
    app = create_app(store)

    def of(name: str, path: str) -> tuple[int, str]:
        session_id = people.log_in(store, name, PASSWORD, "testclient")
        assert session_id is not None
        client = TestClient(app, follow_redirects=False, cookies={COOKIE: session_id})
        answer = client.get(path)
        return answer.status_code, answer.text

    return of


def test_it_shows_what_came_in_passed_and_waits(get: Get, deliver: Deliver) -> None:
    deliver(psf())
    deliver(doubtful(psf(anc_draw_date="2022-07-12"), "anc_value"))
    status, body = get("sue", "/dashboard?days=7")
    assert status == 200
    assert "50.0 %" in body
    assert "Nothing was checked yet" in body
    table = list(csv.DictReader(io.StringIO(get("eve", "/dashboard/days.csv?days=7")[1])))
    assert len(table) == 7
    assert [(row["documents"], row["passed"], row["held"]) for row in table if row["forms"] != "0"] == [("2", "1", "1")]


def test_every_plot_is_an_svg_and_there_are_no_others(get: Get, deliver: Deliver) -> None:
    deliver(psf())
    for name in PLOTS:
        status, body = get("eve", f"/dashboard/{name}.svg")
        assert (status, "<svg" in body) == (200, True), name
    assert get("eve", "/dashboard/..%2fapp.py")[0] == 404
    assert get("eve", "/dashboard/days.png")[0] == 404
    assert get("ann", "/dashboard")[0] == 403


def test_error_rates_stand_with_their_intervals(get: Get, store: Store, deliver: Deliver) -> None:
    deliver(psf())
    choose_everything(store)
    with Session(store.engine) as session, session.begin():
        for who in ("Ann", "Ben"):
            (check,) = checking.waiting(session, who)
            version = checking.claim(session, check.id, who, store.settings.review_lease)
            assert version is not None
            checking.record(session, check.id, who, version, {"anc_value": "2800"})
    body = get("sue", "/dashboard")[1]
    assert "1 value that a check found wrong still stands" in body
    assert "2.5 to 100.0 %" in body
