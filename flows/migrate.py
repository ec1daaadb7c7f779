"""The Prefect flow of a migration: a run for a chunk, with one task in it.

Prefect is told two numbers, the migration's and the chunk's. Who works on a chunk, what is decided and what it cost
stands in our own database: a run that is started twice, or for a chunk that is done or paused, does nothing.
Import this module only to run the flow: Prefect takes seconds to import.
"""

from __future__ import annotations

from collections.abc import Iterable

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import flow, task  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.deployments import run_deployment  # noqa: E402

from flows.chunks import work_on_chunk  # noqa: E402
from flows.ingest import database_is_away  # noqa: E402
from flows.patience import RETRY_AFTER  # noqa: E402
from flows.worker_death import end_with_worker  # noqa: E402

DEPLOYMENT = "migrate-chunk/migrate-chunk"


@flow(name="migrate-chunk", flow_run_name="migration {migration}, chunk {chunk}")
def migrate_chunk(migration: int, chunk: int) -> bool:
    """Read and decide what is left of a chunk; False when there was nothing to do.

    Raises:
        DatabaseAway: the database was away for longer than the tries; the next run does what is left.
    """
    end_with_worker()
    return read_and_decide_chunk(migration, chunk)


@task(
    name="read and decide a chunk",
    retries=len(RETRY_AFTER),
    retry_delay_seconds=list(RETRY_AFTER),
    retry_condition_fn=database_is_away,
    cache_policy=NO_CACHE,  # the store knows what is done
)
def read_and_decide_chunk(migration: int, chunk: int) -> bool:
    """Work on a chunk with a process pool of its own."""
    return work_on_chunk(migration, chunk)


def hand_to_workers(migration: int, chunks: Iterable[int]) -> None:
    """Have the workers of all machines run these chunks (`faxforms up` or the systemd units start them)."""
    for chunk in chunks:
        run_deployment(DEPLOYMENT, parameters={"migration": migration, "chunk": chunk}, timeout=0, as_subflow=False)
