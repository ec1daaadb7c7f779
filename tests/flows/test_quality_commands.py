"""`faxforms quality …`, `dashboard` and `calibrate --checked` on an installation that took in three sample faxes."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from pipeline.intake.folder import find_arrivals
from pipeline.process import process, take_in
from pipeline.quality.checking import claim, record, waiting
from pipeline.quality.snapshot import value_in
from pipeline.settings import Settings
from pipeline.store.opening import open_store
from samples.judge_readings import faultless_document
from tests.flows.installation import FAXES, Installation, copy_faxes


@pytest.fixture
def judged(installation: Installation, tmp_path: Path) -> Installation:
    """An installation that judged samples, read from their truth: pixels are others' matter."""
    batch = copy_faxes(tmp_path / "incoming", 6)
    installation.faxforms("registry", "import", FAXES / "registry.json")
    truth = {Path(line["file"]).name: line for line in batch.truth}
    store = open_store(Settings(data_dir=installation.folder))
    for arrival in find_arrivals([], batch.manifest):
        read = faultless_document(truth[arrival.file])
        process(store, take_in(store, arrival), lambda _, read=read: read)  # type: ignore[misc]  # the default binds it
    store.engine.dispose()
    return installation


def check_all(installation: Installation) -> None:
    """Ann keys every form that was chosen, as it stands there."""
    store = open_store(Settings(data_dir=installation.folder))
    with Session(store.engine) as session, session.begin():
        for check in waiting(session, "Ann"):
            version = claim(session, check.id, "Ann", dt.timedelta(minutes=5))
            assert version is not None
            keyed = {name: value_in(check.as_read, name) for name in check.fields}
            record(session, check.id, "Ann", version, keyed)
    store.engine.dispose()


def test_from_the_draw_to_the_rates(judged: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXFORMS_CHECK_RATE", "1")
    chosen = judged.faxforms("quality", "draw").output
    assert chosen == judged.faxforms("quality", "draw").output.replace("0 forms", f"{chosen.split()[0]} forms")
    assert int(chosen.split()[0]) >= 1
    assert "no form has been checked" in judged.faxforms("calibrate", "--checked", expect=1).output
    check_all(judged)
    everything, *parts = map(json.loads, judged.faxforms("quality", "rates", "--json").output.splitlines())
    assert (everything["group"], everything["name"], everything["values_wrong"]) == ("all", "faxforms", 0)
    assert {part["group"] for part in parts} == {"field", "form", "source"}
    told = judged.faxforms("quality", "rates", "--out", tmp_path / "rates").output
    assert "error-rates.svg" in told
    assert "not corrected" not in told
    assert "Confidence and truth" in judged.faxforms("calibrate", "--checked").output


def test_the_dashboard(judged: Installation, tmp_path: Path) -> None:
    told = judged.faxforms("dashboard", "--days", "2", "--out", tmp_path / "board").output
    for title in (
        "In and through, 2 days",
        "Held by reason",
        "Waiting by age",
        "Decided in the last 24 hours",
        "by week",
    ):
        assert title in told
    assert len(list((tmp_path / "board").glob("*.svg"))) == len(list((tmp_path / "board").glob("*.csv"))) == 5


def test_calibrate_wants_one_source_of_truth(installation: Installation) -> None:
    installation.faxforms("calibrate", expect=2)
    installation.faxforms("calibrate", FAXES / "truth.jsonl", "--checked", expect=2)
