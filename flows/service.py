"""What one machine needs, as programs for a supervisor: Prefect's server, workers, what takes in, the review station.

The same commands stand in the systemd units (`deploy/systemd`).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from flows.supervisor import Program
from flows.work_queues import Queue, runs_at_a_time
from pipeline.settings import Service, Settings

FOLDER = "service"
"""In the data folder: logs, the supervisor's files and Prefect's own database, none of them with patient data."""

SERVER, WORKERS, DOORS = 10, 20, 30
"""The order of starts, turned round for stops: nothing comes in any more before what works is stopped."""


def programs(settings: Settings, watched: Sequence[Path]) -> Iterator[Program]:
    """Every program of a machine that has all; what takes in is there as far as the settings or `watched` name places.

    `watched` are folders beside those of the settings.
    """
    service = settings.service
    yield Program("prefect-server", _prefect("server", "start", "--port", str(service.prefect_port)), SERVER)
    yield Program("deploy", _faxforms("deploy"), WORKERS, once=True)
    for queue in Queue:
        if runs_at_a_time(queue, service):
            # Prefect's worker answers SIGTERM by waiting for its runs, minutes perhaps. Killed, it has nothing to lose,
            # and its runs break off in order (flows/worker_death.py).
            yield Program(f"worker-{queue}", _faxforms("work", queue), WORKERS, stop="KILL")
    if watched or settings.watch.folders or settings.watch.maildirs or settings.watch.mboxes:
        yield Program("watch", _faxforms("watch", *map(str, watched)), DOORS)
    if service.upload_port:
        yield Program("receive", _faxforms("receive", "serve", "--port", str(service.upload_port)), DOORS)
    yield Program("station", _faxforms("review", "serve", "--port", str(service.station_port)), DOORS)


def prefect_worker(queue: Queue, service: Service) -> list[str]:
    """The command of a Prefect worker that serves one queue (`faxforms work` becomes it)."""
    limit = str(runs_at_a_time(queue, service))
    pool = ("--pool", service.work_pool, "--type", "process", "--work-queue", queue)
    return _prefect("worker", "start", *pool, "--limit", limit, "--name", f"{platform.node()}-{queue}")


def folder(settings: Settings) -> Path:
    """Where the service keeps what is its own."""
    return settings.data_dir.resolve() / FOLDER


def environment(settings: Settings) -> dict[str, str]:
    """What the programs need beside the environment that is there: one Prefect of their own, on this machine only."""
    address = f"http://127.0.0.1:{settings.service.prefect_port}/api"
    return {
        "PREFECT_HOME": str(folder(settings) / "prefect"),
        "PREFECT_API_URL": address,
        "PREFECT_SERVER_UI_API_URL": address,
        # workers and runs write what they do to their logs; Prefect's own default would colour them for a terminal
        "PREFECT_LOGGING_COLORS": "false",
    }


def _faxforms(*words: str) -> list[str]:
    return [sys.executable, "-m", "flows", *words]


def _prefect(*words: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *words]
