"""`faxforms quality …`: blind checks of what passed, and the error rates that they show."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.dashboard import shown
from flows.store import reading_session, writing_session
from flows.terminal import out, print_json, print_table
from pipeline.quality.checking import Wrong, uncorrected, waiting
from pipeline.quality.plots import write_rates
from pipeline.quality.rates import Rate, error_rates
from pipeline.quality.sampling import draw as draw_checks
from pipeline.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Blind checks of what passed, and the error rates that they show.")


@app.command()
def draw() -> None:
    """Choose the forms that people key once more without seeing what stands there; to be run by a timer, once a day.

    Shares of the forms that the program and that people let pass in the last four weeks (FAXFORMS_CHECK_RATE,
    FAXFORMS_CHECK_RATE_OF_PEOPLE), of every kind of form and source. Run again it chooses the same.

    Example: faxforms quality draw
    """
    with writing_session() as session:
        chosen = len(draw_checks(session, Settings()))
        all_waiting = len(waiting(session))
    out.print(f"{chosen} forms chosen; {all_waiting} checks wait.")


@app.command()
def rates(
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for a table (CSV) and a plot (SVG).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """Show how much of what passed was wrong: by field, form and source the program's, and each operator's own.

    Ends with what was found wrong and stands on accepted forms still: correct it with `faxforms correct`.

    Example: faxforms quality rates --out /srv/faxforms/rates
    """
    with reading_session() as session:
        found, wrong = error_rates(session), uncorrected(session)
    if as_json:
        print_json(_record(rate) for rate in found)
    else:
        print_rates(found)
        print_uncorrected(wrong)
    written = write_rates(found, folder) if folder is not None else ()
    for file in () if as_json else written:
        out.print(f"written: {file}", markup=False, highlight=False, soft_wrap=True)


def print_rates(found: list[Rate]) -> None:
    """Every rate with its interval."""
    rows = [
        (
            rate.group.value,
            rate.name,
            f"{rate.forms_wrong} of {rate.forms}",
            *shown(rate.form_errors),
            f"{rate.values_wrong} of {rate.values}",
            *shown(rate.value_errors),
            f"{rate.critical_wrong} of {rate.critical}",
            rate.open,
            rate.illegible,
        )
        for rate in found
    ]
    headings = (
        "by", "of", "forms wrong", "share", "95 % interval", "values wrong", "share", "95 % interval",
        "critical wrong", "disputed", "illegible",
    )  # fmt: skip
    print_table("Errors in what passed, from blind checks", headings, rows)


def print_uncorrected(wrong: list[Wrong]) -> None:
    """Where something wrong stands on an accepted form; not what it should be, which names a patient perhaps."""
    if wrong:
        rows = [(one.document_id, one.form_id, one.field, f"{one.since:%Y-%m-%d %H:%M}") for one in wrong]
        print_table("Wrong, accepted, and not corrected yet", ("document", "form", "field", "found (UTC)"), rows)


def _record(rate: Rate) -> dict[str, Any]:
    return dataclasses.asdict(rate) | {"group": rate.group.value}
