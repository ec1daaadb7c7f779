"""`faxforms retention …`: how long documents are kept, and removing what has had its time."""

from __future__ import annotations

import datetime as dt
import getpass
from collections import Counter
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from flows.progress import progress_bar
from flows.store import opened_store
from flows.terminal import out, print_json, print_table
from pipeline.retention.classes import read_retention
from pipeline.retention.due import due
from pipeline.retention.removing import remove_due
from pipeline.store.engine import read_only

app = typer.Typer(no_args_is_help=True, help="How long documents are kept, by class.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object a class, for scripts.")]


@app.callback()
def _group() -> None:
    """How long documents are kept, by class."""


@app.command()
def show(as_json: Json = False) -> None:
    """Show the classes, how long each is kept, and how many documents may go now: what `run` would remove.

    Example: faxforms retention show
    """
    with opened_store() as store, Session(read_only(store.engine)) as session:
        retention = read_retention(store.settings.retention)
        going = Counter(one.document_class.name for one in due(session, retention, dt.datetime.now(dt.UTC)))
    records = [
        {"class": one.name, "what": one.what, "years": one.years, "may_go": going[one.name]}
        for one in retention.classes
    ]
    if as_json:
        print_json(records)
        return
    rows = [
        (r["class"], r["what"], "for ever" if r["years"] is None else f"{r['years']:g}", r["may_go"]) for r in records
    ]
    print_table("How long originals and pictures are kept", ("class", "what", "years", "may go now"), rows)


@app.command()
def run() -> None:
    """Remove originals, notices and pictures of every document whose period is over; never under a legal hold.

    What waits for a person, or is being checked, stays. Each removal has a line in the audit trail. The service does
    this every night (FAXFORMS_SERVICE__RETENTION_AT).

    Example: FAXFORMS_RETENTION=/etc/faxforms/retention.yaml faxforms retention run
    """
    with opened_store() as store:
        retention = read_retention(store.settings.retention)
        with Session(read_only(store.engine)) as session:
            number = sum(1 for _ in due(session, retention, dt.datetime.now(dt.UTC)))
        with progress_bar("removing", number, "documents") as step:
            removed = remove_due(store, retention, who=getpass.getuser(), done_one=step)
    rows = sorted(removed.documents.items())
    print_table("Removed", ("class", "documents"), rows)
    out.print(f"{removed.documents.total()} documents, {removed.notices} notices, {removed.crops} pictures of fields")
