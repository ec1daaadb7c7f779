"""What is to be said of a transmission beside its forms: unknown and unreadable pages (R49), requests by fax (R42)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from extractors.reading import PageKind, PageReading
from validators.findings import SEVERITY_OF_OUTCOME, Finding
from validators.rulebook.load import rulebook

PAGES, REQUESTS = "R49", "R42"


@dataclass(frozen=True, slots=True)
class PageFinding:
    """A finding about the document, and the first page that it is about."""

    page: int
    finding: Finding


def judge_pages(pages: Iterable[PageReading], received: dt.date) -> tuple[PageFinding, ...]:
    """A finding for every kind of trouble with the pages that are no form, by the rules of the day of receipt.

    They are about the document and hold none of its forms: a lab's printout may well come with a form in order.
    """
    found: dict[tuple[str, str], PageFinding] = {}
    for page in pages:
        for rule, reason in _trouble(page, received):
            found.setdefault((rule, reason), PageFinding(page.page, _finding(rule, reason)))
    return tuple(found.values())


def _trouble(page: PageReading, received: dt.date) -> Iterator[tuple[str, str]]:
    if page.kind is PageKind.UNKNOWN:
        yield PAGES, "unreadable" if page.error else "unknown_form"
    requests = rulebook().rules[REQUESTS]
    if requests.in_force(received) and any(re.search(words, page.text, re.IGNORECASE) for words in requests.mentions):
        yield REQUESTS, "rda_by_fax"


def _finding(rule: str, reason: str) -> Finding:
    words = rulebook().rules[rule].reasons[reason]
    return Finding(rule, reason, words.outcome, SEVERITY_OF_OUTCOME[words.outcome], None, words.operator)
