"""What a kill costs a migration: `python -m tests.benchmarks.resuming --folder DIR --kills 12`.

Two workers migrate an archive of the same ink as `tests.benchmarks.migration` (the folder may be the same). At random
moments, those of taking in included, one of them or one of their reading processes is killed (`kill -9`), and started
again as a person would: `faxforms migrate` once more, or `faxforms migration resume`. Afterwards the ledger tells which
documents were read again, and whether anything that was decided was done again, is missing, or counts twice.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline import ledger
from pipeline.accounting import account
from pipeline.migration import progress
from pipeline.settings import Settings
from pipeline.store.intake_models import LedgerStep
from pipeline.store.migration_models import Migration
from pipeline.store.models import Document, DocumentState
from pipeline.store.opening import open_store
from tests.benchmarks.archives import add_round, make_ink, read_ink
from tests.benchmarks.migration import DOCUMENTS, asked, environment_of, import_registries, started
from tests.faults.verdict import DECIDED, killed_over_it, say

PATIENCE = 3600.0
"""Seconds in which a migration must come to its end once nobody is killed any more."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What was killed, and how many documents of the chunk it had in hand."""

    what: str
    in_hand: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """How a migration came through.

    `again`: documents that were read more than once; `redone`: those of them that had been decided before; `twice`:
    decided more than once; `held`: given to a person because what read them was killed too often; `seconds` on the
    clock.
    """

    files: int
    documents: int
    chunk: int
    kills: Sequence[Kill]
    again: int
    redone: int
    twice: int
    undecided: int
    held: int
    adds_up: bool
    seconds: float

    @property
    def most(self) -> int:
        """Documents that one kill had in hand at the most."""
        return max((kill.in_hand for kill in self.kills), default=0)

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or done again, and no kill cost more than a chunk."""
        wrong = self.redone or self.twice or self.undecided or self.files != self.documents
        return not wrong and self.adds_up and self.most <= self.chunk


def main() -> None:
    """Make the archive, migrate it under kills, tell; exit code 1 when it does not hold."""
    arguments = _arguments()
    folder: Path = arguments.folder
    make_ink(folder / "ink", DOCUMENTS)
    ink = read_ink(folder / "ink")[: arguments.documents]
    place = folder / "killed"
    shutil.rmtree(place, ignore_errors=True)
    add_round(place / "archive", ink, 0)
    environment = environment_of(place / "data", arguments.chunk, readers=1)
    import_registries(environment, folder / "ink")
    scene = Scene(place, environment, random.Random(arguments.seed))  # noqa: S311 - no secret
    began = time.monotonic()
    try:
        scene.go_through(arguments.kills, arguments.every)
    finally:
        scene.end()
    resumed = verdict(place / "data", len(ink), arguments.chunk, scene.kills, time.monotonic() - began)
    print_table(resumed)
    sys.exit(0 if resumed.holds else 1)


@dataclass(slots=True)
class Scene:
    """Two workers on an archive, and what was done to them."""

    place: Path
    environment: Mapping[str, str]
    rng: random.Random
    kills: list[Kill] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes] | None] = field(default_factory=lambda: [None, None])

    def go_through(self, kills: int, every: float) -> None:
        """Kill so many times, a random moment after work has begun again; then let it come to its end."""
        while len(self.kills) < kills and not self._is_done():
            self._revive()
            time.sleep(self.rng.uniform(0.0, 2 * every))
            self._kill()
        until = time.monotonic() + PATIENCE
        while not self._is_done():
            if time.monotonic() > until:
                sys.exit("the migration does not come to its end")
            self._revive()
            time.sleep(0.5)

    def end(self) -> None:
        """Nothing that was started stays behind."""
        for worker in filter(None, self.workers):
            worker.terminate()
            worker.wait()

    def _commands(self) -> Sequence[Sequence[str]]:
        archive = self.place / "archive"
        return (
            ("migrate", str(archive), "--index", str(archive / "index.csv"), "--inline"),
            ("migration", "resume", "1", "--inline"),
        )

    def _revive(self) -> None:
        planned = asked(self.place / "data", lambda session: session.scalar(select(Migration.id))) is not None
        for number, words in enumerate(self._commands()):
            worker = self.workers[number]
            if (worker is None or worker.poll() is not None) and (planned or number == 0):
                self.workers[number] = started(self.environment, *words)

    def _kill(self) -> None:
        alive = [worker for worker in self.workers if worker is not None and worker.poll() is None]
        if not alive:
            return
        worker = self.rng.choice(alive)
        with contextlib.suppress(psutil.Error):
            readers = [one for one in psutil.Process(worker.pid).children() if "spawn_main" in " ".join(one.cmdline())]
            if readers and self.rng.random() < 0.25:
                self.rng.choice(readers).kill()
                self.kills.append(Kill("reading process", 1))
                return
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        in_hand = asked(self.place / "data", lambda session: _in_hand(session, worker.pid))
        what = "worker" if asked(self.place / "data", _is_taken_in) else "worker, taking in"
        self.kills.append(Kill(what, in_hand))
        say(f"kill {len(self.kills)}: {what}, {in_hand} documents in hand")

    def _is_done(self) -> bool:
        return asked(self.place / "data", _is_done)


def verdict(data: Path, files: int, chunk: int, kills: Sequence[Kill], seconds: float) -> Resumed:
    """What the ledger says of it all."""
    store = open_store(Settings(data_dir=data))
    try:
        with Session(store.engine) as session:
            ways: defaultdict[int, list[str]] = defaultdict(list)
            for document, state in session.execute(
                select(LedgerStep.document_id, LedgerStep.state).order_by(LedgerStep.id)
            ):
                ways[document].append(state)
            held = session.scalar(select(func.count()).select_from(Document).where(killed_over_it())) or 0
        return Resumed(
            files=files,
            documents=len(ways),
            chunk=chunk,
            kills=kills,
            again=sum(way.count(DocumentState.READING) > 1 for way in ways.values()),
            redone=sum(_is_redone(way) for way in ways.values()),
            twice=sum(_decisions(way) > 1 for way in ways.values()),
            undecided=sum(_decisions(way) == 0 for way in ways.values()),
            held=held,
            adds_up=account(store).adds_up,
            seconds=seconds,
        )
    finally:
        store.engine.dispose()


def print_table(resumed: Resumed) -> None:
    """What was killed, and what it cost."""
    table = Table(title=f"A migration of {resumed.files} documents in chunks of {resumed.chunk}", title_justify="left")
    for heading in ("what", "number"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for what in sorted({kill.what for kill in resumed.kills}):
        table.add_row(f"kill -9: {what}", str(sum(kill.what == what for kill in resumed.kills)))
    for what, number in (
        ("documents decided", resumed.documents - resumed.undecided),
        ("documents lost or left", resumed.files - resumed.documents + resumed.undecided),
        ("documents read again, all kills together", resumed.again),
        ("documents read again after one kill, at the most", resumed.most),
        ("documents read again that were decided before", resumed.redone),
        ("documents decided twice", resumed.twice),
        ("documents given to a person for the kills", resumed.held),
        ("seconds", round(resumed.seconds)),
    ):
        table.add_row(what, str(number))
    table.add_row("the pages add up", "yes" if resumed.adds_up else "NO")
    table.add_row("holds", "yes" if resumed.holds else "NO")
    Console(width=None if sys.stdout.isatty() else 100).print(table)


def _in_hand(session: Session, pid: int) -> int:
    """Documents that the process of that number had claimed when it died."""
    owner = f"{ledger.this_process().rpartition(':')[0]}:{pid}"
    held = select(func.count()).select_from(Document)
    return session.scalar(held.where(Document.state == DocumentState.READING, Document.lease_owner == owner)) or 0


def _is_taken_in(session: Session) -> bool:
    return session.scalar(select(Migration.id)) is not None and not progress.files_to_take_in(session, 1)


def _is_done(session: Session) -> bool:
    return _is_taken_in(session) and progress.of(session, 1).words == "done"


def _decisions(way: Sequence[str]) -> int:
    return sum(state in DECIDED for state in way)


def _is_redone(way: Sequence[str]) -> bool:
    """Whether it was read after it had been decided."""
    first = next((number for number, state in enumerate(way) if state in DECIDED), len(way))
    return DocumentState.READING in way[first:]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where ink, archive and database go")
    parser.add_argument("--documents", type=int, default=200, help="of the ink, about two pages each")
    parser.add_argument("--chunk", type=int, default=25, help="files of a chunk")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--every", type=float, default=15.0, help="mean seconds between two kills")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
