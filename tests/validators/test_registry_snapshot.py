"""Look-ups in the registry."""

from __future__ import annotations

import datetime as dt

import pytest

from validators.names import PersonName
from validators.registry import Membership, Programme, RegistrySnapshot

CERTIFIED = "1000000012"


def test_an_empty_registry_knows_nobody() -> None:
    registry = RegistrySnapshot.from_json({})
    assert registry.prescriber(CERTIFIED) is None
    assert registry.patients_like(dt.date(1980, 2, 3), "10001", CERTIFIED) == ()


@pytest.mark.parametrize(
    ("programme", "day", "holds"),
    [
        (Programme.MODIFIED, "2021-11-14", False),
        (Programme.MODIFIED, "2021-11-15", True),
        (Programme.FIRST, "2015-10-19", False),
        (Programme.FIRST, "2015-10-20", True),
    ],
)
def test_certified_from_its_day_on(registry: RegistrySnapshot, programme: Programme, day: str, holds: bool) -> None:
    prescriber = registry.prescriber(CERTIFIED)
    assert prescriber is not None
    assert prescriber.certified.holds(programme, dt.date.fromisoformat(day)) is holds


def test_never_a_member() -> None:
    assert not Membership().holds(Programme.MODIFIED, dt.date(2022, 1, 1))


def test_designees_belong_to_their_prescriber(registry: RegistrySnapshot) -> None:
    assert [designee.name for designee in registry.designees_of(CERTIFIED)] == [PersonName("Nora", "Sedge")]
    assert registry.knows_designees(Programme.MODIFIED)
    assert not registry.knows_designees(Programme.FIRST)


def test_patients_who_share_anything_are_candidates_once(registry: RegistrySnapshot) -> None:
    by_all = registry.patients_like(dt.date(1980, 2, 3), "10001", CERTIFIED)
    by_birth = registry.patients_like(dt.date(1980, 2, 3), None, None)
    assert len(by_all) == len({patient.key for patient in by_all}) == len(registry.patients)
    assert [patient.name for patient in by_birth] == [PersonName("Mira", "Holt")]


def test_keys_last_from_import_to_import_and_say_nothing(registry: RegistrySnapshot) -> None:
    patient = registry.patients[0]
    entry = {
        "first_name": "MIRA",
        "last_name": "Holt",
        "dob": "1980-02-03",
        "zip": "10001",
        "prescriber_npi": CERTIFIED,
    }
    again = RegistrySnapshot.from_json({"patients": [entry]}).patients[0]
    assert again.key == patient.key
    assert "holt" not in patient.key.lower()
