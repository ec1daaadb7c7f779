"""Tesseract, the general engine: text of covers and unknown pages, orientation of print, a second opinion on a line.

Every call starts a process (about 0.1 s for a line, 1 to 3 s for a page) and hands the picture over in a temporary file
that pytesseract deletes; so it is asked sparingly.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any, TypeVar

import pytesseract

from extractors.errors import EngineError
from extractors.geometry import WORKING_DPI, Grey

LINE_TIMEOUT = 10.0  # seconds
PAGE_TIMEOUT = 60.0  # seconds
LANGUAGE = "eng"
WHOLE_PAGE, ONE_LINE, ORIENTATION_ONLY = 3, 7, 0  # Tesseract's page segmentation modes
LEAST_ORIENTATION_CONFIDENCE = 1.0  # a page of print has 5 to 20, noise less than 1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's text, lines as they stand, and Tesseract's confidence in its middling word (0 to 1, not calibrated)."""

    text: str
    confidence: float


def read_page(page: Grey, timeout: float = PAGE_TIMEOUT) -> PageText:
    """The text of a page (dark on white, upright), for searching.

    Raises:
        EngineError: Tesseract is missing, failed or took longer than `timeout` seconds.
    """
    lines: dict[tuple[int, int, int], list[str]] = {}
    confidences = []
    for word, confidence, place in _words(page, _config(WHOLE_PAGE), timeout):
        lines.setdefault(place, []).append(word)
        confidences.append(confidence)
    text = "\n".join(" ".join(words) for words in lines.values())
    return PageText(text, max(0.0, median(confidences)) / 100.0 if confidences else 0.0)


def read_line(line: Grey, whitelist: str = "", timeout: float = LINE_TIMEOUT) -> tuple[str, float]:
    """The text of one line and Tesseract's confidence (0 to 1, the least sure word's, not calibrated).

    `whitelist`: the only characters that may be read, all where it is empty; no spaces or quotes in it. Under a
    whitelist Tesseract 5 mostly gives no confidence, which stands as 0.

    Raises:
        EngineError: Tesseract is missing, failed or took longer than `timeout` seconds.
    """
    config = _config(ONE_LINE) + (f" -c tessedit_char_whitelist={whitelist}" if whitelist else "")
    found = [(word, sure) for word, sure, _ in _words(line, config, timeout)]
    if not found:
        return "", 0.0
    return " ".join(word for word, _ in found), max(0.0, min(sure for _, sure in found)) / 100.0


def orientation(page: Grey, timeout: float = PAGE_TIMEOUT) -> int:
    """How many degrees clockwise a page of print stands turned: 0, 90, 180 or 270; 0 where there is too little print.

    Raises:
        EngineError: Tesseract or its `osd` data is missing, or it took longer than `timeout` seconds.
    """
    if "osd" not in languages():
        raise EngineError("Tesseract", "its data for orientation is missing; install tesseract-ocr-osd")
    try:
        found = _asked(
            lambda: pytesseract.image_to_osd(
                page, config=_config(ORIENTATION_ONLY), timeout=timeout, output_type=pytesseract.Output.DICT
            )
        )
    except _TooFewCharacters:
        return 0
    # "Rotate" is the clockwise turn that makes the page upright
    unsure = float(found["orientation_conf"]) < LEAST_ORIENTATION_CONFIDENCE
    return 0 if unsure else (360 - int(found["rotate"])) % 360


@cache
def version() -> str:
    """Tesseract's version, such as "5.3.0"."""
    return _asked(lambda: str(pytesseract.get_tesseract_version()))


@cache
def languages() -> tuple[str, ...]:
    """The languages (and `osd`) whose data is installed."""
    return tuple(_asked(pytesseract.get_languages))


def _words(picture: Grey, config: str, timeout: float) -> list[tuple[str, float, tuple[int, int, int]]]:
    """The words in reading order, each with its confidence (0 to 100) and its block, paragraph and line."""
    table: dict[str, list[Any]] = _asked(
        lambda: pytesseract.image_to_data(
            picture, lang=LANGUAGE, config=config, timeout=timeout, output_type=pytesseract.Output.DICT
        )
    )
    columns = (table[name] for name in ("text", "conf", "block_num", "par_num", "line_num"))
    rows = zip(*columns, strict=True)
    return [
        (str(word), float(sure), (block, paragraph, line))
        for word, sure, block, paragraph, line in rows
        if str(word).strip()
    ]


class _TooFewCharacters(EngineError):
    """There is too little print on a page to tell which way is up."""


def _config(mode: int) -> str:
    return f"--psm {mode} --dpi {WORKING_DPI}"


def _asked(question: Callable[[], T]) -> T:
    """The answer, on one thread, with pytesseract's errors as ours; its own words are left out (they hold paths)."""
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # a process a core reads pages; Tesseract's threads would only fight
    try:
        return question()
    except pytesseract.TesseractNotFoundError as error:
        raise EngineError("Tesseract", "the program is not installed; on Debian: apt install tesseract-ocr") from error
    except pytesseract.TesseractError as error:
        if "Too few characters" in str(error.message):
            raise _TooFewCharacters("Tesseract", "too few characters") from None
        raise EngineError("Tesseract", f"it failed with exit status {error.status}") from None
    except RuntimeError:  # pytesseract's way to say that the time is up
        raise EngineError("Tesseract", "it took too long and was stopped") from None
