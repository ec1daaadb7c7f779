"""Who is meant: evidence together, a margin to the runner-up, and no guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.content import Content
from validators.identification import Certainty, identify_patient, identify_prescriber
from validators.registry import RegistrySnapshot

Fill = Callable[..., Content]

NAMES = {"patient_first_name", "patient_last_name", "patient_name_p2"}
TWIN: dict[str, Any] = {
    "patient_first_name": "Tess",
    "patient_last_name": "Twine",
    "patient_dob": "1990-09-10",
    "patient_zip": "10004",
    "patient_name_p2": None,
    "patient_dob_p2": "1990-09-10",
}


def test_everything_agrees(fill: Fill, registry: RegistrySnapshot) -> None:
    match = identify_patient(fill("psf_2021"), registry)
    assert match.certainty is Certainty.SURE
    assert match.patient == registry.patients[0]
    assert match.score > 0.999
    assert match.margin > 0.999


@pytest.mark.parametrize(
    "changes",
    [
        {"patient_first_name": "Mixa", "patient_last_name": "Hdt", "doubtful": NAMES},
        {"patient_zip": "10099"},  # moved
        {"patient_zip": "10007", "doubtful": {"patient_zip"}},
        {"patient_dob": None},
        {"patient_dob": "1980-02-08", "doubtful": {"patient_dob"}},
        {"prescriber_npi": "1000000020"},  # another prescriber
    ],
)
def test_one_piece_of_evidence_may_fail(fill: Fill, registry: RegistrySnapshot, changes: dict[str, Any]) -> None:
    match = identify_patient(fill("psf_2021", **changes), registry)
    assert match.certainty is Certainty.SURE
    assert match.patient == registry.patients[0]


def test_twins_are_told_apart_by_their_first_name_alone(fill: Fill, registry: RegistrySnapshot) -> None:
    told = identify_patient(fill("psf_2021", **TWIN), registry)
    assert told.certainty is Certainty.SURE
    assert told.patient is not None
    assert told.patient.name.first == "Tess"


@pytest.mark.parametrize("first", ["Russ", "Tuth", None])
def test_a_small_margin_is_a_doubt(fill: Fill, registry: RegistrySnapshot, first: str | None) -> None:
    twin = fill("psf_2021", **{**TWIN, "patient_first_name": first}, doubtful={"patient_first_name"})
    match = identify_patient(twin, registry)
    assert match.certainty is not Certainty.SURE
    assert match.margin < 0.99


def test_a_twin_who_is_not_enrolled_is_not_taken_for_the_one_who_is(fill: Fill, registry: RegistrySnapshot) -> None:
    known = identify_patient(fill("psf_2021", patient_first_name="Quentin", patient_name_p2=None), registry)
    doubtful = fill("psf_2021", patient_first_name="Quentin", patient_name_p2=None, doubtful={"patient_first_name"})
    assert known.certainty is Certainty.CONTRADICTED
    assert identify_patient(doubtful, registry).certainty is Certainty.DOUBTFUL


def test_a_birthday_read_with_confidence_is_not_overruled(fill: Fill, registry: RegistrySnapshot) -> None:
    match = identify_patient(fill("psf_2021", patient_dob="1979-01-30"), registry)
    assert match.certainty is Certainty.CONTRADICTED


@given(
    zip_code=st.from_regex(r"9[0-9]{4}", fullmatch=True),
    dob=st.dates().map(lambda day: day.isoformat()),
    doubtful=st.sets(st.sampled_from(["patient_dob", "patient_zip", *sorted(NAMES)])),
)
def test_a_stranger_is_never_surely_somebody(
    fill: Fill, registry: RegistrySnapshot, zip_code: str, dob: str, doubtful: set[str]
) -> None:
    """A name and a prescriber alone identify nobody."""
    if dob in {patient.dob.isoformat() for patient in registry.patients}:
        return
    stranger = fill("psf_2021", patient_zip=zip_code, patient_dob=dob, doubtful=doubtful)
    assert identify_patient(stranger, registry).certainty is not Certainty.SURE


@pytest.mark.parametrize(
    ("changes", "certainty"),
    [
        ({}, Certainty.SURE),
        ({"prescriber_first_name": "Ade", "prescriber_last_name": "Quilt"}, Certainty.SURE),
        ({"prescriber_first_name": "Zoltan", "prescriber_last_name": "Ibbs"}, Certainty.CONTRADICTED),
        (
            {
                "prescriber_first_name": "Zoltan",
                "prescriber_last_name": "Ibbs",
                "doubtful": {"prescriber_first_name", "prescriber_last_name"},
            },
            Certainty.DOUBTFUL,
        ),
        ({"prescriber_npi": "1000000038"}, Certainty.NOBODY),
    ],
)
def test_prescribers_go_by_npi_and_the_name_may_object(
    fill: Fill, registry: RegistrySnapshot, changes: dict[str, Any], certainty: Certainty
) -> None:
    assert identify_prescriber(fill("psf_2021", **changes), registry).certainty is certainty
