"""Group D: content of the class always goes to a person, and the finding says whether it is in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.validators.rulebook.cases import of, rule_table
from validators.findings import Finding
from validators.judge import Judgement
from validators.routing import RoutingSettings, route

Says = Callable[..., str]
Judged = Callable[..., Judgement]

PSF = "psf_2021"
ALLOWING = RoutingSettings(accept_prescriber_only_in_order=True)
OF_THE_CLASS = [
    ("R20", {"ben_flag": True}),
    ("R21", {"hospice_flag": True}),
    ("R22", {"rationale_low_anc": True}),
    ("R23", {"rationale_missing_labs": True}),
    ("R23", {"rationale_other": True, "rationale_text": "Stable"}),
    ("R23", {"rationale_text": "Stable"}),
]
BY_DESIGNEE: dict[str, Any] = {
    "submitter_role": "designee",
    "submitter_name": "Nora Sedge",
    "prescriber_signature": None,
    "signature_date": None,
    "designee_signature": True,
    "designee_signature_date": "2022-06-14",
}


def _of_the_class(judgement: Judgement) -> list[Finding]:
    return [finding for finding in judgement.findings if finding.reason == "prescriber_only"]


@pytest.mark.parametrize(("rule", "changes"), OF_THE_CLASS)
def test_r20_to_r23_in_order(judged: Judged, says: Says, rule: str, changes: dict[str, Any]) -> None:
    judgement = judged(PSF, **changes)
    assert "prescriber_only" in says(rule, PSF, **changes)
    assert all(finding.in_order and "in order" in finding.message for finding in _of_the_class(judgement))
    assert route(judgement.findings).reasons == ("prescriber_only",)
    assert route(judgement.findings, ALLOWING).route == "accept"


@pytest.mark.parametrize(("rule", "changes"), OF_THE_CLASS)
@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        (BY_DESIGNEE, "role box"),
        ({"prescriber_signature": None}, "signature"),
        ({"signature_date": None}, "date"),
        ({"doubtful": {"prescriber_signature"}}, "signature"),
        (
            {"prescriber_first_name": "Otto", "prescriber_last_name": "Fenn", "prescriber_npi": "1000000020"},
            "certified",
        ),
    ],
)
def test_r20_to_r23_not_in_order(
    judged: Judged, rule: str, changes: dict[str, Any], flaw: dict[str, Any], words: str
) -> None:
    judgement = judged(PSF, **changes, **flaw)
    findings = [finding for finding in _of_the_class(judgement) if finding.rule == rule]
    assert findings
    assert all(not finding.in_order and words in finding.message for finding in findings)
    assert route(judgement.findings, ALLOWING).route == "review"


@rule_table(
    [(rule, PSF, changes, ", ".join(["prescriber_only"] * len(changes))) for rule, changes in OF_THE_CLASS],
    [(rule, PSF, {}, "") for rule in ("R20", "R21", "R22", "R23")],
    [(rule, PSF, {"rationale_low_anc": True}, "") for rule in ("R20", "R21", "R23")],  # another of the class
    [
        (rule, PSF, {"doubtful": {name}}, f"not known: {name}")
        for rule, name in (
            ("R20", "ben_flag"),
            ("R21", "hospice_flag"),
            ("R22", "rationale_low_anc"),
            ("R23", "rationale_missing_labs"),
            ("R23", "rationale_other"),
            ("R23", "rationale_text"),
        )
    ],
)
def test_r20_to_r23_by_mark(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said


@pytest.mark.rule("R24", fires=False)
def test_r24_a_designee_reports_a_patient_of_the_general_population(judged: Judged) -> None:
    assert route(judged(PSF, **BY_DESIGNEE).findings).route == "accept"


@rule_table(
    of(
        "R25",
        PSF,
        ({}, ""),
        (BY_DESIGNEE, ""),
        ({"submitter_role": "designee"}, "conflict"),
        (BY_DESIGNEE | {"submitter_role": "prescriber"}, "conflict"),
        ({"designee_signature": True, "designee_signature_date": "2022-06-14"}, "conflict"),
        ({"prescriber_signature": None}, ""),  # R19
        ({"submitter_role": None}, ""),  # R16
        ({"doubtful": {"designee_signature"}}, "not known: designee_signature"),
    )
)
def test_r25_role_and_signature(says: Says, rule: str, form_id: str, changes: dict[str, Any], said: str) -> None:
    assert says(rule, form_id, **changes) == said
