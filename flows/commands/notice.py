"""`faxforms notice`: a page to the sender of a form that is held or rejected."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path
from typing import Annotated

import click
import typer
from sqlalchemy.orm import Session

from flows.naming import named_document
from flows.store import opened_store
from flows.terminal import err, print_table
from pipeline.errors import NothingToTell
from pipeline.notice import make
from pipeline.notice.make import Subject
from pipeline.notice.notice import Draft, Notice
from pipeline.notice.text import as_text, from_text
from pipeline.store.engine import read_only
from pipeline.store.models import Document
from pipeline.store.opening import Store


def notice(
    doc: Annotated[
        str,
        typer.Argument(
            metavar="DOC", help="The document's number, first digits of its SHA-256, or the name of its file."
        ),
    ],
    form: Annotated[
        int | None, typer.Option(help="Which form of the document, 1 the first; needed where several wait.", min=1)
    ] = None,
    draft: Annotated[
        Path | None,
        typer.Option(help="Write the words to this file, to be edited and given back; no PDF yet.", dir_okay=False),
    ] = None,
    text: Annotated[
        Path | None, typer.Option(help="The edited words, from this file.", exists=True, dir_okay=False)
    ] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Edit the words now, in $EDITOR.")] = False,
    target: Annotated[
        Path | None,
        typer.Option("--out", help="The PDF to write; else notice-<document>-<form>.pdf.", dir_okay=False),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who makes it, for the audit trail; else the login name.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the notices made about the document.")] = False,
) -> None:
    """Make the page that tells the sender what is missing or wrong on a form, ready to fax.

    What the form does not say for sure (name, fax number) is left empty and said on the terminal. Nothing is sent.
    Every page made is kept with the document and noted in the audit trail.

    Example: faxforms notice 12 --draft words.yaml, then faxforms notice 12 --text words.yaml --out notice.pdf
    """
    with opened_store() as store:
        if listed:
            _print_made(store, doc)
            return
        subject = _subject(store, doc, form)
        if draft is not None:
            draft.write_text(as_text(_drafted(store, subject)), encoding="utf-8")
            err.print(f"{draft} written", markup=False, highlight=False)
            return
        words, edited = _words(store, subject, text, edit)
        pdf = make.make(store, subject, words, edited=edited, who=by or getpass.getuser())
        path = target or Path(f"notice-{subject.document_id}-{1 + (subject.form or 0)}.pdf")
        path.write_bytes(pdf)
    err.print(f"{path} written", markup=False, highlight=False)


def _subject(store: Store, doc: str, number: int | None) -> Subject:
    """What is meant: the form named by its number (1 the first), else the only one that waits."""
    with Session(read_only(store.engine)) as session:
        document = named_document(session, doc)
        possible = make.subjects(document)
        chosen = [one for one in possible if number is None or one.form == number - 1]
        if not chosen:
            raise NothingToTell(f"notice: document {document.id}: no such form of it is held or rejected")
        if len(chosen) > 1:
            raise typer.BadParameter(_choices(document, possible), param_hint="--form")
        return chosen[0]


def _choices(document: Document, possible: list[Subject]) -> str:
    forms = [f"{one.form + 1} ({document.forms[one.form].form_id})" for one in possible if one.form is not None]
    return f"document {document.id} has several forms that wait, name one: {', '.join(forms)}"


def _words(store: Store, subject: Subject, text: Path | None, edit: bool) -> tuple[Notice, bool]:
    """The words of the page, and whether a person has edited them."""
    if text is not None:
        return from_text(text.read_text(encoding="utf-8")), True
    drafted = _drafted(store, subject)
    if edit and (changed := click.edit(as_text(drafted), extension=".yaml")) is not None:
        return from_text(changed), True
    return drafted.notice, False


def _drafted(store: Store, subject: Subject) -> Draft:
    drafted = make.draft(store, subject, dt.datetime.now().astimezone().date())
    for remark in drafted.remarks:
        err.print(remark, markup=False, highlight=False, soft_wrap=True)
    return drafted


def _print_made(store: Store, doc: str) -> None:
    with Session(read_only(store.engine)) as session:
        document = named_document(session, doc)
        print_table(
            f"Notices about document {document.id}, in {store.settings.originals_base}/notices",
            ("made", "by", "form", "edited", "file"),
            [
                (made.at[:16], made.who, "" if made.form is None else made.form + 1, made.edited, made.sha256)
                for made in make.kept(session, document.id)
            ],
        )
