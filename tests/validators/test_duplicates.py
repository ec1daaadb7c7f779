"""The same form again: found, told from a new one, and contradictions seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from validators.content import Content
from validators.duplicates import contradicts, duplicate_key, same_content

Fill = Callable[..., Content]

PSF, PRESCRIBER = "psf_2021", "prescriber_enrollment_2021"
BY_DESIGNEE: dict[str, Any] = {
    "submitter_role": "designee",
    "submitter_name": "Nora Sedge",
    "prescriber_signature": None,
    "signature_date": None,
    "designee_signature": True,
    "designee_signature_date": "2022-06-14",
}


@pytest.mark.parametrize("form_id", [PSF, "anc_lab_2015", PRESCRIBER, "pharmacy_inpatient_2021"])
def test_the_same_again(fill: Fill, form_id: str) -> None:
    one, other = fill(form_id), fill(form_id)
    assert duplicate_key(one) == duplicate_key(other) is not None
    assert same_content(one, other)
    assert not contradicts(one, other)


@pytest.mark.parametrize(
    ("changes", "same", "contradicting"),
    [
        pytest.param(*case, marks=pytest.mark.rule("R48", fires=case[-1]))
        for case in (
            ({"doubtful": {"anc_value"}}, True, False),
            (BY_DESIGNEE, True, False),  # both may send it
            ({"patient_first_name": "Mila"}, True, False),  # patients are identified by the registry
            ({"anc_value": "2600"}, False, True),
            ({"anc_value": "2600", "doubtful": {"anc_value"}}, False, False),
            ({"treatment_status": "interrupted"}, False, True),
            ({"ben_flag": True}, False, True),
            ({"rationale_text": "Stable"}, False, False),  # a remark is something new
        )
    ],
)
def test_the_same_report_or_another(fill: Fill, changes: dict[str, Any], same: bool, contradicting: bool) -> None:
    one, other = fill(PSF), fill(PSF, **changes)
    assert same_content(one, other) is same_content(other, one) is same
    assert contradicts(one, other) is contradicts(other, one) is contradicting


def test_an_enrollment_with_another_address_is_not_the_same(fill: Fill) -> None:
    moved = fill(PRESCRIBER, practice_address="9 Hill Street")
    assert not same_content(fill(PRESCRIBER), moved)


def test_keys(fill: Fill) -> None:
    key = duplicate_key(fill(PSF))
    assert key != duplicate_key(fill(PSF, anc_draw_date="2022-06-11"))
    assert key != duplicate_key(fill(PSF, patient_zip="10009"))
    assert duplicate_key(fill(PSF, patient_zip="10009"), "a key") == duplicate_key(fill(PSF), "a key")
    assert duplicate_key(fill(PSF, patient_zip=None)) is None
    assert duplicate_key(fill(PSF, doubtful={"patient_dob"})) == key  # candidates are found by doubtful values too


def test_months_without_a_result_are_told_apart_by_the_signature(fill: Fill) -> None:
    nothing: dict[str, Any] = {"anc_draw_date": None, "anc_value": None, "anc_not_available": True}
    june, july = fill(PSF, **nothing), fill(PSF, **nothing, signature_date="2022-07-14")
    assert duplicate_key(june) != duplicate_key(july)
