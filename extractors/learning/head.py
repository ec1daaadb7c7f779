"""What a form says of itself: its title, the code in its footer, when that was made, and where it is to be faxed to."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from extractors.learning.sheet import Run, Sheet, runs_of
from extractors.learning.wording import slug

TOP = 0.25  # share of the page in which its title stands
FOOT = 0.88  # share of the page below which its code stands
CODE = re.compile(r"\b([A-Z][A-Z0-9]{1,9}(?:[-–][A-Z0-9]{2,9}){1,3}|[A-Z]{2,6}[- ]?[0-9]{3,6}[A-Z]?)\b")
VERSION = re.compile(r"^\s*\(?((?:v|ver\.?|rev\.?)\s?[0-9][0-9.]*)", re.IGNORECASE)
MONTH_YEAR = re.compile(r"(0[1-9]|1[0-2])(\d\d)$")
FAX = re.compile(r"\bfax\b[^0-9(]{0,24}(\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """The keys of a definition that are not about fields; `unsure` are those that were not found and are made up."""

    form_id: str
    title: str
    code: str
    revision: str
    in_use_from: dt.date
    fax_number: str
    unsure: tuple[str, ...]


def head_of(sheets: Sequence[Sheet], today: dt.date, form_id: str | None = None) -> Head:
    """Read the head of a form off its pages.

    Args:
        sheets: its pages.
        today: stands in where the code tells no month.
        form_id: made of title and year where none is given.
    """
    first = runs_of(sheets[0].words)
    title = _title(first, sheets[0])
    code = next((told for sheet in sheets for run in _foot(sheet) if (told := _code(run))), "")
    day = _day(code)
    fax = FAX.search(" ".join(run.text for run in first))
    found = {"title": bool(title), "code": bool(code), "in_use_from": day is not None, "fax_number": fax is not None}
    unsure = [key for key, is_there in found.items() if not is_there]
    day = day or today
    return Head(
        form_id=form_id or f"{slug(title) or 'form'}_{day.year}",
        title=title or "Untitled form",
        code=code or "NO-CODE-0000",
        revision=f"{day.year}-{day.month:02}",
        in_use_from=day,
        fax_number=re.sub(r"[() .-]+", "-", fax[1]).strip("-") if fax else "",
        unsure=tuple(unsure),
    )


def _title(runs: Sequence[Run], sheet: Sheet) -> str:
    """The largest words at the top, those of a line together; a name beside it (a programme's) is as large at most."""
    top = [run for run in runs if run.box.y1 < TOP * sheet.height and len(run.text) > 3 and len(run.words) > 1]
    tallest = max((run.box.height for run in top), default=0.0)
    largest = [run for run in top if run.box.height > 0.85 * tallest]
    chosen = max(largest, key=lambda run: len(run.text), default=None)
    return chosen.text.strip() if chosen else ""


def _foot(sheet: Sheet) -> list[Run]:
    return [run for run in runs_of(sheet.words) if run.box.y0 > FOOT * sheet.height]


def _code(run: Run) -> str:
    """A code and its version: `CREMS-PSF-1121 v1.0`."""
    match = CODE.search(run.text)
    if match is None:
        return ""
    version = VERSION.match(run.text[match.end() :])
    return f"{match[1]} {version[1]}" if version else match[1]


def _day(code: str) -> dt.date | None:
    """The first day of the month in a code's last figures (`1121`: November 2021)."""
    figures = next((part for part in reversed(re.split(r"[- ]", code)) if part.isdigit()), "")
    match = MONTH_YEAR.search(figures)
    if match is None or len(figures) != 4:
        return None
    year = 2000 + int(match[2])
    return dt.date(year, int(match[1]), 1)
