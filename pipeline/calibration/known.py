"""The true values of forms, as somebody keyed them: JSON lines, one document a line.

    {"file": "faxes/0001.tif", "pages": [{"kind": "form", "form": 0}, …],
     "forms": [{"form_id": "psf_2021", "values": {"anc_value": "1850", …}, "struck": ["patient_zip"], "pen": "hand",
                "route": "accept"}, …]}

Values stand as they are written on the form (dates MM/DD/YYYY); a field that is not named is empty. `struck` fields
were struck out or overwritten and have no one right value. `pen` and `route` may be missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractors.definition import FieldKind
from pipeline.errors import KnownValuesError


@dataclass(frozen=True, slots=True)
class KnownForm:
    """One form as it truly is; `pages` are the document's (1-based)."""

    form_id: str
    pages: frozenset[int]
    values: Mapping[str, Any]
    struck: frozenset[str]
    pen: str
    route: str


def load_known(file: Path) -> dict[str, tuple[KnownForm, ...]]:
    """By the document's file name (as its source names it) the forms in it.

    Raises:
        KnownValuesError: the file cannot be read, or a line is not of the shape told above.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KnownValuesError(f"{file.name}: {type(error).__name__}") from None
    known = {}
    for number, line in enumerate(lines, start=1):
        try:
            document = json.loads(line)
            known[str(document["file"])] = _forms(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise KnownValuesError(f"{file.name}, line {number}: {type(error).__name__}") from None
    return known


def _forms(document: Mapping[str, Any]) -> tuple[KnownForm, ...]:
    pages: Sequence[Mapping[str, Any]] = document["pages"]
    return tuple(
        KnownForm(
            form_id=form["form_id"],
            pages=frozenset(number for number, page in enumerate(pages, start=1) if page.get("form") == index),
            values=dict(form["values"]),
            struck=frozenset(form.get("struck", ())),
            pen=form.get("pen", ""),
            route=form.get("route", ""),
        )
        for index, form in enumerate(document["forms"])
    )


def same_value(kind: FieldKind, true: Any, read: Any) -> bool:
    """Whether a value read is what was written, as the export contract has it."""
    if kind is FieldKind.SIGNATURE:
        return bool(true) == bool(read)
    if not true or not read:
        return not true and not read
    if kind is FieldKind.DATE:
        return _iso(str(true)) == _iso(str(read))
    if kind is FieldKind.DIGITS and re.search(r"[()\s-]", str(true)):
        return re.sub(r"\D", "", str(true)) == re.sub(r"\D", "", str(read))
    if isinstance(true, list | tuple) or isinstance(read, list | tuple):
        return sorted(map(str, true)) == sorted(map(str, read))
    return " ".join(str(true).split()).casefold() == " ".join(str(read).split()).casefold()


def _iso(date: str) -> str:
    return re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\1-\2", date)
