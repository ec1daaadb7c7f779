"""Group C: complete, consistent, readable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from extractors.definition import Field, FieldKind, Required
from validators.case import Case, RuleFunctions
from validators.content import Content, InvalidAnc, InvalidDate, Known, Unknown, UnknownValue
from validators.findings import Doubt, Flag, RuleResult
from validators.identification import Certainty
from validators.names import likeness, plain, split_name

MARKS = frozenset({FieldKind.CHECKBOX, FieldKind.CHOICE})

SIGNATURE_DATES = {
    "prescriber_signature": "signature_date",
    "representative_signature": "signature_date",
    "designee_signature": "designee_signature_date",
}
"""The date that belongs to a signature (forms.md, "Versions")."""


@dataclass(frozen=True, slots=True)
class PageHead:
    """A field in the head of page 2, and the fields of page 1 that it repeats; `person` where they are a name."""

    field: str
    page_1: tuple[str, ...]
    person: str | None = None


PAGE_HEADS = (
    PageHead("patient_name_p2", ("patient_first_name", "patient_last_name"), person="patient"),
    PageHead("patient_dob_p2", ("patient_dob",)),
    PageHead("prescriber_name_p2", ("prescriber_first_name", "prescriber_last_name"), person="prescriber"),
    PageHead("prescriber_npi_p2", ("prescriber_npi",)),
)


def r15_required_fields(case: Case) -> Iterator[RuleResult]:
    """Every required field is filled, conditional ones too; what has to be known is known."""
    for field in case.content.definition.fields:
        if field.kind is not FieldKind.CHOICE:  # those are R16's; that one of two signers signed is R19's
            yield from _required(case, field)


def r16_one_tick_a_group(case: Case) -> Iterator[RuleResult]:
    """A group of which one box is to be ticked has one tick; a doubtful tick is unknown."""
    for field in case.content.definition.fields:
        if field.kind not in MARKS or field.name in case.doubts.ignored:
            continue
        state = case.content.state(field.name)
        if isinstance(state, Unknown):
            if _always(field) or case.is_critical(field.name):
                yield Doubt(field.name)
            elif field.kind is FieldKind.CHOICE:
                yield from _required(case, field)
        elif isinstance(state, Known) and isinstance(state.value, tuple):
            yield Flag("conflict", field.name)
        elif field.kind is FieldKind.CHOICE and not isinstance(state, Known):
            yield from _required(case, field)
    if case.content.has("anc_not_available"):
        yield from _result_and_no_result(case)


def r17_dates(case: Case) -> Iterator[RuleResult]:
    """Dates exist and stand in order: birth, draw, signature, receipt."""
    content = case.content
    for field in (field for field in content.definition.fields if field.kind is FieldKind.DATE):
        state = content.state(field.name)
        if isinstance(state, Known) and isinstance(state.value, InvalidDate):
            yield Flag("date_invalid", field.name)
    born = _date(content, "patient_dob")
    signatures = [name for name in ("signature_date", "designee_signature_date") if _date(content, name)]
    for drawn in (row.drawn for row in content.anc_results()):
        if not _in_order(born, _date(content, drawn), strictly=True):
            yield Flag("date_invalid", "patient_dob")
        if not all(_in_order(_date(content, drawn), _date(content, name)) for name in signatures):
            yield Flag("date_invalid", drawn)
        if not _in_order(_date(content, drawn), case.received):
            yield Flag("date_invalid", drawn)
    for name in ("patient_dob", *signatures):
        if not _in_order(_date(content, name), case.received):
            yield Flag("date_invalid", name)


def r18_anc_is_plausible(case: Case) -> Iterator[RuleResult]:
    """An ANC is a whole number of cells per microlitre that a patient can have; a unit is never converted."""
    least, most = case.thresholds.anc_least_plausible, case.thresholds.anc_most_plausible
    for row in case.content.anc_results():
        state = case.content.state(row.value)
        if isinstance(state, Unknown):
            yield Doubt(row.value)
        elif isinstance(state, Known) and (
            isinstance(state.value, InvalidAnc) or not _between(state.value, least, most)
        ):
            yield Flag("anc_implausible", row.value)


def r19_signed_and_whole(case: Case) -> Iterator[RuleResult]:
    """Signatures are there with their dates, all pages are there, and the page heads name one person."""
    for page in case.content.missing_pages:
        yield Flag("missing", f"page_{page}", about=str(page))
    yield from _signatures(case)
    yield from _page_head(case)


def _required(case: Case, field: Field) -> Iterator[RuleResult]:
    """What R15 says about one field."""
    content, name = case.content, field.name
    try:
        needed = _always(field) or any(content.holds(condition) for condition in field.required_when)
        if needed and not content.is_written(name):
            yield Flag("missing", name)
    except UnknownValue as unknown:
        yield Doubt(unknown.field)
    if content.is_unknown(name) and _has_to_be_known(case, name):
        yield Doubt(name)


def _has_to_be_known(case: Case, name: str) -> bool:
    """Whether a doubt about this field holds the form (doubts.yaml)."""
    if case.is_critical(name):
        return True
    person = case.doubts.enrolls.get(case.content.family)
    if person is not None and name in person.fields:
        return not _is_repeated(case.content, name, person.repeated_in)
    if name in case.doubts.identity["patient"]:
        return case.patient.certainty is not Certainty.SURE
    if name in case.doubts.identity["prescriber"]:
        return case.prescriber.certainty is not Certainty.SURE
    return False


def _always(field: Field) -> bool:
    return field.required is Required.YES


def _is_repeated(content: Content, name: str, others: tuple[str, ...]) -> bool:
    """Whether a doubtful name is confirmed by another place of the form."""
    written = content.tentative(name)
    repeats = [content.tentative(other) for other in others]
    return isinstance(written, str) and any(isinstance(r, str) and plain(written) in plain(r) for r in repeats)


def _result_and_no_result(case: Case) -> Iterator[RuleResult]:
    """A form that says that there is no result, and gives one."""
    if case.content.state("anc_not_available") == Known(True) and not case.content.is_empty("anc_value"):
        yield Flag("conflict", "anc_not_available")


def _date(content: Content, name: str) -> dt.date | None:
    """The date if it is known: dates that decide something and are unknown are doubts of R15."""
    return None if content.is_unknown(name) else content.date(name)


def _in_order(earlier: dt.date | None, later: dt.date | None, *, strictly: bool = False) -> bool:
    if earlier is None or later is None:
        return True
    return earlier < later if strictly else earlier <= later


def _between(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and least <= value <= most


def _signatures(case: Case) -> Iterator[RuleResult]:
    content = case.content
    lines = [name for name in SIGNATURE_DATES if content.has(name)]
    for name in lines:
        if case.is_critical(name) and content.is_unknown(name):
            yield Doubt(name)
    signed = [name for name in lines if not content.is_empty(name)]
    if len(lines) > 1 and not signed and _one_of(content, lines):
        signed = [_line_of_role(content)]
        yield Flag("missing", signed[0])
    for name in signed:
        if content.is_empty(SIGNATURE_DATES[name]):
            yield Flag("missing", SIGNATURE_DATES[name])


def _one_of(content: Content, lines: list[str]) -> bool:
    return all(content.definition.field(name).required is Required.ONE_OF for name in lines)


def _line_of_role(content: Content) -> str:
    """The line that the submitter had to sign; the prescriber's where the role is not said."""
    return "designee_signature" if content.tentative("submitter_role") == "designee" else "prescriber_signature"


def _page_head(case: Case) -> Iterator[RuleResult]:
    """The head of page 2 names the person of page 1: one agreement is enough where the rest is in doubt.

    Where nothing in the head is anything like page 1, it names somebody else, though each reading be in doubt.
    """
    heads = [head for head in PAGE_HEADS if case.content.has(head.field)]
    verdicts = {head.field: _agrees(case, head) for head in heads}
    if len(heads) > 1 and all(_is_nothing_like(case, head) for head in heads):
        yield from (Flag("conflict", head.field) for head in heads)
        return
    for head in heads:
        fields = (head.field, *head.page_1)
        if verdicts[head.field] is False and not any(case.content.is_unknown(name) for name in fields):
            yield Flag("conflict", head.field)
    if True not in verdicts.values():
        yield from (Doubt(head.field) for head in heads if case.content.is_unknown(head.field))


def _agrees(case: Case, head: PageHead) -> bool | None:
    """Whether the head says what page 1 says, as far as misreadings allow; None where one of them was not read."""
    here = case.content.tentative(head.field)
    if head.person is None:
        there = case.content.tentative(head.page_1[0])
        return None if here is None or there is None else here == there
    name = case.content.name(head.person)
    if not isinstance(here, str) or name is None:
        return None
    return likeness(split_name(here), name) >= case.thresholds.same_name


def _is_nothing_like(case: Case, head: PageHead) -> bool:
    """Whether no misreading turns what the head says into what page 1 says."""
    here, there = case.content.tentative(head.field), case.content.tentative(head.page_1[0])
    if head.person is not None:
        name = case.content.name(head.person)
        if not isinstance(here, str) or name is None:
            return False
        return likeness(split_name(here), name) < case.thresholds.same_name_in_doubt
    if not isinstance(here, type(there)) or not isinstance(here, str | dt.date):
        return False
    return sum(a != b for a, b in zip(str(here), str(there), strict=False)) > case.thresholds.misread_digits


RULES: RuleFunctions = {
    "R15": r15_required_fields,
    "R16": r16_one_tick_a_group,
    "R17": r17_dates,
    "R18": r18_anc_is_plausible,
    "R19": r19_signed_and_whole,
}
