"""Group I: the first programme, to its last day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.validators.rulebook.cases import rule_table

Says = Callable[..., str]

LAB, ENROLLMENT = "anc_lab_2015", "patient_enrollment_2015"
SIGNED: dict[str, Any] = {"prescriber_signature": True, "signature_date": "2017-06-14", "submitter_role": "prescriber"}
INPATIENT = {"care_setting": "inpatient"}
IN_FEBRUARY = {"anc_draw_date": "2019-02-19", "monitoring_frequency": "weekly"}
JUNE_2019 = {"anc_draw_date": "2019-06-10"}
WITH_BEN_ON_RECORD = {"patient_name": "Bea North", "patient_dob": "1970-05-06", "patient_zip": "10002"}


@rule_table(
    [
        ("R50", ENROLLMENT, {"care_setting": "inpatient", "received": "2017-06-08"}, ""),  # 7 days after the draw
        ("R50", ENROLLMENT, {"care_setting": "inpatient", "received": "2017-06-09"}, "anc_late"),
        ("R50", ENROLLMENT, INPATIENT | {"anc_draw_date": "2015-10-05", "received": "2015-10-12"}, ""),
        ("R50", ENROLLMENT, INPATIENT | {"anc_draw_date": "2015-10-04", "received": "2015-10-12"}, "anc_late"),
        ("R50", ENROLLMENT, INPATIENT | {"anc_draw_date": "2020-02-28", "received": "2020-03-06"}, ""),  # a leap year
        ("R50", ENROLLMENT, INPATIENT | {"anc_draw_date": "2020-02-28", "received": "2020-03-07"}, "anc_late"),
        ("R50", ENROLLMENT, {"care_setting": "outpatient", "received": "2017-06-09"}, ""),
        ("R50", LAB, {"received": "2017-07-15"}, ""),  # does not say where
        ("R51", LAB, JUNE_2019 | {"monitoring_frequency": "weekly", "received": "2019-06-17"}, ""),
        ("R51", LAB, JUNE_2019 | {"monitoring_frequency": "weekly", "received": "2019-06-18"}, "anc_not_current"),
        ("R51", LAB, JUNE_2019 | {"monitoring_frequency": "every_2_weeks", "received": "2019-06-25"}, ""),
        (
            "R51",
            LAB,
            JUNE_2019 | {"monitoring_frequency": "every_2_weeks", "received": "2019-06-26"},
            "anc_not_current",
        ),
        ("R51", LAB, JUNE_2019 | {"monitoring_frequency": "monthly", "received": "2019-07-11"}, ""),
        ("R51", LAB, JUNE_2019 | {"monitoring_frequency": "monthly", "received": "2019-07-12"}, "anc_not_current"),
        ("R51", LAB, IN_FEBRUARY | {"received": "2019-02-27"}, "not in force on the day"),
        ("R51", LAB, IN_FEBRUARY | {"received": "2019-02-28"}, "anc_not_current"),
        ("R51", LAB, JUNE_2019 | {"received": "2019-07-12"}, ""),  # no frequency given
        (
            "R51",
            LAB,
            JUNE_2019 | {"doubtful": {"monitoring_frequency"}, "received": "2019-07-12"},
            "not known: monitoring_frequency",
        ),
        ("R52", LAB, {}, ""),
        ("R52", LAB, {"rationale_low_anc": True}, "prescriber_only"),
        ("R52", LAB, {"rationale_text": "Stable"}, "prescriber_only"),
        ("R52", LAB, {"doubtful": {"rationale_text"}}, "not known: rationale_text"),
        ("R52", LAB, {"anc_value": "999"}, ""),  # a plain report
        ("R52", LAB, {"anc_value": "999", "treatment_status": "active", **SIGNED}, "rationale_missing"),
        ("R52", LAB, {"anc_value": "99", "treatment_status": "active", **SIGNED}, ""),  # R18
        ("R52", LAB, {"anc_value": "100", "treatment_status": "active", **SIGNED}, "rationale_missing"),
        ("R52", LAB, {"anc_value": "1000", "treatment_status": "active", **SIGNED}, ""),
        ("R52", LAB, {"anc_value": "999", "treatment_status": "active", **SIGNED, **WITH_BEN_ON_RECORD}, ""),
        (
            "R52",
            LAB,
            {"anc_value": "499", "treatment_status": "active", **SIGNED, **WITH_BEN_ON_RECORD},
            "rationale_missing",
        ),
        ("R53", ENROLLMENT, {"submitter_role": "pharmacy", "received": "2019-02-27"}, "not in force on the day"),
        ("R53", ENROLLMENT, {"submitter_role": "pharmacy", "received": "2019-02-28"}, "submitter_not_allowed"),
        ("R53", ENROLLMENT, {"submitter_role": "designee", "received": "2019-02-28"}, ""),
        ("R55", ENROLLMENT, {}, ""),
        ("R55", ENROLLMENT, {"ben_flag": True}, "prescriber_only"),
        ("R55", LAB, {"ben_flag": True, "received": "2021-11-14"}, "prescriber_only"),
        ("R55", LAB, {"ben_flag": True, "received": "2021-11-15"}, "not in force on the day"),
    ],
)
def test_group_i(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
