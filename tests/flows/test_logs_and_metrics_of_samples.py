"""Samples go through with everything logged: no name, birth date, NPI or phone of the truth is in logs or metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.installation import FAXES, Batch, Installation, copy_faxes

TELLING = re.compile(r"name|dob|npi|phone|fax|email|dea")
"""Fields of which no value may be found; two letters and digits stand anywhere by chance."""

SHORTEST_TOLD = 4


def told_of_people(batch: Batch) -> Iterator[str]:
    """Each value as written, in parts, and dates as they are stored."""
    for line in batch.truth:
        for form in line["forms"]:
            for field, value in form["values"].items():
                if TELLING.search(field) and isinstance(value, str):
                    yield from {value, *value.split(), re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\1-\2", value)}


def test_logs_and_metrics_of_samples_hold_no_patient_data(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = copy_faxes(tmp_path / "incoming", 2)
    (batch.folder / "Jane Doe.tif").touch()
    monkeypatch.setenv("FAXFORMS_LOG_LEVEL", "debug")
    monkeypatch.setenv("FAXFORMS_LOG_FORMAT", "json")
    installation.faxforms("registry", "import", FAXES / "registry.json")
    result = installation.faxforms("ingest", "--inline", batch.folder, "--manifest", batch.manifest, expect=3)
    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    assert [event["document"] for event in events if event["event"] == "taken in"] == [1, 2, 3]
    assert [event["document"] for event in events if event["event"] == "decided"] == [1, 2, 3]
    reads = [event["read_seconds"] for event in events if event["event"] == "decided"]
    assert min(reads[:2]) > 0  # the empty file is refused sooner than the clock ticks

    metrics = installation.faxforms("metrics").stdout
    assert 'faxforms_step_seconds_count{step="read"} 3.0' in metrics
    everything = result.stderr + metrics
    secrets = {secret for secret in told_of_people(batch) if len(secret) >= SHORTEST_TOLD} | {"Jane"}
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in everything] == []
