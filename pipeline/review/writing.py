"""What a person writes into the fields of a form: checked, then set on the readings, as sure as a person is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Literal

from sqlalchemy.orm import Session

from extractors.definition import Field, FieldKind
from extractors.reading import ReadingState
from pipeline.deciding import definitions
from pipeline.errors import CorrectionRefused
from pipeline.store import audit
from pipeline.store.models import FieldReading, Form

BY_A_PERSON = "person"
"""The engine of a reading that a person has corrected or confirmed."""


class Illegible(Enum):
    """What stands for the value of a field that a person cannot read either."""

    ILLEGIBLE = "illegible"


ILLEGIBLE: Literal[Illegible.ILLEGIBLE] = Illegible.ILLEGIBLE


def parsed(form: Form, name: str, text: str) -> Any:
    """The value as readings have it (`extractors.reading.Reading.value`), of what a person writes.

    Dates YYYY-MM-DD, an option's name, yes or no for boxes and signatures, nothing for an empty field.

    Raises:
        CorrectionRefused: there is no such field, or it cannot say that.
    """
    field = next((f for f in definitions()[form.form_id].fields if f.name == name), None)
    if field is None or not any(reading.field == name for reading in form.readings):
        raise CorrectionRefused(f"form {form.id} has no field {name} that was read")
    if field.kind in (FieldKind.CHECKBOX, FieldKind.SIGNATURE):
        return _yes_or_no(field, text.strip().lower())
    if not text.strip():
        return None
    if field.kind is FieldKind.CHOICE and text not in {option.name for option in field.options}:
        options = ", ".join(option.name for option in field.options)
        raise CorrectionRefused(f"{name}: expected one of {options}")
    if field.kind is FieldKind.DATE and not _is_date(text.strip()):
        raise CorrectionRefused(f"{name}: expected a date of the calendar, YYYY-MM-DD")
    return text.strip()


def iso(text: str) -> str:
    """A date as the forms have it, MM/DD/YYYY, as readings have it; anything else as it is."""
    found = re.fullmatch(r"\s*(\d{1,2})/(\d{1,2})/(\d{4})\s*", text)
    return f"{found[3]}-{int(found[1]):02}-{int(found[2]):02}" if found else text


def as_written(value: Any) -> str:
    """A reading's value as a person would write it: `parsed` makes the value of it again, unless it is ambiguous."""
    match value:
        case True:
            return "yes"
        case False:
            return "no"
        case None:
            return ""
        case list() | tuple():
            return " + ".join(map(str, value))
        case _:
            return str(value)


def write(session: Session, form: Form, values: Mapping[str, Any], who: str, reason: str) -> list[tuple[str, Any, Any]]:
    """Set the readings and note it; field, before and after of each. The line in the trail keeps what was read."""
    was = {r.field: {"value": r.value, "confidence": r.confidence, "engine": r.engine} for r in form.readings}
    written = set_readings(session, form, values)
    told = {"form": form.id, "reason": reason}
    before = told | {name: was[name] for name, _, _ in written}
    after = told | {name: value for name, _, value in written}
    audit.write_line(session, "form corrected", who=who, document_id=form.document_id, before=before, after=after)
    return written


def set_readings(session: Session, form: Form, values: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Set the readings, and note nothing; field, before and after of each (an illegible one is None afterwards)."""
    written = list(change(form, values))
    session.flush()
    session.expire(form, ["readings"])
    return written


def change(form: Form, values: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Set the readings of a form in memory; nothing goes to the database by this."""
    for reading in form.readings:
        if reading.field in values:
            before = reading.value
            _set(reading, values[reading.field])
            yield reading.field, before, reading.value


def _set(reading: FieldReading, value: Any) -> None:
    reading.value = None if value is ILLEGIBLE else value
    reading.confidence, reading.doubtful, reading.why = 1.0, False, ""
    reading.state = ReadingState.EMPTY if value in (None, False) else ReadingState.READ
    if value is ILLEGIBLE:
        reading.state = ReadingState.UNREADABLE
    reading.engine, reading.belief, reading.alternatives = BY_A_PERSON, None, None


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _yes_or_no(field: Field, text: str) -> bool:
    if text not in {"yes", "no"}:
        raise CorrectionRefused(f"{field.name}: expected yes or no")
    return text == "yes"
