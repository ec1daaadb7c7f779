"""Group A, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.validators.rulebook.cases import of, rule_table

Says = Callable[..., str]

PSF, LAB, ENROLLMENT = "psf_2021", "anc_lab_2015", "designee_enrollment_2021"
OF_2015 = {"prescriber_first_name": "Otto", "prescriber_last_name": "Fenn", "prescriber_npi": "1000000020"}
BY_OTTO = {"prescriber_name": "Otto Fenn", "prescriber_npi_or_dea": "1000000020"}
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
TRIPLET = {
    "patient_first_name": "Mary",
    "patient_last_name": "Twine",
    "patient_dob": "1990-09-10",
    "patient_zip": "10004",
    "patient_name_p2": "Twine, Mary",
    "patient_dob_p2": "1990-09-10",
}
BASELINE = {"submission_type": "baseline"}
NEWCOMER = {
    "patient_first_name": "Uma",
    "patient_last_name": "Newell",
    "patient_dob": "1985-04-05",
    "patient_zip": "20002",
    "patient_name_p2": "Newell, Uma",
    "patient_dob_p2": "1985-04-05",
}


@rule_table(
    of("R1", LAB, ({"received": "2015-10-11"}, "before_programme"), ({"received": "2015-10-12"}, "")),
    of(
        "R1",
        PSF,
        ({"received": "2025-02-23"}, ""),
        ({"received": "2025-02-24"}, "programme_ending"),
        ({"received": "2025-06-12"}, "programme_ending"),
        ({"received": "2025-06-13"}, "programme_ended"),
    ),
)
def test_r1_life_of_the_programme(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    [
        ("R3", PSF, {}, ""),
        ("R3", PSF, OF_2015, "not_certified"),  # an old certification proves nothing (R4)
        ("R3", PSF, STRANGER, "not_certified"),
        ("R3", PSF, {"received": "2021-11-15"}, "not_enrolled"),  # the patient only from 1 Dec on
        ("R3", PSF, {"received": "2021-12-01"}, ""),
        ("R3", ENROLLMENT, OF_2015, "not_certified"),
        ("R3", LAB, BY_OTTO, ""),  # certified in 2015
        ("R3", LAB, BY_OTTO | {"received": "2021-11-14"}, ""),
        ("R3", LAB, BY_OTTO | {"received": "2021-11-15"}, "not_certified, not_enrolled"),  # nothing was carried over
        ("R3", LAB, {"received": "2015-10-19"}, "not_certified"),
        ("R3", LAB, {"received": "2015-10-20"}, ""),
        ("R3", LAB, {"prescriber_npi_or_dea": "FQ1234563"}, ""),  # by name where the form gives a DEA number
        ("R3", LAB, {"prescriber_npi_or_dea": "FQ1234563", "prescriber_name": "Ines Vale"}, "not_certified"),
        ("R3", PSF, {"prescriber_first_name": "Zoltan", "prescriber_last_name": "Ibbs"}, "conflict"),
        ("R3", PSF, {"prescriber_npi": None}, ""),  # R15 asks for it
    ],
)
def test_r3_prescribers(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    of(
        "R3",
        PSF,
        (DESIGNEE | {}, ""),
        (DESIGNEE | {"submitter_name": "Ivo Marsh"}, "not_linked"),  # the designee of somebody else
        (DESIGNEE | {"submitter_name": "Paula Kern"}, "not_linked"),
        (DESIGNEE | {"submitter_name": "Norah Sedge"}, ""),  # one letter
        (DESIGNEE | {"submitter_name": "Nira Sadge", "doubtful": {"submitter_name"}}, ""),
        (DESIGNEE | {"submitter_name": "Paula Kern", "doubtful": {"submitter_name"}}, "not known: submitter_name"),
        (DESIGNEE | {"submitter_name": "Iva March", "doubtful": {"submitter_name"}}, "not known: submitter_name"),
        (
            DESIGNEE | {"submitter_name": "N Sedj", "submitter_phone": "2005550101", "doubtful": {"submitter_name"}},
            "not known: submitter_name",
        ),
        (DESIGNEE | {"submitter_name": "Nor Seg", "submitter_phone": "2005550101", "doubtful": {"submitter_name"}}, ""),
        (DESIGNEE | {"submitter_name": None}, ""),  # R15 asks for it
    )
)
def test_r3_designees(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@pytest.mark.rule("R3", fires=False)
def test_r3_designees_of_the_first_programme_are_not_on_record(says: Says) -> None:
    assert says("R3", "patient_enrollment_2015", submitter_role="designee", signer_name="Paula Kern") == ""


@rule_table(
    of(
        "R3",
        PSF,
        (EARLY, "not_enrolled"),
        (NEWCOMER, "not_enrolled"),
        (NEWCOMER | BASELINE, ""),
        (EARLY | BASELINE, ""),
        (TRIPLET | BASELINE, "patient_ambiguous"),  # of the twins' birthday and address
        ({"patient_dob": "1981-02-03", "patient_dob_p2": None}, "conflict"),  # somebody else's birthday
        (NEWCOMER | {"doubtful": {"patient_dob"}}, "not known: patient_dob"),
        (NEWCOMER | BASELINE | {"doubtful": {"patient_last_name"}}, "not known: patient_last_name"),
    )
)
def test_r3_patients(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    of(
        "R6",
        PSF,
        (EARLY | BASELINE | {"received": "2021-12-22"}, ""),
        (EARLY | BASELINE | {"received": "2021-12-23"}, "enrolled_late"),
        (NEWCOMER | BASELINE | {"received": "2021-12-23"}, ""),  # nobody of the first programme
        (EARLY | {"received": "2021-12-23"}, ""),  # no enrollment
        (BASELINE | {"received": "2022-06-15"}, ""),  # enrolled in time, and once more
    )
)
def test_r6_enrolled_in_time(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
