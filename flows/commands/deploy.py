"""`faxforms deploy`: tell Prefect's server what is to run here, and when."""

from __future__ import annotations

import time

import httpx
import typer

from flows.errors import PrefectAway
from flows.terminal import out
from pipeline.settings import Settings

PATIENCE = 120.0
"""Seconds: Prefect's server takes 10 to 60 to come up on a busy machine."""


def deploy() -> None:
    """Tell the Prefect server (PREFECT_API_URL) the work pool, the deployments and their schedules.

    Running it again changes what is there to what the settings want. `faxforms up` does it by itself.

    Example: PREFECT_API_URL=http://127.0.0.1:4200/api faxforms deploy
    """
    service = Settings().service
    from prefect.settings import PREFECT_API_URL  # Prefect takes seconds to import

    from flows.deployments import deploy as tell

    url = PREFECT_API_URL.value()
    if not url:
        raise typer.BadParameter("name the server", param_hint="PREFECT_API_URL")
    _wait_for(url)
    for name in tell(service):
        out.print(name, markup=False, highlight=False)


def _wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > until:
            raise PrefectAway(f"deploy: Prefect's server did not answer for {PATIENCE:g} seconds")
        time.sleep(1)
