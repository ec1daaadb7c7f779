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
from pipeline.exports.csv import write_csv
from pipeline.exports.jsonl import write_jsonl


class Format(StrEnum):
    """What an export can be written as."""

    JSONL = "jsonl"
    CSV = "csv"


WRITERS = {Format.JSONL: write_jsonl, Format.CSV: write_csv}


def export(
    form: Annotated[
        Format, typer.Option("--format", help="jsonl: a document a line; csv: a field a row.")
    ] = Format.JSONL,
    target: Annotated[
        Path | None, typer.Option("--out", help="The file to write; else it goes to stdout.", dir_okay=False)
    ] = None,
) -> None:
    """Write every decided document with its pages, forms, readings, findings and routes.

    Example: faxforms export --format csv --out forms.csv
    """
    with opened_store() as store:
        if target is not None:
            count = WRITERS[form](store.engine, target)
            err.print(f"{count} documents written", highlight=False)
            return
        # the writers make whole files only, so what goes to stdout is complete as well
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "export"
            WRITERS[form](store.engine, whole)
            with whole.open(encoding="utf-8", newline="") as lines:
                shutil.copyfileobj(lines, sys.stdout)
