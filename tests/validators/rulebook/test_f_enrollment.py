"""Group F, each rule on both sides of its edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.validators.rulebook.cases import rule_table

Says = Callable[..., str]

PSF, LAB = "psf_2021", "anc_lab_2015"
PRESCRIBER, DESIGNEE, PHARMACY = "prescriber_enrollment_2021", "designee_enrollment_2021", "pharmacy_inpatient_2021"
STRANGER = {"prescriber_npi": "1000000038"}
UNCERTIFIED = {"prescriber_first_name": "Otto", "prescriber_last_name": "Fenn", "prescriber_npi": "1000000020"}


@rule_table(
    [
        ("R33", DESIGNEE, {}, ""),
        ("R33", DESIGNEE, {"prescriber_signature": None}, "missing"),
        ("R33", DESIGNEE, {"doubtful": {"prescriber_signature"}}, "not known: prescriber_signature"),
        ("R34", DESIGNEE, {}, ""),
        ("R34", DESIGNEE, {"prescriber_2_last_name": "Fenn"}, "second_prescriber"),
        ("R34", DESIGNEE, {"prescriber_2_last_name": "F", "doubtful": {"prescriber_2_last_name"}}, "second_prescriber"),
        ("R34", DESIGNEE, {"doubtful": {"prescriber_2_npi"}}, "not known: prescriber_2_npi"),
        ("R36", PRESCRIBER, {}, ""),
        ("R36", PRESCRIBER, {"prescriber_npi": None}, "missing"),
        ("R36", PRESCRIBER, {"prescriber_email": None}, "missing"),
        ("R36", PRESCRIBER, {"prescriber_dea": None}, ""),
        ("R37", PHARMACY, {}, ""),
        ("R37", PHARMACY, {"pharmacy_npi": None}, "missing"),
        ("R37", PHARMACY, {"representative_printed_name": "Hugo Sand"}, "conflict"),
        ("R37", PHARMACY, {"representative_printed_name": "Brook, Lea"}, ""),
        (
            "R37",
            PHARMACY,
            {"representative_printed_name": "Lee Brock", "doubtful": {"representative_printed_name"}},
            "",
        ),
        (
            "R37",
            PHARMACY,
            {"representative_printed_name": "Hugo Sand", "doubtful": {"representative_printed_name"}},
            "not known: representative_printed_name",
        ),
        ("R38", PSF, UNCERTIFIED, ""),  # no enrollment
        ("R38", PSF, UNCERTIFIED | {"submission_type": "baseline"}, "prescriber_only"),
        ("R38", PSF, {"submission_type": "baseline"}, ""),
        ("R38", PSF, STRANGER | {"submission_type": "baseline"}, "prescriber_only"),  # nobody knows the NPI
        ("R39", PSF, {}, ""),
        ("R39", PSF, {"prescriber_npi": "1000000013"}, "npi_invalid"),
        ("R39", PHARMACY, {"pharmacy_npi": "3000000012"}, "npi_invalid"),
        ("R39", LAB, {"prescriber_npi_or_dea": "1000000013"}, "npi_invalid"),
        ("R39", LAB, {"prescriber_npi_or_dea": "FQ1234563"}, ""),
        ("R39", PSF, {"prescriber_npi": "1000000013", "doubtful": {"prescriber_npi"}}, ""),  # R15 holds it
        ("R40", PRESCRIBER, {}, ""),
        ("R40", PRESCRIBER, {"prescriber_dea": "BV1234564"}, "dea_invalid"),
        ("R40", PRESCRIBER, {"prescriber_dea": "BV1234563-77"}, ""),  # with a suffix
        ("R40", PRESCRIBER, {"doubtful": {"prescriber_dea"}}, ""),  # its check digit is right
        (
            "R40",
            PRESCRIBER,
            {"prescriber_dea": "BV1234564", "doubtful": {"prescriber_dea"}},
            "not known: prescriber_dea",
        ),
        ("R40", LAB, {"prescriber_npi_or_dea": "FQ1234563"}, ""),
        ("R40", LAB, {"prescriber_npi_or_dea": "FQ1234564"}, "dea_invalid"),
    ],
)
def test_group_f(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
