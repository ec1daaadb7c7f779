"""`faxforms ledger …`: how far every document has come, whether all pages add up, and repairs."""

from __future__ import annotations

import dataclasses
import getpass
from typing import Annotated

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flows.exit_codes import ExitCode
from flows.naming import named_document
from flows.progress import progress_bar
from flows.store import opened_store, reading_session, writing_session
from flows.terminal import err, out, print_json, print_table
from pipeline import orphans, repairing
from pipeline.accounting import PLACES, account
from pipeline.settings import Settings
from pipeline.store.engine import read_only, take_write_turn
from pipeline.store.models import Document

Json = Annotated[bool, typer.Option("--json", help="JSON, for scripts.")]

MOST_NAMED = 20
"""Originals named one by one."""

app = typer.Typer(no_args_is_help=True, help="How far every document has come.")


@app.callback()
def _group() -> None:
    """How far every document has come, whether all pages add up, and repairs."""


@app.command()
def show(
    doc: Annotated[str | None, typer.Argument(metavar="DOC", help="A single document, step by step.")] = None,
    as_json: Json = False,
) -> None:
    """Show the states of all documents and what is stuck, or every step of one, with times and attempts.

    Example: faxforms ledger show
    """
    if doc is not None:
        _show_way(doc, as_json)
        return
    with reading_session() as session:
        standings, stuck = repairing.standings(session), repairing.find_stuck(session, Settings())
    if as_json:
        told = ({"stuck": dataclasses.asdict(one)} for one in stuck)
        print_json([*(dataclasses.asdict(standing) for standing in standings), *told])
        return
    rows = [(s.state, s.documents, f"{s.oldest:%Y-%m-%d %H:%M}", s.attempts) for s in standings]
    print_table("The ledger", ("state", "documents", "oldest came in (UTC)", "most attempts"), rows)
    if stuck:
        lines = [(s.document_id, s.state, s.attempts, f"{s.since:%Y-%m-%d %H:%M}", s.why) for s in stuck]
        print_table(f"{len(stuck)} are stuck", ("document", "state", "attempts", "came in (UTC)", "why"), lines)


@app.command()
def pages(as_json: Json = False) -> None:
    """Count the pages in all originals, and where they are: in = form + cover + blank + unknown + failed.

    Pages that wait to be read, and those removed after their retention, stand beside. Ends with 1 when it does not
    add up, and names the documents.

    Example: faxforms ledger pages
    """
    with opened_store() as store:
        with Session(read_only(store.engine)) as session:
            documents = session.scalar(select(func.count()).select_from(Document)) or 0
        with progress_bar("counting", documents, "documents") as step:
            accounts = account(store, step)
    counted = {place: accounts.pages[place] for place in PLACES}
    if as_json:
        head = {"files": accounts.files, "documents": accounts.documents, "repeated": accounts.repeated}
        wrong = [{"document": document, "why": why} for document, why in accounts.wrong]
        print_json([{**head, "in": accounts.pages_in, **counted, "adds_up": accounts.adds_up, "wrong": wrong}])
    else:
        out.print(f"{accounts.files} files brought {accounts.documents} documents ({accounts.repeated} repeated)")
        print_table("Pages", ("place", "pages"), [("in", accounts.pages_in), *counted.items()])
        for document, why in accounts.wrong:
            err.print(f"faxforms: document {document}: {why}", markup=False, highlight=False)
        out.print("it adds up" if accounts.adds_up else "it does not add up")
    if not accounts.adds_up:
        raise typer.Exit(ExitCode.ERROR)


@app.command("originals")
def compare_originals(
    remove: Annotated[
        bool, typer.Option("--remove", help="Delete the originals that no document names and nobody may be entering.")
    ] = False,
) -> None:
    """Compare ledger and originals both ways: bytes that no document names, documents whose bytes are gone.

    The former are left by uploads that were refused or broken off; those of the last day are not counted. Ends with 1
    when an original is gone, and names the documents.

    Example: faxforms ledger originals
    """
    with opened_store() as store:
        found = orphans.compare(store)
        removed = orphans.remove_orphans(store, getpass.getuser()) if remove and found.orphans else 0
    out.print(f"{found.originals} originals, {len(found.orphans)} of them named by no document", highlight=False)
    for sha256 in found.orphans[:MOST_NAMED]:
        out.print(f"  {sha256}", highlight=False)
    if remove:
        out.print(f"{removed} removed")
    for document in found.lost:
        err.print(f"faxforms: document {document}: its original is gone", markup=False, highlight=False)
    if found.lost:
        raise typer.Exit(ExitCode.ERROR)


@app.command()
def repair(
    retry: Annotated[
        list[str] | None, typer.Option(metavar="DOC", help="Read once more what could not be read; may be repeated.")
    ] = None,
    hold: Annotated[
        list[str] | None, typer.Option(metavar="DOC", help="Give to a person instead of reading; may be repeated.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why it is held.")] = "",
) -> None:
    """Free what a dead process has in hand; hold what was claimed too often (FAXFORMS_ATTEMPTS); retry what is named.

    Example: faxforms ledger repair --retry 17
    """
    if hold and not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    who = getpass.getuser()
    with writing_session() as session:
        take_write_turn(session.connection())
        for doc in retry or []:
            repairing.retry(session, named_document(session, doc), who)
        for doc in hold or []:
            repairing.hold(session, named_document(session, doc), reason.strip(), who)
        freed, held = repairing.free_and_hold(session, Settings(), who)
    out.print(f"{len(freed)} freed, {len(held) + len(hold or [])} held, {len(retry or [])} to be read again")


def _show_way(doc: str, as_json: bool) -> None:
    with reading_session() as session:
        document = named_document(session, doc)
        steps = [(s.at, s.state, s.attempt, s.owner, s.why) for s in repairing.way_of(session, document)]
        number = document.id
    columns = ("at", "state", "attempt", "owner", "why")
    if as_json:
        print_json(dict(zip(columns, step, strict=True)) for step in steps)
        return
    rows = [(f"{at:%Y-%m-%d %H:%M:%S}", *rest) for at, *rest in steps]
    print_table(f"The way of document {number} (times in UTC)", columns, rows)
