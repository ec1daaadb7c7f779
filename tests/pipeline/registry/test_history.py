"""The registry: imported, changed by accepted forms, and known as it was on any day."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import RegistryFileError
from pipeline.registry import history
from pipeline.registry.files import import_file
from pipeline.registry.lookup import RegistryOn
from pipeline.store import audit
from pipeline.store.models import AuditLine
from pipeline.store.opening import Store
from pipeline.store.registry_models import Patient, RegistryChange

NPI = "1234567893"
REGISTRY: dict[str, list[dict[str, Any]]] = {
    "prescribers": [
        {"npi": NPI, "first_name": "Ada", "last_name": "Moss", "email": None, "certified_on_2015": None,
         "certified_on_2021": "2021-11-20"},
    ],
    "designees": [
        {"first_name": "Bo", "last_name": "Reed", "email": "bo@clinic.example", "phone": "(555) 555-0100",
         "prescriber_npi": NPI, "enrolled_on_2021": "2021-12-01"},
    ],
    "patients": [
        {"first_name": "Cy", "last_name": "Lane", "dob": "1980-02-03", "zip": "10001", "gender": "male",
         "prescriber_npi": NPI, "enrolled_on_2015": None, "enrolled_on_2021": "2021-12-05", "ben": False,
         "hospice": False, "treatment_status": "active", "monitoring_frequency": "weekly"},
    ],
    "pharmacies": [],
}  # fmt: skip
"""One of each, invented, in the shape of a registry file."""

JANUARY, MARCH, JUNE, DECEMBER = (dt.date(2022, month, 1) for month in (1, 3, 6, 12))


@pytest.fixture
def session(store: Store, tmp_path: Path) -> Iterator[Session]:
    """A transaction in which the registry file was imported."""
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(REGISTRY))
    with Session(store.engine) as session:
        import_file(session, path)
        yield session


def status(session: Session, day: dt.date) -> tuple[Any, ...]:
    (patient,) = history.entries(session, "patients", day)
    return patient["treatment_status"], patient["ben"]


def set_patient(session: Session, day: dt.date, **values: Any) -> bool:
    return history.change(session, session.scalars(select(Patient)).one(), values, effective_on=day)


def test_what_was_imported_is_exported(session: Session) -> None:
    for table, entries in REGISTRY.items():
        for ours, theirs in zip(history.entries(session, table), entries, strict=True):
            assert theirs.items() <= ours.items()


def test_the_same_file_again_changes_nothing(session: Session, tmp_path: Path) -> None:
    counts = import_file(session, tmp_path / "registry.json")
    assert counts == {"prescribers unchanged": 1, "designees unchanged": 1, "patients unchanged": 1}
    assert session.scalars(select(RegistryChange)).all() == []


def test_the_snapshot_is_of_the_day(session: Session) -> None:
    assert set_patient(session, MARCH, ben=True)
    assert set_patient(session, JUNE, treatment_status="interrupted")
    assert [status(session, day) for day in (JANUARY, MARCH, JUNE)] == [
        ("active", False),
        ("active", True),
        ("interrupted", True),
    ]
    days = [RegistryOn(session, day).patients_like(None, "10001", None) for day in (JANUARY, JUNE)]
    assert [patient.ben for patients in days for patient in patients] == [False, True]


def test_a_change_that_is_recorded_late_does_not_undo_a_later_one(session: Session) -> None:
    set_patient(session, JUNE, treatment_status="discontinued")
    set_patient(session, MARCH, treatment_status="interrupted")
    assert [status(session, day)[0] for day in (JANUARY, MARCH, JUNE, DECEMBER)] == [
        "active",
        "interrupted",
        "discontinued",
        "discontinued",
    ]
    assert session.scalars(select(Patient)).one().treatment_status == "discontinued"


def test_a_value_that_is_known_already_is_no_change(session: Session) -> None:
    assert not set_patient(session, MARCH, treatment_status="active", dob=dt.date(1980, 2, 3))


def test_a_new_person_is_not_known_before(session: Session) -> None:
    new = Patient(first_name="Di", last_name="Vale", dob=dt.date(1990, 1, 1), ben=False, hospice=False)
    history.add(session, new, effective_on=JUNE, form_pk=None)
    assert [len(history.entries(session, "patients", day)) for day in (MARCH, JUNE)] == [1, 2]
    history.change(session, new, {"zip": "10002"}, effective_on=MARCH)
    assert len(history.entries(session, "patients", MARCH)) == 2


def test_every_change_stands_in_the_audit_trail(session: Session) -> None:
    set_patient(session, MARCH, ben=True)
    line = session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
    assert line is not None
    assert line.before is not None
    assert line.after is not None
    assert (line.before["ben"], line.after["ben"]) == (False, True)
    assert audit.verify(session) is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"patients": [{"last_name": "Lane"}]}', '{"patients": [{"first_name": "Cy", "last_name": "Lane", '
     '"dob": "Feb 3", "zip": "1"}]}'],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_without_telling_what_it_holds(
    session: Session, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(RegistryFileError) as error:
        import_file(session, path)
    assert "Lane" not in str(error.value)
    assert "Feb" not in str(error.value)
