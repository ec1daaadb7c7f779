"""`faxforms export`: what was read and decided, for other programs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.store import opened_store
from flows.terminal import err
from pipeline.exports.accepted import keep_cursor, read_cursor, write_accepted_csv, write_accepted_jsonl
from pipeline.exports.csv import write_csv
from pipeline.exports.fhir import write_bundles
from pipeline.exports.jsonl import write_jsonl
from pipeline.store.opening import Store


class Format(StrEnum):
    """What an export can be written as."""

    JSONL = "jsonl"
    CSV = "csv"
    FHIR = "fhir"


OF_EVERYTHING = {Format.JSONL: write_jsonl, Format.CSV: write_csv}
OF_ACCEPTED = {Format.JSONL: write_accepted_jsonl, Format.CSV: write_accepted_csv}


def export(
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="jsonl: a document (accepted: a form) a line; csv: a field a row; fhir: a bundle a form."
        ),
    ] = Format.JSONL,
    accepted: Annotated[
        bool, typer.Option("--accepted", help="Accepted forms alone, those decided since a cursor.")
    ] = False,
    since: Annotated[
        int | None, typer.Option(help="The cursor that the export before gave; 0 is the beginning.", min=0)
    ] = None,
    cursor_file: Annotated[
        Path | None,
        typer.Option("--cursor", help="Take the cursor from this file, and keep the next one in it.", dir_okay=False),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--out", help="The file to write, else stdout; for fhir the folder to write into.")
    ] = None,
) -> None:
    """Write every decided document with its pages, forms, readings, findings and routes; or only what was accepted.

    With --accepted: the forms accepted, corrected or withdrawn since the cursor, each with its values. The next cursor
    is said on stderr, or kept in the file named by --cursor once everything is written.

    Example: faxforms export --accepted --cursor seen.txt --format csv --out new.csv
    """
    if since is not None and cursor_file is not None:
        raise typer.BadParameter("give --since or --cursor, not both", param_hint="--since")
    incremental = accepted or form is Format.FHIR
    if not incremental and (since is not None or cursor_file is not None):
        raise typer.BadParameter("a cursor goes with --accepted or --format fhir", param_hint="--since / --cursor")
    if form is Format.FHIR and target is None:
        raise typer.BadParameter("name the folder to write into", param_hint="--out")
    if form is not Format.FHIR and target is not None and target.is_dir():
        raise typer.BadParameter("name a file", param_hint="--out")
    with opened_store() as store:
        if not incremental:
            _write_everything(store, form, target)
            return
        start = read_cursor(cursor_file) if cursor_file else since or 0
        cursor = _write_accepted(store, form, target, start)
    if cursor_file:
        keep_cursor(cursor_file, cursor)
    err.print(f"next cursor: {cursor}", highlight=False)


def _write_everything(store: Store, form: Format, target: Path | None) -> None:
    if target is not None:
        err.print(f"{OF_EVERYTHING[form](store.engine, target)} documents written", highlight=False)
        return
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "export"
        OF_EVERYTHING[form](store.engine, whole)
        _copy_to_stdout(whole)


def _write_accepted(store: Store, form: Format, target: Path | None, since: int) -> int:
    """Write what was decided since the cursor; the next cursor."""
    if form is Format.FHIR:
        assert target is not None  # noqa: S101 - checked with the other options
        written = write_bundles(store, target, since)
        err.print(f"{written.bundles} bundles written", highlight=False)
        return written.cursor
    if target is not None:
        return OF_ACCEPTED[form](store.engine, target, since)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "export"
        cursor = OF_ACCEPTED[form](store.engine, whole, since)
        _copy_to_stdout(whole)
    return cursor


def _copy_to_stdout(whole: Path) -> None:
    # the writers make whole files only, so what goes to stdout is complete as well
    with whole.open(encoding="utf-8", newline="") as lines:
        shutil.copyfileobj(lines, sys.stdout)
    sys.stdout.flush()
