"""Every screen, opened by each who may: without an error of a script or of the content policy, and accessible."""

from __future__ import annotations

import pytest
from browsing import KEYED_TWICE, LoggedIn, NewPage, Wait, grave_faults, press, take_next
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from staffing import STAFF

from pipeline.quality.sampling import draw
from pipeline.review.web.access import ACCESS
from pipeline.store.opening import Store

PLAIN = ("/help", "/password", "/queue", "/groups", "/keying", "/checks", "/forms", "/dashboard", "/trail", "/people")
"""Screens with one address."""

OF_SOMETHING = (
    "/login", "/items/{item_id}", "/items/{item_id}/arrange", "/items/{item_id}/notice", "/groups/{sheet_id}",
    "/checks/{check_id}", "/forms/{form_id}",
)  # fmt: skip
"""Screens of one thing, each with a test of its own below."""

NO_SCREENS = (
    "/", "/static/{path:path}", "/health/live", "/health/ready", "/dashboard/{name}", "/login/oidc",
    "/login/oidc/callback",
)  # fmt: skip
"""A way on, files, and what programs ask for; with them everything that ends in .png or .pdf."""


@pytest.fixture(autouse=True)
def _on_sqlite(kind: str) -> None:
    if kind != "sqlite":
        pytest.skip("what a screen looks like does not hang on the database")


def check(page: Page) -> None:
    """What the page shows has no serious fault, and nothing of it is wider than the window."""
    page.wait_for_load_state()
    assert not grave_faults(page), page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} scrolls sideways"


def test_every_screen_is_looked_at() -> None:
    asked = {path for method, path in ACCESS if method == "GET" and not path.endswith((".png", ".pdf"))}
    assert asked == {*PLAIN, *OF_SOMETHING, *NO_SCREENS}


@pytest.mark.parametrize("name", ["ann", "sue", "eve", "kim"])
def test_screens_with_one_address(logged_in: LoggedIn, wait: Wait, name: str) -> None:
    wait("anc_value")
    wait(KEYED_TWICE)
    page = logged_in(name)
    for path in PLAIN:
        if STAFF[name] in (ACCESS["GET", path] or ()):
            page.goto(path)
            check(page)


def test_the_log_in(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/login")
    check(page)
    page.fill("[name=name]", "nobody at all")
    page.fill("[name=password]", "a guess")
    with page.expect_response("**/login") as answer:
        page.click("button.main")
    assert answer.value.status == 401
    expect(page.locator("[role=alert]")).to_be_visible()
    check(page)


def test_an_item_with_its_dialogs_and_the_arranging_of_its_pages(logged_in: LoggedIn, wait: Wait) -> None:
    item = wait("anc_value", ben_flag=True, patient_gender=None)
    sue, eve = logged_in("sue"), logged_in("eve")
    take_next(sue, item)
    check(sue)
    for keys, dialog in (("F1", "#keys"), ("Alt+s", "#ask"), ("Alt+x", "#ask")):
        press(sue, keys)
        expect(sue.locator(dialog)).to_be_visible()
        check(sue)
        press(sue, "Escape")
    press(sue, "Alt+i", "Alt+t", "Alt+c", "Alt+b")
    expect(sue.locator(".field.illegible")).to_be_visible()
    check(sue)
    eve.goto(f"/items/{item}")
    check(eve)
    press(sue, "Alt+r")
    expect(sue.locator("#paper img")).to_be_visible()
    check(sue)
    press(sue, "F1")
    expect(sue.locator("#keys")).to_be_visible()
    check(sue)
    press(sue, "Escape")
    expect(sue.locator("#keys")).not_to_be_visible()
    press(sue, "Escape")
    expect(sue.locator("#decision")).to_be_visible()
    press(sue, "Alt+w")
    expect(sue.locator("#arrange")).to_be_visible()
    check(sue)


def test_a_sheet_of_look_alikes(logged_in: LoggedIn, wait: Wait) -> None:
    wait("anc_value")
    page = logged_in("ann")
    page.goto("/groups")
    page.click("[name=group][value='field:anc_value']")
    expect(page.locator("#confirm")).to_be_enabled()
    check(page)
    for keys, dialog in (("F1", "#keys"), ("F2", "#context")):
        press(page, keys)
        expect(page.locator(dialog)).to_be_visible()
        check(page)
        press(page, "Escape")


def test_a_blind_check(logged_in: LoggedIn, store: Store, wait: Wait) -> None:
    passes = wait("anc_value")
    sue = logged_in("sue")
    take_next(sue, passes)
    press(sue, "Enter", "Enter")
    expect(sue).to_have_url("/queue?done=accept")
    with Session(store.engine) as session, session.begin():
        assert draw(session, store.settings.model_copy(update={"check_rate": 1, "check_rate_of_people": 1}))
    page = logged_in("ann")
    page.goto("/checks")
    press(page, "Enter")
    expect(page.locator(".place.lit")).to_be_visible()
    check(page)


def test_the_definition_editor(logged_in: LoggedIn) -> None:
    page = logged_in("kim")
    page.goto("/forms/psf_2021")
    check(page)
