"""`faxforms export --format jsonl`: one JSON object a line, one line a document, in the order of arrival."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, joinedload, selectinload

from pipeline.exports.atomic import written_whole
from pipeline.store.engine import read_only
from pipeline.store.models import REARRANGED, Document, FieldReading, Form, FormFinding, FormRoute, Page

DOCUMENTS_AT_A_TIME = 100
"""Documents held in memory at once."""


def write_jsonl(engine: Engine, target: Path) -> int:
    """Write the export; the number of documents in it. The file appears whole or not at all."""
    count = 0
    with written_whole(target) as file, Session(read_only(engine)) as session:
        for document in decided_documents(session):
            file.write(json.dumps(document_line(document), ensure_ascii=False) + "\n")
            count += 1
    return count


def decided_documents(session: Session) -> Iterator[Document]:
    """The documents that were read and decided, in the order of arrival; those still on their way are left out."""
    query = (
        select(Document)
        .where(Document.decided_at.is_not(None))
        .order_by(Document.id)
        .options(
            selectinload(Document.sources),
            selectinload(Document.pages),
            selectinload(Document.forms).selectinload(Form.readings),
            selectinload(Document.forms).selectinload(Form.findings),
            selectinload(Document.forms)
            .selectinload(Form.routes)
            .options(joinedload(FormRoute.original).joinedload(Form.document).selectinload(Document.sources)),
        )
        .execution_options(yield_per=DOCUMENTS_AT_A_TIME)
    )
    yield from session.scalars(query)


def document_line(document: Document) -> dict[str, Any]:
    """One document as the contract has it; `file` is the first file that brought it."""
    line: dict[str, Any] = {
        "file": document.sources[0].file,
        "sha256": document.sha256,
        "received": document.received.isoformat(),
        "status": document.status,
    }
    if document.error:
        line["error"] = document.error
    # forms whose pages a person has given to others are history: no page stands in two places
    forms = [form for form in document.forms if form.route.route != REARRANGED]
    places = {form.position: place for place, form in enumerate(forms)}
    line["pages"] = [_page(page, places) for page in document.pages]
    line["forms"] = [_form(form) for form in forms]
    return line


def _page(page: Page, places: Mapping[int, int]) -> dict[str, Any]:
    line: dict[str, Any] = {"page": page.page, "kind": page.kind}
    if page.kind == "form":
        line |= {
            "form": None if page.form is None else places[page.form],
            "form_id": page.form_id,
            "form_page": page.form_page,
        }
    line |= {"rotated": page.rotated, "match": round(page.match, 4)}
    if page.nearest:
        line |= {"nearest": page.nearest, "residual": None if page.residual is None else round(page.residual, 2)}
    if page.error:
        line["error"] = page.error
    return line


def _form(form: Form) -> dict[str, Any]:
    line: dict[str, Any] = {
        "form_id": form.form_id,
        "pages": form.pages,
        "fields": {reading.field: _field(reading) for reading in form.readings},
        "patient": form.patient,
        "findings": [_finding(finding) for finding in form.findings],
        "route": form.route.route,
        "reasons": form.route.reasons,
    }
    if (original := form.route.original) is not None:
        line["duplicate_of"] = {
            "file": original.document.sources[0].file,
            "sha256": original.document.sha256,
            "form": original.position,
        }
    return line


def _field(reading: FieldReading) -> dict[str, Any]:
    return {
        "value": reading.value,
        "confidence": round(reading.confidence, 4),
        "doubtful": reading.doubtful,
        "page": reading.page,
        "box": [round(edge, 2) for edge in reading.box],
        "raw": reading.raw,
    }


def _finding(finding: FormFinding) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("rule", "reason", "severity", "field", "message")}
