"""The Prefect flows of the night: the quality sample, and what retention takes away.

Import this module only to run the flows: Prefect takes seconds to import.
"""

from __future__ import annotations

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import flow  # noqa: E402

from flows.store import opened_store, writing_session  # noqa: E402
from pipeline.quality.sampling import draw  # noqa: E402
from pipeline.retention.classes import read_retention  # noqa: E402
from pipeline.retention.removing import remove_due  # noqa: E402
from pipeline.settings import Settings  # noqa: E402


@flow(name="quality-sample", flow_run_name="quality sample", retries=3, retry_delay_seconds=60)
def quality_sample() -> int:
    """Choose the accepted forms that people key once more, blindly; how many. Run again it chooses the same."""
    with writing_session() as session:
        return len(draw(session, Settings()))


@flow(name="retention", flow_run_name="retention", retries=3, retry_delay_seconds=60)
def retention() -> int:
    """Remove what has had its time and is under no hold; how many documents. Run again it goes on."""
    with opened_store() as store:
        return remove_due(store, read_retention(store.settings.retention)).documents.total()
