"""`faxforms reprocess`: faxes that wait with pages of no known form are read again, after the form was taught."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from flows.naming import named_document
from flows.progress import progress_bar
from flows.store import database_errors, opened_store
from flows.terminal import err, out, print_json, print_table
from pipeline.readers import ReaderPool
from pipeline.reprocessing import Reread, reprocess, waiting_unknown
from pipeline.store.engine import read_only


def reprocess_waiting(
    docs: Annotated[
        list[str] | None,
        typer.Argument(metavar="DOC…", help="Documents; all that wait with pages of no known form if none is named."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a document, for scripts.")] = False,
) -> None:
    """Read faxes again that wait with pages of no known form: those that are known by now are read and judged.

    Nothing that was decided changes: forms that were read stay as they are, and a page that a person has in hand, has
    begun with or has decided is left to them.

    Example: faxforms reprocess
    """
    with opened_store() as store:
        with Session(read_only(store.engine)) as session:
            named = [named_document(session, doc).id for doc in docs or ()]
            waiting = waiting_unknown(session, named)
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
            {"document": r.document_id, "pages": r.pages, "known": r.known, "forms": r.forms, "routes": r.routes}
            for r in found
        )
    elif not found:
        out.print("Nothing waits with pages of no known form.")
    else:
        print_table(
            f"Read again: {sum(r.known for r in found)} of {sum(r.pages for r in found)} unknown pages are known now",
            ("document", "unknown pages", "known now", "forms", "routes"),
            [(r.document_id, r.pages, r.known, r.forms, r.routes) for r in found],
        )
