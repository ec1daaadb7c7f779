"""The judge as a whole: forms in order pass, and no doubt about what matters ever does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.definition import FieldKind
from extractors.definition_files import load_definitions
from extractors.reading import Value
from validators.findings import Severity
from validators.identification import Certainty
from validators.judge import FUNCTIONS, Judgement, Verdict
from validators.routing import route
from validators.rulebook.load import DecidedBy, rulebook

FORM_IDS = [definition.form_id for definition in load_definitions()]
CRITICAL = [
    (definition.form_id, field.name)
    for definition in load_definitions()
    for field in definition.fields
    if field.name in rulebook().doubts.critical
]
MARKS = [
    (definition.form_id, field.name)
    for definition in load_definitions()
    for field in definition.fields
    if field.kind is FieldKind.CHOICE and field.required == "yes"
]

Judged = Callable[..., Judgement]


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_a_form_in_order_is_accepted(judged: Judged, form_id: str) -> None:
    findings = judged(form_id).findings
    assert route(findings).route == "accept", findings


@pytest.mark.parametrize("form_id", FORM_IDS)
def test_every_rule_is_accounted_for(judged: Judged, form_id: str) -> None:
    evaluated = judged(form_id).evaluated
    assert [evaluation.rule for evaluation in evaluated] == [f"R{n}" for n in range(1, 58)]
    assert all(e.why for e in evaluated if e.verdict is not Verdict.PASSED)


@pytest.mark.parametrize(("form_id", "name"), CRITICAL + MARKS)
@pytest.mark.parametrize("trouble", ["doubtful", "struck"])
def test_no_unknown_value_that_matters_is_accepted(judged: Judged, form_id: str, name: str, trouble: str) -> None:
    judgement = judged(form_id, **{trouble: {name}})
    assert route(judgement.findings).route == "review"
    assert not any(finding.reason.startswith("missing") and finding.field == name for finding in judgement.findings)
    reason = "unreadable" if trouble == "struck" else "low_confidence"
    assert (reason, name) in {(finding.reason, finding.field) for finding in judgement.findings}


@given(data=st.data())
def test_what_is_accepted_is_about_people_surely_known(
    judged: Judged, in_order: Mapping[str, Mapping[str, Value]], data: st.DataObject
) -> None:
    """Whatever is empty, in doubt, or says something else: an accepted report is about an identified patient."""
    names = sorted(set(in_order["psf_2021"]) - {"received"})
    of_others = {"patient_last_name": "Sand", "patient_zip": "10003", "patient_dob": "1940-07-08"}
    others = data.draw(st.sets(st.sampled_from(sorted(of_others))))
    changes = {name: of_others[name] for name in others} | dict.fromkeys(data.draw(st.sets(st.sampled_from(names))))
    doubtful = data.draw(st.sets(st.sampled_from(names)))
    judgement = judged("psf_2021", doubtful=doubtful, **changes)
    if route(judgement.findings).route == "accept":
        assert judgement.patient.certainty is judgement.prescriber.certainty is Certainty.SURE


def test_an_unknown_value_makes_its_rules_undecided(judged: Judged) -> None:
    judgement = judged("psf_2021", doubtful={"anc_value"})
    verdicts = {evaluation.rule: evaluation.verdict for evaluation in judgement.evaluated}
    assert verdicts["R18"] is verdicts["R26"] is verdicts["R31"] is Verdict.UNDECIDED
    assert [finding.field for finding in judgement.findings] == ["anc_value"]  # said once


def test_a_missing_page_is_said_once(judged: Judged) -> None:
    judgement = judged("psf_2021", missing_pages=(2,))
    assert route(judgement.findings).reasons == ("missing:page_2",)


def test_a_finding_says_nothing_of_the_patient(judged: Judged, in_order: Mapping[str, Mapping[str, Value]]) -> None:
    """The words of findings go to logs and queues: no value of the form stands in them."""
    values = {**in_order["psf_2021"], "anc_value": "750", "patient_dob_p2": "1981-02-03", "ben_flag": True}
    changes = {name: values[name] for name in ("anc_value", "patient_dob_p2", "ben_flag")}
    findings = judged("psf_2021", doubtful={"patient_zip"}, submission_type=None, **changes).findings
    words = " ".join(finding.message for finding in findings)
    assert len(findings) > 3
    for name in ("patient_first_name", "patient_last_name", "patient_dob", "patient_zip", "anc_value"):
        assert str(values[name]) not in words


def test_every_rule_that_a_form_decides_has_its_function() -> None:
    by_form = {rule.number for rule in rulebook().rules.values() if rule.decided_by is DecidedBy.FORM}
    assert by_form == set(FUNCTIONS)


@pytest.mark.parametrize(
    ("received", "accepted"),
    [("2025-02-23", True), ("2025-02-24", False), ("2025-06-12", False), ("2025-06-13", False)],
)
def test_the_end_of_the_programme(judged: Judged, received: str, accepted: bool) -> None:
    days = {"anc_draw_date": received, "signature_date": received}
    assert (route(judged("psf_2021", received=received, **days).findings).route == "accept") is accepted


def test_the_desk_sees_a_reject_as_such(judged: Judged) -> None:
    findings = judged("patient_enrollment_2015", received="2021-11-15").findings
    assert Severity.REJECT in {finding.severity for finding in findings}
    assert route(findings).outcome == "reject"
    assert route(findings).route == "review"
