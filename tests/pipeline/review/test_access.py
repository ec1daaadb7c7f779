"""Who may ask for what: every role on every route, cookies, tokens, headers, and what is as if it did not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from papers import Deliver, doubtful, psf
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from staffing import PASSWORD

from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import ACCESS, ANYBODY, COOKIE, HEADERS
from pipeline.review.web.app import create_app
from pipeline.review.web.pictures import _rendered
from pipeline.store.models import AuditLine, Base, ReviewItem
from pipeline.store.opening import Store

LogIn = Callable[[str], TestClient]

KEYED_TWICE = "patient_dob"
"""The field that two people key."""


@pytest.fixture
def kind() -> str:
    """What is asked here does not hang on the database."""
    return "sqlite"


@pytest.fixture
def store(store: Store) -> Store:
    """Two people key a birth date."""
    return replace(store, settings=store.settings.model_copy(update={"double_keyed": (KEYED_TWICE,)}))


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


def test_nothing_is_changed_without_the_token_of_the_session(
    store: Store, log_in: LogIn, deliver_pdf: Deliver, staff: dict[str, Role]
) -> None:
    """Every route that changes something, in the name of each who may use it, also on an item that there is."""
    deliver_pdf(psf(anc_value=None))
    before = everything_but_sessions(store)
    clients = {name: log_in(name) for name in staff}
    others = {name: clients["ben" if name == "ann" else "ann"].headers["x-token"] for name in clients}
    for (method, route), roles in ACCESS.items():
        assert method in ("GET", "POST"), f"{route}: what changes something is posted"
        for name, client in clients.items():
            if method == "POST" and roles is not ANYBODY and staff[name] in roles:
                for token in ("", "guess", others[name]):
                    for path in (asked(route), re.sub(r"\{[^}]+\}", "1", route)):
                        assert client.post(path, data={"token": token}).status_code == 403, f"{name}: {path}"
    assert everything_but_sessions(store) == before
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert (
        clients["ann"].post("/login", data={"name": "ann", "password": PASSWORD}, headers=elsewhere).status_code == 403
    )


def everything_but_sessions(store: Store) -> dict[str, list[Any]]:
    """Every row of every table; not when somebody was seen last, nor that they logged in."""
    with store.engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(table.select())]
            for name, table in Base.metadata.tables.items()
            if name not in ("user_sessions", "audit")
        }


def test_after_the_logout_no_route_answers(log_in: LogIn, staff: dict[str, Role]) -> None:
    for name in staff:
        client = log_in(name)
        cookie = client.cookies[COOKIE]
        assert post(client, "/logout") == 303
        client.cookies.set(COOKIE, cookie)
        for (method, route), roles in ACCESS.items():
            if roles is not ANYBODY:
                answer = client.request(method, asked(route), data={"token": client.headers["x-token"]})
                assert (answer.status_code, answer.headers["location"]) == (303, "/login"), f"{method} {route}"


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


def test_a_picture_asked_for_without_its_screen_is_a_line_of_the_trail(
    store: Store, log_in: LogIn, deliver_pdf: Deliver
) -> None:
    deliver_pdf(doubtful(psf(), "anc_value"))
    deliver_pdf(doubtful(psf(anc_draw_date="2022-07-12"), KEYED_TWICE))
    deliver_pdf(psf(prescriber_signature=False, anc_draw_date="2022-07-13"))
    ann, ben, eve = map(log_in, ("ann", "ben", "eve"))
    token = {"token": ann.headers["x-token"]}
    sheet = ann.post("/groups/deal", data=token | {"group": "field:anc_value"}).headers["location"].split("?")[0]
    assert post(ann, "/items/3/claim") == 303
    before = views(store)  # the sheet was dealt
    for client, path, viewed in (
        (ann, "/items/3/pages/1.png", [("ann", 3)]),
        (ann, "/items/3/pages/2.png", []),  # the same view
        (eve, "/items/3/pages/1.png", [("eve", 3)]),
        (ben, f"/keying/2/{KEYED_TWICE}/crop.png", [("ben", 2)]),
        (ben, f"/keying/2/{KEYED_TWICE}/context.png", []),
        (ann, f"/keying/2/{KEYED_TWICE}/context.png", [("ann", 2)]),
        (eve, f"{sheet}/crops.png", [("eve", 1)]),
        (ann, f"{sheet}/context/1.png", [("ann", 1)]),
    ):
        assert client.get(path).headers["content-type"] == "image/png", path
        assert views(store)[len(before) :] == viewed, path
        before = views(store)


def test_a_picture_belongs_to_the_view_of_its_screen(store: Store, log_in: LogIn, deliver_pdf: Deliver) -> None:
    deliver_pdf(doubtful(psf(), KEYED_TWICE))
    ben = log_in("ben")
    for path in ("/keying", f"/keying/1/{KEYED_TWICE}/crop.png", f"/keying/1/{KEYED_TWICE}/context.png"):
        assert ben.get(path).status_code == 200
    assert views(store) == [("ben", 1)]


def views(store: Store) -> list[tuple[str, int | None]]:
    """Who has seen what is in which document, as the trail tells it."""
    with Session(store.engine) as session:
        lines = session.scalars(select(AuditLine).filter_by(action="patient data viewed").order_by(AuditLine.id))
        return [(line.who, line.document_id) for line in lines]


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


@pytest.mark.parametrize("path", ["/login", "/queue", "/items/999", "/people", "/nowhere", "/items/abc"])
def test_every_answer_carries_the_headers(log_in: LogIn, path: str) -> None:
    answer = log_in("ann").get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_what_came_in_is_never_served_as_it_came(log_in: LogIn, deliver_pdf: Deliver) -> None:
    """A page of scripts that was faxed in is a page without a picture; its bytes and its name are nowhere."""
    script = b"<html><script>alert(document.cookie)</script></html>"
    deliver_pdf(psf(anc_value=None), script)
    ann = log_in("ann")
    post(ann, "/next")
    for path in ("/items/1", "/items/1/pages/1.png", "/items/1/arrange", "/queue"):
        answer = ann.get(path)
        assert script not in answer.content
        assert "0001.pdf" not in answer.text, "a file's name may name a patient"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert ann.get("/items/1/pages/1.png").headers["content-type"].startswith("text/html")  # the words of the refusal
    assert "no picture" in ann.get("/items/1").text
    kim = log_in("kim")
    for data, name in (
        (script, "fax.html"),
        (b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", "fax.svg"),
    ):
        laid = kim.post("/forms/psf_2021/fax", data={"token": kim.headers["x-token"]}, files={"file": (name, data)})
        assert laid.status_code in (404, 409)
        assert data not in laid.content
        assert data not in kim.get("/forms/psf_2021/fax/1.png").content


def test_notices_and_sheets_of_others_are_as_if_they_did_not_exist(
    log_in: LogIn, store: Store, deliver_pdf: Deliver
) -> None:
    deliver_pdf(psf(prescriber_signature=False))
    deliver_pdf(doubtful(psf(anc_draw_date="2022-07-12"), "anc_value"))
    ann, ben, eve, kim = map(log_in, ("ann", "ben", "eve", "kim"))
    post(ann, "/items/1/claim")
    with Session(store.engine) as session:
        version = session.get_one(ReviewItem, 1).version
    fields = {"token": ann.headers["x-token"], "version": str(version)}
    asked = ann.post("/items/1/decide", data=fields | {"action": "send_back"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/items/1/notice")
    for path, kind in (("/items/1/notice", "text/html"), ("/items/1/notice.png", "image/png")):
        assert [who.get(path).status_code for who in (ann, ben, eve, kim)] == [200, 404, 403, 403], path
        assert ann.get(path).headers["content-type"].startswith(kind)
    words = {"sender": "us", "title": "Your form", "opening": "See to this:", "what_to_do": "It.", "questions": "Call."}
    point = {"place.1": "", "says.1": "Please sign."}
    assert ben.post("/items/1/notice", data=fields | words | point | {"token": ben.headers["x-token"]}).headers[
        "location"
    ].endswith("done=lost")  # fmt: skip
    assert ann.post("/items/1/notice", data=fields | words).status_code == 409  # it tells nothing
    sent = ann.post("/items/1/notice", data=fields | words | point).headers["location"]
    notice = re.search(r"notice=(\w{64})", sent)
    assert notice is not None, sent
    sheet = ann.post(
        "/groups/deal", data={"token": ann.headers["x-token"], "group": "field:anc_value", "scope": "holding"}
    ).headers["location"].split("?")[0]  # fmt: skip
    for path, kind in ((f"/notices/{notice[1]}.pdf", "application/pdf"), (f"{sheet}/crops.png", "image/png")):
        assert [who.get(path).status_code for who in (ann, ben, eve, kim)] == [200, 404, 200, 403], path
        assert ann.get(path).headers["content-type"] == kind
    assert ben.get(sheet).status_code == 404


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(store: Store, staff: dict[str, Role]) -> None:
    assert staff
    with TestClient(create_app(store, behind_tls=True), follow_redirects=False) as client:
        answer = client.post("/login", data={"name": "ann", "password": PASSWORD})
        assert {"httponly", "samesite=strict", "secure"} <= set(answer.headers["set-cookie"].lower().split("; "))
        assert client.post("/login", data={"name": "ann", "password": "a guess"}).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/items/1e9",
        "/notices/..%2f..%2ffaxforms.pdf",
        "/blanks/..%2fpsf_2021/1.png",
        "/forms/..%2fpsf_2021",
        "/dashboard/..%2fpeople",
    ],
)
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
