"""`faxforms doctor`: whether this installation can do its work."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from flows.exit_codes import ExitCode
from flows.terminal import out, print_json, print_table
from pipeline.doctor.findings import Health
from pipeline.doctor.report import examine, worst
from pipeline.settings import Settings

SHOWN = {Health.WELL: "well", Health.WARNING: "WARNING", Health.BROKEN: "BROKEN"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a finding, for scripts.")] = False,
) -> None:
    """Look at machine, programs, models, folders, disk, database, originals, keys and clock; say what is wrong.

    Run it on every machine, by the account of the service, with its settings. Nothing is changed.

    Example: faxforms doctor

    Ends with 0 when work can be done, warnings or not, and with 1 when something is broken.
    """
    findings = list(examine(Settings()))
    if as_json:
        print_json(dataclasses.asdict(finding) for finding in findings)
    else:
        rows = [(one.what, SHOWN[one.health], one.found, one.advice) for one in findings]
        print_table("Whether this installation can do its work", ("what", "", "found", "what to do"), rows)
        out.print(f"as a whole: {worst(findings)}")
    if worst(findings) is Health.BROKEN:
        raise typer.Exit(ExitCode.ERROR)
