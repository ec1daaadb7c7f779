"""How Prefect is to behave here; whatever the environment says already stands."""

from __future__ import annotations

import os

ENVIRONMENT = {
    # the temporary server takes 12 to 19 s to come up where no server is named; Prefect would give it 20
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "DO_NOT_TRACK": "1",
    # seconds between the signs of life of a run, by which one is noticed that died with its worker
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # a crash is to be noticed at once, also by a server that was started anew meanwhile
    "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "flows.event_order",
    # how often a worker asks for runs: a run that stands in for a crashed one should not wait 10 s
    "PREFECT_WORKER_QUERY_SECONDS": "3",
    # the terminal belongs to the progress bar; everything is in the run's own log
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
}


def prepare() -> None:
    """Set what is not set; before Prefect is imported."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
