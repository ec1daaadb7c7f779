"""Group F: enrollment of prescribers, designees and pharmacies, and the numbers that name them."""

from __future__ import annotations

from collections.abc import Iterator

from validators.case import Case, RuleFunctions
from validators.content import Known, Unknown
from validators.findings import Doubt, Flag, RuleResult
from validators.identification import Certainty
from validators.identifiers import dea_is_valid, looks_like_npi, npi_is_valid
from validators.names import likeness, split_name

NPI_FIELDS = ("prescriber_npi", "prescriber_npi_p2", "prescriber_2_npi", "pharmacy_npi")
DEA_FIELDS = ("prescriber_dea", "pharmacy_dea")
NPI_OR_DEA = "prescriber_npi_or_dea"
SECOND_PRESCRIBER = ("prescriber_2_npi", "prescriber_2_first_name", "prescriber_2_last_name", "prescriber_2_phone")


def r33_prescriber_adds_the_designee(case: Case) -> Iterator[RuleResult]:
    """A designee's enrollment is signed by the prescriber (whom R3 looks up)."""
    if not case.content.ticked("prescriber_signature"):
        yield Flag("missing", "prescriber_signature")


def r34_one_prescriber_a_form(case: Case) -> Iterator[RuleResult]:
    """A second prescriber on a designee's form: a person decides."""
    content = case.content
    if any(content.is_written(name) for name in sorted(SECOND_PRESCRIBER, key=content.is_unknown)):
        yield Flag("second_prescriber", SECOND_PRESCRIBER[0])


def r36_prescriber_gives_npi_and_email(case: Case) -> Iterator[RuleResult]:
    """A prescriber's enrollment gives NPI and email; the DEA number is optional."""
    for name in ("prescriber_npi", "prescriber_email"):
        if case.content.is_empty(name):
            yield Flag("missing", name)


def r37_representative_signs(case: Case) -> Iterator[RuleResult]:
    """A pharmacy's enrollment gives its NPI, and the one who signs is the authorized representative."""
    content = case.content
    if content.is_empty("pharmacy_npi"):
        yield Flag("missing", "pharmacy_npi")
    printed, representative = content.tentative("representative_printed_name"), content.name("representative")
    if not isinstance(printed, str) or representative is None:
        return  # R15 asks for names that are missing
    alike, figures = likeness(split_name(printed), representative), case.thresholds
    known = content.name_is_known("representative") and not content.is_unknown("representative_printed_name")
    if known and alike < figures.same_name:
        yield Flag("conflict", "representative_printed_name")
    elif alike < figures.same_name_in_doubt:
        yield Doubt("representative_printed_name")


def r38_enrollment_by_a_certified_prescriber(case: Case) -> Iterator[RuleResult]:
    """A patient is enrolled by a certified prescriber."""
    if not case.enrolls_a_patient or case.content.value("prescriber_npi") is None:
        return
    looked_up = case.prescriber.certainty in {Certainty.SURE, Certainty.NOBODY}
    if looked_up and not case.prescriber_certified:
        yield Flag("prescriber_only", "prescriber_npi")


def r39_npi_is_valid(case: Case) -> Iterator[RuleResult]:
    """Every NPI has a right check digit; it is never corrected."""
    for name, number in _known_numbers(case, (*NPI_FIELDS, NPI_OR_DEA)):
        if (name != NPI_OR_DEA or looks_like_npi(number)) and not npi_is_valid(number):
            yield Flag("npi_invalid", name)


def r40_dea_is_valid(case: Case) -> Iterator[RuleResult]:
    """A DEA number, where one is given, has a right check digit. A doubtful one that has it is taken as read."""
    for name, number in _known_numbers(case, (*DEA_FIELDS, NPI_OR_DEA)):
        if (name != NPI_OR_DEA or not looks_like_npi(number)) and not dea_is_valid(number):
            yield Flag("dea_invalid", name)
    for name in DEA_FIELDS:
        state = case.content.state(name)
        if isinstance(state, Unknown) and not (isinstance(state.tentative, str) and dea_is_valid(state.tentative)):
            yield Doubt(name)


def _known_numbers(case: Case, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Those of the fields that were read with confidence, each with its number."""
    for name in names:
        state = case.content.state(name)
        if isinstance(state, Known) and isinstance(state.value, str):
            yield name, state.value.strip()


RULES: RuleFunctions = {
    "R33": r33_prescriber_adds_the_designee,
    "R34": r34_one_prescriber_a_form,
    "R36": r36_prescriber_gives_npi_and_email,
    "R37": r37_representative_signs,
    "R38": r38_enrollment_by_a_certified_prescriber,
    "R39": r39_npi_is_valid,
    "R40": r40_dea_is_valid,
}
