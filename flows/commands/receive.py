"""`faxforms receive …`: documents are uploaded by HTTP, by programs that have a key."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from flows.store import opened_store, reading_session, writing_session
from flows.terminal import err, out, print_table
from pipeline.intake import upload_keys

HERE = "127.0.0.1"

Name = Annotated[str, typer.Argument(metavar="NAME", help="Of the program that uploads, such as fax-gateway.")]

app = typer.Typer(no_args_is_help=True, help="Uploads by HTTP.")


@app.callback()
def _group() -> None:
    """Uploads by HTTP."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8430,
    host: Annotated[str, typer.Option(help="The address to listen on; others than this machine need TLS.")] = HERE,
    tls: Annotated[bool, typer.Option("--behind-tls", help="A proxy in front speaks TLS.")] = False,
) -> None:
    """Serve uploads: POST /documents takes in a file, GET /documents/NUMBER tells how far it is.

    The API is described at /openapi.json. Uploads are answered once they are safe; the intake flow reads them.

    Example: faxforms receive serve --port 8430
    """
    if host not in (HERE, "localhost", "::1") and not tls:
        raise typer.BadParameter(
            "patient data must not go over a network in clear: use --behind-tls", param_hint="--host"
        )
    # imported here: every other command starts quicker without
    import uvicorn

    from pipeline.intake.receiving import create_receiver

    with opened_store() as store:
        # no access log: what came in stands in the ledger
        uvicorn.run(create_receiver(store), host=host, port=port, access_log=False, log_level="warning")


@app.command()
def admit(name: Name) -> None:
    """Make a key for a program that uploads. It is printed once: only its hash is kept.

    Example: faxforms receive admit fax-gateway
    """
    with writing_session() as session:
        key = upload_keys.make_key(session, name, by=getpass.getuser())
    err.print("The key, to be sent as X-API-Key. It is not shown again:")
    out.print(key, markup=False, highlight=False, soft_wrap=True)


@app.command()
def revoke(name: Name) -> None:
    """Let a key open nothing any more, at once.

    Example: faxforms receive revoke fax-gateway
    """
    with writing_session() as session:
        upload_keys.revoke_key(session, name, by=getpass.getuser())
    out.print(f"the key of {name} opens nothing any more", markup=False, highlight=False)


@app.command()
def clients() -> None:
    """List the keys: names, since when, and whether they were revoked.

    Example: faxforms receive clients
    """
    with reading_session() as session:
        rows = [
            (key.name, f"{key.created_at:%Y-%m-%d}", key.created_by, key.revoked_at and f"{key.revoked_at:%Y-%m-%d}")
            for key in upload_keys.list_keys(session)
        ]
    print_table("Programs that may upload", ("name", "since", "made by", "revoked"), rows)
