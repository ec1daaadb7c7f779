"""`faxforms correct`: a person corrects what was read, and everything that depended on it is done again."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from flows.naming import named_document
from flows.store import opened_store
from flows.terminal import out, print_json, print_table
from pipeline.errors import NotThere
from pipeline.review.correcting import Change
from pipeline.review.correcting import correct as correct_form
from pipeline.store.models import Document, Form


def correct(
    doc: Annotated[
        str,
        typer.Argument(
            metavar="DOC", help="The document's number, first digits of its SHA-256, or the name of its file."
        ),
    ],
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="FIELD=VALUE…",
            help="Dates YYYY-MM-DD, an option's name, yes or no for boxes and signatures; nothing: the field is empty.",
        ),
    ],
    who: Annotated[str, typer.Option("--by", help="Who corrects it, for the audit trail.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    position: Annotated[
        int | None, typer.Option("--form", help="Which form of the document, counted from 1.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False,
) -> None:
    """Correct fields of a form, also of one that was accepted: it is decided again, and what depended on it.

    Tells everything that changed: the fields, routes, and the registry. Nothing is lost: the audit trail keeps it all.

    Example: faxforms correct 0004.tif anc_value=2300 --by "A. Clerk" --reason "the lab's printout says so"
    """
    corrected = dict(_pair(value) for value in values)
    with opened_store() as store, Session(store.engine) as session, session.begin():
        form = _form(named_document(session, doc), position)
        changes = correct_form(session, store.settings, form, corrected, who, reason)
    if as_json:
        print_json({"of": c.of, "what": c.what, "before": c.before, "after": c.after} for c in changes)
    elif not changes:
        out.print("Nothing changed.")
    else:
        print_table("What changed", ("of", "what", "before", "after"), map(_row, changes))


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{field}: expected FIELD=VALUE", param_hint="FIELD=VALUE")
    return field.strip(), value


def _form(document: Document, position: int | None) -> Form:
    if position is None and len(document.forms) != 1:
        raise NotThere(f"document {document.id} has {len(document.forms)} forms: name one by --form")
    if position is not None and position > len(document.forms):
        raise NotThere(f"document {document.id} has {len(document.forms)} forms")
    return document.forms[(position or 1) - 1]


def _row(change: Change) -> tuple[object, ...]:
    return change.of, change.what, change.before, change.after
