"""Group A: when a form came, and whether the people on it are known to the programme."""

from __future__ import annotations

from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.findings import Doubt, Flag, RuleResult
from validators.identification import Certainty, identify_designee
from validators.registry import Programme


def r1_life_of_the_programme(case: Case) -> Iterator[RuleResult]:
    """The date received lies in the life of the programme."""
    figures = case.thresholds
    if case.received < figures.programme_start:
        yield Flag("before_programme")
    elif case.received > figures.programme_end:
        yield Flag("programme_ended")
    elif case.received >= figures.no_longer_expected_from:
        yield Flag("programme_ending")


def r3_known_to_the_programme(case: Case) -> Iterator[RuleResult]:
    """The prescriber, the designee and the patient that a form names are known to the programme."""
    yield from _prescriber(case)
    yield from _designee(case)
    yield from _patient(case)


def r6_enrolled_in_time(case: Case) -> Iterator[RuleResult]:
    """Patients of the first programme had to be enrolled anew within 37 days of the launch: a late one is a flag."""
    found = case.patient
    if found.certainty is not Certainty.SURE or found.patient is None or not case.enrolls_a_patient:
        return
    enrolled, until = found.patient.enrolled, case.thresholds.reenrollment_until
    known_from_before, in_time = enrolled.since(Programme.FIRST), enrolled.holds(Programme.MODIFIED, until)
    if known_from_before is not None and not in_time and case.received > until:
        yield Flag("enrolled_late")


def _prescriber(case: Case) -> Iterator[RuleResult]:
    content, found = case.content, case.prescriber
    if content.family == "prescriber_enrollment" or not content.has("prescriber_signature"):
        return  # a prescriber's own enrollment, or a form that names none
    npi_field = "prescriber_npi" if content.has("prescriber_npi") else "prescriber_npi_or_dea"
    if content.is_empty(npi_field):
        return  # R15 asks for it
    if content.is_unknown(npi_field):
        yield Doubt(npi_field)
    elif found.certainty is Certainty.CONTRADICTED:
        yield Flag("conflict", npi_field)
    elif found.certainty is Certainty.DOUBTFUL:
        yield from _doubtful(case, content.name_fields("prescriber")) or [Flag("not_certified", npi_field)]
    elif found.certainty is Certainty.NOBODY or not case.prescriber_certified:
        yield Flag("not_certified", npi_field)


def _designee(case: Case) -> Iterator[RuleResult]:
    content, prescriber = case.content, case.prescriber.prescriber
    if not content.has("submitter_name") or content.choice("submitter_role") != "designee":
        return
    if prescriber is None or content.is_empty("submitter_name"):
        return  # reported above, or by R15
    if not case.registry.knows_designees(case.programme):
        return
    linked = identify_designee(content, case.registry, prescriber.npi, case.programme, case.received)
    if linked is Certainty.DOUBTFUL:
        yield Doubt("submitter_name")
    elif linked is Certainty.NOBODY:
        yield Flag("not_linked", "submitter_name")


def _patient(case: Case) -> Iterator[RuleResult]:
    if not case.has_patient:
        return
    found, identity = case.patient, (*case.doubts.identity["patient"], "patient_dob")
    doubts = _doubtful(case, identity)
    if found.certainty is Certainty.CONTRADICTED and found.patient is not None:
        same_birth = case.content.tentative("patient_dob") == found.patient.dob
        yield Flag("conflict", case.content.name_fields("patient")[-1] if same_birth else "patient_dob")
    elif found.certainty is not Certainty.SURE and doubts:
        yield from doubts
    elif case.enrolls_a_patient:
        if found.certainty is Certainty.DOUBTFUL:
            yield Flag("patient_ambiguous", "patient_dob")
    elif not case.patient_enrolled:
        yield Flag("not_enrolled")


def _doubtful(case: Case, names: tuple[str, ...]) -> list[RuleResult]:
    return [Doubt(name) for name in names if case.content.is_unknown(name)]


RULES: RuleFunctions = {
    "R1": r1_life_of_the_programme,
    "R3": r3_known_to_the_programme,
    "R6": r6_enrolled_in_time,
}
