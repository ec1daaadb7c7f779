"""The registry goes out as JSON and CSV and comes in again, the course of patients with it."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from papers import RECEIVED, REGISTRY, Deliver, psf
from sqlalchemy.orm import Session

from pipeline.errors import NotThere, RegistryFileError
from pipeline.registry import files
from pipeline.registry.course import on_record
from pipeline.registry.updates import note_dispense_rationale
from pipeline.settings import Settings
from pipeline.store.engine import read_only
from pipeline.store.opening import Store, open_store

PHARMACY = {"npi": "1679576722", "setting": "outpatient", "name": 'Shop "North", 2', "ncpdp": None}
COURSE: dict[str, list[dict[str, Any]]] = {
    "anc_results": [{"patient": "x", "drawn_on": "2022-06-11", "anc": 2100, "received": "2022-06-15"}],
    "status_forms": [{"patient": "x", "received": "2022-06-15"}],
    "dispense_rationales": [
        {"patient": "x", "given_on": "2022-06-20", "setting": "outpatient", "pharmacy_npi": "1679576722"}
    ],
}
FILE = {**REGISTRY, "patients": [{**REGISTRY["patients"][0], "key": "x"}], "pharmacies": [PHARMACY], **COURSE}
"""The registry of the other tests, a pharmacy, and a month of a patient's course."""


@pytest.fixture
def other(tmp_path: Path) -> Store:
    """A store of another installation, empty."""
    return open_store(Settings(data_dir=tmp_path / "other"))


def imported(store: Store, path: Path) -> dict[str, int]:
    with Session(store.engine) as session, session.begin():
        return dict(files.import_file(session, path, "A. Clerk"))


def written(store: Store, target: Path) -> Path:
    target.write_text(json.dumps(FILE))
    imported(store, target)
    return target


def tables(store: Store, day: dt.date | None = None) -> dict[str, list[dict[str, Any]]]:
    with Session(read_only(store.engine)) as session:
        return files.tables(session, day)


def test_json_goes_out_and_comes_in(store: Store, other: Store, tmp_path: Path) -> None:
    written(store, tmp_path / "registry.json")
    out = io.StringIO()
    with Session(read_only(store.engine)) as session:
        files.write_json(session, out)
    (tmp_path / "out.json").write_text(out.getvalue())
    imported(other, tmp_path / "out.json")
    assert tables(other) == tables(store)


def test_csv_goes_out_and_comes_in(store: Store, other: Store, tmp_path: Path) -> None:
    written(store, tmp_path / "registry.json")
    with Session(read_only(store.engine)) as session:
        files.write_csv(session, tmp_path / "csv")
    assert sorted(path.stem for path in (tmp_path / "csv").iterdir()) == sorted(files.TABLES)
    imported(other, tmp_path / "csv")
    assert tables(other) == tables(store)
    assert {what for what in imported(other, tmp_path / "csv") if "unchanged" not in what} == set()


def test_the_course_that_was_imported_is_on_record(store: Store, tmp_path: Path) -> None:
    written(store, tmp_path / "registry.json")
    with Session(store.engine) as session:
        record = on_record(session, "1", RECEIVED, PHARMACY["npi"])
        assert (record.last_psf, record.newest_result) == (dt.date(2022, 6, 15), (dt.date(2022, 6, 11), 2100))
        assert record.rationales == (dt.date(2022, 6, 20),)
        assert record.pharmacy == ()  # enrolled, and never certified


def test_an_export_of_a_day_leaves_out_what_came_later(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    day = RECEIVED - dt.timedelta(days=1)
    assert [line["anc"] for line in tables(store)["anc_results"]] == [2300]
    assert tables(store, day)["anc_results"] == tables(store, day)["status_forms"] == []
    assert len(tables(store, day)["patients"]) == 1


def test_a_rationale_is_noted_by_a_person(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session, session.begin():
        note_dispense_rationale(session, "1", RECEIVED, "outpatient", None, "A. Clerk")
        note_dispense_rationale(session, "1", RECEIVED, "inpatient", None, "A. Clerk")
        assert on_record(session, "1", RECEIVED).rationales == (RECEIVED,)
        for key in ("99", "Lane"):
            with pytest.raises(NotThere):
                note_dispense_rationale(session, key, RECEIVED, "outpatient", None, "A. Clerk")


@pytest.mark.parametrize("course", [{"anc_results": [{**COURSE["anc_results"][0], "patient": "y"}]},
                                    {"anc_results": [{**COURSE["anc_results"][0], "anc": "high"}]}])  # fmt: skip
def test_a_course_of_nobody_is_refused_whole(store: Store, tmp_path: Path, course: dict[str, Any]) -> None:
    (tmp_path / "registry.json").write_text(json.dumps({**FILE, **course}))
    with pytest.raises(RegistryFileError):
        imported(store, tmp_path / "registry.json")
    assert tables(store)["patients"] == []


def test_an_empty_folder_is_no_registry(store: Store, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(RegistryFileError):
        imported(store, tmp_path / "nothing")
