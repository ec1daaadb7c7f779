"""Group H: whole transmissions."""

from __future__ import annotations

from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.findings import Flag, RuleResult


def r49_known_revision(case: Case) -> Iterator[RuleResult]:
    """The form's revision was in use on the day of receipt. Pages of no known form: `validators.transmission`."""
    form, early = case.content.definition, case.thresholds.early_enrollment_from
    if case.received >= form.in_use_from:
        return
    if not case.of_modified_programme or case.received < early or not _is_enrollment(case):
        yield Flag("unknown_form")


def _is_enrollment(case: Case) -> bool:
    """Whether it is one of the forms that could be sent from 16 Aug 2021 on. Raises `UnknownValue`."""
    return case.content.family != "psf" or case.enrolls_a_patient


RULES: RuleFunctions = {"R49": r49_known_revision}
