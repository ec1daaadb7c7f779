"""`faxforms registry …`: who is certified, enrolled and linked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.store import writing_session
from flows.terminal import out
from pipeline.registry.files import import_file

app = typer.Typer(no_args_is_help=True, help="Who is certified, enrolled and linked; rules look people up there.")


@app.callback()
def _group() -> None:
    """Who is certified, enrolled and linked; rules look people up there."""


@app.command("import")
def import_registry(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file.", exists=True, dir_okay=False)],
) -> None:
    """Take in a registry file: lists of prescribers, designees, patients and pharmacies.

    What is there already stays; importing a file twice changes nothing.

    Example: faxforms registry import samples/faxes/registry.json
    """
    with writing_session() as session:
        counts = import_file(session, file)
    told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
    out.print(told or "nothing new", highlight=False)
