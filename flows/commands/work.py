"""`faxforms work`: Prefect's worker of one queue on this machine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Annotated, NoReturn

import httpx
import typer

from flows.errors import PrefectAway
from flows.prefect_server import api_url, wait_for
from flows.service import prefect_worker
from flows.work_queues import Queue
from pipeline.settings import Settings

INTAKE = "intake/intake"
"""The deployment, as flows/deployments.py names it."""

PATIENCE = 300.0
"""Seconds that a worker waits for `faxforms deploy`, before its supervisor starts it anew."""


def work(
    queue: Annotated[Queue, typer.Argument(help="Which flow runs: those of intake, of migrations, or all others.")],
) -> NoReturn:
    """Serve a queue of flow runs on this machine, as a Prefect worker (PREFECT_API_URL names the server).

    How many runs it works on at a time is set by FAXFORMS_SERVICE__INTAKE_RUNS and its like. An intake run begins at
    once. `faxforms up` and the systemd units start a worker for each queue.

    Example: PREFECT_API_URL=http://127.0.0.1:4200/api faxforms work intake
    """
    service = Settings().service
    url = api_url()
    wait_for(url)
    if queue is Queue.INTAKE:
        begin_intake(url, service.intake_runs)
    os.execv(sys.executable, prefect_worker(queue, service))  # noqa: S606 - it takes our place, and gets our signals


def begin_intake(url: str, runs: int) -> None:
    """Have so many intake runs begin now: the schedule would let the first faxes wait for half an hour.

    So also where a worker died with its run: Prefect takes that for running until no heartbeat came for a while. A run
    too many waits until its slot is over, and then does nothing.

    Raises:
        PrefectAway: it does not answer, or nobody has told it of the deployment (`faxforms deploy`).
    """
    deployment = _asked(lambda: httpx.get(f"{url}/deployments/name/{INTAKE}", timeout=30)).json()["id"]
    for _ in range(runs):
        _asked(lambda: httpx.post(f"{url}/deployments/{deployment}/create_flow_run", json={}, timeout=30))


def _asked(question: Callable[[], httpx.Response]) -> httpx.Response:
    """The server's answer; one that is busy, or has not been told of the deployment yet, is asked again."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return question().raise_for_status()
        except httpx.HTTPError as error:
            if time.monotonic() > until:
                raise PrefectAway(f"work: Prefect's server has no {INTAKE} ({type(error).__name__})") from None
        time.sleep(1)
