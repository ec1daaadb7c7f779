"""The Prefect flow that looks through watched folders, for installations where no `faxforms watch` runs.

Reading is the intake flow's. Prefect learns how many files came, no more.
"""

from __future__ import annotations

import threading

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import flow  # noqa: E402

from flows.store import opened_store  # noqa: E402
from flows.worker_death import end_with_worker  # noqa: E402
from pipeline.intake.drop import FolderDrop  # noqa: E402
from pipeline.intake.watching import take_in_what_is_there  # noqa: E402


@flow(name="take-in", flow_run_name="take-in")
def take_in() -> int:
    """Take in what lies in the folders, as soon as it is complete; how many files.

    Raises:
        DatabaseAway: the next run takes in the rest.
    """
    end_with_worker()
    stop = threading.Event()
    with opened_store() as store:
        settings = store.settings
        ending = threading.Timer(60.0 * settings.service.take_in_minutes, stop.set)  # the next run goes on from there
        ending.start()
        try:
            drops = [FolderDrop(folder, settings.watch) for folder in settings.service.watched]
            return take_in_what_is_there(store, drops, settings.watch, stop)
        finally:
            ending.cancel()
