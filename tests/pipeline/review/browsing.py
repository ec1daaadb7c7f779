"""What tests in a browser share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).with_name("axe") / "axe.min.js"

LoggedIn = Callable[[str], Page]
"""A page of whoever is named: see the fixture `logged_in`."""


def grave_faults(page: Page) -> list[Any]:
    """Serious and critical accessibility faults of what the page shows, by axe-core: rule and places."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults = page.evaluate("axe.run().then(found => found.violations)")
    grave = [fault for fault in faults if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in grave]
