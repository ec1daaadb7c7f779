"""pdfium takes the process with it when two threads call it at once: at the station many pages are drawn at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from extractors.definition_files import load_definitions
from extractors.limits import Limits
from extractors.opening import pdf
from extractors.opening.document import open_pages


def test_threads_that_draw_pages_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = threading.Semaphore(1)
    draw = pdf._page

    def drawn_alone(*args: Any) -> Any:
        assert inside.acquire(blocking=False), "two threads in pdfium"
        time.sleep(0.02)  # long enough for another thread to come in
        try:
            return draw(*args)
        finally:
            inside.release()

    monkeypatch.setattr(pdf, "_page", drawn_alone)
    blank = next(one for one in load_definitions() if one.form_id == "psf_2021").blank.read_bytes()
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: [page.error for page in open_pages(blank, Limits())], range(4)))
    assert drawn == [[None, None]] * 4
