"""How long steps take: a histogram in the database, added to in the transaction of the step that it tells of.

So it is exact over crashes and machines, and a metrics endpoint anywhere can show it. The steps: `take_in` (bytes safe
on disk and in the ledger), `read`, `decide` (judged, routed, stored), and `arrival_to_decision`, waiting included.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from pipeline.store.operations_models import StepTime

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 14400.0, 86400.0, math.inf)
"""Seconds: from a page's cost to a day that a document waited."""


def add(session: Session, step: str, seconds: float) -> None:
    """Count one more; the caller holds the write turn, so nobody else adds to the same line now."""
    up_to = BOUNDS[bisect_left(BOUNDS, seconds)]
    added = session.execute(
        update(StepTime)
        .where(StepTime.step == step, StepTime.up_to == up_to)
        .values(count=StepTime.count + 1, seconds=StepTime.seconds + seconds)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(added, CursorResult)  # noqa: S101 - that is what an UPDATE gives
    if added.rowcount == 0:
        session.add(StepTime(step=step, up_to=up_to, count=1, seconds=seconds))
        session.flush()
