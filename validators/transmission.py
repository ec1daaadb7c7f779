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

    Of unknown pages it says which form the first of them looks like: it may be a revision that nobody has taught yet.
    They are about the document and hold none of its forms: a lab's printout may well come with a form in order.
    """
    found: dict[tuple[str, str], PageFinding] = {}
    for page in pages:
        for rule, reason in _trouble(page, received):
            found.setdefault((rule, reason), PageFinding(page.page, _finding(rule, reason, page)))
    return tuple(found.values())


def _trouble(page: PageReading, received: dt.date) -> Iterator[tuple[str, str]]:
    if page.kind is PageKind.UNKNOWN:
        yield PAGES, "unreadable" if page.error else "unknown_form"
    requests = rulebook().rules[REQUESTS]
    if requests.in_force(received) and any(re.search(words, page.text, re.IGNORECASE) for words in requests.mentions):
        yield REQUESTS, "rda_by_fax"


def _finding(rule: str, reason: str, page: PageReading) -> Finding:
    words = rulebook().rules[rule].reasons[reason]
    message = words.operator.format(about=best_guess(page.nearest, page.match) if rule == PAGES else "").strip()
    return Finding(rule, reason, words.outcome, SEVERITY_OF_OUTCOME[words.outcome], None, message)


def best_guess(nearest: str | None, match: float) -> str:
    """Which form an unknown page looks most like, in words; empty where it looks like none."""
    if nearest is None:
        return ""
    return f"It looks like {nearest} ({match:.0%} of that form's print is in place): another revision of it, perhaps."
