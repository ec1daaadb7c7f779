"""`faxforms reprocess`: faxes that wait for a form that was taught or corrected since are read again."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from flows.naming import named_document
from flows.progress import progress_bar
from flows.store import database_errors, opened_store
from flows.terminal import err, out, print_json, print_table
from pipeline.readers import ReaderPool
from pipeline.reprocessing import Reread, reprocess, waiting_again
from pipeline.store.engine import read_only


def reprocess_waiting(
    docs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DOC…", help="Documents; all that wait for a form that was taught or corrected if none is named."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a document, for scripts.")] = False,
) -> None:
    """Read faxes again that wait with pages of no known form, or with a form of a revision that was corrected since.

    Nothing that was decided changes: forms that do not wait stay as they are, and what a person has in hand, has begun
    with, has said a value of or has decided is left to them.

    Example: faxforms reprocess
    """
    with opened_store() as store:
        with Session(read_only(store.engine)) as session:
            named = [named_document(session, doc).id for doc in docs or ()]
            waiting = waiting_again(session, named)
        for left in sorted(set(named) - set(waiting)):
            err.print(f"document {left}: nothing of it waits unread for anybody", highlight=False)
        with (
            database_errors(),
            ReaderPool(workers=store.settings.workers, limits=store.settings.limits) as readers,
            progress_bar("reading again", len(waiting), "documents") as step,
        ):
            found: list[Reread] = []
            for one in reprocess(store, waiting, readers.read):
                found.append(one)
                step()
    if as_json:
        print_json(
            {
                "document": r.document_id,
                "pages": r.pages,
                "known": r.known,
                "corrected": r.corrected,
                "forms": r.forms,
                "routes": r.routes,
            }
            for r in found
        )
    elif not found:
        out.print("Nothing waits for a form that was taught or corrected.")
    else:
        print_table(
            f"Read again: {sum(r.known for r in found)} of {sum(r.pages for r in found)} unknown pages are known now, "
            f"{sum(r.corrected for r in found)} forms were read by a corrected revision",
            ("document", "unknown pages", "known now", "corrected", "forms", "routes"),
            [(r.document_id, r.pages, r.known, r.corrected, r.forms, r.routes) for r in found],
        )
