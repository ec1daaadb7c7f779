"""`faxforms dashboard`: what came in, passed by itself, waits and was decided, and how right it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.store import reading_session
from flows.terminal import out, print_table
from pipeline.calibration.reliability import Interval
from pipeline.quality.figures import Dashboard
from pipeline.quality.figures import dashboard as figures
from pipeline.quality.plots import write_dashboard


def dashboard(
    days: Annotated[int, typer.Option(help="How many days back, today included.", min=1, max=366)] = 28,
    hours: Annotated[
        int, typer.Option(help="How many hours back people's decisions are counted.", min=1, max=168)
    ] = 24,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for tables (CSV) and plots (SVG).")] = None,
) -> None:
    """Show what came in, what passed by itself, what waits and why, what people decided, and how right it was.

    Days and hours are those of UTC. How right it was comes from blind checks (`faxforms quality draw`).

    Example: faxforms dashboard --days 7 --out /srv/faxforms/board
    """
    with reading_session() as session:
        board = figures(session, days, hours)
    print_days(board)
    print_held(board)
    print_work(board)
    print_accuracy(board)
    for written in write_dashboard(board, folder) if folder is not None else ():
        out.print(f"written: {written}", markup=False, highlight=False, soft_wrap=True)


def print_days(board: Dashboard) -> None:
    """What came in, and what became of it at first; days without anything are left out."""
    rows = [
        (
            day.day,
            day.documents,
            day.forms,
            day.passed,
            day.duplicates,
            day.held,
            "" if day.straight_through is None else f"{day.straight_through:.1%}",
        )
        for day in board.days
        if day.documents or day.forms
    ]
    headings = ("day", "documents", "forms", "passed", "duplicates", "held", "straight through")
    print_table(f"In and through, {len(board.days)} days", headings, rows)


def print_held(board: Dashboard) -> None:
    """Why forms were held, and what of it still waits."""
    rows = [(one.reason, one.forms, one.waiting) for one in board.held]
    print_table("Held by reason", ("reason", "forms held in these days", "waiting now"), rows)


def print_work(board: Dashboard) -> None:
    """How long things have waited, and what people did about it."""
    rows = [(one.age, one.items, one.urgent) for one in board.waiting]
    print_table("Waiting by age", ("waiting since", "items", "of them urgent"), rows)
    busy = [(f"{hour.start:%Y-%m-%d %H:%M}", hour.decided) for hour in board.hours if hour.decided]
    total = sum(hour.decided for hour in board.hours)
    print_table(f"Decided in the last {len(board.hours)} hours: {total}", ("hour from", "decided"), busy)


def print_accuracy(board: Dashboard) -> None:
    """How right the values were that the program let pass, as far as they were checked."""
    rows = [
        (week.week, week.forms, week.values, *shown(week.right), week.critical_values, *shown(week.critical_right))
        for week in board.weeks
    ]
    headings = ("week", "forms", "values", "right", "95 % interval", "critical values", "right", "95 % interval")
    print_table("Field accuracy by week, from blind checks", headings, rows)


def shown(interval: Interval) -> tuple[str, str]:
    """A share and its interval."""
    return f"{interval.share:.2%}", f"{interval.low:.2%} to {interval.high:.2%}"
