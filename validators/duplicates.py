"""The same form again (rule R48): what makes two forms the same, what makes them contradict, and how to find candidates."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from extractors.definition import FieldKind
from validators.content import Content, Known, TypedValue

REPEATED = frozenset({"submitter_name", "submitter_phone"})
"""Fields that prescriber and designee fill in each for themselves when both report the same result."""


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """What two forms have to share to be compared: the form, and who and what day it is about.

    Taken from tentative values as well: a candidate found in vain costs a comparison, one not found is counted twice.
    """

    family: str
    person: str
    day: dt.date | None


def duplicate_key(content: Content, person: str = "") -> DuplicateKey | None:
    """The key under which a form is looked up; None when too little was read.

    `person`: the registry's key of the patient, where one was identified; else date of birth and ZIP code, or an NPI.
    """
    who = person or _person(content)
    if not who:
        return None
    drawn = [content.tentative(row.drawn) for row in content.anc_results()]
    days = [day for day in drawn if isinstance(day, dt.date)]
    return DuplicateKey(content.family, who, max(days, default=None))


def same_content(one: Content, other: Content) -> bool:
    """Whether two forms say the same: all fields that both know are equal, and what decides is known on both or empty on both."""
    if one.family != other.family or contradicts(one, other):
        return False
    return all(_equal(one, other, name) for name in _facts(one))


def contradicts(one: Content, other: Content) -> bool:
    """Whether a field that decides something is known on both forms and says different things, or is empty on one alone."""
    return any(_differs(one, other, name) for name in _facts(one))


def _facts(content: Content) -> tuple[str, ...]:
    """The fields that say something about the patient or the person: dates, numbers of the laboratory and marks."""
    return tuple(
        field.name
        for field in content.definition.fields
        if field.name not in REPEATED
        and (
            field.kind in {FieldKind.DATE, FieldKind.CHECKBOX, FieldKind.CHOICE, FieldKind.SIGNATURE}
            or field.name.startswith("anc_value")
        )
    )


def _equal(one: Content, other: Content, name: str) -> bool:
    return one.tentative(name) == other.tentative(name)


def _differs(one: Content, other: Content, name: str) -> bool:
    if one.is_unknown(name) or other.is_unknown(name):
        return False
    return _known(one, name) != _known(other, name)


def _known(content: Content, name: str) -> TypedValue | None:
    state = content.state(name)
    return state.value if isinstance(state, Known) else None


def _person(content: Content) -> str:
    dob, zip_code = content.tentative("patient_dob"), content.tentative("patient_zip")
    if isinstance(dob, dt.date) and isinstance(zip_code, str):
        return f"{dob:%Y%m%d}-{zip_code}"
    for name in ("pharmacy_npi", "prescriber_npi"):
        npi = content.tentative(name)
        if not content.has("patient_dob") and isinstance(npi, str):
            return npi
    return ""
