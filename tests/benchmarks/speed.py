"""CPU seconds and memory a page, for us and for the plain ways, over the same pages in one run; and where ours go.

    ./run bench                    the sample faxes
    ./run bench FOLDER             any folder of faxes, with their manifest.csv and registry.json where there are such
    ./run bench FOLDER --stages    only where our milliseconds go

Each way runs in processes of its own, so that the operating system does the accounting: CPU time is user and system
time of the process and of every program it starts; memory is the largest process. What a process needs once (imports,
models, what is kept from first use) is told apart from what a page costs. One thread a process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "samples" / "faxes"
FIRST_READ = 12  # files, spread over all, that are read before anything is measured
sys.path.insert(0, str(REPOSITORY))

from tests.benchmarks import stages  # noqa: E402 - the line above makes it importable from any folder
from tests.benchmarks.ways import WAYS, Reader  # noqa: E402 - likewise

STAGES = "stages"
SELF_AND_PROGRAMS = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}
KINDS = {".tif", ".tiff", ".pdf", ".png", ".jpg", ".jpeg"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process spent: CPU seconds before the first page and on the pages, seconds on the clock, peak MB."""

    pages: int
    cpu_start: float
    cpu_pages: float
    wall_pages: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """One way, measured alone and on two processes at once."""

    way: str
    alone: Cost
    pages_a_second_on_two: float

    @property
    def cpu_a_page(self) -> float:
        """CPU seconds a page, start left out."""
        return self.alone.cpu_pages / self.alone.pages


def main() -> None:
    """Measure every way over the same files and print one table, and one of the stages of ours."""
    arguments = _arguments()
    if arguments.work:
        work = _work_by_stage if arguments.work == STAGES else _work
        print(json.dumps(work(arguments.work, arguments.paths)))  # noqa: T201 - the answer to the parent process
        return
    files = _faxes(arguments.paths)[: arguments.files_at_most]
    if not files:
        sys.exit("no faxes there")
    if not arguments.stages:
        _print_table([_measure(way, files) for way in WAYS], files)
    (by_stage,) = _run(STAGES, [files])
    _print_stages(by_stage, files)


def _measure(way: str, files: list[Path]) -> Result:
    (alone,) = (Cost(**answer) for answer in _run(way, [files]))
    both = [Cost(**answer) for answer in _run(way, [files[0::2], files[1::2]])] if len(files) > 1 else [alone]
    return Result(way, alone, sum(cost.pages for cost in both) / max(cost.wall_pages for cost in both))


def _run(way: str, shares: list[list[Path]]) -> list[dict[str, Any]]:
    """Run the way once per share of the files, all at the same time; what each process answered."""
    workers = [
        subprocess.Popen(
            [sys.executable, __file__, "--work", way, *map(str, share)],
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD},
        )
        for share in shares
    ]
    answers = []
    for worker in workers:
        answer, _ = worker.communicate()
        if worker.returncode:
            sys.exit(f"{way}: the measured process ended with code {worker.returncode}")
        answers.append(json.loads(answer))
    return answers


def _work(way: str, files: list[Path]) -> dict[str, float]:
    """Get ready, read every file, say what it cost: the measured process."""
    read = _ready(way, files)
    cpu_start, wall_start = stages.cpu_seconds(), time.perf_counter()
    pages = sum(read(file) for file in files)
    return {
        "pages": pages,
        "cpu_start": cpu_start,
        "cpu_pages": stages.cpu_seconds() - cpu_start,
        "wall_pages": time.perf_counter() - wall_start,
        "peak_mb": max(resource.getrusage(who).ru_maxrss for who in SELF_AND_PROGRAMS) / 1024,  # Linux counts in KiB
    }


def _work_by_stage(_way: str, files: list[Path]) -> dict[str, float]:
    """The same for our way, by stage."""
    read = _ready("faxforms", files)
    with stages.measured() as watch:
        pages = sum(read(file) for file in files)
    return {"pages": pages, **watch.seconds}


def _ready(way: str, files: list[Path]) -> Reader:
    """Gets ready twice: what is loaded and kept at first use counts as start."""
    first_files = files[:: max(1, len(files) // FIRST_READ)]
    read_first = WAYS[way](first_files)
    for file in first_files:
        read_first(file)
    return WAYS[way](files)


def _print_table(results: list[Result], files: list[Path]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    pages = results[0].alone.pages
    table = Table(title=f"{pages} pages of {len(files)} files, one thread a process", title_justify="left")
    for heading in ("way", "CPU s a page", "times", "peak MB", "start CPU s", "pages a second, 2 processes"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    ours = results[0].cpu_a_page
    for result in results:
        table.add_row(
            result.way,
            f"{result.cpu_a_page:.3f}",
            f"{result.cpu_a_page / ours:.1f}",
            f"{result.alone.peak_mb:.0f}",
            f"{result.alone.cpu_start:.1f}",
            f"{result.pages_a_second_on_two:.1f}",
        )
    console.print(table)
    if {result.alone.pages for result in results} != {pages}:
        console.print("Careful: the ways did not count the same number of pages.", style="bold red")


def _print_stages(by_stage: Mapping[str, float], files: list[Path]) -> None:
    pages = by_stage["pages"]
    title = f"Where our CPU time goes: {pages} pages of {len(files)} files"
    table = Table("stage", title=title, title_justify="left")
    table.add_column("ms a page", justify="right")
    table.add_column("share", justify="right")
    spent = {stage: by_stage.get(stage, 0.0) for stage in (*stages.STAGES, stages.REST)}
    total = sum(spent.values())
    for stage, seconds in [*spent.items(), ("all", total)]:
        table.add_row(stage, f"{1000 * seconds / pages:.1f}", f"{seconds / total:.1%}")
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _faxes(paths: Iterable[Path]) -> list[Path]:
    found = (file for path in paths for file in ([path] if path.is_file() else path.rglob("*")))
    return sorted(file for file in found if file.suffix.lower() in KINDS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "paths", nargs="*", type=Path, default=[REPOSITORY / "samples" / "faxes"], help="files or folders"
    )
    parser.add_argument("--files", dest="files_at_most", type=int, metavar="N", help="only the first N files")
    parser.add_argument("--stages", action="store_true", help="only where our milliseconds go")
    parser.add_argument("--work", help=argparse.SUPPRESS)  # the measured process
    return parser.parse_args()


if __name__ == "__main__":
    main()
