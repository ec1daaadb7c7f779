"""What a million pages take, on paper: `python -m tests.benchmarks.million --folder DIR --turn-ms 25`.

Nobody has a million pages to try it on, so it is reckoned from measured parts:

    CPU, memory and bytes a page    the last round of `tests.benchmarks.migration --folder DIR` (rounds.jsonl)
    the write turn, ms a document   `tests.benchmarks.deciding --database-url postgresql://…`, its last step

An archive is taken in by one process, then read on every core of every machine; what is decided goes through one
database, one document at a time (the write turn). So machines add up until the write turn is full all the time.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Parts:
    """What was measured.

    CPU seconds a page of `taking_in`, and of reading and deciding (`working`); the seconds that a document holds the
    write `turn`; bytes a page kept in the `database` and as `originals`; `peak_mb` of a reading process; the seconds of
    a chunk's flow run from its `start` to its first page; the documents of a `chunk`.
    """

    taking_in: float
    working: float
    turn: float
    pages_a_document: float
    database: float
    originals: float
    peak_mb: float
    start: float
    chunk: int


@dataclass(frozen=True, slots=True)
class OnPaper:
    """What an archive takes on some machines: days of taking in, days of all, pages a second while it is read.

    `turn_taken` is the share of the time in which somebody has the write turn; at 1 more machines are of no use.
    """

    machines: int
    taking_in_days: float
    days: float
    pages_a_second: float
    turn_taken: float


def on_paper(parts: Parts, pages: int, machines: int, cores: int) -> OnPaper:
    """Reckon an archive of so many pages on so many machines of so many cores."""
    reading = machines * cores / (parts.working + _waiting_for_a_run(parts, cores))
    turns = parts.pages_a_document / parts.turn
    rate = min(reading, turns)
    taking_in = pages * parts.taking_in
    return OnPaper(machines, taking_in / DAY, (taking_in + pages / rate) / DAY, rate, rate / turns)


def most_machines(parts: Parts, cores: int) -> float:
    """Machines with which the write turn is full."""
    return parts.pages_a_document / parts.turn * (parts.working + _waiting_for_a_run(parts, cores)) / cores


def _waiting_for_a_run(parts: Parts, cores: int) -> float:
    """Core seconds a page that pass while a chunk's run starts and its machine reads nothing."""
    return cores * parts.start / (parts.chunk * parts.pages_a_document)


def main() -> None:
    """Read the parts, reckon, print."""
    arguments = _arguments()
    parts = _parts(arguments)
    print_tables(parts, arguments.pages, arguments.machines, arguments.cores)


def print_tables(parts: Parts, pages: int, machines: Sequence[int], cores: int) -> None:
    """The parts, and what follows from them."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    measured = Table(title="Measured", title_justify="left")
    for heading in ("part", "value"):
        measured.add_column(heading, justify="left" if heading == "part" else "right")
    for part, told in (
        ("CPU s a page, taking in", f"{parts.taking_in:.3f}"),
        ("CPU s a page, reading and deciding", f"{parts.working:.3f}"),
        ("the write turn, ms a document", f"{1000 * parts.turn:.1f}"),
        ("pages a document", f"{parts.pages_a_document:.2f}"),
        ("KB a page, database", f"{parts.database / 1000:.0f}"),
        ("KB a page, originals", f"{parts.originals / 1000:.0f}"),
        ("MB of a reading process", f"{parts.peak_mb:.0f}"),
        ("seconds until a chunk's run reads", f"{parts.start:.0f}"),
    ):
        measured.add_row(part, told)
    console.print(measured)
    table = Table(title=f"{pages:,} pages on machines of {cores} cores, on paper", title_justify="left")
    for heading in ("machines", "days taking in", "days in all", "pages/s", "of the time the write turn is taken"):
        table.add_column(heading, justify="right")
    for one in (on_paper(parts, pages, number, cores) for number in machines):
        table.add_row(
            str(one.machines),
            f"{one.taking_in_days:.2f}",
            f"{one.days:.2f}",
            f"{one.pages_a_second:.1f}",
            f"{one.turn_taken:.0%}",
        )
    console.print(table)
    gigabytes = pages * parts.database / 1e9, pages * parts.originals / 1e9
    console.print(
        f"kept: {gigabytes[0]:.0f} GB of database, {gigabytes[1]:.0f} GB of originals; "
        f"memory: {cores * parts.peak_mb / 1000:.1f} GB of reading processes a machine"
    )
    console.print(f"first the write turn is full: with {most_machines(parts, cores):.0f} machines")


def _parts(arguments: argparse.Namespace) -> Parts:
    """Of the last round; its predecessors filled the database."""
    lines = (arguments.folder / "rounds.jsonl").read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    truths = sorted((arguments.folder / "ink").glob("*/truth.jsonl"))
    documents = [json.loads(line) for file in truths for line in file.read_text(encoding="utf-8").splitlines()]
    return Parts(
        taking_in=last["taking_in"] / last["added"],
        working=last["working"] / last["added"],
        turn=arguments.turn_ms / 1000,
        pages_a_document=sum(len(document["pages"]) for document in documents) / len(documents),
        database=1e6 * last["database_mb"] / last["pages"],
        originals=1e6 * last["originals_mb"] / last["pages"],
        peak_mb=last["peak_mb"],
        start=arguments.start,
        chunk=arguments.chunk,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="of tests.benchmarks.migration")
    parser.add_argument("--turn-ms", type=float, required=True, help="from tests.benchmarks.deciding")
    parser.add_argument("--start", type=float, default=16.0, help="seconds until a flow run reads; the slowest seen")
    parser.add_argument("--chunk", type=int, default=500, help="FAXFORMS_MIGRATION_CHUNK")
    parser.add_argument("--pages", type=int, default=1_000_000)
    parser.add_argument("--machines", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--cores", type=int, default=2, help="of a machine")
    return parser.parse_args()


if __name__ == "__main__":
    main()
