"""The Prefect server that the environment names."""

from __future__ import annotations

import time

import httpx
import typer

from flows import prefect_environment
from flows.errors import PrefectAway

PATIENCE = 300.0
"""Seconds: Prefect's server takes 10 to 60 to come up on a busy machine."""


def api_url() -> str:
    """Its address, as Prefect's own settings (environment or profile) have it; BadParameter when there is none."""
    prefect_environment.prepare()  # Prefect reads it once, when it is imported
    from prefect.settings import PREFECT_API_URL  # Prefect takes seconds to import

    url = PREFECT_API_URL.value()
    if not url:
        raise typer.BadParameter("name the server", param_hint="PREFECT_API_URL")
    return str(url)


def wait_for(url: str) -> None:
    """Wait until it answers.

    Raises:
        PrefectAway: it does not.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        except httpx.HTTPError:
            pass
        if time.monotonic() > until:
            raise PrefectAway(f"Prefect's server did not answer for {PATIENCE:g} seconds")
        time.sleep(1)
