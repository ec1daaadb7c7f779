"""What tests in a browser share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

AXE = Path(__file__).with_name("axe") / "axe.min.js"

KEYED_TWICE = "anc_draw_date"
"""The one field that two people key at the shared station; no other test puts it in doubt."""

LoggedIn = Callable[[str], Page]
"""A page of whoever is named: see the fixture `logged_in`."""

NewPage = Callable[[], Page]
"""A page that nobody has logged in to."""

Wait = Callable[..., int]
"""Lets a form wait; its item: see the fixture `wait`."""


def grave_faults(page: Page) -> list[Any]:
    """Serious and critical accessibility faults of what the page shows, by axe-core: rule and places."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults = page.evaluate("axe.run().then(found => found.violations)")
    grave = [fault for fault in faults if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in grave]


def press(page: Page, *keys: str) -> int:
    """Strike keys one after the other, once the page hears them; how many strokes that were."""
    if page.locator("[autofocus]").count():  # the browser gives it the focus only some time after loading
        expect(page.locator(":focus")).not_to_have_count(0)
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def type_in(page: Page, *words: str) -> None:
    """Type words; those that name a key strike it."""
    for word in words:
        page.keyboard.press(word) if word in ("Tab", "Enter") else page.keyboard.type(word)


def walk_to(page: Page, place: str, *, backwards: bool = False) -> None:
    """Go on with Tab (or Shift+Tab) until that place has the focus; AssertionError where no key leads there."""
    for _ in range(150):
        if page.locator(place).evaluate("place => place === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"Tab does not lead to {place}")


def take_next(page: Page, item: int) -> None:
    """Take the next item from the queue by its key, once the page is ready to hear it."""
    expect(page.locator("#next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"/items/{item}")
    page.wait_for_load_state()


def refused(page: Page) -> None:
    """Wait until the page says that the form was not accepted, and hears keys again."""
    expect(page.locator("[role=alert]").first).to_contain_text("not accepted")
    page.wait_for_load_state()
