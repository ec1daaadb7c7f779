"""`faxforms migrate`: an archive of old documents is taken in, once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from flows.batch import listening
from flows.chunks import stopping_softly, work_on_chunk
from flows.patience import patiently
from flows.progress import progress_bar
from flows.store import opened_store, reading_session
from flows.terminal import err, out, print_table
from pipeline.migration import chunks, plan, progress
from pipeline.migration.index import Index, read_index
from pipeline.migration.plan import Planned, Survey
from pipeline.migration.sources import Place, place_of
from pipeline.migration.taking_in import take_in_all
from pipeline.settings import Settings
from pipeline.store.engine import read_only

LOOK_EVERY = 2.0
"""Seconds between two looks at what the workers have done."""

HAND_AGAIN_AFTER = 120.0
"""Seconds after which chunks whose workers died are handed out again."""

Inline = Annotated[bool, typer.Option("--inline", help="Without Prefect, chunk after chunk in this process.")]
Workers = Annotated[
    bool, typer.Option("--workers", help="Hand the chunks to the workers of all machines, and watch (faxforms up).")
]


def migrate(
    source: Annotated[
        Path, typer.Argument(metavar="DIR|MANIFEST.csv", help="A folder, or a CSV file that lists files beside it.")
    ],
    index: Annotated[
        Path | None,
        typer.Option(
            help="CSV: file, patient_key, form_type, document_date. A manifest is its own index.", exists=True
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count and check; nothing is written.")] = False,
    inline: Inline = False,
    workers: Workers = False,
) -> None:
    """Take in an archive: folders, zip and tar archives, scans with several forms; read and judge all of it.

    Each form is judged by the rules of its own day: that of the index, else of its signature; where neither is sure, or
    where index and form contradict each other, a person decides. Named again, a migration goes on where it was, and
    only what is new is added. Ctrl-C, or `faxforms migration pause`, lets the documents in hand be decided and stops.

    Example: faxforms migrate samples/faxes/manifest.csv --dry-run
    """
    place = place_of(source)
    rows = read_index(index or place.path) if index or not place.path.is_dir() else {}
    settings = Settings()
    files = plan.find_files(place, rows, settings.limits.bytes)
    if dry_run:
        print_survey(plan.survey(files, rows, settings.migration_chunk))
        return
    number = _plan_and_take_in(place, rows, files)
    go_on(number, inline=inline, workers=workers)


def go_on(number: int, *, inline: bool = False, workers: bool = False) -> None:
    """Work on what is left of a migration, and say how far it has come."""
    with opened_store() as store, Session(store.engine) as session, session.begin():
        chunks.pause(session, number, paused=False)
    if workers:
        _watch(number)
    else:
        _work(number, inline)
    print_progress(number)


def print_survey(found: Survey) -> None:
    """What a dry run found."""
    rows: list[tuple[object, object]] = [
        ("files", found.files),
        ("megabytes", round(found.bytes / 1e6, 1)),
        *((f"files ending in {kind}", count) for kind, count in found.kinds.most_common()),
        *((f"index date in {year}", count) for year, count in sorted(found.years.items())),
        ("files of which the index says nothing", found.unlisted),
        ("rows of the index without a file", len(found.rows_without_file)),
        *((f"not taken in: {reason.replace('_', ' ')}", count) for reason, count in sorted(found.refused.items())),
        ("chunks", found.chunks),
    ]
    print_table("Dry run: nothing was written", ("what", "number"), rows)


def print_progress(number: int) -> None:
    """How far a migration has come."""
    with reading_session() as session:
        state = progress.of(session, number)
    out.print(
        f"migration {number}{' (paused)' if state.paused else ''}: "
        f"{state.decided} of {state.documents} documents decided, "
        f"{state.chunks_done} of {state.chunks} chunks done, {state.waiting} wait for a person, "
        f"{state.refused} files not taken in",
        highlight=False,
        soft_wrap=True,
    )


def _plan_and_take_in(place: Place, rows: Index, files: Iterable[Planned]) -> int:
    """Enter what is new in the plan, and take it in; the migration's number."""
    found = list(files)

    def work() -> int:
        with opened_store() as store:
            number = plan.enter(store, place, rows, found, store.settings.migration_chunk)
            with Session(read_only(store.engine)) as session:
                left = progress.files_to_take_in(session, number)
            with progress_bar("taking in", left, "files") as step:
                take_in_all(store, number, place, step)
        return number

    return patiently(work)


def _work(number: int, inline: bool) -> None:
    """Work on one open chunk after the other, in this process."""
    with reading_session() as session:
        state = progress.of(session, number)
        todo = chunks.open_chunks(session, number)
    with (
        stopping_softly() as stop,
        progress_bar("reading", state.documents - state.decided, "documents") as step,
        listening(lambda outcome: step(outcome.pages)),
    ):
        for chunk in todo:
            if stop.is_set():
                err.print("Stopped; the same command goes on from here.")
                return
            _run(number, chunk, inline, stop)


def _run(number: int, chunk: int, inline: bool, stop: threading.Event) -> None:
    if inline:
        patiently(lambda: work_on_chunk(number, chunk), stop.wait)
    else:
        from flows.migrate import migrate_chunk  # Prefect takes seconds to import

        migrate_chunk(number, chunk)


def _watch(number: int) -> None:
    """Hand the open chunks to the workers, and show how far they are until nothing is left or somebody pauses."""
    from flows.migrate import hand_to_workers  # Prefect takes seconds to import

    tally = progress.Tally(number)
    with reading_session() as session:
        state, shown = progress.of(session, number), tally.look(session)
        todo = chunks.open_chunks(session, number)
    hand_to_workers(number, todo)
    with progress_bar("reading", state.documents - state.decided, "documents") as step:
        handed = time.monotonic()
        while not shown.ended:
            time.sleep(LOOK_EVERY)
            with reading_session() as session:
                now = tally.look(session)
                forsaken = chunks.forsaken(session, number) if time.monotonic() - handed > HAND_AGAIN_AFTER else ()
            if forsaken:
                hand_to_workers(number, forsaken)
                handed = time.monotonic()
            for pages in _spread(now.pages - shown.pages, now.decided - shown.decided):
                step(pages)
            shown = now


def _spread(pages: int, documents: int) -> list[int]:
    """So many pages, told with so many documents."""
    return [pages if number == 0 else 0 for number in range(documents)]
