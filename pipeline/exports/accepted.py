"""Accepted forms, incrementally: what was accepted, corrected or taken back since a cursor, a line a form.

The cursor counts decisions, in the order in which they were made (`routes.id`), not days of arrival: a form that a
person accepts late comes late and is not missed. Whoever decides holds the write turn (`engine.take_write_turn`), so
that decisions become visible in the order of their numbers.

A form that was accepted once and decided again (a correction) comes again at its new place, with a higher `version`;
the version before is then no longer told. One that is no longer accepted comes as `withdrawn`, without values. As long
as nothing is decided, the same cursor gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from pipeline.errors import ExportFileError
from pipeline.exports.atomic import written_whole
from pipeline.store.engine import read_only
from pipeline.store.models import Document, Form, FormRoute

ACCEPT = "accept"

FORMS_AT_A_TIME = 200
"""Forms held in memory at once."""

COLUMNS = (
    "cursor", "state", "version", "decided_at", "decided_by", "received", "file", "sha256", "form", "form_id", "pages",
    "patient", "field", "value", "doubtful",
)  # fmt: skip
"""Of the CSV; values are those of the JSON lines, lists are separated by spaces, an empty value is an empty cell."""

Line = dict[str, Any]


def write_accepted_jsonl(engine: Engine, target: Path, since: int) -> int:
    """Write a JSON object a form decided after the cursor `since`; the next cursor. The file appears whole or not."""
    return _write(engine, target, since, _write_jsonl)


def write_accepted_csv(engine: Engine, target: Path, since: int) -> int:
    """Likewise as CSV, a row a field."""
    return _write(engine, target, since, _write_csv)


def accepted_forms(session: Session, since: int) -> Iterator[Form]:
    """Forms that are accepted, or were once, whose latest decision is younger than the cursor; in that order."""
    latest = (
        select(func.max(FormRoute.id).label("id"), FormRoute.form_pk)
        .group_by(FormRoute.form_pk)
        .having(func.max(FormRoute.id) > since)
    ).subquery()
    once = aliased(FormRoute)
    query = (
        select(Form)
        .join(latest, latest.c.form_pk == Form.id)
        .where(select(once.id).where(once.form_pk == Form.id, once.route == ACCEPT).exists())
        .order_by(latest.c.id)
        .options(
            selectinload(Form.routes),
            selectinload(Form.readings),
            selectinload(Form.document).selectinload(Document.sources),
        )
        .execution_options(yield_per=FORMS_AT_A_TIME)
    )
    yield from session.scalars(query)


def accepted_line(form: Form) -> Line:
    """One form as the contract has it (docs/export.md).

    What nobody is sure of is not in `values`: such fields are named in `doubtful`.
    """
    route, accepted = form.route, form.route.route == ACCEPT
    readings = form.readings if accepted else []
    return {
        "cursor": route.id,
        "state": "accepted" if accepted else "withdrawn",
        "version": version_of(form),
        "decided_at": route.decided_at.isoformat(),
        "decided_by": route.decided_by,
        "received": form.day.isoformat(),
        "file": form.document.sources[0].file,
        "sha256": form.document.sha256,
        "form": form.position,
        "form_id": form.form_id,
        "pages": form.pages,
        "patient": form.patient_key,
        "values": {reading.field: reading.value for reading in readings if not reading.doubtful},
        "doubtful": [reading.field for reading in readings if reading.doubtful],
    }


def version_of(form: Form) -> int:
    """1 when the form was accepted first, one more with every decision after that."""
    first = next(place for place, route in enumerate(form.routes) if route.route == ACCEPT)
    return len(form.routes) - first


def read_cursor(file: Path) -> int:
    """The cursor kept in a file; 0, the beginning, when there is none yet.

    Raises:
        ExportFileError: the file holds something else.
    """
    if not file.exists():
        return 0
    text = file.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise ExportFileError("cursor file: it does not hold a number")
    return int(text)


def keep_cursor(file: Path, cursor: int) -> None:
    """Keep the cursor for the next time; the file changes whole or not at all."""
    with written_whole(file) as text:
        text.write(f"{cursor}\n")


def snapshot(engine: Engine) -> Engine:
    """The same database, for a transaction that sees it as it was when it began, whatever is decided meanwhile."""
    reading = read_only(engine)
    if reading.dialect.name == "postgresql":
        return reading.execution_options(isolation_level="REPEATABLE READ")
    return reading  # SQLite's transactions are so by themselves


def _write(engine: Engine, target: Path, since: int, write: Callable[[TextIO, Iterator[Line]], None]) -> int:
    cursor = since

    def lines() -> Iterator[Line]:
        nonlocal cursor
        for form in accepted_forms(session, since):
            cursor = form.route.id
            yield accepted_line(form)

    with written_whole(target) as file, Session(snapshot(engine)) as session:
        write(file, lines())
    return cursor


def _write_jsonl(file: TextIO, lines: Iterator[Line]) -> None:
    for line in lines:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_csv(file: TextIO, lines: Iterator[Line]) -> None:
    rows = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
    rows.writeheader()
    for line in lines:
        for row in _rows(line):
            rows.writerow({name: _cell(row.get(name)) for name in COLUMNS})


def _rows(line: Line) -> Iterator[Mapping[str, Any]]:
    """A row a field; a withdrawn form has one."""
    of_form = {name: line[name] for name in COLUMNS if name in line and name != "doubtful"}
    for field, value in line["values"].items():
        yield of_form | {"field": field, "value": value, "doubtful": False}
    for field in line["doubtful"]:
        yield of_form | {"field": field, "doubtful": True}
    if not line["values"] and not line["doubtful"]:
        yield of_form


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return json.dumps(value) if isinstance(value, bool) else value
