"""`faxforms hold …`: legal holds, under which nothing is removed."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from flows.naming import named_document
from flows.store import reading_session, writing_session
from flows.terminal import out, print_json, print_table
from pipeline.retention import holds
from pipeline.store.operations_models import LegalHold

app = typer.Typer(no_args_is_help=True, help="Legal holds: what must stay though its period has ended.")

Reason = Annotated[str, typer.Option(help="Why: stands in the audit trail.")]
By = Annotated[str | None, typer.Option("--by", help="Who; else the login name.")]


@app.callback()
def _group() -> None:
    """Legal holds: what must stay though its period has ended."""


@app.command("set")
def set_hold(
    document: Annotated[str | None, typer.Argument(metavar="[DOC]", help="A document.")] = None,
    patient: Annotated[str | None, typer.Option(help="All that concerns a patient: the registry's key.")] = None,
    reason: Reason = "",
    by: By = None,
) -> None:
    """Put a hold on a document, or on every document about a patient, those to come included.

    Example: faxforms hold set --patient 17 --reason "subpoena of 3 May"
    """
    with writing_session() as session:
        number = named_document(session, document).id if document is not None else None
        hold = holds.set_hold(session, document_id=number, patient=patient, reason=reason, who=by or getpass.getuser())
        out.print(f"hold {hold.id} stands")


@app.command()
def release(
    number: Annotated[int, typer.Argument(metavar="HOLD", help="Its number, as `faxforms hold list` has it.")],
    reason: Reason = "",
    by: By = None,
) -> None:
    """Release a hold: what has had its time may go from then on.

    Example: faxforms hold release 3 --reason "settled"
    """
    with writing_session() as session:
        holds.release(session, number, reason=reason, who=by or getpass.getuser())
    out.print(f"hold {number} is released")


@app.command("list")
def list_holds(
    released: Annotated[bool, typer.Option("--all", help="Those that were released, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a hold, for scripts.")] = False,
) -> None:
    """List the holds that stand.

    Example: faxforms hold list --all
    """
    with reading_session() as session:
        records = [_record(one) for one in holds.holds(session, released=released)]
    if as_json:
        print_json(records)
    else:
        columns = ("hold", "document", "patient", "reason", "set_by", "set_at", "released_by", "released_at")
        print_table("Legal holds", columns, [[record[name] for name in columns] for record in records])


def _record(hold: LegalHold) -> dict[str, object]:
    return {
        "hold": hold.id,
        "document": hold.document_id,
        "patient": hold.patient_key,
        "reason": hold.reason,
        "set_by": hold.set_by,
        "set_at": f"{hold.set_at:%Y-%m-%d %H:%M}",
        "released_by": hold.released_by,
        "released_at": f"{hold.released_at:%Y-%m-%d %H:%M}" if hold.released_at else None,
        "release_reason": hold.release_reason,
    }
