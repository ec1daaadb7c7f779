"""A progress bar on stderr, with rate and time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from flows.terminal import err


class Step(Protocol):
    """Called for each thing done, with the pages it had."""

    def __call__(self, pages: int = 0) -> None:
        """One more is done."""
        ...


@contextmanager
def progress_bar(what: str, total: int, unit: str) -> Iterator[Step]:
    """Show how many of `total` are done; on a pipe or in a log nothing is drawn."""
    progress = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit} {{task.fields[rate]}}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
    )
    task = progress.add_task(what, total=total, rate="")
    pages_done = 0

    def step(pages: int = 0) -> None:
        nonlocal pages_done
        pages_done += pages
        elapsed = progress.tasks[task].elapsed
        rate = f"{pages_done / elapsed:.1f} pages/s" if pages_done and elapsed else ""
        progress.update(task, advance=1, rate=rate)

    with progress:
        yield step
