"""Group B, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.validators.rulebook.cases import rule_table

Says = Callable[..., str]

PSF = "psf_2021"
BASELINE = {"submission_type": "baseline"}


@rule_table(
    [
        ("R8", PSF, BASELINE, ""),
        ("R8", PSF, BASELINE | {"anc_value": None, "anc_draw_date": None}, "missing"),
        ("R8", PSF, BASELINE | {"anc_value": None, "anc_not_available": True}, "missing"),
        ("R8", PSF, {"anc_value": None}, ""),  # monthly: R10
        ("R8", PSF, BASELINE | {"anc_value": None, "anc_value_2": "2500"}, ""),
        ("R9", PSF, BASELINE | {"received": "2022-07-10"}, ""),  # 30 days after the draw
        ("R9", PSF, BASELINE | {"received": "2022-07-11"}, "anc_too_old"),
        ("R9", PSF, {"received": "2022-07-11"}, ""),  # monthly: R29
        (
            "R9",
            PSF,
            BASELINE | {"received": "2022-07-11", "anc_draw_date_2": "2022-06-11", "anc_value_2": "2000"},
            "",  # the newest counts
        ),
        (  # a day without a result is none
            "R9",
            PSF,
            BASELINE | {"received": "2022-07-11", "anc_draw_date_2": "2022-06-11"},
            "anc_too_old",
        ),
        ("R9", PSF, BASELINE | {"anc_draw_date": "2024-02-29", "received": "2024-03-30"}, ""),  # over a leap day
        ("R9", PSF, BASELINE | {"anc_draw_date": "2024-02-29", "received": "2024-03-31"}, "anc_too_old"),
        ("R9", PSF, BASELINE | {"anc_draw_date": "2023-02-28", "received": "2023-03-30"}, ""),
        ("R9", PSF, BASELINE | {"anc_draw_date": "2023-02-28", "received": "2023-03-31"}, "anc_too_old"),
        ("R9", PSF, BASELINE | {"anc_draw_date": None}, "missing"),
        ("R9", PSF, BASELINE | {"anc_draw_date": "13/15/2022"}, ""),  # R17
        ("R9", PSF, BASELINE | {"doubtful": {"anc_draw_date"}}, "not known: anc_draw_date"),
        ("R10", PSF, {}, ""),
        ("R10", PSF, {"monitoring_frequency": None}, "missing"),
        ("R10", PSF, {"anc_value": None}, "missing"),
        ("R10", PSF, {"anc_value": None, "anc_draw_date": None, "anc_not_available": True}, ""),
        ("R10", PSF, BASELINE | {"anc_value": None}, ""),
        ("R13", PSF, {"treatment_status": "interrupted", "status_date": "2022-06-12"}, ""),
        ("R13", PSF, {"treatment_status": "interrupted"}, "missing"),
        ("R13", PSF, {"treatment_status": "discontinued"}, "missing"),
        ("R13", PSF, {"treatment_status": None}, "missing"),
        ("R13", PSF, {"treatment_status": ("active", "interrupted")}, "conflict"),
        ("R13", PSF, {"doubtful": {"treatment_status"}}, "not known: treatment_status"),
    ],
)
def test_on_a_psf(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@rule_table(
    [
        (rule, form_id, {"received": day}, said)
        for rule, form_id, reason in (
            ("R11", "anc_lab_2015", "extra_result"),
            ("R12", "patient_enrollment_2015", "form_superseded"),
        )
        for day, said in (("2021-11-14", "not in force on the day"), ("2021-11-15", reason))
    ],
    [(rule, PSF, {}, "about other forms") for rule in ("R11", "R12")],
)
def test_forms_of_the_first_programme(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


def test_forms_of_the_modified_programme_that_came_early_are_judged_by_its_rules(says: Says) -> None:
    """Enrollment opened on 16 Aug 2021: the dispensing rules of 15 Nov hold for the forms that came before."""
    early = {"received": "2021-11-14", "submission_type": "baseline", "anc_value": None}
    assert says("R8", PSF, **early) == "missing"
    assert says("R8", PSF, **{**early, "received": "2021-08-15"}) == "not in force on the day"
