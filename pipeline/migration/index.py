"""The archive's own index: a CSV file that says of each file which patient, form and date it is.

Columns: `file` (relative to the index; a member of an archive as `archive.zip!/member`), and any of `patient_key` (as
the registry has it), `form_type` (a form's id with or without its year, or its title) and `document_date` (the day of
receipt, YYYY-MM-DD); `received` is the same as `document_date`. A file with several forms has several rows.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from extractors.known_forms import known_definitions
from pipeline.errors import ManifestError
from validators.archives import IndexRow
from validators.content import family

DATES = ("document_date", "received")
MOST_NAMED = 10
"""Rows that cannot be used are named up to so many."""


Index = Mapping[str, tuple[IndexRow, ...]]
"""By file as the index names it, in its order."""


def read_index(path: Path) -> Index:
    """Every row of an index.

    Raises:
        ManifestError: it cannot be read, or rows in it cannot be used; which ones is told, not what stands in them.
    """
    index: dict[str, tuple[IndexRow, ...]] = {}
    form_types = _form_types()
    unusable: list[int] = []
    for number, line in enumerate(_lines(path), 1):
        try:
            file, row = _row(number, line, form_types)
        except (ValueError, KeyError, AttributeError):
            unusable.append(number)
        else:
            index[file] = (*index.get(file, ()), row)
    if unusable:
        named = ", ".join(map(str, unusable[:MOST_NAMED])) + (", …" if len(unusable) > MOST_NAMED else "")
        raise ManifestError(
            f"index: {len(unusable)} rows cannot be used ({named}): expected a file, a date as YYYY-MM-DD, a known form"
        )
    return index


def _lines(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            if "file" not in (reader.fieldnames or ()):
                raise ManifestError("index: expected a column named file")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"index: cannot be read ({type(error).__name__})") from None


def _row(number: int, line: Mapping[str, str], form_types: Mapping[str, str]) -> tuple[str, IndexRow]:
    file = line["file"].strip().replace("\\", "/")
    if not file:
        raise ValueError("no file")
    date = next((line[name].strip() for name in DATES if line.get(name, "").strip()), "")
    form_type = (line.get("form_type") or "").strip()
    return file.removeprefix("./"), IndexRow(
        row=number,
        patient_key=(line.get("patient_key") or "").strip() or None,
        form_type=form_types[_plain(form_type)] if form_type else None,
        document_date=dt.date.fromisoformat(date) if date else None,
    )


def _form_types() -> Mapping[str, str]:
    """The form's id or family for everything by which an index may name it."""
    names: dict[str, str] = {}
    for definition in known_definitions():
        whole, short = definition.form_id, family(definition.form_id)
        title = re.sub(r"\(.*?\)", "", definition.title)
        names |= {_plain(whole): whole, _plain(short): short, _plain(title): short}
    return names


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().lower()
