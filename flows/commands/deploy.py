"""`faxforms deploy`: tell Prefect's server what is to run here, and when."""

from __future__ import annotations

from flows.prefect_server import api_url, wait_for
from flows.terminal import out
from pipeline.settings import Settings


def deploy() -> None:
    """Tell the Prefect server (PREFECT_API_URL) the work pool, the deployments and their schedules.

    Running it again changes what is there to what the settings want. `faxforms up` does it by itself.

    Example: PREFECT_API_URL=http://127.0.0.1:4200/api faxforms deploy
    """
    service = Settings().service
    wait_for(api_url())

    from flows.deployments import deploy as tell  # Prefect takes seconds to import

    for name in tell(service):
        out.print(name, markup=False, highlight=False)
