"""Documents that can be opened and looked at, people at the station, and their browsers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import LoggedIn, NewPage
from papers import RECEIVED, always, arrive, import_registry
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy.orm import Session
from staffing import PASSWORD, STAFF

from extractors.reading import DocumentReading
from pipeline.deciding import definitions
from pipeline.process import Outcome, process
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.review.web.access import COOKIE
from pipeline.store.opening import Store
from samples.station_screens import CHROMIUM, served

expect.set_options(timeout=60_000)  # a browser on a busy machine


@pytest.fixture
def deliver_pdf(store: Store, tmp_path: Path) -> Callable[..., Outcome]:
    """Like `deliver`, with the blank of the PSF as the picture: its pages lie exactly where the readings say."""
    import_registry(store, tmp_path)
    blank, counter = definitions()["psf_2021"].blank.read_bytes(), itertools.count(1)

    def deliver_one(read: DocumentReading, data: bytes | None = None) -> Outcome:
        number = next(counter)
        data = data or blank + f"\n% copy {number}\n".encode()  # other bytes, and so another document
        outcome = process(store, arrive(store, tmp_path, data, f"{number:04}.pdf", RECEIVED), always(read))
        assert outcome is not None
        return outcome

    return deliver_one


@pytest.fixture
def staff(store: Store) -> dict[str, Role]:
    """Two operators and one of each other role; of them only the supervisor may decide prescriber-only."""
    with Session(store.engine) as session, session.begin():
        for name, role in STAFF.items():
            flag = role is Role.SUPERVISOR
            people.add_user(session, name, PASSWORD, role, by="kim", decides_prescriber_only=flag)
    return STAFF


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all; each page has cookies of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def station(store: Store, staff: dict[str, Role]) -> Iterator[str]:
    """The address of a served station with people."""
    assert staff
    with served(store) as address:
        yield address


@pytest.fixture
def script_errors() -> Iterator[list[str]]:
    """What went wrong in the browser: nothing, by the end of the test. A refusal (401, 409) is no error of a script."""
    errors: list[str] = []
    yield errors
    assert [error for error in errors if not re.search("status of (401|409)", error)] == []


@pytest.fixture
def new_page(browser: Browser, station: str, script_errors: list[str]) -> Iterator[NewPage]:
    """A page with a browser context of its own, that nobody has logged in to."""
    contexts: list[BrowserContext] = []

    def make() -> Page:
        contexts.append(browser.new_context(base_url=station, viewport={"width": 1400, "height": 850}))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: script_errors.append(str(error)))
        page.on("console", lambda line: script_errors.append(line.text) if line.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def logged_in(store: Store, station: str, new_page: NewPage) -> LoggedIn:
    """A page of whoever is named, at the start of their work."""

    def of(name: str) -> Page:
        page = new_page()
        session_id = people.log_in(store, name, PASSWORD, "127.0.0.1")
        assert session_id is not None
        page.context.add_cookies([{"name": COOKIE, "value": session_id, "url": station}])
        page.goto("/")
        return page

    return of
