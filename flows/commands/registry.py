"""`faxforms registry …`: who is certified, enrolled and linked, and the course of patients."""

from __future__ import annotations

import datetime as dt
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.store import reading_session, writing_session
from flows.terminal import err, out
from pipeline.exports.atomic import written_whole
from pipeline.registry.files import import_file, write_csv, write_json
from pipeline.registry.updates import note_dispense_rationale
from pipeline.store import audit

app = typer.Typer(no_args_is_help=True, help="Who is certified, enrolled and linked; rules look people up there.")


class Format(StrEnum):
    """What the registry can be exported as."""

    JSON = "json"
    CSV = "csv"


class Setting(StrEnum):
    """What a pharmacy is enrolled for."""

    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"


@app.callback()
def _group() -> None:
    """Who is certified, enrolled and linked; rules look people up there."""


@app.command("import")
def import_registry(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file, or a folder of CSV files.", exists=True)],
    who: Annotated[str, typer.Option("--by", help="Who does it, for the audit trail.")] = audit.PROGRAM,
) -> None:
    """Take in a registry file: lists of prescribers, designees, patients and pharmacies, and the course of patients.

    What is there already stays; importing a file twice changes nothing.

    Example: faxforms registry import samples/faxes/registry.json
    """
    with writing_session() as session:
        counts = import_file(session, file, who)
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    out.print(told or "nothing new", highlight=False)


@app.command("export")
def export_registry(
    form: Annotated[Format, typer.Option("--format", help="json: one file; csv: a folder, a file a table.")] = (
        Format.JSON
    ),
    target: Annotated[
        Path | None, typer.Option("--out", help="The file or, for csv, the folder; else JSON goes to stdout.")
    ] = None,
    on: Annotated[
        dt.datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="As it stood on that day; else now.")
    ] = None,
) -> None:
    """Write the registry, as it is now or stood on a day, in the shape in which it can be imported.

    Example: faxforms registry export --format csv --out registry
    """
    if form is Format.CSV and target is None:
        raise typer.BadParameter("csv needs a folder", param_hint="--out")
    day = on.date() if on else None
    with reading_session() as session:
        if target is None:
            write_json(session, sys.stdout, day)
        elif form is Format.CSV:
            write_csv(session, target, day)
        else:
            with written_whole(target) as file:
                write_json(session, file, day)
    if target is not None:
        err.print("registry written", highlight=False)


@app.command()
def rationale(
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The registry's key of the patient.")],
    given: Annotated[dt.datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day it was given.")],
    who: Annotated[str, typer.Option("--by", help="Who notes it, for the audit trail.")],
    setting: Annotated[Setting, typer.Option(help="What the pharmacy dispensed as.")] = Setting.OUTPATIENT,
    pharmacy: Annotated[str | None, typer.Option(help="The pharmacy's NPI.")] = None,
) -> None:
    """Note a dispense rationale that a pharmacist gave by telephone (rule R44: three a year for outpatients).

    Example: faxforms registry rationale 17 --on 2022-07-15 --by "A. Clerk"
    """
    with writing_session() as session:
        note_dispense_rationale(session, patient, given.date(), setting, pharmacy, who)
    out.print("noted")
