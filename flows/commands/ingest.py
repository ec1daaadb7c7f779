"""`faxforms ingest`: files come in, decided forms go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from extractors.reading import DocumentStatus
from flows.batch import listening, work_through
from flows.exit_codes import ExitCode
from flows.progress import progress_bar
from flows.store import opened_store
from flows.terminal import err, print_json, print_table
from pipeline import ledger
from pipeline.intake.folder import find_arrivals
from pipeline.process import Outcome, take_in


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH…", help="Files, and folders to be searched through.", exists=True),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="CSV with the columns file,received: when each was received. Paths are relative to it; without PATH "
            "all that it lists are taken in.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    inline: Annotated[bool, typer.Option("--inline", help="Without Prefect: at once, for a few files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a document, for scripts.")] = False,
) -> None:
    """Take in faxes and scans, read them, judge the forms, and queue what needs a person.

    Bytes that came in before are known and not read again; what an earlier run left undone is taken up.
    Rules are judged by the day of receipt: from the manifest, else from a sidecar NAME.json, else from the file's time.

    Example: faxforms ingest --manifest samples/faxes/manifest.csv

    Ends with 0 when all is done, with 3 when documents could not be read whole and wait for a person.
    """
    if not paths and manifest is None:
        raise typer.BadParameter("name files or folders, or a manifest", param_hint="PATH")
    batch = _take_in(paths or [], manifest)
    outcomes = _work_through(batch, inline) if batch else []
    if as_json:
        print_json(_record(outcome) for outcome in outcomes)
    else:
        _print_sums(outcomes)
    if any(outcome.status is not DocumentStatus.DONE for outcome in outcomes):
        raise typer.Exit(ExitCode.WAITS)


def _take_in(paths: Sequence[Path], manifest: Path | None) -> Sequence[int]:
    """Take in the files, and return the numbers of all documents that wait to be read, in the order of arrival."""
    arrivals = list(find_arrivals(paths, manifest))
    with opened_store() as store:
        with progress_bar("taking in", len(arrivals), "files") as step:
            for arrival in arrivals:
                take_in(store, arrival)
                step()
        with Session(store.engine) as session:
            return ledger.waiting(session)


def _work_through(batch: Sequence[int], inline: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    with (
        progress_bar("reading", len(batch), "documents") as step,
        listening(lambda outcome: step(outcome.pages)),
        listening(outcomes.append),
    ):
        if inline:
            work_through(batch)
        else:
            from flows.ingest import ingest as ingest_flow  # Prefect takes seconds to import

            ingest_flow(list(batch))
    return outcomes


def _record(outcome: Outcome) -> dict[str, object]:
    return {
        "document": outcome.document_id,
        "state": outcome.state,
        "status": outcome.status,
        "pages": outcome.pages,
        "routes": list(outcome.routes),
    }


def _print_sums(outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        err.print("Nothing new.")
        return
    statuses = Counter(str(outcome.status) for outcome in outcomes)
    routes = Counter(route for outcome in outcomes for route in outcome.routes)
    print_table(
        f"{len(outcomes)} documents, {sum(outcome.pages for outcome in outcomes)} pages, {routes.total()} forms",
        ("what", "number"),
        [
            *((f"documents {status}", number) for status, number in sorted(statuses.items())),
            *((f"forms to {route}", number) for route, number in sorted(routes.items())),
        ],
    )
