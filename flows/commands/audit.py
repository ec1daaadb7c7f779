"""`faxforms audit …`: the trail of who did what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from flows.exit_codes import ExitCode
from flows.store import reading_session
from flows.terminal import err, out, print_json
from pipeline.store import audit as trail
from pipeline.store.models import AuditLine

app = typer.Typer(no_args_is_help=True, help="The audit trail.")

COLUMNS = tuple(column.key for column in AuditLine.__table__.columns)


@app.callback()
def _group() -> None:
    """The trail of who did what, when, before and after."""


@app.command()
def verify() -> None:
    """Find any line of the audit trail that was changed, dropped or put in: exit code 1 when there is one.

    Lines cut off at the end are found by comparing the last hash with one noted before: it is printed.

    Example: faxforms audit verify
    """
    with reading_session() as session:
        broken = trail.verify(session)
        last = session.scalars(select(AuditLine).order_by(AuditLine.id.desc()).limit(1)).first()
    if broken is not None:
        err.print(f"faxforms: line {broken} does not follow from the one before it")
        raise typer.Exit(ExitCode.ERROR)
    out.print(f"every line holds; the last is {last.id}, {last.hash}" if last else "there is no line yet")


@app.command()
def export(
    target: Annotated[
        Path | None, typer.Option("--out", help="The file to write; else stdout.", dir_okay=False)
    ] = None,
) -> None:
    """Write the whole audit trail as JSON lines, with the hashes: whoever has the file can verify it again.

    It holds patient data: values before and after.

    Example: faxforms audit export --out trail.jsonl
    """
    with reading_session() as session:
        lines = session.scalars(select(AuditLine).order_by(AuditLine.id).execution_options(yield_per=1000))
        records = ({name: getattr(line, name) for name in COLUMNS} for line in lines)
        if target is None:
            print_json(records)
            return
        with target.open("w", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    err.print(f"{target} written", markup=False, highlight=False)
