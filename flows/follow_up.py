"""The Prefect flow after review: what was accepted, corrected or withdrawn is handed on to other programs.

What a decision changes here (registry, audit trail, notice) stands in the transaction of the decision; there is nothing
to follow up. Files for others are made apart from it, so that a full disk there stops no reviewer.

Import this module only to run the flow: Prefect takes seconds to import.
"""

from __future__ import annotations

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import flow  # noqa: E402

from flows.store import opened_store  # noqa: E402
from pipeline.exports.outbox import hand_on  # noqa: E402


@flow(name="follow-up", flow_run_name="follow-up", retries=3, retry_delay_seconds=10)
def follow_up() -> int:
    """Write what was decided since the last time to the outbox, if there is one; the cursor reached."""
    with opened_store() as store:
        return hand_on(store)
