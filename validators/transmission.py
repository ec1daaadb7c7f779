"""What is to be said of a whole transmission beside its forms: pages that are none of the known forms (rule R49)."""

from __future__ import annotations

from collections.abc import Iterable

from extractors.reading import PageKind, PageReading
from validators.findings import SEVERITY_OF_OUTCOME, Finding
from validators.rulebook.load import rulebook

RULE = "R49"


def judge_pages(pages: Iterable[PageReading]) -> tuple[Finding, ...]:
    """A finding for every kind of trouble with the pages: some unreadable, some of no known form.

    They are about the document and hold none of its forms: a lab's printout may well come with a form in order.
    """
    unknown = [page for page in pages if page.kind is PageKind.UNKNOWN]
    reasons = {"unreadable" if page.error else "unknown_form" for page in unknown}
    return tuple(_finding(reason) for reason in sorted(reasons))


def _finding(reason: str) -> Finding:
    words = rulebook().rules[RULE].reasons[reason]
    return Finding(RULE, reason, words.outcome, SEVERITY_OF_OUTCOME[words.outcome], None, words.operator)
