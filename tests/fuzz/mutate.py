"""Damaged copies of sample files through the reading processes: none may be lost, none may take the batch down.

    python -m tests.fuzz.mutate --count 2000 --seed 1 [--opening] [--keep FOLDER] [PATH ...]

Mutant number n of a seed is always the same, so that `--only N` repeats it.
"""

from __future__ import annotations

import argparse
import collections
import random
import re
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractors.errors import ReaderCrashed
from extractors.limits import Limits
from extractors.opening.document import open_pages
from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline.readers import Reader, ReaderPool
from tests.fuzz.mutations import damaged

SAMPLES = Path(__file__).parents[2] / "samples"
KINDS = {".tif", ".tiff", ".pdf", ".png", ".jpg", ".jpeg"}
FUZZ_LIMITS = Limits(seconds=60.0, memory=4_000_000_000)


@dataclass
class Report:
    """What became of the mutants: their outcomes counted, and the numbers of those that show a fault of ours."""

    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    crashed: list[int] = field(default_factory=list)  # their process died or hung, or a step raised what it should not
    lost: list[int] = field(default_factory=list)  # they never came back
    seconds: float = 0.0
    peak: int = 0  # bytes of memory of the largest reading process


def fuzz(files: Sequence[Path], numbers: Sequence[int], seed: int, workers: int, reader: Reader | None) -> Report:
    """Read the mutants of these numbers, made from `files` in turn."""
    report = Report()
    left = set(numbers)
    start = time.monotonic()
    with ReaderPool(workers, FUZZ_LIMITS, reader) as readers:
        for number, reading in readers.read(mutants(files, numbers, seed)):
            left.discard(number)
            report.outcomes[_outcome(reading)] += 1
            if _is_fault(reading):
                report.crashed.append(number)
    report.lost = sorted(left)
    report.seconds = time.monotonic() - start
    report.peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return report


def mutants(files: Sequence[Path], numbers: Sequence[int], seed: int) -> Iterator[tuple[int, bytes]]:
    """Damaged copies with their numbers; each depends on its number and the seed alone."""
    for number in numbers:
        rng = random.Random(f"{seed}:{number}")  # noqa: S311 - repeatable, no secret
        yield number, damaged(files[number % len(files)].read_bytes(), rng)


def sample_files(paths: Sequence[Path]) -> list[Path]:
    """The files at these paths, and in them where they are folders."""
    found = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return [file for file in found if file.suffix in KINDS]


def opened_only(data: bytes, limits: Limits) -> DocumentReading:
    """Opens all pages and looks no further: what the fuzz of the opening room reads with."""
    pages = tuple(PageReading(page.number, PageKind.UNKNOWN, error=page.error) for page in open_pages(data, limits))
    partial = any(page.error for page in pages)
    return DocumentReading(pages, (), DocumentStatus.PARTIAL if partial else DocumentStatus.DONE)


def _outcome(reading: DocumentReading) -> str:
    """Status and error, without the numbers in it."""
    errors = {reading.error, *(page.error for page in reading.pages)} - {None}
    words = sorted({re.sub(r"\d[\d.]*", "N", str(error)) for error in errors})
    return f"{reading.status}: {'; '.join(words)}" if words else str(reading.status)


def _is_fault(reading: DocumentReading) -> bool:
    known = ReaderCrashed("read", "").args[0]
    return reading.status is DocumentStatus.FAILED and str(reading.error).startswith(known)


def main() -> int:
    """The command line; 1 when a mutant was lost, 2 when one showed a fault."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("paths", nargs="*", type=Path, default=[SAMPLES], metavar="PATH", help="default: samples/")
    arguments.add_argument("--count", type=int, default=2000, help="how many mutants")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", type=int, nargs="+", metavar="N", help="only the mutants of these numbers")
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--opening", action="store_true", help="open the pages only, do not read the forms")
    arguments.add_argument("--keep", type=Path, metavar="FOLDER", help="write the mutants that show a fault there")
    given = arguments.parse_args()
    files, numbers = sample_files(given.paths), given.only or range(given.count)
    report = fuzz(files, numbers, given.seed, given.workers, opened_only if given.opening else None)
    tell(report, len(files))
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        for number, data in mutants(files, report.crashed + report.lost, given.seed):
            name = f"{number}{files[number % len(files)].suffix}"
            (given.keep / name).write_bytes(data)
    return 1 if report.lost else 2 if report.crashed else 0


def tell(report: Report, files: int) -> None:
    """Print what a person wants to know of a run."""
    for outcome, count in report.outcomes.most_common():
        print(f"{count:6}  {outcome}")  # noqa: T201 - a command's output
    print(  # noqa: T201 - likewise
        f"{report.outcomes.total()} mutants of {files} files in {report.seconds:.0f} s, "
        f"largest process {report.peak / 1e6:.0f} MB, lost {report.lost or 'none'}, faults {report.crashed or 'none'}"
    )


if __name__ == "__main__":
    sys.exit(main())
