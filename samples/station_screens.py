"""Pictures of every screen of the review station, for the docs: `python -m samples.station_screens docs/images`.

A few sample faxes are read into a store of their own; a browser (Chromium) then goes through the screens.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sqlalchemy.orm import Session

from extractors.read import read_document
from extractors.reading import DocumentReading
from pipeline.intake.folder import Arrival
from pipeline.process import Reader, process, take_in
from pipeline.quality.sampling import draw
from pipeline.registry.files import import_file
from pipeline.review import people
from pipeline.review.roles import Role
from pipeline.settings import Settings
from pipeline.store.opening import Store, open_store

CHROMIUM = "/usr/bin/chromium"
FAXES = Path(__file__).with_name("faxes")
SHOWN = ("0012.tif", "0014.tif", "0032.tif", "0036.tif", "0044.pdf", "0008.tif")
"""Sample faxes that show a doubt, something missing, prescriber-only content, two boxes ticked, a PDF, and nothing."""

TWICE = {
    "0101.tif": {"anc_draw_date": "2022-10-07", "anc_value": "1731"},
    "0128.tif": {"anc_draw_date": "2022-10-07", "anc_value": "1781"},
}
"""One form faxed twice, the second as if its ANC said otherwise, so that the two contradict each other."""

KEYED_TWICE = "patient_dob_p2"
"""In doubt on one of them only."""

PASSWORD = "only for these pictures"  # noqa: S105 - of a store that is thrown away
WIDTH, HEIGHT = 1400, 820


def main(target: Path) -> None:
    """Write the pictures to that folder."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Settings(data_dir=Path(folder), double_keyed=(KEYED_TWICE,)))
        _fill(store)
        with served(store) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            for name, screen in _screens(page, address):
                path = target / f"station-{name}.png"
                screen.screenshot(path=path, full_page=name == "help")
                Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)
            browser.close()
        store.engine.dispose()


@contextmanager
def served(store: Store) -> Iterator[str]:
    """The station on a free port of this machine, in a process of its own (`faxforms review serve`); its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "flows", "review", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=os.environ | _as_environment(store.settings)) as server:  # noqa: S603
        try:
            _wait_for(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _as_environment(settings: Settings) -> dict[str, str]:
    """What differs from the defaults, as a process of the same settings reads it."""
    told = settings.model_dump(mode="json", exclude_defaults=True)
    return {f"FAXFORMS_{name}".upper(): one if isinstance(one, str) else json.dumps(one) for name, one in told.items()}


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers; RuntimeError where it has ended instead."""
    while server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the station ended with {server.returncode}")


def log_in(page: Page, address: str, name: str, password: str = PASSWORD) -> None:
    """Log in with the browser."""
    page.goto(f"{address}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click("button.main")


def _fill(store: Store) -> None:
    with (FAXES / "manifest.csv").open(encoding="utf-8") as file:
        received = {Path(row["file"]).name: dt.date.fromisoformat(row["received"]) for row in csv.DictReader(file)}
    with Session(store.engine) as session, session.begin():
        import_file(session, FAXES / "registry.json")
        roles = {"kim": Role.ADMINISTRATOR, "ann": Role.OPERATOR, "sue": Role.SUPERVISOR}
        for name, role in roles.items():
            people.add_user(session, name, PASSWORD, role, by="kim", decides_prescriber_only=role is not Role.OPERATOR)
    for name in (*SHOWN, *TWICE):
        path, read = next(FAXES.rglob(name)), _settled(**TWICE[name]) if name in TWICE else read_document
        process(store, take_in(store, Arrival(path, name, received[name])), read)
    with Session(store.engine) as session, session.begin():
        draw(session, store.settings.model_copy(update={"check_rate": 1}))


def _settled(**values: str) -> Reader:
    """Reads a fax with one form as if its doubts were settled, and these fields said this."""

    def read(data: bytes) -> DocumentReading:
        whole = read_document(data)
        (form,) = whole.forms
        readings = {
            name: replace(
                one, value=values.get(name, one.value), doubtful=False, why="", confidence=1.0, alternatives=()
            )
            for name, one in form.readings.items()
        }
        return replace(whole, forms=(replace(form, readings=readings),))

    return read


def _screens(page: Page, address: str) -> Iterator[tuple[str, Page]]:
    """Each screen in turn."""
    page.goto(f"{address}/login")
    yield "login", page
    log_in(page, address, "sue")
    yield "queue", page
    page.click("#next")
    page.wait_for_selector(".glance")
    page.wait_for_load_state("networkidle")
    yield "prescriber-only", page
    page.keyboard.press("Alt+P")
    page.wait_for_selector(".place.lit")
    yield "item", page
    with page.expect_response("**/blanks/**") as blank:
        page.keyboard.press("Alt+B")
    blank.value.finished()
    page.wait_for_timeout(500)  # until it is drawn
    yield "blank", page
    page.keyboard.press("Alt+B")
    page.keyboard.press("F1")
    yield "keys", page
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+S")
    yield "escalate", page
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+R")
    page.wait_for_selector("#paper img")
    page.wait_for_load_state("networkidle")
    yield "notice", page
    page.keyboard.press("Escape")
    page.wait_for_selector(".place.lit")
    page.keyboard.press("Alt+P")
    page.wait_for_selector("[data-show='2']")
    page.keyboard.press("Alt+W")
    page.wait_for_selector("#arrange")
    yield "arrange", page
    page.goto(f"{address}/queue")
    page.locator("tr:has-text('conflict') .act button").last.click()
    page.wait_for_selector("[aria-label='Side by side']")
    page.locator("[aria-label='Side by side']").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    yield "side-by-side", page
    page.goto(f"{address}/groups")
    yield "look-alikes", page
    page.goto(f"{address}/groups?scope=all")
    page.click("button.group:has-text('ticked') >> nth=0")
    page.wait_for_selector("#confirm:enabled")
    yield "look-alikes-sheet", page
    page.goto(f"{address}/keying")
    yield "keying", page
    page.goto(f"{address}/checks")
    yield "checks", page
    page.click("#next")
    page.wait_for_selector(".place.lit")
    yield "check", page
    for name in ("dashboard", "trail", "help"):
        page.goto(f"{address}/{name}")
        page.wait_for_load_state("networkidle")
        yield name, page
    log_in(page, address, "kim")
    for name in ("people", "forms"):
        page.goto(f"{address}/{name}")
        yield name, page
    page.goto(f"{address}/forms/psf_2021")
    page.wait_for_load_state("networkidle")
    yield "form-editor", page


if __name__ == "__main__":
    main(Path(sys.argv[1]))
