"""`faxforms work`: Prefect's worker of one queue on this machine."""

from __future__ import annotations

import os
import sys
import time
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
        try:
            begin_intake(url, service.intake_runs)
        except httpx.HTTPError as error:
            raise PrefectAway(f"work: Prefect's server refused ({type(error).__name__})") from None
    os.execv(sys.executable, prefect_worker(queue, service))  # noqa: S606 - it takes our place, and gets our signals


def begin_intake(url: str, runs: int) -> None:
    """Have so many intake runs begin now: the schedule would let the first faxes wait for half an hour.

    So also where a worker died with its run: Prefect takes that for running until no heartbeat came for a while. A run
    too many waits until its slot is over, and then does nothing.

    Raises:
        PrefectAway: nobody has told the server of the deployment.
    """
    until = time.monotonic() + PATIENCE
    while (found := httpx.get(f"{url}/deployments/name/{INTAKE}", timeout=30)).status_code == httpx.codes.NOT_FOUND:
        if time.monotonic() > until:
            raise PrefectAway("work: nothing is deployed: run `faxforms deploy`")
        time.sleep(1)
    deployment = found.raise_for_status().json()["id"]
    for _ in range(runs):
        httpx.post(f"{url}/deployments/{deployment}/create_flow_run", json={}, timeout=30).raise_for_status()
