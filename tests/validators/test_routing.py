"""Routes: what holds a form, in which order, and what the setting changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from validators.findings import SEVERITY_OF_OUTCOME, Finding, Outcome, Severity
from validators.routing import RoutingSettings, route

ALLOWING = RoutingSettings(accept_prescriber_only_in_order=True)


def _finding(outcome: Outcome, reason: str = "some_reason", in_order: bool = False) -> Finding:
    return Finding("R0", reason, outcome, SEVERITY_OF_OUTCOME[outcome], None, "", in_order)


FINDINGS = st.builds(_finding, st.sampled_from(Outcome), st.sampled_from(["a", "b", "c"]), st.booleans())


def test_nothing_to_say_is_accepted() -> None:
    assert route([]).route == "accept"
    assert route([_finding(Outcome.CONTEXT), _finding(Outcome.ACCEPT)]).route == "accept"


def test_reasons_stand_in_the_order_of_their_outcomes() -> None:
    findings = [
        _finding(Outcome.OTHER, "other"),
        _finding(Outcome.INCOMPLETE, "incomplete"),
        _finding(Outcome.REJECT, "reject"),
        _finding(Outcome.PRESCRIBER_ONLY, "prescriber_only"),
    ]
    routed = route(findings)
    assert routed.reasons == ("reject", "prescriber_only", "incomplete", "other")
    assert routed.outcome is Outcome.REJECT


def test_the_prescriber_only_class_is_held_in_order_or_not() -> None:
    in_order, not_in_order = (_finding(Outcome.PRESCRIBER_ONLY, in_order=so) for so in (True, False))
    assert route([in_order]).route == route([not_in_order]).route == "review"
    assert route([in_order], ALLOWING).route == "accept"
    assert route([not_in_order], ALLOWING).route == "review"


@given(st.lists(FINDINGS), FINDINGS, st.booleans())
def test_another_finding_never_frees_a_form(findings: list[Finding], another: Finding, allowing: bool) -> None:
    settings = RoutingSettings(allowing)
    if route(findings, settings).route == "review":
        assert route([*findings, another], settings).route == "review"


@given(st.lists(FINDINGS))
def test_a_form_held_has_a_reason(findings: list[Finding]) -> None:
    routed = route(findings)
    assert (routed.route == "review") == bool(routed.reasons)
    assert (routed.route == "review") == any(f.severity is not Severity.INFO for f in findings)
