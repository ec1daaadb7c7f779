"""What Prefect's server is told of a run counts at once, also where it has not seen how the run began."""

from __future__ import annotations

import asyncio
import datetime as dt
from uuid import uuid4

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect.server.events.ordering import get_triggers_causal_ordering, memory  # noqa: E402
from prefect.server.events.schemas.events import ReceivedEvent  # noqa: E402
from prefect.types import DateTime  # noqa: E402

from flows.event_order import CausalOrdering  # noqa: E402


def crash() -> ReceivedEvent:
    """Of a run whose start another server process has seen."""
    now = DateTime.now(dt.UTC)
    run = {"prefect.resource.id": f"prefect.flow-run.{uuid4()}"}
    return ReceivedEvent(
        occurred=now, received=now, event="prefect.flow-run.Crashed", resource=run, id=uuid4(), follows=uuid4()
    )


async def is_handled(order: memory.CausalOrdering, event: ReceivedEvent) -> bool:
    async def nobody_waits(*_: object, **__: object) -> None:
        raise AssertionError("no event waited for this one")

    try:
        async with order.preceding_event_confirmed(nobody_waits, event):
            return True
    except memory.EventArrivedEarly:
        return False


def test_an_event_that_follows_an_unseen_one_does_not_wait() -> None:
    event = crash()
    assert not asyncio.run(is_handled(memory.CausalOrdering("as Prefect has it"), event))
    ours = CausalOrdering("ours")
    assert asyncio.run(is_handled(ours, event))
    assert asyncio.run(ours.get_lost_followers()) == []
    begun = ReceivedEvent(**crash().model_dump() | {"id": event.follows, "follows": None})
    assert asyncio.run(is_handled(ours, begun))  # it comes late, and the crash counts no second time


def test_prefects_server_uses_it() -> None:
    assert isinstance(get_triggers_causal_ordering(), CausalOrdering)
