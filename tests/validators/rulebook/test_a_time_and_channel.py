"""Group A, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Says = Callable[..., str]

PSF, LAB, ENROLLMENT = "psf_2021", "anc_lab_2015", "designee_enrollment_2021"
OF_2015 = {"prescriber_first_name": "Otto", "prescriber_last_name": "Fenn", "prescriber_npi": "1000000020"}
STRANGER = {"prescriber_first_name": "Ines", "prescriber_last_name": "Vale", "prescriber_npi": "1000000038"}
DESIGNEE: dict[str, Any] = {
    "submitter_role": "designee",
    "submitter_name": "Nora Sedge",
    "prescriber_signature": None,
    "signature_date": None,
    "designee_signature": True,
    "designee_signature_date": "2022-06-14",
}
EARLY = {
    "patient_first_name": "Olaf",
    "patient_last_name": "Early",
    "patient_dob": "1960-11-12",
    "patient_zip": "10005",
    "patient_name_p2": "Early, Olaf",
    "patient_dob_p2": "1960-11-12",
}
NEWCOMER = {
    "patient_first_name": "Uma",
    "patient_last_name": "Newell",
    "patient_dob": "1985-04-05",
    "patient_zip": "20002",
    "patient_name_p2": "Newell, Uma",
    "patient_dob_p2": "1985-04-05",
}


@pytest.mark.parametrize(
    ("form_id", "received", "said"),
    [
        (LAB, "2015-10-11", "before_programme"),
        (LAB, "2015-10-12", ""),
        (PSF, "2025-02-23", ""),
        (PSF, "2025-02-24", "programme_ending"),
        (PSF, "2025-06-12", "programme_ending"),
        (PSF, "2025-06-13", "programme_ended"),
    ],
)
def test_r1_life_of_the_programme(says: Says, form_id: str, received: str, said: str) -> None:
    assert says("R1", form_id, received=received) == said


@pytest.mark.parametrize(
    ("form_id", "changes", "said"),
    [
        (PSF, {}, ""),
        (PSF, OF_2015, "not_certified"),  # an old certification proves nothing (R4)
        (PSF, STRANGER, "not_certified"),
        (PSF, {"received": "2021-11-15"}, "not_enrolled"),  # the patient only from 1 Dec on
        (PSF, {"received": "2021-12-01"}, ""),
        (ENROLLMENT, OF_2015, "not_certified"),
        (LAB, {"prescriber_name": "Otto Fenn", "prescriber_npi_or_dea": "1000000020"}, ""),  # certified in 2015
        (LAB, {"received": "2015-10-19"}, "not_certified"),
        (LAB, {"received": "2015-10-20"}, ""),
        (LAB, {"prescriber_npi_or_dea": "FQ1234563"}, ""),  # by name where the form gives a DEA number
        (LAB, {"prescriber_npi_or_dea": "FQ1234563", "prescriber_name": "Ines Vale"}, "not_certified"),
        (PSF, {"prescriber_first_name": "Zoltan", "prescriber_last_name": "Ibbs"}, "conflict"),
        (PSF, {"prescriber_npi": None}, ""),  # R15 asks for it
    ],
)
def test_r3_prescribers(says: Says, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says("R3", form_id, **changes) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"submitter_name": "Ivo Marsh"}, "not_linked"),  # the designee of somebody else
        ({"submitter_name": "Paula Kern"}, "not_linked"),
        ({"submitter_name": "Norah Sedge"}, ""),  # one letter
        ({"submitter_name": "Nira Sadge", "doubtful": {"submitter_name"}}, ""),
        ({"submitter_name": "Paula Kern", "doubtful": {"submitter_name"}}, "not known: submitter_name"),
        ({"submitter_name": "Iva March", "doubtful": {"submitter_name"}}, "not known: submitter_name"),
        (
            {"submitter_name": "N Sedj", "submitter_phone": "2005550101", "doubtful": {"submitter_name"}},
            "not known: submitter_name",
        ),
        ({"submitter_name": "Nor Seg", "submitter_phone": "2005550101", "doubtful": {"submitter_name"}}, ""),
        ({"submitter_name": None}, ""),  # R15 asks for it
    ],
)
def test_r3_designees(says: Says, changes: dict[str, Any], said: str) -> None:
    assert says("R3", PSF, **{**DESIGNEE, **changes}) == said


def test_r3_designees_of_the_first_programme_are_not_on_record(says: Says) -> None:
    assert says("R3", "patient_enrollment_2015", submitter_role="designee", signer_name="Paula Kern") == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (EARLY, "not_enrolled"),
        (NEWCOMER, "not_enrolled"),
        (NEWCOMER | {"submission_type": "baseline"}, ""),
        (EARLY | {"submission_type": "baseline"}, ""),
        ({"patient_dob": "1981-02-03", "patient_dob_p2": None}, "conflict"),  # somebody else's birthday
        (NEWCOMER | {"doubtful": {"patient_dob"}}, "not known: patient_dob"),
        (NEWCOMER | {"submission_type": "baseline", "doubtful": {"patient_last_name"}}, "not known: patient_last_name"),
    ],
)
def test_r3_patients(says: Says, changes: dict[str, Any], said: str) -> None:
    assert says("R3", PSF, **changes) == said


@pytest.mark.parametrize(("received", "said"), [("2021-12-22", ""), ("2021-12-23", "enrolled_late")])
def test_r6_enrolled_in_time(says: Says, received: str, said: str) -> None:
    assert says("R6", PSF, submission_type="baseline", received=received, **EARLY) == said
    assert says("R6", PSF, submission_type="baseline", received=received, **NEWCOMER) == ""
