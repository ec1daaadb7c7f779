"""A migration of 1,000 and of 10,000 pages on two workers: `python -m tests.benchmarks.migration --folder DIR`.

    ink          the generator fills forms, about 1,000 pages (archives.py)
    rounds       the archive grows by all of them, sent over another line; two workers take in and read what is new
    table        CPU seconds a page of every round, so how the cost of a page grows with what was migrated before

A round has the same documents as the one before, so only what is there already differs. In the first one forms are
accepted that the others only repeat; the second one is what later rounds are measured against.

What is done stays in the folder, and the same command goes on from there: after the last round it only prints.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.migration import progress
from pipeline.settings import Settings
from pipeline.store.engine import open_engine, read_only
from pipeline.store.migration_models import MigrationChunk
from pipeline.store.models import Page
from tests.benchmarks.archives import Filled, add_round, make_ink, read_ink

T = TypeVar("T")

DOCUMENTS = 540
"""Filled by the generator: with those of up to four pages about 1,080 pages."""

WORKERS = 2

PATIENCE = 120.0
"""Seconds for a round to be planned."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round cost: pages in all after it, seconds on the clock, CPU seconds, peak MB of a process, MB kept.

    `taking_in`: CPU seconds of planning and of keeping the originals; `working`: of reading and deciding.
    """

    pages: int
    added: int
    seconds: float
    taking_in: float
    working: float
    peak_mb: float
    database_mb: float
    originals_mb: float

    @property
    def cpu_a_page(self) -> float:
        """CPU seconds a page of this round."""
        return (self.taking_in + self.working) / self.added


def main() -> None:
    """Make what is missing, migrate what is new, tell."""
    arguments = _arguments()
    folder: Path = arguments.folder
    make_ink(folder / "ink", DOCUMENTS)
    ink = read_ink(folder / "ink")
    each = sum(document.pages for document in ink)
    wanted = max(2, round(arguments.pages / each))
    for number in range(len(_done(folder)), wanted):
        done = _round(folder, ink, number, arguments.readers)
        _note(folder, done)
        print_table(_done(folder))
    print_table(_done(folder))


def _round(folder: Path, ink: Sequence[Filled], number: int, readers: int) -> Round:
    """Add a round to the archive (if it is not there from a run that broke off), and migrate it."""
    archive, data = folder / "archive", folder / "data"
    add_round(archive, ink, number)
    environment = environment_of(data, DOCUMENTS // WORKERS, readers)  # a round is a chunk for each worker
    if number == 0:
        import_registries(environment, folder / "ink")
    before, pages_before, began = asked(data, _working), asked(data, _pages), time.monotonic()
    chunks_before = asked(data, _chunks)
    cpu = os.times()
    workers = [started(environment, "migrate", str(archive), "--index", str(archive / "index.csv"), "--inline")]
    _wait_for_chunks(data, chunks_before)
    workers += [started(environment, "migration", "resume", "1", "--inline") for _ in range(WORKERS - 1)]
    ends = [worker.wait() for worker in workers]
    if any(ends):
        sys.exit("a worker failed")
    spent = os.times()
    seconds, pages = time.monotonic() - began, asked(data, _pages)
    working = asked(data, _working) - before
    every = spent.children_user + spent.children_system - cpu.children_user - cpu.children_system
    return Round(
        pages=pages,
        added=pages - pages_before,
        seconds=seconds,
        taking_in=every - working,
        working=working,
        peak_mb=asked(data, _peak),
        database_mb=(data / "faxforms.db").stat().st_size / 1e6,
        originals_mb=sum(file.stat().st_size for file in (data / "originals").rglob("*") if file.is_file()) / 1e6,
    )


def print_table(rounds: Sequence[Round]) -> None:
    """Every round, and the growth of the cost of a page."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table(title=f"A migration on {WORKERS} workers", title_justify="left")
    for heading in ("pages so far", "of the round", "CPU s a page", "of it taking in", "beside the second round",
                    "pages/s on the clock", "peak MB of a process", "database MB", "originals MB"):  # fmt: skip
        table.add_column(heading, justify="right")
    second = rounds[min(1, len(rounds) - 1)]
    for one in rounds:
        table.add_row(
            f"{one.pages:,}",
            f"{one.added:,}",
            f"{one.cpu_a_page:.3f}",
            f"{one.taking_in / one.added:.3f}",
            f"{one.cpu_a_page / second.cpu_a_page - 1:+.1%}",
            f"{one.added / one.seconds:.2f}",
            f"{one.peak_mb:.0f}",
            f"{one.database_mb:.0f}",
            f"{one.originals_mb:.0f}",
        )
    console.print(table)


def environment_of(data: Path, chunk: int, readers: int) -> Mapping[str, str]:
    """For programs that migrate into that data folder, so many files a chunk, so many reading processes each."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"), "1")
    settings = {
        "FAXFORMS_DATA_DIR": str(data),
        "FAXFORMS_MIGRATION_CHUNK": str(chunk),
        "FAXFORMS_WORKERS": str(readers),
    }
    return {**os.environ, **one_thread, **settings}


def started(environment: Mapping[str, str], *words: str) -> subprocess.Popen[bytes]:
    """A command of the program, under way."""
    return subprocess.Popen([sys.executable, "-m", "flows", *words], env=environment)


def import_registries(environment: Mapping[str, str], ink: Path) -> None:
    """Import those of all runs of the generator."""
    for registry in sorted(ink.glob("*/registry.json")):
        if started(environment, "registry", "import", str(registry)).wait():
            sys.exit("a registry could not be imported")


def asked(data: Path, question: Callable[[Session], T]) -> T:
    """What the database of that data folder says."""
    engine = open_engine(Settings(data_dir=data).url)
    try:
        with Session(read_only(engine)) as session:
            return question(session)
    finally:
        engine.dispose()


def _wait_for_chunks(data: Path, before: int) -> None:
    """Until everything of the round is taken in, so that a second worker finds what to work on.

    `before`: the chunks that there were; of a round that broke off nothing is left to be planned, nor waited for.
    """
    until = time.monotonic() + PATIENCE
    while asked(data, _chunks) == before and time.monotonic() < until:
        time.sleep(1)
    while asked(data, lambda session: progress.files_to_take_in(session, 1)):
        time.sleep(1)


def _chunks(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(MigrationChunk)) or 0


def _working(session: Session) -> float:
    return float(session.scalar(select(func.sum(MigrationChunk.cpu_seconds))) or 0)


def _peak(session: Session) -> float:
    return float(session.scalar(select(func.max(MigrationChunk.peak_mb))) or 0)


def _pages(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Page)) or 0


def _done(folder: Path) -> list[Round]:
    file = folder / "rounds.jsonl"
    return [Round(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def _note(folder: Path, one: Round) -> None:
    with (folder / "rounds.jsonl").open("a") as file:
        file.write(json.dumps(asdict(one)) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where ink, archive and database go")
    parser.add_argument("--pages", type=int, default=10_000, help="of the whole archive, in whole rounds")
    parser.add_argument("--readers", type=int, default=1, help="reading processes of each worker")
    return parser.parse_args()


if __name__ == "__main__":
    main()
