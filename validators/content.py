"""The typed content of a form: what each field says, or that it is empty, or that nobody knows yet.

A field that could not be read with confidence is unknown: neither blank nor filled. Reading the value of an unknown
field raises `UnknownValue`, so that no rule can take a doubt for an answer; the judge makes it a finding for a person.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extractors.definition import Condition, Field, FieldKind, FormDefinition
from extractors.reading import FormReading, Reading, ReadingState
from extractors.reading import Value as ReadValue
from validators.names import PersonName, split_name

PAGE_MISSING = "page_missing"
"""Why a field is unknown when the page it stands on did not come."""


@dataclass(frozen=True, slots=True)
class InvalidDate:
    """A date as written that no calendar has."""

    text: str


@dataclass(frozen=True, slots=True)
class InvalidAnc:
    """An ANC as written that is no whole number of cells per microlitre: a decimal point, a unit, words."""

    text: str


TypedValue = str | bool | int | dt.date | tuple[str, ...] | InvalidDate | InvalidAnc
"""Text, a tick or signature (True), an ANC in cells/µL, a date, several options ticked, or what could not be parsed."""


@dataclass(frozen=True, slots=True)
class Known:
    """Read with confidence."""

    value: TypedValue


@dataclass(frozen=True, slots=True)
class Empty:
    """Surely nothing there: no writing, no tick, no signature."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known until a person has looked.

    `tentative` is the most likely value: to show, to identify people and to find duplicates, never to decide a rule.
    `written`: something surely stands there, only not what.
    """

    why: str
    tentative: TypedValue | None = None
    written: bool = False

    @property
    def unreadable(self) -> bool:
        """Whether the ink itself is the trouble (struck out, illegible), not the reader's confidence."""
        return self.why in {ReadingState.UNREADABLE.value, ReadingState.STRUCK.value}


FieldContent = Known | Empty | Unknown


class UnknownValue(Exception):
    """A rule asked for the value of a field that is unknown."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} is not known")
        self.field = field


class NotedFields(Mapping[str, FieldContent]):
    """The fields of a form, noting which ones are looked at: what a rule was decided by can then be told."""

    def __init__(self, fields: Mapping[str, FieldContent]) -> None:
        self._fields = fields
        self._looked_at: dict[str, None] = {}

    def __getitem__(self, name: str) -> FieldContent:
        content = self._fields[name]
        self._looked_at[name] = None
        return content

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def take_notes(self) -> tuple[str, ...]:
        """The fields looked at since the last time, in the order of the first look."""
        names = tuple(self._looked_at)
        self._looked_at.clear()
        return names


@dataclass(frozen=True, slots=True)
class AncResult:
    """One row of results: the names of its two fields."""

    value: str
    drawn: str


def family(form_id: str) -> str:
    """A form's id without its year."""
    return re.sub(r"_\d{4}.*$", "", form_id)


@dataclass(frozen=True, slots=True)
class Content:
    """One form's fields, typed. Fields that the form does not have count as empty."""

    definition: FormDefinition
    fields: Mapping[str, FieldContent]
    missing_pages: tuple[int, ...] = ()

    @property
    def family(self) -> str:
        """The form without its year: a later revision of the PSF obeys the rules for PSFs."""
        return family(self.definition.form_id)

    def has(self, name: str) -> bool:
        """Whether the form has such a field."""
        return any(field.name == name for field in self.definition.fields)

    def state(self, name: str) -> FieldContent:
        """What stands in the field."""
        return self.fields.get(name, Empty())

    def value(self, name: str) -> TypedValue | None:
        """The value, None when the field is empty. Raises `UnknownValue`."""
        state = self.state(name)
        if isinstance(state, Unknown):
            raise UnknownValue(name)
        return state.value if isinstance(state, Known) else None

    def tentative(self, name: str) -> TypedValue | None:
        """The value or, where it is unknown, the most likely one. Never to decide a rule with."""
        state = self.state(name)
        if isinstance(state, Unknown):
            return state.tentative
        return state.value if isinstance(state, Known) else None

    def is_written(self, name: str) -> bool:
        """Whether anything stands in the field, whatever it says. Raises `UnknownValue` when even that is in doubt."""
        state = self.state(name)
        if isinstance(state, Unknown) and not state.written:
            raise UnknownValue(name)
        return not isinstance(state, Empty)

    def holds(self, condition: Condition) -> bool:
        """Whether a field says what a condition asks of it. Raises `UnknownValue`."""
        if not condition.values:
            return self.is_written(condition.field)
        value = self.value(condition.field)
        if isinstance(value, tuple):
            return False  # two ticks where one is allowed: R16
        return condition.holds(value if isinstance(value, str | bool) else value is not None)

    def is_unknown(self, name: str) -> bool:
        """Whether the field is unknown."""
        return isinstance(self.state(name), Unknown)

    def is_empty(self, name: str) -> bool:
        """Whether the field is surely empty."""
        return isinstance(self.state(name), Empty)

    def ticked(self, name: str) -> bool:
        """Whether a single box is ticked, or a signature line signed. Raises `UnknownValue`."""
        return self.value(name) is not None

    def choice(self, name: str) -> str | None:
        """The one option ticked; None when none is, or several are (rule R16 reports those). Raises `UnknownValue`."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    def text(self, name: str) -> str | None:
        """The text, None when empty. Raises `UnknownValue`."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    def date(self, name: str) -> dt.date | None:
        """The date; None when empty or not a date (rule R17 reports those). Raises `UnknownValue`."""
        value = self.value(name)
        return value if isinstance(value, dt.date) else None

    def anc(self, name: str) -> int | None:
        """The ANC in cells/µL; None when empty or no whole number (rule R18 reports those). Raises `UnknownValue`."""
        value = self.value(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def anc_results(self) -> tuple[AncResult, ...]:
        """The rows for ANC results that the form has, in the form's order."""
        suffixes = [f.name.removeprefix("anc_value") for f in self.definition.fields if f.name.startswith("anc_value")]
        return tuple(AncResult(f"anc_value{suffix}", f"anc_draw_date{suffix}") for suffix in suffixes)

    def name(self, of: str) -> PersonName | None:
        """The tentative name of `of` ("patient", "prescriber"), from two fields or one; None when none was read."""
        whole = self.tentative(f"{of}_name")
        if isinstance(whole, str):
            return split_name(whole)
        first, last = self.tentative(f"{of}_first_name"), self.tentative(f"{of}_last_name")
        if isinstance(first, str) and isinstance(last, str):
            return PersonName(first=first, last=last)
        return None

    def name_fields(self, of: str) -> tuple[str, ...]:
        """The fields that hold the name of `of` on this form."""
        names = (f"{of}_name", f"{of}_first_name", f"{of}_last_name")
        return tuple(name for name in names if self.has(name))

    def name_is_known(self, of: str) -> bool:
        """Whether every part of the name was read with confidence."""
        return all(isinstance(self.state(name), Known) for name in self.name_fields(of))


def from_readings(form: FormReading, definition: FormDefinition) -> Content:
    """The typed content of a form as read.

    Fields on a page that did not come, and fields without a reading, are unknown.
    """
    fields = {field.name: _field_content(form, field) for field in definition.fields}
    return Content(definition=definition, fields=fields, missing_pages=form.missing_pages)


def _field_content(form: FormReading, field: Field) -> FieldContent:
    if field.page in form.missing_pages:
        return Unknown(PAGE_MISSING)
    reading = form.readings.get(field.name)
    return Unknown("not_read") if reading is None else typed_reading(reading, field)


def typed_reading(reading: Reading, field: Field) -> FieldContent:
    """One field's reading, typed: known, empty or unknown."""
    value = _typed(reading.value, field)
    if reading.state in {ReadingState.UNREADABLE, ReadingState.STRUCK}:
        return Unknown(reading.state.value, value, written=True)
    if reading.doubtful:
        return Unknown(reading.why or "low_confidence", value, written=value is not None)
    return Empty() if value is None else Known(value)


def _typed(value: ReadValue, field: Field) -> TypedValue | None:
    if value is None or value is False or value in ("", ()):
        return None
    if not isinstance(value, str):
        return value
    if field.kind is FieldKind.DATE:
        return _typed_date(value)
    if field.name.startswith("anc_value"):
        return _typed_anc(value)
    return value


def _typed_date(text: str) -> dt.date | InvalidDate:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return InvalidDate(text)


def _typed_anc(text: str) -> int | InvalidAnc:
    """Whole cells per microlitre, with a thousands comma or without; anything else is kept as written."""
    if re.fullmatch(r"\d+|\d{1,3},\d{3}", text.strip()) is None:
        return InvalidAnc(text)
    return int(text.replace(",", ""))
