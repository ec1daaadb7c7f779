"""Group E: ANC, designation and monitoring frequency."""

from __future__ import annotations

from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.findings import Flag, RuleResult


def r26_low_anc_has_a_rationale(case: Case) -> Iterator[RuleResult]:
    """An active patient with a low ANC has a treatment rationale. Every result counts, not the newest alone."""
    content, figures = case.content, case.thresholds
    if content.choice("treatment_status") != "active":
        return
    values = {row.value: content.anc(row.value) for row in content.anc_results()}
    low = [name for name, anc in values.items() if _real(case, anc) and _below(anc, figures.anc_low_general)]
    if not low:
        return  # whether BEN is designated does not matter
    if case.has_ben():
        low = [name for name in low if _below(values[name], figures.anc_low_ben)]
    if low and not content.ticked("rationale_low_anc"):
        yield Flag("rationale_missing", low[0])


def r29_missing_labs_have_a_rationale(case: Case) -> Iterator[RuleResult]:
    """An active patient whose labs were missed for a month or more has a treatment rationale for it."""
    content = case.content
    if content.choice("treatment_status") != "active" or content.choice("submission_type") == "baseline":
        return
    newest = case.newest_draw()
    old = newest is not None and (case.received - newest).days > case.thresholds.missed_labs_days
    if (old or content.ticked("anc_not_available")) and not content.ticked("rationale_missing_labs"):
        yield Flag("rationale_missing", "anc_draw_date" if old else "anc_not_available")


def r30_six_months_is_for_hospice(case: Case) -> Iterator[RuleResult]:
    """Every 6 months is a frequency for hospice alone."""
    content = case.content
    if content.choice("monitoring_frequency") != "every_6_months":
        return
    if not content.ticked("hospice_flag") and not case.on_record("hospice"):
        yield Flag("frequency_mismatch", "monitoring_frequency")


def r31_frequency_fits_the_anc(case: Case) -> Iterator[RuleResult]:
    """The newest ANC, where it is lower than required and not low (R26), goes with three times weekly."""
    frequency, newest = case.content.choice("monitoring_frequency"), case.newest_result()
    if frequency is None or newest is None or frequency == "three_times_weekly":
        return
    figures = case.thresholds
    anc = newest[1]
    if not figures.anc_low_ben <= anc < figures.anc_normal_general:
        return  # in neither band, whatever the designation
    low, normal = (
        (figures.anc_low_ben, figures.anc_normal_ben)
        if case.has_ben()
        else (figures.anc_low_general, figures.anc_normal_general)
    )
    if low <= anc < normal:
        yield Flag("frequency_mismatch", "monitoring_frequency")


def _real(case: Case, anc: int | None) -> bool:
    """Whether it is an ANC at all: an implausible one is a doubt about the unit (R18), not a low ANC."""
    return anc is not None and anc >= case.thresholds.anc_least_plausible


def _below(anc: int | None, limit: int) -> bool:
    return anc is not None and anc < limit


RULES: RuleFunctions = {
    "R26": r26_low_anc_has_a_rationale,
    "R29": r29_missing_labs_have_a_rationale,
    "R30": r30_six_months_is_for_hospice,
    "R31": r31_frequency_fits_the_anc,
}
