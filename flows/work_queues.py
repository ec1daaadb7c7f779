"""The queues of the work pool. Each has a worker of its own on every machine: no migration holds up new faxes."""

from __future__ import annotations

from enum import StrEnum

from pipeline.settings import Service


class Queue(StrEnum):
    """A queue of flow runs."""

    INTAKE = "intake"
    MIGRATION = "migration"
    OTHER = "other"


def runs_at_a_time(queue: Queue, service: Service) -> int:
    """How many runs of a queue one machine works on at the same time; 0: it does not serve that queue."""
    return {
        Queue.INTAKE: service.intake_runs,
        Queue.MIGRATION: service.migration_runs,
        Queue.OTHER: service.other_runs,
    }[queue]
