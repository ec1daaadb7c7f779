"""The order in which Prefect's server takes events: as they come, none waiting for one that came before.

Prefect remembers in memory which events it has seen, and lets one that follows an unseen one wait for 15 minutes. After
its server was killed, or only started anew, that is every event of the runs that go on: a crash of the intake run would
be noticed a quarter of an hour late, and the faxes would wait so long (seen in the fault test). No automation of ours
depends on the order of a run's events.

Prefect's server imports this module by name: PREFECT_SERVER_EVENTS_CAUSAL_ORDERING.
"""

from __future__ import annotations

from prefect.server.events.ordering import EventArrivedEarly, memory
from prefect.server.events.schemas.events import ReceivedEvent


class CausalOrdering(memory.CausalOrdering):
    """Prefect's own, without the waiting."""

    async def wait_for_leader(self, event: ReceivedEvent) -> None:
        """Wait for an event that is just being processed, and for no other."""
        try:
            await super().wait_for_leader(event)
        except EventArrivedEarly:
            await self.forget_follower(event)
