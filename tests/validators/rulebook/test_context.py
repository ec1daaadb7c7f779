"""Rules that decide nothing by themselves: what they permit is accepted, what they say of others holds there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from validators.content import Content
from validators.duplicates import contradicts, duplicate_key
from validators.findings import Outcome
from validators.judge import Judgement
from validators.routing import route

Judged = Callable[..., Judgement]
Fill = Callable[..., Content]

PSF, LAB = "psf_2021", "anc_lab_2015"
BEA_WITH_BEN_ON_RECORD = {
    "patient_first_name": "Bea",
    "patient_last_name": "North",
    "patient_dob": "1970-05-06",
    "patient_zip": "10002",
    "patient_name_p2": "North, Bea",
    "patient_dob_p2": "1970-05-06",
}


@pytest.mark.rule("R2", fires=False)
def test_r2_the_rules_of_the_day_of_receipt_apply(judged: Judged) -> None:
    unsigned_report: dict[str, Any] = {"anc_draw_date": "2021-11-10"}
    assert route(judged(LAB, received="2021-11-14", **unsigned_report).findings).route == "accept"
    assert "extra_result" in route(judged(LAB, received="2021-11-15", **unsigned_report).findings).reasons


@pytest.mark.rule("R4", fires=False)
def test_r4_an_old_certification_proves_nothing(judged: Judged) -> None:
    otto = {"prescriber_first_name": "Otto", "prescriber_last_name": "Fenn", "prescriber_npi": "1000000020"}
    assert "not_certified" in route(judged(PSF, **otto).findings).reasons


@pytest.mark.rule("R7", fires=False)
def test_r7_reports_of_two_months_in_one_batch_are_two_reports(fill: Fill) -> None:
    may, june = fill(PSF, anc_draw_date="2022-05-12"), fill(PSF)
    assert duplicate_key(may) != duplicate_key(june)


@pytest.mark.rule("R27", fires=False)
@pytest.mark.parametrize("anc", ["999", "500", "100"])
def test_r27_a_low_anc_alone_is_never_a_reject(judged: Judged, anc: str) -> None:
    assert route(judged(PSF, anc_value=anc).findings).outcome is Outcome.INCOMPLETE
    explained = route(judged(PSF, anc_value=anc, rationale_low_anc=True).findings)
    assert explained.reasons == ("prescriber_only",)


@pytest.mark.rule("R28", fires=False)
def test_r28_the_lower_thresholds_hold_with_ben_on_record(judged: Judged) -> None:
    values: dict[str, Any] = {"anc_value": "1000", **BEA_WITH_BEN_ON_RECORD}
    assert route(judged(PSF, **values).findings).route == "accept"
    assert "rationale_missing" in route(judged(PSF, anc_value="999").findings).reasons


@pytest.mark.rule("R35", fires=False)
def test_r35_the_enrollment_for_the_other_kind_of_patients_is_no_duplicate(fill: Fill) -> None:
    inpatient, outpatient = fill("pharmacy_inpatient_2021"), fill("pharmacy_outpatient_2021")
    assert duplicate_key(inpatient) != duplicate_key(outpatient)
    assert not contradicts(inpatient, inpatient)


@pytest.mark.rule("R54", fires=False)
@pytest.mark.parametrize("role", ["prescriber", "designee", "pharmacy"])
def test_r54_a_plain_report_may_come_from_any_of_them_unsigned(judged: Judged, role: str) -> None:
    assert route(judged(LAB, submitter_role=role).findings).route == "accept"
