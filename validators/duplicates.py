"""The same form again (rule R48): what to look up, what makes two forms say the same, what makes them contradict.

Who signed and submitted does not count: prescriber and designee may both send the same report.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from extractors.definition import Field, FieldKind
from validators.content import Content
from validators.names import plain

OF_THE_SENDER = re.compile(r"submitter_.*|signature_date|designee_signature_date")
TEXTS = frozenset({FieldKind.TEXT, FieldKind.DIGITS})
FACTS = frozenset({FieldKind.DATE, FieldKind.CHECKBOX, FieldKind.CHOICE})


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """What two forms share if they may be the same: the form, whom it is about, and the day.

    Taken from tentative values as well: a candidate found in vain costs a comparison, one not found is counted twice.
    """

    family: str
    person: str
    day: dt.date | None


def duplicate_key(content: Content, person: str = "") -> DuplicateKey | None:
    """The key under which to look for the same form; None when too little was read.

    `person`: the registry's key of the patient, where one was identified; else it is the date of birth with the ZIP
    code, or the NPI of the one who enrolls. The day is that of the newest blood draw, else that of the signature.
    """
    who = person or _person(content)
    return DuplicateKey(content.family, who, _day(content)) if who else None


def same_content(one: Content, other: Content) -> bool:
    """Whether two forms say the same, doubtful readings taken as they are."""
    if one.family != other.family or contradicts(one, other):
        return False
    remarks = [field.name for field in one.definition.fields if field.kind is FieldKind.FREE_TEXT]
    if any(one.is_empty(name) != other.is_empty(name) for name in remarks):
        return False  # a remark on one of them alone is something new
    return all(one.tentative(name) == other.tentative(name) for name in _facts(one))


def contradicts(one: Content, other: Content) -> bool:
    """Whether a fact that was read with confidence on both forms differs; empty on one alone is a difference."""
    return any(_differs(one, other, name) for name in (*_facts(one), *_texts(one)))


def _facts(content: Content) -> tuple[str, ...]:
    """Dates, marks and laboratory results."""
    return tuple(field.name for field in _compared(content) if field.kind in FACTS or _is_anc(field))


def _texts(content: Content) -> tuple[str, ...]:
    """What the enrollment of a prescriber, designee or pharmacy says in words; patients are identified instead."""
    if content.has("patient_dob"):
        return ()
    return tuple(field.name for field in _compared(content) if field.kind in TEXTS and not _is_anc(field))


def _compared(content: Content) -> tuple[Field, ...]:
    return tuple(
        field
        for field in content.definition.fields
        if field.kind is not FieldKind.SIGNATURE and not OF_THE_SENDER.fullmatch(field.name)
    )


def _is_anc(field: Field) -> bool:
    return field.name.startswith("anc_value")


def _differs(one: Content, other: Content, name: str) -> bool:
    if one.is_unknown(name) or other.is_unknown(name):
        return False
    here, there = one.value(name), other.value(name)
    if isinstance(here, str) and isinstance(there, str):
        return plain(here) != plain(there)
    return here != there


def _person(content: Content) -> str:
    if not content.has("patient_dob"):
        npi = content.tentative("pharmacy_npi") or content.tentative("prescriber_npi")
        return npi if isinstance(npi, str) else ""
    dob, zip_code = content.tentative("patient_dob"), content.tentative("patient_zip")
    return f"{dob:%Y%m%d}-{zip_code}" if isinstance(dob, dt.date) and isinstance(zip_code, str) else ""


def _day(content: Content) -> dt.date | None:
    drawn = [content.tentative(row.drawn) for row in content.anc_results()]
    signed = [content.tentative(name) for name in ("signature_date", "designee_signature_date")]
    for days in (drawn, signed):
        dates = [day for day in days if isinstance(day, dt.date)]
        if dates:
            return max(dates)
    return None
