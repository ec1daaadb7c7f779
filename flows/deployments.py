"""What Prefect is told to run here, and when: `faxforms deploy`.

    intake          a run for each machine and slot of minutes; at once when a worker starts (flows/commands/work.py),
                    and again when one crashed or lost the database
    take-in         every few minutes, where folders are to be watched without a watcher
    follow-up       every few minutes
    quality-sample  once a night
    retention       once a night
    migrate-chunk   by `faxforms migrate` alone

All go to one work pool of processes. Each of its queues has a worker of its own on every machine, which bounds what
runs there at the same time (`faxforms up`, or the systemd units). The bounds are the workers' and not Prefect's global
limits: those hold the slot of a run that was killed for minutes.

Import this module only to deploy: Prefect takes seconds to import.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows import prefect_environment

prefect_environment.prepare()  # Prefect reads it once, when it is imported

from prefect import Flow  # noqa: E402
from prefect.automations import Automation, EventTrigger, Posture  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.actions import WorkPoolCreate  # noqa: E402
from prefect.client.schemas.objects import StateType  # noqa: E402
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule  # noqa: E402
from prefect.events import DeploymentEventTrigger  # noqa: E402
from prefect.events.actions import ChangeFlowRunState  # noqa: E402
from prefect.exceptions import ObjectAlreadyExists  # noqa: E402
from prefect.types.entrypoint import EntrypointType  # noqa: E402

from flows.follow_up import follow_up  # noqa: E402
from flows.intake import intake  # noqa: E402
from flows.migrate import migrate_chunk  # noqa: E402
from flows.nightly import quality_sample, retention  # noqa: E402
from flows.take_in import take_in  # noqa: E402
from flows.work_queues import Queue  # noqa: E402
from pipeline.settings import Service  # noqa: E402

Schedule = IntervalSchedule | CronSchedule

EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
HEARTBEAT = "prefect.flow-run.heartbeat"
SILENT_FOR = dt.timedelta(seconds=100)
"""Without a heartbeat (one every 30 s), after which a run is taken for dead: its worker died with it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A flow with its queue, its parameters and when it runs; `revived`: again at once after a crash or failure."""

    flow: Flow[Any, Any]
    queue: Queue
    schedules: tuple[Schedule, ...] = ()
    parameters: dict[str, Any] | None = None
    revived: bool = False


def deployments(service: Service) -> Iterator[Deployment]:
    """Every deployment, as the settings want it."""
    yield Deployment(
        intake,
        Queue.INTAKE,
        # a second apart, for Prefect takes runs of the same moment for one
        tuple(
            _every(service.intake_minutes, shifted=number) for number in range(service.machines * service.intake_runs)
        ),
        {"minutes": service.intake_minutes},
        revived=True,
    )
    if service.watched:
        yield Deployment(take_in, Queue.OTHER, (_every(service.take_in_minutes),))
    yield Deployment(follow_up, Queue.OTHER, (_every(service.follow_up_minutes),))
    yield Deployment(quality_sample, Queue.OTHER, (_nightly(service.quality_at),))
    yield Deployment(retention, Queue.OTHER, (_nightly(service.retention_at),))
    yield Deployment(migrate_chunk, Queue.MIGRATION)


def deploy(service: Service) -> list[str]:
    """Tell Prefect's server; doing it again changes what is there. The names of the deployments.

    Flow runs start in the folder in which this is called: on several machines it is the same one.
    """
    return asyncio.run(_deploy(service))


async def _deploy(service: Service) -> list[str]:
    async with get_client() as client:
        with suppress(ObjectAlreadyExists):
            await client.create_work_pool(WorkPoolCreate(name=service.work_pool, type="process"))
    told = list(deployments(service))
    for one in told:
        await _tell(one, service)
    await _bury_the_dead()
    return [_name(one) for one in told]


async def _tell(one: Deployment, service: Service) -> None:
    made = await one.flow.ato_deployment(
        name=one.flow.name,
        schedules=list(one.schedules),
        parameters=one.parameters or {},
        triggers=[_revival(one)] if one.revived else [],
        work_pool_name=service.work_pool,
        work_queue_name=one.queue,
        job_variables={"working_dir": str(Path.cwd())},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    await made.aapply()


def _name(one: Deployment) -> str:
    """As Prefect names a deployment: its flow and itself."""
    return f"{one.flow.name}/{one.flow.name}"


def _every(minutes: int, shifted: int = 0) -> IntervalSchedule:
    return IntervalSchedule(interval=dt.timedelta(minutes=minutes), anchor_date=EPOCH + dt.timedelta(seconds=shifted))


def _nightly(cron: str) -> CronSchedule:
    return CronSchedule(cron=cron, timezone="UTC")


def _revival(one: Deployment) -> DeploymentEventTrigger:
    """Another run as soon as one crashed or failed: the schedule would let the faxes of a slot wait."""
    return DeploymentEventTrigger(
        name=f"{one.flow.name} goes on after a crash",
        expect={"prefect.flow-run.Crashed", "prefect.flow-run.Failed"},
        match_related={"prefect.resource.name": one.flow.name, "prefect.resource.role": "deployment"},
    )


async def _bury_the_dead() -> None:
    """Have runs counted as crashed that died together with their worker: nobody is left to say so."""
    name = "runs without a heartbeat have crashed"
    ended = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}
    trigger = EventTrigger(
        after={HEARTBEAT},
        expect={HEARTBEAT, *ended},
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        within=SILENT_FOR,
    )
    automation = Automation(name=name, trigger=trigger, actions=[ChangeFlowRunState(state=StateType.CRASHED)])
    try:
        automation.id = (await Automation.aread(name=name)).id
        await automation.aupdate()
    except ValueError:  # there is none of that name yet
        await automation.acreate()
