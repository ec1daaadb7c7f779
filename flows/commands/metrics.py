"""`faxforms metrics`: metrics and health of an installation, for Prometheus and for supervisors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.store import opened_store
from flows.terminal import err
from pipeline.exports.atomic import written_whole
from pipeline.metrics import exposition

HERE = "127.0.0.1"

ALL_MAY_READ = 0o644


def metrics(
    port: Annotated[int | None, typer.Option(help="Serve /metrics, /live and /ready on this port.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = HERE,
    target: Annotated[
        Path | None, typer.Option("--out", help="A file for node_exporter's textfile collector.", dir_okay=False)
    ] = None,
) -> None:
    """Print the metrics, write them to a file, or serve them with the health of this machine's workers.

    They are counted in the database: one such server tells of all machines; /live and /ready are about its own.

    Example: faxforms metrics --port 9108
    """
    with opened_store() as store:
        if port is not None:
            # imported here: every other command starts quicker without
            import uvicorn

            from pipeline.monitor import create_monitor

            uvicorn.run(create_monitor(store), host=host, port=port, access_log=False, log_level="warning")
        elif target is not None:
            with written_whole(target) as file:
                file.write(exposition(store).decode("utf-8"))
            target.chmod(ALL_MAY_READ)  # the collector runs as somebody else, and nothing in it is secret
            err.print(f"{target} written", markup=False, highlight=False)
        else:
            typer.echo(exposition(store), nl=False)
