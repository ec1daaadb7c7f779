"""Documents that can be opened and looked at, people at the station, and their browsers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import LoggedIn
from papers import RECEIVED, always, arrive, import_registry
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy.orm import Session
from staffing import PASSWORD, STAFF

from extractors.reading import DocumentReading
from pipeline.deciding import definitions
from pipeline.process import Outcome, process
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.store.opening import Store
from samples.station_screens import CHROMIUM, log_in, served

expect.set_options(timeout=30_000)  # a browser on a busy machine


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


@pytest.fixture(scope="module")
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
    """What went wrong in the browser: nothing, by the end of the test. A refused decision is no error of a script."""
    errors: list[str] = []
    yield errors
    assert [error for error in errors if "409" not in error] == []


@pytest.fixture
def logged_in(browser: Browser, station: str, script_errors: list[str]) -> LoggedIn:
    """A page of whoever is named, each with a browser context of its own."""

    def of(name: str) -> Page:
        page = browser.new_context(viewport={"width": 1400, "height": 850}).new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: script_errors.append(str(error)))
        page.on("console", lambda line: script_errors.append(line.text) if line.type == "error" else None)
        log_in(page, station, name, PASSWORD)
        page.wait_for_load_state()
        return page

    return of
