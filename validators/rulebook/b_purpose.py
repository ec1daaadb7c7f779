"""Group B: which form does what."""

from __future__ import annotations

from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.findings import Flag, RuleResult


def r8_baseline_has_an_anc(case: Case) -> Iterator[RuleResult]:
    """A PSF that enrolls a patient contains a baseline ANC."""
    if case.content.choice("submission_type") == "baseline" and _has_no(case, "value"):
        yield Flag("missing", "anc_value")


def r9_baseline_is_recent(case: Case) -> Iterator[RuleResult]:
    """The newest baseline ANC was drawn on the day of receipt or within the 30 days before it."""
    if case.content.choice("submission_type") != "baseline":
        return
    newest = case.newest_draw()
    if newest is None and _has_no(case, "drawn"):
        yield Flag("missing", "anc_draw_date")
    if newest is not None and (case.received - newest).days > case.thresholds.baseline_days:
        yield Flag("anc_too_old", "anc_draw_date")


def r10_monthly_report_is_whole(case: Case) -> Iterator[RuleResult]:
    """A monthly PSF holds ANC results (or says that there are none) and the monitoring frequency."""
    content = case.content
    if content.choice("submission_type") != "monthly":
        return
    if content.is_empty("monitoring_frequency"):
        yield Flag("missing", "monitoring_frequency")
    if not content.ticked("anc_not_available") and _has_no(case, "value"):
        yield Flag("missing", "anc_value")


def r11_lab_form_is_an_extra_result(_: Case) -> Iterator[RuleResult]:
    """A lab form in the modified programme is recorded as an extra result and is not the month's PSF."""
    yield Flag("extra_result")


def r12_old_enrollment_enrolls_nobody(_: Case) -> Iterator[RuleResult]:
    """A 2015 Patient Enrollment Form received in the modified programme enrolls nobody."""
    yield Flag("form_superseded")


def r13_one_status_with_its_date(case: Case) -> Iterator[RuleResult]:
    """A form has one treatment status; one that is interrupted or discontinued is so from a date on."""
    status = case.content.value("treatment_status")
    if status is None:
        yield Flag("missing", "treatment_status")
    elif isinstance(status, tuple):
        yield Flag("conflict", "treatment_status")
    elif status in {"interrupted", "discontinued"} and not case.content.is_written("status_date"):
        yield Flag("missing", "status_date")


def _has_no(case: Case, part: str) -> bool:
    """Whether every row of results lacks that part ("value" or "drawn")."""
    return all(case.content.value(getattr(row, part)) is None for row in case.content.anc_results())


RULES: RuleFunctions = {
    "R8": r8_baseline_has_an_anc,
    "R9": r9_baseline_is_recent,
    "R10": r10_monthly_report_is_whole,
    "R11": r11_lab_form_is_an_extra_result,
    "R12": r12_old_enrollment_enrolls_nobody,
    "R13": r13_one_status_with_its_date,
}
