"""`faxforms export --format csv`: a row a field, its form's route beside it; a document without a form has one row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.exports.atomic import written_whole
from pipeline.exports.jsonl import decided_documents, document_line
from pipeline.store.engine import read_only

COLUMNS = (
    "file", "sha256", "received", "status", "error", "form", "form_id", "pages", "route", "reasons",
    "field", "value", "confidence", "doubtful", "page", "box", "raw",
)  # fmt: skip
"""Values are those of the JSON lines export; lists are separated by spaces, an empty value is an empty cell."""


def write_csv(engine: Engine, target: Path) -> int:
    """Write the export; the number of documents in it. The file appears whole or not at all."""
    count = 0
    with written_whole(target) as file, Session(read_only(engine)) as session:
        rows = csv.DictWriter(file, COLUMNS, restval="")
        rows.writeheader()
        for document in decided_documents(session):
            for row in _rows(document_line(document)):
                rows.writerow({name: _cell(value) for name, value in row.items()})
            count += 1
    return count


def _rows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    of_document = {name: document.get(name) for name in ("file", "sha256", "received", "status", "error")}
    if not document["forms"]:
        yield of_document
    for number, form in enumerate(document["forms"]):
        of_form = (
            of_document | {"form": number} | {name: form[name] for name in ("form_id", "pages", "route", "reasons")}
        )
        for field, reading in form["fields"].items() or [("", {})]:
            yield of_form | {"field": field} | reading


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return json.dumps(value) if isinstance(value, bool) else value
