"""`faxforms documents`: what came in and what became of it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from flows.store import reading_session
from flows.terminal import out, print_json, print_table
from pipeline.exports.jsonl import decided_documents, document_line
from pipeline.store.models import Document


def documents(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """List what came in and what became of it: pages, forms, route and reasons of every document.

    Example: faxforms documents
    """
    with reading_session() as session:
        rows = [row for document in decided_documents(session) for row in _rows(document)]
    if as_json:
        print_json(rows)
        return
    print_table(
        "What came in, and what became of it",
        ("document", "file", "received", "status", "pages", "form", "route", "reasons"),
        [
            (r["document"], r["file"], r["received"], r["status"], r["pages"], r["form"], r["route"], r["reasons"])
            for r in rows
        ],
    )
    out.print(_totals(rows), highlight=False)


def _rows(document: Document) -> list[dict[str, Any]]:
    """Make a row a form; a document without one has a single row that says why it waits, if it does."""
    line = document_line(document)
    head = {"document": document.id} | {key: line[key] for key in ("file", "received", "status")}
    kinds = Counter(_kind(page) for page in line["pages"] if page["kind"] != "form")
    other = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    if not line["forms"]:
        reasons = [reason for item in document.review_items for reason in item.reasons]
        return [head | {"pages": other, "form": None, "route": "review" if reasons else None, "reasons": reasons}]
    rows = [
        head
        | {"pages": " ".join(map(str, form["pages"])), "form": form["form_id"]}
        | {"route": form["route"], "reasons": form["reasons"]}
        for form in line["forms"]
    ]
    rows[0]["pages"] += f" + {other}" if other else ""
    return rows


def _kind(page: dict[str, Any]) -> str:
    """Say what a page is that is no form; of an unknown one, which form it looks like."""
    return f"{page['kind']} like {page['nearest']}" if page.get("nearest") else str(page["kind"])


def _totals(rows: list[dict[str, Any]]) -> str:
    """One line that sums up: documents, forms, and their routes."""
    count = len({row["document"] for row in rows})
    routes = Counter(row["route"] for row in rows if row["form"])
    told = ", ".join(f"{number} {route}" for route, number in sorted(routes.items()))
    return f"{count} documents, {routes.total()} forms" + (f": {told}" if told else "")
