"""`faxforms up`: everything that one machine needs, under one supervisor."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flows import prefect_environment, service, supervisor
from flows.store import opened_store
from flows.terminal import err, print_table
from pipeline.settings import Settings


def up(
    watched: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR…",
            help="Folders of fax servers to be watched.",
            exists=True,
            file_okay=False,
            resolve_path=True,
        ),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="How everything stands, instead of starting it.")] = False,
) -> None:
    """Start Prefect's server and workers, what takes in, and the review station; keep them running.

    Folders and mailboxes are watched that are named here or in the settings (FAXFORMS_WATCH__FOLDERS,
    FAXFORMS_WATCH__MAILDIRS, FAXFORMS_WATCH__MBOXES); uploads are taken in with FAXFORMS_SERVICE__UPLOAD_PORT.
    What dies is started again. Ctrl-C or SIGTERM stops everything in order; work that was broken off is taken up at the
    next start. Logs lie in FAXFORMS_DATA_DIR/service.

    Example: faxforms up /srv/fax/incoming
    """
    settings = Settings()
    if status:
        _print_status(settings)
        return
    with opened_store():
        pass  # the database is there and current, before six programs complain of it
    prefect_environment.prepare()
    os.environ["FAXFORMS_DATA_DIR"] = str(settings.data_dir.resolve())
    served = {
        "Review station": settings.service.station_port,
        "Prefect": settings.service.prefect_port,
        "Uploads": settings.service.upload_port,
    }
    told = [f"{what}: http://127.0.0.1:{port}." for what, port in served.items() if port]
    err.print(*told, "Ctrl-C stops.", soft_wrap=True)
    programs = list(service.programs(settings, watched or []))
    supervisor.supervise(programs, service.folder(settings), service.environment(settings))


def _print_status(settings: Settings) -> None:
    folder = service.folder(settings)
    rows = [(one.name, one.state.lower(), one.said, f"{one.name}.log") for one in supervisor.standings(folder)]
    print_table(f"The service in {settings.data_dir}", ("program", "state", "since, or why", "log"), rows)
