"""`faxforms migration …`: the migrations that were begun: pausing, going on, blind checks, the reconciliation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from flows.commands.migrate import Inline, Workers, go_on, print_progress
from flows.exit_codes import ExitCode
from flows.store import opened_store, reading_session, writing_session
from flows.terminal import out, print_error, print_json, print_table
from pipeline.migration import acceptance, chunks, figures, progress, report
from pipeline.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="The migrations that were begun: how far they are, pausing, checks, the report."
)

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="A migration, as `faxforms migration list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


@app.command("list")
def list_migrations(as_json: AsJson = False) -> None:
    """List every migration with how far it has come.

    Example: faxforms migration list
    """
    with reading_session() as session:
        known = [(one, progress.of(session, one.id)) for one in progress.every_migration(session)]
        rows = [
            {
                "migration": one.id,
                "archive": one.source,
                "begun": f"{one.created_at:%Y-%m-%d %H:%M}",
                "state": state.words,
                "documents": state.documents,
                "decided": state.decided,
                "pages": state.pages,
                "chunks": state.chunks,
                "chunks_done": state.chunks_done,
                "waiting": state.waiting,
                "refused": state.refused,
            }
            for one, state in known
        ]
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("No migration was begun.")
    else:
        headings = [name.replace("_", " ") for name in rows[0]]
        print_table(f"{len(rows)} migrations", headings, (row.values() for row in rows))


@app.command()
def show(number: Number) -> None:
    """Show the chunks of a migration: who works on which, and what each cost.

    Example: faxforms migration show 1
    """
    print_progress(number)
    with reading_session() as session:
        rows = [
            (
                chunk.number,
                chunk.state,
                chunk.owner if chunk.state != "done" else None,
                chunk.attempts,
                None if chunk.started_at is None else f"{chunk.started_at:%Y-%m-%d %H:%M}",
                f"{chunk.seconds:.0f}",
                f"{chunk.cpu_seconds:.0f}",
                f"{chunk.peak_mb:.0f}",
            )
            for chunk in chunks.named(session, number).chunks
        ]
    headings = ("chunk", "state", "worker", "attempts", "begun (UTC)", "seconds", "CPU seconds", "peak MB")
    print_table("Chunks", headings, rows)


@app.command()
def pause(number: Number) -> None:
    """Pause a migration: its workers, on any machine, decide the documents that they have in hand and stop.

    Example: faxforms migration pause 1
    """
    with opened_store() as store, Session(store.engine) as session, session.begin():
        chunks.pause(session, number, paused=True)
    out.print(f"migration {number} is paused; `faxforms migration resume {number}` goes on.", highlight=False)


@app.command()
def resume(number: Number, inline: Inline = False, workers: Workers = False) -> None:
    """Go on with a migration where it stands. What is new in the archive is taken in by `faxforms migrate`.

    May be started several times: each works on chunks that nobody else has.

    Example: faxforms migration resume 1 --workers
    """
    go_on(number, inline=inline, workers=workers)


@app.command()
def check(
    number: Number,
    error_rate: Annotated[
        float, typer.Option(help="Share of wrong forms that is to be shown not to be exceeded.")
    ] = 0.01,
    confidence: Annotated[float, typer.Option(help="How sure, as a share.")] = 0.95,
    forms: Annotated[int, typer.Option(min=0, help="Have so many accepted forms keyed blindly, chosen by chance.")] = 0,
) -> None:
    """Show how many accepted forms must be keyed blindly to show an error rate; with --forms, choose them.

    The more wrong ones a plan allows, the more are checked, and the less often a good migration fails by bad luck.

    Example: faxforms migration check 1 --error-rate 0.01 --forms 300
    """
    asked = _asked(error_rate, confidence)
    if forms:
        with writing_session() as session:
            chosen = acceptance.draw(session, Settings().check_seed, number, forms)
        out.print(f"{chosen} forms were chosen for blind checks at the review station.", highlight=False)
    with reading_session() as session:
        sampled = acceptance.sampled(session, Settings().check_seed, number)
    plans = report.plans(sampled.lot, asked)
    print_table(
        f"To show, {confidence:.0%} sure, that at most {error_rate:.2%} of {sampled.lot} accepted forms are wrong",
        ("wrong forms allowed", "forms to check", f"a migration with {error_rate / 4:.2%} wrong passes"),
        [(one.allowed, one.checked, f"{one.chance_to_pass(error_rate / 4):.1%}") for one in plans],
    )
    errors = sampled.errors
    out.print(
        f"so far: {sampled.rate.forms_wrong} wrong of {sampled.rate.forms} keyed ({sampled.drawn} chosen)"
        + (f", so {errors.low:.2%} to {errors.high:.2%} of all with 95 % confidence" if sampled.rate.forms else ""),
        highlight=False,
        soft_wrap=True,
    )


@app.command("report")
def write(
    number: Number,
    folder: Annotated[Path, typer.Option("--out", help="Folder for reconciliation.html and the tables (CSV).")],
    error_rate: Annotated[float, typer.Option(help="Share of wrong forms that checks are planned for.")] = 0.01,
    confidence: Annotated[float, typer.Option(help="How sure, as a share.")] = 0.95,
    machine_hour: Annotated[float | None, typer.Option(help="What an hour of one core costs.")] = None,
    person_hour: Annotated[float | None, typer.Option(help="What an hour of a person costs.")] = None,
) -> None:
    """Write the reconciliation: counts that add up to the page, rates by form and year, errors, cost, what is left.

    Ends with exit code 1 when something does not add up.

    Example: faxforms migration report 1 --out /srv/faxforms/migration-1
    """
    asked = _asked(error_rate, confidence, machine_hour, person_hour)
    with reading_session() as session:
        found = figures.reconcile(session, number, Settings().check_seed)
        refused = progress.refused_files(session, number)
    for file in report.write_report(found, refused, asked, folder):
        out.print(f"written: {file}", markup=False, highlight=False, soft_wrap=True)
    for one in found.sums:
        if not one.holds:
            print_error(f"{one.what}: {one.total} by {one.how}, but the parts make {sum(one.parts.values())}")
    if not found.holds:
        raise typer.Exit(ExitCode.ERROR)


def _asked(
    error_rate: float, confidence: float, machine_hour: float | None = None, person_hour: float | None = None
) -> report.Asked:
    if not (0 < error_rate < 1 and 0 < confidence < 1):
        raise typer.BadParameter("an error rate and a confidence are shares, between 0 and 1")
    return report.Asked(error_rate, confidence, machine_hour, person_hour)
