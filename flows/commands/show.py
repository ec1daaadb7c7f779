"""`faxforms show`: one document, as it was read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from extractors.reading import PageKind
from flows.naming import named_document
from flows.store import opened_store
from flows.terminal import err, out, print_table
from pipeline.errors import NotThere
from pipeline.show import draw
from pipeline.store.engine import read_only
from pipeline.store.models import Document, Form, Page


def show(
    doc: Annotated[
        str,
        typer.Argument(
            metavar="DOC", help="The document's number, first digits of its SHA-256, or the name of its file."
        ),
    ],
    page: Annotated[int | None, typer.Option(help="The page; else the first page of a form.", min=1)] = None,
    picture: Annotated[
        Path | None,
        typer.Option("--out", help="The PNG to write; else document-<number>-page-<page>.png.", dir_okay=False),
    ] = None,
) -> None:
    """Show how a document was read: its readings, findings and route, and a page of it with all of them drawn on it.

    In the picture sure values are green, doubtful ones orange with the reason, empty fields grey.

    Example: faxforms show 0004.tif --page 2 --out page.png
    """
    with opened_store() as store, Session(read_only(store.engine)) as session:
        document = named_document(session, doc)
        chosen = _page(document, page)
        target = picture or Path(f"document-{document.id}-page-{chosen.page}.png")
        target.write_bytes(draw(store, document.id, chosen.page))
        _print_document(document, chosen)
    err.print(f"{target} written", markup=False, highlight=False)


def _page(document: Document, number: int | None) -> Page:
    if not document.pages:
        raise NotThere(f"document {document.id}: no page of it was read: {document.error or document.state}")
    if number is None:
        return next((page for page in document.pages if page.kind == PageKind.FORM), document.pages[0])
    for page in document.pages:
        if page.page == number:
            return page
    raise NotThere(f"document {document.id}: it has {len(document.pages)} pages")


def _print_document(document: Document, page: Page) -> None:
    form = _form_of(document, page)
    out.print(
        f"document {document.id}, received {document.received}, {document.status}: page {page.page} of "
        f"{len(document.pages)} is {page.kind}" + (f" {page.form_id}, page {page.form_page}" if form else ""),
        highlight=False,
    )
    if form is None:
        out.print(page.error or page.text, markup=False, highlight=False)
        return
    print_table(
        "What was read",
        ("field", "value", "confidence", "doubt", "engine"),
        [
            (r.field, r.value, f"{r.confidence:.3f}", (r.why or "yes") if r.doubtful else "", r.engine)
            for r in form.readings
            if r.page == page.page
        ],
    )
    print_table(
        f"Route: {form.route.route} {', '.join(form.route.reasons)}",
        ("rule", "reason", "field", "what it says"),
        [(f.rule, f.reason, f.field, f.message) for f in form.findings],
    )


def _form_of(document: Document, page: Page) -> Form | None:
    return next((form for form in document.forms if form.position == page.form), None)
