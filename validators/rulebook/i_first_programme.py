"""Group I: rules of the first programme alone (2015 to 14 Nov 2021)."""

from __future__ import annotations

from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.content import UnknownValue
from validators.coverage import current_days
from validators.findings import Doubt, Flag, RuleResult
from validators.rulebook.d_prescriber_only import prescriber_only


def r50_inpatient_result_in_time(case: Case) -> Iterator[RuleResult]:
    """An inpatient's ANC is submitted within 7 days of the draw."""
    content = case.content
    if not content.has("care_setting") or content.choice("care_setting") != "inpatient":
        return
    newest = case.newest_draw()
    if newest is not None and (case.received - newest).days > case.thresholds.inpatient_report_days:
        yield Flag("anc_late", "anc_draw_date")


def r51_result_is_current(case: Case) -> Iterator[RuleResult]:
    """An ANC is current when it was reported in the time that goes with the monitoring frequency."""
    longest = current_days(case.content.choice("monitoring_frequency"), case.thresholds)
    newest = case.newest_draw()
    if longest is not None and newest is not None and (case.received - newest).days > longest:
        yield Flag("anc_not_current", "anc_draw_date")


def r52_rationale_is_the_prescribers(case: Case) -> Iterator[RuleResult]:
    """A treatment rationale on a lab form is the prescriber's; the form asks for one with a low ANC."""
    content = case.content
    for name in ("rationale_low_anc", "rationale_text"):
        try:
            if content.is_written(name):
                yield prescriber_only(case, name)
        except UnknownValue:
            yield Doubt(name)
    anc = content.anc("anc_value")
    if content.choice("treatment_status") != "active" or anc is None or anc < case.thresholds.anc_least_plausible:
        return
    if anc < case.thresholds.anc_low_general and not content.ticked("rationale_low_anc"):
        limit = case.thresholds.anc_low_ben if case.has_ben() else case.thresholds.anc_low_general
        if anc < limit:
            yield Flag("rationale_missing", "anc_value")


def r53_no_enrollment_by_pharmacies(case: Case) -> Iterator[RuleResult]:
    """From 28 Feb 2019 on a patient is enrolled by prescriber or designee alone."""
    if case.content.choice("submitter_role") == "pharmacy":
        yield Flag("submitter_not_allowed", "submitter_role")


def r55_ben_is_the_prescribers(case: Case) -> Iterator[RuleResult]:
    """BEN on a 2015 form is designated by the prescriber."""
    if case.content.ticked("ben_flag"):
        yield prescriber_only(case, "ben_flag")


RULES: RuleFunctions = {
    "R50": r50_inpatient_result_in_time,
    "R51": r51_result_is_current,
    "R52": r52_rationale_is_the_prescribers,
    "R53": r53_no_enrollment_by_pharmacies,
    "R55": r55_ben_is_the_prescribers,
}
