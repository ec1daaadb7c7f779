"""The registry of a day from the database answers as the one in memory does, also of days long past."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.registry import history
from pipeline.registry.files import import_file
from pipeline.registry.lookup import RegistryOn
from pipeline.store.opening import Store
from pipeline.store.registry_models import Patient, Prescriber
from validators.names import PersonName
from validators.registry import Programme, RegistrySnapshot

ADA, OTTO = "1000000012", "1000000020"
MARCH, JUNE = dt.date(2022, 3, 1), dt.date(2022, 6, 1)
BEFORE = MARCH - dt.timedelta(days=1)

PEOPLE: dict[str, list[dict[str, Any]]] = {
    "prescribers": [
        {"npi": ADA, "first_name": "Ada", "last_name": "Quill", "certified_on_2021": "2021-11-15"},
        {"npi": OTTO, "first_name": "Otto", "last_name": "Fénn", "certified_on_2021": None},
    ],
    "designees": [
        {"first_name": "Nora", "last_name": "Sedge", "email": None, "phone": "(200) 555-0101", "prescriber_npi": ADA,
         "enrolled_on_2021": "2021-12-01"},
        {"first_name": "Ivo", "last_name": "Nolte", "email": None, "phone": None, "prescriber_npi": OTTO},
    ],
    "patients": [
        {"first_name": "Mira", "last_name": "Holt", "dob": "1980-02-03", "zip": "10001", "prescriber_npi": ADA,
         "enrolled_on_2021": "2021-12-01"},
        {"first_name": "Bea", "last_name": "North", "dob": "1970-05-06", "zip": "10001", "prescriber_npi": OTTO},
        {"first_name": "Hugo", "last_name": "Sand", "dob": "1940-07-08", "zip": "10003", "prescriber_npi": None},
    ],
}  # fmt: skip
"""Invented; what registries in other tests know, and a name with an accent."""


@pytest.fixture
def session(store: Store, tmp_path: Path) -> Iterator[Session]:
    """A transaction in which they were imported."""
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(PEOPLE))
    with Session(store.engine) as session:
        import_file(session, path)
        yield session


def in_memory(session: Session, day: dt.date) -> RegistrySnapshot:
    """The whole registry of that day."""
    tables = ("prescribers", "designees", "patients", "pharmacies")
    return RegistrySnapshot.from_json({table: history.entries(session, table, day) for table in tables})


def test_both_ways_to_look_up_agree(session: Session) -> None:
    ada = session.scalars(select(Patient).where(Patient.first_name == "Mira")).one()
    history.change(session, ada, {"zip": "10009", "prescriber_npi": OTTO, "ben": True}, effective_on=MARCH)
    history.change(session, ada, {"zip": "10003"}, effective_on=JUNE)
    otto = session.scalars(select(Prescriber).where(Prescriber.npi == OTTO)).one()
    history.change(session, otto, {"certified_on_2021": MARCH}, effective_on=MARCH)
    born = dt.date(1980, 2, 3)
    for day in (BEFORE, MARCH, JUNE):
        here, there = RegistryOn(session, day), in_memory(session, day)
        for npi in (ADA, OTTO, "1234567893"):
            assert here.prescriber(npi) == there.prescriber(npi)
            assert here.designees_of(npi) == there.designees_of(npi)
        for name in (
            PersonName("Otto", "Fenn"),
            PersonName("Quill", "Ada"),
            PersonName("Nora", "X"),
            PersonName("", ""),
        ):
            assert here.prescribers_named(name) == there.prescribers_named(name)
            assert here.designees_named(name) == there.designees_named(name)
        for sought in ((born, None, None), (None, "10001", None), (None, "10009", OTTO), (born, "10003", ADA)):
            found = {patient.key: patient for patient in here.patients_like(*sought)}
            assert found == {patient.key: patient for patient in there.patients_like(*sought)}
        assert here.count_patients() == there.count_patients()
        for programme in Programme:
            assert here.knows_designees(programme) is there.knows_designees(programme)


def test_a_patient_is_found_by_where_they_lived_then(session: Session) -> None:
    mira = session.scalars(select(Patient).where(Patient.first_name == "Mira")).one()
    history.change(session, mira, {"zip": "10009"}, effective_on=MARCH)
    found = [
        [patient.name.first for patient in RegistryOn(session, day).patients_like(None, zip_code, None)]
        for day in (BEFORE, MARCH)
        for zip_code in ("10001", "10009")
    ]
    assert found == [["Mira", "Bea"], [], ["Bea"], ["Mira"]]


def test_nothing_to_look_up_finds_nobody(session: Session) -> None:
    assert RegistryOn(session, MARCH).patients_like(None, None, None) == ()
