"""Group C, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from extractors.definition import FieldKind, Required
from extractors.definition_files import load_definitions
from validators.judge import Judgement

Says = Callable[..., str]
Judged = Callable[..., Judgement]

PSF, LAB, PRESCRIBER, DESIGNEE = "psf_2021", "anc_lab_2015", "prescriber_enrollment_2021", "designee_enrollment_2021"
REQUIRED = [(d.form_id, f.name) for d in load_definitions() for f in d.fields if f.required is Required.YES]
DATES = [
    (d.form_id, f.name)
    for d in load_definitions()
    for f in d.fields
    if f.kind is FieldKind.DATE and f.name != "status_date"
]


@pytest.mark.parametrize(("form_id", "name"), REQUIRED)
def test_r15_and_r16_every_required_field(judged: Judged, form_id: str, name: str) -> None:
    assert f"missing:{name}" in {finding.reason for finding in judged(form_id, **{name: None}).findings}


@pytest.mark.parametrize(
    ("form_id", "changes", "said"),
    [
        (PSF, {"anc_value": None, "anc_draw_date": None}, "missing, missing"),
        (PSF, {"anc_value": None, "anc_draw_date": None, "anc_not_available": True}, ""),
        (PSF, {"treatment_status": "interrupted", "status_date": "2022-06-12"}, "missing"),  # its reason
        (PSF, {"treatment_status": "interrupted", "status_date": "2022-06-12", "status_reason": "Surgery"}, ""),
        (PSF, {"submission_type": "status_change"}, "missing"),  # its date
        (PSF, {"rationale_other": True}, "missing"),
        (PSF, {"rationale_other": True, "rationale_text": "Stable"}, ""),
        (LAB, {"monitoring_frequency": "weekly"}, "missing, missing"),  # then signature and date are due
        (LAB, {"monitoring_frequency": "weekly", "prescriber_signature": True, "signature_date": "2017-06-14"}, ""),
        (PSF, {"patient_phone": None}, ""),
        (PSF, {"prescriber_phone": "x", "doubtful": {"prescriber_phone"}}, ""),  # something stands there
        (PSF, {"prescriber_phone": None, "doubtful": {"prescriber_phone"}}, "not known: prescriber_phone"),
        (PSF, {"patient_phone": None, "doubtful": {"patient_phone"}}, ""),  # optional
        (PSF, {"anc_value_2": "2000", "doubtful": {"anc_value_2"}}, "not known: anc_value_2"),
        (PSF, {"doubtful": {"patient_last_name", "patient_zip"}}, ""),  # the patient is identified by the rest
        (PRESCRIBER, {"prescriber_dea": None}, ""),
        (PRESCRIBER, {"doubtful": {"prescriber_last_name"}}, ""),  # three other places say the same
        (
            PRESCRIBER,
            {"prescriber_last_name": "Vole", "doubtful": {"prescriber_last_name"}},
            "not known: prescriber_last_name",
        ),
        (DESIGNEE, {"doubtful": {"designee_last_name"}}, ""),  # the email does
        (
            DESIGNEE,
            {"designee_email": "front@example.org", "doubtful": {"designee_last_name"}},
            "not known: designee_last_name",
        ),
    ],
)
def test_r15_conditions_and_doubts(says: Says, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says("R15", form_id, **changes) == said


@pytest.mark.parametrize(
    ("form_id", "changes", "said"),
    [
        (PSF, {"treatment_status": ("active", "interrupted")}, "conflict"),
        (PSF, {"treatment_status": None}, "missing"),
        (PSF, {"doubtful": {"patient_gender"}}, "not known: patient_gender"),
        (PSF, {"anc_not_available": True}, "conflict"),  # and yet a result
        (LAB, {"treatment_status": None}, ""),  # optional there
        (LAB, {"treatment_status": ("active", "interrupted")}, "conflict"),
        ("patient_enrollment_2015", {"patient_race": ("white", "other")}, ""),  # never used by a rule
        (PRESCRIBER, {"preferred_contact": ("email", "fax")}, "conflict"),
    ],
)
def test_r16_one_tick_a_group(says: Says, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says("R16", form_id, **changes) == said


@pytest.mark.parametrize(("form_id", "name"), DATES)
def test_r17_dates_that_do_not_exist(says: Says, form_id: str, name: str) -> None:
    assert "date_invalid" in says("R17", form_id, **{name: "02/30/2022"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"anc_draw_date": "2022-06-14"}, ""),  # drawn and signed on one day
        ({"anc_draw_date": "2022-06-15", "signature_date": "2022-06-14"}, "date_invalid"),
        ({"signature_date": "2022-06-15"}, ""),  # signed and received on one day
        ({"signature_date": "2022-06-16"}, "date_invalid"),
        ({"anc_draw_date": "2022-06-16", "signature_date": None}, "date_invalid"),
        ({"patient_dob": "2022-06-10"}, "date_invalid"),  # not before the draw
        ({"patient_dob": "2022-06-09"}, ""),
        ({"anc_draw_date_3": "2022-06-16"}, "date_invalid, date_invalid"),  # after signature and receipt
    ],
)
def test_r17_dates_out_of_order(says: Says, changes: dict[str, Any], said: str) -> None:
    assert says("R17", PSF, **changes) == said


@pytest.mark.parametrize(
    ("anc", "said"),
    [
        ("99", "anc_implausible"),
        ("100", ""),
        ("30000", ""),
        ("30001", "anc_implausible"),
        ("6.2", "anc_implausible"),
        ("1.85 K/uL", "anc_implausible"),
        ("2,500", ""),  # a thousands comma
        ("25,00", "anc_implausible"),
        (None, ""),
    ],
)
@pytest.mark.parametrize("field", ["anc_value", "anc_value_4"])
def test_r18_anc_is_plausible(says: Says, field: str, anc: str | None, said: str) -> None:
    assert says("R18", PSF, **{field: anc}) == said


@pytest.mark.parametrize(
    ("form_id", "changes", "said"),
    [
        (PSF, {"prescriber_signature": None}, "missing"),
        (PSF, {"prescriber_signature": None, "signature_date": None}, "missing, missing"),
        (PSF, {"signature_date": None}, "missing"),
        (PSF, {"doubtful": {"prescriber_signature"}}, "not known: prescriber_signature"),
        (PSF, {"missing_pages": (2,)}, "missing"),
        (LAB, {}, ""),  # a plain report needs no signature (R54)
        (LAB, {"prescriber_signature": True}, "missing"),
        ("pharmacy_inpatient_2021", {"signature_date": None}, "missing"),
    ],
)
def test_r19_signatures_and_pages(says: Says, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says("R19", form_id, **changes).startswith(said)
    assert bool(says("R19", form_id, **changes)) == bool(said)


def test_r19_names_the_line_that_the_role_had_to_sign(judged: Judged) -> None:
    unsigned: dict[str, Any] = {"prescriber_signature": None, "signature_date": None}
    for role in ("prescriber", "designee"):
        reasons = {finding.reason for finding in judged(PSF, submitter_role=role, **unsigned).findings}
        assert f"missing:{role}_signature" in reasons


@pytest.mark.parametrize(
    ("form_id", "changes", "said"),
    [
        (PSF, {"patient_name_p2": "Sand, Hugo"}, "conflict"),
        (PSF, {"patient_dob_p2": "1981-02-03"}, "conflict"),
        (PSF, {"patient_name_p2": None, "patient_dob_p2": None}, ""),
        (PSF, {"patient_name_p2": "Hult, Mire"}, ""),  # a misreading
        (PSF, {"patient_name_p2": "Xxxx, Yyyy", "doubtful": {"patient_name_p2"}}, ""),  # the dates agree
        (PSF, {"patient_dob_p2": "1981-02-03", "doubtful": {"patient_dob_p2"}}, ""),  # the names agree
        (
            PSF,
            {
                "patient_name_p2": "Sand, Hugo",
                "patient_dob_p2": "1940-07-08",
                "doubtful": {"patient_name_p2", "patient_dob_p2"},
            },
            "not known: patient_name_p2, patient_dob_p2",
        ),
        (PRESCRIBER, {"prescriber_npi_p2": "1000000012"}, "conflict"),
        (PRESCRIBER, {"prescriber_name_p2": "Quill, Ada"}, "conflict"),
    ],
)
def test_r19_page_heads(says: Says, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says("R19", form_id, **changes) == said
