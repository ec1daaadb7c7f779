"""Who may ask for what: every role on every route, cookies, tokens, headers, and what is as if it did not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi.testclient import TestClient
from papers import Deliver, psf
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from staffing import PASSWORD

from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import ACCESS, ANYBODY, COOKIE
from pipeline.review.web.app import create_app
from pipeline.review.web.pictures import _rendered
from pipeline.store.models import AuditLine, ReviewItem
from pipeline.store.opening import Store

LogIn = Callable[[str], TestClient]


@pytest.fixture
def kind() -> str:
    """What is asked here does not hang on the database."""
    return "sqlite"


@pytest.fixture
def log_in(store: Store, staff: dict[str, Role]) -> Iterator[LogIn]:
    """A client with the session of whoever is named."""
    assert staff
    app = create_app(store)
    with ExitStack() as clients:

        def of(name: str) -> TestClient:
            client = clients.enter_context(TestClient(app, follow_redirects=False))
            session_id = people.log_in(store, name, PASSWORD, "testclient") if name else None
            if session_id is not None:
                client.cookies.set(COOKIE, session_id)
                client.headers["x-token"] = people.form_token(session_id)
            return client

        yield of


def post(client: TestClient, path: str, **fields: str) -> int:
    """Post with the token that the session's pages carry; the status."""
    return client.post(path, data={"token": client.headers["x-token"]} | fields).status_code


def asked(route: str) -> str:
    """The route's path, for things that do not exist."""
    return re.sub(r"\{[^}]+\}", "999", route)


def test_every_route_is_in_the_table(store: Store) -> None:
    routes = {
        (method, route.path)
        for route in create_app(store).routes
        for method in getattr(route, "methods", None) or {"MOUNT"}
        if method != "HEAD"
    }
    assert routes == set(ACCESS)


@pytest.mark.parametrize("name", ["", "ann", "sue", "eve", "kim"])
def test_every_route_answers_its_roles_and_no_other(log_in: LogIn, staff: dict[str, Role], name: str) -> None:
    client = log_in(name)
    for (method, route), roles in ACCESS.items():
        if route in ("/logout", "/login"):
            continue
        token = {"token": client.headers.get("x-token", "")}
        answer = client.request(method, asked(route), data=token if method == "POST" else None)
        if roles is ANYBODY:
            assert answer.status_code in (200, 404), route
        elif not name:
            assert (answer.status_code, answer.headers["location"]) == (303, "/login"), route
        else:
            assert (answer.status_code == 403) is (staff[name] not in roles), route


def test_nothing_is_changed_without_the_token_of_the_session(log_in: LogIn) -> None:
    client, other = log_in("ann"), log_in("ben")
    for (method, route), roles in ACCESS.items():
        if method == "POST" and roles is not ANYBODY and Role.OPERATOR in roles:
            for token in ("", "guess", other.headers["x-token"]):
                assert client.post(asked(route), data={"token": token}).status_code == 403, route
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert client.post("/login", data={"name": "ann", "password": PASSWORD}, headers=elsewhere).status_code == 403


def test_an_item_is_there_only_for_who_holds_it_or_sees_everything(
    store: Store, log_in: LogIn, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf(anc_value=None))
    ann, ben, sue, eve, kim = map(log_in, ("ann", "ben", "sue", "eve", "kim"))
    paths = ("/items/1", "/items/1/pages/1.png")
    assert [ann.get(path).status_code for path in paths] == [404, 404]
    assert post(ann, "/items/1/claim") == 303
    assert [ann.get(path).status_code for path in paths] == [200, 200]
    assert [ben.get(path).status_code for path in paths] == [404, 404]
    assert [kim.get(path).status_code for path in paths] == [403, 403]
    for one in (sue, eve):
        assert [one.get(path).status_code for path in paths] == [200, 200]
    assert ann.get("/items/1/pages/3.png").status_code == 404
    assert post(ben, "/items/1/decide", action="reject", reason="x", version="2") == 303  # lost: back to the queue
    for guessed in ("/items/1/preview", "/items/99/preview"):  # neither tells that there is such an item
        answer = ben.post(guessed, data={"token": ben.headers["x-token"], "version": "2"})
        assert (answer.headers["hx-retarget"], "no longer in your hand" in answer.text) == ("#lost", True)
        assert "findings" not in answer.text
    with Session(store.engine) as session:
        assert session.scalars(select(ReviewItem.state)).one() == "claimed"
        views = session.scalars(select(AuditLine.who).filter_by(action="patient data viewed")).all()
        assert views == ["ann", "sue", "eve"]


def test_a_picture_is_gone_with_the_lease(store: Store, log_in: LogIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(anc_value=None))
    ann = log_in("ann")
    post(ann, "/next")
    with Session(store.engine) as session, session.begin():
        session.execute(update(ReviewItem).values(lease_until=ReviewItem.created_at))
    assert ann.get("/items/1/pages/1.png").status_code == 404


def test_after_the_logout_nothing_answers_and_everything_is_put_back(
    store: Store, log_in: LogIn, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf(anc_value=None))
    ann = log_in("ann")
    post(ann, "/next")
    cookie = ann.cookies[COOKIE]
    assert post(ann, "/logout") == 303
    ann.cookies.set(COOKIE, cookie)
    assert ann.get("/items/1").headers["location"] == "/login"
    with Session(store.engine) as session:
        assert session.scalars(select(ReviewItem.claimed_by)).one() is None


def test_an_open_page_goes_when_its_session_has_ended(log_in: LogIn) -> None:
    ann = log_in("ann")
    post(ann, "/logout")
    answer = ann.post("/items/1/heartbeat", data={}, headers={"hx-request": "true"})
    assert (answer.headers["hx-redirect"], answer.content) == ("/login", b"")


def test_without_scripts_what_was_written_is_kept_as_well(log_in: LogIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(anc_value=None))
    ann = log_in("ann")
    post(ann, "/next")
    assert post(ann, "/items/1/decide", **{"version": "2", "action": "preview", "v.anc_value": "2300"}) == 303
    assert 'value="2300"' in ann.get("/items/1").text


def test_the_next_item_is_drawn_ahead_and_still_hidden(log_in: LogIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(anc_value=None))
    deliver_pdf(psf(anc_value=None, patient_gender=None))
    ann = log_in("ann")
    post(ann, "/next")
    _rendered.cache_clear()
    assert ann.get("/items/1").status_code == 200
    assert _rendered.cache_info().currsize == 4  # two documents of two pages
    assert ann.get("/items/2/pages/1.png").status_code == 404


def test_answers_are_not_kept_and_run_nothing_from_elsewhere(log_in: LogIn) -> None:
    answer = log_in("ann").get("/queue")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(store: Store, staff: dict[str, Role]) -> None:
    assert staff
    with TestClient(create_app(store, behind_tls=True), follow_redirects=False) as client:
        answer = client.post("/login", data={"name": "ann", "password": PASSWORD})
        assert {"httponly", "samesite=strict", "secure"} <= set(answer.headers["set-cookie"].lower().split("; "))
        assert client.post("/login", data={"name": "ann", "password": "a guess"}).status_code == 401


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/items/1e9"])
def test_guessed_paths_lead_nowhere(log_in: LogIn, path: str) -> None:
    assert log_in("ann").get(path).status_code in (404, 422)


def test_what_is_written_on_a_form_is_shown_and_not_run(log_in: LogIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(psf(anc_value=None, patient_first_name="<script>alert(1)</script>"))
    ann = log_in("ann")
    post(ann, "/next")
    body = ann.get("/items/1").text
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert" in body


def test_the_administrator_makes_users_who_can_log_in(store: Store, log_in: LogIn) -> None:
    kim = log_in("kim")
    assert post(kim, "/people", name="lee", password=PASSWORD, role="operator") == 303
    assert post(kim, "/people", name="lee", password=PASSWORD, role="operator") == 409
    assert post(kim, "/people", name="mia", password=PASSWORD, role="king") == 409
    session_id = people.log_in(store, "lee", PASSWORD, "testclient")
    assert session_id is not None
    assert post(kim, "/people/5", role="operator", active="on") == 409  # the last administrator
    assert post(kim, "/people/6", role="operator") == 303  # no longer active
    assert people.who_is(store, session_id) is None
    ann = log_in("ann")
    assert post(ann, "/password", old="wrong", new=PASSWORD * 2) == 409
    assert post(ann, "/password", old=PASSWORD, new=PASSWORD * 2) == 303
    assert ann.get("/queue").headers["location"] == "/login"
