"""`faxforms queue`: what waits for a person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from flows.store import reading_session
from flows.terminal import out, print_json, print_table
from pipeline.review.queue import Waiting, list_waiting


def queue(
    reason: Annotated[
        str | None, typer.Option(help="Only what waits for this reason, such as rationale_missing.")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Only what a migration brought, such as 3, or a chunk of it, such as 3-0017.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """Show what waits for a person, why, and how long: the most urgent first, then the oldest.

    Example: faxforms queue --reason prescriber_only
    """
    with reading_session() as session:
        waiting = list(list_waiting(session, reason, batch))
    if as_json:
        print_json(_record(line) for line in waiting)
    elif not waiting:
        out.print("Nothing waits.")
    else:
        print_table(
            f"{len(waiting)} wait for a person",
            ("document", "file", "what", "reasons", "received", "waits", "taken by"),
            [
                (
                    line.document_id,
                    line.file,
                    _what(line),
                    line.reasons,
                    line.received,
                    _shown(line.waited()),
                    line.claimed_by,
                )
                for line in waiting
            ],
        )


def _record(line: Waiting) -> dict[str, object]:
    return {
        "item": line.item,
        "document": line.document_id,
        "file": line.file,
        "form_id": line.form_id,
        "page": line.page,
        "reasons": list(line.reasons),
        "priority": line.priority,
        "received": line.received,
        "waiting_seconds": round(line.waited().total_seconds()),
        "claimed_by": line.claimed_by,
        "beside": line.beside,
    }


def _what(line: Waiting) -> str:
    if line.form_id is not None:
        return line.form_id
    return f"page {line.page}" if line.page is not None else "whole document"


def _shown(waited: dt.timedelta) -> str:
    """A time as people say it, in its largest unit."""
    minutes = int(waited.total_seconds() // 60)
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes >= length:
            return f"{minutes // length} {unit}"
    return f"{minutes} min"
