"""The queue's filters and counts, and a form beside the one that it contradicts."""

from __future__ import annotations

import datetime as dt

import pytest
from fastapi.testclient import TestClient
from papers import Deliver, doubtful, psf
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from staffing import PASSWORD

from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import COOKIE
from pipeline.review.web.app import create_app
from pipeline.review.web.screens import queue_screen
from pipeline.store.models import Document, Form, ReviewItem
from pipeline.store.opening import Store


def test_every_filter_leaves_what_it_says_and_counts_add_up(store: Store, deliver: Deliver) -> None:
    deliver(psf(anc_value="700", anc_draw_date="2022-07-12"))  # urgent: no rationale
    deliver(doubtful(psf(anc_draw_date="2022-07-13"), "anc_value"))
    deliver(psf(patient_gender=None, anc_draw_date="2022-07-14"))
    with Session(store.engine) as session, session.begin():
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        session.execute(update(ReviewItem).filter_by(id=2).values(created_at=long_ago))
        session.execute(update(Document).filter_by(id=3).values(batch="archive"))
    with Session(store.engine) as session:
        everything = queue_screen(session, {})
        assert (everything.waiting, sum(everything.by_priority.values())) == (3, 3)
        assert everything.by_age == {"1 h": 1, "4 h": 1, "24 h": 1, "3 d": 0, "7 d": 0}
        assert everything.by_batch == {"none": 2, "archive": 1}
        for filters, found in (
            ({"age": "24 h"}, [2]),
            ({"priority": "urgent"}, [1]),
            ({"batch": "archive"}, [3]),
            ({"batch": "none", "reason": "low_confidence"}, [2]),
            ({"form": "psf_2021", "source": "folder", "age": "3 d"}, []),
            ({"age": "a guess", "priority": "a guess"}, [1, 2, 3]),
        ):
            screen = queue_screen(session, filters)
            assert sorted(line.item for line in screen.lines) == found, filters
            assert screen.found == len(found)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_contradicting_form_stands_beside_for_whoever_holds_the_item(
    store: Store, staff: dict[str, Role], deliver_pdf: Deliver, kind: str
) -> None:
    assert staff
    assert kind == "sqlite"
    deliver_pdf(psf())
    deliver_pdf(psf(anc_value="2900"))
    with Session(store.engine) as session:
        form = session.scalars(select(Form).order_by(Form.id.desc())).first()
        assert form is not None
        assert form.route.contradicts == 1
    with TestClient(create_app(store), follow_redirects=False) as client:
        session_id = people.log_in(store, "ann", PASSWORD, "testclient") or ""
        client.cookies.set(COOKIE, session_id)
        assert client.get("/items/1/beside/1.png").status_code == 404
        client.post("/next", data={"token": people.form_token(session_id)})
        body = client.get("/items/1").text
        assert "Side by side" in body
        assert "<td>2900</td><td>2300</td>" in body
        assert client.get("/items/1/beside/1.png").content.startswith(b"\x89PNG")
        assert client.get("/items/1/beside/3.png").status_code == 404
