"""The Prefect flow of a service: it works through what was taken in, as it comes, until a fresh run takes over.

A run goes on until its slot ends (every half hour, say), because a run takes 5 to 16 s to start and its reading
processes another 2; a task is a chunk of what waits. Prefect learns document numbers, no more. Any number of runs on
any number of machines may go on at the same time: who works on which document is said by the ledger alone.

Import this module only to run the flow: Prefect takes seconds to import.
"""

from __future__ import annotations

import time

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import flow, runtime  # noqa: E402

from flows.batch import next_portion, workplace  # noqa: E402
from flows.ingest import DOCUMENTS_A_TASK, read_and_decide  # noqa: E402
from flows.worker_death import end_with_worker  # noqa: E402

LOOK_AGAIN_AFTER = 1.0
"""Seconds between two looks into the ledger while nothing waits: a query by index, a millisecond."""

work_on_chunk = read_and_decide.with_options(retries=0)
"""Not tried again in this run: see `DatabaseAway` below; what is left of the chunk waits in the ledger."""


SHORTEST = 20.0
"""Seconds that a run is worth: one that begins so shortly before the end of a slot goes on through the next."""


@flow(name="intake", flow_run_name="intake")
def intake(minutes: int) -> int:
    """Read and decide whatever waits, to the end of this slot of so many minutes; how many documents went to tasks.

    A run that waited for a worker until its own slot was over does nothing: the next one begins right after it.

    Raises:
        DatabaseAway: the run ends, and with it its process, so that the next run can claim at once what it held.
    """
    end_with_worker()
    if is_over(minutes, runtime.flow_run.scheduled_start_time.timestamp(), time.time()):
        return 0
    until = time.monotonic() + seconds_left(minutes, time.time())
    handed_out = 0
    with workplace() as opened:
        while time.monotonic() < until:
            documents = next_portion(opened.store, DOCUMENTS_A_TASK)
            if documents:
                work_on_chunk(documents)
                handed_out += len(documents)
            else:
                time.sleep(LOOK_AGAIN_AFTER)
    return handed_out


def seconds_left(minutes: int, now: float) -> float:
    """Until the slot ends, slots being counted from the beginning of Unix time, as the schedule does.

    A run that stands in for one that crashed ends with its slot too, so that no queue of runs grows behind it.
    """
    left = 60 * minutes - now % (60 * minutes)
    return left if left >= SHORTEST else left + 60 * minutes


def is_over(minutes: int, meant_for: float, now: float) -> bool:
    """Whether all is over that a run was to do: it was meant for a moment (Unix time) in a slot that has ended.

    Else runs that were late once would be so for ever, each behind the other.
    """
    return now > meant_for + seconds_left(minutes, meant_for)
