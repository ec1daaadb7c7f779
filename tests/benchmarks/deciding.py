"""What deciding costs as the database fills: `python -m tests.benchmarks.deciding --pages 10000`.

The sample faxes about patients are read once. Then they come again and again as documents of their own, each time about
other people: stored, judged by the registry that grows with them, compared with all forms before, routed and queued, as
a chunk of an archive is. (The other faxes would become copies of each other, and no archive is full of those.) Reading
knows nothing of the database, so what can grow with an archive is all here.

Every step of the table decides the same documents, so only what is there already differs.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading, FormReading, Value
from pipeline import ledger
from pipeline.process import decide
from pipeline.readers import ReaderPool
from pipeline.registry.files import import_file
from pipeline.settings import Settings
from pipeline.store import repository
from pipeline.store.opening import Store, open_store

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "faxes"
STEPS = 10
FIRST = ("Ava", "Ben", "Cora", "Dan", "Eve", "Finn", "Gia", "Hal", "Ida", "Jon", "Kay", "Leo", "Mia", "Ned", "Ola")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMED = {"patient_last_name", "patient_name"}
"""Fields of which a form that is about a patient has one."""

Known = Sequence[tuple[DocumentReading, dt.date]]


@dataclass(frozen=True, slots=True)
class Step:
    """A step: pages decided before and in it, documents in it, CPU seconds, the largest memory so far in MB.

    `turn` are the seconds on the clock in `decide`: so long nobody else can write.
    """

    pages: int
    added: int
    documents: int
    cpu: float
    peak_mb: float
    turn: float


def main() -> None:
    """Read the samples, decide them over and over, tell."""
    asked = _arguments()
    known = _read_samples()
    rounds = max(STEPS, asked.pages // sum(len(reading.pages) for reading, _ in known))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Settings(data_dir=Path(folder), database_url=asked.database_url))
        with Session(store.engine) as session, session.begin():
            import_file(session, SAMPLES / "registry.json")
        steps = []
        for step in _steps(store, known, rounds):
            steps.append(step)
            sys.stderr.write(f"\r{step.pages + step.added} pages")
        print_table(steps, store)


def _steps(store: Store, known: Known, rounds: int) -> Iterator[Step]:
    pages = number = 0
    for step in range(STEPS):
        cpu, added, before, turn = time.process_time(), 0, number, 0.0
        for again in range(step * rounds // STEPS, (step + 1) * rounds // STEPS):
            for reading, received in known:
                number += 1
                turn += _decide(store, number, about_others(reading, again), received)
                added += len(reading.pages)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
        yield Step(pages, added, number - before, time.process_time() - cpu, peak, turn)
        pages += added


def _decide(store: Store, number: int, reading: DocumentReading, received: dt.date) -> float:
    """Take it in, claim and decide it; the seconds of the last."""
    with Session(store.engine) as session, session.begin():
        document = repository.add_document(session, f"{number:064x}", 1, received)
        source = {"channel": "archive", "file": f"{number}.tif", "received": received, "details": None}
        repository.note_source(session, document, **source)
        document_id = document.id
    with Session(store.engine) as session, session.begin():
        held = ledger.claim(session, document_id, store.settings.lease)
    if held is None:
        sys.exit("somebody else works on the benchmark's documents")
    began = time.monotonic()
    decide(store, held, reading)
    return time.monotonic() - began


def about_others(reading: DocumentReading, number: int) -> DocumentReading:
    """The same document about other people; number 0 is as it was read."""
    if number == 0:
        return reading
    rng = random.Random(number)  # noqa: S311 - no secret
    name = "".join(rng.choices(LETTERS, k=8)).title()
    day = dt.date(1940, 1, 1) + dt.timedelta(rng.randrange(20_000))
    people = {
        "first_name": rng.choice(FIRST),
        "last_name": name,
        "name": name,
        "name_p2": name,
        "dob": day.isoformat(),
        "dob_p2": day.isoformat(),
        "zip": f"{rng.randrange(10_000, 99_999)}",
    }
    return replace(reading, forms=tuple(_about(form, people) for form in reading.forms))


def _about(form: FormReading, people: dict[str, Value]) -> FormReading:
    readings = dict(form.readings)
    for field, value in people.items():
        name = f"patient_{field}"
        if name in readings and readings[name].value is not None:
            readings[name] = replace(readings[name], value=value)
    return replace(form, readings=readings)


def _read_samples() -> Known:
    with (SAMPLES / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        days = {line["file"]: dt.date.fromisoformat(line["received"]) for line in csv.DictReader(lines)}
    with ReaderPool() as readers:
        readings = dict(readers.read((file, SAMPLES / file) for file in days))
    return [(readings[file], days[file]) for file in days if _is_about_patients(readings[file])]


def _is_about_patients(reading: DocumentReading) -> bool:
    return all(NAMED.intersection(form.readings) for form in reading.forms)


def print_table(steps: Sequence[Step], store: Store) -> None:
    """Every step beside the first."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(title=f"Deciding, on {store.engine.dialect.name}", title_justify="left")
    for heading in (
        "pages before", "pages of the step", "CPU ms a page", "beside the first step", "write turn, ms a document",
        "peak MB",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for step in steps:
        of_first = (step.cpu / step.added) / (steps[0].cpu / steps[0].added) - 1
        cost = f"{1000 * step.cpu / step.added:.1f}"
        turn = f"{1000 * step.turn / step.documents:.1f}"
        table.add_row(f"{step.pages:,}", f"{step.added:,}", cost, f"{of_first:+.1%}", turn, f"{step.peak_mb:.0f}")
    console.print(table)
    if store.engine.dialect.name == "sqlite":
        size = (store.settings.data_dir / "faxforms.db").stat().st_size
        console.print(
            f"the database has {size / 1e6:.0f} MB, {size / 1000 / (steps[-1].pages + steps[-1].added):.0f} KB a page"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--database-url", default="", help="as FAXFORMS_DATABASE_URL; SQLite in a folder otherwise")
    return parser.parse_args()


if __name__ == "__main__":
    main()
