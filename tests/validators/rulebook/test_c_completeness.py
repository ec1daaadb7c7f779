"""Group C, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from extractors.definition import FieldKind, Required
from extractors.definition_files import load_definitions
from tests.validators.rulebook.cases import of, rule_table
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


@pytest.mark.rule("R15", fires=True)
@pytest.mark.rule("R16", fires=True)
@pytest.mark.parametrize(("form_id", "name"), REQUIRED)
def test_r15_and_r16_every_required_field(judged: Judged, form_id: str, name: str) -> None:
    assert f"missing:{name}" in {finding.reason for finding in judged(form_id, **{name: None}).findings}


@rule_table(
    [
        ("R15", PSF, {"anc_value": None, "anc_draw_date": None}, "missing, missing"),
        ("R15", PSF, {"anc_value": None, "anc_draw_date": None, "anc_not_available": True}, ""),
        ("R15", PSF, {"treatment_status": "interrupted", "status_date": "2022-06-12"}, "missing"),  # its reason
        ("R15", PSF, {"treatment_status": "interrupted", "status_date": "2022-06-12", "status_reason": "Surgery"}, ""),
        ("R15", PSF, {"submission_type": "status_change"}, "missing"),  # its date
        ("R15", PSF, {"rationale_other": True}, "missing"),
        ("R15", PSF, {"rationale_other": True, "rationale_text": "Stable"}, ""),
        ("R15", LAB, {"monitoring_frequency": "weekly"}, "missing, missing"),  # then signature and date are due
        (
            "R15",
            LAB,
            {"monitoring_frequency": "weekly", "prescriber_signature": True, "signature_date": "2017-06-14"},
            "",
        ),
        ("R15", PSF, {"anc_value_2": "2000"}, "missing"),  # its date
        ("R15", PSF, {"anc_draw_date_3": "2022-06-03"}, "missing"),  # its result
        ("R15", PSF, {"anc_value_4": "2000", "anc_draw_date_4": "2022-06-03"}, ""),
        ("R15", PSF, {"patient_phone": None}, ""),
        ("R15", PSF, {"prescriber_phone": "x", "doubtful": {"prescriber_phone"}}, ""),  # something stands there
        ("R15", PSF, {"prescriber_phone": None, "doubtful": {"prescriber_phone"}}, "not known: prescriber_phone"),
        ("R15", PSF, {"patient_phone": None, "doubtful": {"patient_phone"}}, ""),  # optional
        (
            "R15",
            PSF,
            {"anc_value_2": "2000", "anc_draw_date_2": "2022-06-03", "doubtful": {"anc_value_2"}},
            "not known: anc_value_2",
        ),
        ("R15", PSF, {"doubtful": {"patient_last_name", "patient_zip"}}, ""),  # the patient is identified by the rest
        ("R15", PRESCRIBER, {"prescriber_dea": None}, ""),
        ("R15", PRESCRIBER, {"doubtful": {"prescriber_last_name"}}, ""),  # three other places say the same
        (
            "R15",
            PRESCRIBER,
            {"prescriber_last_name": "Vole", "doubtful": {"prescriber_last_name"}},
            "not known: prescriber_last_name",
        ),
        ("R15", DESIGNEE, {"doubtful": {"designee_last_name"}}, ""),  # the email does
        (
            "R15",
            DESIGNEE,
            {"designee_email": "front@example.org", "doubtful": {"designee_last_name"}},
            "not known: designee_last_name",
        ),
    ],
)
def test_r15_conditions_and_doubts(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    [
        ("R16", PSF, {"treatment_status": ("active", "interrupted")}, "conflict"),
        ("R16", PSF, {"treatment_status": None}, "missing"),
        ("R16", PSF, {"doubtful": {"patient_gender"}}, "not known: patient_gender"),
        ("R16", PSF, {"anc_not_available": True}, "conflict"),  # and yet a result
        ("R16", LAB, {"treatment_status": None}, ""),  # optional there
        ("R16", LAB, {"treatment_status": ("active", "interrupted")}, "conflict"),
        ("R16", "patient_enrollment_2015", {"patient_race": ("white", "other")}, ""),  # never used by a rule
        ("R16", PRESCRIBER, {"preferred_contact": ("email", "fax")}, "conflict"),
    ],
)
def test_r16_one_tick_a_group(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@pytest.mark.rule("R17", fires=True)
@pytest.mark.parametrize(("form_id", "name"), DATES)
def test_r17_dates_that_do_not_exist(says: Says, form_id: str, name: str) -> None:
    assert "date_invalid" in says("R17", form_id, **{name: "02/30/2022"})


@rule_table(
    of(
        "R17",
        PSF,
        ({"anc_draw_date": "2022-06-14"}, ""),  # drawn and signed on one day
        ({"anc_draw_date": "2022-06-15", "signature_date": "2022-06-14"}, "date_invalid"),
        ({"signature_date": "2022-06-15"}, ""),  # signed and received on one day
        ({"signature_date": "2022-06-16"}, "date_invalid"),
        ({"anc_draw_date": "2022-06-16", "signature_date": None}, "date_invalid"),
        ({"patient_dob": "2022-06-10"}, "date_invalid"),  # not before the draw
        ({"patient_dob": "2022-06-09"}, ""),
        ({"anc_draw_date_3": "2022-06-16"}, "date_invalid, date_invalid"),  # after signature and receipt
        ({"anc_draw_date": "2024-02-29", "signature_date": "2024-02-29", "received": "2024-03-01"}, ""),  # a leap year
        ({"anc_draw_date": "02/29/2023", "received": "2023-03-01"}, "date_invalid"),  # none
        ({"patient_dob": "2000-02-29"}, ""),
        ({"patient_dob": "02/29/1900"}, "date_invalid"),
    )
)
def test_r17_dates(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    [
        ("R18", PSF, {field: anc}, said)
        for field in ("anc_value", "anc_value_4")
        for anc, said in (
            ("99", "anc_implausible"),
            ("100", ""),
            ("30000", ""),
            ("30001", "anc_implausible"),
            ("6.2", "anc_implausible"),
            ("1.85 K/uL", "anc_implausible"),
            ("2,500", ""),  # a thousands comma
            ("25,00", "anc_implausible"),
            (None, ""),
        )
    ],
    [("R18", PSF, {"doubtful": {"anc_value"}}, "not known: anc_value")],
)
def test_r18_anc_is_plausible(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    [
        ("R19", PSF, {"prescriber_signature": None}, "missing"),
        ("R19", PSF, {"prescriber_signature": None, "signature_date": None}, "missing, missing"),
        ("R19", PSF, {"signature_date": None}, "missing"),
        ("R19", PSF, {"doubtful": {"prescriber_signature"}}, "not known: prescriber_signature"),
        ("R19", PSF, {"missing_pages": (2,)}, "missing"),
        ("R19", LAB, {}, ""),  # a plain report needs no signature (R54)
        ("R19", LAB, {"prescriber_signature": True}, "missing"),
        ("R19", "pharmacy_inpatient_2021", {"signature_date": None}, "missing"),
    ],
)
def test_r19_signatures_and_pages(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes).startswith(said)
    assert bool(says(rule, form_id, **changes)) == bool(said)


def test_r19_names_the_line_that_the_role_had_to_sign(judged: Judged) -> None:
    unsigned: dict[str, Any] = {"prescriber_signature": None, "signature_date": None}
    for role in ("prescriber", "designee"):
        reasons = {finding.reason for finding in judged(PSF, submitter_role=role, **unsigned).findings}
        assert f"missing:{role}_signature" in reasons


P2_HEAD = {"patient_name_p2", "patient_dob_p2"}


@rule_table(
    [
        ("R19", PSF, {"patient_name_p2": "Sand, Hugo"}, "conflict"),
        ("R19", PSF, {"patient_dob_p2": "1981-02-03"}, "conflict"),
        ("R19", PSF, {"patient_name_p2": None, "patient_dob_p2": None}, ""),
        ("R19", PSF, {"patient_name_p2": "Hult, Mire"}, ""),  # a misreading
        ("R19", PSF, {"patient_name_p2": "Xxxx, Yyyy", "doubtful": {"patient_name_p2"}}, ""),  # the dates agree
        ("R19", PSF, {"patient_dob_p2": "1981-02-03", "doubtful": {"patient_dob_p2"}}, ""),  # the names agree
        (
            "R19",
            PSF,
            {"patient_name_p2": "Sand, Hugo", "patient_dob_p2": "1981-03-04", "doubtful": P2_HEAD},
            "not known: patient_name_p2, patient_dob_p2",  # three digits can all be misread
        ),
        (
            "R19",
            PSF,
            {"patient_name_p2": "Sand, Hugo", "patient_dob_p2": "1991-03-04", "doubtful": P2_HEAD},
            "conflict, conflict",  # four cannot, if the name says somebody else as well
        ),
        (
            "R19",
            PSF,
            {"patient_name_p2": "Hult, Mire", "patient_dob_p2": "1991-03-04", "doubtful": P2_HEAD},
            "",  # the names agree
        ),
        (
            "R19",
            PSF,
            {"patient_name_p2": "Sand, Hugo", "patient_dob_p2": "44/44/4444", "doubtful": P2_HEAD},
            "not known: patient_name_p2, patient_dob_p2",  # no day at all: the reading is what is wrong
        ),
        ("R19", PRESCRIBER, {"prescriber_npi_p2": "1000000012"}, "conflict"),
        ("R19", PRESCRIBER, {"prescriber_name_p2": "Quill, Ada"}, "conflict"),
    ],
)
def test_r19_page_heads(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
