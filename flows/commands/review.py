"""`faxforms review …`: the review station, where people decide what the program does not."""

from __future__ import annotations

import gc
import getpass
from typing import Annotated

import typer

from flows.store import opened_store, writing_session
from flows.terminal import out
from pipeline.review import people
from pipeline.review.roles import Role

HERE = "127.0.0.1"

KEPT_OPEN = 75
"""Seconds that a connection is kept for the next request: people look at a form longer than a web server waits."""

app = typer.Typer(no_args_is_help=True, help="The review station.")


@app.callback()
def _group() -> None:
    """The review station, where people decide what the program does not."""


@app.command()
def admin(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to log in with.")],
    password: Annotated[
        str,
        typer.Option(
            envvar="FAXFORMS_ADMIN_PASSWORD",
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            help="Asked for, unless the environment has it: on a command line every user of the machine could see it.",
        ),
    ],
) -> None:
    """Make an administrator of the review station, who then makes the other users there.

    Example: faxforms review admin kim
    """
    with writing_session() as session:
        people.add_user(session, name, password, Role.ADMINISTRATOR, by=getpass.getuser())
    out.print(f"{name} can log in now", markup=False, highlight=False)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8420,
    host: Annotated[str, typer.Option(help="The address to listen on; others than this machine need TLS.")] = HERE,
    tls: Annotated[
        bool,
        typer.Option("--behind-tls", help="A proxy in front speaks TLS: the cookie goes over TLS only."),
    ] = False,
) -> None:
    """Serve the review station. It needs no network beyond the people's browsers.

    Example: faxforms review serve --port 8420
    """
    if host not in (HERE, "localhost", "::1") and not tls:
        raise typer.BadParameter(
            "patient data must not go over a network in clear: use --behind-tls", param_hint="--host"
        )
    # imported here: every other command starts quicker without
    import uvicorn

    from pipeline.review.web.app import create_app

    with opened_store() as store:
        app = create_app(store, behind_tls=tls)
        gc.freeze()  # what is there from now on to the end is not looked through again at every collection
        # no access log: who looked at what stands in the audit trail
        uvicorn.run(
            app,
            host=host,
            port=port,
            access_log=False,
            log_level="warning",
            timeout_keep_alive=KEPT_OPEN,
        )
