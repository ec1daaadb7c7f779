"""What Prefect's server is told: deployments, their schedules, told again, it is no more; intake begins at once."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from flows import prefect_environment

prefect_environment.prepare()  # the harness imports Prefect, which reads it then

from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.objects import FlowRun  # noqa: E402
from prefect.testing.utilities import prefect_test_harness  # noqa: E402

from flows.commands.work import begin_intake  # noqa: E402
from flows.deployments import deploy, deployments  # noqa: E402
from flows.intake import is_over, seconds_left  # noqa: E402
from flows.migrate import DEPLOYMENT  # noqa: E402
from flows.take_in import take_in  # noqa: E402
from flows.work_queues import Queue  # noqa: E402
from pipeline.settings import Service  # noqa: E402
from tests.flows.installation import REPOSITORY, Installation  # noqa: E402

PATIENCE = 900.0
"""Seconds for a worker to do its work."""


@pytest.fixture(scope="module", autouse=True)
def prefect_server() -> Iterator[None]:
    """A Prefect server with a database of its own."""
    with prefect_test_harness(server_startup_timeout=120):
        yield


def test_everything_is_deployed_once_and_intake_begins_with_its_worker() -> None:
    service = Service(machines=2, work_pool="forms", retention_at="30 4 * * *")
    for _ in range(2):
        names = deploy(service)
    assert {name.split("/")[0] for name in names} == {
        "intake",
        "follow-up",
        "quality-sample",
        "retention",
        "migrate-chunk",
    }
    assert DEPLOYMENT in names
    with get_client(sync_client=True) as client:
        told = {one.name: one for one in client.read_deployments()}
        assert set(told) == {name.split("/")[0] for name in names}
        assert {one.work_pool_name for one in told.values()} == {"forms"}
        queues = {name: one.work_queue_name for name, one in told.items()}
        assert (queues["intake"], queues["migrate-chunk"]) == (Queue.INTAKE, Queue.MIGRATION)
        assert {queues[name] for name in ("follow-up", "quality-sample", "retention")} == {Queue.OTHER}
        schedules = {name: [str(one.schedule) for one in deployment.schedules] for name, deployment in told.items()}
        assert {name: len(found) for name, found in schedules.items()} == {
            "intake": 2,
            "follow-up": 1,
            "quality-sample": 1,
            "retention": 1,
            "migrate-chunk": 0,
        }
        assert "30 4 * * *" in schedules["retention"][0]
        due = [run for run in client.read_flow_runs() if is_due(run)]
        assert due == []
        begin_intake(str(client.api_url).rstrip("/"), runs=2)
        assert {run.deployment_id for run in client.read_flow_runs() if is_due(run)} == {told["intake"].id}


def test_folders_are_looked_through_where_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "take-in" not in {one.flow.name for one in deployments(Service())}
    named = {one.flow.name: one for one in deployments(Service(watched=(tmp_path,)))}
    assert (named["take-in"].queue, named["take-in"].parameters) == (Queue.OTHER, None)

    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "Jane Doe.tif").write_bytes(b"fax")
    monkeypatch.setenv("FAXFORMS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FAXFORMS_SERVICE__WATCHED", json.dumps([str(incoming)]))
    monkeypatch.setenv("FAXFORMS_WATCH__SETTLE_SECONDS", "0.2")
    assert (take_in(), take_in()) == (1, 0)
    assert [path.name for path in (incoming / "taken-in").iterdir()] == ["Jane Doe.tif"]


def test_a_migration_is_carried_by_prefects_worker(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk, handed out as a flow run, worked on by a worker process as an installation has it, and told done."""
    archive = tmp_path / "archive"
    archive.mkdir()
    for number in range(4):
        (archive / f"{number}.tif").write_bytes(f"no picture {number}".encode())
    monkeypatch.setenv("FAXFORMS_MIGRATION_CHUNK", "4")
    monkeypatch.setenv("FAXFORMS_SERVICE__WORK_POOL", "archives")
    deploy(Service(work_pool="archives"))
    with get_client(sync_client=True) as client:
        address = str(client.api_url).rstrip("/")
    environment = os.environ | {
        "PREFECT_API_URL": address,
        "PYTHONPATH": str(REPOSITORY),
        "FAXFORMS_DATA_DIR": str(installation.folder),
        "FAXFORMS_WORKERS": "1",
    }
    command = [sys.executable, "-m", "flows", "work", Queue.MIGRATION]
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    in_vain = Timer(PATIENCE, lambda: installation.faxforms("migration", "pause", "1"))  # which ends the waiting
    in_vain.start()
    try:
        installation.faxforms("migrate", archive, "--workers")
    finally:
        in_vain.cancel()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    (line,) = installation.faxforms("migration", "list", "--json").stdout.splitlines()
    told = json.loads(line)
    assert (told["state"], told["documents"], told["decided"], told["chunks_done"]) == ("done", 4, 4, 1)
    with get_client(sync_client=True) as client:
        runs = [run for run in client.read_flow_runs() if "chunk" in run.parameters]
        assert sorted(run.parameters["chunk"] for run in runs) == [1]
        assert {run.work_queue_name for run in runs} == {Queue.MIGRATION}


def is_due(run: FlowRun) -> bool:
    assert run.expected_start_time is not None
    return run.expected_start_time <= dt.datetime.now(dt.UTC)


def test_a_run_ends_with_its_slot_and_one_that_waited_longer_does_nothing() -> None:
    assert seconds_left(30, 1800.0 + 600) == 1200
    assert seconds_left(30, 3600.0 - 5) == 1805  # so short a run would cost more than it does
    assert not is_over(30, meant_for=1800.0, now=3599)
    assert is_over(30, meant_for=1800.0, now=3601)
    assert not is_over(30, meant_for=3595.0, now=3601)
