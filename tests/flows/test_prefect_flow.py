"""The Prefect flow: what it does, what it tries again, and what Prefect never gets to know."""

from __future__ import annotations

import itertools
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from flows import prefect_environment

prefect_environment.prepare()  # the harness imports Prefect, which reads it then

from prefect.artifacts import Artifact  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.objects import FlowRun  # noqa: E402
from prefect.settings import get_current_settings  # noqa: E402
from prefect.testing.utilities import prefect_test_harness  # noqa: E402

import flows.ingest  # noqa: E402
from extractors.definition_files import load_definitions  # noqa: E402
from flows.errors import DatabaseAway  # noqa: E402
from tests.flows.installation import FAXES, Batch, Installation, copy_faxes  # noqa: E402

BY_CHANCE = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?"
)
"""Numbers of Prefect's own, runs' ids and moments, in which any four digits stand sooner or later."""

SHORTEST_TOLD = 5
"""Characters from which a value is looked for: shorter ones stand in any database by chance."""


@pytest.fixture(scope="session", autouse=True)
def prefect_server() -> Iterator[None]:
    """A Prefect server with a database of its own; it takes 11 s to come up, so there is one for all tests."""
    with prefect_test_harness(server_startup_timeout=90):
        yield


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    """Two faxes, one of them in a file named after its patient, as senders do."""
    batch = copy_faxes(tmp_path / "incoming", 2)
    person = next(value for name, value in batch.truth[0]["forms"][0]["values"].items() if name.endswith("last_name"))
    named = batch.folder / f"{person} clozapine{SUFFIX}"
    (batch.folder / Path(batch.truth[0]["file"]).name).rename(named)
    batch.manifest.unlink()
    return batch


SUFFIX = " report.fax"


def test_a_batch_goes_through_as_inline_and_prefect_learns_no_patient_data(
    installation: Installation, batch: Batch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (batch.folder / "empty.tif").touch()
    installation.faxforms("registry", "import", FAXES / "registry.json")
    result = installation.faxforms("ingest", batch.folder, expect=3)
    assert "3 documents" in result.stdout

    run = newest_run()
    assert run.state is not None
    assert run.state.is_completed()
    assert run.parameters == {"documents": [1, 2, 3]}
    assert run.name == "3 documents from 1 to 3"
    assert [row["document"] for row in table_of(run)] == [1, 2, 3]
    assert sorted(row["status"] for row in table_of(run)) == ["done", "done", "failed"]

    everything = prefect_database() + caplog.text + result.stderr
    assert str(run.id) in everything or run.id.hex in everything  # it was the right database
    told = BY_CHANCE.sub(" ", everything)
    assert [secret for secret in patient_data(batch) if stands_in(secret, told)] == []

    inline = Installation(tmp_path / "inline")
    inline.faxforms("registry", "import", FAXES / "registry.json")
    inline.faxforms("ingest", "--inline", batch.folder, expect=3)
    assert inline.faxforms("export").stdout == installation.faxforms("export").stdout


@pytest.mark.parametrize(("error", "tries"), [(DatabaseAway("database: locked"), 3), (ValueError("a defect"), 1)])
def test_only_a_database_that_is_away_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, tries: int
) -> None:
    calls: list[list[int]] = []

    def fails_twice(documents: list[int]) -> None:
        calls.append(documents)
        if len(calls) < 3:
            raise error

    monkeypatch.setattr(flows.ingest, "work_through", fails_twice)
    monkeypatch.setattr(flows.ingest.read_and_decide, "retry_delay_seconds", [0.0] * 3)
    state = flows.ingest.ingest([7, 8], return_state=True)
    assert calls == [[7, 8]] * tries
    assert state.is_completed() == (tries == 3)


def test_a_long_batch_is_worked_through_in_chunks_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks: list[list[int]] = []
    monkeypatch.setattr(flows.ingest, "work_through", chunks.append)
    documents = list(range(1, 2 * flows.ingest.DOCUMENTS_A_TASK + 2))
    flows.ingest.ingest(documents)
    assert [len(chunk) for chunk in chunks] == [flows.ingest.DOCUMENTS_A_TASK] * 2 + [1]
    assert list(itertools.chain(*chunks)) == documents


def stands_in(secret: str, text: str) -> bool:
    """Whether it is told; a number in the midst of a longer one is chance, a word is not."""
    if not secret.isdigit():
        return secret in text
    return re.search(rf"(?<![\w.]){secret}(?!\w)", text) is not None


def newest_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return max(client.read_flow_runs(), key=lambda run: run.created or run.expected_start_time)


def table_of(run: FlowRun) -> list[dict[str, Any]]:
    artifact = Artifact.get(key="ingest")
    assert artifact is not None
    assert artifact.flow_run_id == run.id
    return json.loads(str(artifact.data))


def prefect_database() -> str:
    """Everything that Prefect's server has on disk: runs, states, parameters, logs, events, artifacts."""
    url = get_current_settings().server.database.connection_url
    assert url is not None
    file = make_url(url.get_secret_value()).database
    assert file is not None
    return "".join(
        Path(part).read_bytes().decode("utf-8", "replace") for part in (file, f"{file}-wal") if Path(part).exists()
    )


def patient_data(batch: Batch) -> set[str]:
    """Every value written on the forms, as written and as stored, and the names of the files."""
    values = {str(value) for line in batch.truth for form in line["forms"] for value in form["values"].values()}
    iso = {re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\1-\2", value) for value in values}
    digits = {re.sub(r"\D", "", value) for value in values}
    names = {path.name for path in batch.folder.iterdir() if path.name != "empty.tif"}
    options = {option.name for form in load_definitions() for field in form.fields for option in field.options}
    return {told for told in values | iso | digits | names if len(told) >= SHORTEST_TOLD} - options
