"""`faxforms review …`: the review station, where people decide what the program does not."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from flows.store import writing_session
from flows.terminal import out
from pipeline.review import people
from pipeline.review.roles import Role

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
