"""Group E, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.validators.rulebook.cases import of, rule_table

Says = Callable[..., str]

PSF = "psf_2021"
WITH_BEN_ON_RECORD = {
    "patient_first_name": "Bea",
    "patient_last_name": "North",
    "patient_dob": "1970-05-06",
    "patient_zip": "10002",
    "patient_name_p2": "North, Bea",
    "patient_dob_p2": "1970-05-06",
}
IN_HOSPICE_ON_RECORD = {
    "patient_first_name": "Hugo",
    "patient_last_name": "Sand",
    "patient_dob": "1940-07-08",
    "patient_zip": "10003",
    "patient_name_p2": "Sand, Hugo",
    "patient_dob_p2": "1940-07-08",
}


@rule_table(
    of(
        "R26",
        PSF,
        ({"anc_value": "1000"}, ""),  # not low
        ({"anc_value": "999"}, "rationale_missing"),
        ({"anc_value": "999", "rationale_low_anc": True}, ""),
        ({"anc_value": "999", "rationale_missing_labs": True}, "rationale_missing"),  # another rationale
        ({"anc_value": "999", "treatment_status": "interrupted"}, ""),
        ({"anc_value": "999", "ben_flag": True}, ""),
        ({"anc_value": "500", "ben_flag": True}, ""),
        ({"anc_value": "499", "ben_flag": True}, "rationale_missing"),
        ({"anc_value": "999", **WITH_BEN_ON_RECORD}, ""),  # R28
        ({"anc_value": "499", **WITH_BEN_ON_RECORD}, "rationale_missing"),
        ({"anc_value_3": "999", "anc_draw_date_3": "2022-05-20"}, "rationale_missing"),  # an older result
        ({"anc_value": "6.2"}, ""),  # R18
        ({"anc_value": "62"}, ""),  # R18
        ({"anc_value": "999", "doubtful": {"ben_flag"}}, "not known: ben_flag"),
        ({"doubtful": {"ben_flag"}}, ""),  # makes no difference to this rule
        ({"doubtful": {"anc_value"}}, "not known: anc_value"),
        ({"anc_value": "999", "doubtful": {"rationale_low_anc"}}, "not known: rationale_low_anc"),
    )
)
def test_r26_low_anc(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    of(
        "R29",
        PSF,
        ({"received": "2022-07-11"}, ""),  # 31 days after the draw
        ({"received": "2022-07-12"}, "rationale_missing"),
        ({"anc_draw_date": "2024-02-29", "received": "2024-03-31"}, ""),  # over a leap day
        ({"anc_draw_date": "2024-02-29", "received": "2024-04-01"}, "rationale_missing"),
        ({"received": "2022-07-12", "rationale_missing_labs": True}, ""),
        ({"received": "2022-07-12", "anc_draw_date_2": "2022-06-12", "anc_value_2": "2000"}, ""),  # the newest counts
        ({"received": "2022-07-12", "anc_draw_date_2": "2022-06-12"}, "rationale_missing"),  # a day without a result
        ({"received": "2022-07-12", "treatment_status": "discontinued"}, ""),
        ({"received": "2022-07-12", "submission_type": "baseline"}, ""),  # R9
        ({"anc_value": None, "anc_draw_date": None, "anc_not_available": True}, "rationale_missing"),
        ({"anc_value": None, "anc_draw_date": None, "anc_not_available": True, "rationale_missing_labs": True}, ""),
        ({"doubtful": {"anc_not_available"}}, "not known: anc_not_available"),
    )
)
def test_r29_missing_labs(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    of(
        "R30",
        PSF,
        ({"monitoring_frequency": "monthly"}, ""),
        ({"monitoring_frequency": "every_6_months"}, "frequency_mismatch"),
        ({"monitoring_frequency": "every_6_months", "hospice_flag": True}, ""),
        ({"monitoring_frequency": "every_6_months", **IN_HOSPICE_ON_RECORD}, ""),
        ({"monitoring_frequency": "every_6_months", "doubtful": {"hospice_flag"}}, "not known: hospice_flag"),
    )
)
def test_r30_every_six_months(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    of(
        "R31",
        PSF,
        ({"anc_value": "1500"}, ""),
        ({"anc_value": "1499"}, "frequency_mismatch"),
        ({"anc_value": "1499", "monitoring_frequency": "three_times_weekly"}, ""),
        ({"anc_value": "1499", "ben_flag": True}, ""),
        ({"anc_value": "1000", "ben_flag": True}, ""),
        ({"anc_value": "999", "ben_flag": True}, "frequency_mismatch"),
        ({"anc_value": "500", **WITH_BEN_ON_RECORD}, "frequency_mismatch"),
        ({"anc_value": "1000"}, "frequency_mismatch"),
        ({"anc_value": "999"}, ""),  # low: R26
        ({"anc_value": "499", "ben_flag": True}, ""),
        ({"anc_value": "1499", "anc_value_2": "2000", "anc_draw_date_2": "2022-06-11"}, ""),  # the newest counts
        ({"anc_value": "2000", "anc_value_2": "1499", "anc_draw_date_2": "2022-06-11"}, "frequency_mismatch"),
        (  # the lowest of the newest day counts
            {"anc_value": "2000", "anc_value_2": "1499", "anc_draw_date_2": "2022-06-10"},
            "frequency_mismatch",
        ),
        ({"anc_value": "2000", "monitoring_frequency": "three_times_weekly"}, ""),
        ({"anc_value": "2000", "doubtful": {"ben_flag"}}, ""),
        ({"anc_value": "1499", "doubtful": {"ben_flag"}}, "not known: ben_flag"),
    ),
    of(
        "R31",
        "anc_lab_2015",
        ({"anc_value": "1200"}, ""),  # no frequency given
        ({"anc_value": "1200", "monitoring_frequency": "weekly"}, "frequency_mismatch"),
    ),
)
def test_r31_frequency_fits(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
